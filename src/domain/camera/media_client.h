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
void media_client_stop(struct media_client *c);

#endif
