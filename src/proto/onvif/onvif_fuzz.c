/* Anything as a device's answer. */
#include "proto/onvif/onvif_probe.h"
#include "proto/onvif/onvif_soap.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct onvif_channel channels[ONVIF_CHANNELS_MAX];
    static struct onvif_notice notices[ONVIF_NOTICES_MAX];
    struct onvif_services services;
    struct xml x;
    char text[96], here[ONVIF_URL_MAX], z[200];
    bool login;
    str_to_z((struct str){(const char *)bytes, n}, z, sizeof z);
    onvif_localize(z, "10.1.2.3:8080", here);
    if (onvif_parse((struct str){(const char *)bytes, n}, &x)) return 0;
    HX_ASSERT(x.count > 0 && x.count <= ONVIF_NODES_MAX);
    (void)onvif_fault(&x, text, sizeof text, &login);
    (void)onvif_time(&x);
    onvif_services(&x, "10.1.2.3", &services);
    HX_ASSERT(onvif_channels(&x, channels, ONVIF_CHANNELS_MAX) <= ONVIF_CHANNELS_MAX);
    size_t k = onvif_notices(&x, notices, ONVIF_NOTICES_MAX);
    for (size_t i = 0; i < k; i++) HX_ASSERT(notices[i].code != NULL && str_is_utf8(str_of(notices[i].topic)));
    static struct onvif_match matches[ONVIF_MATCHES_MAX];
    size_t found = onvif_probe_matches(&x, "", matches, ONVIF_MATCHES_MAX);
    for (size_t i = 0; i < found; i++) HX_ASSERT(matches[i].port > 0 && matches[i].port < 65536 && str_is_utf8(str_of(matches[i].name)));
    xml_free(&x);
    return 0;
}
