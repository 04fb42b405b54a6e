/* H.264 (ITU-T H.264) as far as a remuxer needs it: NAL units of an access unit, and the picture's size. Pure. */
#ifndef HX_H264_H
#define HX_H264_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { H264_SLICE = 1, H264_IDR = 5, H264_SEI = 6, H264_SPS = 7, H264_PPS = 8, H264_AUD = 9 };

/* The next NAL unit of an Annex B byte stream, without start code and trailing zeros; false at the end. *at begins at 0. */
bool h264_next_nal(struct str unit, size_t *at, struct str *nal);
static inline int h264_type(struct str nal) { return nal.len > 0 ? nal.at[0] & 0x1f : 0; }
/* Width and height after cropping (clause 7.3.2.1); INVALID for a broken or absurd parameter set. */
enum hx_err h264_size(struct str sps, int *width, int *height) HX_MUST_USE;

#endif
