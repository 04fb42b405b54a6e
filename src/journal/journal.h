/* The spine: every change of state writes its event in the same transaction, numbered without gaps, chained by SHA-256.
 * Whoever reacts follows it: inside the transaction (journal_follower), after the commit on the loop (journal_listen), or
 * from a saved position (journal_read). */
#ifndef HX_JOURNAL_H
#define HX_JOURNAL_H

#include "store/writer.h"

#define JOURNAL_HASH_BYTES 32

struct event {
    int64_t seq, at, school_id, subject_id, person_id; /* ids are 0 where there is none */
    const char *type;
    const char *data; /* JSON text */
    size_t data_bytes;
    struct event *next;
};

/* Sees each new event of its types inside the transaction that made it, and may write more of them. An error other than
 * STORE undoes what this follower did for this event, is logged, and does not touch the event itself. */
struct journal_follower {
    const char *name;
    const char *prefix; /* 'signal.' sees signal.received … */
    enum hx_err (*see)(struct tx *tx, const struct event *event);
    bool (*skips)(const struct event *event); /* a quick look without the store; may be NULL */
};

struct journal;

/* Reads the head; the followers are ended by a row without a name. */
enum hx_err journal_open(struct db *db, struct loop *loop, struct journal **out) HX_MUST_USE;
void journal_close(struct journal *j);
void journal_add_followers(struct journal *j, const struct journal_follower *followers);
struct writer_hooks journal_hooks(struct journal *j);
/* Lets each follower see what it missed (events newer than its saved position); call before serving. */
enum hx_err journal_catch_up(struct journal *j, struct writer *w) HX_MUST_USE;
/* Called on the loop for every committed event, in order. */
void journal_listen(struct journal *j, void (*heard)(const struct event *event, void *arg), void *arg);

/* The number that the next event of this transaction will have. A new record takes it as its id. */
int64_t journal_next(const struct tx *tx);
/* Writes an event. `data` is taken over. Returns its number through *seq when seq is not NULL. */
enum hx_err journal_add(struct tx *tx, const char *type, int64_t school_id, int64_t subject_id, json_t *data) HX_MUST_USE;
/* Writes the record that the statement gives for `id` as the event of that subject, at the record's school_id. */
enum hx_err journal_tell(struct tx *tx, enum sql_id get, int64_t id, const char *type) HX_MUST_USE;
/* The same with ready text. */
enum hx_err journal_add_text(struct tx *tx, const char *type, int64_t school_id, int64_t subject_id, struct str data) HX_MUST_USE;

/* The last committed number, readable from the loop thread. */
int64_t journal_committed(const struct journal *j);

/* Walks the chain in an open store: OK, or CONFLICT with the first bad number and the reason. */
struct journal_audit {
    int64_t events, bad_seq;
    char reason[160];
};
enum hx_err journal_verify(struct db *db, struct journal_audit *audit) HX_MUST_USE;

#endif
