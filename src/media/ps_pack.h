/* The sender's side, for platforms above, simulators and tests: an access unit as program stream, and bytes as RTP packets. Pure. */
#ifndef HX_PS_PACK_H
#define HX_PS_PACK_H

#include <stdbool.h>

#include "base/str.h"

struct ps_picture {
    struct str unit; /* Annex B */
    struct str sound; /* G.711 A-law of its time, or nothing */
    uint64_t pts;    /* 1/90000 s */
    bool key, h265;
    bool no_map;     /* as some devices send it */
};
/* Pack header, on key pictures system header and stream map, PES packets of stream E0 and one of C0 (ISO/IEC 13818-1, 2.5.3). */
void ps_pack(const struct ps_picture *p, struct buf *out);
/* The twelve bytes of an RTP head without lists (RFC 3550, 5.1). */
void rtp_put_head(uint8_t *packet, int type, bool marker, uint16_t seq, uint32_t timestamp, uint32_t ssrc);
/* Cuts bytes into RTP packets of at most 1400 bytes of payload, marker on the last, each handed to `send`. */
void rtp_pack(struct str bytes, uint16_t *seq, uint32_t timestamp, uint32_t ssrc, void (*send)(struct str packet, void *arg), void *arg);
/* An access unit as RTP packets of RFC 6184, or of RFC 7798 for H.265: NAL units whole or in pieces, marker on the last. */
void rtp_pack_units(struct str unit, bool h265, uint16_t *seq, uint32_t timestamp, uint32_t ssrc, void (*send)(struct str packet, void *arg), void *arg);

#endif
