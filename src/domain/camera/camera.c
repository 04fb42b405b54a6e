#include "camera.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/url.h"
#include "camera_inner.h"
#include "io/ticket.h"

#define CLIP_MAX_MS (30 * 60000LL)
#define CLIP_BACK_MS (90 * CLOCK_DAY_MS)

static struct seal the_seal;
static struct loop *the_loop;

/* ---- recorders ---- */

static bool is_address(const char *z) /* host or host:port; a scheme or a path would go elsewhere */
{
    return z[0] != 0 && strspn(z, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") == strlen(z);
}

enum hx_err recorder_make(struct tx *tx, const struct seal *seal, const json_t *b, int64_t demo, int64_t *id)
{
    uint8_t sealed[128];
    char made[RECORDER_CODE_MAX];
    size_t n = 0;
    const char *kind = json_z(b, "kind", "gb28181"), *code = json_z(b, "code", ""), *password = json_z(b, "password", NULL), *address = json_z(b, "address", ""), *login = json_z(b, "login", "");
    enum recorder_kind k = recorder_kind_of(kind);
    int64_t vehicle = json_i64(b, "vehicle_id", 0);
    if (k == RECORDER_GB28181 && !recorder_is_code(code)) return tx_fail(tx, HX_E_INVALID, "code: want the 20 digits of GB/T 28181");
    if (k == RECORDER_ONVIF && !is_address(address)) return tx_fail(tx, HX_E_INVALID, "address: want host or host:port of its ONVIF service");
    *id = journal_next(tx);
    if (!recorder_comes(k)) snprintf(made, sizeof made, "N%lld", (long long)*id), code = made; /* one that we go to has no number of its own */
    const char *way = recorder_way_name(k == RECORDER_GB28181 ? WAY_UDP : k == RECORDER_JT1078 ? WAY_TCP_PASSIVE : WAY_TCP_ACTIVE);
    if (password != NULL) n = seal_close_over(seal, password, strlen(password), sealed);
    enum hx_err e = password != NULL ? db_exec(tx->db, SQL_RECORDER_ADD, "iizzzzzbziI", *id, json_i64(b, "school_id", 0), kind, code, address, login, json_z(b, "name", ""), (const void *)sealed, n, way, demo, vehicle)
                                     : db_exec(tx->db, SQL_RECORDER_ADD, "iizzzzznziI", *id, json_i64(b, "school_id", 0), kind, code, address, login, json_z(b, "name", ""), way, demo, vehicle);
    return e ? e : journal_tell(tx, SQL_RECORDER_GET, *id, "recorder.added");
}

static enum hx_err recorder_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_RECORDER_LIST, "iiziii", call_query_i64(c, "after", 0), call_query_i64(c, "school", 0), call_query_z(c, "line", ""), call_sees_all(c), c->who.id, call_limit(c, 500, 5000)));
}

static enum hx_err recorder_get(struct call *c)
{
    json_t *record;
    enum hx_err e = call_read(c, SQL_RECORDER_GET, PERM_CAMERA_READ, &record);
    return e ? e : call_reply(c, record);
}

static enum hx_err recorder_post(struct call *c)
{
    int64_t id;
    enum hx_err e = call_check_school(c, PERM_CAMERA_WRITE, json_i64(c->body, "school_id", 0));
    if (!e) e = recorder_make(c->tx, &the_seal, c->body, 0, &id);
    if (e == HX_E_CONFLICT) call_fail(c, e, "a recorder with this code is entered already");
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_RECORDER_GET, id);
}

static enum hx_err recorder_patch(struct call *c)
{
    json_t *record;
    int64_t id = call_id(c, 0), school = json_i64(c->body, "school_id", 0);
    uint8_t sealed[128];
    size_t n = 0;
    const char *password = json_z(c->body, "password", NULL), *address = json_z(c->body, "address", NULL);
    enum hx_err e = call_read(c, SQL_RECORDER_GET, PERM_CAMERA_WRITE, &record);
    bool elsewhere = !e && address != NULL && password == NULL && json_flag(record, "own_password", false) && !url_same_host(address, json_z(record, "address", ""));
    if (!e) e = call_check_version(c, record);
    if (!e && elsewhere) e = call_fail(c, HX_E_INVALID, "password: the address is another host: give its password anew");
    if (!e && school != 0) e = call_check_school(c, PERM_CAMERA_WRITE, school);
    if (!e && address != NULL && !is_address(address)) e = call_fail(c, HX_E_INVALID, "address: want host or host:port of its ONVIF service");
    if (!e) e = db_exec(c->db, SQL_RECORDER_SET, "zzIzzi", json_z(c->body, "name", NULL), json_z(c->body, "state", NULL), school, address, json_z(c->body, "login", NULL), id);
    if (!e && school != 0) e = db_exec(c->db, SQL_CAMERA_SCHOOL, "ii", school, id);
    if (password != NULL) n = seal_close_over(&the_seal, password, strlen(password), sealed);
    if (!e && password != NULL) e = db_exec(c->db, SQL_RECORDER_PASSWORD, "bi", (const void *)sealed, n, id);
    if (!e) e = journal_tell(c->tx, SQL_RECORDER_GET, id, "recorder.changed");
    return e ? e : call_reply_one(c, SQL_RECORDER_GET, id);
}

static enum hx_err recorder_catalog(struct call *c)
{
    json_t *record;
    enum hx_err e = call_read(c, SQL_RECORDER_GET, PERM_CAMERA_WRITE, &record);
    if (e) return e;
    bool up = strcmp(json_z(record, "line", ""), "up") == 0;
    enum recorder_kind kind = recorder_kind_of(json_z(record, "kind", ""));
    json_decref(record);
    if (kind == RECORDER_RTSP) return call_fail(c, HX_E_ILLEGAL, "this one tells nothing of itself: enter its cameras by their RTSP addresses");
    if (!up && kind == RECORDER_GB28181) return call_fail(c, HX_E_ILLEGAL, "the recorder is not registered now: check its SIP server address, code and password");
    if (kind == RECORDER_JT1078) return call_fail(c, HX_E_ILLEGAL, "a vehicle's terminal says what it has whenever it connects");
    camera_live_ask_catalog(call_id(c, 0));
    return call_reply_one(c, SQL_RECORDER_GET, call_id(c, 0));
}

static enum hx_err recorder_days(struct call *c)
{
    json_t *record;
    enum hx_err e = call_read(c, SQL_RECORDER_GET, PERM_CAMERA_WRITE, &record);
    if (e) return e;
    bool up = strcmp(json_z(record, "line", ""), "up") == 0;
    json_decref(record);
    if (!up) return call_fail(c, HX_E_ILLEGAL, "the recorder is not registered now: check its SIP server address, code and password");
    camera_days_count(call_id(c, 0));
    c->status = 202;
    return call_reply(c, json_object());
}

static enum hx_err recorder_unknown(struct call *c)
{
    return call_list(c, camera_live_unknown());
}

/* ---- a search ---- */

static void search_now(void *arg)
{
    if (!recorder_search(arg)) log_info("recorder.search", "to=%s reason=\"one runs, or no network takes it\"", (const char *)arg);
    free(arg);
}

static enum hx_err recorder_look(struct call *c)
{
    const char *to = json_z(c->body, "to", "");
    enum hx_err e = call_check_school(c, PERM_CAMERA_WRITE, 0);
    if (!e && to[0] != 0 && !is_address(to)) e = call_fail(c, HX_E_INVALID, "to: want host or host:port, or nothing for all networks");
    if (e) return e;
    loop_post(the_loop, search_now, str_dup(str_of(to)));
    c->status = 202;
    return call_reply(c, json_object());
}

static enum hx_err recorder_found(struct call *c)
{
    static _Thread_local struct recorder_found all[RECORDERS_FOUND];
    bool searching;
    json_t *items = json_array();
    enum hx_err e = call_check_school(c, PERM_CAMERA_WRITE, 0);
    size_t n = recorder_found_copy(all, RECORDERS_FOUND, &searching);
    for (size_t i = 0; !e && i < n; i++) {
        int64_t known = 0;
        e = db_one_i64(c->db, SQL_RECORDER_AT, &known, "z", all[i].address);
        json_array_append_new(items, json_pack("{s:s,s:s,s:s,s:b}", "address", all[i].address, "name", all[i].name, "hardware", all[i].hardware, "entered", known > 0));
    }
    if (e) return json_decref(items), e;
    e = call_list(c, items);
    json_object_set_new(c->reply, "searching", json_boolean(searching));
    return e;
}

/* ---- cameras ---- */

enum hx_err camera_make(struct tx *tx, const json_t *b, int64_t demo, int64_t *id)
{
    char made[RECORDER_CODE_MAX];
    *id = journal_next(tx);
    snprintf(made, sizeof made, "c%lld", (long long)*id);
    enum hx_err e = db_exec(tx->db, SQL_CAMERA_ADD, "iiizzIffiiiiiizizzzi", *id, json_i64(b, "recorder_id", 0), json_i64(b, "school_id", 0), json_z(b, "code", made), json_z(b, "name", ""), json_i64(b, "place_id", 0), json_f64(b, "lon", 0), json_f64(b, "lat", 0),
                            json_i64(b, "direction_deg", -1), json_i64(b, "angle_deg", 90), json_i64(b, "range_m", 60), (int64_t)json_flag(b, "ptz", false), (int64_t)json_flag(b, "flagged", false), (int64_t)json_flag(b, "inside", false), json_z(b, "state", "off"), demo,
                            json_z(b, "main_url", ""), json_z(b, "sub_url", ""), json_z(b, "still_url", ""), (int64_t)json_flag(b, "sound", !json_flag(b, "inside", false)));
    return e ? e : journal_tell(tx, SQL_CAMERA_GET, *id, "camera.added");
}

/* An address of the body becomes one without name and password; these become the recorder's. */
static enum hx_err take_url(struct call *c, json_t *into, const char *name, const char *schemes, struct url *secret)
{
    struct url s;
    const char *text = json_z(c->body, name, NULL);
    if (text == NULL) return HX_OK;
    if (text[0] != 0 && url_read(str_of(text), schemes, &s) != HX_OK) return call_fail(c, HX_E_INVALID, "%s: want an address like %s://10.1.2.3:554/path", name, strncmp(schemes, "rtsp", 4) == 0 ? "rtsp" : "http");
    if (text[0] != 0 && s.login[0] != 0) *secret = s;
    json_put_z(into, name, text[0] != 0 ? s.url : "");
    return HX_OK;
}

/* A password that is kept must not be led to another host by who cannot read it: with a new host it is given anew. */
static enum hx_err check_host(struct call *c, const json_t *urls, int64_t recorder)
{
    static const char *const others[] = {"sub_url", "still_url"};
    const char *main = json_z(urls, "main_url", "");
    int64_t own = 0;
    bool known = false, any = false;
    for (size_t i = 0; i < HX_COUNT(others); i++)
        if (json_z(urls, others[i], "")[0] != 0 && !url_same_host(main, json_z(urls, others[i], ""))) return call_fail(c, HX_E_INVALID, "%s: want the host of main_url", others[i]);
    enum hx_err e = db_one_i64(c->db, SQL_RECORDER_OWN_PASSWORD, &own, "i", recorder);
    if (e || own == 0) return e;
    struct rows r = db_query(c->db, SQL_CAMERA_HOSTS, "i", recorder);
    while (rows_next(&r)) any = true, known = known || url_same_host(main, rows_z(&r, 0));
    rows_end(&r);
    return !any || known ? HX_OK : call_fail(c, HX_E_INVALID, "main_url: this is another host than before: write user and password into the address, rtsp://user:password@host/…");
}

static enum hx_err take_urls(struct call *c, json_t *into, int64_t recorder)
{
    struct url secret = {0};
    uint8_t sealed[128];
    enum hx_err e = take_url(c, into, "main_url", "rtsp rtsps", &secret);
    if (!e) e = take_url(c, into, "sub_url", "rtsp rtsps", &secret);
    if (!e) e = take_url(c, into, "still_url", "http https", &secret);
    if (!e && secret.login[0] == 0) return check_host(c, into, recorder);
    if (e) return e;
    e = db_exec(c->db, SQL_RECORDER_SET, "nnnnzi", secret.login, recorder);
    if (!e) e = db_exec(c->db, SQL_RECORDER_PASSWORD, "bi", (const void *)sealed, seal_close_over(&the_seal, secret.password, strlen(secret.password), sealed), recorder);
    return e ? e : journal_tell(c->tx, SQL_RECORDER_GET, recorder, "recorder.changed");
}

static json_t *describe_all(json_t *items)
{
    size_t i;
    json_t *j;
    json_array_foreach(items, i, j) camera_live_describe(json_i64(j, "id", 0), j);
    return items;
}

static enum hx_err camera_list(struct call *c)
{
    return call_list(c, describe_all(db_all_json(c->db, SQL_CAMERA_LIST, "iiiii", call_query_i64(c, "after", 0), call_query_i64(c, "school", 0), call_sees_all(c), c->who.id, call_limit(c, 500, 5000))));
}

static enum hx_err reply_camera(struct call *c, int64_t id)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_CAMERA_GET, &record, "i", id);
    if (e) return e;
    camera_live_describe(id, record);
    return call_reply(c, record);
}

static enum hx_err camera_get(struct call *c)
{
    json_t *record;
    enum hx_err e = call_read(c, SQL_CAMERA_GET, PERM_CAMERA_READ, &record);
    if (e) return e;
    camera_live_describe(call_id(c, 0), record);
    return call_reply(c, record);
}

static enum hx_err camera_post(struct call *c)
{
    json_t *recorder, *b;
    int64_t id, parent = json_i64(c->body, "recorder_id", 0);
    enum hx_err e = db_one_json(c->db, SQL_RECORDER_GET, &recorder, "i", parent);
    if (e) return e == HX_E_NOT_FOUND ? call_fail(c, HX_E_INVALID, "recorder_id: which recorder?") : e;
    int64_t school = json_i64(recorder, "school_id", 0);
    bool entered = recorder_kind_of(json_z(recorder, "kind", "")) == RECORDER_RTSP;
    json_decref(recorder);
    e = call_check_school(c, PERM_CAMERA_WRITE, school);
    if (!e && !entered) e = call_fail(c, HX_E_ILLEGAL, "this recorder tells its cameras itself: ask for its channels");
    b = json_deep_copy(c->body);
    json_object_set_new(b, "school_id", json_integer(school));
    json_object_set_new(b, "state", json_string("on"));
    if (!e) e = take_urls(c, b, parent);
    if (!e) e = camera_make(c->tx, b, 0, &id);
    json_decref(b);
    c->status = 201;
    return e ? e : reply_camera(c, id);
}

static enum hx_err camera_patch(struct call *c)
{
    json_t *m;
    int64_t id = call_id(c, 0);
    enum hx_err e = call_read(c, SQL_CAMERA_GET, PERM_CAMERA_WRITE, &m);
    if (!e) e = call_check_version(c, json_incref(m));
    if (e) return json_decref(m), e;
    bool entered = recorder_kind_of(json_z(m, "kind", "")) == RECORDER_RTSP;
    int64_t parent = json_i64(m, "recorder_id", 0);
    if (!entered && (json_has(c->body, "main_url") || json_has(c->body, "sub_url") || json_has(c->body, "still_url") || json_has(c->body, "state"))) return json_decref(m), call_fail(c, HX_E_ILLEGAL, "the addresses of this camera are told by its recorder");
    if (json_flag(c->body, "inside", false) && !json_flag(m, "inside", false)) json_object_set_new(m, "sound", json_false()); /* unless the same call says so */
    json_object_update(m, c->body); /* what was not sent stays as it is */
    if (entered) e = take_urls(c, m, parent);
    if (!e) e = db_exec(c->db, SQL_CAMERA_URLS, "zzzzi", json_z(m, "main_url", ""), json_z(m, "sub_url", ""), json_z(m, "still_url", ""), json_z(m, "state", "on"), id);
    if (!e) e = db_exec(c->db, SQL_CAMERA_SET, "zIffiiiiiiiiii", json_z(m, "name", ""), json_i64(m, "place_id", 0), json_f64(m, "lon", 0), json_f64(m, "lat", 0), json_i64(m, "direction_deg", -1), json_i64(m, "angle_deg", 90), json_i64(m, "range_m", 60),
                (int64_t)json_flag(m, "flagged", false), (int64_t)json_flag(m, "recorded", false), json_i64(m, "keep_days", 30), (int64_t)json_flag(m, "inside", false), json_i64(m, "alarm_preset", 0), (int64_t)json_flag(m, "sound", false), id);
    json_decref(m);
    if (!e) e = journal_tell(c->tx, SQL_CAMERA_GET, id, "camera.changed");
    return e ? e : reply_camera(c, id);
}

enum hx_err camera_of_incident(struct db *db, int64_t incident, int64_t *school, json_t **items)
{
    int64_t ids[64];
    char title[160] = "";
    struct camera_aim aim = {.title = title};
    struct rows r = db_query(db, SQL_CAMERA_AIM, "i", incident);
    bool there = rows_next(&r);
    *school = there ? rows_i64(&r, 0) : 0;
    if (there) str_to_utf8_z(rows_str(&r, 1), title, sizeof title), aim.lon = rows_f64(&r, 2), aim.lat = rows_f64(&r, 3), aim.vehicle_id = rows_i64(&r, 5);
    rows_end(&r);
    if (!there) return HX_E_NOT_FOUND;
    enum hx_err e = HX_OK;
    size_t n = camera_live_ranked(*school, &aim, ids, HX_COUNT(ids));
    *items = json_array();
    for (size_t i = 0; !e && i < n; i++) {
        json_t *record = NULL;
        e = db_one_json(db, SQL_CAMERA_GET, &record, "i", ids[i]);
        if (e) break;
        camera_live_describe(ids[i], record);
        json_array_append_new(*items, record);
    }
    if (e) json_decref(*items), *items = NULL;
    return e;
}

static enum hx_err incident_cameras(struct call *c)
{
    int64_t school;
    json_t *items = NULL;
    enum hx_err e = camera_of_incident(c->db, call_id(c, 0), &school, &items);
    if (!e) e = call_check_school(c, PERM_CAMERA_READ, school);
    if (e) return json_decref(items), e;
    return call_list(c, items);
}

/* ---- steering ---- */

static int sign(const json_t *b, const char *name)
{
    int64_t v = json_i64(b, name, 0);
    return v > 0 ? 1 : v < 0 ? -1 : 0;
}

static enum hx_err camera_steer(struct call *c)
{
    json_t *camera;
    int64_t other = 0;
    const json_t *b = c->body;
    const char *preset = json_z(b, "preset_act", "");
    struct recorder_steer s = {.act = STEER_MOVE, .pan = sign(b, "pan"), .tilt = sign(b, "tilt"), .zoom = sign(b, "zoom"), .focus = sign(b, "focus"), .iris = sign(b, "iris"), .speed = (int)json_i64(b, "speed", 128), .preset = (int)json_i64(b, "preset", 0)};
    if (s.focus != 0 || s.iris != 0) s.act = STEER_LENS;
    if (preset[0] != 0) s.act = strcmp(preset, "call") == 0 ? STEER_PRESET_CALL : strcmp(preset, "set") == 0 ? STEER_PRESET_SET : STEER_PRESET_DELETE;
    if (preset[0] != 0 && s.preset == 0) return call_fail(c, HX_E_INVALID, "preset: which one, 1 to 255?");
    enum hx_err e = call_read(c, SQL_CAMERA_GET, PERM_CAMERA_STEER, &camera);
    if (e) return e;
    bool turns = json_flag(camera, "ptz", false);
    int64_t school = json_i64(camera, "school_id", 0);
    json_decref(camera);
    if (!turns) return call_fail(c, HX_E_ILLEGAL, "this camera does not turn");
    int rank = call_check_school(c, PERM_INCIDENT_SUPERVISE, school) == HX_OK ? 2 : 1;
    c->detail[0] = 0;
    e = camera_live_steer(call_id(c, 0), c->who.id, rank, &s, &other);
    if (e == HX_E_CONFLICT && other < 0) return call_fail(c, HX_E_ILLEGAL, "a platform above is steering this camera; it is free three seconds after it stops");
    if (e == HX_E_CONFLICT) return call_fail(c, HX_E_ILLEGAL, "person %lld is steering this camera; it is free three seconds after they stop", (long long)other);
    return e ? e : call_reply(c, json_object());
}

/* ---- clips ---- */

enum hx_err clip_ask(struct tx *tx, const struct clip_new *n, int64_t *id)
{
    json_t *record = NULL;
    *id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_CLIP_ADD, "iiiIIziii", *id, n->camera_id, n->school_id, n->incident_id, n->person_id, n->reason, n->from, n->to, tx->now_ms);
    if (!e) e = db_one_json(tx->db, SQL_CLIP_GET, &record, "i", *id);
    return e ? e : journal_add(tx, "clip.asked", n->school_id, n->incident_id != 0 ? n->incident_id : *id, record);
}

static enum hx_err clip_post(struct call *c)
{
    json_t *camera = NULL;
    struct clip_new n = {.camera_id = json_i64(c->body, "camera_id", 0), .incident_id = json_i64(c->body, "incident_id", 0), .person_id = c->who.id, .reason = json_z(c->body, "reason", "")};
    int64_t id;
    if (!clock_parse(str_of(json_z(c->body, "from", "")), &n.from) || !clock_parse(str_of(json_z(c->body, "to", "")), &n.to) || n.to <= n.from || n.to - n.from > CLIP_MAX_MS || n.from < c->tx->now_ms - CLIP_BACK_MS || n.to > c->tx->now_ms + CLIP_MAX_MS)
        return call_fail(c, HX_E_INVALID, "from, to: want two times in order, at most 30 minutes apart and not older than 90 days");
    enum hx_err e = db_one_json(c->db, SQL_CAMERA_GET, &camera, "i", n.camera_id);
    n.school_id = json_i64(camera, "school_id", 0);
    json_decref(camera);
    if (!e) e = call_check_school(c, PERM_CLIP_EXPORT, n.school_id);
    if (!e) e = clip_ask(c->tx, &n, &id);
    c->status = 202;
    return e ? e : call_reply_one(c, SQL_CLIP_GET, id);
}

static enum hx_err clip_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_CLIP_LIST, "iiii", call_query_i64(c, "incident", 0), call_query_i64(c, "camera", 0), call_sees_all(c), c->who.id));
}

static enum hx_err clip_get(struct call *c)
{
    json_t *record;
    enum hx_err e = call_read(c, SQL_CLIP_GET, PERM_CAMERA_READ, &record);
    return e ? e : call_reply(c, record);
}

static enum hx_err clip_open(struct call *c)
{
    json_t *clip, *reply = NULL, *manifest = NULL;
    struct ticket t;
    char subject[32], node[128];
    int64_t id = call_id(c, 0);
    enum hx_err e = call_read(c, SQL_CLIP_GET, PERM_CLIP_EXPORT, &clip);
    if (e) return e;
    int64_t camera = json_i64(clip, "camera_id", 0), school = json_i64(clip, "school_id", 0);
    bool ready = strcmp(json_z(clip, "state", ""), "ready") == 0;
    json_decref(clip);
    if (!ready) return call_fail(c, HX_E_ILLEGAL, "this clip is not ready");
    snprintf(subject, sizeof subject, "%lld", (long long)id);
    camera_live_url(camera, node);
    e = look_ticket(c, "clip", subject, node, "clip.json", &t, &manifest);
    if (!e) e = look_ticket(c, "clip", subject, node, "clip.mp4", &t, &reply);
    if (!e) json_object_set(reply, "manifest_url", json_object_get(manifest, "url"));
    json_decref(manifest);
    if (!e) e = journal_add(c->tx, "clip.opened", school, id, json_pack("{s:I,s:I,s:s}", "clip_id", (json_int_t)id, "person_id", (json_int_t)c->who.id, "person", c->who.full_name));
    if (e) return json_decref(reply), e;
    return call_reply(c, reply);
}

static enum hx_err camera_start(struct hx_app *app)
{
    the_seal = app->panels->seal;
    the_loop = app->loop;
    camera_days_start(app->loop);
    return HX_OK;
}

static const struct hx_route camera_routes[] = {
    {HX_GET, "/v1/recorders", "recorderList", PERM_CAMERA_READ, recorder_list, NULL},
    {HX_POST, "/v1/recorders", "recorderAdd", PERM_CAMERA_WRITE, recorder_post, NULL},
    {HX_GET, "/v1/recorders/unknown", "recorderUnknown", PERM_CAMERA_WRITE, recorder_unknown, NULL},
    {HX_POST, "/v1/recorders/search", "recorderSearch", PERM_CAMERA_WRITE, recorder_look, NULL},
    {HX_GET, "/v1/recorders/found", "recorderFound", PERM_CAMERA_WRITE, recorder_found, NULL},
    {HX_GET, "/v1/recorders/{id}", "recorderGet", PERM_CAMERA_READ, recorder_get, NULL},
    {HX_PATCH, "/v1/recorders/{id}", "recorderChange", PERM_CAMERA_WRITE, recorder_patch, NULL},
    {HX_POST, "/v1/recorders/{id}/catalog", "recorderCatalog", PERM_CAMERA_WRITE, recorder_catalog, NULL},
    {HX_POST, "/v1/recorders/{id}/days", "recorderDays", PERM_CAMERA_WRITE, recorder_days, NULL},
    {HX_GET, "/v1/cameras", "cameraList", PERM_CAMERA_READ, camera_list, NULL},
    {HX_POST, "/v1/cameras", "cameraAdd", PERM_CAMERA_WRITE, camera_post, NULL},
    {HX_GET, "/v1/cameras/{id}", "cameraGet", PERM_CAMERA_READ, camera_get, NULL},
    {HX_PATCH, "/v1/cameras/{id}", "cameraChange", PERM_CAMERA_WRITE, camera_patch, NULL},
    {HX_GET, "/v1/cameras/{id}/kept", "cameraKept", PERM_CAMERA_VIEW, camera_kept, NULL},
    {HX_POST, "/v1/cameras/{id}/steer", "cameraSteer", PERM_CAMERA_STEER, camera_steer, NULL},
    {HX_GET, "/v1/incidents/{id}/cameras", "incidentCameras", PERM_CAMERA_READ, incident_cameras, NULL},
    {HX_GET, "/v1/clips", "clipList", PERM_CAMERA_READ, clip_list, NULL},
    {HX_POST, "/v1/clips", "clipAsk", PERM_CLIP_EXPORT, clip_post, NULL},
    {HX_GET, "/v1/clips/{id}", "clipGet", PERM_CAMERA_READ, clip_get, NULL},
    {HX_POST, "/v1/clips/{id}/open", "clipOpen", PERM_CLIP_EXPORT, clip_open, NULL},
};
const struct hx_module camera_module = {.name = "camera", .routes = camera_routes, .route_count = HX_COUNT(camera_routes), .timer_kinds = camera_timers, .start = camera_start, .metrics = camera_live_metrics};
