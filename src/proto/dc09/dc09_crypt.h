/* The encrypted form: AES-CBC with a zero vector over  pad '|' data ']' … '_' time,  upper-case hex, a multiple of 16 bytes.
 * The pad is random and never holds '|', '[' or ']'. Source: ANSI/SIA DC-09-2013 5.4.4 to 5.4.6. */
#ifndef HX_DC09_CRYPT_H
#define HX_DC09_CRYPT_H

#include "proto/dc09/dc09_frame.h"

#define DC09_PLAIN_MAX (DC09_BODY_MAX / 2)

struct dc09_key {
    uint8_t bytes[32];
    size_t n; /* 16, 24 or 32 */
};

/* A key as people write it: 32, 48 or 64 hex digits, or 16, 24 or 32 characters. */
bool dc09_key_parse(struct str text, struct dc09_key *key);

/* Opens m->cipher into plain[] and parses it into *m, whose text then points into plain.
 *   *pad_bytes gets the count of pad bytes
 *   errors  MALFORMED when it is no multiple of 16, no hex, or does not read as a message (a wrong key) */
enum hx_err dc09_open(struct dc09_message *m, const struct dc09_key *key, char plain[DC09_PLAIN_MAX], size_t *pad_bytes, struct str *text);

/* Writes a frame whose blocks are encrypted: `head` is `"*ACK"0001R0L0#1234[`, `text` is what follows the '|'. */
void dc09_seal(struct buf *out, enum dc09_crc_form form, struct str head, struct str text, const struct dc09_key *key);
/* A frame of a transmitter: `"token"sequence[Rreceiver]Lline#account[` and `text`, what stands behind; sealed where the key has bytes. */
struct dc09_sending {
    const char *token, *receiver, *line, *account; /* receiver "": none; of NULL the sequence is 0 */
    int sequence;
    const struct dc09_key *key;
};
void dc09_send(struct buf *out, const struct dc09_sending *s, struct str text);
/* *ACK to a message, with our time. */
void dc09_reply_sealed(struct buf *out, enum dc09_crc_form form, const struct dc09_message *to, int64_t time_ms, const struct dc09_key *key);

#endif
