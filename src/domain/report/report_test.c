/* A figure equals the count by hand, for any date and any moment of knowledge. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/people.h"
#include "app/datadir_fixture.h"
#include "base/clock.h"
#include "domain/campus/campus.h"
#include "domain/lesson/lesson.h"
#include "domain/post/coverage.h"
#include "domain/post/post.h"
#include "domain/report/report.h"

#define FIRST_DAY_MS 1640966400000LL /* 2022-01-01T00:00+08:00 */
#define DAYS 300
#define LESSONS 400
#define APPOINTMENTS 60
#define PEOPLE 8
#define SCHOOLS 5

static const char *const counties[SCHOOLS] = {"522301", "522301", "522325", "522325", "522328"};
static int64_t schools[SCHOOLS], people[PEOPLE];
static struct {
    int school, day, audience;
    int64_t held, withdrawn;
} lessons[LESSONS];
static struct {
    int school, person, from, to; /* to: -1 still */
    int64_t recorded, ended;
} appointments[APPOINTMENTS];

static int below(int n)
{
    return rand() % n;
}

static char *date_of(int day, char out[CLOCK_DATE_MAX])
{
    return clock_local_date(FIRST_DAY_MS + day * CLOCK_DAY_MS, out);
}

static int64_t moment(void)
{
    return FIRST_DAY_MS + below(DAYS) * CLOCK_DAY_MS + below((int)CLOCK_DAY_MS);
}

static enum hx_err seed_people(struct tx *tx)
{
    enum hx_err e = HX_OK;
    for (int i = 0; !e && i < SCHOOLS; i++) {
        char code[8];
        snprintf(code, sizeof code, "S%d", i);
        json_t *b = json_pack("{s:s,s:s,s:s,s:s,s:f,s:f}", "code", code, "name", "试验小学", "county", counties[i], "kind", "primary", "lon", 104.9, "lat", 25.1);
        e = school_make(tx, b, 0, &schools[i]);
        json_decref(b);
    }
    for (int i = 0; !e && i < PEOPLE; i++) {
        char name[8];
        snprintf(name, sizeof name, "p%d", i);
        json_t *b = json_pack("{s:s,s:s}", "name", name, "full_name", "刘演示");
        e = person_make(tx, b, NULL, 0, &people[i]);
        json_decref(b);
    }
    return e;
}

static enum hx_err seed(struct tx *tx, void *arg)
{
    (void)arg;
    char date[CLOCK_DATE_MAX];
    int64_t now = tx->now_ms;
    enum hx_err e = seed_people(tx);
    for (int i = 0; !e && i < LESSONS; i++) {
        lessons[i].school = below(SCHOOLS), lessons[i].day = below(DAYS), lessons[i].audience = below(5) == 0 ? 0 : 30;
        lessons[i].held = tx->now_ms = moment();
        e = lesson_load(tx, 1000000 + i, people[below(PEOPLE)], schools[lessons[i].school], "法治课", "regular", date_of(lessons[i].day, date), lessons[i].audience, "照片");
        lessons[i].withdrawn = below(3) == 0 ? lessons[i].held + 1 + below(100) * CLOCK_DAY_MS : 0;
        if (!e && lessons[i].withdrawn) e = db_exec(tx->db, SQL_LESSON_CANCEL, "zii", "误录", lessons[i].withdrawn, (int64_t)(1000000 + i));
    }
    for (int i = 0; !e && i < APPOINTMENTS; i++) {
        appointments[i].school = below(SCHOOLS), appointments[i].person = below(PEOPLE), appointments[i].from = below(DAYS), appointments[i].to = -1;
        appointments[i].recorded = tx->now_ms = moment();
        e = appointment_load(tx, 2000000 + i, people[appointments[i].person], schools[appointments[i].school], date_of(appointments[i].from, date));
        if (e || below(2) == 0) continue;
        appointments[i].to = appointments[i].from + below(60), appointments[i].ended = appointments[i].recorded + 1 + below(60) * CLOCK_DAY_MS;
        e = db_exec(tx->db, SQL_APPOINTMENT_END, "zii", date_of(appointments[i].to, date), appointments[i].ended, (int64_t)(2000000 + i));
    }
    tx->now_ms = now;
    return e;
}

static bool in_area(int s, const char *county)
{
    return *county == 0 || strcmp(counties[s], county) == 0;
}

static int64_t lessons_by_hand(int as_of, int since, int64_t known, const char *county)
{
    int64_t n = 0;
    for (int i = 0; i < LESSONS; i++)
        n += lessons[i].audience > 0 && lessons[i].day <= as_of && lessons[i].day >= since && lessons[i].held <= known && (lessons[i].withdrawn == 0 || lessons[i].withdrawn > known) && in_area(lessons[i].school, county);
    return n;
}

static int64_t vice_principals_by_hand(int as_of, int64_t known, const char *county)
{
    bool counted[PEOPLE] = {false};
    int64_t n = 0;
    for (int i = 0; i < APPOINTMENTS; i++) {
        bool ended = appointments[i].to >= 0 && appointments[i].to < as_of && appointments[i].ended <= known;
        if (appointments[i].from > as_of || appointments[i].recorded > known || ended || !in_area(appointments[i].school, county) || counted[appointments[i].person]) continue;
        counted[appointments[i].person] = true;
        n++;
    }
    return n;
}

static int64_t figure(const json_t *report, const char *name)
{
    size_t i;
    json_t *f;
    json_array_foreach(json_object_get(report, "figures"), i, f)
        if (strcmp(json_z(f, "figure", ""), name) == 0) return json_i64(f, "count", -1);
    return -1;
}

static void test_figures_equal_the_count_by_hand(void **state)
{
    static const char *const areas[] = {"", "522301", "522325", "522328"};
    (void)state;
    struct db *db;
    srand(20220831);
    CHECK_EQ(writer_call(d.app.writer, seed, NULL, NULL, 0), HX_OK);
    CHECK_EQ(db_open(dir, DB_READ, &db), HX_OK);
    for (int n = 0; n < 300; n++) {
        char as_of[CLOCK_DATE_MAX], since[CLOCK_DATE_MAX] = "";
        int day = below(DAYS), begin = below(2) ? below(DAYS) : -1;
        if (begin >= 0) date_of(begin, since);
        struct report_ask ask = {.as_of = date_of(day, as_of), .since = since, .known_at = moment(), .county = areas[below(4)], .sees_all = 1};
        json_t *report = NULL;
        CHECK_EQ(report_read(db, &ask, &report), HX_OK);
        CHECK_EQ(figure(report, "lesson"), lessons_by_hand(day, begin, ask.known_at, ask.county));
        CHECK_EQ(figure(report, "vice_principal"), vice_principals_by_hand(day, ask.known_at, ask.county));
        json_decref(report);
    }
    db_close(db);
}

/* Up to three officers at each of two peaks a day; the loader of the demo lets some be late, leave early or stay away. */
static enum hx_err seed_duties(struct tx *tx, void *arg)
{
    (void)arg;
    static const char *const needs[] = {"any", "traffic", "guard", "any"};
    char date[CLOCK_DATE_MAX];
    enum hx_err e = HX_OK;
    int64_t id = 5000000000;
    for (int i = 0; !e && i < SCHOOLS; i++) {
        int64_t post, peak;
        json_t *b = json_pack("{s:I,s:s,s:f,s:f,s:[{s:s,s:i}]}", "school_id", (json_int_t)schools[i], "name", "正门", "lon", 104.9, "lat", 25.1, "needs", "kind", "any", "count", 3);
        e = post_make(tx, b, 0, &post);
        json_decref(b);
        b = json_pack("{s:I,s:s,s:s,s:i,s:i,s:i}", "school_id", (json_int_t)schools[i], "name", "高峰", "kind", "usual", "weekdays", 31, "begins_min", 450, "ends_min", 490);
        if (!e) e = peak_make(tx, b, &peak);
        json_decref(b);
        for (int day = 0; !e && day < 40; day++) {
            for (int k = 0; !e && k < 2 * (1 + below(3)); k++) {
                int64_t begins = FIRST_DAY_MS + day * CLOCK_DAY_MS + (k % 2 ? 450 : 1000) * 60000LL + 17;
                id += 1 + below(30);
                if (below(3) == 0) id += 83 - id % 83;       /* stays away */
                else if (below(2)) id += 67 - id % 67 + 2; /* leaves early */
                else if (below(2)) id += 61 - id % 61 + 1; /* comes late */
                e = db_exec(tx->db, SQL_DUTY_ADD, "iIiiiziiiziIz", id, (int64_t)0, post, schools[i], peak, date_of(day, date), begins, begins + 2399983, begins - (k % 3 ? 15 : 1) * 60000LL, needs[below(4)], (int64_t)(k / 2), people[below(PEOPLE)], "");
            }
        }
    }
    return e ? e : duty_past_load(tx, date_of(39, date));
}

static void check_measure(const json_t *report, const char *measure, const json_t *totals, const char *name)
{
    size_t i;
    const json_t *m, *t = json_object_get(totals, name);
    json_array_foreach(json_object_get(report, "measures"), i, m)
    {
        if (strcmp(json_z(m, "measure", ""), measure) != 0) continue;
        CHECK_EQ(json_i64(m, "part", -1), json_i64(t, "part", -2));
        CHECK_EQ(json_i64(m, "whole", -1), json_i64(t, "whole", -2));
        return;
    }
    fail();
}

static void test_measures_equal_the_coverage_counted_minute_by_minute(void **state)
{
    (void)state;
    static const char *const areas[] = {"", "522301", "522325", "522328"};
    struct db *db;
    int64_t known = FIRST_DAY_MS + DAYS * CLOCK_DAY_MS, seen = 0;
    CHECK_EQ(writer_call(d.app.writer, seed_duties, NULL, NULL, 0), HX_OK);
    CHECK_EQ(db_open(dir, DB_READ, &db), HX_OK);
    for (int day = 0; day < 40; day++) {
        char date[CLOCK_DATE_MAX];
        struct report_ask ask = {.as_of = date_of(day, date), .since = date, .known_at = known, .county = areas[day % 4], .sees_all = 1};
        json_t *report = NULL, *coverage = coverage_json(db, date, ask.county, 1, 0, known);
        CHECK_EQ(report_read(db, &ask, &report), HX_OK);
        CHECK(coverage != NULL);
        const json_t *totals = json_object_get(coverage, "totals");
        check_measure(report, "presence", totals, "presence");
        check_measure(report, "on_time", totals, "on_time");
        const json_t *presence = json_object_get(totals, "presence");
        seen += json_i64(presence, "part", 0) > 0 && json_i64(presence, "part", 0) < json_i64(presence, "whole", 0);
        json_decref(report);
        json_decref(coverage);
    }
    CHECK(seen > 10); /* days on which some of the minutes were bare */
    db_close(db);
}

static enum hx_err withdraw(struct tx *tx, void *arg)
{
    return db_exec(tx->db, SQL_LESSON_CANCEL, "zii", "误录", *(int64_t *)arg, (int64_t)1000000);
}

static const char *root_of_lessons(const json_t *report)
{
    size_t i;
    const json_t *f;
    json_array_foreach(json_object_get(report, "figures"), i, f)
        if (strcmp(json_z(f, "figure", ""), "lesson") == 0) return json_z(f, "root", "");
    return "";
}

static void test_the_root_of_the_rows_changes_with_a_row_and_not_with_the_time(void **state)
{
    (void)state;
    struct db *db;
    int64_t after = FIRST_DAY_MS + 400 * CLOCK_DAY_MS;
    struct report_ask ask = {.as_of = "2022-12-31", .since = "", .known_at = after, .county = "", .sees_all = 1};
    json_t *first = NULL, *later = NULL, *then = NULL;
    CHECK_EQ(db_open(dir, DB_READ, &db), HX_OK);
    CHECK_EQ(report_read(db, &ask, &first), HX_OK);
    CHECK_EQ(report_seal(db, &ask, first), HX_OK);
    CHECK_EQ(strlen(root_of_lessons(first)), 64);
    int64_t at = after + 1000;
    lessons[0].withdrawn = 0;
    CHECK_EQ(writer_call(d.app.writer, withdraw, &at, NULL, 0), HX_OK);
    CHECK_EQ(report_read(db, &ask, &then), HX_OK); /* as it was known */
    CHECK_EQ(report_seal(db, &ask, then), HX_OK);
    ask.known_at = after + 2000;
    CHECK_EQ(report_read(db, &ask, &later), HX_OK);
    CHECK_EQ(report_seal(db, &ask, later), HX_OK);
    bool counted = figure(first, "lesson") != figure(later, "lesson"); /* it may have been without an audience */
    CHECK_EQ(strcmp(root_of_lessons(first), root_of_lessons(later)) != 0, counted);
    CHECK_STR(root_of_lessons(first), root_of_lessons(then));
    json_decref(first);
    json_decref(later);
    json_decref(then);
    db_close(db);
}

static void test_a_date_that_is_none_is_refused(void **state)
{
    (void)state;
    json_t *report = NULL;
    struct db *db;
    CHECK_EQ(db_open(dir, DB_READ, &db), HX_OK);
    struct report_ask ask = {.as_of = "2022-02-30", .since = "", .known_at = 0, .county = "", .sees_all = 1};
    CHECK_EQ(report_read(db, &ask, &report), HX_E_INVALID);
    ask.as_of = "2022-02-28", ask.since = "x";
    CHECK_EQ(report_read(db, &ask, &report), HX_E_INVALID);
    db_close(db);
}

static void test_a_plan_is_about_the_period_before(void **state)
{
    (void)state;
    static const struct {
        const char *every, *after, *next, *since, *as_of; /* local days; next is at six */
    } rows[] = {
        {"day", "2026-11-27", "2026-11-28", "2026-11-27", "2026-11-27"}, {"week", "2026-11-27", "2026-11-30", "2026-11-23", "2026-11-29"},
        {"month", "2026-11-27", "2026-12-01", "2026-11-01", "2026-11-30"}, {"month", "2028-02-10", "2028-03-01", "2028-02-01", "2028-02-29"},
        {"month", "2026-12-31", "2027-01-01", "2026-12-01", "2026-12-31"}, {"week", "2026-12-31", "2027-01-04", "2026-12-28", "2027-01-03"},
    };
    for (size_t i = 0; i < HX_COUNT(rows); i++) {
        int64_t noon, due;
        char since[CLOCK_DATE_MAX], as_of[CLOCK_DATE_MAX], day[CLOCK_DATE_MAX];
        CHECK(clock_local_begin(rows[i].after, &noon));
        due = report_plan_next(rows[i].every, noon + CLOCK_DAY_MS / 2);
        CHECK_STR(clock_local_date(due, day), rows[i].next);
        CHECK_EQ((due + CLOCK_LOCAL_MS) % CLOCK_DAY_MS, 6 * 3600000LL);
        report_plan_period(rows[i].every, due + 3 * 3600000LL, since, as_of); /* kept late is about the same period */
        CHECK_STR(since, rows[i].since);
        CHECK_STR(as_of, rows[i].as_of);
        CHECK(report_plan_next(rows[i].every, due) > due);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_figures_equal_the_count_by_hand), TEST(test_measures_equal_the_coverage_counted_minute_by_minute), TEST(test_the_root_of_the_rows_changes_with_a_row_and_not_with_the_time),
                                       TEST(test_a_date_that_is_none_is_refused), TEST(test_a_plan_is_about_the_period_before)};
    return cmocka_run_group_tests(tests, open_dir, close_dir);
}
