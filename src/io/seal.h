/* Secrets at rest: AES-256-GCM under a key that lies in a file outside the database (DIR/keys/seal.key, mode 0600). */
#ifndef HX_SEAL_H
#define HX_SEAL_H

#include "base/str.h"

#define SEAL_EXTRA_BYTES 28 /* nonce 12, tag 16 */

struct seal {
    uint8_t key[32];
};

/* Makes DIR/keys and the key file where they are missing; refuses a file of another size. */
enum hx_err seal_open(const char *dir, struct seal *seal) HX_MUST_USE;
/* out has room for n + SEAL_EXTRA_BYTES; returns the bytes written. */
size_t seal_close_over(const struct seal *seal, const void *plain, size_t n, uint8_t *out);
/* MALFORMED when the text was not sealed with this key. *n gets the plain size, at most room. */
enum hx_err seal_break(const struct seal *seal, struct str sealed, uint8_t *out, size_t room, size_t *n) HX_MUST_USE;

#endif
