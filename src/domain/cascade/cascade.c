#include "cascade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/share.h"
#include "io/net.h"
#include "signal/upper.h"

#define MADE_TYPE "1320" /* network camera, and the digit of the network */
#define PREFIX_DIGITS 14 /* before the serial number of six */

static struct seal the_seal;

static enum hx_err check_address(struct call *c, const char *address)
{
    struct sockaddr_storage a;
    socklen_t n;
    return address == NULL || net_parse(address, &a, &n) == HX_OK ? HX_OK : call_fail(c, HX_E_INVALID, "address: want IP:port of the platform's SIP, such as 10.1.2.3:5060");
}

/* Only who may change every camera decides what leaves the house. */
static enum hx_err check_top(struct call *c)
{
    return call_check_school(c, PERM_CAMERA_WRITE, 0);
}

static enum hx_err upper_list(struct call *c)
{
    enum hx_err e = check_top(c);
    return e ? e : call_list(c, db_all_json(c->db, SQL_UPPER_LIST, ""));
}

static enum hx_err upper_post(struct call *c)
{
    uint8_t sealed[128];
    const json_t *b = c->body;
    const char *code = json_z(b, "code", ""), *own = json_z(b, "own_code", cascade_own_code()), *password = json_z(b, "password", "");
    int64_t id = journal_next(c->tx);
    enum hx_err e = check_top(c);
    if (!e) e = check_address(c, json_z(b, "address", ""));
    if (!e && (!recorder_is_code(code) || !recorder_is_code(own))) e = call_fail(c, HX_E_INVALID, "code: want 20 digits");
    if (!e && strcmp(code, own) == 0) e = call_fail(c, HX_E_INVALID, "own_code: this is the platform's own code: want ours");
    if (e) return e;
    size_t n = seal_close_over(&the_seal, password, strlen(password), sealed);
    e = db_exec(c->db, SQL_UPPER_ADD, "izzzzibzii", id, json_z(b, "name", ""), code, own, json_z(b, "address", ""), (int64_t)json_flag(b, "tcp", false), (const void *)sealed, n, json_z(b, "media_hosts", ""), json_i64(b, "keepalive_s", 60), (int64_t)json_flag(b, "alarms", true));
    if (e == HX_E_CONFLICT) call_fail(c, e, "a platform with this name or code is entered already");
    if (!e) e = journal_tell(c->tx, SQL_UPPER_GET, id, "upper.added");
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_UPPER_GET, id);
}

static bool same_host(const char *a, const char *b)
{
    char one[NET_TEXT_MAX], other[NET_TEXT_MAX];
    return strcmp(net_host(a, one), net_host(b, other)) == 0;
}

static enum hx_err upper_patch(struct call *c)
{
    json_t *record = NULL;
    uint8_t sealed[128];
    int64_t id = call_id(c, 0);
    const json_t *b = c->body;
    const char *address = json_z(b, "address", NULL), *password = json_z(b, "password", NULL);
    enum hx_err e = check_top(c);
    if (!e) e = check_address(c, address);
    if (!e) e = db_one_json(c->db, SQL_UPPER_GET, &record, "i", id);
    if (e) return e;
    bool elsewhere = address != NULL && password == NULL && !same_host(address, json_z(record, "address", ""));
    int64_t tcp = json_flag(b, "tcp", json_flag(record, "tcp", false)), keepalive = json_i64(b, "keepalive_s", json_i64(record, "keepalive_s", 60)), alarms = json_flag(b, "alarms", json_flag(record, "alarms", true));
    e = call_check_version(c, record);
    if (!e && elsewhere) e = call_fail(c, HX_E_INVALID, "password: the address is another host: give its password anew");
    if (!e) e = db_exec(c->db, SQL_UPPER_SET, "zzzziiii", json_z(b, "name", NULL), address, json_z(b, "media_hosts", NULL), json_z(b, "state", NULL), tcp, keepalive, alarms, id);
    if (e == HX_E_CONFLICT) call_fail(c, e, "a platform with this name or code is entered already");
    if (!e && password != NULL) e = db_exec(c->db, SQL_UPPER_PASSWORD, "bi", (const void *)sealed, seal_close_over(&the_seal, password, strlen(password), sealed), id);
    if (!e) e = journal_tell(c->tx, SQL_UPPER_GET, id, "upper.changed");
    return e ? e : call_reply_one(c, SQL_UPPER_GET, id);
}

static enum hx_err upper_cameras(struct call *c)
{
    enum hx_err e = check_top(c);
    return e ? e : call_list(c, db_all_json(c->db, SQL_UPPER_CAMERA_LIST, "iiii", call_id(c, 0), call_query_i64(c, "after", 0), call_query_i64(c, "school", 0), call_limit(c, 200, 5000)));
}

/* ---- what is shared ---- */

/* The cameras that the body names: one, or those of a school or county. */
static enum hx_err read_candidates(struct call *c, struct share **out, size_t *count)
{
    const json_t *b = c->body;
    int64_t camera = json_i64(b, "camera_id", 0), school = json_i64(b, "school_id", 0);
    const char *county = json_z(b, "county", "");
    if ((camera != 0) + (school != 0) + (county[0] != 0) != 1) return call_fail(c, HX_E_INVALID, "say one of camera_id, school_id and county");
    struct rows r = db_query(c->db, SQL_UPPER_SHARE_CANDIDATES, "iiiz", call_id(c, 0), camera, school, county);
    enum hx_err e = share_read(&r, out, count);
    if (!e && *count == 0) e = call_fail(c, HX_E_INVALID, "there is no camera: enter the school's recorder first");
    return e;
}

static bool is_camera_code(const char *code)
{
    return recorder_is_code(code) && (strncmp(code + 10, "131", 3) == 0 || strncmp(code + 10, "132", 3) == 0);
}

/* Its own code where that is one of a camera and nobody has it there; else a new one below our own code. */
static enum hx_err choose_code(struct call *c, int64_t upper, const char *own_code, const struct share *k, char out[RECORDER_CODE_MAX])
{
    char prefix[PREFIX_DIGITS + 1], last[RECORDER_CODE_MAX] = "";
    int64_t taken = 0;
    enum hx_err e = HX_OK;
    str_to_z(str_of(k->code), out, RECORDER_CODE_MAX);
    if (is_camera_code(k->code)) e = db_one_i64(c->db, SQL_UPPER_CODE_TAKEN, &taken, "iz", upper, k->code);
    if (e || (is_camera_code(k->code) && taken == 0)) return e;
    snprintf(prefix, sizeof prefix, "%.10s" MADE_TYPE, own_code);
    struct rows r = db_query(c->db, SQL_UPPER_CODE_LAST, "iz", upper, prefix);
    if (rows_next(&r)) str_to_z(rows_str(&r, 0), last, sizeof last);
    e = r.err;
    rows_end(&r);
    int serial = strlen(last) > PREFIX_DIGITS ? atoi(last + PREFIX_DIGITS) + 1 : 1;
    snprintf(out, RECORDER_CODE_MAX, "%s%06d", prefix, serial % 1000000);
    return e;
}

static enum hx_err share_one(struct call *c, int64_t upper, const char *own_code, const struct share *k, const char *wish)
{
    char code[RECORDER_CODE_MAX];
    if (k->given[0] != 0 && wish == NULL) return HX_OK;
    if (wish != NULL && !is_camera_code(wish)) return call_fail(c, HX_E_INVALID, "code: want 20 digits with 131 or 132 as the 11th to 13th, a camera's");
    snprintf(code, sizeof code, "%s", wish != NULL ? wish : "");
    enum hx_err e = wish != NULL ? HX_OK : choose_code(c, upper, own_code, k, code);
    if (!e) e = k->given[0] != 0 ? db_exec(c->db, SQL_UPPER_CAMERA_CODE, "zii", code, upper, k->id) : db_exec(c->db, SQL_UPPER_CAMERA_ADD, "iiz", upper, k->id, code);
    if (e == HX_E_CONFLICT) call_fail(c, e, "another camera has this code there");
    return e;
}

static enum hx_err change_shared(struct call *c, bool give)
{
    struct share *all = NULL;
    size_t n = 0;
    json_t *record = NULL, *cameras = json_array();
    const char *wish = json_z(c->body, "code", NULL);
    int64_t id = call_id(c, 0);
    enum hx_err e = check_top(c);
    if (!e) e = db_one_json(c->db, SQL_UPPER_GET, &record, "i", id);
    if (!e) e = read_candidates(c, &all, &n);
    if (!e && wish != NULL && json_i64(c->body, "camera_id", 0) == 0) e = call_fail(c, HX_E_INVALID, "code: only of one camera");
    for (size_t i = 0; !e && i < n; i++) {
        e = give ? share_one(c, id, json_z(record, "own_code", ""), &all[i], wish) : db_exec(c->db, SQL_UPPER_CAMERA_DROP, "ii", id, all[i].id);
        json_array_append_new(cameras, json_integer(all[i].id));
    }
    free(all);
    json_decref(record);
    if (e) return json_decref(cameras), e;
    e = journal_add(c->tx, give ? "upper.shared" : "upper.unshared", 0, id, json_pack("{s:I,s:o}", "id", (json_int_t)id, "cameras", cameras));
    return e ? e : call_reply_one(c, SQL_UPPER_GET, id);
}

static enum hx_err upper_share(struct call *c)
{
    return change_shared(c, true);
}

static enum hx_err upper_unshare(struct call *c)
{
    return change_shared(c, false);
}

/* ---- incidents ---- */

static bool is_no_opening(const struct event *event)
{
    return strcmp(event->type, "incident.opened") != 0;
}

/* Written with the incident, so that it is told whatever happens next; a drill stays in the house. */
static enum hx_err see_incident(struct tx *tx, const struct event *event)
{
    json_t *j = NULL;
    char why[160];
    if (event->school_id == 0) return HX_OK;
    enum hx_err e = json_parse((struct str){event->data, event->data_bytes}, &j, why, sizeof why);
    if (!e && !json_flag(j, "drill", false)) e = db_exec(tx->db, SQL_UPPER_ALARM_ADD, "iii", event->subject_id, tx->now_ms, event->school_id);
    json_decref(j);
    return e;
}

static enum hx_err start(struct hx_app *app)
{
    the_seal = app->panels->seal;
    return HX_OK;
}

static const struct journal_follower followers[] = {{"cascade.incident", "incident.", see_incident, is_no_opening}, {NULL, NULL, NULL, NULL}};
static const struct hx_route routes[] = {
    {HX_GET, "/v1/uppers", "upperList", PERM_CAMERA_WRITE, upper_list, NULL},
    {HX_POST, "/v1/uppers", "upperAdd", PERM_CAMERA_WRITE, upper_post, NULL},
    {HX_PATCH, "/v1/uppers/{id}", "upperChange", PERM_CAMERA_WRITE, upper_patch, NULL},
    {HX_GET, "/v1/uppers/{id}/cameras", "upperCameras", PERM_CAMERA_WRITE, upper_cameras, NULL},
    {HX_POST, "/v1/uppers/{id}/share", "upperShare", PERM_CAMERA_WRITE, upper_share, NULL},
    {HX_POST, "/v1/uppers/{id}/unshare", "upperUnshare", PERM_CAMERA_WRITE, upper_unshare, NULL},
};
const struct hx_module cascade_module = {.name = "cascade", .routes = routes, .route_count = HX_COUNT(routes), .followers = followers, .start = start};
