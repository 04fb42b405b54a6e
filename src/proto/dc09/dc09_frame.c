#include "dc09_frame.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/scan.h"

#define HEAD_HEX 9    /* LF crc4 len4 */
#define HEAD_BINARY 7 /* LF crc2 len4 */
#define OH_MAX 64

uint16_t dc09_crc(struct str body)
{
    static const uint16_t nibble[16] = {0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
                                        0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400};
    uint16_t crc = 0;
    for (size_t i = 0; i < body.len; i++) {
        uint8_t c = (uint8_t)body.at[i];
        crc = (uint16_t)((crc >> 4) ^ nibble[(crc ^ c) & 15]);
        crc = (uint16_t)((crc >> 4) ^ nibble[(crc ^ (c >> 4)) & 15]);
    }
    return crc;
}

static bool hex_run(struct str in, size_t from, size_t n, unsigned *value)
{
    unsigned v = 0;
    for (size_t i = from; i < from + n; i++) {
        int d = i < in.len ? hex_digit(in.at[i]) : -1;
        if (d < 0) return false;
        v = v << 4 | (unsigned)d;
    }
    *value = v;
    return true;
}

/* Whether a head of this form stands at the LF: 1 yes, 0 no, -1 the bytes so far would fit. */
static int head_fits(struct str in, size_t head, unsigned *length)
{
    for (size_t i = head == HEAD_HEX ? 1 : 3; i < head; i++) {
        if (i >= in.len) return -1;
        if (hex_digit(in.at[i]) < 0) return 0;
    }
    if (head >= in.len) return -1;
    return in.at[head] == '"' && hex_run(in, head - 4, 4, length) && *length > 0 && *length <= DC09_BODY_MAX;
}

static enum dc09_find frame_at(struct str in, struct dc09_envelope *e, size_t *used)
{
    unsigned length = 0, crc = 0;
    size_t head = HEAD_HEX;
    int fits = head_fits(in, HEAD_HEX, &length);
    if (fits == 0) {
        head = HEAD_BINARY;
        fits = head_fits(in, HEAD_BINARY, &length);
    }
    if (fits == 0) {
        *used = 1;
        return DC09_BAD_LENGTH;
    }
    if (fits < 0 || head + length + 1 > in.len) return DC09_MORE;
    *used = 1; /* when it is wrong, go on right behind the LF: a good frame may begin inside */
    if (in.at[head + length] != '\r') return DC09_BAD_LENGTH;
    e->body = (struct str){in.at + head, length};
    e->crc_form = head == HEAD_HEX ? DC09_CRC_HEX : DC09_CRC_BINARY;
    if (head == HEAD_HEX) hex_run(in, 1, 4, &crc);
    else crc = (unsigned)((uint8_t)in.at[1] << 8 | (uint8_t)in.at[2]);
    e->crc_sent = (uint16_t)crc;
    e->crc_want = dc09_crc(e->body);
    if (e->crc_sent != e->crc_want) return DC09_BAD_CRC;
    *used = head + length + 1;
    return DC09_FOUND;
}

/* "SR0001L0001    006969XX    [ID00000000]" CR */
static enum dc09_find oh_at(struct str in, struct dc09_envelope *e, size_t *used)
{
    size_t look = in.len < OH_MAX ? in.len : OH_MAX;
    const char *end = memchr(in.at, '\r', look);
    if (end == NULL) {
        *used = look == OH_MAX ? 2 : 0;
        return look == OH_MAX ? DC09_BAD_LENGTH : DC09_MORE;
    }
    e->body = (struct str){in.at, (size_t)(end - in.at)};
    *used = e->body.len + 1;
    return memchr(in.at, '[', e->body.len) != NULL && e->body.len > 11 && in.at[6] == 'L' ? DC09_HEARTBEAT_OH : DC09_BAD_LENGTH;
}

enum dc09_find dc09_frame_find(struct str in, struct dc09_envelope *e, size_t *used)
{
    size_t at = 0;
    *e = (struct dc09_envelope){0};
    while (at < in.len) {
        struct str rest = {in.at + at, in.len - at};
        size_t more = 0;
        enum dc09_find found;
        if (rest.at[0] == '\n') found = frame_at(rest, e, &more);
        else if (rest.len >= 3 && memcmp(rest.at, "SR", 2) == 0 && hex_digit(rest.at[2]) >= 0 && at == 0) found = oh_at(rest, e, &more);
        else {
            at++;
            continue;
        }
        *used = at + more;
        /* A lone LF in rubbish is rubbish; a head with a quote behind it was meant as a frame. */
        if (found == DC09_BAD_LENGTH && !(rest.len > HEAD_HEX && (rest.at[HEAD_HEX] == '"' || rest.at[HEAD_BINARY] == '"'))) {
            at += more;
            continue;
        }
        return found;
    }
    *used = in.len > 0 && (in.at[0] == 'S' && in.len < 3) ? 0 : at;
    return DC09_MORE;
}

const char *dc09_find_text(enum dc09_find found)
{
    static const char *const texts[] = {"frame", "incomplete frame", "the CRC does not fit the text", "the length does not fit the text",
                                        "OH heartbeat"};
    return texts[found];
}

/* R and L with their hex digits. In `L0A0` of a NAK the A is a field of its own, though it is a hex digit too. */
static struct str line_digits(struct scan *s, bool nak)
{
    if (!nak) return scan_hex_digits(s, DC09_DIGITS_MAX);
    struct str digits = {s->in.at + s->at, 0};
    while (!scan_end(s) && scan_peek(s) != 'A' && hex_digit((char)scan_peek(s)) >= 0 && digits.len < DC09_DIGITS_MAX) s->at++, digits.len++;
    return digits;
}

static struct str take_account(struct scan *s)
{
    struct str account = {s->in.at + s->at, 0};
    while (!scan_end(s) && scan_peek(s) != '[' && account.len <= DC09_ACCOUNT_MAX) s->at++, account.len++;
    if (account.len > DC09_ACCOUNT_MAX && !s->err) s->err = HX_E_MALFORMED;
    return account;
}

enum hx_err dc09_message_parse(struct str body, struct dc09_message *m)
{
    struct scan s = {.in = body};
    *m = (struct dc09_message){0};
    scan_byte(&s, '"');
    m->encrypted = scan_try(&s, '*');
    m->token = scan_until(&s, '"');
    bool nak = str_eq(m->token, STR("NAK"));
    m->sequence = scan_digits(&s, 4);
    if (scan_try(&s, 'R') || scan_try(&s, 'r')) m->receiver = scan_hex_digits(&s, DC09_DIGITS_MAX);
    if (scan_try(&s, 'L') || scan_try(&s, 'l')) m->line = line_digits(&s, nak);
    if (scan_try(&s, '#') || (nak && scan_try(&s, 'A'))) {
        m->has_account = true;
        m->account = take_account(&s);
    }
    scan_byte(&s, '[');
    if (s.err || m->sequence.len != 4 || m->token.len == 0 || m->token.len > 16) return HX_E_MALFORMED;
    struct str rest = {body.at + s.at, body.len - s.at};
    if (!m->encrypted) return dc09_blocks_parse(rest, m);
    m->cipher = rest;
    return HX_OK;
}

enum hx_err dc09_blocks_parse(struct str text, struct dc09_message *m)
{
    struct scan s = {.in = text};
    struct str block = scan_until(&s, ']');
    if (s.err) return HX_E_MALFORMED;
    const char *bar = block.len > 0 ? memchr(block.at, '|', block.len) : NULL;
    if (bar != NULL) {
        m->data_account = (struct str){block.at, (size_t)(bar - block.at)};
        if (m->data_account.len > 0 && m->data_account.at[0] == '#') m->data_account.at++, m->data_account.len--;
        m->data = (struct str){bar + 1, block.len - (size_t)(bar - block.at) - 1};
        if (m->data_account.len > DC09_ACCOUNT_MAX) return HX_E_MALFORMED;
    } else {
        m->data = block;
    }
    m->xdata_count = 0;
    while (scan_try(&s, '[')) {
        struct str piece = scan_until(&s, ']');
        if (s.err || m->xdata_count == DC09_XDATA_MAX) return HX_E_MALFORMED;
        m->xdata[m->xdata_count++] = piece;
    }
    m->timestamp = (struct str){"", 0};
    if (scan_try(&s, '_')) m->timestamp = scan_take(&s, text.len - s.at);
    return s.err || !scan_end(&s) ? HX_E_MALFORMED : HX_OK;
}

struct str dc09_account(const struct dc09_message *m)
{
    return m->data_account.len > 0 ? m->data_account : m->account;
}

bool dc09_time_parse(struct str text, int64_t *utc_ms)
{
    struct scan s = {.in = text};
    struct clock_civil c = {0};
    c.hour = scan_int(&s, 2);
    scan_byte(&s, ':');
    c.minute = scan_int(&s, 2);
    scan_byte(&s, ':');
    c.second = scan_int(&s, 2);
    scan_byte(&s, ',');
    c.month = scan_int(&s, 2);
    scan_byte(&s, '-');
    c.day = scan_int(&s, 2);
    scan_byte(&s, '-');
    c.year = scan_int(&s, 4);
    if (s.err || !scan_end(&s) || c.hour > 23 || c.minute > 59 || c.second > 60 || c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31) return false;
    *utc_ms = clock_from_civil(c);
    return true;
}

void dc09_time_format(int64_t utc_ms, char out[24])
{
    struct clock_civil c = clock_to_civil(utc_ms);
    snprintf(out, 24, "%02u:%02u:%02u,%02u-%02u-%04u", (unsigned)c.hour % 100, (unsigned)c.minute % 100, (unsigned)c.second % 100,
             (unsigned)c.month % 100, (unsigned)c.day % 100, (unsigned)c.year % 10000);
}

void dc09_wrap(struct buf *out, enum dc09_crc_form form, struct str body)
{
    uint16_t crc = dc09_crc(body);
    if (form == DC09_CRC_HEX) {
        buf_printf(out, "\n%04X%04X", crc, (unsigned)body.len);
    } else {
        uint8_t raw[2] = {(uint8_t)(crc >> 8), (uint8_t)crc};
        buf_add_z(out, "\n");
        buf_add(out, raw, 2);
        buf_printf(out, "%04X", (unsigned)body.len);
    }
    buf_add(out, body.at, body.len);
    buf_add_z(out, "\r");
}

void dc09_reply_head(struct buf *out, const char *token, const struct dc09_message *to)
{
    buf_printf(out, "\"%s\"%.*s", token, (int)to->sequence.len, to->sequence.at);
    if (to->receiver.at != NULL) buf_printf(out, "R%.*s", (int)to->receiver.len, to->receiver.at);
    buf_printf(out, "L%.*s", (int)to->line.len, to->line.len ? to->line.at : "");
    if (to->has_account) buf_printf(out, "#%.*s", (int)to->account.len, to->account.at);
    buf_add_z(out, "[");
}

void dc09_reply(struct buf *out, enum dc09_crc_form form, const char *token, const struct dc09_message *to, int64_t time_ms)
{
    struct buf body;
    char when[24];
    buf_init(&body, 256);
    if (strcmp(token, "NAK") == 0) {
        buf_add_z(&body, "\"NAK\"0000R0L0A0[]");
    } else {
        dc09_reply_head(&body, token, to);
        buf_add_z(&body, "]");
    }
    if (time_ms != 0) {
        dc09_time_format(time_ms, when);
        buf_printf(&body, "_%s", when);
    }
    dc09_wrap(out, form, buf_str(&body));
    buf_free(&body);
}
