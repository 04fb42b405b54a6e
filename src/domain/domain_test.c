/* State machines, plan texts and rules: pure parts of the domain. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/geo.h"
#include "domain/alarm/alarm.h"
#include "domain/campus/campus.h"
#include "domain/campus/pinyin.h"
#include "domain/dispatch/dispatch.h"
#include "domain/drill/drill_cadence.h"
#include "domain/incident/incident.h"
#include "domain/plan/plan_text.h"

/* The machine written out: what each state allows at P2. Anything else must be refused. */
static void test_every_pair_of_state_and_act_is_decided_as_the_manual_says(void **state)
{
    (void)state;
    static const char *const allowed[INCIDENT_STATE_COUNT] = {
        [INCIDENT_OPEN] = " ack confirm cancel merge hand_over ",
        [INCIDENT_ACKED] = " confirm dispatch close cancel merge hand_over ",
        [INCIDENT_CONFIRMED] = " dispatch close cancel merge hand_over ",
        [INCIDENT_DISPATCHED] = " ack confirm dispatch arrive control close cancel merge hand_over ",
        [INCIDENT_ON_SCENE] = " ack confirm dispatch arrive control close cancel hand_over ",
        [INCIDENT_CONTROLLED] = " dispatch arrive close hand_over ",
        [INCIDENT_CLOSED] = " reopen review ",
        [INCIDENT_REVIEWED] = " review archive ",
        [INCIDENT_ARCHIVED] = " ",
        [INCIDENT_CANCELLED] = " reopen review ",
        [INCIDENT_MERGED] = " ",
        [INCIDENT_HANDED_OVER] = " ack dispatch arrive close ",
    };
    for (int from = 0; from < INCIDENT_STATE_COUNT; from++) {
        for (int act = 0; act < INCIDENT_ACT_COUNT; act++) {
            char word[32];
            enum incident_state to;
            snprintf(word, sizeof word, " %s ", incident_act_name((enum incident_act)act));
            bool may = strstr(allowed[from], word) != NULL;
            if (incident_next((enum incident_state)from, (enum incident_act)act, 2, &to) != may)
                fail_msg("%s %s", incident_state_name((enum incident_state)from), word);
        }
    }
}

static void test_only_p1_is_sent_to_before_anybody_looked(void **state)
{
    (void)state;
    enum incident_state to;
    CHECK(incident_next(INCIDENT_OPEN, INCIDENT_ACT_DISPATCH, 1, &to));
    CHECK_EQ(to, INCIDENT_DISPATCHED);
    for (int severity = 2; severity <= 4; severity++) CHECK(!incident_next(INCIDENT_OPEN, INCIDENT_ACT_DISPATCH, severity, &to));
}

static void test_an_assignment_never_leaves_an_end_state(void **state)
{
    (void)state;
    static const char *const ends[] = {"refused", "timed_out", "released", "cancelled"};
    static const char *const acts[] = {"send", "deliver", "accept", "refuse", "time_out", "en-route", "arrived", "release", "cancel"};
    const char *to;
    for (size_t i = 0; i < HX_COUNT(ends); i++)
        for (size_t k = 0; k < HX_COUNT(acts); k++) CHECK(!assignment_next(ends[i], acts[k], &to));
    CHECK(assignment_next("sent", "accept", &to));
    CHECK(!assignment_next("arrived", "refuse", &to));
}

static void test_escalation_gets_graver_with_time(void **state)
{
    (void)state;
    size_t n;
    const struct incident_step *s = incident_steps(&n);
    for (size_t i = 0; i + 1 < n; i++) {
        if (s[i].severity != s[i + 1].severity) continue;
        CHECK(s[i].after_s <= s[i + 1].after_s && s[i].level <= s[i + 1].level);
    }
}

static void test_the_plans_that_ship_are_right(void **state)
{
    (void)state;
    size_t plans = 0;
    struct plan_text *p = malloc(sizeof *p);
    assert_non_null(p);
    for (size_t i = 0; i < embedded_count; i++) {
        char why[200];
        if (strncmp(embedded_files[i].name, "plans/", 6) != 0) continue;
        plans++;
        if (plan_parse((struct str){embedded_files[i].bytes, embedded_files[i].size}, p, false, why, sizeof why)) fail_msg("%s: %s", embedded_files[i].name, why);
    }
    free(p);
    CHECK_EQ(plans, 11);
}

static void test_a_wrong_plan_names_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } wrong[] = {
        {"plan x\nfor panic\nstep a nobody 5s t\n", "line 3: who does it? want desk, commander, guard, teacher, principal, police, medic or all"},
        {"plan x\nfor panic\nstep a desk 5 t\n", "line 3: the limit must be like 30s, from 1s to 86400s"},
        {"plan x\nfor panics\n", "line 2: there is no class panics"},
        {"plan x\nfor panic\nstep a desk 5s t\n branch yes -> b\n", "line 3: branch: there is no later step b"},
        {"plan x\nfor panic\nstep a desk 5s t\n after b\nstep b desk 5s t\n", "line 3: after: there is no earlier step b"},
        {"for panic\nstep a desk 5s t\n", "line 1: the plan has no name: begin with plan NAME"},
        {"plan x\nfor panic\nstep a desk 5s t\nstep a desk 5s t\n", "line 4: there is a step a already"},
    };
    struct plan_text *p = malloc(sizeof *p);
    assert_non_null(p);
    for (size_t i = 0; i < HX_COUNT(wrong); i++) {
        char why[200];
        CHECK_EQ(plan_parse(str_of(wrong[i].text), p, false, why, sizeof why), HX_E_MALFORMED);
        CHECK_STR(why, wrong[i].why);
    }
    char why[200];
    CHECK_EQ(plan_parse(STR("plan x\nfor panic\nstep a desk 5s t\n command siren.on\n"), p, false, why, sizeof why), HX_OK);
    CHECK_EQ(plan_check_commands(p, false, why, sizeof why), HX_E_MALFORMED);
    CHECK_STR(why, "line 3: command: want posture hold, secure, lockdown, evacuate or shelter");
    CHECK_EQ(plan_parse(STR("plan x\nfor panic\nstep a desk 5s t\n command posture lockdown\n"), p, false, why, sizeof why), HX_OK);
    CHECK_EQ(plan_check_commands(p, false, why, sizeof why), HX_OK);
    free(p);
}

static void test_a_plan_cut_anywhere_is_refused_or_whole_never_more(void **state)
{
    (void)state;
    const struct embedded_file *f = embedded_find("plans/zhenfeng");
    struct plan_text *p = malloc(sizeof *p);
    char why[200];
    assert_non_null(p);
    for (size_t n = 0; n <= f->size; n++) {
        char *copy = malloc(n + 1); /* the sanitizer sees one byte too far */
        memcpy(copy, f->bytes, n);
        (void)!plan_parse((struct str){copy, n}, p, false, why, sizeof why);
        free(copy);
    }
    free(p);
}

static void test_alarm_rules_that_ship_are_right_and_wrong_ones_name_their_line(void **state)
{
    (void)state;
    struct alarm_rules r;
    char why[200];
    const struct embedded_file *f = embedded_find("alarm_rules.tsv");
    CHECK(alarm_rules_parse((struct str){f->bytes, f->size}, &r, why, sizeof why));
    CHECK_EQ(r.press_burst.count, 3);
    CHECK(!alarm_rules_parse(STR("# c\njoin\t0\t5\n"), &r, why, sizeof why));
    CHECK(strncmp(why, "line 2", 6) == 0);
}

static void test_pinyin_initials_find_schools(void **state)
{
    (void)state;
    char out[32];
    CHECK_STR(pinyin_initials(STR("兴义三中"), out, sizeof out), "xysz");
    CHECK_STR(pinyin_initials(STR("贞丰县 No1"), out, sizeof out), "zfxno1");
}

static void test_distance_is_right_within_a_metre_in_a_thousand(void **state)
{
    (void)state;
    double d = geo_distance_m(104.9, 25.09, 105.65, 25.39); /* Xingyi to Zhenfeng, by the haversine of another program: 82,536 m */
    CHECK(d > 82450 && d < 82620);
    CHECK(geo_distance_m(105, 25, 105, 25) == 0);
    CHECK(dispatch_travel_s("police_car", 1000) < dispatch_travel_s("foot", 1000));
}

static void test_a_drill_is_due_by_the_month_and_holidays_do_not_count(void **state)
{
    (void)state;
    struct drill_due due;
    struct drill_cadence monthly = {1, 0}, quarterly = {3, 0}, term = {1, 0};
    CHECK(drill_off_months("2 8", &term.off_months));
    CHECK_EQ(term.off_months, 1u << 1 | 1u << 7);
    CHECK(!drill_off_months("13", &monthly.off_months));
    CHECK(!drill_off_months("x", &monthly.off_months));
    monthly.off_months = 0;
    CHECK(!drill_due_of(monthly, "2026-11-01", "2026-11-25", &due));
    CHECK(drill_due_of(monthly, "2026-10-31", "2026-11-25", &due));
    CHECK_STR(due.date, "2026-11-30");
    CHECK_EQ(due.overdue_days, 0);
    CHECK(drill_due_of(monthly, "2026-09-30", "2026-11-25", &due));
    CHECK_STR(due.date, "2026-10-31");
    CHECK_EQ(due.overdue_days, 25);
    CHECK(drill_due_of(quarterly, "2026-09-30", "2026-10-01", &due));
    CHECK_STR(due.date, "2026-12-31");
    CHECK(!drill_due_of(quarterly, "2026-10-01", "2026-12-31", &due));
    CHECK(!drill_due_of(term, "2026-07-10", "2026-08-20", &due)); /* August asks for none */
    CHECK(drill_due_of(term, "2026-07-10", "2026-09-03", &due));
    CHECK_STR(due.date, "2026-09-30");
    CHECK(drill_due_of(term, "2026-06-10", "2026-09-03", &due)); /* July was missed: three days of September count */
    CHECK_EQ(due.overdue_days, 3);
    CHECK(drill_due_of(term, "", "2026-11-25", &due));
    CHECK_STR(due.date, "2026-11-30");
    CHECK(!drill_due_of(term, "", "2026-08-05", &due));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_pair_of_state_and_act_is_decided_as_the_manual_says), TEST(test_only_p1_is_sent_to_before_anybody_looked), TEST(test_an_assignment_never_leaves_an_end_state),
        TEST(test_escalation_gets_graver_with_time), TEST(test_the_plans_that_ship_are_right), TEST(test_a_wrong_plan_names_its_line),
        TEST(test_a_plan_cut_anywhere_is_refused_or_whole_never_more), TEST(test_alarm_rules_that_ship_are_right_and_wrong_ones_name_their_line),
        TEST(test_pinyin_initials_find_schools), TEST(test_distance_is_right_within_a_metre_in_a_thousand), TEST(test_a_drill_is_due_by_the_month_and_holidays_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
