/* Plans and the tasks that run from them. */
#ifndef HX_PLAN_H
#define HX_PLAN_H

#include "api/api.h"

/* Stores a text as the next version of a plan (plan 0: a new one). `signed_by` != 0 signs it for both sides, for the plans
 * that ship with the program. INVALID with tx->detail naming the line. */
enum hx_err plan_make(struct tx *tx, int64_t plan_id, int64_t school_id, struct str text, int64_t signed_by, int64_t demo, int64_t *version_id) HX_MUST_USE;
/* The plans that ship with the program, as defaults of all schools; those that are there already stay. */
enum hx_err plan_seed(struct tx *tx, int64_t signed_by) HX_MUST_USE;

/* A step that is ready is done, with the answer where it asks; what hangs on it begins. ILLEGAL or INVALID with tx->detail. */
enum hx_err task_finish(struct tx *tx, int64_t id, const char *answer, int64_t person) HX_MUST_USE;

extern const struct hx_module plan_module;

#endif
