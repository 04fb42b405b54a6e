/* What a device says, G.711 (ITU-T G.711), as Opus (RFC 6716) for browsers and recordings: packets of 20 ms, one channel. Encodes by libopus;
 * reads nothing but samples, so there is nothing to be parsed. */
#ifndef HX_SOUND_H
#define HX_SOUND_H

#include <stdbool.h>

#include "base/str.h"

struct sound;

/* NULL where the library refuses. `take` is given each packet. */
struct sound *sound_new(void (*take)(struct str packet, void *arg), void *arg);
void sound_free(struct sound *s);
/* The next samples, one a byte, 8,000 a second; what does not fill 20 ms waits. */
void sound_feed(struct sound *s, struct str samples, bool ulaw);

#endif
