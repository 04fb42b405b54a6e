/* Signatures of the curve P-256 as the web writes them: r and s side by side (RFC 7518 section 3.4, Web Cryptography ECDSA). */
#ifndef HX_P256_H
#define HX_P256_H

#include <openssl/types.h>

#include "base/str.h"

#define P256_POINT_BYTES 65 /* 4, x, y: not compressed */
#define P256_SIGNATURE_BYTES 64

/* The public key; NULL when the point is not on the curve. Freed by EVP_PKEY_free. */
EVP_PKEY *p256_key(const uint8_t point[P256_POINT_BYTES]);
/* Whether it signed what has this SHA-256. */
bool p256_verify(EVP_PKEY *key, const uint8_t hash[32], const uint8_t signature[P256_SIGNATURE_BYTES]);

#endif
