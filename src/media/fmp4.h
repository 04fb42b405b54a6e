/* Fragmented MP4 (ISO/IEC 14496-12, 14496-15) for Media Source Extensions: one video track, one access unit a fragment. Pure. */
#ifndef HX_FMP4_H
#define HX_FMP4_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define FMP4_TIMESCALE 90000

/* ftyp and moov for H.264 with these parameter sets (NAL units without start code). */
void fmp4_init(struct str sps, struct str pps, int width, int height, struct buf *out);
/* moof and mdat of one access unit, given in Annex B; parameter sets and delimiters are left out. Times in 1/90000 s;
 * `offset` from decoding to showing. */
void fmp4_fragment(uint32_t number, uint64_t decode_time, uint32_t duration, int32_t offset, bool key, struct str unit, struct buf *out);

#endif
