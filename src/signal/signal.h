/* The one record that every device message becomes, whatever protocol brought it, and its way into the store. */
#ifndef HX_SIGNAL_H
#define HX_SIGNAL_H

#include "journal/journal.h"
#include "signal/signal_class.h"

#define SIGNAL_TEXT_MAX 512
#define SIGNAL_DIGEST_BYTES 16
/* Without a device time a copy is known as such for a minute after the last one; with one, for two days. */
#define SIGNAL_REPEAT_MS 60000
#define SIGNAL_REPEAT_STAMPED_MS (2 * 86400000LL)

struct signal {
    int64_t received_at, device_at; /* UTC ms; device_at 0: the device said none */
    int64_t panel_id, school_id;    /* 0: unknown account */
    char account[24], protocol[12], sequence[12], code[8], qualifier[8], partition_no[8], zone[16];
    enum signal_class class;
    int severity;
    char text[SIGNAL_TEXT_MAX]; /* UTF-8 */
    bool drill, test, quarantined;
    uint8_t digest[SIGNAL_DIGEST_BYTES];
    char *extra; /* JSON object text or NULL; owned by the batch */
    /* Filled in by the store: */
    int64_t seq;
    bool duplicate;
};

/* All that one frame said. Stored whole or not at all. */
struct signal_batch {
    struct signal *signals;
    size_t count;
    uint8_t *raw;
    size_t raw_bytes;
};

struct signal_batch *signal_batch_new(size_t count, struct str raw);
void signal_batch_free(struct signal_batch *b);
/* The lane that this batch may use: life overtakes tests and opens. */
enum writer_lane signal_lane(const struct signal_batch *b);
/* Stores the batch inside a transaction; each new signal writes signal.received, each copy only counts. */
enum hx_err signal_store(struct tx *tx, struct signal_batch *b) HX_MUST_USE;
/* Forgets the digests of frames too old to come again, for the next few accounts after the one in `after` (a char[24], which
 * moves on and becomes "" after the last). A job of the writer's bulk lane, once a minute. */
enum hx_err signal_forget(struct tx *tx, void *after) HX_MUST_USE;
/* first SIGNAL_DIGEST_BYTES of SHA-256 over the pieces, each with its length before it. */
void signal_digest(const struct str *pieces, size_t count, uint8_t out[SIGNAL_DIGEST_BYTES]);
/* A device's text as UTF-8: itself where it is valid, else read as GB18030; broken bytes become U+FFFD. */
void signal_text_from(struct str raw, char *out, size_t size);
/* UTF-8 as GB 18030, as far as there is room. */
void signal_text_to_gb(struct str utf8, struct buf *out);

#endif
