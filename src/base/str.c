#include "str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct str str_of(const char *z)
{
    return z != NULL ? (struct str){z, strlen(z)} : (struct str){"", 0};
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool str_eq_z(struct str a, const char *z)
{
    return str_eq(a, str_of(z));
}

bool str_starts(struct str a, struct str prefix)
{
    return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.at, prefix.at, prefix.len) == 0);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str a)
{
    while (a.len > 0 && is_blank(a.at[0])) a.at++, a.len--;
    while (a.len > 0 && is_blank(a.at[a.len - 1])) a.len--;
    return a;
}

char *str_to_z(struct str a, char *out, size_t size)
{
    size_t n = a.len < size - 1 ? a.len : size - 1;
    if (n > 0) memcpy(out, a.at, n);
    out[n] = 0;
    return out;
}

char *str_to_utf8_z(struct str a, char *out, size_t size)
{
    size_t n = a.len < size - 1 ? a.len : size - 1;
    while (n > 0 && n < a.len && ((unsigned char)a.at[n] & 0xC0) == 0x80) n--;
    return str_to_z((struct str){a.at, n}, out, size);
}

char *str_dup(struct str a)
{
    char *z = malloc(a.len + 1);
    HX_ASSERT(z != NULL);
    return str_to_z(a, z, a.len + 1);
}

bool str_split(struct str *rest, char sep, struct str *piece)
{
    if (rest->at == NULL) return false;
    const char *end = rest->len ? memchr(rest->at, sep, rest->len) : NULL;
    if (end == NULL) {
        *piece = *rest;
        *rest = (struct str){NULL, 0};
        return true;
    }
    size_t n = (size_t)(end - rest->at);
    *piece = (struct str){rest->at, n};
    *rest = (struct str){end + 1, rest->len - n - 1};
    return true;
}

bool str_names(struct str list, struct str name)
{
    struct str word;
    while (str_split(&list, ' ', &word))
        if (word.len > 0 && str_eq(word, name)) return true;
    return false;
}

bool str_is_utf8(struct str a)
{
    const unsigned char *p = (const unsigned char *)a.at;
    for (size_t i = 0; i < a.len;) {
        unsigned char c = p[i];
        size_t more = c < 0x80 ? 0 : (c & 0xE0) == 0xC0 ? 1 : (c & 0xF0) == 0xE0 ? 2 : (c & 0xF8) == 0xF0 ? 3 : 9;
        if (more == 9 || i + more >= a.len) return false;
        uint32_t v = more == 0 ? c : (uint32_t)(c & (0x3F >> more));
        for (size_t k = 1; k <= more; k++) {
            if ((p[i + k] & 0xC0) != 0x80) return false;
            v = v << 6 | (p[i + k] & 0x3F);
        }
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
        if (v < least[more] || v > 0x10FFFF || (v >= 0xD800 && v < 0xE000)) return false;
        i += more + 1;
    }
    return true;
}

bool str_to_i64(struct str a, int64_t *out)
{
    if (a.len == 0 || a.len > 18) return false;
    int64_t v = 0;
    for (size_t i = 0; i < a.len; i++) {
        if (a.at[i] < '0' || a.at[i] > '9') return false;
        v = v * 10 + (a.at[i] - '0');
    }
    *out = v;
    return true;
}

uint32_t str_last_nine(const char *z)
{
    size_t end = strlen(z), from = end;
    uint32_t n = 0;
    while (from > 0 && end - from < 9 && z[from - 1] >= '0' && z[from - 1] <= '9') from--;
    for (; from < end; from++) n = n * 10 + (uint32_t)(z[from] - '0');
    return n;
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static void encode(const void *bytes, size_t n, char *out, const char *digits)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * n] = 0;
}

void hex_encode(const void *bytes, size_t n, char *out)
{
    encode(bytes, n, out, "0123456789ABCDEF");
}

void hex_encode_lower(const void *bytes, size_t n, char *out)
{
    encode(bytes, n, out, "0123456789abcdef");
}

int hex_decode(struct str hex, uint8_t *out, size_t room)
{
    if (hex.len % 2 != 0 || hex.len / 2 > room) return -1;
    for (size_t i = 0; i < hex.len / 2; i++) {
        int hi = hex_digit(hex.at[2 * i]), lo = hex_digit(hex.at[2 * i + 1]);
        if (hi < 0 || lo < 0) return -1;
        out[i] = (uint8_t)(hi << 4 | lo);
    }
    return (int)(hex.len / 2);
}

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_free(struct buf *b)
{
    free(b->at);
    *b = (struct buf){.max = b->max};
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (n > b->max - b->len) {
        b->full = true;
        return;
    }
    if (b->len + n + 1 > b->room) {
        size_t room = b->room ? b->room : 256;
        while (room < b->len + n + 1) room *= 2;
        char *grown = realloc(b->at, room);
        HX_ASSERT(grown != NULL);
        b->at = grown;
        b->room = room;
    }
    if (n > 0) memcpy(b->at + b->len, bytes, n);
    b->len += n;
    b->at[b->len] = 0;
}

void buf_add_z(struct buf *b, const char *z)
{
    buf_add(b, z, strlen(z));
}

void buf_printf(struct buf *b, const char *format, ...)
{
    char small[512];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof small) {
        buf_add(b, small, (size_t)n);
    } else if (n >= 0) {
        char *large = malloc((size_t)n + 1);
        HX_ASSERT(large != NULL);
        vsnprintf(large, (size_t)n + 1, format, again);
        buf_add(b, large, (size_t)n);
        free(large);
    }
    va_end(again);
}

struct str buf_str(const struct buf *b)
{
    return (struct str){b->at != NULL ? b->at : "", b->len};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->full = false;
}

void buf_drop(struct buf *b, size_t n)
{
    if (n == 0) return;
    memmove(b->at, b->at + n, b->len - n);
    b->len -= n;
    b->full = false;
}

void base64url_encode(const void *bytes, size_t n, char *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t three = (uint32_t)p[i] << 16 | (uint32_t)(i + 1 < n ? p[i + 1] : 0) << 8 | (i + 2 < n ? p[i + 2] : 0);
        *out++ = letters[three >> 18 & 63];
        *out++ = letters[three >> 12 & 63];
        if (i + 1 < n) *out++ = letters[three >> 6 & 63];
        if (i + 2 < n) *out++ = letters[three & 63];
    }
    *out = 0;
}

static int base64url_letter(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52 : c == '-' ? 62 : c == '_' ? 63 : -1;
}

long base64url_decode(struct str t, uint8_t *out, size_t room)
{
    size_t n = 0;
    uint32_t bits = 0;
    int have = 0;
    if (t.len % 4 == 1) return -1;
    for (size_t i = 0; i < t.len; i++) {
        int v = base64url_letter(t.at[i]);
        if (v < 0) return -1;
        bits = bits << 6 | (uint32_t)v;
        have += 6;
        if (have < 8) continue;
        have -= 8;
        if (n == room) return -1;
        out[n++] = (uint8_t)(bits >> have);
        bits &= (1U << have) - 1;
    }
    return (long)n;
}
