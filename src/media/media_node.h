/* The media node: streams, their viewers over WebSocket, clips over HTTP, and the daemon's orders over one upgraded connection of JSON
 * lines. See README.md for the lines. */
#ifndef HX_MEDIA_NODE_H
#define HX_MEDIA_NODE_H

#include "io/loop.h"

struct media_node;

struct media_node_settings {
    struct loop *loop;
    const char *http;        /* host:port */
    const char *dir;         /* recordings and clips */
    const char *rtp_host;    /* to bind for RTP */
    int port_from, port_to;
    int days;                /* recordings are kept */
    double free_share;       /* of the disk that stays free */
    uint8_t key[32];
};

enum hx_err media_node_start(const struct media_node_settings *s, struct media_node **out) HX_MUST_USE;
const char *media_node_bound(const struct media_node *n);
void media_node_stop(struct media_node *n);

#endif
