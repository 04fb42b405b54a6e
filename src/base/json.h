/* Thin words over jansson: reading fields of a checked body, writing times, one way to print. */
#ifndef HX_JSON_H
#define HX_JSON_H

#include <jansson.h>

#include "base/str.h"

/* Parses with duplicate keys refused; on failure *out is NULL and error[] says where and why. */
enum hx_err json_parse(struct str text, json_t **out, char *error, size_t error_bytes);
/* Compact text; the caller frees it. NULL becomes "null". */
char *json_text(const json_t *j);

/* Readers: the default where the field is missing or null. Text lives as long as the object. */
const char *json_z(const json_t *object, const char *name, const char *otherwise);
int64_t json_i64(const json_t *object, const char *name, int64_t otherwise);
double json_f64(const json_t *object, const char *name, double otherwise);
bool json_flag(const json_t *object, const char *name, bool otherwise);
bool json_has(const json_t *object, const char *name); /* present and not null */

void json_put_z(json_t *object, const char *name, const char *z); /* NULL becomes null */
void json_put_str(json_t *object, const char *name, struct str text);
void json_put_i64(json_t *object, const char *name, int64_t v);
void json_put_time(json_t *object, const char *name, int64_t utc_ms); /* 0 becomes null */

/* Writing JSON text without building a tree, for what happens thousands of times a second: open, fields, close. */
void json_open(struct buf *b);
void json_add_z(struct buf *b, const char *name, const char *z); /* NULL becomes null; z is valid UTF-8 */
void json_add_str(struct buf *b, const char *name, struct str text);
void json_add_i64(struct buf *b, const char *name, int64_t v);
void json_add_id(struct buf *b, const char *name, int64_t id); /* 0 becomes null */
void json_add_flag(struct buf *b, const char *name, bool v);
void json_add_time(struct buf *b, const char *name, int64_t utc_ms); /* 0 becomes null */
void json_close(struct buf *b);
void json_add_quoted(struct buf *b, struct str text); /* a string alone, escaped */

#endif
