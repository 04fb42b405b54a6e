/* How fast the desk answered: p50, p90, p95 and the share within the target. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rank.h"
#include "incident.h"

#define SPANS_MAX 20000

struct spans {
    int64_t *ms;
    size_t count;
};

static void add(struct spans *s, int64_t from, int64_t to)
{
    if (from != 0 && to >= from && s->count < SPANS_MAX) s->ms[s->count++] = to - from;
}

static json_t *figure(struct spans *s, int64_t target_ms)
{
    rank_sort(s->ms, s->count);
    size_t within = 0;
    while (within < s->count && s->ms[within] <= target_ms) within++;
    json_t *j = json_object();
    json_put_i64(j, "count", (json_int_t)s->count);
    json_object_set_new(j, "p50_ms", rank_percentile(s->ms, s->count, 50));
    json_object_set_new(j, "p90_ms", rank_percentile(s->ms, s->count, 90));
    json_object_set_new(j, "p95_ms", rank_percentile(s->ms, s->count, 95));
    json_put_i64(j, "target_ms", target_ms);
    json_object_set_new(j, "within", s->count > 0 ? json_real((double)within / (double)s->count) : json_null());
    return j;
}

static int64_t query_time(const struct call *c, const char *name, int64_t otherwise)
{
    int64_t at;
    const char *z = call_query(c, name);
    return z != NULL && clock_parse(str_of(z), &at) ? at : otherwise;
}

static enum hx_err answers(struct call *c)
{
    enum { ACK, VERIFY, DISPATCH, RESPONDER, LINKED, POLICE, COUNT };
    static const char *const names[COUNT] = {"ack", "verify", "dispatch", "responder", "linked", "police"};
    static const int64_t targets[COUNT] = {10000, 30000, 60000, 60000, 180000, 300000};
    struct spans spans[COUNT];
    int64_t now = clock_utc_ms(), from = query_time(c, "from", now - 30 * 86400000LL), to = query_time(c, "to", now + 1);
    int64_t total = 0, false_alarms = 0, drill = call_query(c, "type") != NULL && strcmp(call_query(c, "type"), "drill") == 0;
    const char *county = call_query(c, "county");
    for (int i = 0; i < COUNT; i++) {
        spans[i] = (struct spans){.ms = malloc(SPANS_MAX * sizeof(int64_t))};
        HX_ASSERT(spans[i].ms != NULL);
    }
    struct rows r = db_query(c->db, SQL_INCIDENT_TIMES, "iiizii", from, to, drill, county != NULL ? county : "", call_sees_all(c), c->who.id);
    while (rows_next(&r)) {
        int64_t opened = rows_i64(&r, 1);
        total++;
        false_alarms += strcmp(rows_z(&r, 10), "cancelled") == 0;
        add(&spans[ACK], opened, rows_i64(&r, 2));
        add(&spans[VERIFY], opened, rows_i64(&r, 3));
        add(&spans[DISPATCH], opened, rows_i64(&r, 4));
        add(&spans[RESPONDER], opened, rows_i64(&r, 7));
        add(&spans[LINKED], opened, rows_i64(&r, 8));
        add(&spans[POLICE], opened, rows_i64(&r, 9));
    }
    enum hx_err e = r.err;
    rows_end(&r);
    json_t *j = json_object(), *figures = json_object();
    json_put_time(j, "from", from);
    json_put_time(j, "to", to);
    json_put_i64(j, "incidents", total);
    json_put_i64(j, "false_alarms", false_alarms);
    for (int i = 0; i < COUNT; i++) {
        json_object_set_new(figures, names[i], figure(&spans[i], targets[i]));
        free(spans[i].ms);
    }
    json_object_set_new(j, "figures", figures);
    json_object_set_new(j, "evidence", db_all_json(c->db, SQL_INCIDENT_EVIDENCE, "iiizii", from, to, drill, county != NULL ? county : "", call_sees_all(c), c->who.id));
    if (e) json_decref(j);
    return e ? e : call_reply(c, j);
}

static const struct hx_route routes[] = {
    {HX_GET, "/v1/answers", "answerFigures", PERM_STATS_READ, answers, NULL},
};
const struct hx_module answers_module = {.name = "answers", .routes = routes, .route_count = HX_COUNT(routes)};
