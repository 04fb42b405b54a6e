/* Who looks through a camera, or speaks through it, and why; and the tickets with which a browser goes to a media node. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "camera.h"
#include "camera_inner.h"
#include "io/ticket.h"

#define TICKET_MS 60000
#define PLAYBACK_MAX_MS (60 * 60000LL)

/* The incident's own cameras need no other reason, but those that look into rooms with pupils do. */
static enum hx_err check_reason(struct call *c, const json_t *camera, int64_t incident, const char *reason)
{
    if (strcmp(reason, "incident") != 0) return json_z(c->body, "note", "")[0] != 0 ? HX_OK : call_fail(c, HX_E_INVALID, "note: say why you look; the school can read it");
    struct rows r = db_query(c->db, SQL_CAMERA_AIM, "i", incident);
    bool there = rows_next(&r);
    int64_t school = there ? rows_i64(&r, 0) : 0;
    rows_end(&r);
    if (!there) return call_fail(c, HX_E_INVALID, "incident_id: which incident?");
    if (school != json_i64(camera, "school_id", 0)) return call_fail(c, HX_E_INVALID, "incident_id: this incident is at another school; choose another reason");
    if (json_flag(camera, "inside", false) && json_z(c->body, "note", "")[0] == 0) return call_fail(c, HX_E_INVALID, "note: this camera looks into a room with pupils; say why you look");
    return HX_OK;
}

enum hx_err look_ticket(struct call *c, const char *what, const char *subject, const char *node, const char *path, struct ticket *t, json_t **reply)
{
    char text[TICKET_TEXT_MAX], full[CAMERA_URL_MAX], watermark[160], stamp[CLOCK_TEXT_MAX];
    if (node[0] == 0) return call_fail(c, HX_E_BUSY, "no media node answers: is huxue-media running, and is its address in --media?");
    *t = (struct ticket){.person_id = c->who.id, .expires_at = c->tx->now_ms + TICKET_MS};
    snprintf(t->what, sizeof t->what, "%s", what);
    snprintf(t->subject, sizeof t->subject, "%s", subject);
    ticket_make(camera_live_key(), t, text);
    bool socket = strcmp(what, "clip") != 0;
    snprintf(full, sizeof full, "%s%s/%s?ticket=%s", socket ? "ws" : "http", node + 4, path, text); /* http://… → ws://… */
    clock_format(c->tx->now_ms, stamp);
    snprintf(watermark, sizeof watermark, "%s %s", c->who.full_name[0] != 0 ? c->who.full_name : c->who.name, t->nonce);
    *reply = json_pack("{s:s,s:s}", "url", full, "watermark", watermark);
    json_put_time(*reply, "expires_at", t->expires_at);
    return HX_OK;
}

static enum hx_err url_only(enum hx_err e, json_t *made, char url[CAMERA_URL_MAX])
{
    if (!e) snprintf(url, CAMERA_URL_MAX, "%s", json_z(made, "url", ""));
    json_decref(made);
    return e;
}

enum hx_err camera_ticket(struct call *c, int64_t camera, char url[CAMERA_URL_MAX])
{
    struct ticket t;
    char stream[32], node[128];
    json_t *made = NULL;
    snprintf(stream, sizeof stream, "c%lld", (long long)camera);
    enum hx_err e = look_ticket(c, "live", stream, camera_live_url(camera, node), "live", &t, &made);
    return url_only(e, made, url);
}

enum hx_err camera_stream_ticket(struct call *c, const char *what, const char *path, const char *stream, int64_t key, char url[CAMERA_URL_MAX])
{
    struct ticket t;
    char node[128];
    json_t *made = NULL;
    enum hx_err e = look_ticket(c, what, stream, camera_live_any_url(key, node), path, &t, &made);
    return url_only(e, made, url);
}

enum hx_err camera_look_add(struct tx *tx, const struct camera_look *l)
{
    json_t *record = NULL;
    enum hx_err e = db_exec(tx->db, SQL_VIEW_ADD, "iiiIIzzziIzi", l->id, l->camera_id, l->school_id, l->person_id, l->incident_id, l->reason, l->note, l->nonce, tx->now_ms, l->upper_id, l->upper_name != NULL ? l->upper_name : "", (int64_t)l->talk);
    if (!e) e = db_one_json(tx->db, SQL_VIEW_GET, &record, "i", l->id);
    if (e) return e;
    if (l->from != 0) json_put_time(record, "playback_from", l->from), json_put_time(record, "playback_to", l->to);
    if (l->close_up) json_object_set_new(record, "close_up", json_true());
    return journal_add(tx, "view.opened", l->school_id, l->incident_id != 0 ? l->incident_id : l->id, record);
}

enum hx_err camera_look_end(struct tx *tx, int64_t view)
{
    char nonce[20] = "";
    int64_t camera = 0, school = 0;
    struct rows r = db_query(tx->db, SQL_VIEW_NONCE, "i", view);
    if (rows_next(&r)) str_to_z(rows_str(&r, 0), nonce, sizeof nonce), camera = rows_i64(&r, 1), school = rows_i64(&r, 3);
    rows_end(&r);
    enum hx_err e = db_exec(tx->db, SQL_VIEW_END, "ii", tx->now_ms, view);
    if (e || db_changes(tx->db) == 0) return e;
    return journal_add(tx, "view.ended", school, view, json_pack("{s:I,s:I,s:s}", "id", (json_int_t)view, "camera_id", (json_int_t)camera, "nonce", nonce));
}

enum hx_err camera_look_open(struct call *c, const struct camera_look *look)
{
    json_t *reply = NULL;
    struct ticket t;
    char stream[32], node[128];
    struct camera_look l = *look;
    l.id = journal_next(c->tx);
    l.person_id = c->who.id;
    bool own = l.from != 0 || l.talk; /* a stream of this look alone */
    snprintf(stream, sizeof stream, "%c%lld", l.talk ? 't' : l.from != 0 ? 'p' : l.close_up ? 'h' : 'c', (long long)(own ? l.id : l.camera_id));
    enum hx_err e = look_ticket(c, l.talk ? "talk" : "live", stream, camera_live_url(l.camera_id, node), l.talk ? "talk" : "live", &t, &reply);
    l.nonce = t.nonce;
    if (!e) e = camera_look_add(c->tx, &l);
    if (e) return json_decref(reply), e;
    json_object_set_new(reply, "view_id", json_integer(l.id));
    c->status = 201;
    return call_reply(c, reply);
}

/* from 0: live, else what was kept of that time. */
static enum hx_err open_view(struct call *c, enum perm perm, int64_t from, int64_t to)
{
    json_t *camera;
    int64_t id = call_id(c, 0), incident = json_i64(c->body, "incident_id", 0);
    const char *reason = json_z(c->body, "reason", incident != 0 ? "incident" : "");
    enum hx_err e = call_read(c, SQL_CAMERA_GET, perm, &camera);
    if (e) return e;
    if (reason[0] == 0) e = call_fail(c, HX_E_INVALID, "reason: incident, drill, patrol, maintenance, search or order");
    if (!e) e = check_reason(c, camera, incident, reason);
    bool talk = perm == PERM_CAMERA_TALK;
    if (!e && talk && !recorder_can_talk(recorder_kind_of(json_z(camera, "kind", "")))) e = call_fail(c, HX_E_ILLEGAL, "this camera takes no voice: its recorder must register by GB/T 28181");
    const struct camera_look l = {.camera_id = id, .school_id = json_i64(camera, "school_id", 0), .incident_id = incident, .reason = reason, .note = json_z(c->body, "note", ""), .from = from, .to = to,
                                  .close_up = from == 0 && json_flag(c->body, "close_up", false) && camera_live_has_close_up(id), .talk = talk};
    if (!e) e = camera_look_open(c, &l);
    json_decref(camera);
    return e;
}

static enum hx_err camera_open(struct call *c)
{
    return open_view(c, PERM_CAMERA_VIEW, 0, 0);
}

static enum hx_err camera_talk(struct call *c)
{
    return open_view(c, PERM_CAMERA_TALK, 0, 0);
}

static enum hx_err camera_playback(struct call *c)
{
    int64_t from, to;
    if (!clock_parse(str_of(json_z(c->body, "from", "")), &from) || !clock_parse(str_of(json_z(c->body, "to", "")), &to) || from <= 0 || to <= from || to - from > PLAYBACK_MAX_MS || to > c->tx->now_ms)
        return call_fail(c, HX_E_INVALID, "from, to: want two past times in order, at most an hour apart");
    return open_view(c, PERM_CAMERA_VIEW, from, to);
}

static enum hx_err view_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_VIEW_LIST, "iiiiii", call_query_i64(c, "before", INT64_MAX), call_query_i64(c, "school", 0), call_query_i64(c, "person", 0), call_sees_all(c), c->who.id, call_limit(c, 100, 1000)));
}

/* Whose look it is, and at which school; false when there is none. */
static bool view_of(struct call *c, int64_t id, int64_t *person, int64_t *school)
{
    struct rows r = db_query(c->db, SQL_VIEW_NONCE, "i", id);
    bool there = rows_next(&r);
    *person = there ? rows_i64(&r, 2) : 0;
    *school = there ? rows_i64(&r, 3) : 0;
    rows_end(&r);
    return there;
}

/* Ends a view: its viewer is cut within a second. One's own, or by who may write cameras. */
static enum hx_err view_end(struct call *c)
{
    int64_t id = call_id(c, 0), person, school;
    if (!view_of(c, id, &person, &school)) return HX_E_NOT_FOUND;
    enum hx_err e = person == c->who.id ? HX_OK : call_check_school(c, PERM_CAMERA_WRITE, school);
    if (!e) e = camera_look_end(c->tx, id);
    return e ? e : call_reply_one(c, SQL_VIEW_GET, id);
}

enum hx_err camera_pace_call(struct call *c, int64_t view)
{
    struct recorder_pace p = {.percent = (int)json_i64(c->body, "percent", 100), .seek_s = json_i64(c->body, "seek_s", -1)};
    if (p.percent != 0 && p.percent < RECORDER_PACE_MIN) return call_fail(c, HX_E_INVALID, "percent: want 0, or an eighth of the speed up to eight times");
    camera_pace_later(view, &p);
    return call_reply(c, json_object());
}

static enum hx_err view_pace(struct call *c)
{
    int64_t id = call_id(c, 0), person, school;
    return view_of(c, id, &person, &school) && person == c->who.id ? camera_pace_call(c, id) : HX_E_NOT_FOUND;
}

static const struct hx_route look_routes[] = {
    {HX_POST, "/v1/cameras/{id}/open", "cameraOpen", PERM_CAMERA_VIEW, camera_open, NULL},
    {HX_POST, "/v1/cameras/{id}/playback", "cameraPlayback", PERM_CAMERA_VIEW, camera_playback, NULL},
    {HX_POST, "/v1/cameras/{id}/talk", "cameraTalk", PERM_CAMERA_TALK, camera_talk, NULL},
    {HX_GET, "/v1/views", "viewList", PERM_CAMERA_READ, view_list, NULL},
    {HX_POST, "/v1/views/{id}/end", "viewEnd", PERM_CAMERA_VIEW, view_end, NULL},
    {HX_POST, "/v1/views/{id}/pace", "viewPace", PERM_CAMERA_VIEW, view_pace, NULL},
};
const struct hx_module look_module = {.name = "look", .routes = look_routes, .route_count = HX_COUNT(look_routes)};
