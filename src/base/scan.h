/* A reader over bytes that remembers its first failure, so that a parser reads straight down and looks once. */
#ifndef HX_SCAN_H
#define HX_SCAN_H

#include "base/str.h"

struct scan {
    struct str in;
    size_t at;
    enum hx_err err; /* AGAIN when the input ended, MALFORMED when it differed */
};

bool scan_end(const struct scan *s);
int scan_peek(const struct scan *s); /* the next byte, or -1 */
void scan_byte(struct scan *s, char want);
/* Eats `want` when it comes next and tells whether it did. */
bool scan_try(struct scan *s, char want);
struct str scan_take(struct scan *s, size_t n);
/* Takes up to the first `stop` and eats it too. */
struct str scan_until(struct scan *s, char stop);
/* Takes 0..max hex digits / decimal digits as text. */
struct str scan_hex_digits(struct scan *s, size_t max);
struct str scan_digits(struct scan *s, size_t max);
uint16_t scan_hex4(struct scan *s);
/* Exactly n decimal digits as a number. */
int scan_int(struct scan *s, size_t n);

#endif
