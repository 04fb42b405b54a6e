/* Requests of ours to other servers, by libcurl on a thread of its own: HTTP(S), SMTP(S) and MQTT, nothing else, no redirects. Answers come
 * back on the loop. */
#ifndef HX_FETCH_H
#define HX_FETCH_H

#include "base/str.h"
#include "io/loop.h"

#define FETCH_REPLY_MAX 16384
#define FETCH_QUEUE_MAX 20000
#define FETCH_ERROR_MAX 256

struct fetch;

struct fetch_request {
    const char *url;
    const char *headers;   /* a header a line; may be NULL */
    bool get;              /* a GET without body, else a POST; of mqtt://: the first message of the topic, else one is published */
    bool digest_only;      /* the address's name and password go out as digest or not at all */
    size_t reply_max;      /* 0: FETCH_REPLY_MAX; what comes beyond is cut */
    struct str body;       /* of a POST; of mail: the whole message with its header */
    const char *mail_from, *mail_to; /* both set: SMTP */
    const char *user, *secret;       /* of SMTP; may be NULL */
    const char *certificate; /* PEM file with our key and certificate, and the authority that signed the other side's; NULL: none */
    int timeout_ms;
    /* Called once on the loop. status: of HTTP or SMTP, 200 for MQTT that went well, 0 when no answer came; `error` says why then. */
    void (*done)(int status, struct str reply, const char *error, void *arg);
    void *arg;
};

struct fetch *fetch_start(struct loop *loop, int parallel_max);
/* Copies the request; BUSY when too many wait (then `done` is not called). Loop thread. */
enum hx_err fetch_submit(struct fetch *f, const struct fetch_request *r) HX_MUST_USE;
/* The same at once, on a thread that may wait (`done` is not called): the status, 0 with the reason in `error` when no answer came.
 * `reply` is the caller's to free. */
int fetch_now(const struct fetch_request *r, struct buf *reply, char error[FETCH_ERROR_MAX]);
/* Ends what runs; what was not answered is never told. */
void fetch_stop(struct fetch *f);

#endif
