/* The school's side: families and their slips, what is released to them, absences, pick-up by code. */
#include "family.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "api/auth.h"
#include "base/clock.h"
#include "domain/gate/gate.h"
#include "domain/posture/posture.h"
#include "family_inner.h"
#include "family_text.h"

#define SLIP_MS (30 * CLOCK_DAY_MS)

struct seal family_seal;

/* ---- guardians ---- */

static enum hx_err find_one(struct tx *tx, enum sql_id statement, int64_t school, const char *name, int64_t *id)
{
    enum hx_err e = db_one_i64(tx->db, statement, id, "iz", school, name);
    return e == HX_E_NOT_FOUND ? (*id = 0, HX_OK) : e;
}

enum hx_err guardian_make(struct tx *tx, const struct seal *seal, int64_t school, const json_t *b, int64_t id)
{
    uint8_t key[FAMILY_KEY_BYTES], sealed[FAMILY_KEY_BYTES + SEAL_EXTRA_BYTES];
    char car[GATE_PLATE_MAX];
    int64_t class = 0, vehicle = 0;
    const char *pupil = json_z(b, "pupil", ""), *plate = json_z(b, "plate", "");
    enum hx_err e = find_one(tx, SQL_GUARDIAN_CLASS, school, json_z(b, "class", ""), &class);
    if (!e && class == 0) return tx_fail(tx, HX_E_INVALID, "%s: the school has no class of this name", json_z(b, "class", ""));
    if (!e && plate[0] != 0) e = find_one(tx, SQL_GUARDIAN_VEHICLE, school, plate, &vehicle);
    if (!e && plate[0] != 0 && vehicle == 0) return tx_fail(tx, HX_E_INVALID, "%s: the school has no bus with this plate", plate);
    if (e) return e;
    HX_ASSERT(RAND_bytes(key, sizeof key) == 1);
    gate_plate(json_z(b, "car", ""), car);
    size_t n = seal_close_over(seal, key, sizeof key, sealed);
    e = db_exec(tx->db, SQL_GUARDIAN_ADD, "iiizzzzIbz", id, school, class, pupil, json_z(b, "guardian", ""), json_z(b, "relation", ""), json_z(b, "phone", ""), vehicle, (const void *)sealed, n, car);
    return e == HX_E_CONFLICT ? tx_fail(tx, e, "%s, %s: entered already", pupil, json_z(b, "guardian", "")) : e;
}

static enum hx_err family_list(struct call *c)
{
    int64_t school = call_id(c, 0);
    enum hx_err e = call_check_school(c, PERM_POSTURE_WRITE, school);
    return e ? e : call_list(c, db_all_json(c->db, SQL_GUARDIAN_LIST, "i", school));
}

static enum hx_err family_post(struct call *c)
{
    size_t i;
    const json_t *one, *all = json_object_get(c->body, "families");
    int64_t school = call_id(c, 0), first = journal_next(c->tx) * 1000;
    enum hx_err e = call_check_school(c, PERM_POSTURE_WRITE, school);
    json_array_foreach(all, i, one)
        if (!e && (e = guardian_make(c->tx, &family_seal, school, one, first + (int64_t)i)) != HX_OK) return call_fail(c, e, "line %zu: %s", i + 1, c->tx->detail);
    if (!e) e = journal_add(c->tx, "guardian.added", school, first, json_pack("{s:I,s:I,s:I}", "school_id", (json_int_t)school, "first_id", (json_int_t)first, "count", (json_int_t)json_array_size(all)));
    c->status = 201;
    return e ? e : call_list(c, db_all_json(c->db, SQL_GUARDIAN_LIST, "i", school));
}

/* No letter that is taken for another. */
static void make_slip(char out[13])
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint8_t raw[12];
    HX_ASSERT(RAND_bytes(raw, sizeof raw) == 1);
    for (int i = 0; i < 12; i++) out[i] = letters[raw[i] & 31];
    out[12] = 0;
}

/* The codes are told once: here is kept what they are known by. */
static enum hx_err slips_post(struct call *c)
{
    size_t i;
    const json_t *item, *ids = json_object_get(c->body, "ids");
    json_t *out = json_array();
    int64_t school = call_id(c, 0);
    enum hx_err e = call_check_school(c, PERM_POSTURE_WRITE, school);
    json_array_foreach(ids, i, item)
    {
        char code[13];
        uint8_t digest[32];
        json_t *g = NULL;
        if (!e) e = db_one_json(c->db, SQL_GUARDIAN_GET, &g, "i", (int64_t)json_integer_value(item));
        if (!e && json_i64(g, "school_id", 0) != school) e = HX_E_NOT_FOUND;
        if (e) return json_decref(g), json_decref(out), e;
        make_slip(code);
        auth_digest(code, digest);
        e = db_exec(c->db, SQL_GUARDIAN_SLIP_SET, "bii", (const void *)digest, sizeof digest, c->tx->now_ms + SLIP_MS, (int64_t)json_integer_value(item));
        json_array_append_new(out, json_pack("{s:O,s:O,s:O,s:O,s:s}", "id", item, "class", json_object_get(g, "class"), "pupil", json_object_get(g, "pupil"), "name", json_object_get(g, "name"), "code", code));
        json_decref(g);
    }
    if (!e) e = journal_add(c->tx, "guardian.slips", school, school, json_pack("{s:I,s:I}", "school_id", (json_int_t)school, "count", (json_int_t)json_array_size(ids)));
    if (e) return json_decref(out), e;
    return call_list(c, out);
}

static enum hx_err guardian_end(struct call *c)
{
    json_t *g;
    int64_t id = call_id(c, 0);
    enum hx_err e = call_read(c, SQL_GUARDIAN_GET, PERM_POSTURE_WRITE, &g);
    json_decref(e ? NULL : g);
    if (!e) e = db_exec(c->db, SQL_GUARDIAN_END, "i", id);
    if (!e && db_changes(c->db) > 0) e = journal_tell(c->tx, SQL_GUARDIAN_GET, id, "guardian.ended");
    return e ? e : call_reply_one(c, SQL_GUARDIAN_GET, id);
}

/* ---- notices ---- */

static enum hx_err notice_list(struct call *c)
{
    int64_t school = call_id(c, 0);
    enum hx_err e = call_check_school(c, PERM_POSTURE_READ, school);
    return e ? e : call_list(c, db_all_json(c->db, SQL_FAMILY_NOTICE_LIST, "i", school));
}

static enum hx_err kind_list(struct call *c)
{
    size_t n;
    const struct family_kind *all = family_kinds(&n);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(items, json_pack("{s:s,s:s,s:s,s:b,s:b}", "kind", all[i].name, "text", all[i].zh, "text_en", all[i].en, "state", all[i].is_state, "wants_more", all[i].wants_more));
    return call_list(c, items);
}

static enum hx_err notice_post(struct call *c)
{
    const json_t *b = c->body;
    const struct family_kind *k = family_kind(json_z(b, "kind", ""));
    const char *more = json_z(b, "more", "");
    char zh[1000], en[1000];
    int64_t school = call_id(c, 0), id = journal_next(c->tx), now = c->tx->now_ms;
    bool drill = json_flag(b, "drill", false);
    enum hx_err e = call_check_school(c, PERM_POSTURE_ORDER, school);
    if (!e && (k == NULL || (k->wants_more && more[0] == 0))) e = call_fail(c, HX_E_INVALID, "more: say where, when or what");
    if (e) return e;
    family_text(k, drill, more, false, zh, sizeof zh);
    family_text(k, drill, json_z(b, "more_en", more), true, en, sizeof en);
    e = db_exec(c->db, SQL_FAMILY_NOTICE_ADD, "iizizziii", id, school, k->name, (int64_t)drill, zh, en, c->who.id, now, now + json_i64(b, "delay_min", 0) * 60000LL);
    if (!e) e = journal_tell(c->tx, SQL_FAMILY_NOTICE_GET, id, "family.released");
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_FAMILY_NOTICE_GET, id);
}

static enum hx_err notice_withdraw(struct call *c)
{
    json_t *n;
    int64_t id = call_id(c, 0);
    enum hx_err e = call_read(c, SQL_FAMILY_NOTICE_GET, PERM_POSTURE_ORDER, &n);
    json_decref(e ? NULL : n);
    if (!e) e = db_exec(c->db, SQL_FAMILY_NOTICE_WITHDRAW, "ii", c->tx->now_ms, id);
    if (!e && db_changes(c->db) > 0) e = journal_tell(c->tx, SQL_FAMILY_NOTICE_GET, id, "family.withdrawn");
    return e ? e : call_reply_one(c, SQL_FAMILY_NOTICE_GET, id);
}

/* ---- absences ---- */

static enum hx_err absence_list(struct call *c)
{
    char today[CLOCK_DATE_MAX];
    int64_t school = call_id(c, 0);
    enum hx_err e = posture_check_school(c, PERM_HEADCOUNT_REPORT, school, true);
    return e ? e : call_list(c, db_all_json(c->db, SQL_ABSENCE_LIST, "iz", school, call_query_z(c, "date", clock_local_date(clock_utc_ms(), today))));
}

/* ---- pick-up by code ---- */

/* Whose code it is; 0: nobody's. */
static enum hx_err whose_code(struct call *c, int64_t school, const char *code, int64_t *guardian)
{
    uint8_t key[FAMILY_KEY_BYTES];
    char mine[9];
    size_t n;
    struct rows r = db_query(c->db, SQL_GUARDIAN_KEYS, "i", school);
    *guardian = 0;
    while (rows_next(&r)) {
        if (seal_break(&family_seal, rows_blob(&r, 1), key, sizeof key, &n) || n != sizeof key) continue;
        for (int back = 0; back < 2; back++) {
            family_code(key, c->tx->now_ms, back, mine);
            if (strcmp(mine, code) == 0) *guardian = rows_i64(&r, 0);
        }
    }
    enum hx_err e = r.err;
    rows_end(&r);
    return e;
}

static enum hx_err pickup_code(struct call *c)
{
    json_t *posture = NULL, *g = NULL;
    int64_t guardian = 0;
    enum hx_err e = db_one_json(c->db, SQL_POSTURE_GET, &posture, "i", call_id(c, 0));
    if (e) return e;
    int64_t school = json_i64(posture, "school_id", 0);
    json_decref(posture);
    e = posture_check_school(c, PERM_HEADCOUNT_REPORT, school, true);
    if (!e) e = whose_code(c, school, json_z(c->body, "code", ""), &guardian);
    if (!e && guardian == 0) return call_fail(c, HX_E_NOT_FOUND, "no family of this school has this code now; it changes every five minutes: look at the phone again");
    if (!e) e = db_one_json(c->db, SQL_GUARDIAN_GET, &g, "i", guardian);
    if (e) return e;
    json_t *b = json_pack("{s:O,s:O,s:O,s:O,s:O}", "class_id", json_object_get(g, "class_id"), "pupil", json_object_get(g, "pupil"), "guardian", json_object_get(g, "name"), "guardian_phone", json_object_get(g, "phone"), "relation", json_object_get(g, "relation"));
    e = pickup_add(c, b, "code");
    json_decref(b);
    json_decref(g);
    return e;
}

static enum hx_err family_start(struct hx_app *app)
{
    family_seal = app->panels->seal;
    return HX_OK;
}

static const struct hx_route routes[] = {
    {HX_GET, "/v1/schools/{id}/families", "familyList", PERM_POSTURE_WRITE, family_list, NULL},
    {HX_POST, "/v1/schools/{id}/families", "familyAdd", PERM_POSTURE_WRITE, family_post, NULL},
    {HX_POST, "/v1/schools/{id}/family-slips", "familySlips", PERM_POSTURE_WRITE, slips_post, NULL},
    {HX_POST, "/v1/guardians/{id}/end", "guardianEnd", PERM_POSTURE_WRITE, guardian_end, NULL},
    {HX_GET, "/v1/family-kinds", "familyKindList", PERM_POSTURE_READ, kind_list, NULL},
    {HX_GET, "/v1/schools/{id}/family-notices", "familyNoticeList", PERM_POSTURE_READ, notice_list, NULL},
    {HX_POST, "/v1/schools/{id}/family-notices", "familyNoticeAdd", PERM_POSTURE_ORDER, notice_post, NULL},
    {HX_POST, "/v1/family-notices/{id}/withdraw", "familyNoticeWithdraw", PERM_POSTURE_ORDER, notice_withdraw, NULL},
    {HX_GET, "/v1/schools/{id}/absences", "absenceList", PERM_HEADCOUNT_REPORT, absence_list, NULL},
    {HX_POST, "/v1/postures/{id}/pickups/code", "pickupCode", PERM_HEADCOUNT_REPORT, pickup_code, NULL},
};
const struct hx_module family_module = {.name = "family", .routes = routes, .route_count = HX_COUNT(routes), .start = family_start};
