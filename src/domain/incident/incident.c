#include "incident.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who is told when nobody acts. The deadline counts from the opening; the times are the defaults of the duty rules. */
static const struct incident_step steps[] = {
    {1, 15, 1, "ack", "", "未确认：提醒第二席位，加大音量", "not acknowledged: second desk, louder"},
    {1, 30, 2, "ack", "", "未确认：呼叫值班指挥长", "not acknowledged: call the duty commander"},
    {1, 30, 2, "send", "propose", "未派警：推荐最近的三支力量", "nobody sent: the nearest three units are proposed"},
    {1, 60, 3, "send", "auto_dispatch", "未派警：自动派出最近的派出所警车", "nobody sent: the nearest station car is sent"},
    {1, 180, 4, "arrive", "propose", "无人到场：增派特巡警，通知邻县", "nobody there: special police, neighbour county"},
    {1, 300, 5, "arrive", "", "无人到场：报州指挥中心和值班领导", "nobody there: prefecture command and leadership"},
    {2, 30, 1, "ack", "", "未确认：转下一席位", "not acknowledged: next desk"},
    {2, 60, 2, "ack", "", "未确认：报值班长", "not acknowledged: supervisor"},
    {2, 180, 3, "send", "propose", "未派警：报指挥长", "nobody sent: commander"},
    {2, 300, 4, "arrive", "", "无人到场：州级关注", "nobody there: prefecture view"},
    {3, 60, 1, "ack", "", "学校未答复：转派出所值班", "school did not answer: station duty"},
    {3, 180, 2, "ack", "", "派出所未答复：转县级席位", "station did not answer: county desk"},
};

const struct incident_step *incident_steps(size_t *count)
{
    *count = HX_COUNT(steps);
    return steps;
}

#define IDLE_S 60              /* P1: acknowledged and then nothing: it rings again */
#define ARCHIVE_MS (30 * 86400000LL)

enum hx_err incident_read(struct db *db, int64_t id, struct incident_head *h)
{
    *h = (struct incident_head){0};
    struct rows r = db_query(db, SQL_INCIDENT_HEAD, "i", id);
    bool found = rows_next(&r);
    if (found) {
        h->state = incident_state_of(rows_z(&r, 0));
        h->severity = (int)rows_i64(&r, 1);
        h->school_id = rows_i64(&r, 2);
        h->drill = rows_i64(&r, 3) != 0;
        h->epoch = rows_i64(&r, 4);
        h->acked_at = rows_i64(&r, 5);
        h->dispatched_at = rows_i64(&r, 6);
        h->on_scene_at = rows_i64(&r, 7);
        h->opened_at = rows_i64(&r, 8);
        h->closed_at = rows_i64(&r, 9);
        h->cancel_asked_by = rows_i64(&r, 10);
        str_to_z(rows_str(&r, 11), h->title, sizeof h->title);
        str_to_z(rows_str(&r, 12), h->title_en, sizeof h->title_en);
        str_to_z(rows_str(&r, 13), h->class, sizeof h->class);
    }
    rows_end(&r);
    return r.err ? r.err : found ? HX_OK : HX_E_NOT_FOUND;
}

enum hx_err incident_tell(struct tx *tx, int64_t id, const char *type, json_t *extra)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_INCIDENT_GET, &record, "i", id);
    if (e) {
        json_decref(extra);
        return e;
    }
    if (extra != NULL) json_object_set_new(record, "change", extra);
    return journal_add(tx, type, json_i64(record, "school_id", 0), id, record);
}

/* What must not ring any more once this happened. */
static enum hx_err cancel_timers(struct tx *tx, int64_t id, enum incident_act act, int severity)
{
    enum hx_err e = timer_cancel(tx, id, "incident.idle");
    bool over = act == INCIDENT_ACT_CLOSE || act == INCIDENT_ACT_CANCEL || act == INCIDENT_ACT_MERGE;
    if (!e && (over || act == INCIDENT_ACT_ACK || act == INCIDENT_ACT_CONFIRM)) e = timer_cancel(tx, id, "incident.ack");
    if (!e && (over || act == INCIDENT_ACT_DISPATCH)) e = timer_cancel(tx, id, "incident.send");
    if (!e && (over || act == INCIDENT_ACT_ARRIVE || act == INCIDENT_ACT_CONTROL)) e = timer_cancel(tx, id, "incident.arrive");
    if (!e && act == INCIDENT_ACT_ACK && severity == 1) e = timer_set(tx, "incident.idle", id, 0, tx->now_ms + IDLE_S * 1000, NULL);
    if (!e && act == INCIDENT_ACT_REVIEW) e = timer_set(tx, "incident.archive", id, 0, tx->now_ms + ARCHIVE_MS, NULL);
    return e;
}

static enum hx_err stamp(struct tx *tx, int64_t id, enum incident_act act)
{
    switch (act) {
    case INCIDENT_ACT_ACK: return db_exec(tx->db, SQL_INCIDENT_STAMP_ACKED, "iIi", tx->now_ms, tx->person_id, id);
    case INCIDENT_ACT_CONFIRM: return db_exec(tx->db, SQL_INCIDENT_STAMP_CONFIRMED, "ii", tx->now_ms, id);
    case INCIDENT_ACT_DISPATCH: return db_exec(tx->db, SQL_INCIDENT_STAMP_DISPATCHED, "ii", tx->now_ms, id);
    case INCIDENT_ACT_ARRIVE: return db_exec(tx->db, SQL_INCIDENT_STAMP_ON_SCENE, "ii", tx->now_ms, id);
    case INCIDENT_ACT_CONTROL: return db_exec(tx->db, SQL_INCIDENT_STAMP_CONTROLLED, "ii", tx->now_ms, id);
    case INCIDENT_ACT_REOPEN: return db_exec(tx->db, SQL_INCIDENT_STAMP_REOPENED, "i", id);
    default: return HX_OK;
    }
}

enum hx_err incident_move(struct tx *tx, int64_t id, enum incident_act act)
{
    struct incident_head h;
    enum incident_state to;
    enum hx_err e = incident_read(tx->db, id, &h);
    if (e) return e;
    if (!incident_next(h.state, act, h.severity, &to)) {
        bool unseen = act == INCIDENT_ACT_DISPATCH && h.state == INCIDENT_OPEN;
        if (unseen) return tx_fail(tx, HX_E_ILLEGAL, "dispatch is not possible while the incident is open: acknowledge it first (only P1 may be sent to unseen)");
        return tx_fail(tx, HX_E_ILLEGAL, "%s is not possible while the incident is %s", tx_word(tx, incident_act_name(act)), tx_word(tx, incident_state_name(h.state)));
    }
    e = db_exec(tx->db, SQL_INCIDENT_MOVE, "zi", incident_state_name(to), id);
    if (!e) e = stamp(tx, id, act);
    return e ? e : cancel_timers(tx, id, act, h.severity);
}

static enum hx_err set_escalation(struct tx *tx, int64_t id, int severity)
{
    enum hx_err e = HX_OK;
    for (size_t i = 0; !e && i < HX_COUNT(steps); i++) {
        if (steps[i].severity != severity) continue;
        char kind[32], data[32];
        snprintf(kind, sizeof kind, "incident.%s", steps[i].wait);
        snprintf(data, sizeof data, "{\"step\":%zu}", i);
        e = timer_set(tx, kind, id, severity, tx->now_ms + steps[i].after_s * 1000LL, data);
    }
    return e;
}

enum hx_err incident_open(struct tx *tx, const struct incident_new *n, int64_t *id)
{
    double lon = n->lon, lat = n->lat;
    const char *title_en = n->title_en != NULL ? n->title_en : "";
    *id = journal_next(tx);
    if (lon == 0 && lat == 0 && n->school_id != 0) {
        json_t *school = NULL;
        enum hx_err e = db_one_json(tx->db, SQL_SCHOOL_GET, &school, "i", n->school_id);
        if (e) return e;
        lon = json_f64(school, "lon", 0);
        lat = json_f64(school, "lat", 0);
        json_decref(school);
    }
    enum hx_err e = db_exec(tx->db, SQL_INCIDENT_ADD, "iIzzziziiffzzzi", *id, n->school_id, n->title, title_en, n->class, (int64_t)n->severity, n->source,
                            (int64_t)n->drill, tx->now_ms, lon, lat, n->caller != NULL ? n->caller : "", n->caller_phone != NULL ? n->caller_phone : "",
                            n->story != NULL ? n->story : "", tx->now_ms);
    bool by_alarm = strcmp(n->source, "call") != 0; /* its first alarm is counted at once */
    if (!e && by_alarm) e = db_exec(tx->db, SQL_INCIDENT_FED, "iiizzzi", (int64_t)1, tx->now_ms, (int64_t)n->severity, n->class, n->title, title_en, *id);
    if (!e) e = set_escalation(tx, *id, n->severity);
    return e ? e : incident_tell(tx, *id, "incident.opened", NULL);
}

enum hx_err incident_feed(struct tx *tx, int64_t id, const struct incident_new *from, bool new_alarm)
{
    struct incident_head h;
    const char *title_en = from->title_en != NULL ? from->title_en : "";
    enum hx_err e = incident_read(tx->db, id, &h);
    if (e) return e;
    bool raised = from->severity < h.severity;
    e = db_exec(tx->db, SQL_INCIDENT_FED, "iiizzzi", (int64_t)new_alarm, tx->now_ms, (int64_t)(raised ? from->severity : h.severity),
                raised ? from->class : h.class, raised ? from->title : h.title, raised ? title_en : h.title_en, id);
    if (!e && raised) {
        /* The graver deadlines replace the old ones. */
        e = timer_cancel(tx, id, "incident.ack");
        if (!e) e = timer_cancel(tx, id, "incident.send");
        if (!e) e = timer_cancel(tx, id, "incident.arrive");
        if (!e) e = set_escalation(tx, id, from->severity);
    }
    /* A press after the acknowledgement rings again at P1. */
    bool resound = raised || (from->severity == 1 && h.state != INCIDENT_OPEN);
    return e ? e : incident_tell(tx, id, "incident.fed", json_pack("{s:b,s:b,s:b,s:s,s:s}", "new_alarm", new_alarm, "raised", raised, "resound", resound, "title", from->title, "title_en", title_en));
}

enum hx_err incident_load(struct tx *tx, const struct incident_past *p)
{
    int64_t id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_INCIDENT_LOAD, "izzzizziiIIIIIIIIIzzi", id, p->title, p->title_en, p->class, (int64_t)p->severity, p->cause[0] != 0 ? "cancelled" : "closed", p->source,
                   (int64_t)p->alarms, p->opened_at, p->owner_id, p->acked_at, p->confirmed_at, p->dispatched_at, p->responder_at, p->linked_at, p->police_at, p->controlled_at, p->closed_at,
                   p->cause, p->disposition, p->school_id);
    return e ? e : incident_tell(tx, id, "incident.loaded", NULL);
}

enum hx_err incident_dispatched(struct tx *tx, int64_t id)
{
    return incident_move(tx, id, INCIDENT_ACT_DISPATCH);
}

enum hx_err incident_arrival(struct tx *tx, int64_t id, const char *unit_kind)
{
    enum hx_err e = db_exec(tx->db, SQL_INCIDENT_ARRIVAL, "zii", unit_kind, tx->now_ms, id);
    if (!e) e = incident_move(tx, id, INCIDENT_ACT_ARRIVE);
    if (e == HX_E_ILLEGAL) e = HX_OK, tx->detail[0] = 0; /* it ended while they drove; the arrival is noted all the same */
    return e ? e : incident_tell(tx, id, "incident.arrived", json_pack("{s:s}", "unit_kind", unit_kind));
}

/* ---- timers ---- */

static bool still_waits(const struct incident_step *s, const struct incident_head *h)
{
    if (h->state >= INCIDENT_CONTROLLED) return false;
    if (strcmp(s->wait, "ack") == 0) return h->acked_at == 0 && h->state == INCIDENT_OPEN;
    if (strcmp(s->wait, "send") == 0) return h->dispatched_at == 0;
    return h->on_scene_at == 0;
}

static enum hx_err on_step(struct tx *tx, const struct timer_row *row)
{
    struct incident_head h;
    json_t *data = NULL;
    char why[160];
    enum hx_err e = json_parse(str_of(row->data), &data, why, sizeof why);
    size_t i = (size_t)json_i64(data, "step", (int64_t)HX_COUNT(steps));
    json_decref(data);
    if (e || i >= HX_COUNT(steps)) return HX_OK;
    e = incident_read(tx->db, row->subject_id, &h);
    if (e == HX_E_NOT_FOUND) return HX_OK;
    if (e || !still_waits(&steps[i], &h)) return e;
    e = db_exec(tx->db, SQL_INCIDENT_ESCALATED, "ii", (int64_t)steps[i].level, row->subject_id);
    return e ? e : incident_tell(tx, row->subject_id, "incident.escalated",
                                 json_pack("{s:i,s:s,s:s,s:s,s:s}", "level", steps[i].level, "wait", steps[i].wait, "action", steps[i].action, "zh", steps[i].zh, "en", steps[i].en));
}

static enum hx_err on_idle(struct tx *tx, const struct timer_row *row)
{
    struct incident_head h;
    enum hx_err e = incident_read(tx->db, row->subject_id, &h);
    if (e == HX_E_NOT_FOUND) return HX_OK;
    if (e || h.state != INCIDENT_ACKED) return e;
    return incident_tell(tx, row->subject_id, "incident.idle", json_pack("{s:b}", "resound", 1));
}

static enum hx_err on_archive(struct tx *tx, const struct timer_row *row)
{
    enum hx_err e = incident_move(tx, row->subject_id, INCIDENT_ACT_ARCHIVE);
    if (e == HX_E_ILLEGAL) return HX_OK;
    return e ? e : incident_tell(tx, row->subject_id, "incident.archived", NULL);
}

const struct timer_kind incident_timers[] = {
    {.kind = "incident.ack", .fire = on_step}, {.kind = "incident.send", .fire = on_step}, {.kind = "incident.arrive", .fire = on_step}, {.kind = "incident.idle", .fire = on_idle}, {.kind = "incident.archive", .fire = on_archive}, {0},
};
