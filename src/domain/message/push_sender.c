/* Gives push services what waits, and notes what they say. A crash in between sends once more: the notice has the same tag, and replaces itself. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/url.h"
#include "io/fetch.h"
#include "notify/push.h"
#include "push_book.h"

#define TICK_MS 500
#define TRIES_MAX 5
#define BACKOFF_MS 4000 /* doubled with each try */
#define TIMEOUT_MS 10000
#define PARALLEL 50
#define CLAIM_MAX 200
#define TTL_S 3600           /* older, it is no news */
#define TOKEN_S (12 * 3600)  /* a day at most, RFC 8292 section 2 */

static struct {
    struct hx_app *app;
    struct fetch *fetch;
    EVP_PKEY *key;
    char public_key[100], contact[200], services[400];
    bool claiming;
    bool on; /* from the start on; read by the writer's thread too */
} pusher;

bool push_on(void) { return pusher.on; }
const char *push_public_key(void) { return pusher.public_key; }

bool push_may_post_to(const char *endpoint)
{
    struct url u;
    struct str host, rest = str_of(pusher.services), one;
    if (url_read(str_of(endpoint), "https http", &u) || u.login[0] != 0) return false;
    host = url_host(url_authority(u.url));
    if (strncmp(u.url, "http://", 7) == 0 && !str_eq(host, STR("127.0.0.1"))) return false;
    while (str_split(&rest, ' ', &one)) {
        one = str_trim(one);
        if (one.len == 0 || host.len < one.len) continue;
        struct str tail = {host.at + host.len - one.len, one.len};
        if (str_eq(tail, one) && (host.len == one.len || host.at[host.len - one.len - 1] == '.')) return true;
    }
    return false;
}

/* ---- the key ---- */

static EVP_PKEY *key_read(const char *path)
{
    FILE *f = fopen(path, "re");
    EVP_PKEY *key = f != NULL ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
    if (f != NULL) fclose(f);
    return key;
}

static EVP_PKEY *key_make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    EVP_PKEY *key = f != NULL ? push_key_new() : NULL;
    bool good = key != NULL && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 && fflush(f) == 0 && fsync(fd) == 0;
    if (f != NULL) fclose(f);
    if (good) return key;
    EVP_PKEY_free(key);
    return NULL;
}

static enum hx_err open_key(const char *dir)
{
    char path[4200];
    uint8_t point[PUSH_POINT_BYTES];
    snprintf(path, sizeof path, "%s/keys/push.key", dir);
    pusher.key = access(path, F_OK) == 0 ? key_read(path) : key_make(path);
    if (pusher.key == NULL || EVP_PKEY_get_base_id(pusher.key) != EVP_PKEY_EC) {
        log_error("push.key", "path=%s reason=\"want a private key on P-256 in PEM\"", path);
        return HX_E_STORE;
    }
    push_key_point(pusher.key, point);
    base64url_encode(point, sizeof point, pusher.public_key);
    return HX_OK;
}

/* ---- sending ---- */

struct post {
    int64_t id, device_id, delivery_id, incident_id;
    int tries, status;
    bool drill, dropped;
    char endpoint[1002], p256dh[101], auth[31], text[512], lang[8], fault[120];
};

struct claim {
    struct post *posts[CLAIM_MAX];
    size_t n;
};

static enum hx_err claim_due(struct tx *tx, void *arg)
{
    struct claim *c = arg;
    struct rows r = db_query(tx->db, SQL_PUSH_POST_DUE, "i", tx->now_ms);
    while (c->n < CLAIM_MAX && rows_next(&r)) {
        struct post *p = calloc(1, sizeof *p);
        HX_ASSERT(p != NULL);
        *p = (struct post){.id = rows_i64(&r, 0), .device_id = rows_i64(&r, 1), .tries = (int)rows_i64(&r, 2) + 1, .delivery_id = rows_i64(&r, 7), .incident_id = rows_i64(&r, 9), .drill = rows_i64(&r, 10) != 0};
        str_to_z(rows_str(&r, 3), p->endpoint, sizeof p->endpoint);
        str_to_z(rows_str(&r, 4), p->p256dh, sizeof p->p256dh);
        str_to_z(rows_str(&r, 5), p->auth, sizeof p->auth);
        str_to_utf8_z(rows_str(&r, 6), p->text, sizeof p->text);
        str_to_z(rows_str(&r, 11), p->lang, sizeof p->lang);
        p->dropped = p->delivery_id != 0 && !str_eq(rows_str(&r, 8), STR("sent")); /* seen on the page meanwhile */
        c->posts[c->n++] = p;
    }
    enum hx_err e = r.err;
    rows_end(&r);
    for (size_t i = 0; !e && i < c->n; i++) e = db_exec(tx->db, SQL_PUSH_POST_SENDING, "zi", c->posts[i]->dropped ? "dropped" : "sending", c->posts[i]->id);
    return e;
}

/* 404 and 410: the browser has unsubscribed, or its user has taken the right back. */
static enum hx_err store_answer(struct tx *tx, void *arg)
{
    const struct post *p = arg;
    bool good = p->status >= 200 && p->status < 300, gone = p->status == 404 || p->status == 410;
    bool last = !good && (p->tries >= TRIES_MAX || (p->status >= 400 && p->status < 500 && p->status != 429));
    if (gone) {
        enum hx_err e = db_exec(tx->db, SQL_PUSH_POSTS_DROP, "i", p->device_id);
        if (!e) e = db_exec(tx->db, SQL_PUSH_DEVICE_DROP, "i", p->device_id);
        return e ? e : journal_add(tx, "push.dropped", 0, p->device_id, json_pack("{s:s}", "reason", "its service does not know it any more"));
    }
    enum hx_err e = db_exec(tx->db, SQL_PUSH_POST_DONE, "zizi", good ? "sent" : last ? "failed" : "waiting", tx->now_ms + ((int64_t)BACKOFF_MS << (p->tries - 1)), p->fault, p->id);
    if (!e) e = db_exec(tx->db, SQL_PUSH_DEVICE_SAID, "Izi", good ? tx->now_ms : 0, p->fault, p->device_id);
    return e || !(good || last) ? e : journal_add(tx, good ? "push.sent" : "push.failed", 0, p->id, json_pack("{s:I,s:I,s:s}", "device_id", (json_int_t)p->device_id, "delivery_id", (json_int_t)p->delivery_id, "fault", p->fault));
}

static void answer_stored(enum hx_err e, const char *detail, void *arg)
{
    if (e) log_error("push.store", "error=%s detail=\"%s\"", err_name(e), detail);
    free(arg);
}

static void on_answer(int status, struct str reply, const char *error, void *arg)
{
    struct post *p = arg;
    (void)reply;
    p->status = status;
    if (status == 0) snprintf(p->fault, sizeof p->fault, "%.110s", error);
    else if (status >= 300) snprintf(p->fault, sizeof p->fault, "the push service answered %d", status);
    if (p->fault[0] != 0) log_warn("push.failed", "device=%lld try=%d fault=\"%s\"", (long long)p->device_id, p->tries, p->fault);
    if (pusher.app->writer == NULL || writer_submit(pusher.app->writer, LANE_NORMAL, store_answer, answer_stored, p) != HX_OK) free(p);
}

/* What the phone shows; its page asks for the rest. */
static char *words_of(const struct post *p)
{
    bool en = strcmp(p->lang, "en") == 0;
    const char *text = p->delivery_id != 0 ? p->text : en ? "Trial: this phone is woken when something happens." : "试发：有事时本机会收到提醒。";
    json_t *j = json_pack("{s:s,s:s,s:I,s:I,s:b}", "title", en ? "Huxue" : "护学", "text", text, "delivery", (json_int_t)p->delivery_id, "incident", (json_int_t)p->incident_id, "drill", p->drill);
    char *z = json_text(j);
    json_decref(j);
    return z;
}

static void send_one(struct post *p)
{
    struct push_keys keys;
    struct buf body, headers;
    char *words = words_of(p);
    buf_init(&body, 8192);
    buf_init(&headers, 4096);
    enum hx_err e = push_may_post_to(p->endpoint) && push_keys_read(str_of(p->p256dh), str_of(p->auth), &keys) ? push_encrypt(&keys, str_of(words), &body) : HX_E_INVALID;
    if (!e) e = push_vapid(pusher.key, p->endpoint, pusher.contact, clock_utc_ms() / 1000 + TOKEN_S, &headers);
    buf_printf(&headers, "\nTTL: %d\nUrgency: high\nContent-Encoding: aes128gcm\nContent-Type: application/octet-stream\n", TTL_S);
    struct fetch_request r = {.url = p->endpoint, .headers = headers.at, .body = buf_str(&body), .timeout_ms = TIMEOUT_MS, .done = on_answer, .arg = p};
    if (e) on_answer(400, STR(""), "", p); /* its keys or its service are none that we may use */
    else if (fetch_submit(pusher.fetch, &r) != HX_OK) on_answer(0, STR(""), "too many messages wait", p);
    buf_free(&body);
    buf_free(&headers);
    free(words);
}

static void claimed(enum hx_err e, const char *detail, void *arg)
{
    struct claim *c = arg;
    pusher.claiming = false;
    if (e) log_error("push.claim", "error=%s detail=\"%s\"", err_name(e), detail);
    for (size_t i = 0; i < c->n; i++) {
        if (e || c->posts[i]->dropped || pusher.fetch == NULL) free(c->posts[i]);
        else send_one(c->posts[i]);
    }
    free(c);
}

static void look(void *arg)
{
    (void)arg;
    int64_t next = 0;
    if (pusher.claiming || pusher.fetch == NULL || pusher.app->writer == NULL) return;
    if (db_one_i64(pusher.app->panels->db, SQL_PUSH_POST_NEXT, &next, "") != HX_OK || next == 0 || next > clock_utc_ms()) return;
    struct claim *c = calloc(1, sizeof *c);
    HX_ASSERT(c != NULL);
    pusher.claiming = writer_submit(pusher.app->writer, LANE_NORMAL, claim_due, claimed, c) == HX_OK;
    if (!pusher.claiming) free(c);
}

static void heard(const struct event *event, void *arg)
{
    if (strcmp(event->type, "push.queued") == 0) look(arg);
}

static enum hx_err interrupted(struct tx *tx, void *arg)
{
    (void)arg;
    return db_exec(tx->db, SQL_PUSH_POST_INTERRUPTED, "");
}

enum hx_err push_start(struct hx_app *app, const struct push_settings *s)
{
    pusher.app = app;
    if (s->contact[0] == 0) return HX_OK;
    if ((strncmp(s->contact, "mailto:", 7) != 0 && strncmp(s->contact, "https://", 8) != 0) || strpbrk(s->contact, "\"\\") != NULL) {
        log_error("push.contact", "reason=\"want mailto:address or https://address\"");
        return HX_E_INVALID;
    }
    snprintf(pusher.contact, sizeof pusher.contact, "%s", s->contact);
    snprintf(pusher.services, sizeof pusher.services, "%s", s->services);
    enum hx_err e = open_key(app->data_dir);
    if (e) return e;
    pusher.on = true;
    pusher.fetch = fetch_start(app->loop, PARALLEL);
    journal_listen(app->journal, heard, NULL);
    loop_every(app->loop, TICK_MS, look, NULL);
    return writer_call(app->writer, interrupted, NULL, NULL, 0);
}

void push_stop(void)
{
    if (pusher.fetch != NULL) fetch_stop(pusher.fetch);
    pusher.fetch = NULL;
    EVP_PKEY_free(pusher.key);
    pusher.key = NULL;
}
