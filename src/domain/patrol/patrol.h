/* Group defence: teams, their rounds, and what they report. */
#ifndef HX_PATROL_H
#define HX_PATROL_H

#include "api/api.h"

enum hx_err team_make(struct tx *tx, int64_t school_id, const char *name, int64_t demo, int64_t *id) HX_MUST_USE;
struct member_new {
    int64_t team_id, person_id; /* 0: on paper only, cannot sign in */
    const char *name, *role, *phone, *trained, *from_date; /* local dates; trained "": not yet; phone "": none */
    int64_t demo;
};
/* CONFLICT: the person is in a team already. */
enum hx_err member_make(struct tx *tx, const struct member_new *m, int64_t *id) HX_MUST_USE;
enum hx_err patrol_route_make(struct tx *tx, const json_t *body, int64_t *id) HX_MUST_USE;
enum hx_err patrol_make(struct tx *tx, int64_t route_id, int64_t person_id, int64_t begins_at, int64_t ends_at, int64_t *id) HX_MUST_USE;
/* A round of the past, done with all its three points, for the demo. */
enum hx_err patrol_load(struct tx *tx, int64_t id, int64_t route_id, int64_t school_id, int64_t person_id, int64_t ends_at) HX_MUST_USE;
/* patrol_times.c: plans today's rounds of the routes with times, once; and a route's changes. */
enum hx_err patrol_plan_days(struct tx *tx) HX_MUST_USE;
enum hx_err patrol_route_patch(struct call *c);
/* patrol_check.c */
enum hx_err patrol_check_post(struct call *c);
enum hx_err patrol_doubtful(struct call *c);
enum hx_err patrol_verdict(struct call *c);
/* The school that the person's phone works for; NOT_FOUND: none. */
enum hx_err patrol_school_of(struct db *db, int64_t person, int64_t *school);
/* So many points make a round. */
bool patrol_enough(int64_t done, int64_t points);
/* Answers with the round and its checks. */
enum hx_err patrol_reply(struct call *c, int64_t id);
/* The clock's pass: rounds of the day, windows that ended. */
enum hx_err patrol_clock(struct tx *tx, void *arg) HX_MUST_USE;

extern const struct hx_module patrol_module;

#endif
