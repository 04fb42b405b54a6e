#include "sheet.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#define COLUMNS_MAX 256

struct reading {
    json_t *strings, *rows, *row;
    struct buf text;
    bool in_text, shared;
    int column;
    bool full;
};

static const char *attribute(const char **attributes, const char *name)
{
    for (; attributes[0] != NULL; attributes += 2)
        if (strcmp(attributes[0], name) == 0) return attributes[1];
    return NULL;
}

/* "AB12" → 27 */
static int column_of(const char *reference)
{
    int n = 0;
    for (; *reference >= 'A' && *reference <= 'Z' && n < COLUMNS_MAX; reference++) n = n * 26 + (*reference - 'A' + 1);
    return n - 1;
}

static void on_start(void *arg, const char *name, const char **attributes)
{
    struct reading *r = arg;
    if (strcmp(name, "si") == 0) r->text.len = 0;
    if (strcmp(name, "row") == 0) r->row = json_array();
    if (strcmp(name, "c") == 0) {
        const char *reference = attribute(attributes, "r"), *type = attribute(attributes, "t");
        r->column = reference != NULL ? column_of(reference) : (int)json_array_size(r->row);
        r->shared = type != NULL && strcmp(type, "s") == 0;
        r->text.len = 0;
    }
    r->in_text = strcmp(name, "t") == 0 || strcmp(name, "v") == 0;
}

static void on_end(void *arg, const char *name)
{
    struct reading *r = arg;
    struct str text = buf_str(&r->text);
    r->in_text = false;
    if (strcmp(name, "si") == 0 && r->strings != NULL) json_array_append_new(r->strings, json_stringn(text.at, text.len));
    if (strcmp(name, "c") == 0 && r->row != NULL && r->column >= 0 && r->column < COLUMNS_MAX) {
        int64_t i;
        while ((int)json_array_size(r->row) < r->column) json_array_append_new(r->row, json_string(""));
        if (r->shared && str_to_i64(text, &i)) json_array_append(r->row, json_array_get(r->strings, (size_t)i));
        else json_array_append_new(r->row, json_stringn(text.at, text.len));
    }
    if (strcmp(name, "row") == 0 && r->row != NULL) {
        if (r->rows == NULL || json_array_size(r->rows) >= SHEET_ROWS_MAX) r->full = true, json_decref(r->row);
        else json_array_append_new(r->rows, r->row);
        r->row = NULL;
    }
}

static void on_text(void *arg, const char *bytes, int n)
{
    struct reading *r = arg;
    if (r->in_text) buf_add(&r->text, bytes, (size_t)n);
}

static bool read_part(struct reading *r, zip_t *zip, const char *name)
{
    zip_file_t *part = zip_fopen(zip, name, 0);
    if (part == NULL) return false;
    XML_Parser xml = XML_ParserCreate(NULL);
    char bytes[65536];
    zip_int64_t n = 0, total = 0;
    bool good = true;
    XML_SetUserData(xml, r);
    XML_SetElementHandler(xml, on_start, on_end);
    XML_SetCharacterDataHandler(xml, on_text);
    while (good && (n = zip_fread(part, bytes, sizeof bytes)) > 0) {
        total += n; /* what unpacks to more than this is no sheet of people */
        good = total <= SHEET_BYTES_MAX && XML_Parse(xml, bytes, (int)n, 0) == XML_STATUS_OK;
    }
    good = good && n == 0 && XML_Parse(xml, bytes, 0, 1) == XML_STATUS_OK;
    XML_ParserFree(xml);
    zip_fclose(part);
    return good;
}

json_t *sheet_read(const char *file, char *why, size_t why_bytes)
{
    int code;
    zip_t *zip = zip_open(file, ZIP_RDONLY, &code);
    if (zip == NULL) {
        snprintf(why, why_bytes, "the file is no XLSX workbook");
        return NULL;
    }
    struct reading r = {.strings = json_array()};
    buf_init(&r.text, 1 << 16);
    (void)read_part(&r, zip, "xl/sharedStrings.xml"); /* a workbook without texts has none */
    r.rows = json_array();
    bool good = read_part(&r, zip, "xl/worksheets/sheet1.xml") && !r.full;
    zip_close(zip);
    buf_free(&r.text);
    json_decref(r.strings);
    json_decref(r.row);
    if (good) return r.rows;
    snprintf(why, why_bytes, r.full ? "the sheet has more than %d rows" : "the first sheet cannot be read (limit %d rows)", SHEET_ROWS_MAX);
    json_decref(r.rows);
    return NULL;
}
