/* The system's clock is set while we run, or was set back while we did not: by a time server or by hand. Deadlines that count
 * from a moment keep what is left of them; those at a time of the calendar stay. */
#ifndef HX_CLOCK_STEP_H
#define HX_CLOCK_STEP_H

#include "api/api.h"

/* When the clock is before what the journal last wrote: moves the deadlines. Call before timers_begin(). */
enum hx_err clock_step_at_start(struct hx_app *app) HX_MUST_USE;
/* Looks once a second. After a step of ten seconds or more the deadlines are moved, clock.stepped is written, and `again` runs
 * on the loop: every span that is only in memory has to begin anew, so the program does. */
void clock_step_watch(struct hx_app *app, void (*again)(void *arg), void *arg);

#endif
