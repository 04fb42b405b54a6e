/* The ONVIF service of the simulated network cameras: time, services, profiles, addresses, steering, and events that a client waits for.
 * Odd habits: a clock that is wrong, a host that only its own network knows, Media without Media2, no events. */
#include <event2/event.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xml.h"
#include "io/http.h"
#include "io/net.h"
#include "proto/onvif/onvif_soap.h"
#include "sim_camera_inner.h"

#define SKEW_MS 60000 /* of a token, by the device's clock */
#define LOOK_MS 50
#define TOLD_MAX 4096

/* A client that waits for events; the device keeps one subscription, as cheap ones do. */
static struct {
    struct http_request *request;
    int64_t until;
    char told[TOLD_MAX];
    bool subscribed;
} waiting;

static int64_t device_ms(const struct sim_camera *sim) { return clock_utc_ms() + sim->clock_off_ms; }

static void reply(struct http_request *r, int status, const char *body)
{
    struct buf b;
    buf_init(&b, 256 << 10);
    buf_printf(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<env:Envelope xmlns:env=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\" xmlns:trt=\"http://www.onvif.org/ver10/media/wsdl\" xmlns:tr2=\"http://www.onvif.org/ver20/media/wsdl\" xmlns:tptz=\"http://www.onvif.org/ver20/ptz/wsdl\" xmlns:tev=\"http://www.onvif.org/ver10/events/wsdl\" "
                    "xmlns:wsnt=\"http://docs.oasis-open.org/wsn/b-2\" xmlns:wsa=\"http://www.w3.org/2005/08/addressing\" xmlns:tt=\"http://www.onvif.org/ver10/schema\"><env:Body>%s</env:Body></env:Envelope>", body);
    http_reply(r, status, "application/soap+xml; charset=utf-8", buf_str(&b));
    buf_free(&b);
}

static void fault(struct http_request *r, int status, const char *code, const char *why)
{
    char body[400];
    snprintf(body, sizeof body, "<env:Fault><env:Code><env:Value>env:Sender</env:Value><env:Subcode><env:Value>ter:%s</env:Value></env:Subcode></env:Code><env:Reason><env:Text xml:lang=\"en\">%s</env:Text></env:Reason></env:Fault>", code, why);
    reply(r, status, body);
}

static bool may(const struct sim_camera *sim, const struct xml *x)
{
    int header = xml_child(x, 0, "Header"), token = xml_next(x, header, header, "UsernameToken");
    const char *created = xml_text(x, token, "Created"), *nonce = xml_text(x, token, "Nonce");
    uint8_t raw[96], sum[SHA_DIGEST_LENGTH];
    char want[32];
    int64_t at = 0;
    if (token < 0 || strlen(nonce) > 64 || strcmp(xml_text(x, token, "Username"), sim->login) != 0 || !clock_parse(str_of(created), &at) || llabs(at - device_ms(sim)) > SKEW_MS) return false;
    int n = EVP_DecodeBlock(raw, (const uint8_t *)nonce, (int)strlen(nonce));
    for (size_t i = strlen(nonce); i > 0 && nonce[i - 1] == '='; i--) n--;
    if (n < 0) return false;
    struct buf b;
    buf_init(&b, 512);
    buf_add(&b, raw, (size_t)n);
    buf_add_z(&b, created);
    buf_add_z(&b, sim->password);
    SHA1((const uint8_t *)b.at, b.len, sum);
    buf_free(&b);
    EVP_EncodeBlock((uint8_t *)want, sum, sizeof sum);
    return strcmp(want, xml_text(x, token, "Password")) == 0;
}

static void say_time(const struct sim_camera *sim, struct http_request *r)
{
    char body[500], now[CLOCK_TEXT_MAX];
    int y, mo, d, h, mi, s;
    clock_format(device_ms(sim), now);
    if (sscanf(now, "%d-%d-%dT%d:%d:%d", &y, &mo, &d, &h, &mi, &s) != 6) return;
    snprintf(body, sizeof body, "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType><tt:UTCDateTime><tt:Time><tt:Hour>%d</tt:Hour><tt:Minute>%d</tt:Minute><tt:Second>%d</tt:Second></tt:Time><tt:Date><tt:Year>%d</tt:Year><tt:Month>%d</tt:Month><tt:Day>%d</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>", h, mi, s, y, mo, d);
    reply(r, 200, body);
}

/* Where it believes to be. */
static const char *self(const struct sim_camera *sim, char out[64])
{
    snprintf(out, 64, "%s", sim->foreign_host ? "192.168.1.64" : sim->onvif);
    return out;
}

static void say_services(const struct sim_camera *sim, struct http_request *r)
{
    static const char *const names[][2] = {{"http://www.onvif.org/ver10/device/wsdl", "device"}, {"http://www.onvif.org/ver10/media/wsdl", "media"}, {"http://www.onvif.org/ver20/media/wsdl", "media2"}, {"http://www.onvif.org/ver20/ptz/wsdl", "ptz"}, {"http://www.onvif.org/ver10/events/wsdl", "events"}};
    char host[64];
    struct buf b;
    buf_init(&b, 8192);
    buf_add_z(&b, "<tds:GetServicesResponse>");
    for (size_t i = 0; i < HX_COUNT(names); i++)
        if (!(sim->media1 && i == 2) && !(sim->no_events && i == 4)) buf_printf(&b, "<tds:Service><tds:Namespace>%s</tds:Namespace><tds:XAddr>http://%s/onvif/%s_service</tds:XAddr></tds:Service>", names[i][0], self(sim, host), names[i][1]);
    buf_add_z(&b, "</tds:GetServicesResponse>");
    reply(r, 200, b.at);
    buf_free(&b);
}

static void say_profiles(const struct sim_camera *sim, struct http_request *r, bool two)
{
    static const char *const names[] = {"正门", "后门", "走廊", "操场"};
    struct buf b;
    buf_init(&b, 256 << 10);
    buf_printf(&b, "<%s:GetProfilesResponse>", two ? "tr2" : "trt");
    for (int i = 0; i < 2 * sim->count; i++) {
        int ch = i / 2 + 1;
        const char *kind = i % 2 == 0 ? "main" : "sub";
        char source[300], encoder[300];
        snprintf(source, sizeof source, " token=\"VSC%d\"><tt:Name>%s</tt:Name><tt:UseCount>2</tt:UseCount><tt:SourceToken>VideoSource_%d</tt:SourceToken>", ch, names[(ch - 1) % 4], ch);
        snprintf(encoder, sizeof encoder, " token=\"VEC%d\"><tt:Name>%s</tt:Name><tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>%d</tt:Width><tt:Height>%d</tt:Height></tt:Resolution>", i, kind, i % 2 == 0 ? 1920 : 640, i % 2 == 0 ? 1080 : 360);
        if (two) buf_printf(&b, "<tr2:Profiles token=\"Profile_%d_%s\" fixed=\"true\"><tr2:Name>%s</tr2:Name><tr2:Configurations><tr2:VideoSource%s</tr2:VideoSource><tr2:VideoEncoder%s</tr2:VideoEncoder>%s</tr2:Configurations></tr2:Profiles>", ch, kind, kind, source, encoder, ch == sim->count ? "<tr2:PTZ token=\"PTZ1\"/>" : "");
        else buf_printf(&b, "<trt:Profiles token=\"Profile_%d_%s\" fixed=\"true\"><tt:Name>%s</tt:Name><tt:VideoSourceConfiguration%s</tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration%s</tt:VideoEncoderConfiguration>%s</trt:Profiles>", ch, kind, kind, source, encoder, ch == sim->count ? "<tt:PTZConfiguration token=\"PTZ1\"/>" : "");
    }
    buf_printf(&b, "</%s:GetProfilesResponse>", two ? "tr2" : "trt");
    reply(r, 200, b.at);
    buf_free(&b);
}

/* Other clients want to know what the profiles look through before they use any. */
static void say_sources(const struct sim_camera *sim, struct http_request *r, bool configurations)
{
    struct buf b;
    buf_init(&b, 64 << 10);
    buf_add_z(&b, configurations ? "<tr2:GetVideoSourceConfigurationsResponse>" : "<trt:GetVideoSourcesResponse>");
    for (int ch = 1; ch <= sim->count; ch++)
        if (configurations) buf_printf(&b, "<tr2:Configurations token=\"VSC%d\"><tt:Name>VSC%d</tt:Name><tt:UseCount>2</tt:UseCount><tt:SourceToken>VideoSource_%d</tt:SourceToken><tt:Bounds x=\"0\" y=\"0\" width=\"1920\" height=\"1080\"/></tr2:Configurations>", ch, ch, ch);
        else buf_printf(&b, "<trt:VideoSources token=\"VideoSource_%d\"><tt:Framerate>10</tt:Framerate><tt:Resolution><tt:Width>1920</tt:Width><tt:Height>1080</tt:Height></tt:Resolution></trt:VideoSources>", ch);
    buf_add_z(&b, configurations ? "</tr2:GetVideoSourceConfigurationsResponse>" : "</trt:GetVideoSourcesResponse>");
    reply(r, 200, b.at);
    buf_free(&b);
}

static void say_address(const struct sim_camera *sim, struct http_request *r, const char *token, bool two, bool still)
{
    char body[600], host[64], kind[8] = "main";
    int ch = 0;
    if (sscanf(token, "Profile_%d_%7s", &ch, kind) != 2 || ch < 1 || ch > sim->count) {
        fault(r, 400, "NoProfile", "no such profile");
        return;
    }
    const char *port = strrchr(sim->rtsp, ':');
    self(sim, host);
    if (strrchr(host, ':') != NULL) *strrchr(host, ':') = 0;
    if (still && two) snprintf(body, sizeof body, "<tr2:GetSnapshotUriResponse><tr2:Uri>http://%s/still/%d.jpg</tr2:Uri></tr2:GetSnapshotUriResponse>", self(sim, host), ch);
    else if (still) snprintf(body, sizeof body, "<trt:GetSnapshotUriResponse><trt:MediaUri><tt:Uri>http://%s/still/%d.jpg</tt:Uri></trt:MediaUri></trt:GetSnapshotUriResponse>", self(sim, host), ch);
    else if (two) snprintf(body, sizeof body, "<tr2:GetStreamUriResponse><tr2:Uri>rtsp://%s%s/live/%d/%s</tr2:Uri></tr2:GetStreamUriResponse>", host, port, ch, kind);
    else snprintf(body, sizeof body, "<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>rtsp://%s:%s@%s%s/live/%d/%s</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>", sim->login, sim->password, host, port, ch, kind); /* some tell it with the password */
    reply(r, 200, body);
}

static void say_events(void)
{
    char body[TOLD_MAX + 300], now[CLOCK_TEXT_MAX];
    struct http_request *r = waiting.request;
    waiting.request = NULL;
    clock_format(clock_utc_ms(), now);
    snprintf(body, sizeof body, "<tev:PullMessagesResponse><tev:CurrentTime>%s</tev:CurrentTime><tev:TerminationTime>%s</tev:TerminationTime>%s</tev:PullMessagesResponse>", now, now, waiting.told);
    waiting.told[0] = 0;
    reply(r, 200, body);
}

static void look(void *arg)
{
    (void)arg;
    if (waiting.request != NULL && (waiting.told[0] != 0 || clock_utc_ms() > waiting.until)) say_events();
}

void sim_camera_event(struct sim_camera *sim, const char *topic, const char *source, const char *value, bool on)
{
    char now[CLOCK_TEXT_MAX];
    bool input = strstr(topic, "DigitalInput") != NULL;
    size_t n = strlen(waiting.told);
    clock_format(device_ms(sim), now);
    snprintf(waiting.told + n, sizeof waiting.told - n, "<wsnt:NotificationMessage><wsnt:Topic Dialect=\"http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet\">tns1:%s</wsnt:Topic><wsnt:Message><tt:Message UtcTime=\"%s\" PropertyOperation=\"Changed\"><tt:Source><tt:SimpleItem Name=\"%s\" Value=\"%s\"/></tt:Source><tt:Data><tt:SimpleItem Name=\"%s\" Value=\"%s\"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>",
             topic, now, input ? "InputToken" : "VideoSourceConfigurationToken", source, value, on ? "true" : "false");
}

static void steer(struct sim_camera *sim, const struct xml *x, int what)
{
    const char *token = xml_text(x, what, "ProfileToken");
    int ch = 0, move = xml_next(x, what, what, "PanTilt");
    sscanf(token, "Profile_%d_", &ch);
    if (ch < 1 || ch >= SIM_CAMERAS_MAX) return;
    bool stop = strcmp(x->nodes[what].name, "Stop") == 0;
    sim->pan[ch] = stop || move < 0 ? 0 : (int)(atof(xml_attribute(x, move, "x")) * 8);
    printf("ptz %d %s %s\n", ch, x->nodes[what].name, x->nodes[what].name[0] == 'G' ? xml_text(x, what, "PresetToken") : stop ? "" : xml_attribute(x, move, "x"));
    fflush(stdout);
}

static void subscribe(const struct sim_camera *sim, struct http_request *r)
{
    char body[500], host[64], now[CLOCK_TEXT_MAX];
    clock_format(device_ms(sim), now);
    waiting.subscribed = true;
    snprintf(body, sizeof body, "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa:Address>http://%s/onvif/sub_1</wsa:Address></tev:SubscriptionReference><wsnt:CurrentTime>%s</wsnt:CurrentTime><wsnt:TerminationTime>%s</wsnt:TerminationTime></tev:CreatePullPointSubscriptionResponse>", self(sim, host), now, now);
    reply(r, 200, body);
}

static void answer(struct sim_camera *sim, struct http_request *r, const struct xml *x, int what)
{
    const char *name = x->nodes[what].name;
    bool two = str_eq(http_path(r), STR("/onvif/media2_service"));
    if (strcmp(name, "GetSystemDateAndTime") == 0) say_time(sim, r);
    else if (sim->login[0] != 0 && !may(sim, x)) fault(r, 400, "NotAuthorized", "sender not authorized");
    else if (strcmp(name, "GetServices") == 0) say_services(sim, r);
    else if (strcmp(name, "GetDeviceInformation") == 0) reply(r, 200, "<tds:GetDeviceInformationResponse><tds:Manufacturer>Huxue</tds:Manufacturer><tds:Model>sim camera</tds:Model><tds:FirmwareVersion>V1.0</tds:FirmwareVersion><tds:SerialNumber>1</tds:SerialNumber></tds:GetDeviceInformationResponse>");
    else if (strcmp(name, "GetProfiles") == 0) say_profiles(sim, r, two);
    else if (strcmp(name, "GetVideoSources") == 0) say_sources(sim, r, false);
    else if (strcmp(name, "GetVideoSourceConfigurations") == 0 && two) say_sources(sim, r, true);
    else if (strcmp(name, "GetStreamUri") == 0 || strcmp(name, "GetSnapshotUri") == 0) say_address(sim, r, xml_text(x, what, "ProfileToken"), two, name[4] == 'n');
    else if (strcmp(name, "CreatePullPointSubscription") == 0 && !sim->no_events) subscribe(sim, r);
    else if (strcmp(name, "Renew") == 0) reply(r, 200, "<wsnt:RenewResponse/>");
    else if (strcmp(name, "PullMessages") == 0 && waiting.subscribed) {
        if (waiting.request != NULL) say_events();
        waiting.request = r;
        waiting.until = clock_utc_ms() + 10000;
    } else if (strcmp(name, "ContinuousMove") == 0 || strcmp(name, "Stop") == 0 || strcmp(name, "GotoPreset") == 0) {
        char done[80];
        steer(sim, x, what);
        snprintf(done, sizeof done, "<tptz:%.30sResponse/>", name);
        reply(r, 200, done);
    } else {
        fault(r, 400, "ActionNotSupported", "not supported");
    }
}

static void handle(struct http_request *r, void *arg)
{
    struct sim_camera *sim = arg;
    struct xml x;
    if (sim->silent || http_method(r) != HX_POST || onvif_parse(http_body(r), &x)) {
        http_reply(r, 400, "text/plain", STR("no\n"));
        return;
    }
    int body = xml_child(&x, 0, "Body");
    if (body < 0 || x.nodes[body].first < 0) fault(r, 400, "WellFormed", "no body");
    else answer(sim, r, &x, x.nodes[body].first);
    xml_free(&x);
}

/* A probe that comes to our own port alone; the host that it believes in may be a wrong one. */
static void on_probe(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct sim_camera *sim = arg;
    char bytes[8192];
    struct sockaddr_storage from;
    socklen_t n = sizeof from;
    struct xml x;
    struct buf b;
    ssize_t got = recvfrom(fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&from, &n);
    if (got <= 0 || onvif_parse((struct str){bytes, (size_t)got}, &x)) return;
    const char *id = xml_text(&x, 0, "Header/MessageID");
    buf_init(&b, 8192);
    buf_printf(&b, "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><s:Header><a:RelatesTo>%s</a:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>"
                   "<d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/Huxue%%20sim onvif://www.onvif.org/hardware/camera</d:Scopes><d:XAddrs>http://%s%s/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>",
               id, sim->foreign_host ? "192.168.254.9" : "127.0.0.1", strrchr(sim->onvif, ':'));
    if (xml_next(&x, 0, 0, "Probe") >= 0) (void)!sendto(fd, b.at, b.len, 0, (struct sockaddr *)&from, n);
    buf_free(&b);
    xml_free(&x);
}

bool sim_camera_onvif(struct sim_camera *sim, const char *address)
{
    struct http_server *http;
    const struct http_settings s = {.loop = sim->loop, .address = address, .handle = handle, .arg = sim};
    if (http_listen(&s, &http)) return false;
    snprintf(sim->onvif, sizeof sim->onvif, "%s", http_bound(http));
    loop_every(sim->loop, LOOK_MS, look, NULL);
    int fd = net_open(sim->onvif, SOCK_DGRAM);
    struct event *probe = fd >= 0 ? event_new(loop_base(sim->loop), fd, EV_READ | EV_PERSIST, on_probe, sim) : NULL;
    return probe != NULL && event_add(probe, NULL) == 0;
}

void sim_camera_forget_subscription(void) { waiting.subscribed = false; }
