/* A key picture as JPEG, by libavcodec: for browsers that cannot play a camera's codec, and for single stills. */
#ifndef HX_DRAW_H
#define HX_DRAW_H

#include "base/str.h"

#define DRAW_WIDTH_MAX 960

/* `unit`: a key picture in Annex B with its parameter sets. INVALID when it is none that decodes. */
enum hx_err draw_jpeg(bool h265, struct str unit, struct buf *out) HX_MUST_USE;

#endif
