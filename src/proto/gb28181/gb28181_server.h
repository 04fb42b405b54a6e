/* A GB/T 28181 SIP server for recorders, UDP and TCP on one port: registration, liveness, catalogs, alarms as signals, invitations. */
#ifndef HX_GB28181_SERVER_H
#define HX_GB28181_SERVER_H

#include "io/loop.h"
#include "signal/recorder.h"

struct gb_settings {
    struct loop *loop;
    struct writer *writer;
    const char *address;  /* host:port */
    const char *dir;      /* where sip.sessions keeps who is registered over a restart */
    const char *code;     /* our 20 digits; the first 10 are the SIP domain */
    const char *password; /* of recorders without one of their own; "": those are refused */
    const char *host;     /* our address as devices see it; "": the one of the route to each */
    int connections_max, expires_s, keepalive_s;
};

#define GB_COUNTER_MAP(X)                                                            \
    X(connections, "TCP connections now")                                            \
    X(refused, "connections refused because too many were open")                     \
    X(sessions, "recorders registered now")                                          \
    X(registrations, "accepted registrations, refreshes included")                   \
    X(denied, "registrations with a wrong or missing password, or unknown")          \
    X(keepalives, "keepalives")                                                      \
    X(malformed, "messages that are no SIP or no MANSCDP")                           \
    X(strangers, "requests of devices that are not registered")                      \
    X(catalogs, "catalogs received whole")                                           \
    X(catalogs_short, "catalogs that ended before their own count")                  \
    X(alarms, "alarms stored")                                                       \
    X(not_stored, "alarms not stored, for which the device was not answered")        \
    X(invites, "invitations sent")                                                   \
    X(unanswered, "requests of ours that nobody answered")

struct gb_counters {
#define X(name, help) uint64_t name;
    GB_COUNTER_MAP(X)
#undef X
};

struct gb_server;
enum hx_err gb_listen(const struct gb_settings *s, struct gb_server **out) HX_MUST_USE;
const char *gb_bound(const struct gb_server *s);
const struct gb_counters *gb_counters(const struct gb_server *s);
void gb_pause(struct gb_server *s);
void gb_close(struct gb_server *s);

#endif
