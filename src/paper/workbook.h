/* Tables for a spreadsheet: JSON in, an XLSX file's bytes out. For the process of `huxue workbook`, as paper.h. */
#ifndef HX_WORKBOOK_H
#define HX_WORKBOOK_H

#include "base/json.h"

#define WORKBOOK_MAX (24u << 20)

/* {"sheets":[{"name","widths":[characters,…],"head":["…"],"rows":[["text",1,…],…]}]}; texts are written as texts, never as formulas.
 * INVALID with a reason. */
enum hx_err workbook_xlsx(const json_t *document, struct buf *out, char *why, size_t why_bytes) HX_MUST_USE;

#endif
