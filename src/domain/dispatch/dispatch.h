/* Units, who is nearest, and sending them. */
#ifndef HX_DISPATCH_H
#define HX_DISPATCH_H

#include "api/api.h"

#define PROPOSALS_MAX 12

struct proposal {
    int64_t unit_id, strips_school_id;
    char kind[16], name[64], call_sign[32], status[16], strips_school[64];
    double lon, lat;
    int travel_s, distance_m;
    bool lost; /* its crew has been silent: where it is is where it was */
};

/* Travel time behind an interface: now the straight line times a road factor over a speed by kind of unit. */
int dispatch_travel_s(const char *unit_kind, double distance_m);
/* The free units nearest to a point by travel time, best first; guards only at their own school. Returns how many. */
size_t dispatch_propose(struct db *db, int64_t incident_id, int64_t school_id, double lon, double lat, struct proposal out[PROPOSALS_MAX]);
/* Adds a unit; for import and the demo. */
enum hx_err unit_make(struct tx *tx, const json_t *body, int64_t demo, int64_t *id) HX_MUST_USE;

/* The assignment's moves, as a table: state × act → state. */
bool assignment_next(const char *from, const char *act, const char **to);

/* crew.c: a phone told where this person is: their unit, if they are with one, stands there. */
enum hx_err crew_moved(struct tx *tx, int64_t person, double lon, double lat, double accuracy_m) HX_MUST_USE;
/* Whether this person is with that unit now: its orders are theirs, at whatever school. */
bool crew_is_with(struct db *db, int64_t person, int64_t unit);

extern const struct hx_module dispatch_module;
extern const struct hx_module crew_module;
extern const struct hx_module site_module;

#endif
