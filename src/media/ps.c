#include "ps.h"

#include <string.h>

#define PACK 0xBA
#define SYSTEM 0xBB
#define MAP 0xBC
#define END 0xB9
#define PES_MAX 65541u

void ps_init(struct ps *p, void (*take)(struct str unit, uint64_t pts, bool has_pts, enum ps_codec codec, void *arg), void *arg)
{
    *p = (struct ps){.take = take, .arg = arg};
    buf_init(&p->in, PES_MAX + 4096);
    buf_init(&p->unit, PS_UNIT_MAX);
}

void ps_free(struct ps *p)
{
    buf_free(&p->in);
    buf_free(&p->unit);
}

/* What the NAL units themselves say: the map is absent or lies often enough. */
static enum ps_codec sniff(const uint8_t *b, size_t n)
{
    for (size_t i = 0; i + 4 < n && i < 4096; i++) {
        if (b[i] != 0 || b[i + 1] != 0 || b[i + 2] != 1) continue;
        uint8_t head = b[i + 3], type265 = (head >> 1) & 0x3f;
        if (type265 >= 32 && type265 <= 34 && (head & 0x81) == 0 && (b[i + 4] & 7) != 0 && (head & 0x1f) != 7) return PS_CODEC_H265;
        if ((head & 0x80) == 0 && (head & 0x1f) == 7 && (head & 0x60) != 0) return PS_CODEC_H264;
    }
    return PS_CODEC_NONE;
}

static void give_unit(struct ps *p)
{
    struct str unit = buf_str(&p->unit);
    if (unit.len == 0) return;
    enum ps_codec seen = sniff((const uint8_t *)unit.at, unit.len);
    if (seen != PS_CODEC_NONE) p->codec = seen;
    else if (p->codec == PS_CODEC_NONE) p->codec = p->mapped;
    p->take(unit, p->pts, p->has_pts, p->codec, p->arg);
    buf_clear(&p->unit);
}

static void add_video(struct ps *p, const uint8_t *at, size_t n)
{
    if (p->unit.len + n > PS_UNIT_MAX) {
        p->too_long++;
        buf_clear(&p->unit);
        return;
    }
    buf_add(&p->unit, at, n);
}

static enum ps_sound sound_of(uint8_t stream_type)
{
    return stream_type == 0x90 ? PS_SOUND_ALAW : stream_type == 0x91 ? PS_SOUND_ULAW : PS_SOUND_OTHER;
}

static void on_map(struct ps *p, const uint8_t *b, size_t n)
{
    if (n < 12) return;
    size_t info = (size_t)(b[8] << 8 | b[9]), at = 10 + info;
    if (at + 2 > n) return;
    size_t end = at + 2 + (size_t)(b[at] << 8 | b[at + 1]);
    bool video = false;
    if (end > n) end = n;
    for (at += 2; at + 4 <= end; at += 4 + (size_t)(b[at + 2] << 8 | b[at + 3])) {
        if (b[at + 1] >= 0xC0 && b[at + 1] <= 0xDF) p->sound = sound_of(b[at]), p->sounds = p->sound != PS_SOUND_OTHER;
        if (b[at + 1] < 0xE0 || b[at + 1] > 0xEF || video) continue;
        video = true;
        p->mapped = b[at] == 0x1B ? PS_CODEC_H264 : b[at] == 0x24 ? PS_CODEC_H265 : PS_CODEC_OTHER;
    }
}

static void on_video(struct ps *p, const uint8_t *b, size_t n)
{
    size_t head = 6;
    if (n > 9 && b[6] >> 6 == 2) {
        head = 9u + b[8];
        if (b[7] & 0x80 && b[8] >= 5 && n >= 14) {
            uint64_t pts = (uint64_t)(b[9] >> 1 & 7) << 30 | (uint64_t)b[10] << 22 | (uint64_t)(b[11] >> 1) << 15 | (uint64_t)b[12] << 7 | b[13] >> 1;
            if (p->unit.len > 0 && (!p->has_pts || pts != p->pts)) give_unit(p);
            p->pts = pts;
            p->has_pts = true;
        }
    }
    if (head < n) add_video(p, b + head, n - head);
}

static void on_sound(struct ps *p, const uint8_t *b, size_t n)
{
    size_t head = n > 9 && b[6] >> 6 == 2 ? 9u + b[8] : 6;
    if (head >= n) return;
    p->sounds |= p->sound != PS_SOUND_OTHER;
    if (p->take_sound != NULL) p->take_sound((struct str){(const char *)b + head, n - head}, p->sound, p->arg);
}

/* Bytes of the element at the front, 0: more are needed; SIZE_MAX: no element stands here. */
static size_t element(const uint8_t *b, size_t n, bool marked)
{
    if (n < 4) return 0;
    if (b[0] != 0 || b[1] != 0 || b[2] != 1 || b[3] < END) return SIZE_MAX;
    if (b[3] == END) return 4;
    if (b[3] == PACK) {
        if (n < 12) return 0;
        if (b[4] >> 4 == 2) return 12;
        if (n < 14) return 0;
        return 14u + (b[13] & 7);
    }
    if (n < 6) return 0;
    size_t length = (size_t)(b[4] << 8 | b[5]);
    if (length > 0 || b[3] < 0xE0 || b[3] > 0xEF) return 6 + length;
    for (size_t i = 6; i + 4 <= n; i++) /* a video packet without a length ends at the next pack */
        if (b[i] == 0 && b[i + 1] == 0 && b[i + 2] == 1 && (b[i + 3] == PACK || b[i + 3] == MAP || (b[i + 3] >= 0xC0 && b[i + 3] <= 0xEF))) return i;
    return marked ? n : 0;
}

static size_t next_start(const uint8_t *b, size_t n)
{
    for (size_t i = 1; i + 4 <= n; i++)
        if (b[i] == 0 && b[i + 1] == 0 && b[i + 2] == 1 && b[i + 3] == PACK) return i;
    return n > 3 ? n - 3 : n;
}

static void understand(struct ps *p, bool marked)
{
    const uint8_t *b = (const uint8_t *)p->in.at;
    size_t at = 0, n = p->in.len;
    while (at < n) {
        size_t size = element(b + at, n - at, marked);
        if (size == SIZE_MAX || size > PES_MAX) {
            p->resyncs++;
            at += next_start(b + at, n - at);
            if (n - at < 4) break;
            continue;
        }
        if (size == 0 || size > n - at) break;
        uint8_t id = b[at + 3];
        if (id == MAP) on_map(p, b + at, size);
        else if (id >= 0xE0 && id <= 0xEF) on_video(p, b + at, size);
        else if (id >= 0xC0 && id <= 0xDF) on_sound(p, b + at, size);
        at += size;
    }
    buf_drop(&p->in, at);
}

static void take_piece(const struct ts_piece *piece, void *arg)
{
    struct ps *p = arg;
    const uint8_t *b = (const uint8_t *)piece->bytes.at;
    size_t n = piece->bytes.len;
    if (p->ts.video_type != 0) p->mapped = p->ts.video_type == 0x24 ? PS_CODEC_H265 : PS_CODEC_H264;
    if (p->ts.sound_type != 0) p->sound = sound_of(p->ts.sound_type), p->sounds = p->sound != PS_SOUND_OTHER;
    if (piece->sound && piece->begins) on_sound(p, b, n);
    else if (piece->sound && p->take_sound != NULL) p->take_sound(piece->bytes, p->sound, p->arg);
    else if (!piece->sound && piece->begins) on_video(p, b, n);
    else if (!piece->sound && p->has_pts) add_video(p, b, n);
}

void ps_feed(struct ps *p, struct str bytes)
{
    const uint8_t *b = (const uint8_t *)bytes.at;
    if (!p->begun && bytes.len >= 5) { /* some send the elementary stream itself, or a transport stream, under the program stream's payload type */
        p->begun = true;
        size_t zeros = b[2] == 0 ? 3 : 2;
        bool raw = b[0] == 0 && b[1] == 0 && b[zeros] == 1 && b[zeros + 1] < END;
        p->shape = raw ? PS_RAW : ts_begins(bytes) ? PS_TRANSPORT : PS_PACKS;
    }
    if (p->shape == PS_TRANSPORT) {
        ts_feed(&p->ts, bytes, take_piece, p);
        return;
    }
    if (p->shape == PS_RAW) {
        add_video(p, b, bytes.len);
        return;
    }
    while (bytes.len > 0) {
        size_t part = bytes.len < 4096 ? bytes.len : 4096;
        if (p->in.len + part > PES_MAX + 4096) buf_clear(&p->in), p->resyncs++;
        buf_add(&p->in, bytes.at, part);
        bytes = (struct str){bytes.at + part, bytes.len - part};
        understand(p, false);
    }
}

void ps_mark(struct ps *p)
{
    if (p->shape == PS_TRANSPORT) return; /* there the marker says something else (RFC 2250, 2) */
    if (p->shape == PS_PACKS) understand(p, true);
    if (p->in.len == 0 || p->shape == PS_RAW) give_unit(p);
}

void ps_lose(struct ps *p)
{
    buf_clear(&p->in);
    buf_clear(&p->unit);
    ts_lose(&p->ts);
}
