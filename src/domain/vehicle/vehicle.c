#include "vehicle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "base/clock.h"
#include "domain/incident/incident.h"

#define TRACK_POINTS_MAX 20000

static const char *data_dir;

/* ---- vehicles ---- */

enum hx_err vehicle_make(struct tx *tx, const json_t *b, int64_t demo, int64_t *id)
{
    uint8_t raw[8];
    char code[17];
    const char *number = terminal_number(json_z(b, "terminal", ""));
    for (const char *p = number; *p != 0; p++)
        if (hex_digit(*p) < 0) return tx_fail(tx, HX_E_INVALID, "terminal: up to 20 digits, as the terminal sends them");
    HX_ASSERT(RAND_bytes(raw, sizeof raw) == 1);
    hex_encode_lower(raw, sizeof raw, code);
    *id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_VEHICLE_ADD, "iziizzzi", *id, json_z(b, "plate", ""), json_i64(b, "school_id", 0), json_i64(b, "capacity", 0), number, code, json_z(b, "datum", "wgs84"), demo);
    return e ? e : journal_tell(tx, SQL_VEHICLE_GET, *id, "vehicle.added");
}

static enum hx_err vehicle_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_VEHICLE_LIST, "iiiii", call_query_i64(c, "after", 0), call_query_i64(c, "school", 0), call_sees_all(c), c->who.id, call_limit(c, 500, 5000)));
}

static enum hx_err vehicle_post(struct call *c)
{
    int64_t id;
    enum hx_err e = call_check_school(c, PERM_VEHICLE_WRITE, json_i64(c->body, "school_id", 0));
    if (!e) e = vehicle_make(c->tx, c->body, 0, &id);
    if (e == HX_E_CONFLICT) call_fail(c, e, "this plate or terminal is entered already");
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_VEHICLE_GET, id);
}

static enum hx_err vehicle_patch(struct call *c)
{
    int64_t id = call_id(c, 0);
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_VEHICLE_GET, &record, "i", id);
    if (!e) e = call_check_school(c, PERM_VEHICLE_WRITE, json_i64(record, "school_id", 0));
    if (e) return json_decref(record), e;
    int64_t capacity = json_i64(c->body, "capacity", json_i64(record, "capacity", 0)), check_event = json_i64(c->body, "check_event", json_i64(record, "check_event", -1));
    e = call_check_version(c, record);
    if (!e) e = db_exec(c->db, SQL_VEHICLE_SET, "zizzii", json_z(c->body, "plate", NULL), capacity, json_z(c->body, "datum", NULL), json_z(c->body, "state", NULL), check_event, id);
    if (!e) e = journal_tell(c->tx, SQL_VEHICLE_GET, id, "vehicle.changed");
    return e ? e : call_reply_one(c, SQL_VEHICLE_GET, id);
}

/* Where it was: {"items":[[utc seconds, lon, lat, km/h, flags], …]} */
static enum hx_err vehicle_track(struct call *c)
{
    int64_t id = call_id(c, 0), from = 0, to = 0;
    json_t *record = NULL;
    const char *from_text = call_query(c, "from"), *to_text = call_query(c, "to");
    if (from_text == NULL || to_text == NULL || !clock_parse(str_of(from_text), &from) || !clock_parse(str_of(to_text), &to) || to < from || to - from > 2 * CLOCK_DAY_MS)
        return call_fail(c, HX_E_INVALID, "from, to: want two times in order, at most two days apart");
    enum hx_err e = db_one_json(c->db, SQL_VEHICLE_GET, &record, "i", id);
    if (!e) e = call_check_school(c, PERM_VEHICLE_READ, json_i64(record, "school_id", 0));
    json_decref(record);
    if (e) return e;
    struct track_point *points = malloc(TRACK_POINTS_MAX * sizeof *points);
    HX_ASSERT(points != NULL);
    size_t n = track_read(data_dir, (uint32_t)id, from / 1000, to / 1000, points, TRACK_POINTS_MAX);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, json_pack("[I,f,f,f,i]", (json_int_t)points[i].at_s, points[i].lon_e6 / 1e6, points[i].lat_e6 / 1e6, points[i].speed_kmh10 / 10.0, (int)points[i].flags));
    free(points);
    return call_list(c, items);
}

static enum hx_err position_list(struct call *c)
{
    return call_list(c, fleet_positions(c, PERM_VEHICLE_READ));
}

static enum hx_err alarm_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_VEHICLE_ALARM_LIST, "iii", clock_utc_ms() - 7 * CLOCK_DAY_MS, call_sees_all(c), c->who.id));
}

/* ---- routes ---- */

int bus_road_kmh(const char *road)
{
    /* Regulations on School Bus Safety, article 35: 80 on motorways, 60 elsewhere; 20 in sharp bends, on steep or narrow ways and bridges. */
    static const struct {
        const char *road;
        int kmh;
    } roads[] = {{"motorway", 80}, {"road", 60}, {"town", 60}, {"steep", 20}};
    for (size_t i = 0; i < HX_COUNT(roads); i++)
        if (strcmp(roads[i].road, road) == 0) return roads[i].kmh;
    return 0;
}

/* The roads of a route with the limit of each; INVALID unless they are in order and none is faster than the law allows. */
static enum hx_err read_roads(struct tx *tx, const json_t *b, char **out)
{
    json_t *all = json_array();
    size_t i;
    const json_t *r;
    int64_t last = -1;
    enum hx_err e = HX_OK;
    json_array_foreach(json_object_get(b, "roads"), i, r)
    {
        const char *road = json_z(r, "road", "");
        int64_t from = json_i64(r, "from", 0), most = bus_road_kmh(road), kmh = json_i64(r, "kmh", most);
        if (!e && from <= last) e = tx_fail(tx, HX_E_INVALID, "roads: want them in the order of the path");
        if (!e && kmh > most) e = tx_fail(tx, HX_E_INVALID, "roads: a student vehicle may go %lld km/h there at most", (long long)most);
        json_array_append_new(all, json_pack("{s:I,s:s,s:I}", "from", (json_int_t)from, "road", road, "kmh", (json_int_t)kmh));
        last = from;
    }
    *out = e ? NULL : json_text(all);
    json_decref(all);
    return e;
}

enum hx_err bus_route_make(struct tx *tx, const json_t *b, int64_t *id)
{
    json_t *record = NULL;
    char *path = json_text(json_object_get(b, "path")), *stops = json_text(json_object_get(b, "stops")), *roads = NULL;
    *id = journal_next(tx);
    enum hx_err e = read_roads(tx, b, &roads);
    if (!e) e = db_exec(tx->db, SQL_BUS_ROUTE_ADD, "iizzziiz", *id, json_i64(b, "school_id", 0), json_z(b, "name", ""), path, stops, json_i64(b, "corridor_m", 100), json_i64(b, "limit_kmh", 60), roads);
    free(roads);
    free(path);
    free(stops);
    if (!e) e = db_one_json(tx->db, SQL_BUS_ROUTE_GET, &record, "i", *id);
    return e ? e : journal_add(tx, "vehicle.route_added", json_i64(b, "school_id", 0), *id, record);
}

static enum hx_err route_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_BUS_ROUTE_LIST, "iii", call_query_i64(c, "school", 0), call_sees_all(c), c->who.id));
}

static enum hx_err route_post(struct call *c)
{
    int64_t id;
    size_t i;
    const json_t *p;
    json_array_foreach(json_object_get(c->body, "path"), i, p)
    {
        double lon = json_number_value(json_array_get(p, 0)), lat = json_number_value(json_array_get(p, 1));
        if (json_array_size(p) != 2 || lon < -180 || lon > 180 || lat < -90 || lat > 90 || (lon == 0 && lat == 0)) return call_fail(c, HX_E_INVALID, "path[%zu]: want [longitude, latitude]", i);
    }
    enum hx_err e = call_check_school(c, PERM_VEHICLE_WRITE, json_i64(c->body, "school_id", 0));
    if (!e) e = bus_route_make(c->tx, c->body, &id);
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_BUS_ROUTE_GET, id);
}

/* Name, stops, roads and limits; its path stays: another way is another route. */
static enum hx_err route_patch(struct call *c)
{
    const json_t *b = c->body;
    int64_t id = call_id(c, 0);
    json_t *record = NULL;
    char *roads = NULL, *stops = json_has(b, "stops") ? json_text(json_object_get(b, "stops")) : NULL;
    enum hx_err e = call_read(c, SQL_BUS_ROUTE_GET, PERM_VEHICLE_WRITE, &record);
    int64_t corridor = json_i64(b, "corridor_m", json_i64(record, "corridor_m", 100)), limit = json_i64(b, "limit_kmh", json_i64(record, "limit_kmh", 60));
    if (!e) e = call_check_version(c, record);
    if (!e && json_has(b, "roads")) e = read_roads(c->tx, b, &roads);
    if (!e) e = db_exec(c->db, SQL_BUS_ROUTE_SET, "zzziiii", json_z(b, "name", NULL), stops, roads, corridor, limit, (int64_t)json_flag(b, "ended", false), id);
    if (!e) e = journal_tell(c->tx, SQL_BUS_ROUTE_GET, id, "vehicle.route_changed");
    free(roads);
    free(stops);
    return e ? e : call_reply_one(c, SQL_BUS_ROUTE_GET, id);
}

/* ---- trips ---- */

/* Writes the event with the route's shape under "change", for the watch; and the record. */
static enum hx_err tell_trip(struct tx *tx, int64_t id, const char *type)
{
    json_t *record = NULL, *route = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_TRIP_GET, &record, "i", id);
    if (!e) e = db_one_json(tx->db, SQL_BUS_ROUTE_GET, &route, "i", json_i64(record, "route_id", 0));
    if (e) return json_decref(record), e;
    json_object_set_new(record, "change", json_pack("{s:O,s:O,s:O,s:I,s:I}", "roads", json_object_get(route, "roads"), "path", json_object_get(route, "path"), "stops", json_object_get(route, "stops"), "corridor_m",
                                                    (json_int_t)json_i64(route, "corridor_m", 100), "limit_kmh", (json_int_t)json_i64(route, "limit_kmh", 60)));
    json_decref(route);
    return journal_add(tx, type, json_i64(record, "school_id", 0), id, record);
}

enum hx_err trip_make(struct tx *tx, const json_t *b, int64_t *id)
{
    json_t *vehicle = NULL;
    int64_t due;
    if (!clock_parse(str_of(json_z(b, "due_at", "")), &due)) return tx_fail(tx, HX_E_INVALID, "due_at: want RFC 3339");
    enum hx_err e = db_one_json(tx->db, SQL_VEHICLE_GET, &vehicle, "i", json_i64(b, "vehicle_id", 0));
    int64_t school = json_i64(vehicle, "school_id", 0), capacity = json_i64(vehicle, "capacity", 0);
    json_decref(vehicle);
    if (e) return e;
    if (json_i64(b, "roster", 0) > capacity) return tx_fail(tx, HX_E_INVALID, "roster: this vehicle is approved for %lld pupils", (long long)capacity);
    *id = journal_next(tx);
    e = db_exec(tx->db, SQL_TRIP_ADD, "iiiiIzii", *id, json_i64(b, "vehicle_id", 0), json_i64(b, "route_id", 0), school, json_i64(b, "attendant_id", 0), json_z(b, "direction", "to_school"), json_i64(b, "roster", 0), due);
    return e ? e : tell_trip(tx, *id, "trip.planned");
}

enum hx_err trip_load(struct tx *tx, const struct trip_past *t)
{
    int64_t aboard = t->started_at != 0 ? t->aboard : 0;
    return db_exec(tx->db, SQL_TRIP_LOAD, "iiiiziizIIiiI", t->id, t->vehicle_id, t->route_id, t->school_id, t->home ? "home" : "to_school", (int64_t)t->roster, t->due_at, t->started_at != 0 ? "ended" : "planned", t->started_at, t->ended_at, aboard, aboard, t->checked_at);
}

static enum hx_err trip_list(struct call *c)
{
    int64_t now = clock_utc_ms();
    return call_list(c, db_all_json(c->db, SQL_TRIP_LIST, "iiiii", now - 12 * 3600000LL, now + CLOCK_DAY_MS, (int64_t)0, call_sees_all(c), c->who.id));
}

static enum hx_err trip_mine(struct call *c)
{
    int64_t now = clock_utc_ms();
    return call_list(c, db_all_json(c->db, SQL_TRIP_LIST, "iiiii", now - 12 * 3600000LL, now + CLOCK_DAY_MS, c->who.id, (int64_t)0, c->who.id));
}

static enum hx_err trip_post(struct call *c)
{
    int64_t id;
    json_t *vehicle = NULL;
    enum hx_err e = db_one_json(c->db, SQL_VEHICLE_GET, &vehicle, "i", json_i64(c->body, "vehicle_id", 0));
    if (!e) e = call_check_school(c, PERM_VEHICLE_WRITE, json_i64(vehicle, "school_id", 0));
    json_decref(vehicle);
    if (!e) e = trip_make(c->tx, c->body, &id);
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_TRIP_GET, id);
}

struct trip_head {
    int64_t id, school, attendant, boarded, alighted, roster, checked;
    char state[16], plate[24];
};

/* The attendant of the trip, or who may change vehicles. */
static enum hx_err read_trip(struct call *c, const char *needs, struct trip_head *h)
{
    json_t *j = NULL;
    enum hx_err e = db_one_json(c->db, SQL_TRIP_GET, &j, "i", call_id(c, 0));
    if (e) return e;
    *h = (struct trip_head){.id = json_i64(j, "id", 0), .school = json_i64(j, "school_id", 0), .attendant = json_i64(j, "attendant_id", 0), .boarded = json_i64(j, "boarded", 0),
                            .alighted = json_i64(j, "alighted", 0), .roster = json_i64(j, "roster", 0), .checked = json_has(j, "checked_at")};
    snprintf(h->state, sizeof h->state, "%s", json_z(j, "state", ""));
    snprintf(h->plate, sizeof h->plate, "%s", json_z(j, "plate", ""));
    json_decref(j);
    if (h->attendant != c->who.id && call_check_school(c, PERM_VEHICLE_WRITE, h->school)) return call_fail(c, HX_E_FORBIDDEN, "this trip has another attendant");
    return strcmp(h->state, needs) == 0 ? HX_OK : call_fail(c, HX_E_ILLEGAL, "not possible while the trip is %s", call_word(c, h->state));
}

/* Writes this moment into a trip, and tells. */
static enum hx_err mark_trip(struct tx *tx, int64_t id, enum sql_id how, const char *type)
{
    enum hx_err e = db_exec(tx->db, how, "ii", tx->now_ms, id);
    return e ? e : tell_trip(tx, id, type);
}

static enum hx_err trip_start(struct call *c)
{
    struct trip_head h;
    enum hx_err e = read_trip(c, "planned", &h);
    if (!e) e = mark_trip(c->tx, h.id, SQL_TRIP_START, "trip.started");
    return e ? e : call_reply_one(c, SQL_TRIP_GET, h.id);
}

static enum hx_err trip_count(struct call *c)
{
    struct trip_head h;
    int64_t on = json_i64(c->body, "boarded", 0), off = json_i64(c->body, "alighted", 0);
    enum hx_err e = read_trip(c, "running", &h);
    if (!e && h.alighted + off > h.boarded + on) return call_fail(c, HX_E_INVALID, "alighted: more left than came in (%lld aboard)", (long long)(h.boarded + on - h.alighted));
    if (!e && h.boarded + on < 0) return call_fail(c, HX_E_INVALID, "boarded: fewer than none");
    if (!e) e = db_exec(c->db, SQL_TRIP_COUNT, "iii", on, off, h.id);
    if (!e) e = tell_trip(c->tx, h.id, "trip.counted");
    return e ? e : call_reply_one(c, SQL_TRIP_GET, h.id);
}

enum hx_err trip_cancel(struct tx *tx, int64_t id)
{
    enum hx_err e = db_exec(tx->db, SQL_TRIP_CANCEL, "i", id);
    return e ? e : tell_trip(tx, id, "trip.cancelled");
}

enum hx_err trip_button(struct tx *tx, int64_t vehicle_id, int event)
{
    int64_t trip;
    enum hx_err e = db_one_i64(tx->db, SQL_TRIP_OF_BUTTON, &trip, "ii", vehicle_id, (int64_t)event);
    return e == HX_E_NOT_FOUND ? HX_OK : e ? e : mark_trip(tx, trip, SQL_TRIP_CHECK, "trip.checked");
}

static enum hx_err trip_cancel_post(struct call *c)
{
    struct trip_head h;
    enum hx_err e = read_trip(c, "planned", &h);
    if (!e) e = call_check_school(c, PERM_VEHICLE_WRITE, h.school);
    if (!e) e = trip_cancel(c->tx, h.id);
    return e ? e : call_reply_one(c, SQL_TRIP_GET, h.id);
}

/* The attendant saw every belt fastened and the door shut; whoever comes in later makes it open again. */
static enum hx_err trip_belts(struct call *c)
{
    struct trip_head h;
    enum hx_err e = read_trip(c, "running", &h);
    if (!e) e = mark_trip(c->tx, h.id, SQL_TRIP_BELTS, "trip.belted");
    return e ? e : call_reply_one(c, SQL_TRIP_GET, h.id);
}

static enum hx_err trip_check(struct call *c)
{
    struct trip_head h;
    enum hx_err e = read_trip(c, "running", &h);
    if (!e && h.boarded != h.alighted) return call_fail(c, HX_E_ILLEGAL, "%lld pupils are still aboard by the count: look for them, then correct the count", (long long)(h.boarded - h.alighted));
    if (!e) e = mark_trip(c->tx, h.id, SQL_TRIP_CHECK, "trip.checked");
    return e ? e : call_reply_one(c, SQL_TRIP_GET, h.id);
}

static enum hx_err trip_end(struct call *c)
{
    struct trip_head h;
    enum hx_err e = read_trip(c, "running", &h);
    if (!e && (h.boarded != h.alighted || !h.checked)) return call_fail(c, HX_E_ILLEGAL, h.boarded != h.alighted ? "the counts differ: %lld boarded, %lld left" : "walk to the rear and confirm that every seat is empty first", (long long)h.boarded, (long long)h.alighted);
    if (!e) e = db_exec(c->db, SQL_TRIP_END, "zii", "ended", c->tx->now_ms, h.id);
    if (!e) e = tell_trip(c->tx, h.id, "trip.ended");
    return e ? e : call_reply_one(c, SQL_TRIP_GET, h.id);
}

static enum hx_err trip_arrivals(struct call *c)
{
    json_t *trip = NULL;
    enum hx_err e = db_one_json(c->db, SQL_TRIP_GET, &trip, "i", call_id(c, 0));
    if (!e && json_i64(trip, "attendant_id", 0) != c->who.id) e = call_check_school(c, PERM_VEHICLE_READ, json_i64(trip, "school_id", 0));
    json_t *items = e ? NULL : fleet_arrivals(json_i64(trip, "vehicle_id", 0));
    json_decref(trip);
    return e ? e : call_list(c, items != NULL ? items : json_array());
}

static enum hx_err vehicle_start(struct hx_app *app)
{
    data_dir = app->data_dir;
    return fleet_start(app);
}

static const struct hx_route vehicle_routes[] = {
    {HX_GET, "/v1/vehicles", "vehicleList", PERM_VEHICLE_READ, vehicle_list, NULL},
    {HX_POST, "/v1/vehicles", "vehicleAdd", PERM_VEHICLE_WRITE, vehicle_post, NULL},
    {HX_PATCH, "/v1/vehicles/{id}", "vehicleChange", PERM_VEHICLE_WRITE, vehicle_patch, NULL},
    {HX_GET, "/v1/vehicles/{id}/track", "vehicleTrack", PERM_VEHICLE_READ, vehicle_track, NULL},
    {HX_GET, "/v1/positions", "positionList", PERM_VEHICLE_READ, position_list, NULL},
    {HX_GET, "/v1/vehicle-alarms", "vehicleAlarmList", PERM_VEHICLE_READ, alarm_list, NULL},
    {HX_GET, "/v1/bus-routes", "busRouteList", PERM_VEHICLE_READ, route_list, NULL},
    {HX_POST, "/v1/bus-routes", "busRouteAdd", PERM_VEHICLE_WRITE, route_post, NULL},
    {HX_PATCH, "/v1/bus-routes/{id}", "busRouteChange", PERM_VEHICLE_WRITE, route_patch, NULL},
    {HX_GET, "/v1/trips", "tripList", PERM_VEHICLE_READ, trip_list, NULL},
    {HX_POST, "/v1/trips", "tripAdd", PERM_VEHICLE_WRITE, trip_post, NULL},
    {HX_GET, "/v1/trips/mine", "tripMine", PERM_DUTY_REPORT, trip_mine, NULL},
    {HX_POST, "/v1/trips/{id}/start", "tripStart", PERM_DUTY_REPORT, trip_start, NULL},
    {HX_POST, "/v1/trips/{id}/count", "tripCount", PERM_DUTY_REPORT, trip_count, NULL},
    {HX_POST, "/v1/trips/{id}/cancel", "tripCancel", PERM_VEHICLE_WRITE, trip_cancel_post, NULL},
    {HX_POST, "/v1/trips/{id}/belts", "tripBelts", PERM_DUTY_REPORT, trip_belts, NULL},
    {HX_POST, "/v1/trips/{id}/check", "tripCheck", PERM_DUTY_REPORT, trip_check, NULL},
    {HX_POST, "/v1/trips/{id}/end", "tripEnd", PERM_DUTY_REPORT, trip_end, NULL},
    {HX_GET, "/v1/trips/{id}/arrivals", "tripArrivals", PERM_DUTY_REPORT, trip_arrivals, NULL},
};
const struct hx_module vehicle_module = {.name = "vehicle", .routes = vehicle_routes, .route_count = HX_COUNT(vehicle_routes), .start = vehicle_start};
