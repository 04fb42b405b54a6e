/* What recorders and media nodes say becomes rows: lines, descriptions, catalogs, causes, clips. Each is a job of the bulk lane. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "camera.h"
#include "camera_live.h"
#include "signal/recorder.h"

static struct hx_app *the_app;

static void freed(enum hx_err e, const char *detail, void *arg)
{
    if (e) log_error("camera.store", "error=%s detail=\"%s\"", err_name(e), detail);
    free(arg);
}

static void submit(tx_fn run, void *arg)
{
    if (the_app->writer != NULL && writer_submit(the_app->writer, LANE_BULK, run, freed, arg) == HX_OK) return;
    log_warn("camera.busy", "job=dropped");
    free(arg);
}

/* ---- lines ---- */

struct line_news {
    int64_t recorder_id;
    bool up, vehicle;
    char reason[64];
};

static enum hx_err store_line(struct tx *tx, void *arg)
{
    struct line_news *n = arg;
    enum hx_err e = db_exec(tx->db, SQL_RECORDER_LINE, "zzii", n->up ? "up" : "lost", n->reason, tx->now_ms, n->recorder_id);
    /* A bus is switched off every day: that is no news for the rules. */
    return e ? e : journal_tell(tx, SQL_RECORDER_GET, n->recorder_id, n->vehicle ? "recorder.changed" : n->up ? "recorder.up" : "recorder.lost");
}

void camera_book_line(const struct recorder *r, bool up, const char *reason)
{
    struct line_news *n = calloc(1, sizeof *n);
    HX_ASSERT(n != NULL);
    n->recorder_id = r->id;
    n->up = up;
    n->vehicle = r->kind == RECORDER_JT1078;
    snprintf(n->reason, sizeof n->reason, "%s", reason);
    submit(store_line, n);
}

static void on_line(struct recorder *r, bool up, const char *reason, void *arg)
{
    (void)arg;
    camera_live_recorder(r->id, up);
    if (strcmp(reason, "resumed") != 0) camera_book_line(r, up, reason);
}

/* ---- descriptions ---- */

struct description {
    int64_t recorder_id;
    char maker[64], model[64], firmware[64], version[8];
};

static enum hx_err store_description(struct tx *tx, void *arg)
{
    struct description *d = arg;
    enum hx_err e = db_exec(tx->db, SQL_RECORDER_DESCRIBED, "zzzzi", d->maker, d->model, d->firmware, d->version, d->recorder_id);
    return e ? e : journal_tell(tx, SQL_RECORDER_GET, d->recorder_id, "recorder.described");
}

static void on_described(struct recorder *r, const char *maker, const char *model, const char *firmware, const char *version, void *arg)
{
    (void)arg;
    struct description *d = calloc(1, sizeof *d);
    HX_ASSERT(d != NULL);
    d->recorder_id = r->id;
    str_to_utf8_z(str_of(maker), d->maker, sizeof d->maker);
    str_to_utf8_z(str_of(model), d->model, sizeof d->model);
    str_to_utf8_z(str_of(firmware), d->firmware, sizeof d->firmware);
    str_to_utf8_z(str_of(version), d->version, sizeof d->version);
    submit(store_description, d);
}

/* ---- catalogs ---- */

struct catalog {
    int64_t recorder_id, school_id;
    int said;
    bool rides; /* along in a vehicle with pupils: it is not heard until somebody says so */
    size_t n;
    struct recorder_addresses *addresses; /* of those that are fetched, in their order; behind the channels */
    struct recorder_channel channels[];
};

struct known {
    int64_t id;
    char code[RECORDER_CODE_MAX], name[RECORDER_NAME_MAX], state[8], main_url[RECORDER_URL_MAX], sub_url[RECORDER_URL_MAX], still_url[RECORDER_URL_MAX];
    int ptz;
    bool seen;
};

static enum hx_err read_known(struct tx *tx, int64_t recorder, struct known **out, size_t *n)
{
    size_t room = 0;
    *out = NULL;
    *n = 0;
    struct rows r = db_query(tx->db, SQL_CAMERA_OF_RECORDER, "i", recorder);
    while (rows_next(&r)) {
        if (*n == room) {
            room = room ? 2 * room : 32;
            *out = realloc(*out, room * sizeof **out);
            HX_ASSERT(*out != NULL);
        }
        struct known *k = &(*out)[(*n)++];
        *k = (struct known){.id = rows_i64(&r, 0), .ptz = (int)rows_i64(&r, 4)};
        str_to_z(rows_str(&r, 1), k->code, sizeof k->code);
        str_to_utf8_z(rows_str(&r, 2), k->name, sizeof k->name);
        str_to_z(rows_str(&r, 3), k->state, sizeof k->state);
        str_to_z(rows_str(&r, 5), k->main_url, sizeof k->main_url);
        str_to_z(rows_str(&r, 6), k->sub_url, sizeof k->sub_url);
        str_to_z(rows_str(&r, 7), k->still_url, sizeof k->still_url);
    }
    rows_end(&r);
    return r.err;
}

static enum hx_err store_channel(struct tx *tx, const struct catalog *c, const struct recorder_channel *ch, struct known *k)
{
    static const struct recorder_addresses none;
    const struct recorder_addresses *at = ch->addresses != NULL ? ch->addresses : &none;
    int ptz = ch->ptz == 1 || ch->ptz == 2 || ch->ptz == 4 || ch->ptz == 5;
    if (k == NULL) {
        int64_t id = journal_next(tx);
        enum hx_err e = db_exec(tx->db, SQL_CAMERA_ADD, "iiizznffiiiiiizizzzi", id, c->recorder_id, c->school_id, ch->code, ch->name, ch->lon, ch->lat, (int64_t)-1, (int64_t)(ch->angle_deg > 0 ? ch->angle_deg : 90), (int64_t)60, (int64_t)ptz,
                                (int64_t)0, (int64_t)0, ch->on ? "on" : "off", (int64_t)0, at->main, at->sub, at->still, (int64_t)!c->rides);
        return e ? e : journal_tell(tx, SQL_CAMERA_GET, id, "camera.added");
    }
    k->seen = true;
    bool moved = strcmp(k->main_url, at->main) != 0 || strcmp(k->sub_url, at->sub) != 0 || strcmp(k->still_url, at->still) != 0;
    if (!moved && strcmp(k->name, ch->name) == 0 && strcmp(k->state, ch->on ? "on" : "off") == 0 && k->ptz == ptz) return HX_OK;
    enum hx_err e = db_exec(tx->db, SQL_CAMERA_SEEN, "zziffzzzi", ch->name, ch->on ? "on" : "off", (int64_t)ptz, ch->lon, ch->lat, at->main, at->sub, at->still, k->id);
    return e ? e : journal_tell(tx, SQL_CAMERA_GET, k->id, "camera.changed");
}

static enum hx_err store_catalog(struct tx *tx, void *arg)
{
    struct catalog *c = arg;
    struct known *known;
    size_t n;
    enum hx_err e = read_known(tx, c->recorder_id, &known, &n);
    for (size_t i = 0; !e && i < c->n; i++) {
        struct known *k = NULL;
        for (size_t m = 0; m < n && k == NULL; m++)
            if (strcmp(known[m].code, c->channels[i].code) == 0) k = &known[m];
        if (c->channels[i].is_camera) e = store_channel(tx, c, &c->channels[i], k);
    }
    /* Only a whole catalog says that a camera is gone. */
    for (size_t m = 0; !e && c->n >= (size_t)c->said && m < n; m++) {
        if (known[m].seen || strcmp(known[m].state, "gone") == 0) continue;
        e = db_exec(tx->db, SQL_CAMERA_GONE, "i", known[m].id);
        if (!e) e = journal_tell(tx, SQL_CAMERA_GET, known[m].id, "camera.gone");
    }
    free(known);
    if (!e) e = db_exec(tx->db, SQL_RECORDER_CATALOG, "iiii", (int64_t)c->said, (int64_t)c->n, tx->now_ms, c->recorder_id);
    return e ? e : journal_tell(tx, SQL_RECORDER_GET, c->recorder_id, "recorder.catalog");
}

static void on_catalog(struct recorder *r, const struct recorder_channel *channels, size_t n, int said, void *arg)
{
    (void)arg;
    bool fetched = n > 0 && channels[0].addresses != NULL;
    struct catalog *c = malloc(sizeof *c + n * sizeof *channels + (fetched ? n * sizeof *c->addresses : 0));
    HX_ASSERT(c != NULL);
    *c = (struct catalog){.recorder_id = r->id, .school_id = r->school_id, .said = said, .rides = r->kind == RECORDER_JT1078, .n = n, .addresses = fetched ? (void *)&c->channels[n] : NULL};
    memcpy(c->channels, channels, n * sizeof *channels);
    for (size_t i = 0; fetched && i < n; i++) {
        c->addresses[i] = *channels[i].addresses;
        c->channels[i].addresses = &c->addresses[i];
    }
    submit(store_catalog, c);
}

/* ---- small facts ---- */

struct fact {
    int64_t id;
    char text[32];
};

static void submit_fact(tx_fn run, int64_t id, const char *text)
{
    struct fact *f = calloc(1, sizeof *f);
    HX_ASSERT(f != NULL);
    f->id = id;
    snprintf(f->text, sizeof f->text, "%s", text);
    submit(run, f);
}

static enum hx_err store_way(struct tx *tx, void *arg)
{
    struct fact *f = arg;
    return db_exec(tx->db, SQL_RECORDER_WAY, "zi", f->text, f->id);
}

void camera_book_way(int64_t recorder_id, const char *way)
{
    submit_fact(store_way, recorder_id, way);
}

static enum hx_err store_fault(struct tx *tx, void *arg)
{
    struct fact *f = arg;
    return db_exec(tx->db, SQL_CAMERA_FAULT, "zIi", f->text, f->text[0] != 0 ? tx->now_ms : 0, f->id);
}

void camera_book_fault(int64_t camera_id, const char *cause)
{
    submit_fact(store_fault, camera_id, cause);
}

/* ---- clips ---- */

#define CLIP_WHOLE_PERCENT 70 /* an alarm's clip of a camera that had to be opened first lacks its ten seconds before, of sixty */

/* How much of what was asked for is there: a stretch may have gaps, and a recorder may hang up before the end. */
static bool is_short(const json_t *manifest, const json_t *asked)
{
    size_t i;
    const json_t *piece;
    int64_t covered = 0, from = 0, to = 0;
    json_array_foreach(json_object_get(manifest, "chain"), i, piece) covered += json_i64(piece, "to", 0) - json_i64(piece, "from", 0);
    return clock_parse(str_of(json_z(asked, "from_at", "")), &from) && clock_parse(str_of(json_z(asked, "to_at", "")), &to) && covered * 100 < (to - from) * CLIP_WHOLE_PERCENT;
}

static enum hx_err store_clip(struct tx *tx, void *arg)
{
    const json_t *ev = arg, *manifest = json_object_get(ev, "manifest");
    bool ok = json_flag(ev, "ok", false);
    int64_t id = json_i64(ev, "clip", 0);
    json_t *record = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_CLIP_GET, &record, "i", id);
    if (e) return e == HX_E_NOT_FOUND ? HX_OK : e;
    char *text = json_text(manifest);
    e = db_exec(tx->db, SQL_CLIP_MADE, "zzizzi", ok ? "ready" : "failed", ok && is_short(manifest, record) ? "SHORT" : json_z(ev, "error", ""), json_i64(manifest, "bytes", 0), json_z(manifest, "sha256", ""), ok ? text : "{}", id);
    free(text);
    json_decref(record);
    if (e || db_changes(tx->db) == 0) return e;
    e = db_one_json(tx->db, SQL_CLIP_GET, &record, "i", id);
    int64_t incident = json_i64(record, "incident_id", 0);
    return e ? e : journal_add(tx, ok ? "clip.ready" : "clip.failed", json_i64(record, "school_id", 0), incident != 0 ? incident : id, record);
}

static void clip_stored(enum hx_err e, const char *detail, void *arg)
{
    if (e) log_error("camera.clip", "error=%s detail=\"%s\"", err_name(e), detail);
    json_decref(arg);
}

void camera_book_clip(const json_t *event)
{
    json_t *copy = json_deep_copy(event);
    if (the_app->writer == NULL || writer_submit(the_app->writer, LANE_NORMAL, store_clip, clip_stored, copy) != HX_OK) json_decref(copy);
}

struct alarm_clips {
    int64_t incident_id, school_id, opened_at;
    size_t n;
    int64_t cameras[8];
    bool before[8];
};

#define CLIP_BEFORE_MS 10000
#define CLIP_AFTER_MS 50000
#define BEFORE_FROM_MS 15000  /* of the recorder's own recording */
#define BEFORE_TO_MS 5000
#define BEFORE_WAIT_MS 25000  /* until it has written them */

static enum hx_err ask_before(struct tx *tx, const struct alarm_clips *a, int64_t camera)
{
    json_t *j = json_pack("{s:I,s:I,s:I,s:I}", "camera", (json_int_t)camera, "school", (json_int_t)a->school_id, "incident", (json_int_t)a->incident_id, "opened", (json_int_t)a->opened_at);
    char *data = json_text(j);
    enum hx_err e = timer_set(tx, "camera.before", a->incident_id, camera, a->opened_at + BEFORE_WAIT_MS, data);
    free(data);
    json_decref(j);
    return e;
}

static enum hx_err on_before(struct tx *tx, const struct timer_row *row)
{
    json_t *j = NULL;
    char why[160];
    int64_t id;
    enum hx_err e = json_parse(str_of(row->data), &j, why, sizeof why);
    int64_t opened = json_i64(j, "opened", 0);
    struct clip_new n = {.camera_id = json_i64(j, "camera", 0), .school_id = json_i64(j, "school", 0), .incident_id = json_i64(j, "incident", 0), .from = opened - BEFORE_FROM_MS, .to = opened + BEFORE_TO_MS, .reason = "before"};
    json_decref(j);
    return e ? e : clip_ask(tx, &n, &id);
}

const struct timer_kind camera_timers[] = {{.kind = "camera.before", .fire = on_before}, {0}};

static enum hx_err ask_alarm_clips(struct tx *tx, void *arg)
{
    struct alarm_clips *a = arg;
    enum hx_err e = HX_OK;
    for (size_t i = 0; !e && i < a->n; i++) {
        int64_t id;
        struct clip_new n = {.camera_id = a->cameras[i], .school_id = a->school_id, .incident_id = a->incident_id, .from = a->opened_at - CLIP_BEFORE_MS, .to = a->opened_at + CLIP_AFTER_MS, .reason = "alarm"};
        e = clip_ask(tx, &n, &id);
        if (!e && a->before[i]) e = ask_before(tx, a, a->cameras[i]);
    }
    return e;
}

void camera_book_alarm_clips(int64_t incident_id, int64_t school_id, int64_t opened_at, const int64_t *cameras, const bool *before, size_t n)
{
    struct alarm_clips *a = calloc(1, sizeof *a);
    HX_ASSERT(a != NULL);
    *a = (struct alarm_clips){.incident_id = incident_id, .school_id = school_id, .opened_at = opened_at, .n = n < 8 ? n : 8};
    memcpy(a->cameras, cameras, a->n * sizeof *cameras);
    memcpy(a->before, before, a->n * sizeof *before);
    submit(ask_alarm_clips, a);
}

/* ---- the registry ---- */

static void set_recorder(const struct rows *r)
{
    struct recorder *x = recorder_find(rows_str(r, 2));
    if (x == NULL) {
        x = calloc(1, sizeof *x);
        HX_ASSERT(x != NULL);
        str_to_z(rows_str(r, 2), x->code, sizeof x->code);
        x->way = recorder_way_of(rows_z(r, 6));
        if (!recorder_comes(recorder_kind_of(rows_z(r, 8)))) { /* what is known of one that we go to is no news again */
            x->up = str_eq(rows_str(r, 7), STR("up"));
            x->heard_at = str_eq(rows_str(r, 7), STR("unknown")) ? 0 : 1;
        }
        map_put(&recorders_all()->by_code, str_of(x->code), x);
        recorder_forget_unknown(x->code);
    }
    x->id = rows_i64(r, 0);
    x->school_id = rows_i64(r, 1);
    str_to_utf8_z(rows_str(r, 3), x->name, sizeof x->name);
    x->password[0] = 0;
    if (!rows_null(r, 4)) {
        size_t n = 0;
        if (seal_break(&the_app->panels->seal, rows_blob(r, 4), (uint8_t *)x->password, sizeof x->password - 1, &n)) log_error("recorder.password", "code=%s reason=\"the sealed password does not open with keys/seal.key\"", x->code);
        x->password[n] = 0;
    }
    x->disabled = !str_eq(rows_str(r, 5), STR("active"));
    x->kind = recorder_kind_of(rows_z(r, 8));
    str_to_z(rows_str(r, 9), x->address, sizeof x->address);
    str_to_utf8_z(rows_str(r, 10), x->login, sizeof x->login);
}

static enum hx_err load(struct tx *tx, void *arg)
{
    (void)arg;
    enum hx_err e = db_exec(tx->db, SQL_RECORDER_VEHICLES_UNKNOWN, ""); /* each says it is there when it connects */
    struct rows r = db_query(tx->db, SQL_RECORDER_ALL, "");
    while (rows_next(&r)) set_recorder(&r);
    rows_end(&r);
    return e ? e : r.err;
}

static void heard(const struct event *event, void *arg)
{
    (void)arg;
    if (strcmp(event->type, "recorder.added") != 0 && strcmp(event->type, "recorder.changed") != 0) return;
    struct rows r = db_query(the_app->panels->db, SQL_RECORDER_ALL, "");
    while (rows_next(&r))
        if (rows_i64(&r, 0) == event->subject_id) set_recorder(&r);
    rows_end(&r);
    camera_live_retry(event->subject_id); /* another password, another address */
}

void camera_book_start(struct hx_app *app)
{
    the_app = app;
    struct recorders *all = recorders_all();
    all->line = on_line;
    all->described = on_described;
    all->catalog = on_catalog;
    if (writer_call(app->writer, load, NULL, NULL, 0) != HX_OK) log_error("recorder.load", "reason=\"the recorders could not be read\"");
    journal_listen(app->journal, heard, NULL);
}
