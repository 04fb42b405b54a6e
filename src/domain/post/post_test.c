/* The calendar's exceptions, the duty's states, the clock's three warnings, and coverage by the minute. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/people.h"
#include "app/datadir_fixture.h"
#include "domain/campus/campus.h"
#include "domain/post/coverage.h"
#include "domain/post/post.h"
#include "domain/post/term_calendar.h"

#define DATE "2026-11-24" /* a Tuesday */

static int64_t school, post, morning, evening, release, person, midnight, duty;

static enum hx_err seed(struct tx *tx, void *arg)
{
    (void)arg;
    json_t *b = json_pack("{s:s,s:s,s:s,s:s,s:f,s:f}", "code", "S", "name", "试验小学", "county", "522301", "kind", "primary", "lon", 104.9, "lat", 25.1);
    enum hx_err e = school_make(tx, b, 0, &school);
    json_decref(b);
    b = json_pack("{s:I,s:s,s:f,s:f,s:[{s:s,s:i}]}", "school_id", (json_int_t)school, "name", "正门", "lon", 104.9, "lat", 25.1, "needs", "kind", "any", "count", 1);
    if (!e) e = post_make(tx, b, 0, &post);
    json_decref(b);
    const struct {
        int64_t *id;
        const char *kind;
        int days, from, to;
    } peaks[] = {{&morning, "usual", 31, 450, 490}, {&evening, "usual", 31, 990, 1040}, {&release, "release", 0, 840, 900}};
    for (size_t i = 0; !e && i < HX_COUNT(peaks); i++) {
        b = json_pack("{s:I,s:s,s:s,s:i,s:i,s:i}", "school_id", (json_int_t)school, "name", "高峰", "kind", peaks[i].kind, "weekdays", peaks[i].days, "begins_min", peaks[i].from, "ends_min", peaks[i].to);
        e = peak_make(tx, b, peaks[i].id);
        json_decref(b);
    }
    b = json_pack("{s:s,s:s}", "name", "liu", "full_name", "刘演示");
    if (!e) e = person_make(tx, b, NULL, 0, &person);
    json_decref(b);
    duty = journal_next(tx) * DUTY_IDS_PER_EVENT;
    int64_t begins = midnight + 450 * 60000LL;
    if (!e) e = db_exec(tx->db, SQL_DUTY_ADD, "iIiiiziiiziIz", duty, (int64_t)0, post, school, morning, DATE, begins, begins + 40 * 60000LL, begins - 15 * 60000LL, "any", (int64_t)0, person, "");
    /* The county checks in already. */
    if (!e) e = db_exec(tx->db, SQL_CHECKIN_ADD, "ziiiziiznnnzz", "seed", (int64_t)1, duty, person, "acknowledge", begins, begins, "phone", "", "[]");
    return e;
}

static int open_with_school(void **state)
{
    if (!clock_local_begin(DATE, &midnight) || open_dir(state) != 0) return -1;
    return writer_call(d.app.writer, seed, NULL, NULL, 0) == HX_OK ? 0 : -1;
}

struct change {
    const char *county, *act;
    int64_t school;
    int value;
};

static enum hx_err change_day(struct tx *tx, void *arg)
{
    const struct change *c = arg;
    enum hx_err e = db_exec(tx->db, SQL_PEAK_CHANGE_ADD, "izzIzizIi", journal_next(tx), DATE, c->county, c->school, c->act, (int64_t)c->value, "test", (int64_t)0, tx->now_ms);
    return e ? e : journal_add(tx, "peak.day_changed", 0, 0, json_object());
}

static int windows(const char *date, struct peak_window *out)
{
    struct peak_book book;
    CHECK_EQ(peak_book_read(d.panels.db, "522301", 0, date, date, &book), HX_OK);
    int n = peak_windows(&book, "522301", school, date, out, 8);
    peak_book_free(&book);
    return n;
}

static void test_weekdays_have_peaks_and_weekends_none(void **state)
{
    (void)state;
    struct peak_window w[8];
    CHECK_EQ(windows(DATE, w), 2);
    CHECK_EQ(w[0].begins_at, midnight + 450 * 60000LL);
    CHECK_EQ(w[0].arrive_by, midnight + 435 * 60000LL);
    CHECK_EQ(windows("2026-11-28", w), 0);
}

static void test_the_narrowest_change_of_a_day_wins(void **state)
{
    (void)state;
    struct peak_window w[8];
    CHECK_EQ(writer_call(d.app.writer, change_day, &(struct change){"", "off", 0, 0}, NULL, 0), HX_OK);
    CHECK_EQ(windows(DATE, w), 0);
    CHECK_EQ(writer_call(d.app.writer, change_day, &(struct change){"522301", "as", 0, 5}, NULL, 0), HX_OK);
    CHECK_EQ(windows(DATE, w), 0); /* as a Saturday */
    CHECK_EQ(writer_call(d.app.writer, change_day, &(struct change){"", "as", school, 0}, NULL, 0), HX_OK);
    CHECK_EQ(windows(DATE, w), 2); /* this school as a Monday */
    CHECK_EQ(writer_call(d.app.writer, change_day, &(struct change){"", "shift", 0, -20}, NULL, 0), HX_OK);
    CHECK_EQ(windows(DATE, w), 2);
    CHECK_EQ(w[0].begins_at, midnight + 430 * 60000LL);
    CHECK_EQ(writer_call(d.app.writer, change_day, &(struct change){"522301", "release", 0, 0}, NULL, 0), HX_OK);
    CHECK_EQ(windows(DATE, w), 3);
    CHECK(w[2].release || w[1].release);
}

static void test_a_duty_moves_forward_only(void **state)
{
    (void)state;
    static const char *const states[] = {"planned", "acknowledged", "en_route", "arrived", "on_duty", "relieved", "cancelled"};
    static const char *const acts[] = {"acknowledge", "en-route", "arrived", "begin", "relieve", "cancel"};
    for (int i = 0; i < 7; i++)
        for (int a = 0; a < 6; a++) {
            const char *to;
            if (!duty_next(states[i], acts[a], &to)) continue;
            int at = 0;
            while (strcmp(states[at], to) != 0) at++;
            CHECK(at > i);
            CHECK(i < 5);
        }
    const char *to;
    CHECK(!duty_next("arrived", "cancel", &to));
    CHECK(!duty_next("planned", "relieve", &to));
}

struct pass {
    int64_t at;
};

static enum hx_err clock_at(struct tx *tx, void *arg)
{
    int64_t real = tx->now_ms;
    tx->now_ms = ((struct pass *)arg)->at;
    enum hx_err e = duty_clock(tx, NULL);
    tx->now_ms = real;
    return e;
}

static int64_t events(const char *type)
{
    int64_t n = 0, after = 0;
    struct rows r = db_query(d.panels.db, SQL_JOURNAL_AFTER, "ii", after, (int64_t)100000);
    while (rows_next(&r)) n += strcmp(rows_z(&r, 2), type) == 0;
    rows_end(&r);
    return n;
}

static void test_the_clock_warns_three_times_and_never_again(void **state)
{
    (void)state;
    static const struct {
        int minute, late, bare, desk;
    } rows[] = {{439, 0, 0, 0}, {440, 1, 0, 0}, {441, 1, 0, 0}, {450, 1, 1, 0}, {454, 1, 1, 0}, {455, 1, 1, 1}, {460, 1, 1, 1}};
    for (size_t i = 0; i < HX_COUNT(rows); i++) {
        struct pass p = {midnight + rows[i].minute * 60000LL};
        CHECK_EQ(writer_call(d.app.writer, clock_at, &p, NULL, 0), HX_OK);
        CHECK_EQ(events("duty.late"), rows[i].late);
        CHECK_EQ(events("duty.bare"), rows[i].bare);
        CHECK_EQ(events("duty.desk"), rows[i].desk);
    }
}

static enum hx_err arrive(struct tx *tx, void *arg)
{
    return db_exec(tx->db, SQL_DUTY_MOVE, "zizi", "arrived", *(int64_t *)arg, "green", duty);
}

static void test_coverage_counts_minutes_not_days(void **state)
{
    (void)state;
    int64_t at = midnight + 460 * 60000LL; /* ten minutes after the peak began */
    CHECK_EQ(writer_call(d.app.writer, arrive, &at, NULL, 0), HX_OK);
    json_t *j = coverage_json(d.panels.db, DATE, "", 1, 0, midnight + 470 * 60000LL);
    const json_t *item = json_array_get(json_object_get(j, "items"), 0), *totals = json_object_get(j, "totals");
    CHECK_STR(json_z(item, "state", ""), "manned");
    CHECK_EQ(json_i64(item, "planned_minutes", 0), 20);
    CHECK_EQ(json_i64(item, "manned_minutes", 0), 10);
    CHECK_EQ(json_i64(json_object_get(totals, "on_time"), "part", -1), 0);
    CHECK_EQ(json_i64(json_object_get(totals, "on_time"), "whole", -1), 1);
    json_decref(j);
    j = coverage_json(d.panels.db, DATE, "", 1, 0, midnight + 455 * 60000LL);
    CHECK_EQ(json_i64(json_array_get(json_object_get(j, "items"), 0), "manned_minutes", 0), 0);
    json_decref(j);
}

struct walk {
    int64_t at;
    double lon, accuracy_m;
    int64_t duty;
    bool inside;
};

static enum hx_err walk_to(struct tx *tx, void *arg)
{
    struct walk *w = arg;
    int64_t real = tx->now_ms;
    struct whereabouts s = {w->lon, 25.1, w->accuracy_m, w->at};
    tx->now_ms = w->at;
    enum hx_err e = whereabouts_take(tx, person, &s, &w->duty, &w->inside);
    tx->now_ms = real;
    return e;
}

static void test_who_is_outside_for_three_minutes_has_left(void **state)
{
    (void)state;
    static const struct {
        int minute;
        double lon, accuracy;
        bool inside;
        int left, back;
    } rows[] = {{461, 104.9, 10, true, 0, 0}, {462, 104.91, 10, false, 0, 0}, {463, 104.91, 500, true, 0, 0}, {464, 104.91, 10, false, 0, 0}, {465, 104.91, 10, false, 1, 0},
                {466, 104.91, 10, false, 1, 0}, {467, 104.9005, 10, true, 1, 1}, {468, 104.91, 10, false, 1, 1}};
    for (size_t i = 0; i < HX_COUNT(rows); i++) {
        struct walk w = {midnight + rows[i].minute * 60000LL, rows[i].lon, rows[i].accuracy, 0, false};
        CHECK_EQ(writer_call(d.app.writer, walk_to, &w, NULL, 0), HX_OK);
        CHECK_EQ(w.duty, duty);
        CHECK_EQ(w.inside, rows[i].inside);
        CHECK_EQ(events("duty.left"), rows[i].left);
        CHECK_EQ(events("duty.back"), rows[i].back);
    }
}

struct heard {
    struct term_event all[8];
    size_t n;
};

static void hear(const struct term_event *e, void *arg)
{
    struct heard *h = arg;
    assert_true(h->n < HX_COUNT(h->all));
    h->all[h->n++] = *e;
}

static void test_a_calendar_says_which_days_change_the_peaks(void **state)
{
    (void)state;
    static const char text[] =
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
        "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261001\r\nDTEND;VALUE=DATE:20261008\r\nSUMMARY:国庆节放\r\n 假\\, 全州\r\nEND:VEVENT\r\n" /* folded within the word */
        "BEGIN:VEVENT\r\nDTSTART;TZID=Asia/Shanghai:20261010T080000\r\nSUMMARY:国庆补课，按周三上课\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nDTSTART:20260929T160000Z\r\nDURATION:P1D\r\nSUMMARY:Holiday release\r\nEND:VEVENT\r\n" /* the 30th here */
        "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260918\nSUMMARY:开学典礼\nEND:VEVENT\n"
        "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261225\nSTATUS:CANCELLED\nSUMMARY:放假\nEND:VEVENT\nEND:VCALENDAR\n";
    struct heard h = {.n = 0};
    char why[160] = "";
    CHECK_EQ(term_calendar_read(str_of(text), hear, &h, why, sizeof why), HX_OK);
    CHECK_EQ(h.n, 4);
    assert_true(h.all[0].act == TERM_OFF && strcmp(h.all[0].from, "2026-10-01") == 0 && strcmp(h.all[0].to, "2026-10-07") == 0);
    CHECK_STR(h.all[0].summary, "国庆节放假, 全州");
    assert_true(h.all[1].act == TERM_AS && h.all[1].weekday == 2 && strcmp(h.all[1].from, "2026-10-10") == 0 && strcmp(h.all[1].to, "2026-10-10") == 0);
    assert_true(h.all[2].act == TERM_RELEASE && strcmp(h.all[2].from, "2026-09-30") == 0 && strcmp(h.all[2].to, "2026-09-30") == 0);
    CHECK_EQ(h.all[3].act, TERM_NOTHING);
}

static void test_a_calendar_that_cannot_be_read_names_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"hello", "line 1: this is no iCalendar"},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260230\nEND:VEVENT\n", "line 3: DTSTART"},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:放假\nEND:VEVENT\n", "line 2: the event has no DTSTART"},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261001\nRRULE:FREQ=WEEKLY\nEND:VEVENT\n", "line 4: a repetition"},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261010\nSUMMARY:补课\nEND:VEVENT\n", "line 2: a make-up day"},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261001\nDTEND:20260901\nEND:VEVENT\n", "line 2: the event ends before"},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261001\nDTEND:20281001\nEND:VEVENT\n", "line 2: the event is longer"},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261001\n", "line 2: the event does not end"},
    };
    for (size_t i = 0; i < HX_COUNT(rows); i++) {
        struct heard h = {.n = 0};
        char why[160] = "";
        if (term_calendar_read(str_of(rows[i].text), hear, &h, why, sizeof why) != HX_E_INVALID || strncmp(why, rows[i].why, strlen(rows[i].why)) != 0) fail_msg("%zu: %s", i, why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_weekdays_have_peaks_and_weekends_none), TEST(test_the_narrowest_change_of_a_day_wins), TEST(test_a_duty_moves_forward_only),
        TEST(test_the_clock_warns_three_times_and_never_again), TEST(test_coverage_counts_minutes_not_days),
        TEST(test_who_is_outside_for_three_minutes_has_left), TEST(test_a_calendar_says_which_days_change_the_peaks), TEST(test_a_calendar_that_cannot_be_read_names_its_line),
    };
    return cmocka_run_group_tests(tests, open_with_school, close_dir);
}
