/* Points of vehicles, durable and away from the alarm path: a file a day of records of one size, written by a thread of its own, many
 * to a sync. A record has its own check, so that what a power cut tore is seen and left out. See docs/design/0003. */
#ifndef HX_TRACK_H
#define HX_TRACK_H

#include "io/loop.h"

struct track_point {
    uint32_t vehicle;      /* id of the vehicle */
    uint32_t at_s;         /* UTC seconds by the device */
    uint32_t received_s;
    int32_t lat_e6, lon_e6; /* WGS-84 degrees × 10⁶ */
    uint16_t speed_kmh10, direction_deg;
    int16_t altitude_m;
    uint16_t flags;        /* TRACK_… */
    uint32_t alarm;        /* alarm bits of the terminal */
    uint32_t check;        /* over all before it; made by track_append */
};
#define TRACK_ACC 1u
#define TRACK_POSITIONED 2u
#define TRACK_DOOR_OPEN 4u
#define TRACK_LATE 8u      /* sent from the terminal's own memory */

struct track;

/* Opens DIR/tracks, and cuts off what was torn. */
enum hx_err track_open(struct loop *loop, const char *dir, struct track **out) HX_MUST_USE;
/* Copies the points and calls done on the loop once they are on the disk, or with STORE. BUSY when too much waits: nothing is kept. */
enum hx_err track_append(struct track *t, const struct track_point *points, size_t count, void (*done)(enum hx_err e, void *arg), void *arg) HX_MUST_USE;
/* Finishes what waits; the loop then still owes the answers. */
void track_close(struct track *t);
uint64_t track_stored(const struct track *t);

/* The points of a vehicle between two device times, in the order in which they came, each once; at most `room`. Any thread, no track needed. */
size_t track_read(const char *dir, uint32_t vehicle, int64_t from_s, int64_t to_s, struct track_point *out, size_t room);

#endif
