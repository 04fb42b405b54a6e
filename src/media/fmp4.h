/* Fragmented MP4 (ISO/IEC 14496-12, 14496-15, Opus in ISOBMFF) for Media Source Extensions: a video track and perhaps an Opus one, one
 * sample a fragment, all times in 1/90000 s. Pure. */
#ifndef HX_FMP4_H
#define HX_FMP4_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "media/h265.h"

#define FMP4_TIMESCALE 90000

/* What a decoder must know first: parameter sets (NAL units without start code) and size. */
struct fmp4_track {
    struct str vps, sps, pps;     /* vps empty: H.264 */
    int width, height;
    const struct h265_sps *h265;  /* NULL: H.264 */
    int opus_channels;            /* 1 or 2; 0: no sound */
};
/* ftyp and moov. */
void fmp4_init(const struct fmp4_track *t, struct buf *out);
/* moof and mdat of one access unit of the codec, given in Annex B; parameter sets and delimiters are left out. Times in 1/90000 s;
 * `offset` from decoding to showing. */
void fmp4_fragment(uint32_t number, uint64_t decode_time, uint32_t duration, int32_t offset, bool key, bool h265, struct str unit, struct buf *out);
/* A NAL unit with its start code. */
void fmp4_add_nal(struct buf *out, struct str nal);
/* The NAL units of a sample (each after its length) as Annex B; false where a length does not fit: what is before it was added. */
bool fmp4_sample_nals(struct str sample, struct buf *out);
/* moof and mdat of one Opus packet. */
void fmp4_sound(uint32_t number, uint64_t decode_time, uint32_t duration, struct str packet, struct buf *out);

#endif
