/* Tokens: what holds, and each way in which one does not. Keys are made anew for each run. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "domain/identity/identity_token.h"

#define NOW 1800000000
static EVP_PKEY *rsa, *other, *p256;
static json_t *jwks;

static void put_number(json_t *jwk, const char *field, EVP_PKEY *key, const char *name, size_t width)
{
    BIGNUM *n = NULL;
    uint8_t bytes[512] = {0};
    char text[700];
    assert_int_equal(EVP_PKEY_get_bn_param(key, name, &n), 1);
    size_t len = width != 0 ? width : (size_t)BN_num_bytes(n);
    assert_true(BN_bn2binpad(n, bytes, (int)len) > 0);
    base64url_encode(bytes, len, text);
    json_put_z(jwk, field, text);
    BN_free(n);
}

static int make_keys(void **state)
{
    (void)state;
    rsa = EVP_RSA_gen(2048);
    other = EVP_RSA_gen(2048);
    p256 = EVP_EC_gen("P-256");
    json_t *a = json_pack("{s:s,s:s,s:s}", "kty", "RSA", "kid", "one", "use", "sig"), *b = json_pack("{s:s,s:s,s:s}", "kty", "EC", "kid", "two", "crv", "P-256");
    put_number(a, "n", rsa, OSSL_PKEY_PARAM_RSA_N, 0);
    put_number(a, "e", rsa, OSSL_PKEY_PARAM_RSA_E, 0);
    put_number(b, "x", p256, OSSL_PKEY_PARAM_EC_PUB_X, 32);
    put_number(b, "y", p256, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
    jwks = json_pack("{s:[o,o]}", "keys", a, b);
    return 0;
}

static int drop_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(other);
    EVP_PKEY_free(p256);
    json_decref(jwks);
    return 0;
}

static size_t sign(const char *alg, EVP_PKEY *key, const char *what, uint8_t out[512])
{
    size_t n = 512;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how = NULL;
    assert_int_equal(EVP_DigestSignInit(ctx, &how, EVP_sha256(), NULL, key), 1);
    if (strcmp(alg, "PS256") == 0) assert_true(EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1);
    assert_int_equal(EVP_DigestSign(ctx, out, &n, (const uint8_t *)what, strlen(what)), 1);
    EVP_MD_CTX_free(ctx);
    if (strcmp(alg, "ES256") != 0) return n;
    const uint8_t *p = out;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &p, (long)n);
    const BIGNUM *r, *s;
    uint8_t flat[64];
    ECDSA_SIG_get0(pair, &r, &s);
    assert_true(BN_bn2binpad(r, flat, 32) == 32 && BN_bn2binpad(s, flat + 32, 32) == 32);
    memcpy(out, flat, sizeof flat);
    ECDSA_SIG_free(pair);
    return sizeof flat;
}

static json_t *good_claims(void)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:i,s:i,s:[s,s]}", "iss", "https://id.example", "aud", "huxue", "sub", "w1", "nonce", "n1", "exp", NOW + 300, "iat", NOW, "groups", "a", "b");
}

static void append(char *out, size_t size, const char *text)
{
    size_t n = strlen(out);
    snprintf(out + n, size - n, "%s", text);
}

/* Takes `claims` over. */
static void make_token(const char *alg, const char *kid, EVP_PKEY *key, json_t *claims, char out[4096])
{
    char header[200], *body = json_text(claims);
    uint8_t signature[512];
    snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", alg, kid);
    base64url_encode(header, strlen(header), out);
    append(out, 4096, ".");
    base64url_encode(body, strlen(body), out + strlen(out));
    size_t n = sign(alg, key, out, signature);
    append(out, 4096, ".");
    base64url_encode(signature, n, out + strlen(out));
    free(body);
    json_decref(claims);
}

static const struct token_want want = {"https://id.example", "huxue", "n1", NOW};

static enum hx_err check(const char *token, char why[160])
{
    json_t *claims;
    enum hx_err e = token_check(str_of(token), jwks, &want, &claims, why, 160);
    assert_true((e == HX_OK) == (claims != NULL));
    json_decref(claims);
    return e;
}

static void test_the_three_algorithms_hold(void **state)
{
    (void)state;
    static const struct {
        const char *alg, *kid;
        EVP_PKEY **key;
    } rows[] = {{"RS256", "one", &rsa}, {"PS256", "one", &rsa}, {"ES256", "two", &p256}, {"RS256", "", &rsa}};
    for (size_t i = 0; i < HX_COUNT(rows); i++) {
        char token[4096], why[160] = "";
        make_token(rows[i].alg, rows[i].kid, *rows[i].key, good_claims(), token);
        if (check(token, why)) fail_msg("%s: %s", rows[i].alg, why);
    }
}

static void test_a_token_of_another_key_or_with_one_letter_changed_is_refused(void **state)
{
    (void)state;
    char token[4096], why[160];
    make_token("RS256", "one", other, good_claims(), token);
    CHECK_EQ(check(token, why), HX_E_INVALID);
    make_token("RS256", "three", rsa, good_claims(), token);
    CHECK_EQ(check(token, why), HX_E_NOT_FOUND);
    make_token("ES256", "two", p256, good_claims(), token);
    size_t n = strlen(token);
    for (size_t i = 0; i + 1 < n; i += 7) { /* the last letter's low bits may be of no meaning */
        char was = token[i];
        token[i] = was == 'A' ? 'B' : 'A';
        if (check(token, why) == HX_OK) fail_msg("letter %zu of %zu", i, n);
        token[i] = was;
    }
    CHECK_EQ(check(token, why), HX_OK);
}

static void test_none_and_shared_secrets_are_refused(void **state)
{
    (void)state;
    static const char *const algs[] = {"none", "HS256", "RS1", ""};
    for (size_t i = 0; i < HX_COUNT(algs); i++) {
        char token[4096], why[160], header[64];
        json_t *claims = good_claims();
        char *body = json_text(claims);
        json_decref(claims);
        snprintf(header, sizeof header, "{\"alg\":\"%s\"}", algs[i]);
        base64url_encode(header, strlen(header), token);
        append(token, sizeof token, ".");
        base64url_encode(body, strlen(body), token + strlen(token));
        append(token, sizeof token, ".AAAA");
        free(body);
        CHECK_EQ(check(token, why), HX_E_INVALID);
        assert_non_null(strstr(why, "alg"));
    }
}

static void test_each_claim_that_does_not_hold_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *claim, *value, *why;
    } rows[] = {
        {"iss", "\"https://other.example\"", "iss"}, {"aud", "\"else\"", "aud"}, {"aud", "[\"huxue\",\"else\"]", "azp"}, {"azp", "\"else\"", "azp"}, {"exp", "1799999900", "exp"},
        {"exp", "null", "exp"}, {"iat", "1800000200", "iat"}, {"nbf", "1800000200", "iat"}, {"nonce", "\"n2\"", "nonce"}, {"sub", "\"\"", "sub"},
    };
    for (size_t i = 0; i < HX_COUNT(rows); i++) {
        char token[4096], why[160] = "";
        json_t *claims = good_claims();
        json_object_set_new(claims, rows[i].claim, json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
        make_token("ES256", "two", p256, claims, token);
        if (check(token, why) != HX_E_INVALID || strncmp(why, rows[i].why, strlen(rows[i].why)) != 0) fail_msg("%s = %s: %s", rows[i].claim, rows[i].value, why);
    }
}

static void test_what_is_no_token_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"", ".", "..", "a.b.c", "e30.e30.", "e30.e30.AAAA", "e30.e30.AAAA.e30", "!!!.e30.AAAA", "WzFd.WzFd.AAAA"};
    for (size_t i = 0; i < HX_COUNT(texts); i++) {
        char why[160];
        CHECK_EQ(check(texts[i], why), HX_E_INVALID);
    }
}

static void test_base64url_comes_back(void **state)
{
    (void)state;
    uint8_t bytes[70] = {0}, back[70];
    char text[100];
    for (size_t n = 0; n < sizeof bytes; n++) {
        for (size_t i = 0; i < n; i++) bytes[i] = (uint8_t)(i * 37 + n * 11 + 250);
        base64url_encode(bytes, n, text);
        CHECK_EQ(base64url_decode(str_of(text), back, sizeof back), (long)n);
        assert_memory_equal(bytes, back, n);
        if (n > 0) CHECK_EQ(base64url_decode(str_of(text), back, n - 1), -1);
    }
}

static void add(const char *text, void *arg)
{
    append(arg, 20, text);
}

static void test_a_claim_is_one_text_or_several(void **state)
{
    (void)state;
    char all[20] = "";
    json_t *c = json_pack("{s:s,s:[s,i,s],s:i}", "one", "x", "many", "y", 5, "z", "number", 3);
    token_each(c, "one", add, all);
    token_each(c, "many", add, all);
    token_each(c, "number", add, all);
    token_each(c, "none", add, all);
    json_decref(c);
    assert_string_equal(all, "xyz");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_the_three_algorithms_hold), TEST(test_a_token_of_another_key_or_with_one_letter_changed_is_refused), TEST(test_none_and_shared_secrets_are_refused),
        TEST(test_each_claim_that_does_not_hold_is_named), TEST(test_what_is_no_token_is_refused), TEST(test_base64url_comes_back), TEST(test_a_claim_is_one_text_or_several),
    };
    return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
