#include "app/demo_fleet.h"

#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "domain/vehicle/vehicle.h"
#include "journal/journal.h"

#define BUSES_MAX 64
#define POINTS 13
#define STEP_DEG 0.0032   /* some 350 m */
#define DAYS_BACK 28
#define DAYS_AHEAD 7
#define RIDE_MIN 38
#define TO_SCHOOL_MIN (6 * 60 + 50) /* of the local day */
#define HOME_MIN (16 * 60 + 40)

struct bus {
    int64_t school;
    double lon, lat;
    int pupils;
};

static enum hx_err add_route(struct tx *tx, const struct bus *b, int nth, int64_t *id)
{
    static const char *const names[] = {"村口", "小学旧址", "卫生室", "桥头", "三岔路口", "集镇"};
    json_t *path = json_array(), *stops = json_array();
    double heading = nth * 2.3;
    for (int i = 0; i < POINTS; i++) { /* from the last village to the gate, as a valley winds */
        double r = STEP_DEG * (POINTS - 1 - i), bend = heading + 0.5 * sin(i * 0.9 + nth), lon = b->lon + r * cos(bend), lat = b->lat + r * 0.9 * sin(bend);
        json_array_append_new(path, json_pack("[f,f]", lon, lat));
        if (i % 2 == 0 && i + 1 < POINTS) json_array_append_new(stops, json_pack("{s:s,s:f,s:f,s:i}", "name", names[i / 2 % 6], "lon", lon, "lat", lat, "after_min", i * RIDE_MIN / POINTS));
    }
    json_array_append_new(stops, json_pack("{s:s,s:f,s:f,s:i}", "name", "校门", "lon", b->lon, "lat", b->lat, "after_min", RIDE_MIN));
    json_t *j = json_pack("{s:I,s:s,s:o,s:o}", "school_id", (json_int_t)b->school, "name", "校车 1 号线", "path", path, "stops", stops);
    enum hx_err e = bus_route_make(tx, j, id);
    json_decref(j);
    return e;
}

static enum hx_err add_trips(struct tx *tx, int64_t vehicle, int64_t route, int64_t school, int nth, int roster, int64_t *id)
{
    int64_t midnight = tx->now_ms - (tx->now_ms + CLOCK_LOCAL_MS) % CLOCK_DAY_MS;
    enum hx_err e = HX_OK;
    for (int day = -DAYS_BACK; !e && day < DAYS_AHEAD; day++) {
        if (clock_local_weekday(midnight + day * CLOCK_DAY_MS) > 4) continue;
        for (int home = 0; !e && home < 2; home++) {
            int dice = (nth * 31 + (day + DAYS_BACK) * 17 + home * 7) % 100;
            struct trip_past t = {.id = (*id)++, .vehicle_id = vehicle, .route_id = route, .school_id = school, .home = home, .roster = roster, .aboard = roster - dice % 3, .due_at = midnight + day * CLOCK_DAY_MS + (home ? HOME_MIN : TO_SCHOOL_MIN) * 60000LL};
            if (t.due_at + 2 * RIDE_MIN * 60000LL < tx->now_ms) {
                t.started_at = t.due_at + dice % 5 * 60000LL;
                t.ended_at = t.started_at + (RIDE_MIN + dice % 9) * 60000LL;
                t.checked_at = t.ended_at - (20 + dice) * 1000LL; /* no trip ends before somebody has looked */
            }
            e = trip_load(tx, &t);
        }
    }
    return e;
}

enum hx_err demo_fleet(struct tx *tx)
{
    struct bus all[BUSES_MAX];
    int64_t first = journal_next(tx) * 1000000, trip = first; /* no event each: they are numbered within a block of their own */
    int n = 0;
    struct rows r = db_query(tx->db, SQL_VEHICLE_DEMO_SCHOOLS, "");
    while (rows_next(&r) && n < BUSES_MAX) all[n++] = (struct bus){rows_i64(&r, 0), rows_f64(&r, 1), rows_f64(&r, 2), (int)rows_i64(&r, 3)};
    enum hx_err e = r.err;
    rows_end(&r);
    for (int i = 0; !e && i < n; i++) {
        char plate[24], terminal[24];
        int64_t vehicle = 0, route = 0;
        int capacity = i % 3 == 0 ? 36 : 45;
        snprintf(plate, sizeof plate, "贵E·Y%04d", 101 + i * 7);
        snprintf(terminal, sizeof terminal, "139078%05d", 101 + i);
        json_t *b = json_pack("{s:s,s:I,s:i,s:s}", "plate", plate, "school_id", (json_int_t)all[i].school, "capacity", capacity, "terminal", terminal);
        e = vehicle_make(tx, b, 1, &vehicle);
        json_decref(b);
        if (!e) e = add_route(tx, &all[i], i, &route);
        if (!e) e = add_trips(tx, vehicle, route, all[i].school, i, capacity - 4 - i % 6, &trip);
    }
    return e ? e : journal_add(tx, "demo.fleet_loaded", 0, 0, json_pack("{s:i,s:I,s:I}", "vehicles", n, "trips", (json_int_t)(trip - first), "first_id", (json_int_t)first));
}
