#include "voice.h"

#include <stdlib.h>
#include <string.h>

static unsigned u16(const char *at)
{
    const uint8_t *b = (const uint8_t *)at;
    return b[0] | (unsigned)b[1] << 8;
}

static uint32_t u32(const char *at)
{
    return u16(at) | (uint32_t)u16(at + 2) << 16;
}

/* The mean over the stretch of input that an output sample stands for: a low pass good enough for a telephone. */
static int16_t mean(struct str pcm, unsigned channels, size_t from, size_t to)
{
    int64_t sum = 0;
    if (to <= from) to = from + 1;
    for (size_t i = from; i < to; i++)
        for (unsigned c = 0; c < channels; c++) sum += (int16_t)u16(pcm.at + (i * channels + c) * 2);
    return (int16_t)(sum / (int64_t)((to - from) * channels));
}

enum hx_err voice_from_wav(struct str wav, int16_t **samples, size_t *count)
{
    unsigned channels = 0, rate = 0;
    struct str pcm = {NULL, 0};
    *samples = NULL;
    *count = 0;
    if (wav.len < 12 || memcmp(wav.at, "RIFF", 4) != 0 || memcmp(wav.at + 8, "WAVE", 4) != 0) return HX_E_INVALID;
    struct str rest = {wav.at + 12, wav.len - 12};
    while (rest.len >= 8 && pcm.at == NULL) {
        const char *name = rest.at;
        uint32_t length = u32(rest.at + 4);
        rest = (struct str){rest.at + 8, rest.len - 8};
        size_t here = length < rest.len ? length : rest.len;
        if (memcmp(name, "fmt ", 4) == 0 && here >= 16) {
            if (u16(rest.at) != 1 || u16(rest.at + 14) != 16) return HX_E_INVALID;
            channels = u16(rest.at + 2);
            rate = u32(rest.at + 4);
        } else if (memcmp(name, "data", 4) == 0) {
            pcm = (struct str){rest.at, here};
        }
        here += here % 2 != 0 && here < rest.len;
        rest = (struct str){rest.at + here, rest.len - here};
    }
    if (pcm.at == NULL || channels < 1 || channels > 2 || rate < VOICE_RATE || rate > 96000) return HX_E_INVALID;
    size_t in = pcm.len / 2 / channels, out = (size_t)((uint64_t)in * VOICE_RATE / rate);
    if (out > (size_t)VOICE_SECONDS_MAX * VOICE_RATE) return HX_E_LIMIT;
    if (out == 0) return HX_E_INVALID;
    *samples = malloc(out * sizeof **samples);
    HX_ASSERT(*samples != NULL);
    for (size_t i = 0; i < out; i++) (*samples)[i] = mean(pcm, channels, (size_t)((uint64_t)i * rate / VOICE_RATE), (size_t)((uint64_t)(i + 1) * rate / VOICE_RATE));
    *count = out;
    return HX_OK;
}
