/* The vehicles in memory: their terminals for the listener, their watched state, and the way of a finding into the store. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/geo.h"
#include "base/log.h"
#include "domain/incident/incident.h"
#include "domain/vehicle/vehicle.h"

#define TICK_MS 5000
#define LIVE_S 120          /* a point older than this when it came tells of the past, not of now */
#define TOWN_KMH 22         /* what a bus makes between stops, for the arrival estimate */

struct fleet_vehicle {
    struct terminal terminal;
    struct vehicle_state state;
    int64_t trip_id;
    char plate[24];
};

static struct terminals terminals;
static struct hx_app *the_app;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the states: readers of the API look at them too */

struct terminals *vehicle_terminals(void)
{
    return &terminals;
}

static struct fleet_vehicle *vehicle_of(int64_t id)
{
    size_t at = 0;
    for (struct map_entry *e; (e = map_next(&terminals.by_number, &at)) != NULL;)
        if (((struct terminal *)e->value)->vehicle_id == id) return (struct fleet_vehicle *)e->value; /* the terminal is its first member */
    return NULL;
}

/* ---- findings into the store ---- */

struct found {
    struct vehicle_finding finding;
    int64_t vehicle_id, school_id, trip_id;
    double lon, lat;
    char plate[24];
};

/* What findings are called, the unit of their figure, and which ring at the desk and how loud; the rest (0) is the school's and the
 * operator's list. */
static const struct {
    int severity;
    const char *zh, *en, *unit;
} gravity[VEHICLE_RULE_COUNT] = {
    [VEHICLE_CHILD_LEFT] = {1, "校车熄火仍有学生", "Child left in a bus", ""},
    [VEHICLE_EMERGENCY] = {1, "校车紧急报警", "Bus emergency button", ""},
    [VEHICLE_OFF_ROUTE] = {3, "校车偏离路线", "Bus off its route", "m"},
    [VEHICLE_STOPPED] = {3, "校车载学生异常停车", "Bus stands with pupils aboard", "s"},
    [VEHICLE_FATIGUE] = {3, "校车驾驶员疲劳驾驶", "Bus driver is tired", ""},
    [VEHICLE_SILENT] = {3, "载学生校车失联", "Bus with pupils is silent", "s"},
    [VEHICLE_OVERLOAD] = {3, "校车超员", "Bus overloaded", ""},
    [VEHICLE_OVERSPEED] = {0, "校车超速", "Bus too fast", "km/h"},
    [VEHICLE_DOOR_OPEN] = {0, "校车开门行驶", "Bus moves with its door open", "km/h"},
    [VEHICLE_NO_CHECK] = {0, "校车熄火未清查车厢", "Bus not checked after the engine stopped", "s"},
    [VEHICLE_OFF_HOURS] = {0, "校车非时段行驶", "Bus moves off hours", "km/h"},
    [VEHICLE_BELTS] = {0, "校车行驶中未确认安全带", "Belts not confirmed on the way", ""},
    [VEHICLE_DRIVER] = {0, "校车行驶中无驾驶员刷卡", "No driver's card on the way", ""},
    [VEHICLE_ROSTER] = {0, "校车上车人数与应到不符", "Boarded pupils differ from those expected", ""},
};

/* The finding with its name and figure in words, as rules and messages say it. */
static enum hx_err tell_alarm(struct tx *tx, int64_t id, enum vehicle_rule rule, const char *type)
{
    json_t *record = NULL;
    char measure[32] = "";
    enum hx_err e = db_one_json(tx->db, SQL_VEHICLE_ALARM_GET, &record, "i", id);
    if (e) return e;
    if (gravity[rule].unit[0] != 0) snprintf(measure, sizeof measure, "%.0f %s", json_f64(record, "value", 0), gravity[rule].unit);
    json_put_z(record, "what", gravity[rule].zh);
    json_put_z(record, "what_en", gravity[rule].en);
    json_put_z(record, "measure", measure);
    return journal_add(tx, type, json_i64(record, "school_id", 0), id, record);
}

static enum hx_err ring(struct tx *tx, const struct found *f, int64_t alarm)
{
    char title[160], title_en[160];
    int64_t incident;
    snprintf(title, sizeof title, "%s · %s", gravity[f->finding.rule].zh, f->plate);
    snprintf(title_en, sizeof title_en, "%s · %s", gravity[f->finding.rule].en, f->plate);
    struct incident_new n = {.school_id = f->school_id, .title = title, .title_en = title_en, .class = "bus", .source = "vehicle", .caller = "", .caller_phone = "", .story = "", .severity = gravity[f->finding.rule].severity,
                             .lon = f->lon, .lat = f->lat};
    enum hx_err e = incident_open(tx, &n, &incident);
    return e ? e : db_exec(tx->db, SQL_VEHICLE_ALARM_INCIDENT, "ii", incident, alarm);
}

static enum hx_err keep_finding(struct tx *tx, void *arg)
{
    struct found *f = arg;
    int64_t open = 0, id = journal_next(tx);
    const char *kind = vehicle_rule_name(f->finding.rule);
    enum hx_err e = db_one_i64(tx->db, SQL_VEHICLE_ALARM_OPEN, &open, "iz", f->vehicle_id, kind);
    if (e == HX_E_NOT_FOUND) e = HX_OK, open = 0;
    if (e || (open != 0) != f->finding.over) return e; /* told already, also before a restart */
    if (f->finding.over) {
        e = db_exec(tx->db, SQL_VEHICLE_ALARM_CLOSE, "iiz", tx->now_ms, f->vehicle_id, kind);
        return e ? e : tell_alarm(tx, open, f->finding.rule, "vehicle.alarm_over");
    }
    e = db_exec(tx->db, SQL_VEHICLE_ALARM_ADD, "iiIzfffiI", id, f->vehicle_id, f->trip_id, kind, f->finding.value, f->lon, f->lat, tx->now_ms, (int64_t)0);
    if (!e) e = tell_alarm(tx, id, f->finding.rule, "vehicle.alarm");
    return !e && gravity[f->finding.rule].severity > 0 ? ring(tx, f, id) : e;
}

static void finding_kept(enum hx_err e, const char *detail, void *arg)
{
    if (e) log_error("vehicle.not_stored", "error=%s detail=\"%s\"", err_name(e), detail);
    free(arg);
}

static void keep_all(const struct fleet_vehicle *v, const struct vehicle_finding *findings, int n)
{
    for (int i = 0; i < n; i++) {
        struct found *f = malloc(sizeof *f);
        HX_ASSERT(f != NULL);
        *f = (struct found){.finding = findings[i], .vehicle_id = v->terminal.vehicle_id, .school_id = v->terminal.school_id, .trip_id = v->trip_id, .lon = v->state.lon, .lat = v->state.lat};
        snprintf(f->plate, sizeof f->plate, "%s", v->plate);
        bool urgent = gravity[findings[i].rule].severity == 1;
        if (the_app->writer == NULL || writer_submit(the_app->writer, urgent ? LANE_URGENT : LANE_NORMAL, keep_finding, finding_kept, f) != HX_OK) free(f);
    }
}

/* ---- points and time ---- */

static void on_points(const struct terminal *t, const struct track_point *points, size_t count, void *arg)
{
    (void)arg;
    struct fleet_vehicle *v = (struct fleet_vehicle *)terminal_find(&terminals, t->number); /* the terminal is its first member */
    struct vehicle_finding findings[FINDINGS_MAX];
    for (size_t i = 0; v != NULL && i < count; i++) {
        const struct track_point *p = &points[i];
        if (p->received_s > p->at_s + LIVE_S) continue;
        pthread_mutex_lock(&lock);
        int n = vehicle_point(&v->state, p, findings);
        pthread_mutex_unlock(&lock);
        keep_all(v, findings, n);
    }
}

struct told {
    struct terminal_told what;
    int64_t vehicle_id, school_id;
};

/* A card is the vehicle's driver; an event or what passed through stands in the vehicle's story, and the button at the rear is the check. */
static enum hx_err keep_told(struct tx *tx, void *arg)
{
    const struct told *t = arg;
    json_t *record = NULL;
    char hex[2 * TERMINAL_PASS_MAX + 1];
    if (t->what.kind == TERMINAL_CARD) {
        enum hx_err e = db_exec(tx->db, SQL_VEHICLE_DRIVER, "zi", t->what.in ? t->what.driver : "", t->vehicle_id);
        if (!e) e = db_one_json(tx->db, SQL_VEHICLE_GET, &record, "i", t->vehicle_id);
        return e ? e : journal_add(tx, "vehicle.driver", t->school_id, t->vehicle_id, record);
    }
    hex_encode_lower(t->what.data, t->what.n, hex);
    bool event = t->what.kind == TERMINAL_EVENT;
    enum hx_err e = journal_add(tx, "vehicle.told", t->school_id, t->vehicle_id, json_pack("{s:I,s:s,s:i,s:s}", "vehicle_id", (json_int_t)t->vehicle_id, "what", event ? "event" : "pass_up", "code", (int)t->what.code, "data", hex));
    return !e && event ? trip_button(tx, t->vehicle_id, t->what.code) : e;
}

static void told_stored(enum hx_err e, const char *detail, void *arg)
{
    struct told *t = arg;
    if (e) log_error("vehicle.not_stored", "error=%s detail=\"%s\"", err_name(e), detail);
    t->what.kept(e == HX_OK, t->what.arg);
    free(t);
}

static void on_card(const struct terminal *terminal, bool in)
{
    struct fleet_vehicle *v = (struct fleet_vehicle *)terminal_find(&terminals, terminal->number);
    struct vehicle_finding findings[FINDINGS_MAX];
    if (v == NULL) return;
    pthread_mutex_lock(&lock);
    v->state.card_reader = true;
    v->state.driver_in = in;
    int n = vehicle_counted(&v->state, findings);
    pthread_mutex_unlock(&lock);
    keep_all(v, findings, n);
}

static void on_told(const struct terminal *terminal, const struct terminal_told *what, void *arg)
{
    (void)arg;
    struct told *t = malloc(sizeof *t);
    HX_ASSERT(t != NULL);
    *t = (struct told){.what = *what, .vehicle_id = terminal->vehicle_id, .school_id = terminal->school_id};
    if (what->kind == TERMINAL_CARD) on_card(terminal, what->in);
    if (the_app->writer == NULL || writer_submit(the_app->writer, LANE_NORMAL, keep_told, told_stored, t) != HX_OK) {
        what->kept(false, what->arg);
        free(t);
    }
}

static void on_pictures(const struct terminal *t, int channels, void *arg)
{
    (void)arg;
    const struct fleet_vehicle *v = (const struct fleet_vehicle *)t;
    vehicle_pictured(t, v->plate, channels);
}

static void tick(void *arg)
{
    (void)arg;
    size_t at = 0;
    int64_t now_s = clock_utc_ms() / 1000;
    struct vehicle_finding findings[FINDINGS_MAX];
    for (struct map_entry *e; (e = map_next(&terminals.by_number, &at)) != NULL;) {
        struct fleet_vehicle *v = (struct fleet_vehicle *)e->value;
        pthread_mutex_lock(&lock);
        int n = vehicle_tick(&v->state, now_s, findings);
        pthread_mutex_unlock(&lock);
        keep_all(v, findings, n);
    }
}

/* ---- what the store says ---- */

static int spots_of(const char *json, struct vehicle_spot **out)
{
    json_t *j = json_loads(json, 0, NULL);
    int n = (int)json_array_size(j);
    *out = calloc((size_t)n + 1, sizeof **out);
    HX_ASSERT(*out != NULL);
    for (int i = 0; i < n; i++) {
        const json_t *p = json_array_get(j, (size_t)i);
        if (json_is_array(p)) (*out)[i] = (struct vehicle_spot){json_number_value(json_array_get(p, 0)), json_number_value(json_array_get(p, 1))};
        else (*out)[i] = (struct vehicle_spot){json_f64(p, "lon", 0), json_f64(p, "lat", 0)};
    }
    json_decref(j);
    return n;
}

static int roads_of(const char *json, struct vehicle_road **out)
{
    json_t *j = json_loads(json != NULL ? json : "[]", 0, NULL);
    int n = (int)json_array_size(j);
    *out = calloc((size_t)n + 1, sizeof **out);
    HX_ASSERT(*out != NULL);
    for (int i = 0; i < n; i++) (*out)[i] = (struct vehicle_road){(int)json_i64(json_array_get(j, (size_t)i), "from", 0), (int)json_i64(json_array_get(j, (size_t)i), "kmh", 60)};
    json_decref(j);
    return n;
}

void fleet_trip_set(const struct fleet_trip *t)
{
    struct fleet_vehicle *v = vehicle_of(t->vehicle_id);
    struct vehicle_finding findings[FINDINGS_MAX];
    if (v == NULL) return;
    pthread_mutex_lock(&lock);
    struct vehicle_state *s = &v->state;
    bool same = t->path != NULL && v->trip_id == t->trip_id;
    if (!same) {
        free(s->path);
        free(s->stops);
        free(s->roads);
        s->path = s->stops = NULL;
        s->roads = NULL;
        s->path_count = s->stop_count = s->road_count = 0;
        s->limit_kmh = 0;
    }
    if (t->path != NULL && !same) {
        s->path_count = spots_of(t->path, &s->path);
        s->stop_count = spots_of(t->stops, &s->stops);
        s->road_count = roads_of(t->roads, &s->roads);
        s->corridor_m = t->corridor_m;
        s->limit_kmh = t->limit_kmh;
    }
    s->running = t->path != NULL;
    s->boarded = t->boarded, s->alighted = t->alighted, s->roster = t->roster;
    s->aboard = t->path != NULL ? t->boarded - t->alighted : 0;
    s->belted = t->belted_at != 0;
    s->checked = t->checked_at != 0;
    int n = vehicle_counted(s, findings);
    pthread_mutex_unlock(&lock);
    v->trip_id = t->trip_id;
    keep_all(v, findings, n);
    if (t->path == NULL) v->trip_id = 0;
}

static void set_vehicle(int64_t id, int64_t school, const char *number, const char *code, int capacity, bool gcj02, const char *plate)
{
    struct fleet_vehicle *v = vehicle_of(id);
    if (v == NULL) {
        v = calloc(1, sizeof *v);
        HX_ASSERT(v != NULL);
        snprintf(v->terminal.number, sizeof v->terminal.number, "%s", number);
        map_put(&terminals.by_number, str_of(number), v);
    }
    v->terminal.vehicle_id = id;
    v->terminal.school_id = school;
    v->terminal.gcj02 = gcj02;
    if (code != NULL) snprintf(v->terminal.code, sizeof v->terminal.code, "%s", code);
    snprintf(v->plate, sizeof v->plate, "%s", plate);
    v->state.capacity = capacity;
}

static enum hx_err load(struct tx *tx, void *arg)
{
    (void)arg;
    struct rows r = db_query(tx->db, SQL_VEHICLE_ALL, "");
    while (rows_next(&r)) {
        set_vehicle(rows_i64(&r, 0), rows_i64(&r, 1), rows_z(&r, 2), rows_z(&r, 3), (int)rows_i64(&r, 4), strcmp(rows_z(&r, 5), "gcj02") == 0, rows_z(&r, 6));
        struct vehicle_state *s = &vehicle_of(rows_i64(&r, 0))->state;
        s->card_reader = rows_i64(&r, 7) != 0;
        s->driver_in = rows_i64(&r, 8) != 0;
    }
    enum hx_err e = r.err;
    rows_end(&r);
    struct rows t = db_query(tx->db, SQL_TRIP_RUNNING, "");
    while (rows_next(&t)) {
        struct fleet_trip trip = {.trip_id = rows_i64(&t, 0), .vehicle_id = rows_i64(&t, 1), .boarded = (int)rows_i64(&t, 2), .alighted = (int)rows_i64(&t, 3), .roster = (int)rows_i64(&t, 4), .checked_at = rows_i64(&t, 5),
                                  .belted_at = rows_i64(&t, 6), .path = rows_z(&t, 7), .stops = rows_z(&t, 8), .corridor_m = (int)rows_i64(&t, 9), .limit_kmh = (int)rows_i64(&t, 10), .roads = rows_z(&t, 11)};
        fleet_trip_set(&trip);
    }
    if (!e) e = t.err;
    rows_end(&t);
    return e;
}

/* The authentication code is in no event: it is fetched when a vehicle is new. */
struct code_of {
    int64_t vehicle_id;
    char code[33];
};

static enum hx_err read_code(struct tx *tx, void *arg)
{
    struct code_of *c = arg;
    struct rows r = db_query(tx->db, SQL_VEHICLE_CODE, "i", c->vehicle_id);
    if (rows_next(&r)) str_to_z(rows_str(&r, 0), c->code, sizeof c->code);
    enum hx_err e = r.err;
    rows_end(&r);
    return e;
}

static void code_read(enum hx_err e, const char *detail, void *arg)
{
    struct code_of *c = arg;
    struct fleet_vehicle *v = vehicle_of(c->vehicle_id);
    if (e) log_error("vehicle.code", "error=%s detail=\"%s\"", err_name(e), detail);
    else if (v != NULL) snprintf(v->terminal.code, sizeof v->terminal.code, "%s", c->code);
    free(c);
}

static void fetch_code(int64_t vehicle_id)
{
    struct code_of *c = calloc(1, sizeof *c);
    HX_ASSERT(c != NULL);
    c->vehicle_id = vehicle_id;
    if (the_app->writer == NULL || writer_submit(the_app->writer, LANE_NORMAL, read_code, code_read, c) != HX_OK) free(c);
}

/* Committed changes of vehicles and trips reach the states here. */
/* The desk has seen the driver's alarm: the terminal is told, and takes its bit away. */
static void confirm_emergency(int64_t incident)
{
    char number[TERMINAL_MAX] = "";
    struct rows r = db_query(the_app->panels->db, SQL_VEHICLE_ALARM_TERMINAL, "i", incident);
    if (rows_next(&r)) str_to_z(rows_str(&r, 0), number, sizeof number);
    rows_end(&r);
    const struct terminal *t = number[0] != 0 ? terminal_find(&terminals, number) : NULL;
    if (t != NULL && terminals.confirm != NULL) terminals.confirm(t, TERMINAL_EMERGENCY);
}

static void heard(const struct event *event, void *arg)
{
    (void)arg;
    if (strcmp(event->type, "incident.acked") == 0 || strcmp(event->type, "incident.closed") == 0) confirm_emergency(event->subject_id);
    bool vehicle = strcmp(event->type, "vehicle.added") == 0 || strcmp(event->type, "vehicle.changed") == 0, trip = strncmp(event->type, "trip.", 5) == 0;
    json_t *j = NULL;
    char why[160];
    if ((!vehicle && !trip) || json_parse((struct str){event->data, event->data_bytes}, &j, why, sizeof why)) return;
    const json_t *hidden = json_object_get(j, "change");
    if (vehicle) {
        pthread_mutex_lock(&lock);
        set_vehicle(json_i64(j, "id", 0), json_i64(j, "school_id", 0), json_z(j, "terminal", ""), NULL, (int)json_i64(j, "capacity", 0), strcmp(json_z(j, "datum", ""), "gcj02") == 0, json_z(j, "plate", ""));
        pthread_mutex_unlock(&lock);
        if (strcmp(event->type, "vehicle.added") == 0) fetch_code(json_i64(j, "id", 0));
    }
    if (trip && json_has(hidden, "path")) {
        char *path = json_dumps(json_object_get(hidden, "path"), JSON_COMPACT), *stops = json_dumps(json_object_get(hidden, "stops"), JSON_COMPACT), *roads = json_has(hidden, "roads") ? json_dumps(json_object_get(hidden, "roads"), JSON_COMPACT) : NULL;
        struct fleet_trip t = {.trip_id = json_i64(j, "id", 0), .vehicle_id = json_i64(j, "vehicle_id", 0), .boarded = (int)json_i64(j, "boarded", 0), .alighted = (int)json_i64(j, "alighted", 0),
                               .roster = (int)json_i64(j, "roster", 0), .belted_at = json_has(j, "belted_at"), .roads = roads, .checked_at = json_has(j, "checked_at"), .path = strcmp(json_z(j, "state", ""), "running") == 0 ? path : NULL, .stops = stops,
                               .corridor_m = (int)json_i64(hidden, "corridor_m", 100), .limit_kmh = (int)json_i64(hidden, "limit_kmh", 60)};
        fleet_trip_set(&t);
        free(path);
        free(stops);
        free(roads);
    }
    json_decref(j);
}

enum hx_err fleet_start(struct hx_app *app)
{
    the_app = app;
    map_init(&terminals.by_number);
    terminals.heard = on_points;
    terminals.told = on_told;
    terminals.pictured = on_pictures;
    vehicle_video_start(app);
    journal_listen(app->journal, heard, NULL);
    loop_every(app->loop, TICK_MS, tick, NULL);
    return writer_call(app->writer, load, NULL, NULL, 0);
}

/* ---- for the API ---- */

json_t *fleet_positions(struct call *c, enum perm p)
{
    json_t *items = json_array();
    size_t at = 0;
    pthread_mutex_lock(&lock);
    for (struct map_entry *e; (e = map_next(&terminals.by_number, &at)) != NULL;) {
        const struct fleet_vehicle *v = (struct fleet_vehicle *)e->value;
        const struct vehicle_state *s = &v->state;
        if (!s->positioned) continue;
        json_t *j = json_pack("{s:I,s:s,s:I,s:f,s:f,s:f,s:b,s:b,s:i,s:I}", "vehicle_id", (json_int_t)v->terminal.vehicle_id, "plate", v->plate, "school_id", (json_int_t)v->terminal.school_id, "lon", s->lon, "lat", s->lat,
                              "kmh", s->kmh, "acc", s->acc, "running", s->running, "aboard", s->aboard, "trip_id", (json_int_t)v->trip_id);
        json_put_time(j, "at", s->last_s * 1000);
        json_t *alarms = json_array();
        for (int r = 0; r < VEHICLE_RULE_COUNT; r++)
            if (s->active[r]) json_array_append_new(alarms, json_string(vehicle_rule_name((enum vehicle_rule)r)));
        json_object_set_new(j, "alarms", alarms);
        json_array_append_new(items, j);
    }
    pthread_mutex_unlock(&lock);
    for (size_t i = json_array_size(items); i-- > 0;) /* the store is asked without the lock: the loop waits for that */
        if (call_check_school(c, p, json_i64(json_array_get(items, i), "school_id", 0)) != HX_OK) json_array_remove(items, i);
    return items;
}

/* How far along the path a point is. */
static double along(const struct vehicle_state *s, double lon, double lat)
{
    double best = 1e18, best_at = 0, at = 0, k = cos(lat * M_PI / 180) * GEO_DEGREE_M;
    for (int i = 0; i + 1 < s->path_count; i++) {
        double ax = s->path[i].lon * k, ay = s->path[i].lat * GEO_DEGREE_M, bx = s->path[i + 1].lon * k, by = s->path[i + 1].lat * GEO_DEGREE_M, px = lon * k, py = lat * GEO_DEGREE_M;
        double dx = bx - ax, dy = by - ay, length = hypot(dx, dy), t = length > 0 ? ((px - ax) * dx + (py - ay) * dy) / (length * length) : 0;
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        double d = hypot(ax + t * dx - px, ay + t * dy - py);
        if (d < best) best = d, best_at = at + t * length;
        at += length;
    }
    return best_at;
}

json_t *fleet_arrivals(int64_t vehicle_id)
{
    json_t *items = NULL;
    pthread_mutex_lock(&lock);
    const struct fleet_vehicle *v = vehicle_of(vehicle_id);
    if (v != NULL && v->state.positioned && v->state.running) {
        const struct vehicle_state *s = &v->state;
        double here = along(s, s->lon, s->lat);
        items = json_array();
        for (int i = 0; i < s->stop_count; i++) {
            double left = along(s, s->stops[i].lon, s->stops[i].lat) - here;
            json_array_append_new(items, left < -80 ? json_null() : json_integer((json_int_t)(left < 0 ? 0 : left / (TOWN_KMH / 3.6))));
        }
    }
    pthread_mutex_unlock(&lock);
    return items;
}
