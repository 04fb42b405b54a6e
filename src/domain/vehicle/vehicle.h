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
enum hx_err trip_make(struct tx *tx, const json_t *body, int64_t *id) HX_MUST_USE;

/* Keeps the path and stops of a running trip in the watched state (vehicle_fleet.c). */
struct fleet_trip {
    int64_t trip_id, vehicle_id, checked_at;
    int aboard, corridor_m, limit_kmh;
    const char *path, *stops; /* JSON */
};
/* Loop thread. A trip that is not running any more: path NULL. */
void fleet_trip_set(const struct fleet_trip *t);
/* One row a vehicle that was heard, for GET /v1/positions; any thread. `sees` decides by school. */
json_t *fleet_positions(bool (*sees)(int64_t school_id, void *arg), void *arg);
/* Seconds until the vehicle reaches each stop of its trip, by the way that is left; NULL while it is not known. */
json_t *fleet_arrivals(int64_t vehicle_id);
enum hx_err fleet_start(struct hx_app *app) HX_MUST_USE;

extern const struct hx_module vehicle_module;

#endif
