#include "h264.h"

#include <string.h>

#include "media/bits.h"

#define SPS_MAX 512

/* The next 00 00 01 at or after `from`, n when there is none: memchr looks for the rare 01. */
static size_t start_code(const char *b, size_t from, size_t n)
{
    for (size_t i = from + 2; i < n; i++) {
        const char *one = memchr(b + i, 1, n - i);
        if (one == NULL) return n;
        i = (size_t)(one - b);
        if (b[i - 1] == 0 && b[i - 2] == 0) return i - 2;
    }
    return n;
}

bool h264_next_nal(struct str unit, size_t *at, struct str *nal)
{
    const char *b = unit.at;
    size_t n = unit.len, from = start_code(b, *at, n) + 3;
    while (from < n) {
        size_t next = start_code(b, from, n), to = next;
        while (to > from && b[to - 1] == 0) to--;
        *at = next;
        *nal = (struct str){b + from, to - from};
        if (to > from) return true;
        from = next + 3;
    }
    return false;
}

static void skip_scaling(struct bits *r, int size)
{
    int last = 8, next = 8;
    for (int i = 0; i < size && !r->over; i++) {
        if (next != 0) {
            uint32_t k = bits_golomb(r);
            int delta = k & 1 ? (int)((k + 1) / 2) : -(int)(k / 2);
            next = (last + delta + 256) & 255;
        }
        if (next != 0) last = next;
    }
}

enum hx_err h264_size(struct str sps, int *width, int *height)
{
    uint8_t plain[SPS_MAX];
    struct bits r = {plain, 0, 8 * bits_plain(sps, 1, plain, sizeof plain), false};
    uint32_t profile = bits_number(&r, 8), chroma = 1;
    bits_number(&r, 16);
    bits_golomb(&r);
    bool separate = false;
    if (profile == 100 || profile == 110 || profile == 122 || profile == 244 || profile == 44 || profile == 83 || profile == 86 || profile == 118 || profile == 128) {
        chroma = bits_golomb(&r);
        if (chroma == 3) separate = bits_one(&r);
        bits_golomb(&r);
        bits_golomb(&r);
        bits_one(&r);
        if (bits_one(&r))
            for (int i = 0; i < (chroma == 3 ? 12 : 8); i++)
                if (bits_one(&r)) skip_scaling(&r, i < 6 ? 16 : 64);
    }
    bits_golomb(&r);
    uint32_t order = bits_golomb(&r);
    if (order == 0) {
        bits_golomb(&r);
    } else if (order == 1) {
        bits_one(&r);
        bits_golomb(&r);
        bits_golomb(&r);
        uint32_t cycle = bits_golomb(&r);
        for (uint32_t i = 0; i < cycle && !r.over; i++) bits_golomb(&r);
    }
    bits_golomb(&r);
    bits_one(&r);
    uint32_t wide = bits_golomb(&r) + 1, high = bits_golomb(&r) + 1, frame_only = bits_one(&r);
    if (!frame_only) bits_one(&r);
    bits_one(&r);
    uint32_t crop[4] = {0, 0, 0, 0};
    if (bits_one(&r))
        for (int i = 0; i < 4; i++) crop[i] = bits_golomb(&r);
    if (r.over || chroma > 3 || wide > 1024 || high > 1024) return HX_E_INVALID;
    uint32_t unit_x = chroma == 0 || chroma == 3 || separate ? 1 : 2, unit_y = (chroma == 1 && !separate ? 2u : 1u) * (2 - frame_only);
    uint32_t w = wide * 16, h = high * 16 * (2 - frame_only);
    for (int i = 0; i < 4; i++)
        if (crop[i] > 4096) return HX_E_INVALID;
    uint32_t cut_x = (crop[0] + crop[1]) * unit_x, cut_y = (crop[2] + crop[3]) * unit_y;
    if (cut_x >= w || cut_y >= h) return HX_E_INVALID;
    *width = (int)(w - cut_x);
    *height = (int)(h - cut_y);
    return HX_OK;
}
