/* The rules themselves: their texts in editions, who wrote and who signed them, and setting them aside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/embedded.h"
#include "base/log.h"
#include "warning.h"
#include "warning_backtest.h"
#include "warning_engine.h"

#define DAYS_USUAL 30

/* ---- the rules that come with the program ---- */

static enum hx_err add_edition(struct tx *tx, struct str text, const struct rule *r, const char *state, bool shipped, const char *reason, const char *backtest, int64_t *id)
{
    char code[RULE_CODE_MAX], *z[5] = {str_dup(text), str_dup(r->zh), str_dup(r->en), str_dup(r->note_zh), str_dup(r->note_en)};
    int64_t edition = 1;
    str_to_z(r->code, code, sizeof code);
    enum hx_err e = db_one_i64(tx->db, SQL_RULE_EDITION, &edition, "z", code);
    *id = journal_next(tx);
    if (!e) e = db_exec(tx->db, SQL_RULE_ADD, "izizzzzzizizzIi", *id, code, edition, z[0], z[1], z[2], z[3], z[4], (int64_t)rule_severity(r), state, (int64_t)shipped, reason, backtest, tx->person_id, tx->now_ms);
    for (size_t i = 0; i < HX_COUNT(z); i++) free(z[i]);
    return e ? e : journal_tell(tx, SQL_RULE_GET, *id, "rule.written");
}

/* A newer shipped text takes the place of a shipped one; what a person wrote stays. */
static enum hx_err ship(struct tx *tx, struct str text)
{
    struct rule r;
    char code[RULE_CODE_MAX], why[200];
    json_t *last = NULL;
    int64_t id = 0;
    if (rule_parse(text, &r, false, why, sizeof why)) {
        log_error("rule.shipped", "reason=\"%s\"", why);
        return HX_E_INTERNAL;
    }
    enum hx_err e = db_one_i64(tx->db, SQL_RULE_THERE, &id, "z", str_to_z(r.code, code, sizeof code));
    if (!e) e = db_one_json(tx->db, SQL_RULE_GET, &last, "i", id);
    bool there = e == HX_OK, same = there && str_eq_z(text, json_z(last, "text", "")), theirs = there && (!json_flag(last, "shipped", false) || strcmp(json_z(last, "state", ""), "active") != 0);
    json_decref(last);
    if ((e && e != HX_E_NOT_FOUND) || same || theirs) return e == HX_E_NOT_FOUND ? HX_OK : e;
    e = add_edition(tx, text, &r, "active", true, "", "{}", &id);
    return e ? e : db_exec(tx->db, SQL_RULE_RETIRE, "zi", code, id);
}

static enum hx_err ship_all(struct tx *tx, void *arg)
{
    (void)arg;
    enum hx_err e = HX_OK;
    for (size_t i = 0; !e && i < embedded_count; i++)
        if (strncmp(embedded_files[i].name, "rules/", 6) == 0) e = ship(tx, (struct str){embedded_files[i].bytes, embedded_files[i].size});
    return e;
}

static enum hx_err rule_start(struct hx_app *app)
{
    return writer_call(app->writer, ship_all, NULL, NULL, 0);
}

/* ---- routes ---- */

static enum hx_err rule_list(struct call *c)
{
    int64_t now = clock_utc_ms();
    return call_list(c, db_all_json(c->db, SQL_RULE_LIST, "ii", now - CLOCK_DAY_MS, now - 30 * CLOCK_DAY_MS));
}

static enum hx_err rule_get(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_RULE_GET, &record, "i", call_id(c, 0));
    if (e) return e;
    json_object_set_new(record, "history", db_all_json(c->db, SQL_RULE_HISTORY, "z", json_z(record, "code", "")));
    return call_reply(c, record);
}

/* Plays the text back on a reader thread, before the writer is asked. */
static enum hx_err play_prepare(struct call *c)
{
    char why[200] = "";
    json_t *result = NULL;
    enum hx_err e = warning_backtest(c->db, str_of(json_z(c->body, "text", "")), (int)json_i64(c->body, "days", DAYS_USUAL), clock_utc_ms(), c->chinese, &result, why, sizeof why);
    if (e == HX_E_MALFORMED || e == HX_E_LIMIT) return call_fail(c, HX_E_INVALID, "text: %s", why);
    if (e) return why[0] != 0 ? call_fail(c, e, "%s", why) : e;
    json_object_set_new(c->body, "_backtest", result);
    return HX_OK;
}

static enum hx_err rule_play(struct call *c)
{
    return call_reply(c, json_incref(json_object_get(c->body, "_backtest")));
}

static enum hx_err rule_post(struct call *c)
{
    struct rule r;
    char why[200];
    struct str text = str_of(json_z(c->body, "text", ""));
    int64_t id = 0;
    if (rule_parse(text, &r, c->chinese, why, sizeof why)) return call_fail(c, HX_E_INVALID, "text: %s", why);
    char *backtest = json_text(json_object_get(c->body, "_backtest"));
    enum hx_err e = add_edition(c->tx, text, &r, "draft", false, json_z(c->body, "reason", ""), backtest, &id);
    free(backtest);
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_RULE_GET, id);
}

static enum hx_err rule_sign(struct call *c)
{
    json_t *record = NULL;
    int64_t id = call_id(c, 0);
    enum hx_err e = db_one_json(c->db, SQL_RULE_GET, &record, "i", id);
    if (e) return e;
    const char *state = json_z(record, "state", "");
    if (strcmp(state, "draft") != 0 && strcmp(state, "off") != 0) e = call_fail(c, HX_E_ILLEGAL, "this edition is %s", call_word(c, state));
    else if (strcmp(state, "draft") == 0 && json_i64(record, "made_by", 0) == c->who.id) e = call_fail(c, HX_E_FORBIDDEN, "a rule is signed by somebody else than its writer");
    if (!e) e = db_exec(c->db, SQL_RULE_RETIRE, "zi", json_z(record, "code", ""), id);
    if (!e) e = db_exec(c->db, SQL_RULE_SIGN, "iii", c->who.id, c->tx->now_ms, id);
    json_decref(record);
    if (!e) e = journal_tell(c->tx, SQL_RULE_GET, id, "rule.signed");
    return e ? e : call_reply_one(c, SQL_RULE_GET, id);
}

/* A draft is dropped, an active rule stops; either keeps its row. */
static enum hx_err rule_off(struct call *c)
{
    json_t *record = NULL;
    int64_t id = call_id(c, 0);
    enum hx_err e = db_one_json(c->db, SQL_RULE_GET, &record, "i", id);
    if (e) return e;
    bool draft = strcmp(json_z(record, "state", ""), "draft") == 0;
    if (!draft && strcmp(json_z(record, "state", ""), "active") != 0) e = call_fail(c, HX_E_ILLEGAL, "this edition is %s", call_word(c, json_z(record, "state", "")));
    json_decref(record);
    if (!e) e = db_exec(c->db, SQL_RULE_STATE_SET, "zzi", draft ? "retired" : "off", json_z(c->body, "reason", ""), id);
    if (!e) e = journal_tell(c->tx, SQL_RULE_GET, id, draft ? "rule.dropped" : "rule.off");
    return e ? e : call_reply_one(c, SQL_RULE_GET, id);
}

static enum hx_err rule_shelve(struct call *c)
{
    json_t *record = NULL;
    int64_t id = journal_next(c->tx), school = json_i64(c->body, "school_id", 0);
    enum hx_err e = db_one_json(c->db, SQL_RULE_GET, &record, "i", call_id(c, 0));
    if (!e) e = call_check_school(c, c->route->perm, school);
    if (!e && json_i64(record, "severity", 1) == 1) e = call_fail(c, HX_E_ILLEGAL, "a rule that may reach P1 is never set aside");
    if (!e) e = db_exec(c->db, SQL_RULE_SHELF_ADD, "izIizi", id, json_z(record, "code", ""), school, c->who.id, json_z(c->body, "reason", ""), c->tx->now_ms + json_i64(c->body, "minutes", 60) * 60000);
    json_decref(record);
    if (!e) e = journal_tell(c->tx, SQL_RULE_SHELF_GET, id, "rule.shelved");
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_RULE_SHELF_GET, id);
}

static enum hx_err shelf_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_RULE_SHELF_LIST, "i", clock_utc_ms()));
}

static enum hx_err shelf_end(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = call_read(c, SQL_RULE_SHELF_GET, c->route->perm, &record);
    json_decref(record);
    if (!e) e = db_exec(c->db, SQL_RULE_SHELF_END, "ii", c->tx->now_ms, call_id(c, 0));
    if (!e && db_changes(c->db) == 0) return call_fail(c, HX_E_ILLEGAL, "it has ended already");
    if (!e) e = journal_tell(c->tx, SQL_RULE_SHELF_GET, call_id(c, 0), "rule.unshelved");
    return e ? e : call_reply_one(c, SQL_RULE_SHELF_GET, call_id(c, 0));
}

static const struct hx_route rule_routes[] = {
    {HX_GET, "/v1/rules", "ruleList", PERM_WARNING_READ, rule_list, NULL},
    {HX_POST, "/v1/rules", "ruleWrite", PERM_RULE_WRITE, rule_post, play_prepare},
    {HX_POST, "/v1/rules/backtest", "ruleBacktest", PERM_RULE_WRITE, rule_play, play_prepare},
    {HX_GET, "/v1/rules/{id}", "ruleGet", PERM_WARNING_READ, rule_get, NULL},
    {HX_POST, "/v1/rules/{id}/sign", "ruleSign", PERM_RULE_SIGN, rule_sign, NULL},
    {HX_POST, "/v1/rules/{id}/off", "ruleOff", PERM_RULE_SIGN, rule_off, NULL},
    {HX_POST, "/v1/rules/{id}/shelve", "ruleShelve", PERM_WARNING_HANDLE, rule_shelve, NULL},
    {HX_GET, "/v1/rule-shelves", "ruleShelfList", PERM_WARNING_READ, shelf_list, NULL},
    {HX_DELETE, "/v1/rule-shelves/{id}", "ruleShelfEnd", PERM_WARNING_HANDLE, shelf_end, NULL},
};
const struct hx_module rule_module = {.name = "rule", .routes = rule_routes, .route_count = HX_COUNT(rule_routes), .start = rule_start};
