/* What the demo prefecture did at its gates on the days of this week that are over. */
#ifndef HX_DEMO_WEEK_H
#define HX_DEMO_WEEK_H

#include "store/writer.h"

enum hx_err demo_week(struct tx *tx) HX_MUST_USE;

#endif
