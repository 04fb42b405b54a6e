#include "io/door.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#define DATAGRAMS_A_TURN 256
#define WRITE_S 30
#define CHOICES 20
#define RECEIVE_BYTES (8 << 20)

struct door {
    struct door_settings set;
    struct evconnlistener *tcp;
    struct event *udp;
    int udp_fd;
    char bound[NET_TEXT_MAX];
    char *datagram;
};

static void on_accept(struct evconnlistener *tcp, evutil_socket_t fd, struct sockaddr *from, int bytes, void *arg)
{
    (void)tcp;
    struct door *d = arg;
    if (!d->set.has_room(d->set.arg)) {
        close(fd);
        return;
    }
    struct bufferevent *bev = bufferevent_socket_new(loop_base(d->set.loop), fd, BEV_OPT_CLOSE_ON_FREE);
    HX_ASSERT(bev != NULL);
    struct timeval idle = {.tv_sec = d->set.idle_s}, write_limit = {.tv_sec = WRITE_S};
    bufferevent_set_timeouts(bev, &idle, &write_limit);
    bufferevent_setwatermark(bev, EV_READ, 0, d->set.input_max);
    struct sockaddr_storage peer = {0};
    memcpy(&peer, from, (size_t)bytes < sizeof peer ? (size_t)bytes : sizeof peer);
    d->set.on_connection(bev, &peer, (socklen_t)bytes, d->set.arg);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct door *d = arg;
    for (int n = 0; n < DATAGRAMS_A_TURN; n++) {
        struct sockaddr_storage from = {0};
        socklen_t from_bytes = sizeof from;
        ssize_t got = recvfrom(fd, d->datagram, d->set.datagram_max, 0, (struct sockaddr *)&from, &from_bytes);
        if (got < 0) return;
        d->set.on_datagram((struct str){d->datagram, (size_t)got}, &from, from_bytes, d->set.arg);
    }
}

/* UDP takes the same port as TCP. One that was chosen for us may be another program's in UDP: then another is chosen. */
static bool open_both(struct door *d, int *tcp)
{
    const char *colon = strrchr(d->set.address, ':');
    bool chosen = colon != NULL && strcmp(colon, ":0") == 0;
    for (int tries = chosen ? CHOICES : 1; tries > 0; tries--) {
        *tcp = net_open(d->set.address, SOCK_STREAM);
        if (*tcp < 0) return false;
        d->udp_fd = net_open(net_bound(*tcp, d->bound), SOCK_DGRAM);
        if (d->udp_fd >= 0) return true;
        close(*tcp);
    }
    return false;
}

enum hx_err door_open(const struct door_settings *settings, struct door **out)
{
    struct door *d = calloc(1, sizeof *d);
    HX_ASSERT(d != NULL);
    d->set = *settings;
    int tcp;
    if (!open_both(d, &tcp)) return free(d), HX_E_INVALID;
    int room = RECEIVE_BYTES; /* a thousand devices may speak in one moment, after a power cut; beyond the system's limit only as root */
    if (setsockopt(d->udp_fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0) (void)setsockopt(d->udp_fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    d->datagram = malloc(settings->datagram_max);
    HX_ASSERT(d->datagram != NULL);
    struct event_base *base = loop_base(settings->loop);
    d->tcp = evconnlistener_new(base, on_accept, d, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, tcp);
    d->udp = event_new(base, d->udp_fd, EV_READ | EV_PERSIST, on_readable, d);
    HX_ASSERT(d->tcp != NULL && d->udp != NULL);
    event_add(d->udp, NULL);
    *out = d;
    return HX_OK;
}

const char *door_bound(const struct door *d)
{
    return d->bound;
}

void door_reply(struct bufferevent *bev, struct str bytes)
{
    ssize_t sent = 0;
    if (evbuffer_get_length(bufferevent_get_output(bev)) == 0) sent = send(bufferevent_getfd(bev), bytes.at, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) sent = 0; /* a full or broken socket: the bufferevent waits or tells */
    if ((size_t)sent < bytes.len) bufferevent_write(bev, bytes.at + sent, bytes.len - (size_t)sent);
}

bool door_send(const struct door *d, struct str bytes, const struct sockaddr_storage *to, socklen_t to_bytes)
{
    return sendto(d->udp_fd, bytes.at, bytes.len, 0, (const struct sockaddr *)to, to_bytes) >= 0;
}

void door_pause(struct door *d)
{
    evconnlistener_disable(d->tcp);
    event_del(d->udp);
}

void door_close(struct door *d)
{
    evconnlistener_free(d->tcp);
    event_free(d->udp);
    close(d->udp_fd);
    free(d->datagram);
    free(d);
}
