/* Documents for the file, as blocks that `huxue paper` and `huxue workbook` turn into a PDF or a spreadsheet (src/paper/). */
#ifndef HX_DOCUMENT_H
#define HX_DOCUMENT_H

#include "api/api.h"

/* `page`: "{n} / {m}" in the language of the document. The foot gets the time at which it is made. */
json_t *document_new(const char *unit, const char *title, const char *subtitle, const char *foot, const char *page);
/* A block: "h", "p", "facts", "table", "images", "sign"; `content` is taken over. */
void document_add(json_t *doc, const char *kind, json_t *content);
/* A pair for "facts"; none where the text is empty. */
void document_fact(json_t *facts, const char *name, const char *text);
/* A table without rows: shares as JSON ("[2,5]"), heads with '|' between. */
json_t *document_table(const char *widths, const char *heads);
void document_row(json_t *table, json_t *cells);
/* Adds a table (taken over), or where it has no row a sentence; NULL: nothing. */
void document_add_table(json_t *doc, json_t *table, const char *otherwise);
/* "2026-11-25 18:00", local, of a time in UTC; "" for none. */
const char *document_time(const char *utc, char out[24]);
/* The Chinese (or other) word of a table of {key, word} pairs, or the key itself. */
const char *document_word(const char *const (*table)[2], size_t n, const char *key);
#define DOCUMENT_WORD(table, key) document_word(table, HX_COUNT(table), key)

/* Answers a GET with the file that `maker` ("paper", "workbook") makes of the document, which is taken over. Blocks its reader
 * for some hundred milliseconds. */
enum hx_err document_send(struct call *c, const char *maker, json_t *doc) HX_MUST_USE;

#endif
