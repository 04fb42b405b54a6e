/* Supervision under a clock of its own: silence, return, the clock's jumps, and many at once. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/datadir_fixture.h"
#include "signal/signal.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "domain/campus/campus.h"

#define PANELS 200
#define EVERY_S 60

static int64_t school;

static enum hx_err add_all(struct tx *tx, void *arg)
{
    (void)arg;
    json_t *b = json_pack("{s:s,s:s,s:s,s:s,s:f,s:f}", "code", "S", "name", "试验", "county", "522301", "kind", "primary", "lon", 104.9, "lat", 25.1);
    enum hx_err e = school_make(tx, b, 0, &school);
    json_decref(b);
    for (int i = 0; !e && i < PANELS; i++) {
        char account[8];
        int64_t id;
        snprintf(account, sizeof account, "%04d", i + 1000);
        b = json_pack("{s:s,s:I,s:i}", "account", account, "school", (json_int_t)school, "supervision_s", EVERY_S);
        e = panel_make(tx, &d.panels.seal, b, 0, &id);
        json_decref(b);
    }
    return e;
}

static int open_with_panels(void **state)
{
    if (open_dir(state) != 0) return -1;
    return writer_call(d.app.writer, add_all, NULL, NULL, 0) == HX_OK && d.panels.count == PANELS ? 0 : -1;
}

static enum hx_err nothing(struct tx *tx, void *arg)
{
    (void)tx, (void)arg;
    return HX_OK;
}

/* How many line signals of this qualifier are stored by now. */
static int64_t stored(const char *qualifier)
{
    int64_t n = 0;
    CHECK_EQ(writer_call(d.app.writer, nothing, NULL, NULL, 0), HX_OK);
    json_t *all = db_all_json(d.panels.db, SQL_SIGNAL_PAGE_ALL, "iiii", (int64_t)0, (int64_t)1, (int64_t)0, (int64_t)100000);
    for (size_t i = 0; i < json_array_size(all); i++) n += strcmp(json_z(json_array_get(all, i), "qualifier", ""), qualifier) == 0;
    json_decref(all);
    return n;
}

static struct panel *panel(int i)
{
    char account[8];
    snprintf(account, sizeof account, "%04d", i + 1000);
    return panel_find(&d.panels, str_of(account));
}

static void beat_all_but(int silent, int64_t now_ms)
{
    for (int i = silent; i < PANELS; i++) panel_heard(&d.panels, panel(i), now_ms);
}

static int64_t now;

static void pass(int silent, int seconds)
{
    for (int s = 0; s < seconds; s++) {
        now += 1000;
        if (s % 20 == 0) beat_all_but(silent, now);
        supervision_tick(d.panels.supervision, now);
    }
}

static void test_after_a_start_everybody_has_one_interval_of_grace(void **state)
{
    (void)state;
    now = clock_utc_ms() + 1000;
    pass(0, EVERY_S - 5);
    CHECK_EQ(stored("new"), 0);
}

static void test_a_silent_panel_is_lost_once_and_restored_once(void **state)
{
    (void)state;
    pass(2, EVERY_S * 4);
    CHECK_EQ(stored("new"), 2);
    CHECK(panel(0)->lost && panel(1)->lost && !panel(2)->lost);
    beat_all_but(0, now);
    CHECK_EQ(stored("restore"), 2);
    pass(0, EVERY_S * 2);
    CHECK_EQ(stored("new"), 2);
}

static void test_a_clock_that_jumps_forward_or_back_loses_nobody(void **state)
{
    (void)state;
    now += 3 * 3600000; /* an NTP step, or a suspended machine */
    pass(0, EVERY_S - 5);
    now -= 2 * 3600000;
    supervision_tick(d.panels.supervision, now);
    CHECK_EQ(stored("new"), 2);
    now += 2 * 3600000;
    pass(0, EVERY_S * 2);
    CHECK_EQ(stored("new"), 2);
}

static void test_many_at_once_are_one_line_fault(void **state)
{
    (void)state;
    pass(PANELS, EVERY_S + 40); /* nobody is heard: a cut line, not 200 cut panels */
    int64_t told = stored("new") - 2;
    CHECK(told > 1 && told <= 30);
    CHECK(panel(150)->lost);
    beat_all_but(0, now);
    CHECK(!panel(150)->lost);
}

static enum hx_err forget_days_later(struct tx *tx, void *arg)
{
    char after[24] = "";
    int64_t real = tx->now_ms;
    tx->now_ms += *(int *)arg * 86400000LL;
    enum hx_err e = HX_OK;
    do e = signal_forget(tx, after);
    while (!e && after[0] != 0);
    tx->now_ms = real;
    return e;
}

static bool digests_left(void)
{
    CHECK_EQ(writer_call(d.app.writer, nothing, NULL, NULL, 0), HX_OK);
    json_t *first = db_all_json(d.panels.db, SQL_SIGNAL_SEEN_ACCOUNT_AFTER, "z", "");
    bool any = json_array_size(first) > 0;
    json_decref(first);
    return any;
}

static void test_digests_are_forgotten_after_their_window_and_signals_never(void **state)
{
    (void)state;
    int days = 1;
    int64_t kept = stored("new");
    CHECK_EQ(writer_call(d.app.writer, forget_days_later, &days, NULL, 0), HX_OK);
    CHECK(digests_left());
    days = 3;
    CHECK_EQ(writer_call(d.app.writer, forget_days_later, &days, NULL, 0), HX_OK);
    CHECK(!digests_left());
    CHECK_EQ(stored("new"), kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_after_a_start_everybody_has_one_interval_of_grace), TEST(test_a_silent_panel_is_lost_once_and_restored_once),
        TEST(test_a_clock_that_jumps_forward_or_back_loses_nobody), TEST(test_many_at_once_are_one_line_fault),
        TEST(test_digests_are_forgotten_after_their_window_and_signals_never),
    };
    return cmocka_run_group_tests(tests, open_with_panels, close_dir);
}
