/* Timers that outlive the process: rows with an absolute time. The wheel for heartbeats is elsewhere (signal/supervision.h). */
#ifndef HX_TIMER_H
#define HX_TIMER_H

#include "store/writer.h"

struct timer_row {
    int64_t id, due_at, subject_id, epoch;
    const char *kind, *data;
};

struct timer_kind {
    const char *kind;
    /* Runs inside the writer's transaction once the time has come; the row is gone by then. */
    enum hx_err (*fire)(struct tx *tx, const struct timer_row *row);
    bool calendar; /* at a time that people were told, not so long after something: stays when the clock is set */
};

struct timers;

/* `kinds` is ended by a row without a name; an unknown kind in the table is kept and logged. */
struct timers *timers_start(struct loop *loop, struct writer *writer);
void timers_add_kinds(struct timers *t, const struct timer_kind *kinds);
/* Loads the first deadline and begins to fire. */
void timers_begin(struct timers *t);
void timers_stop(struct timers *t);

/* Sets a timer inside a transaction; the thread-safe wake-up reaches the loop after the commit. */
enum hx_err timer_set(struct tx *tx, const char *kind, int64_t subject_id, int64_t epoch, int64_t due_at, const char *data) HX_MUST_USE;
/* The clock was set by so many milliseconds: moves the deadlines that are not of the calendar. */
enum hx_err timers_clock_step(struct tx *tx, int64_t step_ms) HX_MUST_USE;
enum hx_err timer_cancel(struct tx *tx, int64_t subject_id, const char *kind /* NULL: all kinds */) HX_MUST_USE;

#endif
