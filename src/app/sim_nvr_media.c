#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/sim_nvr.h"
#include "app/sim_tone.h"
#include "base/clock.h"
#include "media/ps_pack.h"
#include "proto/gb28181/gb28181_pace.h"
#include "proto/gb28181/gb28181_sdp.h"
#include "sim_nvr_inner.h"

#define KEY_FRAMES 20
#define STREAMS_MAX 64 /* of one device */

void nvr_stream_end(struct out_stream *s)
{
    struct out_stream **at = &s->device->streams;
    while (*at != s) at = &(*at)->next;
    *at = s->next;
    if (s->fd >= 0) close(s->fd);
    if (s->bev != NULL) bufferevent_free(s->bev);
    if (s->listener != NULL) evconnlistener_free(s->listener);
    picture_free(s->picture);
    free(s);
}

static void on_media_event(struct bufferevent *bev, short what, void *arg)
{
    struct out_stream *s = arg;
    if (what & BEV_EVENT_CONNECTED) return;
    bufferevent_free(bev);
    s->bev = NULL;
}

static void on_media_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *from, int n, void *arg)
{
    (void)l, (void)from, (void)n;
    struct out_stream *s = arg;
    if (s->bev != NULL) bufferevent_free(s->bev);
    s->bev = bufferevent_socket_new(loop_base(s->device->sim->loop), fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(s->bev, NULL, NULL, on_media_event, s);
    bufferevent_enable(s->bev, EV_WRITE);
}

static void send_packet(struct str packet, void *arg)
{
    struct out_stream *s = arg;
    struct sim_nvr *sim = s->device->sim;
    sim->bytes += packet.len;
    if (sim->habits.no_rtp || (sim->habits.no_udp && !s->tcp)) return;
    if (sim->habits.drop_some && ((sim->random = sim->random * 1103515245u + 12345u) >> 16) % 100 == 0) return; /* 1 % */
    if (s->tcp && s->bev != NULL) {
        uint8_t length[2] = {(uint8_t)(packet.len >> 8), (uint8_t)packet.len};
        bufferevent_write(s->bev, length, 2);
        bufferevent_write(s->bev, packet.at, packet.len);
    } else if (!s->tcp) {
        (void)!sendto(s->fd, packet.at, packet.len, 0, (struct sockaddr *)&s->to, s->to_bytes);
    }
}

void nvr_bye(struct out_stream *s)
{
    struct buf b;
    buf_init(&b, 4096);
    nvr_begin_request(s->device, "BYE", s->call_id, ++s->cseq, s->tag, NULL, s->remote_uri[0] != 0 ? s->remote_uri : "sip:x@127.0.0.1", &b);
    sip_end(&b, NULL, STR(""));
    nvr_say(s->device, buf_str(&b));
    buf_free(&b);
}

static void next_frame(struct out_stream *s)
{
    struct sim_nvr *sim = s->device->sim;
    static struct buf unit, ps;
    bool key = s->frame % KEY_FRAMES == 0;
    int64_t shown = s->at_ms != 0 ? s->at_ms : clock_utc_ms();
    if (unit.max == 0) buf_init(&unit, PICTURE_UNIT_MAX), buf_init(&ps, 2 * PICTURE_UNIT_MAX);
    if (s->tcp && s->bev == NULL) return;
    buf_clear(&unit);
    buf_clear(&ps);
    if (s->channel % SIM_CHANNELS == 0) picture_turn(s->picture, s->device->pan);
    picture_next(s->picture, shown, key, &unit);
    uint8_t tone[NVR_FRAME_MS * 8];
    sim_tone(s->frame, tone, sizeof tone);
    ps_pack(&(struct ps_picture){.unit = buf_str(&unit), .sound = {(const char *)tone, sizeof tone}, .pts = s->stamp, .key = key, .no_map = sim->habits.no_map}, &ps);
    rtp_pack(buf_str(&ps), &s->seq, s->stamp, s->ssrc, send_packet, s);
    s->stamp += NVR_FRAME_MS * 90;
    s->frame++;
    sim->frames++;
    if (s->at_ms != 0) s->at_ms += NVR_FRAME_MS;
}

void nvr_frames(void *arg)
{
    struct sim_nvr *sim = arg;
    for (int i = 0; i < sim->count; i++)
        for (struct out_stream *s = sim->devices[i].streams, *next; s != NULL; s = next) {
            next = s->next;
            for (s->owed += s->percent; s->owed >= 100; s->owed -= 100) next_frame(s);
            if (s->until_ms != 0 && s->at_ms > s->until_ms) {
                char xml[320], code[24];
                sim_channel_code(s->device->code, s->channel, code);
                snprintf(xml, sizeof xml, "<Notify>\r\n<CmdType>MediaStatus</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<NotifyType>121</NotifyType>\r\n</Notify>\r\n", ++s->device->sn, code);
                nvr_send_xml(s->device, xml);
                nvr_stream_end(s);
            }
        }
}

/* The address that the offer names; false when it cannot be used. */
static bool connect_media(struct out_stream *s, const struct gb_sdp *sdp, int *port)
{
    char text[NET_TEXT_MAX];
    snprintf(text, sizeof text, "%.48s:%d", sdp->host, sdp->port);
    s->tcp = sdp->tcp;
    if (net_parse(text, &s->to, &s->to_bytes)) return false;
    if (!sdp->tcp) {
        s->fd = socket(s->to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        return s->fd >= 0;
    }
    if (!sdp->active) { /* the server listens */
        s->bev = bufferevent_socket_new(loop_base(s->device->sim->loop), -1, BEV_OPT_CLOSE_ON_FREE);
        bufferevent_setcb(s->bev, NULL, NULL, on_media_event, s);
        bufferevent_enable(s->bev, EV_WRITE);
        return bufferevent_socket_connect(s->bev, (struct sockaddr *)&s->to, (int)s->to_bytes) == 0;
    }
    int fd = net_open("127.0.0.1:0", SOCK_STREAM);
    if (fd < 0) return false;
    *port = atoi(strrchr(net_bound(fd, text), ':') + 1);
    s->listener = evconnlistener_new(loop_base(s->device->sim->loop), on_media_accept, s, LEV_OPT_CLOSE_ON_FREE, -1, fd);
    return s->listener != NULL;
}

void nvr_pace(struct out_stream *s, const struct sip_message *m)
{
    struct recorder_pace p;
    if (s->at_ms == 0 || !gb_pace_parse(m->body, &p)) return;
    s->percent = p.percent;
    if (p.seek_s >= 0) s->at_ms = s->from_ms + p.seek_s * 1000, s->frame = 0;
    if (!s->device->sim->quiet) printf("paced %d %d%% %lld\n", s->channel, p.percent, (long long)p.seek_s), fflush(stdout);
}

void nvr_invite(struct device *d, const struct sip_message *m)
{
    struct gb_sdp sdp;
    int channel = atoi(m->uri_user + (strlen(m->uri_user) >= 2 ? strlen(m->uri_user) - 2 : 0)), port = 9000, n = 0;
    for (struct out_stream *s = d->streams; s != NULL; s = s->next) n++;
    if (gb_sdp_parse(m->body, &sdp) || channel < 1 || channel > d->sim->channels || n >= STREAMS_MAX) {
        nvr_answer(d, m, 488, "Not Acceptable Here");
        return;
    }
    nvr_answer(d, m, 100, "Trying");
    if (!d->sim->quiet) printf("invited %d %s\n", channel, sdp.stream == 1 ? "sub" : "main"), fflush(stdout);
    struct out_stream *s = calloc(1, sizeof *s);
    HX_ASSERT(s != NULL);
    *s = (struct out_stream){.device = d, .channel = channel, .fd = -1, .cseq = 10, .percent = 100, .seq = (uint16_t)(d->sim->random += 777), .next = d->streams};
    d->streams = s;
    s->picture = picture_new((unsigned)(atoi(d->code + 14) * 7 + channel), PICTURE_GATE);
    snprintf(s->call_id, sizeof s->call_id, "%s", m->call_id);
    snprintf(s->tag, sizeof s->tag, "%s", d->tag);
    snprintf(s->remote_uri, sizeof s->remote_uri, "%s", m->contact);
    s->ssrc = d->sim->habits.other_ssrc ? 4711 : sdp.ssrc;
    if (sdp.from_s != 0) s->from_ms = s->at_ms = sdp.from_s * 1000, s->until_ms = sdp.to_s * 1000;
    if (!connect_media(s, &sdp, &port)) {
        nvr_answer(d, m, 488, "Not Acceptable Here");
        nvr_stream_end(s);
        return;
    }
    struct buf b, body;
    struct gb_sdp mine = {.port = port, .tcp = sdp.tcp, .active = !sdp.active, .ssrc = s->ssrc, .stream = -1, .from_s = sdp.from_s, .to_s = sdp.to_s};
    snprintf(mine.name, sizeof mine.name, "%s", sdp.name);
    snprintf(mine.host, sizeof mine.host, "127.0.0.1");
    buf_init(&b, 8192);
    buf_init(&body, 2048);
    gb_sdp_make(&mine, m->uri_user, "", true, &body);
    sip_reply(m, 200, "OK", d->tag, &b);
    char contact[96];
    snprintf(contact, sizeof contact, "<sip:%s@127.0.0.1:%d>", d->code, d->port);
    sip_header(&b, "Contact", contact);
    sip_end(&b, "application/sdp", buf_str(&body));
    nvr_say(d, buf_str(&b));
    buf_free(&b);
    buf_free(&body);
    if (!s->tcp) next_frame(s); /* the first picture at once, and a key picture */
}
