#include "timer.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define KIND_TABLES_MAX 16
#define RETRY_MS 1000

struct timers {
    struct loop *loop;
    struct writer *writer;
    struct loop_timer *next;
    int64_t armed_for; /* UTC ms, INT64_MAX when nothing is due */
    bool firing;
    const struct timer_kind *kinds[KIND_TABLES_MAX];
    size_t kind_tables;
};

/* One process, one set of timers: timer_set() runs on the writer thread and only has the transaction in hand. */
static struct timers *the_timers;
static atomic_int_fast64_t serial;

static void arm(struct timers *t, int64_t due_at)
{
    if (due_at >= t->armed_for) return;
    t->armed_for = due_at;
    loop_timer_set(t->next, due_at - clock_utc_ms());
}

static enum hx_err fire_one(struct timers *t, struct tx *tx, const struct timer_row *row)
{
    for (size_t i = 0; i < t->kind_tables; i++)
        for (const struct timer_kind *k = t->kinds[i]; k->kind != NULL; k++)
            if (strcmp(k->kind, row->kind) == 0) return k->fire(tx, row);
    log_error("timer.unknown", "kind=%s subject=%lld", row->kind, (long long)row->subject_id);
    return HX_OK;
}

#define FIRE_AT_ONCE 200

static enum hx_err fire_due(struct tx *tx, void *arg)
{
    struct timers *t = arg;
    struct timer_row rows[FIRE_AT_ONCE];
    size_t n = 0;
    struct rows r = db_query(tx->db, SQL_TIMER_DUE, "i", tx->now_ms);
    while (n < FIRE_AT_ONCE && rows_next(&r)) {
        rows[n++] = (struct timer_row){rows_i64(&r, 0), rows_i64(&r, 1), rows_i64(&r, 3), rows_i64(&r, 4),
                                       str_dup(rows_str(&r, 2)), str_dup(rows_str(&r, 5))};
    }
    enum hx_err e = r.err;
    rows_end(&r);
    for (size_t i = 0; i < n; i++) {
        if (!e) e = db_exec(tx->db, SQL_TIMER_DONE, "i", rows[i].id);
        if (!e) {
            enum hx_err fired = fire_one(t, tx, &rows[i]);
            if (fired == HX_E_STORE) e = fired;
            else if (fired) log_error("timer.failed", "kind=%s subject=%lld error=%s", rows[i].kind, (long long)rows[i].subject_id, err_name(fired));
        }
        free((char *)rows[i].kind);
        free((char *)rows[i].data);
    }
    return e;
}

static enum hx_err find_next(struct tx *tx, void *arg)
{
    int64_t *due = arg;
    enum hx_err e = db_one_i64(tx->db, SQL_TIMER_NEXT, due, "");
    if (e == HX_E_NOT_FOUND) *due = INT64_MAX;
    return e == HX_E_NOT_FOUND ? HX_OK : e;
}

struct rearm {
    struct timers *timers;
    int64_t due;
};

static void found_next(enum hx_err e, const char *detail, void *arg)
{
    (void)detail;
    struct rearm *r = arg;
    r->timers->firing = false;
    arm(r->timers, e ? clock_utc_ms() + RETRY_MS : r->due);
    free(r);
}

static enum hx_err find_next_job(struct tx *tx, void *arg)
{
    return find_next(tx, &((struct rearm *)arg)->due);
}

static void look_again(struct timers *t)
{
    struct rearm *r = malloc(sizeof *r);
    HX_ASSERT(r != NULL);
    *r = (struct rearm){.timers = t};
    t->armed_for = INT64_MAX;
    if (writer_submit(t->writer, LANE_URGENT, find_next_job, found_next, r)) {
        free(r);
        t->firing = false;
        arm(t, clock_utc_ms() + RETRY_MS);
    }
}

static void fired(enum hx_err e, const char *detail, void *arg)
{
    struct timers *t = arg;
    if (e) log_error("timer.batch", "error=%s detail=\"%s\"", err_name(e), detail);
    look_again(t);
}

static void on_due(void *arg)
{
    struct timers *t = arg;
    if (t->firing) return;
    t->firing = true;
    t->armed_for = INT64_MAX;
    if (writer_submit(t->writer, LANE_URGENT, fire_due, fired, t)) {
        t->firing = false;
        arm(t, clock_utc_ms() + RETRY_MS);
    }
}

struct timers *timers_start(struct loop *loop, struct writer *writer)
{
    struct timers *t = calloc(1, sizeof *t);
    HX_ASSERT(t != NULL && the_timers == NULL);
    t->loop = loop;
    t->writer = writer;
    t->armed_for = INT64_MAX;
    t->next = loop_timer_new(loop, on_due, t);
    the_timers = t;
    return t;
}

void timers_add_kinds(struct timers *t, const struct timer_kind *kinds)
{
    HX_ASSERT(t->kind_tables < KIND_TABLES_MAX);
    t->kinds[t->kind_tables++] = kinds;
}

void timers_begin(struct timers *t)
{
    t->firing = true;
    look_again(t);
}

void timers_stop(struct timers *t)
{
    loop_timer_free(t->next);
    the_timers = NULL;
    free(t);
}

static void heard(void *arg)
{
    int64_t *due = arg;
    if (the_timers != NULL) arm(the_timers, *due);
    free(due);
}

enum hx_err timer_set(struct tx *tx, const char *kind, int64_t subject_id, int64_t epoch, int64_t due_at, const char *data)
{
    int64_t id = tx->now_ms * 4096 + atomic_fetch_add(&serial, 1) % 4096;
    enum hx_err e = db_exec(tx->db, SQL_TIMER_ADD, "iiziiz", id, due_at, kind, subject_id, epoch, data != NULL ? data : "{}");
    if (e || the_timers == NULL) return e;
    int64_t *due = malloc(sizeof *due);
    HX_ASSERT(due != NULL);
    *due = due_at;
    loop_post(the_timers->loop, heard, due);
    return HX_OK;
}

enum hx_err timer_cancel(struct tx *tx, int64_t subject_id, const char *kind)
{
    return kind != NULL ? db_exec(tx->db, SQL_TIMER_CANCEL, "iz", subject_id, kind)
                        : db_exec(tx->db, SQL_TIMER_CANCEL_ALL, "i", subject_id);
}

enum hx_err timers_clock_step(struct tx *tx, int64_t step_ms)
{
    enum hx_err e = HX_OK;
    for (size_t i = 0; the_timers != NULL && i < the_timers->kind_tables; i++)
        for (const struct timer_kind *k = the_timers->kinds[i]; !e && k->kind != NULL; k++)
            if (!k->calendar) e = db_exec(tx->db, SQL_TIMER_CLOCK_STEP, "iz", step_ms, k->kind);
    return e;
}
