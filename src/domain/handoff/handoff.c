#include "handoff.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "domain/incident/incident.h"

#define CLOCK_MS 300000LL /* how far the partner's clock may be off */

static struct seal the_seal;

void handoff_sign(const char *hash, const char *secret, int64_t utc_ms, struct str body, char out[65])
{
    uint8_t mac[32];
    unsigned n = 0;
    struct buf b;
    buf_init(&b, body.len + 32);
    buf_printf(&b, "%lld.", (long long)utc_ms);
    buf_add(&b, body.at, body.len);
    HX_ASSERT(HMAC(strcmp(hash, "sm3") == 0 ? EVP_sm3() : EVP_sha256(), secret, (int)strlen(secret), (const uint8_t *)b.at, b.len, mac, &n) != NULL);
    hex_encode_lower(mac, 32, out);
    buf_free(&b);
}

/* ---- what is said ---- */

static enum hx_err add_post(struct tx *tx, int64_t handoff, json_t *body)
{
    int64_t id = journal_next(tx);
    json_object_set_new(body, "number", json_integer(id));
    json_object_set_new(body, "handoff", json_integer(handoff));
    json_put_time(body, "sent_at", tx->now_ms);
    char *text = json_text(body);
    enum hx_err e = db_exec(tx->db, SQL_HANDOFF_POST_ADD, "iizi", id, handoff, text, tx->now_ms);
    if (!e) e = journal_add(tx, "handoff.queued", 0, handoff, json_pack("{s:I}", "handoff_id", (json_int_t)handoff)); /* its number is the post's */
    free(text);
    json_decref(body);
    return e;
}

static enum hx_err tell(struct tx *tx, int64_t id, const char *type)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_HANDOFF_GET, &record, "i", id);
    return e ? e : journal_add(tx, type, json_i64(record, "school_id", 0), json_i64(record, "incident_id", 0), record);
}

static json_t *case_of(const json_t *i)
{
    static const char *const fields[] = {"id", "title", "title_en", "class", "severity", "state", "school", "school_code", "county", "school_phone", "lon", "lat", "caller", "caller_phone", "story", "opened_at", "site_wide", "alarm_count"};
    json_t *out = json_object();
    for (size_t k = 0; k < HX_COUNT(fields); k++)
        if (json_has(i, fields[k])) json_object_set(out, fields[k], json_object_get(i, fields[k]));
    return out;
}

static enum hx_err handoff_post(struct call *c)
{
    json_t *incident = NULL, *partner = NULL;
    char reply_to[64];
    int64_t id = journal_next(c->tx), incident_id = json_i64(c->body, "incident_id", 0), partner_id = json_i64(c->body, "partner_id", 0);
    enum hx_err e = db_one_json(c->db, SQL_INCIDENT_GET, &incident, "i", incident_id);
    if (!e) e = call_check_school(c, PERM_INCIDENT_HANDLE, json_i64(incident, "school_id", 0));
    if (!e) e = db_one_json(c->db, SQL_PARTNER_GET, &partner, "i", partner_id);
    if (!e && json_flag(incident, "drill", false)) e = call_fail(c, HX_E_INVALID, "a drill is never given to another centre");
    if (!e && strcmp(json_z(partner, "state", ""), "active") != 0) e = call_fail(c, HX_E_ILLEGAL, "this centre is disabled");
    if (!e) e = db_exec(c->db, SQL_HANDOFF_ADD, "iiiIii", id, incident_id, partner_id, json_i64(incident, "school_id", 0), c->who.id, c->tx->now_ms);
    if (e == HX_E_CONFLICT) call_fail(c, e, "this centre has the case already");
    if (!e) e = tell(c->tx, id, "handoff.made");
    snprintf(reply_to, sizeof reply_to, "/v1/partners/%lld/events", (long long)partner_id);
    if (!e) e = add_post(c->tx, id, json_pack("{s:s,s:s,s:o}", "use", "case", "reply_to", reply_to, "incident", case_of(incident)));
    json_decref(incident);
    json_decref(partner);
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_HANDOFF_GET, id);
}

/* What happens here is told to whoever has the case. */
static enum hx_err see_incident(struct tx *tx, const struct event *event)
{
    static const char *const told[] = {"acked", "confirmed", "dispatched", "arrived", "controlled", "closed", "cancelled", "noted", "site_wide"};
    const char *what = event->type + strlen("incident.");
    int64_t ids[8];
    size_t n = 0, k = 0;
    while (k < HX_COUNT(told) && strcmp(told[k], what) != 0) k++;
    if (k == HX_COUNT(told)) return HX_OK;
    struct rows r = db_query(tx->db, SQL_HANDOFF_OPEN_OF_INCIDENT, "i", event->subject_id);
    while (n < HX_COUNT(ids) && rows_next(&r)) ids[n++] = rows_i64(&r, 0);
    enum hx_err e = r.err;
    rows_end(&r);
    if (e || n == 0) return e;
    json_t *j = NULL;
    char why[160];
    e = json_parse((struct str){event->data, event->data_bytes}, &j, why, sizeof why);
    const json_t *change = json_object_get(j, "change");
    bool ours = strcmp(json_z(change, "audience", "all"), "all") == 0; /* a note for one side stays there */
    for (size_t i = 0; !e && ours && i < n; i++) {
        json_t *post = json_pack("{s:s,s:s,s:s}", "use", "update", "event", what, "state", json_z(j, "state", ""));
        json_put_z(post, "text", json_z(change, "text", json_z(j, "disposition", "")));
        e = add_post(tx, ids[i], post);
    }
    json_decref(j);
    return e;
}

/* ---- what is heard ---- */

enum hx_err handoff_answer(struct tx *tx, int64_t handoff, const json_t *said)
{
    json_t *record = NULL;
    const char *result = json_z(said, "result", ""), *progress = json_z(said, "progress", ""), *text = json_z(said, "text", "");
    enum hx_err e = db_one_json(tx->db, SQL_HANDOFF_GET, &record, "i", handoff);
    if (e) return e;
    int64_t school = json_i64(record, "school_id", 0), incident = json_i64(record, "incident_id", 0);
    json_t *note = json_pack("{s:I,s:s,s:s}", "handoff_id", (json_int_t)handoff, "partner", json_z(record, "partner", ""), "text", text);
    json_decref(record);
    if (result[0] != 0) {
        e = db_exec(tx->db, SQL_HANDOFF_ANSWERED, "zzzii", result, json_z(said, "reference", ""), json_z(said, "reason", ""), tx->now_ms, handoff);
        if (!e && db_changes(tx->db) > 0) e = tell(tx, handoff, strcmp(result, "accepted") == 0 ? "handoff.accepted" : "handoff.rejected");
    }
    if (!e && progress[0] != 0) {
        bool closed = strcmp(progress, "closed") == 0;
        e = db_exec(tx->db, SQL_HANDOFF_PROGRESS, "zi", progress, handoff);
        if (!e && closed) e = db_exec(tx->db, SQL_HANDOFF_ANSWERED, "zzzii", "closed", "", text, tx->now_ms, handoff);
        if (!e) e = tell(tx, handoff, closed ? "handoff.closed" : strcmp(progress, "arrived") == 0 ? "handoff.arrived" : "handoff.dispatched");
    }
    if (!e && text[0] != 0) return journal_add(tx, "handoff.said", school, incident, note);
    json_decref(note);
    return e;
}

static enum hx_err read_secret(struct call *c, int64_t partner, char secret[200], char hash[8])
{
    size_t n = 0;
    struct rows r = db_query(c->db, SQL_PARTNER_SECRET, "i", partner);
    bool there = rows_next(&r);
    enum hx_err e = there ? seal_break(&the_seal, rows_blob(&r, 0), (uint8_t *)secret, 199, &n) : HX_E_NOT_FOUND;
    if (!e && !str_eq(rows_str(&r, 1), STR("active"))) e = HX_E_FORBIDDEN;
    if (there) str_to_z(rows_str(&r, 2), hash, 8);
    rows_end(&r);
    secret[n] = 0;
    return e;
}

static enum hx_err partner_event(struct call *c)
{
    char secret[200], want[65], hash[8];
    int64_t partner = call_id(c, 0), at = 0;
    json_t *handoff = NULL;
    const char *sig = call_query_z(c, "sig", "");
    if (read_secret(c, partner, secret, hash) || !str_to_i64(str_of(call_query_z(c, "t", "")), &at) || strlen(sig) != 64) return call_fail(c, HX_E_FORBIDDEN, "t and sig: sign \"t.body\" with the common secret");
    handoff_sign(hash, secret, at, c->raw, want);
    OPENSSL_cleanse(secret, sizeof secret);
    if (CRYPTO_memcmp(want, sig, 64) != 0 || at < c->tx->now_ms - CLOCK_MS || at > c->tx->now_ms + CLOCK_MS) return call_fail(c, HX_E_FORBIDDEN, "the signature does not fit, or the clock is more than five minutes off");
    enum hx_err e = db_one_json(c->db, SQL_HANDOFF_GET, &handoff, "i", json_i64(c->body, "handoff", 0));
    if (!e && json_i64(handoff, "partner_id", 0) != partner) e = HX_E_NOT_FOUND;
    json_decref(handoff);
    if (!e) e = db_exec(c->db, SQL_HANDOFF_HEAR, "izi", partner, json_z(c->body, "number", ""), c->tx->now_ms);
    if (!e && db_changes(c->db) > 0) e = handoff_answer(c->tx, json_i64(c->body, "handoff", 0), c->body);
    return e ? e : call_reply(c, json_object());
}

/* ---- partners ---- */

static enum hx_err partner_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_PARTNER_LIST, ""));
}

static bool is_http(const char *url)
{
    return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
}

static enum hx_err partner_post(struct call *c)
{
    uint8_t sealed[260];
    const char *secret = json_z(c->body, "secret", "");
    int64_t id = journal_next(c->tx);
    if (!is_http(json_z(c->body, "url", ""))) return call_fail(c, HX_E_INVALID, "url: want http:// or https://");
    size_t n = seal_close_over(&the_seal, secret, strlen(secret), sealed);
    enum hx_err e = db_exec(c->db, SQL_PARTNER_ADD, "izzbz", id, json_z(c->body, "name", ""), json_z(c->body, "url", ""), (const void *)sealed, n, json_z(c->body, "hash", "sha256"));
    if (e == HX_E_CONFLICT) call_fail(c, e, "a centre has this name already");
    if (!e) e = journal_tell(c->tx, SQL_PARTNER_GET, id, "partner.added");
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_PARTNER_GET, id);
}

static enum hx_err partner_patch(struct call *c)
{
    json_t *record = NULL;
    int64_t id = call_id(c, 0);
    const char *url = json_z(c->body, "url", NULL);
    if (url != NULL && !is_http(url)) return call_fail(c, HX_E_INVALID, "url: want http:// or https://");
    enum hx_err e = db_one_json(c->db, SQL_PARTNER_GET, &record, "i", id);
    if (!e) e = call_check_version(c, record);
    if (!e) e = db_exec(c->db, SQL_PARTNER_SET, "zzi", url, json_z(c->body, "state", NULL), id);
    if (!e) e = journal_tell(c->tx, SQL_PARTNER_GET, id, "partner.changed");
    return e ? e : call_reply_one(c, SQL_PARTNER_GET, id);
}

static enum hx_err handoff_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_HANDOFF_LIST, "iii", call_query_i64(c, "incident", 0), call_sees_all(c), c->who.id));
}

static enum hx_err handoff_start(struct hx_app *app)
{
    the_seal = app->panels->seal;
    return HX_OK;
}

static const struct journal_follower followers[] = {{"handoff.incident", "incident.", see_incident, NULL}, {NULL, NULL, NULL, NULL}};
static const struct hx_route handoff_routes[] = {
    {HX_GET, "/v1/partners", "partnerList", PERM_INCIDENT_READ, partner_list, NULL},
    {HX_POST, "/v1/partners", "partnerAdd", PERM_MESSAGE_WRITE, partner_post, NULL},
    {HX_PATCH, "/v1/partners/{id}", "partnerChange", PERM_MESSAGE_WRITE, partner_patch, NULL},
    {HX_POST, "/v1/partners/{id}/events", "partnerEvent", PERM_NONE, partner_event, NULL},
    {HX_GET, "/v1/handoffs", "handoffList", PERM_INCIDENT_READ, handoff_list, NULL},
    {HX_POST, "/v1/handoffs", "handoffMake", PERM_INCIDENT_HANDLE, handoff_post, NULL},
};
const struct hx_module handoff_module = {.name = "handoff", .routes = handoff_routes, .route_count = HX_COUNT(handoff_routes), .followers = followers, .start = handoff_start};
