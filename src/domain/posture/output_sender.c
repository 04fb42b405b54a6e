/* Sends the commands that are due and reads their effect back. A device that took the command has acked; it has acted when its read-back or
 * its own report says so, and ten seconds of silence are no effect. A crash in between sends the same key again. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "domain/message/message_call.h"
#include "io/fetch.h"
#include "notify/notify_text.h"
#include "posture.h"

#define TICK_MS 100
#define TRIES_MAX 6
#define BACKOFF_MS 500 /* doubled with each try: seconds count */
#define FAILED_TRIES_MAX 60 /* it is told as failed, and tried on: a line may come back while the school is shut */
#define FAILED_MS 30000
#define TIMEOUT_MS 4000
#define FIRST_CHECK_MS 300
#define CHECK_MS 1000
#define EFFECT_MS 10000
#define PAGE_MS 180000 /* until a page is said to its end */
#define CLAIM_MAX 200
#define PARALLEL 200

static struct {
    struct hx_app *app;
    struct fetch *fetch;
    bool claiming;
} sender;

struct outgoing {
    int64_t id, output, school, posture, acked_at;
    int tries;
    bool check, silent; /* read the effect back; nothing is asked, the time is over */
    bool taken;         /* of a page: the loudspeaker has the call */
    char verb[12], text[256], drill[2], key[40], proof[8], url[512], headers[1024], body[2048], check_url[512], check_text[200], secret[200], name[80], device[64];
    /* The answer. */
    bool good;
    char fault[160];
};

struct claim {
    struct outgoing *items[CLAIM_MAX];
    size_t n;
};

static void outgoing_free(struct outgoing *o)
{
    OPENSSL_cleanse(o->secret, sizeof o->secret);
    free(o);
}

static struct outgoing *read_row(const struct rows *r)
{
    struct outgoing *o = calloc(1, sizeof *o);
    size_t n = 0;
    HX_ASSERT(o != NULL);
    *o = (struct outgoing){.id = rows_i64(r, 0), .output = rows_i64(r, 1), .check = str_eq(rows_str(r, 2), STR("acked")), .tries = (int)rows_i64(r, 8) + 1, .acked_at = rows_i64(r, 9), .school = rows_i64(r, 16), .posture = rows_i64(r, 17)};
    str_to_z(rows_str(r, 3), o->verb, sizeof o->verb);
    str_to_utf8_z(rows_str(r, 4), o->text, sizeof o->text);
    snprintf(o->drill, sizeof o->drill, "%d", rows_i64(r, 5) != 0);
    str_to_z(rows_str(r, 6), o->key, sizeof o->key);
    str_to_z(rows_str(r, 7), o->proof, sizeof o->proof);
    str_to_z(rows_str(r, 10), o->url, sizeof o->url);
    str_to_z(rows_str(r, 11), o->headers, sizeof o->headers);
    str_to_z(rows_str(r, 12), o->body, sizeof o->body);
    str_to_z(rows_str(r, 13), o->check_url, sizeof o->check_url);
    str_to_z(rows_str(r, 14), o->check_text, sizeof o->check_text);
    if (!rows_null(r, 15) && seal_break(&sender.app->panels->seal, rows_blob(r, 15), (uint8_t *)o->secret, sizeof o->secret - 1, &n)) log_error("output.secret", "command=%lld reason=\"the sealed secret does not open with keys/seal.key\"", (long long)o->id);
    o->secret[n] = 0;
    str_to_utf8_z(rows_str(r, 18), o->name, sizeof o->name);
    str_to_utf8_z(rows_str(r, 19), o->device, sizeof o->device);
    o->silent = o->check && strcmp(o->proof, "report") == 0;
    return o;
}

static enum hx_err claim_due(struct tx *tx, void *arg)
{
    struct claim *c = arg;
    struct rows r = db_query(tx->db, SQL_COMMAND_DUE, "i", tx->now_ms);
    while (c->n < CLAIM_MAX && rows_next(&r)) c->items[c->n++] = read_row(&r);
    enum hx_err e = r.err;
    rows_end(&r);
    for (size_t i = 0; !e && i < c->n; i++) {
        const struct outgoing *o = c->items[i];
        if (o->silent) e = command_effect(tx, o->id, false, "the device did not report");
        else e = db_exec(tx->db, o->check ? SQL_COMMAND_CHECKING : SQL_COMMAND_SENDING, "i", o->id);
    }
    return e;
}

/* ---- the answers ---- */

static enum hx_err store_sent(struct tx *tx, const struct outgoing *o)
{
    int64_t due = strcmp(o->proof, "read") == 0 ? tx->now_ms + FIRST_CHECK_MS : strcmp(o->proof, "report") == 0 ? tx->now_ms + (output_is_page(o->url) ? PAGE_MS : EFFECT_MS) : 0;
    bool last = !o->good && o->tries >= TRIES_MAX;
    int64_t again = o->tries < FAILED_TRIES_MAX ? tx->now_ms + FAILED_MS : 0;
    enum hx_err e = o->good ? db_exec(tx->db, SQL_COMMAND_ACKED, "iIi", tx->now_ms, due, o->id)
                    : last  ? db_exec(tx->db, SQL_COMMAND_FAILED, "Izi", again, o->fault, o->id)
                            : db_exec(tx->db, SQL_COMMAND_AGAIN, "izi", tx->now_ms + ((int64_t)BACKOFF_MS << (o->tries - 1)), o->fault, o->id);
    bool news = !e && db_changes(tx->db) > 0 && (o->good || o->tries == TRIES_MAX);
    if (!e) e = db_exec(tx->db, SQL_COMMAND_STALE, ""); /* a newer order waits: no further try, and no read-back of what it changes */
    return e || !news ? e : command_tell(tx, o->id, o->good ? "command.acked" : "command.failed");
}

static enum hx_err store_answer(struct tx *tx, void *arg)
{
    const struct outgoing *o = arg;
    if (!o->check) return store_sent(tx, o);
    if (o->good) return command_effect(tx, o->id, true, "");
    if (tx->now_ms - o->acked_at >= EFFECT_MS) return command_effect(tx, o->id, false, o->fault);
    return db_exec(tx->db, SQL_COMMAND_CHECK_AGAIN, "izi", tx->now_ms + CHECK_MS, o->fault, o->id);
}

static void answer_stored(enum hx_err e, const char *detail, void *arg)
{
    if (e) log_error("output.store", "error=%s detail=\"%s\"", err_name(e), detail);
    outgoing_free(arg);
}

static void land(struct outgoing *o)
{
    if (!o->good) log_write(o->check ? LOG_DEBUG : LOG_WARN, "output.failed", "command=%lld device=\"%s\" try=%d check=%d fault=\"%s\"", (long long)o->id, o->device, o->tries, o->check, o->fault);
    if (sender.app->writer == NULL || writer_submit(sender.app->writer, LANE_NORMAL, store_answer, answer_stored, o) != HX_OK) outgoing_free(o); /* sent again after a restart */
}

static void values_of(const struct outgoing *o, struct notify_value v[10])
{
    const struct posture_word *w = posture_word(o->verb);
    bool on = strcmp(o->verb, "clear") != 0;
    v[0] = (struct notify_value){"{verb}", o->verb};
    v[1] = (struct notify_value){"{word}", w != NULL ? w->zh : o->verb};
    v[2] = (struct notify_value){"{text}", o->text};
    v[3] = (struct notify_value){"{drill}", o->drill};
    v[4] = (struct notify_value){"{school}", o->name};
    v[5] = (struct notify_value){"{key}", o->key};
    v[6] = (struct notify_value){"{secret}", o->secret};
    v[7] = (struct notify_value){"{active}", on ? "active" : "inactive"}; /* as ONVIF says it */
    v[8] = (struct notify_value){"{onoff}", on ? "on" : "off"};
    v[9] = (struct notify_value){NULL, NULL};
}

static void on_answer(int status, struct str reply, const char *error, void *arg)
{
    struct outgoing *o = arg;
    bool accepted = status >= 200 && status < 300;
    if (status == 0) snprintf(o->fault, sizeof o->fault, "%.150s", error);
    else if (!accepted) snprintf(o->fault, sizeof o->fault, "the device answered %d", status);
    o->good = accepted;
    if (accepted && o->check) {
        struct notify_value v[10];
        struct buf want;
        char said[80];
        values_of(o, v);
        buf_init(&want, 1024);
        o->good = notify_fill(o->check_text, v, NOTIFY_PLAIN, &want) == HX_OK && want.len > 0 && memmem(reply.at, reply.len, want.at, want.len) != NULL;
        str_to_utf8_z(str_trim(reply), said, sizeof said);
        if (!o->good) snprintf(o->fault, sizeof o->fault, "read back: %s", said);
        buf_free(&want);
    }
    land(o);
}

/* ---- a page over SIP: the loudspeaker takes the call, and the text is said to it ---- */

static void on_taken(void *arg)
{
    struct outgoing *o = arg, *told = malloc(sizeof *told);
    HX_ASSERT(told != NULL);
    o->taken = o->good = true;
    *told = *o;
    land(told);
}

static enum hx_err store_page(struct tx *tx, void *arg)
{
    const struct outgoing *o = arg;
    return command_effect(tx, o->id, o->good, o->fault);
}

/* Taken is acked; said to its end is confirmed. */
static void paged(enum phone_end end, const char *why, void *arg)
{
    struct outgoing *o = arg;
    o->good = end == PHONE_SAID;
    if (!o->good) snprintf(o->fault, sizeof o->fault, "%s", end == PHONE_STOPPED ? "a newer order came" : why);
    if (!o->taken) land(o);
    else if (sender.app->writer == NULL || writer_submit(sender.app->writer, LANE_NORMAL, store_page, answer_stored, o) != HX_OK) outgoing_free(o);
}

/* A line of the headers, as "Account: 8001". */
static void header_of(const struct outgoing *o, const char *name, char *out, size_t size)
{
    struct str rest = str_of(o->headers), line, key;
    while (str_split(&rest, '\n', &line))
        if (str_split(&line, ':', &key) && str_eq(str_trim(key), str_of(name))) str_to_z(str_trim(line), out, size);
}

static void page(struct outgoing *o)
{
    struct message_call c = {.subject_id = o->output, .page = true, .from = "huxue", .taken = on_taken, .done = paged, .arg = o};
    str_to_z(str_of(o->url), c.uri, sizeof c.uri);
    snprintf(c.text, sizeof c.text, "%s%s", o->drill[0] == '1' ? "演练。" : "", o->text);
    str_to_z(str_of(o->secret), c.secret, sizeof c.secret);
    header_of(o, "From", c.from, sizeof c.from);
    header_of(o, "Account", c.account, sizeof c.account);
    message_call_place(&c);
    OPENSSL_cleanse(c.secret, sizeof c.secret);
}

static void send_one(struct outgoing *o)
{
    if (!o->check && output_is_page(o->url)) {
        page(o);
        return;
    }
    static const char body_by_default[] = "{\"verb\":\"{verb}\",\"word\":\"{word}\",\"text\":\"{text}\",\"drill\":\"{drill}\",\"school\":\"{school}\",\"key\":\"{key}\"}";
    struct notify_value v[10];
    struct buf url, headers, body;
    values_of(o, v);
    buf_init(&url, 4096);
    buf_init(&headers, 4096);
    buf_init(&body, 16384);
    enum hx_err e = notify_fill(o->check ? o->check_url : o->url, v, NOTIFY_IN_URL, &url);
    if (!e) e = notify_fill(o->headers, v, NOTIFY_IN_HEADER, &headers);
    if (!e && !o->check) e = notify_fill(o->body[0] != 0 ? o->body : body_by_default, v, NOTIFY_IN_BODY, &body);
    struct str trimmed = str_trim(buf_str(&body));
    if (!o->check) buf_printf(&headers, "\nContent-Type: %s; charset=utf-8\nIdempotency-Key: %s\n", trimmed.len > 0 && trimmed.at[0] == '{' ? "application/json" : trimmed.len > 0 && trimmed.at[0] == '<' ? "application/soap+xml" : "application/x-www-form-urlencoded", o->key);
    struct fetch_request r = {.url = url.at != NULL ? url.at : "", .headers = headers.at, .get = o->check, .body = buf_str(&body), .timeout_ms = TIMEOUT_MS, .done = on_answer, .arg = o};
    if (!e) e = fetch_submit(sender.fetch, &r);
    buf_free(&url);
    buf_free(&headers);
    buf_free(&body);
    if (!e) return;
    snprintf(o->fault, sizeof o->fault, "%s", err_text(e));
    land(o);
}

static void claimed(enum hx_err e, const char *detail, void *arg)
{
    struct claim *c = arg;
    sender.claiming = false;
    if (e) log_error("output.claim", "error=%s detail=\"%s\"", err_name(e), detail);
    for (size_t i = 0; i < c->n; i++) {
        if (e || c->items[i]->silent || sender.fetch == NULL) outgoing_free(c->items[i]);
        else send_one(c->items[i]);
    }
    free(c);
}

static void look(void *arg)
{
    (void)arg;
    int64_t next = 0;
    if (sender.claiming || sender.fetch == NULL || sender.app->writer == NULL) return;
    if (db_one_i64(sender.app->panels->db, SQL_COMMAND_NEXT, &next, "") != HX_OK || next == 0 || next > clock_utc_ms()) return;
    struct claim *c = calloc(1, sizeof *c);
    HX_ASSERT(c != NULL);
    sender.claiming = writer_submit(sender.app->writer, LANE_NORMAL, claim_due, claimed, c) == HX_OK;
    if (!sender.claiming) free(c);
}

static void heard(const struct event *event, void *arg)
{
    json_t *j = NULL;
    char why[160];
    if (strcmp(event->type, "command.asked") != 0) return;
    if (json_parse((struct str){event->data, event->data_bytes}, &j, why, sizeof why) == HX_OK) message_call_end(json_i64(j, "output_id", 0)); /* what is still being said is not so any more */
    json_decref(j);
    look(arg);
}

static enum hx_err interrupted(struct tx *tx, void *arg)
{
    (void)arg;
    enum hx_err e = db_exec(tx->db, SQL_COMMAND_INTERRUPTED, "");
    if (!e) e = db_exec(tx->db, SQL_COMMAND_UNCHECKED, "");
    return e ? e : db_exec(tx->db, SQL_COMMAND_STALE, "");
}

enum hx_err output_sender_start(struct hx_app *app)
{
    sender.app = app;
    sender.fetch = fetch_start(app->loop, PARALLEL);
    journal_listen(app->journal, heard, NULL);
    loop_every(app->loop, TICK_MS, look, NULL);
    return writer_call(app->writer, interrupted, NULL, NULL, 0);
}

void output_sender_stop(void)
{
    if (sender.fetch != NULL) fetch_stop(sender.fetch);
    sender.fetch = NULL;
}
