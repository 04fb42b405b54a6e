#include "scan.h"

#include <string.h>

static void fail(struct scan *s, enum hx_err e)
{
    if (!s->err) s->err = e;
}

/* Where it stands; a text of no bytes may have no address at all. */
static const char *here(const struct scan *s)
{
    return s->in.at != NULL ? s->in.at + s->at : "";
}

bool scan_end(const struct scan *s)
{
    return s->at >= s->in.len;
}

int scan_peek(const struct scan *s)
{
    return s->at < s->in.len ? (unsigned char)s->in.at[s->at] : -1;
}

void scan_byte(struct scan *s, char want)
{
    if (s->err) return;
    if (scan_end(s)) fail(s, HX_E_AGAIN);
    else if (s->in.at[s->at] != want) fail(s, HX_E_MALFORMED);
    else s->at++;
}

bool scan_try(struct scan *s, char want)
{
    if (s->err || scan_end(s) || s->in.at[s->at] != want) return false;
    s->at++;
    return true;
}

struct str scan_take(struct scan *s, size_t n)
{
    if (s->err) return (struct str){"", 0};
    if (n > s->in.len - s->at) {
        fail(s, HX_E_AGAIN);
        return (struct str){"", 0};
    }
    struct str piece = {here(s), n};
    s->at += n;
    return piece;
}

struct str scan_until(struct scan *s, char stop)
{
    if (s->err) return (struct str){"", 0};
    const char *from = here(s);
    const char *end = scan_end(s) ? NULL : memchr(from, stop, s->in.len - s->at);
    if (end == NULL) {
        fail(s, HX_E_AGAIN);
        return (struct str){"", 0};
    }
    s->at += (size_t)(end - from) + 1;
    return (struct str){from, (size_t)(end - from)};
}

static struct str take_while(struct scan *s, size_t max, int limit)
{
    struct str piece = {here(s), 0};
    if (s->err) return piece;
    while (piece.len < max && !scan_end(s)) {
        int d = hex_digit(s->in.at[s->at]);
        if (d < 0 || d >= limit) break;
        s->at++;
        piece.len++;
    }
    return piece;
}

struct str scan_hex_digits(struct scan *s, size_t max)
{
    return take_while(s, max, 16);
}

struct str scan_digits(struct scan *s, size_t max)
{
    return take_while(s, max, 10);
}

uint16_t scan_hex4(struct scan *s)
{
    struct str digits = scan_take(s, 4);
    uint16_t v = 0;
    for (size_t i = 0; i < digits.len; i++) {
        int d = hex_digit(digits.at[i]);
        if (d < 0) {
            fail(s, HX_E_MALFORMED);
            return 0;
        }
        v = (uint16_t)(v << 4 | d);
    }
    return v;
}

int scan_int(struct scan *s, size_t n)
{
    struct str digits = scan_take(s, n);
    int v = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9') {
            fail(s, HX_E_MALFORMED);
            return 0;
        }
        v = v * 10 + (digits.at[i] - '0');
    }
    return v;
}
