/* What the simulated devices hear: a tone of 440 Hz, so that who listens knows that it is heard. */
#ifndef HX_SIM_TONE_H
#define HX_SIM_TONE_H

#include <stddef.h>
#include <stdint.h>

/* The samples (G.711 A-law, 8 kHz) of the picture with this number. */
void sim_tone(int64_t frame, uint8_t *out, size_t samples);

#endif
