#include "measure.h"

#include <stdlib.h>
#include <string.h>

#include "base/rank.h"

#define TIMED_MAX 200000
#define COUNTIES_MAX 16

static const struct report_figure list[] = {
    {"presence", 1, "见警率", "Police presence", "高峰时段内至少一名民警（辅警）已到岗的分钟数 ÷ 已排岗高峰分钟数", "minutes of manned peaks with at least one officer there ÷ planned peak minutes"},
    {"on_time", 1, "按时到岗率", "On time", "核验到岗不晚于应到时间的岗次 ÷ 已排岗次；已取消的不计", "slots with a verified arrival by the deadline ÷ planned slots; cancelled ones are not counted"},
    {"managed", 1, "管事率", "Managed", "10 分钟内有处置记录的门前情况 ÷ 已记录的门前情况", "situations at the gate with an action within 10 minutes ÷ situations recorded"},
    {"acked_60s", 1, "60 秒内接警率", "Answered in 60 s", "一、二级警情 60 秒内确认的 ÷ 全部；演练、测试不计", "incidents of level 1 and 2 acknowledged within 60 s ÷ all; drills and tests are not counted"},
    {"arrived_300s", 1, "5 分钟内到场率", "There in 5 min", "一、二级警情首支警力 5 分钟内到校门的 ÷ 已派警的", "incidents of level 1 and 2 with police at the gate within 5 minutes ÷ those to which somebody was sent"},
    {"trip_quiet", 1, "校车平安趟次", "Quiet trips", "未引发警情的趟次 ÷ 已结束趟次", "trips without an incident ÷ ended trips"},
    {"trip_checked", 1, "校车清车率", "Trips checked", "已核查车厢无人滞留的趟次 ÷ 已结束趟次", "trips after which somebody saw every seat empty ÷ ended trips"},
};
#define COUNT HX_COUNT(list)

const struct report_figure *measures(size_t *count)
{
    *count = COUNT;
    return list;
}

int measure_of(const char *name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(list[i].name, name) == 0) return (int)i;
    return -1;
}

struct county {
    char code[8];
    int64_t part, whole;
};

struct sum {
    int64_t part, whole;
    struct county counties[COUNTIES_MAX];
    size_t county_count;
    int64_t *ms;
    size_t timed, room;
};

static void add(struct sum *s, const char *code, int64_t part, int64_t whole, int64_t ms)
{
    size_t i = 0;
    s->part += part;
    s->whole += whole;
    while (i < s->county_count && strcmp(s->counties[i].code, code) != 0) i++;
    if (i == s->county_count && i < COUNTIES_MAX) str_to_z(str_of(code), s->counties[s->county_count++].code, sizeof s->counties[0].code);
    if (i < COUNTIES_MAX) s->counties[i].part += part, s->counties[i].whole += whole;
    if (ms < 0 || s->timed == TIMED_MAX) return;
    if (s->timed == s->room) {
        s->room = s->room ? 2 * s->room : 256;
        s->ms = realloc(s->ms, s->room * sizeof *s->ms);
        HX_ASSERT(s->ms != NULL);
    }
    s->ms[s->timed++] = ms;
}

struct period {
    char since[CLOCK_DATE_MAX];
    int64_t begin, end; /* UTC ms; end: of the day after */
};

static bool read_period(const struct report_ask *a, struct period *p)
{
    str_to_z(str_of(*a->since != 0 ? a->since : a->as_of), p->since, sizeof p->since);
    if (*a->since == 0) memcpy(p->since + 8, "01", 2);
    if (!clock_local_begin(p->since, &p->begin) || !clock_local_begin(a->as_of, &p->end)) return false;
    p->end += CLOCK_DAY_MS;
    return true;
}

static enum hx_err read_sums(struct db *db, const struct report_ask *a, const struct period *p, struct sum sums[COUNT])
{
    struct rows r = db_query(db, SQL_MEASURE_ALL, "iiizziii", p->begin, p->end, a->known_at, "", a->county, a->school, a->sees_all, a->person);
    while (rows_next(&r)) {
        int i = measure_of(rows_z(&r, 0));
        /* How late to a post means nothing beside how fast to an alarm: only those two are timed. */
        bool timed = i >= 0 && (strcmp(list[i].name, "acked_60s") == 0 || strcmp(list[i].name, "arrived_300s") == 0);
        if (i >= 0) add(&sums[i], rows_z(&r, 1), rows_i64(&r, 2), rows_i64(&r, 3), timed ? rows_i64(&r, 4) : -1);
    }
    enum hx_err e = r.err;
    rows_end(&r);
    if (e) return e;
    r = db_query(db, SQL_PRESENCE_ALL, "iiiziii", p->begin, p->end, a->known_at, a->county, a->school, a->sees_all, a->person);
    while (rows_next(&r)) add(&sums[measure_of("presence")], rows_z(&r, 0), rows_i64(&r, 1), rows_i64(&r, 2), -1);
    e = r.err;
    rows_end(&r);
    return e;
}

enum hx_err measure_read(struct db *db, const struct report_ask *a, json_t *report)
{
    struct period p;
    struct sum *sums = calloc(COUNT, sizeof *sums);
    HX_ASSERT(sums != NULL);
    enum hx_err e = read_period(a, &p) ? read_sums(db, a, &p, sums) : HX_E_INVALID;
    json_t *all = json_array(), *counties = json_array();
    for (size_t i = 0; i < COUNT; i++) {
        struct sum *s = &sums[i];
        rank_sort(s->ms, s->timed);
        json_array_append_new(all, json_pack("{s:s,s:i,s:I,s:I,s:o,s:o,s:o}", "measure", list[i].name, "version", list[i].version, "part", (json_int_t)s->part, "whole", (json_int_t)s->whole, "p50_ms", rank_percentile(s->ms, s->timed, 50), "p90_ms", rank_percentile(s->ms, s->timed, 90), "p99_ms", rank_percentile(s->ms, s->timed, 99)));
        for (size_t k = 0; k < s->county_count; k++)
            json_array_append_new(counties, json_pack("{s:s,s:s,s:I,s:I}", "measure", list[i].name, "county", s->counties[k].code, "part", (json_int_t)s->counties[k].part, "whole", (json_int_t)s->counties[k].whole));
        free(s->ms);
    }
    free(sums);
    if (e) return json_decref(all), json_decref(counties), e;
    json_put_z(report, "measures_since", p.since);
    json_object_set_new(report, "measures", all);
    json_object_set_new(report, "measure_counties", counties);
    return HX_OK;
}

static json_t *measure_rows_of(struct db *db, const struct report_ask *a, const char *measure, bool missed, int64_t after, int64_t limit)
{
    struct period p;
    HX_ASSERT(read_period(a, &p));
    if (strcmp(measure, "presence") == 0) return db_all_json(db, SQL_PRESENCE_ROWS, "iiiziiiiii", p.begin, p.end, a->known_at, a->county, a->school, a->sees_all, a->person, (int64_t)missed, after, limit);
    return db_all_json(db, SQL_MEASURE_ROWS, "iiizziiiiii", p.begin, p.end, a->known_at, measure, a->county, a->school, a->sees_all, a->person, (int64_t)missed, after, limit);
}

json_t *rows_behind(struct db *db, const struct report_ask *a, const char *name, bool missed, int64_t after, int64_t limit)
{
    return measure_of(name) >= 0 ? measure_rows_of(db, a, name, missed, after, limit) : report_rows_of(db, a, name, after, limit);
}
