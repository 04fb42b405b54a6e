/* What a rule would have done: the journal of weeks played through it and the active rules, in seconds. */
#ifndef HX_WARNING_BACKTEST_H
#define HX_WARNING_BACKTEST_H

#include "base/json.h"
#include "store/db.h"

/* Plays the last `days` days. MALFORMED with why[] when the text is no rule; BUSY when another one is being played. The answer has the
 * counts, the cost against the alarm budget, the newest warnings, what is alike, and which inputs could not be played. */
enum hx_err warning_backtest(struct db *db, struct str text, int days, int64_t now_ms, bool chinese, json_t **out, char *why, size_t why_bytes) HX_MUST_USE;

/* Warnings that may reach an operator, per school and day. */
#define ALARM_BUDGET 0.59

#endif
