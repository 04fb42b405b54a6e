#include "dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/geo.h"
#include "domain/campus/campus.h"
#include "domain/incident/incident.h"

#define ROAD_FACTOR 1.4
#define REACH_DEG 0.5         /* about 50 km */
#define ANSWER_P1_S 20
#define ANSWER_S 60
#define SETTING_OFF_S 20

static const struct {
    const char *from, *act, *to;
} moves[] = {
    {"proposed", "send", "sent"}, {"proposed", "cancel", "cancelled"},
    {"sent", "deliver", "delivered"}, {"sent", "accept", "accepted"}, {"sent", "refuse", "refused"}, {"sent", "time_out", "timed_out"}, {"sent", "cancel", "cancelled"},
    {"sent", "en-route", "en_route"}, {"sent", "arrived", "arrived"},
    {"delivered", "accept", "accepted"}, {"delivered", "refuse", "refused"}, {"delivered", "time_out", "timed_out"}, {"delivered", "cancel", "cancelled"},
    {"delivered", "en-route", "en_route"}, {"delivered", "arrived", "arrived"},
    {"accepted", "en-route", "en_route"}, {"accepted", "arrived", "arrived"}, {"accepted", "release", "released"}, {"accepted", "cancel", "cancelled"},
    {"en_route", "arrived", "arrived"}, {"en_route", "release", "released"}, {"en_route", "cancel", "cancelled"},
    {"arrived", "release", "released"},
};

bool assignment_next(const char *from, const char *act, const char **to)
{
    for (size_t i = 0; i < HX_COUNT(moves); i++) {
        if (strcmp(moves[i].from, from) != 0 || strcmp(moves[i].act, act) != 0) continue;
        *to = moves[i].to;
        return true;
    }
    return false;
}

int dispatch_travel_s(const char *kind, double distance_m)
{
    double kmh = strcmp(kind, "police_car") == 0 || strcmp(kind, "special") == 0 ? 45 : strcmp(kind, "sentry") == 0 || strcmp(kind, "post") == 0 ? 12 : 6;
    if (distance_m < 60) return 10; /* it stands there */
    return SETTING_OFF_S + (int)(distance_m * ROAD_FACTOR / (kmh / 3.6));
}

static int by_travel(const void *a, const void *b)
{
    const struct proposal *x = a, *y = b;
    return x->travel_s != y->travel_s ? (x->travel_s > y->travel_s) - (x->travel_s < y->travel_s) : (x->unit_id > y->unit_id) - (x->unit_id < y->unit_id);
}

size_t dispatch_propose(struct db *db, int64_t incident, int64_t school, double lon, double lat, struct proposal out[PROPOSALS_MAX])
{
    size_t n = 0;
    struct rows r = db_query(db, SQL_UNIT_CANDIDATES, "ffffi", lon - REACH_DEG, lon + REACH_DEG, lat - REACH_DEG, lat + REACH_DEG, incident);
    while (rows_next(&r)) {
        struct proposal p = {.unit_id = rows_i64(&r, 0), .lon = rows_f64(&r, 2), .lat = rows_f64(&r, 3)};
        int64_t keeps = rows_i64(&r, 5);
        str_to_z(rows_str(&r, 1), p.kind, sizeof p.kind);
        if (strcmp(p.kind, "guard") == 0 && keeps != school) continue; /* guards stay with their own school */
        str_to_z(rows_str(&r, 4), p.status, sizeof p.status);
        str_to_z(rows_str(&r, 6), p.name, sizeof p.name);
        str_to_z(rows_str(&r, 7), p.call_sign, sizeof p.call_sign);
        p.lost = rows_i64(&r, 9) != 0;
        double d = geo_distance_m(lon, lat, p.lon, p.lat);
        p.distance_m = (int)d;
        p.travel_s = dispatch_travel_s(p.kind, d);
        if (strcmp(p.status, "on_post") == 0 && keeps != 0 && keeps != school) {
            p.strips_school_id = keeps;
            str_to_z(rows_str(&r, 8), p.strips_school, sizeof p.strips_school);
        }
        if (n == PROPOSALS_MAX && by_travel(&p, &out[n - 1]) >= 0) continue;
        if (n < PROPOSALS_MAX) n++;
        size_t at = n - 1;
        while (at > 0 && by_travel(&p, &out[at - 1]) < 0) out[at] = out[at - 1], at--;
        out[at] = p;
    }
    rows_end(&r);
    return n;
}

/* ---- events ---- */

static enum hx_err tell(struct tx *tx, int64_t id, const char *type)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_ASSIGNMENT_GET, &record, "i", id);
    return e ? e : journal_add(tx, type, json_i64(record, "school_id", 0), json_i64(record, "incident_id", 0), record);
}

struct head {
    char state[16], kind[16];
    int64_t incident, unit, school;
    int severity;
    enum incident_state incident_state;
};

static enum hx_err read_head(struct db *db, int64_t id, struct head *h)
{
    struct rows r = db_query(db, SQL_ASSIGNMENT_HEAD, "i", id);
    bool found = rows_next(&r);
    if (found) {
        str_to_z(rows_str(&r, 0), h->state, sizeof h->state);
        h->incident = rows_i64(&r, 1);
        h->unit = rows_i64(&r, 2);
        str_to_z(rows_str(&r, 3), h->kind, sizeof h->kind);
        h->school = rows_i64(&r, 4);
        h->severity = (int)rows_i64(&r, 5);
        h->incident_state = incident_state_of(rows_z(&r, 6));
    }
    rows_end(&r);
    return r.err ? r.err : found ? HX_OK : HX_E_NOT_FOUND;
}

/* The unit's own status goes with its assignment. */
static enum hx_err move_unit(struct tx *tx, int64_t unit, const char *to)
{
    enum hx_err e = HX_OK;
    if (strcmp(to, "sent") == 0) e = db_exec(tx->db, SQL_UNIT_TAKE, "i", unit);
    else if (strcmp(to, "en_route") == 0) e = db_exec(tx->db, SQL_UNIT_STATUS_SET, "zi", "en_route", unit);
    else if (strcmp(to, "arrived") == 0) e = db_exec(tx->db, SQL_UNIT_STATUS_SET, "zi", "on_scene", unit);
    else if (strcmp(to, "accepted") == 0 || strcmp(to, "delivered") == 0) return HX_OK;
    else e = db_exec(tx->db, SQL_UNIT_GIVE_BACK, "i", unit);
    return e ? e : journal_tell(tx, SQL_UNIT_GET, unit, "unit.changed");
}

static enum hx_err propose_next(struct tx *tx, int64_t incident, size_t how_many);

static enum hx_err move(struct tx *tx, int64_t id, const char *act, const char *reason)
{
    struct head h;
    const char *to;
    char type[40];
    enum hx_err e = read_head(tx->db, id, &h);
    if (e) return e;
    if (!assignment_next(h.state, act, &to))
        return tx_fail(tx, HX_E_ILLEGAL, "%s is not possible while the assignment is %s", tx_word(tx, act), tx_word(tx, h.state));
    e = db_exec(tx->db, SQL_ASSIGNMENT_MOVE, "zzii", to, reason, tx->now_ms, id);
    if (!e) e = timer_cancel(tx, id, "assignment.answer");
    if (!e) e = move_unit(tx, h.unit, to);
    snprintf(type, sizeof type, "assignment.%s", to);
    if (!e) e = tell(tx, id, type);
    if (e) return e;
    bool live = h.incident_state < INCIDENT_CLOSED || h.incident_state == INCIDENT_HANDED_OVER;
    if (strcmp(to, "sent") == 0) {
        e = timer_set(tx, "assignment.answer", id, 0, tx->now_ms + (h.severity == 1 ? ANSWER_P1_S : ANSWER_S) * 1000, NULL);
        if (!e) e = incident_dispatched(tx, h.incident);
        return e ? e : incident_tell(tx, h.incident, "incident.dispatched", NULL);
    }
    if (strcmp(to, "arrived") == 0) return incident_arrival(tx, h.incident, h.kind);
    bool lost = strcmp(to, "refused") == 0 || strcmp(to, "timed_out") == 0;
    return lost && live ? propose_next(tx, h.incident, 1) : HX_OK;
}

static enum hx_err make(struct tx *tx, int64_t incident, const struct proposal *p, int64_t *id)
{
    *id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_ASSIGNMENT_ADD, "iiiziIIi", *id, incident, p->unit_id, "proposed", (int64_t)p->travel_s, p->strips_school_id, tx->person_id, tx->now_ms);
    return e ? e : tell(tx, *id, "assignment.proposed");
}

static enum hx_err find_place(struct db *db, int64_t incident, double *lon, double *lat, int64_t *school)
{
    struct rows r = db_query(db, SQL_INCIDENT_PLACE, "i", incident);
    bool found = rows_next(&r);
    if (found) *lon = rows_f64(&r, 0), *lat = rows_f64(&r, 1), *school = rows_i64(&r, 2);
    rows_end(&r);
    return r.err ? r.err : found ? HX_OK : HX_E_NOT_FOUND;
}

static enum hx_err propose_next(struct tx *tx, int64_t incident, size_t how_many)
{
    struct proposal p[PROPOSALS_MAX];
    double lon = 0, lat = 0;
    int64_t school = 0, id;
    enum hx_err e = find_place(tx->db, incident, &lon, &lat, &school);
    if (e || (lon == 0 && lat == 0)) return e;
    size_t n = dispatch_propose(tx->db, incident, school, lon, lat, p);
    for (size_t i = 0; !e && i < n && i < how_many; i++) e = make(tx, incident, &p[i], &id);
    return e;
}

/* The clock sends the nearest car when nobody else did. */
static enum hx_err auto_dispatch(struct tx *tx, int64_t incident)
{
    struct proposal p[PROPOSALS_MAX];
    double lon = 0, lat = 0;
    int64_t school = 0, id = 0;
    enum hx_err e = db_one_i64(tx->db, SQL_ASSIGNMENT_PROPOSED_OF, &id, "i", incident);
    if (e == HX_E_NOT_FOUND) {
        e = find_place(tx->db, incident, &lon, &lat, &school);
        size_t n = e ? 0 : dispatch_propose(tx->db, incident, school, lon, lat, p);
        if (n == 0) return e;
        e = make(tx, incident, &p[0], &id);
    }
    return e ? e : move(tx, id, "send", "auto");
}

static enum hx_err release_all(struct tx *tx, int64_t incident)
{
    int64_t ids[64];
    size_t n = 0;
    struct rows r = db_query(tx->db, SQL_ASSIGNMENT_LIVE_OF_INCIDENT, "i", incident);
    while (n < HX_COUNT(ids) && rows_next(&r)) ids[n++] = rows_i64(&r, 0);
    enum hx_err e = r.err;
    rows_end(&r);
    for (size_t i = 0; !e && i < n; i++) {
        struct head h;
        const char *to;
        e = read_head(tx->db, ids[i], &h);
        if (!e) e = move(tx, ids[i], assignment_next(h.state, "release", &to) ? "release" : "cancel", "incident over");
    }
    return e;
}

static enum hx_err see_incident(struct tx *tx, const struct event *event)
{
    const char *what = event->type + strlen("incident.");
    if (strcmp(what, "closed") == 0 || strcmp(what, "cancelled") == 0 || strcmp(what, "merged") == 0) return release_all(tx, event->subject_id);
    if (strcmp(what, "escalated") != 0) return HX_OK;
    json_t *j = NULL;
    char why[160];
    enum hx_err e = json_parse((struct str){event->data, event->data_bytes}, &j, why, sizeof why);
    const char *action = json_z(json_object_get(j, "change"), "action", "");
    if (!e && strcmp(action, "propose") == 0) e = propose_next(tx, event->subject_id, 3);
    if (!e && strcmp(action, "auto_dispatch") == 0) e = auto_dispatch(tx, event->subject_id);
    json_decref(j);
    return e;
}

static enum hx_err on_no_answer(struct tx *tx, const struct timer_row *row)
{
    enum hx_err e = move(tx, row->subject_id, "time_out", "no answer");
    if (e == HX_E_ILLEGAL || e == HX_E_NOT_FOUND) tx->detail[0] = 0, e = HX_OK;
    return e;
}

/* ---- routes ---- */

enum hx_err unit_make(struct tx *tx, const json_t *b, int64_t demo, int64_t *id)
{
    *id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_UNIT_ADD, "izzzIIffizi", *id, json_z(b, "kind", "police_car"), json_z(b, "name", ""), json_z(b, "call_sign", ""), json_i64(b, "org_id", 0),
                            json_i64(b, "school_id", 0), json_f64(b, "lon", 0), json_f64(b, "lat", 0), tx->now_ms, json_z(b, "status", "available"), demo);
    return e ? e : journal_tell(tx, SQL_UNIT_GET, *id, "unit.added");
}

static enum hx_err unit_list(struct call *c)
{
    char like[140] = "";
    const char *q = call_query(c, "q"), *state = call_query_z(c, "state", "");
    if (q != NULL && q[0] != 0) snprintf(like, sizeof like, "%%%s%%", q);
    return call_list(c, db_all_json(c->db, SQL_UNIT_LIST, "izziii", call_query_i64(c, "after", 0), state, like, call_sees_all(c), c->who.id, call_limit(c, 500, 10000)));
}

static enum hx_err unit_reply(struct call *c, int64_t id)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_UNIT_GET, &record, "i", id);
    return e ? e : call_reply(c, record);
}

/* A unit is its school's, or its organisation's: whoever has the right there may change it. */
static enum hx_err check_unit(struct call *c, int64_t id)
{
    int64_t theirs;
    return call_sees_all(c) ? HX_OK : db_one_i64(c->db, SQL_UNIT_THEIRS, &theirs, "iiz", id, c->who.id, perm_name(c->route->perm));
}

static enum hx_err unit_post(struct call *c)
{
    int64_t id;
    enum hx_err e = unit_make(c->tx, c->body, 0, &id);
    if (!e && check_unit(c, id) != HX_OK) return call_fail(c, HX_E_FORBIDDEN, "org_id, school_id: a unit of theirs is not yours to add");
    c->status = 201;
    return e ? e : unit_reply(c, id);
}

static enum hx_err unit_patch(struct call *c)
{
    int64_t id = call_id(c, 0), busy;
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_UNIT_GET, &record, "i", id);
    if (!e) e = check_unit(c, id);
    if (e) return json_decref(record), e;
    e = call_check_version(c, record);
    const char *status = json_z(c->body, "status", NULL);
    if (!e && status != NULL && db_one_i64(c->db, SQL_ASSIGNMENT_UNIT_BUSY, &busy, "i", id) == HX_OK)
        return call_fail(c, HX_E_ILLEGAL, "this unit is on assignment %lld: release it first", (long long)busy);
    if (!e) e = db_exec(c->db, SQL_UNIT_SET, "zzi", json_z(c->body, "name", NULL), json_z(c->body, "call_sign", NULL), id);
    if (!e && status != NULL) e = db_exec(c->db, SQL_UNIT_STATUS_SET, "zi", status, id);
    if (!e && json_has(c->body, "lon") && json_has(c->body, "lat")) e = db_exec(c->db, SQL_UNIT_POSITION, "ffii", json_f64(c->body, "lon", 0), json_f64(c->body, "lat", 0), c->tx->now_ms, id);
    if (!e) e = journal_tell(c->tx, SQL_UNIT_GET, id, "unit.changed");
    return e ? e : unit_reply(c, id);
}

static json_t *proposal_json(const struct proposal *p)
{
    json_t *j = json_pack("{s:I,s:s,s:s,s:s,s:s,s:f,s:f,s:i,s:i}", "unit_id", (json_int_t)p->unit_id, "kind", p->kind, "name", p->name, "call_sign", p->call_sign,
                          "status", p->status, "lon", p->lon, "lat", p->lat, "travel_s", p->travel_s, "distance_m", p->distance_m);
    json_object_set_new(j, "lost", json_boolean(p->lost));
    json_object_set_new(j, "strips_school_id", p->strips_school_id ? json_integer(p->strips_school_id) : json_null());
    json_object_set_new(j, "strips_school", p->strips_school_id ? json_string(p->strips_school) : json_null());
    return j;
}

/* {items, reach}: the nearest units, and the seconds in which a guard, any unit and police could be there. */
static enum hx_err reply_proposals(struct call *c, int64_t incident, int64_t school, double lon, double lat)
{
    struct proposal p[PROPOSALS_MAX];
    size_t n = dispatch_propose(c->db, incident, school, lon, lat, p);
    json_t *items = json_array(), *reach = json_object();
    int guard = 0, linked = 0, police = 0;
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(items, proposal_json(&p[i]));
        bool is_guard = strcmp(p[i].kind, "guard") == 0;
        if (is_guard && guard == 0) guard = p[i].travel_s;
        if (!is_guard && linked == 0) linked = p[i].travel_s;
        if (!is_guard && police == 0) police = p[i].travel_s;
    }
    json_object_set_new(reach, "responder_s", guard ? json_integer(guard) : json_null());
    json_object_set_new(reach, "linked_s", linked ? json_integer(linked) : json_null());
    json_object_set_new(reach, "police_s", police ? json_integer(police) : json_null());
    enum hx_err e = call_list(c, items);
    json_object_set_new(c->reply, "reach", reach);
    return e;
}

static enum hx_err incident_proposals(struct call *c)
{
    double lon = 0, lat = 0;
    int64_t school = 0, id = call_id(c, 0);
    enum hx_err e = find_place(c->db, id, &lon, &lat, &school);
    if (!e) e = call_check_school(c, PERM_UNIT_READ, school);
    return e ? e : reply_proposals(c, id, school, lon, lat);
}

static enum hx_err school_reach(struct call *c)
{
    int64_t id = call_id(c, 0);
    json_t *school = NULL;
    enum hx_err e = call_check_school(c, PERM_SCHOOL_READ, id);
    if (!e) e = db_one_json(c->db, SQL_SCHOOL_GET, &school, "i", id);
    if (!e) e = reply_proposals(c, 0, id, json_f64(school, "lon", 0), json_f64(school, "lat", 0));
    json_decref(school);
    return e;
}

/* {"units":[…]} sends those; without it the best proposal goes. */
static enum hx_err incident_dispatch(struct call *c)
{
    int64_t id = call_id(c, 0), school = 0, assignment = 0, busy;
    double lon = 0, lat = 0;
    struct proposal p[PROPOSALS_MAX], one;
    json_t *record = NULL;
    enum hx_err e = find_place(c->db, id, &lon, &lat, &school);
    if (!e) e = call_check_school(c, PERM_DISPATCH, school);
    if (!e && c->if_match >= 0) {
        e = db_one_json(c->db, SQL_INCIDENT_GET, &record, "i", id);
        if (!e) e = call_check_version(c, record);
    }
    const json_t *units = json_object_get(c->body, "units");
    json_t *made = json_array();
    size_t want = json_array_size(units) > 0 ? json_array_size(units) : 1;
    for (size_t i = 0; !e && i < want; i++) {
        int64_t unit = json_integer_value(json_array_get(units, i));
        if (unit == 0) {
            size_t n = dispatch_propose(c->db, id, school, lon, lat, p);
            if (n == 0) e = call_fail(c, HX_E_NOT_FOUND, "no unit is free within reach; ask the neighbour county");
            one = p[0];
        } else {
            e = db_one_json(c->db, SQL_UNIT_GET, &record, "i", unit);
            if (e == HX_E_NOT_FOUND) e = call_fail(c, HX_E_INVALID, "units: there is no unit %lld", (long long)unit);
            if (!e && db_one_i64(c->db, SQL_ASSIGNMENT_UNIT_BUSY, &busy, "i", unit) == HX_OK) e = call_fail(c, HX_E_ILLEGAL, "%s is on another assignment", json_z(record, "name", ""));
            one = (struct proposal){.unit_id = unit};
            if (!e) {
                int64_t keeps = json_i64(record, "school_id", 0);
                one.travel_s = dispatch_travel_s(json_z(record, "kind", ""), geo_distance_m(lon, lat, json_f64(record, "lon", 0), json_f64(record, "lat", 0)));
                if (strcmp(json_z(record, "status", ""), "on_post") == 0 && keeps != school) one.strips_school_id = keeps;
                json_decref(record);
            }
        }
        if (!e) e = make(c->tx, id, &one, &assignment);
        if (!e) e = move(c->tx, assignment, "send", "");
        json_t *a = NULL;
        if (!e) e = db_one_json(c->db, SQL_ASSIGNMENT_GET, &a, "i", assignment);
        if (!e) json_array_append_new(made, a);
    }
    if (e == HX_E_ILLEGAL && db_one_json(c->db, SQL_INCIDENT_GET, &c->current, "i", id) != HX_OK) c->current = NULL;
    if (e) json_decref(made);
    return e ? e : call_list(c, made);
}

static enum hx_err assignment_act(struct call *c, const char *act)
{
    struct head h;
    int64_t id = call_id(c, 0);
    json_t *record = NULL;
    enum hx_err e = read_head(c->db, id, &h);
    if (!e && !crew_is_with(c->db, c->who.id, h.unit)) e = call_check_school(c, PERM_UNIT_REPORT, h.school);
    if (!e && c->if_match >= 0) {
        e = db_one_json(c->db, SQL_ASSIGNMENT_GET, &record, "i", id);
        if (!e) e = call_check_version(c, record);
    }
    if (!e && strcmp(act, "refuse") == 0 && json_z(c->body, "reason", "")[0] == 0) e = call_fail(c, HX_E_INVALID, "reason: a refusal needs one");
    if (!e) e = move(c->tx, id, act, json_z(c->body, "reason", ""));
    if (e == HX_E_ILLEGAL && db_one_json(c->db, SQL_ASSIGNMENT_GET, &c->current, "i", id) != HX_OK) c->current = NULL;
    if (!e) e = db_one_json(c->db, SQL_ASSIGNMENT_GET, &record, "i", id);
    return e ? e : call_reply(c, record);
}

#define ACT(name, act)                              \
    static enum hx_err name(struct call *c)         \
    {                                               \
        return assignment_act(c, act);              \
    }
ACT(assignment_send, "send")
ACT(assignment_accept, "accept")
ACT(assignment_refuse, "refuse")
ACT(assignment_en_route, "en-route")
ACT(assignment_arrived, "arrived")
ACT(assignment_release, "release")
ACT(assignment_cancel, "cancel")

static enum hx_err assignment_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_ASSIGNMENT_LIST, "ii", call_sees_all(c), c->who.id));
}

static const struct journal_follower dispatch_followers[] = {{"dispatch.incident", "incident.", see_incident, NULL}, {NULL, NULL, NULL, NULL}};
static const struct timer_kind dispatch_timers[] = {{.kind = "assignment.answer", .fire = on_no_answer}, {0}};
static const struct hx_route dispatch_routes[] = {
    {HX_GET, "/v1/units", "unitList", PERM_UNIT_READ, unit_list, NULL},
    {HX_POST, "/v1/units", "unitAdd", PERM_UNIT_WRITE, unit_post, NULL},
    {HX_PATCH, "/v1/units/{id}", "unitChange", PERM_UNIT_REPORT, unit_patch, NULL},
    {HX_GET, "/v1/incidents/{id}/proposals", "incidentProposals", PERM_UNIT_READ, incident_proposals, NULL},
    {HX_POST, "/v1/incidents/{id}/dispatch", "incidentDispatch", PERM_DISPATCH, incident_dispatch, NULL},
    {HX_GET, "/v1/schools/{id}/reach", "schoolReach", PERM_UNIT_READ, school_reach, NULL},
    {HX_GET, "/v1/assignments", "assignmentList", PERM_UNIT_READ, assignment_list, NULL},
    {HX_POST, "/v1/assignments/{id}/send", "assignmentSend", PERM_DISPATCH, assignment_send, NULL},
    {HX_POST, "/v1/assignments/{id}/accept", "assignmentAccept", PERM_UNIT_REPORT, assignment_accept, NULL},
    {HX_POST, "/v1/assignments/{id}/refuse", "assignmentRefuse", PERM_UNIT_REPORT, assignment_refuse, NULL},
    {HX_POST, "/v1/assignments/{id}/en-route", "assignmentEnRoute", PERM_UNIT_REPORT, assignment_en_route, NULL},
    {HX_POST, "/v1/assignments/{id}/arrived", "assignmentArrived", PERM_UNIT_REPORT, assignment_arrived, NULL},
    {HX_POST, "/v1/assignments/{id}/release", "assignmentRelease", PERM_UNIT_REPORT, assignment_release, NULL},
    {HX_POST, "/v1/assignments/{id}/cancel", "assignmentCancel", PERM_DISPATCH, assignment_cancel, NULL},
};
const struct hx_module dispatch_module = {
    .name = "dispatch", .routes = dispatch_routes, .route_count = HX_COUNT(dispatch_routes), .followers = dispatch_followers, .timer_kinds = dispatch_timers,
};
