/* Speech for the telephone: samples of 8 kHz from a WAV file. Pure. */
#ifndef HX_VOICE_H
#define HX_VOICE_H

#include "base/str.h"

#define VOICE_RATE 8000
#define VOICE_SECONDS_MAX 90

/* Samples of a WAV file with 16-bit PCM, one or two channels, 8 to 96 kHz, filtered down to 8 kHz; *samples is the caller's to free.
 * A length that the file does not have, as of one that came through a pipe, means "to its end". INVALID for anything else,
 * LIMIT when it is longer than VOICE_SECONDS_MAX. */
enum hx_err voice_from_wav(struct str wav, int16_t **samples, size_t *count) HX_MUST_USE;

#endif
