/* Student vehicles: their terminals, routes, trips, and what the rules find. */
#ifndef HX_VEHICLE_H
#define HX_VEHICLE_H

#include "api/api.h"
#include "domain/vehicle/vehicle_watch.h"
#include "signal/terminal.h"

/* The registry that the listener uses; loop thread. */
struct terminals *vehicle_terminals(void);

enum hx_err vehicle_make(struct tx *tx, const json_t *body, int64_t demo, int64_t *id) HX_MUST_USE;
enum hx_err bus_route_make(struct tx *tx, const json_t *body, int64_t *id) HX_MUST_USE;
/* What the law allows on a kind of road, km/h; 0: no such road. */
int bus_road_kmh(const char *road);
extern const struct hx_module bus_time_module;
/* The terminal told an event: that of the button at the rear is the check of a running trip in which nobody is aboard. */
enum hx_err trip_button(struct tx *tx, int64_t vehicle_id, int event) HX_MUST_USE;
/* A planned trip does not take place. */
enum hx_err trip_cancel(struct tx *tx, int64_t id) HX_MUST_USE;
enum hx_err trip_make(struct tx *tx, const json_t *body, int64_t *id) HX_MUST_USE;
/* A trip as another system kept it: planned where `started_at` is 0, else over. UTC ms. */
struct trip_past {
    int64_t id, vehicle_id, route_id, school_id;
    bool home;
    int roster, aboard;
    int64_t due_at, started_at, ended_at, checked_at;
};
enum hx_err trip_load(struct tx *tx, const struct trip_past *t) HX_MUST_USE;

/* Keeps the path and stops of a running trip in the watched state (vehicle_fleet.c). */
struct fleet_trip {
    int64_t trip_id, vehicle_id, checked_at, belted_at;
    int boarded, alighted, roster, corridor_m, limit_kmh;
    const char *path, *stops, *roads; /* JSON */
};
/* Loop thread. A trip that is not running any more: path NULL. */
void fleet_trip_set(const struct fleet_trip *t);
/* One row a vehicle that was heard, of the schools where the caller has the permission; any thread. */
json_t *fleet_positions(struct call *c, enum perm p);
/* Seconds until the vehicle reaches each stop of its trip, by the way that is left; NULL while it is not known. */
json_t *fleet_arrivals(int64_t vehicle_id);
/* vehicle_video.c: the terminal has said that it has so many cameras. Loop thread. */
void vehicle_pictured(const struct terminal *t, const char *plate, int channels);
void vehicle_video_start(struct hx_app *app);
enum hx_err fleet_start(struct hx_app *app) HX_MUST_USE;

extern const struct hx_module vehicle_module;

#endif
