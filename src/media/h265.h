/* H.265 (ITU-T H.265) as far as a remuxer needs it. NAL units are found by h264_next_nal: the byte stream is the same. Pure. */
#ifndef HX_H265_H
#define HX_H265_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { H265_IRAP_FIRST = 16, H265_IRAP_LAST = 23, H265_VPS = 32, H265_SPS = 33, H265_PPS = 34, H265_AUD = 35 };

static inline int h265_type(struct str nal) { return nal.len > 1 ? nal.at[0] >> 1 & 0x3f : -1; }
static inline bool h265_is_picture(int type) { return type >= 0 && type < 32; }
static inline bool h265_is_key(int type) { return type >= H265_IRAP_FIRST && type <= H265_IRAP_LAST; }

struct h265_sps {
    int width, height;
    uint8_t profile[12]; /* general_profile_space … general_level_idc, as they stand (clause 7.3.3) */
    int chroma, luma_depth, chroma_depth, layers;
    bool nested;
};
/* INVALID for a broken or absurd parameter set. */
enum hx_err h265_sps(struct str sps, struct h265_sps *out) HX_MUST_USE;
/* "hvc1.1.6.L93.B0" (ISO/IEC 14496-15 annex E.3). */
void h265_codec(const struct h265_sps *s, char out[40]);

#endif
