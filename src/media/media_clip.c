/* Clips as evidence. A piece is a segment; chain[i] = SHA-256(chain[i-1] || bytes of piece i), the first over the head alone. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "media_record.h"
#include "media_segments.h"

#define CLIP_BYTES_MAX (1024u << 20)
struct making {
    EVP_MD_CTX *whole;
    FILE *file;
    uint8_t link[32];
    json_t *chain;
    struct buf head; /* ftyp and moov of the first segment */
    uint64_t shift, last_time; /* of the stream's clock to the clip's; of the last picture */
    bool timed;
    int64_t first_ms, bytes;
    bool changed;    /* the picture's format changed on the way */
};

static bool put(struct making *m, EVP_MD_CTX *piece, const char *at, size_t n)
{
    m->bytes += (int64_t)n;
    return EVP_DigestUpdate(m->whole, at, n) == 1 && EVP_DigestUpdate(piece, at, n) == 1 && fwrite(at, 1, n, m->file) == n;
}

static EVP_MD_CTX *begin_piece(const uint8_t link[32])
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    HX_ASSERT(c != NULL && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(c, link, 32) == 1);
    return c;
}

static void end_piece(struct making *m, EVP_MD_CTX *c, int64_t from_byte, int64_t from, int64_t to)
{
    char hex[65];
    HX_ASSERT(EVP_DigestFinal_ex(c, m->link, NULL) == 1);
    EVP_MD_CTX_free(c);
    hex_encode_lower(m->link, 32, hex);
    json_array_append_new(m->chain, json_pack("{s:I,s:I,s:I,s:I,s:s}", "byte", (json_int_t)from_byte, "bytes", (json_int_t)(m->bytes - from_byte), "from", (json_int_t)from, "to", (json_int_t)to, "sha256", hex));
}

/* The head, and a box that names the clip: whoever plays a copy elsewhere can say where it came from. */
static bool put_head(struct making *m, const struct clip_order *o)
{
    static const uint8_t kind[16] = {'H', 'u', 'x', 'u', 'e', ' ', 'w', 'a', 't', 'e', 'r', 'm', 'a', 'r', 'k', '1'};
    size_t n = strlen(o->watermark);
    uint8_t box[8] = {0, 0, 0, (uint8_t)(24 + n), 'u', 'u', 'i', 'd'};
    EVP_MD_CTX *c = begin_piece(m->link);
    bool good = put(m, c, m->head.at, m->head.len) && put(m, c, (char *)box, 8) && put(m, c, (const char *)kind, 16) && put(m, c, o->watermark, n);
    end_piece(m, c, 0, 0, 0);
    return good;
}

static bool put_segment(struct making *m, const struct clip_order *o, const struct segment *s)
{
    char path[RECORD_PATH_MAX + 96];
    struct buf bytes, head;
    struct str box;
    const char *name;
    size_t at = 0, first = 0;
    bool good = true;
    snprintf(path, sizeof path, "%s/%s/%lld-%lld.mp4", o->dir, o->stream, (long long)s->from, (long long)s->to);
    if (!segment_read_file(path, SEGMENT_BYTES_MAX, &bytes)) return buf_free(&bytes), true; /* it went meanwhile: a gap, which the chain shows */
    buf_init(&head, 65536);
    while (segment_next_box(buf_str(&bytes), &at, &box, &name) && (memcmp(name, "ftyp", 4) == 0 || memcmp(name, "moov", 4) == 0)) buf_add(&head, box.at, box.len), first = at;
    if (m->head.len == 0) {
        buf_add(&m->head, head.at, head.len);
        m->first_ms = s->from;
        good = put_head(m, o);
    }
    bool same = head.len == m->head.len && memcmp(head.at, m->head.at, head.len) == 0;
    m->changed |= !same;
    int64_t from_byte = m->bytes;
    bool begun = false;
    EVP_MD_CTX *c = begin_piece(m->link);
    for (at = first; good && same && segment_next_box(buf_str(&bytes), &at, &box, &name);) {
        if (memcmp(name, "moof", 4) == 0 && box.len > SEGMENT_TFDT_AT + 8) {
            uint64_t t = segment_get64(box.at + SEGMENT_TFDT_AT), want = (uint64_t)(s->from - m->first_ms) * 90;
            int64_t off = (int64_t)(t + m->shift - want); /* the same stream goes on, or another began after a gap */
            if (!begun && (!m->timed || off < -90000 || off > 90000 || t + m->shift <= m->last_time)) m->shift = (m->timed && want <= m->last_time ? m->last_time + 1 : want) - t; /* modulo 2^64 */
            begun = m->timed = true;
            t += m->shift;
            if (!segment_of_sound(box)) m->last_time = t;
            char *to = bytes.at + (box.at - bytes.at) + SEGMENT_TFDT_AT;
            for (int i = 0; i < 8; i++) to[i] = (char)(t >> (56 - 8 * i));
        }
        good = put(m, c, box.at, box.len);
    }
    end_piece(m, c, from_byte, s->from, s->to);
    buf_free(&bytes);
    buf_free(&head);
    return good;
}

static EVP_PKEY *signing_key(const char *dir)
{
    char path[RECORD_PATH_MAX];
    snprintf(path, sizeof path, "%.4200s/clip.key", dir);
    FILE *f = fopen(path, "r");
    EVP_PKEY *key = f != NULL ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
    if (f != NULL) fclose(f);
    return key;
}

enum hx_err clip_key_make(const char *dir)
{
    char path[RECORD_PATH_MAX];
    EVP_PKEY *key = signing_key(dir);
    if (key != NULL) return EVP_PKEY_free(key), HX_OK;
    snprintf(path, sizeof path, "%.4200s/clip.key", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool good = key != NULL && f != NULL && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1;
    if (f != NULL) good = fclose(f) == 0 && good;
    snprintf(path, sizeof path, "%.4200s/clip.pub", dir);
    f = good ? fopen(path, "w") : NULL;
    good = f != NULL && PEM_write_PUBKEY(f, key) == 1;
    if (f != NULL) good = fclose(f) == 0 && good;
    if (!good) log_error("clip.key", "dir=\"%s\" reason=\"%s\"", dir, strerror(errno));
    EVP_PKEY_free(key);
    return good ? HX_OK : HX_E_STORE;
}

static bool sign(const char *dir, json_t *manifest)
{
    uint8_t public[32], signature[64];
    char hex[129];
    size_t n = sizeof public;
    EVP_PKEY *key = signing_key(dir);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool good = key != NULL && c != NULL && EVP_PKEY_get_raw_public_key(key, public, &n) == 1;
    if (good) {
        hex_encode_lower(public, 32, hex);
        json_object_set_new(manifest, "public_key", json_string(hex));
        char *text = json_dumps(manifest, JSON_COMPACT | JSON_SORT_KEYS);
        n = sizeof signature;
        good = EVP_DigestSignInit(c, NULL, NULL, NULL, key) == 1 && EVP_DigestSign(c, signature, &n, (const uint8_t *)text, strlen(text)) == 1;
        free(text);
    }
    if (good) {
        hex_encode_lower(signature, 64, hex);
        json_object_set_new(manifest, "signature", json_string(hex));
    }
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(key);
    return good;
}

static enum hx_err finish(struct making *m, const struct clip_order *o, const char *part, int64_t now_ms, json_t **out)
{
    uint8_t hash[32];
    char hex[65], path[RECORD_PATH_MAX], json_path[RECORD_PATH_MAX];
    HX_ASSERT(EVP_DigestFinal_ex(m->whole, hash, NULL) == 1);
    hex_encode_lower(hash, 32, hex);
    json_t *manifest = json_pack("{s:s,s:I,s:s,s:s,s:I,s:s,s:b,s:O,s:O}", "format", "huxue-clip-1", "clip", (json_int_t)o->clip_id, "stream", o->stream, "watermark", o->watermark, "bytes", (json_int_t)m->bytes, "sha256", hex,
                                 "format_changed", m->changed, "facts", o->facts, "chain", m->chain);
    json_put_time(manifest, "wanted_from", o->from);
    json_put_time(manifest, "wanted_to", o->to);
    json_put_time(manifest, "made_at", now_ms);
    bool good = fflush(m->file) == 0 && fsync(fileno(m->file)) == 0 && sign(o->dir, manifest);
    snprintf(path, sizeof path, "%.4200s/clips/%lld.mp4", o->dir, (long long)o->clip_id);
    snprintf(json_path, sizeof json_path, "%.4200s/clips/%lld.json", o->dir, (long long)o->clip_id);
    good = good && json_dump_file(manifest, json_path, JSON_INDENT(1) | JSON_SORT_KEYS) == 0 && rename(part, path) == 0;
    if (good) *out = manifest;
    else json_decref(manifest);
    return good ? HX_OK : HX_E_STORE;
}

enum hx_err clip_make(const struct clip_order *o, int64_t now_ms, json_t **manifest)
{
    struct making m = {.chain = json_array(), .whole = EVP_MD_CTX_new()};
    struct segment *all;
    char part[RECORD_PATH_MAX];
    size_t n = segments_list(o->dir, o->stream, o->from, o->to, &all);
    enum hx_err e = n == 0 ? HX_E_NOT_FOUND : HX_OK;
    *manifest = NULL;
    snprintf(part, sizeof part, "%.4200s/clips", o->dir);
    mkdir(part, 0700);
    snprintf(part, sizeof part, "%.4200s/clips/%lld.part", o->dir, (long long)o->clip_id);
    HX_ASSERT(m.whole != NULL && EVP_DigestInit_ex(m.whole, EVP_sha256(), NULL) == 1);
    buf_init(&m.head, 65536);
    if (!e && (m.file = fopen(part, "w")) == NULL) e = HX_E_STORE;
    for (size_t i = 0; !e && i < n && m.bytes < CLIP_BYTES_MAX; i++)
        if (!put_segment(&m, o, &all[i])) e = HX_E_STORE;
    if (!e && m.bytes == 0) e = HX_E_NOT_FOUND;
    if (!e) e = finish(&m, o, part, now_ms, manifest);
    if (m.file != NULL) fclose(m.file);
    if (e) unlink(part);
    EVP_MD_CTX_free(m.whole);
    buf_free(&m.head);
    json_decref(m.chain);
    free(all);
    return e;
}

static bool signature_fits(json_t *manifest, const char *key_hex, const char *signature_hex)
{
    uint8_t public[32], signature[64];
    if (hex_decode(str_of(key_hex), public, 32) != 32 || hex_decode(str_of(signature_hex), signature, 64) != 64) return false;
    char *text = json_dumps(manifest, JSON_COMPACT | JSON_SORT_KEYS);
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, 32);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool good = key != NULL && c != NULL && text != NULL && EVP_DigestVerifyInit(c, NULL, NULL, NULL, key) == 1 && EVP_DigestVerify(c, signature, 64, (const uint8_t *)text, strlen(text)) == 1;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(key);
    free(text);
    return good;
}

static enum hx_err check_chain(FILE *f, const json_t *manifest, char *why, size_t why_bytes)
{
    uint8_t link[32] = {0}, bytes[65536];
    char hex[65];
    size_t i;
    int64_t at = 0;
    const json_t *piece;
    json_array_foreach(json_object_get(manifest, "chain"), i, piece)
    {
        int64_t left = json_i64(piece, "bytes", -1);
        EVP_MD_CTX *c = begin_piece(link);
        bool whole = left >= 0 && json_i64(piece, "byte", -1) == at;
        while (whole && left > 0) {
            size_t n = fread(bytes, 1, left < (int64_t)sizeof bytes ? (size_t)left : sizeof bytes, f);
            if (n == 0) whole = false;
            EVP_DigestUpdate(c, bytes, n);
            left -= (int64_t)n;
            at += (int64_t)n;
        }
        HX_ASSERT(EVP_DigestFinal_ex(c, link, NULL) == 1);
        EVP_MD_CTX_free(c);
        hex_encode_lower(link, 32, hex);
        if (whole && strcmp(hex, json_z(piece, "sha256", "")) == 0) continue;
        char from[CLOCK_TEXT_MAX];
        clock_format(json_i64(piece, "from", 0), from);
        snprintf(why, why_bytes, "piece %zu (%s) differs: the picture was changed, cut or reordered there", i, json_i64(piece, "from", 0) ? from : "head");
        return HX_E_CONFLICT;
    }
    if (at == json_i64(manifest, "bytes", -1) && fgetc(f) == EOF) return HX_OK;
    snprintf(why, why_bytes, "the file is longer or shorter than the manifest says");
    return HX_E_CONFLICT;
}

enum hx_err clip_verify(const char *file, const char *manifest_file, char *why, size_t why_bytes)
{
    json_error_t error;
    json_t *manifest = json_load_file(manifest_file, JSON_REJECT_DUPLICATES, &error);
    FILE *f = fopen(file, "r");
    enum hx_err e = HX_OK;
    char signature[200] = "", key[80];
    if (manifest == NULL || f == NULL) {
        snprintf(why, why_bytes, "%s cannot be read", f == NULL ? file : manifest_file);
        e = HX_E_NOT_FOUND;
    } else if (strcmp(json_z(manifest, "format", ""), "huxue-clip-1") != 0) {
        snprintf(why, why_bytes, "this is no manifest of a clip");
        e = HX_E_INVALID;
    } else {
        snprintf(signature, sizeof signature, "%s", json_z(manifest, "signature", ""));
        snprintf(key, sizeof key, "%s", json_z(manifest, "public_key", ""));
        json_object_del(manifest, "signature");
        if (!signature_fits(manifest, key, signature)) {
            snprintf(why, why_bytes, "the manifest was changed: its signature does not fit");
            e = HX_E_CONFLICT;
        }
    }
    if (!e) e = check_chain(f, manifest, why, why_bytes);
    if (!e) snprintf(why, why_bytes, "signed by key %s", key);
    if (f != NULL) fclose(f);
    json_decref(manifest);
    return e;
}
