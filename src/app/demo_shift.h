/* The sheets of the demo prefecture's last shifts. */
#ifndef HX_DEMO_SHIFT_H
#define HX_DEMO_SHIFT_H

#include "store/writer.h"

enum hx_err demo_shift(struct tx *tx) HX_MUST_USE;

#endif
