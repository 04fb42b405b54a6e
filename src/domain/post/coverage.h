/* How well the gates are manned: now, and by the minute of a day. */
#ifndef HX_COVERAGE_H
#define HX_COVERAGE_H

#include <jansson.h>

#include "store/db.h"

/* {date, now, items:[a school each: needed, here, state, planned and manned minutes], totals:{setting, presence, on time,
 * management}} for the schools that the person may see. NULL on a store error. */
json_t *coverage_json(struct db *db, const char *date, const char *county, int64_t sees_all, int64_t person_id, int64_t now_ms);

#endif
