#include "onvif_probe.h"

#include <stdio.h>
#include <string.h>

void onvif_probe(const char *id, struct buf *out)
{
    buf_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\" "
                    "xmlns:dn=\"http://www.onvif.org/ver10/network/wsdl\"><s:Header><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action><a:MessageID>urn:uuid:%s</a:MessageID>"
                    "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header><s:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>",
               id);
}

/* A word of a scope: "%20" is a blank. */
static void take_word(struct str in, char *out, size_t size)
{
    char word[96];
    size_t n = 0;
    for (size_t i = 0; i < in.len && n + 1 < sizeof word; i++) {
        bool coded = in.at[i] == '%' && i + 2 < in.len && hex_digit(in.at[i + 1]) >= 0 && hex_digit(in.at[i + 2]) >= 0;
        char c = coded ? (char)(hex_digit(in.at[i + 1]) * 16 + hex_digit(in.at[i + 2])) : in.at[i];
        if (coded) i += 2;
        word[n++] = (unsigned char)c < 0x20 ? ' ' : c;
    }
    str_to_utf8_z((struct str){word, n}, out, size);
}

static void take_scopes(const char *scopes, struct onvif_match *m)
{
    struct str rest = str_of(scopes), one;
    const struct str name = STR("onvif://www.onvif.org/name/"), hardware = STR("onvif://www.onvif.org/hardware/");
    while (str_split(&rest, ' ', &one)) {
        one = str_trim(one);
        if (str_starts(one, name)) take_word((struct str){one.at + name.len, one.len - name.len}, m->name, sizeof m->name);
        if (str_starts(one, hardware)) take_word((struct str){one.at + hardware.len, one.len - hardware.len}, m->hardware, sizeof m->hardware);
    }
}

/* The port of the first address over http; 0 none. */
static int port_of(const char *addresses)
{
    struct str rest = str_of(addresses), one, host;
    while (str_split(&rest, ' ', &one)) {
        int64_t port = 80;
        one = str_trim(one);
        if (!str_starts(one, STR("http://"))) continue;
        struct str after = {one.at + 7, one.len - 7};
        if (!str_split(&after, '/', &host)) continue;
        const char *colon = memrchr(host.at, ':', host.len), *bracket = memrchr(host.at, ']', host.len);
        if (colon != NULL && (bracket == NULL || bracket < colon) && (!str_to_i64((struct str){colon + 1, host.len - (size_t)(colon + 1 - host.at)}, &port) || port < 1 || port > 65535)) continue;
        if (bracket == NULL) return (int)port; /* IPv4: we go there by IPv4 */
    }
    return 0;
}

size_t onvif_probe_matches(const struct xml *x, const char *id, struct onvif_match *out, size_t room)
{
    size_t n = 0;
    int header = xml_child(x, 0, "Header"), body = xml_child(x, 0, "Body");
    const char *relates = header < 0 ? "" : xml_text(x, header, "RelatesTo");
    if (body < 0 || strstr(relates, id) == NULL) return 0;
    for (int at = xml_next(x, body, body, "ProbeMatch"); at >= 0 && n < room; at = xml_next(x, body, at, "ProbeMatch")) {
        struct onvif_match m = {.port = port_of(xml_text(x, at, "XAddrs"))};
        take_scopes(xml_text(x, at, "Scopes"), &m);
        if (m.port > 0) out[n++] = m;
    }
    return n;
}
