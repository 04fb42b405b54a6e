#include "warning_hit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "domain/incident/incident.h"
#include "domain/message/message.h"

#define JOIN_MS (15 * 60000LL) /* a warning belongs to the school's incident that was fed so lately */

/* ---- collecting ---- */

struct warning_found *warning_founds_next(struct warning_founds *l)
{
    if (l->count == l->room) {
        l->room = l->room ? 2 * l->room : 16;
        l->items = realloc(l->items, l->room * sizeof *l->items);
        HX_ASSERT(l->items != NULL);
    }
    return &l->items[l->count++];
}

static void on_raised(void *arg, const struct warning_hit *h)
{
    struct warning_found *f = warning_founds_next(arg);
    *f = (struct warning_found){.rule_id = h->version, .episode = h->episode, .at = h->at, .school_id = h->school_id, .case_no = h->case_no, .step = h->step, .severity = h->severity, .count = h->count,
                                .evidence_count = h->evidence_count, .kinds = h->kinds, .to = h->to, .span_m = h->span_m, .drill = h->drill, .folded = h->folded};
    memcpy(f->evidence, h->evidence, sizeof f->evidence);
    memcpy(f->key, h->key, sizeof f->key);
    memcpy(f->zh, h->zh, sizeof f->zh);
    memcpy(f->en, h->en, sizeof f->en);
    str_to_z(h->rule->code, f->code, sizeof f->code);
    memcpy(f->draft, h->rule->cases[h->case_no].draft, sizeof f->draft);
    str_to_z(h->rule->cases[h->case_no].name, f->case_name, sizeof f->case_name);
    str_to_utf8_z(h->rule->zh, f->rule_zh, sizeof f->rule_zh);
    str_to_utf8_z(h->rule->en, f->rule_en, sizeof f->rule_en);
    snprintf(f->hidden_by, sizeof f->hidden_by, "%s", h->hidden_by != NULL ? h->hidden_by : "");
}

static void on_cleared(void *arg, const struct warning_clear *c)
{
    struct warning_found *f = warning_founds_next(arg);
    *f = (struct warning_found){.clear = true, .episode = c->episode, .at = c->at, .case_no = c->case_no, .count = c->count, .drill = c->drill};
    snprintf(f->code, sizeof f->code, "%s", c->code);
    snprintf(f->key, sizeof f->key, "%s", c->key);
}

struct warning_sink warning_found_sink(struct warning_founds *list)
{
    return (struct warning_sink){on_raised, on_cleared, list};
}

void warning_founds_free(struct warning_founds *list)
{
    free(list->items);
    *list = (struct warning_founds){0};
}

/* ---- how far it may be believed ---- */

void warning_reason_add(json_t *reasons, const char *name, int64_t value)
{
    json_array_append_new(reasons, json_pack("{s:s,s:I}", "reason", name, "value", (json_int_t)value));
}

/* The first rungs of the ladder: 0 a signal, 1 of a source that proved itself, 2 with an independent second one. What people
 * saw (3) and found there (4) comes from the incident. */
static enum hx_err weigh(struct tx *tx, const struct warning_found *f, int *score, json_t *reasons)
{
    int64_t panel = 0;
    enum hx_err e = f->school_id != 0 ? db_one_i64(tx->db, SQL_RULE_HIT_HEALTHY, &panel, "ii", f->school_id, f->at - WARNING_TESTED_MS) : HX_E_NOT_FOUND;
    if (e && e != HX_E_NOT_FOUND) return e;
    *score = panel != 0;
    if (panel != 0) warning_reason_add(reasons, "source_healthy", panel);
    if (f->kinds >= 2) {
        *score = 2;
        warning_reason_add(reasons, "independent", f->kinds);
        if (f->span_m >= 0) warning_reason_add(reasons, "near", lround(f->span_m));
        else warning_reason_add(reasons, "same_school", 1);
    }
    if (f->count > 1) warning_reason_add(reasons, "count", f->count);
    return HX_OK;
}

/* ---- what its receiver is due ---- */

static enum hx_err give_to_desk(struct tx *tx, int64_t id, const struct warning_found *f)
{
    int64_t incident = 0;
    struct incident_head head;
    enum hx_err e = f->school_id != 0 ? db_one_i64(tx->db, SQL_INCIDENT_JOINABLE, &incident, "iii", f->school_id, (int64_t)f->drill, tx->now_ms - JOIN_MS) : HX_E_NOT_FOUND;
    struct incident_new n = {.school_id = f->school_id, .title = f->rule_zh, .title_en = f->rule_en, .class = "other", .source = "warning", .caller = "", .caller_phone = "", .story = f->zh, .severity = f->severity, .drill = f->drill};
    if (e == HX_E_NOT_FOUND) {
        e = incident_open(tx, &n, &incident);
    } else if (!e) {
        e = incident_read(tx->db, incident, &head);
        if (!e && f->severity < head.severity) e = incident_feed(tx, incident, &n, false);
    }
    if (!e) e = db_exec(tx->db, SQL_RULE_HIT_INCIDENT, "ii", incident, id);
    return e ? e : incident_tell(tx, incident, "incident.warned", json_pack("{s:I,s:s,s:s,s:s,s:i,s:i}", "warning_id", (json_int_t)id, "code", f->code, "zh", f->zh, "en", f->en, "kinds", f->kinds, "severity", f->severity));
}

static enum hx_err give_to_people(struct tx *tx, const struct warning_found *f)
{
    static const int levels[RULE_RECEIVER_COUNT] = {MESSAGE_TO_MAINTENANCE, MESSAGE_TO_SCHOOL, MESSAGE_TO_STATION, 0, 2};
    char zh[WARNING_TEXT_MAX + 64], en[WARNING_TEXT_MAX + 64], county[8] = "";
    json_t *school = NULL;
    int64_t message;
    if (f->school_id != 0 && db_one_json(tx->db, SQL_SCHOOL_GET, &school, "i", f->school_id) == HX_OK) snprintf(county, sizeof county, "%s", json_z(school, "county", ""));
    json_decref(school);
    snprintf(zh, sizeof zh, "%s【护学】预警 %s：%s", f->drill ? "【演练】" : "", f->code, f->zh);
    snprintf(en, sizeof en, "%s[Huxue] warning %s: %s", f->drill ? "【演练】DRILL " : "", f->code, f->en);
    struct message_new m = {.school_id = f->school_id, .level = levels[f->to], .severity = f->severity, .wait = "", .county = county, .zh = zh, .en = en, .drill = f->drill};
    return message_make(tx, &m, &message);
}

static enum hx_err act(struct tx *tx, int64_t id, const struct warning_found *f)
{
    bool desk = f->to == RULE_TO_DESK || f->to == RULE_TO_COMMANDER;
    if (desk && f->severity <= 3) return give_to_desk(tx, id, f);
    return f->to == RULE_TO_DESK ? HX_OK : give_to_people(tx, f);
}

/* ---- storing ---- */

/* Why it is kept and not told; "" when it is told. What may be about life is never set aside. */
static enum hx_err quiet_of(struct tx *tx, const struct warning_found *f, const char **why)
{
    int64_t shelf = 0;
    enum hx_err e = f->severity > 1 ? db_one_i64(tx->db, SQL_RULE_SHELF_FOR, &shelf, "zii", f->code, f->school_id, tx->now_ms) : HX_OK;
    *why = f->hidden_by[0] != 0 ? "hidden" : shelf != 0 ? "shelved" : f->folded ? "folded" : "";
    return e == HX_E_NOT_FOUND ? HX_OK : e;
}

static enum hx_err add(struct tx *tx, const struct warning_found *f, const char *why, int64_t *id)
{
    int score = 0;
    json_t *evidence = json_array(), *reasons = json_array();
    for (int i = 0; i < f->evidence_count; i++) json_array_append_new(evidence, json_integer(f->evidence[i]));
    enum hx_err e = weigh(tx, f, &score, reasons);
    char *evidence_text = json_text(evidence), *reasons_text = json_text(reasons);
    json_decref(evidence);
    json_decref(reasons);
    *id = journal_next(tx);
    if (!e) e = db_exec(tx->db, SQL_RULE_HIT_ADD, "iziizziiIizizzizzziziz", *id, f->code, f->rule_id, (int64_t)f->case_no, f->case_name, f->key, f->episode, (int64_t)f->drill, f->school_id, (int64_t)f->severity,
                        rule_receiver_name(f->to), (int64_t)f->step, why, f->hidden_by, (int64_t)f->count, f->zh, f->en, evidence_text, (int64_t)score, reasons_text, f->at, f->draft);
    free(evidence_text);
    free(reasons_text);
    return e ? e : journal_tell(tx, SQL_RULE_HIT_GET, *id, "warning.raised");
}

enum hx_err warning_hit_store(struct tx *tx, const struct warning_found *f)
{
    int64_t id = 0, step = 0;
    const char *why = "";
    struct rows r = db_query(tx->db, SQL_RULE_HIT_THERE, "zizii", f->code, (int64_t)f->case_no, f->key, f->episode, (int64_t)f->drill);
    if (rows_next(&r)) id = rows_i64(&r, 0), step = rows_i64(&r, 1);
    enum hx_err e = r.err;
    rows_end(&r);
    if (e) return e;
    if (f->clear) {
        if (id == 0) return HX_OK; /* of before this rule was kept */
        e = db_exec(tx->db, SQL_RULE_HIT_CLEAR, "iii", f->at, (int64_t)f->count, id);
        return e || db_changes(tx->db) == 0 ? e : journal_tell(tx, SQL_RULE_HIT_GET, id, "warning.cleared");
    }
    if (id != 0 && f->step <= step) return HX_OK; /* played again */
    e = quiet_of(tx, f, &why);
    if (!e && id == 0) {
        e = add(tx, f, why, &id);
    } else if (!e) {
        e = db_exec(tx->db, SQL_RULE_HIT_STEP, "iizzii", (int64_t)f->step, (int64_t)f->severity, rule_receiver_name(f->to), why, f->at, id);
        if (!e) e = journal_tell(tx, SQL_RULE_HIT_GET, id, "warning.stepped");
    }
    return e || why[0] != 0 ? e : act(tx, id, f);
}
