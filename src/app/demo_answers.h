/* What the demo prefecture's desks answered in the four weeks that are over, so that the figures of answers have something to count. */
#ifndef HX_DEMO_ANSWERS_H
#define HX_DEMO_ANSWERS_H

#include "store/writer.h"

enum hx_err demo_answers(struct tx *tx) HX_MUST_USE;

#endif
