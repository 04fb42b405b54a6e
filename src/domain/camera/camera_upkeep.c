/* Orders for the upkeep of recorders of GB/T 28181: restarted, armed or not, an alarm reset, where a camera turns back to by itself. An order is
 * written first, then sent, and what the device answers is written too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "camera.h"
#include "signal/recorder.h"

static const struct hx_app *the_app;
static const struct {
    const char *name;
    enum recorder_order_act act;
} acts[] = {{"reboot", ORDER_REBOOT}, {"guard", ORDER_GUARD}, {"unguard", ORDER_UNGUARD}, {"reset_alarm", ORDER_RESET_ALARM}, {"home", ORDER_HOME}};

struct answer {
    int64_t recorder_id, school_id, number;
    char result[16];
};

static enum hx_err store_answer(struct tx *tx, void *arg)
{
    const struct answer *a = arg;
    return journal_add(tx, "recorder.answered", a->school_id, a->recorder_id, json_pack("{s:I,s:I,s:s}", "recorder_id", (json_int_t)a->recorder_id, "order", (json_int_t)a->number, "result", a->result));
}

static void answer_stored(enum hx_err e, const char *detail, void *arg)
{
    if (e) log_warn("recorder.answer", "error=%s detail=\"%s\"", err_name(e), detail);
    free(arg);
}

static void note(int64_t recorder, int64_t school, int64_t number, const char *result)
{
    struct answer *a = calloc(1, sizeof *a);
    HX_ASSERT(a != NULL);
    *a = (struct answer){.recorder_id = recorder, .school_id = school, .number = number};
    snprintf(a->result, sizeof a->result, "%s", result);
    if (writer_submit(the_app->writer, LANE_NORMAL, store_answer, answer_stored, a) != HX_OK) free(a);
}

static void on_answer(struct recorder *r, int64_t number, const char *result, void *arg)
{
    (void)arg;
    note(r->id, r->school_id, number, result);
}

/* Once it is on the disk. */
static void heard(const struct event *event, void *arg)
{
    (void)arg;
    json_t *j = NULL;
    char why[160];
    if (strcmp(event->type, "recorder.ordered") != 0 || json_parse((struct str){event->data, event->data_bytes}, &j, why, sizeof why) != HX_OK) return;
    struct recorder *r = recorder_find(str_of(json_z(j, "code", "")));
    struct recorder_order o = {.number = json_i64(j, "id", 0), .preset = (int)json_i64(j, "preset", 0), .after_s = (int)json_i64(j, "after_s", 0)};
    for (size_t i = 0; i < HX_COUNT(acts); i++)
        if (strcmp(acts[i].name, json_z(j, "act", "")) == 0) o.act = acts[i].act;
    if (r == NULL || !recorder_do(r, json_z(j, "channel", ""), &o)) note(event->subject_id, event->school_id, o.number, "away");
    json_decref(j);
}

static enum hx_err upkeep_start(struct hx_app *app)
{
    the_app = app;
    recorders_all()->did = on_answer;
    journal_listen(app->journal, heard, NULL);
    return HX_OK;
}

/* Writes the order for a recorder's own code, or one of its channels. */
static enum hx_err give(struct call *c, json_t *recorder, const char *channel, json_t *more)
{
    int64_t id = journal_next(c->tx), school = json_i64(recorder, "school_id", 0), at = json_i64(recorder, "id", 0);
    const char *code = json_z(recorder, "code", "");
    bool up = strcmp(json_z(recorder, "line", ""), "up") == 0;
    if (recorder_kind_of(json_z(recorder, "kind", "")) != RECORDER_GB28181) return json_decref(more), call_fail(c, HX_E_ILLEGAL, "only recorders of GB/T 28181 take such orders: use the device's own page");
    if (!up) return json_decref(more), call_fail(c, HX_E_ILLEGAL, "the recorder is not registered now: check its SIP server address, code and password");
    json_t *order = json_pack("{s:I,s:I,s:s,s:s,s:I}", "id", (json_int_t)id, "recorder_id", (json_int_t)at, "code", code, "channel", channel[0] != 0 ? channel : code, "person_id", (json_int_t)c->who.id);
    json_object_update(order, more);
    json_decref(more);
    enum hx_err e = journal_add(c->tx, "recorder.ordered", school, at, order);
    c->status = 202;
    return e ? e : call_reply(c, json_pack("{s:I}", "order", (json_int_t)id));
}

static enum hx_err recorder_order(struct call *c)
{
    json_t *recorder = NULL;
    enum hx_err e = call_read(c, SQL_RECORDER_GET, PERM_CAMERA_WRITE, &recorder);
    if (!e) e = give(c, recorder, "", json_pack("{s:s}", "act", json_z(c->body, "act", "")));
    json_decref(recorder);
    return e;
}

/* Where it turns back to when nobody has steered it for so long; preset 0: it stays where it was left. */
static enum hx_err camera_home(struct call *c)
{
    json_t *camera = NULL, *recorder = NULL;
    int64_t id = call_id(c, 0), preset = json_i64(c->body, "preset", 0), after_s = json_i64(c->body, "after_s", 60);
    enum hx_err e = call_read(c, SQL_CAMERA_GET, PERM_CAMERA_WRITE, &camera);
    if (!e && !json_flag(camera, "ptz", false)) e = call_fail(c, HX_E_ILLEGAL, "this camera does not turn");
    if (!e) e = db_one_json(c->db, SQL_RECORDER_GET, &recorder, "i", json_i64(camera, "recorder_id", 0));
    if (!e) e = give(c, recorder, json_z(camera, "code", ""), json_pack("{s:s,s:I,s:I}", "act", "home", "preset", (json_int_t)preset, "after_s", (json_int_t)after_s));
    if (!e) e = db_exec(c->db, SQL_CAMERA_HOME_SET, "iii", preset, preset != 0 ? after_s : 0, id);
    if (!e) e = journal_tell(c->tx, SQL_CAMERA_GET, id, "camera.changed");
    json_decref(camera);
    json_decref(recorder);
    return e;
}

static const struct hx_route routes[] = {
    {HX_POST, "/v1/recorders/{id}/order", "recorderOrder", PERM_CAMERA_WRITE, recorder_order, NULL},
    {HX_POST, "/v1/cameras/{id}/home", "cameraHome", PERM_CAMERA_WRITE, camera_home, NULL},
};
const struct hx_module upkeep_module = {.name = "upkeep", .routes = routes, .route_count = HX_COUNT(routes), .start = upkeep_start};
