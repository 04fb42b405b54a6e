/* What we say to ONVIF devices and read from them (ONVIF Core, Media, Media2, PTZ and Event specifications; WS-Security UsernameToken
 * Profile 1.0). Pure. */
#ifndef HX_ONVIF_SOAP_H
#define HX_ONVIF_SOAP_H

#include "base/xml.h"
#include "signal/signal_class.h"

#define ONVIF_BYTES_MAX (1u << 20)
#define ONVIF_NODES_MAX 20000
#define ONVIF_URL_MAX 404
#define ONVIF_TOKEN_MAX 68
#define ONVIF_CHANNELS_MAX 64
#define ONVIF_NOTICES_MAX 64

/* What a device answered: LIMIT beyond ONVIF_BYTES_MAX, ONVIF_NODES_MAX or 32 levels. */
enum hx_err onvif_parse(struct str text, struct xml *out) HX_MUST_USE;

struct onvif_auth {
    const char *login, *password; /* login "": none is sent */
    int64_t device_ms;            /* the device's clock now, UTC ms */
    uint8_t nonce[16];
};

/* An envelope around `body` (XML of ours), with the UsernameToken where there is a login. `to`, `action`: WS-Addressing, NULL none. */
void onvif_request(const struct onvif_auth *auth, const char *to, const char *action, const char *body, struct buf *out);

/* A fault's reason in out, or false. `login`: the device did not take name and password. */
bool onvif_fault(const struct xml *x, char *out, size_t size, bool *login);
/* The device's clock, UTC ms; 0 when it says none. */
int64_t onvif_time(const struct xml *x);

struct onvif_services {
    char media[ONVIF_URL_MAX], media2[ONVIF_URL_MAX], ptz[ONVIF_URL_MAX], events[ONVIF_URL_MAX]; /* "" none */
};
/* Of GetServices or GetCapabilities. `address`: where we reach the device, which its own addresses are brought to. */
void onvif_services(const struct xml *x, const char *address, struct onvif_services *out);
/* An address that the device tells, as it can be reached from here: its host is replaced by ours, because behind NAT it does not know it. */
void onvif_localize(const char *url, const char *address, char out[ONVIF_URL_MAX]);

/* A picture source with its streams: the largest profile is the main stream, the smallest other one the second. */
struct onvif_channel {
    char source[ONVIF_TOKEN_MAX], name[96], main[ONVIF_TOKEN_MAX], sub[ONVIF_TOKEN_MAX], ptz[ONVIF_TOKEN_MAX]; /* tokens; "" none */
    char config[ONVIF_TOKEN_MAX]; /* of the source's configuration, by which events name it */
    int main_width, sub_width;
};
/* Of GetProfiles, Media or Media2; how many there are. */
size_t onvif_channels(const struct xml *x, struct onvif_channel *out, size_t room);

struct onvif_notice {
    const char *code;     /* of the signal: "motion", "line", "field", "tamper", "input", "loss", "other" */
    enum signal_class class;
    int severity;         /* 0: kept and raises nothing by itself */
    const char *zh;
    char topic[96], source[ONVIF_TOKEN_MAX], input[ONVIF_TOKEN_MAX];
    int64_t at;           /* UTC ms, 0 not said */
    bool active;          /* it begins; else it ended */
    bool initial;         /* how it stands at the subscription, no news */
};
/* Of PullMessages; how many there are. */
size_t onvif_notices(const struct xml *x, struct onvif_notice *out, size_t room);

#endif
