#include "measure.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "base/clock.h"

#define TREND_MONTHS 12

static const struct report_figure figures[] = {
    {"school", 1, "学校", "Schools", "该日在册的学校", "schools open at the date"},
    {"post", 1, "护学岗", "Posts", "该日在用、有负责派出所、有设岗需求的护学岗", "posts in service at the date with a responsible station and a need"},
    {"sentry_box", 1, "警务岗亭", "Sentry boxes", "该日在用的警务岗亭", "sentry boxes in service at the date"},
    {"police_room", 1, "警务室", "Police rooms", "该日在用的校园警务室", "police rooms in service at the date"},
    {"member", 1, "群防群治", "Group defence", "该日在队的群防群治队员，每人一次", "members of teams at the date, each once"},
    {"patrol", 1, "巡逻", "Patrols", "已完成并有打卡记录的巡逻", "rounds that were done, with their checks"},
    {"vice_principal", 1, "法治副校长", "Vice principals", "该日在任的法治副校长，每人一次", "persons with an appointment at the date, each once"},
    {"vice_principal_school", 1, "副校长覆盖", "Schools covered", "该日有法治副校长的学校", "schools with an appointment at the date"},
    {"lesson", 1, "法治课", "Lessons", "有听课人数和佐证的法治课", "lessons held, with an audience and evidence"},
    {"drill", 1, "演练", "Drills", "有过程记录和评估的演练", "drills closed with a timeline and an evaluation"},
    {"drill_guided", 1, "警方指导演练", "Police-guided drills", "其中由警方指导的演练", "of those, guided by the police"},
};

const struct report_figure *report_figures(size_t *count)
{
    *count = HX_COUNT(figures);
    return figures;
}

int report_figure_of(const char *name)
{
    for (size_t i = 0; i < HX_COUNT(figures); i++)
        if (strcmp(figures[i].name, name) == 0) return (int)i;
    return -1;
}

struct bounds {
    int64_t end, begin; /* UTC ms: of the day after as_of, of since */
};

static bool read_bounds(const struct report_ask *a, struct bounds *b)
{
    b->begin = 0;
    if (!clock_local_begin(a->as_of, &b->end)) return false;
    b->end += CLOCK_DAY_MS;
    return *a->since == 0 || clock_local_begin(a->since, &b->begin);
}

enum hx_err report_read(struct db *db, const struct report_ask *a, json_t **out)
{
    struct bounds b;
    if (!read_bounds(a, &b)) return HX_E_INVALID;
    char known[CLOCK_TEXT_MAX];
    int64_t counts[HX_COUNT(figures)] = {0}, persons;
    json_t *counties = json_array(), *list = json_array();
    struct rows r = db_query(db, SQL_REPORT_COUNTS, "ziiziziii", a->as_of, a->known_at, b.end, a->since, b.begin, a->county, a->school, a->sees_all, a->person);
    while (rows_next(&r)) {
        int i = report_figure_of(rows_z(&r, 0));
        if (i >= 0) counts[i] += rows_i64(&r, 2);
        json_array_append_new(counties, rows_json(&r));
    }
    rows_end(&r);
    enum hx_err e = r.err;
    /* What is counted belongs to one county; only a person may have schools in two. */
    if (!e) e = db_one_i64(db, SQL_REPORT_PERSONS, &persons, "ziziii", a->as_of, a->known_at, a->county, a->school, a->sees_all, a->person);
    if (e) return json_decref(counties), json_decref(list), e;
    counts[report_figure_of("vice_principal")] = persons;
    for (size_t i = 0; i < HX_COUNT(figures); i++) json_array_append_new(list, json_pack("{s:s,s:i,s:I}", "figure", figures[i].name, "version", figures[i].version, "count", (json_int_t)counts[i]));
    clock_format(a->known_at, known);
    *out = json_pack("{s:s,s:s,s:s,s:s,s:o,s:o}", "as_of", a->as_of, "since", a->since, "known_at", known, "county", a->county, "figures", list, "counties", counties);
    if (a->by != NULL && *a->by != 0) json_object_set_new(*out, "areas", db_all_json(db, SQL_REPORT_COUNTS_BY, "zziiziziii", a->by, a->as_of, a->known_at, b.end, a->since, b.begin, a->county, a->school, a->sees_all, a->person));
    e = measure_read(db, a, *out);
    if (e) json_decref(*out), *out = NULL;
    return e;
}

/* The ask of a request; texts point into the request or into `today`. */
static enum hx_err read_ask(struct call *c, const char *as_of, const char *since, const char *known, const char *county, char today[CLOCK_DATE_MAX], struct report_ask *a)
{
    *a = (struct report_ask){.as_of = *as_of != 0 ? as_of : clock_local_date(clock_utc_ms(), today), .since = since, .known_at = clock_utc_ms(), .county = county, .by = "",
                             .school = call_query_i64(c, "school", 0), .sees_all = call_sees_all(c), .person = c->who.id};
    struct bounds b;
    if (*known != 0 && !clock_parse(str_of(known), &a->known_at)) return call_fail(c, HX_E_INVALID, "known_at: want RFC 3339, as 2022-08-31T16:00:00Z");
    return read_bounds(a, &b) ? HX_OK : call_fail(c, HX_E_INVALID, "as_of, since: want YYYY-MM-DD");
}

enum hx_err report_ask_of(struct call *c, char today[CLOCK_DATE_MAX], struct report_ask *a)
{
    return read_ask(c, call_query_z(c, "as_of", ""), call_query_z(c, "since", ""), call_query_z(c, "known_at", ""), call_query_z(c, "county", ""), today, a);
}

static enum hx_err report_get(struct call *c)
{
    struct report_ask a;
    char today[CLOCK_DATE_MAX];
    json_t *report = NULL;
    enum hx_err e = report_ask_of(c, today, &a);
    a.by = call_query_z(c, "by", "");
    if (!e && *a.by != 0 && strcmp(a.by, "town") != 0 && strcmp(a.by, "station") != 0) e = call_fail(c, HX_E_INVALID, "by: want town or station");
    if (!e) e = report_read(c->db, &a, &report);
    return e ? e : call_reply(c, report);
}

json_t *report_rows_of(struct db *db, const struct report_ask *a, const char *figure, int64_t after, int64_t limit)
{
    struct bounds b = {0};
    HX_ASSERT(read_bounds(a, &b));
    return db_all_json(db, SQL_REPORT_ROWS, "zziiziziiiii", figure, a->as_of, a->known_at, b.end, a->since, b.begin, a->county, a->school, a->sees_all, a->person, after, limit);
}

struct rows report_rows_raw(struct db *db, const struct report_ask *a, const char *figure, int64_t limit)
{
    struct bounds b = {0};
    HX_ASSERT(read_bounds(a, &b));
    return db_query(db, SQL_REPORT_ROWS, "zziiziziiiii", figure, a->as_of, a->known_at, b.end, a->since, b.begin, a->county, a->school, a->sees_all, a->person, (int64_t)0, limit);
}

enum hx_err report_count_of(struct db *db, const struct report_ask *a, const char *figure, int64_t *count)
{
    struct bounds b;
    if (!read_bounds(a, &b)) return HX_E_INVALID;
    return db_one_i64(db, SQL_REPORT_ONE, count, "zziiziziii", figure, a->as_of, a->known_at, b.end, a->since, b.begin, a->county, a->school, a->sees_all, a->person);
}

/* The ends of the twelve months before, and the date itself. */
static enum hx_err report_trend(struct call *c)
{
    struct report_ask a;
    char today[CLOCK_DATE_MAX], dates[TREND_MONTHS + 1][CLOCK_DATE_MAX];
    const char *figure = call_query_z(c, "figure", "");
    int64_t first, count;
    enum hx_err e = report_ask_of(c, today, &a);
    if (e) return e;
    if (report_figure_of(figure) < 0) return call_fail(c, HX_E_INVALID, "figure: there is no such figure");
    str_to_z(str_of(a.as_of), dates[TREND_MONTHS], sizeof dates[0]);
    for (int i = TREND_MONTHS; i > 0; i--) { /* the day before the first of the later one's month */
        char begin[CLOCK_DATE_MAX];
        snprintf(begin, sizeof begin, "%.8s01", dates[i]);
        HX_ASSERT(clock_local_begin(begin, &first));
        clock_local_date(first - 1, dates[i - 1]);
    }
    json_t *points = json_array();
    for (int i = 0; !e && i <= TREND_MONTHS; i++) {
        a.as_of = dates[i];
        e = report_count_of(c->db, &a, figure, &count);
        if (!e) json_array_append_new(points, json_pack("{s:s,s:I}", "as_of", dates[i], "count", (json_int_t)count));
    }
    return e ? json_decref(points), e : call_list(c, points);
}

static enum hx_err report_rows(struct call *c)
{
    struct report_ask a;
    char today[CLOCK_DATE_MAX];
    const char *figure = call_query_z(c, "figure", "");
    int64_t after = call_query_i64(c, "after", 0), limit = call_limit(c, 200, 5000);
    enum hx_err e = report_ask_of(c, today, &a);
    if (e) return e;
    return call_list(c, rows_behind(c->db, &a, figure, call_query_i64(c, "missed", 0) != 0, after, limit));
}

/* Counts on a reader, so that the one writer, whom alarms wait for, only stores. */
static enum hx_err keep_prepare(struct call *c)
{
    const json_t *body = c->body;
    struct report_ask a;
    char today[CLOCK_DATE_MAX];
    json_t *report = NULL;
    enum hx_err e = read_ask(c, json_z(body, "as_of", ""), json_z(body, "since", ""), json_z(body, "known_at", ""), json_z(body, "county", ""), today, &a);
    db_snapshot(c->db);
    if (!e) e = report_read(c->db, &a, &report);
    if (!e) e = report_seal(c->db, &a, report);
    db_snapshot_end(c->db);
    if (e) json_decref(report);
    else json_object_set_new(c->body, "report", report);
    return e;
}

enum hx_err report_store(struct tx *tx, const json_t *report, int64_t person, const char *plan, int64_t *id)
{
    const char *as_of = json_z(report, "as_of", "");
    char digest[2 * SHA256_DIGEST_LENGTH + 1];
    uint8_t hash[SHA256_DIGEST_LENGTH];
    *id = journal_next(tx);
    char *text = json_text(report);
    SHA256((const unsigned char *)text, strlen(text), hash);
    hex_encode_lower(hash, sizeof hash, digest);
    enum hx_err e = db_exec(tx->db, SQL_REPORT_ADD, "izzziiz", *id, as_of, text, digest, tx->now_ms, person, plan);
    free(text);
    return e ? e : journal_add(tx, "report.kept", 0, *id, json_pack("{s:I,s:s,s:s}", "id", (json_int_t)*id, "as_of", as_of, "digest", digest));
}

static enum hx_err report_keep(struct call *c)
{
    int64_t id;
    enum hx_err e = report_store(c->tx, json_object_get(c->body, "report"), c->who.id, "", &id);
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_REPORT_GET, id);
}

static enum hx_err kept_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_REPORT_LIST, "i", call_limit(c, 50, 500)));
}

static enum hx_err kept_get(struct call *c)
{
    return call_reply_one(c, SQL_REPORT_GET, call_id(c, 0));
}

static void add_definitions(json_t *all, const struct report_figure *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        json_array_append_new(all, json_pack("{s:s,s:i,s:s,s:s,s:s,s:s}", "figure", list[i].name, "version", list[i].version, "zh", list[i].zh, "en", list[i].en, "what_zh", list[i].what_zh, "what_en", list[i].what_en));
}

static enum hx_err definition_list(struct call *c)
{
    size_t count;
    json_t *all = json_array();
    add_definitions(all, figures, HX_COUNT(figures));
    const struct report_figure *m = measures(&count);
    add_definitions(all, m, count);
    return call_list(c, all);
}

static const struct hx_route report_routes[] = {
    {HX_GET, "/v1/reports", "reportGet", PERM_STATS_READ, report_get, NULL},
    {HX_GET, "/v1/reports/definitions", "reportDefinitions", PERM_STATS_READ, definition_list, NULL},
    {HX_GET, "/v1/reports/trend", "reportTrend", PERM_STATS_READ, report_trend, NULL},
    {HX_GET, "/v1/reports/rows", "reportRows", PERM_STATS_READ, report_rows, NULL},
    {HX_GET, "/v1/reports/pdf", "reportPdf", PERM_STATS_READ, report_pdf, NULL},
    {HX_GET, "/v1/reports/xlsx", "reportXlsx", PERM_STATS_READ, report_xlsx, NULL},
    {HX_POST, "/v1/reports", "reportArchive", PERM_STATS_READ, report_keep, keep_prepare},
    {HX_GET, "/v1/reports/kept", "reportKeptList", PERM_STATS_READ, kept_list, NULL},
    {HX_GET, "/v1/reports/kept/{id}", "reportKept", PERM_STATS_READ, kept_get, NULL},
    {HX_GET, "/v1/reports/kept/{id}/check", "reportKeptCheck", PERM_STATS_READ, report_kept_check, NULL},
};
const struct hx_module report_module = {.name = "report", .routes = report_routes, .route_count = HX_COUNT(report_routes)};
