/* Samples of 16 bits as the codes of a telephone line and back (ITU-T G.711, tables 1 and 2). Pure; every value has its code. */
#ifndef HX_G711_H
#define HX_G711_H

#include <stdint.h>

uint8_t g711_alaw(int16_t sample);
uint8_t g711_ulaw(int16_t sample);
int16_t g711_from_alaw(uint8_t code);
int16_t g711_from_ulaw(uint8_t code);

#endif
