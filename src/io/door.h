/* One port for a protocol that comes over TCP and over UDP: the listening socket and the datagram socket share its number. */
#ifndef HX_DOOR_H
#define HX_DOOR_H

#include "io/loop.h"
#include "io/net.h"

struct bufferevent;
struct door;

struct door_settings {
    struct loop *loop;
    const char *address; /* host:port; port 0 picks a free one, the same for both */
    size_t datagram_max; /* longer ones arrive cut */
    int idle_s;          /* a connection that sends nothing for so long gets BEV_EVENT_TIMEOUT */
    size_t input_max;    /* bytes of a connection that wait to be read before its peer has to wait */
    /* Whether one more connection is taken; false closes it. */
    bool (*has_room)(void *arg);
    /* A new connection, not reading yet: set its callbacks, then bufferevent_enable(…, EV_READ). */
    void (*on_connection)(struct bufferevent *bev, const struct sockaddr_storage *from, socklen_t from_bytes, void *arg);
    void (*on_datagram)(struct str bytes, const struct sockaddr_storage *from, socklen_t from_bytes, void *arg);
    void *arg;
};

/* INVALID, with a log line that says why, when the port cannot be had. */
enum hx_err door_open(const struct door_settings *settings, struct door **out) HX_MUST_USE;
const char *door_bound(const struct door *d);
/* Answers on a connection: what the socket takes at once, the rest when it can. Spares two epoll_ctl and a turn of the loop an answer. */
void door_reply(struct bufferevent *bev, struct str bytes);
/* False with errno when the datagram could not be sent. */
bool door_send(const struct door *d, struct str bytes, const struct sockaddr_storage *to, socklen_t to_bytes);
/* Takes no more connections and no more datagrams. */
void door_pause(struct door *d);
void door_close(struct door *d);

#endif
