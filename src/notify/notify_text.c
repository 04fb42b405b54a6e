#include "notify_text.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/url.h"

static void add_json(struct buf *out, const char *z)
{
    for (; *z != 0; z++) {
        unsigned char c = (unsigned char)*z;
        if (c == '"' || c == '\\') buf_printf(out, "\\%c", c);
        else if (c < 0x20) buf_printf(out, "\\u%04x", c);
        else buf_add(out, z, 1);
    }
}

static void add_xml(struct buf *out, const char *z)
{
    for (; *z != 0; z++) {
        const char *name = *z == '<' ? "&lt;" : *z == '>' ? "&gt;" : *z == '&' ? "&amp;" : *z == '"' ? "&quot;" : NULL;
        if (name != NULL) buf_add_z(out, name);
        else buf_add(out, z, 1);
    }
}

/* A header takes no line break: the rest of a value would be another header. */
static void add_header(struct buf *out, const char *z)
{
    for (; *z != 0; z++)
        if ((unsigned char)*z >= 0x20) buf_add(out, z, 1);
}

enum hx_err notify_fill(const char *t, const struct notify_value *values, enum notify_place place, struct buf *out)
{
    struct str trimmed = str_trim(str_of(t));
    bool body = place == NOTIFY_IN_BODY && trimmed.len > 0, json = body && (trimmed.at[0] == '{' || trimmed.at[0] == '['), xml = body && trimmed.at[0] == '<';
    while (*t != 0) {
        const struct notify_value *v = values;
        while (v->name != NULL && strncmp(t, v->name, strlen(v->name)) != 0) v++;
        if (v->name == NULL) {
            size_t word = *t == '{' ? strspn(t + 1, "abcdefghijklmnopqrstuvwxyz_") : 0;
            if (word > 0 && t[1 + word] == '}') return HX_E_INVALID;
            buf_add(out, t++, 1);
            continue;
        }
        if (json) add_json(out, v->value);
        else if (xml) add_xml(out, v->value);
        else if (place == NOTIFY_IN_HEADER) add_header(out, v->value);
        else if (place == NOTIFY_PLAIN) buf_add_z(out, v->value);
        else url_encode(v->value, out);
        t += strlen(v->name);
    }
    return out->full ? HX_E_LIMIT : HX_OK;
}

static void add_base64(struct buf *out, const char *z, size_t line)
{
    size_t n = strlen(z);
    for (size_t at = 0; at < n || n == 0; at += line) {
        uint8_t code[128];
        size_t k = n - at < line ? n - at : line;
        EVP_EncodeBlock(code, (const uint8_t *)z + at, (int)k);
        buf_add_z(out, (char *)code);
        buf_add_z(out, "\r\n");
        if (n == 0) return;
    }
}

/* Encoded words of whole characters, each short enough for a line (RFC 2047, section 2). */
static void add_subject(struct buf *out, const char *z)
{
    struct str rest = str_of(z);
    buf_add_z(out, "Subject:");
    while (rest.len > 0) {
        char piece[43];
        uint8_t code[64];
        str_to_utf8_z(rest, piece, sizeof piece);
        size_t n = strlen(piece);
        if (n == 0) break; /* no whole character */
        EVP_EncodeBlock(code, (uint8_t *)piece, (int)n);
        buf_printf(out, " =?UTF-8?B?%s?=\r\n", (char *)code);
        rest = (struct str){rest.at + n, rest.len - n};
    }
}

bool notify_is_mail_address(const char *z)
{
    const char *at = strchr(z, '@');
    size_t n = strlen(z);
    if (at == NULL || at == z || at[1] == 0 || strchr(at + 1, '@') != NULL || n > 200) return false;
    for (; *z != 0; z++)
        if ((unsigned char)*z <= ' ' || strchr("<>\"(),:;\\[]", *z) != NULL || (unsigned char)*z >= 0x7f) return false;
    return true;
}

void notify_mail(const char *from, const char *to, const char *subject, const char *text, const char *key, int64_t utc_ms, struct buf *out)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct clock_civil c = clock_to_civil(utc_ms + CLOCK_LOCAL_MS);
    buf_printf(out, "From: <%s>\r\nTo: <%s>\r\nDate: %s, %02d %s %04d %02d:%02d:%02d +0800\r\nMessage-ID: <%s@huxue>\r\nAuto-Submitted: auto-generated\r\n", from, to, days[clock_local_weekday(utc_ms)], c.day, months[c.month - 1], c.year, c.hour, c.minute, c.second, key);
    add_subject(out, subject);
    buf_add_z(out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    add_base64(out, text, 57);
}
