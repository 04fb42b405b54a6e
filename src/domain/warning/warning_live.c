/* The engine at work: it listens to committed events on the loop, stores what it finds as jobs of the writer, and saves its
 * memory now and then. A crash loses no warning: the journal is read again from the saved position, and a warning found twice
 * is the same row. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "warning.h"
#include "warning_feed.h"
#include "warning_hit.h"
#include "warning_live.h"

#define TICK_MS 1000
#define SETTLE_MS 1000        /* a deadline waits so long for events that are still being committed */
#define FEED_EVERY_MS 60000
#define FEED_SOON_MS 2000
#define SAVE_EVERY_MS 60000
#define SAVE_SOON_MS 5000     /* after something was found */
#define ROWS_A_JOB 500        /* of memory, between two other jobs of the writer */
#define MISSED_A_TURN 2000    /* events read and seen at once while catching up */
#define WORLD_BACK_MS (40 * CLOCK_DAY_MS)

/* Of the loop thread. */
static struct {
    struct hx_app *app;
    struct warning_engine *engine;
    struct warning_founds found;
    struct school_book *schools;
    struct pool *pool;
    int64_t seq, saved_seq, saved_at, fed_at, feed_due;
    int in_flight;
    int64_t loaded_seq;        /* the rules are as of this event */
    bool feeding, schools_old, save_soon;
    bool reading;
    bool catching;             /* what was committed before the start, or since, is still being read from the journal */
    uint64_t raised;
} live;

/* ---- storing what was found ---- */

static enum hx_err store_founds(struct tx *tx, void *arg)
{
    const struct warning_founds *l = arg;
    enum hx_err e = HX_OK;
    for (size_t i = 0; !e && i < l->count; i++) e = warning_hit_store(tx, &l->items[i]);
    return e;
}

static void keep_for_later(struct warning_founds *l)
{
    for (size_t i = 0; i < l->count; i++) *warning_founds_next(&live.found) = l->items[i];
}

static void founds_stored(enum hx_err e, const char *detail, void *arg)
{
    struct warning_founds *l = arg;
    live.in_flight--;
    if (e && live.engine != NULL) {
        log_error("warning.store", "count=%zu error=%s detail=\"%s\"", l->count, err_name(e), detail);
        if (e == HX_E_STORE) keep_for_later(l); /* tried again at the next tick; any other fault would only come again */
    }
    warning_founds_free(l);
    free(l);
}

static void flush(void)
{
    if (live.found.count == 0 || live.app->writer == NULL) return;
    struct warning_founds *l = malloc(sizeof *l);
    HX_ASSERT(l != NULL);
    *l = live.found;
    bool urgent = false;
    for (size_t i = 0; i < l->count; i++) {
        live.raised += !l->items[i].clear && l->items[i].step == 0;
        urgent = urgent || (!l->items[i].clear && l->items[i].severity == 1);
    }
    if (writer_submit(live.app->writer, urgent ? LANE_URGENT : LANE_NORMAL, store_founds, founds_stored, l) != HX_OK) {
        free(l);
        return; /* the queue is full: what was found stays in the list */
    }
    live.found = (struct warning_founds){0};
    live.in_flight++;
    live.save_soon = true;
}

/* ---- memory ---- */

struct memory_row {
    char *code, *key, *text;
    int64_t rule_id, seq;
    int case_no;
};
struct memory_job {
    struct memory_row *rows;
    size_t count, room;
    int64_t cursor; /* 0: not yet, rows follow */
};

static void keep_row(void *arg, const struct warning_state *s)
{
    struct memory_job *j = arg;
    if (j->count == j->room) {
        j->room = j->room ? 2 * j->room : 128;
        j->rows = realloc(j->rows, j->room * sizeof *j->rows);
        HX_ASSERT(j->rows != NULL);
    }
    j->rows[j->count++] = (struct memory_row){strdup(s->code), strdup(s->key), s->text != NULL ? strdup(s->text) : NULL, s->version, s->seq, s->case_no};
}

static enum hx_err store_memory(struct tx *tx, void *arg)
{
    const struct memory_job *j = arg;
    enum hx_err e = HX_OK;
    for (size_t i = 0; !e && i < j->count; i++) {
        const struct memory_row *r = &j->rows[i];
        if (r->text == NULL) e = db_exec(tx->db, SQL_RULE_MEMORY_DROP, "ziz", r->code, (int64_t)r->case_no, r->key);
        else e = db_exec(tx->db, SQL_RULE_MEMORY_SET, "ziziiz", r->code, (int64_t)r->case_no, r->key, r->rule_id, r->seq, r->text);
    }
    return !e && j->cursor != 0 ? db_exec(tx->db, SQL_RULE_CURSOR_SET, "i", j->cursor) : e;
}

static void memory_stored(enum hx_err e, const char *detail, void *arg)
{
    struct memory_job *j = arg;
    if (e) log_warn("warning.memory", "error=%s detail=\"%s\"", err_name(e), detail);
    for (size_t i = 0; i < j->count; i++) free(j->rows[i].code), free(j->rows[i].key), free(j->rows[i].text);
    free(j->rows);
    free(j);
}

static void submit_memory(struct memory_job *j)
{
    if (writer_submit(live.app->writer, LANE_BULK, store_memory, memory_stored, j) != HX_OK) memory_stored(HX_E_BUSY, "the queue is full", j);
}

/* Only while nothing that was found waits to be stored: the memory says of each warning that it was told. */
static void save(void)
{
    if (live.in_flight > 0 || live.found.count > 0 || live.app->writer == NULL) return;
    struct memory_job all = {0};
    warning_engine_save(live.engine, keep_row, &all);
    live.saved_seq = live.seq;
    for (size_t i = 0; i < all.count || i == 0; i += ROWS_A_JOB) {
        struct memory_job *part = calloc(1, sizeof *part);
        HX_ASSERT(part != NULL);
        part->count = part->room = all.count - i < ROWS_A_JOB ? all.count - i : ROWS_A_JOB;
        part->rows = calloc(part->count + 1, sizeof *part->rows);
        HX_ASSERT(part->rows != NULL);
        if (part->count > 0) memcpy(part->rows, all.rows + i, part->count * sizeof *part->rows);
        part->cursor = i + ROWS_A_JOB >= all.count ? live.seq : 0;
        submit_memory(part);
    }
    free(all.rows);
}

/* ---- feeds ---- */

struct feed_job {
    int64_t before, now;
    bool with_schools;
    struct school_book *schools; /* to look at; or a new one */
    struct feed feed;
    enum hx_err err;
};

static void *open_reader(void *arg)
{
    struct db *db = NULL;
    return db_open(arg, DB_READ, &db) == HX_OK ? db : NULL;
}

static void close_reader(void *state)
{
    if (state != NULL) db_close(state);
}

static void read_feed(void *state, void *arg)
{
    struct feed_job *j = arg;
    struct school_book *fresh = NULL;
    if (state == NULL) {
        j->err = HX_E_STORE;
        return;
    }
    if (j->with_schools) j->err = school_book_read(state, j->now - WORLD_BACK_MS, j->now, &fresh);
    if (!j->err && j->with_schools) j->schools = fresh;
    if (!j->err) j->err = feed_live(state, j->schools, j->before, j->now, &j->feed);
}

static void take_feed(void *arg)
{
    struct feed_job *j = arg;
    live.feeding = false;
    if (j->with_schools && j->schools != NULL && j->schools != live.schools) {
        struct school_book *old = live.schools;
        struct warning_world world = school_book_world(j->schools);
        live.schools = j->schools;
        warning_engine_set_world(live.engine, &world);
        school_book_free(old);
    }
    if (j->err) {
        log_warn("warning.feed", "error=%s", err_name(j->err));
    } else {
        live.fed_at = j->now;
        for (size_t i = 0; i < j->feed.count; i++) {
            const struct feed_event *f = &j->feed.events[i];
            warning_engine_see(live.engine, &(struct warning_event){.at = f->at, .school_id = f->school_id, .subject_id = f->subject_id, .type = f->type, .data = str_of(f->data)});
        }
        feed_free(&j->feed);
        flush();
    }
    free(j);
}

static void begin_feed(int64_t now)
{
    if (live.feeding) return;
    struct feed_job *j = calloc(1, sizeof *j);
    HX_ASSERT(j != NULL);
    *j = (struct feed_job){.before = live.fed_at, .now = now, .with_schools = live.schools_old, .schools = live.schools};
    if (pool_submit(live.pool, read_feed, take_feed, j) != HX_OK) {
        free(j);
        return;
    }
    live.feeding = true;
    live.schools_old = false;
    live.feed_due = now + FEED_EVERY_MS;
}

/* ---- following ---- */

static void put_rule(int64_t id, const char *text)
{
    char why[200];
    if (warning_engine_put(live.engine, str_of(text), id, why, sizeof why)) log_error("warning.rule", "id=%lld reason=\"%s\"", (long long)id, why);
}

/* Whether the event changes who is due where, or who the schools are. */
static void note_change(const struct event *event)
{
    int64_t soon = clock_utc_ms() + FEED_SOON_MS;
    const char *const due[] = {"duty.planned", "duty.substituted", "rota.published", "trip.planned", "school.added", "school.changed", "peak."};
    for (size_t i = 0; i < HX_COUNT(due); i++) {
        if (strncmp(event->type, due[i], strlen(due[i])) != 0) continue;
        if (i >= 4) live.schools_old = true;
        if (soon < live.feed_due) live.feed_due = soon;
        return;
    }
}

static void on_rule(const struct event *event)
{
    json_t *j = NULL;
    char why[160];
    if (json_parse((struct str){event->data, event->data_bytes}, &j, why, sizeof why)) return;
    const char *state = json_z(j, "state", "");
    if (strcmp(state, "active") == 0) {
        put_rule(json_i64(j, "id", 0), json_z(j, "text", ""));
        live.fed_at = 0; /* what it waits for is told anew */
        live.feed_due = 0;
    } else if (strcmp(state, "off") == 0) {
        warning_engine_drop(live.engine, str_of(json_z(j, "code", "")));
    }
    json_decref(j);
    flush();
}

static void see(const struct event *event)
{
    live.seq = event->seq;
    if (event->seq > live.loaded_seq && strncmp(event->type, "rule.", 5) == 0) on_rule(event);
    note_change(event);
    if (!warning_engine_wants(live.engine, event->type)) return;
    warning_engine_see(live.engine, &(struct warning_event){.seq = event->seq, .at = event->at, .school_id = event->school_id, .subject_id = event->subject_id, .type = event->type, .data = {event->data, event->data_bytes}});
    flush();
}

static void heard(const struct event *event, void *arg)
{
    (void)arg;
    if (live.engine == NULL || live.catching || event->seq <= live.seq) return;
    see(event);
}

/* ---- catching up: events are read on the pool's thread and seen on the loop, so that alarms are answered meanwhile ---- */

struct missed_job {
    int64_t after;
    struct event events[MISSED_A_TURN];
    size_t count;
    enum hx_err err;
};

static void read_missed(void *state, void *arg)
{
    struct missed_job *j = arg;
    j->err = HX_E_STORE;
    if (state == NULL) return;
    struct rows r = db_query(state, SQL_RULE_EVENTS_SOME, "ii", j->after, (int64_t)MISSED_A_TURN);
    while (j->count < MISSED_A_TURN && rows_next(&r)) {
        struct str data = rows_str(&r, 5);
        j->events[j->count++] = (struct event){.seq = rows_i64(&r, 0), .at = rows_i64(&r, 1), .school_id = rows_i64(&r, 3), .subject_id = rows_i64(&r, 4), .type = str_dup(rows_str(&r, 2)), .data = str_dup(data), .data_bytes = data.len};
    }
    j->err = r.err;
    rows_end(&r);
}

static void take_missed(void *arg);

/* Nothing is missed any more once the loop has heard no later event than the last one read: from there heard() goes on. */
static void catch_up(void)
{
    live.catching = live.seq < journal_committed(live.app->journal);
    if (!live.catching) return;
    struct missed_job *j = calloc(1, sizeof *j);
    HX_ASSERT(j != NULL);
    j->after = live.seq;
    if (pool_submit(live.pool, read_missed, take_missed, j) != HX_OK) free(j); /* at the next tick */
    else live.reading = true;
}

static void take_missed(void *arg)
{
    struct missed_job *j = arg;
    live.reading = false;
    for (size_t i = 0; i < j->count; i++) {
        if (live.engine != NULL) see(&j->events[i]);
        free((char *)(uintptr_t)j->events[i].type);
        free((char *)(uintptr_t)j->events[i].data);
    }
    if (j->err) log_warn("warning.catch_up", "error=%s", err_name(j->err)); /* tried again at the next tick */
    else if (live.engine != NULL) catch_up();
    free(j);
}

static void tick(void *arg)
{
    (void)arg;
    int64_t now = clock_utc_ms();
    if (live.engine == NULL || live.app->writer == NULL) return;
    if (live.catching) { /* a deadline must not come before what would have met it */
        if (!live.reading) catch_up();
        return;
    }
    warning_engine_tick(live.engine, now - SETTLE_MS);
    flush();
    if (now >= live.feed_due) begin_feed(now);
    bool due = now - live.saved_at >= (live.save_soon ? SAVE_SOON_MS : SAVE_EVERY_MS) && (live.save_soon || live.saved_seq != live.seq);
    if (due && live.in_flight == 0) {
        save();
        live.saved_at = now;
        live.save_soon = false;
    }
}

/* ---- starting ---- */

static enum hx_err load_rules(struct db *db)
{
    struct rows r = db_query(db, SQL_RULE_ACTIVE, "");
    while (rows_next(&r)) put_rule(rows_i64(&r, 0), rows_z(&r, 1));
    enum hx_err e = r.err;
    rows_end(&r);
    return e;
}

static enum hx_err load_memory(struct db *db)
{
    struct rows r = db_query(db, SQL_RULE_MEMORY_ALL, "");
    while (rows_next(&r))
        warning_engine_restore(live.engine, &(struct warning_state){.code = rows_z(&r, 0), .case_no = (int)rows_i64(&r, 1), .key = rows_z(&r, 2), .version = rows_i64(&r, 3), .seq = rows_i64(&r, 4), .text = rows_z(&r, 5)});
    enum hx_err e = r.err;
    rows_end(&r);
    return e;
}

static enum hx_err load(struct tx *tx, void *arg)
{
    (void)arg;
    int64_t from = journal_next(tx) - 1;
    enum hx_err e = school_book_read(tx->db, tx->now_ms - WORLD_BACK_MS, tx->now_ms, &live.schools);
    if (e) return e;
    struct warning_world world = school_book_world(live.schools);
    struct warning_sink sink = warning_found_sink(&live.found);
    live.engine = warning_engine_new(&world, &sink);
    warning_engine_remember(live.engine);
    live.seq = live.loaded_seq = from;
    e = load_rules(tx->db);
    if (!e) e = load_memory(tx->db);
    if (!e) e = db_one_i64(tx->db, SQL_RULE_CURSOR_GET, &from, "");
    if (e == HX_E_NOT_FOUND) return db_exec(tx->db, SQL_RULE_CURSOR_SET, "i", live.seq); /* the first start: it begins now */
    live.seq = from;
    return e;
}

enum hx_err warning_live_start(struct hx_app *app)
{
    live.app = app;
    enum hx_err e = writer_call(app->writer, load, NULL, NULL, 0);
    if (e) return e;
    live.saved_seq = live.seq;
    live.pool = pool_new(app->loop, 1, 4, open_reader, close_reader, (void *)(uintptr_t)app->data_dir);
    journal_listen(app->journal, heard, NULL);
    loop_every(app->loop, TICK_MS, tick, NULL);
    catch_up();
    return HX_OK;
}

void warning_live_stop(void)
{
    if (live.engine == NULL) return;
    pool_stop(live.pool);
    flush();
    save(); /* unless something is in flight: then the journal is read again from the position before */
    warning_engine_free(live.engine);
    live.engine = NULL;
    school_book_free(live.schools);
    warning_founds_free(&live.found);
}

void warning_live_metrics(struct buf *out)
{
    if (live.engine == NULL) return;
    buf_printf(out, "# HELP huxue_warning_instances Cases that the rules keep in mind\nhuxue_warning_instances %zu\n", warning_engine_instances(live.engine));
    buf_printf(out, "# HELP huxue_warning_refused Places that the rules had no room for\nhuxue_warning_refused %llu\n", (unsigned long long)warning_engine_refused(live.engine));
    buf_printf(out, "# HELP huxue_warning_raised Warnings raised since the start\nhuxue_warning_raised %llu\n", (unsigned long long)live.raised);
}
