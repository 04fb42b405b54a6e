/* Early warning: rules as text, one engine that follows the journal, what it found, and what playing weeks back would have found. */
#ifndef HX_WARNING_H
#define HX_WARNING_H

#include "api/api.h"

/* warning_live.c: begins to follow the journal where it stopped; loop thread. */
enum hx_err warning_live_start(struct hx_app *app) HX_MUST_USE;
/* Saves what it has in mind; before the writer stops. */
void warning_live_stop(void);

extern const struct hx_module warning_module;
extern const struct hx_module rule_module;
extern const struct hx_module proof_module;

#endif
