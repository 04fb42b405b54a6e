/* The bytes of a vehicle's terminal (JT/T 1078) become the access units of a stream. No sockets. */
#ifndef HX_VEHICLE_FEED_H
#define HX_VEHICLE_FEED_H

#include "media/media_stream.h"
#include "proto/jt1078/jt1078.h"

struct vehicle_feed {
    struct media_stream *stream;
    struct jt1078_join join;
    int number_bytes;
};

void vehicle_feed_init(struct vehicle_feed *f, struct media_stream *stream);
void vehicle_feed_free(struct vehicle_feed *f);
/* Forgets what was begun: another connection. */
void vehicle_feed_restart(struct vehicle_feed *f);
/* Takes what is whole of a connection's bytes and returns how many; what belongs to no packet is skipped and counted. `*came`: a packet
 * was among them. The stream's `ssrc` becomes the last nine digits of the terminal's number. */
size_t vehicle_feed_bytes(struct vehicle_feed *f, struct str in, int64_t now_ms, bool *came);

#endif
