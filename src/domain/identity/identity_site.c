/* Asking a provider: its description and keys, and a code for its claims. Runs on threads that may wait, a few at a time. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/url.h"
#include "domain/identity/identity.h"
#include "domain/identity/identity_token.h"
#include "io/fetch.h"

#define SITES_MAX 16
#define KEEP_MS (10 * 60000LL)
#define AGAIN_MS 60000
#define FAILED_MS 5000
#define ASK_MS 5000
#define ASKING_MAX 2 /* of the few readers */

static struct known {
    char issuer[IDENTITY_ISSUER_MAX];
    struct identity_site site;
    int64_t at, failed_at; /* UTC ms; 0 never */
    char why[200];
} known[SITES_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int asking;

static enum hx_err ask(const char *url, const char *headers, struct str body, json_t **out, char *why, size_t n)
{
    struct buf reply;
    char error[FETCH_ERROR_MAX];
    *out = NULL;
    if (atomic_fetch_add(&asking, 1) >= ASKING_MAX) {
        atomic_fetch_sub(&asking, 1);
        return snprintf(why, n, "others wait for the sign-in service: try again in a moment"), HX_E_BUSY;
    }
    struct fetch_request r = {.url = url, .headers = headers, .get = body.at == NULL, .body = body, .timeout_ms = ASK_MS, .reply_max = IDENTITY_KEYS_MAX};
    int status = fetch_now(&r, &reply, error);
    atomic_fetch_sub(&asking, 1);
    char parse[160] = "";
    bool read = status != 0 && json_parse(buf_str(&reply), out, parse, sizeof parse) == HX_OK && json_is_object(*out);
    buf_free(&reply);
    if (status == 200 && read) return HX_OK;
    if (status == 0) snprintf(why, n, "%.80s: %.100s", url, error);
    else if (read && json_has(*out, "error")) snprintf(why, n, "%.60s: %.100s", json_z(*out, "error", ""), json_z(*out, "error_description", ""));
    else snprintf(why, n, "%.80s: status %d%s%.80s", url, status, parse[0] != 0 ? ", no JSON: " : "", parse);
    json_decref(*out);
    *out = NULL;
    return HX_E_INVALID;
}

static bool is_web(const char *url)
{
    return strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
}

/* The description of OpenID Connect Discovery 1.0 section 4, and the keys that it names. */
static enum hx_err ask_site(const char *issuer, struct identity_site *s, char *why, size_t n)
{
    char url[IDENTITY_ISSUER_MAX + 48];
    size_t len = strlen(issuer);
    json_t *d = NULL;
    *s = (struct identity_site){0};
    snprintf(url, sizeof url, "%.*s/.well-known/openid-configuration", (int)(len - (len > 0 && issuer[len - 1] == '/')), issuer);
    enum hx_err e = ask(url, NULL, (struct str){NULL, 0}, &d, why, n);
    if (e) return e;
    const char *authorize = json_z(d, "authorization_endpoint", ""), *token = json_z(d, "token_endpoint", ""), *userinfo = json_z(d, "userinfo_endpoint", ""), *keys = json_z(d, "jwks_uri", "");
    bool whole = is_web(authorize) && is_web(token) && is_web(keys) && strlen(authorize) < sizeof s->authorize && strlen(token) < sizeof s->token && strlen(userinfo) < sizeof s->userinfo;
    if (strcmp(json_z(d, "issuer", ""), issuer) != 0) e = HX_E_INVALID, snprintf(why, n, "it calls itself %.160s: enter that as the issuer", json_z(d, "issuer", "nothing"));
    else if (!whole) e = HX_E_INVALID, snprintf(why, n, "its description lacks authorization_endpoint, token_endpoint or jwks_uri");
    if (!e) {
        const json_t *ways = json_object_get(d, "token_endpoint_auth_methods_supported"), *way;
        size_t i;
        s->basic = ways == NULL; /* the standard's default */
        json_array_foreach(ways, i, way) if (json_is_string(way) && strcmp(json_string_value(way), "client_secret_basic") == 0) s->basic = true;
        str_to_z(str_of(authorize), s->authorize, sizeof s->authorize);
        str_to_z(str_of(token), s->token, sizeof s->token);
        str_to_z(str_of(is_web(userinfo) ? userinfo : ""), s->userinfo, sizeof s->userinfo);
        e = ask(keys, NULL, (struct str){NULL, 0}, &s->keys, why, n);
    }
    json_decref(d);
    return e;
}

static struct known *place_of(const char *issuer)
{
    struct known *oldest = &known[0];
    for (size_t i = 0; i < SITES_MAX; i++) {
        if (strcmp(known[i].issuer, issuer) == 0) return &known[i];
        if (known[i].at < oldest->at) oldest = &known[i];
    }
    json_decref(oldest->site.keys);
    *oldest = (struct known){0};
    str_to_z(str_of(issuer), oldest->issuer, sizeof oldest->issuer);
    return oldest;
}

static void hand_out(const struct known *k, struct identity_site *out)
{
    *out = k->site;
    out->keys = json_deep_copy(k->site.keys); /* counts of references are not for two threads */
}

enum hx_err identity_site_of(const char *issuer, bool fresh, struct identity_site *out, char *why, size_t n)
{
    int64_t now = clock_utc_ms();
    pthread_mutex_lock(&lock);
    struct known *k = place_of(issuer);
    int64_t age = now - k->at;
    bool have = k->at != 0 && age < (fresh ? AGAIN_MS : KEEP_MS), failed = now - k->failed_at < FAILED_MS;
    if (have) hand_out(k, out);
    else if (failed) snprintf(why, n, "%s", k->why);
    pthread_mutex_unlock(&lock);
    if (have || failed) return have ? HX_OK : HX_E_INVALID;
    struct identity_site heard;
    enum hx_err e = ask_site(issuer, &heard, why, n);
    pthread_mutex_lock(&lock);
    k = place_of(issuer);
    if (!e) {
        json_decref(k->site.keys);
        k->site = heard;
        k->at = now;
        hand_out(k, out);
    } else if (e != HX_E_BUSY) {
        k->failed_at = now;
        snprintf(k->why, sizeof k->why, "%s", why);
    }
    pthread_mutex_unlock(&lock);
    return e;
}

/* ---- a code for claims ---- */

/* RFC 6749 section 2.3.1: name and secret are encoded as in a form before they are joined. */
static void add_basic(struct buf *headers, const struct identity_trade *t)
{
    struct buf pair;
    char text[1400];
    buf_init(&pair, 1024);
    url_encode(t->client, &pair);
    buf_add_z(&pair, ":");
    url_encode(t->secret, &pair);
    EVP_EncodeBlock((uint8_t *)text, (const uint8_t *)pair.at, (int)pair.len);
    buf_printf(headers, "Authorization: Basic %s\n", text);
    OPENSSL_cleanse(pair.at, pair.len);
    buf_free(&pair);
}

static enum hx_err ask_token(const struct identity_site *s, const struct identity_trade *t, json_t **answer, char *why, size_t n)
{
    struct buf body, headers;
    buf_init(&body, 16384);
    buf_init(&headers, 4096);
    url_add_field(&body, "grant_type", "authorization_code");
    url_add_field(&body, "code", t->code);
    url_add_field(&body, "redirect_uri", t->redirect);
    url_add_field(&body, "code_verifier", t->verifier);
    url_add_field(&body, "client_id", t->client);
    if (t->secret[0] != 0 && !s->basic) url_add_field(&body, "client_secret", t->secret);
    buf_add_z(&headers, "Content-Type: application/x-www-form-urlencoded\nAccept: application/json\n");
    if (t->secret[0] != 0 && s->basic) add_basic(&headers, t);
    buf_add(&headers, "", 1);
    enum hx_err e = ask(s->token, headers.at, buf_str(&body), answer, why, n);
    OPENSSL_cleanse(body.at, body.len);
    OPENSSL_cleanse(headers.at, headers.len);
    buf_free(&body);
    buf_free(&headers);
    return e;
}

/* OpenID Connect Core section 5.3: only for the same subject. */
static enum hx_err add_userinfo(const struct identity_site *s, const char *access, json_t *claims, char *why, size_t n)
{
    struct buf headers;
    json_t *more = NULL;
    buf_init(&headers, 4096);
    buf_printf(&headers, "Authorization: Bearer %.3800s", access);
    buf_add(&headers, "", 1);
    enum hx_err e = ask(s->userinfo, headers.at, (struct str){NULL, 0}, &more, why, n);
    OPENSSL_cleanse(headers.at, headers.len);
    buf_free(&headers);
    if (!e && strcmp(json_z(more, "sub", ""), json_z(claims, "sub", "")) != 0) e = HX_E_INVALID, snprintf(why, n, "userinfo: it speaks of somebody else");
    if (!e) json_object_update_missing(claims, more);
    json_decref(more);
    return e;
}

enum hx_err identity_trade(const struct identity_trade *t, json_t **claims, char *why, size_t n)
{
    struct identity_site s;
    json_t *answer = NULL;
    *claims = NULL;
    enum hx_err e = identity_site_of(t->issuer, false, &s, why, n);
    if (e) return e;
    e = ask_token(&s, t, &answer, why, n);
    struct token_want want = {t->issuer, t->client, t->nonce, t->now_s};
    struct str token = str_of(json_z(answer, "id_token", ""));
    if (!e) e = token_check(token, s.keys, &want, claims, why, n);
    if (e == HX_E_NOT_FOUND) { /* it has changed its keys */
        json_decref(s.keys);
        s.keys = NULL;
        e = identity_site_of(t->issuer, true, &s, why, n);
        if (!e) e = token_check(token, s.keys, &want, claims, why, n);
    }
    if (!e && !json_has(*claims, t->claim) && s.userinfo[0] != 0 && json_has(answer, "access_token")) e = add_userinfo(&s, json_z(answer, "access_token", ""), *claims, why, n);
    if (e) json_decref(*claims), *claims = NULL;
    json_decref(s.keys);
    json_decref(answer);
    return e;
}
