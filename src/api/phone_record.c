#include "api/phone_record.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "api/people.h"
#include "base/clock.h"

#define KEPT_RECORDS 2000 /* of a phone: what is older cannot be told from a repetition any more */
#define PHONES_MAX 10     /* of a person */
#define EXPECTED_MS (31 * CLOCK_DAY_MS) /* so long after its last record a phone is taken to be used still */
#define MARK_MAX 400
#define NUMBER_MAX (1LL << 53)

/* ---- the mark ---- */

static bool take_field(struct str *rest, const char *name, struct str *value)
{
    struct str part, want = str_of(name);
    if (!str_split(rest, ';', &part)) return false;
    while (part.len > 0 && part.at[0] == ' ') part.at++, part.len--;
    if (!str_starts(part, want)) return false;
    *value = (struct str){part.at + want.len, part.len - want.len};
    return true;
}

static bool take_number(struct str *rest, const char *name, int64_t *out)
{
    struct str value;
    return take_field(rest, name, &value) && str_to_i64(value, out) && *out > 0 && *out < NUMBER_MAX;
}

static bool read_mark(struct str header, struct record_mark *m)
{
    struct str tag, prev, signature;
    if (header.len > MARK_MAX || !take_field(&header, "k=", &tag) || tag.len != sizeof m->tag - 1 || !take_number(&header, "n=", &m->n) || !take_number(&header, "at=", &m->made_at)) return false;
    str_to_z(tag, m->tag, sizeof m->tag);
    return take_field(&header, "prev=", &prev) && prev.len == 64 && hex_decode(prev, m->prev, sizeof m->prev) == 32 && take_field(&header, "sig=", &signature) &&
           base64url_decode(signature, m->signature, sizeof m->signature) == P256_SIGNATURE_BYTES;
}

static void sha256(const void *bytes, size_t n, uint8_t out[32])
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    HX_ASSERT(EVP_Digest(bytes, n, hash, NULL, EVP_sha256(), NULL) == 1);
    memcpy(out, hash, 32);
}

void record_read(const char *header, const char *method, struct str path, const char *id, struct str body, struct record_mark *m)
{
    *m = (struct record_mark){.standing = RECORD_NONE};
    if (header == NULL) return;
    m->standing = RECORD_FALSE;
    if (!read_mark(str_of(header), m)) return;
    uint8_t of_body[32];
    char body_hex[65], prev_hex[65];
    struct buf text;
    sha256(body.at, body.len, of_body);
    hex_encode_lower(of_body, sizeof of_body, body_hex);
    hex_encode_lower(m->prev, sizeof m->prev, prev_hex);
    buf_init(&text, 4096);
    buf_printf(&text, "huxue-record-1\n%lld\n%lld\n%s\n%s %.*s\n%s\n%s", (long long)m->n, (long long)m->made_at, prev_hex, method, (int)path.len, path.at, id, body_hex);
    if (!text.full) m->standing = RECORD_GOOD;
    sha256(text.at, text.len, m->hash);
    buf_free(&text);
}

void record_judge(struct db *db, int64_t person_id, struct record_mark *m)
{
    if (m->standing != RECORD_GOOD) return;
    struct rows r = db_query(db, SQL_PHONE_KEY_OF, "iz", person_id, m->tag);
    struct str point = STR("");
    if (rows_next(&r)) m->phone_id = rows_i64(&r, 0), point = rows_blob(&r, 1);
    m->standing = RECORD_UNKNOWN;
    if (point.len == P256_POINT_BYTES) {
        EVP_PKEY *key = p256_key((const uint8_t *)point.at);
        m->standing = key != NULL && p256_verify(key, m->hash, m->signature) ? RECORD_GOOD : RECORD_FALSE;
        EVP_PKEY_free(key);
    }
    rows_end(&r);
}

/* The number's own row must be this record, and the row before it the one that it names. */
static enum hx_err follow(struct tx *tx, struct record_mark *m)
{
    struct rows r = db_query(tx->db, SQL_PHONE_RECORD_NEAR, "iii", m->phone_id, m->n - 1, m->n);
    while (rows_next(&r)) {
        struct str hash = rows_blob(&r, 1);
        const uint8_t *want = rows_i64(&r, 0) == m->n ? m->hash : m->prev;
        if (hash.len != 32 || memcmp(hash.at, want, 32) != 0) m->standing = RECORD_BROKEN;
    }
    enum hx_err e = r.err;
    rows_end(&r);
    return e;
}

enum hx_err record_keep(struct tx *tx, const char *id, const char *operation, struct record_mark *m)
{
    static const char *const names[] = {"none", "unknown", "false", "broken", "good"};
    enum hx_err e = HX_OK;
    if (m->standing == RECORD_NONE || tx->person_id == 0) return HX_OK; /* nobody's mark is worth a word */
    if (m->standing == RECORD_GOOD) e = follow(tx, m);
    if (e) return e;
    if (m->standing != RECORD_GOOD)
        return journal_add(tx, "phone.doubted", 0, m->phone_id, json_pack("{s:I,s:s,s:s,s:s,s:I}", "person_id", (json_int_t)tx->person_id, "standing", names[m->standing], "operation", operation, "record", id, "n", (json_int_t)m->n));
    e = db_exec(tx->db, SQL_PHONE_RECORD_ADD, "iibzzii", m->phone_id, m->n, (const void *)m->hash, sizeof m->hash, id, operation, m->made_at, tx->now_ms);
    if (!e) e = db_exec(tx->db, SQL_PHONE_RECORD_PRUNE, "ii", m->phone_id, m->n - KEPT_RECORDS);
    return e ? e : db_exec(tx->db, SQL_PHONE_KEY_USED, "iii", tx->now_ms, m->n, m->phone_id);
}

bool record_expected(struct db *db, int64_t person_id, int64_t now_ms)
{
    int64_t n = 0;
    return db_one_i64(db, SQL_PHONE_KEY_USED_SINCE, &n, "ii", person_id, now_ms - EXPECTED_MS) == HX_OK && n > 0;
}

/* ---- a person's phones ---- */

static enum hx_err phone_post(struct call *c)
{
    uint8_t point[P256_POINT_BYTES], hash[32];
    char tag[17];
    struct tx *tx = c->tx;
    int64_t id, count = 0;
    EVP_PKEY *key = base64url_decode(str_of(json_z(c->body, "key", "")), point, sizeof point) == P256_POINT_BYTES ? p256_key(point) : NULL;
    if (key == NULL) return call_fail(c, HX_E_INVALID, "key: want a public key on P-256, 65 bytes in base64url");
    EVP_PKEY_free(key);
    sha256(point, sizeof point, hash);
    hex_encode_lower(hash, 8, tag);
    enum hx_err e = db_one_i64(c->db, SQL_PHONE_KEY_ID, &id, "iz", c->who.id, tag);
    if (e == HX_OK) return call_reply_one(c, SQL_PHONE_KEY_GET, id);
    if (e != HX_E_NOT_FOUND) return e;
    id = journal_next(tx);
    e = db_exec(c->db, SQL_PHONE_KEY_ADD, "iizbzi", id, c->who.id, tag, (const void *)point, sizeof point, json_z(c->body, "name", ""), tx->now_ms);
    if (!e) e = journal_add(tx, "phone.added", 0, id, json_pack("{s:I,s:s,s:s}", "person_id", (json_int_t)c->who.id, "tag", tag, "name", json_z(c->body, "name", "")));
    if (!e) e = db_one_i64(c->db, SQL_PHONE_KEY_LIVE, &count, "i", c->who.id);
    if (!e && count > PHONES_MAX) e = db_exec(c->db, SQL_PHONE_KEY_END_OLDEST, "ii", tx->now_ms, c->who.id);
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_PHONE_KEY_GET, id);
}

/* A phone that was lost or given away: what it signs from now on counts as not signed. */
static enum hx_err phone_end(struct call *c)
{
    json_t *record = NULL;
    int64_t id = call_id(c, 1);
    enum hx_err e = db_one_json(c->db, SQL_PHONE_KEY_GET, &record, "i", id);
    if (!e && json_i64(record, "person_id", 0) != call_id(c, 0)) e = HX_E_NOT_FOUND;
    if (!e && !json_has(record, "ended_at")) {
        e = db_exec(c->db, SQL_PHONE_KEY_END, "ii", c->tx->now_ms, id);
        if (!e) e = journal_add(c->tx, "phone.ended", 0, id, json_pack("{s:I}", "person_id", (json_int_t)call_id(c, 0)));
    }
    json_decref(record);
    return e ? e : call_reply_one(c, SQL_PHONE_KEY_GET, id);
}

static const struct hx_route phone_routes[] = {
    {HX_POST, "/v1/phones", "phoneAdd", PERM_SELF, phone_post, NULL},
    {HX_DELETE, "/v1/people/{id}/phones/{phone}", "phoneEnd", PERM_ORG_WRITE, phone_end, NULL},
};
const struct hx_module phone_module = {.name = "phone", .routes = phone_routes, .route_count = HX_COUNT(phone_routes)};
