#include "api.h"

#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "api/fields.h"
#include "api/live.h"
#include "api/request.h"
#include "api/schema.h"
#include "api/web.h"
#include "base/sentence.h"
#include "base/clock.h"
#include "base/log.h"

#define ROUTES_MAX 512
#define CALLS_MAX 4000 /* requests under way; more are told to come again */
#define JSON_TYPE "application/json; charset=utf-8"
#define IDEMPOTENCY_KEPT_MS (2 * 86400000LL)

struct route {
    const struct hx_route *row;
    const json_t *schema;
    bool body_required;
};

struct api {
    struct api_settings set;
    struct hx_app *app;
    struct http_server *http, *https, *link;
    struct pool *readers;
    struct live *live;
    struct schema schema;
    struct route routes[ROUTES_MAX];
    size_t route_count;
    size_t under_way;
    uint64_t calls, errors;
    char fault[160];
    int64_t started_ms;
};

/* A request on its way: loop → reader thread → (writer thread) → loop. */
struct journey {
    struct api *api;
    struct http_request *request;
    const struct route *route;
    struct auth_claim claim;
    struct call call;
    char idempotency[80];
    uint8_t request_hash[32];
    int64_t last_event;
    enum hx_err err;
    bool replayed;
    char *text; /* the reply, made on the worker's thread */
    bool secure;
    uint64_t trace;
};

/* ---- finding a route ---- */

static bool path_fits(const char *pattern, struct str path, char params[CALL_PARAMS_MAX][64])
{
    struct str want = str_of(pattern), have = path, w, h;
    int n = 0;
    for (;;) {
        bool more = str_split(&want, '/', &w), more_have = str_split(&have, '/', &h);
        if (more != more_have) return false;
        if (!more) return true;
        if (w.len > 0 && w.at[0] == '{') {
            if (h.len == 0 || h.len > 63 || n == CALL_PARAMS_MAX) return false;
            str_to_z(h, params[n++], 64);
        } else if (!str_eq(w, h)) {
            return false;
        }
    }
}

static const struct route *find_route(const struct api *a, struct journey *j, enum http_method method, struct str path, bool *other_method)
{
    *other_method = false;
    for (size_t i = 0; i < a->route_count; i++) {
        const struct route *r = &a->routes[i];
        if (!path_fits(r->row->path, path, j->call.params)) continue;
        if (r->row->method == method) return r;
        *other_method = true;
    }
    return NULL;
}

/* ---- answering ---- */

static void add_common_headers(struct http_request *r)
{
    http_add_header(r, "Cache-Control", "no-store");
    http_add_header(r, "X-Content-Type-Options", "nosniff");
    http_add_header(r, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox");
}

static bool speaks_chinese(struct http_request *r)
{
    return strncasecmp(http_header(r, "Accept-Language") != NULL ? http_header(r, "Accept-Language") : "", "zh", 2) == 0;
}

static void send_problem(struct http_request *r, enum hx_err e, const char *detail, json_t *current, uint64_t trace)
{
    char name[32], id[20];
    bool chinese = speaks_chinese(r);
    size_t n = 0;
    for (const char *p = err_name(e); *p != 0 && n < sizeof name - 1; p++) name[n++] = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
    name[n] = 0;
    snprintf(id, sizeof id, "%016llx", (unsigned long long)trace);
    json_t *j = json_object();
    json_put_z(j, "type", "about:blank");
    json_put_z(j, "title", sentence_in(chinese, err_text(e)));
    json_put_i64(j, "status", err_status(e));
    json_put_z(j, "code", name);
    json_put_z(j, "detail", sentence_in(chinese, detail[0] != 0 ? detail : err_text(e)));
    json_put_z(j, "trace", id);
    if (current != NULL) json_object_set_new(j, "current", current);
    char *text = json_text(j);
    add_common_headers(r);
    http_reply(r, err_status(e), "application/problem+json", str_of(text));
    free(text);
    json_decref(j);
}

static void journey_free(struct journey *j)
{
    j->api->under_way--;
    json_decref(j->call.body);
    json_decref(j->call.reply);
    free((char *)(uintptr_t)j->call.raw.at);
    free(j->call.bytes);
    free(j->text);
    free(j);
}

static void arrive(void *arg)
{
    struct journey *j = arg;
    struct call *c = &j->call;
    if (j->err) {
        j->api->errors++;
        if (err_status(j->err) >= 500) log_error("api.failed", "operation=%s error=%s detail=\"%s\" trace=%016llx", j->route->row->operation, err_name(j->err), c->detail, (unsigned long long)j->trace);
        send_problem(j->request, j->err, c->detail, c->current, j->trace);
        journey_free(j);
        return;
    }
    if (strcmp(j->route->row->operation, "liveFollow") == 0) {
        live_attach(j->api->live, j->request, &c->who, &j->claim, j->last_event, call_query_z(c, "only", ""));
        journey_free(j);
        return;
    }
    if (c->feed_subject != 0) {
        live_attach_subject(j->api->live, j->request, c->feed_subject, c->feed_only, j->last_event);
        journey_free(j);
        return;
    }
    if (c->set_cookie[0] != 0) {
        char cookie[300];
        snprintf(cookie, sizeof cookie, "%s%s", c->set_cookie, j->secure ? "; Secure" : "");
        http_add_header(j->request, "Set-Cookie", cookie);
    }
    add_common_headers(j->request);
    int status = c->status ? c->status : 200;
    if (j->text != NULL) http_reply(j->request, status, JSON_TYPE, str_of(j->text));
    else http_reply(j->request, status, c->bytes_type, (struct str){c->bytes != NULL ? c->bytes : "", c->bytes_n});
    journey_free(j);
}

static void make_text(struct journey *j)
{
    struct call *c = &j->call;
    if (j->err || c->reply == NULL || j->text != NULL) return;
    fields_hide(c->reply, c->who.tree);
    j->text = json_text(c->reply);
}

/* ---- on the threads ---- */

static enum hx_err check_idempotency(struct journey *j, struct db *db)
{
    struct rows r = db_query(db, SQL_IDEMPOTENCY_GET, "iz", j->call.who.id, j->idempotency);
    enum hx_err e = HX_OK;
    if (rows_next(&r)) {
        struct str hash = rows_blob(&r, 0);
        if (hash.len != sizeof j->request_hash || memcmp(hash.at, j->request_hash, hash.len) != 0) {
            e = call_fail(&j->call, HX_E_CONFLICT, "this Idempotency-Key was used for another request");
        } else {
            j->replayed = true;
            j->call.status = (int)rows_i64(&r, 1);
            j->text = str_dup(rows_str(&r, 2));
        }
    }
    if (r.err) e = r.err;
    rows_end(&r);
    return e;
}

static enum hx_err run_write(struct tx *tx, void *arg)
{
    struct journey *j = arg;
    struct call *c = &j->call;
    tx->person_id = c->who.id;
    tx->chinese = c->chinese;
    c->tx = tx;
    c->db = tx->db;
    enum hx_err e = j->idempotency[0] != 0 ? check_idempotency(j, tx->db) : HX_OK;
    if (e || j->replayed) return e;
    e = record_keep(tx, j->idempotency, j->route->row->operation, &c->record);
    if (!e) e = j->route->row->handler(c);
    if (!e && j->idempotency[0] != 0) {
        char *text = json_text(c->reply);
        e = db_exec(tx->db, SQL_IDEMPOTENCY_PRUNE, "i", tx->now_ms - IDEMPOTENCY_KEPT_MS);
        if (!e) e = db_exec(tx->db, SQL_IDEMPOTENCY_ADD, "izbizi", c->who.id, j->idempotency, (const void *)j->request_hash, sizeof j->request_hash, (int64_t)(c->status ? c->status : 200), text, tx->now_ms);
        free(text);
    }
    if (e && c->detail[0] == 0) snprintf(c->detail, sizeof c->detail, "%s", tx->detail);
    return e;
}

static void written(enum hx_err e, const char *detail, void *arg)
{
    struct journey *j = arg;
    j->err = e;
    if (e && j->call.detail[0] == 0) snprintf(j->call.detail, sizeof j->call.detail, "%s", detail);
    if (e == HX_E_STORE && detail[0] == 0) snprintf(j->call.detail, sizeof j->call.detail, "%s", err_text(e));
    make_text(j);
    arrive(j);
}

static enum hx_err parse_body(struct journey *j)
{
    struct call *c = &j->call;
    char why[200];
    if (j->route->schema == NULL) return HX_OK;
    if (c->raw.len == 0 && !j->route->body_required) {
        c->body = json_object();
        return HX_OK;
    }
    if (json_parse(c->raw, &c->body, why, sizeof why)) return call_fail(c, HX_E_MALFORMED, "the body is no JSON: %s", why);
    if (!schema_check(&j->api->schema, j->route->schema, c->body, c->chinese, why, sizeof why)) return call_fail(c, HX_E_INVALID, "%s", why);
    return HX_OK;
}

static enum hx_err check_person(struct journey *j, struct db *db)
{
    enum perm perm = j->route->row->perm;
    enum hx_err e = auth_person(db, &j->claim, clock_utc_ms(), &j->call.who);
    if (perm == PERM_NONE) return HX_OK;
    if (e == HX_E_FORBIDDEN) return call_fail(&j->call, e, "a write from the browser needs the X-CSRF-Token header of this session");
    if (e) return e;
    if (!(j->call.who.perms >> perm & 1)) return call_fail(&j->call, HX_E_FORBIDDEN, "this needs the permission %s", perm_name(perm));
    return HX_OK;
}

static void run_on_reader(void *state, void *arg)
{
    struct journey *j = arg;
    struct call *c = &j->call;
    const struct hx_route *row = j->route->row;
    c->db = state;
    j->err = check_person(j, c->db);
    if (!j->err && row->method != HX_GET) record_judge(c->db, c->who.id, &c->record), j->err = parse_body(j);
    if (!j->err && row->prepare != NULL) j->err = row->prepare(c);
    if (!j->err && row->method == HX_GET && row->handler != NULL) {
        db_snapshot(c->db);
        j->err = row->handler(c);
        db_snapshot_end(c->db);
        make_text(j);
    }
}

static void left_reader(void *arg)
{
    struct journey *j = arg;
    if (j->err || j->route->row->method == HX_GET) {
        arrive(j);
        return;
    }
    /* A phone's button overtakes everything else that people write. */
    enum writer_lane lane = j->route->row->perm == PERM_PANIC ? LANE_URGENT : LANE_NORMAL;
    /* While we stop, the writer has gone before the last requests. */
    j->err = j->api->app->writer != NULL ? writer_submit(j->api->app->writer, lane, run_write, written, j) : HX_E_BUSY;
    if (j->err) arrive(j);
}

/* ---- on the loop ---- */

static void copy_request(struct journey *j, struct http_request *r)
{
    struct call *c = &j->call;
    struct str body = http_body(r);
    const char *match = http_header(r, "If-Match"), *key = http_header(r, "Idempotency-Key"), *last = http_header(r, "Last-Event-ID");
    c->route = j->route->row;
    c->raw = (struct str){str_dup(body), body.len};
    str_to_z(str_of(http_peer(r)), c->peer, sizeof c->peer);
    http_peer_name(r, c->peer_name, sizeof c->peer_name);
    str_to_z(str_of(http_header(r, "webhook-id")), c->signature.id, sizeof c->signature.id);
    str_to_z(str_of(http_header(r, "webhook-timestamp")), c->signature.at, sizeof c->signature.at);
    str_to_z(str_of(http_header(r, "webhook-signature")), c->signature.text, sizeof c->signature.text);
    c->if_match = -1;
    c->chinese = speaks_chinese(r);
    struct str version = str_of(match);
    if (version.len >= 2 && version.at[0] == '"') version.at++, version.len -= 2;
    if (match != NULL) str_to_i64(version, &c->if_match);
    str_to_z(str_of(key), j->idempotency, sizeof j->idempotency);
    record_read(http_header(r, "Huxue-Record"), http_method_name(http_method(r)), http_path(r), j->idempotency, body, &c->record);
    if (key != NULL) {
        struct buf b;
        buf_init(&b, HTTP_BODY_MAX + 1024);
        struct str path = http_path(r);
        buf_printf(&b, "%s %.*s\n", http_method_name(http_method(r)), (int)path.len, path.at);
        buf_add(&b, body.at, body.len);
        HX_ASSERT(EVP_Digest(b.at, b.len, j->request_hash, NULL, EVP_sha256(), NULL) == 1);
        buf_free(&b);
    }
    request_queries(r, c);
    request_claim(r, &j->claim);
    snprintf(c->secret, sizeof c->secret, "%s", j->claim.secret);
    j->last_event = -1;
    if (last == NULL) j->last_event = call_query_i64(c, "after", -1);
    else str_to_i64(str_of(last), &j->last_event);
}

static void send_metrics(struct api *a, struct http_request *r)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    struct writer_health h = writer_health(a->app->writer);
    buf_printf(&b, "# TYPE huxue_commits_total counter\nhuxue_commits_total %llu\n# TYPE huxue_jobs_total counter\nhuxue_jobs_total %llu\n"
                   "# TYPE huxue_jobs_refused_total counter\nhuxue_jobs_refused_total %llu\n# TYPE huxue_jobs_queued gauge\nhuxue_jobs_queued %zu\n",
               (unsigned long long)h.commits, (unsigned long long)h.jobs, (unsigned long long)h.refused, h.queued);
    buf_printf(&b, "# TYPE huxue_journal_seq counter\nhuxue_journal_seq %lld\n# TYPE huxue_live_readers gauge\nhuxue_live_readers %zu\n"
                   "# TYPE huxue_live_dropped_total counter\nhuxue_live_dropped_total %llu\n",
               (long long)journal_committed(a->app->journal), live_readers(a->live), (unsigned long long)live_dropped(a->live));
    buf_printf(&b, "# TYPE huxue_requests_total counter\nhuxue_requests_total %llu\n# TYPE huxue_request_errors_total counter\nhuxue_request_errors_total %llu\n",
               (unsigned long long)a->calls, (unsigned long long)a->errors);
    for (const struct hx_module *const *m = a->set.modules; *m != NULL; m++)
        if ((*m)->metrics != NULL) (*m)->metrics(&b);
    if (a->set.metrics != NULL) a->set.metrics(&b);
    http_reply(r, 200, "text/plain; version=0.0.4", buf_str(&b));
    buf_free(&b);
}

static void send_health(struct api *a, struct http_request *r)
{
    struct writer_health h = writer_health(a->app->writer);
    bool good = !h.broken && !h.refusing && a->fault[0] == 0;
    json_t *j = json_object(), *store = json_object();
    json_put_z(j, "status", good ? "ok" : "failing");
    json_put_z(store, "status", h.broken ? "broken" : h.refusing ? "refusing" : "ok");
    if (!good) json_put_z(store, "reason", h.reason[0] != 0 ? h.reason : a->fault);
    json_put_time(store, "last_commit_at", h.last_ok_ms);
    json_put_i64(store, "queued", (json_int_t)h.queued);
    json_object_set_new(j, "store", store);
    json_put_time(j, "started_at", a->started_ms);
    json_put_time(j, "now", clock_utc_ms());
    json_put_i64(j, "journal_seq", journal_committed(a->app->journal));
    json_put_i64(j, "panels", (json_int_t)a->app->panels->count);
    json_put_i64(j, "live_readers", (json_int_t)live_readers(a->live));
    char *text = json_text(j);
    add_common_headers(r);
    http_reply(r, good ? 200 : 503, JSON_TYPE, str_of(text));
    free(text);
    json_decref(j);
}

static bool is_local(const struct http_request *r)
{
    return strncmp(http_peer(r), "127.", 4) == 0 || strncmp(http_peer(r), "[::1]", 5) == 0;
}

static uint64_t next_trace(void)
{
    static atomic_uint_fast64_t n;
    return (uint64_t)clock_utc_ms() << 20 | (atomic_fetch_add(&n, 1) & 0xFFFFF);
}

/* The certificate of the local authority, for phones to install; its key stays where it is. */
static void send_authority(struct api *a, struct http_request *r)
{
    char path[4200], pem[8192];
    snprintf(path, sizeof path, "%s/keys/ca.crt", a->app->data_dir);
    FILE *f = fopen(path, "r");
    size_t n = f != NULL ? fread(pem, 1, sizeof pem, f) : 0;
    if (f != NULL) fclose(f);
    http_add_header(r, "X-Content-Type-Options", "nosniff");
    if (n == 0) http_reply(r, 404, "text/plain; charset=utf-8", STR("There is no local CA here: see `huxue tls make`. 尚未建立本地证书。\n"));
    else http_reply(r, 200, "application/x-x509-ca-cert", (struct str){pem, n});
}

static void handle(struct api *a, struct http_request *r, bool secure)
{
    struct str path = http_path(r);
    a->calls++;
    if (str_eq(path, STR("/healthz"))) {
        send_health(a, r);
        return;
    }
    if (str_eq(path, STR("/metrics")) && is_local(r)) {
        send_metrics(a, r);
        return;
    }
    if (str_eq(path, STR("/v1/openapi.json"))) {
        http_add_header(r, "Cache-Control", "no-cache");
        http_reply_static(r, 200, JSON_TYPE, schema_text());
        return;
    }
    if (str_eq(path, STR("/ca.crt"))) {
        send_authority(a, r);
        return;
    }
    if (!str_starts(path, STR("/v1/")) && !str_eq(path, STR("/metrics"))) {
        web_reply(r);
        return;
    }
    struct journey *j = calloc(1, sizeof *j);
    HX_ASSERT(j != NULL);
    bool other_method;
    j->api = a;
    j->request = r;
    j->secure = secure;
    j->trace = next_trace();
    j->route = find_route(a, j, http_method(r), path, &other_method);
    enum hx_err e = j->route == NULL ? (other_method ? HX_E_METHOD : HX_E_NOT_FOUND) : a->under_way >= CALLS_MAX ? HX_E_BUSY : HX_OK;
    if (e) {
        send_problem(r, e, e == HX_E_NOT_FOUND ? "there is no such address" : "", NULL, j->trace);
        free(j);
        return;
    }
    a->under_way++;
    copy_request(j, r);
    if (pool_submit(a->readers, run_on_reader, left_reader, j)) {
        j->err = HX_E_BUSY;
        arrive(j);
    }
}

static void handle_http(struct http_request *r, void *arg)
{
    handle(arg, r, false);
}

static void handle_https(struct http_request *r, void *arg)
{
    handle(arg, r, true);
}

/* Whoever has a certificate may tell what happens below, and nothing else. */
static void handle_link(struct http_request *r, void *arg)
{
    struct str path = http_path(r), events = STR("/events");
    bool told = str_starts(path, STR("/v1/children/")) && path.len > events.len && memcmp(path.at + path.len - events.len, events.at, events.len) == 0;
    if (told) handle(arg, r, true);
    else http_reply(r, 404, "text/plain", STR("only /v1/children/{id}/events is here\n"));
}

/* ---- start and stop ---- */

static void *open_reader(void *arg)
{
    struct db *db = NULL;
    HX_ASSERT(db_open(arg, DB_READ, &db) == HX_OK);
    return db;
}

static void close_reader(void *state)
{
    db_close(state);
}

static enum hx_err take_routes(struct api *a, const struct hx_module *m)
{
    for (size_t i = 0; i < m->route_count; i++) {
        const struct hx_route *row = &m->routes[i];
        HX_ASSERT(a->route_count < ROUTES_MAX && row->perm < PERM_COUNT);
        struct route *r = &a->routes[a->route_count++];
        r->row = row;
        if (row->method != HX_GET) r->schema = schema_of_body(&a->schema, http_method_name(row->method), row->path, &r->body_required);
    }
    return HX_OK;
}

enum hx_err api_on_reader(struct api *a, void (*work)(void *db, void *arg), void (*done)(void *arg), void *arg)
{
    return pool_submit(a->readers, work, done, arg);
}

size_t api_consoles(const struct api *a)
{
    return a->live != NULL ? live_readers(a->live) : 0;
}

enum hx_err api_start(const struct api_settings *s, struct api **out)
{
    struct api *a = calloc(1, sizeof *a);
    HX_ASSERT(a != NULL);
    a->set = *s;
    a->app = s->app;
    a->started_ms = clock_utc_ms();
    schema_open(&a->schema);
    for (const struct hx_module *const *m = s->modules; *m != NULL; m++) take_routes(a, *m);
    a->readers = pool_new(s->app->loop, s->readers, CALLS_MAX * 4, open_reader, close_reader, (void *)(uintptr_t)s->app->data_dir);
    a->live = live_start(s->app, a->readers);
    struct http_settings http = {.loop = s->app->loop, .address = s->http_address, .handle = handle_http, .arg = a};
    enum hx_err e = http_listen(&http, &a->http);
    if (!e && s->https_address != NULL) {
        http = (struct http_settings){.loop = s->app->loop, .address = s->https_address, .certificate = s->certificate, .key = s->key, .handle = handle_https, .arg = a};
        e = http_listen(&http, &a->https);
    }
    if (!e && s->link_address != NULL) {
        http = (struct http_settings){.loop = s->app->loop, .address = s->link_address, .certificate = s->certificate, .key = s->key, .client_authority = s->link_authority, .handle = handle_link, .arg = a};
        e = http_listen(&http, &a->link);
    }
    *out = a;
    s->app->api = a;
    return e;
}

const char *api_bound(const struct api *a, bool tls)
{
    return tls ? (a->https != NULL ? http_bound(a->https) : NULL) : http_bound(a->http);
}

const char *api_link_bound(const struct api *a)
{
    return a->link != NULL ? http_bound(a->link) : NULL;
}

enum hx_err api_reload(struct api *a)
{
    enum hx_err e = a->https != NULL ? http_reload(a->https) : HX_OK;
    return !e && a->link != NULL ? http_reload(a->link) : e;
}

void api_pause(struct api *a)
{
    http_pause(a->http);
    if (a->https != NULL) http_pause(a->https);
    if (a->link != NULL) http_pause(a->link);
}

void api_stop(struct api *a)
{
    live_shout(a->live, "stopping", "{}");
    loop_step_ready(a->app->loop);
    pool_stop(a->readers);
    live_stop(a->live);
    http_close(a->http);
    if (a->https != NULL) http_close(a->https);
    if (a->link != NULL) http_close(a->link);
    schema_close(&a->schema);
    free(a);
}

void api_set_fault(struct api *a, const char *reason)
{
    if (strcmp(a->fault, reason != NULL ? reason : "") == 0) return;
    snprintf(a->fault, sizeof a->fault, "%s", reason != NULL ? reason : "");
    json_t *j = json_pack("{s:s}", "reason", a->fault);
    char *text = json_text(j);
    live_shout(a->live, reason != NULL ? "fault" : "fault.over", text);
    free(text);
    json_decref(j);
}

void api_print_routes(const struct hx_module *const *modules)
{
    for (const struct hx_module *const *m = modules; *m != NULL; m++)
        for (size_t i = 0; i < (*m)->route_count; i++)
            printf("%s %s %s %s\n", http_method_name((*m)->routes[i].method), (*m)->routes[i].path, (*m)->routes[i].operation, perm_name((*m)->routes[i].perm));
}
