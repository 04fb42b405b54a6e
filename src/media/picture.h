/* Moving pictures without a camera, for the simulators: an H.264 Constrained Baseline stream of uncompressed (I_PCM) and
 * skipped macroblocks, which every decoder shows exactly as drawn. Pure and deterministic. */
#ifndef HX_PICTURE_H
#define HX_PICTURE_H

#include <stdbool.h>

#include "base/str.h"

#define PICTURE_WIDTH 480
#define PICTURE_HEIGHT 272
#define PICTURE_UNIT_MAX (1u << 19)

struct picture;

/* `camera` gives each its own colours; a school gate, or the inside of a bus. */
enum picture_scene { PICTURE_GATE, PICTURE_BUS };
struct picture *picture_new(unsigned camera, enum picture_scene scene);
void picture_free(struct picture *p);
/* The camera turns by so many pixels a picture from now on; 0 stops it. */
void picture_turn(struct picture *p, int pixels);
/* Draws the scene at this local second of the day (a clock and people walk) and writes its access unit, Annex B: a key picture
 * with parameter sets, or only what changed since the last one. */
void picture_next(struct picture *p, int64_t now_ms, bool key, struct buf *unit);

#endif
