/* A phone at a point of a round, what is doubtful about it, and who judges that. */
#include "patrol.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "domain/presence/presence.h"

#define POINT_M 60
#define TOGETHER_MS (30 * 60000LL) /* two who go in a pair may have scanned each other so long before the round */

static int64_t begin_of(const json_t *patrol)
{
    int64_t at = 0;
    return clock_parse(str_of(json_z(patrol, "begins_at", "")), &at) ? at : 0;
}

static json_t *doubts_of(struct call *c, const json_t *patrol, int64_t point, int64_t at)
{
    const json_t *b = c->body, *there = json_array_get(json_object_get(patrol, "points"), (size_t)point);
    /* A printed code is weak evidence: a wrong one is a doubt, a right one does not do without the position. */
    struct presence_place place = {.lon = json_f64(there, "lon", 0), .lat = json_f64(there, "lat", 0), .radius_m = POINT_M,
                                   .wrong_code = json_has(b, "code") && strcmp(json_z(b, "code", ""), json_z(there, "code", "-")) != 0};
    struct presence p = presence_read(c, at);
    json_t *doubts = json_array();
    presence_weigh_place(&p, &place, doubts);
    presence_weigh_person(c->db, &p, doubts);
    if (json_flag(patrol, "in_pairs", false)) presence_weigh_company(c->db, c->who.id, begin_of(patrol) - TOGETHER_MS, at + TOGETHER_MS, doubts);
    return doubts;
}

/* A point, perhaps hours late. */
enum hx_err patrol_check_post(struct call *c)
{
    const json_t *b = c->body;
    json_t *record = NULL;
    struct tx *tx = c->tx;
    int64_t id = call_id(c, 0), school = 0, at, told, point = json_i64(b, "point", 0);
    enum hx_err e = db_one_json(c->db, SQL_PATROL_GET, &record, "i", id);
    if (!e && (patrol_school_of(c->db, c->who.id, &school) || school != json_i64(record, "school_id", 0))) e = call_check_school(c, PERM_PATROL_WRITE, json_i64(record, "school_id", 0));
    if (!e) e = call_told_at(c, &told);
    if (!e && point >= json_i64(record, "point_count", 0)) e = call_fail(c, HX_E_INVALID, "point: this route has %lld", (long long)json_i64(record, "point_count", 0));
    if (e) return json_decref(record), e;
    at = told > tx->now_ms + 120000 || told < begin_of(record) ? tx->now_ms : told;
    json_t *doubts = doubts_of(c, record, point, told);
    char *reasons = json_text(doubts);
    e = db_exec(c->db, SQL_PATROL_CHECK_ADD, json_has(b, "lon") ? "iiziiifffzzz" : "iiziiinnnzzz", id, point, json_z(b, "id", ""), c->who.id, at, tx->now_ms, json_f64(b, "lon", 0), json_f64(b, "lat", 0),
                json_f64(b, "accuracy_m", 0), presence_proof(doubts), json_z(b, "device", ""), reasons);
    free(reasons);
    json_decref(doubts);
    bool fresh = !e && db_changes(c->db) > 0, missed = strcmp(json_z(record, "state", ""), "missed") == 0;
    int64_t points = json_i64(record, "point_count", 0), done = json_i64(record, "done", 0) + fresh;
    json_decref(record);
    if (fresh) e = db_exec(c->db, SQL_PATROL_DONE, "i", id);
    if (!e && fresh && done == points && !missed) e = db_exec(c->db, SQL_PATROL_STATE_SET, "zzi", "done", "", id);
    if (!e && fresh) e = journal_tell(tx, SQL_PATROL_GET, id, done == points && !missed ? "patrol.done" : "patrol.checked");
    c->status = 201;
    return e ? e : patrol_reply(c, id);
}

enum hx_err patrol_doubtful(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_PATROL_CHECK_AMBER, "iii", clock_utc_ms() - 7 * CLOCK_DAY_MS, call_sees_all(c), c->who.id));
}

/* A point that is not accepted does not count any more: a round that ended and has too few left was missed. */
enum hx_err patrol_verdict(struct call *c)
{
    json_t *record = NULL;
    const char *verdict = json_z(c->body, "verdict", "");
    int64_t id = call_id(c, 0), who = 0;
    enum hx_err e = db_one_json(c->db, SQL_PATROL_GET, &record, "i", id);
    int64_t school = json_i64(record, "school_id", 0), points = json_i64(record, "point_count", 0);
    bool done = strcmp(json_z(record, "state", ""), "done") == 0;
    json_decref(record);
    if (!e) e = call_check_school(c, PERM_PATROL_WRITE, school);
    if (!e) e = db_one_i64(c->db, SQL_PATROL_CHECK_WHO, &who, "ii", id, call_id(c, 1));
    if (!e && who == c->who.id) e = call_fail(c, HX_E_FORBIDDEN, "one's own arrival is judged by somebody else");
    if (!e) e = db_exec(c->db, SQL_PATROL_CHECK_JUDGE, "zii", verdict, id, call_id(c, 1));
    if (!e) e = db_exec(c->db, SQL_PATROL_DONE, "i", id);
    if (!e) e = db_one_json(c->db, SQL_PATROL_GET, &record, "i", id);
    if (e) return e;
    bool missed = done && !patrol_enough(json_i64(record, "done", 0), points);
    json_object_set_new(record, "change", json_pack("{s:I,s:s,s:s}", "point", (json_int_t)call_id(c, 1), "verdict", verdict, "note", json_z(c->body, "note", "")));
    e = journal_add(c->tx, "patrol.judged", school, id, record);
    if (!e && missed) e = db_exec(c->db, SQL_PATROL_STATE_SET, "zzi", "missed", "", id);
    if (!e && missed) e = journal_tell(c->tx, SQL_PATROL_GET, id, "patrol.missed");
    return e ? e : patrol_reply(c, id);
}
