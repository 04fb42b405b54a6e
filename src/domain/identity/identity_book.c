/* The providers, and what their people may do here. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/url.h"
#include "domain/identity/identity.h"
#include "io/seal.h"

#define SECRET_MAX 404

static struct seal the_seal;

enum hx_err identity_secret(struct db *db, int64_t provider, char *out, size_t size)
{
    uint8_t plain[SECRET_MAX];
    size_t n = 0;
    struct rows r = db_query(db, SQL_PROVIDER_SECRET, "i", provider);
    bool found = rows_next(&r), sealed = found && !rows_null(&r, 0);
    enum hx_err e = r.err ? r.err : !found ? HX_E_NOT_FOUND : sealed ? seal_break(&the_seal, rows_blob(&r, 0), plain, sizeof plain, &n) : HX_OK;
    rows_end(&r);
    if (!e) str_to_z((struct str){(const char *)plain, n}, out, size);
    OPENSSL_cleanse(plain, sizeof plain);
    return e;
}

static enum hx_err with_rules(struct call *c, json_t *record)
{
    json_t *rules = db_all_json(c->db, SQL_PROVIDER_RULES, "i", json_i64(record, "id", 0));
    if (rules == NULL) return HX_E_STORE;
    json_object_set_new(record, "rules", rules);
    return HX_OK;
}

static enum hx_err reply_one(struct call *c, int64_t id)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_PROVIDER_GET, &record, "i", id);
    if (!e) e = with_rules(c, record);
    return e ? json_decref(record), e : call_reply(c, record);
}

static enum hx_err provider_list(struct call *c)
{
    json_t *all = db_all_json(c->db, SQL_PROVIDER_LIST, ""), *one;
    size_t i;
    enum hx_err e = all == NULL ? HX_E_STORE : HX_OK;
    json_array_foreach(all, i, one) if (!e) e = with_rules(c, one);
    return e ? json_decref(all), e : call_list(c, all);
}

static enum hx_err set_rules(struct call *c, int64_t id)
{
    const json_t *rules = json_object_get(c->body, "rules"), *rule;
    size_t i;
    if (!json_is_array(rules)) return HX_OK;
    enum hx_err e = db_exec(c->db, SQL_PROVIDER_RULES_CLEAR, "i", id);
    json_array_foreach(rules, i, rule) {
        if (e) return e;
        e = db_exec(c->db, SQL_PROVIDER_RULE_ADD, "izzI", id, json_z(rule, "value", ""), json_z(rule, "role", ""), json_i64(rule, "org_id", 0));
        if (e == HX_E_CONFLICT) return call_fail(c, HX_E_INVALID, "rules: line %zu repeats one above, or names a role or organisation that is not there", i + 1);
    }
    return e;
}

static enum hx_err set_secret(struct call *c, int64_t id)
{
    const char *secret = json_z(c->body, "secret", NULL);
    uint8_t sealed[SECRET_MAX + SEAL_EXTRA_BYTES];
    if (secret == NULL) return HX_OK;
    if (secret[0] == 0) return db_exec(c->db, SQL_PROVIDER_SECRET_SET, "ni", id);
    return db_exec(c->db, SQL_PROVIDER_SECRET_SET, "bi", (const void *)sealed, seal_close_over(&the_seal, secret, strlen(secret), sealed), id);
}

static enum hx_err provider_post(struct call *c)
{
    const json_t *b = c->body;
    const char *issuer = json_z(b, "issuer", "");
    struct url url;
    int64_t id = journal_next(c->tx);
    if (url_read(str_of(issuer), "http https", &url) || url.login[0] != 0) return call_fail(c, HX_E_INVALID, "issuer: want http:// or https://, as the service names itself");
    enum hx_err e = db_exec(c->db, SQL_PROVIDER_ADD, "izzznzzzzii", id, json_z(b, "name", ""), issuer, json_z(b, "client_id", ""), json_z(b, "scopes", "openid profile"), json_z(b, "name_claim", "preferred_username"),
                            json_z(b, "role_claim", "groups"), json_z(b, "org_claim", ""), (int64_t)json_flag(b, "makes", true), (int64_t)json_flag(b, "links", false));
    if (e == HX_E_CONFLICT) return call_fail(c, e, "issuer: it is entered already");
    if (!e) e = set_secret(c, id);
    if (!e) e = set_rules(c, id);
    if (!e) e = journal_tell(c->tx, SQL_PROVIDER_GET, id, "identity.added");
    c->status = 201;
    return e ? e : reply_one(c, id);
}

static enum hx_err provider_patch(struct call *c)
{
    const json_t *b = c->body;
    json_t *record = NULL;
    int64_t id = call_id(c, 0);
    enum hx_err e = db_one_json(c->db, SQL_PROVIDER_GET, &record, "i", id);
    if (e) return e;
    int64_t makes = json_flag(b, "makes", json_flag(record, "makes", true)), links = json_flag(b, "links", json_flag(record, "links", false));
    e = call_check_version(c, record);
    if (!e) e = db_exec(c->db, SQL_PROVIDER_SET, "zzzzzziizi", json_z(b, "name", NULL), json_z(b, "client_id", NULL), json_z(b, "scopes", NULL), json_z(b, "name_claim", NULL), json_z(b, "role_claim", NULL),
                        json_z(b, "org_claim", NULL), makes, links, json_z(b, "state", NULL), id);
    if (!e) e = set_secret(c, id);
    if (!e) e = set_rules(c, id);
    if (!e) e = journal_tell(c->tx, SQL_PROVIDER_GET, id, "identity.changed");
    return e ? e : reply_one(c, id);
}

static enum hx_err provider_drop(struct call *c)
{
    int64_t id = call_id(c, 0);
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_PROVIDER_GET, &record, "i", id);
    if (e) return e;
    e = db_exec(c->db, SQL_IDENTITY_GRANTS_DROP, "i", id);
    if (!e) e = db_exec(c->db, SQL_PROVIDER_DROP, "i", id);
    if (e) return json_decref(record), e;
    e = journal_add(c->tx, "identity.dropped", 0, id, record);
    return e ? e : call_reply(c, json_object());
}

/* On a thread that may wait: what the provider says of itself. */
static enum hx_err check_prepare(struct call *c)
{
    json_t *record = NULL;
    struct identity_site site;
    char why[256] = "";
    enum hx_err e = db_one_json(c->db, SQL_PROVIDER_GET, &record, "i", call_id(c, 0));
    if (e) return e;
    bool good = identity_site_of(json_z(record, "issuer", ""), true, &site, why, sizeof why) == HX_OK;
    json_decref(record);
    if (good) {
        snprintf(why, sizeof why, "%zu keys, %.160s", json_array_size(json_object_get(site.keys, "keys")), site.authorize);
        json_decref(site.keys);
    }
    c->reply = json_pack("{s:b,s:s}", "good", good, "text", why);
    return HX_OK;
}

static enum hx_err check(struct call *c)
{
    return c->reply != NULL ? HX_OK : HX_E_NOT_FOUND; /* check_prepare has it */
}

static enum hx_err book_start(struct hx_app *app)
{
    the_seal = app->panels->seal;
    return HX_OK;
}

static const struct hx_route book_routes[] = {
    {HX_GET, "/v1/identity-providers", "identityProviderList", PERM_ORG_READ, provider_list, NULL},
    {HX_POST, "/v1/identity-providers", "identityProviderAdd", PERM_ORG_WRITE, provider_post, NULL},
    {HX_PATCH, "/v1/identity-providers/{id}", "identityProviderChange", PERM_ORG_WRITE, provider_patch, NULL},
    {HX_DELETE, "/v1/identity-providers/{id}", "identityProviderDrop", PERM_ORG_WRITE, provider_drop, NULL},
    {HX_POST, "/v1/identity-providers/{id}/check", "identityProviderCheck", PERM_ORG_WRITE, check, check_prepare},
};
const struct hx_module identity_book_module = {.name = "identity_book", .routes = book_routes, .route_count = HX_COUNT(book_routes), .start = book_start};
