/* What the demo prefecture did before today: vice principals, lessons, drills, rounds. As of 2022-08-31 it counts as the article does. */
#ifndef HX_DEMO_PAST_H
#define HX_DEMO_PAST_H

#include "store/writer.h"

#define ARTICLE_DAY_MS 1661875200000LL /* 2022-08-31T00:00+08:00 */

enum hx_err demo_past(struct tx *tx) HX_MUST_USE;

#endif
