/* Sends what is due, in the order of each hand-off: a later message waits for the earlier. A crash in between sends the same number
 * again, which the partner knows. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "handoff.h"
#include "io/fetch.h"

#define TICK_MS 250
#define TRIES_MAX 20
#define BACKOFF_MS 2000
#define BACKOFF_MAX_MS 300000
#define TIMEOUT_MS 10000
#define CLAIM_MAX 100
#define PARALLEL 20

static struct {
    struct hx_app *app;
    struct fetch *fetch;
    bool claiming;
} sender;

struct post {
    int64_t id, handoff_id, school_id, incident_id;
    int tries;
    char url[320], secret[200], hash[8], *body;
    /* The answer. */
    bool good;
    char fault[160];
    json_t *said;
};

struct claim {
    struct post *posts[CLAIM_MAX];
    size_t n;
};

static void post_free(struct post *p)
{
    OPENSSL_cleanse(p->secret, sizeof p->secret);
    json_decref(p->said);
    free(p->body);
    free(p);
}

static enum hx_err claim_due(struct tx *tx, void *arg)
{
    struct claim *c = arg;
    struct rows r = db_query(tx->db, SQL_HANDOFF_POST_DUE, "i", tx->now_ms);
    while (c->n < CLAIM_MAX && rows_next(&r)) {
        struct post *p = calloc(1, sizeof *p);
        size_t n = 0;
        HX_ASSERT(p != NULL);
        *p = (struct post){.id = rows_i64(&r, 0), .handoff_id = rows_i64(&r, 1), .body = str_dup(rows_str(&r, 2)), .tries = (int)rows_i64(&r, 3) + 1, .school_id = rows_i64(&r, 7), .incident_id = rows_i64(&r, 8)};
        str_to_z(rows_str(&r, 5), p->url, sizeof p->url);
        str_to_z(rows_str(&r, 9), p->hash, sizeof p->hash);
        if (seal_break(&sender.app->panels->seal, rows_blob(&r, 6), (uint8_t *)p->secret, sizeof p->secret - 1, &n)) log_error("handoff.secret", "reason=\"the sealed secret does not open with keys/seal.key\"");
        p->secret[n] = 0;
        c->posts[c->n++] = p;
    }
    enum hx_err e = r.err;
    rows_end(&r);
    for (size_t i = 0; !e && i < c->n; i++) e = db_exec(tx->db, SQL_HANDOFF_POST_SENDING, "i", c->posts[i]->id);
    return e;
}

static enum hx_err store_answer(struct tx *tx, void *arg)
{
    struct post *p = arg;
    int64_t wait = (int64_t)BACKOFF_MS << (p->tries < 9 ? p->tries - 1 : 8);
    bool last = !p->good && p->tries >= TRIES_MAX;
    enum hx_err e = db_exec(tx->db, SQL_HANDOFF_POST_DONE, "zizi", p->good ? "sent" : last ? "failed" : "waiting", tx->now_ms + (wait > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : wait), p->fault, p->id);
    if (!e && p->good && p->said != NULL) e = handoff_answer(tx, p->handoff_id, p->said);
    if (e || !last) return e;
    e = db_exec(tx->db, SQL_HANDOFF_ANSWERED, "zzzii", "failed", "", p->fault, tx->now_ms, p->handoff_id);
    return e ? e : journal_add(tx, "handoff.failed", p->school_id, p->incident_id, json_pack("{s:I,s:s}", "handoff_id", (json_int_t)p->handoff_id, "text", p->fault));
}

static void answer_stored(enum hx_err e, const char *detail, void *arg)
{
    if (e) log_error("handoff.store", "error=%s detail=\"%s\"", err_name(e), detail);
    post_free(arg);
}

static void on_answer(int status, struct str reply, const char *error, void *arg)
{
    struct post *p = arg;
    char why[160];
    p->good = status >= 200 && status < 300;
    if (status == 0) snprintf(p->fault, sizeof p->fault, "%.150s", error);
    else if (!p->good) snprintf(p->fault, sizeof p->fault, "the centre answered %d", status);
    if (!p->good) log_warn("handoff.failed", "handoff=%lld try=%d fault=\"%s\"", (long long)p->handoff_id, p->tries, p->fault);
    if (p->good && reply.len > 0 && json_parse(reply, &p->said, why, sizeof why) != HX_OK) p->said = NULL;
    if (!json_is_object(p->said)) json_decref(p->said), p->said = NULL;
    if (sender.app->writer == NULL || writer_submit(sender.app->writer, LANE_NORMAL, store_answer, answer_stored, p) != HX_OK) post_free(p);
}

static void send_one(struct post *p)
{
    char sig[65], headers[256];
    int64_t now = clock_utc_ms();
    handoff_sign(p->hash, p->secret, now, str_of(p->body), sig);
    snprintf(headers, sizeof headers, "Content-Type: application/json; charset=utf-8\nX-Huxue-Time: %lld\nX-Huxue-Signature: %s\nX-Huxue-Hash: %s\nIdempotency-Key: %lld\n", (long long)now, sig, p->hash, (long long)p->id);
    struct fetch_request r = {.url = p->url, .headers = headers, .body = str_of(p->body), .timeout_ms = TIMEOUT_MS, .done = on_answer, .arg = p};
    if (fetch_submit(sender.fetch, &r) != HX_OK) on_answer(0, STR(""), "too many messages wait", p);
}

static void claimed(enum hx_err e, const char *detail, void *arg)
{
    struct claim *c = arg;
    sender.claiming = false;
    if (e) log_error("handoff.claim", "error=%s detail=\"%s\"", err_name(e), detail);
    for (size_t i = 0; i < c->n; i++) {
        if (e) post_free(c->posts[i]);
        else send_one(c->posts[i]);
    }
    free(c);
}

static void look(void *arg)
{
    (void)arg;
    int64_t next = 0;
    if (sender.claiming || sender.fetch == NULL || sender.app->writer == NULL) return;
    if (db_one_i64(sender.app->panels->db, SQL_HANDOFF_POST_NEXT, &next, "") != HX_OK || next == 0 || next > clock_utc_ms()) return;
    struct claim *c = calloc(1, sizeof *c);
    HX_ASSERT(c != NULL);
    sender.claiming = writer_submit(sender.app->writer, LANE_NORMAL, claim_due, claimed, c) == HX_OK;
    if (!sender.claiming) free(c);
}

static void heard(const struct event *event, void *arg)
{
    if (strcmp(event->type, "handoff.queued") == 0) look(arg);
}

static enum hx_err interrupted(struct tx *tx, void *arg)
{
    (void)arg;
    return db_exec(tx->db, SQL_HANDOFF_POST_INTERRUPTED, "");
}

enum hx_err handoff_sender_start(struct hx_app *app)
{
    sender.app = app;
    sender.fetch = fetch_start(app->loop, PARALLEL);
    journal_listen(app->journal, heard, NULL);
    loop_every(app->loop, TICK_MS, look, NULL);
    return writer_call(app->writer, interrupted, NULL, NULL, 0);
}

void handoff_sender_stop(void)
{
    if (sender.fetch != NULL) fetch_stop(sender.fetch);
    sender.fetch = NULL;
}
