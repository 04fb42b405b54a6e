/* The DC-09 receiver: TCP and UDP sockets, one session per connection, answers only after the commit. */
#ifndef HX_DC09_LISTENER_H
#define HX_DC09_LISTENER_H

#include "signal/panel.h"

struct dc09_settings {
    struct loop *loop;
    struct writer *writer;
    struct panels *panels;
    const char *address; /* "0.0.0.0:12009" */
    bool refuse_unknown; /* DUH instead of ACK to an account that nobody knows; it is stored all the same */
    int connections_max;
    int idle_s;          /* a connection that says nothing for so long is closed */
};

struct dc09_listener;

enum hx_err dc09_listen(const struct dc09_settings *settings, struct dc09_listener **out) HX_MUST_USE;
/* "127.0.0.1:12009", as bound. */
const char *dc09_bound(const struct dc09_listener *l);
/* No new connections and frames from here on; frames under way are still answered. */
void dc09_pause(struct dc09_listener *l);
/* Sends what is owed without waiting for the loop: the last answers of a stop. */
void dc09_flush(struct dc09_listener *l);
void dc09_close(struct dc09_listener *l);

#define DC09_COUNTER_MAP(X)                                                                                          \
    X(frames, "frames that were right") X(signals, "signals stored") X(copies, "repeated signals")                   \
    X(heartbeats, "NULL and OH heartbeats") X(bad_crc, "frames with a wrong CRC") X(bad_length, "frames with a wrong length") \
    X(malformed, "frames answered DUH") X(stale, "frames answered NAK for their time") X(bad_key, "frames that a key did not open") \
    X(downgrade, "clear frames refused on keyed accounts") X(unknown, "frames of unknown accounts")                    \
    X(not_stored, "frames without an answer because the store refused") X(rubbish, "bytes that were no frame")       \
    X(connections, "connections open now") X(refused, "connections over the limit")
struct dc09_counters {
#define X(name, help) uint64_t name;
    DC09_COUNTER_MAP(X)
#undef X
};
const struct dc09_counters *dc09_counters(const struct dc09_listener *l);

#endif
