/* Web Push: a message that only one browser can open (RFC 8291, aes128gcm of RFC 8188), and who we are to its push service (VAPID, RFC 8292). Pure but for random bytes. */
#ifndef HX_PUSH_H
#define HX_PUSH_H

#include <openssl/evp.h>

#include "base/str.h"

#define PUSH_POINT_BYTES 65 /* of P-256, not compressed */
#define PUSH_AUTH_BYTES 16
#define PUSH_PLAIN_MAX 3000 /* services take 4096 bytes in all */

struct push_keys {
    uint8_t point[PUSH_POINT_BYTES], auth[PUSH_AUTH_BYTES]; /* p256dh and auth, as the browser gave them */
};

/* From base64url; false when they are none. Whether the point lies on the curve is seen when it is used. */
bool push_keys_read(struct str p256dh, struct str auth, struct push_keys *out);
/* The body of the request. INVALID for a point that is none, LIMIT for a text over PUSH_PLAIN_MAX. */
enum hx_err push_encrypt(const struct push_keys *to, struct str text, struct buf *out) HX_MUST_USE;
/* The same with our ephemeral key and salt given: the test vector of RFC 8291. */
enum hx_err push_encrypt_with(const struct push_keys *to, EVP_PKEY *ours, const uint8_t salt[16], struct str text, struct buf *out) HX_MUST_USE;

/* A key pair on P-256; NULL when there is no memory. */
EVP_PKEY *push_key_new(void);
/* Its public point. */
void push_key_point(EVP_PKEY *key, uint8_t out[PUSH_POINT_BYTES]);
/* "Authorization: vapid t=…, k=…" for the service of this address; `contact` is a mailto: or https: of ours. INVALID when the address has no host. */
enum hx_err push_vapid(EVP_PKEY *key, const char *endpoint, const char *contact, int64_t expires_s, struct buf *out) HX_MUST_USE;

#endif
