/* What a camera hears, by whatever codec libavcodec reads, as Opus packets of 20 ms, one channel. */
#ifndef HX_HEAR_H
#define HX_HEAR_H

#include <libavcodec/avcodec.h>

#include "base/str.h"

struct hear;

/* NULL where the codec is not read, or the library refuses. */
struct hear *hear_new(const AVCodecParameters *of);
void hear_free(struct hear *h);
/* Takes a packet of the camera; `take` is given each packet of Opus. What does not decode is skipped. */
void hear_feed(struct hear *h, const AVPacket *p, void (*take)(struct str packet, void *arg), void *arg);

#endif
