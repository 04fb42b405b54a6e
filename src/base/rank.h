/* Percentiles by nearest rank: the smallest value that so many per cent of the values do not exceed. */
#ifndef HX_RANK_H
#define HX_RANK_H

#include <stddef.h>

#include "base/json.h"

void rank_sort(int64_t *values, size_t count);
/* Of sorted values; null where there are none. */
json_t *rank_percentile(const int64_t *sorted, size_t count, int percent);

#endif
