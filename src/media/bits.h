/* Bits of a parameter set: read from the front, emulation prevention already taken out (ITU-T H.264 clause 7.4.1). Pure. */
#ifndef HX_BITS_H
#define HX_BITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct bits {
    const uint8_t *b;
    size_t at, n; /* bits */
    bool over;    /* more was read than there is: what was read is worth nothing */
};

/* The payload of a NAL unit after `skip` bytes of header; returns the bytes written. */
size_t bits_plain(struct str nal, size_t skip, uint8_t *out, size_t room);
unsigned bits_one(struct bits *r);
uint32_t bits_number(struct bits *r, int count); /* u(n), n ≤ 32 */
uint32_t bits_golomb(struct bits *r);            /* ue(v), clause 9.1 */

#endif
