/* What a crew needs to know of the place that it is sent to: the school and whom to call there, its floor plan, what rang, what the desk noted, and
 * what the cameras see. Its right is the order: while that runs, at whatever school, and no longer. */
#include "dispatch.h"

#include <string.h>

#include "domain/camera/camera.h"
#include "domain/campus/campus.h"

#define CAMERAS_SHOWN 8

struct order {
    int64_t incident, school;
};

/* The caller's order of the path; ILLEGAL when it is over, NOT_FOUND when it is somebody else's. */
static enum hx_err find_order(struct call *c, struct order *o)
{
    static const char *const running[] = {"sent", "delivered", "accepted", "en_route", "arrived"};
    json_t *a = NULL;
    bool runs = false;
    enum hx_err e = db_one_json(c->db, SQL_ASSIGNMENT_GET, &a, "i", call_id(c, 0));
    if (!e && !crew_is_with(c->db, c->who.id, json_i64(a, "unit_id", 0))) e = HX_E_NOT_FOUND;
    for (size_t i = 0; i < HX_COUNT(running); i++) runs = runs || strcmp(json_z(a, "state", ""), running[i]) == 0;
    *o = (struct order){json_i64(a, "incident_id", 0), json_i64(a, "school_id", 0)};
    json_decref(a);
    return e || runs ? e : call_fail(c, HX_E_ILLEGAL, "this order is over");
}

static void take(json_t *into, const json_t *from, const char *const *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) json_object_set(into, fields[i], json_object_get(from, fields[i]));
}

static json_t *alarms_of(struct db *db, int64_t incident)
{
    static const char *const fields[] = {"id", "place", "class", "severity", "state", "count", "first_at", "last_at"};
    json_t *all = db_all_json(db, SQL_ALARM_OF_INCIDENT, "i", incident), *alarm, *alarms = json_array();
    size_t i;
    json_array_foreach(all, i, alarm)
    {
        json_t *one = json_object();
        take(one, alarm, fields, HX_COUNT(fields));
        json_array_append_new(alarms, one);
    }
    json_decref(all);
    return alarms;
}

/* What was noted, the newest first; what is not for the reader's side is taken out with the reply. */
static json_t *notes_of(struct db *db, int64_t incident)
{
    json_t *all = db_all_json(db, SQL_SITE_NOTES, "i", incident), *event, *notes = json_array();
    size_t i;
    json_array_foreach(all, i, event)
    {
        json_t *note = json_object();
        const json_t *change = json_object_get(json_object_get(event, "data"), "change");
        json_object_set(note, "happened_at", json_object_get(event, "happened_at"));
        json_object_set(note, "person", json_object_get(event, "person"));
        json_put_z(note, "text", json_z(change, "text", ""));
        json_put_z(note, "audience", json_z(change, "audience", "all"));
        json_array_append_new(notes, note);
    }
    json_decref(all);
    return notes;
}

static enum hx_err add_school(struct db *db, int64_t id, json_t *into)
{
    static const char *const fields[] = {"id", "name", "phone", "address", "kind", "pupils", "lon", "lat", "floor_plan"};
    json_t *school = NULL, *s = json_object();
    enum hx_err e = db_one_json(db, SQL_SCHOOL_GET, &school, "i", id);
    if (!e) take(s, school, fields, HX_COUNT(fields));
    json_object_set_new(s, "places", db_all_json(db, SQL_PLACE_LIST, "i", id));
    json_object_set_new(s, "contacts", db_all_json(db, SQL_CONTACT_LIST, "i", id));
    json_object_set_new(into, "school", s);
    json_decref(school);
    return e;
}

static enum hx_err add_cameras(struct db *db, int64_t incident, json_t *into)
{
    json_t *all = NULL, *camera, *cameras = json_array();
    int64_t school;
    size_t i;
    enum hx_err e = camera_of_incident(db, incident, &school, &all);
    json_array_foreach(all, i, camera)
        if (i < CAMERAS_SHOWN)
            json_array_append_new(cameras, json_pack("{s:I,s:s,s:b,s:b}", "id", (json_int_t)json_i64(camera, "id", 0), "name", json_z(camera, "name", ""), "inside", json_flag(camera, "inside", false),
                                                     "available", json_flag(json_object_get(camera, "live"), "available", false)));
    json_object_set_new(into, "cameras", cameras);
    json_decref(all);
    return e;
}

static enum hx_err site_get(struct call *c)
{
    static const char *const fields[] = {"title", "title_en", "class", "severity", "state", "story", "caller", "caller_phone", "opened_at", "drill"};
    struct order o;
    json_t *incident = NULL, *site = json_object();
    enum hx_err e = find_order(c, &o);
    if (!e) e = db_one_json(c->db, SQL_INCIDENT_GET, &incident, "i", o.incident);
    json_put_i64(site, "incident_id", o.incident);
    if (!e) take(site, incident, fields, HX_COUNT(fields));
    json_decref(incident);
    json_object_set_new(site, "school", json_null());
    json_object_set_new(site, "alarms", alarms_of(c->db, o.incident));
    json_object_set_new(site, "notes", notes_of(c->db, o.incident));
    if (!e && o.school != 0) e = add_school(c->db, o.school, site);
    if (!e) e = add_cameras(c->db, o.incident, site);
    if (e) return json_decref(site), e;
    return call_reply(c, site);
}

static enum hx_err site_plan(struct call *c)
{
    struct order o;
    enum hx_err e = find_order(c, &o);
    return e ? e : school_floor_plan(c, o.school);
}

/* A look as any other, with the crew's person on record. */
static enum hx_err site_camera(struct call *c)
{
    struct order o;
    json_t *camera = NULL;
    enum hx_err e = find_order(c, &o);
    if (!e) e = db_one_json(c->db, SQL_CAMERA_GET, &camera, "i", call_id(c, 1));
    if (!e && (o.school == 0 || json_i64(camera, "school_id", 0) != o.school)) e = HX_E_NOT_FOUND;
    const char *note = json_z(c->body, "note", "");
    if (!e && json_flag(camera, "inside", false) && note[0] == 0) e = call_fail(c, HX_E_INVALID, "note: this camera looks into a room with pupils; say why you look");
    json_decref(camera);
    return e ? e : camera_look_open(c, &(struct camera_look){.camera_id = call_id(c, 1), .school_id = o.school, .incident_id = o.incident, .reason = "incident", .note = note});
}

static const struct hx_route site_routes[] = {
    {HX_GET, "/v1/assignments/{id}/site", "siteGet", PERM_UNIT_REPORT, site_get, NULL},
    {HX_GET, "/v1/assignments/{id}/floor-plan", "siteFloorPlan", PERM_UNIT_REPORT, site_plan, NULL},
    {HX_POST, "/v1/assignments/{id}/cameras/{camera}", "siteCamera", PERM_UNIT_REPORT, site_camera, NULL},
};
const struct hx_module site_module = {.name = "site", .routes = site_routes, .route_count = HX_COUNT(site_routes)};
