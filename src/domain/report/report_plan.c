/* Reports that are kept by themselves. Counted on a reader, stored with the plan's next day in one commit: a kill between the two loses
 * nothing and keeps nothing twice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "base/log.h"
#include "report.h"

#define LOOK_MS 20000
#define AT_MS (6 * 3600000LL) /* of the local day after */
#define PLANS_MAX 20          /* of one person */

/* ---- time ---- */

static int64_t midnight_of(int64_t at)
{
    char date[CLOCK_DATE_MAX];
    int64_t begin;
    HX_ASSERT(clock_local_begin(clock_local_date(at, date), &begin));
    return begin;
}

static int64_t month_of(int64_t at)
{
    char date[CLOCK_DATE_MAX];
    int64_t begin;
    clock_local_date(at, date);
    date[8] = '0', date[9] = '1';
    HX_ASSERT(clock_local_begin(date, &begin));
    return begin;
}

/* The begin of the period that holds `at`. */
static int64_t period_of(const char *every, int64_t at)
{
    if (strcmp(every, "month") == 0) return month_of(at);
    return midnight_of(at) - (strcmp(every, "week") == 0 ? clock_local_weekday(at) * CLOCK_DAY_MS : 0);
}

void report_plan_period(const char *every, int64_t due_at, char since[CLOCK_DATE_MAX], char as_of[CLOCK_DATE_MAX])
{
    int64_t end = period_of(every, due_at) - 1; /* the last moment of the period before */
    clock_local_date(end, as_of);
    clock_local_date(period_of(every, end), since);
}

int64_t report_plan_next(const char *every, int64_t after)
{
    int64_t due = period_of(every, after) + AT_MS;
    if (due > after) return due;
    int64_t later = strcmp(every, "month") == 0 ? period_of(every, after) + 32 * CLOCK_DAY_MS : period_of(every, after) + (strcmp(every, "week") == 0 ? 7 : 1) * CLOCK_DAY_MS;
    return period_of(every, later) + AT_MS;
}

/* ---- keeping ---- */

struct keeping {
    struct hx_app *app;
    int64_t plan, person, due_at;
    char every[8], county[8], name[164]; /* 40 letters */
    json_t *report;
};

static bool under_way; /* loop thread */

static void keeping_free(struct keeping *k)
{
    json_decref(k->report);
    free(k);
    under_way = false;
}

static void count(void *db, void *arg)
{
    struct keeping *k = arg;
    struct person who;
    char since[CLOCK_DATE_MAX], as_of[CLOCK_DATE_MAX];
    if (auth_load(db, k->person, &who)) return;
    report_plan_period(k->every, k->due_at, since, as_of);
    struct report_ask a = {.as_of = as_of, .since = since, .known_at = clock_utc_ms(), .county = k->county, .sees_all = (int64_t)(who.root >> PERM_STATS_READ & 1), .person = k->person};
    db_snapshot(db);
    if (report_read(db, &a, &k->report) || report_seal(db, &a, k->report)) json_decref(k->report), k->report = NULL;
    db_snapshot_end(db);
}

static enum hx_err keep(struct tx *tx, void *arg)
{
    struct keeping *k = arg;
    int64_t id, next = report_plan_next(k->every, tx->now_ms);
    enum hx_err e = report_store(tx, k->report, k->person, k->name, &id);
    if (!e) e = db_exec(tx->db, SQL_REPORT_PLAN_DONE, "iiii", next, id, k->plan, k->due_at);
    return !e && db_changes(tx->db) == 0 ? HX_E_CONFLICT : e; /* somebody dropped it meanwhile */
}

static void kept(enum hx_err e, const char *detail, void *arg)
{
    struct keeping *k = arg;
    if (e && e != HX_E_CONFLICT) log_warn("report.plan", "plan=%lld error=%s detail=\"%s\"", (long long)k->plan, err_name(e), detail);
    keeping_free(k);
}

static void counted(void *arg)
{
    struct keeping *k = arg;
    if (k->report == NULL || k->app->writer == NULL || writer_submit(k->app->writer, LANE_BULK, keep, kept, k) != HX_OK) keeping_free(k); /* the next look tries again */
}

static void look(void *arg)
{
    struct hx_app *app = arg;
    if (under_way || app->writer == NULL) return;
    struct keeping *k = calloc(1, sizeof *k);
    HX_ASSERT(k != NULL);
    struct rows r = db_query(app->panels->db, SQL_REPORT_PLAN_DUE, "i", clock_utc_ms());
    bool due = rows_next(&r);
    if (due) {
        k->app = app, k->plan = rows_i64(&r, 0), k->person = rows_i64(&r, 3), k->due_at = rows_i64(&r, 4);
        str_to_z(rows_str(&r, 1), k->every, sizeof k->every);
        str_to_z(rows_str(&r, 2), k->county, sizeof k->county);
        str_to_z(rows_str(&r, 5), k->name, sizeof k->name);
    }
    rows_end(&r);
    under_way = due;
    if (!due || api_on_reader(app->api, count, counted, k) != HX_OK) keeping_free(k);
}

static enum hx_err plan_start(struct hx_app *app)
{
    loop_every(app->loop, LOOK_MS, look, app);
    return HX_OK;
}

/* ---- routes ---- */

static enum hx_err plan_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_REPORT_PLAN_LIST, "ii", call_sees_all(c), c->who.id));
}

static enum hx_err plan_add(struct call *c)
{
    const json_t *b = c->body;
    const char *every = json_z(b, "every", "month");
    int64_t id = journal_next(c->tx), plans;
    enum hx_err e = db_one_i64(c->db, SQL_REPORT_PLAN_COUNT, &plans, "i", c->who.id);
    if (!e && plans >= PLANS_MAX) return call_fail(c, HX_E_LIMIT, "you have %d such reports already: end one first", PLANS_MAX);
    if (!e) e = db_exec(c->db, SQL_REPORT_PLAN_ADD, "izzziii", id, json_z(b, "name", ""), every, json_z(b, "county", ""), c->who.id, report_plan_next(every, c->tx->now_ms), c->tx->now_ms);
    if (!e) e = journal_tell(c->tx, SQL_REPORT_PLAN_GET, id, "report.planned");
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_REPORT_PLAN_GET, id);
}

static enum hx_err plan_drop(struct call *c)
{
    int64_t id = call_id(c, 0);
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_REPORT_PLAN_GET, &record, "i", id);
    if (!e && json_i64(record, "person_id", 0) != c->who.id && !call_sees_all(c)) e = HX_E_NOT_FOUND;
    if (!e) e = db_exec(c->db, SQL_REPORT_PLAN_DROP, "i", id);
    if (e) return json_decref(record), e;
    e = journal_add(c->tx, "report.unplanned", 0, id, record);
    return e ? e : call_reply(c, json_object());
}

static const struct hx_route plan_routes[] = {
    {HX_GET, "/v1/reports/plans", "reportPlanList", PERM_STATS_READ, plan_list, NULL},
    {HX_POST, "/v1/reports/plans", "reportPlanAdd", PERM_STATS_READ, plan_add, NULL},
    {HX_DELETE, "/v1/reports/plans/{id}", "reportPlanDrop", PERM_STATS_READ, plan_drop, NULL},
};
const struct hx_module report_plan_module = {.name = "report_plan", .routes = plan_routes, .route_count = HX_COUNT(plan_routes), .start = plan_start};
