/* Tickets that the daemon signs and a media node checks: what may be opened, by whom, until when. HMAC-SHA-256 under a key that
 * both have in a file. */
#ifndef HX_TICKET_H
#define HX_TICKET_H

#include <stdbool.h>

#include "base/str.h"

#define TICKET_TEXT_MAX 200

struct ticket {
    char what[8];     /* "live", "clip" */
    char subject[32]; /* the stream or clip */
    int64_t person_id, expires_at; /* UTC ms */
    char nonce[17];   /* by which it is revoked */
};

/* Makes DIR/keys/media.key (32 bytes, mode 0600) where it is missing, and reads it. */
enum hx_err ticket_key_open(const char *dir, uint8_t key[32]) HX_MUST_USE;
/* Reads a key file; INVALID when it is none. */
enum hx_err ticket_key_read(const char *file, uint8_t key[32]) HX_MUST_USE;
/* Fills in the nonce and writes the text, which may stand in a URL. */
void ticket_make(const uint8_t key[32], struct ticket *t, char out[TICKET_TEXT_MAX]);
/* INVALID for another key's or a broken one, FORBIDDEN for one that has run out. */
enum hx_err ticket_check(const uint8_t key[32], struct str text, int64_t now_ms, struct ticket *out) HX_MUST_USE;
/* What a node must show to control it: a ticket-like proof of the key itself. */
void ticket_control_secret(const uint8_t key[32], char out[65]);
/* Text that only the holders of the key can read, as hex: an address with a password on its way to a node. */
#define TICKET_HIDDEN_MAX(n) (2 * ((n) + 28) + 1)
void ticket_hide(const uint8_t key[32], struct str plain, char *out /* TICKET_HIDDEN_MAX(plain.len) */);
/* MALFORMED when it was not hidden with this key, LIMIT when it does not fit. */
enum hx_err ticket_reveal(const uint8_t key[32], struct str hidden, char *out, size_t size) HX_MUST_USE;

#endif
