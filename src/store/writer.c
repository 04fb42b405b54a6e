#include "writer.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sentence.h"

/* Checkpoint when the log is this long and nobody waits, or in any case at the second figure (4 KiB pages). */
#define CHECKPOINT_IDLE_PAGES 1000
#define CHECKPOINT_FORCED_PAGES 16000

struct job {
    struct job *next;
    tx_fn run;
    tx_done_fn done;
    void *arg;
    bool repeatable;
    enum hx_err err;
    char *detail;
};

struct lane {
    struct job *first, **last;
};

struct writer {
    struct loop *loop;
    struct db *db;
    struct writer_hooks hooks;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct lane lanes[LANE_COUNT];
    struct writer_health health;
    bool stopping;
};

enum hx_err tx_fail(struct tx *tx, enum hx_err e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    sentence_write(tx->detail, sizeof tx->detail, tx->chinese, format, args);
    va_end(args);
    return e;
}

const char *tx_word(const struct tx *tx, const char *word)
{
    return sentence_in(tx->chinese, word);
}

static size_t take_batch(struct writer *w, struct job **jobs)
{
    size_t n = 0;
    pthread_mutex_lock(&w->lock);
    while (w->health.queued == 0 && !w->stopping) pthread_cond_wait(&w->work, &w->lock);
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        struct lane *l = &w->lanes[lane];
        while (l->first != NULL && n < WRITER_BATCH_MAX) {
            jobs[n++] = l->first;
            l->first = l->first->next;
            if (l->first == NULL) l->last = &l->first;
        }
    }
    w->health.queued -= n;
    pthread_mutex_unlock(&w->lock);
    return n;
}

static void run_inside(struct writer *w, struct job *job)
{
    struct tx tx = {.db = w->db, .now_ms = clock_utc_ms(), .hooks_arg = w->hooks.arg};
    job->err = job->run(&tx, job->arg);
    if (!job->err && w->hooks.drain != NULL) job->err = w->hooks.drain(w->hooks.arg, &tx);
    free(job->detail);
    job->detail = tx.detail[0] != 0 ? str_dup(str_of(tx.detail)) : NULL;
}

/* Runs jobs until one fails; *failed: one did, and none of them left anything behind. The first of a batch go back to where the
 * transaction began, those after them to a savepoint. STORE from here voids the batch. */
static enum hx_err run_jobs(struct writer *w, struct job **jobs, size_t n, bool first, bool *failed)
{
    enum hx_err e = first ? HX_OK : db_savepoint(w->db), last = HX_OK;
    if (e) return e;
    if (w->hooks.mark != NULL) w->hooks.mark(w->hooks.arg);
    for (size_t i = 0; !last && i < n; i++) run_inside(w, jobs[i]), last = jobs[i]->err;
    *failed = last != HX_OK;
    if (!last) return first ? HX_OK : db_release(w->db);
    if (last == HX_E_STORE) return HX_E_STORE;
    if (first) db_rollback(w->db);
    else db_rollback_to_savepoint(w->db);
    if (w->hooks.undo != NULL) w->hooks.undo(w->hooks.arg);
    return first ? db_begin(w->db) : HX_OK;
}

/* Runs the first of the jobs with the repeatable ones that follow it; *done of them. */
static enum hx_err run_some(struct writer *w, struct job **jobs, size_t n, bool first, size_t *done)
{
    size_t together = 1;
    bool failed;
    while (jobs[0]->repeatable && together < n && jobs[together]->repeatable) together++;
    *done = together;
    enum hx_err e = run_jobs(w, jobs, together, first, &failed);
    for (size_t i = 0; together > 1 && !e && failed && i < together; i++) {
        bool alone;
        e = run_jobs(w, &jobs[i], 1, false, &alone);
    }
    return e;
}

static enum hx_err run_batch(struct writer *w, struct job **jobs, size_t n)
{
    enum hx_err e = db_begin(w->db);
    for (size_t i = 0, done = 0; !e && i < n; i += done) e = run_some(w, &jobs[i], n - i, i == 0, &done);
    if (!e && w->hooks.seal != NULL) {
        struct tx tx = {.db = w->db, .now_ms = clock_utc_ms(), .hooks_arg = w->hooks.arg};
        e = w->hooks.seal(w->hooks.arg, &tx);
    }
    if (!e) e = db_commit(w->db);
    if (!e) {
        if (w->hooks.committed != NULL) w->hooks.committed(w->hooks.arg);
        return HX_OK;
    }
    char reason[128];
    snprintf(reason, sizeof reason, "%s", db_error(w->db));
    db_rollback(w->db);
    if (w->hooks.aborted != NULL) w->hooks.aborted(w->hooks.arg, w->db);
    pthread_mutex_lock(&w->lock);
    snprintf(w->health.reason, sizeof w->health.reason, "%s", reason);
    pthread_mutex_unlock(&w->lock);
    return HX_E_STORE;
}

struct answers {
    size_t count;
    struct job *jobs[];
};

static void deliver(void *arg)
{
    struct answers *a = arg;
    for (size_t i = 0; i < a->count; i++) {
        struct job *job = a->jobs[i];
        if (job->done != NULL) job->done(job->err, job->detail != NULL ? job->detail : "", job->arg);
        free(job->detail);
        free(job);
    }
    free(a);
}

static void *writer_main(void *arg)
{
    struct writer *w = arg;
    struct job *jobs[WRITER_BATCH_MAX];
    for (;;) {
        size_t n = take_batch(w, jobs);
        if (n == 0) break;
        int64_t changed = db_changed_ever(w->db);
        enum hx_err e = db_is_broken(w->db) ? HX_E_STORE : run_batch(w, jobs, n);
        bool proves = e || db_changed_ever(w->db) != changed; /* a commit of nothing says nothing about the disk */
        for (size_t i = 0; e && i < n; i++) jobs[i]->err = e;
        pthread_mutex_lock(&w->lock);
        w->health.broken = db_is_broken(w->db);
        if (proves) w->health.refusing = e != HX_OK;
        if (!e) w->health.last_ok_ms = clock_utc_ms(), w->health.commits++, w->health.jobs += n;
        else w->health.refused += n;
        bool idle = w->health.queued == 0;
        pthread_mutex_unlock(&w->lock);
        struct answers *a = malloc(sizeof *a + n * sizeof a->jobs[0]);
        HX_ASSERT(a != NULL);
        a->count = n;
        memcpy(a->jobs, jobs, n * sizeof jobs[0]);
        loop_post(w->loop, deliver, a);
        if (!e) db_checkpoint(w->db, idle ? CHECKPOINT_IDLE_PAGES : CHECKPOINT_FORCED_PAGES);
    }
    return NULL;
}

struct writer *writer_start(struct loop *loop, struct db *db, const struct writer_hooks *hooks)
{
    struct writer *w = calloc(1, sizeof *w);
    HX_ASSERT(w != NULL);
    w->loop = loop;
    w->db = db;
    if (hooks != NULL) w->hooks = *hooks;
    for (int lane = 0; lane < LANE_COUNT; lane++) w->lanes[lane].last = &w->lanes[lane].first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->work, NULL);
    w->health.last_ok_ms = clock_utc_ms();
    HX_ASSERT(pthread_create(&w->thread, NULL, writer_main, w) == 0);
    return w;
}

static enum hx_err submit(struct writer *w, enum writer_lane lane, struct job what)
{
    struct job *job = malloc(sizeof *job);
    HX_ASSERT(job != NULL);
    *job = what;
    pthread_mutex_lock(&w->lock);
    bool full = w->health.queued >= WRITER_QUEUE_MAX || w->stopping;
    if (!full) {
        *w->lanes[lane].last = job;
        w->lanes[lane].last = &job->next;
        if (w->health.queued++ == 0) pthread_cond_signal(&w->work);
    }
    pthread_mutex_unlock(&w->lock);
    if (full) free(job);
    return full ? HX_E_BUSY : HX_OK;
}

enum hx_err writer_submit(struct writer *w, enum writer_lane lane, tx_fn run, tx_done_fn done, void *arg)
{
    return submit(w, lane, (struct job){.run = run, .done = done, .arg = arg});
}

enum hx_err writer_submit_repeatable(struct writer *w, enum writer_lane lane, tx_fn run, tx_done_fn done, void *arg)
{
    return submit(w, lane, (struct job){.run = run, .done = done, .arg = arg, .repeatable = true});
}

/* A job that somebody waits for: the waiting side turns the loop itself, because it may not be running yet. */
struct call_state {
    tx_fn run;
    void *arg;
    bool done;
    enum hx_err err;
    char detail[256];
};

static void call_done(enum hx_err e, const char *detail, void *arg)
{
    struct call_state *state = arg;
    state->err = e;
    snprintf(state->detail, sizeof state->detail, "%s", detail);
    state->done = true;
}

static enum hx_err call_run(struct tx *tx, void *arg)
{
    struct call_state *state = arg;
    return state->run(tx, state->arg);
}

enum hx_err writer_call(struct writer *w, tx_fn run, void *arg, char *detail, size_t detail_bytes)
{
    struct call_state state = {.run = run, .arg = arg};
    enum hx_err e = writer_submit(w, LANE_NORMAL, call_run, call_done, &state);
    if (e) return e;
    while (!state.done) loop_step(w->loop);
    if (detail != NULL) snprintf(detail, detail_bytes, "%s", state.detail);
    return state.err;
}

void writer_stop(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    while (loop_step_ready(w->loop)) continue; /* the last answers */
    db_checkpoint(w->db, 1);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->work);
    free(w);
}

struct writer_health writer_health(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    struct writer_health h = w->health;
    pthread_mutex_unlock(&w->lock);
    return h;
}
