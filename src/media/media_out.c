#include "media_out.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/net.h"

#define SEND_BYTES (2 << 20)

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct media_out *o = arg;
    (void)bev;
    if (!(what & BEV_EVENT_CONNECTED)) o->gone(o->arg);
    else if (o->connected != NULL) o->connected(o->arg);
}

static void on_read(struct bufferevent *bev, void *arg)
{
    (void)arg;
    evbuffer_drain(bufferevent_get_input(bev), SIZE_MAX); /* RTCP, if anything */
}

static void use(struct media_out *o, struct bufferevent *bev)
{
    HX_ASSERT(bev != NULL);
    o->bev = bev;
    bufferevent_setcb(bev, on_read, NULL, on_event, o);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *from, int bytes, void *arg)
{
    (void)l, (void)from, (void)bytes;
    struct media_out *o = arg;
    if (o->bev != NULL) {
        close(fd);
        return;
    }
    use(o, bufferevent_socket_new(loop_base(o->loop), fd, BEV_OPT_CLOSE_ON_FREE));
    if (o->connected != NULL) o->connected(o->arg);
}

static int port_of(int fd)
{
    char text[NET_TEXT_MAX];
    return atoi(strrchr(net_bound(fd, text), ':') + 1);
}

static enum hx_err wait_for(struct media_out *o, const char *host, int *port)
{
    char text[NET_TEXT_MAX];
    snprintf(text, sizeof text, "%.48s:0", host);
    int fd = net_open(text, SOCK_STREAM);
    if (fd < 0) return HX_E_BUSY;
    *port = port_of(fd);
    o->listener = evconnlistener_new(loop_base(o->loop), on_accept, o, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1, fd);
    return o->listener != NULL ? HX_OK : (close(fd), HX_E_BUSY);
}

enum hx_err media_out_open(struct media_out *o, const char *way, const char *host, int to_port, const char *listen_host, int *port)
{
    char text[NET_TEXT_MAX];
    struct sockaddr_storage to;
    socklen_t bytes;
    int room = SEND_BYTES;
    o->fd = -1;
    o->tcp = strcmp(way, "udp") != 0;
    if (strcmp(way, "listen") == 0) return wait_for(o, listen_host, port);
    snprintf(text, sizeof text, "%.48s:%d", host, to_port);
    if (net_parse(text, &to, &bytes)) return HX_E_INVALID;
    if (o->tcp) {
        *port = 9;
        use(o, bufferevent_socket_new(loop_base(o->loop), -1, BEV_OPT_CLOSE_ON_FREE));
        return loop_connect(o->bev, &to, bytes) ? HX_OK : HX_E_INVALID;
    }
    o->fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (o->fd < 0 || connect(o->fd, (struct sockaddr *)&to, bytes) != 0) return HX_E_INVALID;
    setsockopt(o->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    *port = port_of(o->fd);
    return HX_OK;
}

bool media_out_ready(const struct media_out *o)
{
    return o->tcp ? o->bev != NULL : o->fd >= 0;
}

bool media_out_send(struct media_out *o, struct str packet)
{
    uint8_t length[2] = {(uint8_t)(packet.len >> 8), (uint8_t)packet.len};
    if (!o->tcp) return send(o->fd, packet.at, packet.len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
    if (o->bev == NULL) return false;
    return bufferevent_write(o->bev, length, 2) == 0 && bufferevent_write(o->bev, packet.at, packet.len) == 0;
}

void media_out_close(struct media_out *o)
{
    if (o->fd >= 0) close(o->fd);
    if (o->bev != NULL) bufferevent_free(o->bev);
    if (o->listener != NULL) evconnlistener_free(o->listener);
    o->fd = -1;
    o->bev = NULL;
    o->listener = NULL;
}
