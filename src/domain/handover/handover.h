/* The sheet that one shift gives to the next. */
#ifndef HX_HANDOVER_H
#define HX_HANDOVER_H

#include "api/api.h"
#include "store/writer.h"

/* A sheet of a shift that is over, for a prefecture that is loaded: nothing stood open. */
struct handover_past {
    int64_t from, taken_by; /* persons */
    int64_t made_at, taken_at; /* UTC ms */
    const char *note;
};
enum hx_err handover_load(struct tx *tx, const struct handover_past *p) HX_MUST_USE;

extern const struct hx_module handover_module;

#endif
