#include "onvif_soap.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/url.h"

/* ---- what we say ---- */

enum hx_err onvif_parse(struct str text, struct xml *out)
{
    static const struct xml_limits limits = {.bytes = ONVIF_BYTES_MAX, .nodes = ONVIF_NODES_MAX, .depth = XML_DEPTH_MAX};
    return xml_parse(text, &limits, out);
}

/* PasswordDigest = Base64(SHA-1(nonce + created + password)). */
static void add_token(const struct onvif_auth *a, struct buf *out)
{
    char created[CLOCK_TEXT_MAX], nonce[32], digest[32];
    uint8_t sum[SHA_DIGEST_LENGTH];
    struct buf b;
    clock_format(a->device_ms, created);
    buf_init(&b, 512);
    buf_add(&b, a->nonce, sizeof a->nonce);
    buf_add_z(&b, created);
    buf_add_z(&b, a->password);
    SHA1((const uint8_t *)b.at, b.len, sum);
    buf_free(&b);
    EVP_EncodeBlock((uint8_t *)nonce, a->nonce, sizeof a->nonce);
    EVP_EncodeBlock((uint8_t *)digest, sum, sizeof sum);
    buf_add_z(out, "<Security s:mustUnderstand=\"1\" xmlns=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\"><UsernameToken><Username>");
    xml_add(out, a->login);
    buf_printf(out, "</Username><Password Type=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest\">%s</Password><Nonce EncodingType=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary\">%s</Nonce>"
                    "<Created xmlns=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\">%s</Created></UsernameToken></Security>", digest, nonce, created);
}

void onvif_request(const struct onvif_auth *auth, const char *to, const char *action, const char *body, struct buf *out)
{
    buf_add_z(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:a=\"http://www.w3.org/2005/08/addressing\"><s:Header>");
    if (action != NULL) buf_printf(out, "<a:Action s:mustUnderstand=\"1\">%s</a:Action><a:To s:mustUnderstand=\"1\">", action), xml_add(out, to), buf_add_z(out, "</a:To>");
    if (auth->login[0] != 0) add_token(auth, out);
    buf_printf(out, "</s:Header><s:Body>%s</s:Body></s:Envelope>", body);
}

/* ---- what we read ---- */

static int body_of(const struct xml *x)
{
    return x->count > 0 ? xml_child(x, 0, "Body") : -1;
}

bool onvif_fault(const struct xml *x, char *out, size_t size, bool *login)
{
    int body = body_of(x), fault = xml_child(x, body, "Fault");
    *login = false;
    if (fault < 0) return false;
    for (int v = xml_next(x, fault, fault, "Value"); v >= 0; v = xml_next(x, fault, v, "Value"))
        if (strstr(xml_text(x, v, ""), "NotAuthorized") != NULL || strstr(xml_text(x, v, ""), "FailedAuthentication") != NULL) *login = true;
    const char *why = xml_text(x, fault, "Reason/Text");
    str_to_utf8_z(str_of(why[0] != 0 ? why : xml_text(x, fault, "faultstring")), out, size);
    return true;
}

int64_t onvif_time(const struct xml *x)
{
    int body = body_of(x), utc = xml_next(x, body, body, "UTCDateTime");
    char text[64];
    int64_t ms;
    if (utc < 0) return 0;
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", atoi(xml_text(x, utc, "Date/Year")) % 10000, atoi(xml_text(x, utc, "Date/Month")) % 100, atoi(xml_text(x, utc, "Date/Day")) % 100,
             atoi(xml_text(x, utc, "Time/Hour")) % 100, atoi(xml_text(x, utc, "Time/Minute")) % 100, atoi(xml_text(x, utc, "Time/Second")) % 100);
    return clock_parse(str_of(text), &ms) ? ms : 0;
}

void onvif_localize(const char *url, const char *address, char out[ONVIF_URL_MAX])
{
    const char *sign = strstr(url, "://");
    out[0] = 0;
    if (sign == NULL) return;
    struct str theirs = {sign + 3, strcspn(sign + 3, "/?")}, ours = str_of(address), their_host = url_host(theirs), our_host = url_host(ours);
    const char *path = theirs.at + theirs.len;
    struct str port = {theirs.at + their_host.len, theirs.len - their_host.len};
    bool web = strncmp(url, "http", 4) == 0;
    /* A web address of another host than the one we dialled was written inside the device's own network: our port leads there. */
    if (web && (their_host.len != our_host.len || memcmp(their_host.at, our_host.at, our_host.len) != 0)) port = (struct str){ours.at + our_host.len, ours.len - our_host.len};
    int n = snprintf(out, ONVIF_URL_MAX, "%.*s://%.*s%.*s%s", (int)(sign - url), url, (int)our_host.len, our_host.at, (int)port.len, port.at, path);
    if (n >= ONVIF_URL_MAX) out[0] = 0;
}

void onvif_services(const struct xml *x, const char *address, struct onvif_services *out)
{
    int body = body_of(x);
    *out = (struct onvif_services){0};
    for (int s = xml_next(x, body, body, "Service"); s >= 0; s = xml_next(x, body, s, "Service")) {
        const char *space = xml_text(x, s, "Namespace"), *at = xml_text(x, s, "XAddr");
        char *to = strcmp(space, "http://www.onvif.org/ver10/media/wsdl") == 0 ? out->media : strcmp(space, "http://www.onvif.org/ver20/media/wsdl") == 0 ? out->media2
                 : strcmp(space, "http://www.onvif.org/ver20/ptz/wsdl") == 0 ? out->ptz : strcmp(space, "http://www.onvif.org/ver10/events/wsdl") == 0 ? out->events : NULL;
        if (to != NULL) onvif_localize(at, address, to);
    }
    int all = xml_next(x, body, body, "Capabilities");
    if (all < 0) return;
    onvif_localize(xml_text(x, all, "Media/XAddr"), address, out->media);
    onvif_localize(xml_text(x, all, "PTZ/XAddr"), address, out->ptz);
    onvif_localize(xml_text(x, all, "Events/XAddr"), address, out->events);
}

static struct onvif_channel *channel_of(struct onvif_channel *out, size_t *n, size_t room, const char *source)
{
    for (size_t i = 0; i < *n; i++)
        if (strcmp(out[i].source, source) == 0) return &out[i];
    if (*n == room) return NULL;
    struct onvif_channel *c = &out[(*n)++];
    *c = (struct onvif_channel){0};
    str_to_z(str_of(source), c->source, sizeof c->source);
    return c;
}

/* A second stream that browsers can play is worth more than a small one that they cannot. */
static void take_profile(struct onvif_channel *c, const char *token, int width, bool h264)
{
    int weight = width > 0 ? width : 1;
    if (c->main[0] == 0 || weight > c->main_width) {
        if (c->main[0] != 0 && c->sub[0] == 0) memcpy(c->sub, c->main, sizeof c->sub), c->sub_width = c->main_width;
        str_to_z(str_of(token), c->main, sizeof c->main);
        c->main_width = weight;
    } else if (c->sub[0] == 0 || (h264 && weight < c->sub_width)) {
        str_to_z(str_of(token), c->sub, sizeof c->sub);
        c->sub_width = weight;
    }
}

size_t onvif_channels(const struct xml *x, struct onvif_channel *out, size_t room)
{
    int body = body_of(x);
    size_t n = 0;
    for (int p = xml_next(x, body, body, "Profiles"); p >= 0; p = xml_next(x, body, p, "Profiles")) {
        int set = xml_child(x, p, "Configurations"), top = set >= 0 ? set : p; /* Media2 has them one level deeper, under shorter names */
        int source = xml_child(x, top, set >= 0 ? "VideoSource" : "VideoSourceConfiguration"), encoder = xml_child(x, top, set >= 0 ? "VideoEncoder" : "VideoEncoderConfiguration");
        const char *token = xml_attribute(x, p, "token"), *from = xml_text(x, source, "SourceToken"), *name = xml_text(x, source, "Name");
        if (token[0] == 0 || from[0] == 0 || encoder < 0 || strlen(token) >= ONVIF_TOKEN_MAX || strlen(from) >= ONVIF_TOKEN_MAX) continue;
        struct onvif_channel *c = channel_of(out, &n, room, from);
        if (c == NULL) break;
        if (c->name[0] == 0) str_to_utf8_z(str_of(name), c->name, sizeof c->name), str_to_z(str_of(xml_attribute(x, source, "token")), c->config, sizeof c->config);
        take_profile(c, token, atoi(xml_text(x, encoder, "Resolution/Width")), strstr(xml_text(x, encoder, "Encoding"), "264") != NULL);
        if (xml_child(x, top, set >= 0 ? "PTZ" : "PTZConfiguration") >= 0 && c->ptz[0] == 0) str_to_z(str_of(token), c->ptz, sizeof c->ptz);
    }
    return n;
}

/* ---- events ---- */

struct topic {
    const char *part; /* of the topic's path */
    const char *code;
    enum signal_class class;
    int severity;
    const char *zh;
};
static const struct topic topics[] = {
    {"Device/Trigger/DigitalInput", "input", CLASS_UNCLASSIFIED, 2, "报警输入"},
    {"LineDetector", "line", CLASS_BURGLARY, 2, "越线"},
    {"LineCross", "line", CLASS_BURGLARY, 2, "越线"},
    {"FieldDetector", "field", CLASS_BURGLARY, 2, "进入区域"},
    {"IntrusionDetect", "field", CLASS_BURGLARY, 2, "进入区域"},
    {"Tamper", "tamper", CLASS_TAMPER, 2, "画面遮挡或移位"},
    {"GlobalSceneChange", "tamper", CLASS_TAMPER, 2, "画面遮挡或移位"},
    {"SignalLoss", "loss", CLASS_TROUBLE, 4, "视频丢失"},
    {"HardwareFailure", "fault", CLASS_TROUBLE, 4, "设备故障"},
    {"Motion", "motion", CLASS_BURGLARY, 0, "移动侦测"},
    {"", "other", CLASS_UNCLASSIFIED, 0, "设备事件"},
};

static const char *item(const struct xml *x, int node, const char *name)
{
    for (int i = xml_next(x, node, node, "SimpleItem"); i >= 0; i = xml_next(x, node, i, "SimpleItem"))
        if (name[0] == 0 || strcmp(xml_attribute(x, i, "Name"), name) == 0) return xml_attribute(x, i, "Value");
    return "";
}

static bool is_on(const struct xml *x, int data)
{
    const char *v = item(x, data, "");
    static const char *const names[] = {"LogicalState", "State", "IsMotion", "IsInside", "IsTamper", "Failed"};
    for (size_t i = 0; i < HX_COUNT(names); i++)
        if (item(x, data, names[i])[0] != 0) v = item(x, data, names[i]);
    return strcmp(v, "false") != 0 && strcmp(v, "0") != 0 && strcmp(v, "inactive") != 0; /* a crossing has no state: it is told when it happens */
}

size_t onvif_notices(const struct xml *x, struct onvif_notice *out, size_t room)
{
    int body = body_of(x);
    size_t n = 0;
    for (int m = xml_next(x, body, body, "NotificationMessage"); m >= 0 && n < room; m = xml_next(x, body, m, "NotificationMessage")) {
        int message = xml_child(x, xml_child(x, m, "Message"), "Message"), source = xml_child(x, message, "Source"), data = xml_child(x, message, "Data");
        const char *topic = xml_text(x, m, "Topic"), *operation = xml_attribute(x, message, "PropertyOperation");
        if (message < 0 || topic[0] == 0 || strcmp(operation, "Deleted") == 0) continue;
        struct onvif_notice *o = &out[n++];
        const struct topic *t = topics;
        while (strstr(topic, t->part) == NULL) t++;
        *o = (struct onvif_notice){.code = t->code, .class = t->class, .severity = t->severity, .zh = t->zh, .active = is_on(x, data), .initial = strcmp(operation, "Initialized") == 0};
        str_to_utf8_z(str_of(topic), o->topic, sizeof o->topic);
        const char *from = item(x, source, "VideoSourceConfigurationToken");
        if (from[0] == 0) from = item(x, source, "VideoSourceToken");
        if (from[0] == 0) from = item(x, source, "Source");
        str_to_utf8_z(str_of(from), o->source, sizeof o->source);
        str_to_utf8_z(str_of(item(x, source, "InputToken")), o->input, sizeof o->input);
        if (!clock_parse(str_of(xml_attribute(x, message, "UtcTime")), &o->at)) o->at = 0;
    }
    return n;
}
