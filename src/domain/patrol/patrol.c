#include "patrol.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/media_type.h"
#include "base/log.h"
#include "domain/campus/campus.h"
#include "domain/incident/incident.h"

#define CLOCK_EVERY_MS 5000
#define ENOUGH_PERCENT 80      /* of a route's points make a round */
#define PHOTO_MAX (2 << 20)
#define REACH_M 2000           /* a tip without a school belongs to the nearest one within */

/* ---- teams ---- */

enum hx_err team_make(struct tx *tx, int64_t school_id, const char *name, int64_t demo, int64_t *id)
{
    *id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_TEAM_ADD, "iizi", *id, school_id, name, demo);
    return e ? e : journal_add(tx, "team.added", school_id, *id, json_pack("{s:I,s:I,s:s}", "id", (json_int_t)*id, "school_id", (json_int_t)school_id, "name", name));
}

enum hx_err member_make(struct tx *tx, const struct member_new *m, int64_t *id)
{
    int64_t school;
    *id = journal_next(tx);
    enum hx_err e = db_one_i64(tx->db, SQL_TEAM_SCHOOL, &school, "i", m->team_id);
    if (!e) e = db_exec(tx->db, SQL_MEMBER_ADD, "iiIzzzzzi", *id, m->team_id, m->person_id, m->name, m->role, m->phone, m->trained, m->from_date, m->demo);
    return e ? e : journal_add(tx, "team.member_added", school, m->team_id, json_pack("{s:I,s:I,s:s}", "id", (json_int_t)*id, "team_id", (json_int_t)m->team_id, "role", m->role));
}

static enum hx_err team_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_TEAM_LIST, "iiiiii", clock_utc_ms(), call_query_i64(c, "after", 0), call_query_i64(c, "school", 0), call_sees_all(c), c->who.id, call_limit(c, 500, 5000)));
}

static enum hx_err team_post(struct call *c)
{
    int64_t id, school = json_i64(c->body, "school_id", 0);
    enum hx_err e = call_check_school(c, PERM_PATROL_WRITE, school);
    if (!e) e = team_make(c->tx, school, json_z(c->body, "name", ""), 0, &id);
    c->status = 201;
    return e ? e : call_reply(c, json_pack("{s:I,s:I,s:s}", "id", (json_int_t)id, "school_id", (json_int_t)school, "name", json_z(c->body, "name", "")));
}

static enum hx_err member_list(struct call *c)
{
    int64_t school;
    enum hx_err e = db_one_i64(c->db, SQL_TEAM_SCHOOL, &school, "i", call_id(c, 0));
    if (!e) e = call_check_school(c, PERM_PATROL_READ, school);
    return e ? e : call_list(c, db_all_json(c->db, SQL_MEMBER_LIST, "ii", clock_utc_ms(), call_id(c, 0)));
}

static enum hx_err member_post(struct call *c)
{
    const json_t *b = c->body;
    int64_t school, id, team = call_id(c, 0);
    char today[CLOCK_DATE_MAX];
    enum hx_err e = db_one_i64(c->db, SQL_TEAM_SCHOOL, &school, "i", team);
    if (!e) e = call_check_school(c, PERM_PATROL_WRITE, school);
    if (!e) e = member_make(c->tx, &(struct member_new){.team_id = team, .person_id = json_i64(b, "person_id", 0), .name = json_z(b, "name", ""), .role = json_z(b, "role", "volunteer"), .phone = json_z(b, "phone", ""), .trained = json_z(b, "trained_at", ""), .from_date = clock_local_date(c->tx->now_ms, today)}, &id);
    if (e == HX_E_CONFLICT) call_fail(c, e, "this person is a member of a team already");
    c->status = 201;
    return e ? e : call_list(c, db_all_json(c->db, SQL_MEMBER_LIST, "ii", c->tx->now_ms, team));
}

static enum hx_err member_drop(struct call *c)
{
    int64_t school, team = call_id(c, 0);
    char today[CLOCK_DATE_MAX];
    enum hx_err e = db_one_i64(c->db, SQL_TEAM_SCHOOL, &school, "i", team);
    if (!e) e = call_check_school(c, PERM_PATROL_WRITE, school);
    if (!e) e = db_exec(c->db, SQL_MEMBER_END, "zii", clock_local_date(c->tx->now_ms, today), call_id(c, 1), team);
    if (!e) e = journal_add(c->tx, "team.member_left", school, team, json_pack("{s:I}", "id", (json_int_t)call_id(c, 1)));
    return e ? e : call_list(c, db_all_json(c->db, SQL_MEMBER_LIST, "ii", c->tx->now_ms, team));
}

enum hx_err patrol_school_of(struct db *db, int64_t person, int64_t *school)
{
    return db_one_i64(db, SQL_MEMBER_SCHOOL, school, "i", person);
}

static enum hx_err mine(struct call *c)
{
    json_t *school = NULL, *j = json_object();
    int64_t id = 0, now = clock_utc_ms();
    if (patrol_school_of(c->db, c->who.id, &id) == HX_OK && db_one_json(c->db, SQL_SCHOOL_GET, &school, "i", id) != HX_OK) school = NULL;
    json_object_set_new(j, "school", school != NULL ? school : json_null());
    json_t *patrols = id != 0 ? db_all_json(c->db, SQL_PATROL_MINE, "iiii", id, now - 2 * 3600000LL, now + CLOCK_DAY_MS, c->who.id) : json_array();
    for (size_t i = 0; i < json_array_size(patrols); i++) {
        json_t *p = json_array_get(patrols, i);
        json_object_set_new(p, "checks", db_all_json(c->db, SQL_PATROL_CHECK_LIST, "i", json_i64(p, "id", 0)));
    }
    json_object_set_new(j, "patrols", patrols);
    return call_reply(c, j);
}

/* ---- routes and rounds ---- */

enum hx_err patrol_route_make(struct tx *tx, const json_t *b, int64_t *id)
{
    char *points = json_text(json_object_get(b, "points"));
    *id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_PATROL_ROUTE_ADD, "iizzii", *id, json_i64(b, "school_id", 0), json_z(b, "name", ""), points, (int64_t)json_flag(b, "any_order", true), (int64_t)json_flag(b, "in_pairs", false));
    free(points);
    return e ? e : journal_add(tx, "patrol.route_added", json_i64(b, "school_id", 0), *id, json_pack("{s:I,s:s}", "id", (json_int_t)*id, "name", json_z(b, "name", "")));
}

enum hx_err patrol_make(struct tx *tx, int64_t route_id, int64_t person_id, int64_t begins_at, int64_t ends_at, int64_t *id)
{
    json_t *route = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_PATROL_ROUTE_GET, &route, "i", route_id);
    if (e) return e;
    int64_t points = (int64_t)json_array_size(json_object_get(route, "points")), school = json_i64(route, "school_id", 0);
    json_decref(route);
    *id = journal_next(tx);
    e = db_exec(tx->db, SQL_PATROL_ADD, "iiiIiii", *id, route_id, school, person_id, begins_at, ends_at, points);
    return e ? e : journal_tell(tx, SQL_PATROL_GET, *id, "patrol.planned");
}

enum hx_err patrol_load(struct tx *tx, int64_t id, int64_t route_id, int64_t school_id, int64_t person_id, int64_t ends_at)
{
    const int points = 3;
    enum hx_err e = db_exec(tx->db, SQL_PATROL_ADD, "iiiIiii", id, route_id, school_id, person_id, ends_at - 3600000, ends_at, (int64_t)points);
    for (int p = 0; !e && p < points; p++) {
        char uuid[48];
        int64_t at = ends_at - (points - p) * 600000LL;
        snprintf(uuid, sizeof uuid, "past-%lld-%d", (long long)id, p);
        e = db_exec(tx->db, SQL_PATROL_CHECK_ADD, "iiziiinnnzzz", id, (int64_t)p, uuid, person_id, at, at, "green", "", "[]");
    }
    return e ? e : db_exec(tx->db, SQL_PATROL_PAST, "ii", (int64_t)points, id);
}

static enum hx_err route_list(struct call *c)
{
    int64_t school = call_query_i64(c, "school", 0);
    enum hx_err e = call_check_school(c, PERM_PATROL_READ, school);
    return e ? e : call_list(c, db_all_json(c->db, SQL_PATROL_ROUTE_LIST, "i", school));
}

static enum hx_err route_post(struct call *c)
{
    int64_t id;
    enum hx_err e = call_check_school(c, PERM_PATROL_WRITE, json_i64(c->body, "school_id", 0));
    if (!e) e = patrol_route_make(c->tx, c->body, &id);
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_PATROL_ROUTE_GET, id);
}

enum hx_err patrol_reply(struct call *c, int64_t id)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_PATROL_GET, &record, "i", id);
    if (!e) json_object_set_new(record, "checks", db_all_json(c->db, SQL_PATROL_CHECK_LIST, "i", id));
    return e ? e : call_reply(c, record);
}

static enum hx_err patrol_list(struct call *c)
{
    int64_t now = clock_utc_ms();
    return call_list(c, db_all_json(c->db, SQL_PATROL_LIST, "iiii", now - 2 * CLOCK_DAY_MS, now + CLOCK_DAY_MS, call_sees_all(c), c->who.id));
}

static enum hx_err patrol_post(struct call *c)
{
    const json_t *b = c->body;
    json_t *route = NULL;
    int64_t id, begins, ends;
    if (!clock_parse(str_of(json_z(b, "begins_at", "")), &begins) || !clock_parse(str_of(json_z(b, "ends_at", "")), &ends) || ends <= begins)
        return call_fail(c, HX_E_INVALID, "begins_at, ends_at: want two times in order");
    enum hx_err e = db_one_json(c->db, SQL_PATROL_ROUTE_GET, &route, "i", json_i64(b, "route_id", 0));
    if (!e) e = call_check_school(c, PERM_PATROL_WRITE, json_i64(route, "school_id", 0));
    json_decref(route);
    if (!e) e = patrol_make(c->tx, json_i64(b, "route_id", 0), json_i64(b, "person_id", 0), begins, ends, &id);
    c->status = 201;
    return e ? e : patrol_reply(c, id);
}

static enum hx_err patrol_excuse(struct call *c)
{
    json_t *record = NULL;
    int64_t id = call_id(c, 0);
    enum hx_err e = db_one_json(c->db, SQL_PATROL_GET, &record, "i", id);
    if (!e) e = call_check_school(c, PERM_PATROL_WRITE, json_i64(record, "school_id", 0));
    if (!e && strcmp(json_z(record, "state", ""), "done") == 0) e = call_fail(c, HX_E_ILLEGAL, "the round is done");
    json_decref(record);
    if (!e) e = db_exec(c->db, SQL_PATROL_STATE_SET, "zzi", "excused", json_z(c->body, "reason", ""), id);
    if (!e) e = journal_tell(c->tx, SQL_PATROL_GET, id, "patrol.excused");
    return e ? e : patrol_reply(c, id);
}

bool patrol_enough(int64_t done, int64_t points)
{
    return done * 100 >= points * ENOUGH_PERCENT;
}

enum hx_err patrol_clock(struct tx *tx, void *arg)
{
    (void)arg;
    struct {
        int64_t id;
        bool enough;
    } over[200];
    size_t n = 0;
    struct rows r = db_query(tx->db, SQL_PATROL_OVER, "i", tx->now_ms);
    while (n < HX_COUNT(over) && rows_next(&r)) over[n].id = rows_i64(&r, 0), over[n].enough = patrol_enough(rows_i64(&r, 2), rows_i64(&r, 1)), n++;
    enum hx_err e = r.err;
    rows_end(&r);
    if (!e) e = patrol_plan_days(tx);
    for (size_t i = 0; !e && i < n; i++) {
        e = db_exec(tx->db, SQL_PATROL_STATE_SET, "zzi", over[i].enough ? "done" : "missed", "", over[i].id);
        if (!e) e = journal_tell(tx, SQL_PATROL_GET, over[i].id, over[i].enough ? "patrol.done" : "patrol.missed");
    }
    return e;
}

/* ---- tips ---- */

static const struct {
    const char *kind, *zh, *en, *class;
    int severity;
} tip_kinds[] = {{"stranger", "可疑人员", "Stranger", "other", 2}, {"quarrel", "打架纠纷", "Quarrel", "fight", 2}, {"vehicle", "可疑或滞留车辆", "Vehicle", "other", 3},
                    {"danger", "危险情况", "Danger", "other", 2},     {"bullying", "欺凌", "Bullying", "fight", 2},  {"other", "其他情况", "Tip", "other", 3}};

static enum hx_err tip_reply(struct call *c, int64_t id)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_TIP_GET, &record, "i", id);
    return e ? e : call_reply(c, record);
}

static enum hx_err tip_post(struct call *c)
{
    const json_t *b = c->body;
    struct tx *tx = c->tx;
    int64_t id, school = json_i64(b, "school_id", 0), incident = 0, at;
    double distance, lon = json_f64(b, "lon", 0), lat = json_f64(b, "lat", 0);
    const char *uuid = json_z(b, "id", ""), *kind = json_z(b, "kind", "other");
    bool placed = json_has(b, "lon") && json_has(b, "lat");
    char title[160], title_en[160];
    size_t k = 0;
    c->status = 201;
    if (db_one_i64(c->db, SQL_TIP_THERE, &id, "z", uuid) == HX_OK) return tip_reply(c, id);
    enum hx_err e = call_told_at(c, &at);
    if (e) return e;
    if (school == 0 && patrol_school_of(c->db, c->who.id, &school) != HX_OK) school = 0;
    if (school == 0 && placed && school_nearest(c->db, lon, lat, REACH_M, &school, &distance) != HX_OK) school = 0;
    if (school == 0) return call_fail(c, HX_E_INVALID, "school_id: say which school, or let the phone say where you are");
    while (k + 1 < HX_COUNT(tip_kinds) && strcmp(tip_kinds[k].kind, kind) != 0) k++;
    snprintf(title, sizeof title, "%s · %s", tip_kinds[k].zh, c->who.full_name);
    snprintf(title_en, sizeof title_en, "%s · %s", tip_kinds[k].en, c->who.full_name);
    struct incident_new n = {.school_id = school, .title = title, .title_en = title_en, .class = tip_kinds[k].class, .source = "tip", .caller = c->who.full_name, .caller_phone = "", .story = json_z(b, "story", ""),
                             .severity = tip_kinds[k].severity, .lon = placed ? lon : 0, .lat = placed ? lat : 0};
    e = incident_open(tx, &n, &incident);
    id = journal_next(tx);
    if (!e) e = db_exec(c->db, SQL_TIP_ADD, placed ? "izizzfffiiiiz" : "izizznnniiiiz", id, uuid, school, kind, json_z(b, "story", ""), lon, lat, json_f64(b, "accuracy_m", 0), c->who.id, at, tx->now_ms, incident, json_z(b, "photo_sha256", ""));
    json_t *record = NULL;
    if (!e) e = db_one_json(c->db, SQL_TIP_GET, &record, "i", id);
    if (!e) e = journal_add(tx, "patrol.reported", school, id, record);
    return e ? e : tip_reply(c, id);
}

static enum hx_err photo_put(struct call *c)
{
    json_t *record = NULL;
    uint8_t hash[EVP_MAX_MD_SIZE];
    char hex[65];
    const char *type = media_type(c->raw, MEDIA_PHOTO);
    int64_t id = call_id(c, 0);
    enum hx_err e = db_one_json(c->db, SQL_TIP_GET, &record, "i", id);
    if (!e && json_i64(record, "person_id", 0) != c->who.id) e = call_fail(c, HX_E_FORBIDDEN, "this tip is somebody else's");
    if (!e && c->raw.len > PHOTO_MAX) e = call_fail(c, HX_E_LIMIT, "a photo may have at most 2 MiB");
    if (!e && type == NULL) e = call_fail(c, HX_E_INVALID, "want a JPEG or PNG picture");
    int64_t school = json_i64(record, "school_id", 0);
    HX_ASSERT(EVP_Digest(c->raw.at, c->raw.len, hash, NULL, EVP_sha256(), NULL) == 1);
    hex_encode_lower(hash, 32, hex);
    const char *told = json_z(record, "photo_told", "");
    if (!e && told[0] != 0 && strcmp(told, hex) != 0) e = call_fail(c, HX_E_INVALID, "this is not the photo that was taken with the report: its SHA-256 is another");
    json_decref(record);
    if (e) return e;
    e = db_exec(c->db, SQL_TIP_PHOTO_SET, "izbz", id, type, (const void *)c->raw.at, c->raw.len, hex);
    if (!e) e = journal_add(c->tx, "patrol.photo", school, id, json_pack("{s:I,s:s}", "tip", (json_int_t)id, "sha256", hex));
    return e ? e : tip_reply(c, id);
}

static enum hx_err photo_get(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_TIP_GET, &record, "i", call_id(c, 0));
    if (!e && json_i64(record, "person_id", 0) != c->who.id) e = call_check_school(c, PERM_INCIDENT_READ, json_i64(record, "school_id", 0));
    json_decref(record);
    if (e) return e;
    struct rows r = db_query(c->db, SQL_TIP_PHOTO_GET, "i", call_id(c, 0));
    bool there = rows_next(&r);
    if (there) {
        struct str bytes = rows_blob(&r, 1);
        c->bytes = str_dup(bytes);
        c->bytes_n = bytes.len;
        c->bytes_type = strcmp(rows_z(&r, 0), "image/png") == 0 ? "image/png" : "image/jpeg";
    }
    rows_end(&r);
    return there ? HX_OK : HX_E_NOT_FOUND;
}

static enum hx_err tip_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_TIP_LIST, "iii", clock_utc_ms() - 7 * CLOCK_DAY_MS, call_sees_all(c), c->who.id));
}

static enum hx_err incident_tips(struct call *c)
{
    struct incident_head h;
    enum hx_err e = incident_read(c->db, call_id(c, 0), &h);
    if (!e) e = call_check_school(c, PERM_INCIDENT_READ, h.school_id);
    return e ? e : call_list(c, db_all_json(c->db, SQL_TIP_OF_INCIDENT, "i", call_id(c, 0)));
}

static void on_clock(void *arg)
{
    struct hx_app *app = arg;
    if (app->writer != NULL && writer_submit(app->writer, LANE_BULK, patrol_clock, NULL, NULL) != HX_OK) log_debug("patrol.busy", "job=clock");
}

static enum hx_err patrol_start(struct hx_app *app)
{
    loop_every(app->loop, CLOCK_EVERY_MS, on_clock, app);
    return HX_OK;
}

static const struct hx_route patrol_routes[] = {
    {HX_GET, "/v1/teams", "teamList", PERM_PATROL_READ, team_list, NULL},
    {HX_POST, "/v1/teams", "teamAdd", PERM_PATROL_WRITE, team_post, NULL},
    {HX_GET, "/v1/teams/{id}/members", "memberList", PERM_PATROL_READ, member_list, NULL},
    {HX_POST, "/v1/teams/{id}/members", "memberAdd", PERM_PATROL_WRITE, member_post, NULL},
    {HX_DELETE, "/v1/teams/{id}/members/{member}", "memberDrop", PERM_PATROL_WRITE, member_drop, NULL},
    {HX_GET, "/v1/patrol-routes", "patrolRouteList", PERM_PATROL_READ, route_list, NULL},
    {HX_POST, "/v1/patrol-routes", "patrolRouteAdd", PERM_PATROL_WRITE, route_post, NULL},
    {HX_PATCH, "/v1/patrol-routes/{id}", "patrolRouteChange", PERM_PATROL_WRITE, patrol_route_patch, NULL},
    {HX_GET, "/v1/patrols", "patrolList", PERM_PATROL_READ, patrol_list, NULL},
    {HX_POST, "/v1/patrols", "patrolAdd", PERM_PATROL_WRITE, patrol_post, NULL},
    {HX_GET, "/v1/patrols/mine", "patrolMine", PERM_DUTY_REPORT, mine, NULL},
    {HX_POST, "/v1/patrols/{id}/checks", "patrolCheck", PERM_DUTY_REPORT, patrol_check_post, NULL},
    {HX_GET, "/v1/patrols/doubtful", "patrolDoubtful", PERM_PATROL_WRITE, patrol_doubtful, NULL},
    {HX_POST, "/v1/patrols/{id}/checks/{point}/verdict", "patrolVerdict", PERM_PATROL_WRITE, patrol_verdict, NULL},
    {HX_POST, "/v1/patrols/{id}/excuse", "patrolExcuse", PERM_PATROL_WRITE, patrol_excuse, NULL},
    {HX_GET, "/v1/tips", "tipList", PERM_PATROL_READ, tip_list, NULL},
    {HX_POST, "/v1/tips", "tipAdd", PERM_DUTY_REPORT, tip_post, NULL},
    {HX_PUT, "/v1/tips/{id}/photo", "tipPhotoSet", PERM_DUTY_REPORT, photo_put, NULL},
    {HX_GET, "/v1/tips/{id}/photo", "tipPhoto", PERM_DUTY_REPORT, photo_get, NULL},
    {HX_GET, "/v1/incidents/{id}/tips", "incidentTips", PERM_INCIDENT_READ, incident_tips, NULL},
};
const struct hx_module patrol_module = {.name = "patrol", .routes = patrol_routes, .route_count = HX_COUNT(patrol_routes), .start = patrol_start};
