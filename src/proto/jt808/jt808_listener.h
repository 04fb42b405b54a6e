/* Where vehicles report: TCP and UDP on one port. An answer to a point goes out after the point is on disk; a terminal has one
 * session, the newest. Loop thread. */
#ifndef HX_JT808_LISTENER_H
#define HX_JT808_LISTENER_H

#include "signal/terminal.h"

#define JT808_COUNTER_MAP(X)                                       \
    X(frames, "frames understood") X(points, "points stored")      \
    X(bad_check, "frames with a wrong check byte") X(malformed, "frames that break the format") \
    X(unknown, "frames of terminals that nobody entered")          \
    X(unauthenticated, "frames of terminals before they authenticated") \
    X(not_stored, "points that could not be stored and were not answered") \
    X(rubbish, "bytes that belong to no frame") X(connections, "connections open now") X(refused, "connections refused at the limit") X(kicked, "sessions replaced by a newer one")

struct jt808_counters {
#define X(name, help) uint64_t name;
    JT808_COUNTER_MAP(X)
#undef X
};

struct jt808_settings {
    struct loop *loop;
    struct terminals *terminals;
    const char *address;
    const char *media_host; /* where terminals send pictures, as they reach it; "": the address that their connection came to */
    int connections_max, idle_s;
};

struct jt808_listener;
enum hx_err jt808_listen(const struct jt808_settings *settings, struct jt808_listener **out) HX_MUST_USE;
const char *jt808_bound(const struct jt808_listener *l);
const struct jt808_counters *jt808_counters(const struct jt808_listener *l);
void jt808_pause(struct jt808_listener *l);
void jt808_close(struct jt808_listener *l);

#endif
