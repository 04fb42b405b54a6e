#include "campus.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/media_type.h"
#include "base/geo.h"

#define FLOOR_PLAN_MAX (4 << 20)

enum hx_err school_nearest(struct db *db, double lon, double lat, double reach_m, int64_t *school_id, double *distance_m)
{
    double dlat = reach_m / 111000, dlon = dlat / cos(lat * 3.14159265358979323846 / 180);
    *school_id = 0;
    *distance_m = reach_m;
    struct rows r = db_query(db, SQL_SCHOOL_NEAR, "ffff", lon - dlon, lon + dlon, lat - dlat, lat + dlat);
    while (rows_next(&r)) {
        double d = geo_distance_m(lon, lat, rows_f64(&r, 1), rows_f64(&r, 2));
        if (d <= *distance_m) *distance_m = d, *school_id = rows_i64(&r, 0);
    }
    rows_end(&r);
    return r.err ? r.err : *school_id != 0 ? HX_OK : HX_E_NOT_FOUND;
}

enum hx_err school_make(struct tx *tx, const json_t *b, int64_t demo, int64_t *id)
{
    *id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_SCHOOL_ADD, "izzzzzzzffiiizzIIii", *id, json_z(b, "code", ""), json_z(b, "name", ""), json_z(b, "name_en", ""),
                            json_z(b, "pinyin", ""), json_z(b, "county", ""), json_z(b, "town", ""), json_z(b, "kind", "primary"),
                            json_f64(b, "lon", 0), json_f64(b, "lat", 0), json_i64(b, "pupils", 0), json_i64(b, "boarders", 0),
                            json_i64(b, "guards", 0), json_z(b, "address", ""), json_z(b, "phone", ""), json_i64(b, "police_org_id", 0),
                            json_i64(b, "edu_org_id", 0), demo, tx->now_ms);
    json_t *record = NULL;
    if (!e) e = db_one_json(tx->db, SQL_SCHOOL_GET, &record, "i", *id);
    return e ? e : journal_add(tx, "school.added", *id, *id, record);
}

enum hx_err school_change(struct tx *tx, const json_t *now, const json_t *b, const json_t *why)
{
    int64_t id = json_i64(now, "id", 0);
    json_t *record = NULL, *merged = json_deep_copy(now);
    json_object_update(merged, (json_t *)(uintptr_t)b);
    enum hx_err e = db_exec(tx->db, SQL_SCHOOL_SET, "zzzzzffiiizzIIzi", json_z(b, "name", NULL), json_z(b, "name_en", NULL), json_z(b, "pinyin", NULL), json_z(b, "town", NULL), json_z(b, "kind", NULL), json_f64(merged, "lon", 0), json_f64(merged, "lat", 0),
                            json_i64(merged, "pupils", 0), json_i64(merged, "boarders", 0), json_i64(merged, "guards", 0), json_z(b, "address", NULL), json_z(b, "phone", NULL), json_i64(b, "police_org_id", 0), json_i64(b, "edu_org_id", 0), json_z(b, "state", NULL), id);
    json_decref(merged);
    if (!e) e = db_one_json(tx->db, SQL_SCHOOL_GET, &record, "i", id);
    if (e) return e;
    if (why != NULL) json_object_set(record, "change", (json_t *)(uintptr_t)why);
    return journal_add(tx, "school.changed", id, id, record);
}

/* Whether both halves of a point came. */
static bool both_numbers(const json_t *b, const char *x, const char *y)
{
    return json_has(b, x) && json_has(b, y);
}

enum hx_err place_make(struct tx *tx, int64_t school_id, const json_t *b, int64_t *id)
{
    *id = journal_next(tx);
    char format[] = "iiIzznnnn";
    bool map = both_numbers(b, "lon", "lat"), plan = both_numbers(b, "plan_x", "plan_y");
    enum hx_err e;
    int64_t parent = json_i64(b, "parent_id", 0);
    const char *kind = json_z(b, "kind", "point"), *name = json_z(b, "name", "");
    double lon = json_f64(b, "lon", 0), lat = json_f64(b, "lat", 0), x = json_f64(b, "plan_x", 0), y = json_f64(b, "plan_y", 0);
    if (map) format[5] = format[6] = 'f';
    if (plan) format[7] = format[8] = 'f';
    if (map && plan) e = db_exec(tx->db, SQL_PLACE_ADD, format, *id, school_id, parent, kind, name, lon, lat, x, y);
    else if (map) e = db_exec(tx->db, SQL_PLACE_ADD, format, *id, school_id, parent, kind, name, lon, lat);
    else e = db_exec(tx->db, SQL_PLACE_ADD, format, *id, school_id, parent, kind, name, x, y);
    if (e) return e;
    json_t *record = json_deep_copy(b);
    json_put_i64(record, "id", *id);
    json_put_i64(record, "school_id", school_id);
    return journal_add(tx, "school.place_added", school_id, school_id, record);
}

enum hx_err contact_make(struct tx *tx, int64_t school_id, const json_t *b, int64_t *id)
{
    *id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_CONTACT_ADD, "iizzzi", *id, school_id, json_z(b, "duty", "other"), json_z(b, "name", ""), json_z(b, "phone", ""), json_i64(b, "rank", 100));
    return e ? e : journal_add(tx, "school.contact_added", school_id, school_id, json_pack("{s:I,s:s}", "id", (json_int_t)*id, "duty", json_z(b, "duty", "other")));
}

/* ---- routes ---- */

static enum hx_err school_list(struct call *c)
{
    char like[140] = "";
    const char *q = call_query(c, "q"), *county = call_query_z(c, "county", "");
    if (q != NULL && q[0] != 0) snprintf(like, sizeof like, "%%%s%%", q);
    return call_list(c, db_all_json(c->db, SQL_SCHOOL_LIST, "izziii", call_query_i64(c, "after", 0), county, like,
                                    call_sees_all(c), c->who.id, call_limit(c, 200, 5000)));
}

static enum hx_err school_reply(struct call *c, int64_t id, const char *event)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_SCHOOL_GET, &record, "i", id);
    if (!e && event != NULL) e = journal_add(c->tx, event, id, id, json_incref(record));
    if (e) return e;
    json_object_set_new(record, "places", db_all_json(c->db, SQL_PLACE_LIST, "i", id));
    json_object_set_new(record, "contacts", db_all_json(c->db, SQL_CONTACT_LIST, "i", id));
    json_object_set_new(record, "panels", db_all_json(c->db, SQL_PANEL_LIST, "iizziii", (int64_t)0, id, "", "", (int64_t)1, c->who.id, (int64_t)50));
    return call_reply(c, record);
}

static enum hx_err school_get(struct call *c)
{
    enum hx_err e = call_check_school(c, PERM_SCHOOL_READ, call_id(c, 0));
    return e ? e : school_reply(c, call_id(c, 0), NULL);
}

static enum hx_err school_post(struct call *c)
{
    int64_t id;
    if (!(c->who.root >> PERM_SCHOOL_WRITE & 1)) return call_fail(c, HX_E_FORBIDDEN, "only the top of a tree adds schools");
    enum hx_err e = school_make(c->tx, c->body, 0, &id);
    if (e == HX_E_CONFLICT) return call_fail(c, e, "a school with this code exists already, or an organisation does not exist");
    c->status = 201;
    return e ? e : school_reply(c, id, NULL);
}

static enum hx_err school_patch(struct call *c)
{
    int64_t id = call_id(c, 0);
    json_t *record = NULL;
    enum hx_err e = call_check_school(c, PERM_SCHOOL_WRITE, id);
    if (!e) e = db_one_json(c->db, SQL_SCHOOL_GET, &record, "i", id);
    json_t *now = json_incref(record);
    if (!e) e = call_check_version(c, record);
    if (!e) e = school_change(c->tx, now, c->body, NULL);
    json_decref(now);
    return e ? e : school_reply(c, id, NULL);
}

static enum hx_err place_post(struct call *c)
{
    int64_t school = call_id(c, 0), id;
    enum hx_err e = call_check_school(c, PERM_SCHOOL_WRITE, school);
    if (!e) e = place_make(c->tx, school, c->body, &id);
    c->status = 201;
    return e ? e : school_reply(c, school, NULL);
}

static enum hx_err place_delete(struct call *c)
{
    int64_t school = call_id(c, 0);
    enum hx_err e = call_check_school(c, PERM_SCHOOL_WRITE, school);
    if (!e) e = db_exec(c->db, SQL_PLACE_DROP, "ii", call_id(c, 1), school);
    if (!e && db_changes(c->db) == 0) return HX_E_NOT_FOUND;
    return e ? e : school_reply(c, school, "school.changed");
}

static enum hx_err contact_post(struct call *c)
{
    int64_t school = call_id(c, 0), id;
    enum hx_err e = call_check_school(c, PERM_SCHOOL_WRITE, school);
    if (!e) e = contact_make(c->tx, school, c->body, &id);
    c->status = 201;
    return e ? e : school_reply(c, school, NULL);
}

static enum hx_err contact_delete(struct call *c)
{
    int64_t school = call_id(c, 0);
    enum hx_err e = call_check_school(c, PERM_SCHOOL_WRITE, school);
    if (!e) e = db_exec(c->db, SQL_CONTACT_DROP, "ii", call_id(c, 1), school);
    if (!e && db_changes(c->db) == 0) return HX_E_NOT_FOUND;
    return e ? e : school_reply(c, school, "school.changed");
}

static enum hx_err floor_plan_put(struct call *c)
{
    int64_t school = call_id(c, 0);
    const char *type = media_type(c->raw, MEDIA_PHOTO | MEDIA_DRAWING);
    enum hx_err e = call_check_school(c, PERM_SCHOOL_WRITE, school);
    if (e) return e;
    if (type == NULL) return call_fail(c, HX_E_INVALID, "a floor plan must be a PNG, JPEG or SVG picture");
    if (c->raw.len > FLOOR_PLAN_MAX) return call_fail(c, HX_E_LIMIT, "a floor plan may have at most 4 MiB");
    e = db_exec(c->db, SQL_FLOOR_PLAN_SET, "izbi", school, type, (const void *)c->raw.at, c->raw.len, c->tx->now_ms);
    return e ? e : school_reply(c, school, "school.changed");
}

enum hx_err school_floor_plan(struct call *c, int64_t school)
{
    struct rows r = db_query(c->db, SQL_FLOOR_PLAN_GET, "i", school);
    enum hx_err e = HX_E_NOT_FOUND;
    if (rows_next(&r)) {
        struct str bytes = rows_blob(&r, 1);
        c->bytes_type = media_type(bytes, MEDIA_PHOTO | MEDIA_DRAWING);
        c->bytes = str_dup(bytes);
        c->bytes_n = bytes.len;
        e = HX_OK;
    }
    rows_end(&r);
    return e;
}

static enum hx_err floor_plan_get(struct call *c)
{
    enum hx_err e = call_check_school(c, PERM_SCHOOL_READ, call_id(c, 0));
    return e ? e : school_floor_plan(c, call_id(c, 0));
}

static const struct hx_route campus_routes[] = {
    {HX_GET, "/v1/schools", "schoolList", PERM_SCHOOL_READ, school_list, NULL},
    {HX_POST, "/v1/schools", "schoolAdd", PERM_SCHOOL_WRITE, school_post, NULL},
    {HX_GET, "/v1/schools/{id}", "schoolGet", PERM_SCHOOL_READ, school_get, NULL},
    {HX_PATCH, "/v1/schools/{id}", "schoolChange", PERM_SCHOOL_WRITE, school_patch, NULL},
    {HX_POST, "/v1/schools/{id}/places", "placeAdd", PERM_SCHOOL_WRITE, place_post, NULL},
    {HX_DELETE, "/v1/schools/{id}/places/{place}", "placeDrop", PERM_SCHOOL_WRITE, place_delete, NULL},
    {HX_POST, "/v1/schools/{id}/contacts", "contactAdd", PERM_SCHOOL_WRITE, contact_post, NULL},
    {HX_DELETE, "/v1/schools/{id}/contacts/{contact}", "contactDrop", PERM_SCHOOL_WRITE, contact_delete, NULL},
    {HX_GET, "/v1/schools/{id}/floor-plan", "floorPlanGet", PERM_SCHOOL_READ, floor_plan_get, NULL},
    {HX_PUT, "/v1/schools/{id}/floor-plan", "floorPlanSet", PERM_SCHOOL_WRITE, floor_plan_put, NULL},
};
const struct hx_module campus_module = {.name = "campus", .routes = campus_routes, .route_count = HX_COUNT(campus_routes)};
