/* The one writer thread. Jobs from the loop run one after the other inside a transaction that many of them share; their
 * answers return to the loop only after the commit is on disk. A job is a function over a struct tx: what it read and wrote
 * is atomic, and a job that answers an error leaves nothing behind. */
#ifndef HX_WRITER_H
#define HX_WRITER_H

#include "io/loop.h"
#include "store/db.h"

struct tx {
    struct db *db;
    int64_t now_ms;   /* one clock for the whole job */
    char detail[512]; /* one sentence beside an error, for the person who asked */
    void *hooks_arg;  /* the journal */
    int64_t person_id; /* who asked; 0 for the system itself */
    bool chinese;      /* the language of `detail` */
};

/* Writes tx->detail, in the language of who asked, and answers `e`. The format has a row in base/sentences.tsv. */
enum hx_err tx_fail(struct tx *tx, enum hx_err e, const char *format, ...) HX_PRINTF(3, 4);
/* A state or act in that language. */
const char *tx_word(const struct tx *tx, const char *word);

typedef enum hx_err (*tx_fn)(struct tx *tx, void *arg);
/* Called on the loop thread. `detail` is empty or says why. */
typedef void (*tx_done_fn)(enum hx_err e, const char *detail, void *arg);

/* What lives beside the transaction and must move with it: the journal's head and its new events. */
struct writer_hooks {
    void *arg;
    void (*mark)(void *arg);                      /* a job begins */
    enum hx_err (*drain)(void *arg, struct tx *); /* a job ended well: let the followers see its events */
    void (*undo)(void *arg);                      /* back to the mark */
    enum hx_err (*seal)(void *arg, struct tx *);  /* before the commit */
    void (*committed)(void *arg);                 /* after it, still on the writer thread */
    void (*aborted)(void *arg, struct db *db);    /* the whole batch is void */
};

enum writer_lane { LANE_URGENT, LANE_NORMAL, LANE_BULK, LANE_COUNT };

#define WRITER_BATCH_MAX 512
#define WRITER_QUEUE_MAX 65536

struct writer;

struct writer *writer_start(struct loop *loop, struct db *db, const struct writer_hooks *hooks);
/* Queues a job; BUSY when the queue is full (then `done` is not called). `done` may be NULL. Any thread. */
enum hx_err writer_submit(struct writer *w, enum writer_lane lane, tx_fn run, tx_done_fn done, void *arg) HX_MUST_USE;
/* The same for a job that may be run again from its start: neighbours run without a savepoint between them, and one by one when
 * one of them fails. A savepoint keeps a copy of every page that is changed inside it, which costs more than a small job does. */
enum hx_err writer_submit_repeatable(struct writer *w, enum writer_lane lane, tx_fn run, tx_done_fn done, void *arg) HX_MUST_USE;
/* Runs a job and waits for its commit. For start-up and tools; never from the loop while it serves. */
enum hx_err writer_call(struct writer *w, tx_fn run, void *arg, char *detail, size_t detail_bytes) HX_MUST_USE;
/* Finishes what is queued and ends the thread; the loop then still owes the posted answers. */
void writer_stop(struct writer *w);

struct writer_health {
    bool broken;        /* an input/output error: nothing is acknowledged until a restart */
    bool refusing;      /* the last commit failed (disk full, locked) */
    int64_t last_ok_ms; /* last commit on disk */
    uint64_t commits, jobs, refused;
    size_t queued;
    char reason[128];
};
struct writer_health writer_health(struct writer *w);

#endif
