/* How many days of recordings there are: each night the recorders, and our own nodes, are asked for windows ever nearer, until the oldest that holds
 * something is found. A recorder with fewer than the law wants is an observation, which a rule (EW-12) gives to maintenance. Loop thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "camera.h"
#include "camera_inner.h"

#define DAYS_WANTED 90 /* GB/T 29315-2022; more are not looked for */
#define TICK_MS 200
#define AT_ONCE 16
#define NIGHT_HOUR 2
#define AGAIN_MS (20 * 3600000LL) /* a camera that was asked so lately is left out */
#define TRIES 3

struct counting {
    int64_t camera_id, recorder_id, school_id;
    int low, high, asked;  /* recordings reach back `low` days at least, `high` not; `asked`: the day that is asked for */
    int tries;
    bool here;             /* our node has them */
    enum { COUNT_IDLE, COUNT_ASKED, COUNT_TOLD, COUNT_DONE, COUNT_ORPHAN } state; /* orphan: we stop, and whoever was asked may still answer */
    bool there, silent;    /* what was told: something, or nothing because nobody answered */
    struct counting *next; /* in the queue */
};

static struct counting *queue, **queue_end = &queue;
static char night[CLOCK_DATE_MAX]; /* whose look has begun */

/* ---- what was found ---- */

static enum hx_err store(struct tx *tx, void *arg)
{
    const struct counting *c = arg;
    int64_t before = -1;
    enum hx_err e = db_one_i64(tx->db, SQL_CAMERA_DAYS, &before, "i", c->camera_id);
    if (!e) e = db_exec(tx->db, SQL_CAMERA_DAYS_SET, "iii", (int64_t)c->low, tx->now_ms, c->camera_id);
    return e || before == c->low ? e : journal_tell(tx, SQL_CAMERA_GET, c->camera_id, "camera.counted"); /* thousands are as they were */
}

/* One recorder is one observation, of its camera with the fewest: when that is news, and each Monday. */
static enum hx_err observe(struct tx *tx, void *arg)
{
    const struct counting *c = arg;
    char date[CLOCK_DATE_MAX], ref[RECORDER_NAME_MAX + 32] = "";
    int64_t least = 0, told = 0;
    struct rows r = db_query(tx->db, SQL_RECORDER_DAYS, "i", c->recorder_id);
    bool there = rows_next(&r) && !rows_null(&r, 0);
    if (there) {
        least = rows_i64(&r, 0), told = rows_null(&r, 1) ? DAYS_WANTED : rows_i64(&r, 1);
        snprintf(ref, sizeof ref, "%.90s（%lld）", rows_z(&r, 2), (long long)rows_i64(&r, 3));
    }
    enum hx_err e = r.err;
    rows_end(&r);
    if (e || !there) return e;
    bool news = least < told - 1 || clock_local_weekday(tx->now_ms) == 0;
    e = db_exec(tx->db, SQL_RECORDER_DAYS_TOLD, "ii", least, c->recorder_id);
    if (e || least >= DAYS_WANTED || !news) return e;
    return journal_add(tx, "observation.made", c->school_id, c->recorder_id, json_pack("{s:s,s:s,s:I,s:s,s:s,s:I}", "kind", "recorded_days", "ref", ref, "value", (json_int_t)least, "source", c->here ? "node" : "recorder",
                                                                                         "date", clock_local_date(tx->now_ms, date), "school_id", (json_int_t)c->school_id));
}

static void stored(enum hx_err e, const char *detail, void *arg)
{
    if (e) log_error("camera.days", "camera=%lld error=%s detail=\"%s\"", (long long)((struct counting *)arg)->camera_id, err_name(e), detail);
    free(arg);
}

static void submit(tx_fn job, const struct counting *c)
{
    struct counting *copy = malloc(sizeof *copy);
    HX_ASSERT(copy != NULL);
    *copy = *c;
    if (writer_submit(live.set.app->writer, LANE_BULK, job, stored, copy) != HX_OK) free(copy);
}

/* ---- asking ---- */

static void told(const struct recorder_record *records, size_t n, bool whole, void *arg)
{
    struct counting *c = arg;
    (void)records;
    if (c->state == COUNT_ORPHAN) {
        free(c);
        return;
    }
    c->there = n > 0;
    c->silent = n == 0 && !whole;
    c->state = COUNT_TOLD;
}

/* Two days wide, for a recorder may have been without power on one. */
static bool ask(struct counting *c)
{
    int64_t now = clock_utc_ms();
    c->asked = c->high > DAYS_WANTED ? DAYS_WANTED : (c->low + c->high) / 2;
    c->state = COUNT_ASKED;
    if (camera_kept_ask(c->camera_id, now - (c->asked + 1) * CLOCK_DAY_MS, now - (c->asked - 1) * CLOCK_DAY_MS, told, c)) return true;
    c->state = COUNT_IDLE;
    return false;
}

static void learn(struct counting *c)
{
    c->state = COUNT_IDLE;
    if (c->silent) {
        if (++c->tries >= TRIES) c->state = COUNT_DONE; /* it could not say: what was known stands */
        return;
    }
    c->tries = 0;
    if (c->there) c->low = c->asked;
    else c->high = c->asked;
    if (c->high - c->low > 1) return;
    c->state = COUNT_DONE;
    submit(store, c);
}

/* Whether this one was the last of its recorder. */
static bool was_last(const struct counting *done)
{
    for (const struct counting *c = queue; c != NULL; c = c->next)
        if (c != done && c->recorder_id == done->recorder_id) return false;
    return true;
}

static bool is_asked(int64_t recorder)
{
    for (const struct counting *c = queue; c != NULL; c = c->next)
        if (c->recorder_id == recorder && c->state == COUNT_ASKED) return true;
    return false;
}

static void drop_done(void)
{
    for (struct counting **at = &queue; *at != NULL;) {
        struct counting *c = *at;
        if (c->state != COUNT_DONE) {
            at = &c->next;
            continue;
        }
        if (was_last(c)) submit(observe, c);
        *at = c->next;
        free(c);
    }
    queue_end = &queue;
    while (*queue_end != NULL) queue_end = &(*queue_end)->next;
}

static void add_rows(struct rows r)
{
    while (rows_next(&r)) {
        struct counting *c = calloc(1, sizeof *c);
        HX_ASSERT(c != NULL);
        c->camera_id = rows_i64(&r, 0), c->recorder_id = rows_i64(&r, 1), c->school_id = rows_i64(&r, 2), c->here = rows_i64(&r, 3) != 0;
        c->high = DAYS_WANTED + 1;
        *queue_end = c;
        queue_end = &c->next;
    }
    rows_end(&r);
}

static void begin_night(void)
{
    char today[CLOCK_DATE_MAX];
    int64_t now = clock_utc_ms();
    struct clock_civil local = clock_to_civil(now + CLOCK_LOCAL_MS);
    clock_local_date(now, today);
    if (local.hour != NIGHT_HOUR || strcmp(night, today) == 0) return;
    snprintf(night, sizeof night, "%s", today);
    add_rows(db_query(live.set.app->panels->db, SQL_CAMERA_DAYS_DUE, "ii", now - AGAIN_MS, (int64_t)0));
}

static void tick(void *arg)
{
    (void)arg;
    int asked = 0;
    if (live.stopping) return;
    begin_night();
    if (queue == NULL) return;
    for (struct counting *c = queue; c != NULL; c = c->next) {
        if (c->state == COUNT_TOLD) learn(c);
        asked += c->state == COUNT_ASKED;
    }
    drop_done();
    for (struct counting *c = queue; c != NULL && asked < AT_ONCE; c = c->next) {
        if (c->state != COUNT_IDLE || is_asked(c->recorder_id)) continue;
        if (ask(c)) asked++;
        else if (++c->tries >= TRIES) c->state = COUNT_DONE; /* away, or it answers somebody else */
    }
}

static void count_now(void *arg)
{
    add_rows(db_query(live.set.app->panels->db, SQL_CAMERA_DAYS_DUE, "ii", INT64_MAX, (int64_t)(intptr_t)arg));
}

void camera_days_count(int64_t recorder_id)
{
    loop_post(live.set.app->loop, count_now, (void *)(intptr_t)recorder_id);
}

void camera_days_start(struct loop *loop)
{
    loop_every(loop, TICK_MS, tick, NULL);
}

void camera_days_stop(void)
{
    while (queue != NULL) {
        struct counting *c = queue;
        queue = c->next;
        if (c->state == COUNT_ASKED) c->state = COUNT_ORPHAN;
        else free(c);
    }
    queue_end = &queue;
}
