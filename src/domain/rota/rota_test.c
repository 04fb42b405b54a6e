/* Substitutes, stopping early, and the checker's own eyes. Costs and optimality are compared with CBC in tests/rota. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/rota/rota_solve.h"

static const char instance[] =
    "{\"days\":1,\"days_per_week\":5,\"peaks\":1,\"officers\":["
    "{\"id\":\"near\",\"x_m\":0,\"y_m\":0,\"kind\":\"police\",\"armed\":true,\"available\":[\"1\"]},"
    "{\"id\":\"side\",\"x_m\":3000,\"y_m\":0,\"kind\":\"police\",\"armed\":false,\"available\":[\"1\"]},"
    "{\"id\":\"far\",\"x_m\":9000,\"y_m\":0,\"kind\":\"police\",\"armed\":false,\"available\":[\"1\"]},"
    "{\"id\":\"leave\",\"x_m\":100,\"y_m\":0,\"kind\":\"police\",\"armed\":true,\"available\":[\"0\"]},"
    "{\"id\":\"motor\",\"x_m\":100,\"y_m\":0,\"kind\":\"traffic\",\"armed\":false,\"available\":[\"1\"]}],"
    "\"slots\":[{\"post\":\"gate\",\"x_m\":0,\"y_m\":0,\"need\":\"any\"},{\"post\":\"next\",\"x_m\":6000,\"y_m\":0,\"need\":\"any\"}]}";

static struct rota r;
static struct rota_plan p;

static int open_rota(void **state)
{
    (void)state;
    char why[200];
    json_t *j = json_loads(instance, 0, NULL);
    if (j == NULL || rota_read(j, &r, why, sizeof why)) return -1;
    json_decref(j);
    rota_solve(&r, NULL, &p);
    return 0;
}

static int close_rota(void **state)
{
    (void)state;
    rota_plan_free(&p);
    rota_free(&r);
    return 0;
}

static void test_the_nearest_serve(void **state)
{
    (void)state;
    CHECK(p.optimal);
    CHECK_EQ(p.assign[0], 0);
    CHECK(p.assign[1] == 1 || p.assign[1] == 2);
    CHECK_EQ(p.cost, p.bound);
    CHECK_EQ(p.cost, 0 + 30 + 2 * 2);
}

static void test_substitutes_know_chains_leave_and_kind(void **state)
{
    (void)state;
    struct rota_substitute s[ROTA_SUBSTITUTES_MAX];
    p.assign[1] = 1; /* side stands at the next gate, far is free */
    int n = rota_substitutes(&r, &p, 0, 0, 0, s);
    CHECK_EQ(n, 2);
    /* far comes all the way (90), or side moves here and far takes the next gate (30 + 30 - 30). */
    CHECK_EQ(s[0].officer, 2);
    CHECK_EQ(s[0].mover, 1);
    CHECK_EQ(s[0].via_slot, 1);
    CHECK_EQ(s[0].cost, 30 + 2 + 0);
    CHECK_EQ(s[1].officer, 2);
    CHECK_EQ(s[1].mover, -1);
    CHECK_EQ(s[1].cost, 90 + 2);
}

static void test_the_checker_sees_each_fault(void **state)
{
    (void)state;
    static const struct {
        int first, second;
        const char *words;
    } rows[] = {{3, -1, "not available"}, {4, -1, "not of the kind"}, {0, 0, "two posts at once"}};
    for (size_t i = 0; i < HX_COUNT(rows); i++) {
        struct rota_check c;
        p.assign[0] = rows[i].first;
        p.assign[1] = rows[i].second;
        rota_check(&r, &p, &c);
        CHECK(c.broken > 0 && strstr(c.first, rows[i].words) != NULL);
    }
}

static bool stop_at_once(const struct rota_progress *now, void *arg)
{
    (void)now;
    ++*(int *)arg;
    return false;
}

static void test_a_stopped_run_keeps_a_plan_that_breaks_nothing(void **state)
{
    (void)state;
    struct rota big = {.days = 20, .days_per_week = 5, .peaks = 2, .cap_week = 8, .cap_day = 2, .per_100m = 1, .fairness = 2, .officer_count = 900, .slot_count = 500, .uncovered_weight = 1000000};
    big.officers = calloc(900, sizeof *big.officers);
    big.slots = calloc(500, sizeof *big.slots);
    big.available = malloc(900 * 40);
    HX_ASSERT(big.officers != NULL && big.slots != NULL && big.available != NULL);
    memset(big.available, 1, 900 * 40);
    for (int i = 0; i < 900; i++) big.officers[i].x_m = i * 7919 % 60000, big.officers[i].y_m = i * 104729 % 60000;
    for (int i = 0; i < 500; i++) big.slots[i].x_m = i * 31337 % 60000, big.slots[i].y_m = i * 2741 % 60000;
    struct rota_plan half;
    struct rota_check c;
    int asked = 0;
    struct rota_options o = {.report = stop_at_once, .arg = &asked};
    rota_solve(&big, &o, &half);
    rota_check(&big, &half, &c);
    CHECK_EQ(asked, 1);
    CHECK(!half.optimal);
    CHECK_EQ(c.broken, 0);
    CHECK_EQ(c.uncovered, half.uncovered);
    CHECK(half.uncovered < 20000);
    rota_plan_free(&half);
    rota_free(&big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_nearest_serve), TEST(test_substitutes_know_chains_leave_and_kind), TEST(test_the_checker_sees_each_fault),
        TEST(test_a_stopped_run_keeps_a_plan_that_breaks_nothing),
    };
    return cmocka_run_group_tests(tests, open_rota, close_rota);
}
