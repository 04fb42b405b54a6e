#include "gate.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "domain/posture/posture.h"

#define BACK_DAYS 7

void gate_plate(const char *text, char out[GATE_PLATE_MAX])
{
    size_t n = 0;
    for (const char *p = text; *p != 0 && n + 1 < GATE_PLATE_MAX; p++) {
        if (*p == ' ' || *p == '-' || *p == '.') continue;
        if (strncmp(p, "·", 2) == 0) { /* as on the plate: 贵E·12345 */
            p++;
            continue;
        }
        out[n++] = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
    }
    out[n] = 0;
}

/* ---- what is told ---- */

/* The entry that this is; 0: none. */
static enum hx_err on_list(struct call *c, const char *kind, const char *name, const char *id_tail, int64_t school, int64_t *watch)
{
    char county[8] = "";
    struct rows r = db_query(c->db, SQL_GATE_COUNTY, "i", school);
    if (rows_next(&r)) str_to_z(rows_str(&r, 0), county, sizeof county);
    rows_end(&r);
    *watch = 0;
    return name[0] == 0 ? HX_OK : db_one_i64(c->db, SQL_WATCH_MATCH, watch, "zzzz", kind, name, id_tail, county);
}

static enum hx_err observe(struct tx *tx, int64_t school, int64_t subject, json_t *record)
{
    char date[CLOCK_DATE_MAX];
    json_put_i64(record, "school_id", school);
    json_put_z(record, "source", "gate");
    json_put_z(record, "date", clock_local_date(tx->now_ms, date));
    return journal_add(tx, "observation.made", school, subject, record);
}

/* Only who handles incidents is told that somebody is on the list: the guard's face must not tell. */
static void hide(const struct call *c, json_t *record)
{
    int64_t watch = json_i64(record, "watch_id", 0);
    json_object_del(record, "watch_id");
    if (call_may(c, PERM_INCIDENT_HANDLE)) json_object_set_new(record, "watched", json_boolean(watch != 0));
}

static enum hx_err reply_one(struct call *c, enum sql_id get, int64_t id)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, get, &record, "i", id);
    if (e) return e;
    hide(c, record);
    return call_reply(c, record);
}

static enum hx_err reply_all(struct call *c, enum sql_id list)
{
    size_t i;
    json_t *one;
    int64_t school = call_query_i64(c, "school", 0);
    enum hx_err e = school != 0 ? posture_check_school(c, PERM_DUTY_REPORT, school, true) : HX_OK;
    if (e) return e;
    json_t *items = db_all_json(c->db, list, "iiii", clock_utc_ms() - call_query_i64(c, "days", BACK_DAYS) * CLOCK_DAY_MS, school, call_sees_all(c), c->who.id);
    json_array_foreach(items, i, one) hide(c, one);
    return call_list(c, items);
}

/* The record as an event, without the list. */
static enum hx_err tell(struct tx *tx, enum sql_id get, int64_t id, const char *type)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(tx->db, get, &record, "i", id);
    if (e) return e;
    json_object_del(record, "watch_id");
    return journal_add(tx, type, json_i64(record, "school_id", 0), id, record);
}

/* When it was so: of this day, and our clock where the phone's runs ahead. */
static enum hx_err told_at(struct call *c, int64_t *at)
{
    int64_t now = c->tx->now_ms;
    enum hx_err e = call_told_at(c, at);
    if (!e && now - *at > CLOCK_DAY_MS) e = call_fail(c, HX_E_INVALID, "at: this is older than a day; write it on paper");
    if (*at > now) *at = now;
    return e;
}

/* ---- visitors ---- */

static void name_of(int64_t id, const char *name, char out[160])
{
    snprintf(out, 160, "%.100s №%lld", name, (long long)id);
}

static enum hx_err visit_post(struct call *c)
{
    const json_t *b = c->body;
    char plate[GATE_PLATE_MAX], ref[160];
    const char *name = json_z(b, "name", ""), *id_tail = json_z(b, "id_tail", "");
    int64_t id = journal_next(c->tx), school = json_i64(b, "school_id", 0), watch = 0, by_plate = 0, now, until;
    gate_plate(json_z(b, "plate", ""), plate);
    enum hx_err e = posture_check_school(c, PERM_DUTY_REPORT, school, true);
    if (!e) e = told_at(c, &now);
    if (e) return e;
    until = now + json_i64(b, "minutes", 60) * 60000LL;
    if (!e) e = on_list(c, "person", name, id_tail, school, &watch);
    if (!e) e = on_list(c, "plate", plate, "", school, &by_plate);
    if (!e) e = db_exec(c->db, SQL_VISIT_ADD, "iizzzzzziiiI", id, school, name, id_tail, json_z(b, "phone", ""), plate, json_z(b, "host", ""), json_z(b, "reason", ""), now, until, c->who.id, watch != 0 ? watch : by_plate);
    if (!e) e = tell(c->tx, SQL_VISIT_GET, id, "visit.came");
    name_of(id, name, ref);
    json_t *seen = json_pack("{s:s,s:s,s:b,s:s}", "kind", "visitor", "ref", ref, "listed", watch != 0 || by_plate != 0, "text", json_z(b, "host", ""));
    json_put_time(seen, "until_at", until);
    if (!e) e = observe(c->tx, school, id, seen);
    else json_decref(seen);
    c->status = 201;
    return e ? e : reply_one(c, SQL_VISIT_GET, id);
}

static enum hx_err visit_leave(struct call *c)
{
    json_t *record = NULL;
    char ref[160];
    int64_t id = call_id(c, 0), at;
    enum hx_err e = told_at(c, &at);
    if (!e) e = db_one_json(c->db, SQL_VISIT_GET, &record, "i", id);
    if (e) return e;
    int64_t school = json_i64(record, "school_id", 0);
    name_of(id, json_z(record, "name", ""), ref);
    json_decref(record);
    e = posture_check_school(c, PERM_DUTY_REPORT, school, true);
    if (!e) e = db_exec(c->db, SQL_VISIT_LEAVE, "ii", at, id);
    bool news = !e && db_changes(c->db) > 0;
    if (news) e = tell(c->tx, SQL_VISIT_GET, id, "visit.left");
    if (!e && news) e = observe(c->tx, school, id, json_pack("{s:s,s:s}", "kind", "visitor_left", "ref", ref));
    return e ? e : reply_one(c, SQL_VISIT_GET, id);
}

static enum hx_err visit_list(struct call *c) { return reply_all(c, SQL_VISIT_LIST); }

/* ---- vehicles that stand ---- */

static enum hx_err plate_post(struct call *c)
{
    const json_t *b = c->body;
    char plate[GATE_PLATE_MAX];
    int64_t id = journal_next(c->tx), school = json_i64(b, "school_id", 0), minutes = json_i64(b, "minutes", 0), family = 0, watch = 0, at;
    gate_plate(json_z(b, "plate", ""), plate);
    enum hx_err e = posture_check_school(c, PERM_DUTY_REPORT, school, true);
    if (!e) e = told_at(c, &at);
    if (!e && plate[0] == 0) e = call_fail(c, HX_E_INVALID, "plate: want the letters and digits of the plate");
    if (!e) e = db_one_i64(c->db, SQL_PLATE_IS_FAMILY, &family, "iz", school, plate);
    if (!e) e = on_list(c, "plate", plate, "", school, &watch);
    if (!e) e = db_exec(c->db, SQL_PLATE_SEEN_ADD, "iiziiIii", id, school, plate, minutes, (int64_t)(family > 0), watch, c->who.id, at);
    if (!e) e = tell(c->tx, SQL_PLATE_SEEN_GET, id, "plate.seen");
    if (!e) e = observe(c->tx, school, id, json_pack("{s:s,s:s,s:b,s:I}", "kind", "plate", "ref", plate, "listed", family > 0, "value", (json_int_t)minutes));
    /* A vehicle of the watch list is told as a visitor of it: silent, and a person confirms. */
    if (!e && watch != 0) e = observe(c->tx, school, id, json_pack("{s:s,s:s,s:b}", "kind", "visitor", "ref", plate, "listed", 1));
    c->status = 201;
    return e ? e : reply_one(c, SQL_PLATE_SEEN_GET, id);
}

static enum hx_err plate_list(struct call *c) { return reply_all(c, SQL_PLATE_SEEN_LIST); }

/* ---- the watch list ---- */

static enum hx_err watch_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_WATCH_ENTRY_LIST, ""));
}

static enum hx_err watch_post(struct call *c)
{
    const json_t *b = c->body;
    char name[GATE_PLATE_MAX * 4];
    bool plate = strcmp(json_z(b, "kind", ""), "plate") == 0;
    const char *tail = plate ? "" : json_z(b, "id_tail", "");
    int64_t id = journal_next(c->tx), same = 0;
    str_to_utf8_z(str_trim(str_of(json_z(b, "name", ""))), name, sizeof name);
    if (plate) gate_plate(json_z(b, "name", ""), name);
    if (name[0] == 0) return call_fail(c, HX_E_INVALID, "name: whom, or which plate?");
    enum hx_err e = db_one_i64(c->db, SQL_WATCH_ENTRY_SAME, &same, "zzzz", json_z(b, "kind", ""), name, tail, json_z(b, "county", ""));
    if (!e && same > 0) e = call_fail(c, HX_E_CONFLICT, "this one is on the list already: take it off first, if why has changed");
    if (!e) e = db_exec(c->db, SQL_WATCH_ENTRY_ADD, "izzzzzii", id, json_z(b, "kind", ""), name, tail, json_z(b, "county", ""), json_z(b, "note", ""), c->who.id, c->tx->now_ms);
    if (!e) e = journal_tell(c->tx, SQL_WATCH_ENTRY_GET, id, "watch.added");
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_WATCH_ENTRY_GET, id);
}

static enum hx_err watch_end(struct call *c)
{
    int64_t id = call_id(c, 0);
    enum hx_err e = db_exec(c->db, SQL_WATCH_ENTRY_END, "ii", c->tx->now_ms, id);
    if (!e && db_changes(c->db) > 0) e = journal_tell(c->tx, SQL_WATCH_ENTRY_GET, id, "watch.ended");
    return e ? e : call_reply_one(c, SQL_WATCH_ENTRY_GET, id);
}

static const struct hx_route routes[] = {
    {HX_GET, "/v1/visits", "visitList", PERM_DUTY_REPORT, visit_list, NULL},
    {HX_POST, "/v1/visits", "visitAdd", PERM_DUTY_REPORT, visit_post, NULL},
    {HX_POST, "/v1/visits/{id}/leave", "visitLeave", PERM_DUTY_REPORT, visit_leave, NULL},
    {HX_GET, "/v1/plates", "plateList", PERM_DUTY_REPORT, plate_list, NULL},
    {HX_POST, "/v1/plates", "plateAdd", PERM_DUTY_REPORT, plate_post, NULL},
    {HX_GET, "/v1/watch-list", "watchList", PERM_INCIDENT_HANDLE, watch_list, NULL},
    {HX_POST, "/v1/watch-list", "watchAdd", PERM_INCIDENT_HANDLE, watch_post, NULL},
    {HX_POST, "/v1/watch-list/{id}/end", "watchEnd", PERM_INCIDENT_HANDLE, watch_end, NULL},
};
const struct hx_module gate_module = {.name = "gate", .routes = routes, .route_count = HX_COUNT(routes)};
