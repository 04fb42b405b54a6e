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
