#include "child.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "domain/webhook/webhook.h"
#include "io/seal.h"

#define CLOCK_S 300 /* how far the child's clock may be off */
#define BATCH_MAX 500

static struct seal the_seal;

static enum hx_err child_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_CHILD_LIST, ""));
}

static enum hx_err incident_list(struct call *c)
{
    const char *state = call_query_z(c, "state", "");
    return call_list(c, db_all_json(c->db, SQL_CHILD_INCIDENT_LIST, "izi", call_query_i64(c, "child", 0), state, call_limit(c, 300, 5000)));
}

/* Seals the secret as the child's console showed it; *n 0: none was sent. */
static enum hx_err seal_secret(struct call *c, uint8_t sealed[128], size_t *n)
{
    uint8_t key[WEBHOOK_KEY_BYTES];
    const char *secret = json_z(c->body, "secret", NULL);
    *n = 0;
    if (secret == NULL) return HX_OK;
    if (!webhook_key(secret, key)) return call_fail(c, HX_E_INVALID, "secret: want what the child's console showed, whsec_ and 32 letters");
    *n = seal_close_over(&the_seal, key, sizeof key, sealed);
    OPENSSL_cleanse(key, sizeof key);
    return HX_OK;
}

static enum hx_err child_post(struct call *c)
{
    uint8_t sealed[128];
    size_t n;
    int64_t id = journal_next(c->tx);
    enum hx_err e = seal_secret(c, sealed, &n);
    if (!e && n > 0) e = db_exec(c->db, SQL_CHILD_ADD, "izbi", id, json_z(c->body, "name", ""), (const void *)sealed, n, c->tx->now_ms);
    else if (!e) e = db_exec(c->db, SQL_CHILD_ADD, "izni", id, json_z(c->body, "name", ""), c->tx->now_ms);
    if (e == HX_E_CONFLICT) return call_fail(c, e, "a child has this name already");
    if (!e) e = journal_tell(c->tx, SQL_CHILD_GET, id, "child.added");
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_CHILD_GET, id);
}

static enum hx_err child_patch(struct call *c)
{
    uint8_t sealed[128];
    size_t n;
    json_t *m = NULL;
    int64_t id = call_id(c, 0);
    enum hx_err e = db_one_json(c->db, SQL_CHILD_GET, &m, "i", id);
    if (!e) e = call_check_version(c, json_incref(m));
    if (!e) e = seal_secret(c, sealed, &n);
    const char *state = json_z(c->body, "state", json_z(m, "state", "active"));
    int64_t mutual = json_flag(c->body, "mutual", json_flag(m, "mutual", false));
    if (!e && n > 0) e = db_exec(c->db, SQL_CHILD_SET, "zbii", state, (const void *)sealed, n, mutual, id);
    else if (!e) e = db_exec(c->db, SQL_CHILD_SET, "znii", state, mutual, id);
    json_decref(m);
    if (!e) e = journal_tell(c->tx, SQL_CHILD_GET, id, "child.changed");
    return e ? e : call_reply_one(c, SQL_CHILD_GET, id);
}

/* ---- what it tells ---- */

static enum hx_err check_signature(struct call *c, int64_t id)
{
    uint8_t key[WEBHOOK_KEY_BYTES];
    char want[64], name[64];
    size_t n = 0;
    bool mutual = false;
    int64_t at = 0, now = c->tx->now_ms / 1000;
    const char *hook = c->signature.id, *signature = c->signature.text;
    struct rows r = db_query(c->db, SQL_CHILD_SECRET, "i", id);
    bool known = rows_next(&r) && !rows_null(&r, 0) && seal_break(&the_seal, rows_blob(&r, 0), key, sizeof key, &n) == HX_OK && n == sizeof key;
    if (known) mutual = rows_i64(&r, 2) != 0;
    rows_end(&r);
    if (!known) return HX_E_NOT_FOUND;
    snprintf(name, sizeof name, "huxue child %lld", (long long)id);
    if (mutual && c->peer_name[0] == 0) return call_fail(c, HX_E_FORBIDDEN, "this child is only heard over the mutual line");
    if (c->peer_name[0] != 0 && strcmp(c->peer_name, name) != 0) return call_fail(c, HX_E_FORBIDDEN, "the certificate is of another child");
    if (hook[0] == 0 || !str_to_i64(str_of(c->signature.at), &at)) return call_fail(c, HX_E_FORBIDDEN, "sign as Standard Webhooks says: webhook-id, webhook-timestamp, webhook-signature");
    webhook_sign(key, hook, at, c->raw, want);
    OPENSSL_cleanse(key, sizeof key);
    if (strlen(signature) != strlen(want) || CRYPTO_memcmp(signature, want, strlen(want)) != 0) return call_fail(c, HX_E_FORBIDDEN, "the signature does not fit: was the secret entered here?");
    if (at > now + CLOCK_S || at < now - CLOCK_S) return call_fail(c, HX_E_FORBIDDEN, "the time is more than five minutes from ours: set the clocks");
    return HX_OK;
}

static enum hx_err keep_incident(struct tx *tx, int64_t child, int64_t seq, int64_t changed, const json_t *d)
{
    int64_t opened = changed;
    char *record = json_text(d);
    bool placed = json_has(d, "lon") && json_has(d, "lat");
    clock_parse(str_of(json_z(d, "opened_at", "")), &opened);
    enum hx_err e = db_exec(tx->db, SQL_CHILD_INCIDENT_PUT, placed ? "iiizzziziffiiz" : "iiizzzizinniiz", child, json_i64(d, "id", 0), seq, json_z(d, "title", ""), json_z(d, "school", ""), json_z(d, "county", ""),
                            json_i64(d, "severity", 4), json_z(d, "state", "open"), (int64_t)json_flag(d, "drill", false), json_f64(d, "lon", 0), json_f64(d, "lat", 0), opened, changed, record);
    free(record);
    return e;
}

static enum hx_err child_events(struct call *c)
{
    json_t *batch = NULL, *record = NULL;
    char why[160];
    int64_t id = call_id(c, 0), newest = 0, told = 0;
    enum hx_err e = check_signature(c, id);
    if (!e && json_parse(c->raw, &batch, why, sizeof why)) e = call_fail(c, HX_E_INVALID, "%s", why);
    if (!e && (!json_is_array(batch) || json_array_size(batch) > BATCH_MAX)) e = call_fail(c, HX_E_INVALID, "want an array of at most %d events", BATCH_MAX);
    for (size_t i = 0; !e && i < json_array_size(batch); i++) {
        const json_t *event = json_array_get(batch, i), *d = json_object_get(event, "data");
        int64_t seq = 0, at = 0;
        if (!str_to_i64(str_of(json_z(event, "id", "")), &seq) || !clock_parse(str_of(json_z(event, "time", "")), &at)) e = call_fail(c, HX_E_INVALID, "event %zu: id or time cannot be read", i);
        if (!e && strncmp(json_z(event, "type", ""), "huxue.incident.", 15) == 0 && json_i64(d, "id", 0) > 0) e = keep_incident(c->tx, id, seq, at, d);
        if (seq > newest) newest = seq, told = at;
    }
    json_decref(batch);
    if (!e) e = db_exec(c->db, SQL_CHILD_HEARD, "iIii", newest, told, c->tx->now_ms, id);
    /* One event for a batch: consoles read the list again; "nothing new" is none. */
    if (!e && newest > 0) e = db_one_json(c->db, SQL_CHILD_GET, &record, "i", id);
    if (!e && record != NULL) e = journal_add(c->tx, "child.told", 0, id, record);
    return e ? e : call_reply(c, json_object());
}

static enum hx_err child_start(struct hx_app *app)
{
    the_seal = app->panels->seal;
    return HX_OK;
}

static const struct hx_route child_routes[] = {
    {HX_GET, "/v1/children", "childList", PERM_STATS_READ, child_list, NULL},
    {HX_POST, "/v1/children", "childAdd", PERM_ORG_WRITE, child_post, NULL},
    {HX_GET, "/v1/children/incidents", "childIncidentList", PERM_STATS_READ, incident_list, NULL},
    {HX_POST, "/v1/children/{id}/events", "childEvents", PERM_NONE, child_events, NULL},
    {HX_PATCH, "/v1/children/{id}", "childChange", PERM_ORG_WRITE, child_patch, NULL},
};
const struct hx_module child_module = {.name = "child", .routes = child_routes, .route_count = HX_COUNT(child_routes), .start = child_start};
