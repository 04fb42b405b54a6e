/* The rules of a vehicle, evaluated for every live point and every five seconds. Pure: state and points in, findings out. */
#ifndef HX_VEHICLE_WATCH_H
#define HX_VEHICLE_WATCH_H

#include "store/track.h"

#define VEHICLE_RULE_MAP(X)                                                     \
    X(OVERSPEED, "overspeed") X(OFF_ROUTE, "off_route") X(STOPPED, "stopped")   \
    X(DOOR_OPEN, "door_open") X(OVERLOAD, "overload") X(CHILD_LEFT, "child_left") \
    X(NO_CHECK, "no_check") X(SILENT, "silent") X(OFF_HOURS, "off_hours") X(EMERGENCY, "emergency") \
    X(BELTS, "belts") X(DRIVER, "driver") X(FATIGUE, "fatigue") X(ROSTER, "roster")

enum vehicle_rule {
#define X(id, name) VEHICLE_##id,
    VEHICLE_RULE_MAP(X)
#undef X
    VEHICLE_RULE_COUNT
};
const char *vehicle_rule_name(enum vehicle_rule r);

struct vehicle_spot {
    double lon, lat;
};

/* From this point of the path on the vehicle may go so fast. */
struct vehicle_road {
    int from, limit_kmh;
};

/* What is known of a vehicle between two points. */
struct vehicle_state {
    int capacity, aboard;
    int boarded, alighted, roster;       /* of the trip */
    bool belted;                         /* the attendant saw every belt fastened since the last one came in */
    bool card_reader, driver_in;         /* the terminal reads drivers' cards; one is in */
    struct vehicle_road *roads;          /* of the trip's route, in order */
    int road_count;
    bool running;                        /* on a trip */
    bool checked;                        /* the left-behind check of this trip is done */
    struct vehicle_spot *path, *stops;   /* of the trip's route */
    int path_count, stop_count, corridor_m, limit_kmh;
    int64_t last_s;                      /* time of the last live point; 0: none */
    int64_t received_s;
    double lon, lat, kmh;
    bool acc, positioned;
    int fast, slow;                      /* points in a row above and below the limit */
    int64_t off_since_s, stopped_since_s, acc_off_since_s, unbelted_since_s, driverless_since_s;
    bool active[VEHICLE_RULE_COUNT];     /* found and not over */
};

struct vehicle_finding {
    enum vehicle_rule rule;
    bool over;     /* its cause has gone */
    double value;  /* km/h, metres, seconds or heads */
};

#define FINDINGS_MAX VEHICLE_RULE_COUNT
/* A live point. Returns how many findings it made. */
int vehicle_point(struct vehicle_state *v, const struct track_point *p, struct vehicle_finding out[FINDINGS_MAX]);
/* The passing of time. */
int vehicle_tick(struct vehicle_state *v, int64_t now_s, struct vehicle_finding out[FINDINGS_MAX]);
/* Heads counted, a check done, belts seen, a driver's card, a trip begun or ended. */
int vehicle_counted(struct vehicle_state *v, struct vehicle_finding out[FINDINGS_MAX]);
/* Metres from a point to the nearest part of a path; 0 for a path of fewer than two points. */
double vehicle_off_path_m(const struct vehicle_spot *path, int count, double lon, double lat);

#endif
