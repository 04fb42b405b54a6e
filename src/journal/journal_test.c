/* The store, the journal and the signal together, in a directory of their own: atomic jobs, gapless numbers, the chain, copies. */
#include "base/check.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/datadir_fixture.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "signal/signal.h"

static enum hx_err write_n(struct tx *tx, void *arg)
{
    enum hx_err e = HX_OK;
    for (int i = 0; !e && i < abs(*(int *)arg); i++) e = journal_add(tx, "test.written", 0, 0, json_pack("{s:i}", "i", i));
    return *(int *)arg < 0 ? HX_E_CONFLICT : e;
}

static enum hx_err run(int n)
{
    return writer_call(d.app.writer, write_n, &n, NULL, 0);
}

static struct journal_audit verify(enum hx_err want)
{
    struct db *db;
    struct journal_audit a;
    CHECK_EQ(db_open(dir, DB_READ, &db), HX_OK);
    CHECK_EQ(journal_verify(db, &a), want);
    db_close(db);
    return a;
}

static void test_numbers_have_no_gap_after_a_job_that_failed(void **state)
{
    (void)state;
    int64_t before = journal_committed(d.app.journal);
    CHECK_EQ(run(3), HX_OK);
    CHECK_EQ(run(-5), HX_E_CONFLICT);
    CHECK_EQ(run(2), HX_OK);
    CHECK_EQ(journal_committed(d.app.journal), before + 5);
    verify(HX_OK);
}

static void tamper(const char *sql)
{
    sqlite3 *db;
    char path[128];
    snprintf(path, sizeof path, "%s/huxue.db", dir);
    CHECK_EQ(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 2000);
    CHECK_EQ(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void test_changing_or_deleting_one_row_is_found(void **state)
{
    (void)state;
    CHECK_EQ(run(20), HX_OK);
    int64_t n = verify(HX_OK).events;
    char sql[200], back[200];
    snprintf(sql, sizeof sql, "UPDATE journal SET data = replace(data, '1', '2') WHERE seq = %lld", (long long)n - 8);
    snprintf(back, sizeof back, "UPDATE journal SET data = replace(data, '2', '1') WHERE seq = %lld", (long long)n - 8);
    tamper(sql);
    CHECK_EQ(verify(HX_E_CONFLICT).bad_seq, n - 8);
    tamper(back);
    verify(HX_OK);
    snprintf(sql, sizeof sql, "CREATE TABLE kept AS SELECT * FROM journal WHERE seq = %lld; DELETE FROM journal WHERE seq = %lld", (long long)n, (long long)n);
    tamper(sql); /* the last row: only the head tells */
    CHECK_EQ(verify(HX_E_CONFLICT).bad_seq, n);
    tamper("INSERT INTO journal SELECT * FROM kept; DROP TABLE kept");
    verify(HX_OK);
}

/* What was said of jobs that may be run again. */
struct many {
    int answered, refused;
};
static struct many many;

static void answered(enum hx_err e, const char *detail, void *arg)
{
    many.answered++;
    if (e) many.refused++, CHECK(strcmp(detail, "not this one") == 0 && *(int *)arg < 0);
}

static enum hx_err write_or_fail(struct tx *tx, void *arg)
{
    enum hx_err e = write_n(tx, arg);
    if (e) snprintf(tx->detail, sizeof tx->detail, "not this one");
    return e;
}

static enum hx_err wait_a_moment(struct tx *tx, void *arg)
{
    (void)tx, (void)arg;
    usleep(20000); /* so that the next ones come together */
    return HX_OK;
}

static void test_jobs_that_go_together_lose_only_the_one_that_fails(void **state)
{
    (void)state;
    int numbers[8] = {2, 1, -3, 1, 4, -1, 1, 1};
    for (int behind = 0; behind < 2; behind++) { /* alone in their batch, and behind a job of another kind */
        int64_t before = journal_committed(d.app.journal);
        int one = 1;
        many = (struct many){0};
        CHECK_EQ(writer_submit(d.app.writer, LANE_URGENT, wait_a_moment, NULL, NULL), HX_OK);
        usleep(5000);
        if (behind) CHECK_EQ(writer_submit(d.app.writer, LANE_URGENT, write_n, NULL, &one), HX_OK);
        for (int i = 0; i < 8; i++) CHECK_EQ(writer_submit_repeatable(d.app.writer, LANE_NORMAL, write_or_fail, answered, &numbers[i]), HX_OK);
        while (many.answered < 8) loop_step(d.app.loop);
        CHECK_EQ(many.refused, 2);
        CHECK_EQ(journal_committed(d.app.journal), before + 10 + behind);
        verify(HX_OK);
    }
}

struct press {
    int64_t now_ms, device_at;
    const char *sequence;
    struct signal_batch *batch;
};

static enum hx_err press_job(struct tx *tx, void *arg)
{
    struct press *p = arg;
    tx->now_ms = p->now_ms;
    return signal_store(tx, p->batch);
}

static bool press(int64_t now_ms, int64_t device_at, const char *sequence)
{
    struct signal_batch *b = signal_batch_new(1, STR("raw"));
    struct press p = {now_ms, device_at, sequence, b};
    struct signal *s = &b->signals[0];
    s->received_at = now_ms;
    s->device_at = device_at;
    s->class = CLASS_OPENCLOSE;
    snprintf(s->account, sizeof s->account, "ABC");
    struct str pieces[] = {str_of(sequence), {(const char *)&device_at, sizeof device_at}};
    signal_digest(pieces, 2, s->digest);
    CHECK_EQ(writer_call(d.app.writer, press_job, &p, NULL, 0), HX_OK);
    bool copy = s->duplicate;
    signal_batch_free(b);
    return copy;
}

static void test_the_same_frame_is_one_signal_however_often_it_comes(void **state)
{
    (void)state;
    int64_t t = clock_utc_ms();
    CHECK(!press(t, 0, "0001"));
    for (int i = 1; i <= 30; i++) CHECK(press(t + i * 50000, 0, "0001")); /* each copy keeps the window open */
    CHECK(!press(t + 30 * 50000 + 61000, 0, "0001"));                     /* 61 s after the last: a real second alarm */
    CHECK(!press(t, t, "0002"));
    CHECK(press(t + 3600000, t, "0002")); /* a stamped frame is known for long */
    CHECK(!press(t, t + 61000, "0002"));
}

static void test_a_second_process_is_kept_out(void **state)
{
    (void)state;
    struct datadir other;
    CHECK_EQ(datadir_open(dir, &other), HX_E_CONFLICT);
    datadir_close(&other);
}

static enum hx_err set_timer(struct tx *tx, void *arg)
{
    return timer_set(tx, "test.fire", *(int64_t *)arg, 0, tx->now_ms + 50, "{}");
}

static int64_t fired_for;
static enum hx_err on_fire(struct tx *tx, const struct timer_row *row)
{
    (void)tx;
    fired_for = row->subject_id;
    return HX_OK;
}

static void test_a_timer_fires_once_its_time_has_come(void **state)
{
    (void)state;
    static const struct timer_kind kinds[] = {{.kind = "test.fire", .fire = on_fire}, {0}};
    int64_t subject = 4711, begun = clock_mono_us();
    timers_add_kinds(d.app.timers, kinds);
    timers_begin(d.app.timers);
    CHECK_EQ(writer_call(d.app.writer, set_timer, &subject, NULL, 0), HX_OK);
    while (fired_for != subject && clock_mono_us() - begun < 5000000) loop_step(d.app.loop);
    CHECK_EQ(fired_for, subject);
}

static void test_the_directory_is_for_its_owner_alone(void **state)
{
    (void)state;
    struct stat s;
    char path[128];
    CHECK_EQ(stat(dir, &s), 0);
    CHECK_EQ(s.st_mode & 0777, 0700);
    snprintf(path, sizeof path, "%s/keys/seal.key", dir);
    CHECK_EQ(stat(path, &s), 0);
    CHECK_EQ(s.st_mode & 0777, 0600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_numbers_have_no_gap_after_a_job_that_failed), TEST(test_changing_or_deleting_one_row_is_found), TEST(test_jobs_that_go_together_lose_only_the_one_that_fails), TEST(test_the_same_frame_is_one_signal_however_often_it_comes),
        TEST(test_a_second_process_is_kept_out), TEST(test_a_timer_fires_once_its_time_has_come), TEST(test_the_directory_is_for_its_owner_alone),
    };
    return cmocka_run_group_tests(tests, open_dir, close_dir);
}
