/* Routes, and what a handler gets. A GET runs on a reader thread with a connection of its own; any other method runs as one
 * transaction on the writer thread. Either way the handler is plain code: look, check, change, answer. */
#ifndef HX_API_H
#define HX_API_H

#include "api/perm.h"
#include "api/phone_record.h"
#include "base/json.h"
#include "io/http.h"
#include "journal/journal.h"
#include "signal/panel.h"
#include "store/timer.h"

#define CALL_PARAMS_MAX 3

struct call;
typedef enum hx_err (*hx_handler)(struct call *c);

struct hx_route {
    enum http_method method;
    const char *path;      /* "/v1/schools/{id}" */
    const char *operation; /* operationId in openapi.json */
    enum perm perm;
    hx_handler handler;
    hx_handler prepare;    /* runs before it on a reader thread: slow work such as password hashing; may be NULL */
};

struct person {
    int64_t id;
    char name[48], full_name[64], lang[8], tree[12];
    uint64_t perms;   /* bit per enum perm, from any grant */
    uint64_t root;    /* the same, only from grants at the top of a tree: sees every school */
    int64_t org_id;
    int64_t session_made_at;
    bool by_token;
};

struct call {
    const struct hx_route *route;
    struct db *db;    /* where to read: the reader's or the transaction's */
    struct tx *tx;    /* NULL in a GET */
    struct person who;
    json_t *body;     /* checked against the schema; NULL in a GET */
    struct str raw;   /* the body's bytes */
    char params[CALL_PARAMS_MAX][64];
    char secret[128];  /* of the session or token that asks: routes about the session find it by this */
    char peer[64];
    char peer_name[64]; /* of the certificate that came over the mutual line; "" on every other */
    struct record_mark record; /* how far a phone signed this */
    int64_t if_match; /* the version that the client saw, or -1 */
    bool chinese;     /* Accept-Language begins with zh: the language of `detail` */
    /* The answer: */
    int status;       /* 0: 200 */
    json_t *reply;    /* taken over */
    char *bytes;      /* or bytes of a content type; taken over */
    size_t bytes_n;
    const char *bytes_type;
    char set_cookie[256];
    char detail[512]; /* one sentence beside an error */
    json_t *current;  /* with CONFLICT: the record as it is now; taken over */
    struct {
        char id[96], at[24], text[80];
    } signature; /* of a signed post (Standard Webhooks: webhook-id, -timestamp, -signature); each "" where it did not come */
    int64_t feed_subject; /* a GET answers with the events of this subject … */
    char feed_only[24];   /* … of this prefix: all of them are public */
    char queries[36][2][96];
    size_t query_count;
};

/* A numbered path parameter; 0 when it is no number, which no record has. */
int64_t call_id(const struct call *c, int param);
const char *call_query(const struct call *c, const char *name); /* NULL when absent */
const char *call_query_z(const struct call *c, const char *name, const char *otherwise);
int64_t call_query_i64(const struct call *c, const char *name, int64_t otherwise);
/* limit=, between 1 and most. */
int64_t call_limit(const struct call *c, int64_t otherwise, int64_t most);
/* Writes the sentence beside an error, in the caller's language, and answers `e`. The format has a row in base/sentences.tsv. */
enum hx_err call_fail(struct call *c, enum hx_err e, const char *format, ...) HX_PRINTF(3, 4);
/* A state or act in that language. */
const char *call_word(const struct call *c, const char *word);
bool call_may(const struct call *c, enum perm p);
/* 1 when the person sees every school with the route's permission, for the queries' scope parameter. */
int64_t call_sees_all(const struct call *c);
/* Whether the person has the permission for this school (0: only those with it at the top). */
enum hx_err call_check_school(struct call *c, enum perm p, int64_t school_id) HX_MUST_USE;
/* Reads the record that the path's first number names, once the person has the permission at its school; NULL on an error. */
enum hx_err call_read(struct call *c, enum sql_id get, enum perm p, json_t **record) HX_MUST_USE;
/* The same, ILLEGAL with a text when the record's state is another one. */
enum hx_err call_read_in(struct call *c, enum sql_id get, enum perm p, const char *state, json_t **record) HX_MUST_USE;
/* INVALID with a text unless the field of this object of the body is a date that exists, YYYY-MM-DD. */
enum hx_err call_check_date(struct call *c, const json_t *of, const char *field) HX_MUST_USE;
/* When it was so: the body's `at`, as a phone says that was without network, else now; UTC ms. INVALID for a time that is none. */
enum hx_err call_told_at(struct call *c, int64_t *at) HX_MUST_USE;
/* CONFLICT with the current record (taken over either way) when If-Match names another version. */
enum hx_err call_check_version(struct call *c, json_t *current) HX_MUST_USE;
/* A list answer: {"items":[…]}; NULL items is a store error. */
enum hx_err call_list(struct call *c, json_t *items) HX_MUST_USE;
enum hx_err call_reply(struct call *c, json_t *reply) HX_MUST_USE;
/* Answers with the record that the statement gives for `id`. */
enum hx_err call_reply_one(struct call *c, enum sql_id get, int64_t id) HX_MUST_USE;

struct api;

/* What every part of the program gets at start. */
struct hx_app {
    struct loop *loop;
    struct writer *writer;
    struct journal *journal;
    struct timers *timers;
    struct panels *panels;
    struct api *api;
    const char *data_dir;
};

struct hx_module {
    const char *name;
    const struct hx_route *routes;
    size_t route_count;
    const struct journal_follower *followers; /* ended by a row without a name; may be NULL */
    const struct timer_kind *timer_kinds;     /* likewise */
    /* Readies the module; may be NULL. */
    enum hx_err (*start)(struct hx_app *app);
    /* Adds its lines to /metrics and its words to /healthz; may be NULL. */
    void (*metrics)(struct buf *out);
};

struct api_settings {
    struct hx_app *app;
    const char *http_address, *https_address; /* https NULL: none */
    const char *certificate, *key;
    const char *link_address, *link_authority; /* the mutual line: peers with a certificate of this authority, for what children tell; NULL: none */
    int readers;
    const struct hx_module *const *modules; /* ended by NULL */
    void (*metrics)(struct buf *out);       /* the program's own lines */
};

enum hx_err api_start(const struct api_settings *s, struct api **out) HX_MUST_USE;
const char *api_bound(const struct api *a, bool tls);
const char *api_link_bound(const struct api *a); /* NULL: no mutual line */
enum hx_err api_reload(struct api *a) HX_MUST_USE;
void api_pause(struct api *a);
void api_stop(struct api *a);
/* The one reason shown on every console while the store does not take writes; NULL: all is well. */
void api_set_fault(struct api *a, const char *reason);

/* How many consoles and phones listen to the live feed; loop thread. */
size_t api_consoles(const struct api *a);

/* Prints "METHOD path operation permission" for each route. */
/* Runs `work` with a reader's connection, then `done` on the loop. */
enum hx_err api_on_reader(struct api *a, void (*work)(void *db, void *arg), void (*done)(void *arg), void *arg) HX_MUST_USE;
void api_print_routes(const struct hx_module *const *modules);

#endif
