/* A drill's script and its live run. The run is the real system with the drill flag: signals, incident, plan and postures are the
 * ordinary ones. What is here is the clock of the script, the parts, and the two ways to an early end: somebody stops it, or
 * something real happens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/embedded.h"
#include "domain/incident/incident.h"
#include "domain/message/message.h"
#include "domain/plan/plan.h"
#include "drill.h"
#include "signal/signal.h"

#define OVER_SHOWN_MS (2 * 3600000LL) /* how long a phone still shows a drill that is over */

/* Whose steps in a plan a part stands for. */
static const char *const parts[][2] = {{"commander", "commander"}, {"commander", "desk"}, {"safety", "commander"}, {"police1", "police"}, {"police2", "police"}, {"guard", "guard"},
                                       {"principal", "principal"}, {"floor", "teacher"}, {"counter", "teacher"}, {"counter", "principal"}, {"medic", "medic"}};

/* ---- the script ---- */

static enum hx_err add_roles(struct tx *tx, int64_t id, const json_t *roles, int64_t first)
{
    size_t i;
    const json_t *r;
    enum hx_err e = db_exec(tx->db, SQL_DRILL_ROLE_DROP, "i", id);
    json_array_foreach(roles, i, r)
        if (!e) e = db_exec(tx->db, SQL_DRILL_ROLE_ADD, "iizzI", first + (int64_t)i, id, json_z(r, "role", ""), json_z(r, "name", ""), json_i64(r, "person_id", 0));
    return e == HX_E_CONFLICT ? tx_fail(tx, HX_E_INVALID, "person_id: there is no such person") : e;
}

/* The school's panel behind an account, and the partition of its zone; 0: there is none. */
static int64_t panel_of(struct db *db, int64_t school, const char *account, const char *zone, char partition[8])
{
    struct rows r = db_query(db, SQL_INJECT_PANEL, "zzi", zone, account, school);
    int64_t panel = rows_next(&r) ? rows_i64(&r, 0) : 0;
    str_to_z(panel != 0 ? rows_str(&r, 1) : STR(""), partition, 8);
    rows_end(&r);
    return panel;
}

static enum hx_err add_injects(struct tx *tx, int64_t id, int64_t school, const json_t *injects, int64_t first)
{
    char partition[8];
    size_t i;
    const json_t *r;
    enum hx_err e = db_exec(tx->db, SQL_INJECT_DROP, "i", id);
    json_array_foreach(injects, i, r)
    {
        if (e) break;
        const char *kind = json_z(r, "kind", "");
        bool move = strcmp(kind, "move") == 0, placed = json_has(r, "x") && json_has(r, "y");
        double x = json_f64(r, "x", 0), y = json_f64(r, "y", 0);
        if (move && (!placed || !(x >= 0 && x <= 1 && y >= 0 && y <= 1))) return tx_fail(tx, HX_E_INVALID, "injects %zu: where to? x and y from 0 to 1 over the floor plan", i + 1);
        if (strcmp(kind, "signal") == 0 && json_z(r, "class", "")[0] == 0) return tx_fail(tx, HX_E_INVALID, "injects %zu: which class has this signal?", i + 1);
        const char *account = json_z(r, "account", ""), *zone = json_z(r, "zone", "");
        if (account[0] != 0 && panel_of(tx->db, school, account, zone, partition) == 0) return tx_fail(tx, HX_E_INVALID, "injects %zu: this school has no panel with that account", i + 1);
        if (move) e = db_exec(tx->db, SQL_INJECT_ADD, "iiizzzzffzz", first + (int64_t)i, id, json_i64(r, "at_s", 0), kind, json_z(r, "text", ""), json_z(r, "role", ""), json_z(r, "class", ""), x, y, "", "");
        else e = db_exec(tx->db, SQL_INJECT_ADD, "iiizzzznnzz", first + (int64_t)i, id, json_i64(r, "at_s", 0), kind, json_z(r, "text", ""), json_z(r, "role", ""), json_z(r, "class", ""), account, zone);
    }
    return e;
}

enum hx_err drill_script_set(struct tx *tx, int64_t id, int64_t school_id, int64_t person, const json_t *b)
{
    size_t i;
    const json_t *o;
    unsigned h, m;
    char tail;
    const char *begins = json_z(b, "begins", "");
    int64_t first = journal_next(tx) * 1000; /* the numbers of parts, objectives and lines: of the event that tells the script */
    if (begins[0] != 0 && (strlen(begins) != 5 || sscanf(begins, "%2u:%2u%c", &h, &m, &tail) != 2 || h > 23 || m > 59)) return tx_fail(tx, HX_E_INVALID, "begins: want HH:MM");
    enum hx_err e = db_exec(tx->db, SQL_RUN_SET, "iizizzzzzii", id, school_id, begins, (int64_t)json_flag(b, "announced", true), json_z(b, "scenario", ""), json_z(b, "assembly", ""),
                            json_z(b, "prohibited", ""), json_z(b, "fallback", ""), json_z(b, "stop_word", ""), person, tx->now_ms);
    if (!e) e = add_roles(tx, id, json_object_get(b, "roles"), first);
    if (!e) e = add_injects(tx, id, school_id, json_object_get(b, "injects"), first);
    if (!e) e = db_exec(tx->db, SQL_OBJECTIVE_DROP, "i", id);
    json_array_foreach(json_object_get(b, "objectives"), i, o)
    {
        if (e) break;
        if (json_has(o, "limit_s") && json_i64(o, "limit_s", 0) < 1) return tx_fail(tx, HX_E_INVALID, "objectives %zu: limit_s: seconds, at least 1", i + 1);
        e = db_exec(tx->db, SQL_OBJECTIVE_ADD, "iizzI", first + (int64_t)i, id, json_z(o, "text", ""), json_z(o, "step", ""), json_i64(o, "limit_s", 0));
    }
    return e ? e : journal_tell(tx, SQL_DRILL_GET, id, "drill.scripted");
}

static enum hx_err script_put(struct call *c)
{
    json_t *record;
    int64_t id = call_id(c, 0);
    enum hx_err e = drill_in_state(c, "planned", &record);
    if (e) return e;
    const char *run = json_z(record, "run", "");
    bool fixed = run[0] != 0 && strcmp(run, "draft") != 0 && strcmp(run, "approved") != 0;
    int64_t school = json_i64(record, "school_id", 0);
    json_decref(record);
    if (fixed) return call_fail(c, HX_E_ILLEGAL, "this drill has begun: its script stays as it was");
    e = drill_script_set(c->tx, id, school, c->who.id, c->body);
    return e ? e : drill_reply(c, id);
}

/* Station and school are told before: nobody should take it for the real thing, or be missing from their post. */
static enum hx_err give_notice(struct tx *tx, const json_t *d, bool announced)
{
    char zh[300], en[300];
    int64_t ignored;
    snprintf(zh, sizeof zh, "【演练】【护学】%s %s %s 开展“%.100s”，非真实警情。", json_z(d, "school", ""), json_z(d, "date", ""), json_z(d, "begins", ""), json_z(d, "title", ""));
    snprintf(en, sizeof en, "【演练】DRILL [Huxue] %s, %s %s: %.100s. It is not real.", json_z(d, "school", ""), json_z(d, "date", ""), json_z(d, "begins", ""), json_z(d, "title", ""));
    struct message_new m = {.school_id = json_i64(d, "school_id", 0), .level = MESSAGE_TO_STATION, .severity = 1, .wait = "drill", .county = json_z(d, "county", ""), .zh = zh, .en = en, .drill = true};
    enum hx_err e = message_make(tx, &m, &ignored);
    m.level = MESSAGE_TO_SCHOOL;
    return e || !announced ? e : message_make(tx, &m, &ignored);
}

enum hx_err drill_script_approve(struct tx *tx, int64_t id, int64_t person)
{
    json_t *run = NULL, *record = NULL, *roles = NULL, *role;
    size_t i;
    bool commander = false, safety = false;
    enum hx_err e = db_one_json(tx->db, SQL_RUN_GET, &run, "i", id);
    if (e == HX_E_NOT_FOUND) return tx_fail(tx, HX_E_ILLEGAL, "write its script first");
    if (!e) e = db_one_json(tx->db, SQL_DRILL_GET, &record, "i", id);
    roles = db_all_json(tx->db, SQL_DRILL_ROLE_LIST, "i", id);
    json_array_foreach(roles, i, role)
    {
        commander = commander || strcmp(json_z(role, "role", ""), "commander") == 0;
        safety = safety || strcmp(json_z(role, "role", ""), "safety") == 0;
    }
    if (!e && strcmp(json_z(run, "state", ""), "draft") != 0) e = tx_fail(tx, HX_E_ILLEGAL, "it is approved already, or has begun");
    if (!e && json_i64(run, "written_by", 0) == person) e = tx_fail(tx, HX_E_ILLEGAL, "a second person approves: you wrote this script");
    if (!e && !(commander && safety)) e = tx_fail(tx, HX_E_ILLEGAL, "a drill needs a commander and a safety officer");
    if (!e) e = db_exec(tx->db, SQL_RUN_APPROVE, "iii", person, tx->now_ms, id);
    if (!e) e = journal_tell(tx, SQL_DRILL_GET, id, "drill.approved");
    if (!e) e = give_notice(tx, record, json_flag(run, "announced", true));
    json_decref(roles);
    json_decref(record);
    json_decref(run);
    return e;
}

static enum hx_err approve_post(struct call *c)
{
    json_t *record;
    enum hx_err e = drill_in_state(c, "planned", &record);
    if (e) return e;
    json_decref(record);
    e = drill_script_approve(c->tx, call_id(c, 0), c->who.id);
    return e ? e : drill_reply(c, call_id(c, 0));
}

static enum hx_err people_get(struct call *c)
{
    json_t *record;
    enum hx_err e = call_read(c, SQL_DRILL_GET, PERM_DRILL_WRITE, &record);
    if (e) return e;
    int64_t school = json_i64(record, "school_id", 0);
    json_decref(record);
    return call_list(c, db_all_json(c->db, SQL_DRILL_PEOPLE, "i", school));
}

static enum hx_err templates_get(struct call *c)
{
    static const char *const names[] = {"zhenfeng", "fire", "earthquake", "stampede"};
    json_t *items = json_array(), *one;
    char name[40], why[160];
    for (size_t i = 0; i < HX_COUNT(names); i++) {
        snprintf(name, sizeof name, "scripts/%s", names[i]);
        const struct embedded_file *f = embedded_find(name);
        HX_ASSERT(f != NULL && json_parse((struct str){f->bytes, f->size}, &one, why, sizeof why) == HX_OK);
        json_put_z(one, "name", names[i]);
        json_array_append_new(items, one);
    }
    return call_list(c, items);
}

/* ---- the run ---- */

/* The event of a run: those with a part hear it, who need not see drills. */
static enum hx_err tell_run(struct tx *tx, int64_t id, const char *type, json_t *change)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_DRILL_GET, &record, "i", id);
    if (e) return json_decref(change), e;
    if (change != NULL) json_object_set_new(record, "change", change);
    return journal_add(tx, type, json_i64(record, "school_id", 0), id, record);
}

/* Whether one of the person's parts is `role` ("" : any), or stands for `who` of a plan ("" : does not matter). */
static bool has_part(struct call *c, int64_t id, const char *role, const char *who)
{
    bool found = false;
    struct rows r = db_query(c->db, SQL_DRILL_ROLE_OF, "ii", id, c->who.id);
    while (rows_next(&r)) {
        const char *mine = rows_z(&r, 0);
        bool fits = role[0] == 0 || strcmp(mine, role) == 0, stands = who[0] == 0;
        for (size_t i = 0; !stands && i < HX_COUNT(parts); i++) stands = strcmp(parts[i][0], mine) == 0 && strcmp(parts[i][1], who) == 0;
        found = found || (fits && stands);
    }
    rows_end(&r);
    return found;
}

static bool leads(struct call *c, int64_t id, int64_t school)
{
    if (has_part(c, id, "commander", "") || has_part(c, id, "safety", "")) return true;
    return call_may(c, PERM_DRILL_WRITE) && call_check_school(c, PERM_DRILL_WRITE, school) == HX_OK;
}

/* A drill of the path in this state of its run, for somebody with a part; FORBIDDEN for those who do not lead, where `to_lead`.
 * NULL on an error. */
static enum hx_err read_run(struct call *c, const char *state, bool to_lead, json_t **record)
{
    enum hx_err e = drill_for_part(c, record);
    if (e) return e;
    const char *run = json_z(*record, "run", "");
    if (to_lead && !leads(c, call_id(c, 0), json_i64(*record, "school_id", 0))) e = call_fail(c, HX_E_FORBIDDEN, "only the commander, the safety officer or whoever plans drills does this");
    if (!e && strcmp(run, state) != 0) e = call_fail(c, HX_E_ILLEGAL, "the drill is %s, not %s", call_word(c, run[0] ? run : "without a script"), call_word(c, state));
    if (e) json_decref(*record), *record = NULL;
    return e;
}

static enum hx_err start_post(struct call *c)
{
    char today[CLOCK_DATE_MAX];
    int64_t other = 0, id = call_id(c, 0), now = c->tx->now_ms;
    json_t *record, *injects, *one;
    size_t i;
    enum hx_err e = read_run(c, "approved", true, &record);
    int64_t school = json_i64(record, "school_id", 0);
    if (!e && strcmp(json_z(record, "date", ""), clock_local_date(now, today)) != 0) e = call_fail(c, HX_E_ILLEGAL, "the drill is planned for %s, today is %s", json_z(record, "date", ""), today);
    json_decref(record);
    if (e) return e;
    if (db_one_i64(c->db, SQL_RUN_GRAVE_INCIDENT, &other, "i", school) == HX_OK) return call_fail(c, HX_E_ILLEGAL, "incident %lld at this school is real: no drill now", (long long)other);
    if (db_one_i64(c->db, SQL_RUN_AT_SCHOOL, &other, "i", school) == HX_OK) return call_fail(c, HX_E_ILLEGAL, "drill %lld is running at this school", (long long)other);
    e = db_exec(c->db, SQL_RUN_START, "iii", c->who.id, now, id);
    injects = db_all_json(c->db, SQL_INJECT_LIST, "i", id);
    json_array_foreach(injects, i, one)
        if (!e) e = timer_set(c->tx, "drill.inject", json_i64(one, "id", 0), 0, now + json_i64(one, "at_s", 0) * 1000, NULL);
    json_decref(injects);
    if (!e) e = tell_run(c->tx, id, "run.started", NULL);
    return e ? e : drill_reply(c, id);
}

/* A line of the script happens. A signal goes the way of every signal, marked as a drill. */
static enum hx_err send_signal(struct tx *tx, const json_t *inject)
{
    char text[160];
    struct signal_batch *batch = signal_batch_new(1, str_of(json_z(inject, "text", "")));
    struct signal *s = &batch->signals[0];
    int64_t id = json_i64(inject, "id", 0);
    s->received_at = tx->now_ms;
    s->school_id = json_i64(inject, "school_id", 0);
    s->class = signal_class_of(json_z(inject, "class", ""));
    s->severity = signal_class_row(s->class)->severity;
    s->drill = true;
    snprintf(s->account, sizeof s->account, "d%lld", (long long)json_i64(inject, "drill_id", 0));
    snprintf(s->protocol, sizeof s->protocol, "drill");
    snprintf(s->qualifier, sizeof s->qualifier, "new");
    /* Of one of the school's own points it has the name, the place and the cameras; the account stays the drill's, so that nothing of it
     * proves a panel. */
    s->panel_id = panel_of(tx->db, s->school_id, json_z(inject, "account", ""), json_z(inject, "zone", ""), s->partition_no);
    if (s->panel_id != 0) snprintf(s->zone, sizeof s->zone, "%.15s", json_z(inject, "zone", ""));
    else snprintf(s->zone, sizeof s->zone, "%lld", (long long)(id % 1000));
    str_to_utf8_z(str_of(json_z(inject, "text", "")), text, sizeof text);
    snprintf(s->text, sizeof s->text, "%s", text);
    struct str piece = {(const char *)&id, sizeof id};
    signal_digest(&piece, 1, s->digest);
    enum hx_err e = signal_store(tx, batch);
    signal_batch_free(batch);
    return e;
}

static enum hx_err fire_inject(struct tx *tx, int64_t id)
{
    json_t *inject = NULL;
    enum hx_err e = db_exec(tx->db, SQL_INJECT_DONE, "zii", "done", tx->now_ms, id);
    if (e || db_changes(tx->db) == 0) return e;
    e = db_one_json(tx->db, SQL_INJECT_GET, &inject, "i", id);
    if (e) return e;
    int64_t drill = json_i64(inject, "drill_id", 0);
    if (strcmp(json_z(inject, "kind", ""), "signal") == 0) e = send_signal(tx, inject);
    return e ? (json_decref(inject), e) : tell_run(tx, drill, "run.inject", inject);
}

static enum hx_err on_inject(struct tx *tx, const struct timer_row *row)
{
    return fire_inject(tx, row->subject_id);
}

static enum hx_err inject_post(struct call *c)
{
    json_t *record, *inject = NULL;
    int64_t id = call_id(c, 1);
    enum hx_err e = read_run(c, "running", true, &record);
    json_decref(record);
    if (!e) e = db_one_json(c->db, SQL_INJECT_GET, &inject, "i", id);
    if (!e && json_i64(inject, "drill_id", 0) != call_id(c, 0)) e = HX_E_NOT_FOUND;
    if (!e && strcmp(json_z(inject, "state", ""), "waiting") != 0) e = call_fail(c, HX_E_ILLEGAL, "this has happened already");
    json_decref(inject);
    if (!e) e = timer_cancel(c->tx, id, "drill.inject");
    if (!e) e = fire_inject(c->tx, id);
    return e ? e : drill_reply(c, call_id(c, 0));
}

static enum hx_err task_post(struct call *c)
{
    char who[24] = "";
    json_t *record;
    int64_t incident = 0, id = call_id(c, 0), task = call_id(c, 1);
    enum hx_err e = read_run(c, "running", false, &record);
    if (e) return e;
    int64_t school = json_i64(record, "school_id", 0), of = json_i64(record, "incident_id", 0);
    json_decref(record);
    struct rows r = db_query(c->db, SQL_DRILL_TASK_OF, "i", task);
    if (rows_next(&r)) str_to_z(rows_str(&r, 0), who, sizeof who), incident = rows_i64(&r, 1);
    e = r.err;
    rows_end(&r);
    if (!e && (incident == 0 || incident != of)) e = HX_E_NOT_FOUND;
    if (!e && !has_part(c, id, "", who) && !leads(c, id, school)) e = call_fail(c, HX_E_FORBIDDEN, "this step belongs to another part");
    if (!e) e = task_finish(c->tx, task, json_z(c->body, "answer", ""), c->who.id);
    return e ? e : drill_reply(c, id);
}

/* The drill's incident is over with it: closed where it came to its end, else cancelled, as far as its state allows. */
static enum hx_err end_incident(struct tx *tx, int64_t incident, bool whole, const char *reason)
{
    struct incident_head h;
    enum incident_state to;
    enum hx_err e = incident_read(tx->db, incident, &h);
    if (e) return e;
    bool can_close = incident_next(h.state, INCIDENT_ACT_CLOSE, h.severity, &to), can_cancel = incident_next(h.state, INCIDENT_ACT_CANCEL, h.severity, &to);
    if (!can_close && !can_cancel) return HX_OK; /* it is over */
    bool closes = can_close && (whole || !can_cancel);
    e = incident_move(tx, incident, closes ? INCIDENT_ACT_CLOSE : INCIDENT_ACT_CANCEL);
    if (!e) e = db_exec(tx->db, SQL_INCIDENT_STAMP_CLOSED, "izzi", tx->now_ms, closes ? "" : "drill", reason, incident);
    return e ? e : incident_tell(tx, incident, closes ? "incident.closed" : "incident.cancelled", json_pack("{s:s,s:s,s:s}", "cause", "drill", "note", reason, "disposition", reason));
}

/* `how`: "ended", "stopped" or "frozen". Everything of the drill ends in this transaction; postures and devices follow the event. */
static enum hx_err finish_run(struct tx *tx, int64_t id, const char *how, const char *reason, int64_t person)
{
    char type[24];
    json_t *run = NULL, *injects, *one;
    size_t i;
    enum hx_err e = db_one_json(tx->db, SQL_RUN_GET, &run, "i", id);
    int64_t incident = json_i64(run, "incident_id", 0);
    json_decref(run);
    injects = db_all_json(tx->db, SQL_INJECT_LIST, "i", id);
    json_array_foreach(injects, i, one)
        if (!e && strcmp(json_z(one, "state", ""), "waiting") == 0) e = timer_cancel(tx, json_i64(one, "id", 0), "drill.inject");
    json_decref(injects);
    if (!e) e = db_exec(tx->db, SQL_INJECT_SKIP_REST, "ii", tx->now_ms, id);
    if (!e) e = db_exec(tx->db, SQL_RUN_END, "zIizi", how, person, tx->now_ms, reason, id);
    snprintf(type, sizeof type, "run.%s", how);
    if (!e) e = tell_run(tx, id, type, json_pack("{s:s}", "text", reason));
    if (!e && incident != 0) e = end_incident(tx, incident, strcmp(how, "ended") == 0, reason[0] != 0 ? reason : "演练结束");
    return e;
}

static enum hx_err tell_stop(struct tx *tx, int64_t id, bool real, const char *reason)
{
    char zh[480], en[480];
    int64_t ignored;
    json_t *d = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_DRILL_GET, &d, "i", id);
    if (e) return e;
    snprintf(zh, sizeof zh, real ? "【真实警情】【护学】%s 演练立即停止，按真实警情处置：%.240s" : "【演练】【护学】%s 演练停止：%.240s", json_z(d, "school", ""), reason);
    snprintf(en, sizeof en, real ? "REAL [Huxue] %s: the drill is over, this is real: %.240s" : "【演练】DRILL [Huxue] %s: the drill is stopped: %.240s", json_z(d, "school", ""), reason);
    struct message_new m = {.school_id = json_i64(d, "school_id", 0), .level = MESSAGE_TO_SCHOOL, .severity = 1, .wait = "drill", .county = json_z(d, "county", ""), .zh = zh, .en = en, .drill = !real};
    e = message_make(tx, &m, &ignored);
    m.level = MESSAGE_TO_STATION;
    if (!e) e = message_make(tx, &m, &ignored);
    json_decref(d);
    return e;
}

static enum hx_err stop_post(struct call *c)
{
    json_t *record;
    int64_t id = call_id(c, 0);
    const char *reason = json_z(c->body, "reason", "");
    enum hx_err e = read_run(c, "running", false, &record);
    json_decref(record);
    if (!e) e = finish_run(c->tx, id, "stopped", reason, c->who.id);
    if (!e) e = tell_stop(c->tx, id, false, reason);
    return e ? e : drill_reply(c, id);
}

static enum hx_err end_post(struct call *c)
{
    json_t *record;
    int64_t id = call_id(c, 0);
    enum hx_err e = read_run(c, "running", true, &record);
    json_decref(record);
    if (!e) e = finish_run(c->tx, id, "ended", "", c->who.id);
    return e ? e : drill_reply(c, id);
}

/* The first incident of the drill is its own; one that is real and grave freezes it. */
static enum hx_err see_incident(struct tx *tx, const struct event *event)
{
    json_t *i = NULL;
    char why[160], reason[240];
    int64_t id = 0;
    enum hx_err e = db_one_i64(tx->db, SQL_RUN_AT_SCHOOL, &id, "i", event->school_id);
    if (e) return e == HX_E_NOT_FOUND ? HX_OK : e;
    e = json_parse((struct str){event->data, event->data_bytes}, &i, why, sizeof why);
    if (e) return e;
    if (json_flag(i, "drill", false)) {
        e = db_exec(tx->db, SQL_RUN_INCIDENT_SET, "ii", event->subject_id, id);
        if (!e && db_changes(tx->db) > 0) e = tell_run(tx, id, "run.alarm", NULL);
    } else if (json_i64(i, "severity", 4) <= 2) {
        snprintf(reason, sizeof reason, "№%lld %.200s", (long long)event->subject_id, json_z(i, "title", ""));
        e = finish_run(tx, id, "frozen", reason, 0);
        if (!e) e = tell_stop(tx, id, true, reason);
    }
    json_decref(i);
    return e;
}

static bool skips_incident(const struct event *event)
{
    static const char *const types[] = {"incident.opened", "incident.fed", "incident.escalated", "incident.site_wide"};
    for (size_t i = 0; i < HX_COUNT(types); i++)
        if (strcmp(event->type, types[i]) == 0) return event->school_id == 0;
    return true;
}

/* ---- reading ---- */

enum hx_err drill_for_part(struct call *c, json_t **record)
{
    int64_t count = 0, id = call_id(c, 0);
    enum hx_err e = db_one_json(c->db, SQL_DRILL_GET, record, "i", id);
    if (e) return e;
    e = call_may(c, PERM_DRILL_READ) ? call_check_school(c, PERM_DRILL_READ, json_i64(*record, "school_id", 0)) : HX_E_NOT_FOUND;
    if (e == HX_E_NOT_FOUND) {
        e = db_one_i64(c->db, SQL_RUN_HAS_PART, &count, "ii", id, c->who.id);
        if (!e && count == 0) e = HX_E_NOT_FOUND;
    }
    if (e) json_decref(*record), *record = NULL;
    return e;
}

static json_t *my_roles(struct db *db, int64_t id, int64_t person)
{
    json_t *roles = json_array();
    struct rows r = db_query(db, SQL_DRILL_ROLE_OF, "ii", id, person);
    while (rows_next(&r)) json_array_append_new(roles, json_string(rows_z(&r, 0)));
    rows_end(&r);
    return roles;
}

enum hx_err drill_add_live(struct db *db, json_t *record, int64_t person)
{
    json_t *run = NULL, *live = json_object();
    char plan[160] = "";
    int64_t id = json_i64(record, "id", 0);
    enum hx_err e = db_one_json(db, SQL_RUN_GET, &run, "i", id);
    if (e) return json_decref(live), e == HX_E_NOT_FOUND ? HX_OK : e;
    int64_t incident = json_i64(run, "incident_id", 0);
    json_t *tasks = db_all_json(db, SQL_DRILL_TASKS, "i", incident);
    if (json_array_size(tasks) > 0) {
        struct rows r = db_query(db, SQL_DRILL_PLAN_NAME, "i", json_i64(json_array_get(tasks, 0), "version_id", 0));
        if (rows_next(&r)) snprintf(plan, sizeof plan, "%.120s v%lld", rows_z(&r, 0), (long long)rows_i64(&r, 1));
        rows_end(&r);
    }
    json_object_set_new(live, "script", run);
    json_object_set_new(live, "roles", db_all_json(db, SQL_DRILL_ROLE_LIST, "i", id));
    json_object_set_new(live, "objectives", db_all_json(db, SQL_OBJECTIVE_LIST, "i", id));
    json_object_set_new(live, "injects", db_all_json(db, SQL_INJECT_LIST, "i", id));
    json_object_set_new(live, "files", db_all_json(db, SQL_DRILL_FILE_LIST, "i", id));
    json_object_set_new(live, "tasks", tasks);
    json_put_z(live, "plan", plan);
    json_object_set_new(live, "my_roles", my_roles(db, id, person));
    json_object_set_new(live, "events", db_all_json(db, SQL_DRILL_EVENTS, "iI", id, incident));
    json_object_set_new(record, "live", live);
    return HX_OK;
}

static enum hx_err mine_get(struct call *c)
{
    char today[CLOCK_DATE_MAX];
    int64_t now = clock_utc_ms();
    return call_list(c, db_all_json(c->db, SQL_RUN_MINE, "izi", c->who.id, clock_local_date(now, today), now - OVER_SHOWN_MS));
}

static const struct hx_route run_routes[] = {
    {HX_GET, "/v1/drills/templates", "drillTemplates", PERM_DRILL_READ, templates_get, NULL},
    {HX_GET, "/v1/drills/mine", "drillMine", PERM_DRILL_JOIN, mine_get, NULL},
    {HX_GET, "/v1/drills/{id}/people", "drillPeople", PERM_DRILL_WRITE, people_get, NULL},
    {HX_PUT, "/v1/drills/{id}/script", "drillScript", PERM_DRILL_WRITE, script_put, NULL},
    {HX_POST, "/v1/drills/{id}/approve", "drillApprove", PERM_DRILL_WRITE, approve_post, NULL},
    {HX_POST, "/v1/drills/{id}/start", "drillStart", PERM_DRILL_JOIN, start_post, NULL},
    {HX_POST, "/v1/drills/{id}/injects/{inject}", "drillInject", PERM_DRILL_JOIN, inject_post, NULL},
    {HX_POST, "/v1/drills/{id}/tasks/{task}", "drillTask", PERM_DRILL_JOIN, task_post, NULL},
    {HX_POST, "/v1/drills/{id}/stop", "drillStop", PERM_DRILL_JOIN, stop_post, NULL},
    {HX_POST, "/v1/drills/{id}/end", "drillEnd", PERM_DRILL_JOIN, end_post, NULL},
};
static const struct journal_follower run_followers[] = {{"drill.run", "incident.", see_incident, skips_incident}, {NULL, NULL, NULL, NULL}};
static const struct timer_kind run_timers[] = {{.kind = "drill.inject", .fire = on_inject}, {0}};
const struct hx_module drill_run_module = {.name = "drill_run", .routes = run_routes, .route_count = HX_COUNT(run_routes), .followers = run_followers, .timer_kinds = run_timers};
