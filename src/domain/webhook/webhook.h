/* Other systems are told what happens: CloudEvents 1.0 in batches over HTTP, signed, in order, from a position in the journal. */
#ifndef HX_WEBHOOK_H
#define HX_WEBHOOK_H

#include "api/api.h"

#define WEBHOOK_KEY_BYTES 24

/* "v1,BASE64" over "id.seconds.body" (Standard Webhooks). */
void webhook_sign(const uint8_t key[WEBHOOK_KEY_BYTES], const char *id, int64_t seconds, struct str body, char out[64]);
/* The key of a secret as it is shown, "whsec_" and 32 letters of base64; false: it is none. */
bool webhook_key(const char *secret, uint8_t key[WEBHOOK_KEY_BYTES]);
/* Whether one of the prefixes (blanks between; "" all) is the type's. What webhooks themselves write is never told. */
bool webhook_hears(const char *types, const char *type);

/* webhook_sender.c; loop thread. */
enum hx_err webhook_sender_start(struct hx_app *app) HX_MUST_USE;
void webhook_sender_stop(void);

extern const struct hx_module webhook_module;

#endif
