#include "vehicle_watch.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/geo.h"
#include "signal/terminal.h"

#define FAST_POINTS 3
#define FAST_FACTOR 1.1
#define OFF_ROUTE_S 30
#define STOPPED_S 180
#define STOPPED_KMH 3
#define STOP_NEAR_M 80
#define MOVING_KMH 5
#define CHILD_LEFT_S 60
#define NO_CHECK_S 180
#define SILENT_S 120
#define NIGHT_BEFORE_MIN 330  /* 05:30 and 20:00 local */
#define NIGHT_AFTER_MIN 1200
#define OFF_HOURS_KMH 10
#define NO_TRIP_KMH 80        /* without a route: what no student vehicle may pass anywhere */
#define RIDING_S 60           /* so long on the way with pupils before belts or the driver's card are missed */

const char *vehicle_rule_name(enum vehicle_rule r)
{
    static const char *const names[] = {
#define X(id, name) name,
        VEHICLE_RULE_MAP(X)
#undef X
    };
    return names[r];
}

static double metres(double lon1, double lat1, double lon2, double lat2)
{
    double x = (lon2 - lon1) * GEO_DEGREE_M * cos(lat1 * M_PI / 180), y = (lat2 - lat1) * GEO_DEGREE_M;
    return sqrt(x * x + y * y);
}

/* Metres to the nearest part of a path; *segment gets its first point. */
static double nearest(const struct vehicle_spot *path, int count, double lon, double lat, int *segment)
{
    double best = count < 2 ? 0 : 1e9, k = cos(lat * M_PI / 180);
    *segment = 0;
    for (int i = 0; i + 1 < count; i++) {
        double ax = (path[i].lon - lon) * GEO_DEGREE_M * k, ay = (path[i].lat - lat) * GEO_DEGREE_M, bx = (path[i + 1].lon - lon) * GEO_DEGREE_M * k, by = (path[i + 1].lat - lat) * GEO_DEGREE_M;
        double dx = bx - ax, dy = by - ay, length = dx * dx + dy * dy, t = length > 0 ? -(ax * dx + ay * dy) / length : 0;
        if (t < 0) t = 0;
        if (t > 1) t = 1;
        double d = hypot(ax + t * dx, ay + t * dy);
        if (d < best) best = d, *segment = i;
    }
    return best;
}

double vehicle_off_path_m(const struct vehicle_spot *path, int count, double lon, double lat)
{
    int segment;
    return nearest(path, count, lon, lat, &segment);
}

static int limit_here(const struct vehicle_state *v)
{
    int segment, limit = v->limit_kmh;
    if (!v->running || v->path_count < 2) return NO_TRIP_KMH;
    nearest(v->path, v->path_count, v->lon, v->lat, &segment);
    for (int i = 0; i < v->road_count && v->roads[i].from <= segment; i++) limit = v->roads[i].limit_kmh;
    return limit;
}

static int say(struct vehicle_state *v, struct vehicle_finding *out, int n, enum vehicle_rule rule, bool holds, double value)
{
    if (holds == v->active[rule]) return n;
    v->active[rule] = holds;
    out[n] = (struct vehicle_finding){rule, !holds, value};
    return n + 1;
}

static bool near_stop(const struct vehicle_state *v)
{
    for (int i = 0; i < v->stop_count; i++)
        if (metres(v->lon, v->lat, v->stops[i].lon, v->stops[i].lat) <= STOP_NEAR_M) return true;
    return false;
}

static int judge_speed(struct vehicle_state *v, struct vehicle_finding *out, int n)
{
    bool fast = v->kmh > limit_here(v) * FAST_FACTOR;
    v->fast = fast ? v->fast + 1 : 0;
    v->slow = fast ? 0 : v->slow + 1;
    if (v->fast >= FAST_POINTS) return say(v, out, n, VEHICLE_OVERSPEED, true, v->kmh);
    return v->slow >= FAST_POINTS ? say(v, out, n, VEHICLE_OVERSPEED, false, v->kmh) : n;
}

static int judge_route(struct vehicle_state *v, struct vehicle_finding *out, int n)
{
    if (!v->running || v->path_count < 2) return v->off_since_s = 0, say(v, out, n, VEHICLE_OFF_ROUTE, false, 0);
    double off = vehicle_off_path_m(v->path, v->path_count, v->lon, v->lat);
    if (off <= v->corridor_m) return v->off_since_s = 0, off <= v->corridor_m * 0.8 ? say(v, out, n, VEHICLE_OFF_ROUTE, false, off) : n;
    if (v->off_since_s == 0) v->off_since_s = v->last_s;
    return v->last_s - v->off_since_s >= OFF_ROUTE_S ? say(v, out, n, VEHICLE_OFF_ROUTE, true, off) : n;
}

static int judge_stop(struct vehicle_state *v, struct vehicle_finding *out, int n)
{
    bool stands = v->running && v->aboard > 0 && v->kmh < STOPPED_KMH && !near_stop(v);
    if (!stands) return v->stopped_since_s = 0, say(v, out, n, VEHICLE_STOPPED, false, 0);
    if (v->stopped_since_s == 0) v->stopped_since_s = v->last_s;
    double s = (double)(v->last_s - v->stopped_since_s);
    return s > STOPPED_S ? say(v, out, n, VEHICLE_STOPPED, true, s) : n;
}

/* Something that pupils on the way must not be without; told after a minute, over when it is there, not when the bus stands at a light. */
static int judge_riding(struct vehicle_state *v, struct vehicle_finding *out, int n, enum vehicle_rule rule, bool missing, int64_t *since_s)
{
    if (!v->running || v->aboard <= 0 || !missing) return *since_s = 0, say(v, out, n, rule, false, 0);
    if (v->kmh <= MOVING_KMH) return *since_s = 0, n;
    if (*since_s == 0) *since_s = v->last_s;
    return v->last_s - *since_s >= RIDING_S ? say(v, out, n, rule, true, v->aboard) : n;
}

static int judge_crew(struct vehicle_state *v, struct vehicle_finding *out, int n)
{
    n = judge_riding(v, out, n, VEHICLE_BELTS, !v->belted, &v->unbelted_since_s);
    return judge_riding(v, out, n, VEHICLE_DRIVER, v->card_reader && !v->driver_in, &v->driverless_since_s);
}

int vehicle_point(struct vehicle_state *v, const struct track_point *p, struct vehicle_finding out[FINDINGS_MAX])
{
    int n = 0;
    if ((int64_t)p->at_s < v->last_s) return 0; /* came in the wrong order */
    bool positioned = (p->flags & TRACK_POSITIONED) && (p->lat_e6 != 0 || p->lon_e6 != 0) && abs(p->lat_e6) <= 90000000 && abs(p->lon_e6) <= 180000000;
    v->last_s = p->at_s;
    v->received_s = p->received_s;
    v->acc = p->flags & TRACK_ACC;
    v->kmh = p->speed_kmh10 / 10.0;
    v->acc_off_since_s = v->acc ? 0 : v->acc_off_since_s ? v->acc_off_since_s : v->last_s;
    n = say(v, out, n, VEHICLE_SILENT, false, 0);
    n = say(v, out, n, VEHICLE_EMERGENCY, (p->alarm & TERMINAL_EMERGENCY) != 0, 0);
    n = say(v, out, n, VEHICLE_FATIGUE, (p->alarm & (TERMINAL_FATIGUE | TERMINAL_TOO_LONG)) != 0, 0);
    n = judge_crew(v, out, n);
    n = say(v, out, n, VEHICLE_DOOR_OPEN, (p->flags & TRACK_DOOR_OPEN) && v->kmh > MOVING_KMH, v->kmh);
    if (v->acc) n = say(v, out, n, VEHICLE_CHILD_LEFT, false, 0), n = say(v, out, n, VEHICLE_NO_CHECK, false, 0);
    if (!positioned) return n;
    v->positioned = true;
    v->lon = p->lon_e6 / 1e6;
    v->lat = p->lat_e6 / 1e6;
    int minute = (int)((v->last_s + CLOCK_LOCAL_MS / 1000) % 86400 / 60);
    n = say(v, out, n, VEHICLE_OFF_HOURS, !v->running && v->kmh > OFF_HOURS_KMH && (minute < NIGHT_BEFORE_MIN || minute > NIGHT_AFTER_MIN), v->kmh);
    n = judge_speed(v, out, n);
    n = judge_route(v, out, n);
    return judge_stop(v, out, n);
}

int vehicle_tick(struct vehicle_state *v, int64_t now_s, struct vehicle_finding out[FINDINGS_MAX])
{
    int n = 0;
    int64_t off = v->acc_off_since_s != 0 ? now_s - v->acc_off_since_s : 0, silent = v->received_s != 0 ? now_s - v->received_s : 0;
    n = say(v, out, n, VEHICLE_CHILD_LEFT, v->acc_off_since_s != 0 && v->running && v->aboard > 0 && off >= CHILD_LEFT_S, v->aboard);
    n = say(v, out, n, VEHICLE_NO_CHECK, v->acc_off_since_s != 0 && v->running && v->aboard <= 0 && !v->checked && off >= NO_CHECK_S, (double)off);
    return v->running && v->aboard > 0 && silent >= SILENT_S ? say(v, out, n, VEHICLE_SILENT, true, (double)silent) : n;
}

int vehicle_counted(struct vehicle_state *v, struct vehicle_finding out[FINDINGS_MAX])
{
    int n = say(v, out, 0, VEHICLE_OVERLOAD, v->running && v->aboard > v->capacity, v->aboard);
    n = say(v, out, n, VEHICLE_ROSTER, v->running && v->alighted > 0 && v->boarded != v->roster, v->boarded - v->roster);
    if (!v->running || v->aboard <= 0 || v->belted) n = say(v, out, n, VEHICLE_BELTS, false, 0);
    if (!v->running || v->aboard <= 0 || v->driver_in) n = say(v, out, n, VEHICLE_DRIVER, false, 0);
    if (v->aboard <= 0 || !v->running) n = say(v, out, n, VEHICLE_CHILD_LEFT, false, 0), n = say(v, out, n, VEHICLE_SILENT, false, 0), n = say(v, out, n, VEHICLE_STOPPED, false, 0);
    if (v->checked || !v->running) n = say(v, out, n, VEHICLE_NO_CHECK, false, 0);
    if (!v->running) n = say(v, out, n, VEHICLE_OFF_ROUTE, false, 0);
    return n;
}
