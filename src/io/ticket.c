#include "ticket.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "io/seal.h"

#define KEY_BYTES 32

enum hx_err ticket_key_read(const char *file, uint8_t key[KEY_BYTES])
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    uint8_t bytes[KEY_BYTES + 1];
    ssize_t n = fd >= 0 ? read(fd, bytes, sizeof bytes) : -1;
    if (fd >= 0) close(fd);
    if (n != KEY_BYTES) return HX_E_INVALID;
    memcpy(key, bytes, KEY_BYTES);
    return HX_OK;
}

enum hx_err ticket_key_open(const char *dir, uint8_t key[KEY_BYTES])
{
    char path[4200];
    snprintf(path, sizeof path, "%s/keys", dir);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/keys/media.key", dir);
    if (access(path, F_OK) != 0) {
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        HX_ASSERT(RAND_bytes(key, KEY_BYTES) == 1);
        bool good = fd >= 0 && write(fd, key, KEY_BYTES) == KEY_BYTES;
        if (fd >= 0) close(fd);
        if (!good) return log_error("ticket.key", "path=\"%s\" reason=\"%s\"", path, strerror(errno)), HX_E_STORE;
    }
    enum hx_err e = ticket_key_read(path, key);
    if (e) log_error("ticket.key", "path=\"%s\" reason=\"want %d bytes\"", path, KEY_BYTES);
    return e;
}

static void mac_of(const uint8_t key[KEY_BYTES], const char *text, char out[65])
{
    uint8_t mac[32];
    unsigned n = 0;
    HX_ASSERT(HMAC(EVP_sha256(), key, KEY_BYTES, (const uint8_t *)text, strlen(text), mac, &n) != NULL);
    hex_encode_lower(mac, 32, out);
}

void ticket_make(const uint8_t key[KEY_BYTES], struct ticket *t, char out[TICKET_TEXT_MAX])
{
    uint8_t raw[8];
    char mac[65];
    HX_ASSERT(RAND_bytes(raw, sizeof raw) == 1);
    hex_encode_lower(raw, sizeof raw, t->nonce);
    snprintf(out, TICKET_TEXT_MAX, "%s.%s.%lld.%lld.%s", t->what, t->subject, (long long)t->person_id, (long long)t->expires_at, t->nonce);
    mac_of(key, out, mac);
    size_t n = strlen(out);
    snprintf(out + n, TICKET_TEXT_MAX - n, ".%s", mac);
}

enum hx_err ticket_check(const uint8_t key[KEY_BYTES], struct str text, int64_t now_ms, struct ticket *out)
{
    char z[TICKET_TEXT_MAX], mac[65];
    struct str piece[6], rest;
    *out = (struct ticket){0};
    if (text.len >= sizeof z) return HX_E_INVALID;
    rest = str_of(str_to_z(text, z, sizeof z));
    char *dot = strrchr(z, '.');
    for (int i = 0; i < 6; i++)
        if (!str_split(&rest, '.', &piece[i])) return HX_E_INVALID;
    if (dot == NULL || rest.at != NULL || piece[0].len >= sizeof out->what || piece[1].len >= sizeof out->subject || piece[4].len != 16 || piece[5].len != 64) return HX_E_INVALID;
    if (!str_to_i64(piece[2], &out->person_id) || !str_to_i64(piece[3], &out->expires_at)) return HX_E_INVALID;
    *dot = 0;
    mac_of(key, z, mac);
    if (CRYPTO_memcmp(mac, dot + 1, 64) != 0) return HX_E_INVALID;
    str_to_z(piece[0], out->what, sizeof out->what);
    str_to_z(piece[1], out->subject, sizeof out->subject);
    str_to_z(piece[4], out->nonce, sizeof out->nonce);
    return now_ms > out->expires_at ? HX_E_FORBIDDEN : HX_OK;
}

void ticket_control_secret(const uint8_t key[KEY_BYTES], char out[65])
{
    mac_of(key, "huxue media control", out);
}

#define HIDDEN_MAX 1024

static void hiding_key(const uint8_t key[KEY_BYTES], struct seal *s)
{
    char text[65];
    mac_of(key, "huxue media source", text);
    HX_ASSERT(hex_decode(str_of(text), s->key, sizeof s->key) == sizeof s->key);
}

void ticket_hide(const uint8_t key[KEY_BYTES], struct str plain, char *out)
{
    uint8_t sealed[HIDDEN_MAX + SEAL_EXTRA_BYTES];
    struct seal s;
    HX_ASSERT(plain.len <= HIDDEN_MAX);
    hiding_key(key, &s);
    hex_encode_lower(sealed, seal_close_over(&s, plain.at, plain.len, sealed), out);
}

enum hx_err ticket_reveal(const uint8_t key[KEY_BYTES], struct str hidden, char *out, size_t size)
{
    uint8_t sealed[HIDDEN_MAX + SEAL_EXTRA_BYTES];
    struct seal s;
    size_t n = 0;
    int bytes = hex_decode(hidden, sealed, sizeof sealed);
    if (bytes < SEAL_EXTRA_BYTES) return HX_E_MALFORMED;
    if ((size_t)bytes - SEAL_EXTRA_BYTES >= size) return HX_E_LIMIT;
    hiding_key(key, &s);
    enum hx_err e = seal_break(&s, (struct str){(const char *)sealed, (size_t)bytes}, (uint8_t *)out, size - 1, &n);
    out[e ? 0 : n] = 0;
    return e;
}
