/* A school asks, an officer answers: one of the times that suit the school becomes a planned lesson. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "lesson.h"

#define BACK_MS (60 * CLOCK_DAY_MS)
#define HELD_DAYS 30

/* ---- the school ---- */

static enum hx_err ask_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_LESSON_ASK_LIST, "iii", clock_utc_ms() - BACK_MS, call_sees_all(c), c->who.id));
}

static enum hx_err ask_post(struct call *c)
{
    const json_t *b = c->body, *slots = json_object_get(b, "slots"), *slot;
    char today[CLOCK_DATE_MAX];
    size_t i;
    int64_t id = journal_next(c->tx), midnight;
    enum hx_err e = call_check_school(c, PERM_LESSON_WRITE, json_i64(b, "school_id", 0));
    clock_local_date(c->tx->now_ms, today);
    json_array_foreach(slots, i, slot)
    {
        const char *date = json_z(slot, "date", "");
        if (!e && !clock_local_begin(date, &midnight)) e = call_fail(c, HX_E_INVALID, "%s: want YYYY-MM-DD", "slots");
        else if (!e && strcmp(date, today) < 0) e = call_fail(c, HX_E_INVALID, "slots: this day is over");
    }
    if (e) return e;
    char *text = json_text(slots);
    e = db_exec(c->db, SQL_LESSON_ASK_ADD, "iiizzizzii", id, json_i64(b, "school_id", 0), json_i64(b, "person_id", 0), json_z(b, "title", ""), json_z(b, "kind", "regular"), json_i64(b, "minutes", 40), text, json_z(b, "note", ""), c->who.id, c->tx->now_ms);
    free(text);
    if (!e) e = journal_tell(c->tx, SQL_LESSON_ASK_GET, id, "lesson.asked");
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_LESSON_ASK_GET, id);
}

/* ---- both ---- */

static enum hx_err settle(struct call *c, int64_t id, const char *state, const char *reason, int64_t lesson)
{
    enum hx_err e = db_exec(c->db, SQL_LESSON_ASK_SETTLE, "zzIii", state, reason, lesson, c->tx->now_ms, id);
    if (!e && db_changes(c->db) == 0) return call_fail(c, HX_E_ILLEGAL, "this was answered or withdrawn already");
    if (!e) e = journal_tell(c->tx, SQL_LESSON_ASK_GET, id, "lesson.ask_settled");
    return e ? e : call_reply_one(c, SQL_LESSON_ASK_GET, id);
}

static enum hx_err ask_withdraw(struct call *c)
{
    json_t *ask;
    enum hx_err e = call_read(c, SQL_LESSON_ASK_GET, PERM_LESSON_WRITE, &ask);
    if (e) return e;
    json_decref(ask);
    return settle(c, call_id(c, 0), "withdrawn", "", 0);
}

/* ---- the officer ---- */

/* Only who was asked answers; to others it is not there. */
static enum hx_err own_ask(struct call *c, json_t **ask)
{
    enum hx_err e = db_one_json(c->db, SQL_LESSON_ASK_GET, ask, "i", call_id(c, 0));
    if (e || json_i64(*ask, "person_id", 0) == c->who.id) return e;
    json_decref(*ask);
    *ask = NULL;
    return HX_E_NOT_FOUND;
}

static enum hx_err mine_get(struct call *c)
{
    char today[CLOCK_DATE_MAX], since[CLOCK_DATE_MAX], yesterday[CLOCK_DATE_MAX];
    int64_t now = clock_utc_ms();
    clock_local_date(now, today);
    clock_local_date(now - HELD_DAYS * CLOCK_DAY_MS, since);
    clock_local_date(now - 7 * CLOCK_DAY_MS, yesterday); /* one that was given and not told yet */
    return call_reply(c, json_pack("{s:o,s:o,s:o}", "schools", db_all_json(c->db, SQL_LESSON_SCHOOLS, "iz", c->who.id, today), "asks", db_all_json(c->db, SQL_LESSON_ASK_MINE, "i", c->who.id),
                                   "lessons", db_all_json(c->db, SQL_LESSON_MINE, "izz", c->who.id, yesterday, since)));
}

/* A lesson of one's own at that time, or a duty at a gate. */
static enum hx_err check_free(struct call *c, const char *date, int64_t begins_min, int64_t minutes)
{
    int64_t lessons = 0, duties = 0, midnight = 0;
    HX_ASSERT(clock_local_begin(date, &midnight));
    int64_t from = midnight + begins_min * 60000;
    enum hx_err e = db_one_i64(c->db, SQL_LESSON_BUSY, &lessons, "izii", c->who.id, date, begins_min + minutes, begins_min);
    if (!e) e = db_one_i64(c->db, SQL_LESSON_ON_DUTY, &duties, "iii", c->who.id, from + minutes * 60000, from);
    if (!e && lessons > 0) return call_fail(c, HX_E_ILLEGAL, "you give another lesson at that time");
    if (!e && duties > 0) return call_fail(c, HX_E_ILLEGAL, "you stand at a gate at that time");
    return e;
}

static enum hx_err ask_take(struct call *c)
{
    json_t *ask = NULL;
    int64_t id = journal_next(c->tx);
    enum hx_err e = own_ask(c, &ask);
    if (e) return e;
    const json_t *slot = json_array_get(json_object_get(ask, "slots"), (size_t)json_i64(c->body, "slot", 0));
    const char *date = json_z(slot, "date", "");
    int64_t begins = json_i64(slot, "begins_min", 0), minutes = json_i64(ask, "minutes", 40);
    if (slot == NULL) e = call_fail(c, HX_E_INVALID, "slot: which of the times?");
    if (!e && strcmp(json_z(ask, "state", ""), "waiting") != 0) e = call_fail(c, HX_E_ILLEGAL, "this was answered or withdrawn already");
    if (!e) e = check_free(c, date, begins, minutes);
    if (!e) e = db_exec(c->db, SQL_LESSON_ADD, "iiizzziii", id, json_i64(ask, "school_id", 0), c->who.id, json_z(ask, "title", ""), json_z(ask, "kind", ""), date, begins, minutes, (int64_t)0);
    if (!e) e = journal_tell(c->tx, SQL_LESSON_GET, id, "lesson.planned");
    json_decref(ask);
    return e ? e : settle(c, call_id(c, 0), "taken", "", id);
}

static enum hx_err ask_refuse(struct call *c)
{
    json_t *ask = NULL;
    enum hx_err e = own_ask(c, &ask);
    json_decref(ask);
    return e ? e : settle(c, call_id(c, 0), "refused", json_z(c->body, "reason", ""), 0);
}

/* The speaker tells that it was given. */
static enum hx_err lesson_given(struct call *c)
{
    json_t *lesson = NULL;
    int64_t id = call_id(c, 0);
    enum hx_err e = db_one_json(c->db, SQL_LESSON_GET, &lesson, "i", id);
    bool own = !e && json_i64(lesson, "person_id", 0) == c->who.id;
    json_decref(lesson);
    if (!e && !own) e = HX_E_NOT_FOUND;
    return e ? e : lesson_record(c, id);
}

static const struct hx_route routes[] = {
    {HX_GET, "/v1/lesson-asks", "lessonAskList", PERM_LESSON_READ, ask_list, NULL},
    {HX_POST, "/v1/lesson-asks", "lessonAskAdd", PERM_LESSON_WRITE, ask_post, NULL},
    {HX_POST, "/v1/lesson-asks/{id}/withdraw", "lessonAskWithdraw", PERM_LESSON_WRITE, ask_withdraw, NULL},
    {HX_POST, "/v1/lesson-asks/{id}/take", "lessonAskTake", PERM_SELF, ask_take, NULL},
    {HX_POST, "/v1/lesson-asks/{id}/refuse", "lessonAskRefuse", PERM_SELF, ask_refuse, NULL},
    {HX_GET, "/v1/lessons/mine", "lessonMine", PERM_SELF, mine_get, NULL},
    {HX_POST, "/v1/lessons/{id}/given", "lessonGiven", PERM_SELF, lesson_given, NULL},
};
const struct hx_module lesson_ask_module = {.name = "lesson_ask", .routes = routes, .route_count = HX_COUNT(routes)};
