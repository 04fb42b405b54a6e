/* The words of a rule's line, read from left to right. The first fault stays: what is read after it is nothing. */
#ifndef HX_RULE_WORDS_H
#define HX_RULE_WORDS_H

#include "domain/warning/rule_text.h"

struct reading {
    struct rule *rule;
    struct rule_case *the_case; /* NULL above the first */
    int line, nesting;
    struct str rest;            /* of the line */
    char *why;
    size_t why_bytes;
    enum hx_err err;
    bool chinese;
};

enum hx_err words_wrong(struct reading *r, const char *format, ...) HX_PRINTF(2, 3);
void words_skip(struct reading *r); /* blanks */
/* The name that comes next: letters, digits, '_', '.', '-'; empty when something else comes. */
struct str words_peek(struct reading *r);
void words_eat(struct reading *r, size_t n);
struct str words_name(struct reading *r, const char *what);
bool words_try(struct reading *r, const char *name);
bool words_try_sign(struct reading *r, const char *sign);
void words_want(struct reading *r, const char *name);
double words_number(struct reading *r);
int words_count(struct reading *r, int least, int most);
int64_t words_time(struct reading *r, bool may_be_negative); /* "60s", "5m", "24h", "30d"; milliseconds */
double words_distance(struct reading *r);                    /* "50m", "2km"; metres */
void words_end(struct reading *r);
/* "Chinese | English": the rest of the line. */
void words_two(struct reading *r, struct str *zh, struct str *en, size_t most);

#endif
