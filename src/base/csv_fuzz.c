#include <stdlib.h>

#include "base/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str rest = {(const char *)data, n}, fields[CSV_FIELDS_MAX];
    char *room = malloc(n + 1);
    HX_ASSERT(room != NULL);
    while (csv_record(&rest, csv_separator(rest), fields, room) > 0) continue;
    free(room);
    return 0;
}
