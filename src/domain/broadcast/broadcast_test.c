#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "answer_score.h"

static void answers_have_one_form(void **state)
{
    (void)state;
    char v[ANSWER_VALUE_MAX];
    assert_true(answer_read(ANSWER_CHOICE, 4, "db", v));
    assert_string_equal(v, "BD");
    assert_false(answer_read(ANSWER_CHOICE, 4, "E", v));
    assert_false(answer_read(ANSWER_CHOICE, 4, "BB", v));
    assert_false(answer_read(ANSWER_CHOICE, 4, "", v));
    assert_true(answer_read(ANSWER_ORDER, 3, "cab", v));
    assert_string_equal(v, "CAB");
    assert_false(answer_read(ANSWER_ORDER, 3, "CA", v));
    assert_true(answer_read(ANSWER_TEXT, 0, " 拨打 110\n", v));
    assert_string_equal(v, "拨打110");
    assert_false(answer_read(ANSWER_TEXT, 0, "  ", v));
    assert_true(answer_read(ANSWER_HANDS, 3, "B30 A12", v));
    assert_string_equal(v, "A12 B30");
    assert_false(answer_read(ANSWER_HANDS, 3, "A", v));
    assert_false(answer_read(ANSWER_HANDS, 3, "A0 B0", v));
    assert_false(answer_read(ANSWER_HANDS, 3, "A99999", v));
    assert_false(answer_read(ANSWER_KIND_COUNT, 3, "A", v));
}

static void solutions_must_fit(void **state)
{
    (void)state;
    assert_true(answer_solution_fits(ANSWER_CHOICE, 4, "BD"));
    assert_false(answer_solution_fits(ANSWER_CHOICE, 4, "DB"));
    assert_false(answer_solution_fits(ANSWER_CHOICE, 1, "A"));
    assert_true(answer_solution_fits(ANSWER_ORDER, 3, "CAB"));
    assert_false(answer_solution_fits(ANSWER_ORDER, 3, "CA"));
    assert_true(answer_solution_fits(ANSWER_TEXT, 0, "110|报警"));
    assert_false(answer_solution_fits(ANSWER_TEXT, 2, "110"));
    assert_false(answer_solution_fits(ANSWER_TEXT, 0, "|"));
    assert_true(answer_solution_fits(ANSWER_HANDS, 2, "A"));
}

static void what_is_right_earns_by_the_clock(void **state)
{
    (void)state;
    assert_int_equal(answer_share(ANSWER_CHOICE, "BD", "BD"), 1000);
    assert_int_equal(answer_share(ANSWER_CHOICE, "BD", "B"), 0);
    assert_int_equal(answer_share(ANSWER_ORDER, "CAB", "CBA"), 333);
    assert_int_equal(answer_share(ANSWER_TEXT, "110| 报警 Tel", "报警tel"), 1000);
    assert_int_equal(answer_share(ANSWER_TEXT, "110", "119"), 0);
    assert_int_equal(answer_share(ANSWER_HANDS, "B", "A10 B30"), 750);
    assert_int_equal(answer_points(1000, 0, 20000), 1000);
    assert_int_equal(answer_points(1000, 10000, 20000), 750);
    assert_int_equal(answer_points(1000, 99999, 20000), 500);
    assert_int_equal(answer_points(500, -5, 20000), 500);
    assert_int_equal(answer_points(0, 0, 20000), 0);
}

/* Each seat wins about as often as another, the same seed gives the same winners, and no seat is lost. */
static void draws_are_fair_and_can_be_computed_again(void **state)
{
    (void)state;
    enum { SEATS = 50, ROUNDS = 4000 };
    int wins[SEATS] = {0};
    uint8_t seed[32] = {7};
    for (int round = 1; round <= ROUNDS; round++) {
        int64_t seats[SEATS], again[SEATS], sum = 0;
        for (int i = 0; i < SEATS; i++) seats[i] = i, again[i] = SEATS - 1 - i;
        draw_order(seed, round, seats, SEATS);
        draw_order(seed, round, again, SEATS);
        assert_memory_equal(seats, again, sizeof seats); /* whatever the order in which they joined */
        for (int i = 0; i < SEATS; i++) sum += seats[i];
        assert_int_equal(sum, SEATS * (SEATS - 1) / 2);
        wins[seats[0]]++;
    }
    for (int i = 0; i < SEATS; i++) assert_in_range(wins[i], 40, 130); /* 80 expected, deviation 9 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers_have_one_form), cmocka_unit_test(solutions_must_fit), cmocka_unit_test(what_is_right_earns_by_the_clock), cmocka_unit_test(draws_are_fair_and_can_be_computed_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
