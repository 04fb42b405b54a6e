/* Devices that act by themselves when a button of the school is pressed: a siren, speakers, a screen at the guard's. Only those that have "alarm" among
 * their words, never for what somebody keeps silent on purpose (hold-up, duress), never in a drill. They end with the incident, or after a while. */
#include <stdio.h>
#include <string.h>

#include "posture.h"

#define SOUNDS_MS 300000 /* 5 min: longer, nobody listens and the neighbours have the right to silence */
#define OUTPUTS_MAX 200

struct acting {
    int64_t id;
    char proof[8];
};

static size_t read_outputs(struct rows *r, struct acting all[OUTPUTS_MAX])
{
    size_t n = 0;
    while (n < OUTPUTS_MAX && rows_next(r)) {
        all[n].id = rows_i64(r, 0);
        str_to_z(rows_str(r, 1), all[n].proof, sizeof all[n].proof);
        n++;
    }
    rows_end(r);
    return n;
}

static enum hx_err command_all(struct tx *tx, const struct acting *all, size_t n, int64_t incident, const char *verb)
{
    char text[256];
    const struct posture_word *w = posture_word(verb);
    enum hx_err e = HX_OK;
    posture_text(w, false, "", false, text, sizeof text);
    for (size_t i = 0; !e && i < n; i++) e = command_add(tx, &(struct command_new){.output_id = all[i].id, .incident_id = incident, .verb = w->name, .text = text, .proof = all[i].proof});
    return e;
}

static enum hx_err begin(struct tx *tx, const struct event *event, const json_t *j)
{
    static const char *const loud[] = {"panic", "fire", "gas"};
    struct acting all[OUTPUTS_MAX];
    bool rings = false;
    for (size_t i = 0; i < HX_COUNT(loud); i++) rings = rings || strcmp(loud[i], json_z(j, "class", "")) == 0;
    if (!rings || json_flag(j, "drill", false) || json_i64(j, "severity", 4) != 1 || strcmp(json_z(j, "source", ""), "call") == 0) return HX_OK;
    struct rows r = db_query(tx->db, SQL_OUTPUT_ON_ALARM, "i", event->school_id);
    size_t n = read_outputs(&r, all);
    if (r.err || n == 0) return r.err;
    enum hx_err e = command_all(tx, all, n, event->subject_id, "alarm");
    return e ? e : timer_set(tx, "output.alarm_over", event->subject_id, 0, tx->now_ms + SOUNDS_MS, "");
}

/* What a posture or a test has taken meanwhile is left to it. */
static enum hx_err finish(struct tx *tx, int64_t incident)
{
    struct acting all[OUTPUTS_MAX];
    struct rows r = db_query(tx->db, SQL_OUTPUT_OF_ALARM, "i", incident);
    size_t n = read_outputs(&r, all);
    return r.err ? r.err : command_all(tx, all, n, incident, "clear");
}

static enum hx_err see_incident(struct tx *tx, const struct event *event)
{
    json_t *j = NULL;
    char why[160];
    if (event->school_id == 0) return HX_OK;
    if (strcmp(event->type, "incident.opened") != 0) return finish(tx, event->subject_id);
    enum hx_err e = json_parse((struct str){event->data, event->data_bytes}, &j, why, sizeof why);
    if (!e) e = begin(tx, event, j);
    json_decref(j);
    return e;
}

static bool is_other(const struct event *event)
{
    static const char *const ours[] = {"incident.opened", "incident.controlled", "incident.closed", "incident.cancelled"};
    for (size_t i = 0; i < HX_COUNT(ours); i++)
        if (strcmp(ours[i], event->type) == 0) return false;
    return true;
}

static enum hx_err on_over(struct tx *tx, const struct timer_row *row)
{
    return finish(tx, row->subject_id);
}

static const struct journal_follower followers[] = {{"output.alarm", "incident.", see_incident, is_other}, {NULL, NULL, NULL, NULL}};
static const struct timer_kind timers[] = {{.kind = "output.alarm_over", .fire = on_over}, {0}};
const struct hx_module output_alarm_module = {.name = "output_alarm", .followers = followers, .timer_kinds = timers};
