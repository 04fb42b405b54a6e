#include "jt808_frame.h"

#include <string.h>

#include "base/clock.h"

static unsigned u8(struct str s, size_t at)
{
    return (unsigned char)s.at[at];
}
static unsigned u16(struct str s, size_t at)
{
    return u8(s, at) << 8 | u8(s, at + 1);
}
static uint32_t u32(struct str s, size_t at)
{
    return (uint32_t)u16(s, at) << 16 | u16(s, at + 2);
}
static struct str part(struct str s, size_t at, size_t n)
{
    return (struct str){s.at + at, n};
}

int jt808_unescape(struct str wire, uint8_t *out, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < wire.len; i++) {
        uint8_t b = (uint8_t)wire.at[i];
        if (b == 0x7D) {
            if (i + 1 == wire.len || (wire.at[i + 1] != 1 && wire.at[i + 1] != 2)) return -1;
            b = wire.at[++i] == 1 ? 0x7D : 0x7E;
        }
        if (n == room) return -1;
        out[n++] = b;
    }
    return (int)n;
}

enum hx_err jt808_parse(struct str f, struct jt808_message *out)
{
    *out = (struct jt808_message){0};
    if (f.len < 5) return HX_E_MALFORMED;
    unsigned attributes = u16(f, 2);
    out->id = (uint16_t)u16(f, 0);
    out->body_declared = (int)(attributes & 0x3FF);
    out->encrypt = (int)(attributes >> 10 & 7);
    out->subpackage = attributes >> 13 & 1;
    out->version_2019 = attributes >> 14 & 1;
    size_t digits = out->version_2019 ? 10 : 6, at = out->version_2019 ? 5 : 4, head = at + digits + 2 + (out->subpackage ? 4 : 0);
    if (f.len < head + 1) return HX_E_MALFORMED;
    if (out->version_2019) out->protocol_version = (uint8_t)u8(f, 4);
    hex_encode_lower(f.at + at, digits, out->terminal);
    out->seq = (uint16_t)u16(f, at + digits);
    if (out->subpackage) out->package_total = (uint16_t)u16(f, head - 4), out->package_index = (uint16_t)u16(f, head - 2);
    out->body = part(f, head, f.len - head - 1);
    out->length_ok = (size_t)out->body_declared == out->body.len;
    uint8_t sum = 0;
    for (size_t i = 0; i + 1 < f.len; i++) sum ^= (uint8_t)f.at[i];
    out->checksum = (uint8_t)f.at[f.len - 1];
    out->checksum_ok = sum == out->checksum;
    return HX_OK;
}

enum jt808_find jt808_find(struct str in, struct str *wire, size_t *used)
{
    const char *mark = memchr(in.at, JT808_MARK, in.len);
    *used = 0;
    if (in.len == 0) return JT808_MORE;
    if (mark == NULL || mark > in.at) {
        *used = mark == NULL ? in.len : (size_t)(mark - in.at);
        return JT808_RUBBISH;
    }
    size_t from = 0; /* of several marks in a row the last one opens the frame */
    while (from + 1 < in.len && (unsigned char)in.at[from + 1] == JT808_MARK) from++;
    const char *end = memchr(in.at + from + 1, JT808_MARK, in.len - from - 1);
    if (end == NULL && in.len - from > JT808_WIRE_MAX) {
        *used = in.len;
        return JT808_RUBBISH;
    }
    if (end == NULL) {
        *used = from;
        return JT808_MORE;
    }
    *wire = (struct str){in.at + from + 1, (size_t)(end - in.at) - from - 1};
    *used = (size_t)(end - in.at); /* the mark may also open what follows */
    return JT808_FOUND;
}

static int bcd(uint8_t b)
{
    return (b >> 4) * 10 + (b & 15);
}

static int64_t time_of(const uint8_t t[6])
{
    struct clock_civil c = {2000 + bcd(t[0]), bcd(t[1]), bcd(t[2]), bcd(t[3]), bcd(t[4]), bcd(t[5])};
    for (int i = 0; i < 6; i++)
        if ((t[i] >> 4) > 9 || (t[i] & 15) > 9) return 0;
    bool possible = c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= 31 && c.hour < 24 && c.minute < 60 && c.second < 60;
    return possible ? clock_from_civil(c) - CLOCK_LOCAL_MS : 0;
}

bool jt808_item(struct str tlv, size_t *at, uint8_t *id, struct str *value)
{
    if (*at + 2 > tlv.len) return false;
    size_t n = u8(tlv, *at + 1);
    if (*at + 2 + n > tlv.len) return false;
    *id = (uint8_t)u8(tlv, *at);
    *value = part(tlv, *at + 2, n);
    *at += 2 + n;
    return true;
}

static int32_t degrees(uint32_t raw, bool negative)
{
    int64_t v = (int32_t)raw;
    if (negative) v = -v;
    return v > INT32_MAX ? INT32_MAX : (int32_t)v; /* -2³¹ has no counterpart */
}

enum hx_err jt808_location(struct str b, struct jt808_location *out)
{
    *out = (struct jt808_location){.mileage_100m = -1, .rssi = -1, .satellites = -1, .tlv_truncated_at = -1};
    if (b.len < 28) return HX_E_MALFORMED;
    out->alarm = u32(b, 0);
    out->status = u32(b, 4);
    out->lat_e6 = degrees(u32(b, 8), out->status & JT808_STATUS_SOUTH);
    out->lon_e6 = degrees(u32(b, 12), out->status & JT808_STATUS_WEST);
    out->altitude_m = (int)u16(b, 16);
    out->speed_kmh10 = (int)u16(b, 18);
    out->direction_deg = (int)u16(b, 20);
    memcpy(out->time_bcd, b.at + 22, 6);
    out->utc_ms = time_of(out->time_bcd);
    out->tlv = part(b, 28, b.len - 28);
    size_t at = 0;
    uint8_t id;
    struct str value;
    while (jt808_item(out->tlv, &at, &id, &value)) {
        if (id == 0x01 && value.len == 4) out->mileage_100m = u32(value, 0);
        if (id == 0x30 && value.len == 1) out->rssi = (int)u8(value, 0);
        if (id == 0x31 && value.len == 1) out->satellites = (int)u8(value, 0);
    }
    if (at < out->tlv.len) out->tlv_truncated_at = 28 + (int)at;
    return HX_OK;
}

int jt808_batch(struct str body, int *count, int *type, struct jt808_location out[JT808_LOCATIONS_MAX])
{
    int n = 0;
    size_t at = 3;
    *count = *type = 0;
    if (body.len < 3) return 0;
    *count = (int)u16(body, 0);
    *type = (int)u8(body, 2);
    while (n < JT808_LOCATIONS_MAX && n < *count && at + 2 <= body.len) {
        size_t bytes = u16(body, at);
        if (at + 2 + bytes > body.len || jt808_location(part(body, at + 2, bytes), &out[n]) != HX_OK) break;
        at += 2 + bytes;
        n++;
    }
    return n;
}

static struct str until_nul(struct str s)
{
    size_t n = 0;
    while (n < s.len && s.at[n] != 0) n++;
    return part(s, 0, n);
}

enum hx_err jt808_registration(const struct jt808_message *m, struct jt808_registration *out)
{
    struct str b = m->body;
    /* maker, model, terminal id: 5, 8, 7 bytes in 2011; 5, 20, 7 in 2013; 11, 30, 30 in 2019. */
    size_t maker = m->version_2019 ? 11 : 5, model = m->version_2019 ? 30 : b.len >= 37 ? 20 : 8, id = m->version_2019 ? 30 : 7;
    *out = (struct jt808_registration){0};
    if (b.len < 4 + maker + model + id + 1) return HX_E_MALFORMED;
    out->province = (int)u16(b, 0);
    out->city = (int)u16(b, 2);
    out->maker = part(b, 4, maker);
    out->model = part(b, 4 + maker, model);
    out->terminal_id = part(b, 4 + maker + model, id);
    size_t at = 4 + maker + model + id;
    out->plate_colour = (int)u8(b, at);
    out->plate = until_nul(part(b, at + 1, b.len - at - 1));
    return HX_OK;
}

enum hx_err jt808_authentication(const struct jt808_message *m, struct jt808_authentication *out)
{
    struct str b = m->body;
    *out = (struct jt808_authentication){.code = b};
    if (!m->version_2019) return HX_OK;
    if (b.len < 1) return HX_E_MALFORMED;
    size_t n = u8(b, 0);
    if (b.len < 1 + n + 15 + 20) return HX_E_MALFORMED;
    out->code = part(b, 1, n);
    out->imei = until_nul(part(b, 1 + n, 15));
    out->software = until_nul(part(b, 1 + n + 15, 20));
    return HX_OK;
}

static void add_escaped(struct buf *out, uint8_t b)
{
    if (b == 0x7E) buf_add(out, "\x7D\x02", 2);
    else if (b == 0x7D) buf_add(out, "\x7D\x01", 2);
    else buf_add(out, &b, 1);
}

void jt808_encode(const struct jt808_message *to, uint16_t id, uint16_t seq, struct str body, struct buf *out)
{
    uint8_t head[20], terminal[10], sum = 0, mark = JT808_MARK;
    size_t n = 0;
    HX_ASSERT(body.len <= 1023);
    int digits = hex_decode(str_of(to->terminal), terminal, sizeof terminal);
    HX_ASSERT(digits == (to->version_2019 ? 10 : 6));
    unsigned attributes = (unsigned)body.len | (to->version_2019 ? 0x4000u : 0);
    head[n++] = (uint8_t)(id >> 8), head[n++] = (uint8_t)id;
    head[n++] = (uint8_t)(attributes >> 8), head[n++] = (uint8_t)attributes;
    if (to->version_2019) head[n++] = to->protocol_version;
    memcpy(head + n, terminal, (size_t)digits);
    n += (size_t)digits;
    head[n++] = (uint8_t)(seq >> 8), head[n++] = (uint8_t)seq;
    buf_add(out, &mark, 1);
    for (size_t i = 0; i < n; i++) sum ^= head[i], add_escaped(out, head[i]);
    for (size_t i = 0; i < body.len; i++) sum ^= (uint8_t)body.at[i], add_escaped(out, (uint8_t)body.at[i]);
    add_escaped(out, sum);
    buf_add(out, &mark, 1);
}

void jt808_answer(const struct jt808_message *to, uint16_t seq, enum jt808_result result, struct buf *out)
{
    const char body[5] = {(char)(to->seq >> 8), (char)to->seq, (char)(to->id >> 8), (char)to->id, (char)result};
    jt808_encode(to, JT808_ANSWER, seq, (struct str){body, 5}, out);
}

void jt808_registered(const struct jt808_message *to, uint16_t seq, int result, const char *code, struct buf *out)
{
    char body[3 + 64] = {(char)(to->seq >> 8), (char)to->seq, (char)result};
    size_t n = strlen(code) < 64 ? strlen(code) : 64;
    if (result == 0) memcpy(body + 3, code, n);
    jt808_encode(to, JT808_REGISTER_ANSWER, seq, (struct str){body, 3 + (result == 0 ? n : 0)}, out);
}
