/* What the files about the platforms above share. Loop thread. */
#ifndef HX_GB28181_UPPER_H
#define HX_GB28181_UPPER_H

#include "gb28181_inner.h"

struct upper_call;
struct gb_watch;

struct gb_upper {
    struct gb_server *server;
    struct upper *upper;
    struct gb_route route;
    char local_host[64], call_id[64], tag[32];
    int cseq, misses, tries;
    bool registered, asking;      /* a REGISTER waits for its answer */
    int64_t next_at, renew_at;    /* of the next REGISTER or keepalive; of the registration, UTC ms */
    struct sip_digest challenge;
    struct upper_call *calls;
    struct gb_watch *watch;       /* of the catalog; NULL: it has not subscribed */
    int call_count, catalogs;
    struct gb_upper *next;
};

struct gb_upper *gb_upper_of(struct gb_server *s, int64_t id);
/* A MANSCDP body as it goes out, with its declaration; the caller frees it. */
void gb_upper_body(const char *xml, struct buf *out);
/* MESSAGE with this MANSCDP body (UTF-8, without declaration); `done` may be NULL. */
void gb_upper_say(struct gb_upper *u, const char *xml, void (*done)(struct gb_server *s, const struct sip_message *reply, void *arg), void *arg);

/* gb28181_upper_messages.c */
void gb_upper_message(struct gb_upper *u, const struct gb_route *from, const struct sip_message *m);
void gb_upper_alarm(struct gb_upper *u, const struct upper_alarm *a);
void gb_upper_add_item(struct buf *b, const struct upper_item *i, const char *own_code, const char *event); /* event "": of a catalog */

/* gb28181_upper_watch.c */
void gb_upper_subscribe(struct gb_upper *u, const struct gb_route *from, const struct sip_message *m);
void gb_watch_dirty(struct gb_upper *u); /* the catalog may be another */
void gb_watch_tick(struct gb_upper *u, int64_t now_ms);
void gb_watch_end(struct gb_upper *u);
void gb_watch_over_line(struct gb_upper *u, const struct gb_line *line); /* it has gone, and with it what was subscribed over it */

/* gb28181_upper_call.c */
void gb_upper_invite(struct gb_upper *u, const struct gb_route *from, const struct sip_message *m);
void gb_upper_pace(struct gb_upper *u, const struct gb_route *from, const struct sip_message *m);      /* INFO: how a record is played */
void gb_upper_in_dialog(struct gb_upper *u, const struct gb_route *from, const struct sip_message *m); /* ACK, BYE, CANCEL */
void gb_upper_calls_tick(struct gb_upper *u, int64_t now_ms); /* repeats what was not confirmed */
void gb_upper_calls_end(struct gb_upper *u, bool say);
void gb_upper_calls_over_line(struct gb_upper *u, const struct gb_line *line); /* it has gone, and with it the calls that came over it */
void gb_upper_taken(int64_t call, const char *host, int port);
void gb_upper_refused(int64_t call, int status, const char *reason);
void gb_upper_end(int64_t call, bool of_record);

#endif
