/* The first sheet of an XLSX workbook, read with libzip and expat: shared and inline strings, numbers as text. */
#ifndef HX_SHEET_H
#define HX_SHEET_H

#include "base/json.h"

#define SHEET_ROWS_MAX 200000
#define SHEET_BYTES_MAX (256 << 20)

/* An array of rows, each an array of texts; NULL with why[]. */
json_t *sheet_read(const char *file, char *why, size_t why_bytes);

#endif
