/* The sockets by which a stream's packets come: RTP over UDP, or over TCP in either direction framed as in RFC 4571; or those of a vehicle
 * (JT/T 1078). One port a stream. Loop thread. */
#ifndef HX_MEDIA_INGEST_H
#define HX_MEDIA_INGEST_H

#include "io/loop.h"
#include "media/media_stream.h"

enum ingest_way { INGEST_UDP, INGEST_TCP_PASSIVE, INGEST_TCP_ACTIVE };

struct ingest;

struct ingest_settings {
    struct loop *loop;
    struct media_stream *stream;
    enum ingest_way way;
    bool vehicle;          /* not RTP, but JT/T 1078 */
    const char *host;      /* to bind */
    int port_from, port_to;
    void (*first)(struct media_stream *s, const char *peer, void *arg); /* the first packet has come */
    void (*lost)(struct media_stream *s, const char *why, void *arg);   /* a TCP connection ended or could not be made */
    void *arg;
};

/* BUSY when no port of the range is free. */
enum hx_err ingest_open(const struct ingest_settings *s, struct ingest **out) HX_MUST_USE;
int ingest_port(const struct ingest *i);
/* INGEST_TCP_ACTIVE: where the device listens. */
enum hx_err ingest_connect(struct ingest *i, const char *host, int port) HX_MUST_USE;
void ingest_close(struct ingest *i);

#endif
