#include "rota.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "domain/rota/rota_book.h"
#include "domain/rota/rota_solve.h"
#include "domain/rota/rota_team.h"

#define JOBS_MAX 8
#define ROWS_A_JOB 500   /* duties written between two other jobs of the writer */
#define KEEP_WEIGHT 200  /* a change against the old rota weighs as much as 20 km */

/* A rota being solved: the thread owns it until the last rows are written. */
struct job {
    struct hx_app *app;
    int64_t rota_id, keeps_id;
    char county[8], from[CLOCK_DATE_MAX], to[CLOCK_DATE_MAX];
    struct rota_book book;
    struct rota_plan plan;
    bool teams;
    int members, members_free; /* faces at the posts; of the plan that cares for the way alone */
    int changed, next;         /* next slot place to be written */
    atomic_bool cancel, used;
    pthread_mutex_t lock;
    struct rota_progress progress; /* under the lock */
    char failed[200];
};

static struct job jobs[JOBS_MAX];
static struct hx_app *the_app;

static struct job *job_of(int64_t rota_id)
{
    for (int i = 0; i < JOBS_MAX; i++)
        if (atomic_load(&jobs[i].used) && jobs[i].rota_id == rota_id) return &jobs[i];
    return NULL;
}

static enum hx_err tell(struct tx *tx, int64_t id, const char *type)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_ROTA_GET, &record, "i", id);
    return e ? e : journal_add(tx, type, 0, id, record);
}

/* ---- solving ---- */

static bool report(const struct rota_progress *now, void *arg)
{
    struct job *j = arg;
    pthread_mutex_lock(&j->lock);
    j->progress = *now;
    pthread_mutex_unlock(&j->lock);
    return !atomic_load(&j->cancel);
}

static void end_job(struct job *j)
{
    rota_plan_free(&j->plan);
    rota_book_free(&j->book);
    atomic_store(&j->used, false);
}

static enum hx_err write_duty(struct tx *tx, const struct job *j, int place)
{
    const struct rota *r = &j->book.rota;
    int s = place % r->slot_count, k = place / r->slot_count % r->peaks, d = place / r->slot_count / r->peaks, i = j->plan.assign[place];
    const struct rota_post *p = &j->book.posts[s];
    const struct peak_window *w = &j->book.windows[place];
    char why[300] = "";
    if (w->peak_id == 0) return HX_OK;
    if (i < 0) rota_why(r, &j->plan, d, k, s, why, sizeof why);
    return db_exec(tx->db, SQL_DUTY_ADD, "iiiiiziiiziIz", j->rota_id * DUTY_IDS_PER_EVENT + place, j->rota_id, p->post_id, p->school_id, w->peak_id, j->book.dates[d], w->begins_at, w->ends_at,
                   w->arrive_by, p->need, (int64_t)p->number, i < 0 ? (int64_t)0 : j->book.person_ids[i], why);
}

static enum hx_err write_solved(struct tx *tx, const struct job *j)
{
    int slots = 0;
    for (size_t i = 0; i < rota_peaks_all(&j->book.rota) * (size_t)j->book.rota.slot_count; i++) slots += rota_wanted(&j->book.rota, i);
    enum hx_err e = db_exec(tx->db, SQL_ROTA_SOLVED, "iiiiiiiiii", (int64_t)slots, (int64_t)j->plan.uncovered, (int64_t)j->changed, j->plan.cost, j->plan.bound, (int64_t)j->plan.optimal,
                            (int64_t)(j->plan.cpu_s * 1000), (int64_t)j->members, (int64_t)j->members_free, j->rota_id);
    return e ? e : tell(tx, j->rota_id, "rota.solved");
}

/* Writes the next rows; the alarm path gets its turn between two of these jobs. */
static enum hx_err write_some(struct tx *tx, void *arg)
{
    struct job *j = arg;
    int all = (int)rota_peaks_all(&j->book.rota) * j->book.rota.slot_count, end = j->next + ROWS_A_JOB < all ? j->next + ROWS_A_JOB : all;
    enum hx_err e = HX_OK;
    for (int place = j->next; !e && place < end; place++) e = write_duty(tx, j, place);
    return !e && end == all ? write_solved(tx, j) : e;
}

static void on_written(enum hx_err e, const char *detail, void *arg)
{
    struct job *j = arg;
    j->next += ROWS_A_JOB;
    if (e) log_error("rota.not_stored", "rota=%lld error=%s detail=\"%s\"", (long long)j->rota_id, err_name(e), detail);
    bool more = !e && j->next < (int)rota_peaks_all(&j->book.rota) * j->book.rota.slot_count;
    if (!more || j->app->writer == NULL || writer_submit(j->app->writer, LANE_BULK, write_some, on_written, j) != HX_OK) end_job(j);
}

static enum hx_err write_failed(struct tx *tx, void *arg)
{
    struct job *j = arg;
    enum hx_err e = db_exec(tx->db, SQL_ROTA_STATE_SET, "zIi", "dropped", (int64_t)0, j->rota_id);
    return e ? e : tell(tx, j->rota_id, "rota.failed");
}

static void on_failed(enum hx_err e, const char *detail, void *arg)
{
    struct job *j = arg;
    log_error("rota.failed", "rota=%lld error=%s reason=\"%s%s\"", (long long)j->rota_id, err_name(e), j->failed, detail);
    end_job(j);
}

static bool not_cancelled(void *arg)
{
    return !atomic_load(&((struct job *)arg)->cancel);
}

static enum hx_err solve(struct job *j, struct db *db)
{
    struct rota_plan old;
    enum hx_err e = rota_book_read(db, j->county, j->from, j->to, &j->book, j->failed, sizeof j->failed);
    if (e) return e;
    if (j->keeps_id != 0 && (e = rota_book_plan(db, &j->book, j->keeps_id, &old, NULL)) != HX_OK) return e;
    struct rota_options options = {.report = report, .arg = j, .keep = j->keeps_id != 0 ? &old : NULL, .keep_weight = KEEP_WEIGHT};
    rota_solve(&j->book.rota, &options, &j->plan);
    if (j->teams) {
        j->members_free = rota_members(&j->book.rota, &j->plan);
        (void)rota_steady(&j->book.rota, ROTA_TEAM_WEIGHT, not_cancelled, j, &j->plan);
    }
    j->members = rota_members(&j->book.rota, &j->plan);
    for (size_t i = 0; j->keeps_id != 0 && i < rota_peaks_all(&j->book.rota) * (size_t)j->book.rota.slot_count; i++) j->changed += j->plan.assign[i] != old.assign[i];
    if (j->keeps_id != 0) rota_plan_free(&old);
    return HX_OK;
}

static void *solve_thread(void *arg)
{
    struct job *j = arg;
    struct db *db = NULL;
    enum hx_err e = db_open(j->app->data_dir, DB_READ, &db);
    if (!e) e = solve(j, db);
    if (db != NULL) db_close(db);
    if (j->app->writer == NULL || writer_submit(j->app->writer, LANE_BULK, e ? write_failed : write_some, e ? on_failed : on_written, j) != HX_OK) end_job(j);
    return NULL;
}

enum hx_err rota_make(struct tx *tx, int64_t org_id, const char *county, const char *from, const char *to, int64_t *id)
{
    struct job j = {.rota_id = journal_next(tx)};
    *id = j.rota_id;
    enum hx_err e = db_exec(tx->db, SQL_ROTA_ADD, "iizzzIIii", *id, org_id, county, from, to, (int64_t)0, (int64_t)0, tx->now_ms, (int64_t)0);
    if (!e) e = rota_book_read(tx->db, county, from, to, &j.book, tx->detail, sizeof tx->detail);
    if (e) return e;
    rota_solve(&j.book.rota, NULL, &j.plan);
    j.members = rota_members(&j.book.rota, &j.plan);
    int all = (int)rota_peaks_all(&j.book.rota) * j.book.rota.slot_count;
    for (int place = 0; !e && place < all; place++) e = write_duty(tx, &j, place);
    if (!e) e = write_solved(tx, &j);
    if (!e) e = db_exec(tx->db, SQL_ROTA_STATE_SET, "zIi", "published", tx->now_ms, *id);
    if (!e) e = tell(tx, *id, "rota.published");
    rota_plan_free(&j.plan);
    rota_book_free(&j.book);
    return e;
}

/* ---- officers and leave ---- */

enum hx_err officer_make(struct tx *tx, int64_t person_id, const char *kind, bool armed)
{
    return db_exec(tx->db, SQL_OFFICER_ADD, "izi", person_id, kind, (int64_t)armed);
}

enum hx_err leave_make(struct tx *tx, const json_t *b, int64_t *id)
{
    const char *from = json_z(b, "from_date", ""), *to = json_z(b, "to_date", from);
    int64_t first, last;
    json_t *record = NULL;
    if (!clock_local_begin(from, &first) || !clock_local_begin(to, &last) || last < first) return tx_fail(tx, HX_E_INVALID, "from_date, to_date: want two dates in order");
    *id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_OFFICER_LEAVE_ADD, "iizzzz", *id, json_i64(b, "person_id", 0), from, to, json_z(b, "kind", "leave"), json_z(b, "note", ""));
    if (!e) e = db_one_json(tx->db, SQL_OFFICER_LEAVE_GET, &record, "i", *id);
    return e ? e : journal_add(tx, "rota.leave_added", 0, *id, record);
}

static enum hx_err officer_list(struct call *c)
{
    char like[140] = "";
    const char *county = call_query_z(c, "county", ""), *q = call_query(c, "q");
    if (q != NULL && q[0] != 0) snprintf(like, sizeof like, "%%%s%%", q);
    return call_list(c, db_all_json(c->db, SQL_OFFICER_LIST, "izziii", call_query_i64(c, "after", 0), county, like, call_sees_all(c), c->who.id, call_limit(c, 500, 5000)));
}

static enum hx_err officer_post(struct call *c)
{
    int64_t id = json_i64(c->body, "person_id", 0);
    enum hx_err e = officer_make(c->tx, id, json_z(c->body, "kind", "police"), json_flag(c->body, "armed", false));
    if (!e) e = journal_add(c->tx, "rota.officer_set", 0, id, json_incref(c->body));
    c->status = 201;
    return e ? e : call_reply(c, json_incref(c->body));
}

static enum hx_err leave_list(struct call *c)
{
    char today[CLOCK_DATE_MAX];
    const char *county = call_query_z(c, "county", ""), *from = call_query(c, "from");
    return call_list(c, db_all_json(c->db, SQL_OFFICER_LEAVE_LIST, "zzii", from != NULL ? from : clock_local_date(clock_utc_ms(), today), county, call_sees_all(c), c->who.id));
}

static enum hx_err leave_post(struct call *c)
{
    int64_t id;
    enum hx_err e = leave_make(c->tx, c->body, &id);
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_OFFICER_LEAVE_GET, id);
}

static enum hx_err leave_drop(struct call *c)
{
    int64_t id = call_id(c, 0);
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_OFFICER_LEAVE_GET, &record, "i", id);
    if (!e) e = db_exec(c->db, SQL_OFFICER_LEAVE_DROP, "i", id);
    if (!e) e = journal_add(c->tx, "rota.leave_dropped", 0, id, json_incref(record));
    if (e) json_decref(record);
    return e ? e : call_reply(c, record);
}

/* ---- rotas ---- */

/* A county's rota belongs to whoever may do so much for its schools. */
static enum hx_err check_county(struct call *c, const char *county)
{
    int64_t school = 0;
    enum hx_err e = db_one_i64(c->db, SQL_ROTA_SCHOOL, &school, "z", county);
    return e ? e : call_check_school(c, c->route->perm, school);
}

enum hx_err rota_of_call(struct call *c, int64_t id, json_t **record)
{
    enum hx_err e = db_one_json(c->db, SQL_ROTA_GET, record, "i", id);
    if (!e) e = check_county(c, json_z(*record, "county", ""));
    if (e) json_decref(*record), *record = NULL;
    return e;
}

static enum hx_err reply_rota(struct call *c, int64_t id)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_ROTA_GET, &record, "i", id);
    struct job *j = e ? NULL : job_of(id);
    if (j != NULL) {
        pthread_mutex_lock(&j->lock);
        struct rota_progress p = j->progress;
        pthread_mutex_unlock(&j->lock);
        json_object_set_new(record, "progress", json_pack("{s:i,s:I,s:i,s:f}", "round", p.round, "cost", (json_int_t)p.cost, "uncovered", p.uncovered, "seconds", p.seconds));
    }
    return e ? e : call_reply(c, record);
}

static enum hx_err rota_list(struct call *c)
{
    const char *county = call_query_z(c, "county", "");
    return call_list(c, db_all_json(c->db, SQL_ROTA_LIST, "zii", county, call_sees_all(c), c->who.id));
}

static enum hx_err rota_get(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = rota_of_call(c, call_id(c, 0), &record);
    json_decref(record);
    return e ? e : reply_rota(c, call_id(c, 0));
}

static enum hx_err rota_duties(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = rota_of_call(c, call_id(c, 0), &record);
    json_decref(record);
    return e ? e : call_list(c, db_all_json(c->db, SQL_DUTY_OF_ROTA, "iii", call_id(c, 0), call_query_i64(c, "after", 0), call_limit(c, 1000, 20000)));
}

static enum hx_err rota_post(struct call *c)
{
    const json_t *b = c->body;
    int64_t org = json_i64(b, "org_id", 0), id = journal_next(c->tx), keeps = json_i64(b, "keeps_id", 0);
    bool teams = keeps == 0 && json_flag(b, "teams", false); /* one that stays near to another has its teams */
    struct job *j = NULL;
    char county[8] = "";
    struct rows r = db_query(c->db, SQL_ROTA_ORG, "i", org);
    if (rows_next(&r)) str_to_z(rows_str(&r, 0), county, sizeof county);
    rows_end(&r);
    if (county[0] == 0) return call_fail(c, HX_E_INVALID, "org_id: name the police of a county");
    if (check_county(c, county)) return HX_E_FORBIDDEN;
    for (int i = 0; i < JOBS_MAX && j == NULL; i++)
        if (!atomic_load(&jobs[i].used)) j = &jobs[i];
    if (j == NULL) return call_fail(c, HX_E_BUSY, "%d rotas are being solved; wait for one of them", JOBS_MAX);
    enum hx_err e = db_exec(c->db, SQL_ROTA_ADD, "iizzzIIii", id, org, county, json_z(b, "from_date", ""), json_z(b, "to_date", ""), keeps, c->who.id, c->tx->now_ms, (int64_t)teams);
    if (!e) e = tell(c->tx, id, "rota.asked");
    if (e) return e;
    *j = (struct job){.app = the_app, .rota_id = id, .keeps_id = keeps, .teams = teams, .lock = PTHREAD_MUTEX_INITIALIZER};
    snprintf(j->county, sizeof j->county, "%s", county);
    snprintf(j->from, sizeof j->from, "%s", json_z(b, "from_date", ""));
    snprintf(j->to, sizeof j->to, "%s", json_z(b, "to_date", ""));
    atomic_store(&j->used, true);
    pthread_t thread;
    if (pthread_create(&thread, NULL, solve_thread, j) != 0) return atomic_store(&j->used, false), HX_E_BUSY;
    pthread_detach(thread);
    c->status = 202;
    return reply_rota(c, id);
}

static enum hx_err rota_cancel(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = rota_of_call(c, call_id(c, 0), &record);
    struct job *j = e ? NULL : job_of(call_id(c, 0));
    if (j != NULL) atomic_store(&j->cancel, true);
    json_decref(record);
    return e ? e : reply_rota(c, call_id(c, 0));
}

static enum hx_err rota_publish(struct call *c)
{
    int64_t id = call_id(c, 0), from;
    json_t *record = NULL;
    char before[CLOCK_DATE_MAX], names[200] = "";
    enum hx_err e = rota_of_call(c, id, &record);
    if (e) return e;
    if (strcmp(json_z(record, "state", ""), "draft") != 0) {
        e = call_fail(c, HX_E_ILLEGAL, "only a draft can be published; this rota is %s", call_word(c, json_z(record, "state", "")));
    } else {
        struct rows r = db_query(c->db, SQL_ROTA_UNREACHABLE, "i", id);
        while (rows_next(&r) && strlen(names) < 120) snprintf(names + strlen(names), sizeof names - strlen(names), " %s", rows_z(&r, 1));
        rows_end(&r);
        if (names[0] != 0) e = call_fail(c, HX_E_ILLEGAL, "nobody can reach:%s; give them a phone number first", names);
    }
    HX_ASSERT(clock_local_begin(json_z(record, "from_date", "1970-01-01"), &from));
    if (!e) e = db_exec(c->db, SQL_ROTA_SHORTEN, "zzi", clock_local_date(from - CLOCK_DAY_MS, before), json_z(record, "county", ""), id);
    if (!e) e = db_exec(c->db, SQL_ROTA_STATE_SET, "zIi", "published", c->tx->now_ms, id);
    if (!e) e = tell(c->tx, id, "rota.published");
    json_decref(record);
    return e ? e : reply_rota(c, id);
}

static enum hx_err rota_drop(struct call *c)
{
    int64_t id = call_id(c, 0);
    json_t *record = NULL;
    enum hx_err e = rota_of_call(c, id, &record);
    if (!e && strcmp(json_z(record, "state", ""), "draft") != 0) e = call_fail(c, HX_E_ILLEGAL, "only a draft can be dropped");
    json_decref(record);
    if (!e) e = db_exec(c->db, SQL_ROTA_STATE_SET, "zIi", "dropped", (int64_t)0, id);
    if (!e) e = tell(c->tx, id, "rota.dropped");
    return e ? e : reply_rota(c, id);
}

/* Who can stand in for a duty, directly or by a chain of two. */
static enum hx_err substitutes(struct call *c)
{
    struct rota_book b;
    struct rota_plan p;
    struct rota_substitute found[ROTA_SUBSTITUTES_MAX];
    int64_t *ids = NULL, begins = 0, post = 0, school = 0, id = call_id(c, 0);
    char county[8] = "", date[CLOCK_DATE_MAX] = "", need[8] = "", monday[CLOCK_DATE_MAX], sunday[CLOCK_DATE_MAX];
    int number = 0, place = -1, day = 0;
    struct rows r = db_query(c->db, SQL_DUTY_COUNTY, "i", id);
    bool there = rows_next(&r);
    if (there) {
        str_to_z(rows_str(&r, 0), county, sizeof county), str_to_z(rows_str(&r, 1), date, sizeof date), str_to_z(rows_str(&r, 3), need, sizeof need);
        post = rows_i64(&r, 2), number = (int)rows_i64(&r, 4), begins = rows_i64(&r, 5), school = rows_i64(&r, 6);
    }
    rows_end(&r);
    int64_t midnight;
    if (!there || !clock_local_begin(date, &midnight)) return HX_E_NOT_FOUND;
    day = clock_local_weekday(midnight);
    clock_local_date(midnight - day * CLOCK_DAY_MS, monday);
    clock_local_date(midnight + (6 - day) * CLOCK_DAY_MS, sunday);
    enum hx_err e = call_check_school(c, PERM_DUTY_WRITE, school);
    if (!e) e = rota_book_read(c->db, county, monday, sunday, &b, c->detail, sizeof c->detail);
    if (e) return e;
    size_t places = rota_peaks_all(&b.rota) * (size_t)b.rota.slot_count;
    ids = calloc(places + 1, sizeof *ids);
    HX_ASSERT(ids != NULL);
    e = rota_book_plan(c->db, &b, 0, &p, ids);
    if (e) return rota_book_free(&b), free(ids), e;
    for (int s = 0; s < b.rota.slot_count; s++)
        for (int k = 0; k < b.rota.peaks; k++) {
            size_t at = rota_at(&b.rota, day, k, s);
            if (b.posts[s].post_id == post && b.windows[at].begins_at == begins && (ids[at] == id || (place < 0 && strcmp(b.posts[s].need, need) == 0 && b.posts[s].number == number))) place = (int)at;
        }
    json_t *items = json_array();
    int slot = place < 0 ? 0 : place % b.rota.slot_count, peak = place < 0 ? 0 : place / b.rota.slot_count % b.rota.peaks;
    int n = place < 0 ? 0 : rota_substitutes(&b.rota, &p, day, peak, slot, found);
    for (int i = 0; i < n; i++) {
        json_t *person = NULL, *mover = NULL;
        if (db_one_json(c->db, SQL_PERSON_GET, &person, "i", b.person_ids[found[i].officer])) continue;
        if (found[i].mover >= 0 && db_one_json(c->db, SQL_PERSON_GET, &mover, "i", b.person_ids[found[i].mover])) mover = NULL;
        json_t *row = json_pack("{s:I,s:s,s:s,s:s,s:i,s:i}", "person_id", (json_int_t)b.person_ids[found[i].officer], "person", json_z(person, "full_name", ""), "phone", json_z(person, "phone", ""),
                                "station", json_z(person, "org", ""), "distance_m", rota_distance_cost(&b.rota, found[i].officer, found[i].mover >= 0 ? found[i].via_slot : slot) * 100, "cost", found[i].cost);
        json_object_set_new(row, "via_duty", found[i].mover >= 0 ? json_integer(ids[rota_at(&b.rota, day, peak, found[i].via_slot)]) : json_null());
        json_object_set_new(row, "mover", mover != NULL ? json_string(json_z(mover, "full_name", "")) : json_null());
        json_array_append_new(items, row);
        json_decref(person);
        json_decref(mover);
    }
    rota_plan_free(&p);
    rota_book_free(&b);
    free(ids);
    return call_list(c, items);
}

static enum hx_err mine_ics(struct call *c)
{
    struct buf b;
    int64_t now = clock_utc_ms();
    json_t *all = db_all_json(c->db, SQL_DUTY_OF_PERSON, "iii", c->who.id, now - 7 * CLOCK_DAY_MS, now + 60 * CLOCK_DAY_MS);
    buf_init(&b, 1 << 20);
    buf_add_z(&b, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Huxue//duties//ZH\r\n");
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *d = json_array_get(all, i);
        char stamp[3][20];
        const char *const names[3] = {"arrive_by_at", "begins_at", "ends_at"};
        for (int k = 0; k < 3; k++) { /* 2026-11-24T07:00:00.000Z → 20261124T070000Z */
            const char *t = json_z(d, names[k], "1970-01-01T00:00:00.000Z");
            snprintf(stamp[k], sizeof stamp[k], "%.4s%.2s%.2sT%.2s%.2s%.2sZ", t, t + 5, t + 8, t + 11, t + 14, t + 17);
        }
        buf_printf(&b, "BEGIN:VEVENT\r\nUID:duty-%lld@huxue\r\nDTSTAMP:%s\r\nDTSTART:%s\r\nDTEND:%s\r\nSUMMARY:护学岗 %s %s\r\nGEO:%.5f;%.5f\r\nEND:VEVENT\r\n", (long long)json_i64(d, "id", 0), stamp[1], stamp[0],
                   stamp[2], json_z(d, "school", ""), json_z(d, "peak", ""), json_f64(d, "lat", 0), json_f64(d, "lon", 0));
    }
    buf_add_z(&b, "END:VCALENDAR\r\n");
    json_decref(all);
    c->bytes = str_dup(buf_str(&b));
    c->bytes_n = b.len;
    c->bytes_type = "text/calendar; charset=utf-8";
    buf_free(&b);
    return HX_OK;
}

static enum hx_err drop_stale(struct tx *tx, void *arg)
{
    (void)arg;
    return db_exec(tx->db, SQL_ROTA_STALE, ""); /* whoever was being solved when the process ended */
}

static enum hx_err rota_start(struct hx_app *app)
{
    the_app = app;
    return writer_submit(app->writer, LANE_BULK, drop_stale, NULL, NULL);
}

static const struct hx_route rota_routes[] = {
    {HX_GET, "/v1/officers", "officerList", PERM_DUTY_READ, officer_list, NULL},
    {HX_POST, "/v1/officers", "officerSet", PERM_DUTY_WRITE, officer_post, NULL},
    {HX_GET, "/v1/leave", "leaveList", PERM_DUTY_READ, leave_list, NULL},
    {HX_POST, "/v1/leave", "leaveAdd", PERM_DUTY_WRITE, leave_post, NULL},
    {HX_DELETE, "/v1/leave/{id}", "leaveDrop", PERM_DUTY_WRITE, leave_drop, NULL},
    {HX_GET, "/v1/rotas", "rotaList", PERM_DUTY_READ, rota_list, NULL},
    {HX_POST, "/v1/rotas", "rotaSolve", PERM_DUTY_WRITE, rota_post, NULL},
    {HX_GET, "/v1/rotas/{id}", "rotaGet", PERM_DUTY_READ, rota_get, NULL},
    {HX_GET, "/v1/rotas/{id}/duties", "rotaDuties", PERM_DUTY_READ, rota_duties, NULL},
    {HX_GET, "/v1/rotas/{id}/xlsx", "rotaXlsx", PERM_DUTY_READ, rota_xlsx, NULL},
    {HX_POST, "/v1/rotas/{id}/reassign", "rotaReassign", PERM_DUTY_WRITE, rota_reassign, NULL},
    {HX_POST, "/v1/rotas/{id}/cancel", "rotaCancel", PERM_DUTY_WRITE, rota_cancel, NULL},
    {HX_POST, "/v1/rotas/{id}/publish", "rotaPublish", PERM_DUTY_WRITE, rota_publish, NULL},
    {HX_POST, "/v1/rotas/{id}/drop", "rotaDrop", PERM_DUTY_WRITE, rota_drop, NULL},
    {HX_GET, "/v1/duties/{id}/substitutes", "dutySubstitutes", PERM_DUTY_WRITE, substitutes, NULL},
    {HX_GET, "/v1/my-duties.ics", "myCalendar", PERM_DUTY_REPORT, mine_ics, NULL},
};
const struct hx_module rota_module = {.name = "rota", .routes = rota_routes, .route_count = HX_COUNT(rota_routes), .start = rota_start};
