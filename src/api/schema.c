#include "schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/embedded.h"
#include "base/sentence.h"

#define DEPTH_MAX 16

struct check {
    const struct schema *schema;
    char *why;
    size_t why_bytes;
    bool chinese;
};

void schema_open(struct schema *s)
{
    char why[160];
    const struct embedded_file *file = embedded_find("openapi.json");
    HX_ASSERT(file != NULL);
    HX_ASSERT(json_parse((struct str){file->bytes, file->size}, &s->document, why, sizeof why) == HX_OK);
}

void schema_close(struct schema *s)
{
    json_decref(s->document);
}

struct str schema_text(void)
{
    const struct embedded_file *file = embedded_find("openapi.json");
    return (struct str){file->bytes, file->size};
}

static const json_t *resolve(const struct schema *s, const json_t *schema)
{
    const char *ref = json_z(schema, "$ref", NULL);
    if (ref == NULL) return schema;
    const char *name = strrchr(ref, '/');
    const json_t *found = json_object_get(json_object_get(json_object_get(s->document, "components"), "schemas"), name != NULL ? name + 1 : ref);
    HX_ASSERT(found != NULL);
    return found;
}

const json_t *schema_of_body(const struct schema *s, const char *method, const char *path, bool *required)
{
    char lower[8];
    size_t n = 0;
    for (; method[n] != 0 && n < sizeof lower - 1; n++) lower[n] = (char)(method[n] | 0x20);
    lower[n] = 0;
    const json_t *operation = json_object_get(json_object_get(json_object_get(s->document, "paths"), path), lower);
    const json_t *body = json_object_get(operation, "requestBody");
    *required = json_flag(body, "required", false);
    const json_t *media = json_object_get(json_object_get(body, "content"), "application/json");
    return media != NULL ? json_object_get(media, "schema") : NULL;
}

static bool HX_PRINTF(3, 4) schema_fail(struct check *c, const char *where, const char *format, ...)
{
    char what[400];
    va_list args;
    va_start(args, format);
    sentence_write(what, sizeof what, c->chinese, format, args);
    va_end(args);
    snprintf(c->why, c->why_bytes, "%s: %s", where[0] != 0 ? where : "body", what);
    return false;
}

static bool type_fits(const char *type, const json_t *v)
{
    if (strcmp(type, "string") == 0) return json_is_string(v);
    if (strcmp(type, "integer") == 0) return json_is_integer(v);
    if (strcmp(type, "number") == 0) return json_is_number(v);
    if (strcmp(type, "boolean") == 0) return json_is_boolean(v);
    if (strcmp(type, "object") == 0) return json_is_object(v);
    if (strcmp(type, "array") == 0) return json_is_array(v);
    return strcmp(type, "null") == 0 && json_is_null(v);
}

static bool check_type(struct check *c, const json_t *schema, const json_t *v, const char *where)
{
    const json_t *type = json_object_get(schema, "type");
    if (type == NULL || (json_is_string(type) && type_fits(json_string_value(type), v))) return true;
    for (size_t i = 0; i < json_array_size(type); i++)
        if (type_fits(json_string_value(json_array_get(type, i)), v)) return true;
    const char *want = json_is_string(type) ? json_string_value(type) : json_string_value(json_array_get(type, 0));
    return schema_fail(c, where, "must be of the type %s", want);
}

/* Characters, not bytes: a Chinese name of 20 characters has length 20. */
static int64_t text_length(const char *z)
{
    int64_t n = 0;
    for (; *z != 0; z++) n += ((unsigned char)*z & 0xC0) != 0x80;
    return n;
}

static bool check_text(struct check *c, const json_t *schema, const json_t *v, const char *where)
{
    int64_t n = text_length(json_string_value(v)), least = json_i64(schema, "minLength", 0), most = json_i64(schema, "maxLength", INT64_MAX), when;
    if (strlen(json_string_value(v)) != json_string_length(v)) return schema_fail(c, where, "must not hold a NUL character");
    if (n < least && least == 1) return schema_fail(c, where, "must not be empty");
    if (n < least) return schema_fail(c, where, "must have at least %lld characters", (long long)least);
    if (n > most) return schema_fail(c, where, "must have at most %lld characters", (long long)most);
    if (strcmp(json_z(schema, "format", ""), "date-time") == 0 && !clock_parse(str_of(json_string_value(v)), &when))
        return schema_fail(c, where, "must be a time like 2026-11-23T21:00:00.000Z");
    return true;
}

static bool check_number(struct check *c, const json_t *schema, const json_t *v, const char *where)
{
    double x = json_number_value(v), least = json_f64(schema, "minimum", -1e300), most = json_f64(schema, "maximum", 1e300);
    return (x >= least && x <= most) || schema_fail(c, where, "must be between %.15g and %.15g", least, most);
}

static bool check_value(struct check *c, const json_t *schema, const json_t *v, const char *where, int depth);

static bool check_object(struct check *c, const json_t *schema, const json_t *v, const char *where, int depth)
{
    const json_t *properties = json_object_get(schema, "properties"), *required = json_object_get(schema, "required");
    char path[128];
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *name = json_string_value(json_array_get(required, i));
        snprintf(path, sizeof path, "%s%s%s", where, where[0] != 0 ? "." : "", name);
        if (json_object_get(v, name) == NULL) return schema_fail(c, path, "is missing");
    }
    bool closed = json_is_false(json_object_get(schema, "additionalProperties"));
    const char *name;
    json_t *field;
    json_object_foreach((json_t *)(uintptr_t)v, name, field) {
        const json_t *wanted = json_object_get(properties, name);
        snprintf(path, sizeof path, "%s%s%s", where, where[0] != 0 ? "." : "", name);
        if (wanted == NULL && closed) return schema_fail(c, path, "is not a field of this request");
        if (wanted != NULL && !check_value(c, wanted, field, path, depth + 1)) return false;
    }
    return true;
}

static bool check_array(struct check *c, const json_t *schema, const json_t *v, const char *where, int depth)
{
    char path[128];
    int64_t n = (int64_t)json_array_size(v), most = json_i64(schema, "maxItems", INT64_MAX);
    if (n > most || n < json_i64(schema, "minItems", 0)) return schema_fail(c, where, "must have %lld to %lld entries", (long long)json_i64(schema, "minItems", 0), (long long)most);
    const json_t *items = json_object_get(schema, "items");
    for (size_t i = 0; items != NULL && i < (size_t)n; i++) {
        snprintf(path, sizeof path, "%s[%zu]", where, i);
        if (!check_value(c, items, json_array_get(v, i), path, depth + 1)) return false;
    }
    return true;
}

static bool check_enum(struct check *c, const json_t *choices, const json_t *v, const char *where)
{
    struct buf what;
    buf_init(&what, 400);
    for (size_t i = 0; i < json_array_size(choices); i++) {
        const json_t *choice = json_array_get(choices, i);
        if (json_equal(choice, v)) {
            buf_free(&what);
            return true;
        }
        if (json_is_string(choice)) buf_printf(&what, " %s", json_string_value(choice));
    }
    schema_fail(c, where, "must be one of%.*s", (int)what.len, what.len > 0 ? what.at : "");
    buf_free(&what);
    return false;
}

static bool check_value(struct check *c, const json_t *schema, const json_t *v, const char *where, int depth)
{
    schema = resolve(c->schema, schema);
    if (depth > DEPTH_MAX) return schema_fail(c, where, "is nested too deep");
    if (!check_type(c, schema, v, where)) return false;
    const json_t *choices = json_object_get(schema, "enum");
    if (choices != NULL && !json_is_null(v) && !check_enum(c, choices, v, where)) return false;
    if (json_is_string(v)) return check_text(c, schema, v, where);
    if (json_is_number(v)) return check_number(c, schema, v, where);
    if (json_is_object(v)) return check_object(c, schema, v, where, depth);
    if (json_is_array(v)) return check_array(c, schema, v, where, depth);
    return true;
}

bool schema_check(const struct schema *s, const json_t *schema, const json_t *value, bool chinese, char *why, size_t why_bytes)
{
    struct check c = {.chinese = chinese, .schema = s, .why = why, .why_bytes = why_bytes};
    return check_value(&c, schema, value, "", 0);
}
