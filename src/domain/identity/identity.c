/* A sign-in by another system: the browser goes there with a challenge and comes back with a code. What it kept meanwhile (the binder) proves
 * that the browser which ends is the one that began. */
#include "identity.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "api/auth.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/sentence.h"
#include "base/url.h"
#include "domain/identity/identity_token.h"

#define TRY_MS (10 * 60000LL)
#define TRIES_MAX 2000
#define VERIFIER_BYTES 32

/* Back to a page of ours only: what the provider knows as the redirect address decides further. */
static bool is_ours(const char *redirect)
{
    struct url url;
    if (url_read(str_of(redirect), "http https", &url) || url.login[0] != 0 || strpbrk(redirect, "?#") != NULL) return false;
    const char *path = strchr(strstr(redirect, "://") + 3, '/');
    return path != NULL && (strcmp(path, "/sign-in") == 0 || strcmp(path, "/m/") == 0);
}

static enum hx_err read_provider(struct call *c, int64_t id, json_t **provider)
{
    enum hx_err e = db_one_json(c->db, SQL_PROVIDER_GET, provider, "i", id);
    if (!e && strcmp(json_z(*provider, "state", ""), "on") != 0) e = call_fail(c, HX_E_NOT_FOUND, "this way to sign in is switched off");
    return e;
}

static enum hx_err sign_in_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_PROVIDER_PUBLIC, ""));
}

/* The address of section 3.1.2.1 of OpenID Connect Core, with the challenge of RFC 7636. */
static void add_address(struct buf *url, const struct identity_site *site, const json_t *provider, const char *redirect, const char *state, const char *nonce, const char *verifier)
{
    uint8_t hash[SHA256_DIGEST_LENGTH];
    char challenge[48];
    struct buf query;
    SHA256((const uint8_t *)verifier, strlen(verifier), hash);
    base64url_encode(hash, sizeof hash, challenge);
    buf_init(&query, 4096);
    url_add_field(&query, "response_type", "code");
    url_add_field(&query, "client_id", json_z(provider, "client_id", ""));
    url_add_field(&query, "redirect_uri", redirect);
    url_add_field(&query, "scope", json_z(provider, "scopes", "openid"));
    url_add_field(&query, "state", state);
    url_add_field(&query, "nonce", nonce);
    url_add_field(&query, "code_challenge", challenge);
    url_add_field(&query, "code_challenge_method", "S256");
    buf_add_z(url, site->authorize);
    buf_add_z(url, strchr(site->authorize, '?') != NULL ? "&" : "?");
    buf_add(url, query.at, query.len);
    buf_add(url, "", 1);
    buf_free(&query);
}

/* On a thread that may wait: where the provider wants browsers to come. The rest travels in the body to `begin`. */
static enum hx_err begin_prepare(struct call *c)
{
    json_t *provider = NULL;
    struct identity_site site;
    char why[256], state[AUTH_SECRET_HEX], nonce[AUTH_SECRET_HEX], verifier[48];
    uint8_t unused[32], raw[VERIFIER_BYTES];
    struct buf url;
    if (!is_ours(json_z(c->body, "redirect", ""))) return call_fail(c, HX_E_INVALID, "redirect: want this console's /sign-in or /m/");
    enum hx_err e = read_provider(c, call_id(c, 0), &provider);
    if (e) return json_decref(provider), e;
    e = identity_site_of(json_z(provider, "issuer", ""), false, &site, why, sizeof why);
    if (e) {
        log_warn("identity.site", "issuer=%s reason=\"%s\"", json_z(provider, "issuer", ""), why);
        json_decref(provider);
        return call_fail(c, HX_E_BUSY, "the sign-in service cannot be asked (%s); sign in with a local account", why);
    }
    auth_secret(state, unused);
    auth_secret(nonce, unused);
    HX_ASSERT(RAND_bytes(raw, sizeof raw) == 1);
    base64url_encode(raw, sizeof raw, verifier);
    buf_init(&url, 8192);
    add_address(&url, &site, provider, json_z(c->body, "redirect", ""), state, nonce, verifier);
    json_object_set_new(c->body, "_try", json_pack("{s:s,s:s,s:s,s:s}", "url", url.at, "state", state, "nonce", nonce, "verifier", verifier));
    buf_free(&url);
    json_decref(site.keys);
    json_decref(provider);
    return HX_OK;
}

static enum hx_err begin(struct call *c)
{
    const json_t *t = json_object_get(c->body, "_try");
    char binder[AUTH_SECRET_HEX];
    uint8_t state_digest[32], binder_digest[32];
    int64_t open = 0;
    enum hx_err e = db_exec(c->db, SQL_IDENTITY_TRY_PRUNE, "i", c->tx->now_ms);
    if (!e) e = db_one_i64(c->db, SQL_IDENTITY_TRY_COUNT, &open, "");
    if (!e && open >= TRIES_MAX) return call_fail(c, HX_E_BUSY, "too many sign-ins are under way: try again in some minutes, or with a local account");
    auth_secret(binder, binder_digest);
    auth_digest(json_z(t, "state", ""), state_digest);
    if (!e) e = db_exec(c->db, SQL_IDENTITY_TRY_ADD, "bibzzzi", (const void *)state_digest, sizeof state_digest, call_id(c, 0), (const void *)binder_digest, sizeof binder_digest, json_z(t, "nonce", ""), json_z(t, "verifier", ""),
                        json_z(c->body, "redirect", ""), c->tx->now_ms + TRY_MS);
    return e ? e : call_reply(c, json_pack("{s:s,s:s}", "url", json_z(t, "url", ""), "binder", binder));
}

/* The try that this state and binder belong to; UNAUTHENTICATED when there is none (any more). */
static enum hx_err find_try(struct call *c, int64_t *provider, json_t **found)
{
    uint8_t state[32], binder[32];
    auth_digest(json_z(c->body, "state", ""), state);
    auth_digest(json_z(c->body, "binder", ""), binder);
    enum hx_err e = db_one_json(c->db, SQL_IDENTITY_TRY_GET, found, "bbi", (const void *)state, sizeof state, (const void *)binder, sizeof binder, clock_utc_ms());
    if (e == HX_E_NOT_FOUND) return call_fail(c, HX_E_UNAUTHENTICATED, "this sign-in is too old or was begun elsewhere: begin again");
    *provider = json_i64(*found, "provider_id", 0);
    return e;
}

/* On a thread that may wait: the code becomes claims, which travel in the body to `finish`. */
static enum hx_err finish_prepare(struct call *c)
{
    json_t *provider = NULL, *found = NULL, *claims = NULL;
    char why[256] = "", secret[404];
    int64_t id = 0;
    const char *issuer = json_z(c->body, "iss", "");
    enum hx_err e = find_try(c, &id, &found);
    if (!e) e = read_provider(c, id, &provider);
    if (!e && issuer[0] != 0 && strcmp(issuer, json_z(provider, "issuer", "")) != 0) e = call_fail(c, HX_E_UNAUTHENTICATED, "another sign-in service answered than was asked"); /* RFC 9207 */
    if (!e) e = identity_secret(c->db, id, secret, sizeof secret);
    if (!e) {
        struct identity_trade t = {json_z(provider, "issuer", ""), json_z(provider, "client_id", ""), secret, json_z(c->body, "code", ""), json_z(found, "verifier", ""), json_z(found, "redirect", ""), json_z(found, "nonce", ""),
                                   json_z(provider, "role_claim", ""), clock_utc_ms() / 1000};
        e = identity_trade(&t, &claims, why, sizeof why);
        if (e) {
            log_warn("identity.refused", "issuer=%s peer=%s reason=\"%s\"", t.issuer, c->peer, why);
            e = call_fail(c, e == HX_E_BUSY ? HX_E_BUSY : HX_E_UNAUTHENTICATED, "the sign-in service's answer does not hold: %s", why);
        }
        OPENSSL_cleanse(secret, sizeof secret);
    }
    if (!e) json_object_set_new(c->body, "_claims", claims), json_object_set_new(c->body, "_provider", json_incref(provider));
    json_decref(provider);
    json_decref(found);
    return e;
}

static enum hx_err finish(struct call *c)
{
    uint8_t state[32], binder[32];
    int64_t person, grant;
    auth_digest(json_z(c->body, "state", ""), state);
    auth_digest(json_z(c->body, "binder", ""), binder);
    enum hx_err e = db_exec(c->db, SQL_IDENTITY_TRY_DROP, "bb", (const void *)state, sizeof state, (const void *)binder, sizeof binder);
    if (!e && db_changes(c->db) == 0) return call_fail(c, HX_E_UNAUTHENTICATED, "this sign-in was used already: begin again");
    if (!e) e = identity_person(c->tx, json_object_get(c->body, "_provider"), json_object_get(c->body, "_claims"), &person);
    if (!e) e = db_one_i64(c->db, SQL_IDENTITY_ANY_GRANT, &grant, "i", person);
    if (e != HX_E_NOT_FOUND) return e ? e : auth_sign_in(c, person, "", AUTH_SESSION_MS);
    /* Nothing is left to them: refused, and what was taken back stays taken back, so this is an answer and no error. */
    call_fail(c, HX_E_FORBIDDEN, "the sign-in service gives you no role here: ask an administrator for a rule");
    c->status = 403;
    return call_reply(c, json_pack("{s:s,s:i,s:s,s:s}", "title", sentence_in(c->chinese, err_text(HX_E_FORBIDDEN)), "status", 403, "code", "forbidden", "detail", c->detail));
}

static const struct hx_route identity_routes[] = {
    {HX_GET, "/v1/sign-ins", "signInList", PERM_NONE, sign_in_list, NULL},
    {HX_POST, "/v1/sign-ins/finish", "signInFinish", PERM_NONE, finish, finish_prepare},
    {HX_POST, "/v1/sign-ins/{id}/begin", "signInBegin", PERM_NONE, begin, begin_prepare},
};
const struct hx_module identity_module = {.name = "identity", .routes = identity_routes, .route_count = HX_COUNT(identity_routes)};
