/* Text is pointer and length into somebody else's bytes; a buf owns its bytes and has a maximum from birth. */
#ifndef HX_STR_H
#define HX_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct str {
    const char *at;
    size_t len;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})

struct str str_of(const char *z); /* NULL gives the empty text */
bool str_eq(struct str a, struct str b);
bool str_eq_z(struct str a, const char *z);
bool str_starts(struct str a, struct str prefix);
struct str str_trim(struct str a);
/* Copies with a closing NUL into out[size], cutting at size - 1; returns out. */
char *str_to_z(struct str a, char *out, size_t size);
/* The same for UTF-8: never cut inside a character. */
char *str_to_utf8_z(struct str a, char *out, size_t size);
/* A heap copy with closing NUL; the caller frees it. */
char *str_dup(struct str a);
/* Takes what stands before the first `sep` from *rest; false when *rest is used up. */
bool str_split(struct str *rest, char sep, struct str *piece);
/* Whether `name` is one of the words of a list with blanks between. */
bool str_names(struct str list, struct str name);
bool str_is_utf8(struct str a);
/* Decimal digits only, no sign; false when empty, longer than 18 digits or not digits. */
bool str_to_i64(struct str a, int64_t *out);
/* The number that its last digits make, nine at most; 0 without any. */
uint32_t str_last_nine(const char *z);

/* Hex without separators. Decoding returns the number of bytes, or -1 on an odd count, a non-digit or lack of room. */
void hex_encode(const void *bytes, size_t n, char *out /* 2n+1 */);
void hex_encode_lower(const void *bytes, size_t n, char *out /* 2n+1 */);
int hex_decode(struct str hex, uint8_t *out, size_t room);
int hex_digit(char c); /* 0..15 or -1 */

/* base64url without padding (RFC 4648 section 5). `out` has room for n * 4 / 3 + 4; decoding returns the number of bytes, or -1. */
void base64url_encode(const void *bytes, size_t n, char *out);
long base64url_decode(struct str text, uint8_t *out, size_t room);

struct buf {
    char *at;
    size_t len, room, max;
    bool full; /* an addition was refused; the content is then incomplete */
};

void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b);
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_add_z(struct buf *b, const char *z);
void buf_printf(struct buf *b, const char *format, ...) HX_PRINTF(2, 3);
struct str buf_str(const struct buf *b);
/* Forgets the content and keeps the room; drops the first n bytes. */
void buf_clear(struct buf *b);
void buf_drop(struct buf *b, size_t n);

#endif
