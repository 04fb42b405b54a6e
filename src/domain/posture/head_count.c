/* Who is there: classes of a school, their head count, and pupils handed to their guardians. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "posture.h"

enum hx_err class_set(struct tx *tx, int64_t school, const json_t *classes)
{
    size_t i;
    const json_t *c;
    int64_t first = journal_next(tx) * 1000; /* the numbers of new classes: of the event that lists them */
    enum hx_err e = db_exec(tx->db, SQL_CLASS_CLOSE_ALL, "i", school);
    json_array_foreach(classes, i, c)
    {
        if (e) return e;
        e = db_exec(tx->db, SQL_CLASS_SET, "iiziz", first + (int64_t)i, school, json_z(c, "name", ""), json_i64(c, "pupils", 0), json_z(c, "place", ""));
    }
    return e ? e : journal_add(tx, "class.listed", school, school, json_pack("{s:o}", "classes", db_all_json(tx->db, SQL_CLASS_LIST, "i", school)));
}

static enum hx_err classes_get(struct call *c)
{
    int64_t school = call_id(c, 0);
    enum hx_err e = posture_check_school(c, PERM_SCHOOL_READ, school, true);
    return e ? e : call_list(c, db_all_json(c->db, SQL_CLASS_LIST, "i", school));
}

static enum hx_err classes_put(struct call *c)
{
    int64_t school = call_id(c, 0);
    const json_t *classes = json_object_get(c->body, "classes");
    enum hx_err e = call_check_school(c, PERM_POSTURE_WRITE, school);
    for (size_t i = 0; !e && i < json_array_size(classes); i++)
        for (size_t k = 0; !e && k < i; k++)
            if (strcmp(json_z(json_array_get(classes, i), "name", ""), json_z(json_array_get(classes, k), "name", "")) == 0) e = call_fail(c, HX_E_INVALID, "classes: %s stands twice", json_z(json_array_get(classes, i), "name", ""));
    if (!e) e = class_set(c->tx, school, classes);
    return e ? e : call_list(c, db_all_json(c->db, SQL_CLASS_LIST, "i", school));
}

/* ---- counting ---- */

static enum hx_err check_class(struct call *c, const json_t *b, int64_t school, char name[64])
{
    int64_t of = 0;
    struct rows r = db_query(c->db, SQL_CLASS_SCHOOL, "i", json_i64(b, "class_id", 0));
    if (rows_next(&r)) of = rows_i64(&r, 0), str_to_utf8_z(rows_str(&r, 1), name, 64);
    enum hx_err e = r.err;
    rows_end(&r);
    return !e && of != school ? call_fail(c, HX_E_INVALID, "class_id: this class is not at the school") : e;
}

static enum hx_err count_post(struct call *c)
{
    const json_t *b = c->body;
    json_t *record;
    char name[64] = "";
    int64_t id = call_id(c, 0), now = c->tx->now_ms, at = now, begun = 0;
    enum hx_err e = posture_read_live(c, PERM_HEADCOUNT_REPORT, true, &record);
    if (e) return e;
    clock_parse(str_of(json_z(record, "asked_at", "")), &begun);
    int64_t school = json_i64(record, "school_id", 0), incident = json_i64(record, "incident_id", 0);
    json_decref(record);
    if (json_has(b, "at") && !clock_parse(str_of(json_z(b, "at", "")), &at)) return call_fail(c, HX_E_INVALID, "at: want a time");
    if (at > now) at = now; /* a phone's clock: between the order and its receipt */
    if (at < begun) at = begun;
    e = check_class(c, b, school, name);
    if (!e && json_i64(b, "injured", 0) > json_i64(b, "present", 0)) e = call_fail(c, HX_E_INVALID, "injured: counted among those present");
    if (!e) e = db_exec(c->db, SQL_HEAD_COUNT_SET, "iiiiiizzii", journal_next(c->tx), id, json_i64(b, "class_id", 0), json_i64(b, "present", 0), json_i64(b, "missing", 0), json_i64(b, "injured", 0), json_z(b, "moved_to", ""), json_z(b, "note", ""), c->who.id, at);
    if (e) return e;
    json_t *event = json_pack("{s:I,s:s,s:I,s:I,s:I,s:I,s:I,s:s,s:s,s:b}", "posture_id", (json_int_t)id, "class", name, "class_id", (json_int_t)json_i64(b, "class_id", 0), "school_id", (json_int_t)school, "present", (json_int_t)json_i64(b, "present", 0),
                              "missing", (json_int_t)json_i64(b, "missing", 0), "injured", (json_int_t)json_i64(b, "injured", 0), "moved_to", json_z(b, "moved_to", ""), "note", json_z(b, "note", ""), "late", db_changes(c->db) == 0);
    if (incident != 0) json_put_i64(event, "incident_id", incident);
    json_put_time(event, "at", at);
    e = journal_add(c->tx, "headcount.reported", school, incident != 0 ? incident : id, event);
    return e ? e : posture_reply(c, id);
}

/* ---- handing over ---- */

static enum hx_err tell_pickup(struct call *c, int64_t id, const char *type)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_PICKUP_GET, &record, "i", id);
    if (e) return e;
    json_object_del(record, "signature"); /* it stays in its row */
    e = journal_add(c->tx, type, json_i64(record, "school_id", 0), id, record);
    return e ? e : call_reply_one(c, SQL_PICKUP_GET, id);
}

enum hx_err pickup_add(struct call *c, const json_t *b, const char *proof)
{
    json_t *record = NULL;
    int64_t id = journal_next(c->tx), posture = call_id(c, 0);
    enum hx_err e = db_one_json(c->db, SQL_POSTURE_GET, &record, "i", posture);
    if (e) return e;
    int64_t school = json_i64(record, "school_id", 0);
    bool replaced = strcmp(json_z(record, "state", ""), "replaced") == 0, locked = strcmp(json_z(record, "state", ""), "standing") == 0 && strcmp(json_z(record, "verb", ""), "lockdown") == 0;
    json_decref(record);
    e = posture_check_school(c, PERM_HEADCOUNT_REPORT, school, true);
    if (!e && replaced) e = call_fail(c, HX_E_ILLEGAL, "another posture stands there now");
    if (!e && locked) e = call_fail(c, HX_E_ILLEGAL, "nobody leaves during a lockdown");
    char name[64] = "";
    if (!e) e = check_class(c, b, school, name);
    if (!e) e = db_exec(c->db, SQL_PICKUP_ADD, "iiiizzzzi", id, posture, school, json_i64(b, "class_id", 0), json_z(b, "pupil", ""), json_z(b, "guardian", ""), json_z(b, "guardian_phone", ""), json_z(b, "relation", ""), c->tx->now_ms);
    if (e == HX_E_CONFLICT) return call_fail(c, e, "somebody asks for this pupil already, or has taken them");
    c->status = 201;
    if (!e && proof[0] != 0) e = db_exec(c->db, SQL_PICKUP_VERIFY, "ziii", proof, c->who.id, c->tx->now_ms, id);
    return e ? e : tell_pickup(c, id, proof[0] != 0 ? "pickup.verified" : "pickup.asked");
}

static enum hx_err pickup_post(struct call *c) { return pickup_add(c, c->body, ""); }

/* Each step changes one row or tells why not. */
static enum hx_err pickup_step(struct call *c, enum hx_err (*change)(struct call *c, int64_t id), const char *type)
{
    json_t *record = NULL;
    int64_t id = call_id(c, 0);
    enum hx_err e = db_one_json(c->db, SQL_PICKUP_GET, &record, "i", id);
    if (!e) e = posture_check_school(c, PERM_HEADCOUNT_REPORT, json_i64(record, "school_id", 0), true);
    if (!e) e = change(c, id);
    if (!e && db_changes(c->db) == 0) e = call_fail(c, HX_E_ILLEGAL, "this is %s: a guardian is verified first, then the pupil is handed over", call_word(c, json_z(record, "state", "")));
    json_decref(record);
    return e ? e : tell_pickup(c, id, type);
}

static enum hx_err set_verified(struct call *c, int64_t id) { return db_exec(c->db, SQL_PICKUP_VERIFY, "ziii", json_z(c->body, "proof", ""), c->who.id, c->tx->now_ms, id); }
static enum hx_err set_handed(struct call *c, int64_t id)
{
    const char *s = json_z(c->body, "signature", "");
    if (strspn(s, "ML0123456789., -") != strlen(s) || s[0] != 'M') return call_fail(c, HX_E_INVALID, "signature: want strokes, M x y L x y …");
    return db_exec(c->db, SQL_PICKUP_HAND, "ziii", s, c->who.id, c->tx->now_ms, id);
}
static enum hx_err set_refused(struct call *c, int64_t id) { return db_exec(c->db, SQL_PICKUP_REFUSE, "zi", json_z(c->body, "reason", ""), id); }

static enum hx_err pickup_verify(struct call *c) { return pickup_step(c, set_verified, "pickup.verified"); }
static enum hx_err pickup_hand(struct call *c) { return pickup_step(c, set_handed, "pickup.handed_over"); }
static enum hx_err pickup_refuse(struct call *c) { return pickup_step(c, set_refused, "pickup.refused"); }

static const struct hx_route head_count_routes[] = {
    {HX_POST, "/v1/postures/{id}/counts", "headCountReport", PERM_HEADCOUNT_REPORT, count_post, NULL},
    {HX_POST, "/v1/postures/{id}/pickups", "pickupAdd", PERM_HEADCOUNT_REPORT, pickup_post, NULL},
    {HX_POST, "/v1/pickups/{id}/verify", "pickupVerify", PERM_HEADCOUNT_REPORT, pickup_verify, NULL},
    {HX_POST, "/v1/pickups/{id}/hand", "pickupHand", PERM_HEADCOUNT_REPORT, pickup_hand, NULL},
    {HX_POST, "/v1/pickups/{id}/refuse", "pickupRefuse", PERM_HEADCOUNT_REPORT, pickup_refuse, NULL},
    {HX_GET, "/v1/schools/{id}/classes", "classList", PERM_SCHOOL_READ, classes_get, NULL},
    {HX_PUT, "/v1/schools/{id}/classes", "classSet", PERM_POSTURE_WRITE, classes_put, NULL},
};
const struct hx_module head_count_module = {.name = "head_count", .routes = head_count_routes, .route_count = HX_COUNT(head_count_routes)};
