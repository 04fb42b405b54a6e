/* The sender's side, for simulators and tests: an access unit as program stream, and bytes as RTP packets. */
#ifndef HX_PS_PACK_H
#define HX_PS_PACK_H

#include <stdbool.h>

#include "base/str.h"

/* Pack header, on key pictures system header and stream map (unless `no_map`), and PES packets of stream E0. */
void ps_pack(struct str unit, uint64_t pts, bool key, bool no_map, struct buf *out);
/* Cuts bytes into RTP packets of at most 1400 bytes of payload, marker on the last, each handed to `send`. */
void rtp_pack(struct str bytes, uint16_t *seq, uint32_t timestamp, uint32_t ssrc, void (*send)(struct str packet, void *arg), void *arg);
/* An access unit as RTP packets of RFC 6184, or of RFC 7798 for H.265: NAL units whole or in pieces, marker on the last. */
void rtp_pack_units(struct str unit, bool h265, uint16_t *seq, uint32_t timestamp, uint32_t ssrc, void (*send)(struct str packet, void *arg), void *arg);

#endif
