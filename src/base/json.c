#include "json.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

enum hx_err json_parse(struct str text, json_t **out, char *error, size_t error_bytes)
{
    json_error_t where;
    *out = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
    if (*out != NULL) return HX_OK;
    snprintf(error, error_bytes, "line %d, column %d: %s", where.line, where.column, where.text);
    return HX_E_MALFORMED;
}

char *json_text(const json_t *j)
{
    char *text = j != NULL ? json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    return text != NULL ? text : str_dup(STR("null"));
}

const char *json_z(const json_t *object, const char *name, const char *otherwise)
{
    const char *z = json_string_value(json_object_get(object, name));
    return z != NULL ? z : otherwise;
}

int64_t json_i64(const json_t *object, const char *name, int64_t otherwise)
{
    const json_t *v = json_object_get(object, name);
    return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

double json_f64(const json_t *object, const char *name, double otherwise)
{
    const json_t *v = json_object_get(object, name);
    return json_is_number(v) ? json_number_value(v) : otherwise;
}

bool json_flag(const json_t *object, const char *name, bool otherwise)
{
    const json_t *v = json_object_get(object, name);
    return json_is_boolean(v) ? json_is_true(v) : otherwise;
}

bool json_has(const json_t *object, const char *name)
{
    const json_t *v = json_object_get(object, name);
    return v != NULL && !json_is_null(v);
}

void json_put_z(json_t *object, const char *name, const char *z)
{
    json_object_set_new(object, name, z != NULL ? json_string(z) : json_null());
}

void json_put_str(json_t *object, const char *name, struct str text)
{
    json_object_set_new(object, name, json_stringn(text.at, text.len));
}

void json_put_i64(json_t *object, const char *name, int64_t v)
{
    json_object_set_new(object, name, json_integer(v));
}

void json_put_time(json_t *object, const char *name, int64_t utc_ms)
{
    char text[CLOCK_TEXT_MAX];
    json_put_z(object, name, utc_ms != 0 ? clock_format(utc_ms, text) : NULL);
}

void json_open(struct buf *b)
{
    buf_add(b, "{", 1);
}

void json_close(struct buf *b)
{
    buf_add(b, "}", 1);
}

void json_add_quoted(struct buf *b, struct str text)
{
    size_t from = 0;
    buf_add(b, "\"", 1);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        buf_add(b, text.at + from, i - from);
        from = i + 1;
        if (c < 0x20) buf_printf(b, "\\u%04x", c);
        else buf_printf(b, "\\%c", c);
    }
    buf_add(b, text.at + from, text.len - from);
    buf_add(b, "\"", 1);
}

static void add_name(struct buf *b, const char *name)
{
    if (b->len > 0 && b->at[b->len - 1] != '{') buf_add(b, ",", 1);
    buf_add(b, "\"", 1);
    buf_add_z(b, name);
    buf_add(b, "\":", 2);
}

void json_add_str(struct buf *b, const char *name, struct str text)
{
    add_name(b, name);
    json_add_quoted(b, text);
}

void json_add_z(struct buf *b, const char *name, const char *z)
{
    add_name(b, name);
    if (z != NULL) json_add_quoted(b, str_of(z));
    else buf_add(b, "null", 4);
}

void json_add_i64(struct buf *b, const char *name, int64_t v)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    add_name(b, name);
    do digits[--at] = (char)('0' + u % 10);
    while ((u /= 10) != 0);
    if (v < 0) digits[--at] = '-';
    buf_add(b, digits + at, sizeof digits - at);
}

void json_add_id(struct buf *b, const char *name, int64_t id)
{
    if (id != 0) json_add_i64(b, name, id);
    else json_add_z(b, name, NULL);
}

void json_add_flag(struct buf *b, const char *name, bool v)
{
    add_name(b, name);
    buf_add_z(b, v ? "true" : "false");
}

void json_add_time(struct buf *b, const char *name, int64_t utc_ms)
{
    char text[CLOCK_TEXT_MAX];
    json_add_z(b, name, utc_ms != 0 ? clock_format(utc_ms, text) : NULL);
}
