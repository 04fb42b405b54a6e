#include "sim_tone.h"

#include <math.h>

#include "base/g711.h"
#include "notify/voice.h"

#define TONE_HZ 440
#define TONE 6000.0

void sim_tone(int64_t frame, uint8_t *out, size_t samples)
{
    for (size_t i = 0; i < samples; i++) out[i] = g711_alaw((int16_t)(TONE * sin(2 * 3.14159265358979 * TONE_HZ * (double)((int64_t)samples * frame + (int64_t)i) / VOICE_RATE)));
}
