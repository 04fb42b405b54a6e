/* A vehicle's timetable: its trips are planned at the begin of each day, by the school's calendar. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "domain/post/post.h"
#include "domain/vehicle/vehicle.h"

#define TIMES_A_PASS 50 /* an alarm may wait behind them */
#define CLOCK_EVERY_MS 5000

struct due {
    int64_t id, vehicle, route, attendant, roster, at_min, days, school;
    bool on_days_off;
    char direction[12], county[8];
};

static enum hx_err plan(struct tx *tx, const struct due *d, int64_t due_at)
{
    char at[CLOCK_TEXT_MAX];
    int64_t there = 0, id;
    enum hx_err e = db_one_i64(tx->db, SQL_TRIP_AT, &there, "ii", d->vehicle, due_at);
    if (e || there > 0) return e;
    json_t *b = json_pack("{s:I,s:I,s:s,s:I,s:s}", "vehicle_id", (json_int_t)d->vehicle, "route_id", (json_int_t)d->route, "direction", d->direction, "roster", (json_int_t)d->roster, "due_at", clock_format(due_at, at));
    if (d->attendant != 0) json_object_set_new(b, "attendant_id", json_integer((json_int_t)d->attendant));
    e = trip_make(tx, b, &id);
    json_decref(b);
    if (e != HX_E_INVALID) return e;
    log_error("vehicle.time", "time=%lld detail=\"%s\"", (long long)d->id, tx->detail); /* such as a roster above a capacity that was lowered since */
    tx->detail[0] = 0;
    return HX_OK;
}

/* Today's trips, once. */
static enum hx_err plan_day(struct tx *tx, void *arg)
{
    (void)arg;
    static struct due all[TIMES_A_PASS]; /* the writer's thread alone is here */
    char today[CLOCK_DATE_MAX];
    size_t n = 0;
    int64_t midnight;
    HX_ASSERT(clock_local_begin(clock_local_date(tx->now_ms, today), &midnight));
    struct rows r = db_query(tx->db, SQL_BUS_TIME_DUE, "z", today);
    for (; n < TIMES_A_PASS && rows_next(&r); n++) {
        all[n] = (struct due){.id = rows_i64(&r, 0), .vehicle = rows_i64(&r, 1), .route = rows_i64(&r, 2), .attendant = rows_i64(&r, 3), .roster = rows_i64(&r, 5), .at_min = rows_i64(&r, 6), .days = rows_i64(&r, 7),
                              .on_days_off = rows_i64(&r, 8) != 0, .school = rows_i64(&r, 9)};
        str_to_z(rows_str(&r, 4), all[n].direction, sizeof all[n].direction);
        str_to_z(rows_str(&r, 10), all[n].county, sizeof all[n].county);
    }
    enum hx_err e = r.err;
    rows_end(&r);
    for (size_t i = 0; !e && i < n; i++) {
        const struct due *d = &all[i];
        int64_t due_at = midnight + d->at_min * 60000;
        bool comes = false;
        e = peak_comes(tx->db, d->county, d->school, today, d->days, d->on_days_off, &comes);
        if (!e && comes && due_at > tx->now_ms) e = plan(tx, d, due_at);
        if (!e) e = db_exec(tx->db, SQL_BUS_TIME_PLANNED, "zi", today, d->id);
    }
    return e;
}

static enum hx_err read_vehicle(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = call_read(c, SQL_VEHICLE_GET, c->route->perm, &record);
    json_decref(record);
    return e;
}

static enum hx_err reply_times(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_BUS_TIME_LIST, "i", call_id(c, 0)));
}

static enum hx_err time_list(struct call *c)
{
    enum hx_err e = read_vehicle(c);
    return e ? e : reply_times(c);
}

static enum hx_err time_post(struct call *c)
{
    const json_t *b = c->body;
    json_t *vehicle = NULL, *route = NULL;
    int64_t id = journal_next(c->tx);
    enum hx_err e = call_read(c, SQL_VEHICLE_GET, PERM_VEHICLE_WRITE, &vehicle);
    if (!e) e = db_one_json(c->db, SQL_BUS_ROUTE_GET, &route, "i", json_i64(b, "route_id", 0));
    int64_t school = json_i64(vehicle, "school_id", 0), capacity = json_i64(vehicle, "capacity", 0);
    if (e == HX_E_NOT_FOUND && vehicle != NULL) e = call_fail(c, HX_E_INVALID, "route_id: there is no such route");
    if (!e && (json_i64(route, "school_id", 0) != school || json_flag(route, "ended", false))) e = call_fail(c, HX_E_INVALID, "route_id: there is no such route");
    if (!e && json_i64(b, "roster", 0) > capacity) e = call_fail(c, HX_E_INVALID, "roster: this vehicle is approved for %lld pupils", (long long)capacity);
    json_decref(vehicle);
    json_decref(route);
    if (!e) e = db_exec(c->db, SQL_BUS_TIME_ADD, "iiiIziiii", id, call_id(c, 0), json_i64(b, "route_id", 0), json_i64(b, "attendant_id", 0), json_z(b, "direction", ""), json_i64(b, "roster", 0), json_i64(b, "at_min", 0),
                        json_i64(b, "days", 31), (int64_t)json_flag(b, "on_days_off", false));
    if (!e) e = journal_tell(c->tx, SQL_BUS_TIME_GET, id, "vehicle.time_added");
    if (!e) e = plan_day(c->tx, NULL);
    c->status = 201;
    return e ? e : reply_times(c);
}

static enum hx_err time_end(struct call *c)
{
    json_t *record = NULL;
    char today[CLOCK_DATE_MAX];
    int64_t id = call_id(c, 1), midnight, trip;
    enum hx_err e = read_vehicle(c);
    if (!e) e = db_one_json(c->db, SQL_BUS_TIME_GET, &record, "i", id);
    if (!e && json_i64(record, "vehicle_id", 0) != call_id(c, 0)) e = HX_E_NOT_FOUND;
    HX_ASSERT(clock_local_begin(clock_local_date(c->tx->now_ms, today), &midnight));
    if (!e) e = db_exec(c->db, SQL_BUS_TIME_END, "i", id);
    if (!e && db_one_i64(c->db, SQL_TRIP_PLANNED_AT, &trip, "ii", call_id(c, 0), midnight + json_i64(record, "at_min", 0) * 60000) == HX_OK) e = trip_cancel(c->tx, trip);
    json_decref(record);
    if (!e) e = journal_tell(c->tx, SQL_BUS_TIME_GET, id, "vehicle.time_ended");
    return e ? e : reply_times(c);
}

static enum hx_err attendant_list(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = call_read(c, SQL_VEHICLE_GET, PERM_VEHICLE_WRITE, &record);
    int64_t school = json_i64(record, "school_id", 0);
    json_decref(record);
    return e ? e : call_list(c, db_all_json(c->db, SQL_BUS_ATTENDANTS, "i", school));
}

static void on_clock(void *arg)
{
    struct hx_app *app = arg;
    if (app->writer != NULL && writer_submit(app->writer, LANE_BULK, plan_day, NULL, NULL) != HX_OK) log_debug("vehicle.busy", "job=times");
}

static enum hx_err start(struct hx_app *app)
{
    loop_every(app->loop, CLOCK_EVERY_MS, on_clock, app);
    return HX_OK;
}

static const struct hx_route bus_time_routes[] = {
    {HX_GET, "/v1/vehicles/{id}/times", "busTimeList", PERM_VEHICLE_READ, time_list, NULL},
    {HX_POST, "/v1/vehicles/{id}/times", "busTimeAdd", PERM_VEHICLE_WRITE, time_post, NULL},
    {HX_DELETE, "/v1/vehicles/{id}/times/{time}", "busTimeEnd", PERM_VEHICLE_WRITE, time_end, NULL},
    {HX_GET, "/v1/vehicles/{id}/attendants", "busAttendants", PERM_VEHICLE_WRITE, attendant_list, NULL},
};
const struct hx_module bus_time_module = {.name = "bus_time", .routes = bus_time_routes, .route_count = HX_COUNT(bus_time_routes), .start = start};
