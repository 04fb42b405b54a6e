#include "post.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "api/auth.h"

#define SECRET_BYTES 20
#define CODE_STEP_S 30

/* ---- posts ---- */

static enum hx_err read_post(struct db *db, int64_t id, json_t **out)
{
    enum hx_err e = db_one_json(db, SQL_POST_GET, out, "i", id);
    if (e) return e;
    json_object_set_new(*out, "needs", db_all_json(db, SQL_POST_NEED_LIST, "i", id));
    return HX_OK;
}

static enum hx_err set_needs(struct tx *tx, int64_t id, const json_t *needs)
{
    enum hx_err e = db_exec(tx->db, SQL_POST_NEED_CLEAR, "i", id);
    for (size_t i = 0; !e && i < json_array_size(needs); i++) {
        const json_t *n = json_array_get(needs, i);
        e = db_exec(tx->db, SQL_POST_NEED_ADD, "izi", id, json_z(n, "kind", "any"), json_i64(n, "count", 1));
    }
    return e;
}

static enum hx_err tell_post(struct tx *tx, int64_t id, const char *type)
{
    json_t *record = NULL;
    enum hx_err e = read_post(tx->db, id, &record);
    return e ? e : journal_add(tx, type, json_i64(record, "school_id", 0), id, record);
}

enum hx_err post_make(struct tx *tx, const json_t *b, int64_t demo, int64_t *id)
{
    uint8_t secret[SECRET_BYTES];
    HX_ASSERT(RAND_bytes(secret, sizeof secret) == 1);
    *id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_POST_ADD, "iizffiIibi", *id, json_i64(b, "school_id", 0), json_z(b, "name", ""), json_f64(b, "lon", 0), json_f64(b, "lat", 0), json_i64(b, "fence_m", 80),
                            json_i64(b, "org_id", 0), (int64_t)json_flag(b, "arterial", false), (const void *)secret, sizeof secret, demo);
    if (!e) e = set_needs(tx, *id, json_object_get(b, "needs"));
    return e ? e : tell_post(tx, *id, "post.added");
}

static enum hx_err post_list(struct call *c)
{
    const char *county = call_query_z(c, "county", "");
    return call_list(c, db_all_json(c->db, SQL_POST_LIST, "iiziii", call_query_i64(c, "after", 0), call_query_i64(c, "school", 0), county, call_sees_all(c), c->who.id,
                                    call_limit(c, 500, 5000)));
}

static enum hx_err reply_post(struct call *c, int64_t id)
{
    json_t *record = NULL;
    enum hx_err e = read_post(c->db, id, &record);
    return e ? e : call_reply(c, record);
}

static enum hx_err post_get(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = read_post(c->db, call_id(c, 0), &record);
    if (!e) e = call_check_school(c, PERM_DUTY_READ, json_i64(record, "school_id", 0));
    if (e) json_decref(record);
    return e ? e : call_reply(c, record);
}

static enum hx_err post_post(struct call *c)
{
    int64_t id;
    enum hx_err e = call_check_school(c, PERM_DUTY_WRITE, json_i64(c->body, "school_id", 0));
    if (!e) e = post_make(c->tx, c->body, 0, &id);
    c->status = 201;
    return e ? e : reply_post(c, id);
}

static enum hx_err post_patch(struct call *c)
{
    int64_t id = call_id(c, 0);
    json_t *record = NULL, *b = c->body;
    enum hx_err e = read_post(c->db, id, &record);
    if (!e) e = call_check_school(c, PERM_DUTY_WRITE, json_i64(record, "school_id", 0));
    if (e) return json_decref(record), e;
    double lon = json_f64(b, "lon", json_f64(record, "lon", 0)), lat = json_f64(b, "lat", json_f64(record, "lat", 0));
    int64_t fence = json_i64(b, "fence_m", json_i64(record, "fence_m", 80)), arterial = json_flag(b, "arterial", json_flag(record, "arterial", false));
    e = call_check_version(c, record);
    if (!e) e = db_exec(c->db, SQL_POST_SET, "zffiizi", json_z(b, "name", NULL), lon, lat, fence, arterial, json_z(b, "state", NULL), id);
    if (!e && json_has(b, "needs")) e = set_needs(c->tx, id, json_object_get(b, "needs"));
    if (!e) e = tell_post(c->tx, id, "post.changed");
    return e ? e : reply_post(c, id);
}

/* The code that a screen in the sentry box shows; whoever types or scans it stands before that screen. */
static enum hx_err post_code(struct call *c)
{
    struct rows r = db_query(c->db, SQL_POST_PLACE, "i", call_id(c, 0));
    if (!rows_next(&r)) {
        rows_end(&r);
        return HX_E_NOT_FOUND;
    }
    int64_t school = rows_i64(&r, 0), now_s = clock_utc_ms() / 1000;
    struct str secret = rows_blob(&r, 4);
    char code[8];
    snprintf(code, sizeof code, "%06u", auth_totp((const uint8_t *)secret.at, secret.len, now_s / CODE_STEP_S));
    rows_end(&r);
    enum hx_err e = call_check_school(c, PERM_DUTY_WRITE, school);
    return e ? e : call_reply(c, json_pack("{s:s,s:I}", "code", code, "seconds_left", (json_int_t)(CODE_STEP_S - now_s % CODE_STEP_S)));
}

/* ---- peaks ---- */

enum hx_err peak_make(struct tx *tx, const json_t *b, int64_t *id)
{
    json_t *record = NULL;
    int64_t begins = json_i64(b, "begins_min", 0), ends = json_i64(b, "ends_min", 0);
    bool release = strcmp(json_z(b, "kind", "usual"), "release") == 0;
    if (ends <= begins) return tx_fail(tx, HX_E_INVALID, "ends_min: must be after begins_min");
    if (!release && json_i64(b, "weekdays", 0) == 0) return tx_fail(tx, HX_E_INVALID, "weekdays: name at least one day");
    *id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_PEAK_ADD, "iizzziiizzi", *id, json_i64(b, "school_id", 0), json_z(b, "name", ""), json_z(b, "grade", ""), release ? "release" : "usual",
                            release ? (int64_t)0 : json_i64(b, "weekdays", 0), begins, ends, json_z(b, "from_date", ""), json_z(b, "to_date", ""), json_i64(b, "early_min", 15));
    if (!e) e = db_one_json(tx->db, SQL_PEAK_GET, &record, "i", *id);
    return e ? e : journal_add(tx, "peak.added", json_i64(b, "school_id", 0), *id, record);
}

static enum hx_err peak_list(struct call *c)
{
    int64_t school = call_query_i64(c, "school", 0);
    enum hx_err e = call_check_school(c, PERM_DUTY_READ, school);
    return e ? e : call_list(c, db_all_json(c->db, SQL_PEAK_LIST, "i", school));
}

static enum hx_err peak_post(struct call *c)
{
    int64_t id;
    enum hx_err e = call_check_school(c, PERM_DUTY_WRITE, json_i64(c->body, "school_id", 0));
    if (!e) e = peak_make(c->tx, c->body, &id);
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_PEAK_GET, id);
}

static enum hx_err peak_patch(struct call *c)
{
    int64_t id = call_id(c, 0);
    json_t *record = NULL, *b = c->body;
    enum hx_err e = db_one_json(c->db, SQL_PEAK_GET, &record, "i", id);
    if (e) return e;
    int64_t school = json_i64(record, "school_id", 0), begins = json_i64(b, "begins_min", json_i64(record, "begins_min", 0)), ends = json_i64(b, "ends_min", json_i64(record, "ends_min", 0));
    int64_t weekdays = json_i64(b, "weekdays", json_i64(record, "weekdays", 0)), early = json_i64(b, "early_min", json_i64(record, "early_min", 15));
    e = call_check_version(c, record);
    if (!e) e = call_check_school(c, PERM_DUTY_WRITE, school);
    if (!e && ends <= begins) return call_fail(c, HX_E_INVALID, "ends_min: must be after begins_min");
    if (!e) e = db_exec(c->db, SQL_PEAK_SET, "ziiiizi", json_z(b, "name", NULL), begins, ends, weekdays, early, json_z(b, "state", NULL), id);
    record = NULL;
    if (!e) e = db_one_json(c->db, SQL_PEAK_GET, &record, "i", id);
    if (!e) e = journal_add(c->tx, "peak.changed", school, id, record);
    return e ? e : call_reply_one(c, SQL_PEAK_GET, id);
}

static enum hx_err change_list(struct call *c)
{
    char today[CLOCK_DATE_MAX];
    const char *from = call_query(c, "from");
    return call_list(c, db_all_json(c->db, SQL_PEAK_CHANGE_LIST, "z", from != NULL ? from : clock_local_date(clock_utc_ms(), today)));
}

enum hx_err peak_change_make(struct tx *tx, const json_t *b, int64_t *id)
{
    int64_t school = json_i64(b, "school_id", 0), value = json_i64(b, "value", 0);
    const char *act = json_z(b, "act", "off");
    *id = journal_next(tx);
    if (strcmp(act, "as") == 0 && (value < 0 || value > 6)) return tx_fail(tx, HX_E_INVALID, "value: a weekday from 0 (Monday) to 6");
    enum hx_err e = db_exec(tx->db, SQL_PEAK_CHANGE_ADD, "izzIzizIi", *id, json_z(b, "date", ""), json_z(b, "county", ""), school, act, value, json_z(b, "reason", ""), tx->person_id, tx->now_ms);
    json_t *record = NULL;
    if (!e) e = db_one_json(tx->db, SQL_PEAK_CHANGE_GET, &record, "i", *id);
    return e ? e : journal_add(tx, "peak.day_changed", school, *id, record);
}

static enum hx_err change_post(struct call *c)
{
    int64_t id;
    enum hx_err e = call_check_date(c, c->body, "date");
    if (!e) e = call_check_school(c, PERM_DUTY_WRITE, json_i64(c->body, "school_id", 0)); /* without a school: only from the top of a tree */
    if (!e) e = peak_change_make(c->tx, c->body, &id);
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_PEAK_CHANGE_GET, id);
}

static enum hx_err change_drop(struct call *c)
{
    int64_t id = call_id(c, 0);
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_PEAK_CHANGE_GET, &record, "i", id);
    int64_t school = json_i64(record, "school_id", 0);
    if (!e) e = call_check_school(c, PERM_DUTY_WRITE, school);
    if (!e) e = db_exec(c->db, SQL_PEAK_CHANGE_DROP, "i", id);
    if (!e) e = journal_add(c->tx, "peak.day_restored", school, id, json_incref(record));
    if (e) json_decref(record);
    return e ? e : call_reply(c, record);
}

/* ---- situations at the gate ---- */

static enum hx_err reply_situation(struct call *c, int64_t id, const char *type)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_SITUATION_GET, &record, "i", id);
    if (!e) e = journal_add(c->tx, type, json_i64(record, "school_id", 0), id, json_incref(record));
    return e ? e : call_reply(c, record);
}

enum hx_err situation_load(struct tx *tx, int64_t school_id, const char *kind, const char *story, int64_t seen_at, const char *action, int64_t after_ms)
{
    int64_t id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_SITUATION_ADD, "iizzzizIIi", id, school_id, kind, "", story, seen_at, action, action[0] != 0 ? seen_at + after_ms : (int64_t)0, (int64_t)0, (int64_t)0);
    if (!e && action[0] != 0) e = db_exec(tx->db, SQL_SITUATION_SET, "nIIi", (int64_t)0, seen_at + 2 * after_ms, id); /* cleared */
    return e ? e : journal_tell(tx, SQL_SITUATION_GET, id, "situation.seen");
}

static enum hx_err situation_post(struct call *c)
{
    const json_t *b = c->body;
    int64_t id = journal_next(c->tx), now = c->tx->now_ms;
    const char *action = json_z(b, "action", "");
    enum hx_err e = call_check_school(c, PERM_DUTY_REPORT, json_i64(b, "school_id", 0));
    if (!e && strcmp(json_z(b, "kind", ""), "vehicle") == 0 && json_z(b, "plate", "")[0] == 0) return call_fail(c, HX_E_INVALID, "plate: a stranded vehicle needs one");
    if (!e) e = db_exec(c->db, SQL_SITUATION_ADD, "iizzzizIIi", id, json_i64(b, "school_id", 0), json_z(b, "kind", "other"), json_z(b, "plate", ""), json_z(b, "story", ""), now, action,
                        action[0] != 0 ? now : (int64_t)0, (int64_t)0, c->who.id);
    c->status = 201;
    return e ? e : reply_situation(c, id, "situation.seen");
}

static enum hx_err situation_patch(struct call *c)
{
    int64_t id = call_id(c, 0), now = c->tx->now_ms;
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_SITUATION_GET, &record, "i", id);
    if (!e) e = call_check_school(c, PERM_DUTY_REPORT, json_i64(record, "school_id", 0));
    if (e) return json_decref(record), e;
    e = call_check_version(c, record);
    bool cleared = json_flag(c->body, "cleared", false), acted = json_has(c->body, "action");
    if (!e) e = db_exec(c->db, SQL_SITUATION_SET, "zIIi", json_z(c->body, "action", NULL), acted ? now : (int64_t)0, cleared ? now : (int64_t)0, id);
    return e ? e : reply_situation(c, id, cleared ? "situation.cleared" : "situation.acted");
}

static enum hx_err situation_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_SITUATION_LIST, "iiiii", clock_utc_ms() - 7 * CLOCK_DAY_MS, call_query_i64(c, "school", 0), call_sees_all(c), c->who.id, call_limit(c, 200, 1000)));
}

static enum hx_err lane_list(struct call *c)
{
    enum hx_err e = call_check_school(c, PERM_DUTY_READ, call_id(c, 0));
    return e ? e : call_list(c, db_all_json(c->db, SQL_PICKUP_LANE_LIST, "i", call_id(c, 0)));
}

static enum hx_err lane_post(struct call *c)
{
    int64_t id = journal_next(c->tx), school = call_id(c, 0);
    enum hx_err e = call_check_school(c, PERM_DUTY_WRITE, school);
    if (!e) e = db_exec(c->db, SQL_PICKUP_LANE_ADD, "iiziz", id, school, json_z(c->body, "name", ""), json_i64(c->body, "capacity", 0), json_z(c->body, "rule", ""));
    if (!e) e = journal_add(c->tx, "school.lane_added", school, id, json_incref(c->body));
    c->status = 201;
    return e ? e : lane_list(c);
}

/* ---- sentry boxes and police rooms ---- */

enum hx_err box_make(struct tx *tx, const json_t *b, int64_t demo, int64_t *id)
{
    *id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_BOX_ADD, "izIIzffiiizzi", *id, json_z(b, "kind", "sentry_box"), json_i64(b, "school_id", 0), json_i64(b, "org_id", 0), json_z(b, "name", ""), json_f64(b, "lon", 0),
                            json_f64(b, "lat", 0), json_i64(b, "manned_from_min", 420), json_i64(b, "manned_to_min", 1080), json_i64(b, "staff", 1), json_z(b, "equipment", ""),
                            json_z(b, "in_service_from", ""), demo);
    return e ? e : journal_tell(tx, SQL_BOX_GET, *id, "box.added");
}

static enum hx_err box_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_BOX_LIST, "iiii", call_query_i64(c, "after", 0), call_sees_all(c), c->who.id, call_limit(c, 500, 5000)));
}

static enum hx_err box_post(struct call *c)
{
    int64_t id;
    enum hx_err e = call_check_date(c, c->body, "in_service_from");
    if (!e) e = call_check_school(c, PERM_DUTY_WRITE, json_i64(c->body, "school_id", 0));
    if (!e) e = box_make(c->tx, c->body, 0, &id);
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_BOX_GET, id);
}

static enum hx_err box_beat(struct call *c)
{
    int64_t id = call_id(c, 0);
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_BOX_GET, &record, "i", id);
    bool dark = json_flag(record, "dark", false);
    if (!e) e = call_check_school(c, PERM_DUTY_REPORT, json_i64(record, "school_id", 0));
    json_decref(record);
    if (!e) e = db_exec(c->db, SQL_BOX_BEAT, "ii", c->tx->now_ms, id);
    if (!e && dark) e = journal_tell(c->tx, SQL_BOX_GET, id, "box.back");
    return e ? e : call_reply_one(c, SQL_BOX_GET, id);
}

static const struct hx_route post_routes[] = {
    {HX_GET, "/v1/posts", "postList", PERM_DUTY_READ, post_list, NULL},
    {HX_POST, "/v1/posts", "postAdd", PERM_DUTY_WRITE, post_post, NULL},
    {HX_GET, "/v1/posts/{id}", "postGet", PERM_DUTY_READ, post_get, NULL},
    {HX_PATCH, "/v1/posts/{id}", "postChange", PERM_DUTY_WRITE, post_patch, NULL},
    {HX_GET, "/v1/posts/{id}/code", "postCode", PERM_DUTY_WRITE, post_code, NULL},
    {HX_GET, "/v1/peaks", "peakList", PERM_DUTY_READ, peak_list, NULL},
    {HX_POST, "/v1/peaks", "peakAdd", PERM_DUTY_WRITE, peak_post, NULL},
    {HX_PATCH, "/v1/peaks/{id}", "peakChange", PERM_DUTY_WRITE, peak_patch, NULL},
    {HX_GET, "/v1/peak-changes", "peakChangeList", PERM_DUTY_READ, change_list, NULL},
    {HX_POST, "/v1/peak-changes", "peakChangeAdd", PERM_DUTY_WRITE, change_post, NULL},
    {HX_DELETE, "/v1/peak-changes/{id}", "peakChangeDrop", PERM_DUTY_WRITE, change_drop, NULL},
    {HX_GET, "/v1/situations", "situationList", PERM_DUTY_READ, situation_list, NULL},
    {HX_POST, "/v1/situations", "situationAdd", PERM_DUTY_REPORT, situation_post, NULL},
    {HX_PATCH, "/v1/situations/{id}", "situationChange", PERM_DUTY_REPORT, situation_patch, NULL},
    {HX_GET, "/v1/schools/{id}/pickup-lanes", "pickupLaneList", PERM_DUTY_READ, lane_list, NULL},
    {HX_POST, "/v1/schools/{id}/pickup-lanes", "pickupLaneAdd", PERM_DUTY_WRITE, lane_post, NULL},
    {HX_GET, "/v1/boxes", "boxList", PERM_DUTY_READ, box_list, NULL},
    {HX_POST, "/v1/boxes", "boxAdd", PERM_DUTY_WRITE, box_post, NULL},
    {HX_POST, "/v1/boxes/{id}/beat", "boxBeat", PERM_DUTY_REPORT, box_beat, NULL},
};
const struct hx_module post_module = {.name = "post", .routes = post_routes, .route_count = HX_COUNT(post_routes)};
