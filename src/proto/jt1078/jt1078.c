#include "jt1078.h"

#include <string.h>

#define MARK "01cd"
#define PIECE 950
#define LATE 64 /* packets; one that is further behind has begun anew */

static unsigned two(const uint8_t *b) { return (unsigned)b[0] << 8 | b[1]; }

/* Whether a packet with a number of so many bytes stands here; AGAIN where its head is not whole. */
static enum hx_err read_as(struct str in, int number_bytes, struct jt1078_packet *p, size_t *used)
{
    const uint8_t *b = (const uint8_t *)in.at;
    size_t at = 8 + (size_t)number_bytes;
    if (in.len < at + 2) return HX_E_AGAIN;
    unsigned kind = b[at + 1] >> 4, part = b[at + 1] & 15;
    if (kind > JT1078_DATA || part > JT1078_MIDDLE || b[at] == 0 || b[4] >> 6 != 2) return HX_E_MALFORMED;
    *p = (struct jt1078_packet){.type = b[5] & 0x7f, .marker = b[5] >> 7, .seq = (uint16_t)two(b + 6), .channel = b[at], .time_ms = -1};
    p->kind = kind;
    p->part = part;
    for (int i = 0; i < number_bytes; i++) {
        unsigned high = b[8 + i] >> 4, low = b[8 + i] & 15;
        if (high > 9 || low > 9) return HX_E_MALFORMED;
        p->number[2 * i] = (char)('0' + high), p->number[2 * i + 1] = (char)('0' + low);
    }
    at += 2;
    size_t head = at + (kind != JT1078_DATA ? 8 : 0) + (kind <= JT1078_B ? 4 : 0) + 2;
    if (in.len < head) return HX_E_AGAIN;
    if (kind != JT1078_DATA) {
        uint64_t t = 0;
        for (int i = 0; i < 8; i++) t = t << 8 | b[at + (size_t)i];
        p->time_ms = (int64_t)(t & INT64_MAX);
    }
    size_t n = two(b + head - 2);
    if (n > JT1078_BODY_MAX) return HX_E_MALFORMED;
    if (in.len < head + n) return HX_E_AGAIN;
    p->body = (struct str){in.at + head, n};
    *used = head + n;
    return HX_OK;
}

static bool begins(struct str in)
{
    size_t n = in.len < 4 ? in.len : 4;
    return memcmp(in.at, MARK, n) == 0;
}

enum hx_err jt1078_parse(struct str in, int *number_bytes, struct jt1078_packet *out, size_t *used)
{
    static const int widths[] = {6, 10};
    bool again = false;
    if (in.len == 0) return HX_E_AGAIN;
    if (!begins(in)) return HX_E_MALFORMED;
    if (in.len < 4) return HX_E_AGAIN;
    if (*number_bytes != 0) return read_as(in, *number_bytes, out, used);
    for (size_t i = 0; i < HX_COUNT(widths); i++) {
        enum hx_err e = read_as(in, widths[i], out, used);
        if (e == HX_OK && begins((struct str){in.at + *used, in.len - *used})) return *number_bytes = widths[i], HX_OK;
        again = again || e == HX_E_AGAIN;
    }
    return again ? HX_E_AGAIN : HX_E_MALFORMED;
}

size_t jt1078_seek(struct str in)
{
    for (size_t at = 1; at < in.len; at++) {
        const char *found = memchr(in.at + at, MARK[0], in.len - at);
        if (found == NULL) return in.len;
        at = (size_t)(found - in.at);
        if (begins((struct str){found, in.len - at})) return at;
    }
    return in.len;
}

void jt1078_join_init(struct jt1078_join *j)
{
    *j = (struct jt1078_join){0};
    buf_init(&j->unit, JT1078_UNIT_MAX);
}

void jt1078_join_free(struct jt1078_join *j)
{
    buf_free(&j->unit);
}

bool jt1078_join_feed(struct jt1078_join *j, const struct jt1078_packet *p, struct str *unit, bool *gap)
{
    int16_t ahead = (int16_t)(p->seq - j->next);
    *gap = false;
    if (j->begun && ahead < 0 && ahead > -LATE) return false;
    if (j->begun && ahead != 0) *gap = true, j->open = false;
    j->begun = true;
    j->next = (uint16_t)(p->seq + 1);
    if (p->kind > JT1078_B) return false;
    if (p->part == JT1078_WHOLE || p->part == JT1078_FIRST) buf_clear(&j->unit), j->open = true;
    if (!j->open) return false; /* the rest of one whose beginning was lost */
    buf_add(&j->unit, p->body.at, p->body.len);
    if (j->unit.full) return j->open = false, *gap = true, false;
    if (p->part == JT1078_FIRST || p->part == JT1078_MIDDLE) return false;
    j->open = false;
    *unit = buf_str(&j->unit);
    return true;
}

bool jt1078_sound(const struct jt1078_packet *p, struct str *samples, bool *ulaw)
{
    const uint8_t *b = (const uint8_t *)p->body.at;
    if (p->kind != JT1078_SOUND || (p->type != JT1078_ALAW && p->type != JT1078_ULAW)) return false;
    *ulaw = p->type == JT1078_ULAW;
    *samples = p->body;
    if (p->body.len > 4 && b[0] == 0 && b[1] == 1 && b[3] == 0 && 2u * b[2] == p->body.len - 4) *samples = (struct str){p->body.at + 4, p->body.len - 4}; /* HiSilicon: 00 01, words, 00 */
    return samples->len > 0;
}

enum hx_err jt1078_channels(struct str body, int *channels)
{
    if (body.len < 10) return HX_E_MALFORMED;
    int n = (unsigned char)body.at[9];
    *channels = n > JT1078_CHANNELS_MAX ? JT1078_CHANNELS_MAX : n;
    return HX_OK;
}

size_t jt1078_ask_live(const struct jt1078_live *l, uint8_t out[270])
{
    size_t n = strlen(l->host);
    if (n > 255) n = 255;
    out[0] = (uint8_t)n;
    memcpy(out + 1, l->host, n);
    uint8_t *at = out + 1 + n;
    at[0] = (uint8_t)(l->tcp_port >> 8), at[1] = (uint8_t)l->tcp_port;
    at[2] = (uint8_t)(l->udp_port >> 8), at[3] = (uint8_t)l->udp_port;
    at[4] = (uint8_t)l->channel;
    at[5] = l->sound ? 0 : 1; /* both, or pictures alone */
    at[6] = l->sub;
    return 8 + n;
}

enum hx_err jt1078_live_read(struct str body, struct jt1078_live *out, struct str *host)
{
    const uint8_t *b = (const uint8_t *)body.at;
    if (body.len < 8 || body.len < 8u + b[0]) return HX_E_MALFORMED;
    *host = (struct str){body.at + 1, b[0]};
    b += 1 + b[0];
    *out = (struct jt1078_live){.tcp_port = (int)two(b), .udp_port = (int)two(b + 2), .channel = b[4], .sub = b[6] != 0, .sound = b[5] == 0};
    return HX_OK;
}

size_t jt1078_stop_live(int channel, uint8_t out[4])
{
    out[0] = (uint8_t)channel;
    out[1] = 0; /* ends */
    out[2] = 0; /* pictures and sound */
    out[3] = 0;
    return 4;
}

void jt1078_pack(const struct jt1078_picture *p, uint16_t *seq, void (*send)(struct str packet, void *arg), void *arg)
{
    uint8_t out[34 + PIECE];
    size_t digits = strlen(p->number), room = 2 * (size_t)p->number_bytes;
    for (size_t at = 0; at == 0 || at < p->unit.len; at += PIECE) {
        size_t n = p->unit.len - at < PIECE ? p->unit.len - at : PIECE, head = 8;
        bool last = at + n >= p->unit.len;
        int part = at == 0 ? (last ? JT1078_WHOLE : JT1078_FIRST) : last ? JT1078_LAST : JT1078_MIDDLE;
        memcpy(out, MARK, 4);
        out[4] = 0x81;
        out[5] = (uint8_t)((last ? 0x80 : 0) | (p->sound ? JT1078_ALAW : p->h265 ? JT1078_H265 : JT1078_H264));
        out[6] = (uint8_t)(*seq >> 8), out[7] = (uint8_t)*seq;
        (*seq)++;
        for (size_t i = 0; i < room; i += 2, head++) {
            unsigned high = i + digits >= room ? (unsigned)(p->number[i + digits - room] - '0') : 0, low = i + 1 + digits >= room ? (unsigned)(p->number[i + 1 + digits - room] - '0') : 0;
            out[head] = (uint8_t)(high << 4 | low);
        }
        out[head++] = (uint8_t)p->channel;
        out[head++] = (uint8_t)((p->sound ? JT1078_SOUND : p->key ? JT1078_I : JT1078_P) << 4 | part);
        for (int i = 0; i < 8; i++) out[head++] = (uint8_t)((uint64_t)p->time_ms >> (56 - 8 * i));
        if (!p->sound) memset(out + head, 0, 4), head += 4; /* intervals since the last key picture, and the last one: not said */
        out[head++] = (uint8_t)(n >> 8), out[head++] = (uint8_t)n;
        memcpy(out + head, p->unit.at + at, n);
        send((struct str){(const char *)out, head + n}, arg);
    }
}
