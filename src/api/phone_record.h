/* Records that a phone signed: header `Huxue-Record: k=TAG; n=NUMBER; at=MS; prev=HASH; sig=SIGNATURE` on what its outbox sends.
 * The signed text is
 *   huxue-record-1 ⏎ number ⏎ UTC ms ⏎ hash of the record before ⏎ METHOD PATH ⏎ Idempotency-Key ⏎ SHA-256 of the body
 * (hashes as 64 lower-case hex digits, of the first record's predecessor: zeros); the signature is ECDSA on P-256 with SHA-256,
 * r and s, base64url. A mark never decides whether a record is taken: what it is worth goes to the person who judges. */
#ifndef HX_PHONE_RECORD_H
#define HX_PHONE_RECORD_H

#include "io/p256.h"
#include "store/writer.h"

enum record_standing {
    RECORD_NONE,    /* it came without a mark */
    RECORD_UNKNOWN, /* by a key that this person has not, or has no more */
    RECORD_FALSE,   /* the signature does not fit what came, or the mark cannot be read */
    RECORD_BROKEN,  /* its number belongs to another record, or it does not follow the one before it */
    RECORD_GOOD,
};

struct record_mark {
    enum record_standing standing;
    char tag[17];
    int64_t n, made_at;
    uint8_t prev[32], hash[32], signature[P256_SIGNATURE_BYTES];
    int64_t phone_id;
};

/* Reads the header (NULL: none) against the request it came with. Pure; GOOD here means: worth judging. */
void record_read(const char *header, const char *method, struct str path, const char *id, struct str body, struct record_mark *m);
/* Whether a key of this person made the signature. On a reader. */
void record_judge(struct db *db, int64_t person_id, struct record_mark *m);
/* Keeps a good mark's number and hash in the transaction of what it signs, and tells the journal of a bad one. */
enum hx_err record_keep(struct tx *tx, const char *id, const char *operation, struct record_mark *m) HX_MUST_USE;
/* Whether this person's phones sign, so that a record without a mark is remarkable: one did within a month. */
bool record_expected(struct db *db, int64_t person_id, int64_t now_ms);

#endif
