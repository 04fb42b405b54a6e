/* Each webhook is a position in the journal. A batch goes out, the answer moves the position: in order, at least once, with the same
 * id when it goes out again. What the other side refuses for good is set aside, one event, and the rest goes on. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/auth.h"
#include "api/fields.h"
#include "api/live.h"
#include "base/clock.h"
#include "base/log.h"
#include "io/fetch.h"
#include "io/seal.h"
#include "webhook.h"

#define TICK_MS 250
#define RELOAD_MS 30000   /* rights change without an event of ours */
#define HOOKS_MAX 64
#define BATCH_MAX 50
#define READ_MAX 2000     /* events looked at in one go, wanted or not */
#define SAVE_AFTER 5000
#define BATCH_BYTES (1 << 20)
#define TIMEOUT_MS 10000
#define BACKOFF_MS 2000
#define BACKOFF_MAX_MS 300000
#define PARALLEL 16
#define DEAD_EVERY_MS 1000

struct hook {
    int64_t id, seq, due_at, beat_ms, sent_at; /* sent_at: the last post, also of "nothing new" */
    int tries;
    int singles; /* a batch was refused: so many go out one by one, to find the event that it was */
    int64_t saved; /* position in the row */
    bool busy;
    char url[320], types[420];
    uint8_t key[WEBHOOK_KEY_BYTES];
    struct person who;
};

static struct {
    struct hx_app *app;
    struct fetch *fetch;
    struct hook hooks[HOOKS_MAX];
    size_t count;
    bool stale, dead_flying;
    int64_t loaded_at;
} sender;

static struct hook *hook_of(int64_t id)
{
    for (size_t i = 0; i < sender.count; i++)
        if (sender.hooks[i].id == id) return &sender.hooks[i];
    return NULL;
}

/* ---- who hears what ---- */

struct table {
    struct hook hooks[HOOKS_MAX];
    size_t count;
};

static enum hx_err load(struct db *db, struct table *t)
{
    struct rows r = db_query(db, SQL_WEBHOOK_ALL, "");
    while (t->count < HOOKS_MAX && rows_next(&r)) {
        struct hook *h = &t->hooks[t->count];
        size_t n = 0;
        *h = (struct hook){.id = rows_i64(&r, 0), .who = {.id = rows_i64(&r, 3)}, .seq = rows_i64(&r, 5), .saved = rows_i64(&r, 5), .tries = (int)rows_i64(&r, 6), .due_at = rows_i64(&r, 7), .beat_ms = rows_i64(&r, 8) * 1000};
        str_to_z(rows_str(&r, 1), h->url, sizeof h->url);
        str_to_z(rows_str(&r, 4), h->types, sizeof h->types);
        if (seal_break(&sender.app->panels->seal, rows_blob(&r, 2), h->key, sizeof h->key, &n) || n != sizeof h->key) log_error("webhook.secret", "webhook=%lld reason=\"the sealed secret does not open with keys/seal.key\"", (long long)h->id);
        else t->count++;
    }
    enum hx_err e = r.err;
    rows_end(&r);
    for (size_t i = 0; !e && i < t->count; i++) {
        int64_t id = t->hooks[i].who.id;
        e = auth_load(db, id, &t->hooks[i].who);
        if (e == HX_E_NOT_FOUND || e == HX_E_UNAUTHENTICATED) t->hooks[i].who = (struct person){.id = id}, e = HX_OK; /* disabled: it sees nothing */
    }
    return e;
}

/* The table is read whole; what flies and how far each is in memory stays. */
static void reload(void)
{
    struct table *t = calloc(1, sizeof *t);
    HX_ASSERT(t != NULL);
    enum hx_err e = load(sender.app->panels->db, t);
    if (e) log_error("webhook.load", "error=%s", err_name(e));
    for (size_t i = 0; !e && i < t->count; i++) {
        const struct hook *known = hook_of(t->hooks[i].id);
        if (known == NULL) continue;
        t->hooks[i].busy = known->busy;
        t->hooks[i].singles = known->singles;
        t->hooks[i].sent_at = known->sent_at;
        if (known->seq > t->hooks[i].seq) t->hooks[i].seq = known->seq;
    }
    if (!e) {
        memcpy(sender.hooks, t->hooks, sizeof sender.hooks);
        sender.count = t->count;
        sender.stale = false;
    }
    sender.loaded_at = clock_utc_ms();
    OPENSSL_cleanse(t, sizeof *t);
    free(t);
}

static bool may_see(const struct hook *h, const char *type, int64_t school)
{
    enum perm p = live_perm_of(type);
    int64_t there;
    if (!(h->who.perms >> p & 1)) return false;
    if (h->who.root >> p & 1) return true;
    return school != 0 && db_one_i64(sender.app->panels->db, SQL_WEBHOOK_SEES, &there, "izi", h->who.id, perm_name(p), school) == HX_OK;
}

/* ---- batches ---- */

struct flight {
    int64_t hook, first, last, dead; /* dead: the row of an event that is sent again by itself; else 0 */
    int count, tries, status;
    bool good, refused, gone;
    char fault[160];
};

/* CloudEvents 1.0, JSON format (3.1), as a batch (4). */
static void add_event(struct buf *b, const struct rows *r, const char *tree)
{
    char at[CLOCK_TEXT_MAX], why[160];
    json_t *data = NULL;
    if (json_parse(rows_str(r, 5), &data, why, sizeof why)) return;
    fields_hide(data, tree);
    json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:o}", "specversion", "1.0", "source", "/huxue", "type", "", "time", clock_format(rows_i64(r, 1), at), "datacontenttype", "application/json", "data", data);
    char text[80];
    snprintf(text, sizeof text, "%lld", (long long)rows_i64(r, 0));
    json_object_set_new(j, "id", json_string(text));
    snprintf(text, sizeof text, "huxue.%s", rows_z(r, 2));
    json_object_set_new(j, "type", json_string(text));
    snprintf(text, sizeof text, "%lld", (long long)rows_i64(r, 4));
    if (!rows_null(r, 4)) json_object_set_new(j, "subject", json_string(text));
    if (!rows_null(r, 3)) json_object_set_new(j, "schoolid", json_integer((json_int_t)rows_i64(r, 3)));
    char *event = json_text(j);
    json_decref(j);
    if (b->len > 1) buf_add(b, ",", 1);
    buf_add_z(b, event);
    free(event);
}

static enum hx_err store_answer(struct tx *tx, void *arg)
{
    const struct flight *f = arg;
    int64_t wait = (int64_t)BACKOFF_MS << (f->tries < 8 ? f->tries : 8);
    if (f->dead != 0) return db_exec(tx->db, SQL_WEBHOOK_DEAD_STATE_SET, "zizii", f->good ? "sent" : "dead", (int64_t)f->status, f->fault, tx->now_ms, f->dead);
    if (f->good && f->count == 0) return db_exec(tx->db, SQL_WEBHOOK_BEAT, "ii", tx->now_ms, f->hook);
    if (f->good) return db_exec(tx->db, SQL_WEBHOOK_MOVED, "iii", f->last, tx->now_ms, f->hook);
    if (f->gone) {
        enum hx_err e = db_exec(tx->db, SQL_WEBHOOK_GONE, "zi", f->fault, f->hook);
        return e ? e : journal_tell(tx, SQL_WEBHOOK_GET, f->hook, "webhook.gone");
    }
    if (f->refused && f->count == 1) {
        int64_t id = journal_next(tx);
        enum hx_err e = db_exec(tx->db, SQL_WEBHOOK_DEAD_ADD, "iiiizi", id, f->hook, f->last, (int64_t)f->status, f->fault, tx->now_ms);
        if (e == HX_E_CONFLICT) e = HX_OK; /* it lies there already */
        else if (!e) e = journal_tell(tx, SQL_WEBHOOK_DEAD_GET, id, "webhook.refused");
        return e ? e : db_exec(tx->db, SQL_WEBHOOK_MOVED, "iIi", f->last, (int64_t)0, f->hook);
    }
    return db_exec(tx->db, SQL_WEBHOOK_FAILED, "iizi", (int64_t)f->tries + 1, f->refused ? (int64_t)0 : tx->now_ms + (wait > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : wait), f->fault, f->hook);
}

static void look(void *arg);

static void answer_stored(enum hx_err e, const char *detail, void *arg)
{
    struct flight *f = arg;
    struct hook *h = hook_of(f->hook);
    if (e) log_error("webhook.store", "webhook=%lld error=%s detail=\"%s\"", (long long)f->hook, err_name(e), detail);
    if (h != NULL && f->dead == 0) {
        h->busy = false;
        if (!e && (f->good || (f->refused && f->count == 1))) {
            if (f->count > 0) h->seq = h->saved = f->last;
            h->tries = 0;
            h->due_at = 0;
            if (h->singles > 0) h->singles--;
        } else if (!e && f->refused) {
            h->singles = f->count;
        } else {
            h->tries = f->tries + 1;
            h->due_at = clock_utc_ms() + BACKOFF_MS;
            sender.stale = true; /* the row knows better when it is due, and whether it is still active */
        }
    }
    if (f->dead != 0) sender.dead_flying = false;
    bool goes_on = !e && f->good && f->dead == 0 && f->count > 0;
    free(f);
    if (goes_on) look(NULL); /* after weeks of silence the next batch does not wait for the clock */
}

static void on_answer(int status, struct str reply, const char *error, void *arg)
{
    struct flight *f = arg;
    (void)reply;
    f->status = status;
    f->good = status >= 200 && status < 300;
    f->gone = status == 410;
    f->refused = status >= 400 && status < 500 && status != 401 && status != 403 && status != 404 && status != 408 && status != 410 && status != 425 && status != 429;
    if (status == 0) snprintf(f->fault, sizeof f->fault, "%.150s", error);
    else if (!f->good) snprintf(f->fault, sizeof f->fault, "the other side answered %d", status);
    if (!f->good) log_warn("webhook.failed", "webhook=%lld first=%lld last=%lld try=%d fault=\"%s\"", (long long)f->hook, (long long)f->first, (long long)f->last, f->tries, f->fault);
    if (sender.app->writer == NULL || writer_submit(sender.app->writer, LANE_BULK, store_answer, answer_stored, f) != HX_OK) answer_stored(HX_E_BUSY, "the queue is full", f);
}

static void post(struct hook *h, struct flight *f, struct str body)
{
    char id[80], signature[64], headers[400];
    int64_t seconds = clock_utc_ms() / 1000;
    h->sent_at = clock_utc_ms();
    snprintf(id, sizeof id, "huxue-%lld-%lld-%lld", (long long)h->id, (long long)f->first, (long long)f->last);
    webhook_sign(h->key, id, seconds, body, signature);
    snprintf(headers, sizeof headers, "Content-Type: application/cloudevents-batch+json; charset=utf-8\nwebhook-id: %s\nwebhook-timestamp: %lld\nwebhook-signature: %s\n", id, (long long)seconds, signature);
    char link[4200];
    snprintf(link, sizeof link, "%.4100s/keys/link.pem", sender.app->data_dir);
    bool mutual = h->beat_ms > 0 && strncmp(h->url, "https://", 8) == 0 && access(link, R_OK) == 0; /* a parent that we have a certificate for */
    struct fetch_request r = {.url = h->url, .certificate = mutual ? link : NULL, .headers = headers, .body = body, .timeout_ms = TIMEOUT_MS, .done = on_answer, .arg = f};
    if (fetch_submit(sender.fetch, &r) != HX_OK) on_answer(0, STR(""), "too many messages wait", f);
}

/* Of what is skipped the row is told now and then only: a restart looks at it again. */
static enum hx_err store_position(struct tx *tx, void *arg)
{
    const struct hook *h = arg;
    return db_exec(tx->db, SQL_WEBHOOK_MOVED, "iIi", h->seq, (int64_t)0, h->id);
}

static void position_stored(enum hx_err e, const char *detail, void *arg)
{
    (void)e, (void)detail;
    free(arg);
}

static void save_position(struct hook *h)
{
    struct hook *copy = calloc(1, sizeof *copy);
    HX_ASSERT(copy != NULL);
    copy->id = h->id;
    copy->seq = h->saved = h->seq;
    if (writer_submit(sender.app->writer, LANE_BULK, store_position, position_stored, copy) != HX_OK) free(copy);
}

static void send_next(struct hook *h)
{
    struct flight *f = calloc(1, sizeof *f);
    struct buf body;
    int looked = 0, most = h->singles > 0 ? 1 : BATCH_MAX;
    int64_t seen = h->seq;
    HX_ASSERT(f != NULL);
    *f = (struct flight){.hook = h->id, .tries = h->tries};
    buf_init(&body, 4 * BATCH_BYTES);
    buf_add(&body, "[", 1);
    struct rows r = db_query(sender.app->panels->db, SQL_WEBHOOK_EVENTS, "ii", h->seq, (int64_t)READ_MAX);
    while (f->count < most && body.len < BATCH_BYTES && rows_next(&r)) {
        seen = rows_i64(&r, 0);
        looked++;
        if (!webhook_hears(h->types, rows_z(&r, 2)) || !may_see(h, rows_z(&r, 2), rows_i64(&r, 3))) continue;
        add_event(&body, &r, h->who.tree);
        if (f->count++ == 0) f->first = seen;
        f->last = seen;
    }
    rows_end(&r);
    buf_add(&body, "]", 1);
    if (f->count > 0 && !body.full) {
        h->busy = true;
        post(h, f, buf_str(&body));
    } else {
        h->seq = seen; /* nothing of it was for them */
        free(f);
        if (seen - h->saved > SAVE_AFTER) save_position(h);
    }
    buf_free(&body);
}

/* Nothing new: an empty batch, so that whoever shows us knows that silence is silence. */
static void send_beat(struct hook *h)
{
    struct flight *f = calloc(1, sizeof *f);
    HX_ASSERT(f != NULL);
    *f = (struct flight){.hook = h->id, .tries = h->tries, .first = h->seq, .last = h->seq};
    h->busy = true;
    post(h, f, STR("[]"));
}

static void send_dead(void)
{
    int64_t ids[20][3];
    size_t n = 0;
    struct rows r = db_query(sender.app->panels->db, SQL_WEBHOOK_DEAD_NEXT, "");
    while (n < HX_COUNT(ids) && rows_next(&r)) ids[n][0] = rows_i64(&r, 0), ids[n][1] = rows_i64(&r, 1), ids[n][2] = rows_i64(&r, 2), n++;
    rows_end(&r);
    for (size_t i = 0; i < n; i++) {
        struct hook *h = hook_of(ids[i][1]);
        if (h == NULL || h->busy) continue;
        sender.dead_flying = true;
        struct flight *f = calloc(1, sizeof *f);
        struct buf body;
        HX_ASSERT(f != NULL);
        *f = (struct flight){.hook = h->id, .dead = ids[i][0], .first = ids[i][2], .last = ids[i][2], .count = 1};
        buf_init(&body, BATCH_BYTES);
        buf_add(&body, "[", 1);
        struct rows e = db_query(sender.app->panels->db, SQL_WEBHOOK_EVENT, "i", ids[i][2]);
        if (rows_next(&e)) add_event(&body, &e, h->who.tree);
        rows_end(&e);
        buf_add(&body, "]", 1);
        post(h, f, buf_str(&body));
        buf_free(&body);
        return; /* one at a time */
    }
}

static void look(void *arg)
{
    static int64_t dead_looked;
    (void)arg;
    int64_t now = clock_utc_ms(), committed = journal_committed(sender.app->journal);
    if (sender.fetch == NULL || sender.app->writer == NULL) return;
    if (now - sender.loaded_at > (sender.stale ? TICK_MS : RELOAD_MS)) reload();
    for (size_t i = 0; i < sender.count; i++) {
        struct hook *h = &sender.hooks[i];
        if (h->busy || h->due_at > now) continue;
        if (h->seq < committed) send_next(h);
        else if (h->beat_ms > 0 && now - h->sent_at >= h->beat_ms) send_beat(h);
    }
    if (sender.count > 0 && !sender.dead_flying && now - dead_looked > DEAD_EVERY_MS) dead_looked = now, send_dead();
}

static void heard(const struct event *event, void *arg)
{
    (void)arg;
    if (strncmp(event->type, "webhook.", 8) == 0) sender.stale = true;
}

enum hx_err webhook_sender_start(struct hx_app *app)
{
    sender.app = app;
    sender.fetch = fetch_start(app->loop, PARALLEL);
    sender.stale = true;
    journal_listen(app->journal, heard, NULL);
    loop_every(app->loop, TICK_MS, look, NULL);
    return HX_OK;
}

void webhook_sender_stop(void)
{
    if (sender.fetch != NULL) fetch_stop(sender.fetch);
    sender.fetch = NULL;
    OPENSSL_cleanse(sender.hooks, sizeof sender.hooks);
    sender.count = 0;
}
