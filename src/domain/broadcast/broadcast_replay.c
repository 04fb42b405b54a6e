/* A live lesson that is over, watched again: by who may see lessons, and by seats that join by its code. Its questions are the chapters. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "broadcast.h"
#include "domain/camera/camera.h"

#define PLAYS_A_MINUTE 6 /* of one seat or person */

/* What was recorded of a lesson that is over; NOT_FOUND where nothing was. */
static enum hx_err read_record(struct db *db, int64_t broadcast, struct camera_record *w)
{
    json_t *b = NULL;
    char stream[BROADCAST_STREAM_MAX];
    enum hx_err e = db_one_json(db, SQL_BROADCAST_GET, &b, "i", broadcast);
    if (e) return e;
    bool browser = strcmp(json_z(b, "source", ""), "browser") == 0;
    bool there = strcmp(json_z(b, "state", ""), "ended") == 0 && clock_parse(str_of(json_z(b, "started_at", "")), &w->from) && clock_parse(str_of(json_z(b, "ended_at", "")), &w->to);
    w->key = broadcast;
    w->camera_id = browser ? 0 : json_i64(b, "camera_id", 0);
    snprintf(w->kept, sizeof w->kept, "%s", broadcast_stream(broadcast, stream));
    json_decref(b);
    return there && (browser || w->camera_id != 0) ? HX_OK : HX_E_NOT_FOUND;
}

json_t *broadcast_record(struct db *db, int64_t broadcast)
{
    struct camera_record w = {.id = 0};
    if (read_record(db, broadcast, &w) != HX_OK) return NULL;
    json_t *chapters = json_array();
    struct rows r = db_query(db, SQL_BROADCAST_CHAPTERS, "i", broadcast);
    while (rows_next(&r)) json_array_append_new(chapters, json_pack("{s:s,s:I}", "text", rows_z(&r, 0), "at_s", (json_int_t)((rows_i64(&r, 1) - w.from) / 1000)));
    rows_end(&r);
    return json_pack("{s:I,s:o}", "seconds", (json_int_t)((w.to - w.from) / 1000), "chapters", chapters);
}

enum hx_err broadcast_replay(struct call *c, int64_t broadcast, int64_t person, int64_t seat)
{
    char url[CAMERA_URL_MAX], stream[BROADCAST_STREAM_MAX];
    int64_t play = journal_next(c->tx), recent = 0;
    struct camera_record w = {.id = play};
    enum hx_err e = read_record(c->db, broadcast, &w);
    if (e == HX_E_NOT_FOUND) e = call_fail(c, HX_E_ILLEGAL, "there is no record of this lesson: it is not over, or had no picture");
    if (!e) e = db_one_i64(c->db, SQL_BROADCAST_PLAYS_RECENT, &recent, "iii", c->tx->now_ms - 60000, person, seat);
    if (!e && recent >= PLAYS_A_MINUTE) e = call_fail(c, HX_E_THROTTLED, "begun too often; wait a minute");
    if (!e && !camera_record_room()) e = call_fail(c, HX_E_BUSY, "too many records are played at once; wait a minute");
    snprintf(stream, sizeof stream, "p%lld", (long long)play);
    if (!e) e = camera_stream_ticket(c, "live", "live", stream, w.camera_id != 0 ? w.camera_id : broadcast, url);
    if (!e) e = db_exec(c->db, SQL_BROADCAST_PLAY_ADD, "iiIIi", play, broadcast, person, seat, c->tx->now_ms);
    if (!e) e = journal_add(c->tx, "broadcast.replayed", 0, play, json_pack("{s:I,s:I,s:I}", "broadcast_id", (json_int_t)broadcast, "person_id", (json_int_t)person, "seat_id", (json_int_t)seat));
    if (e) return e;
    camera_record_begin(&w);
    c->status = 201;
    return call_reply(c, json_pack("{s:s,s:I}", "url", url, "play", (json_int_t)play));
}

enum hx_err broadcast_replay_pace(struct call *c, int64_t broadcast, int64_t person, int64_t seat)
{
    int64_t play = 0;
    enum hx_err e = db_one_i64(c->db, SQL_BROADCAST_PLAY_OF, &play, "iiii", json_i64(c->body, "play", 0), broadcast, person, seat);
    if (!e && play == 0) e = HX_E_NOT_FOUND;
    return e ? e : camera_pace_call(c, play);
}

static enum hx_err check(struct call *c)
{
    json_t *record;
    enum hx_err e = call_read(c, SQL_BROADCAST_GET, PERM_LESSON_READ, &record);
    if (!e) json_decref(record);
    return e;
}

static enum hx_err replay_post(struct call *c)
{
    enum hx_err e = check(c);
    return e ? e : broadcast_replay(c, call_id(c, 0), c->who.id, 0);
}

static enum hx_err pace_post(struct call *c)
{
    enum hx_err e = check(c);
    return e ? e : broadcast_replay_pace(c, call_id(c, 0), c->who.id, 0);
}

static const struct hx_route routes[] = {
    {HX_POST, "/v1/broadcasts/{id}/replay", "broadcastReplay", PERM_LESSON_READ, replay_post, NULL},
    {HX_POST, "/v1/broadcasts/{id}/replay/pace", "broadcastReplayPace", PERM_LESSON_READ, pace_post, NULL},
};
const struct hx_module broadcast_replay_module = {.name = "broadcast_replay", .routes = routes, .route_count = HX_COUNT(routes)};
