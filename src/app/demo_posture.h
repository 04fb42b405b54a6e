/* Classes and devices of the demo's schools. */
#ifndef HX_DEMO_POSTURE_H
#define HX_DEMO_POSTURE_H

#include "domain/posture/posture.h"

/* Classes of about 42 pupils, as many grades as the kind of school has: 0 kindergarten, 1 primary, 2 middle, 3 high, 4 vocational. */
enum hx_err demo_classes(struct tx *tx, int64_t school, int kind, int pupils) HX_MUST_USE;
/* Siren, speakers, outer doors and screen at the box that `huxue sim site` plays. */
enum hx_err demo_outputs(struct tx *tx, const struct seal *seal, int64_t school, const char *code) HX_MUST_USE;

/* Families of a school: two of each class. */
enum hx_err demo_families(struct tx *tx, const struct seal *seal, int64_t school) HX_MUST_USE;

#endif
