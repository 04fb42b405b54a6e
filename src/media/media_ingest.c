#include "media_ingest.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/net.h"
#include "vehicle_feed.h"

#define RECEIVE_BYTES (2 << 20)
#define DATAGRAMS 32       /* read by one call */
#define CALLS_A_TURN 8
#define PACKET_MAX 2048    /* a camera's packets fit an Ethernet frame */
#define INPUT_MAX (1 << 20)
#define CONNECT_S 4

struct ingest {
    struct ingest_settings set;
    int port;
    struct event *udp;
    struct evconnlistener *listener;
    struct bufferevent *bev;
    struct vehicle_feed vehicle; /* where the settings say so */
    char peer[NET_TEXT_MAX];
    bool told;
};

static int next_port; /* one thread: ports are used in turn, so that a late packet of an ended stream meets nobody */

static void tell_first(struct ingest *i)
{
    if (i->told) return;
    i->told = true;
    i->set.first(i->set.stream, i->peer, i->set.arg);
}

static size_t take_vehicle(struct ingest *i, struct str bytes)
{
    bool came;
    size_t used = vehicle_feed_bytes(&i->vehicle, bytes, clock_utc_ms(), &came);
    if (came) tell_first(i);
    return used;
}

static void take(struct ingest *i, struct str bytes, bool reliable)
{
    if (i->set.vehicle) (void)take_vehicle(i, bytes); /* a datagram holds whole packets */
    else if (stream_feed(i->set.stream, bytes, clock_utc_ms(), reliable) == HX_OK) tell_first(i);
}

static void on_datagrams(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct ingest *i = arg;
    static char bytes[DATAGRAMS][PACKET_MAX]; /* one thread */
    static struct sockaddr_storage from[DATAGRAMS];
    struct mmsghdr m[DATAGRAMS];
    struct iovec v[DATAGRAMS];
    for (int n = 0; n < CALLS_A_TURN; n++) {
        for (int k = 0; k < DATAGRAMS; k++) {
            v[k] = (struct iovec){bytes[k], PACKET_MAX};
            m[k] = (struct mmsghdr){.msg_hdr = {.msg_name = &from[k], .msg_namelen = sizeof from[k], .msg_iov = &v[k], .msg_iovlen = 1}};
        }
        int got = recvmmsg(fd, m, DATAGRAMS, MSG_DONTWAIT, NULL);
        for (int k = 0; k < got; k++) {
            if (!i->told) net_format((struct sockaddr *)&from[k], i->peer);
            take(i, (struct str){bytes[k], m[k].msg_len}, false);
        }
        if (got < DATAGRAMS) return;
    }
}

static void on_tcp(struct bufferevent *bev, void *arg)
{
    struct ingest *i = arg;
    struct media_stream *s = i->set.stream;
    struct evbuffer *in = bufferevent_get_input(bev);
    size_t have = evbuffer_get_length(in), at = 0;
    const uint8_t *b = evbuffer_pullup(in, -1);
    if (i->set.vehicle) {
        evbuffer_drain(in, take_vehicle(i, (struct str){(const char *)b, have}));
        return;
    }
    while (have - at >= 2) {
        size_t n = (size_t)(b[at] << 8 | b[at + 1]);
        struct rtp_packet p;
        if (n >= 12 && have - at - 2 < n) break;
        /* A frame that is no packet of this stream means the framing was lost: the next place where one fits is looked for. */
        if (n < 12 || rtp_parse((struct str){(const char *)b + at + 2, n}, &p) != HX_OK || (s->ssrc != 0 && p.ssrc != s->ssrc)) {
            s->bad++;
            at++;
            continue;
        }
        take(i, (struct str){(const char *)b + at + 2, n}, true);
        at += 2 + n;
    }
    evbuffer_drain(in, at);
}

static void on_tcp_event(struct bufferevent *bev, short what, void *arg)
{
    struct ingest *i = arg;
    if (what & BEV_EVENT_CONNECTED) {
        bufferevent_set_timeouts(bev, NULL, NULL);
        return;
    }
    bufferevent_free(i->bev);
    i->bev = NULL;
    i->set.lost(i->set.stream, what & BEV_EVENT_TIMEOUT ? "connect" : "closed", i->set.arg);
}

static void use(struct ingest *i, struct bufferevent *bev)
{
    if (i->bev != NULL) bufferevent_free(i->bev);
    i->bev = bev;
    bufferevent_setcb(bev, on_tcp, NULL, on_tcp_event, i);
    bufferevent_setwatermark(bev, EV_READ, 0, INPUT_MAX);
    bufferevent_enable(bev, EV_READ);
}

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *from, int bytes, void *arg)
{
    (void)l, (void)bytes;
    struct ingest *i = arg;
    if (i->bev != NULL && clock_utc_ms() - i->set.stream->last_packet_ms < 2000) { /* the running connection keeps its place */
        close(fd);
        return;
    }
    if (i->set.vehicle) vehicle_feed_restart(&i->vehicle);
    else if (i->bev != NULL) stream_restart(i->set.stream);
    net_format(from, i->peer);
    use(i, bufferevent_socket_new(loop_base(i->set.loop), fd, BEV_OPT_CLOSE_ON_FREE));
}

static bool bind_port(struct ingest *i, int port)
{
    char text[NET_TEXT_MAX];
    snprintf(text, sizeof text, "%.48s:%d", i->set.host, port);
    struct sockaddr_storage a;
    socklen_t n;
    if (net_parse(text, &a, &n)) return false;
    bool udp = i->set.way == INGEST_UDP;
    int fd = socket(a.ss_family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1, room = RECEIVE_BYTES;
    if (fd < 0) return false;
    if (!udp) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&a, n) != 0) return close(fd), false;
    i->port = port;
    if (udp) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        i->udp = event_new(loop_base(i->set.loop), fd, EV_READ | EV_PERSIST, on_datagrams, i);
        event_add(i->udp, NULL);
        return true;
    }
    i->listener = evconnlistener_new(loop_base(i->set.loop), on_accept, i, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 4, fd);
    return i->listener != NULL || (close(fd), false);
}

enum hx_err ingest_open(const struct ingest_settings *settings, struct ingest **out)
{
    struct ingest *i = calloc(1, sizeof *i);
    HX_ASSERT(i != NULL);
    i->set = *settings;
    if (i->set.vehicle) vehicle_feed_init(&i->vehicle, i->set.stream);
    int count = settings->port_to - settings->port_from + 1;
    for (int n = 0; n < count && settings->way != INGEST_TCP_ACTIVE; n++) {
        int port = settings->port_from + next_port++ % count;
        if (bind_port(i, port)) break;
    }
    if (i->port == 0 && settings->way != INGEST_TCP_ACTIVE) {
        ingest_close(i);
        return HX_E_BUSY;
    }
    if (settings->way == INGEST_TCP_ACTIVE) i->port = 9; /* RFC 4145: the side that connects names the discard port */
    *out = i;
    return HX_OK;
}

int ingest_port(const struct ingest *i) { return i->port; }

enum hx_err ingest_connect(struct ingest *i, const char *host, int port)
{
    char text[NET_TEXT_MAX];
    struct sockaddr_storage a;
    socklen_t n;
    snprintf(text, sizeof text, "%.48s:%d", host, port);
    if (net_parse(text, &a, &n)) return HX_E_INVALID;
    snprintf(i->peer, sizeof i->peer, "%s", text);
    struct bufferevent *bev = bufferevent_socket_new(loop_base(i->set.loop), -1, BEV_OPT_CLOSE_ON_FREE);
    HX_ASSERT(bev != NULL);
    use(i, bev);
    struct timeval limit = {.tv_sec = CONNECT_S};
    bufferevent_set_timeouts(bev, &limit, &limit);
    return loop_connect(bev, &a, n) ? HX_OK : HX_E_INVALID;
}

void ingest_close(struct ingest *i)
{
    if (i->udp != NULL) {
        evutil_socket_t fd = event_get_fd(i->udp);
        event_free(i->udp);
        close(fd);
    }
    if (i->listener != NULL) evconnlistener_free(i->listener);
    if (i->bev != NULL) bufferevent_free(i->bev);
    if (i->set.vehicle) vehicle_feed_free(&i->vehicle);
    free(i);
}
