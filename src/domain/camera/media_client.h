/* The daemon's end of a media node's control connection: JSON lines both ways, made anew when it breaks. Loop thread. */
#ifndef HX_MEDIA_CLIENT_H
#define HX_MEDIA_CLIENT_H

#include "base/json.h"
#include "io/loop.h"

struct media_client;

struct media_client_settings {
    struct loop *loop;
    const char *url;  /* "http://host:port", for browsers and for us; or "http://host:port=https://name:port", ours and theirs */
    char secret[65];  /* ticket_control_secret */
    void (*event)(struct media_client *c, const json_t *event, void *arg); /* ev "hello" first after each connection */
    void (*gone)(struct media_client *c, void *arg);
    void *arg;
};

/* INVALID when the URL is none. */
enum hx_err media_client_start(const struct media_client_settings *s, struct media_client **out) HX_MUST_USE;
bool media_client_up(const struct media_client *c);
const char *media_client_url(const struct media_client *c);
const char *media_client_public_url(const struct media_client *c); /* as browsers reach it */
/* The host of its URL, for the cameras to send to; "" for a loopback name, which only this machine has. */
const char *media_client_host(const struct media_client *c);
/* Sends an order (taken over); nothing is kept while the node is away. */
void media_client_say(struct media_client *c, json_t *order);

struct media_opening {
    const char *stream, *way; /* recorder_way_name */
    uint32_t ssrc;            /* agreed with the device */
    int64_t ring_ms, turn;    /* the turn comes back with what is told of this try */
    bool record;
    bool sound;               /* the device's own goes with its pictures */
    bool vehicle;             /* its packets are JT/T 1078's, not RTP */
    const char *source;       /* hidden address to be fetched; NULL: the node opens a port for RTP */
    const char *kept;         /* the stream whose recording on the node's disk is played; NULL: none */
    int64_t from, to;         /* of it, UTC ms */
};
/* Orders a stream; the node answers with ev "opened" and its port. */
void media_client_open(struct media_client *c, const struct media_opening *o);
/* The node connects to a device that waits for it (TCP active). */
void media_client_connect(struct media_client *c, const char *stream, const char *host, int port);
/* What the stream's viewers are told. */
void media_client_tell(struct media_client *c, const char *stream, const char *state, const char *detail);
void media_client_close(struct media_client *c, const char *stream);
void media_client_stop(struct media_client *c);

#endif
