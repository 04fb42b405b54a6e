#include "posture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/geo.h"
#include "domain/incident/incident.h"
#include "domain/message/message.h"

#define NEIGHBOUR_M 5000  /* on the road */
#define ROAD_FACTOR 1.4   /* road over straight line, as dispatch reckons */
#define NEIGHBOURS_MAX 40

static const struct posture_word words[] = {
#define X(id, name, zh, en, order_zh, order_en) {name, zh, en, order_zh, order_en},
    POSTURE_MAP(X)
#undef X
};

const struct posture_word *posture_word(const char *name)
{
    for (size_t i = 0; i < HX_COUNT(words); i++)
        if (strcmp(words[i].name, name) == 0) return &words[i];
    return NULL;
}

void posture_text(const struct posture_word *w, bool drill, const char *assembly, bool english, char *out, size_t size)
{
    char to[96] = "";
    if (assembly[0] != 0) snprintf(to, sizeof to, english ? ", to: %s" : "，前往：%s", assembly);
    if (english) snprintf(out, size, "%s%s: %s%s", drill ? "【演练】DRILL " : "", w->en, w->order_en, to);
    else snprintf(out, size, "%s%s：%s%s", drill ? "【演练】" : "", w->zh, w->order_zh, to);
}

enum hx_err posture_check_school(struct call *c, enum perm p, int64_t school, bool member_too)
{
    int64_t member = 0;
    enum hx_err e = call_check_school(c, p, school);
    if (e != HX_E_NOT_FOUND || !member_too || !call_may(c, p)) return e;
    e = db_one_i64(c->db, SQL_POSTURE_IS_MEMBER, &member, "ii", c->who.id, school);
    return e ? e : member > 0 ? HX_OK : HX_E_NOT_FOUND;
}

static void add_texts(json_t *record)
{
    char text[256];
    const struct posture_word *w = posture_word(json_z(record, "verb", ""));
    if (w == NULL) return;
    posture_text(w, json_flag(record, "drill", false), json_z(record, "assembly", ""), false, text, sizeof text);
    json_put_z(record, "text", text);
    posture_text(w, json_flag(record, "drill", false), json_z(record, "assembly", ""), true, text, sizeof text);
    json_put_z(record, "text_en", text);
}

static void add_parts(struct db *db, json_t *record)
{
    char day[CLOCK_DATE_MAX];
    int64_t id = json_i64(record, "id", 0), asked = 0;
    clock_parse(str_of(json_z(record, "asked_at", "")), &asked);
    add_texts(record);
    json_object_set_new(record, "counts", db_all_json(db, SQL_HEAD_COUNT_LIST, "izi", id, clock_local_date(asked, day), json_i64(record, "school_id", 0)));
    json_object_set_new(record, "commands", db_all_json(db, SQL_COMMAND_LIST, "i", id));
    json_object_set_new(record, "pickups", db_all_json(db, SQL_PICKUP_LIST, "i", id));
}

enum hx_err posture_reply(struct call *c, int64_t id)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_POSTURE_GET, &record, "i", id);
    if (e) return e;
    add_parts(c->db, record);
    return call_reply(c, record);
}

enum hx_err posture_read_live(struct call *c, enum perm p, bool member_too, json_t **record)
{
    enum hx_err e = db_one_json(c->db, SQL_POSTURE_GET, record, "i", call_id(c, 0));
    if (e) return *record = NULL, e;
    const char *state = json_z(*record, "state", "");
    e = posture_check_school(c, p, json_i64(*record, "school_id", 0), member_too);
    if (!e && strcmp(state, "standing") != 0 && strcmp(state, "clearing") != 0) e = call_fail(c, HX_E_ILLEGAL, "this posture is over");
    if (e) json_decref(*record), *record = NULL;
    return e;
}

enum hx_err posture_tell(struct tx *tx, int64_t id, const char *type, json_t *change)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_POSTURE_GET, &record, "i", id);
    if (e) return json_decref(change), e;
    add_texts(record);
    if (change != NULL) json_object_set_new(record, "change", change);
    int64_t incident = json_i64(record, "incident_id", 0);
    return journal_add(tx, type, json_i64(record, "school_id", 0), incident != 0 ? incident : id, record);
}

/* ---- ordering ---- */

struct order {
    int64_t school, incident, person;
    const struct posture_word *word;
    const char *reason, *assembly;
    bool drill;
};

/* The people of the school, as entered under "messages"; those on the app see it by the live feed. */
static enum hx_err tell_people(struct tx *tx, const struct order *o, const json_t *school)
{
    char zh[480], en[480], text[256];
    int64_t ignored;
    posture_text(o->word, o->drill, o->assembly, false, text, sizeof text);
    snprintf(zh, sizeof zh, "%s【护学】%s %s。原因：%s", o->drill ? "【演练】" : "", json_z(school, "name", ""), o->drill ? text + strlen("【演练】") : text, o->reason);
    posture_text(o->word, false, o->assembly, true, text, sizeof text);
    snprintf(en, sizeof en, "%s[Huxue] %s: %s. Why: %s", o->drill ? "【演练】DRILL " : "", json_z(school, "name", ""), text, o->reason);
    struct message_new m = {.incident_id = o->incident, .school_id = o->school, .person_id = o->person, .level = MESSAGE_TO_SCHOOL, .severity = 1, .wait = "posture", .county = json_z(school, "county", ""), .zh = zh, .en = en, .drill = o->drill};
    return message_make(tx, &m, &ignored);
}

/* A school that shuts itself has a reason: the desk gets an incident, unless it has one already. */
static enum hx_err find_incident(struct tx *tx, struct order *o)
{
    char title[160], title_en[160];
    enum hx_err e = db_one_i64(tx->db, SQL_POSTURE_INCIDENT_OF, &o->incident, "iii", o->school, (int64_t)o->drill, tx->now_ms - 2 * 3600000LL);
    if (e != HX_E_NOT_FOUND) return e;
    o->incident = 0;
    bool grave = strcmp(o->word->name, "lockdown") == 0 || strcmp(o->word->name, "evacuate") == 0, shelter = strcmp(o->word->name, "shelter") == 0;
    if (!grave && !shelter) return HX_OK;
    snprintf(title, sizeof title, "%s：%.80s", o->word->zh, o->reason);
    snprintf(title_en, sizeof title_en, "%s: %.80s", o->word->en, o->reason);
    struct incident_new n = {.school_id = o->school, .title = title, .title_en = title_en, .class = strcmp(o->word->name, "lockdown") == 0 ? "panic" : "other", .source = "posture", .caller = "", .caller_phone = "", .story = o->reason, .severity = grave ? 1 : 2, .drill = o->drill};
    return incident_open(tx, &n, &o->incident);
}

static enum hx_err end_standing(struct tx *tx, const struct order *o)
{
    json_t *live = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_POSTURE_LIVE, &live, "i", o->school);
    if (e == HX_E_NOT_FOUND) return HX_OK;
    if (e) return e;
    bool drill = json_flag(live, "drill", false), same = strcmp(json_z(live, "verb", ""), o->word->name) == 0 && drill == o->drill && strcmp(json_z(live, "state", ""), "standing") == 0;
    int64_t id = json_i64(live, "id", 0);
    json_decref(live);
    if (same) return tx_fail(tx, HX_E_CONFLICT, "this stands there already");
    if (o->drill && !drill) return tx_fail(tx, HX_E_ILLEGAL, "a real posture stands there: no drill now");
    e = db_exec(tx->db, SQL_POSTURE_REPLACE, "ii", tx->now_ms, id);
    return e ? e : posture_tell(tx, id, "posture.replaced", NULL);
}

static enum hx_err give_order(struct tx *tx, struct order *o, int64_t *id)
{
    char text[256];
    json_t *school = NULL;
    enum hx_err e = end_standing(tx, o);
    if (!e && o->incident == 0) e = find_incident(tx, o);
    if (!e) e = db_one_json(tx->db, SQL_POSTURE_SCHOOL, &school, "i", o->school);
    if (e) return e;
    *id = journal_next(tx);
    e = db_exec(tx->db, SQL_POSTURE_ADD, "iiIzizzii", *id, o->school, o->incident, o->word->name, (int64_t)o->drill, o->reason, o->assembly, o->person, tx->now_ms);
    if (!e) e = posture_tell(tx, *id, "posture.ordered", NULL);
    posture_text(o->word, o->drill, o->assembly, false, text, sizeof text);
    if (!e) e = output_act(tx, o->school, *id, o->word, o->drill, text, NULL);
    if (!e) e = tell_people(tx, o, school);
    json_decref(school);
    return e;
}

static enum hx_err order_post(struct call *c)
{
    const json_t *b = c->body;
    struct order o = {.school = json_i64(b, "school_id", 0), .incident = json_i64(b, "incident_id", 0), .person = c->who.id, .word = posture_word(json_z(b, "verb", "")), .reason = json_z(b, "reason", ""), .assembly = json_z(b, "assembly", ""), .drill = json_flag(b, "drill", false)};
    json_t *school = NULL, *incident = NULL;
    int64_t id = 0;
    enum hx_err e = call_check_school(c, PERM_POSTURE_ORDER, o.school);
    if (!e) e = db_one_json(c->db, SQL_POSTURE_SCHOOL, &school, "i", o.school);
    if (e) return e;
    const char *confirm = json_z(b, "confirm", ""), *pinyin = json_z(school, "pinyin", "");
    bool sure = strcmp(confirm, json_z(school, "code", "")) == 0 || (pinyin[0] != 0 && strcasecmp(confirm, pinyin) == 0);
    if (!sure) e = call_fail(c, HX_E_INVALID, "confirm: type the school's code %s or its initials %s", json_z(school, "code", ""), pinyin);
    json_decref(school);
    if (!e && o.incident != 0) {
        e = db_one_json(c->db, SQL_POSTURE_INCIDENT, &incident, "i", o.incident);
        if (!e && json_i64(incident, "school_id", 0) != o.school) e = call_fail(c, HX_E_INVALID, "incident_id: this incident is at another school");
        if (!e && json_flag(incident, "drill", false) != o.drill) e = call_fail(c, HX_E_INVALID, "drill: a drill and a real incident never mix");
        json_decref(incident);
    }
    if (!e) e = give_order(c->tx, &o, &id);
    c->status = 201;
    return e ? e : posture_reply(c, id);
}

/* ---- over ---- */

static enum hx_err clear_post(struct call *c)
{
    json_t *record;
    char text[256];
    const struct posture_word *w = posture_word("clear");
    int64_t id = call_id(c, 0);
    enum hx_err e = posture_read_live(c, PERM_POSTURE_ORDER, false, &record);
    if (e) return e;
    bool drill = json_flag(record, "drill", false), standing = strcmp(json_z(record, "state", ""), "standing") == 0;
    int64_t school = json_i64(record, "school_id", 0);
    json_decref(record);
    if (!standing) return call_fail(c, HX_E_ILLEGAL, "everybody is being counted already");
    posture_text(w, drill, "", false, text, sizeof text);
    e = db_exec(c->db, SQL_POSTURE_CLEAR, "iii", c->who.id, c->tx->now_ms, id);
    if (!e) e = posture_tell(c->tx, id, "posture.clearing", NULL);
    if (!e) e = output_act(c->tx, school, id, w, drill, text, "siren light"); /* the doors stay as they are until the release */
    return e ? e : posture_reply(c, id);
}

/* The side that this signature is for, into *police. One's own; the other one's only by a supervisor, with a reason. */
static enum hx_err which_side(struct call *c, bool *police)
{
    const char *side = json_z(c->body, "side", ""), *own = strcmp(c->who.tree, "police") == 0 ? "police" : strcmp(c->who.tree, "education") == 0 ? "school" : "";
    if (side[0] == 0) side = own;
    if (side[0] == 0) return call_fail(c, HX_E_INVALID, "side: for whom do you agree, school or police?");
    *police = strcmp(side, "police") == 0;
    if (own[0] == 0 || strcmp(side, own) == 0) return HX_OK;
    if (!call_may(c, PERM_INCIDENT_SUPERVISE)) return call_fail(c, HX_E_FORBIDDEN, "only a supervisor stands in for the other side");
    if (json_z(c->body, "note", "")[0] == 0) return call_fail(c, HX_E_INVALID, "note: why do you stand in for the other side?");
    return HX_OK;
}

static enum hx_err finish_release(struct tx *tx, int64_t id, int64_t school, bool drill)
{
    char text[256];
    const struct posture_word *w = posture_word("clear");
    posture_text(w, drill, "", false, text, sizeof text);
    enum hx_err e = db_exec(tx->db, SQL_POSTURE_RELEASE, "ii", tx->now_ms, id);
    if (!e) e = posture_tell(tx, id, "posture.released", NULL);
    return e ? e : output_act(tx, school, id, w, drill, text, NULL);
}

/* A drill that is over, stopped, or frozen by something real leaves no order standing and no siren on. */
static enum hx_err see_run(struct tx *tx, const struct event *event)
{
    json_t *live = NULL;
    if (strcmp(event->type, "run.ended") != 0 && strcmp(event->type, "run.stopped") != 0 && strcmp(event->type, "run.frozen") != 0) return HX_OK;
    enum hx_err e = db_one_json(tx->db, SQL_POSTURE_LIVE, &live, "i", event->school_id);
    if (!e && json_flag(live, "drill", false)) e = finish_release(tx, json_i64(live, "id", 0), event->school_id, true);
    json_decref(live);
    return e == HX_E_NOT_FOUND ? HX_OK : e;
}

static enum hx_err release_post(struct call *c)
{
    json_t *record;
    bool police = false;
    int64_t id = call_id(c, 0), school_by = 0, police_by = 0;
    const char *note = json_z(c->body, "note", "");
    enum hx_err e = posture_read_live(c, PERM_POSTURE_ORDER, false, &record);
    if (e) return e;
    int64_t school = json_i64(record, "school_id", 0), classes = json_i64(record, "classes", 0), counted = json_i64(record, "counted", 0), missing = json_i64(record, "missing", 0);
    bool drill = json_flag(record, "drill", false), clearing = strcmp(json_z(record, "state", ""), "clearing") == 0;
    json_decref(record);
    if (!clearing) return call_fail(c, HX_E_ILLEGAL, "first say that the threat is over, so that everybody is counted");
    e = which_side(c, &police);
    if (!e && (counted < classes || missing > 0) && note[0] == 0) e = call_fail(c, HX_E_INVALID, "note: %lld of %lld classes are counted and %lld pupils missing; say why it is released all the same", (long long)counted, (long long)classes, (long long)missing);
    if (e) return e;
    struct rows r = db_query(c->db, SQL_POSTURE_SIGNERS, "i", id);
    if (rows_next(&r)) school_by = rows_i64(&r, 0), police_by = rows_i64(&r, 1);
    e = r.err;
    rows_end(&r);
    if (!e && (police ? school_by : police_by) == c->who.id) e = call_fail(c, HX_E_ILLEGAL, "two persons release: you have agreed for the other side");
    if (!e && (police ? police_by : school_by) != 0) e = call_fail(c, HX_E_CONFLICT, "this side has agreed already");
    if (!e) e = db_exec(c->db, police ? SQL_POSTURE_AGREE_POLICE : SQL_POSTURE_AGREE_SCHOOL, "iizi", c->who.id, c->tx->now_ms, note, id);
    if (!e) e = posture_tell(c->tx, id, "posture.agreed", json_pack("{s:s,s:s}", "side", police ? "police" : "school", "text", note));
    if (!e && (police ? school_by : police_by) != 0) e = finish_release(c->tx, id, school, drill);
    return e ? e : posture_reply(c, id);
}

/* ---- neighbours ---- */

static int by_travel(const void *a, const void *b)
{
    json_t *const *x = a, *const *y = b;
    int64_t dx = json_i64(*x, "travel_m", 0), dy = json_i64(*y, "travel_m", 0);
    return (dx > dy) - (dx < dy);
}

static enum hx_err neighbours_get(struct call *c)
{
    json_t *record, *near[512], *items = json_array();
    size_t n = 0, i;
    json_t *s;
    enum hx_err e = call_read(c, SQL_POSTURE_GET, PERM_POSTURE_READ, &record);
    if (e) return json_decref(items), e;
    double lon = json_f64(record, "lon", 0), lat = json_f64(record, "lat", 0), dy = NEIGHBOUR_M / GEO_DEGREE_M, dx = dy / cos(lat * 0.017453292519943295);
    json_t *around = db_all_json(c->db, SQL_POSTURE_AROUND, "iffff", json_i64(record, "school_id", 0), lon - dx, lon + dx, lat - dy, lat + dy);
    json_array_foreach(around, i, s)
    {
        double m = geo_distance_m(lon, lat, json_f64(s, "lon", 0), json_f64(s, "lat", 0)) * ROAD_FACTOR;
        if (m > NEIGHBOUR_M || n == HX_COUNT(near)) continue;
        json_put_i64(s, "travel_m", (int64_t)m);
        near[n++] = s;
    }
    if (n > 0) qsort(near, n, sizeof *near, by_travel);
    for (i = 0; i < n && i < NEIGHBOURS_MAX; i++) json_array_append(items, near[i]);
    json_decref(around);
    json_decref(record);
    return call_list(c, items);
}

static enum hx_err neighbours_post(struct call *c)
{
    json_t *record, *school;
    const json_t *schools = json_object_get(c->body, "schools");
    json_t *items = json_array();
    char reason[200];
    size_t i;
    enum hx_err e = posture_read_live(c, PERM_POSTURE_ORDER, false, &record);
    if (e) return json_decref(items), e;
    const struct posture_word *w = posture_word(json_z(record, "verb", ""));
    snprintf(reason, sizeof reason, "邻近学校 %s %s", json_z(record, "school", ""), w != NULL ? w->zh : "");
    bool drill = json_flag(record, "drill", false);
    int64_t from = json_i64(record, "school_id", 0);
    json_decref(record);
    json_array_foreach(schools, i, school)
    {
        struct order o = {.school = json_integer_value(school), .person = c->who.id, .word = posture_word("secure"), .reason = reason, .assembly = "", .drill = drill};
        int64_t id = 0;
        json_t *made = NULL;
        if (o.school == from) continue;
        e = call_check_school(c, PERM_POSTURE_ORDER, o.school);
        if (e == HX_E_NOT_FOUND) e = call_fail(c, HX_E_FORBIDDEN, "you may not order anything at school %lld: ask the command centre", (long long)o.school);
        if (e) break;
        e = db_one_json(c->db, SQL_POSTURE_LIVE, &made, "i", o.school);
        if (!e) { json_decref(made); continue; } /* something stands there: it is not softened */
        if (e == HX_E_NOT_FOUND) e = give_order(c->tx, &o, &id);
        if (!e) e = db_one_json(c->db, SQL_POSTURE_GET, &made, "i", id);
        if (e) break;
        json_array_append_new(items, made);
    }
    if (e) return json_decref(items), e;
    return call_list(c, items);
}

/* ---- reading ---- */

static enum hx_err list_get(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_POSTURE_LIST, "iiiiii", call_query_i64(c, "live", 0), call_query_i64(c, "school", 0), call_query_i64(c, "incident", 0), call_sees_all(c), c->who.id, call_limit(c, 200, 2000)));
}

static enum hx_err one_get(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_POSTURE_GET, &record, "i", call_id(c, 0));
    if (!e) e = posture_check_school(c, PERM_POSTURE_READ, json_i64(record, "school_id", 0), true);
    if (e) return json_decref(record), e;
    add_parts(c->db, record);
    return call_reply(c, record);
}

static enum hx_err mine_get(struct call *c)
{
    json_t *schools = db_all_json(c->db, SQL_POSTURE_MY_SCHOOLS, "i", c->who.id), *postures = db_all_json(c->db, SQL_POSTURE_MINE, "i", c->who.id), *one;
    size_t i;
    if (schools == NULL || postures == NULL) return json_decref(schools), json_decref(postures), HX_E_STORE;
    json_array_foreach(postures, i, one) add_parts(c->db, one);
    return call_reply(c, json_pack("{s:o,s:o}", "schools", schools, "postures", postures));
}

static const struct hx_route posture_routes[] = {
    {HX_GET, "/v1/postures", "postureList", PERM_POSTURE_READ, list_get, NULL},
    {HX_POST, "/v1/postures", "postureOrder", PERM_POSTURE_ORDER, order_post, NULL},
    {HX_GET, "/v1/postures/mine", "postureMine", PERM_POSTURE_READ, mine_get, NULL},
    {HX_GET, "/v1/postures/{id}", "postureGet", PERM_POSTURE_READ, one_get, NULL},
    {HX_POST, "/v1/postures/{id}/clear", "postureClear", PERM_POSTURE_ORDER, clear_post, NULL},
    {HX_POST, "/v1/postures/{id}/release", "postureRelease", PERM_POSTURE_ORDER, release_post, NULL},
    {HX_GET, "/v1/postures/{id}/neighbours", "postureNeighbours", PERM_POSTURE_READ, neighbours_get, NULL},
    {HX_POST, "/v1/postures/{id}/neighbours", "postureSecure", PERM_POSTURE_ORDER, neighbours_post, NULL},
};
static const struct journal_follower posture_followers[] = {{"posture.run", "run.", see_run, NULL}, {NULL, NULL, NULL, NULL}};
const struct hx_module posture_module = {.name = "posture", .routes = posture_routes, .route_count = HX_COUNT(posture_routes), .followers = posture_followers};
