#include "workbook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

static enum hx_err add_sheet(lxw_workbook *book, lxw_format *bold, const json_t *s, char *why, size_t why_bytes)
{
    size_t i, k;
    const json_t *one, *cell;
    lxw_worksheet *sheet = workbook_add_worksheet(book, json_z(s, "name", NULL));
    if (sheet == NULL) return snprintf(why, why_bytes, "a sheet's name is taken or no name"), HX_E_INVALID;
    json_array_foreach(json_object_get(s, "widths"), i, one) worksheet_set_column(sheet, (lxw_col_t)i, (lxw_col_t)i, json_number_value(one), NULL);
    json_array_foreach(json_object_get(s, "head"), i, one) worksheet_write_string(sheet, 0, (lxw_col_t)i, json_string_value(one) != NULL ? json_string_value(one) : "", bold);
    worksheet_freeze_panes(sheet, 1, 0);
    json_array_foreach(json_object_get(s, "rows"), i, one)
        json_array_foreach(one, k, cell)
        {
            lxw_error e = json_is_number(cell) ? worksheet_write_number(sheet, (lxw_row_t)(i + 1), (lxw_col_t)k, json_number_value(cell), NULL)
                                               : worksheet_write_string(sheet, (lxw_row_t)(i + 1), (lxw_col_t)k, json_string_value(cell) != NULL ? json_string_value(cell) : "", NULL);
            if (e != LXW_NO_ERROR) return snprintf(why, why_bytes, "%s", lxw_strerror(e)), HX_E_INVALID;
        }
    return HX_OK;
}

static enum hx_err read_back(const char *path, struct buf *out)
{
    char piece[65536];
    size_t n;
    FILE *f = fopen(path, "rb");
    if (f == NULL) return HX_E_STORE;
    while ((n = fread(piece, 1, sizeof piece, f)) > 0) buf_add(out, piece, n);
    bool whole = !ferror(f) && !out->full;
    fclose(f);
    return whole ? HX_OK : HX_E_LIMIT;
}

enum hx_err workbook_xlsx(const json_t *d, struct buf *out, char *why, size_t why_bytes)
{
    const json_t *sheets = json_object_get(d, "sheets"), *one;
    size_t i;
    const char *tmp = getenv("TMPDIR");
    char path[300];
    snprintf(path, sizeof path, "%.200s/huxue-workbook-XXXXXX", tmp != NULL ? tmp : "/tmp");
    int fd = json_array_size(sheets) > 0 ? mkstemp(path) : -1;
    if (fd < 0) return snprintf(why, why_bytes, "no sheets, or no place for a temporary file"), HX_E_INVALID;
    close(fd);
    lxw_workbook *book = workbook_new(path);
    lxw_format *bold = book != NULL ? workbook_add_format(book) : NULL;
    enum hx_err e = bold != NULL ? HX_OK : HX_E_INVALID;
    if (bold != NULL) format_set_bold(bold);
    json_array_foreach(sheets, i, one)
        if (!e) e = add_sheet(book, bold, one, why, why_bytes);
    lxw_error closed = book != NULL ? workbook_close(book) : LXW_ERROR_MEMORY_MALLOC_FAILED;
    if (!e && closed != LXW_NO_ERROR) e = (snprintf(why, why_bytes, "%s", lxw_strerror(closed)), HX_E_INVALID);
    if (!e) e = read_back(path, out);
    unlink(path);
    return e;
}
