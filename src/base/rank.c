#include "rank.h"

#include <stdlib.h>

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void rank_sort(int64_t *values, size_t count)
{
    if (count > 0) qsort(values, count, sizeof *values, by_size);
}

json_t *rank_percentile(const int64_t *sorted, size_t count, int percent)
{
    if (count == 0) return json_null();
    size_t rank = (count * (size_t)percent + 99) / 100;
    return json_integer(sorted[rank > 0 ? rank - 1 : 0]);
}
