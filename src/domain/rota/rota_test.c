/* Substitutes, stopping early, and the checker's own eyes. Costs and optimality are compared with CBC in tests/rota. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/rota/rota_solve.h"
#include "domain/rota/rota_team.h"

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

/* Two gates beside each other, two officers of one station: the way is the same whoever stands where, so that only the faces decide. */
static void test_a_team_stays_at_its_post(void **state)
{
    (void)state;
    struct rota_officer officers[2] = {{.id = "a"}, {.id = "b"}};
    struct rota_slot slots[2] = {{.post = "one", .x_m = 100}, {.post = "two", .x_m = 100}};
    uint8_t available[2 * 6];
    int32_t assign[12] = {0, 1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1};
    memset(available, 1, sizeof available);
    struct rota two = {.days = 6, .days_per_week = 6, .peaks = 1, .cap_week = 6, .cap_day = 1, .per_100m = 1, .fairness = 1, .officer_count = 2, .slot_count = 2, .uncovered_weight = 1000, .officers = officers, .slots = slots, .available = available};
    struct rota_plan plan = {.assign = assign, .optimal = true, .cost = 12 + 2 * 21, .bound = 12 + 2 * 21};
    CHECK_EQ(rota_members(&two, &plan), 4);
    CHECK(rota_steady(&two, ROTA_TEAM_WEIGHT, NULL, NULL, &plan) > 0);
    CHECK_EQ(rota_members(&two, &plan), 2);
    CHECK(plan.optimal);
    CHECK_EQ(plan.cost, plan.bound);
    officers[0].kind = ROTA_TRAFFIC; /* now one post needs what only one of them is */
    slots[1].need = ROTA_NEEDS_TRAFFIC;
    for (int d = 0; d < 6; d++) assign[2 * d] = 1, assign[2 * d + 1] = 0;
    CHECK_EQ(rota_steady(&two, ROTA_TEAM_WEIGHT, NULL, NULL, &plan), 0);
}

static int duties_at(const struct rota *q, const struct rota_plan *a, size_t peak, int officer)
{
    int n = 0;
    for (int s = 0; s < q->slot_count; s++) n += a->assign[peak * (size_t)q->slot_count + (size_t)s] == officer;
    return n;
}

/* Whatever the question: everybody serves when they did, nothing hard breaks, and the posts see fewer faces. */
static void test_steadying_moves_nobody_in_time(void **state)
{
    (void)state;
    unsigned random = 7;
    for (int round = 0; round < 12; round++) {
        struct rota q = {.days = 5, .days_per_week = 5, .peaks = 2, .cap_week = 6, .cap_day = 2, .per_100m = 1, .fairness = 2, .officer_count = 60, .slot_count = 30, .uncovered_weight = 100000};
        q.officers = calloc(60, sizeof *q.officers);
        q.slots = calloc(30, sizeof *q.slots);
        q.available = malloc(60 * 10);
        HX_ASSERT(q.officers != NULL && q.slots != NULL && q.available != NULL);
        for (int i = 0; i < 600; i++) q.available[i] = (random = random * 1103515245 + 12345) >> 16 & 7 ? 1 : 0;
        for (int i = 0; i < 60; i++) q.officers[i] = (struct rota_officer){.x_m = (random = random * 1103515245 + 12345) >> 16 & 0x3fff, .kind = i % 4 == 0 ? ROTA_TRAFFIC : ROTA_POLICE, .armed = i % 3 == 0};
        for (int i = 0; i < 30; i++) {
            q.slots[i] = (struct rota_slot){.x_m = (random = random * 1103515245 + 12345) >> 16 & 0x3fff, .need = i % 7 == 0 ? ROTA_NEEDS_TRAFFIC : i % 5 == 0 ? ROTA_NEEDS_ARMED : ROTA_ANY};
            snprintf(q.slots[i].post, sizeof q.slots[i].post, "%d", i / 2); /* two slots a post */
        }
        struct rota_plan plan, before;
        struct rota_check c;
        rota_solve(&q, NULL, &plan);
        rota_plan_make(&q, &before);
        memcpy(before.assign, plan.assign, 300 * sizeof *plan.assign);
        rota_steady(&q, ROTA_TEAM_WEIGHT, NULL, NULL, &plan);
        rota_check(&q, &plan, &c);
        CHECK_EQ(c.broken, 0);
        CHECK_EQ(c.uncovered, plan.uncovered);
        CHECK_EQ(c.cost, plan.cost);
        CHECK(plan.cost >= plan.bound && rota_members(&q, &plan) < rota_members(&q, &before));
        for (size_t peak = 0; peak < 10; peak++)
            for (int i = 0; i < 60; i++) CHECK_EQ(duties_at(&q, &plan, peak, i), duties_at(&q, &before, peak, i));
        rota_plan_free(&plan);
        rota_plan_free(&before);
        free(q.officers), free(q.slots), free(q.available);
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
        TEST(test_a_stopped_run_keeps_a_plan_that_breaks_nothing), TEST(test_a_team_stays_at_its_post), TEST(test_steadying_moves_nobody_in_time),
    };
    return cmocka_run_group_tests(tests, open_rota, close_rota);
}
