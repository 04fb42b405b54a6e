/* The configuration file: `key = value` below [section] lines, '#' comments. One table says every key, its default, its
 * greatest value and what it means; it prints the manual, so that no key is undocumented. */
#ifndef HX_CONF_H
#define HX_CONF_H

#include "base/str.h"

enum conf_kind { CONF_TEXT, CONF_NUMBER, CONF_CHOICE };

struct conf_key {
    const char *section, *name;
    enum conf_kind kind;
    const char *standard;   /* the default, as text */
    int64_t least, most;    /* CONF_NUMBER */
    const char *choices;    /* CONF_CHOICE: "a b c" */
    const char *meaning;
};

struct conf {
    const struct conf_key *keys;
    size_t count;
    char (*values)[256];
};

void conf_open(struct conf *c, const struct conf_key *keys, size_t count); /* all defaults */
void conf_close(struct conf *c);
/* Reads a text; INVALID with "line N: …" in why[]. Values read before the fault stay. */
enum hx_err conf_read(struct conf *c, struct str text, char *why, size_t why_bytes) HX_MUST_USE;
/* Sets one value by "section.name"; INVALID with the reason. */
enum hx_err conf_set(struct conf *c, const char *key, struct str value, char *why, size_t why_bytes) HX_MUST_USE;
const char *conf_text(const struct conf *c, const char *key);
int64_t conf_number(const struct conf *c, const char *key);
void conf_print_help(const struct conf_key *keys, size_t count);

#endif
