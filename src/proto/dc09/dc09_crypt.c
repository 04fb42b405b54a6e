#include "dc09_crypt.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#define BLOCK 16

bool dc09_key_parse(struct str text, struct dc09_key *key)
{
    if (text.len == 32 || text.len == 48 || text.len == 64) {
        int n = hex_decode(text, key->bytes, sizeof key->bytes);
        if (n > 0) {
            key->n = (size_t)n;
            return true;
        }
    }
    if (text.len != 16 && text.len != 24 && text.len != 32) return false;
    memcpy(key->bytes, text.at, text.len);
    key->n = text.len;
    return true;
}

static const EVP_CIPHER *cipher_of(size_t key_bytes)
{
    return key_bytes == 16 ? EVP_aes_128_cbc() : key_bytes == 24 ? EVP_aes_192_cbc() : EVP_aes_256_cbc();
}

static bool run_cbc(const struct dc09_key *key, int encrypt, const uint8_t *in, size_t n, uint8_t *out)
{
    static const uint8_t zero[BLOCK];
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int part = 0, last = 0;
    bool good = c != NULL && EVP_CipherInit_ex(c, cipher_of(key->n), NULL, key->bytes, zero, encrypt) == 1 &&
                EVP_CIPHER_CTX_set_padding(c, 0) == 1 && EVP_CipherUpdate(c, out, &part, in, (int)n) == 1 &&
                EVP_CipherFinal_ex(c, out + part, &last) == 1;
    EVP_CIPHER_CTX_free(c);
    return good;
}

enum hx_err dc09_open(struct dc09_message *m, const struct dc09_key *key, char plain[DC09_PLAIN_MAX], size_t *pad_bytes, struct str *text)
{
    uint8_t cipher[DC09_PLAIN_MAX];
    int n = hex_decode(m->cipher, cipher, sizeof cipher);
    if (n <= 0 || n % BLOCK != 0 || !run_cbc(key, 0, cipher, (size_t)n, (uint8_t *)plain)) return HX_E_MALFORMED;
    size_t look = n < BLOCK + 1 ? (size_t)n : BLOCK + 1;
    const char *bar = memchr(plain, '|', look);
    if (bar == NULL) return HX_E_MALFORMED;
    *pad_bytes = (size_t)(bar - plain);
    *text = (struct str){bar + 1, (size_t)n - *pad_bytes - 1};
    int64_t when;
    enum hx_err e = dc09_blocks_parse(*text, m);
    return e || !dc09_time_parse(m->timestamp, &when) ? HX_E_MALFORMED : HX_OK;
}

/* Random bytes without the three that have a meaning. */
static void fill_pad(uint8_t *pad, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        do HX_ASSERT(RAND_bytes(&pad[i], 1) == 1);
        while (pad[i] == '|' || pad[i] == '[' || pad[i] == ']');
    }
}

void dc09_seal(struct buf *out, enum dc09_crc_form form, struct str head, struct str text, const struct dc09_key *key)
{
    uint8_t plain[DC09_PLAIN_MAX], cipher[DC09_PLAIN_MAX];
    char hex[2 * DC09_PLAIN_MAX + 1];
    size_t rest = (text.len + 1) % BLOCK, pad = rest == 0 ? BLOCK : BLOCK - rest, n = pad + 1 + text.len;
    HX_ASSERT(n <= sizeof plain);
    fill_pad(plain, pad);
    plain[pad] = '|';
    memcpy(plain + pad + 1, text.at, text.len);
    HX_ASSERT(run_cbc(key, 1, plain, n, cipher));
    hex_encode(cipher, n, hex);
    struct buf body;
    buf_init(&body, DC09_BODY_MAX);
    buf_add(&body, head.at, head.len);
    buf_add(&body, hex, 2 * n);
    dc09_wrap(out, form, buf_str(&body));
    buf_free(&body);
}

void dc09_send(struct buf *out, const struct dc09_sending *s, struct str text)
{
    struct buf head;
    buf_init(&head, DC09_BODY_MAX);
    buf_printf(&head, "\"%s%s\"%04d", s->key->n > 0 ? "*" : "", s->token, s->sequence);
    if (s->receiver[0] != 0) buf_printf(&head, "R%s", s->receiver);
    buf_printf(&head, "L%s#%s[", s->line, s->account);
    if (s->key->n > 0) {
        dc09_seal(out, DC09_CRC_HEX, buf_str(&head), text, s->key);
    } else {
        buf_add(&head, text.at, text.len);
        dc09_wrap(out, DC09_CRC_HEX, buf_str(&head));
    }
    buf_free(&head);
}

void dc09_reply_sealed(struct buf *out, enum dc09_crc_form form, const struct dc09_message *to, int64_t time_ms, const struct dc09_key *key)
{
    struct buf head, text;
    char when[24];
    buf_init(&head, 128);
    buf_init(&text, 64);
    dc09_reply_head(&head, "*ACK", to);
    dc09_time_format(time_ms, when);
    buf_printf(&text, "]_%s", when);
    dc09_seal(out, form, buf_str(&head), buf_str(&text), key);
    buf_free(&head);
    buf_free(&text);
}
