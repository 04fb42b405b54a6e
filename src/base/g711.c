#include "g711.h"

/* Sign, three bits of the segment, four of the step (G.711, tables 1a and 2a); every second bit of the A law is turned. */
uint8_t g711_alaw(int16_t sample)
{
    int v = sample < 0 ? -(sample + 1) : sample, segment = 0;
    v >>= 3; /* 13 bits with the sign: 12 of magnitude */
    for (int top = v >> 5; top > 0 && segment < 7; top >>= 1) segment++;
    int code = segment << 4 | ((segment < 2 ? v >> 1 : v >> segment) & 15);
    return (uint8_t)((sample < 0 ? code : code | 0x80) ^ 0x55);
}

uint8_t g711_ulaw(int16_t sample)
{
    int v = sample < 0 ? -(int)sample : sample, segment = 0;
    if (v > 32635) v = 32635;
    v += 132;
    for (int top = v >> 8; top > 0; top >>= 1) segment++;
    int code = segment << 4 | (v >> (segment + 3) & 15);
    return (uint8_t)~(sample < 0 ? code | 0x80 : code);
}

int16_t g711_from_alaw(uint8_t code)
{
    code ^= 0x55;
    int segment = code >> 4 & 7, v = (code & 15) << 4 | 8;
    if (segment > 0) v = (v + 0x100) << (segment - 1);
    return (int16_t)(code & 0x80 ? v : -v);
}

int16_t g711_from_ulaw(uint8_t code)
{
    code = (uint8_t)~code;
    int v = (((code & 15) << 3) + 132) << (code >> 4 & 7);
    return (int16_t)(code & 0x80 ? 132 - v : v - 132);
}
