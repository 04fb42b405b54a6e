/* One record of CSV (RFC 4180, also with ';' or tabs): fields may be quoted, and quoted fields may hold line breaks. Pure. */
#ifndef HX_CSV_H
#define HX_CSV_H

#include "base/str.h"

#define CSV_FIELDS_MAX 64
#define CSV_FIELD_BYTES_MAX 4096

/* Takes the next record from *rest into fields[], unquoted inside `room` (as long as the input). Returns the count, 0 at the end,
 * -1 for a broken quote or too many or too long fields. */
int csv_record(struct str *rest, char separator, struct str fields[CSV_FIELDS_MAX], char *room);
/* The separator that the first line uses: ',', ';' or tab. */
char csv_separator(struct str text);

#endif
