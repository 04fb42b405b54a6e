/* What the two sides of families share. */
#ifndef HX_FAMILY_INNER_H
#define HX_FAMILY_INNER_H

#include "io/seal.h"

extern struct seal family_seal;
/* What a slip or a phone's token is known by. */
void family_digest(const char *secret, uint8_t out[32]);

#endif
