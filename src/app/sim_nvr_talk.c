/* The simulated recorder's ear: it listens when it is told that somebody speaks. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/sim_nvr.h"
#include "base/clock.h"
#include "base/g711.h"
#include "proto/gb28181/gb28181_sdp.h"
#include "proto/rtp/rtp.h"
#include "sim_nvr_inner.h"

#define LOUD 500.0 /* of 32,767: a voice, not a line that is open */

struct ear {
    struct device *device;
    int channel;
    bool tcp, loud;
    char call_id[64], to_tag[96], uri[160];
    int fd;
    struct event *readable;
    struct bufferevent *bev;
    unsigned packets;
    struct ear *next;
};

static struct ear *ears;

static void ear_free(struct ear *e)
{
    struct ear **at = &ears;
    while (*at != e) at = &(*at)->next;
    *at = e->next;
    if (!e->device->sim->quiet) printf("heard %d packets=%u\n", e->channel, e->packets), fflush(stdout);
    if (e->readable != NULL) event_free(e->readable);
    if (e->bev != NULL) bufferevent_free(e->bev);
    if (e->fd >= 0) close(e->fd);
    free(e);
}

static void hear(struct ear *e, struct str packet)
{
    struct rtp_packet p;
    double energy = 0;
    if (rtp_parse(packet, &p) || p.type != 8 || p.payload.len == 0) return;
    e->packets++;
    for (size_t i = 0; i < p.payload.len; i++) {
        double v = g711_from_alaw((uint8_t)p.payload.at[i]);
        energy += v * v;
    }
    if (e->loud || sqrt(energy / (double)p.payload.len) < LOUD) return;
    e->loud = true;
    if (!e->device->sim->quiet) printf("hears %d\n", e->channel), fflush(stdout);
}

static void on_datagram(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    char bytes[2048];
    ssize_t n;
    while ((n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) hear(arg, (struct str){bytes, (size_t)n});
}

static void on_stream(struct bufferevent *bev, void *arg)
{
    struct evbuffer *in = bufferevent_get_input(bev);
    for (;;) {
        size_t have = evbuffer_get_length(in);
        const uint8_t *b = evbuffer_pullup(in, -1);
        size_t n = have >= 2 ? (size_t)(b[0] << 8 | b[1]) : 0;
        if (have < 2 || have < 2 + n) return;
        hear(arg, (struct str){(const char *)b + 2, n});
        evbuffer_drain(in, 2 + n);
    }
}

static void send_simple(struct ear *e, const char *method, int cseq)
{
    struct buf b;
    buf_init(&b, 4096);
    nvr_begin_request(e->device, method, e->call_id, cseq, e->device->tag, e->to_tag[0] != 0 ? e->to_tag : NULL, e->uri, &b);
    sip_end(&b, NULL, STR(""));
    nvr_say(e->device, buf_str(&b));
    buf_free(&b);
}

void nvr_asked_to_listen(struct device *d, const char *source, const char *channel, int sn)
{
    char xml[320], text[NET_TEXT_MAX];
    struct buf b, body;
    bool takes = !d->sim->habits.no_voice;
    snprintf(xml, sizeof xml, "<Response>\r\n<CmdType>Broadcast</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<Result>%s</Result>\r\n</Response>\r\n", sn, channel, takes ? "OK" : "ERROR");
    nvr_send_xml(d, xml);
    if (!takes) return;
    struct ear *e = calloc(1, sizeof *e);
    HX_ASSERT(e != NULL);
    *e = (struct ear){.device = d, .channel = strlen(channel) == 20 ? atoi(channel + 18) : 0, .tcp = d->sim->habits.voice_tcp, .fd = -1, .next = ears};
    ears = e;
    struct gb_sdp sdp = {.name = "Play", .host = "127.0.0.1", .audio = true, .port = 9, .tcp = e->tcp, .active = true, .ssrc = 200000000u + (d->sim->random += 77) % 1000000, .stream = -1};
    if (!e->tcp) {
        e->fd = net_open("127.0.0.1:0", SOCK_DGRAM);
        sdp.port = atoi(strrchr(net_bound(e->fd, text), ':') + 1);
        e->readable = event_new(loop_base(d->sim->loop), e->fd, EV_READ | EV_PERSIST, on_datagram, e);
        event_add(e->readable, NULL);
    }
    snprintf(e->call_id, sizeof e->call_id, "talk-%s-%u", d->code, d->sim->branch);
    snprintf(e->uri, sizeof e->uri, "sip:%s@%s", source, d->sim->server_text);
    buf_init(&b, 8192);
    buf_init(&body, 2048);
    gb_sdp_make(&sdp, channel, "", false, &body);
    nvr_begin_request(d, "INVITE", e->call_id, 1, d->tag, NULL, e->uri, &b);
    snprintf(text, sizeof text, "<sip:%.20s@127.0.0.1:%d>", d->code, d->port);
    sip_header(&b, "Contact", text);
    sip_end(&b, "application/sdp", buf_str(&body));
    nvr_say(d, buf_str(&b));
    buf_free(&b);
    buf_free(&body);
}

static void on_end(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    if (!(what & BEV_EVENT_CONNECTED)) ear_free(arg);
}

/* Where it is spoken from; over TCP the device goes there. */
static void connect_to(struct ear *e, const struct sip_message *m)
{
    struct gb_sdp sdp;
    char text[NET_TEXT_MAX];
    struct sockaddr_storage to;
    socklen_t n;
    if (!e->tcp || e->bev != NULL || gb_sdp_parse(m->body, &sdp)) return;
    snprintf(text, sizeof text, "%.48s:%d", sdp.host, sdp.port);
    if (net_parse(text, &to, &n)) return;
    e->bev = bufferevent_socket_new(loop_base(e->device->sim->loop), -1, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(e->bev, on_stream, NULL, on_end, e);
    bufferevent_enable(e->bev, EV_READ | EV_WRITE);
    (void)bufferevent_socket_connect(e->bev, (struct sockaddr *)&to, (int)n);
}

static struct ear *ear_of(const struct device *d, const char *call_id)
{
    struct ear *e = ears;
    while (e != NULL && !(e->device == d && strcmp(e->call_id, call_id) == 0)) e = e->next;
    return e;
}

void nvr_ear_answered(struct device *d, const struct sip_message *m)
{
    struct ear *e = ear_of(d, m->call_id);
    if (e == NULL || strcmp(m->method, "INVITE") != 0 || m->status < 200) return;
    snprintf(e->to_tag, sizeof e->to_tag, "%s", m->to_tag);
    if (m->status < 300 && m->contact[0] != 0) snprintf(e->uri, sizeof e->uri, "%s", m->contact);
    send_simple(e, "ACK", 1);
    if (m->status < 300) connect_to(e, m);
    else ear_free(e);
}

void nvr_ear_bye(struct device *d, const char *call_id)
{
    struct ear *e = ear_of(d, call_id);
    if (e != NULL) ear_free(e);
}

void nvr_ears_hang_up(struct device *d)
{
    for (struct ear *e = ears, *next; e != NULL; e = next) {
        next = e->next;
        if (e->device != d) continue;
        send_simple(e, "BYE", 2);
        ear_free(e);
    }
}
