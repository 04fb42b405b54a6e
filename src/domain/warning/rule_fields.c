#include "rule_fields.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash_more(uint32_t h, struct str s)
{
    for (size_t i = 0; i < s.len; i++) h = (h ^ (uint8_t)s.at[i]) * 16777619u;
    return h;
}

#define NUMBER_MAX 1e15 /* ids stay exact as double, and fit an int64_t */
#define HASH_BEGIN 2166136261u

static int find(const struct field_set *set, uint32_t hash, struct str outer, struct str name)
{
    for (uint32_t slot = hash % sizeof set->slots;; slot = (slot + 1) % sizeof set->slots) {
        int i = set->slots[slot] - 1;
        if (i < 0) return -1;
        if (set->hashes[i] != hash) continue;
        const char *kept = set->names[i];
        size_t head = outer.len > 0 ? outer.len + 1 : 0;
        if (strlen(kept) == head + name.len && memcmp(kept, outer.at, outer.len) == 0 && memcmp(kept + head, name.at, name.len) == 0) return i;
    }
}

static uint32_t hash_of(struct str outer, struct str name)
{
    uint32_t h = HASH_BEGIN;
    if (outer.len > 0) h = hash_more(hash_more(h, outer), STR("."));
    return hash_more(h, name);
}

int field_set_add(struct field_set *set, struct str name)
{
    const char *dot = name.len > 0 ? memchr(name.at, '.', name.len) : NULL;
    struct str outer = {"", 0}, inner = name;
    if (dot != NULL) {
        outer = (struct str){name.at, (size_t)(dot - name.at)};
        inner = (struct str){dot + 1, name.len - outer.len - 1};
    }
    uint32_t h = hash_of(outer, inner);
    int i = find(set, h, outer, inner);
    if (i >= 0) return i;
    if (set->count == FIELDS_MAX || name.len >= sizeof set->names[0]) return -1;
    str_to_z(name, set->names[set->count], sizeof set->names[0]);
    set->hashes[set->count] = h;
    uint32_t slot = h % sizeof set->slots;
    while (set->slots[slot] != 0) slot = (slot + 1) % sizeof set->slots;
    set->slots[slot] = (uint8_t)(set->count + 1);
    return set->count++;
}

struct reader {
    const char *at, *end;
};

static void blanks(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r')) r->at++;
}

/* After the opening quote; the quote that ends it is eaten. */
static bool take_string(struct reader *r, struct str *out)
{
    const char *from = r->at;
    for (; r->at < r->end && *r->at != '"'; r->at++)
        if (*r->at == '\\' && r->at + 1 < r->end) r->at++;
    if (r->at >= r->end) return false;
    *out = (struct str){from, (size_t)(r->at++ - from)};
    return true;
}

/* Jumps over an object or array whose first bracket has been eaten. */
static bool skip_nested(struct reader *r)
{
    struct str ignored;
    for (int depth = 1; r->at < r->end;) {
        char c = *r->at++;
        if (c == '"' && !take_string(r, &ignored)) return false;
        if (c == '{' || c == '[') depth++;
        if ((c == '}' || c == ']') && --depth == 0) return true;
    }
    return false;
}

static struct str take_bare(struct reader *r)
{
    const char *from = r->at;
    while (r->at < r->end && *r->at != ',' && *r->at != '}' && *r->at != ']' && *r->at != ' ' && *r->at != '\n') r->at++;
    return (struct str){from, (size_t)(r->at - from)};
}

static double number_of(struct str text)
{
    char z[40];
    double v = strtod(str_to_z(text, z, sizeof z), NULL);
    return v > NUMBER_MAX ? NUMBER_MAX : v > -NUMBER_MAX ? v : -NUMBER_MAX; /* no number is none either */
}

static bool read_object(const struct field_set *set, struct reader *r, struct str outer, struct field_value *values);

static bool read_value(const struct field_set *set, struct reader *r, struct str outer, struct str name, struct field_value *values)
{
    if (r->at >= r->end) return false;
    int i = find(set, hash_of(outer, name), outer, name);
    struct field_value v = {.kind = FIELD_NULL};
    if (*r->at == '"') {
        r->at++;
        v.kind = FIELD_TEXT;
        if (!take_string(r, &v.text)) return false;
    } else if (*r->at == '{' && outer.len == 0) {
        r->at++;
        if (!read_object(set, r, name, values)) return false;
    } else if (*r->at == '{' || *r->at == '[') {
        r->at++;
        if (!skip_nested(r)) return false;
    } else {
        v.text = take_bare(r);
        if (v.text.len == 0) return false;
        if (*v.text.at == 't' || *v.text.at == 'f') v = (struct field_value){.kind = FIELD_FLAG, .number = *v.text.at == 't', .text = v.text};
        else if (*v.text.at != 'n' && i >= 0) v = (struct field_value){.kind = FIELD_NUMBER, .number = number_of(v.text), .text = v.text};
    }
    if (i >= 0) values[i] = v;
    return true;
}

static bool read_object(const struct field_set *set, struct reader *r, struct str outer, struct field_value *values)
{
    for (;;) {
        struct str name;
        blanks(r);
        if (r->at >= r->end) return false;
        if (*r->at == '}') return r->at++, true;
        if (*r->at == ',') {
            r->at++;
            continue;
        }
        if (*r->at++ != '"' || !take_string(r, &name)) return false;
        blanks(r);
        if (r->at >= r->end || *r->at++ != ':') return false;
        blanks(r);
        if (!read_value(set, r, outer, name, values)) return false;
    }
}

void field_read(const struct field_set *set, struct str json, struct field_value *values)
{
    struct reader r = {json.at, json.at + json.len};
    memset(values, 0, (size_t)set->count * sizeof *values);
    blanks(&r);
    if (r.at < r.end && *r.at++ == '{') (void)read_object(set, &r, (struct str){"", 0}, values);
}
