#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "domain/plan/plan_text.h"

enum hx_err plan_make(struct tx *tx, int64_t plan_id, int64_t school_id, struct str text, int64_t signed_by, int64_t demo, int64_t *version_id)
{
    struct plan_text *p = malloc(sizeof *p);
    char name[128], classes[200];
    int64_t number = 1;
    HX_ASSERT(p != NULL);
    enum hx_err e = plan_parse(text, p, tx->chinese, tx->detail, sizeof tx->detail);
    if (!e) e = plan_check_commands(p, tx->chinese, tx->detail, sizeof tx->detail);
    if (e) {
        free(p);
        return HX_E_INVALID;
    }
    str_to_z(p->name, name, sizeof name);
    snprintf(classes, sizeof classes, " %.*s ", (int)p->classes.len, p->classes.at);
    free(p);
    if (plan_id == 0) {
        plan_id = journal_next(tx);
        e = db_exec(tx->db, SQL_PLAN_ADD, "iIzi", plan_id, school_id, name, demo);
        if (!e) e = journal_add(tx, "plan.added", school_id, plan_id, json_pack("{s:I,s:s}", "id", (json_int_t)plan_id, "name", name));
    }
    if (!e) e = db_one_i64(tx->db, SQL_PLAN_VERSION_NEXT, &number, "i", plan_id);
    *version_id = journal_next(tx);
    if (!e) e = db_exec(tx->db, SQL_PLAN_VERSION_ADD, "iiiszIi", *version_id, plan_id, number, text, classes, tx->person_id, tx->now_ms);
    if (!e && signed_by != 0) e = db_exec(tx->db, SQL_PLAN_SIGN_SCHOOL, "iii", signed_by, tx->now_ms, *version_id);
    if (!e && signed_by != 0) e = db_exec(tx->db, SQL_PLAN_SIGN_POLICE, "iii", signed_by, tx->now_ms, *version_id);
    json_t *record = NULL;
    if (!e) e = db_one_json(tx->db, SQL_PLAN_VERSION_GET, &record, "i", *version_id);
    return e ? e : journal_add(tx, "plan.written", school_id, plan_id, record);
}

enum hx_err plan_seed(struct tx *tx, int64_t signed_by)
{
    enum hx_err e = HX_OK;
    for (size_t i = 0; !e && i < embedded_count; i++) {
        const struct embedded_file *f = &embedded_files[i];
        struct plan_text *p;
        char why[160], name[128];
        int64_t there, version;
        if (strncmp(f->name, "plans/", 6) != 0) continue;
        p = malloc(sizeof *p);
        HX_ASSERT(p != NULL && plan_parse((struct str){f->bytes, f->size}, p, false, why, sizeof why) == HX_OK);
        str_to_z(p->name, name, sizeof name);
        free(p);
        e = db_one_i64(tx->db, SQL_PLAN_NAMED, &there, "z", name);
        if (e == HX_E_NOT_FOUND) e = plan_make(tx, 0, 0, (struct str){f->bytes, f->size}, signed_by, 0, &version);
    }
    return e;
}

/* ---- running ---- */

static enum hx_err tell_task(struct tx *tx, int64_t id, const char *type)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_TASK_GET, &record, "i", id);
    return e ? e : journal_add(tx, type, json_i64(record, "school_id", 0), json_i64(record, "incident_id", 0), record);
}

/* The steps of one plan share one event, task.started; their ids are its number times PLAN_STEPS_MAX, and on. */
static enum hx_err add_task(struct tx *tx, int64_t incident, int64_t version, const struct plan_step *s, int64_t position)
{
    int64_t id = journal_next(tx) * PLAN_STEPS_MAX + position, due = tx->now_ms + s->limit_s * 1000LL;
    bool ready = s->after.len == 0 && !s->by_branch;
    char after[256], name[32], who[16];
    json_t *branch = json_array();
    for (size_t b = 0; b < s->branch_count; b++)
        json_array_append_new(branch, json_pack("{s:s%,s:s%}", "answer", s->branches[b].answer.at, s->branches[b].answer.len, "to", s->branches[b].to.at, s->branches[b].to.len));
    char *branch_text = json_text(branch);
    json_decref(branch);
    snprintf(after, sizeof after, " %.*s %s", (int)s->after.len, s->after.at, s->by_branch ? "?" : "");
    enum hx_err e = db_exec(tx->db, SQL_TASK_ADD, "iiizizsizzszII", id, incident, version, str_to_z(s->name, name, sizeof name), position, str_to_z(s->who, who, sizeof who), s->text,
                            (int64_t)s->limit_s, after, branch_text, s->command, ready ? "ready" : "waiting", ready ? tx->now_ms : 0, ready ? due : 0);
    free(branch_text);
    return e || !ready ? e : timer_set(tx, "task.overdue", id, 0, due, NULL);
}

static enum hx_err start_plan(struct tx *tx, int64_t incident, int64_t school, const char *class)
{
    char like[48];
    snprintf(like, sizeof like, "%% %.30s %%", class);
    struct rows r = db_query(tx->db, SQL_PLAN_CHOOSE, "iz", school, like);
    bool found = rows_next(&r);
    int64_t version = found ? rows_i64(&r, 0) : 0;
    char *text = found ? str_dup(rows_str(&r, 1)) : NULL, why[160];
    rows_end(&r);
    if (r.err || !found) return r.err;
    struct plan_text *p = malloc(sizeof *p);
    HX_ASSERT(p != NULL);
    enum hx_err e = plan_parse(str_of(text), p, false, why, sizeof why);
    for (size_t i = 0; !e && i < p->count; i++) e = add_task(tx, incident, version, &p->steps[i], (int64_t)i);
    char name[128];
    str_to_z(p->name, name, sizeof name);
    if (!e) e = journal_add(tx, "task.started", school, incident, json_pack("{s:I,s:I,s:I,s:s,s:I}", "incident_id", (json_int_t)incident, "school_id", (json_int_t)school,
                                                                         "version_id", (json_int_t)version, "text", name, "steps", (json_int_t)p->count));
    free(p);
    free(text);
    return e;
}

static enum hx_err see_incident(struct tx *tx, const struct event *event)
{
    const char *what = event->type + strlen("incident.");
    bool over = strcmp(what, "closed") == 0 || strcmp(what, "cancelled") == 0 || strcmp(what, "merged") == 0;
    if (over) return db_exec(tx->db, SQL_TASK_SKIP_REST, "zii", "incident over", tx->now_ms, event->subject_id);
    if (strcmp(what, "opened") != 0) return HX_OK;
    json_t *j = NULL;
    char why[160];
    enum hx_err e = json_parse((struct str){event->data, event->data_bytes}, &j, why, sizeof why);
    if (!e) e = start_plan(tx, event->subject_id, event->school_id, json_z(j, "class", ""));
    json_decref(j);
    return e;
}

static enum hx_err on_overdue(struct tx *tx, const struct timer_row *row)
{
    enum hx_err e = db_exec(tx->db, SQL_TASK_OVERDUE, "i", row->subject_id);
    return e || db_changes(tx->db) == 0 ? e : tell_task(tx, row->subject_id, "task.overdue");
}

static bool ended(const char *state)
{
    return strcmp(state, "done") == 0 || strcmp(state, "skipped") == 0 || strcmp(state, "failed") == 0;
}

static const char *state_of_step(const json_t *tasks, struct str step)
{
    for (size_t i = 0; i < json_array_size(tasks); i++) {
        const json_t *t = json_array_get(tasks, i);
        if (str_eq_z(step, json_z(t, "step", ""))) return json_z(t, "state", "");
    }
    return "done";
}

/* A step that some branch leads to is ready only when that branch was chosen; the steps of the branches not taken are
 * skipped, unless another open branch leads to them too. */
static bool chosen(const json_t *tasks, const char *step, bool *still_open)
{
    bool any = false;
    *still_open = false;
    for (size_t i = 0; i < json_array_size(tasks); i++) {
        const json_t *t = json_array_get(tasks, i), *branches = json_object_get(t, "branch");
        for (size_t b = 0; b < json_array_size(branches); b++) {
            const json_t *branch = json_array_get(branches, b);
            if (strcmp(json_z(branch, "to", ""), step) != 0) continue;
            if (!ended(json_z(t, "state", ""))) *still_open = true;
            any = any || strcmp(json_z(branch, "answer", ""), json_z(t, "answer", "-")) == 0;
        }
    }
    return any;
}

static enum hx_err advance_one(struct tx *tx, const json_t *tasks, const json_t *t)
{
    struct str names = str_of(json_z(t, "after", "")), name;
    bool by_branch = false, open = false;
    int64_t id = json_i64(t, "id", 0), due = tx->now_ms + json_i64(t, "limit_s", 60) * 1000;
    while (str_split(&names, ' ', &name)) {
        if (str_eq(name, STR("?"))) by_branch = true;
        else if (name.len > 0 && !ended(state_of_step(tasks, name))) return HX_OK;
    }
    enum hx_err e;
    if (by_branch && !chosen(tasks, json_z(t, "step", ""), &open)) {
        if (open) return HX_OK;
        e = db_exec(tx->db, SQL_TASK_END, "zinzzi", "skipped", tx->now_ms, "", "branch not taken", id);
        return e ? e : tell_task(tx, id, "task.skipped");
    }
    e = db_exec(tx->db, SQL_TASK_READY, "iii", tx->now_ms, due, id);
    if (!e) e = timer_set(tx, "task.overdue", id, 0, due, NULL);
    return e ? e : tell_task(tx, id, "task.ready");
}

/* After a step ended: what is ready now, until nothing moves. */
static enum hx_err advance(struct tx *tx, int64_t incident)
{
    enum hx_err e = HX_OK;
    for (int round = 0; !e && round < PLAN_STEPS_MAX; round++) {
        json_t *tasks = db_all_json(tx->db, SQL_TASK_OF_INCIDENT, "i", incident);
        int64_t before = journal_next(tx);
        for (size_t i = 0; !e && i < json_array_size(tasks); i++)
            if (strcmp(json_z(json_array_get(tasks, i), "state", ""), "waiting") == 0) e = advance_one(tx, tasks, json_array_get(tasks, i));
        json_decref(tasks);
        if (journal_next(tx) == before) break;
    }
    return e;
}

/* A posture that was ordered is the step that proposed it, done. */
static enum hx_err see_posture(struct tx *tx, const struct event *event)
{
    json_t *j = NULL;
    char why[160], command[32];
    bool moved = false;
    if (strcmp(event->type, "posture.ordered") != 0) return HX_OK;
    enum hx_err e = json_parse((struct str){event->data, event->data_bytes}, &j, why, sizeof why);
    int64_t incident = json_i64(j, "incident_id", 0);
    snprintf(command, sizeof command, "posture %.16s", json_z(j, "verb", ""));
    json_t *tasks = !e && incident != 0 ? db_all_json(tx->db, SQL_TASK_OF_INCIDENT, "i", incident) : NULL;
    for (size_t i = 0; !e && i < json_array_size(tasks); i++) {
        const json_t *t = json_array_get(tasks, i);
        const char *state = json_z(t, "state", "");
        int64_t id = json_i64(t, "id", 0);
        if (strcmp(json_z(t, "command", ""), command) != 0 || strcmp(state, "waiting") == 0 || ended(state)) continue;
        e = db_exec(tx->db, SQL_TASK_END, "ziIzzi", "done", tx->now_ms, tx->person_id, "", "", id);
        if (!e) e = timer_cancel(tx, id, "task.overdue");
        if (!e) e = tell_task(tx, id, "task.done");
        moved = true;
    }
    if (!e && moved) e = advance(tx, incident);
    json_decref(tasks);
    json_decref(j);
    return e;
}

/* ---- routes ---- */

static enum hx_err find_task(struct call *c, json_t **record)
{
    enum hx_err e = db_one_json(c->db, SQL_TASK_GET, record, "i", call_id(c, 0));
    if (!e) e = call_check_school(c, c->route->perm, json_i64(*record, "school_id", 0));
    if (!e) e = call_check_version(c, json_incref(*record));
    return e;
}

/* Ends a step as `state`, with what its branches want, and lets the next ones begin. */
static enum hx_err end_step(struct tx *tx, const json_t *record, const char *state, const char *answer, const char *reason, int64_t person)
{
    char type[24];
    int64_t id = json_i64(record, "id", 0);
    const json_t *branches = json_object_get(record, "branch");
    bool done = strcmp(state, "done") == 0, known = json_array_size(branches) == 0;
    for (size_t i = 0; i < json_array_size(branches); i++) known = known || strcmp(json_z(json_array_get(branches, i), "answer", ""), answer) == 0;
    if (done && !known) return tx_fail(tx, HX_E_INVALID, "answer: this step asks a question; choose one of its branches");
    if (!done && reason[0] == 0) return tx_fail(tx, HX_E_INVALID, "reason: a step is only left out with a reason");
    if (ended(json_z(record, "state", ""))) return tx_fail(tx, HX_E_ILLEGAL, "this step is %s already", tx_word(tx, json_z(record, "state", "")));
    enum hx_err e = db_exec(tx->db, SQL_TASK_END, "ziizzi", state, tx->now_ms, person, answer, reason, id);
    if (!e) e = timer_cancel(tx, id, "task.overdue");
    snprintf(type, sizeof type, "task.%s", state);
    if (!e) e = tell_task(tx, id, type);
    return e ? e : advance(tx, json_i64(record, "incident_id", 0));
}

enum hx_err task_finish(struct tx *tx, int64_t id, const char *answer, int64_t person)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_TASK_GET, &record, "i", id);
    if (!e && strcmp(json_z(record, "state", ""), "waiting") == 0) e = tx_fail(tx, HX_E_ILLEGAL, "this step waits for another");
    if (!e) e = end_step(tx, record, "done", answer, "", person);
    json_decref(record);
    return e;
}

static enum hx_err end_task(struct call *c, const char *state)
{
    json_t *record = NULL, *now = NULL;
    enum hx_err e = find_task(c, &record);
    if (!e) e = end_step(c->tx, record, state, json_z(c->body, "answer", ""), json_z(c->body, "reason", ""), c->who.id);
    json_decref(record);
    if (!e) e = db_one_json(c->db, SQL_TASK_GET, &now, "i", call_id(c, 0));
    return e ? e : call_reply(c, now);
}

static enum hx_err task_done(struct call *c)
{
    return end_task(c, "done");
}

static enum hx_err task_skip(struct call *c)
{
    return end_task(c, "skipped");
}

static enum hx_err task_fail(struct call *c)
{
    return end_task(c, "failed");
}

static enum hx_err task_accept(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = find_task(c, &record);
    json_decref(record);
    if (!e) e = db_exec(c->db, SQL_TASK_ACCEPT, "i", call_id(c, 0));
    if (!e && db_changes(c->db) == 0) return call_fail(c, HX_E_ILLEGAL, "this step is not waiting to be taken");
    if (!e) e = tell_task(c->tx, call_id(c, 0), "task.accepted");
    json_t *now = NULL;
    if (!e) e = db_one_json(c->db, SQL_TASK_GET, &now, "i", call_id(c, 0));
    return e ? e : call_reply(c, now);
}

static enum hx_err plan_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_PLAN_LIST, "i", call_query_i64(c, "school", 0)));
}

static enum hx_err plan_reply(struct call *c, int64_t version)
{
    json_t *record = NULL, *steps = json_array();
    enum hx_err e = db_one_json(c->db, SQL_PLAN_VERSION_GET, &record, "i", version);
    if (e) {
        json_decref(steps);
        return e;
    }
    struct plan_text *p = malloc(sizeof *p);
    char why[160];
    HX_ASSERT(p != NULL);
    if (plan_parse(str_of(json_z(record, "text", "")), p, false, why, sizeof why) == HX_OK) {
        for (size_t i = 0; i < p->count; i++) {
            const struct plan_step *s = &p->steps[i];
            json_t *j = json_object(), *branches = json_array();
            json_put_str(j, "name", s->name);
            json_put_str(j, "who", s->who);
            json_put_i64(j, "limit_s", s->limit_s);
            json_put_str(j, "text", s->text);
            json_put_str(j, "after", s->after);
            json_put_str(j, "command", s->command);
            for (size_t b = 0; b < s->branch_count; b++) {
                json_t *branch = json_object();
                json_put_str(branch, "answer", s->branches[b].answer);
                json_put_str(branch, "to", s->branches[b].to);
                json_array_append_new(branches, branch);
            }
            json_object_set_new(j, "branches", branches);
            json_array_append_new(steps, j);
        }
    }
    free(p);
    json_object_set_new(record, "steps", steps);
    json_object_set_new(record, "versions", db_all_json(c->db, SQL_PLAN_VERSIONS, "i", json_i64(record, "plan_id", 0)));
    return call_reply(c, record);
}

static enum hx_err plan_get(struct call *c)
{
    return plan_reply(c, call_id(c, 0));
}

static enum hx_err plan_check(struct call *c)
{
    struct plan_text *p = malloc(sizeof *p);
    HX_ASSERT(p != NULL);
    char why[200] = "";
    enum hx_err e = plan_parse(str_of(json_z(c->body, "text", "")), p, c->chinese, why, sizeof why);
    if (!e) e = plan_check_commands(p, c->chinese, why, sizeof why);
    json_t *j = json_pack("{s:b,s:s,s:I}", "ok", e == HX_OK, "error", why, "steps", (json_int_t)(e ? 0 : p->count));
    free(p);
    return call_reply(c, j);
}

static enum hx_err plan_post(struct call *c)
{
    int64_t plan = json_i64(c->body, "plan_id", 0), school = json_i64(c->body, "school", 0), version, of = 0;
    enum hx_err e = plan != 0 ? db_one_i64(c->db, SQL_PLAN_SCHOOL_OF, &of, "i", plan) : HX_OK;
    if (plan != 0) school = of;
    if (!e) e = call_check_school(c, PERM_PLAN_WRITE, school);
    if (!e) e = plan_make(c->tx, plan, school, str_of(json_z(c->body, "text", "")), 0, 0, &version);
    c->status = 201;
    return e ? e : plan_reply(c, version);
}

/* A person signs for the side whose tree they belong to; people of neither tree (the system's own) sign for the side they name. */
static enum hx_err plan_sign(struct call *c)
{
    json_t *record = NULL;
    int64_t id = call_id(c, 0);
    enum hx_err e = db_one_json(c->db, SQL_PLAN_VERSION_GET, &record, "i", id);
    int64_t school = json_i64(record, "school_id", 0), plan = json_i64(record, "plan_id", 0);
    json_decref(record);
    if (!e) e = call_check_school(c, PERM_PLAN_SIGN, school);
    if (e) return e;
    const char *side = c->who.tree[0] != 0 ? (strcmp(c->who.tree, "police") == 0 ? "police" : "school") : json_z(c->body, "side", "police");
    bool police = strcmp(side, "police") == 0;
    e = db_exec(c->db, police ? SQL_PLAN_SIGN_POLICE : SQL_PLAN_SIGN_SCHOOL, "iii", c->who.id, c->tx->now_ms, id);
    if (!e && db_changes(c->db) == 0) return call_fail(c, HX_E_ILLEGAL, "this version is signed by the %s already", call_word(c, side));
    if (!e) e = journal_add(c->tx, "plan.signed", school, plan, json_pack("{s:I,s:s}", "version_id", (json_int_t)id, "side", side));
    return e ? e : plan_reply(c, id);
}

static const struct journal_follower plan_followers[] = {{"plan.incident", "incident.", see_incident, NULL}, {"plan.posture", "posture.", see_posture, NULL}, {NULL, NULL, NULL, NULL}};
static const struct timer_kind plan_timers[] = {{.kind = "task.overdue", .fire = on_overdue}, {0}};
static const struct hx_route plan_routes[] = {
    {HX_GET, "/v1/plans", "planList", PERM_PLAN_READ, plan_list, NULL},
    {HX_POST, "/v1/plans", "planWrite", PERM_PLAN_WRITE, plan_post, NULL},
    {HX_POST, "/v1/plans/check", "planCheck", PERM_PLAN_READ, plan_check, NULL},
    {HX_GET, "/v1/plans/{id}", "planGet", PERM_PLAN_READ, plan_get, NULL},
    {HX_POST, "/v1/plans/{id}/sign", "planSign", PERM_PLAN_SIGN, plan_sign, NULL},
    {HX_POST, "/v1/tasks/{id}/accept", "taskAccept", PERM_INCIDENT_READ, task_accept, NULL},
    {HX_POST, "/v1/tasks/{id}/done", "taskDone", PERM_INCIDENT_READ, task_done, NULL},
    {HX_POST, "/v1/tasks/{id}/skip", "taskSkip", PERM_INCIDENT_HANDLE, task_skip, NULL},
    {HX_POST, "/v1/tasks/{id}/fail", "taskFail", PERM_INCIDENT_READ, task_fail, NULL},
};
const struct hx_module plan_module = {
    .name = "plan", .routes = plan_routes, .route_count = HX_COUNT(plan_routes), .followers = plan_followers, .timer_kinds = plan_timers,
};
