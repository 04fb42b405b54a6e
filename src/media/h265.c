#include "h265.h"

#include <stdio.h>
#include <string.h>

#include "media/bits.h"

#define SPS_MAX 512
#define PROFILE_BYTES 12

/* profile_tier_level(1, layers - 1) (clause 7.3.3). */
static void take_profile(struct bits *r, int layers, uint8_t out[PROFILE_BYTES])
{
    bool profile[8] = {false}, level[8] = {false};
    for (int i = 0; i < PROFILE_BYTES; i++) out[i] = (uint8_t)bits_number(r, 8);
    for (int i = 0; i < layers - 1; i++) profile[i] = bits_one(r), level[i] = bits_one(r);
    if (layers > 1)
        for (int i = layers - 1; i < 8; i++) bits_number(r, 2);
    for (int i = 0; i < layers - 1; i++) {
        for (int k = 0; profile[i] && k < 11; k++) bits_number(r, 8);
        if (level[i]) bits_number(r, 8);
    }
}

enum hx_err h265_sps(struct str sps, struct h265_sps *out)
{
    uint8_t plain[SPS_MAX];
    struct bits r = {plain, 0, 8 * bits_plain(sps, 2, plain, sizeof plain), false};
    *out = (struct h265_sps){0};
    bits_number(&r, 4);
    out->layers = (int)bits_number(&r, 3) + 1;
    out->nested = bits_one(&r);
    take_profile(&r, out->layers, out->profile);
    bits_golomb(&r);
    uint32_t chroma = bits_golomb(&r);
    bool separate = chroma == 3 && bits_one(&r);
    uint32_t w = bits_golomb(&r), h = bits_golomb(&r), cut[4] = {0, 0, 0, 0};
    if (bits_one(&r))
        for (int i = 0; i < 4; i++) cut[i] = bits_golomb(&r);
    uint32_t luma = bits_golomb(&r), depth = bits_golomb(&r);
    if (r.over || chroma > 3 || w == 0 || h == 0 || w > 16384 || h > 16384 || luma > 8 || depth > 8) return HX_E_INVALID;
    uint32_t x = chroma == 1 || chroma == 2 ? 2 : 1, y = chroma == 1 ? 2 : 1;
    if (separate) x = y = 1;
    for (int i = 0; i < 4; i++)
        if (cut[i] > 4096) return HX_E_INVALID;
    if ((cut[0] + cut[1]) * x >= w || (cut[2] + cut[3]) * y >= h) return HX_E_INVALID;
    out->width = (int)(w - (cut[0] + cut[1]) * x);
    out->height = (int)(h - (cut[2] + cut[3]) * y);
    out->chroma = (int)chroma;
    out->luma_depth = (int)luma + 8;
    out->chroma_depth = (int)depth + 8;
    return HX_OK;
}

void h265_codec(const struct h265_sps *s, char out[40])
{
    static const char *const spaces[4] = {"", "A", "B", "C"};
    uint32_t flags = (uint32_t)s->profile[1] << 24 | (uint32_t)s->profile[2] << 16 | (uint32_t)s->profile[3] << 8 | s->profile[4], reversed = 0;
    int last = 6;
    for (int i = 0; i < 32; i++) reversed |= (flags >> i & 1) << (31 - i);
    int n = snprintf(out, 40, "hvc1.%s%d.%X.%c%d", spaces[s->profile[0] >> 6], s->profile[0] & 31, reversed, s->profile[0] & 32 ? 'H' : 'L', s->profile[11]);
    while (last > 0 && s->profile[4 + last] == 0) last--; /* of the six bytes of constraints, without zeros at the end */
    for (int i = 1; i <= last && n < 36; i++) n += snprintf(out + n, 40 - (size_t)n, ".%X", s->profile[4 + i]);
}
