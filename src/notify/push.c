#include "push.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/url.h"

#define SALT_BYTES 16
#define SECRET_BYTES 32
#define TAG_BYTES 16
#define RECORD_BYTES 4096
#define JWT_MAX 1024

bool push_keys_read(struct str p256dh, struct str auth, struct push_keys *out)
{
    return base64url_decode(p256dh, out->point, sizeof out->point) == PUSH_POINT_BYTES && out->point[0] == 4 && base64url_decode(auth, out->auth, sizeof out->auth) == PUSH_AUTH_BYTES;
}

EVP_PKEY *push_key_new(void)
{
    return EVP_EC_gen("P-256");
}

void push_key_point(EVP_PKEY *key, uint8_t out[PUSH_POINT_BYTES])
{
    uint8_t *point = NULL;
    size_t n = EVP_PKEY_get1_encoded_public_key(key, &point);
    HX_ASSERT(n == PUSH_POINT_BYTES);
    memcpy(out, point, n);
    OPENSSL_free(point);
}

/* ECDH with the browser's point; false when it does not lie on the curve. */
static bool agree(EVP_PKEY *ours, const uint8_t point[PUSH_POINT_BYTES], uint8_t secret[SECRET_BYTES])
{
    size_t n = SECRET_BYTES;
    EVP_PKEY *theirs = EVP_PKEY_new();
    EVP_PKEY_CTX *c = NULL;
    bool good = theirs != NULL && EVP_PKEY_copy_parameters(theirs, ours) == 1 && EVP_PKEY_set1_encoded_public_key(theirs, point, PUSH_POINT_BYTES) == 1;
    if (good) good = (c = EVP_PKEY_CTX_new(ours, NULL)) != NULL && EVP_PKEY_derive_init(c) == 1 && EVP_PKEY_derive_set_peer(c, theirs) == 1 && EVP_PKEY_derive(c, secret, &n) == 1 && n == SECRET_BYTES;
    EVP_PKEY_CTX_free(c);
    EVP_PKEY_free(theirs);
    return good;
}

/* HKDF (RFC 5869) with SHA-256 of at most one block: extract, then expand. */
static void derive(const uint8_t *salt, size_t salt_bytes, const uint8_t *key, size_t key_bytes, struct buf *info, uint8_t *out, size_t out_bytes)
{
    uint8_t extracted[32], expanded[32];
    unsigned n = 0;
    buf_add(info, "\x01", 1);
    HX_ASSERT(!info->full && HMAC(EVP_sha256(), salt, (int)salt_bytes, key, key_bytes, extracted, &n) != NULL);
    HX_ASSERT(HMAC(EVP_sha256(), extracted, sizeof extracted, (const uint8_t *)info->at, info->len, expanded, &n) != NULL && out_bytes <= sizeof expanded);
    memcpy(out, expanded, out_bytes);
    OPENSSL_cleanse(extracted, sizeof extracted);
    OPENSSL_cleanse(expanded, sizeof expanded);
    buf_clear(info);
}

/* AES-128-GCM of the one and last record: the text, then 2. */
static void seal_record(const uint8_t key[16], const uint8_t nonce[12], struct str text, struct buf *out)
{
    uint8_t cipher[PUSH_PLAIN_MAX + 1], tag[TAG_BYTES];
    const uint8_t last = 2;
    int a = 0, b = 0, c = 0;
    EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
    HX_ASSERT(x != NULL && EVP_EncryptInit_ex(x, EVP_aes_128_gcm(), NULL, key, nonce) == 1);
    HX_ASSERT(EVP_EncryptUpdate(x, cipher, &a, (const uint8_t *)text.at, (int)text.len) == 1 && EVP_EncryptUpdate(x, cipher + a, &b, &last, 1) == 1);
    HX_ASSERT(EVP_EncryptFinal_ex(x, cipher + a + b, &c) == 1 && EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, tag) == 1);
    EVP_CIPHER_CTX_free(x);
    buf_add(out, cipher, (size_t)(a + b + c));
    buf_add(out, tag, sizeof tag);
}

enum hx_err push_encrypt_with(const struct push_keys *to, EVP_PKEY *ours, const uint8_t salt[SALT_BYTES], struct str text, struct buf *out)
{
    uint8_t secret[SECRET_BYTES], input[32], key[16], nonce[12], mine[PUSH_POINT_BYTES];
    const uint8_t record[4] = {0, 0, RECORD_BYTES >> 8, RECORD_BYTES & 255};
    struct buf info;
    if (text.len > PUSH_PLAIN_MAX) return HX_E_LIMIT;
    if (!agree(ours, to->point, secret)) return HX_E_INVALID;
    push_key_point(ours, mine);
    buf_init(&info, 256);
    buf_add(&info, "WebPush: info", 14);
    buf_add(&info, to->point, sizeof to->point);
    buf_add(&info, mine, sizeof mine);
    derive(to->auth, sizeof to->auth, secret, sizeof secret, &info, input, sizeof input);
    buf_add(&info, "Content-Encoding: aes128gcm", 28);
    derive(salt, SALT_BYTES, input, sizeof input, &info, key, sizeof key);
    buf_add(&info, "Content-Encoding: nonce", 24);
    derive(salt, SALT_BYTES, input, sizeof input, &info, nonce, sizeof nonce);
    buf_free(&info);
    buf_add(out, salt, SALT_BYTES);
    buf_add(out, record, sizeof record);
    buf_add(out, "\x41", 1);
    buf_add(out, mine, sizeof mine);
    seal_record(key, nonce, text, out);
    OPENSSL_cleanse(secret, sizeof secret);
    OPENSSL_cleanse(input, sizeof input);
    OPENSSL_cleanse(key, sizeof key);
    return out->full ? HX_E_LIMIT : HX_OK;
}

enum hx_err push_encrypt(const struct push_keys *to, struct str text, struct buf *out)
{
    uint8_t salt[SALT_BYTES];
    EVP_PKEY *ours = push_key_new();
    HX_ASSERT(ours != NULL && RAND_bytes(salt, sizeof salt) == 1);
    enum hx_err e = push_encrypt_with(to, ours, salt, text, out);
    EVP_PKEY_free(ours);
    return e;
}

/* ES256 (RFC 7518 3.4): r and s side by side, not DER. */
static void sign(EVP_PKEY *key, struct str text, uint8_t out[64])
{
    uint8_t der[80];
    const uint8_t *at = der;
    size_t n = sizeof der;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    HX_ASSERT(c != NULL && EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, key) == 1 && EVP_DigestSign(c, der, &n, (const uint8_t *)text.at, text.len) == 1);
    EVP_MD_CTX_free(c);
    ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &at, (long)n);
    HX_ASSERT(s != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(s), out, 32) == 32 && BN_bn2binpad(ECDSA_SIG_get0_s(s), out + 32, 32) == 32);
    ECDSA_SIG_free(s);
}

static void add_part(struct buf *out, const void *bytes, size_t n)
{
    char text[JWT_MAX * 2];
    HX_ASSERT(n <= JWT_MAX);
    base64url_encode(bytes, n, text);
    buf_add_z(out, text);
}

enum hx_err push_vapid(EVP_PKEY *key, const char *endpoint, const char *contact, int64_t expires_s, struct buf *out)
{
    static const char head[] = "{\"typ\":\"JWT\",\"alg\":\"ES256\"}";
    struct str authority = url_authority(endpoint);
    const char *scheme = strncmp(endpoint, "http://", 7) == 0 ? "http" : "https";
    uint8_t signature[64], point[PUSH_POINT_BYTES];
    struct buf claims, token;
    if (authority.len == 0 || authority.len > 300 || strlen(contact) > 200 || strpbrk(contact, "\"\\") != NULL) return HX_E_INVALID;
    buf_init(&claims, JWT_MAX);
    buf_init(&token, 4 * JWT_MAX);
    buf_printf(&claims, "{\"aud\":\"%s://%.*s\",\"exp\":%lld,\"sub\":\"%s\"}", scheme, (int)authority.len, authority.at, (long long)expires_s, contact);
    add_part(&token, head, sizeof head - 1);
    buf_add_z(&token, ".");
    add_part(&token, claims.at, claims.len);
    sign(key, buf_str(&token), signature);
    buf_add_z(&token, ".");
    add_part(&token, signature, sizeof signature);
    push_key_point(key, point);
    buf_printf(out, "Authorization: vapid t=%.*s, k=", (int)token.len, token.at);
    add_part(out, point, sizeof point);
    buf_free(&claims);
    buf_free(&token);
    return out->full ? HX_E_LIMIT : HX_OK;
}
