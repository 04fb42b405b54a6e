#include "identity_token.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "io/p256.h"

#define JWT_MAX 16384
#define PART_MAX 12288
#define NUMBER_MAX 1024 /* bytes of a key's number: 8192 bits */
#define P256_BYTES 32

static json_t *part_json(struct str part)
{
    uint8_t *bytes = malloc(PART_MAX);
    char why[160];
    json_t *j = NULL;
    HX_ASSERT(bytes != NULL);
    long n = base64url_decode(part, bytes, PART_MAX);
    if (n > 0 && json_parse((struct str){(const char *)bytes, (size_t)n}, &j, why, sizeof why) != HX_OK) j = NULL;
    free(bytes);
    if (json_is_object(j)) return j;
    json_decref(j);
    return NULL;
}

/* ---- keys ---- */

static BIGNUM *number_of(const json_t *key, const char *name)
{
    uint8_t bytes[NUMBER_MAX];
    long n = base64url_decode(str_of(json_z(key, name, "")), bytes, sizeof bytes);
    return n > 0 ? BN_bin2bn(bytes, (int)n, NULL) : NULL;
}

static EVP_PKEY *build(const char *type, OSSL_PARAM_BLD *b)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (params != NULL && ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1) key = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return key;
}

static EVP_PKEY *rsa_key(const json_t *jwk)
{
    BIGNUM *n = number_of(jwk, "n"), *e = number_of(jwk, "e");
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    bool good = n != NULL && e != NULL && BN_num_bits(n) >= 2048 && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) == 1 && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e) == 1;
    if (good) key = build("RSA", b);
    OSSL_PARAM_BLD_free(b);
    BN_free(n);
    BN_free(e);
    return key;
}

static EVP_PKEY *ec_key(const json_t *jwk)
{
    uint8_t point[P256_POINT_BYTES] = {4};
    bool whole = strcmp(json_z(jwk, "crv", ""), "P-256") == 0 && base64url_decode(str_of(json_z(jwk, "x", "")), point + 1, P256_BYTES) == P256_BYTES &&
                 base64url_decode(str_of(json_z(jwk, "y", "")), point + 1 + P256_BYTES, P256_BYTES) == P256_BYTES;
    return whole ? p256_key(point) : NULL;
}

/* The key of this id for this algorithm; a token without an id takes the only key of its type. */
static const json_t *find_key(const json_t *jwks, const char *kid, const char *type)
{
    const json_t *keys = json_object_get(jwks, "keys"), *found = NULL, *k;
    size_t i, n = 0;
    json_array_foreach(keys, i, k) {
        const char *use = json_z(k, "use", "sig");
        if (strcmp(json_z(k, "kty", ""), type) != 0 || strcmp(use, "sig") != 0) continue;
        if (kid[0] != 0 && strcmp(json_z(k, "kid", ""), kid) == 0) return k;
        found = k;
        n++;
    }
    return kid[0] == 0 && n == 1 ? found : NULL;
}

static bool verify(EVP_PKEY *key, const char *alg, struct str what, const uint8_t *signature, size_t n)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how = NULL;
    bool good = ctx != NULL && EVP_DigestVerifyInit(ctx, &how, EVP_sha256(), NULL, key) == 1;
    if (good && strcmp(alg, "PS256") == 0) good = EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1;
    good = good && EVP_DigestVerify(ctx, signature, n, (const uint8_t *)what.at, what.len) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

static bool verify_ec(EVP_PKEY *key, struct str what, const uint8_t *signature, size_t n)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    return n == P256_SIGNATURE_BYTES && EVP_Digest(what.at, what.len, hash, NULL, EVP_sha256(), NULL) == 1 && p256_verify(key, hash, signature);
}

/* ---- claims ---- */

static enum hx_err wrong(char *why, size_t n, const char *text)
{
    snprintf(why, n, "%s", text);
    return HX_E_INVALID;
}

static bool names(const json_t *audience, const char *client)
{
    const json_t *one;
    size_t i;
    if (json_is_string(audience)) return strcmp(json_string_value(audience), client) == 0;
    json_array_foreach(audience, i, one) if (json_is_string(one) && strcmp(json_string_value(one), client) == 0) return true;
    return false;
}

static enum hx_err check_claims(const json_t *c, const struct token_want *w, char *why, size_t n)
{
    const json_t *audience = json_object_get(c, "aud");
    if (strcmp(json_z(c, "iss", ""), w->issuer) != 0) return wrong(why, n, "iss: the token is from another issuer");
    if (!names(audience, w->audience)) return wrong(why, n, "aud: the token is for another client");
    if (json_has(c, "azp") && strcmp(json_z(c, "azp", ""), w->audience) != 0) return wrong(why, n, "azp: the token was given to another client");
    if (json_is_array(audience) && json_array_size(audience) > 1 && !json_has(c, "azp")) return wrong(why, n, "azp: a token for several clients must say for which");
    if (!json_has(c, "exp") || json_i64(c, "exp", 0) + TOKEN_SLACK_S < w->now_s) return wrong(why, n, "exp: the token has run out: are both clocks right?");
    if (json_i64(c, "iat", w->now_s) - TOKEN_SLACK_S > w->now_s || json_i64(c, "nbf", 0) - TOKEN_SLACK_S > w->now_s) return wrong(why, n, "iat: the token is from the future: are both clocks right?");
    if (strcmp(json_z(c, "nonce", ""), w->nonce) != 0) return wrong(why, n, "nonce: the token answers another sign-in");
    return json_z(c, "sub", "")[0] != 0 ? HX_OK : wrong(why, n, "sub: the token does not say who it is");
}

/* Three parts with dots between them: header, claims, signature; `what` is what is signed. */
static bool split(struct str jwt, struct str parts[3], struct str *what)
{
    struct str rest = jwt;
    for (int i = 0; i < 3; i++)
        if (!str_split(&rest, '.', &parts[i]) || parts[i].len == 0) return false;
    *what = (struct str){jwt.at, parts[0].len + 1 + parts[1].len};
    return rest.at == NULL;
}

static enum hx_err check_signature(struct str what, struct str signature, const json_t *header, const json_t *jwks, char *why, size_t n)
{
    const char *alg = json_z(header, "alg", "");
    bool rsa = strcmp(alg, "RS256") == 0 || strcmp(alg, "PS256") == 0, p256 = strcmp(alg, "ES256") == 0;
    uint8_t bytes[NUMBER_MAX];
    if (!rsa && !p256) return wrong(why, n, "alg: want RS256, PS256 or ES256");
    if (json_has(header, "crit")) return wrong(why, n, "crit: the token asks for an extension");
    const json_t *jwk = find_key(jwks, json_z(header, "kid", ""), rsa ? "RSA" : "EC");
    if (jwk == NULL) return snprintf(why, n, "kid: the provider has no such key"), HX_E_NOT_FOUND;
    long got = base64url_decode(signature, bytes, sizeof bytes);
    EVP_PKEY *key = got <= 0 ? NULL : rsa ? rsa_key(jwk) : ec_key(jwk);
    bool good = key != NULL && (rsa ? verify(key, alg, what, bytes, (size_t)got) : verify_ec(key, what, bytes, (size_t)got));
    EVP_PKEY_free(key);
    return good ? HX_OK : wrong(why, n, "the token's signature is wrong");
}

enum hx_err token_check(struct str jwt, const json_t *jwks, const struct token_want *want, json_t **claims, char *why, size_t why_bytes)
{
    struct str parts[3], what;
    *claims = NULL;
    if (jwt.len > JWT_MAX || !split(jwt, parts, &what)) return wrong(why, why_bytes, "the token is no JWT");
    json_t *header = part_json(parts[0]), *body = part_json(parts[1]);
    enum hx_err e = header == NULL || body == NULL ? wrong(why, why_bytes, "the token is no JWT") : check_signature(what, parts[2], header, jwks, why, why_bytes);
    if (!e) e = check_claims(body, want, why, why_bytes);
    json_decref(header);
    if (!e) *claims = json_incref(body);
    json_decref(body);
    return e;
}

void token_each(const json_t *claims, const char *name, void (*visit)(const char *text, void *arg), void *arg)
{
    const json_t *v = json_object_get(claims, name), *one;
    size_t i;
    if (json_is_string(v)) visit(json_string_value(v), arg);
    json_array_foreach(v, i, one) if (json_is_string(one)) visit(json_string_value(one), arg);
}
