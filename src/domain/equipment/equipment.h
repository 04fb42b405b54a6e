/* Equipment of the schools' guards: items, checks, and whether each kit is complete and in date. */
#ifndef HX_EQUIPMENT_H
#define HX_EQUIPMENT_H

#include "api/api.h"

/* An item as the demo has it, checked at a moment (UTC ms) with a result. */
enum hx_err equipment_load(struct tx *tx, int64_t id, int64_t school_id, const char *kind, const char *code, const char *made_on, const char *expires_on, const char *state, int64_t checked_at) HX_MUST_USE;

extern const struct hx_module equipment_module;

#endif
