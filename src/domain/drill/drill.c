#include "drill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "drill_cadence.h"

enum hx_err drill_reply(struct call *c, int64_t id)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_DRILL_GET, &record, "i", id);
    if (e) return e;
    json_object_set_new(record, "actions", db_all_json(c->db, SQL_DRILL_ACTION_LIST, "i", id));
    e = drill_add_live(c->db, record, c->who.id);
    if (e) return json_decref(record), e;
    return call_reply(c, record);
}

enum hx_err drill_in_state(struct call *c, const char *state, json_t **record)
{
    return call_read_in(c, SQL_DRILL_GET, PERM_DRILL_WRITE, state, record);
}

static enum hx_err drill_list(struct call *c)
{
    char begin[CLOCK_DATE_MAX];
    const char *to = call_query_z(c, "to", "9999-12-31"), *county = call_query_z(c, "county", ""), *state = call_query_z(c, "state", "");
    clock_local_date(clock_utc_ms() - 365 * CLOCK_DAY_MS, begin);
    return call_list(c, db_all_json(c->db, SQL_DRILL_LIST, "zzizziii", call_query_z(c, "from", begin), to, call_query_i64(c, "school", 0), county,
                                    state, call_sees_all(c), c->who.id, call_limit(c, 200, 5000)));
}

static enum hx_err drill_get(struct call *c)
{
    json_t *record;
    enum hx_err e = drill_for_part(c, &record);
    json_decref(record);
    return e ? e : drill_reply(c, call_id(c, 0));
}

/* The most overdue first; in one day, by number. */
static int by_overdue(const void *a, const void *b)
{
    json_t *const *x = a, *const *y = b;
    int64_t dx = json_i64(*x, "overdue_days", 0), dy = json_i64(*y, "overdue_days", 0);
    return dx != dy ? (dx < dy) - (dx > dy) : (json_i64(*x, "id", 0) > json_i64(*y, "id", 0)) - (json_i64(*x, "id", 0) < json_i64(*y, "id", 0));
}

static enum hx_err drill_due(struct call *c)
{
    char today[CLOCK_DATE_MAX];
    size_t n = 0, i, most = (size_t)call_limit(c, 2000, 5000);
    json_t *one, *items = json_array();
    json_t *all = db_all_json(c->db, SQL_DRILL_DUE, "zzii", clock_local_date(clock_utc_ms(), today), call_query_z(c, "county", ""), call_sees_all(c), c->who.id);
    json_t **late = calloc(json_array_size(all) + 1, sizeof *late);
    HX_ASSERT(late != NULL);
    json_array_foreach(all, i, one)
    {
        struct drill_cadence cadence = {.months = (int)json_i64(one, "months", 1)};
        struct drill_due due;
        if (!drill_off_months(json_z(one, "off_months", ""), &cadence.off_months) || !drill_due_of(cadence, json_z(one, "last", ""), today, &due)) continue;
        json_put_z(one, "due_date", due.date);
        json_put_i64(one, "overdue_days", due.overdue_days);
        late[n++] = one;
    }
    if (n > 0) qsort(late, n, sizeof *late, by_overdue);
    for (i = 0; i < n && i < most; i++) json_array_append(items, late[i]);
    free(late);
    if (all == NULL) return json_decref(items), HX_E_STORE;
    json_decref(all);
    return call_list(c, items);
}

static enum hx_err cadence_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_DRILL_CADENCE_LIST, ""));
}

static enum hx_err cadence_put(struct call *c)
{
    const json_t *rows = json_object_get(c->body, "items"), *one;
    size_t i;
    unsigned bits;
    enum hx_err e = call_check_school(c, PERM_DRILL_WRITE, 0);
    json_array_foreach(rows, i, one)
    {
        if (!e && !drill_off_months(json_z(one, "off_months", ""), &bits)) e = call_fail(c, HX_E_INVALID, "off_months: months from 1 to 12, separated by blanks");
        if (!e) e = db_exec(c->db, SQL_DRILL_CADENCE_SET, "ziz", json_z(one, "school_kind", ""), json_i64(one, "months", 1), json_z(one, "off_months", ""));
    }
    if (!e) e = journal_add(c->tx, "drill.cadence", 0, 0, json_pack("{s:O}", "items", rows));
    return e ? e : cadence_list(c);
}

enum hx_err drill_make(struct tx *tx, int64_t school_id, const char *kind, const char *title, const char *date, int64_t demo, int64_t *id)
{
    *id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_DRILL_ADD, "iizzzi", *id, school_id, kind, title, date, demo);
    return e ? e : journal_tell(tx, SQL_DRILL_GET, *id, "drill.planned");
}

static enum hx_err drill_post(struct call *c)
{
    const json_t *b = c->body;
    int64_t id = 0;
    enum hx_err e = call_check_date(c, b, "date");
    if (!e) e = call_check_school(c, PERM_DRILL_WRITE, json_i64(b, "school_id", 0));
    if (!e) e = drill_make(c->tx, json_i64(b, "school_id", 0), json_z(b, "kind", ""), json_z(b, "title", ""), json_z(b, "date", ""), 0, &id);
    c->status = 201;
    return e ? e : drill_reply(c, id);
}

/* What happened: as written, or put together from what the system saw. */
static enum hx_err story_of(struct call *c, json_t *record, char **story)
{
    const char *written = json_z(c->body, "timeline", "");
    enum hx_err e = drill_add_live(c->db, record, 0);
    if (e) return e;
    if (written[0] != 0) return *story = str_dup(str_of(written)), HX_OK;
    *story = drill_story(json_object_get(record, "live"));
    if ((*story)[0] != 0) return HX_OK;
    free(*story);
    return call_fail(c, HX_E_INVALID, "timeline: it did not run here, so write what happened when");
}

static enum hx_err rate_objectives(struct call *c, int64_t id)
{
    size_t i;
    const json_t *o;
    enum hx_err e = HX_OK;
    json_array_foreach(json_object_get(c->body, "objectives"), i, o)
    {
        if (!e) e = db_exec(c->db, SQL_OBJECTIVE_RATE, "zzii", json_z(o, "rating", ""), json_z(o, "evidence", ""), json_i64(o, "id", 0), id);
        if (!e && db_changes(c->db) == 0) e = call_fail(c, HX_E_INVALID, "objectives: %lld is none of this drill's", (long long)json_i64(o, "id", 0));
    }
    return e;
}

static enum hx_err add_actions(struct call *c, int64_t id)
{
    size_t i;
    const json_t *a;
    enum hx_err e = HX_OK;
    json_array_foreach(json_object_get(c->body, "actions"), i, a)
    {
        if (!e) e = call_check_date(c, a, "due_date");
        if (!e) e = db_exec(c->db, SQL_DRILL_ACTION_ADD, "iizzz", id * 100 + (int64_t)i, id, json_z(a, "text", ""), json_z(a, "owner", ""), json_z(a, "due_date", ""));
    }
    return e;
}

static enum hx_err drill_close(struct call *c)
{
    const json_t *b = c->body, *evacuated = json_object_get(b, "evacuated_s");
    char today[CLOCK_DATE_MAX], *story = NULL;
    json_t *record;
    int64_t id = call_id(c, 0), now = c->tx->now_ms;
    enum hx_err e = drill_in_state(c, "planned", &record);
    if (e) return e;
    if (strcmp(json_z(record, "date", ""), clock_local_date(now, today)) > 0) e = call_fail(c, HX_E_ILLEGAL, "the drill's day has not come");
    if (!e && strcmp(json_z(record, "run", ""), "running") == 0) e = call_fail(c, HX_E_ILLEGAL, "the drill is still running: end it first");
    if (!e && json_is_integer(evacuated) && json_integer_value(evacuated) < 1) e = call_fail(c, HX_E_INVALID, "evacuated_s: seconds, at least 1");
    if (!e) e = story_of(c, record, &story);
    json_decref(record);
    if (e) return e;
    e = db_exec(c->db, SQL_DRILL_CLOSE, "iiIzzzizii", (int64_t)json_flag(b, "guided", false), json_i64(b, "participants", 0), json_i64(b, "evacuated_s", 0), json_z(b, "rating", ""), story, json_z(b, "evaluation", ""),
                json_i64(b, "injured", 0), json_z(b, "faults", ""), now, id);
    free(story);
    if (!e) e = rate_objectives(c, id);
    if (!e) e = add_actions(c, id);
    if (!e) e = journal_tell(c->tx, SQL_DRILL_GET, id, "drill.closed");
    return e ? e : drill_reply(c, id);
}

static enum hx_err drill_finish(struct call *c)
{
    json_t *record;
    int64_t id = call_id(c, 0);
    enum hx_err e = drill_in_state(c, "closed", &record);
    if (e) return e;
    int64_t open = json_i64(record, "open_actions", 0);
    json_decref(record);
    if (open > 0) return call_fail(c, HX_E_ILLEGAL, "%lld actions are open: each ends done, or waived with a reason", (long long)open);
    e = db_exec(c->db, SQL_DRILL_REVIEW, "iii", c->who.id, c->tx->now_ms, id);
    if (!e && db_changes(c->db) == 0) return call_fail(c, HX_E_ILLEGAL, "the review is over already");
    if (!e) e = journal_tell(c->tx, SQL_DRILL_GET, id, "drill.reviewed");
    return e ? e : drill_reply(c, id);
}

static enum hx_err drill_cancel(struct call *c)
{
    json_t *record;
    int64_t id = call_id(c, 0);
    enum hx_err e = call_read(c, SQL_DRILL_GET, PERM_DRILL_WRITE, &record);
    if (!e && strcmp(json_z(record, "run", ""), "running") == 0) e = call_fail(c, HX_E_ILLEGAL, "the drill is running: stop it first");
    json_decref(record);
    if (!e) e = db_exec(c->db, SQL_DRILL_CANCEL, "zii", json_z(c->body, "reason", ""), c->tx->now_ms, id);
    if (!e) e = journal_tell(c->tx, SQL_DRILL_GET, id, "drill.cancelled");
    return e ? e : drill_reply(c, id);
}

static enum hx_err action_settle(struct call *c)
{
    json_t *record;
    int64_t id = call_id(c, 0);
    enum hx_err e = drill_in_state(c, "closed", &record);
    if (e) return e;
    json_decref(record);
    e = db_exec(c->db, SQL_DRILL_ACTION_SETTLE, "zzii", json_z(c->body, "state", ""), json_z(c->body, "note", ""), call_id(c, 1), id);
    if (!e && db_changes(c->db) == 0) return call_fail(c, HX_E_ILLEGAL, "there is no such open action of this drill");
    if (!e) e = journal_tell(c->tx, SQL_DRILL_GET, id, "drill.action_settled");
    return e ? e : drill_reply(c, id);
}

enum hx_err drill_load(struct tx *tx, int64_t id, int64_t school_id, const char *kind, const char *title, const char *date, bool guided, int64_t participants, const char *timeline, const char *evaluation)
{
    enum hx_err e = db_exec(tx->db, SQL_DRILL_ADD, "iizzzi", id, school_id, kind, title, date, (int64_t)1);
    return e ? e : db_exec(tx->db, SQL_DRILL_CLOSE, "iiIzzzizii", (int64_t)guided, participants, (int64_t)0, "S", timeline, evaluation, (int64_t)0, "", tx->now_ms, id);
}

static const struct hx_route drill_routes[] = {
    {HX_GET, "/v1/drills", "drillList", PERM_DRILL_READ, drill_list, NULL},
    {HX_POST, "/v1/drills", "drillAdd", PERM_DRILL_WRITE, drill_post, NULL},
    {HX_GET, "/v1/drills/due", "drillDue", PERM_DRILL_READ, drill_due, NULL},
    {HX_GET, "/v1/drill-cadence", "drillCadence", PERM_DRILL_READ, cadence_list, NULL},
    {HX_PUT, "/v1/drill-cadence", "drillCadenceSet", PERM_DRILL_WRITE, cadence_put, NULL},
    {HX_GET, "/v1/drills/{id}", "drillGet", PERM_DRILL_JOIN, drill_get, NULL},
    {HX_POST, "/v1/drills/{id}/close", "drillClose", PERM_DRILL_WRITE, drill_close, NULL},
    {HX_POST, "/v1/drills/{id}/finish", "drillFinish", PERM_DRILL_WRITE, drill_finish, NULL},
    {HX_POST, "/v1/drills/{id}/cancel", "drillCancel", PERM_DRILL_WRITE, drill_cancel, NULL},
    {HX_POST, "/v1/drills/{id}/actions/{action}", "drillActionSettle", PERM_DRILL_WRITE, action_settle, NULL},
};
const struct hx_module drill_module = {.name = "drill", .routes = drill_routes, .route_count = HX_COUNT(drill_routes)};
