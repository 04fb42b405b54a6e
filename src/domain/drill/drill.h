/* Drills of the schools' plans. */
#ifndef HX_DRILL_H
#define HX_DRILL_H

#include "api/api.h"

/* A closed drill of the past, for the demo. */
enum hx_err drill_load(struct tx *tx, int64_t id, int64_t school_id, const char *kind, const char *title, const char *date, bool guided, int64_t participants, const char *timeline, const char *evaluation) HX_MUST_USE;

extern const struct hx_module drill_module;

#endif
