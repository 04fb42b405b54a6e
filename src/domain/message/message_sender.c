/* What is due is claimed in a transaction, then sent; the answer is another. A crash in between sends the same key again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/fetch.h"
#include "message.h"
#include "message_call.h"
#include "notify/notify_text.h"
#include "push_book.h"

#define TICK_MS 200
#define TRIES_MAX 5
#define BACKOFF_MS 5000 /* doubled with each try */
#define TIMEOUT_MS 10000
#define PARALLEL 200
#define CLAIM_MAX 1000
#define GATEWAYS_MAX 32

static struct {
    struct hx_app *app;
    struct fetch *fetch;
    bool claiming;
    uint64_t sent, failed;
    int64_t in_flight;
} sender;

struct gateway {
    int64_t id;
    char kind[8], url[512], headers[1024], body[2048], ok_text[80], sender[160], account[80], secret[200];
    bool receipts;
};

struct outgoing {
    int64_t id, message_id, gateway_id, school_id, incident_id, person_id;
    int tries;
    char channel[8], address[128], key[40], text[512];
};

struct claim {
    struct outgoing *items;
    size_t n;
    struct gateway *gateways;
    size_t gateway_count;
};

/* ---- claiming: on the writer ---- */

static enum hx_err read_gateway(struct tx *tx, struct claim *c, int64_t id)
{
    for (size_t i = 0; i < c->gateway_count; i++)
        if (c->gateways[i].id == id) return HX_OK;
    if (id == 0 || c->gateway_count == GATEWAYS_MAX) return HX_OK;
    struct rows r = db_query(tx->db, SQL_GATEWAY_FULL, "i", id);
    if (rows_next(&r)) {
        struct gateway *g = &c->gateways[c->gateway_count++];
        size_t n = 0;
        *g = (struct gateway){.id = id, .receipts = rows_i64(&r, 8) != 0};
        str_to_z(rows_str(&r, 0), g->kind, sizeof g->kind);
        str_to_z(rows_str(&r, 1), g->url, sizeof g->url);
        str_to_z(rows_str(&r, 2), g->headers, sizeof g->headers);
        str_to_z(rows_str(&r, 3), g->body, sizeof g->body);
        str_to_z(rows_str(&r, 4), g->ok_text, sizeof g->ok_text);
        str_to_z(rows_str(&r, 5), g->sender, sizeof g->sender);
        str_to_z(rows_str(&r, 6), g->account, sizeof g->account);
        if (!rows_null(&r, 7) && seal_break(&sender.app->panels->seal, rows_blob(&r, 7), (uint8_t *)g->secret, sizeof g->secret - 1, &n)) log_error("message.secret", "gateway=%lld reason=\"the sealed secret does not open with keys/seal.key\"", (long long)id);
        g->secret[n] = 0;
    }
    rows_end(&r);
    return r.err;
}

static enum hx_err claim_due(struct tx *tx, void *arg)
{
    struct claim *c = arg;
    struct rows r = db_query(tx->db, SQL_DELIVERY_DUE, "i", tx->now_ms);
    while (c->n < CLAIM_MAX && rows_next(&r)) {
        struct outgoing *o = &c->items[c->n++];
        *o = (struct outgoing){.id = rows_i64(&r, 0), .gateway_id = rows_i64(&r, 2), .tries = (int)rows_i64(&r, 6) + 1, .message_id = rows_i64(&r, 7), .school_id = rows_i64(&r, 8), .incident_id = rows_i64(&r, 9), .person_id = rows_i64(&r, 10)};
        str_to_z(rows_str(&r, 1), o->channel, sizeof o->channel);
        str_to_z(rows_str(&r, 3), o->address, sizeof o->address);
        str_to_z(rows_str(&r, 4), o->key, sizeof o->key);
        str_to_utf8_z(rows_str(&r, 5), o->text, sizeof o->text);
    }
    enum hx_err e = r.err;
    rows_end(&r);
    for (size_t i = 0; !e && i < c->n; i++) {
        struct outgoing *o = &c->items[i];
        if (strcmp(o->channel, "app") == 0) { /* the live feed carries it; its receipt is the app's */
            e = db_exec(tx->db, SQL_DELIVERY_SENT, "ii", tx->now_ms, o->id);
            if (!e) e = journal_add(tx, "delivery.sent", o->school_id, o->incident_id != 0 ? o->incident_id : o->message_id, json_pack("{s:I,s:I,s:s}", "delivery_id", (json_int_t)o->id, "person_id", (json_int_t)o->person_id, "channel", "app"));
            if (!e) e = push_along(tx, o->person_id, o->id);
            continue;
        }
        e = db_exec(tx->db, SQL_DELIVERY_SENDING, "i", o->id);
        if (!e) e = read_gateway(tx, c, o->gateway_id);
    }
    return e;
}

/* ---- the answers ---- */

struct flight {
    int64_t id, school_id, incident_id, message_id;
    int tries, status;
    char ok_text[80], fault[160], channel[8];
    bool good, acked; /* acked: by a key, during the call */
};

static enum hx_err store_answer(struct tx *tx, void *arg)
{
    struct flight *f = arg;
    bool last = !f->good && (f->tries >= TRIES_MAX || (f->status >= 400 && f->status < 500 && f->status != 429));
    enum hx_err e = f->good ? db_exec(tx->db, SQL_DELIVERY_SENT, "ii", tx->now_ms, f->id)
                    : last  ? db_exec(tx->db, SQL_DELIVERY_FAILED, "zi", f->fault, f->id)
                            : db_exec(tx->db, SQL_DELIVERY_AGAIN, "izi", tx->now_ms + (BACKOFF_MS << (f->tries - 1)), f->fault, f->id);
    if (e || db_changes(tx->db) == 0 || (!f->good && !last)) return e;
    e = journal_add(tx, f->good ? "delivery.sent" : "delivery.failed", f->school_id, f->incident_id != 0 ? f->incident_id : f->message_id,
                       json_pack("{s:I,s:s,s:s,s:I}", "delivery_id", (json_int_t)f->id, "channel", f->channel, "fault", f->fault, "message_id", (json_int_t)f->message_id));
    return e || !f->acked ? e : delivery_received(tx, f->id, "acked", NULL);
}

static void answer_stored(enum hx_err e, const char *detail, void *arg)
{
    if (e) log_error("message.store", "error=%s detail=\"%s\"", err_name(e), detail);
    free(arg);
}

static void land(struct flight *f)
{
    sender.in_flight--;
    *(f->good ? &sender.sent : &sender.failed) += 1;
    if (!f->good) log_warn("message.failed", "delivery=%lld channel=%s try=%d fault=\"%s\"", (long long)f->id, f->channel, f->tries, f->fault);
    if (sender.app->writer == NULL || writer_submit(sender.app->writer, LANE_NORMAL, store_answer, answer_stored, f) != HX_OK) free(f); /* it stays 'sending', and is sent again after a restart */
}

static void on_answer(int status, struct str reply, const char *error, void *arg)
{
    struct flight *f = arg;
    bool mail = strcmp(f->channel, "mail") == 0, accepted = status >= 200 && status < 300;
    bool holds = f->ok_text[0] == 0 || mail || memmem(reply.at, reply.len, f->ok_text, strlen(f->ok_text)) != NULL;
    f->status = status;
    f->good = accepted && holds;
    if (status == 0) snprintf(f->fault, sizeof f->fault, "%.150s", error);
    else if (!accepted) snprintf(f->fault, sizeof f->fault, "the gateway answered %d", status);
    else if (!holds) {
        char said[100];
        str_to_utf8_z(str_trim(reply), said, sizeof said);
        snprintf(f->fault, sizeof f->fault, "the gateway said: %s", said);
    }
    land(f);
}

static void on_call_ended(enum phone_end end, const char *why, void *arg)
{
    struct flight *f = arg;
    if (end == PHONE_STOPPED) { /* the row is cancelled already */
        sender.in_flight--;
        free(f);
        return;
    }
    f->good = f->acked = end == PHONE_ACKED;
    f->status = end == PHONE_REFUSED ? 400 : 0;
    snprintf(f->fault, sizeof f->fault, "%s", why);
    land(f);
}

/* ---- sending: on the loop ---- */

static void call(const struct outgoing *o, const struct gateway *g, struct flight *f)
{
    struct message_call c = {.delivery_id = o->id, .subject_id = o->incident_id != 0 ? o->incident_id : o->message_id, .done = on_call_ended, .arg = f};
    if (message_call_uri(g->url, o->address, c.uri, sizeof c.uri)) {
        on_call_ended(PHONE_REFUSED, "the number is none that a telephone takes", f);
        return;
    }
    snprintf(c.from, sizeof c.from, "%.60s", g->sender[0] != 0 ? g->sender : "huxue");
    snprintf(c.account, sizeof c.account, "%s", g->account);
    snprintf(c.secret, sizeof c.secret, "%s", g->secret);
    snprintf(c.text, sizeof c.text, "%s", o->text);
    message_call_place(&c);
    memset(c.secret, 0, sizeof c.secret);
}

static void send_one(const struct outgoing *o, const struct gateway *g)
{
    struct flight *f = calloc(1, sizeof *f);
    struct buf url, headers, body;
    char subject[120];
    HX_ASSERT(f != NULL);
    *f = (struct flight){.id = o->id, .school_id = o->school_id, .incident_id = o->incident_id, .message_id = o->message_id, .tries = o->tries};
    snprintf(f->channel, sizeof f->channel, "%s", o->channel);
    sender.in_flight++;
    if (g == NULL) {
        snprintf(f->fault, sizeof f->fault, "no_gateway");
        f->tries = TRIES_MAX;
        land(f);
        return;
    }
    if (strncmp(g->url, "sip:", 4) == 0) {
        call(o, g, f);
        return;
    }
    snprintf(f->ok_text, sizeof f->ok_text, "%s", g->ok_text);
    buf_init(&url, 4096);
    buf_init(&headers, 4096);
    buf_init(&body, 16384);
    const struct notify_value v[] = {{"{to}", o->address}, {"{text}", o->text}, {"{key}", o->key}, {"{secret}", g->secret}, {NULL, NULL}};
    bool mail = strcmp(g->kind, "mail") == 0;
    struct fetch_request r = {.timeout_ms = TIMEOUT_MS, .done = on_answer, .arg = f};
    enum hx_err e = notify_fill(g->url, v, NOTIFY_IN_URL, &url);
    if (mail) {
        str_to_utf8_z(str_of(o->text), subject, sizeof subject);
        notify_mail(g->sender, o->address, subject, o->text, o->key, clock_utc_ms(), &body);
        r.mail_from = g->sender, r.mail_to = o->address, r.user = g->account[0] != 0 ? g->account : NULL, r.secret = g->secret[0] != 0 ? g->secret : NULL;
    } else {
        if (!e) e = notify_fill(g->headers, v, NOTIFY_IN_HEADER, &headers);
        if (!e) e = notify_fill(g->body, v, NOTIFY_IN_BODY, &body);
        struct str trimmed = str_trim(str_of(g->body));
        buf_printf(&headers, "\nContent-Type: %s; charset=utf-8\nIdempotency-Key: %s\n", trimmed.len > 0 && trimmed.at[0] == '{' ? "application/json" : "application/x-www-form-urlencoded", o->key);
        r.headers = headers.at;
    }
    r.url = url.at != NULL ? url.at : "";
    r.body = buf_str(&body);
    if (!e) e = fetch_submit(sender.fetch, &r);
    if (e) {
        snprintf(f->fault, sizeof f->fault, "%s", err_text(e));
        land(f);
    }
    buf_free(&url);
    buf_free(&headers);
    buf_free(&body);
}

static void claimed(enum hx_err e, const char *detail, void *arg)
{
    struct claim *c = arg;
    sender.claiming = false;
    if (e) log_error("message.claim", "error=%s detail=\"%s\"", err_name(e), detail);
    for (size_t i = 0; !e && i < c->n; i++) {
        const struct gateway *g = NULL;
        for (size_t k = 0; k < c->gateway_count && g == NULL; k++)
            if (c->gateways[k].id == c->items[i].gateway_id) g = &c->gateways[k];
        if (strcmp(c->items[i].channel, "app") != 0) send_one(&c->items[i], g);
    }
    memset(c->gateways, 0, GATEWAYS_MAX * sizeof *c->gateways); /* they hold secrets */
    free(c->gateways);
    free(c->items);
    free(c);
}

static void look(void *arg)
{
    (void)arg;
    int64_t next = 0;
    if (sender.claiming || sender.app->writer == NULL || sender.in_flight > 4 * CLAIM_MAX) return;
    if (db_one_i64(sender.app->panels->db, SQL_DELIVERY_NEXT, &next, "") != HX_OK || next == 0 || next > clock_utc_ms()) return;
    struct claim *c = calloc(1, sizeof *c);
    HX_ASSERT(c != NULL);
    c->items = calloc(CLAIM_MAX, sizeof *c->items);
    c->gateways = calloc(GATEWAYS_MAX, sizeof *c->gateways);
    HX_ASSERT(c->items != NULL && c->gateways != NULL);
    sender.claiming = writer_submit(sender.app->writer, LANE_NORMAL, claim_due, claimed, c) == HX_OK;
    if (sender.claiming) return;
    free(c->items);
    free(c->gateways);
    free(c);
}

static void heard(const struct event *event, void *arg)
{
    if (strcmp(event->type, "message.made") == 0) look(arg);
    if (strncmp(event->type, "incident.", 9) == 0 || strncmp(event->type, "delivery.", 9) == 0) message_call_recheck(event->subject_id);
}

static enum hx_err interrupted(struct tx *tx, void *arg)
{
    (void)arg;
    return db_exec(tx->db, SQL_DELIVERY_INTERRUPTED, "");
}

enum hx_err message_sender_start(struct hx_app *app)
{
    sender.app = app;
    sender.fetch = fetch_start(app->loop, PARALLEL);
    message_call_start(app);
    journal_listen(app->journal, heard, NULL);
    loop_every(app->loop, TICK_MS, look, NULL);
    return writer_call(app->writer, interrupted, NULL, NULL, 0);
}

void message_sender_stop(void)
{
    if (sender.fetch != NULL) fetch_stop(sender.fetch);
    sender.fetch = NULL;
    message_call_stop();
}

void message_sender_metrics(struct buf *out)
{
    buf_printf(out, "# HELP huxue_deliveries_sent deliveries that a gateway took\nhuxue_deliveries_sent %llu\n# HELP huxue_deliveries_failed tries that failed\nhuxue_deliveries_failed %llu\n# HELP huxue_deliveries_in_flight deliveries being sent\nhuxue_deliveries_in_flight %lld\n",
               (unsigned long long)sender.sent, (unsigned long long)sender.failed, (long long)sender.in_flight);
}
