/* Between the protocol and the records: what the platforms above ask is looked up, written and done; what happens here is told to them. Loop thread. */
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cascade.h"
#include "domain/camera/camera.h"
#include "domain/camera/camera_live.h"
#include "domain/camera/camera_rank.h"
#include "signal/upper.h"

#define TICK_MS 1000
#define LATE_MS CLOCK_DAY_MS
#define RANK 1 /* as an operator of ours steers */
#define ALARM_WAIT_MS 15000
#define CUT_MS 60000 /* so long a look that was cut is not begun again; for good, the camera is taken back */
#define CUTS_MAX 64

static struct {
    struct hx_app *app;
    char own_code[RECORDER_CODE_MAX];
    int64_t late_at;
    bool asked; /* a look at what waits is posted */
} cascade;

const char *cascade_own_code(void) { return cascade.own_code; }

static void freed(enum hx_err e, const char *detail, void *arg)
{
    if (e) log_error("cascade.store", "error=%s detail=\"%s\"", err_name(e), detail);
    free(arg);
}

static void submit(tx_fn run, void *arg)
{
    if (cascade.app->writer == NULL || writer_submit(cascade.app->writer, LANE_NORMAL, run, freed, arg) != HX_OK) free(arg);
}

/* ---- who they are ---- */

static void take_row(const struct rows *r)
{
    struct upper *u = upper_find(rows_i64(r, 0));
    size_t n = 0;
    if (u == NULL) {
        u = calloc(1, sizeof *u);
        HX_ASSERT(u != NULL);
        u->id = rows_i64(r, 0);
        u->next = uppers_all()->first;
        uppers_all()->first = u;
    }
    str_to_utf8_z(rows_str(r, 1), u->name, sizeof u->name);
    str_to_z(rows_str(r, 2), u->code, sizeof u->code);
    str_to_z(rows_str(r, 3), u->own_code, sizeof u->own_code);
    str_to_z(rows_str(r, 4), u->address, sizeof u->address);
    u->tcp = rows_i64(r, 5) != 0;
    if (seal_break(&cascade.app->panels->seal, rows_blob(r, 6), (uint8_t *)u->password, sizeof u->password - 1, &n)) log_error("cascade.password", "code=%s reason=\"the sealed password does not open with keys/seal.key\"", u->code);
    u->password[n] = 0;
    str_to_z(rows_str(r, 7), u->media_hosts, sizeof u->media_hosts);
    u->expires_s = (int)rows_i64(r, 8);
    u->keepalive_s = (int)rows_i64(r, 9);
    u->disabled = !str_eq(rows_str(r, 10), STR("active"));
}

struct line_news {
    int64_t upper_id;
    bool up;
    char reason[UPPER_FAULT_MAX];
};

static enum hx_err store_line(struct tx *tx, void *arg)
{
    const struct line_news *n = arg;
    json_t *known = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_UPPER_GET, &known, "i", n->upper_id);
    bool same = !e && strcmp(json_z(known, "line", ""), n->up ? "up" : "lost") == 0 && strcmp(json_z(known, "line_reason", ""), n->reason) == 0;
    json_decref(known);
    if (e || same) return e; /* each try fails for the same reason: no news */
    e = db_exec(tx->db, SQL_UPPER_LINE, "zzii", n->up ? "up" : "lost", n->reason, tx->now_ms, n->upper_id);
    return e ? e : journal_tell(tx, SQL_UPPER_GET, n->upper_id, n->up ? "upper.up" : "upper.lost");
}

static void tell_alarms(void);

static void on_line(struct upper *u, bool up, const char *reason)
{
    struct line_news *n = calloc(1, sizeof *n);
    HX_ASSERT(n != NULL);
    n->upper_id = u->id;
    n->up = up;
    str_to_utf8_z(str_of(reason), n->reason, sizeof n->reason);
    submit(store_line, n);
    if (up) tell_alarms();
}

/* ---- what they see ---- */

static void on_catalog(struct upper *u, void (*each)(const struct upper_item *item, void *arg), void *arg)
{
    struct db *db = cascade.app->panels->db;
    struct rows r = db_query(db, SQL_UPPER_AREAS, "i", u->id);
    while (rows_next(&r)) {
        struct upper_item i = {.is_area = true, .on = true};
        str_to_z(rows_str(&r, 0), i.code, sizeof i.code);
        str_to_z(rows_str(&r, 0), i.area, sizeof i.area);
        str_to_utf8_z(rows_str(&r, 1), i.name, sizeof i.name);
        each(&i, arg);
    }
    rows_end(&r);
    r = db_query(db, SQL_UPPER_ITEMS, "i", u->id);
    while (rows_next(&r)) {
        bool fetched = !str_eq(rows_str(&r, 6), STR("gb28181")); /* one that we go to is there until we went and it was not */
        struct upper_item i = {.on = str_eq(rows_str(&r, 4), STR("on")) && (str_eq(rows_str(&r, 5), STR("up")) || (fetched && !str_eq(rows_str(&r, 5), STR("lost")))), .turns = rows_i64(&r, 7) != 0, .lon = rows_f64(&r, 8), .lat = rows_f64(&r, 9)};
        char both[2 * RECORDER_NAME_MAX];
        str_to_z(rows_str(&r, 0), i.code, sizeof i.code);
        str_to_utf8_z(rows_str(&r, 2), i.place, sizeof i.place);
        snprintf(both, sizeof both, "%s %.*s", i.place, (int)rows_str(&r, 1).len, rows_str(&r, 1).at); /* a name alone says nothing among thousands */
        str_to_utf8_z(str_of(both), i.name, sizeof i.name);
        str_to_z(rows_str(&r, 3), i.area, sizeof i.area);
        each(&i, arg);
    }
    rows_end(&r);
}

static bool camera_of(const struct upper *u, const char *channel, int64_t *camera, int64_t *school)
{
    struct rows r = db_query(cascade.app->panels->db, SQL_UPPER_CAMERA_OF, "iz", u->id, channel);
    bool there = rows_next(&r);
    if (there) *camera = rows_i64(&r, 0), *school = rows_i64(&r, 1);
    rows_end(&r);
    return there;
}

static bool on_steer(struct upper *u, const char *channel, const struct recorder_steer *s)
{
    int64_t camera, school, other;
    return camera_of(u, channel, &camera, &school) && camera_live_steer(camera, -u->id, RANK, s, &other) == HX_OK;
}

static bool on_records(struct upper *u, const char *channel, int64_t from, int64_t to, upper_records_fn got, void *arg)
{
    int64_t camera, school;
    return camera_of(u, channel, &camera, &school) && camera_kept_ask(camera, from, to, got, arg);
}

/* ---- what they look at ---- */

/* From the invitation to the end. It is written before the first picture goes out. */
struct look {
    struct upper_invite invite;
    struct camera_forward forward;
    int64_t school_id, view_id; /* view_id 0: not written yet */
    char upper_name[RECORDER_NAME_MAX];
    bool over, writing;
    struct look *next;
};

static struct look *looks;

static void forget(struct look *l)
{
    struct look **at = &looks;
    while (*at != l) at = &(*at)->next;
    *at = l->next;
    free(l);
}

struct ending {
    int64_t view_id;
};

static enum hx_err store_end(struct tx *tx, void *arg)
{
    return camera_look_end(tx, ((struct ending *)arg)->view_id);
}

static void book_end(int64_t view)
{
    struct ending *e = calloc(1, sizeof *e);
    HX_ASSERT(e != NULL);
    e->view_id = view;
    submit(store_end, e);
}

/* Looks that were cut by somebody here, the oldest overwritten. */
static struct {
    int64_t upper_id, camera_id, until;
} cuts[CUTS_MAX];
static size_t cut_count;

static bool was_cut(int64_t upper, int64_t camera)
{
    int64_t now = clock_utc_ms();
    for (size_t i = 0; i < CUTS_MAX; i++)
        if (cuts[i].upper_id == upper && cuts[i].camera_id == camera && now < cuts[i].until) return true;
    return false;
}

static void note_cut(int64_t upper, int64_t camera)
{
    size_t at = cut_count++ % CUTS_MAX;
    cuts[at].upper_id = upper, cuts[at].camera_id = camera, cuts[at].until = clock_utc_ms() + CUT_MS;
}

static struct look *look_of(int64_t view)
{
    struct look *l = looks;
    while (l != NULL && l->view_id != view) l = l->next;
    return l;
}

static void on_ready(int64_t view, const char *host, int port, void *arg)
{
    (void)arg;
    const struct look *l = look_of(view);
    if (l != NULL && uppers_all()->driver != NULL) uppers_all()->driver->taken(l->invite.call, host, port);
}

static void on_forward_over(int64_t view, const char *why, void *arg)
{
    (void)arg;
    struct look *l = look_of(view);
    if (l == NULL) return;
    log_info("cascade.over", "upper=%s view=%lld why=\"%s\"", l->invite.upper->code, (long long)view, why);
    if (strcmp(why, CAMERA_FORWARD_CUT) == 0) note_cut(l->invite.upper->id, l->forward.camera_id);
    if (uppers_all()->driver != NULL) uppers_all()->driver->end(l->invite.call, strcmp(why, CAMERA_FORWARD_PLAYED) == 0);
    book_end(view);
    forget(l);
}

static enum hx_err store_look(struct tx *tx, void *arg)
{
    struct look *l = arg;
    const struct camera_look look = {.id = journal_next(tx), .camera_id = l->forward.camera_id, .school_id = l->school_id, .upper_id = l->invite.upper->id, .upper_name = l->upper_name, .reason = "upper", .note = "", .nonce = l->forward.nonce, .from = l->invite.from, .to = l->invite.to, .close_up = l->forward.close_up};
    l->forward.view_id = look.id;
    return camera_look_add(tx, &look);
}

static void look_stored(enum hx_err e, const char *detail, void *arg)
{
    struct look *l = arg;
    l->writing = false;
    if (e) log_error("cascade.look", "error=%s detail=\"%s\"", err_name(e), detail);
    else l->view_id = l->forward.view_id;
    bool begun = !e && !l->over && camera_forward_begin(&l->forward);
    if (begun) return;
    if (!e) book_end(l->view_id);
    if (!l->over && uppers_all()->driver != NULL) uppers_all()->driver->refused(l->invite.call, e ? 500 : 503, e ? "Server Internal Error" : "No media node");
    forget(l);
}

static void on_invite(const struct upper_invite *i)
{
    uint8_t raw[8];
    int64_t camera, school;
    if (!camera_of(i->upper, i->channel, &camera, &school)) {
        uppers_all()->driver->refused(i->call, 404, "Not Found");
        return;
    }
    if (was_cut(i->upper->id, camera)) {
        uppers_all()->driver->refused(i->call, 403, "Cut by its owner");
        return;
    }
    struct look *l = calloc(1, sizeof *l);
    HX_ASSERT(l != NULL && RAND_bytes(raw, sizeof raw) == 1);
    *l = (struct look){.invite = *i, .school_id = school, .writing = true, .next = looks};
    l->forward = (struct camera_forward){.camera_id = camera, .close_up = i->main && camera_live_has_close_up(camera), .back = i->from != 0, .port = i->port, .ssrc = i->ssrc, .way = i->way == UPPER_UDP ? FORWARD_UDP : i->way == UPPER_CONNECT ? FORWARD_CONNECT : FORWARD_LISTEN, .ready = on_ready, .over = on_forward_over};
    snprintf(l->upper_name, sizeof l->upper_name, "%s", i->upper->name);
    snprintf(l->forward.host, sizeof l->forward.host, "%s", i->host);
    hex_encode_lower(raw, sizeof raw, l->forward.nonce);
    looks = l;
    if (cascade.app->writer != NULL && writer_submit(cascade.app->writer, LANE_NORMAL, store_look, look_stored, l) == HX_OK) return;
    uppers_all()->driver->refused(i->call, 503, "Busy");
    forget(l);
}

static struct look *look_of_call(int64_t call)
{
    struct look *l = looks;
    while (l != NULL && l->invite.call != call) l = l->next;
    return l;
}

static void on_confirmed(int64_t call)
{
    const struct look *l = look_of_call(call);
    if (l != NULL && l->view_id != 0) camera_forward_go(l->view_id);
}

static bool on_pace(int64_t call, const struct recorder_pace *p)
{
    const struct look *l = look_of_call(call);
    return l != NULL && l->view_id != 0 && l->forward.back && camera_pace(l->view_id, p);
}

static void on_over(int64_t call)
{
    struct look *l = look_of_call(call);
    if (l == NULL || l->over) return;
    l->over = true;
    if (l->writing) return; /* its end is written after it */
    camera_forward_end(l->view_id);
    book_end(l->view_id);
    forget(l);
}

/* A camera that was taken back is not looked through any longer. */
static void end_taken_back(int64_t upper)
{
    int64_t camera, school;
    for (struct look *l = looks, *next; l != NULL; l = next) {
        next = l->next;
        if (l->invite.upper->id != upper || camera_of(l->invite.upper, l->invite.channel, &camera, &school)) continue;
        int64_t call = l->invite.call;
        on_over(call);
        if (uppers_all()->driver != NULL) uppers_all()->driver->end(call, false);
    }
}

/* ---- alarms ---- */

/* Told, and its answer not on disk yet. */
struct telling {
    int64_t upper_id, incident_id, until;
    bool storing;
    struct telling *next;
};

static struct telling *tellings;

static struct telling **telling_of(int64_t upper, int64_t incident)
{
    struct telling **at = &tellings;
    while (*at != NULL && ((*at)->upper_id != upper || (*at)->incident_id != incident)) at = &(*at)->next;
    return at;
}

/* By which camera it is told: of those that the platform has, the one that sees the place best. */
static bool choose_channel(const struct upper *u, int64_t school, const struct camera_aim *aim, char out[RECORDER_CODE_MAX])
{
    int64_t ids[64];
    size_t n = camera_live_ranked(school, aim, ids, HX_COUNT(ids));
    for (size_t i = 0; i < n; i++) {
        struct rows r = db_query(cascade.app->panels->db, SQL_UPPER_CODE_OF, "ii", u->id, ids[i]);
        bool there = rows_next(&r);
        if (there) str_to_z(rows_str(&r, 0), out, RECORDER_CODE_MAX);
        rows_end(&r);
        if (there) return true;
    }
    return false;
}

/* AlarmMethod (annex A.2.5): how it came to us. */
static int method_of(const char *source)
{
    return strcmp(source, "call") == 0 ? 1 : strcmp(source, "panel") == 0 ? 2 : strcmp(source, "camera") == 0 ? 5 : 7;
}

static void tell_one(struct upper *u, const struct rows *r)
{
    struct upper_alarm a = {.id = rows_i64(r, 1), .at = rows_i64(r, 7), .lon = rows_f64(r, 8), .lat = rows_f64(r, 9)};
    char title[160], source[24];
    str_to_utf8_z(rows_str(r, 4), title, sizeof title);
    str_to_z(rows_str(r, 6), source, sizeof source);
    const struct camera_aim aim = {.lon = a.lon, .lat = a.lat, .title = title};
    int64_t severity = rows_i64(r, 5);
    a.priority = severity < 1 ? 1 : severity > 4 ? 4 : (int)severity;
    a.method = method_of(source);
    snprintf(a.text, sizeof a.text, "%.*s %s", (int)rows_str(r, 3).len, rows_str(r, 3).at, title);
    if (!choose_channel(u, rows_i64(r, 2), &aim, a.channel)) snprintf(a.channel, sizeof a.channel, "%s", u->own_code); /* taken back meanwhile */
    struct telling *t = calloc(1, sizeof *t);
    HX_ASSERT(t != NULL);
    *t = (struct telling){.upper_id = u->id, .incident_id = a.id, .until = clock_utc_ms() + ALARM_WAIT_MS, .next = tellings};
    tellings = t;
    uppers_all()->driver->alarm(u, &a);
}

/* What waits for each platform that is there: none of them waits behind one that is not. */
static void tell_waiting(void *arg)
{
    (void)arg;
    cascade.asked = false;
    for (struct upper *u = uppers_all()->first; u != NULL && uppers_all()->driver != NULL; u = u->next) {
        if (!u->up || u->disabled) continue;
        struct rows r = db_query(cascade.app->panels->db, SQL_UPPER_ALARM_WAITING, "i", u->id);
        while (rows_next(&r))
            if (*telling_of(u->id, rows_i64(&r, 1)) == NULL) tell_one(u, &r);
        rows_end(&r);
    }
}

/* Once for all incidents of a batch. */
static void tell_alarms(void)
{
    if (cascade.asked || uppers_all()->first == NULL) return;
    cascade.asked = true;
    loop_post(cascade.app->loop, tell_waiting, NULL);
}

static enum hx_err store_told(struct tx *tx, void *arg)
{
    const struct telling *t = arg;
    enum hx_err e = db_exec(tx->db, SQL_UPPER_ALARM_TOLD, "iii", tx->now_ms, t->upper_id, t->incident_id);
    if (e || db_changes(tx->db) == 0) return e;
    return journal_add(tx, "upper.told", 0, t->upper_id, json_pack("{s:I,s:I}", "id", (json_int_t)t->upper_id, "incident_id", (json_int_t)t->incident_id));
}

static void told_stored(enum hx_err e, const char *detail, void *arg)
{
    struct telling *t = arg, **at = telling_of(t->upper_id, t->incident_id);
    if (e) log_error("cascade.told", "error=%s detail=\"%s\"", err_name(e), detail);
    *at = t->next;
    free(t);
    if (!e) tell_alarms();
}

static void on_told(struct upper *u, int64_t incident, bool good)
{
    struct telling **at = telling_of(u->id, incident), *t = *at;
    if (t == NULL || t->storing) return;
    t->storing = good && cascade.app->writer != NULL && writer_submit(cascade.app->writer, LANE_NORMAL, store_told, told_stored, t) == HX_OK;
    if (t->storing) return;
    *at = t->next;
    free(t); /* once more with the next tick */
}

static enum hx_err store_late(struct tx *tx, void *arg)
{
    (void)arg;
    return db_exec(tx->db, SQL_UPPER_ALARM_LATE, "i", tx->now_ms - LATE_MS);
}

static void tick(void *arg)
{
    (void)arg;
    int64_t now = clock_utc_ms();
    for (struct telling **at = &tellings, *t; (t = *at) != NULL;) {
        if (now <= t->until || t->storing) {
            at = &t->next;
            continue;
        }
        *at = t->next;
        free(t);
    }
    tell_alarms();
    if (now < cascade.late_at) return;
    cascade.late_at = now + LATE_MS / 24;
    submit(store_late, NULL);
}

/* ---- what the journal says ---- */

static bool touches_catalog(const char *type)
{
    return strncmp(type, "camera.", 7) == 0 || strncmp(type, "recorder.", 9) == 0 || strncmp(type, "school.", 7) == 0 || strcmp(type, "upper.shared") == 0 || strcmp(type, "upper.unshared") == 0;
}

static void heard(const struct event *event, void *arg)
{
    (void)arg;
    bool touched = touches_catalog(event->type) && uppers_all()->driver != NULL;
    for (struct upper *u = uppers_all()->first; touched && u != NULL; u = u->next) uppers_all()->driver->catalog_changed(u);
    if (strcmp(event->type, "incident.opened") == 0) {
        tell_alarms();
    } else if (strcmp(event->type, "upper.unshared") == 0) {
        end_taken_back(event->subject_id);
    } else if (strcmp(event->type, "upper.added") == 0 || strcmp(event->type, "upper.changed") == 0) {
        struct rows r = db_query(cascade.app->panels->db, SQL_UPPER_ALL, "i", event->subject_id);
        while (rows_next(&r)) take_row(&r);
        rows_end(&r);
        struct upper *u = upper_find(event->subject_id);
        if (u != NULL && uppers_all()->driver != NULL) uppers_all()->driver->changed(u);
    }
}

static enum hx_err load(struct tx *tx, void *arg)
{
    (void)arg;
    struct rows r = db_query(tx->db, SQL_UPPER_ALL, "i", (int64_t)0);
    while (rows_next(&r)) take_row(&r);
    rows_end(&r);
    return r.err;
}

static const struct upper_domain domain = {.line = on_line, .catalog = on_catalog, .invite = on_invite, .confirmed = on_confirmed, .pace = on_pace, .over = on_over, .steer = on_steer, .records = on_records, .told = on_told};

enum hx_err cascade_start(struct hx_app *app, const char *own_code)
{
    cascade.app = app;
    snprintf(cascade.own_code, sizeof cascade.own_code, "%s", own_code);
    uppers_all()->domain = &domain;
    journal_listen(app->journal, heard, NULL);
    loop_every(app->loop, TICK_MS, tick, NULL);
    return writer_call(app->writer, load, NULL, NULL, 0);
}
