/* DC-09 on the wire.
 *
 *     LF  crc(4)  0LLL(4)  "token" seq [R hex] L hex [#account] [data] {[x-data]} [_HH:MM:SS,MM-DD-YYYY]  CR
 *                          `--------------------- counted by LLL, covered by the CRC ------------------'
 *
 * Two dialects of the CRC are met: four hex digits, and two raw bytes (which may be LF or CR themselves, so a frame is found
 * by its length, never by its ends). Pure: no socket, clock, allocation or log. Clauses are mapped in this folder's README. */
#ifndef HX_DC09_FRAME_H
#define HX_DC09_FRAME_H

#include "base/str.h"

#define DC09_BODY_MAX 4095
#define DC09_FRAME_MAX (DC09_BODY_MAX + 10)
#define DC09_XDATA_MAX 16
#define DC09_DIGITS_MAX 6
#define DC09_ACCOUNT_MAX 16

enum dc09_crc_form { DC09_CRC_HEX, DC09_CRC_BINARY };

enum dc09_find {
    DC09_FOUND,   /* a frame whose CRC and length are right */
    DC09_MORE,    /* nothing whole yet; *used bytes of rubbish may be dropped */
    DC09_BAD_CRC, /* shape and length right, CRC wrong: no reply */
    DC09_BAD_LENGTH,
    DC09_HEARTBEAT_OH, /* the older "SR…[ID…]" heartbeat of OH receivers */
};

struct dc09_envelope {
    struct str body; /* into the input */
    enum dc09_crc_form crc_form;
    uint16_t crc_sent, crc_want;
};

uint16_t dc09_crc(struct str body);

/* Looks for the first frame in a stream. *used counts the bytes that are done with, whatever the answer. */
enum dc09_find dc09_frame_find(struct str in, struct dc09_envelope *envelope, size_t *used);
const char *dc09_find_text(enum dc09_find found);

struct dc09_message {
    bool encrypted;
    struct str token; /* without '*' */
    struct str sequence; /* 4 digits */
    struct str receiver; /* after R; at == NULL when there is none */
    struct str line;     /* after L; may be empty */
    struct str account;  /* of the header; may be empty */
    bool has_account;    /* '#' stood in the header */
    struct str cipher;   /* hex, when encrypted and not yet opened */
    struct str data_account, data; /* of the first block, split at the first '|' */
    struct str xdata[DC09_XDATA_MAX];
    size_t xdata_count;
    struct str timestamp; /* without '_'; empty when there is none */
};

/* Parses the counted part up to `[`; then, when it is clear, the blocks behind it.
 *   errors  MALFORMED; header fields parsed until then stay in *m, so that a DUH can echo them
 *   source  ANSI/SIA DC-09-2013 5.5.1 and 5.5.2; digits missing behind L, and accounts in the data only, are dialects */
enum hx_err dc09_message_parse(struct str body, struct dc09_message *m);
/* Parses what stands behind `[` in clear or decrypted text. */
enum hx_err dc09_blocks_parse(struct str text, struct dc09_message *m);
/* The account that counts: that of the data block, else that of the header. */
struct str dc09_account(const struct dc09_message *m);
/* "HH:MM:SS,MM-DD-YYYY" as UTC; false when it is no time. */
bool dc09_time_parse(struct str text, int64_t *utc_ms);

/* Writes `"token"seq[R…]L…[#account][`, echoing what the message said of itself. */
void dc09_reply_head(struct buf *out, const char *token, const struct dc09_message *to);
/* Writes a whole reply frame: "ACK", "DUH" or, with account and sequence of their own, "NAK". `time_ms` 0 leaves the time out. */
void dc09_reply(struct buf *out, enum dc09_crc_form form, const char *token, const struct dc09_message *to, int64_t time_ms);
/* Wraps a counted part. */
void dc09_wrap(struct buf *out, enum dc09_crc_form form, struct str body);
void dc09_time_format(int64_t utc_ms, char out[24]);

#endif
