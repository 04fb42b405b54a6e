/* A route's times: its rounds are planned at the begin of each day, by the school's calendar. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "domain/post/post.h"
#include "patrol.h"

#define ROUTES_A_PASS 100
#define DAY_MIN 1440

/* The rounds of this day, but those that are there already or over. */
static enum hx_err plan_day(struct tx *tx, int64_t route, const json_t *times, int64_t midnight)
{
    size_t i;
    const json_t *t;
    enum hx_err e = HX_OK;
    json_array_foreach(times, i, t)
    {
        int64_t begins = midnight + json_i64(t, "at", 0) * 60000, ends = begins + json_i64(t, "minutes", 30) * 60000, there = 0, id;
        if (e || ends <= tx->now_ms) continue;
        e = db_one_i64(tx->db, SQL_PATROL_AT, &there, "ii", route, begins);
        if (!e && there == 0) e = patrol_make(tx, route, 0, begins, ends, &id);
    }
    return e;
}

struct due {
    int64_t id, days, school_id;
    bool on_days_off;
    char county[8], *times;
};

enum hx_err patrol_plan_days(struct tx *tx)
{
    struct due all[ROUTES_A_PASS];
    char today[CLOCK_DATE_MAX], why[160];
    size_t n = 0;
    int64_t midnight;
    HX_ASSERT(clock_local_begin(clock_local_date(tx->now_ms, today), &midnight));
    struct rows r = db_query(tx->db, SQL_PATROL_ROUTE_DUE, "z", today);
    for (; n < ROUTES_A_PASS && rows_next(&r); n++) {
        all[n] = (struct due){.id = rows_i64(&r, 0), .days = rows_i64(&r, 1), .times = str_dup(rows_str(&r, 2)), .school_id = rows_i64(&r, 3), .on_days_off = rows_i64(&r, 5) != 0};
        str_to_z(rows_str(&r, 4), all[n].county, sizeof all[n].county);
    }
    enum hx_err e = r.err;
    rows_end(&r);
    for (size_t i = 0; i < n; i++) {
        json_t *times = NULL;
        bool walked = false;
        if (!e) e = peak_comes(tx->db, all[i].county, all[i].school_id, today, all[i].days, all[i].on_days_off, &walked);
        if (!e && walked && json_parse(str_of(all[i].times), &times, why, sizeof why) == HX_OK) e = plan_day(tx, all[i].id, times, midnight);
        if (!e) e = db_exec(tx->db, SQL_PATROL_ROUTE_PLANNED, "zi", today, all[i].id);
        json_decref(times);
        free(all[i].times);
    }
    return e;
}

/* Sets name, times and days; rounds of old times that have not begun are no more. */
enum hx_err patrol_route_patch(struct call *c)
{
    json_t *route = NULL, *times = json_object_get(c->body, "times");
    int64_t id = call_id(c, 0), end = 0;
    size_t i;
    const json_t *t;
    enum hx_err e = db_one_json(c->db, SQL_PATROL_ROUTE_GET, &route, "i", id);
    if (!e) e = call_check_school(c, PERM_PATROL_WRITE, json_i64(route, "school_id", 0));
    if (!e) e = call_check_version(c, route);
    else json_decref(route);
    json_array_foreach(times, i, t)
    {
        int64_t at = json_i64(t, "at", 0), until = at + json_i64(t, "minutes", 0);
        if (!e && (at < end || until > DAY_MIN)) e = call_fail(c, HX_E_INVALID, "times: want them in order, none over another, within the day");
        end = until;
    }
    char *text = times != NULL ? json_text(times) : NULL;
    if (!e) e = db_exec(c->db, SQL_PATROL_ROUTE_SET, "zziiiii", json_z(c->body, "name", NULL), text, json_i64(c->body, "days", -1), json_has(c->body, "on_days_off") ? (int64_t)json_flag(c->body, "on_days_off", false) : -1, (int64_t)json_flag(c->body, "ended", false),
                         json_has(c->body, "in_pairs") ? (int64_t)json_flag(c->body, "in_pairs", false) : -1, id);
    free(text);
    if (!e) e = db_exec(c->db, SQL_PATROL_FORGET, "ii", id, c->tx->now_ms);
    if (!e) e = patrol_plan_days(c->tx);
    if (!e) e = journal_tell(c->tx, SQL_PATROL_ROUTE_GET, id, "patrol.route_changed");
    return e ? e : call_reply_one(c, SQL_PATROL_ROUTE_GET, id);
}
