#include "lesson.h"

#include <stdio.h>
#include <string.h>

#include "api/document.h"
#include "base/clock.h"

#define SCHOOLS_MAX 2      /* a person's; Ministry of Education order 52 (2022-05-01) */
#define CLASS_HOUR_MIN 40
#define YEAR_MINUTES (4 * CLASS_HOUR_MIN) /* a school year */

/* The day on which the school year of `today` began: the first of September. */
static void year_begin(const char *today, char out[CLOCK_DATE_MAX])
{
    unsigned year = 0, month = 0;
    HX_ASSERT(sscanf(today, "%4u-%2u", &year, &month) == 2);
    snprintf(out, CLOCK_DATE_MAX, "%04u-09-01", (month >= 9 ? year : year - 1) % 10000u);
}

/* ---- vice principals ---- */

static enum hx_err appointment_list(struct call *c)
{
    char today[CLOCK_DATE_MAX];
    const char *county = call_query_z(c, "county", "");
    return call_list(c, db_all_json(c->db, SQL_APPOINTMENT_LIST, "iizziii", call_query_i64(c, "after", 0), call_query_i64(c, "school", 0), county,
                                    clock_local_date(clock_utc_ms(), today), call_sees_all(c), c->who.id, call_limit(c, 500, 5000)));
}

static enum hx_err appointment_post(struct call *c)
{
    const json_t *b = c->body;
    int64_t id = journal_next(c->tx), person = json_i64(b, "person_id", 0), school = json_i64(b, "school_id", 0), others, same;
    const char *from = json_z(b, "from_date", "");
    enum hx_err e = call_check_date(c, c->body, "from_date");
    if (!e) e = call_check_school(c, PERM_LESSON_WRITE, school);
    if (e) return e;
    if (db_one_i64(c->db, SQL_APPOINTMENT_SAME, &same, "iiz", person, school, from) == HX_OK) return call_fail(c, HX_E_CONFLICT, "this person is vice principal there already (appointment %lld)", (long long)same);
    e = db_one_i64(c->db, SQL_APPOINTMENT_SCHOOLS, &others, "iiz", person, school, from);
    if (!e && others >= SCHOOLS_MAX) return call_fail(c, HX_E_ILLEGAL, "this person is vice principal of %lld other schools; at most %d are allowed", (long long)others, SCHOOLS_MAX);
    if (!e) e = db_exec(c->db, SQL_APPOINTMENT_ADD, "iiizii", id, person, school, from, c->tx->now_ms, (int64_t)0);
    if (!e) e = journal_tell(c->tx, SQL_APPOINTMENT_GET, id, "appointment.made");
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_APPOINTMENT_GET, id);
}

static enum hx_err appointment_end(struct call *c)
{
    json_t *record = NULL;
    int64_t id = call_id(c, 0);
    const char *to = json_z(c->body, "to_date", "");
    enum hx_err e = call_check_date(c, c->body, "to_date");
    if (!e) e = call_read(c, SQL_APPOINTMENT_GET, PERM_LESSON_WRITE, &record);
    if (e) return e;
    bool ended = *json_z(record, "to_date", "") != 0, early = strcmp(to, json_z(record, "from_date", "")) < 0;
    json_decref(record);
    if (ended) return call_fail(c, HX_E_ILLEGAL, "the appointment has ended already");
    if (early) return call_fail(c, HX_E_INVALID, "to_date: before the first day");
    e = db_exec(c->db, SQL_APPOINTMENT_END, "zii", to, c->tx->now_ms, id);
    if (!e) e = journal_tell(c->tx, SQL_APPOINTMENT_GET, id, "appointment.ended");
    return e ? e : call_reply_one(c, SQL_APPOINTMENT_GET, id);
}

static enum hx_err appointment_certificate(struct call *c)
{
    json_t *a;
    char text[600], foot[60], until[60] = "";
    enum hx_err e = call_read(c, SQL_APPOINTMENT_GET, PERM_LESSON_READ, &a);
    if (e) return e;
    if (json_z(a, "to_date", "")[0] != 0) snprintf(until, sizeof until, "，至 %s 止", json_z(a, "to_date", ""));
    snprintf(text, sizeof text, "%s 同志：\n\n兹聘请您担任 %s 法治副校长，自 %s 起%s。\n\n职责：开展法治教育，每学年授课不少于 4 课时；协助学校健全安全防范制度，预防学生欺凌和违法犯罪；参与学校安全检查、预案和演练；依法协助处理涉校纠纷。",
             json_z(a, "person", ""), json_z(a, "school", ""), json_z(a, "from_date", ""), until);
    snprintf(foot, sizeof foot, "护学 聘任 №%lld · 制表", (long long)json_i64(a, "id", 0));
    json_t *doc = document_new("", "法治副校长聘书", json_z(a, "school", ""), foot, "");
    json_decref(a);
    document_add(doc, "p", json_string(text));
    document_add(doc, "sign", json_pack("[s,s,s]", "学校（章）", "公安机关（章）", "日期"));
    return document_send(c, "paper", doc);
}

static enum hx_err appointment_gaps(struct call *c)
{
    char today[CLOCK_DATE_MAX], begin[CLOCK_DATE_MAX];
    const char *county = call_query_z(c, "county", "");
    year_begin(clock_local_date(clock_utc_ms(), today), begin);
    return call_list(c, db_all_json(c->db, SQL_APPOINTMENT_GAPS, "zzziiii", today, begin, county, call_sees_all(c), c->who.id, (int64_t)YEAR_MINUTES, call_limit(c, 500, 5000)));
}

/* ---- lessons ---- */

static enum hx_err lesson_list(struct call *c)
{
    char today[CLOCK_DATE_MAX], begin[CLOCK_DATE_MAX];
    const char *to = call_query_z(c, "to", "9999-12-31"), *county = call_query_z(c, "county", ""), *state = call_query_z(c, "state", "");
    year_begin(clock_local_date(clock_utc_ms(), today), begin);
    return call_list(c, db_all_json(c->db, SQL_LESSON_LIST, "zzizziii", call_query_z(c, "from", begin), to, call_query_i64(c, "school", 0), county,
                                    state, call_sees_all(c), c->who.id, call_limit(c, 200, 5000)));
}

/* The day on which the term of `today` began: the first of March or of September. */
static void term_begin(const char *today, char out[CLOCK_DATE_MAX])
{
    unsigned year = 0, month = 0;
    HX_ASSERT(sscanf(today, "%4u-%2u", &year, &month) == 2);
    snprintf(out, CLOCK_DATE_MAX, "%04u-%02u-01", (month >= 3 ? year : year - 1) % 10000u, month >= 3 && month < 9 ? 3u : 9u);
}

/* Counts by county as the rows come: they are in its order. */
static enum hx_err lesson_campaign(struct call *c)
{
    char today[CLOCK_DATE_MAX], begin[CLOCK_DATE_MAX];
    size_t i;
    json_t *one, *county = NULL, *counties = json_array(), *missing = json_array();
    term_begin(clock_local_date(clock_utc_ms(), today), begin);
    const char *from = call_query_z(c, "from", begin), *to = call_query_z(c, "to", today);
    json_t *all = db_all_json(c->db, SQL_LESSON_CAMPAIGN, "zzzii", from, to, call_query_z(c, "county", ""), call_sees_all(c), c->who.id);
    json_array_foreach(all, i, one)
    {
        bool held = json_z(one, "held", "")[0] != 0, planned = json_z(one, "planned", "")[0] != 0;
        if (county == NULL || strcmp(json_z(county, "county", ""), json_z(one, "county", "")) != 0) {
            county = json_pack("{s:O,s:i,s:i,s:i}", "county", json_object_get(one, "county"), "schools", 0, "held", 0, "planned", 0);
            json_array_append_new(counties, county);
        }
        json_put_i64(county, "schools", json_i64(county, "schools", 0) + 1);
        json_put_i64(county, "held", json_i64(county, "held", 0) + held);
        json_put_i64(county, "planned", json_i64(county, "planned", 0) + (!held && planned));
        json_object_del(one, "held");
        if (!held) json_array_append(missing, one);
    }
    if (all == NULL) return json_decref(counties), json_decref(missing), HX_E_STORE;
    json_decref(all);
    return call_reply(c, json_pack("{s:s,s:s,s:o,s:o}", "from", from, "to", to, "counties", counties, "missing", missing));
}

static enum hx_err lesson_post(struct call *c)
{
    const json_t *b = c->body;
    int64_t id = journal_next(c->tx);
    enum hx_err e = call_check_date(c, c->body, "date");
    if (!e) e = call_check_school(c, PERM_LESSON_WRITE, json_i64(b, "school_id", 0));
    if (!e) e = db_exec(c->db, SQL_LESSON_ADD, "iiizzziii", id, json_i64(b, "school_id", 0), json_i64(b, "person_id", 0), json_z(b, "title", ""), json_z(b, "kind", ""), json_z(b, "date", ""),
                        json_i64(b, "begins_min", 0), json_i64(b, "minutes", 0), (int64_t)0);
    if (!e) e = journal_tell(c->tx, SQL_LESSON_GET, id, "lesson.planned");
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_LESSON_GET, id);
}

enum hx_err lesson_record(struct call *c, int64_t id)
{
    json_t *record = NULL;
    char today[CLOCK_DATE_MAX];
    const json_t *b = c->body;
    int64_t now = c->tx->now_ms;
    enum hx_err e = db_one_json(c->db, SQL_LESSON_GET, &record, "i", id);
    if (e) return e;
    bool planned = strcmp(json_z(record, "state", ""), "planned") == 0, future = strcmp(json_z(record, "date", ""), clock_local_date(now, today)) > 0;
    json_decref(record);
    if (!planned) return call_fail(c, HX_E_ILLEGAL, "only a planned lesson can be recorded as held");
    if (future) return call_fail(c, HX_E_ILLEGAL, "the lesson's day has not come");
    e = db_exec(c->db, SQL_LESSON_HOLD, "iizii", json_i64(b, "audience", 0), json_i64(b, "minutes", 0), json_z(b, "evidence", ""), now, id);
    if (!e) e = journal_tell(c->tx, SQL_LESSON_GET, id, "lesson.ended");
    return e ? e : call_reply_one(c, SQL_LESSON_GET, id);
}

static enum hx_err lesson_hold(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = call_read(c, SQL_LESSON_GET, PERM_LESSON_WRITE, &record);
    if (e) return e;
    json_decref(record);
    return lesson_record(c, call_id(c, 0));
}

static enum hx_err lesson_cancel(struct call *c)
{
    json_t *record = NULL;
    int64_t id = call_id(c, 0);
    enum hx_err e = call_read(c, SQL_LESSON_GET, PERM_LESSON_WRITE, &record);
    if (e) return e;
    bool cancelled = strcmp(json_z(record, "state", ""), "cancelled") == 0;
    json_decref(record);
    if (cancelled) return call_fail(c, HX_E_ILLEGAL, "the lesson is cancelled already");
    e = db_exec(c->db, SQL_LESSON_CANCEL, "zii", json_z(c->body, "reason", ""), c->tx->now_ms, id);
    if (!e) e = journal_tell(c->tx, SQL_LESSON_GET, id, "lesson.cancelled");
    return e ? e : call_reply_one(c, SQL_LESSON_GET, id);
}

enum hx_err appointment_load(struct tx *tx, int64_t id, int64_t person_id, int64_t school_id, const char *from_date)
{
    return db_exec(tx->db, SQL_APPOINTMENT_ADD, "iiizii", id, person_id, school_id, from_date, tx->now_ms, (int64_t)1);
}

enum hx_err lesson_load(struct tx *tx, int64_t id, int64_t person_id, int64_t school_id, const char *title, const char *kind, const char *date, int64_t audience, const char *evidence)
{
    enum hx_err e = db_exec(tx->db, SQL_LESSON_ADD, "iiizzziii", id, school_id, person_id, title, kind, date, (int64_t)540, (int64_t)CLASS_HOUR_MIN, (int64_t)1);
    return e ? e : db_exec(tx->db, SQL_LESSON_HOLD, "iizii", audience, (int64_t)CLASS_HOUR_MIN, evidence, tx->now_ms, id);
}

static const struct hx_route lesson_routes[] = {
    {HX_GET, "/v1/appointments", "appointmentList", PERM_LESSON_READ, appointment_list, NULL},
    {HX_POST, "/v1/appointments", "appointmentAdd", PERM_LESSON_WRITE, appointment_post, NULL},
    {HX_POST, "/v1/appointments/{id}/end", "appointmentEnd", PERM_LESSON_WRITE, appointment_end, NULL},
    {HX_GET, "/v1/appointments/gaps", "appointmentGaps", PERM_LESSON_READ, appointment_gaps, NULL},
    {HX_GET, "/v1/lessons/campaign", "lessonCampaign", PERM_LESSON_READ, lesson_campaign, NULL},
    {HX_GET, "/v1/appointments/{id}/certificate", "appointmentCertificate", PERM_LESSON_READ, appointment_certificate, NULL},
    {HX_GET, "/v1/lessons", "lessonList", PERM_LESSON_READ, lesson_list, NULL},
    {HX_POST, "/v1/lessons", "lessonAdd", PERM_LESSON_WRITE, lesson_post, NULL},
    {HX_POST, "/v1/lessons/{id}/hold", "lessonHold", PERM_LESSON_WRITE, lesson_hold, NULL},
    {HX_POST, "/v1/lessons/{id}/cancel", "lessonCancel", PERM_LESSON_WRITE, lesson_cancel, NULL},
};
const struct hx_module lesson_module = {.name = "lesson", .routes = lesson_routes, .route_count = HX_COUNT(lesson_routes)};
