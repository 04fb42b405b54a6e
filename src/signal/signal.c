#include "signal.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

struct signal_batch *signal_batch_new(size_t count, struct str raw)
{
    struct signal_batch *b = calloc(1, sizeof *b);
    HX_ASSERT(b != NULL);
    b->signals = calloc(count, sizeof *b->signals);
    b->raw = malloc(raw.len + 1);
    HX_ASSERT(b->signals != NULL && b->raw != NULL);
    b->count = count;
    if (raw.len > 0) memcpy(b->raw, raw.at, raw.len);
    b->raw_bytes = raw.len;
    return b;
}

void signal_batch_free(struct signal_batch *b)
{
    for (size_t i = 0; i < b->count; i++) free(b->signals[i].extra);
    free(b->signals);
    free(b->raw);
    free(b);
}

enum writer_lane signal_lane(const struct signal_batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->signals[i].severity == 1 || b->signals[i].severity == 2) return LANE_URGENT;
    return LANE_NORMAL;
}

static EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;
static void fetch_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    HX_ASSERT(sha256 != NULL);
}

void signal_digest(const struct str *pieces, size_t count, uint8_t out[SIGNAL_DIGEST_BYTES])
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    pthread_once(&sha256_once, fetch_sha256);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    HX_ASSERT(digest != NULL && EVP_DigestInit_ex2(digest, sha256, NULL) == 1);
    for (size_t i = 0; i < count; i++) {
        uint32_t n = (uint32_t)pieces[i].len;
        EVP_DigestUpdate(digest, &n, sizeof n);
        EVP_DigestUpdate(digest, pieces[i].at, pieces[i].len);
    }
    HX_ASSERT(EVP_DigestFinal_ex(digest, hash, NULL) == 1);
    EVP_MD_CTX_free(digest);
    memcpy(out, hash, SIGNAL_DIGEST_BYTES);
}

static void signal_json(const struct signal *s, struct buf *b)
{
    json_open(b);
    json_add_i64(b, "seq", s->seq);
    json_add_time(b, "received_at", s->received_at);
    json_add_time(b, "device_time", s->device_at);
    json_add_z(b, "account", s->account);
    json_add_id(b, "panel_id", s->panel_id);
    json_add_id(b, "school_id", s->school_id);
    json_add_z(b, "protocol", s->protocol);
    json_add_z(b, "sequence", s->sequence);
    json_add_z(b, "code", s->code);
    json_add_z(b, "qualifier", s->qualifier);
    json_add_z(b, "partition", s->partition_no);
    json_add_z(b, "zone", s->zone);
    json_add_z(b, "class", signal_class_row(s->class)->name);
    json_add_i64(b, "severity", s->severity);
    json_add_z(b, "text", s->text);
    json_add_flag(b, "drill", s->drill);
    json_add_flag(b, "test", s->test);
    json_add_z(b, "state", s->quarantined ? "quarantined" : "accepted");
    json_close(b);
}

/* The frame was seen before: it is a copy, with the number it has, unless that was too long ago. A copy keeps the window open. */
static enum hx_err judge_copy(struct tx *tx, struct signal *s)
{
    struct rows r = db_query(tx->db, SQL_SIGNAL_SEEN_GET, "zb", s->account, (const void *)s->digest, sizeof s->digest);
    int64_t window = s->device_at != 0 ? SIGNAL_REPEAT_STAMPED_MS : SIGNAL_REPEAT_MS;
    if (rows_next(&r) && llabs(tx->now_ms - rows_i64(&r, 1)) <= window) { /* our clock may have been set back: rather twice than never */
        s->duplicate = true;
        s->seq = rows_i64(&r, 0);
    }
    enum hx_err e = r.err;
    rows_end(&r);
    return e ? e : db_exec(tx->db, SQL_SIGNAL_SEEN_AGAIN, "iizb", s->seq, tx->now_ms, s->account, (const void *)s->digest, sizeof s->digest);
}

static enum hx_err store_one(struct tx *tx, struct signal *s, const struct signal_batch *b)
{
    s->seq = journal_next(tx);
    s->duplicate = false;
    enum hx_err e = db_exec(tx->db, SQL_SIGNAL_SEEN_ADD, "zbii", s->account, (const void *)s->digest, sizeof s->digest, s->seq, tx->now_ms);
    if (!e && db_changes(tx->db) == 0) e = judge_copy(tx, s);
    if (e) return e;
    if (s->duplicate) return db_exec(tx->db, SQL_SIGNAL_COPY, "i", s->seq);
    e = db_exec(tx->db, SQL_SIGNAL_ADD, "iiIzIIzzzzzzzizziizb", s->seq, s->received_at, s->device_at, s->account, s->panel_id,
                s->school_id, s->protocol, s->sequence, s->code, s->qualifier, s->partition_no, s->zone,
                signal_class_row(s->class)->name, (int64_t)s->severity, s->text, s->quarantined ? "quarantined" : "accepted",
                (int64_t)s->drill, (int64_t)s->test, s->extra != NULL ? s->extra : "{}", (const void *)b->raw, b->raw_bytes);
    if (e) return e;
    struct buf data;
    buf_init(&data, 8 * SIGNAL_TEXT_MAX);
    signal_json(s, &data);
    e = journal_add_text(tx, "signal.received", s->school_id, 0, buf_str(&data)); /* found by account, not by subject */
    buf_free(&data);
    return e;
}

enum hx_err signal_store(struct tx *tx, struct signal_batch *b)
{
    enum hx_err e = HX_OK;
    for (size_t i = 0; !e && i < b->count; i++) e = store_one(tx, &b->signals[i], b);
    return e;
}

#define FORGET_ACCOUNTS 64

enum hx_err signal_forget(struct tx *tx, void *after)
{
    char *account = after;
    enum hx_err e = HX_OK;
    for (int i = 0; !e && i < FORGET_ACCOUNTS; i++) {
        struct rows r = db_query(tx->db, SQL_SIGNAL_SEEN_ACCOUNT_AFTER, "z", account);
        bool there = rows_next(&r);
        str_to_z(there ? rows_str(&r, 0) : STR(""), account, sizeof((struct signal *)NULL)->account);
        e = r.err;
        rows_end(&r);
        if (!there) break;
        if (!e) e = db_exec(tx->db, SQL_SIGNAL_SEEN_FORGET, "zi", account, tx->now_ms - SIGNAL_REPEAT_STAMPED_MS);
    }
    return e;
}
