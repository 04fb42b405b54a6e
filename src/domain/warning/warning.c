#include "warning.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "warning_live.h"

/* ---- warnings ---- */

static enum hx_err hit_list(struct call *c)
{
    const char *state = call_query_z(c, "state", ""), *code = call_query_z(c, "code", "");
    return call_list(c, db_all_json(c->db, SQL_RULE_HIT_LIST, "izziiiiii", call_query_i64(c, "before", INT64_MAX), state, code, call_query_i64(c, "school", 0), call_query_i64(c, "incident", 0),
                                    call_query_i64(c, "quiet", 0), call_sees_all(c), c->who.id, call_limit(c, 200, 1000)));
}

static enum hx_err hit_get(struct call *c)
{
    json_t *record = NULL, *events = json_array();
    enum hx_err e = call_read(c, SQL_RULE_HIT_GET, PERM_WARNING_READ, &record);
    const json_t *evidence = json_object_get(record, "evidence");
    for (size_t i = 0; !e && i < json_array_size(evidence); i++) {
        json_t *event = NULL;
        e = db_one_json(c->db, SQL_RULE_EVIDENCE, &event, "i", json_integer_value(json_array_get(evidence, i)));
        if (!e) json_array_append_new(events, event);
    }
    if (e) return json_decref(events), json_decref(record), e;
    json_object_set_new(record, "events", events);
    return call_reply(c, record);
}

static enum hx_err hit_ack(struct call *c)
{
    json_t *record = NULL;
    int64_t id = call_id(c, 0);
    enum hx_err e = call_read(c, SQL_RULE_HIT_GET, PERM_WARNING_HANDLE, &record);
    json_decref(record);
    if (!e) e = db_exec(c->db, SQL_RULE_HIT_ACK, "iizi", c->who.id, c->tx->now_ms, json_z(c->body, "note", ""), id);
    if (!e && db_changes(c->db) == 0) return call_fail(c, HX_E_ILLEGAL, "this warning is acknowledged or over already");
    if (!e) e = journal_tell(c->tx, SQL_RULE_HIT_GET, id, "warning.acked");
    return e ? e : call_reply_one(c, SQL_RULE_HIT_GET, id);
}

/* ---- what other systems observed ---- */

/* It becomes an event that rules read; it is no record of its own. Times are checked, and the local date is put beside them. */
static enum hx_err observation_post(struct call *c)
{
    static const char *const times[] = {"due_at", "until_at"};
    const json_t *b = c->body;
    int64_t school = json_i64(b, "school_id", 0), id = journal_next(c->tx), at;
    char date[CLOCK_DATE_MAX];
    json_t *there = NULL;
    enum hx_err e = call_check_school(c, PERM_OBSERVE, school);
    if (!e && school != 0) e = db_one_json(c->db, SQL_SCHOOL_GET, &there, "i", school);
    json_decref(there);
    for (size_t i = 0; !e && i < HX_COUNT(times); i++)
        if (json_has(b, times[i]) && !clock_parse(str_of(json_z(b, times[i], "")), &at)) e = call_fail(c, HX_E_INVALID, "%s: want RFC 3339", times[i]);
    if (e) return e;
    json_t *record = json_deep_copy(b);
    json_put_i64(record, "id", id);
    json_put_z(record, "date", clock_local_date(c->tx->now_ms, date));
    json_put_z(record, "source", c->who.name);
    e = journal_add(c->tx, "observation.made", school, id, json_incref(record));
    c->status = 201;
    if (e) return json_decref(record), e;
    return call_reply(c, record);
}

static const struct hx_route warning_routes[] = {
    {HX_GET, "/v1/rule-hits", "ruleHitList", PERM_WARNING_READ, hit_list, NULL},
    {HX_GET, "/v1/rule-hits/{id}", "ruleHitGet", PERM_WARNING_READ, hit_get, NULL},
    {HX_POST, "/v1/rule-hits/{id}/ack", "ruleHitAck", PERM_WARNING_HANDLE, hit_ack, NULL},
    {HX_POST, "/v1/observations", "observationAdd", PERM_OBSERVE, observation_post, NULL},
};
const struct hx_module warning_module = {.name = "warning", .routes = warning_routes, .route_count = HX_COUNT(warning_routes), .metrics = warning_live_metrics};
