#include "clock_step.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

#define LOOK_MS 1000
#define STEP_MIN_MS 10000

/* Deadlines in rows of their own, beside the timers. */
static const enum sql_id deadlines[] = {SQL_TASK_CLOCK_STEP, SQL_DELIVERY_CLOCK_STEP, SQL_HANDOFF_POST_CLOCK_STEP, SQL_COMMAND_CLOCK_STEP, SQL_WEBHOOK_CLOCK_STEP};

static struct watch {
    struct hx_app *app;
    void (*again)(void *arg);
    void *arg;
    int64_t offset_ms; /* UTC less the time since the machine started, at the last look */
    int64_t step_ms;   /* being stored; 0: none */
} watch;

static enum hx_err move_deadlines(struct tx *tx, void *arg)
{
    int64_t step_ms = *(const int64_t *)arg;
    enum hx_err e = timers_clock_step(tx, step_ms);
    for (size_t i = 0; !e && i < HX_COUNT(deadlines); i++) e = db_exec(tx->db, deadlines[i], "i", step_ms);
    if (e) return e;
    json_t *data = json_object();
    json_put_i64(data, "step_ms", step_ms);
    log_warn("clock.stepped", "ms=%lld", (long long)step_ms);
    return journal_add(tx, "clock.stepped", 0, 0, data);
}

static enum hx_err compare_with_journal(struct tx *tx, void *arg)
{
    (void)arg;
    int64_t last;
    enum hx_err e = db_one_i64(tx->db, SQL_JOURNAL_LAST_AT, &last, "");
    if (e == HX_E_NOT_FOUND) return HX_OK;
    int64_t step_ms = tx->now_ms - last;
    return e || step_ms > -STEP_MIN_MS ? e : move_deadlines(tx, &step_ms);
}

enum hx_err clock_step_at_start(struct hx_app *app)
{
    return writer_call(app->writer, compare_with_journal, NULL, NULL, 0);
}

/* A machine that slept is no step: what fell due meanwhile is due. */
static int64_t offset_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return clock_utc_ms() - (t.tv_sec * 1000LL + t.tv_nsec / 1000000);
}

static void moved(enum hx_err e, const char *detail, void *arg)
{
    (void)arg;
    if (e) log_error("clock.not_moved", "error=%s detail=\"%s\"", err_name(e), detail);
    else watch.again(watch.arg);
    watch.step_ms = 0;
}

static void look(void *arg)
{
    (void)arg;
    if (watch.step_ms != 0) return;
    int64_t offset = offset_now(), step = offset - watch.offset_ms;
    if (llabs(step) >= STEP_MIN_MS) {
        watch.step_ms = step;
        if (writer_submit(watch.app->writer, LANE_URGENT, move_deadlines, moved, &watch.step_ms)) {
            watch.step_ms = 0;
            return; /* the writer is full: at the next look */
        }
    }
    watch.offset_ms = offset;
}

void clock_step_watch(struct hx_app *app, void (*again)(void *arg), void *arg)
{
    watch = (struct watch){.app = app, .again = again, .arg = arg, .offset_ms = offset_now()};
    loop_every(app->loop, LOOK_MS, look, NULL);
}
