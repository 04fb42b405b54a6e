#include "warning_feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/geo.h"
#include "base/json.h"
#include "domain/dispatch/dispatch.h"

#define AHEAD_MS (65 * 60000LL)
#define BEHIND_MS (10 * 60000LL)
#define TOLD_MS 3600000LL            /* a past expectation is given so long before its time */
#define IN_USE_MS (14 * CLOCK_DAY_MS) /* a county that does not check in yet is not watched: its walls would be red all day */
#define UNREACHED_MS CLOCK_DAY_MS
#define DUTY_SOON_MS (2 * 3600000LL)
#define UNITS_MAX 4096
#define DRILLS_BACK_MS (400 * CLOCK_DAY_MS)
#define MORNING_MIN 420              /* 07:00: the daily looks */
#define EVENING_MIN 1110             /* 18:30: the day's rounds are over */

static void add(struct feed *f, const char *type, int64_t at, int64_t school, int64_t subject, char *data)
{
    if (f->count == f->room) {
        f->room = f->room ? 2 * f->room : 64;
        f->events = realloc(f->events, f->room * sizeof *f->events);
        HX_ASSERT(f->events != NULL);
    }
    f->events[f->count++] = (struct feed_event){at, school, subject, type, data};
}

void feed_free(struct feed *f)
{
    for (size_t i = 0; i < f->count; i++) free(f->events[i].data);
    free(f->events);
    *f = (struct feed){0};
}

/* Every row is an event. With due_column >= 0 its time is told TOLD_MS before that column. */
static enum hx_err add_rows(struct feed *f, const char *type, int64_t at, int due_column, struct rows r)
{
    while (rows_next(&r)) {
        json_t *j = rows_json(&r);
        char *text = json_text(j);
        add(f, type, due_column >= 0 ? rows_i64(&r, due_column) - TOLD_MS : at, json_i64(j, "school_id", 0), json_i64(j, "subject_id", 0), text);
        json_decref(j);
    }
    enum hx_err e = r.err;
    rows_end(&r);
    return e;
}

static enum hx_err add_due(struct db *db, struct feed *f, int64_t from, int64_t to, bool past, int64_t now)
{
    int64_t all = past, used = now - IN_USE_MS;
    enum hx_err e = add_rows(f, "expect.post", now, past ? 2 : -1, db_query(db, SQL_FEED_POST, "iiii", from, to, all, used));
    if (!e) e = add_rows(f, "expect.duty", now, past ? 3 : -1, db_query(db, SQL_FEED_DUTY, "iiii", from, to, all, used));
    return e ? e : add_rows(f, "expect.trip", now, past ? 3 : -1, db_query(db, SQL_FEED_TRIP, "iii", from, to, all));
}

/* Whether the minute of the local day came between the two moments. */
static bool came(int64_t before, int64_t now, int64_t minute)
{
    int64_t at = (now + CLOCK_LOCAL_MS) / CLOCK_DAY_MS * CLOCK_DAY_MS - CLOCK_LOCAL_MS + minute * 60000;
    return before < at && at <= now;
}

/* After the middle of a term: its first day; before it: nothing is due. Terms: from 1 September to January, from 15 February to July. */
static bool past_mid_term(int64_t now, char begin[CLOCK_DATE_MAX])
{
    struct clock_civil c = clock_to_civil(now + CLOCK_LOCAL_MS);
    int day = c.month * 100 + c.day;
    if (day >= 1115 || day < 131) return snprintf(begin, CLOCK_DATE_MAX, "%04u-09-01", (unsigned)(c.month == 1 ? c.year - 1 : c.year) % 10000u), true;
    if (day >= 430 && day < 715) return snprintf(begin, CLOCK_DATE_MAX, "%04u-02-15", (unsigned)c.year % 10000u), true;
    return false;
}

static enum hx_err add_daily(struct db *db, struct feed *f, int64_t before, int64_t now)
{
    char day[CLOCK_DATE_MAX], today[CLOCK_DATE_MAX];
    int64_t midnight = 0;
    bool first = before == 0, morning = first || came(before, now, MORNING_MIN);
    enum hx_err e = HX_OK;
    if (morning) {
        e = add_rows(f, "expect.test", now, -1, db_query(db, SQL_FEED_TEST, ""));
        if (!e) e = add_rows(f, "expect.drill", now, -1, db_query(db, SQL_FEED_DRILL, "z", clock_local_date(now - DRILLS_BACK_MS, day)));
        if (!e && past_mid_term(now, day)) e = add_rows(f, "sample.lessons", now, -1, db_query(db, SQL_FEED_LESSONS, "z", day));
    }
    if (!e && !first && came(before, now, EVENING_MIN) && clock_local_begin(clock_local_date(now, today), &midnight))
        e = add_rows(f, "sample.rounds", now, -1, db_query(db, SQL_FEED_ROUNDS, "ii", midnight, midnight + CLOCK_DAY_MS));
    return e;
}

/* How long the nearest free unit needs to each school in its peak. */
static enum hx_err add_reach(struct db *db, struct feed *f, struct school_book *schools, int64_t now)
{
    struct unit {
        char kind[16];
        double lon, lat;
    } *units = calloc(UNITS_MAX, sizeof *units);
    HX_ASSERT(units != NULL);
    size_t n = 0;
    struct rows r = db_query(db, SQL_FEED_UNITS, "");
    while (n < UNITS_MAX && rows_next(&r)) {
        str_to_z(rows_str(&r, 0), units[n].kind, sizeof units[n].kind);
        units[n].lon = rows_f64(&r, 1), units[n].lat = rows_f64(&r, 2);
        n++;
    }
    enum hx_err e = r.err;
    rows_end(&r);
    struct warning_world w = school_book_world(schools);
    for (size_t i = 0; !e && n > 0 && i < school_book_count(schools); i++) {
        const struct warning_school *s = school_book_at(schools, i);
        int best = INT32_MAX;
        if (!(w.hours(w.arg, s->id, now) & WARNING_IN_PEAK)) continue;
        for (size_t u = 0; u < n; u++) {
            int t = dispatch_travel_s(units[u].kind, geo_distance_m(s->lon, s->lat, units[u].lon, units[u].lat));
            if (t < best) best = t;
        }
        char text[64];
        snprintf(text, sizeof text, "{\"travel_s\":%d}", best);
        add(f, "sample.reach", now, s->id, 0, str_dup(str_of(text)));
    }
    free(units);
    return e;
}

enum hx_err feed_live(struct db *db, struct school_book *schools, int64_t before_ms, int64_t now_ms, struct feed *f)
{
    *f = (struct feed){0};
    enum hx_err e = add_due(db, f, now_ms - BEHIND_MS, now_ms + AHEAD_MS, false, now_ms);
    if (!e) e = add_rows(f, "sample.unreachable", now_ms, -1, db_query(db, SQL_FEED_UNREACHABLE, "iiii", now_ms, now_ms + DUTY_SOON_MS, now_ms - IN_USE_MS, now_ms - UNREACHED_MS));
    if (!e) e = add_daily(db, f, before_ms, now_ms);
    if (!e) e = add_reach(db, f, schools, now_ms);
    if (e) feed_free(f);
    return e;
}

static int by_time(const void *a, const void *b)
{
    const struct feed_event *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

enum hx_err feed_past(struct db *db, int64_t from_ms, int64_t to_ms, struct feed *f)
{
    *f = (struct feed){0};
    enum hx_err e = add_due(db, f, from_ms + TOLD_MS, to_ms, true, from_ms);
    if (e) feed_free(f);
    else qsort(f->events, f->count, sizeof *f->events, by_time);
    return e;
}

bool feed_knows_past(const char *type)
{
    bool made_here = strncmp(type, "sample.", 7) == 0 || strncmp(type, "expect.", 7) == 0;
    return !made_here || strcmp(type, "expect.post") == 0 || strcmp(type, "expect.duty") == 0 || strcmp(type, "expect.trip") == 0;
}
