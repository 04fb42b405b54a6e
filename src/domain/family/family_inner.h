/* What the two sides of families share. */
#ifndef HX_FAMILY_INNER_H
#define HX_FAMILY_INNER_H

#include "io/seal.h"
#include "store/writer.h"

extern struct seal family_seal;
/* family_roll.c: the pupil is no longer missing today; nothing where they were not. */
enum hx_err roll_found(struct tx *tx, int64_t class_id, const char *pupil) HX_MUST_USE;

#endif
