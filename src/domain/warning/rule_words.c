#include "rule_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sentence.h"

#define NAME_MAX_BYTES 32

enum hx_err words_wrong(struct reading *r, const char *format, ...)
{
    if (r->err) return r->err; /* the first fault is the one to mend */
    va_list args;
    sentence_print(r->why, r->why_bytes, r->chinese, "line %d: ", r->line);
    size_t n = strlen(r->why);
    va_start(args, format);
    sentence_write(r->why + n, r->why_bytes - n, r->chinese, format, args);
    va_end(args);
    return r->err = HX_E_MALFORMED;
}

void words_skip(struct reading *r)
{
    r->rest = str_trim(r->rest);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

struct str words_peek(struct reading *r)
{
    words_skip(r);
    size_t n = 0;
    while (n < r->rest.len && (is_letter(r->rest.at[n]) || (n > 0 && (is_digit(r->rest.at[n]) || r->rest.at[n] == '.' || r->rest.at[n] == '-')))) n++;
    return (struct str){r->rest.at, n};
}

void words_eat(struct reading *r, size_t n)
{
    r->rest.at += n;
    r->rest.len -= n;
    words_skip(r);
}

struct str words_name(struct reading *r, const char *what)
{
    struct str name = words_peek(r);
    if (name.len == 0 || name.len > NAME_MAX_BYTES) {
        words_wrong(r, "want %s of 1 to %d letters", what, NAME_MAX_BYTES);
        return (struct str){"", 0};
    }
    words_eat(r, name.len);
    return name;
}

bool words_try(struct reading *r, const char *name)
{
    struct str found = words_peek(r);
    if (!str_eq_z(found, name)) return false;
    words_eat(r, found.len);
    return true;
}

bool words_try_sign(struct reading *r, const char *sign)
{
    words_skip(r);
    if (!str_starts(r->rest, str_of(sign))) return false;
    words_eat(r, strlen(sign));
    return true;
}

void words_want(struct reading *r, const char *name)
{
    if (!words_try(r, name)) words_wrong(r, "want the word %s", name);
}

double words_number(struct reading *r)
{
    char text[32];
    size_t n = 0;
    words_skip(r);
    while (n < r->rest.len && n + 1 < sizeof text && (is_digit(r->rest.at[n]) || r->rest.at[n] == '.' || (n == 0 && r->rest.at[n] == '-'))) n++;
    str_to_z((struct str){r->rest.at, n}, text, sizeof text);
    char *end = text;
    double v = n > 0 ? strtod(text, &end) : 0;
    if (n == 0 || *end != 0 || v > 1e15 || v < -1e15) return words_wrong(r, "want a number"), 0;
    r->rest.at += n;
    r->rest.len -= n;
    return v;
}

int words_count(struct reading *r, int least, int most)
{
    double v = words_number(r);
    words_skip(r);
    if (!r->err && (v != (double)(int)v || v < least || v > most)) words_wrong(r, "want a whole number of %d to %d", least, most);
    return r->err ? least : (int)v;
}

int64_t words_time(struct reading *r, bool may_be_negative)
{
    double v = words_number(r);
    struct str unit = words_peek(r);
    int64_t each = str_eq_z(unit, "s") ? 1000 : str_eq_z(unit, "m") ? 60000 : str_eq_z(unit, "h") ? 3600000 : str_eq_z(unit, "d") ? 86400000 : 0;
    bool zero = v == 0 && each == 0; /* 0 needs no unit */
    if (!r->err && each == 0 && !zero) words_wrong(r, "want a time like 60s, 5m, 24h or 30d");
    if (!zero) words_eat(r, unit.len);
    if (!r->err && ((v < 0 && !may_be_negative) || v * (double)each > (double)RULE_WINDOW_MAX_MS || v * (double)each < -(double)RULE_WINDOW_MAX_MS)) words_wrong(r, "a time is at most 400d");
    return r->err ? 0 : (int64_t)(v * (double)each);
}

double words_distance(struct reading *r)
{
    double v = words_number(r);
    struct str unit = words_peek(r);
    double each = str_eq_z(unit, "m") ? 1 : str_eq_z(unit, "km") ? 1000 : 0;
    if (!r->err && (each == 0 || v <= 0 || v * each > 200000)) words_wrong(r, "want a distance like 50m or 2km, at most 200km");
    words_eat(r, unit.len);
    return v * each;
}

void words_end(struct reading *r)
{
    words_skip(r);
    if (!r->err && r->rest.len > 0) words_wrong(r, "what is this: %.*s", (int)(r->rest.len < 40 ? r->rest.len : 40), r->rest.at);
}

void words_two(struct reading *r, struct str *zh, struct str *en, size_t most)
{
    struct str rest = r->rest;
    const char *bar = rest.len > 0 ? memchr(rest.at, '|', rest.len) : NULL;
    if (bar == NULL) {
        words_wrong(r, "want the text in both languages: Chinese | English");
        return;
    }
    *zh = str_trim((struct str){rest.at, (size_t)(bar - rest.at)});
    *en = str_trim((struct str){bar + 1, rest.len - (size_t)(bar - rest.at) - 1});
    if (zh->len == 0 || en->len == 0 || zh->len > most || en->len > most) words_wrong(r, "each language needs 1 to %zu bytes", most);
    r->rest = (struct str){"", 0};
}
