/* huxue sim nvr: recorders that talk GB/T 28181 as real ones do, with moving pictures, and with the odd habits that are met. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/sim.h"
#include "app/sim_nvr.h"
#include "base/clock.h"
#include "io/loop.h"
#include "io/net.h"
#include "proto/gb28181/gb28181_sdp.h"
#include "proto/gb28181/gb28181_xml.h"
#include "proto/sip/sip.h"
#include "signal/signal.h"
#include "sim_nvr_inner.h"

#define REGISTER_S 3600
#define FIRST_RETRY_MS 500
#define RETRY_MS 10000

void nvr_say(struct device *d, struct str bytes)
{
    if (d->sim->habits.tcp) {
        if (d->bev != NULL) bufferevent_write(d->bev, bytes.at, bytes.len);
    } else if (send(d->fd, bytes.at, bytes.len, 0) < 0) {
        d->next_at = clock_utc_ms() + 1000; /* the server is not there yet */
    }
}

void nvr_begin_request(struct device *d, const char *method, const char *call_id, int cseq, const char *tag, const char *to_tag, const char *uri, struct buf *b)
{
    char via[64], from[96], branch[48];
    snprintf(via, sizeof via, "127.0.0.1:%d", d->port);
    snprintf(from, sizeof from, "sip:%s@%.10s", d->code, d->code);
    snprintf(branch, sizeof branch, "z9hG4bKsim%u%u", d->sim->branch++, (unsigned)clock_mono_us());
    struct sip_head h = {.method = method, .uri = uri, .via_host = via, .from_uri = from, .from_tag = tag, .to_uri = strcmp(method, "REGISTER") == 0 ? from : uri, .to_tag = to_tag, .call_id = call_id, .branch = branch, .cseq = cseq, .tcp = d->sim->habits.tcp};
    sip_request(&h, b);
}

/* ---- registration and messages ---- */

static void send_register(struct device *d, int expires)
{
    struct buf b;
    char uri[96], text[96];
    buf_init(&b, 8192);
    snprintf(uri, sizeof uri, "sip:%s@%.10s", d->sim->server_code, d->sim->server_code);
    nvr_begin_request(d, "REGISTER", d->call_id, ++d->cseq, d->tag, NULL, uri, &b);
    snprintf(text, sizeof text, "<sip:%s@127.0.0.1:%d>", d->code, d->port);
    sip_header(&b, "Contact", text);
    if (d->challenge.there) sip_authorize(&d->challenge, false, "REGISTER", uri, d->code, d->sim->password, "huxuesim", &b);
    snprintf(text, sizeof text, "%d", expires);
    sip_header(&b, "Expires", text);
    sip_header(&b, "User-Agent", "Huxue sim nvr");
    sip_header(&b, "X-GB-Ver", "2.0");
    sip_end(&b, NULL, STR(""));
    nvr_say(d, buf_str(&b));
    buf_free(&b);
    int64_t wait = FIRST_RETRY_MS << (d->tries < 5 ? d->tries : 5); /* T1 of RFC 3261, doubled */
    d->tries++;
    d->next_at = clock_utc_ms() + (wait > RETRY_MS ? RETRY_MS : wait);
}

void nvr_send_xml(struct device *d, const char *xml)
{
    struct buf b, body;
    char uri[128], call_id[64];
    buf_init(&b, 65536);
    buf_init(&body, 65536);
    snprintf(uri, sizeof uri, "sip:%s@%s", d->sim->server_code, d->sim->server_text);
    snprintf(call_id, sizeof call_id, "%s-%d-%u", d->code, d->sn, d->sim->branch);
    buf_add_z(&body, "<?xml version=\"1.0\" encoding=\"GB2312\"?>\r\n");
    if (d->sim->habits.utf8) buf_add_z(&body, xml);
    else signal_text_to_gb(str_of(xml), &body); /* real devices declare GB2312 and send GB18030 */
    nvr_begin_request(d, "MESSAGE", call_id, 1, d->tag, NULL, uri, &b);
    sip_end(&b, "Application/MANSCDP+xml", buf_str(&body));
    nvr_say(d, buf_str(&b));
    buf_free(&b);
    buf_free(&body);
}

static void keepalive(struct device *d)
{
    char xml[256];
    snprintf(xml, sizeof xml, "<Notify>\r\n<CmdType>Keepalive</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<Status>OK</Status>\r\n</Notify>\r\n", ++d->sn, d->code);
    nvr_send_xml(d, xml);
    d->next_at = clock_utc_ms() + d->sim->keepalive_s * 1000LL;
}

static void send_catalog(struct device *d, int sn)
{
    int step = d->sim->habits.fragment > 0 ? d->sim->habits.fragment : 2;
    for (int first = 1; first <= d->sim->channels; first += step) {
        struct buf b;
        int n = d->sim->channels - first + 1 < step ? d->sim->channels - first + 1 : step;
        buf_init(&b, 65536);
        buf_printf(&b, "<Response>\r\n<CmdType>Catalog</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<SumNum>%d</SumNum>\r\n<DeviceList Num=\"%d\">\r\n", sn, d->code, d->sim->channels, n);
        for (int i = first; i < first + n; i++) {
            char code[24];
            sim_channel_code(d->code, i, code);
            buf_printf(&b, "<Item>\r\n<DeviceID>%s</DeviceID>\r\n<Name>%s</Name>\r\n<Manufacturer>Huxue</Manufacturer>\r\n<Model>sim</Model>\r\n<CivilCode>%.6s</CivilCode>\r\n<Address>A&B</Address>\r\n<Parental>0</Parental>\r\n<ParentID>%s</ParentID>\r\n<RegisterWay>1</RegisterWay>\r\n<Secrecy>0</Secrecy>\r\n<Status>ON</Status>\r\n<Info><PTZType>%d</PTZType></Info>\r\n</Item>\r\n",
                       code, sim_channel_name(i - 1), d->code, d->code, (i - 1) % SIM_CHANNELS == 3 ? 1 : 3);
        }
        buf_add_z(&b, "</DeviceList>\r\n</Response>\r\n");
        nvr_send_xml(d, b.at);
        buf_free(&b);
    }
}

static void send_alarm(struct device *d, int channel, int method, int type)
{
    char xml[1024], code[24], when[GB_TIME_MAX];
    sim_channel_code(d->code, channel, code);
    gb_time_format(clock_utc_ms(), when);
    snprintf(xml, sizeof xml, "<Notify>\r\n<CmdType>Alarm</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<AlarmPriority>1</AlarmPriority>\r\n<AlarmMethod>%d</AlarmMethod>\r\n<AlarmTime>%s</AlarmTime>\r\n<AlarmDescription>%s</AlarmDescription>\r\n%s%d%s</Notify>\r\n", ++d->sn, code, method, when,
             sim_channel_name(channel - 1), type > 0 ? "<Info><AlarmType>" : "<Longitude>0</Longitude><Latitude>", type, type > 0 ? "</AlarmType></Info>\r\n" : "</Latitude>\r\n");
    for (int i = 0; i < (d->sim->habits.repeat_alarm ? 3 : 1); i++) nvr_send_xml(d, xml);
}

#define HOUR_MS 3600000LL
#define RECORDED_MS (50 * 60000LL)
#define RECORDS_MOST 800
#define RECORDS_A_MESSAGE 4

static void send_records(struct device *d, const struct xml *x, int sn)
{
    int64_t from = gb_time_parse(gb_xml_text(x, 0, "StartTime")), to = gb_time_parse(gb_xml_text(x, 0, "EndTime"));
    const char *channel = gb_xml_text(x, 0, "DeviceID");
    int64_t first = from - from % HOUR_MS;
    int said = 0;
    struct buf items, message;
    if (to > clock_utc_ms()) to = clock_utc_ms();
    int64_t oldest = d->sim->habits.kept_days > 0 ? clock_utc_ms() - d->sim->habits.kept_days * 24 * HOUR_MS : 0;
    if (from < oldest) from = oldest;
    for (int64_t hour = first; hour < to && said < RECORDS_MOST; hour += HOUR_MS) said += hour + RECORDED_MS > from;
    buf_init(&items, 8192);
    buf_init(&message, 16384);
    int sent = 0;
    for (int64_t hour = first; hour < to && sent < said; hour += HOUR_MS) { /* fifty minutes of each hour, four a message */
        char a[GB_TIME_MAX], b[GB_TIME_MAX];
        if (hour + RECORDED_MS <= from) continue;
        gb_time_format(hour > from ? hour : from, a);
        gb_time_format(hour + RECORDED_MS < to ? hour + RECORDED_MS : to, b);
        buf_printf(&items, "<Item><DeviceID>%s</DeviceID><StartTime>%s</StartTime><EndTime>%s</EndTime><Secrecy>0</Secrecy><Type>time</Type></Item>\r\n", channel, a, b);
        if (++sent % RECORDS_A_MESSAGE != 0 && sent < said) continue;
        buf_clear(&message);
        buf_printf(&message, "<Response>\r\n<CmdType>RecordInfo</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<Name>x</Name>\r\n<SumNum>%d</SumNum>\r\n<RecordList Num=\"%d\">\r\n%.*s</RecordList>\r\n</Response>\r\n", sn, channel, said,
                   sent % RECORDS_A_MESSAGE == 0 ? RECORDS_A_MESSAGE : sent % RECORDS_A_MESSAGE, (int)items.len, items.at);
        buf_add(&message, "", 1);
        nvr_send_xml(d, message.at);
        buf_clear(&items);
    }
    if (said == 0) {
        buf_printf(&message, "<Response>\r\n<CmdType>RecordInfo</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<Name>x</Name>\r\n<SumNum>0</SumNum>\r\n</Response>\r\n", sn, channel);
        buf_add(&message, "", 1);
        nvr_send_xml(d, message.at);
    }
    buf_free(&items);
    buf_free(&message);
}

/* Orders for upkeep are obeyed and answered, but for a restart, which is not. */
static void on_order(struct device *d, const struct xml *x, const char *channel)
{
    static const char *const names[] = {"TeleBoot", "GuardCmd", "AlarmCmd", "HomePosition"};
    char xml[320];
    for (size_t i = 0; i < HX_COUNT(names); i++) {
        int at = gb_xml_find(x, 0, names[i]);
        if (at < 0) continue;
        if (!d->sim->quiet) printf("order %s %s %s %s\n", channel, names[i], i == 3 ? gb_xml_text(x, at, "PresetIndex") : gb_xml_text(x, 0, names[i]), i == 3 ? gb_xml_text(x, at, "ResetTime") : ""), fflush(stdout);
        if (i == 0) continue;
        snprintf(xml, sizeof xml, "<Response>\r\n<CmdType>DeviceControl</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<Result>%s</Result>\r\n</Response>\r\n", (int)gb_xml_number(x, 0, "SN", 0), channel, d->sim->habits.refuse_orders ? "ERROR" : "OK");
        nvr_send_xml(d, xml);
    }
}

static void on_control(struct device *d, const struct xml *x)
{
    uint8_t b[8];
    const char *hex = gb_xml_text(x, 0, "PTZCmd"), *channel = gb_xml_text(x, 0, "DeviceID");
    on_order(d, x, channel);
    if (hex[0] == 0 || !gb_ptz_parse(str_of(hex), b)) return;
    if (b[3] < 64) d->pan = b[3] & 1 ? 6 : b[3] & 2 ? -6 : 0;
    if (!d->sim->quiet) printf("ptz %s %s\n", channel, hex), fflush(stdout);
}

static void on_message(struct device *d, const struct sip_message *m)
{
    struct xml x;
    char xml[600];
    if (gb_xml_parse(m->body, &x)) return;
    const char *what = gb_xml_text(&x, 0, "CmdType");
    int sn = (int)gb_xml_number(&x, 0, "SN", 0);
    bool query = strcasecmp(x.nodes[0].name, "Query") == 0;
    if (query && strcasecmp(what, "Catalog") == 0) send_catalog(d, sn);
    else if (query && strcasecmp(what, "RecordInfo") == 0) send_records(d, &x, sn);
    else if (strcasecmp(what, "DeviceControl") == 0) on_control(d, &x);
    else if (strcasecmp(what, "Broadcast") == 0) nvr_asked_to_listen(d, gb_xml_text(&x, 0, "SourceID"), gb_xml_text(&x, 0, "TargetID"), sn);
    else if (query && strcasecmp(what, "DeviceInfo") == 0) {
        snprintf(xml, sizeof xml, "<Response>\r\n<CmdType>DeviceInfo</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<Result>OK</Result>\r\n<Manufacturer>Huxue</Manufacturer>\r\n<Model>sim nvr</Model>\r\n<Firmware>V1.0</Firmware>\r\n<Channel>%d</Channel>\r\n</Response>\r\n", sn, d->code, d->sim->channels);
        nvr_send_xml(d, xml);
    }
    xml_free(&x);
}

void nvr_answer(struct device *d, const struct sip_message *m, int status, const char *reason)
{
    struct buf b;
    buf_init(&b, 8192);
    sip_reply(m, status, reason, d->tag, &b);
    sip_end(&b, NULL, STR(""));
    nvr_say(d, buf_str(&b));
    buf_free(&b);
}

/* ---- the signalling ---- */

static void on_sip(struct device *d, struct str bytes)
{
    static struct sip_message m;
    if (sip_parse(bytes, "127.0.0.1", 0, &m)) return;
    if (!m.request) {
        nvr_ear_answered(d, &m);
        if (strcmp(m.method, "REGISTER") != 0) {
            if (m.status == 403 && d->registered) d->registered = false, d->sim->registered--, d->challenge.there = false, d->next_at = 0;
            return;
        }
        if (m.status == 401) {
            bool again = d->challenge.there && strcmp(d->challenge.nonce, m.digest.nonce) == 0;
            d->challenge = m.digest;
            if (!again) send_register(d, REGISTER_S);
        } else if (m.status == 200) {
            if (!d->registered) d->registered = true, d->sim->registered++;
            d->tries = 0;
            d->next_at = clock_utc_ms() + 1000LL + (d->sim->random = d->sim->random * 1103515245u + 12345u) % (unsigned)(d->sim->keepalive_s * 1000);
        } else if (m.status >= 300) {
            d->challenge.there = false;
            d->next_at = clock_utc_ms() + RETRY_MS;
        }
        return;
    }
    if (strcmp(m.method, "INVITE") == 0) {
        for (struct out_stream *s = d->streams; s != NULL; s = s->next)
            if (strcmp(s->call_id, m.call_id) == 0) return; /* repeated: answered already */
        nvr_invite(d, &m);
        return;
    }
    if (strcmp(m.method, "ACK") == 0) return;
    nvr_answer(d, &m, 200, "OK");
    if (strcmp(m.method, "MESSAGE") == 0) on_message(d, &m);
    if (strcmp(m.method, "BYE") == 0) nvr_ear_bye(d, m.call_id);
    bool bye = strcmp(m.method, "BYE") == 0, info = strcmp(m.method, "INFO") == 0;
    for (struct out_stream *s = d->streams, *next; (bye || info) && s != NULL; s = next) {
        next = s->next;
        if (strcmp(s->call_id, m.call_id) != 0) continue;
        if (info) nvr_pace(s, &m);
        else nvr_stream_end(s);
    }
}

static void on_datagram(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    static char bytes[65536];
    ssize_t n;
    while ((n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) on_sip(arg, (struct str){bytes, (size_t)n});
}

static void on_stream(struct bufferevent *bev, void *arg)
{
    struct evbuffer *in = bufferevent_get_input(bev);
    for (;;) {
        size_t have = evbuffer_get_length(in), used;
        if (have == 0) return;
        struct str s = {(const char *)evbuffer_pullup(in, -1), have};
        if (sip_find(s, &used) || used == 0) return;
        on_sip(arg, (struct str){s.at, used});
        evbuffer_drain(in, used);
    }
}

static void on_stream_event(struct bufferevent *bev, short what, void *arg)
{
    struct device *d = arg;
    if (what & BEV_EVENT_CONNECTED) {
        send_register(d, REGISTER_S);
        return;
    }
    bufferevent_free(bev);
    d->bev = NULL;
    if (d->registered) d->sim->registered--;
    d->registered = false;
    d->next_at = clock_utc_ms() + 2000;
}

static bool dial(struct device *d)
{
    struct sim_nvr *sim = d->sim;
    char text[NET_TEXT_MAX];
    if (sim->habits.tcp) {
        d->bev = bufferevent_socket_new(loop_base(sim->loop), -1, BEV_OPT_CLOSE_ON_FREE);
        bufferevent_setcb(d->bev, on_stream, NULL, on_stream_event, d);
        bufferevent_enable(d->bev, EV_READ | EV_WRITE);
        d->port = 5060;
        d->next_at = INT64_MAX;
        return bufferevent_socket_connect(d->bev, (struct sockaddr *)&sim->server, (int)sim->server_bytes) == 0;
    }
    if (d->readable != NULL) event_free(d->readable), close(d->fd);
    d->fd = socket(sim->server.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (d->fd < 0 || connect(d->fd, (struct sockaddr *)&sim->server, sim->server_bytes) != 0) return false;
    d->port = atoi(strrchr(net_bound(d->fd, text), ':') + 1);
    d->readable = event_new(loop_base(sim->loop), d->fd, EV_READ | EV_PERSIST, on_datagram, d);
    return event_add(d->readable, NULL) == 0;
}

static void tick(void *arg)
{
    struct sim_nvr *sim = arg;
    int64_t now = clock_utc_ms();
    static bool told;
    for (int i = 0; i < sim->count; i++) {
        struct device *d = &sim->devices[i];
        if (now < d->next_at) continue;
        if (sim->habits.tcp && d->bev == NULL) (void)dial(d);
        else if (d->registered && sim->habits.rebind) (void)dial(d), keepalive(d);
        else if (d->registered) keepalive(d);
        else send_register(d, REGISTER_S);
    }
    if (!told && sim->registered == sim->count) {
        told = true;
        printf("registered %d of %d\n", sim->registered, sim->count);
        fflush(stdout);
    }
}

static void command(struct sim_nvr *sim, char *line)
{
    char word[16] = "";
    int device = 1, channel = 1;
    if (sscanf(line, "%15s %d %d", word, &channel, &device) < 1 || device < 1 || device > sim->count) return;
    struct device *d = &sim->devices[device - 1];
    if (strcmp(word, "alarm") == 0) send_alarm(d, channel, 2, 0);
    else if (strcmp(word, "intrude") == 0) send_alarm(d, channel, 5, 6);
    else if (strcmp(word, "motion") == 0) send_alarm(d, channel, 5, 2);
    else if (strcmp(word, "bye") == 0 && d->streams != NULL) nvr_bye(d->streams), nvr_stream_end(d->streams);
    else if (strcmp(word, "deaf") == 0) nvr_ears_hang_up(d);
    else if (strcmp(word, "mute") == 0) sim->habits.no_rtp = true;
    else if (strcmp(word, "unmute") == 0) sim->habits.no_rtp = false;
    else if (strcmp(word, "away") == 0) send_register(d, 0), d->registered = false, sim->registered--, d->next_at = INT64_MAX;
    else if (strcmp(word, "back") == 0) d->next_at = 0;
    else if (strcmp(word, "stat") == 0) printf("registered %d frames %llu bytes %llu\n", sim->registered, (unsigned long long)sim->frames, (unsigned long long)sim->bytes);
    else if (strcmp(word, "quit") == 0) loop_stop(sim->loop);
    fflush(stdout);
}

static void on_stdin(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    static char line[256];
    static size_t n;
    char c;
    ssize_t got = read(fd, &c, 1);
    struct sim_nvr *sim = arg;
    if (got <= 0) { /* no more commands: the recorders go on */
        event_del(sim->input);
        return;
    }
    if (c != '\n' && n < sizeof line - 1) line[n++] = c;
    if (c == '\n') line[n] = 0, n = 0, command(sim, line);
}

static int usage(int code)
{
    fprintf(code ? stderr : stdout,
            "huxue sim nvr [--sip A:P] [--server CODE] [--county 522325] [--from N] [--count N] [--channels 4] [--password P]\n"
            "      the recorders of demo schools number N…; moving pictures when invited 演示学校的录像机\n"
            "      --tcp  SIP over TCP · --keepalive S · odd habits: --no-map --other-ssrc --utf8 --fragment N --repeat-alarm --rebind --no-rtp --no-udp --loss --stranger --no-voice --voice-tcp --no-orders --kept-days N\n"
            "      commands from stdin: alarm [CHANNEL [DEVICE]] · intrude … · motion … · bye · deaf · mute · unmute · away · back · stat · quit\n");
    return code;
}

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    loop_stop(arg);
}

int sim_nvr_main(int argc, char **argv)
{
    static const struct option options[] = {{"sip", 1, NULL, 's'}, {"server", 1, NULL, 'S'}, {"county", 1, NULL, 'c'}, {"from", 1, NULL, 'f'}, {"count", 1, NULL, 'n'}, {"channels", 1, NULL, 'k'}, {"password", 1, NULL, 'p'}, {"keepalive", 1, NULL, 'K'},
                                            {"tcp", 0, NULL, 't'}, {"no-map", 0, NULL, 'm'}, {"no-orders", 0, NULL, 'O'}, {"other-ssrc", 0, NULL, 'o'}, {"utf8", 0, NULL, 'u'}, {"fragment", 1, NULL, 'g'}, {"repeat-alarm", 0, NULL, 'r'}, {"rebind", 0, NULL, 'b'}, {"no-rtp", 0, NULL, 'N'}, {"no-udp", 0, NULL, 'U'},
                                            {"loss", 0, NULL, 'l'}, {"quiet", 0, NULL, 'q'}, {"stranger", 0, NULL, 'x'}, {"no-voice", 0, NULL, 'v'}, {"voice-tcp", 0, NULL, 'V'}, {"kept-days", 1, NULL, 'd'}, {"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0}};
    static struct sim_nvr one = {.password = "huxue-demo", .count = 1, .channels = SIM_CHANNELS, .keepalive_s = 30, .random = 1, .server_code = "52230000002000000001"};
    struct sim_nvr *sim = &one;
    const char *address = "127.0.0.1:5060", *county = "522325";
    int from = 1, o;
    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (o == 's') address = optarg;
        else if (o == 'S') snprintf(sim->server_code, sizeof sim->server_code, "%s", optarg);
        else if (o == 'c') county = optarg;
        else if (o == 'f') from = atoi(optarg);
        else if (o == 'n') sim->count = atoi(optarg);
        else if (o == 'k') sim->channels = atoi(optarg);
        else if (o == 'p') sim->password = optarg;
        else if (o == 'K') sim->keepalive_s = atoi(optarg);
        else if (o == 't') sim->habits.tcp = true;
        else if (o == 'm') sim->habits.no_map = true;
        else if (o == 'o') sim->habits.other_ssrc = true;
        else if (o == 'u') sim->habits.utf8 = true;
        else if (o == 'g') sim->habits.fragment = atoi(optarg);
        else if (o == 'r') sim->habits.repeat_alarm = true;
        else if (o == 'b') sim->habits.rebind = true;
        else if (o == 'N') sim->habits.no_rtp = true;
        else if (o == 'U') sim->habits.no_udp = true;
        else if (o == 'l') sim->habits.drop_some = true;
        else if (o == 'q') sim->quiet = true;
        else if (o == 'v') sim->habits.no_voice = true;
        else if (o == 'V') sim->habits.voice_tcp = true;
        else if (o == 'O') sim->habits.refuse_orders = true;
        else if (o == 'd') sim->habits.kept_days = atoi(optarg);
        else if (o == 'x') county = "999999"; /* a code that no demo school has */
        else return usage(o == 'h' ? 0 : 2);
    }
    if (net_parse(address, &sim->server, &sim->server_bytes) || sim->count < 1 || sim->count > 20000 || sim->channels < 1 || sim->channels > 99 || sim->keepalive_s < 1) return usage(2);
    snprintf(sim->server_text, sizeof sim->server_text, "%s", address);
    signal(SIGPIPE, SIG_IGN);
    net_raise_file_limit();
    sim->loop = loop_new();
    sim->devices = calloc((size_t)sim->count, sizeof *sim->devices);
    HX_ASSERT(sim->devices != NULL);
    for (int i = 0; i < sim->count; i++) {
        struct device *d = &sim->devices[i];
        d->sim = sim;
        d->fd = -1;
        sim_recorder_code(county, from + i, d->code);
        snprintf(d->call_id, sizeof d->call_id, "reg-%s-%u", d->code, (unsigned)clock_mono_us());
        snprintf(d->tag, sizeof d->tag, "t%06d", from + i);
        if (!dial(d)) return fprintf(stderr, "huxue: %s cannot be reached 无法连接\n", address), 1;
    }
    loop_every(sim->loop, 50, tick, sim);
    loop_every(sim->loop, NVR_FRAME_MS, nvr_frames, sim);
    sim->input = sim_hear(loop_base(sim->loop), on_stdin, sim);
    struct event *term = evsignal_new(loop_base(sim->loop), SIGTERM, on_stop, sim->loop), *interrupt = evsignal_new(loop_base(sim->loop), SIGINT, on_stop, sim->loop);
    event_add(term, NULL);
    event_add(interrupt, NULL);
    loop_run(sim->loop);
    return 0;
}
