#include "alarm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/embedded.h"
#include "base/log.h"
#include "domain/incident/incident.h"
#include "signal/signal_class.h"

#define PRESSER_M 300 /* a phone that knows its place less well is at its school */
#define WITHDRAW_MS 20000 /* the phone offers five seconds; the rest is for the way here */

static struct alarm_rules rules;

bool alarm_rules_parse(struct str text, struct alarm_rules *out, char *why, size_t why_bytes)
{
    struct str line, name, count, window;
    int number = 0;
    *out = (struct alarm_rules){0};
    while (str_split(&text, '\n', &line)) {
        int64_t n, s;
        number++;
        if (str_trim(line).len == 0 || line.at[0] == '#') continue;
        bool shaped = str_split(&line, '\t', &name) && str_split(&line, '\t', &count) && str_split(&line, '\t', &window) && line.at == NULL &&
                      str_to_i64(count, &n) && str_to_i64(window, &s) && n >= 1 && n <= 1000 && s >= 1 && s <= 86400;
        struct alarm_rule *rule = !shaped                                ? NULL
                                  : str_eq(name, STR("press_burst")) ? &out->press_burst
                                  : str_eq(name, STR("join"))        ? &out->join
                                  : str_eq(name, STR("chatter"))     ? &out->chatter
                                                                     : NULL;
        if (rule == NULL) {
            snprintf(why, why_bytes, "line %d: want a rule's name, a count of 1 to 1000 and a window of 1 to 86400 s", number);
            return false;
        }
        *rule = (struct alarm_rule){(int)n, s * 1000};
    }
    if (out->press_burst.count && out->join.count && out->chatter.count) return true;
    snprintf(why, why_bytes, "one of the rules press_burst, join, chatter is missing");
    return false;
}

static enum hx_err alarm_start(struct hx_app *app)
{
    (void)app;
    char why[160];
    const struct embedded_file *file = embedded_find("alarm_rules.tsv");
    if (file != NULL && alarm_rules_parse((struct str){file->bytes, file->size}, &rules, why, sizeof why)) return HX_OK;
    log_error("alarm.rules", "reason=\"%s\"", file != NULL ? why : "missing");
    return HX_E_INVALID;
}

/* What a signal says about its source. */
struct source {
    char key[96], place[96], place_en[96], place_kind[24];
    double lon, lat;
};

/* A camera of a recorder stands where its row says. */
static enum hx_err find_camera(struct tx *tx, const json_t *s, struct source *out)
{
    struct rows r = db_query(tx->db, SQL_ALARM_CAMERA, "zz", json_z(s, "account", ""), json_z(s, "zone", ""));
    if (rows_next(&r)) out->lon = rows_f64(&r, 0), out->lat = rows_f64(&r, 1);
    rows_end(&r);
    return r.err;
}

/* A phone stands where it says; an officer's may be far from the school whose desk hears of it. */
static enum hx_err find_presser(struct tx *tx, const json_t *s, bool officer, struct source *out)
{
    json_t *record = NULL;
    char far[48] = "", far_en[48] = "";
    enum hx_err e = db_one_json(tx->db, SQL_ALARM_PRESSER, &record, "i", json_i64(s, "seq", 0));
    if (e) return e;
    const json_t *extra = json_object_get(record, "extra");
    double distance = json_f64(extra, "distance_m", 0), accuracy = json_f64(extra, "accuracy_m", -1);
    if (json_i64(s, "school_id", 0) == 0 || (accuracy >= 0 && accuracy <= PRESSER_M)) out->lon = json_f64(extra, "lon", 0), out->lat = json_f64(extra, "lat", 0);
    if (officer && distance >= 1000) {
        snprintf(far, sizeof far, "（距学校 %.1f 公里）", distance / 1000);
        snprintf(far_en, sizeof far_en, " (%.1f km from the school)", distance / 1000);
    }
    json_decref(record);
    snprintf(out->place, sizeof out->place, "%s %.48s%s", officer ? "民警紧急求助" : "手机报警", json_z(s, "text", ""), far);
    snprintf(out->place_en, sizeof out->place_en, "%s %.48s%s", officer ? "Officer emergency" : "Alarm from a phone", json_z(s, "text", ""), far_en);
    return HX_OK;
}

static enum hx_err find_source(struct tx *tx, const json_t *s, struct source *out)
{
    int64_t panel = json_i64(s, "panel_id", 0);
    const char *zone = json_z(s, "zone", ""), *partition = json_z(s, "partition", ""), *class = json_z(s, "class", "");
    const struct signal_class_row *row = signal_class_row(signal_class_of(class));
    bool recorder = strcmp(json_z(s, "protocol", ""), "gb28181") == 0 || strcmp(json_z(s, "protocol", ""), "onvif") == 0;
    *out = (struct source){0};
    if (panel != 0) snprintf(out->key, sizeof out->key, "panel:%lld/%s/%s/%s", (long long)panel, partition, zone, class);
    else snprintf(out->key, sizeof out->key, "%s:%s/%s/%s", json_z(s, "protocol", ""), json_z(s, "account", ""), zone, class);
    snprintf(out->place, sizeof out->place, "%s", row->zh);
    snprintf(out->place_en, sizeof out->place_en, "%s", row->en);
    if (panel == 0) {
        const char *protocol = json_z(s, "protocol", "");
        if (strcmp(json_z(s, "state", ""), "quarantined") == 0) {
            snprintf(out->place, sizeof out->place, "未知账号 %s %s", json_z(s, "account", ""), row->zh);
            snprintf(out->place_en, sizeof out->place_en, "Unknown account %s %s", json_z(s, "account", ""), row->en);
        } else if ((recorder || strcmp(protocol, "drill") == 0 || strcmp(protocol, "report") == 0) && json_z(s, "text", "")[0] != 0) {
            str_to_utf8_z(str_of(json_z(s, "text", "")), out->place, sizeof out->place);
            out->place_en[0] = 0;
        } else if (strcmp(protocol, "phone") == 0) return find_presser(tx, s, strcmp(class, "officer") == 0, out);
        return recorder ? find_camera(tx, s, out) : HX_OK;
    }
    struct rows r = db_query(tx->db, SQL_ALARM_ZONE, "izz", panel, zone, partition);
    if (rows_next(&r)) {
        snprintf(out->place, sizeof out->place, "%.60s %s", rows_z(&r, 0), row->zh);
        snprintf(out->place_en, sizeof out->place_en, "%.60s %s", rows_z(&r, 0), row->en);
        str_to_z(rows_str(&r, 1), out->place_kind, sizeof out->place_kind);
        out->lon = rows_f64(&r, 3);
        out->lat = rows_f64(&r, 4);
    } else if (zone[0] != 0) {
        snprintf(out->place, sizeof out->place, "%s（防区 %s）", row->zh, zone);
        snprintf(out->place_en, sizeof out->place_en, "%s (zone %s)", row->en, zone);
    }
    rows_end(&r);
    return r.err;
}

static enum hx_err tell(struct tx *tx, int64_t id, const char *type)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_ALARM_GET, &record, "i", id);
    return e ? e : journal_add(tx, type, json_i64(record, "school_id", 0), json_i64(record, "incident_id", 0) ? json_i64(record, "incident_id", 0) : id, record);
}

static enum hx_err check_burst(struct tx *tx, int64_t incident, int64_t school, bool drill)
{
    int64_t sources = 0;
    enum hx_err e = db_one_i64(tx->db, SQL_ALARM_BURST_OF_SCHOOL, &sources, "iii", school, (int64_t)drill, tx->now_ms - rules.press_burst.window_ms);
    if (e || sources < rules.press_burst.count) return e;
    e = db_exec(tx->db, SQL_INCIDENT_SITE_WIDE, "i", incident);
    if (e || db_changes(tx->db) == 0) return e;
    return incident_tell(tx, incident, "incident.site_wide", json_pack("{s:I}", "sources", (json_int_t)sources));
}

/* The incident an alarm belongs to: the school's open one, or a new one. */
static enum hx_err give_home(struct tx *tx, int64_t alarm, const struct incident_new *n)
{
    int64_t incident = 0;
    enum hx_err e;
    if (strcmp(n->class, "officer") == 0) e = HX_E_NOT_FOUND; /* an officer in danger is an incident of its own, and so is what happens in a bus */
    else if (n->school_id != 0) e = db_one_i64(tx->db, SQL_INCIDENT_JOINABLE, &incident, "iii", n->school_id, (int64_t)n->drill, tx->now_ms - rules.join.window_ms);
    else e = db_one_i64(tx->db, SQL_INCIDENT_UNKNOWN, &incident, "z", n->title);
    bool opened = e == HX_E_NOT_FOUND;
    if (opened) e = incident_open(tx, n, &incident);
    if (!e) e = db_exec(tx->db, SQL_ALARM_HOME, "ii", incident, alarm);
    if (!e && !opened) e = incident_feed(tx, incident, n, true);
    return e ? e : n->severity == 1 && n->school_id != 0 ? check_burst(tx, incident, n->school_id, n->drill) : HX_OK;
}

static enum hx_err raise_alarm(struct tx *tx, const struct event *event, const json_t *s, const struct source *src, enum signal_class class)
{
    const struct signal_class_row *row = signal_class_row(class);
    int64_t id = journal_next(tx), shelf = 0, panel = json_i64(s, "panel_id", 0);
    int severity = (int)json_i64(s, "severity", row->severity);
    bool drill = json_flag(s, "drill", false), test = json_flag(s, "test", false), fault = row->kind == KIND_FAULT;
    enum hx_err e = HX_OK;
    if (severity > 1) e = db_one_i64(tx->db, SQL_SHELF_FOR, &shelf, "izi", panel, src->key, tx->now_ms);
    if (e == HX_E_NOT_FOUND) e = HX_OK, shelf = 0;
    if (!e) e = db_exec(tx->db, SQL_ALARM_ADD, src->lon != 0 || src->lat != 0 ? "iIIzzzzizziiiiiiIff" : "iIIzzzzizziiiiiiInn", id, event->school_id, panel, src->key, src->place, src->place_kind, row->name, (int64_t)severity,
                        fault ? "fault" : "alarm", test ? "test" : "new", (int64_t)drill, tx->now_ms, tx->now_ms, tx->now_ms, event->seq, event->seq, shelf, src->lon, src->lat);
    if (!e) e = tell(tx, id, test ? "alarm.tested" : shelf != 0 ? "alarm.shelved" : "alarm.raised");
    if (e || fault || test || shelf != 0) return e;
    struct incident_new n = {.school_id = event->school_id, .title = src->place, .title_en = src->place_en, .class = row->name, .severity = severity, .drill = drill, .lon = src->lon, .lat = src->lat,
                             .source = strcmp(json_z(s, "protocol", ""), "phone") == 0 ? "phone" : "alarm"};
    return give_home(tx, id, &n);
}

struct open_alarm {
    int64_t id, burst_from, burst, incident;
    int severity;
    bool chattering;
};

static enum hx_err feed_alarm(struct tx *tx, const struct event *event, const struct source *src, const struct open_alarm *a, const char *class)
{
    bool fresh = tx->now_ms - a->burst_from > rules.chatter.window_ms;
    int64_t burst = fresh ? 1 : a->burst + 1;
    bool chatters = a->severity > 1 && burst >= rules.chatter.count;
    enum hx_err e = db_exec(tx->db, SQL_ALARM_FED, "iiiiii", tx->now_ms, event->seq, fresh ? tx->now_ms : a->burst_from, burst, (int64_t)chatters, a->id);
    if (e || (chatters && a->chattering)) return e;
    e = tell(tx, a->id, chatters ? "alarm.chattering" : "alarm.repeated");
    if (e || a->incident == 0) return e;
    struct incident_new n = {.severity = a->severity, .class = class, .title = src->place, .title_en = src->place_en};
    e = incident_feed(tx, a->incident, &n, false);
    return e ? e : a->severity == 1 && event->school_id != 0 ? check_burst(tx, a->incident, event->school_id, false) : HX_OK;
}

/* Most signals are openings and tests, with nothing to do: they are known without parsing them. The text of a device cannot
 * fake this, because its quotes are escaped. */
static bool is_quiet(const struct event *event)
{
    static const char quiet[] = "\"severity\":0,";
    return memmem(event->data, event->data_bytes, quiet, sizeof quiet - 1) != NULL;
}

static enum hx_err see_signal(struct tx *tx, const struct event *event)
{
    json_t *s = NULL;
    char why[160];
    struct source src;
    enum hx_err e = json_parse((struct str){event->data, event->data_bytes}, &s, why, sizeof why);
    if (e) return e;
    enum signal_class class = signal_class_of(json_z(s, "class", ""));
    if (class == CLASS_COUNT || signal_class_row(class)->kind == KIND_NOTE) goto out;
    e = find_source(tx, s, &src);
    if (e) goto out;
    struct open_alarm open = {0};
    struct rows r = db_query(tx->db, SQL_ALARM_OPEN_OF_SOURCE, "zii", src.key, (int64_t)json_flag(s, "drill", false), tx->now_ms);
    if (rows_next(&r)) open = (struct open_alarm){rows_i64(&r, 0), rows_i64(&r, 2), rows_i64(&r, 3), rows_i64(&r, 6), (int)rows_i64(&r, 1), rows_i64(&r, 4) != 0};
    e = r.err;
    rows_end(&r);
    if (e) goto out;
    if (strcmp(json_z(s, "qualifier", "new"), "restore") == 0) {
        if (open.id == 0) goto out;
        e = db_exec(tx->db, SQL_ALARM_CLEARED, "ii", tx->now_ms, open.id);
        if (!e) e = tell(tx, open.id, "alarm.cleared");
    } else if (open.id != 0 && !json_flag(s, "test", false)) {
        e = feed_alarm(tx, event, &src, &open, json_z(s, "class", ""));
    } else {
        e = raise_alarm(tx, event, s, &src, class);
    }
out:
    json_decref(s);
    return e;
}

/* What the desk decided about the incident is true for its alarms. */
static enum hx_err see_incident(struct tx *tx, const struct event *event)
{
    const char *what = event->type + strlen("incident.");
    if (strcmp(what, "acked") == 0) return db_exec(tx->db, SQL_ALARM_ACK_OF_INCIDENT, "Iii", event->person_id, tx->now_ms, event->subject_id);
    if (strcmp(what, "confirmed") == 0 || strcmp(what, "closed") == 0) return db_exec(tx->db, SQL_ALARM_STATE_OF_INCIDENT, "zzi", "real", "", event->subject_id);
    if (strcmp(what, "cancelled") != 0) return HX_OK;
    json_t *j = NULL;
    char why[160];
    enum hx_err e = json_parse((struct str){event->data, event->data_bytes}, &j, why, sizeof why);
    if (!e) e = db_exec(tx->db, SQL_ALARM_STATE_OF_INCIDENT, "zzi", "false", json_z(j, "cause", ""), event->subject_id);
    json_decref(j);
    return e;
}

/* An unknown account was adopted: what it raised belongs to its school from now on, with the school's map and units. */
static enum hx_err see_panel(struct tx *tx, const struct event *event)
{
    json_t *j = NULL;
    char why[160], prefix[40];
    int64_t ids[64];
    size_t n = 0;
    enum hx_err e = json_parse((struct str){event->data, event->data_bytes}, &j, why, sizeof why);
    if (e) return e;
    snprintf(prefix, sizeof prefix, "dc09:%.20s/", json_z(j, "account", ""));
    json_decref(j);
    e = db_exec(tx->db, SQL_ALARM_ADOPT, "iiz", event->school_id, event->subject_id, prefix);
    if (e || db_changes(tx->db) == 0) return e;
    struct rows r = db_query(tx->db, SQL_ALARM_ADOPTED, "i", event->subject_id);
    while (n < HX_COUNT(ids) && rows_next(&r)) ids[n++] = rows_i64(&r, 0);
    e = r.err;
    rows_end(&r);
    for (size_t i = 0; !e && i < n; i++) {
        e = db_exec(tx->db, SQL_INCIDENT_ADOPT, "ii", event->school_id, ids[i]);
        if (!e) e = incident_tell(tx, ids[i], "incident.fed", json_pack("{s:b,s:s}", "adopted", 1, "title", ""));
    }
    return e;
}

static const struct journal_follower alarm_followers[] = {
    {"alarm.signal", "signal.received", see_signal, is_quiet},
    {"alarm.incident", "incident.", see_incident, NULL},
    {"alarm.panel", "panel.added", see_panel, NULL},
    {NULL, NULL, NULL, NULL},
};

/* ---- routes ---- */

static enum hx_err alarm_list(struct call *c)
{
    const char *state = call_query_z(c, "state", "");
    return call_list(c, db_all_json(c->db, SQL_ALARM_LIST, "iziiii", call_query_i64(c, "before", INT64_MAX), state,
                                    call_query_i64(c, "school", 0), call_sees_all(c), c->who.id, call_limit(c, 100, 1000)));
}

static enum hx_err fault_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_ALARM_FAULTS, "ii", call_sees_all(c), c->who.id));
}

static enum hx_err find(struct call *c, json_t **record)
{
    enum hx_err e = db_one_json(c->db, SQL_ALARM_GET, record, "i", call_id(c, 0));
    if (!e) e = call_check_school(c, c->route->perm, json_i64(*record, "school_id", 0));
    if (!e) e = call_check_version(c, json_incref(*record));
    return e;
}

static enum hx_err alarm_get(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = find(c, &record);
    if (e) json_decref(record);
    return e ? e : call_reply(c, record);
}

static enum hx_err changed(struct call *c, enum hx_err e, const char *event)
{
    json_t *record = NULL;
    if (!e) e = tell(c->tx, call_id(c, 0), event);
    if (!e) e = db_one_json(c->db, SQL_ALARM_GET, &record, "i", call_id(c, 0));
    return e ? e : call_reply(c, record);
}

static enum hx_err alarm_ack(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = find(c, &record);
    if (!e && json_has(record, "acked_at")) e = call_fail(c, HX_E_ILLEGAL, "this alarm is acknowledged already");
    json_decref(record);
    if (!e) e = db_exec(c->db, SQL_ALARM_ACK, "iii", c->who.id, c->tx->now_ms, call_id(c, 0));
    return changed(c, e, "alarm.acked");
}

static enum hx_err alarm_verify(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = find(c, &record);
    const char *result = json_z(c->body, "result", ""), *cause = json_z(c->body, "cause", "");
    if (!e && json_has(record, "incident_id") && strcmp(json_z(record, "state", ""), "false") != 0 && strcmp(result, "false") == 0)
        e = call_fail(c, HX_E_ILLEGAL, "this alarm belongs to incident %lld: judge that", (long long)json_i64(record, "incident_id", 0));
    if (!e && strcmp(json_z(record, "state", ""), "new") != 0 && strcmp(json_z(record, "state", ""), "verifying") != 0)
        e = call_fail(c, HX_E_ILLEGAL, "this alarm is %s already", call_word(c, json_z(record, "state", "")));
    if (!e && strcmp(result, "false") == 0 && cause[0] == 0) e = call_fail(c, HX_E_INVALID, "cause: a false alarm must name its cause");
    json_decref(record);
    if (!e) e = db_exec(c->db, SQL_ALARM_DECIDE, "zzi", result, cause, call_id(c, 0));
    return changed(c, e, "alarm.verified");
}

static enum hx_err alarm_shelve(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = find(c, &record);
    int64_t id = journal_next(c->tx), minutes = json_i64(c->body, "minutes", 60), school = json_i64(record, "school_id", 0);
    if (!e && json_i64(record, "severity", 1) == 1) e = call_fail(c, HX_E_ILLEGAL, "a P1 is never shelved");
    bool whole = json_flag(c->body, "panel", false);
    if (!e) e = db_exec(c->db, SQL_SHELF_ADD, "iIIzizi", id, school, whole ? json_i64(record, "panel_id", 0) : 0, whole ? "" : json_z(record, "source", ""),
                        c->who.id, json_z(c->body, "reason", ""), c->tx->now_ms + minutes * 60000);
    json_decref(record);
    if (!e) e = timer_set(c->tx, "shelf.warn", id, 0, c->tx->now_ms + (minutes > 10 ? minutes - 10 : 0) * 60000, NULL);
    json_t *shelf = NULL;
    if (!e) e = db_one_json(c->db, SQL_SHELF_GET, &shelf, "i", id);
    c->status = 201;
    if (!e) e = journal_add(c->tx, "shelf.set", school, id, json_incref(shelf));
    return e ? e : call_reply(c, shelf);
}

static enum hx_err shelf_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_SHELF_ACTIVE, "iii", clock_utc_ms(), call_sees_all(c), c->who.id));
}

static enum hx_err shelf_end(struct call *c)
{
    json_t *shelf = NULL;
    enum hx_err e = db_one_json(c->db, SQL_SHELF_GET, &shelf, "i", call_id(c, 0));
    if (!e) e = call_check_school(c, PERM_ALARM_HANDLE, json_i64(shelf, "school_id", 0));
    int64_t school = json_i64(shelf, "school_id", 0);
    json_decref(shelf);
    if (!e) e = db_exec(c->db, SQL_SHELF_END, "ii", c->tx->now_ms, call_id(c, 0));
    if (!e) e = journal_add(c->tx, "shelf.ended", school, call_id(c, 0), json_pack("{s:I}", "id", (json_int_t)call_id(c, 0)));
    return e ? e : call_reply(c, json_object());
}

/* Ten minutes before a shelf ends its owner hears of it. */
static enum hx_err shelf_warn(struct tx *tx, const struct timer_row *row)
{
    json_t *shelf = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_SHELF_GET, &shelf, "i", row->subject_id);
    if (e == HX_E_NOT_FOUND || (!e && json_has(shelf, "ended_at"))) {
        json_decref(shelf);
        return HX_OK;
    }
    return e ? e : journal_add(tx, "shelf.ending", json_i64(shelf, "school_id", 0), row->subject_id, shelf);
}

static const struct timer_kind alarm_timers[] = {{.kind = "shelf.warn", .fire = shelf_warn, .calendar = true}, {0}};

/* The presser says that it was a mistake. The desk hears it beside the incident; only a person at the desk closes that. */
static enum hx_err panic_withdraw(struct call *c)
{
    char account[24], source[40];
    int64_t seq = call_id(c, 0), incident;
    snprintf(account, sizeof account, "p%lld", (long long)c->who.id);
    snprintf(source, sizeof source, "phone:%s/%%", account);
    enum hx_err e = db_one_i64(c->db, SQL_ALARM_OF_PHONE, &incident, "zizi", source, seq, account, c->tx->now_ms - WITHDRAW_MS);
    if (e == HX_E_NOT_FOUND) return call_fail(c, HX_E_ILLEGAL, "a press can be withdrawn for a few seconds only; tell the desk by telephone");
    if (!e) e = incident_tell(c->tx, incident, "incident.noted", json_pack("{s:s,s:s}", "text", "报警人撤销：误按。The presser withdraws: by mistake.", "audience", "all"));
    return e ? e : call_reply(c, json_pack("{s:I}", "incident_id", (json_int_t)incident));
}

static const struct hx_route routes[] = {
    {HX_POST, "/v1/panic/{signal}/withdraw", "panicWithdraw", PERM_PANIC, panic_withdraw, NULL},
    {HX_GET, "/v1/alarms", "alarmList", PERM_ALARM_READ, alarm_list, NULL},
    {HX_GET, "/v1/alarms/{id}", "alarmGet", PERM_ALARM_READ, alarm_get, NULL},
    {HX_POST, "/v1/alarms/{id}/ack", "alarmAck", PERM_ALARM_HANDLE, alarm_ack, NULL},
    {HX_POST, "/v1/alarms/{id}/verify", "alarmVerify", PERM_ALARM_HANDLE, alarm_verify, NULL},
    {HX_POST, "/v1/alarms/{id}/shelve", "alarmShelve", PERM_ALARM_HANDLE, alarm_shelve, NULL},
    {HX_GET, "/v1/faults", "faultList", PERM_ALARM_READ, fault_list, NULL},
    {HX_GET, "/v1/shelves", "shelfList", PERM_ALARM_READ, shelf_list, NULL},
    {HX_DELETE, "/v1/shelves/{id}", "shelfEnd", PERM_ALARM_HANDLE, shelf_end, NULL},
};
const struct hx_module alarm_module = {
    .name = "alarm", .routes = routes, .route_count = HX_COUNT(routes), .followers = alarm_followers, .timer_kinds = alarm_timers, .start = alarm_start,
};
