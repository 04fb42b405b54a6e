/* Who is with a unit: an officer joins one at the begin of a shift. From then on the unit stands where their phone is, its orders are
 * theirs, a crew that falls silent makes it lost, and an officer's call for help shows on it. */
#include "dispatch.h"

#include <string.h>

#include "base/log.h"

#define EVERY_S 30        /* how often a phone tells where it is, where it does not say otherwise */
#define USABLE_M 200      /* a position less accurate than this moves no unit */
#define LOOK_EVERY_MS 5000
#define SHIFT_MS (12 * 3600000LL) /* of silence */

/* The row and unit of a person who is with one; both 0 where they are with none. */
static enum hx_err find_crew(struct db *db, int64_t person, int64_t *crew, int64_t *unit)
{
    struct rows r = db_query(db, SQL_CREW_OF_PERSON, "i", person);
    *crew = *unit = 0;
    if (rows_next(&r)) *crew = rows_i64(&r, 0), *unit = rows_i64(&r, 1);
    rows_end(&r);
    return r.err;
}

bool crew_is_with(struct db *db, int64_t person, int64_t unit)
{
    int64_t crew, with;
    return find_crew(db, person, &crew, &with) == HX_OK && crew != 0 && with == unit;
}

enum hx_err crew_moved(struct tx *tx, int64_t person, double lon, double lat, double accuracy_m)
{
    int64_t crew, unit, lost = 0;
    enum hx_err e = find_crew(tx->db, person, &crew, &unit);
    if (e || crew == 0) return e;
    e = db_exec(tx->db, SQL_CREW_HEARD, "ii", tx->now_ms, crew);
    if (!e) e = db_one_i64(tx->db, SQL_UNIT_HEARD, &lost, "i", unit);
    if (!e && accuracy_m <= USABLE_M) e = db_exec(tx->db, SQL_UNIT_MOVED, "ffii", lon, lat, tx->now_ms, unit);
    if (!e && lost != 0) e = db_exec(tx->db, SQL_UNIT_LOSE, "Ii", (int64_t)0, unit);
    return e || lost == 0 ? e : journal_tell(tx, SQL_UNIT_GET, unit, "unit.found");
}

static enum hx_err leave(struct tx *tx, int64_t crew, int64_t unit)
{
    int64_t others;
    json_t *record = NULL;
    enum hx_err e = db_exec(tx->db, SQL_CREW_LEAVE, "ii", tx->now_ms, crew);
    if (!e) e = db_one_i64(tx->db, SQL_CREW_LEFT, &others, "i", unit);
    if (e || others > 0) return e ? e : journal_tell(tx, SQL_UNIT_GET, unit, "unit.changed");
    e = db_one_json(tx->db, SQL_UNIT_GET, &record, "i", unit);
    bool idle = strcmp(json_z(record, "status", ""), "available") == 0 || strcmp(json_z(record, "status", ""), "patrol") == 0;
    json_decref(record);
    if (!e && idle) e = db_exec(tx->db, SQL_UNIT_STATUS_SET, "zi", "off", unit); /* nobody is there to be sent */
    if (!e) e = db_exec(tx->db, SQL_UNIT_LOSE, "Ii", (int64_t)0, unit);
    return e ? e : journal_tell(tx, SQL_UNIT_GET, unit, "unit.changed");
}

/* Who forgot to leave at the end of a shift has left. */
static enum hx_err forget_old(struct tx *tx)
{
    struct {
        int64_t crew, unit;
    } old[50];
    size_t n = 0;
    struct rows r = db_query(tx->db, SQL_CREW_FORGOTTEN, "i", tx->now_ms - SHIFT_MS);
    while (n < HX_COUNT(old) && rows_next(&r)) old[n].crew = rows_i64(&r, 0), old[n++].unit = rows_i64(&r, 1);
    enum hx_err e = r.err;
    rows_end(&r);
    for (size_t i = 0; !e && i < n; i++) e = leave(tx, old[i].crew, old[i].unit);
    return e;
}

static enum hx_err look_for_lost(struct tx *tx, void *arg)
{
    (void)arg;
    int64_t ids[100];
    size_t n = 0;
    struct rows r = db_query(tx->db, SQL_UNIT_SILENT, "i", tx->now_ms);
    while (n < HX_COUNT(ids) && rows_next(&r)) ids[n++] = rows_i64(&r, 0);
    enum hx_err e = r.err;
    rows_end(&r);
    for (size_t i = 0; !e && i < n; i++) {
        e = db_exec(tx->db, SQL_UNIT_LOSE, "Ii", tx->now_ms, ids[i]);
        if (!e) e = journal_tell(tx, SQL_UNIT_GET, ids[i], "unit.lost");
    }
    return e ? e : forget_old(tx);
}

static void on_clock(void *arg)
{
    struct hx_app *app = arg;
    if (app->writer != NULL && writer_submit(app->writer, LANE_BULK, look_for_lost, NULL, NULL) != HX_OK) log_debug("crew.busy", "job=clock");
}

static enum hx_err crew_start(struct hx_app *app)
{
    loop_every(app->loop, LOOK_EVERY_MS, on_clock, app);
    return HX_OK;
}

/* ---- an officer's call for help ---- */

static enum hx_err mark_emergency(struct tx *tx, int64_t unit, int64_t incident)
{
    enum hx_err e = db_exec(tx->db, SQL_UNIT_EMERGENCY, "Ii", incident, unit);
    return e ? e : journal_tell(tx, SQL_UNIT_GET, unit, incident != 0 ? "unit.emergency" : "unit.changed");
}

static enum hx_err see_opened(struct tx *tx, const struct event *event)
{
    char why[160];
    json_t *j = NULL;
    int64_t unit;
    enum hx_err e = json_parse((struct str){event->data, event->data_bytes}, &j, why, sizeof why);
    bool officer = !e && strcmp(json_z(j, "class", ""), "officer") == 0;
    double lon = json_f64(j, "lon", 0), lat = json_f64(j, "lat", 0);
    json_decref(j);
    if (e || !officer) return e;
    e = db_one_i64(tx->db, SQL_CREW_CALLER, &unit, "i", event->subject_id);
    if (e) return e == HX_E_NOT_FOUND ? HX_OK : e;
    if (lon != 0 || lat != 0) e = db_exec(tx->db, SQL_UNIT_MOVED, "ffii", lon, lat, tx->now_ms, unit);
    return e ? e : mark_emergency(tx, unit, event->subject_id);
}

static enum hx_err see_incident(struct tx *tx, const struct event *event)
{
    const char *what = event->type + strlen("incident.");
    int64_t unit;
    if (strcmp(what, "opened") == 0) return see_opened(tx, event);
    if (strcmp(what, "closed") != 0 && strcmp(what, "cancelled") != 0 && strcmp(what, "merged") != 0) return HX_OK;
    enum hx_err e = db_one_i64(tx->db, SQL_UNIT_IN_EMERGENCY, &unit, "i", event->subject_id);
    return e == HX_E_NOT_FOUND ? HX_OK : e ? e : mark_emergency(tx, unit, 0);
}

static const struct journal_follower crew_followers[] = {{"crew.incident", "incident.", see_incident, NULL}, {NULL, NULL, NULL, NULL}};

/* ---- routes ---- */

/* {unit, crew, orders, units}: the unit that the caller is with, who else is, its orders, and the units that they could join. */
static enum hx_err my_unit_get(struct call *c)
{
    int64_t crew, unit;
    json_t *mine = NULL;
    enum hx_err e = find_crew(c->db, c->who.id, &crew, &unit);
    if (!e && crew != 0) e = db_one_json(c->db, SQL_UNIT_GET, &mine, "i", unit);
    if (e) return e;
    json_t *reply = json_object();
    json_object_set_new(reply, "unit", mine != NULL ? mine : json_null());
    json_object_set_new(reply, "crew", db_all_json(c->db, SQL_CREW_OF_UNIT, "i", unit));
    json_object_set_new(reply, "orders", db_all_json(c->db, SQL_ASSIGNMENT_OF_UNIT, "i", unit));
    json_object_set_new(reply, "units", call_may(c, PERM_UNIT_READ) ? db_all_json(c->db, SQL_UNIT_OF_ORG, "i", c->who.org_id) : db_all_json(c->db, SQL_UNIT_OF_SCHOOLS, "i", c->who.id));
    return call_reply(c, reply);
}

/* The last of a crew stays while the unit has an order; ILLEGAL says which. */
static enum hx_err leave_now(struct call *c, int64_t crew, int64_t unit)
{
    int64_t others, busy;
    enum hx_err e = db_one_i64(c->db, SQL_CREW_LEFT, &others, "i", unit);
    if (e) return e;
    if (others == 1 && db_one_i64(c->db, SQL_ASSIGNMENT_UNIT_BUSY, &busy, "i", unit) == HX_OK)
        return call_fail(c, HX_E_ILLEGAL, "you are the last of this unit and it is on assignment %lld: end that first", (long long)busy);
    return leave(c->tx, crew, unit);
}

static enum hx_err my_unit_join(struct call *c)
{
    int64_t id = json_i64(c->body, "unit", 0), crew, unit, row = 0;
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_UNIT_GET, &record, "i", id);
    if (e == HX_E_NOT_FOUND) return call_fail(c, HX_E_INVALID, "unit: there is no unit %lld", (long long)id);
    bool guard = !e && strcmp(json_z(record, "kind", ""), "guard") == 0;
    bool own = !e && (guard ? call_check_school(c, PERM_UNIT_REPORT, json_i64(record, "school_id", 0)) == HX_OK : json_i64(record, "org_id", 0) == c->who.org_id), off = !e && strcmp(json_z(record, "status", ""), "off") == 0;
    json_decref(record);
    if (!e && !own && !call_may(c, PERM_UNIT_WRITE)) return call_fail(c, HX_E_FORBIDDEN, "unit: that unit is of another organisation than yours");
    if (!e) e = find_crew(c->db, c->who.id, &crew, &unit);
    if (!e && unit == id) return my_unit_get(c);
    if (!e && crew != 0) e = leave_now(c, crew, unit);
    if (!e) row = journal_next(c->tx);
    if (!e) e = db_exec(c->db, SQL_CREW_ADD, "iiiiii", row, id, c->who.id, json_i64(c->body, "every_s", EVERY_S), c->tx->now_ms, c->tx->now_ms);
    if (!e && off) e = db_exec(c->db, SQL_UNIT_STATUS_SET, "zi", "available", id);
    if (!e) e = db_exec(c->db, SQL_UNIT_LOSE, "Ii", (int64_t)0, id);
    if (!e) e = journal_tell(c->tx, SQL_UNIT_GET, id, "unit.joined");
    c->status = 201;
    return e ? e : my_unit_get(c);
}

static enum hx_err my_unit_leave(struct call *c)
{
    int64_t crew, unit;
    enum hx_err e = find_crew(c->db, c->who.id, &crew, &unit);
    if (!e && crew == 0) return call_fail(c, HX_E_ILLEGAL, "you are with no unit");
    if (!e) e = leave_now(c, crew, unit);
    return e ? e : my_unit_get(c);
}

/* The police of the next county are named, for help comes from there too; the guards of its schools are not. */
static enum hx_err unit_crew(struct call *c)
{
    json_t *unit = NULL;
    enum hx_err e = db_one_json(c->db, SQL_UNIT_GET, &unit, "i", call_id(c, 0));
    if (!e && strcmp(json_z(unit, "kind", ""), "guard") == 0) e = call_check_school(c, PERM_UNIT_READ, json_i64(unit, "school_id", 0));
    json_decref(unit);
    if (e) return e;
    return call_list(c, db_all_json(c->db, SQL_CREW_OF_UNIT, "i", call_id(c, 0)));
}

/* A map asks every few seconds for what moved after the newest stamp that it has. */
static enum hx_err unit_moves(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_UNIT_MOVES, "i", call_query_i64(c, "after", 0)));
}

static const struct hx_route crew_routes[] = {
    {HX_GET, "/v1/my-unit", "myUnit", PERM_UNIT_REPORT, my_unit_get, NULL},
    {HX_POST, "/v1/my-unit", "myUnitJoin", PERM_UNIT_REPORT, my_unit_join, NULL},
    {HX_DELETE, "/v1/my-unit", "myUnitLeave", PERM_UNIT_REPORT, my_unit_leave, NULL},
    {HX_GET, "/v1/units/{id}/crew", "unitCrew", PERM_UNIT_READ, unit_crew, NULL},
    {HX_GET, "/v1/unit-moves", "unitMoves", PERM_UNIT_READ, unit_moves, NULL},
};
const struct hx_module crew_module = {.name = "crew", .routes = crew_routes, .route_count = HX_COUNT(crew_routes), .followers = crew_followers, .start = crew_start};
