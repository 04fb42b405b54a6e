#include "sound.h"

#include <opus/opus.h>
#include <stdlib.h>

#include "base/g711.h"

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
        uint8_t code = (uint8_t)samples.at[i];
        s->samples[s->count++] = ulaw ? g711_from_ulaw(code) : g711_from_alaw(code);
        if (s->count < SAMPLES) continue;
        s->count = 0;
        int n = opus_encode(s->encoder, s->samples, SAMPLES, packet, sizeof packet);
        if (n > 0) s->take((struct str){(const char *)packet, (size_t)n}, s->arg);
    }
}
