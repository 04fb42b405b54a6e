/* The demo's drill of today: the Zhenfeng case, approved, with the demo's people in its parts. */
#ifndef HX_DEMO_DRILL_H
#define HX_DEMO_DRILL_H

#include "domain/drill/drill.h"

enum hx_err demo_drill(struct tx *tx, int64_t school) HX_MUST_USE;

#endif
