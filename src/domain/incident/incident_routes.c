#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "incident.h"

#define REOPEN_MS (72 * 3600000LL)

extern const struct timer_kind incident_timers[];

static enum hx_err incident_list(struct call *c)
{
    const char *state = call_query_z(c, "state", "");
    return call_list(c, db_all_json(c->db, SQL_INCIDENT_LIST, "iziiii", call_query_i64(c, "before", INT64_MAX), state,
                                    call_query_i64(c, "school", 0), call_sees_all(c), c->who.id, call_limit(c, 100, 5000)));
}

static enum hx_err reply(struct call *c, int64_t id)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_INCIDENT_GET, &record, "i", id);
    if (e) return e;
    json_object_set_new(record, "alarms", db_all_json(c->db, SQL_ALARM_OF_INCIDENT, "i", id));
    json_object_set_new(record, "assignments", db_all_json(c->db, SQL_ASSIGNMENT_OF_INCIDENT, "i", id));
    json_object_set_new(record, "tasks", db_all_json(c->db, SQL_TASK_OF_INCIDENT, "i", id));
    json_object_set_new(record, "findings", db_all_json(c->db, SQL_FINDING_OF_INCIDENT, "i", id));
    json_object_set_new(record, "timeline", db_all_json(c->db, SQL_JOURNAL_OF_SUBJECT, "iii", id, (int64_t)0, (int64_t)1000));
    return call_reply(c, record);
}

/* Finds the incident of the path, checks the permission for its school, and the version the client saw. */
enum hx_err incident_find(struct call *c, struct incident_head *h)
{
    int64_t id = call_id(c, 0);
    enum hx_err e = incident_read(c->db, id, h);
    if (!e) e = call_check_school(c, c->route->perm, h->school_id);
    json_t *record = NULL;
    if (!e && c->if_match >= 0) e = db_one_json(c->db, SQL_INCIDENT_GET, &record, "i", id);
    if (!e && record != NULL) e = call_check_version(c, record);
    return e;
}

/* An illegal move answers with the record as it stands. */
enum hx_err incident_moved(struct call *c, enum hx_err e, const char *event, json_t *extra)
{
    int64_t id = call_id(c, 0);
    if (!e) e = incident_tell(c->tx, id, event, extra);
    else json_decref(extra);
    if (e == HX_E_ILLEGAL && db_one_json(c->db, SQL_INCIDENT_GET, &c->current, "i", id) != HX_OK) c->current = NULL;
    return e ? e : reply(c, id);
}

static enum hx_err incident_get(struct call *c)
{
    struct incident_head h;
    enum hx_err e = incident_find(c, &h);
    return e ? e : reply(c, call_id(c, 0));
}

/* A phoned-in report, or one typed at the desk. */
static enum hx_err incident_post(struct call *c)
{
    int64_t id, school = json_i64(c->body, "school", 0);
    enum hx_err e = school != 0 ? call_check_school(c, PERM_INCIDENT_HANDLE, school) : HX_OK;
    if (e == HX_E_NOT_FOUND) return call_fail(c, HX_E_INVALID, "school: there is no such school, or it is not yours");
    struct incident_new n = {.school_id = school, .title = json_z(c->body, "title", ""), .class = json_z(c->body, "class", "other"), .source = "call",
                             .caller = json_z(c->body, "caller", ""), .caller_phone = json_z(c->body, "caller_phone", ""), .story = json_z(c->body, "story", ""),
                             .severity = (int)json_i64(c->body, "severity", 2), .drill = json_flag(c->body, "drill", false),
                             .lon = json_f64(c->body, "lon", 0), .lat = json_f64(c->body, "lat", 0)};
    if (!e) e = incident_open(c->tx, &n, &id);
    c->status = 201;
    return e ? e : reply(c, id);
}

static enum hx_err incident_ack(struct call *c)
{
    struct incident_head h;
    enum hx_err e = incident_find(c, &h);
    if (e) return e;
    return incident_moved(c, incident_move(c->tx, call_id(c, 0), INCIDENT_ACT_ACK), "incident.acked", NULL);
}

/* {"result":"real"} confirms; {"result":"false","cause":…} cancels. At P1 it takes two persons to call it false, and the
 * second must be a supervisor. */
static enum hx_err incident_verify(struct call *c)
{
    struct incident_head h;
    int64_t id = call_id(c, 0);
    enum hx_err e = incident_find(c, &h);
    if (e) return e;
    if (strcmp(json_z(c->body, "result", ""), "real") == 0) return incident_moved(c, incident_move(c->tx, id, INCIDENT_ACT_CONFIRM), "incident.confirmed", NULL);
    const char *cause = json_z(c->body, "cause", NULL), *note = json_z(c->body, "note", "");
    enum incident_state to;
    if (cause == NULL) return call_fail(c, HX_E_INVALID, "cause: a false alarm must name its cause");
    if (!incident_next(h.state, INCIDENT_ACT_CANCEL, h.severity, &to)) return incident_moved(c, incident_move(c->tx, id, INCIDENT_ACT_CANCEL), "", NULL);
    if (h.severity == 1 && h.cancel_asked_by == 0) {
        e = db_exec(c->db, SQL_INCIDENT_CANCEL_ASKED, "izi", c->who.id, cause, id);
        return incident_moved(c, e, "incident.cancel_asked", json_pack("{s:s,s:s}", "cause", cause, "note", note));
    }
    if (h.severity == 1 && h.cancel_asked_by == c->who.id) return call_fail(c, HX_E_ILLEGAL, "a second person must agree that this P1 was false");
    if (h.severity == 1 && !call_may(c, PERM_INCIDENT_SUPERVISE)) return call_fail(c, HX_E_FORBIDDEN, "the second person must be a supervisor");
    e = incident_move(c->tx, id, INCIDENT_ACT_CANCEL);
    if (!e) e = db_exec(c->db, SQL_INCIDENT_STAMP_CLOSED, "izzi", c->tx->now_ms, cause, note, id);
    return incident_moved(c, e, "incident.cancelled", json_pack("{s:s,s:s}", "cause", cause, "note", note));
}

static enum hx_err incident_control(struct call *c)
{
    struct incident_head h;
    enum hx_err e = incident_find(c, &h);
    return e ? e : incident_moved(c, incident_move(c->tx, call_id(c, 0), INCIDENT_ACT_CONTROL), "incident.controlled", NULL);
}

static enum hx_err incident_note(struct call *c)
{
    struct incident_head h;
    enum hx_err e = incident_find(c, &h);
    return e ? e : incident_moved(c, HX_OK, "incident.noted", json_pack("{s:s,s:s}", "text", json_z(c->body, "text", ""), "audience", json_z(c->body, "audience", "all")));
}

static enum hx_err incident_escalate(struct call *c)
{
    struct incident_head h;
    enum hx_err e = incident_find(c, &h);
    if (e) return e;
    if (h.state >= INCIDENT_CLOSED && h.state != INCIDENT_HANDED_OVER) return call_fail(c, HX_E_ILLEGAL, "the incident is over");
    int64_t severity = json_i64(c->body, "severity", h.severity);
    if (severity > h.severity) return call_fail(c, HX_E_ILLEGAL, "an incident is only ever raised, never lowered");
    if (severity < h.severity) {
        struct incident_new from = {.severity = (int)severity, .class = h.class, .title = h.title, .title_en = h.title_en};
        e = incident_feed(c->tx, call_id(c, 0), &from, false);
    }
    return incident_moved(c, e, "incident.escalated", json_pack("{s:i,s:s,s:s,s:s,s:s}", "level", 0, "wait", "", "action", "", "zh", json_z(c->body, "reason", ""), "en", json_z(c->body, "reason", "")));
}

static enum hx_err incident_merge(struct call *c)
{
    struct incident_head h, other;
    int64_t id = call_id(c, 0), into = json_i64(c->body, "into", 0);
    enum hx_err e = incident_find(c, &h);
    if (e) return e;
    if (into == id) return call_fail(c, HX_E_INVALID, "into: an incident cannot be merged into itself");
    e = incident_read(c->db, into, &other);
    if (e == HX_E_NOT_FOUND) return call_fail(c, HX_E_INVALID, "into: there is no such incident");
    if (!e) e = call_check_school(c, PERM_INCIDENT_HANDLE, other.school_id);
    if (!e && (other.state >= INCIDENT_CLOSED && other.state != INCIDENT_HANDED_OVER)) return call_fail(c, HX_E_ILLEGAL, "into: that incident is over");
    if (!e && other.drill != h.drill) return call_fail(c, HX_E_ILLEGAL, "a drill and a real incident are never merged");
    if (!e) e = incident_move(c->tx, id, INCIDENT_ACT_MERGE);
    if (!e) e = db_exec(c->db, SQL_INCIDENT_STAMP_MERGED, "iii", into, c->tx->now_ms, id);
    if (!e) e = db_exec(c->db, SQL_INCIDENT_TAKE_COUNTS, "ii", id, into);
    if (!e) e = db_exec(c->db, SQL_ALARM_REHOME, "ii", into, id);
    if (!e && h.severity < other.severity) e = db_exec(c->db, SQL_INCIDENT_CLASS_SET, "ii", (int64_t)h.severity, into);
    if (!e) e = incident_tell(c->tx, into, "incident.took", json_pack("{s:I}", "from", (json_int_t)id));
    return incident_moved(c, e, "incident.merged", json_pack("{s:I}", "into", (json_int_t)into));
}

static enum hx_err incident_hand_over(struct call *c)
{
    struct incident_head h;
    enum hx_err e = incident_find(c, &h);
    return e ? e : incident_moved(c, incident_move(c->tx, call_id(c, 0), INCIDENT_ACT_HAND_OVER), "incident.handed_over",
                         json_pack("{s:s,s:s}", "to", json_z(c->body, "to", ""), "note", json_z(c->body, "note", "")));
}

static enum hx_err incident_close(struct call *c)
{
    struct incident_head h;
    int64_t id = call_id(c, 0), busy = 0;
    enum hx_err e = incident_find(c, &h);
    if (!e) e = db_one_i64(c->db, SQL_ASSIGNMENT_BUSY_COUNT, &busy, "i", id);
    if (!e && busy > 0 && !json_flag(c->body, "release_units", false))
        return call_fail(c, HX_E_ILLEGAL, "%lld units are still on their way or there: release them, or close with release_units", (long long)busy);
    if (!e) e = incident_move(c->tx, id, INCIDENT_ACT_CLOSE);
    if (!e) e = db_exec(c->db, SQL_INCIDENT_STAMP_CLOSED, "izzi", c->tx->now_ms, "", json_z(c->body, "disposition", ""), id);
    return incident_moved(c, e, "incident.closed", json_pack("{s:s}", "disposition", json_z(c->body, "disposition", "")));
}

static enum hx_err incident_reopen(struct call *c)
{
    struct incident_head h;
    enum hx_err e = incident_find(c, &h);
    if (!e && h.closed_at != 0 && c->tx->now_ms - h.closed_at > REOPEN_MS) return call_fail(c, HX_E_ILLEGAL, "an incident can be reopened within 72 hours; open a new one and note this one's number");
    return e ? e : incident_moved(c, incident_move(c->tx, call_id(c, 0), INCIDENT_ACT_REOPEN), "incident.reopened", json_pack("{s:s}", "reason", json_z(c->body, "reason", "")));
}

/* A later review says more; what the earlier ones found stays. */
static enum hx_err incident_review(struct call *c)
{
    struct incident_head h;
    int64_t id = call_id(c, 0);
    enum hx_err e = incident_find(c, &h);
    if (!e) e = incident_move(c->tx, id, INCIDENT_ACT_REVIEW);
    if (!e) e = finding_add_all(c->tx, id, json_object_get(c->body, "findings"));
    json_object_del(c->body, "findings"); /* they are rows */
    char *text = json_text(c->body);
    if (!e) e = db_exec(c->db, SQL_INCIDENT_STAMP_REVIEW, "izi", c->tx->now_ms, text, id);
    free(text);
    return incident_moved(c, e, "incident.reviewed", NULL);
}

static const struct hx_route incident_routes[] = {
    {HX_GET, "/v1/incidents", "incidentList", PERM_INCIDENT_READ, incident_list, NULL},
    {HX_POST, "/v1/incidents", "incidentOpen", PERM_INCIDENT_HANDLE, incident_post, NULL},
    {HX_GET, "/v1/incidents/{id}", "incidentGet", PERM_INCIDENT_READ, incident_get, NULL},
    {HX_POST, "/v1/incidents/{id}/ack", "incidentAck", PERM_INCIDENT_HANDLE, incident_ack, NULL},
    {HX_POST, "/v1/incidents/{id}/verify", "incidentVerify", PERM_INCIDENT_HANDLE, incident_verify, NULL},
    {HX_POST, "/v1/incidents/{id}/control", "incidentControl", PERM_INCIDENT_HANDLE, incident_control, NULL},
    {HX_POST, "/v1/incidents/{id}/note", "incidentNote", PERM_INCIDENT_HANDLE, incident_note, NULL},
    {HX_POST, "/v1/incidents/{id}/escalate", "incidentEscalate", PERM_INCIDENT_HANDLE, incident_escalate, NULL},
    {HX_POST, "/v1/incidents/{id}/merge", "incidentMerge", PERM_INCIDENT_HANDLE, incident_merge, NULL},
    {HX_POST, "/v1/incidents/{id}/hand-over", "incidentHandOver", PERM_INCIDENT_HANDLE, incident_hand_over, NULL},
    {HX_POST, "/v1/incidents/{id}/close", "incidentClose", PERM_INCIDENT_HANDLE, incident_close, NULL},
    {HX_POST, "/v1/incidents/{id}/reopen", "incidentReopen", PERM_INCIDENT_SUPERVISE, incident_reopen, NULL},
    {HX_GET, "/v1/incidents/{id}/report", "incidentReport", PERM_INCIDENT_READ, incident_report, NULL},
    {HX_POST, "/v1/incidents/{id}/review", "incidentReview", PERM_INCIDENT_SUPERVISE, incident_review, NULL},
};
const struct hx_module incident_module = {
    .name = "incident", .routes = incident_routes, .route_count = HX_COUNT(incident_routes), .timer_kinds = incident_timers,
};
