/* huxue sim camera: network cameras that are fetched by RTSP (RFC 2326), with moving pictures of ours or of a file: digest, packets within
 * the connection or over UDP. Odd habits: parameter sets in the SDP alone, one transport only, another login, silence. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <getopt.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/sim.h"
#include "app/sim_tone.h"
#include "base/clock.h"
#include "io/net.h"
#include "media/h264.h"
#include "media/h265.h"
#include "media/picture.h"
#include "media/ps_pack.h"
#include "proto/sip/sip.h"
#include "sim_camera_inner.h"

#define KEY_FRAMES 20
#define REQUEST_MAX 8192
#define FILM_MAX (64u << 20)
#define QUEUE_MAX (4 << 20) /* bytes that a slow reader may owe */

struct client {
    struct sim_camera *sim;
    struct client *next;
    struct bufferevent *bev;
    struct picture *picture;
    int channel, fd;         /* fd: UDP, -1: within the connection */
    struct sockaddr_storage to;
    socklen_t to_bytes;
    bool playing, heard;     /* heard: its second track was asked for */
    uint16_t seq, sound_seq;
    uint16_t sound_port;     /* of UDP */
    uint32_t stamp;
    int64_t frame;
};

static void client_end(struct client *c)
{
    struct client **at = &c->sim->clients;
    while (*at != c) at = &(*at)->next;
    *at = c->next;
    bufferevent_free(c->bev);
    if (c->fd >= 0) close(c->fd);
    if (c->picture != NULL) picture_free(c->picture);
    free(c);
}

static void next_frame(struct client *c);

/* ---- requests ---- */

struct rtsp {
    struct str method, url;
    char cseq[16], transport[160], authorization[600];
};

static void take_header(struct rtsp *r, struct str line)
{
    struct str rest = line, name;
    str_split(&rest, ':', &name);
    rest = str_trim(rest);
    if (name.len == 4 && strncasecmp(name.at, "CSeq", 4) == 0) str_to_z(rest, r->cseq, sizeof r->cseq);
    if (name.len == 9 && strncasecmp(name.at, "Transport", 9) == 0) str_to_z(rest, r->transport, sizeof r->transport);
    if (name.len == 13 && strncasecmp(name.at, "Authorization", 13) == 0) str_to_z(rest, r->authorization, sizeof r->authorization);
}

static void field(const char *header, const char *name, char *out, size_t size)
{
    char want[24];
    snprintf(want, sizeof want, "%s=\"", name);
    const char *at = strstr(header, want);
    out[0] = 0;
    if (at == NULL || (at != header && at[-1] != ' ' && at[-1] != ',')) return;
    at += strlen(want);
    str_to_z((struct str){at, strcspn(at, "\"")}, out, size);
}

static bool may(const struct client *c, const struct rtsp *r)
{
    struct sip_digest d = {.there = true, .algorithm = "MD5"};
    char method[16];
    if (c->sim->login[0] == 0) return true;
    field(r->authorization, "username", d.username, sizeof d.username);
    field(r->authorization, "realm", d.realm, sizeof d.realm);
    field(r->authorization, "nonce", d.nonce, sizeof d.nonce);
    field(r->authorization, "uri", d.uri, sizeof d.uri);
    field(r->authorization, "response", d.response, sizeof d.response);
    str_to_z(r->method, method, sizeof method);
    return strcmp(d.username, c->sim->login) == 0 && strcmp(d.nonce, SIM_CAMERA_NONCE) == 0 && sip_digest_fits(&d, method, c->sim->password);
}

static void answer(struct client *c, const struct rtsp *r, int status, const char *reason, const char *headers, struct str body)
{
    struct buf b;
    buf_init(&b, 8192);
    buf_printf(&b, "RTSP/1.0 %d %s\r\nCSeq: %s\r\nServer: Huxue sim camera\r\n%s", status, reason, r->cseq, headers);
    if (body.len > 0) buf_printf(&b, "Content-Type: application/sdp\r\nContent-Length: %zu\r\n", body.len);
    buf_add_z(&b, "\r\n");
    buf_add(&b, body.at, body.len);
    bufferevent_write(c->bev, b.at, b.len);
    buf_free(&b);
}

/* The first access unit of a channel, for its parameter sets. */
static struct str first_unit(struct client *c, struct buf *drawn)
{
    const struct sim_film *film = &c->sim->film;
    if (film->count > 0) return film->units[0];
    struct picture *p = picture_new((unsigned)c->channel, PICTURE_GATE);
    buf_clear(drawn);
    picture_next(p, clock_utc_ms(), true, drawn);
    picture_free(p);
    return buf_str(drawn);
}

static void describe(struct client *c, const struct rtsp *r)
{
    static struct buf unit;
    static const char *const h265_names[] = {"sprop-vps", "sprop-sps", "sprop-pps"};
    char sets[1800], sdp[2600];
    size_t at = 0, n = 0;
    struct str nal;
    bool h265 = c->sim->film.h265;
    int found = 0;
    if (unit.max == 0) buf_init(&unit, PICTURE_UNIT_MAX);
    struct str first = first_unit(c, &unit);
    while (found < (h265 ? 3 : 2) && h264_next_nal(first, &at, &nal)) {
        char text[400];
        int type = h265 ? h265_type(nal) : h264_type(nal);
        if (h265 ? type < H265_VPS || type > H265_PPS : type != H264_SPS && type != H264_PPS) continue;
        EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)nal.at, (int)(nal.len < 250 ? nal.len : 250));
        n += (size_t)(h265 ? snprintf(sets + n, sizeof sets - n, ";%s=%s", h265_names[found], text) : snprintf(sets + n, sizeof sets - n, "%s%s", found > 0 ? "," : ";sprop-parameter-sets=", text));
        found++;
    }
    int bytes = snprintf(sdp, sizeof sdp, "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 %s/90000\r\na=fmtp:96 packetization-mode=1%.*s\r\na=control:track1\r\n"
                                          "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:track2\r\n", h265 ? "H265" : "H264", (int)n, sets);
    answer(c, r, 200, "OK", "", (struct str){sdp, (size_t)bytes});
}

static void set_up(struct client *c, const struct rtsp *r)
{
    char headers[200];
    const char *ports = strstr(r->transport, "client_port=");
    bool tcp = strstr(r->transport, "TCP") != NULL, sound = r->url.len > 6 && memcmp(r->url.at + r->url.len - 6, "track2", 6) == 0;
    if ((tcp && c->sim->udp_only) || (!tcp && c->sim->tcp_only) || (!tcp && ports == NULL)) {
        answer(c, r, 461, "Unsupported Transport", "", STR(""));
        return;
    }
    if (!tcp) {
        c->to_bytes = sizeof c->to;
        if (!sound && getpeername(bufferevent_getfd(c->bev), (struct sockaddr *)&c->to, &c->to_bytes) != 0) return;
        int port = atoi(ports + 12);
        if (sound) c->sound_port = htons((uint16_t)port);
        else ((struct sockaddr_in *)&c->to)->sin_port = htons((uint16_t)port);
        if (c->fd < 0) c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        snprintf(headers, sizeof headers, "Session: 12345;timeout=60\r\nTransport: RTP/AVP;unicast;client_port=%d-%d;server_port=40000-40001\r\n", port, port + 1);
    } else {
        snprintf(headers, sizeof headers, "Session: 12345;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=%s\r\n", sound ? "2-3" : "0-1");
    }
    c->heard |= sound;
    answer(c, r, 200, "OK", headers, STR(""));
}

/* …/live/CHANNEL/main or sub: which channel, 0 none. */
static int channel_of(const struct sim_camera *sim, struct str url)
{
    char z[200], *at;
    str_to_z(url, z, sizeof z);
    at = strstr(z, "/live/");
    int n = at != NULL ? atoi(at + 6) : 0;
    return n >= 1 && n <= sim->count ? n : 0;
}

static void tell_play(const struct client *c, struct str url)
{
    printf("plays %d %s\n", c->channel, memmem(url.at, url.len, "/sub", 4) != NULL ? "sub" : "main");
    fflush(stdout);
}

static void obey(struct client *c, const struct rtsp *r)
{
    char challenge[200];
    if (c->sim->silent) return;
    snprintf(challenge, sizeof challenge, "WWW-Authenticate: Digest realm=\"camera\", nonce=\"%s\"\r\n", SIM_CAMERA_NONCE);
    int channel = channel_of(c->sim, r->url);
    if (str_eq(r->method, STR("OPTIONS"))) answer(c, r, 200, "OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n", STR(""));
    else if (!may(c, r)) answer(c, r, 401, "Unauthorized", challenge, STR(""));
    else if (str_eq(r->method, STR("DESCRIBE")) && channel == 0) answer(c, r, 404, "Not Found", "", STR(""));
    else if (str_eq(r->method, STR("DESCRIBE"))) c->channel = channel, describe(c, r);
    else if (str_eq(r->method, STR("SETUP"))) set_up(c, r);
    else if (str_eq(r->method, STR("PLAY"))) answer(c, r, 200, "OK", "Session: 12345\r\n", STR("")), c->playing = true, tell_play(c, r->url), next_frame(c); /* a camera begins with a key picture at once */
    else if (str_eq(r->method, STR("TEARDOWN"))) answer(c, r, 200, "OK", "", STR("")), c->playing = false;
    else answer(c, r, 200, "OK", "Session: 12345\r\n", STR(""));
}

static void on_bytes(struct bufferevent *bev, void *arg)
{
    struct client *c = arg;
    struct evbuffer *in = bufferevent_get_input(bev);
    for (;;) {
        size_t have = evbuffer_get_length(in);
        const char *b = (const char *)evbuffer_pullup(in, -1);
        if (have >= 4 && b[0] == '$') { /* a receiver's report */
            size_t n = 4 + ((size_t)(uint8_t)b[2] << 8 | (uint8_t)b[3]);
            if (have < n) return;
            evbuffer_drain(in, n);
            continue;
        }
        const char *end = have > 0 ? memmem(b, have, "\r\n\r\n", 4) : NULL;
        if (end == NULL) {
            if (have > REQUEST_MAX) client_end(c);
            return;
        }
        struct rtsp r = {.cseq = "0"};
        struct str rest = {b, (size_t)(end - b)}, line, first, version;
        str_split(&rest, '\n', &line);
        version = str_trim(line);
        if (str_split(&version, ' ', &r.method) && str_split(&version, ' ', &r.url)) {
            while (str_split(&rest, '\n', &first)) take_header(&r, str_trim(first));
            obey(c, &r);
        }
        evbuffer_drain(in, (size_t)(end - b) + 4);
    }
}

static void on_end(struct bufferevent *bev, short what, void *arg)
{
    (void)bev, (void)what;
    client_end(arg);
}

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *from, int n, void *arg)
{
    (void)l, (void)from, (void)n;
    struct sim_camera *sim = arg;
    struct client *c = calloc(1, sizeof *c);
    HX_ASSERT(c != NULL);
    *c = (struct client){.sim = sim, .next = sim->clients, .fd = -1, .bev = bufferevent_socket_new(loop_base(sim->loop), fd, BEV_OPT_CLOSE_ON_FREE)};
    sim->clients = c;
    bufferevent_setcb(c->bev, on_bytes, NULL, on_end, c);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

/* ---- pictures ---- */

static void send_on(struct client *c, struct str packet, bool sound)
{
    if (c->fd >= 0) {
        struct sockaddr_in to = *(struct sockaddr_in *)&c->to;
        if (sound) to.sin_port = c->sound_port;
        (void)!sendto(c->fd, packet.at, packet.len, 0, (struct sockaddr *)&to, sizeof to);
        return;
    }
    uint8_t head[4] = {'$', sound ? 2 : 0, (uint8_t)(packet.len >> 8), (uint8_t)packet.len};
    bufferevent_write(c->bev, head, sizeof head);
    bufferevent_write(c->bev, packet.at, packet.len);
}

static void send_packet(struct str packet, void *arg)
{
    send_on(arg, packet, false);
}

static void send_tone(struct client *c)
{
    uint8_t packet[12 + 800];
    size_t samples = (size_t)c->sim->frame_ms * 8 < sizeof packet - 12 ? (size_t)c->sim->frame_ms * 8 : sizeof packet - 12;
    rtp_put_head(packet, 8, c->frame == 0, c->sound_seq++, (uint32_t)(c->frame * (int64_t)samples), 0x5678u + (unsigned)c->channel);
    sim_tone(c->frame, packet + 12, samples);
    send_on(c, (struct str){(const char *)packet, 12 + samples}, true);
}

static struct str without_sets(struct str unit)
{
    size_t at = 0;
    struct str nal;
    while (h264_next_nal(unit, &at, &nal))
        if (h264_type(nal) != H264_SPS && h264_type(nal) != H264_PPS) return (struct str){nal.at - 3, (size_t)(unit.at + unit.len - nal.at + 3)};
    return unit;
}

static struct str next_picture(struct client *c, struct buf *drawn)
{
    const struct sim_camera *sim = c->sim;
    if (sim->film.count > 0) return sim->film.units[(size_t)c->frame % sim->film.count];
    buf_clear(drawn);
    picture_turn(c->picture, sim->pan[c->channel % SIM_CAMERAS_MAX]);
    picture_next(c->picture, clock_utc_ms(), c->frame % KEY_FRAMES == 0, drawn);
    return buf_str(drawn);
}

static void next_frame(struct client *c)
{
    struct sim_camera *sim = c->sim;
    static struct buf unit;
    if (unit.max == 0) buf_init(&unit, PICTURE_UNIT_MAX);
    if (!c->playing || sim->frozen || evbuffer_get_length(bufferevent_get_output(c->bev)) > QUEUE_MAX) return;
    if (c->picture == NULL) c->picture = picture_new((unsigned)c->channel + 3, PICTURE_GATE);
    struct str shown = next_picture(c, &unit);
    rtp_pack_units(sim->sets_in_sdp ? without_sets(shown) : shown, sim->film.h265, &c->seq, c->stamp, 0x1234u + (unsigned)c->channel, send_packet, c);
    if (c->heard) send_tone(c);
    c->stamp += (unsigned)sim->frame_ms * 90;
    c->frame++;
}

static void next_frames(void *arg)
{
    struct sim_camera *sim = arg;
    for (struct client *c = sim->clients; c != NULL; c = c->next) next_frame(c);
}

/* ---- a film ---- */

/* An H.264 or H.265 byte stream with access unit delimiters, as `ffmpeg -f h264` writes it with aud=1. */
static bool load_film(struct sim_film *film, const char *file)
{
    FILE *f = fopen(file, "rb");
    struct str nal;
    size_t at = 0;
    if (f == NULL) return false;
    film->bytes = malloc(FILM_MAX);
    HX_ASSERT(film->bytes != NULL);
    struct str all = {film->bytes, fread(film->bytes, 1, FILM_MAX, f)};
    fclose(f);
    while (h264_next_nal(all, &at, &nal)) {
        bool h265 = h265_type(nal) == H265_AUD && (nal.at[0] & 0x81) == 0, first = film->count == 0;
        if (first) film->h265 = h265;
        if (film->h265 ? !h265 : h264_type(nal) != H264_AUD) continue;
        const char *from = nal.at - 3;
        if (!first) film->units[film->count - 1].len = (size_t)(from - film->units[film->count - 1].at);
        if (film->count == SIM_FILM_UNITS) break;
        film->units[film->count++] = (struct str){from, (size_t)(all.at + all.len - from)};
    }
    return film->count > 0;
}

/* ---- start ---- */

static void command(struct sim_camera *sim, const char *word)
{
    char source[24];
    int channel;
    if (strncmp(word, "freeze", 6) == 0) sim->frozen = true;
    else if (strncmp(word, "thaw", 4) == 0) sim->frozen = sim->silent = false;
    else if (strncmp(word, "silent", 6) == 0) sim->silent = true;
    else if (strncmp(word, "forget", 6) == 0) sim_camera_forget_subscription();
    else if (sscanf(word, "line %d", &channel) == 1) snprintf(source, sizeof source, "VSC%d", channel), sim_camera_event(sim, "RuleEngine/LineDetector/Crossed", source, "ObjectId", true);
    else if (sscanf(word, "motion %d", &channel) == 1) snprintf(source, sizeof source, "VSC%d", channel), sim_camera_event(sim, "RuleEngine/CellMotionDetector/Motion", source, "IsMotion", true);
    else if (sscanf(word, "still %d", &channel) == 1) snprintf(source, sizeof source, "VSC%d", channel), sim_camera_event(sim, "RuleEngine/CellMotionDetector/Motion", source, "IsMotion", false);
    else if (sscanf(word, "input %d", &channel) == 1) snprintf(source, sizeof source, "DI_%d", channel), sim_camera_event(sim, "Device/Trigger/DigitalInput", source, "LogicalState", true);
    else if (strncmp(word, "cut", 3) == 0) while (sim->clients != NULL) client_end(sim->clients);
}

static void on_line(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct sim_camera *sim = arg;
    char bytes[512], word[64];
    struct str rest, line;
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n <= 0) { /* no more commands */
        event_del(sim->input);
        return;
    }
    rest = (struct str){bytes, (size_t)n};
    while (str_split(&rest, '\n', &line)) command(sim, str_to_z(line, word, sizeof word));
}

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    loop_stop(arg);
}

static int usage(int code)
{
    fprintf(code ? stderr : stdout, "huxue sim camera [--rtsp 127.0.0.1:8554] [--onvif 127.0.0.1:8555] [--count 4] [--login admin] [--password huxue-demo] [--udp-only] [--tcp-only] [--sets-in-sdp] [--play FILE] [--fps 10] [--clock SECONDS] [--foreign-host] [--media1] [--no-events]   网络摄像机：rtsp://…/live/1/main，ONVIF\n"
                                    "      commands from stdin: freeze · thaw · silent · cut · forget · line N · motion N · still N · input N\n");
    return code;
}

int sim_camera_main(int argc, char **argv)
{
    static const struct option options[] = {{"rtsp", 1, NULL, 'r'}, {"count", 1, NULL, 'c'}, {"login", 1, NULL, 'l'}, {"password", 1, NULL, 'p'}, {"udp-only", 0, NULL, 'u'}, {"tcp-only", 0, NULL, 't'}, {"sets-in-sdp", 0, NULL, 's'}, {"onvif", 1, NULL, 'o'}, {"play", 1, NULL, 'y'}, {"fps", 1, NULL, 'F'}, {"clock", 1, NULL, 'k'}, {"foreign-host", 0, NULL, 'f'}, {"media1", 0, NULL, 'm'}, {"no-events", 0, NULL, 'n'}, {"help", 0, NULL, '?'}, {NULL, 0, NULL, 0}};
    static struct sim_camera sim = {.count = 4, .frame_ms = 100, .login = "admin", .password = "huxue-demo"};
    const char *rtsp = "127.0.0.1:8554", *onvif = "127.0.0.1:8555";
    struct sockaddr_storage a;
    socklen_t n;
    char bound[NET_TEXT_MAX];
    int o;
    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (o == 'r') rtsp = optarg;
        else if (o == 'c') sim.count = atoi(optarg);
        else if (o == 'l') sim.login = optarg;
        else if (o == 'p') sim.password = optarg;
        else if (o == 'u') sim.udp_only = true;
        else if (o == 't') sim.tcp_only = true;
        else if (o == 's') sim.sets_in_sdp = true;
        else if (o == 'o') onvif = optarg;
        else if (o == 'y' && !load_film(&sim.film, optarg)) return fprintf(stderr, "huxue: %s is no H.264 or H.265 byte stream with access unit delimiters 不是带 AUD 的码流文件\n", optarg), 1;
        else if (o == 'y') continue;
        else if (o == 'F') sim.frame_ms = atoi(optarg) > 0 ? 1000 / atoi(optarg) : 0;
        else if (o == 'k') sim.clock_off_ms = atoll(optarg) * 1000;
        else if (o == 'f') sim.foreign_host = true;
        else if (o == 'm') sim.media1 = true;
        else if (o == 'n') sim.no_events = true;
        else return usage(2);
    }
    if (sim.count < 1 || sim.count >= SIM_CAMERAS_MAX || sim.frame_ms < 1 || net_parse(rtsp, &a, &n)) return usage(2);
    signal(SIGPIPE, SIG_IGN);
    sim.loop = loop_new();
    struct evconnlistener *l = evconnlistener_new_bind(loop_base(sim.loop), on_accept, &sim, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC, 64, (struct sockaddr *)&a, (int)n);
    if (l == NULL) return fprintf(stderr, "huxue: %s cannot be taken 端口被占用\n", rtsp), 1;
    n = sizeof a;
    getsockname(evconnlistener_get_fd(l), (struct sockaddr *)&a, &n);
    net_format((struct sockaddr *)&a, bound);
    snprintf(sim.rtsp, sizeof sim.rtsp, "%.63s", bound);
    if (!sim_camera_onvif(&sim, onvif)) return fprintf(stderr, "huxue: %s cannot be taken 端口被占用\n", onvif), 1;
    sim.input = sim_hear(loop_base(sim.loop), on_line, &sim);
    struct event *term = evsignal_new(loop_base(sim.loop), SIGTERM, on_stop, sim.loop), *interrupt = evsignal_new(loop_base(sim.loop), SIGINT, on_stop, sim.loop);
    event_add(term, NULL);
    event_add(interrupt, NULL);
    loop_every(sim.loop, sim.frame_ms, next_frames, &sim);
    printf("sim camera ready rtsp=%s onvif=%s\n", bound, sim.onvif);
    fflush(stdout);
    loop_run(sim.loop);
    return 0;
}
