#include "coverage.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

#define DUTIES_OF_A_SCHOOL 128

struct slot {
    int64_t begins, ends, arrive_by, arrived, relieved, person;
    bool police, here;
};

struct school {
    int64_t id;
    int needed, here, planned_minutes, manned_minutes, slots, on_time, arrived, unassigned;
    const char *state;
};

struct totals {
    int64_t schools, set, slots, due, on_time, planned_minutes, manned_minutes, unassigned;
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Minutes of one window, up to now, in which at least one officer stood there: counted minute by minute. */
static int minutes_manned(const struct slot *s, int n, int64_t begins, int64_t ends)
{
    int minutes = 0;
    for (int64_t t = begins; t < ends; t += 60000) {
        bool there = false;
        for (int i = 0; i < n && !there; i++)
            there = s[i].police && s[i].arrived != 0 && s[i].arrived <= t && t < (s[i].relieved != 0 ? s[i].relieved : s[i].ends) && s[i].begins == begins;
        minutes += there;
    }
    return minutes;
}

static void count_windows(const struct slot *s, int n, int64_t now, struct school *out)
{
    for (int i = 0; i < n; i++) {
        bool seen = !s[i].police; /* a window counts once, by its first officer's slot */
        for (int k = 0; k < i && !seen; k++) seen = s[k].police && s[k].begins == s[i].begins;
        if (seen || s[i].begins >= now) continue;
        int64_t ends = least(s[i].ends, now);
        out->planned_minutes += (int)((ends - s[i].begins + 59999) / 60000);
        out->manned_minutes += minutes_manned(s, n, s[i].begins, ends);
    }
}

static void judge(const struct slot *s, int n, int64_t now, struct school *out)
{
    int64_t begins = 0;
    for (int i = 0; i < n; i++) {
        out->slots += s[i].begins <= now;
        out->unassigned += s[i].person == 0;
        out->arrived += s[i].arrived != 0;
        out->on_time += s[i].begins <= now && s[i].arrived != 0 && s[i].arrived <= s[i].arrive_by;
        if (s[i].arrive_by > now || s[i].ends <= now) continue;
        out->needed++;
        out->here += s[i].here;
        begins = begins == 0 ? s[i].begins : least(begins, s[i].begins);
    }
    count_windows(s, n, now, out);
    if (n == 0) out->state = "none";
    else if (out->needed == 0) out->state = "idle";
    else if (out->here >= out->needed) out->state = "manned";
    else if (out->here > 0) out->state = now < begins ? "expected" : "partly";
    else out->state = now >= begins ? "bare" : now >= begins - 10 * 60000LL ? "late" : "expected";
}

struct reader {
    struct slot slots[DUTIES_OF_A_SCHOOL];
    struct rows rows;
    bool more;
};

/* The duties of a school; rows come sorted by school. */
static int read_school(struct reader *r, int64_t school)
{
    int n = 0;
    while (r->more && rows_i64(&r->rows, 0) < school) r->more = rows_next(&r->rows);
    for (; r->more && rows_i64(&r->rows, 0) == school; r->more = rows_next(&r->rows)) {
        if (n == DUTIES_OF_A_SCHOOL) continue;
        const char *need = rows_z(&r->rows, 1), *state = rows_z(&r->rows, 5), *proof = rows_z(&r->rows, 9);
        bool counts = strcmp(proof, "rejected") != 0;
        r->slots[n++] = (struct slot){.begins = rows_i64(&r->rows, 2), .ends = rows_i64(&r->rows, 3), .arrive_by = rows_i64(&r->rows, 4), .arrived = counts ? rows_i64(&r->rows, 6) : 0,
                                      .relieved = rows_i64(&r->rows, 7), .person = rows_i64(&r->rows, 8), .police = strcmp(need, "guard") != 0 && strcmp(need, "teacher") != 0,
                                      .here = counts && (strcmp(state, "arrived") == 0 || strcmp(state, "on_duty") == 0)};
    }
    return n;
}

struct place {
    int64_t id;
    char name[64], county[8];
    double lon, lat;
    bool set;
};

static struct place *read_schools(struct db *db, const char *county, int64_t sees_all, int64_t person, size_t *count)
{
    size_t room = 1200;
    struct place *all = malloc(room * sizeof *all);
    HX_ASSERT(all != NULL);
    *count = 0;
    struct rows r = db_query(db, SQL_POST_SETTING, "zii", county, sees_all, person);
    while (rows_next(&r)) {
        if (*count == room) {
            room *= 2;
            all = realloc(all, room * sizeof *all);
            HX_ASSERT(all != NULL);
        }
        struct place *p = &all[(*count)++];
        *p = (struct place){.id = rows_i64(&r, 0), .lon = rows_f64(&r, 3), .lat = rows_f64(&r, 4), .set = rows_i64(&r, 5) > 0 && rows_i64(&r, 6) > 0};
        str_to_z(rows_str(&r, 1), p->name, sizeof p->name);
        str_to_z(rows_str(&r, 2), p->county, sizeof p->county);
    }
    bool failed = r.err != HX_OK;
    rows_end(&r);
    if (failed) free(all), all = NULL;
    return all;
}

static int by_id(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static void add(struct totals *t, const struct place *p, const struct school *s)
{
    t->schools++;
    t->set += p->set && strcmp(s->state, "none") != 0;
    t->slots += s->slots;
    t->on_time += s->on_time;
    t->planned_minutes += s->planned_minutes;
    t->manned_minutes += s->manned_minutes;
    t->unassigned += s->unassigned;
}

static json_t *ratio(int64_t part, int64_t whole)
{
    return json_pack("{s:I,s:I,s:o}", "part", (json_int_t)part, "whole", (json_int_t)whole, "share", whole > 0 ? json_real((double)part / (double)whole) : json_null());
}

json_t *coverage_json(struct db *db, const char *date, const char *county, int64_t sees_all, int64_t person_id, int64_t now_ms)
{
    size_t count;
    struct totals t = {0};
    int64_t midnight = 0, situations = 0, managed = 0;
    struct place *places = read_schools(db, county, sees_all, person_id, &count);
    struct reader *reader = malloc(sizeof *reader);
    HX_ASSERT(reader != NULL);
    if (places == NULL) return free(reader), NULL;
    qsort(places, count, sizeof *places, by_id);
    reader->rows = db_query(db, SQL_DUTY_COVERAGE, "zzii", date, county, sees_all, person_id);
    reader->more = rows_next(&reader->rows);
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct place *p = &places[i];
        struct school s = {.id = p->id};
        judge(reader->slots, read_school(reader, p->id), now_ms, &s);
        add(&t, p, &s);
        json_array_append_new(items, json_pack("{s:I,s:s,s:s,s:f,s:f,s:b,s:s,s:i,s:i,s:i,s:i,s:i}", "school_id", (json_int_t)p->id, "school", p->name, "county", p->county, "lon", p->lon, "lat", p->lat,
                                               "set", p->set, "state", s.state, "needed", s.needed, "here", s.here, "unassigned", s.unassigned, "planned_minutes", s.planned_minutes,
                                               "manned_minutes", s.manned_minutes));
    }
    bool failed = reader->rows.err != HX_OK;
    rows_end(&reader->rows);
    free(reader);
    free(places);
    if (!failed && clock_local_begin(date, &midnight)) {
        struct rows r = db_query(db, SQL_SITUATION_MANAGED, "iiz", midnight, midnight + CLOCK_DAY_MS, county);
        if (rows_next(&r)) situations = rows_i64(&r, 0), managed = rows_i64(&r, 1);
        rows_end(&r);
    }
    json_t *totals = json_pack("{s:o,s:o,s:o,s:o,s:I}", "setting", ratio(t.set, t.schools), "presence", ratio(t.manned_minutes, t.planned_minutes), "on_time", ratio(t.on_time, t.slots), "management",
                               ratio(managed, situations), "unassigned", (json_int_t)t.unassigned);
    json_t *j = json_pack("{s:s,s:o,s:o}", "date", date, "items", items, "totals", totals);
    json_put_time(j, "now", now_ms);
    if (failed) json_decref(j), j = NULL;
    return j;
}
