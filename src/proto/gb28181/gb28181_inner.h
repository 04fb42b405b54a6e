/* What the files of this folder share about a running server. Loop thread. */
#ifndef HX_GB28181_INNER_H
#define HX_GB28181_INNER_H

#include "io/door.h"
#include "proto/gb28181/gb28181_sdp.h"
#include "proto/gb28181/gb28181_server.h"
#include "proto/sip/sip.h"
#include "proto/gb28181/gb28181_xml.h"
#include "signal/upper.h"

#define CHANNELS_MAX 4096 /* of one recorder */

/* A TCP connection of a device. */
struct gb_line {
    struct gb_server *server;
    struct bufferevent *bev;
    struct sockaddr_storage from;
    socklen_t from_bytes;
    char host[64];
    int port;
    struct gb_line *next, **link;
};

/* Where a device can be reached. */
struct gb_route {
    struct gb_line *line; /* NULL: UDP, or a TCP connection that has gone */
    bool tcp;
    struct sockaddr_storage to;
    socklen_t to_bytes;
    char host[64];
    int port;
};

#define GB_ORDERS 8
/* An order that waits for its answer. */
struct gb_order {
    int sn;
    int64_t number, at; /* at 0: free */
};
struct gb_session {
    struct gb_server *server;
    struct recorder *recorder;
    struct gb_route route;
    char local_host[64], version[8];
    int64_t expires_at, heard_at;
    bool timed_out;
    /* The catalog that is coming in. */
    struct recorder_channel *channels;
    size_t channel_count, channel_room;
    int catalog_sn, catalog_said, catalog_tries;
    int64_t catalog_at; /* of its last part; 0: none is awaited */
    /* The records that were asked for. */
    int records_sn, records_said;
    struct recorder_record *records;
    size_t record_count;
    int64_t records_at;
    void (*records_got)(const struct recorder_record *records, size_t n, bool whole, void *arg);
    void *records_arg;
    /* The alarm subscription. */
    char subscription[64], subscription_tag[32], subscription_to_tag[96];
    int subscription_cseq;
    int64_t subscribe_at; /* when to renew */
    struct gb_order orders[GB_ORDERS];
};

/* A request of ours that waits for its answer. */
struct gb_out {
    char branch[48];
    struct buf bytes;
    struct gb_route route;
    int64_t next_at, give_up_at, wait_ms;
    bool provisional;
    /* `reply` NULL: nobody answered. */
    void (*done)(struct gb_server *s, const struct sip_message *reply, void *arg);
    void *arg;
    struct gb_out *next, **link;
};

struct gb_server {
    struct gb_settings set;
    struct door *door;
    struct map sessions; /* by code */
    struct map calls;    /* struct gb_call by Call-ID */
    struct map waiting;  /* struct gb_out by branch */
    struct gb_line *lines;
    struct gb_out *outs;
    struct gb_upper *uppers;
    struct gb_talk *talks;
    struct gb_counters count;
    uint8_t nonce_key[32];
    char domain[12], bound[NET_TEXT_MAX], port[8];
    int sn;
    unsigned branch;
    bool paused;
};

/* gb28181_server.c */
bool gb_send(struct gb_server *s, const struct gb_route *r, struct str bytes);
/* Fills in Via, From, To, Call-ID of a new request outside a dialog to `code` behind the session; the caller adds what is its own. */
struct gb_request {
    struct sip_head head;
    char uri[96], via[80], from[96], to[96], tag[32], call_id[64], branch[48];
};
void gb_request_to(struct gb_session *session, const char *method, const char *code, struct gb_request *r);
/* The same along any route; `own` is who we are there. */
void gb_request_along(struct gb_server *s, const struct gb_route *route, const char *local_host, const char *own, const char *method, const char *code, struct gb_request *r);
/* Our address as the other side sees it. */
void gb_local_host(const struct gb_server *s, const struct gb_route *to, char out[64]);
/* A connection that carries SIP from now on. */
struct gb_line *gb_line_new(struct gb_server *s, struct bufferevent *bev, const struct sockaddr_storage *peer, socklen_t bytes);
void gb_line_end(struct gb_line *line);
void gb_set_host(const struct sockaddr_storage *from, char host[64], int *port);
/* Sends a request that expects an answer; over UDP it is repeated. `bytes` is taken over; `done` may be NULL. */
void gb_ask(struct gb_server *s, const struct gb_route *route, const char *branch, struct buf *bytes, int64_t give_up_ms,
            void (*done)(struct gb_server *s, const struct sip_message *reply, void *arg), void *arg);
/* MESSAGE with this MANSCDP body (without declaration) to a device or channel. */
void gb_message(struct gb_session *session, const char *code, const char *xml);
void gb_random_hex(char *out, size_t digits);
void gb_answer(struct gb_server *s, const struct gb_route *r, const struct sip_message *to, int status, const char *reason);

/* gb28181_messages.c */
/* One MANSCDP message to a device or channel: `kind` Query or Control, the command, the number, and `more` lines of XML. */
void gb_tell(struct gb_session *session, const char *kind, const char *command, const char *code, int sn, const char *more);
void gb_on_message(struct gb_server *s, struct gb_session *session, const struct gb_route *from, const struct sip_message *m);
struct recorder *gb_recorder(const char *code);
void gb_session_begun(struct gb_session *session);
void gb_session_tick(struct gb_session *session, int64_t now_ms);
bool gb_ask_catalog(struct recorder *r);
bool gb_ask_records(struct recorder *r, const char *channel, int64_t from, int64_t to, void (*got)(const struct recorder_record *records, size_t n, bool whole, void *arg), void *arg);
/* gb28181_order.c */
bool gb_order(struct recorder *r, const char *channel, const struct recorder_order *o);
void gb_order_answered(struct gb_session *session, int sn, const char *result);
void gb_orders_tick(struct gb_session *session, int64_t now_ms);
bool gb_steer(struct recorder *r, const char *channel, const struct recorder_steer *s);

/* gb28181_talk.c: a voice to a device, for which it invites us. */
struct recorder_call *gb_talk(const struct recorder_talk *wish);
void gb_talk_from(struct recorder_call *call, const char *host, int port);
void gb_talk_end(struct recorder_call *call);
void gb_talk_answered(struct gb_session *session, int sn, const char *result);
void gb_talk_invite(struct gb_server *s, const struct gb_route *from, const struct sip_message *m);
bool gb_talk_request(struct gb_server *s, const struct gb_route *from, const struct sip_message *m); /* ACK, BYE, CANCEL; false: of no talk */
void gb_talks_tick(struct gb_server *s, int64_t now_ms);
void gb_talks_of(struct gb_session *session); /* the recorder has gone */
void gb_talks_over_line(struct gb_server *s, const struct gb_line *line);

/* gb28181_upper.c: the platforms above. False when the request is from none of them. */
bool gb_upper_request(struct gb_server *s, const struct gb_route *from, const struct sip_message *m);
void gb_upper_tick(struct gb_server *s, int64_t now_ms);
void gb_upper_line_gone(struct gb_server *s, const struct gb_line *line);
void gb_uppers_start(struct gb_server *s);
void gb_uppers_leave(struct gb_server *s); /* tells them that we go */
void gb_uppers_free(struct gb_server *s);

/* gb28181_call.c */
struct recorder_call *gb_invite(const struct recorder_invite *i);
/* Where a device's media is: a private address in the description of one that signals from a public one leads nowhere. */
void gb_media_host(const struct gb_sdp *sdp, const struct gb_route *from, char out[64]);
bool gb_pace(struct recorder_call *call, const struct recorder_pace *p);
void gb_hang_up(struct recorder_call *call);
void gb_on_bye(struct gb_server *s, const struct gb_route *from, const struct sip_message *m);
void gb_on_late_answer(struct gb_server *s, const struct gb_route *from, const struct sip_message *m);
void gb_on_media_end(struct gb_server *s, struct gb_session *session, const char *channel, const char *call_id);
void gb_calls_of(struct gb_session *session, const char *why); /* the recorder has gone: ends them */

#endif
