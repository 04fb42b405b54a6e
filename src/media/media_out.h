/* Where RTP leaves: a UDP socket, or one TCP connection with the framing of RFC 4571, made by us or by the receiver. Loop thread. */
#ifndef HX_MEDIA_OUT_H
#define HX_MEDIA_OUT_H

#include "base/str.h"
#include "io/loop.h"

struct bufferevent;
struct evconnlistener;

struct media_out {
    struct loop *loop;
    bool tcp;
    int fd;                  /* UDP, or -1 */
    struct bufferevent *bev; /* TCP; NULL: the receiver is not connected yet */
    struct evconnlistener *listener;
    void (*connected)(void *arg); /* over TCP; may be NULL */
    void (*gone)(void *arg);      /* the connection has ended: close it */
    void *arg;
};

/* `way`: "udp", "connect" or "listen" (at `listen_host`). `port` becomes ours, or 9 where we connect (RFC 4145). The caller has set loop and
 * callbacks. INVALID for an address that is none, BUSY without a port; media_out_close in either case. */
enum hx_err media_out_open(struct media_out *o, const char *way, const char *host, int to_port, const char *listen_host, int *port) HX_MUST_USE;
bool media_out_ready(const struct media_out *o);
/* One packet; false when the system has no room for it now. */
bool media_out_send(struct media_out *o, struct str packet);
void media_out_close(struct media_out *o);

#endif
