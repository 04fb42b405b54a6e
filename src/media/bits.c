#include "bits.h"

size_t bits_plain(struct str nal, size_t skip, uint8_t *out, size_t room)
{
    size_t n = 0;
    int zeros = 0;
    for (size_t i = skip; i < nal.len && n < room; i++) {
        uint8_t c = (uint8_t)nal.at[i];
        if (zeros == 2 && c == 3) {
            zeros = 0;
            continue;
        }
        zeros = c == 0 ? zeros + 1 : 0;
        if (zeros > 2) zeros = 2;
        out[n++] = c;
    }
    return n;
}

unsigned bits_one(struct bits *r)
{
    if (r->at >= r->n) return r->over = true, 0;
    unsigned v = r->b[r->at / 8] >> (7 - r->at % 8) & 1;
    r->at++;
    return v;
}

uint32_t bits_number(struct bits *r, int count)
{
    uint32_t v = 0;
    while (count-- > 0) v = v << 1 | bits_one(r);
    return v;
}

uint32_t bits_golomb(struct bits *r)
{
    int zeros = 0;
    while (!r->over && bits_one(r) == 0) zeros++;
    if (r->over || zeros > 30) return r->over = true, 0;
    return (1u << zeros) - 1 + bits_number(r, zeros);
}
