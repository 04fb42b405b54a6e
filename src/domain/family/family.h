/* Families: whom a pupil may be handed to, what is released to them, who does not come today. A guardian's phone has no account: it joins by a
 * slip that the school gives out, and sees its own child's school alone. */
#ifndef HX_FAMILY_H
#define HX_FAMILY_H

#include "api/api.h"

/* A guardian of a class of this school; the body is one item of FamilyNew. INVALID with the reason. */
enum hx_err guardian_make(struct tx *tx, const struct seal *seal, int64_t school, const json_t *body, int64_t id) HX_MUST_USE;

extern const struct hx_module family_module;
extern const struct hx_module family_page_module;
extern const struct hx_module family_roll_module;

#endif
