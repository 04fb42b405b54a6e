#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "base/log.h"
#include "domain/campus/campus.h"
#include "domain/post/coverage.h"
#include "domain/post/post.h"
#include "domain/presence/presence.h"

#define CLOCK_EVERY_MS 5000
#define LATE_MS (10 * 60000LL)       /* so long before a peak a missing officer needs a substitute */
#define DESK_MS (5 * 60000LL)        /* so long after its begin the desk is told */
#define BOX_SILENT_MS (15 * 60000LL)
#define CODE_STEP_MS 30000
#define DUE_AT_ONCE 2000
#define IN_USE_MS (14 * CLOCK_DAY_MS)

static const struct {
    const char *from, *act, *to;
} moves[] = {
    {"planned", "acknowledge", "acknowledged"}, {"planned", "en-route", "en_route"}, {"planned", "arrived", "arrived"}, {"planned", "cancel", "cancelled"},
    {"acknowledged", "en-route", "en_route"}, {"acknowledged", "arrived", "arrived"}, {"acknowledged", "cancel", "cancelled"},
    {"en_route", "arrived", "arrived"}, {"en_route", "cancel", "cancelled"},
    {"arrived", "begin", "on_duty"}, {"arrived", "relieve", "relieved"},
    {"on_duty", "relieve", "relieved"},
};

bool duty_next(const char *from, const char *act, const char **to)
{
    for (size_t i = 0; i < HX_COUNT(moves); i++) {
        if (strcmp(moves[i].from, from) != 0 || strcmp(moves[i].act, act) != 0) continue;
        *to = moves[i].to;
        return true;
    }
    return false;
}

enum hx_err duty_tell(struct tx *tx, int64_t id, const char *type, json_t *extra)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_DUTY_GET, &record, "i", id);
    if (e) return json_decref(extra), e;
    if (extra != NULL) json_object_set_new(record, "change", extra);
    return journal_add(tx, type, json_i64(record, "school_id", 0), id, record);
}

struct head {
    char state[16];
    int64_t person, post, school, begins_at, ends_at, arrive_by;
    int alerted;
};

static enum hx_err read_head(struct db *db, int64_t id, struct head *h)
{
    struct rows r = db_query(db, SQL_DUTY_HEAD, "i", id);
    bool found = rows_next(&r);
    if (found) {
        str_to_z(rows_str(&r, 0), h->state, sizeof h->state);
        h->person = rows_i64(&r, 1), h->post = rows_i64(&r, 2), h->school = rows_i64(&r, 3);
        h->begins_at = rows_i64(&r, 4), h->ends_at = rows_i64(&r, 5), h->arrive_by = rows_i64(&r, 6);
        h->alerted = (int)rows_i64(&r, 7);
    }
    rows_end(&r);
    return r.err ? r.err : found ? HX_OK : HX_E_NOT_FOUND;
}

/* ---- how far an arrival may be believed ---- */

static bool code_fits(struct str secret, const char *code, int64_t at_ms)
{
    for (int64_t step = at_ms / CODE_STEP_MS - 1; step <= at_ms / CODE_STEP_MS + 1; step++) {
        char want[8];
        snprintf(want, sizeof want, "%06u", auth_totp((const uint8_t *)secret.at, secret.len, step));
        if (strcmp(want, code) == 0) return true;
    }
    return false;
}

/* The post against what the phone says: a fresh code of the post's screen says it better than any position. */
static json_t *doubts_of(struct call *c, int64_t post, int64_t device_at)
{
    struct presence p = presence_read(c, device_at);
    json_t *doubts = json_array();
    const char *code = json_z(c->body, "code", "");
    struct rows row = db_query(c->db, SQL_POST_PLACE, "i", post);
    if (rows_next(&row)) {
        bool fits = code[0] != 0 && code_fits(rows_blob(&row, 4), code, device_at);
        struct presence_place place = {.lon = rows_f64(&row, 1), .lat = rows_f64(&row, 2), .radius_m = (double)rows_i64(&row, 3), .coded = fits, .wrong_code = code[0] != 0 && !fits};
        presence_weigh_place(&p, &place, doubts);
    }
    rows_end(&row);
    presence_weigh_person(c->db, &p, doubts);
    return doubts;
}

/* ---- routes ---- */

static enum hx_err duty_get(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_DUTY_GET, &record, "i", call_id(c, 0));
    if (!e) e = call_check_school(c, PERM_DUTY_READ, json_i64(record, "school_id", 0));
    if (e) return json_decref(record), e;
    json_object_set_new(record, "checkins", db_all_json(c->db, SQL_CHECKIN_OF_DUTY, "i", call_id(c, 0)));
    return call_reply(c, record);
}

static const char *date_of(const struct call *c, char out[CLOCK_DATE_MAX])
{
    const char *date = call_query(c, "date");
    return date != NULL ? date : clock_local_date(clock_utc_ms(), out);
}

static enum hx_err duty_list(struct call *c)
{
    char today[CLOCK_DATE_MAX];
    const char *county = call_query_z(c, "county", "");
    return call_list(c, db_all_json(c->db, SQL_DUTY_LIST, "ziziiii", date_of(c, today), call_query_i64(c, "school", 0), county, call_query_i64(c, "after", 0), call_sees_all(c),
                                    c->who.id, call_limit(c, 500, 5000)));
}

static enum hx_err duty_mine(struct call *c)
{
    int64_t now = clock_utc_ms();
    return call_list(c, db_all_json(c->db, SQL_DUTY_OF_PERSON, "iii", c->who.id, now - 6 * 3600000LL, now + 8 * CLOCK_DAY_MS));
}

static enum hx_err duty_post(struct call *c)
{
    const json_t *b = c->body;
    json_t *post = NULL;
    int64_t busy, id = journal_next(c->tx) * DUTY_IDS_PER_EVENT, person = json_i64(b, "person_id", 0);
    const char *date = json_z(b, "date", "");
    enum hx_err e = db_one_json(c->db, SQL_POST_GET, &post, "i", json_i64(b, "post_id", 0));
    int64_t school = json_i64(post, "school_id", 0);
    if (!e) e = call_check_school(c, PERM_DUTY_WRITE, school);
    struct peak_book book = {0};
    struct peak_window windows[32], *w = NULL;
    if (!e) e = peak_book_read(c->db, "", school, date, date, &book);
    int n = e ? 0 : peak_windows(&book, json_z(post, "county", ""), school, date, windows, 32);
    for (int i = 0; i < n; i++)
        if (windows[i].peak_id == json_i64(b, "peak_id", 0)) w = &windows[i];
    peak_book_free(&book);
    json_decref(post);
    if (e) return e;
    if (w == NULL) return call_fail(c, HX_E_INVALID, "peak_id: this school has no such peak on %s", date);
    if (person != 0 && db_one_i64(c->db, SQL_DUTY_OVERLAP, &busy, "iii", person, w->ends_at, w->arrive_by) == HX_OK)
        return call_fail(c, HX_E_ILLEGAL, "this person has duty %lld at that time", (long long)busy);
    e = db_exec(c->db, SQL_DUTY_ADD, "iIiiiziiiziIz", id, (int64_t)0, json_i64(b, "post_id", 0), school, w->peak_id, date, w->begins_at, w->ends_at, w->arrive_by, json_z(b, "need", "any"),
                (int64_t)0, person, "");
    if (!e) e = duty_tell(c->tx, id, "duty.planned", NULL);
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_DUTY_GET, id);
}

static enum hx_err duty_cancel(struct call *c)
{
    struct head h;
    const char *to;
    int64_t id = call_id(c, 0);
    enum hx_err e = read_head(c->db, id, &h);
    if (!e) e = call_check_school(c, PERM_DUTY_WRITE, h.school);
    if (e) return e;
    if (!duty_next(h.state, "cancel", &to)) return call_fail(c, HX_E_ILLEGAL, "cancel is not possible while the duty is %s", call_word(c, h.state));
    e = db_exec(c->db, SQL_DUTY_MOVE, "zizi", to, c->tx->now_ms, "", id);
    if (!e) e = duty_tell(c->tx, id, "duty.cancelled", json_pack("{s:s}", "reason", json_z(c->body, "reason", "")));
    return e ? e : call_reply_one(c, SQL_DUTY_GET, id);
}

/* Somebody else takes a duty; with a mover, that one leaves the duty `via` for it and `person_id` takes `via`. */
static enum hx_err duty_substitute(struct call *c)
{
    struct head h, v = {.person = 0};
    int64_t id = call_id(c, 0), person = json_i64(c->body, "person_id", 0), via = json_i64(c->body, "via_duty", 0), busy;
    enum hx_err e = read_head(c->db, id, &h);
    if (!e) e = call_check_school(c, PERM_DUTY_WRITE, h.school);
    if (!e && via != 0) e = read_head(c->db, via, &v);
    if (!e && via != 0) e = call_check_school(c, PERM_DUTY_WRITE, v.school);
    if (e) return e;
    if (strcmp(h.state, "relieved") == 0 || strcmp(h.state, "cancelled") == 0) return call_fail(c, HX_E_ILLEGAL, "the duty is %s", call_word(c, h.state));
    if (via != 0 && v.person == 0) return call_fail(c, HX_E_INVALID, "via_duty: nobody stands there who could move");
    if (db_one_i64(c->db, SQL_DUTY_OVERLAP, &busy, "iii", person, h.ends_at, h.arrive_by) == HX_OK) return call_fail(c, HX_E_ILLEGAL, "this person has duty %lld at that time", (long long)busy);
    e = db_exec(c->db, SQL_DUTY_GIVE, "ii", via != 0 ? v.person : person, id);
    if (!e && via != 0) e = db_exec(c->db, SQL_DUTY_GIVE, "ii", person, via);
    if (!e) e = duty_tell(c->tx, id, "duty.substituted", json_pack("{s:I}", "was", (json_int_t)h.person));
    if (!e && via != 0) e = duty_tell(c->tx, via, "duty.substituted", json_pack("{s:I}", "was", (json_int_t)v.person));
    return e ? e : call_reply_one(c, SQL_DUTY_GET, id);
}

enum hx_err duty_past_load(struct tx *tx, const char *before)
{
    enum hx_err e = db_exec(tx->db, SQL_DUTY_PAST_KEPT, "z", before);
    return e ? e : db_exec(tx->db, SQL_DUTY_PAST_PROOF, "iz", journal_next(tx), before);
}

/* A report of one's own phone, perhaps hours late. It is always kept; it moves the duty where the table allows. */
static enum hx_err checkin_post(struct call *c)
{
    const json_t *b = c->body;
    const char *uuid = json_z(b, "id", ""), *act = json_z(b, "act", ""), *to = NULL;
    struct head h;
    struct tx *tx = c->tx;
    int64_t there, id = json_i64(b, "duty", 0), now = tx->now_ms, device_at, arrived;
    bool placed = json_has(b, "lon") && json_has(b, "lat");
    if (db_one_i64(c->db, SQL_CHECKIN_THERE, &there, "z", uuid) == HX_OK) return call_reply_one(c, SQL_DUTY_GET, id);
    enum hx_err e = read_head(c->db, id, &h);
    if (e) return e;
    if (h.person != c->who.id) return call_fail(c, HX_E_FORBIDDEN, "this duty is somebody else's now");
    e = call_told_at(c, &device_at);
    if (e) return e;
    bool arrives = strcmp(act, "arrived") == 0;
    json_t *reasons = arrives ? doubts_of(c, h.post, device_at) : json_array();
    const char *proof = arrives ? presence_proof(reasons) : "";
    char *why = json_text(reasons);
    arrived = device_at > now || device_at < now - CLOCK_DAY_MS ? now : device_at; /* a report from a valley counts from when it was made */
    e = db_exec(c->db, SQL_CHECKIN_ADD, placed ? "ziiiziizfffzz" : "ziiiziiznnnzz", uuid, journal_next(tx), id, c->who.id, act, device_at, now, json_z(b, "device", ""), json_f64(b, "lon", 0), json_f64(b, "lat", 0),
                json_f64(b, "accuracy_m", 9999), proof, why);
    free(why);
    bool moves_it = !e && duty_next(h.state, act, &to);
    if (moves_it) e = db_exec(c->db, SQL_DUTY_MOVE, "zizi", to, arrived, proof, id);
    char type[32];
    snprintf(type, sizeof type, "duty.%s", moves_it ? to : "reported");
    json_t *change = json_pack("{s:s,s:s,s:O}", "act", act, "proof", proof, "reasons", reasons);
    json_decref(reasons);
    if (!e) e = duty_tell(tx, id, type, change);
    else json_decref(change);
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_DUTY_GET, id);
}

static enum hx_err amber_list(struct call *c)
{
    char from[CLOCK_DATE_MAX];
    return call_list(c, db_all_json(c->db, SQL_CHECKIN_AMBER, "zii", clock_local_date(clock_utc_ms() - 7 * CLOCK_DAY_MS, from), call_sees_all(c), c->who.id));
}

/* A person judges a doubtful arrival; the machine never does. */
static enum hx_err duty_judge(struct call *c)
{
    struct head h;
    int64_t id = call_id(c, 0);
    const char *verdict = json_z(c->body, "verdict", "");
    enum hx_err e = read_head(c->db, id, &h);
    if (!e) e = call_check_school(c, PERM_DUTY_WRITE, h.school);
    if (!e && h.person == c->who.id) return call_fail(c, HX_E_FORBIDDEN, "one's own arrival is judged by somebody else");
    if (!e) e = db_exec(c->db, SQL_DUTY_PROOF_SET, "zi", verdict, id);
    if (!e) e = duty_tell(c->tx, id, "duty.judged", json_pack("{s:s,s:s}", "verdict", verdict, "note", json_z(c->body, "note", "")));
    return e ? e : call_reply_one(c, SQL_DUTY_GET, id);
}

static enum hx_err coverage_get(struct call *c)
{
    char today[CLOCK_DATE_MAX];
    const char *county = call_query(c, "county");
    json_t *j = coverage_json(c->db, date_of(c, today), county != NULL ? county : "", call_sees_all(c), c->who.id, clock_utc_ms());
    return j == NULL ? HX_E_STORE : call_reply(c, j);
}

/* ---- the clock ---- */

struct due {
    int64_t id, begins_at;
    int alerted, stage;
    char county[8];
};

static int stage_of(int64_t now_ms, int64_t begins_at)
{
    return now_ms >= begins_at + DESK_MS ? 3 : now_ms >= begins_at ? 2 : 1;
}

/* Tells of each; what comes of a bare post is a rule's (EW-01). `due` is one county's. */
static enum hx_err tell_county(struct tx *tx, const struct due *due, size_t n)
{
    static const char *const types[] = {"", "duty.late", "duty.bare", "duty.desk"};
    enum hx_err e = HX_OK;
    for (size_t i = 0; !e && i < n; i++) {
        e = db_exec(tx->db, SQL_DUTY_ALERT, "ii", (int64_t)due[i].stage, due[i].id);
        if (!e) e = duty_tell(tx, due[i].id, types[due[i].stage], NULL);
    }
    return e;
}

static enum hx_err watch_boxes(struct tx *tx)
{
    int64_t ids[256], minute = (tx->now_ms + CLOCK_LOCAL_MS) % CLOCK_DAY_MS / 60000;
    size_t n = 0;
    enum hx_err e;
    struct rows r = db_query(tx->db, SQL_BOX_SILENT, "ii", tx->now_ms - BOX_SILENT_MS, minute);
    while (n < HX_COUNT(ids) && rows_next(&r)) ids[n++] = rows_i64(&r, 0);
    e = r.err;
    rows_end(&r);
    for (size_t i = 0; !e && i < n; i++) {
        json_t *record = NULL;
        e = db_exec(tx->db, SQL_BOX_DARK, "i", ids[i]);
        if (!e) e = db_one_json(tx->db, SQL_BOX_GET, &record, "i", ids[i]);
        if (!e) e = journal_add(tx, "box.dark", json_i64(record, "school_id", 0), ids[i], record);
    }
    return e;
}

enum hx_err duty_clock(struct tx *tx, void *arg)
{
    (void)arg;
    struct due *due = calloc(DUE_AT_ONCE, sizeof *due);
    HX_ASSERT(due != NULL);
    size_t n = 0;
    struct rows r = db_query(tx->db, SQL_DUTY_DUE, "ii", tx->now_ms - 6 * LATE_MS, tx->now_ms + LATE_MS);
    while (n < DUE_AT_ONCE && rows_next(&r)) {
        struct due *d = &due[n];
        *d = (struct due){.id = rows_i64(&r, 0), .begins_at = rows_i64(&r, 1), .alerted = (int)rows_i64(&r, 2)};
        str_to_z(rows_str(&r, 3), d->county, sizeof d->county);
        d->stage = stage_of(tx->now_ms, d->begins_at);
        n += d->stage > d->alerted;
    }
    enum hx_err e = r.err;
    rows_end(&r);
    for (size_t first = 0, end; !e && first < n; first = end) {
        int64_t used;
        for (end = first; end < n && strcmp(due[end].county, due[first].county) == 0;) end++;
        /* A county that does not check in yet is not warned about: its walls would be red all day. */
        if (db_one_i64(tx->db, SQL_CHECKIN_COUNTY, &used, "zi", due[first].county, tx->now_ms - IN_USE_MS) == HX_OK) e = tell_county(tx, due + first, end - first);
    }
    free(due);
    if (!e) e = db_exec(tx->db, SQL_DUTY_BEGIN, "ii", tx->now_ms, tx->now_ms - CLOCK_DAY_MS);
    return e ? e : watch_boxes(tx);
}

static void on_clock(void *arg)
{
    struct hx_app *app = arg;
    if (app->writer != NULL && writer_submit(app->writer, LANE_BULK, duty_clock, NULL, NULL) != HX_OK) log_debug("duty.busy", "job=clock");
}

static enum hx_err duty_start(struct hx_app *app)
{
    loop_every(app->loop, CLOCK_EVERY_MS, on_clock, app);
    return HX_OK;
}

static const struct hx_route duty_routes[] = {
    {HX_GET, "/v1/duties", "dutyList", PERM_DUTY_READ, duty_list, NULL},
    {HX_POST, "/v1/duties", "dutyAdd", PERM_DUTY_WRITE, duty_post, NULL},
    {HX_GET, "/v1/duties/mine", "dutyMine", PERM_DUTY_REPORT, duty_mine, NULL},
    {HX_GET, "/v1/duties/doubtful", "dutyDoubtful", PERM_DUTY_WRITE, amber_list, NULL},
    {HX_GET, "/v1/duties/{id}", "dutyGet", PERM_DUTY_READ, duty_get, NULL},
    {HX_POST, "/v1/duties/{id}/cancel", "dutyCancel", PERM_DUTY_WRITE, duty_cancel, NULL},
    {HX_POST, "/v1/duties/{id}/substitute", "dutySubstitute", PERM_DUTY_WRITE, duty_substitute, NULL},
    {HX_POST, "/v1/duties/{id}/judge", "dutyJudge", PERM_DUTY_WRITE, duty_judge, NULL},
    {HX_POST, "/v1/checkins", "checkinAdd", PERM_DUTY_REPORT, checkin_post, NULL},
    {HX_GET, "/v1/coverage", "coverage", PERM_DUTY_READ, coverage_get, NULL},
};
const struct hx_module duty_module = {.name = "duty", .routes = duty_routes, .route_count = HX_COUNT(duty_routes), .start = duty_start};
