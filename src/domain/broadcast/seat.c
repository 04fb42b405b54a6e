/* The seats of a live lesson: class screens and phones that join by a code. What they hear and see is public; what they say is
 * bounded and stored before it is confirmed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer_score.h"
#include "api/auth.h"
#include "base/clock.h"
#include "broadcast.h"
#include "domain/camera/camera.h"

#define RTT_MAX_MS 1500     /* what a slow line may be forgiven */
#define GRACE_MS 1000       /* after the time, for the way here */
#define WRONG_CODES_A_MINUTE 300
#define ASKS_A_MINUTE 3

struct seat {
    int64_t id, broadcast, camera;
    char kind[8], name[64], state[12];
    bool browser; /* the picture comes from the speaker's browser */
};

/* The seat of a token; UNAUTHENTICATED for none. */
static enum hx_err find_seat(struct call *c, const char *token, struct seat *s, json_t **record)
{
    uint8_t digest[32];
    json_t *j = NULL;
    auth_digest(token, digest);
    enum hx_err e = db_one_json(c->db, SQL_SEAT_OF, &j, "b", (const void *)digest, (size_t)32);
    if (e == HX_E_NOT_FOUND) return call_fail(c, HX_E_UNAUTHENTICATED, "join the lesson with its code first");
    if (e) return e;
    *s = (struct seat){.id = json_i64(j, "id", 0), .broadcast = json_i64(j, "broadcast_id", 0), .camera = json_i64(j, "camera_id", 0)};
    snprintf(s->kind, sizeof s->kind, "%s", json_z(j, "kind", ""));
    str_to_utf8_z(str_of(json_z(j, "name", "")), s->name, sizeof s->name);
    snprintf(s->state, sizeof s->state, "%s", json_z(j, "state", ""));
    s->browser = strcmp(json_z(j, "source", ""), "browser") == 0;
    if (record != NULL) *record = j;
    else json_decref(j);
    return HX_OK;
}

static struct auth_guesses guesses = {.most = WRONG_CODES_A_MINUTE};

static enum hx_err join_post(struct call *c)
{
    const json_t *b = c->body;
    uint8_t digest[32];
    char token[AUTH_SECRET_HEX], name[64], state[12] = "", source[12] = "";
    int64_t broadcast = 0, school = 0, id = 0;
    bool screen = strcmp(json_z(b, "kind", ""), "screen") == 0;
    if (auth_guessed(&guesses, c->tx->now_ms, false)) return call_fail(c, HX_E_THROTTLED, "too many wrong codes; wait a minute");
    struct rows r = db_query(c->db, SQL_BROADCAST_OF_CODE, "z", json_z(b, "code", ""));
    if (rows_next(&r)) broadcast = rows_i64(&r, 0), str_to_z(rows_str(&r, 1), state, sizeof state), str_to_z(rows_str(&r, 2), source, sizeof source);
    enum hx_err e = r.err;
    rows_end(&r);
    if (!e && broadcast == 0) return (void)auth_guessed(&guesses, c->tx->now_ms, true), call_fail(c, HX_E_NOT_FOUND, "no live lesson has this code");
    if (!e && strcmp(state, "ended") == 0 && strcmp(source, "none") == 0) return call_fail(c, HX_E_ILLEGAL, "this live lesson is over");
    const char *code = json_z(b, "school_code", "");
    if (!e && code[0] != 0 && db_one_i64(c->db, SQL_SEAT_SCHOOL, &school, "z", code) == HX_E_NOT_FOUND) return call_fail(c, HX_E_INVALID, "school_code: there is no such school");
    if (e) return e;
    e = db_one_i64(c->db, SQL_SEAT_NEXT, &id, "");
    if (e) return e;
    str_to_utf8_z(str_trim(str_of(json_z(b, "name", ""))), name, sizeof name);
    if (name[0] == 0) snprintf(name, sizeof name, screen ? "班级 %lld" : "手机 %lld", (long long)(id % 10000));
    auth_secret(token, digest);
    e = db_exec(c->db, SQL_SEAT_ADD, "iizzIibi", id, broadcast, screen ? "screen" : "phone", name, school, screen ? json_i64(b, "pupils", 40) : (int64_t)1, (const void *)digest, (size_t)32, c->tx->now_ms);
    c->status = 201;
    return e ? e : call_reply(c, json_pack("{s:s,s:I,s:s}", "token", token, "seat", (json_int_t)id, "name", name));
}

static enum hx_err own_answer(struct db *db, int64_t seat, const json_t *question, json_t **out)
{
    enum hx_err e = db_one_json(db, SQL_ANSWER_OF_SEAT, out, "ii", json_i64(question, "id", 0), seat);
    if (e == HX_E_NOT_FOUND) return *out = NULL, HX_OK;
    if (!e && strcmp(json_z(question, "state", ""), "open") == 0) json_put_i64(*out, "share", -1), json_put_i64(*out, "points", 0); /* told once it is closed */
    return e;
}

static enum hx_err state_get(struct call *c)
{
    struct seat s;
    json_t *record = NULL, *question = NULL, *answer = NULL, *draw = NULL;
    enum hx_err e = find_seat(c, call_query_z(c, "t", ""), &s, &record);
    if (e) return e;
    e = class_question(c->db, s.broadcast, &question);
    if (!e && question != NULL) e = own_answer(c->db, s.id, question, &answer);
    if (!e && db_one_json(c->db, SQL_DRAW_PUBLIC, &draw, "i", s.broadcast) != HX_OK) draw = NULL;
    if (e) return json_decref(record), json_decref(question), e;
    json_t *out = json_pack("{s:I,s:s,s:s,s:I,s:I,s:s,s:O,s:b,s:O,s:O,s:I,s:o?,s:o?,s:o,s:o,s:o?}", "seat", (json_int_t)s.id, "name", s.name, "kind", s.kind, "points", (json_int_t)json_i64(record, "points", 0), "place", (json_int_t)json_i64(record, "place", 0),
                            "state", s.state, "title", json_object_get(record, "title"), "picture", (s.camera != 0 || s.browser) && strcmp(s.state, "live") == 0, "commitment", json_object_get(record, "commitment"), "seed", json_object_get(record, "seed"), "now", (json_int_t)clock_utc_ms(),
                            "question", question, "answer", answer, "top", db_all_json(c->db, SQL_SEAT_TOP, "i", s.broadcast), "asks", db_all_json(c->db, SQL_ASK_LIST, "iz", s.broadcast, "shown"), "draw", draw);
    json_decref(record);
    json_t *kept = broadcast_record(c->db, s.broadcast);
    if (kept != NULL) json_object_set_new(out, "record", kept);
    return call_reply(c, out);
}

static enum hx_err feed_get(struct call *c)
{
    struct seat s;
    enum hx_err e = find_seat(c, call_query_z(c, "t", ""), &s, NULL);
    if (e) return e;
    c->feed_subject = s.broadcast;
    snprintf(c->feed_only, sizeof c->feed_only, "class.");
    return HX_OK;
}

static enum hx_err answer_post(struct call *c)
{
    struct seat s;
    const json_t *b = c->body;
    json_t *q = NULL, *own = NULL;
    char value[ANSWER_VALUE_MAX];
    int64_t opened = 0, now = c->tx->now_ms, rtt = json_i64(b, "rtt_ms", 0), id = 0;
    enum hx_err e = find_seat(c, json_z(b, "token", ""), &s, NULL);
    if (!e) e = db_one_json(c->db, SQL_QUESTION_GET, &q, "i", json_i64(b, "question_id", 0));
    if (!e && (json_i64(q, "broadcast_id", 0) != s.broadcast || strcmp(json_z(q, "state", ""), "waiting") == 0)) e = HX_E_NOT_FOUND;
    if (e) return json_decref(q), e;
    enum answer_kind kind = answer_kind_of(json_z(q, "kind", ""));
    if (strcmp(s.state, "live") != 0) e = call_fail(c, HX_E_ILLEGAL, "the live lesson is over");
    if (!e && kind == ANSWER_HANDS && strcmp(s.kind, "screen") != 0) e = call_fail(c, HX_E_FORBIDDEN, "hands are counted at the class screen");
    if (!e && !answer_read(kind, (int)json_array_size(json_object_get(q, "options")), json_z(b, "value", ""), value)) e = call_fail(c, HX_E_INVALID, "value: want the letters of options, a word, or counts such as A12 B30");
    if (e) return json_decref(q), e;
    clock_parse(str_of(json_z(q, "opened_at", "")), &opened);
    rtt = rtt < 0 ? 0 : rtt > RTT_MAX_MS ? RTT_MAX_MS : rtt;
    int64_t limit = json_i64(q, "limit_s", 20) * 1000, after = now - opened - rtt;
    bool late = strcmp(json_z(q, "state", ""), "open") != 0 || after > limit + GRACE_MS;
    int share = answer_share(kind, json_z(q, "solution", ""), value);
    e = db_one_i64(c->db, SQL_ANSWER_NEXT, &id, "");
    if (!e) e = db_exec(c->db, SQL_ANSWER_ADD, "iiiziiiii", id, json_i64(q, "id", 0), s.id, value, (int64_t)share, (int64_t)(late ? 0 : answer_points(share, after, limit)), after < 0 ? 0 : after, (int64_t)late, now);
    if (!e) e = own_answer(c->db, s.id, q, &own);
    json_decref(q);
    c->status = 201;
    return e ? e : call_reply(c, own);
}

static enum hx_err ask_post(struct call *c)
{
    struct seat s;
    int64_t recent = 0, id = journal_next(c->tx);
    enum hx_err e = find_seat(c, json_z(c->body, "token", ""), &s, NULL);
    if (!e && strcmp(s.state, "live") != 0) e = call_fail(c, HX_E_ILLEGAL, "the live lesson is not on");
    if (!e) e = db_one_i64(c->db, SQL_ASK_RECENT, &recent, "ii", s.id, c->tx->now_ms - 60000);
    if (!e && recent >= ASKS_A_MINUTE) e = call_fail(c, HX_E_THROTTLED, "three questions a minute are enough");
    if (!e) e = db_exec(c->db, SQL_ASK_ADD, "iiizi", id, s.broadcast, s.id, json_z(c->body, "text", ""), c->tx->now_ms);
    if (!e) e = class_tell(c->tx, s.broadcast, "broadcast.asked", json_pack("{s:I,s:s}", "id", (json_int_t)id, "name", s.name));
    c->status = 201;
    return e ? e : call_reply(c, json_pack("{s:I}", "id", (json_int_t)id));
}

static enum hx_err picture_post(struct call *c)
{
    struct seat s;
    char url[CAMERA_URL_MAX];
    enum hx_err e = find_seat(c, json_z(c->body, "token", ""), &s, NULL);
    if (!e && ((s.camera == 0 && !s.browser) || strcmp(s.state, "live") != 0)) e = call_fail(c, HX_E_ILLEGAL, "there is no live picture now");
    char stream[BROADCAST_STREAM_MAX];
    if (!e) e = s.browser ? camera_stream_ticket(c, "live", "live", broadcast_stream(s.broadcast, stream), s.broadcast, url) : camera_ticket(c, s.camera, url);
    return e ? e : call_reply(c, json_pack("{s:s}", "url", url));
}

static enum hx_err replay_post(struct call *c)
{
    struct seat s;
    enum hx_err e = find_seat(c, json_z(c->body, "token", ""), &s, NULL);
    return e ? e : broadcast_replay(c, s.broadcast, 0, s.id);
}

static enum hx_err replay_pace_post(struct call *c)
{
    struct seat s;
    enum hx_err e = find_seat(c, json_z(c->body, "token", ""), &s, NULL);
    return e ? e : broadcast_replay_pace(c, s.broadcast, 0, s.id);
}

static const struct hx_route seat_routes[] = {
    {HX_POST, "/v1/class/join", "classJoin", PERM_NONE, join_post, NULL},
    {HX_GET, "/v1/class/state", "classState", PERM_NONE, state_get, NULL},
    {HX_GET, "/v1/class/feed", "classFeed", PERM_NONE, feed_get, NULL},
    {HX_POST, "/v1/class/answers", "classAnswer", PERM_NONE, answer_post, NULL},
    {HX_POST, "/v1/class/asks", "classAsk", PERM_NONE, ask_post, NULL},
    {HX_POST, "/v1/class/replay", "classReplay", PERM_NONE, replay_post, NULL},
    {HX_POST, "/v1/class/replay/pace", "classReplayPace", PERM_NONE, replay_pace_post, NULL},
    {HX_POST, "/v1/class/picture", "classPicture", PERM_NONE, picture_post, NULL},
};
const struct hx_module seat_module = {.name = "seat", .routes = seat_routes, .route_count = HX_COUNT(seat_routes)};
