/* What the listener and the pictures of its terminals share. Loop thread. */
#ifndef HX_JT808_INNER_H
#define HX_JT808_INNER_H

#include "io/door.h"
#include "proto/jt1078/jt1078.h"
#include "proto/jt808/jt808_frame.h"
#include "proto/jt808/jt808_listener.h"

#define PACKAGES_MAX 32

/* A message that comes in packages, being put together. */
struct parts {
    uint16_t id, total, have, first_seq;
    struct {
        char *at;
        size_t len;
    } part[PACKAGES_MAX];
};

struct connection {
    struct jt808_listener *listener;
    struct bufferevent *bev; /* NULL: UDP */
    struct sockaddr_storage from;
    socklen_t from_bytes;
    struct connection *next, **link;
    struct terminal *terminal; /* after authentication */
    struct parts *parts;
    char peer[NET_TEXT_MAX];
    char number[JT808_TERMINAL_MAX]; /* as its frames say, with leading zeros */
    bool version_2019;
    uint16_t seq;
    int waiting;
    bool dead, paused;
    int64_t heard_ms;
};

struct jt808_listener {
    struct jt808_settings set;
    struct door *door;
    struct connection *connections;
    struct jt808_counters count;
    bool paused;
};

/* Sends an order to a terminal that has authenticated; the number by which it answers. */
uint16_t jt808_order(struct connection *c, uint16_t id, struct str body);

/* jt808_video.c */
void jt808_video_start(struct jt808_listener *l);
void jt808_video_stop(void);
void jt808_video_found(struct connection *c, const struct jt808_message *m);    /* it says what pictures it has */
void jt808_video_answered(struct connection *c, const struct jt808_message *m); /* it answers an order */
void jt808_video_gone(struct connection *c);                                    /* its session is over; `terminal` is still set */

#endif
