/* The roll: who is missing when a class is called, and is not excused by the family. The rule EW-22 reads it: the school is told after twenty
 * minutes, the desk after forty, unless the child is found. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "domain/posture/posture.h"
#include "family.h"
#include "family_inner.h"

struct class_called {
    int64_t id, school;
    char name[64], date[CLOCK_DATE_MAX];
};

static enum hx_err read_class(struct db *db, int64_t id, int64_t now, struct class_called *out)
{
    struct rows r = db_query(db, SQL_ROLL_CLASS, "i", id);
    bool there = rows_next(&r);
    *out = (struct class_called){.id = id};
    if (there) out->school = rows_i64(&r, 0), str_to_utf8_z(rows_str(&r, 1), out->name, sizeof out->name);
    enum hx_err e = r.err;
    rows_end(&r);
    clock_local_date(now, out->date);
    return e ? e : there ? HX_OK : HX_E_NOT_FOUND;
}

static enum hx_err observe(struct tx *tx, const struct class_called *k, const char *kind, const char *pupil)
{
    char ref[160];
    snprintf(ref, sizeof ref, "%s %s", k->name, pupil);
    json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:I}", "kind", kind, "ref", ref, "source", "roll", "date", k->date, "school_id", (json_int_t)k->school);
    if (strcmp(kind, "child_absent") == 0) json_put_time(j, "due_at", tx->now_ms);
    return journal_add(tx, "observation.made", k->school, k->id, j);
}

enum hx_err roll_found(struct tx *tx, int64_t class_id, const char *pupil)
{
    struct class_called k;
    enum hx_err e = read_class(tx->db, class_id, tx->now_ms, &k);
    if (!e) e = db_exec(tx->db, SQL_ROLL_FOUND, "iizz", tx->now_ms, class_id, pupil, k.date);
    return e || db_changes(tx->db) == 0 ? e : observe(tx, &k, "child_found", pupil);
}

static enum hx_err call_one(struct call *c, const struct class_called *k, const char *pupil, bool missing, int64_t id)
{
    int64_t known = 0, excused = 0;
    enum hx_err e = db_one_i64(c->db, SQL_ROLL_PUPIL, &known, "iz", k->id, pupil);
    if (!e && known == 0) return call_fail(c, HX_E_INVALID, "%s: this class has no pupil of this name", pupil);
    if (!e && !missing) return roll_found(c->tx, k->id, pupil);
    if (!e) e = db_one_i64(c->db, SQL_ROLL_EXCUSED, &excused, "izz", k->id, pupil, k->date);
    if (e || excused > 0) return e;
    e = db_exec(c->db, SQL_ROLL_MISSING_SET, "iiizzii", id, k->school, k->id, pupil, k->date, c->who.id, c->tx->now_ms);
    return e || db_changes(c->db) == 0 ? e : observe(c->tx, k, "child_absent", pupil); /* told once */
}

static enum hx_err reply_roll(struct call *c, const struct class_called *k)
{
    return call_list(c, db_all_json(c->db, SQL_ROLL_LIST, "iz", k->id, k->date));
}

static enum hx_err roll_get(struct call *c)
{
    struct class_called k;
    enum hx_err e = read_class(c->db, call_id(c, 0), clock_utc_ms(), &k);
    if (!e) e = posture_check_school(c, PERM_HEADCOUNT_REPORT, k.school, true);
    return e ? e : reply_roll(c, &k);
}

static enum hx_err roll_post(struct call *c)
{
    struct class_called k;
    size_t i;
    const json_t *p;
    int64_t id = journal_next(c->tx) * 1000, at;
    char date[CLOCK_DATE_MAX];
    json_t *missing = json_object_get(c->body, "missing"), *present = json_object_get(c->body, "present");
    enum hx_err e = read_class(c->db, call_id(c, 0), c->tx->now_ms, &k);
    if (!e) e = posture_check_school(c, PERM_HEADCOUNT_REPORT, k.school, true);
    if (!e) e = call_told_at(c, &at);
    if (!e && strcmp(clock_local_date(at, date), k.date) != 0) e = call_fail(c, HX_E_ILLEGAL, "this roll was called on another day: it says nothing about today");
    if (!e) e = db_exec(c->db, SQL_ROLL_CALL_SET, "iizii", id, k.id, k.date, c->who.id, c->tx->now_ms);
    json_array_foreach(missing, i, p) if (!e) e = call_one(c, &k, json_string_value(p), true, ++id);
    json_array_foreach(present, i, p) if (!e) e = call_one(c, &k, json_string_value(p), false, 0);
    if (!e) e = journal_add(c->tx, "roll.called", k.school, k.id, json_pack("{s:I,s:I,s:s,s:s,s:I}", "school_id", (json_int_t)k.school, "class_id", (json_int_t)k.id, "class", k.name, "date", k.date, "missing", (json_int_t)json_array_size(missing)));
    return e ? e : reply_roll(c, &k);
}

/* Who is missing at a school today, and not found. */
static enum hx_err missing_get(struct call *c)
{
    char today[CLOCK_DATE_MAX];
    int64_t school = call_id(c, 0);
    enum hx_err e = posture_check_school(c, PERM_HEADCOUNT_REPORT, school, true);
    return e ? e : call_list(c, db_all_json(c->db, SQL_ROLL_SCHOOL, "iz", school, clock_local_date(clock_utc_ms(), today)));
}

static const struct hx_route routes[] = {
    {HX_GET, "/v1/schools/{id}/missing", "missingList", PERM_HEADCOUNT_REPORT, missing_get, NULL},
    {HX_GET, "/v1/classes/{id}/roll", "rollGet", PERM_HEADCOUNT_REPORT, roll_get, NULL},
    {HX_POST, "/v1/classes/{id}/roll", "rollCall", PERM_HEADCOUNT_REPORT, roll_post, NULL},
};
const struct hx_module family_roll_module = {.name = "family_roll", .routes = routes, .route_count = HX_COUNT(routes)};
