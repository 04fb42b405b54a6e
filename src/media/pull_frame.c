#include "pull_frame.h"

static void put(uint8_t *at, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) at[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
}

static uint64_t get(const uint8_t *at, int bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++) v = v << 8 | at[i];
    return v;
}

/* bytes of the body 4 · slot 4 · kind 1 · codec 1 · zero 2 · offset 4 · time 8 */
void pull_frame_head(const struct pull_frame *f, uint8_t out[PULL_HEAD_BYTES])
{
    put(out, f->body.len, 4);
    put(out + 4, f->slot, 4);
    out[8] = (uint8_t)f->kind;
    out[9] = (uint8_t)f->codec;
    out[10] = out[11] = 0;
    put(out + 12, (uint32_t)f->offset, 4);
    put(out + 16, (uint64_t)f->time, 8);
}

enum hx_err pull_frame_read(struct str in, struct pull_frame *out, size_t *used)
{
    const uint8_t *b = (const uint8_t *)in.at;
    *used = PULL_HEAD_BYTES;
    if (in.len < PULL_HEAD_BYTES) return HX_E_AGAIN;
    size_t n = get(b, 4);
    if (n > PULL_BODY_MAX || b[8] < PULL_UNIT || b[8] > PULL_SOUND || b[9] < PULL_H264 || b[9] > PULL_OTHER || b[10] != 0 || b[11] != 0) return HX_E_MALFORMED;
    *used = PULL_HEAD_BYTES + n;
    if (in.len < *used) return HX_E_AGAIN;
    *out = (struct pull_frame){.slot = (uint32_t)get(b + 4, 4), .kind = b[8], .codec = b[9], .offset = (int32_t)get(b + 12, 4), .time = (int64_t)get(b + 16, 8), .body = {in.at + PULL_HEAD_BYTES, n}};
    return HX_OK;
}
