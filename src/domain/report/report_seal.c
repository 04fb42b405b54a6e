/* What a kept report counted, as one hash a figure: the Merkle tree of RFC 6962 (2.1) over its rows in their order, so that a kept report
 * can be compared with the records, and one record shown to be in it. */
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "api/auth.h"
#include "report.h"

#define HASH SHA256_DIGEST_LENGTH
#define ROWS_MAX 2000000
#define ROW_COLUMNS 10
#define SCHOOL_NAME 3

static void leaf(struct rows *r, uint8_t out[HASH])
{
    struct buf b;
    buf_init(&b, 65536);
    buf_add(&b, "\0", 1);
    for (int i = 0; i < ROW_COLUMNS; i++) {
        if (i == SCHOOL_NAME) continue; /* a school may be renamed */
        struct str s = rows_str(r, i);
        buf_printf(&b, "%zu:", s.len);
        buf_add(&b, s.at, s.len);
    }
    SHA256((const unsigned char *)b.at, b.len, out);
    buf_free(&b);
}

/* Hashes pairs in place, level by level; a last odd one moves up as it is, which is the tree of the RFC. */
static void fold(uint8_t (*hashes)[HASH], size_t n)
{
    while (n > 1) {
        size_t out = 0;
        for (size_t i = 0; i < n; i += 2, out++) {
            uint8_t node[1 + 2 * HASH] = {1};
            if (i + 1 == n) {
                memmove(hashes[out], hashes[i], HASH);
                continue;
            }
            memcpy(node + 1, hashes[i], HASH);
            memcpy(node + 1 + HASH, hashes[i + 1], HASH);
            SHA256(node, sizeof node, hashes[out]);
        }
        n = out;
    }
}

static enum hx_err root_of(struct db *db, const struct report_ask *a, const char *figure, char hex[2 * HASH + 1])
{
    size_t n = 0, room = 1024;
    uint8_t(*hashes)[HASH] = malloc(room * HASH);
    HX_ASSERT(hashes != NULL);
    struct rows r = report_rows_raw(db, a, figure, ROWS_MAX);
    while (rows_next(&r)) {
        if (n == room) {
            room *= 2;
            hashes = realloc(hashes, room * HASH);
            HX_ASSERT(hashes != NULL);
        }
        leaf(&r, hashes[n++]);
    }
    enum hx_err e = r.err;
    rows_end(&r);
    if (n == 0) SHA256((const unsigned char *)"", 0, hashes[0]);
    fold(hashes, n);
    hex_encode_lower(hashes[0], HASH, hex);
    free(hashes);
    return e;
}

enum hx_err report_seal(struct db *db, const struct report_ask *a, json_t *report)
{
    size_t i;
    json_t *f;
    json_array_foreach(json_object_get(report, "figures"), i, f)
    {
        char hex[2 * HASH + 1];
        enum hx_err e = root_of(db, a, json_z(f, "figure", ""), hex);
        if (e) return e;
        json_put_z(f, "root", hex);
    }
    return HX_OK;
}

enum hx_err report_kept_check(struct call *c)
{
    json_t *kept = NULL, *now = NULL, *figures = json_array();
    struct person maker;
    enum hx_err e = db_one_json(c->db, SQL_REPORT_GET, &kept, "i", call_id(c, 0));
    if (e) return json_decref(figures), e;
    const json_t *body = json_object_get(kept, "body"), *then;
    struct report_ask a = {.as_of = json_z(body, "as_of", ""), .since = json_z(body, "since", ""), .county = json_z(body, "county", ""), .person = json_i64(kept, "person_id", 0)};
    db_snapshot(c->db);
    e = auth_load(c->db, a.person, &maker); /* counted again as its maker sees it */
    a.sees_all = !e && (maker.root >> PERM_STATS_READ & 1);
    if (!e && !clock_parse(str_of(json_z(body, "known_at", "")), &a.known_at)) e = HX_E_INVALID;
    if (!e) e = report_read(c->db, &a, &now);
    if (!e) e = report_seal(c->db, &a, now);
    db_snapshot_end(c->db);
    size_t i;
    bool all = !e;
    json_array_foreach(json_object_get(body, "figures"), i, then)
    {
        const json_t *f = json_array_get(json_object_get(now, "figures"), i);
        const char *root = json_z(then, "root", ""); /* reports kept before roots were have none */
        bool same = json_i64(then, "count", -1) == json_i64(f, "count", -2) && (root[0] == 0 || strcmp(root, json_z(f, "root", "")) == 0);
        all = all && same;
        json_array_append_new(figures, json_pack("{s:s,s:I,s:I,s:b,s:b}", "figure", json_z(then, "figure", ""), "kept", (json_int_t)json_i64(then, "count", 0), "now", (json_int_t)json_i64(f, "count", 0), "same", same, "sealed", root[0] != 0));
    }
    json_decref(kept);
    json_decref(now);
    if (e) return json_decref(figures), e;
    return call_reply(c, json_pack("{s:b,s:o}", "same", all, "figures", figures));
}
