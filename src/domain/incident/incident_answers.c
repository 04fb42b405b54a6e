/* How fast the desk answered (p50, p90, p95 and the share within the target), and the sheet of a shift. */
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

/* ---- hand-over ---- */

static json_t *sheet_now(struct call *c)
{
    json_t *j = json_object();
    json_object_set_new(j, "incidents", db_all_json(c->db, SQL_INCIDENT_LIST, "iziiii", INT64_MAX, "active", (int64_t)0, (int64_t)1, c->who.id, (int64_t)200));
    json_object_set_new(j, "shelves", db_all_json(c->db, SQL_SHELF_ACTIVE, "i", clock_utc_ms()));
    json_object_set_new(j, "faults", db_all_json(c->db, SQL_ALARM_FAULTS, "ii", (int64_t)1, c->who.id));
    return j;
}

static enum hx_err handover_list(struct call *c)
{
    enum hx_err e = call_list(c, db_all_json(c->db, SQL_HANDOVER_LIST, ""));
    if (!e) json_object_set_new(c->reply, "now", sheet_now(c));
    return e;
}

static enum hx_err handover_post(struct call *c)
{
    int64_t id = journal_next(c->tx);
    json_t *sheet = sheet_now(c);
    json_object_set(sheet, "sound_proven", json_object_get(c->body, "sound_proven"));
    char *text = json_text(sheet);
    json_decref(sheet);
    enum hx_err e = db_exec(c->db, SQL_HANDOVER_ADD, "iiizz", id, c->who.id, c->tx->now_ms, json_z(c->body, "note", ""), text);
    free(text);
    if (!e) e = journal_add(c->tx, "handover.given", 0, id, json_pack("{s:I,s:I,s:s}", "id", (json_int_t)id, "from_id", (json_int_t)c->who.id, "note", json_z(c->body, "note", "")));
    c->status = 201;
    return e ? e : call_reply(c, json_pack("{s:I}", "id", (json_int_t)id));
}

static enum hx_err handover_take(struct call *c)
{
    int64_t id = call_id(c, 0);
    enum hx_err e = db_exec(c->db, SQL_HANDOVER_TAKE, "iii", c->who.id, c->tx->now_ms, id);
    if (!e && db_changes(c->db) == 0) return call_fail(c, HX_E_ILLEGAL, "this sheet was taken over already, or does not exist");
    if (!e) e = journal_add(c->tx, "handover.taken", 0, id, json_pack("{s:I,s:I}", "id", (json_int_t)id, "taken_by", (json_int_t)c->who.id));
    return e ? e : call_reply(c, json_pack("{s:I}", "id", (json_int_t)id));
}

static const struct hx_route handover_routes[] = {
    {HX_GET, "/v1/answers", "answerFigures", PERM_STATS_READ, answers, NULL},
    {HX_GET, "/v1/handovers", "handoverList", PERM_HANDOVER, handover_list, NULL},
    {HX_POST, "/v1/handovers", "handoverGive", PERM_HANDOVER, handover_post, NULL},
    {HX_POST, "/v1/handovers/{id}/take", "handoverTake", PERM_HANDOVER, handover_take, NULL},
};
const struct hx_module handover_module = {.name = "handover", .routes = handover_routes, .route_count = HX_COUNT(handover_routes)};
