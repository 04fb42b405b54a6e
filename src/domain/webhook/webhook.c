#include "webhook.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "io/seal.h"

static struct seal the_seal;

void webhook_sign(const uint8_t key[WEBHOOK_KEY_BYTES], const char *id, int64_t seconds, struct str body, char out[64])
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    struct buf b;
    buf_init(&b, body.len + 256);
    buf_printf(&b, "%s.%lld.", id, (long long)seconds);
    buf_add(&b, body.at, body.len);
    HX_ASSERT(HMAC(EVP_sha256(), key, WEBHOOK_KEY_BYTES, (const uint8_t *)b.at, b.len, mac, &n) != NULL);
    buf_free(&b);
    memcpy(out, "v1,", 3);
    EVP_EncodeBlock((uint8_t *)out + 3, mac, (int)n);
}

bool webhook_key(const char *secret, uint8_t key[WEBHOOK_KEY_BYTES])
{
    uint8_t bytes[WEBHOOK_KEY_BYTES + 3];
    size_t n = strlen(secret);
    if (n != 6 + WEBHOOK_KEY_BYTES / 3 * 4 || strncmp(secret, "whsec_", 6) != 0) return false;
    bool good = EVP_DecodeBlock(bytes, (const uint8_t *)secret + 6, (int)n - 6) == WEBHOOK_KEY_BYTES;
    if (good) memcpy(key, bytes, WEBHOOK_KEY_BYTES);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return good;
}

bool webhook_hears(const char *types, const char *type)
{
    struct str rest = str_of(types), one;
    bool any = false;
    if (strncmp(type, "webhook.", 8) == 0) return false;
    while (str_split(&rest, ' ', &one)) {
        if (one.len == 0) continue;
        any = true;
        if (str_starts(str_of(type), one)) return true;
    }
    return !any;
}

static enum hx_err check(struct call *c, const json_t *b)
{
    const char *url = json_z(b, "url", "");
    for (const char *t = json_z(b, "types", ""); *t != 0; t++)
        if (*t != ' ' && *t != '.' && *t != '_' && (*t < 'a' || *t > 'z')) return call_fail(c, HX_E_INVALID, "types: prefixes such as incident. or warning.raised, with blanks between");
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) return call_fail(c, HX_E_INVALID, "url: want http:// or https://");
    return HX_OK;
}

static enum hx_err webhook_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_WEBHOOK_LIST, ""));
}

static enum hx_err webhook_post(struct call *c)
{
    const json_t *b = c->body;
    uint8_t key[WEBHOOK_KEY_BYTES], sealed[128];
    char secret[64] = "whsec_";
    int64_t id = journal_next(c->tx);
    json_t *record = NULL;
    enum hx_err e = check(c, b);
    if (e) return e;
    HX_ASSERT(RAND_bytes(key, sizeof key) == 1);
    EVP_EncodeBlock((uint8_t *)secret + 6, key, sizeof key);
    size_t n = seal_close_over(&the_seal, key, sizeof key, sealed);
    OPENSSL_cleanse(key, sizeof key);
    e = db_exec(c->db, SQL_WEBHOOK_ADD, "izzbiziii", id, json_z(b, "name", ""), json_z(b, "url", ""), (const void *)sealed, n, json_i64(b, "person_id", c->who.id), json_z(b, "types", ""), json_flag(b, "from_start", false) ? (int64_t)0 : id, c->tx->now_ms, json_i64(b, "beat_s", 0));
    if (e == HX_E_CONFLICT) return call_fail(c, e, "a webhook has this name already, or there is no such person");
    if (!e) e = journal_tell(c->tx, SQL_WEBHOOK_GET, id, "webhook.added");
    if (!e) e = db_one_json(c->db, SQL_WEBHOOK_GET, &record, "i", id);
    c->status = 201;
    return e ? e : call_reply(c, json_pack("{s:o,s:s}", "webhook", record, "secret", secret));
}

static enum hx_err webhook_patch(struct call *c)
{
    json_t *m = NULL;
    int64_t id = call_id(c, 0);
    enum hx_err e = db_one_json(c->db, SQL_WEBHOOK_GET, &m, "i", id);
    if (!e) e = call_check_version(c, json_incref(m));
    if (!e) {
        json_object_update(m, c->body);
        e = check(c, m);
    }
    if (!e) e = db_exec(c->db, SQL_WEBHOOK_SET, "zzzii", json_z(m, "url", ""), json_z(m, "types", ""), json_z(m, "state", "active"), json_i64(m, "beat_s", 0), id);
    json_decref(m);
    if (!e) e = journal_tell(c->tx, SQL_WEBHOOK_GET, id, "webhook.changed");
    return e ? e : call_reply_one(c, SQL_WEBHOOK_GET, id);
}

static enum hx_err dead_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_WEBHOOK_DEAD_LIST, ""));
}

static enum hx_err dead_settle(struct call *c)
{
    json_t *record = NULL;
    int64_t id = call_id(c, 0);
    bool again = strcmp(json_z(c->body, "act", ""), "resend") == 0;
    enum hx_err e = db_one_json(c->db, SQL_WEBHOOK_DEAD_GET, &record, "i", id);
    if (!e && strcmp(json_z(record, "state", ""), "dead") != 0) e = call_fail(c, HX_E_ILLEGAL, "this event is %s", call_word(c, json_z(record, "state", "")));
    if (!e) e = db_exec(c->db, SQL_WEBHOOK_DEAD_STATE_SET, "zizii", again ? "waiting" : "dropped", json_i64(record, "status", 0), json_z(record, "fault", ""), c->tx->now_ms, id);
    json_decref(record);
    if (!e) e = journal_tell(c->tx, SQL_WEBHOOK_DEAD_GET, id, again ? "webhook.resent" : "webhook.dropped");
    return e ? e : call_reply_one(c, SQL_WEBHOOK_DEAD_GET, id);
}

static enum hx_err webhook_start(struct hx_app *app)
{
    the_seal = app->panels->seal;
    return HX_OK;
}

static const struct hx_route webhook_routes[] = {
    {HX_GET, "/v1/webhooks", "webhookList", PERM_ORG_WRITE, webhook_list, NULL},
    {HX_POST, "/v1/webhooks", "webhookAdd", PERM_ORG_WRITE, webhook_post, NULL},
    {HX_GET, "/v1/webhooks/dead", "webhookDeadList", PERM_ORG_WRITE, dead_list, NULL},
    {HX_POST, "/v1/webhooks/dead/{id}", "webhookDeadSettle", PERM_ORG_WRITE, dead_settle, NULL},
    {HX_PATCH, "/v1/webhooks/{id}", "webhookChange", PERM_ORG_WRITE, webhook_patch, NULL},
};
const struct hx_module webhook_module = {.name = "webhook", .routes = webhook_routes, .route_count = HX_COUNT(webhook_routes), .start = webhook_start};
