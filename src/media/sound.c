#include "sound.h"

#include <opus/opus.h>
#include <stdlib.h>

#define RATE 8000
#define SAMPLES 160 /* 20 ms */
#define PACKET_MAX 400
#define BITS_A_SECOND 24000
#define EFFORT 0 /* of ten: a node has many cameras, and what they hear has 8 kHz at best */

struct sound {
    OpusEncoder *encoder;
    void (*take)(struct str packet, void *arg);
    void *arg;
    opus_int16 samples[SAMPLES];
    int count;
};

/* G.711 tables 1a and 2a: sign, a segment of three bits, a place in it of four. */
static int from_alaw(unsigned code)
{
    unsigned c = code ^ 0x55, segment = c >> 4 & 7;
    int v = (int)(c & 15) * 16 + 8;
    if (segment > 0) v = (v + 256) << (segment - 1);
    return c & 0x80 ? v : -v;
}

static int from_ulaw(unsigned code)
{
    unsigned c = ~code & 0xff;
    int v = ((((int)(c & 15) << 3) + 132) << (c >> 4 & 7)) - 132;
    return c & 0x80 ? -v : v;
}

struct sound *sound_new(void (*take)(struct str packet, void *arg), void *arg)
{
    int error;
    struct sound *s = calloc(1, sizeof *s);
    HX_ASSERT(s != NULL);
    *s = (struct sound){.encoder = opus_encoder_create(RATE, 1, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &error), .take = take, .arg = arg};
    if (s->encoder != NULL && opus_encoder_ctl(s->encoder, OPUS_SET_BITRATE(BITS_A_SECOND)) == OPUS_OK && opus_encoder_ctl(s->encoder, OPUS_SET_COMPLEXITY(EFFORT)) == OPUS_OK) return s;
    sound_free(s);
    return NULL;
}

void sound_free(struct sound *s)
{
    if (s == NULL) return;
    if (s->encoder != NULL) opus_encoder_destroy(s->encoder);
    free(s);
}

void sound_feed(struct sound *s, struct str samples, bool ulaw)
{
    unsigned char packet[PACKET_MAX];
    for (size_t i = 0; i < samples.len; i++) {
        unsigned code = (unsigned char)samples.at[i];
        s->samples[s->count++] = (opus_int16)(ulaw ? from_ulaw(code) : from_alaw(code));
        if (s->count < SAMPLES) continue;
        s->count = 0;
        int n = opus_encode(s->encoder, s->samples, SAMPLES, packet, sizeof packet);
        if (n > 0) s->take((struct str){(const char *)packet, (size_t)n}, s->arg);
    }
}
