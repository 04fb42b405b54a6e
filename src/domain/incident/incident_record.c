/* The record of an incident as a document for the file. */
#include <stdio.h>
#include <string.h>

#include "api/document.h"
#include "api/fields.h"
#include "base/clock.h"
#include "incident.h"
#include "incident_story.h"

static const char *const state_zh[][2] = {{"open", "未确认"}, {"acked", "已确认"}, {"confirmed", "已核实"}, {"dispatched", "已派警"}, {"on_scene", "已到场"}, {"controlled", "已控制"}, {"closed", "已关闭"}, {"reviewed", "已复盘"}, {"archived", "已归档"}, {"cancelled", "误报"}, {"merged", "已合并"}, {"handed_over", "已移交"}};
static const char *const severity_zh[] = {"", "一级（生命）", "二级（犯罪或危险）", "三级（秩序）", "四级（故障）"};
static const char *const cause_zh[][2] = {{"operation", "误操作"}, {"equipment", "设备故障"}, {"environment", "环境干扰"}, {"test", "测试"}, {"malice", "恶意"}, {"unknown", "原因不明"}, {"drill", "演练"}};
static const char *const assignment_zh[][2] = {{"proposed", "建议"}, {"sent", "已派出"}, {"delivered", "已送达"}, {"accepted", "已接受"}, {"refused", "已拒绝"}, {"timed_out", "无应答"}, {"en_route", "赶赴中"}, {"arrived", "已到场"}, {"released", "已归队"}, {"cancelled", "已撤回"}};

/* "+42 秒" from the opening; "" for what did not happen. */
static const char *after(const json_t *i, const char *field, int64_t opened, char out[32])
{
    int64_t at;
    if (!clock_parse(str_of(json_z(i, field, "")), &at)) return out[0] = 0, out;
    snprintf(out, 32, "+%.1f 秒", (double)(at - opened) / 1000);
    return out;
}

static void add_head(json_t *doc, const json_t *i, int64_t opened)
{
    static const char *const clocks[][2] = {{"acked_at", "确认"}, {"confirmed_at", "核实"}, {"dispatched_at", "派警"}, {"responder_at", "校内力量到位"}, {"linked_at", "联动力量到场"}, {"police_at", "公安到场"}, {"controlled_at", "现场控制"}, {"closed_at", "关闭"}};
    char text[300], at[32];
    int64_t severity = json_i64(i, "severity", 4);
    json_t *facts = json_array(), *times = document_table("[2,2,2]", "环节|时间|自报警起");
    document_fact(facts, "学校", json_z(i, "school", "未知"));
    document_fact(facts, "警情", json_z(i, "title", ""));
    document_fact(facts, "级别", severity_zh[severity >= 1 && severity <= 4 ? severity : 4]);
    document_fact(facts, "状态", DOCUMENT_WORD(state_zh, json_z(i, "state", "")));
    document_fact(facts, "报警时间", document_time(json_z(i, "opened_at", ""), at));
    snprintf(text, sizeof text, "%lld 个报警点，%lld 次触发%s", (long long)json_i64(i, "alarm_count", 0), (long long)json_i64(i, "press_count", 0), json_flag(i, "site_wide", false) ? "，全校报警" : "");
    document_fact(facts, "报警", text);
    document_fact(facts, "报警人", json_z(i, "caller", ""));
    document_fact(facts, "所述", json_z(i, "story", ""));
    document_fact(facts, "席位", json_z(i, "owner", ""));
    document_fact(facts, "处置结果", json_z(i, "disposition", ""));
    document_fact(facts, "撤销原因", DOCUMENT_WORD(cause_zh, json_z(i, "cause", "")));
    document_add(doc, "facts", facts);
    document_add(doc, "h", json_string("一、时效"));
    for (size_t k = 0; k < HX_COUNT(clocks); k++) {
        char local[24];
        if (json_has(i, clocks[k][0])) document_row(times, json_pack("[s,s,s]", clocks[k][1], document_time(json_z(i, clocks[k][0], ""), local), after(i, clocks[k][0], opened, at)));
    }
    document_add_table(doc, times, "没有处置。");
}

static void add_units(json_t *doc, struct db *db, int64_t id, int64_t opened)
{
    size_t k;
    json_t *one, *units = db_all_json(db, SQL_ASSIGNMENT_OF_INCIDENT, "i", id), *table = document_table("[3,1.6,1.8,1.8,1.8]", "力量|状态|派出|出发|到达");
    json_array_foreach(units, k, one)
    {
        char sent[32], route[32], there[32];
        document_row(table, json_pack("[s,s,s,s,s]", json_z(one, "unit", ""), DOCUMENT_WORD(assignment_zh, json_z(one, "state", "")), after(one, "sent_at", opened, sent), after(one, "en_route_at", opened, route), after(one, "arrived_at", opened, there)));
    }
    document_add(doc, "h", json_string("二、力量"));
    document_add_table(doc, table, "没有派出力量。");
    json_decref(units);
}

static void add_steps(json_t *doc, struct db *db, int64_t id)
{
    size_t k;
    json_t *one, *tasks = db_all_json(db, SQL_TASK_OF_INCIDENT, "i", id), *table = document_table("[1.2,5,1.2,1.4,1.4]", "执行|步骤|限时|用时|结果");
    json_array_foreach(tasks, k, one)
    {
        char limit[24], took[24] = "";
        int64_t ready, ended;
        const char *state = json_z(one, "state", "");
        if (strcmp(state, "done") == 0 && clock_parse(str_of(json_z(one, "ready_at", "")), &ready) && clock_parse(str_of(json_z(one, "ended_at", "")), &ended)) snprintf(took, sizeof took, "%lld 秒", (long long)((ended - ready) / 1000));
        snprintf(limit, sizeof limit, "%lld 秒", (long long)json_i64(one, "limit_s", 0));
        document_row(table, json_pack("[s,s,s,s,s]", moment_who(json_z(one, "who", "")), json_z(one, "text", ""), limit, took, strcmp(state, "done") == 0 ? json_flag(one, "overdue", false) ? "完成，超时" : "完成" : strcmp(state, "failed") == 0 ? "未成" : "未做"));
    }
    document_add(doc, "h", json_string("三、预案步骤"));
    document_add_table(doc, table, "没有预案。");
    json_decref(tasks);
}

static void add_story(json_t *doc, struct db *db, int64_t id, int64_t opened, const char *tree)
{
    struct moment m;
    size_t k = 0;
    json_t *events = db_all_json(db, SQL_JOURNAL_OF_SUBJECT, "iii", id, (int64_t)0, (int64_t)1000), *table = document_table("[1,1.8,5,1.6]", "时刻|事项|内容|人员");
    fields_hide(events, tree); /* what the other side may not see is in no file either */
    while (moment_next(events, &k, opened, &m)) document_row(table, json_pack("[s,s,s,s]", m.at, m.word, m.text, m.who));
    document_add(doc, "h", json_string("四、经过"));
    document_add_table(doc, table, "没有记录。");
    json_decref(events);
}

static void add_review(json_t *doc, struct db *db, int64_t id, const json_t *review)
{
    size_t k;
    const json_t *one;
    json_t *table = document_table("[3,3,1.4,1.5,1.1,2]", "问题|措施|责任人|期限|状态|佐证或理由");
    document_add(doc, "h", json_string("五、复盘"));
    if (json_has(review, "rating")) document_add(doc, "p", json_string(moment_rating(json_z(review, "rating", ""))));
    document_add(doc, "p", json_string(json_z(review, "summary", "（未复盘）")));
    if (json_z(review, "comment", "")[0] != 0) document_add(doc, "p", json_string(json_z(review, "comment", "")));
    json_t *findings = db_all_json(db, SQL_FINDING_OF_INCIDENT, "i", id);
    json_array_foreach(findings, k, one)
        document_row(table, json_pack("[s,s,s,s,s,s]", json_z(one, "text", ""), json_z(one, "action", ""), json_z(one, "owner", ""), json_z(one, "due_date", ""), moment_action(json_z(one, "state", "")), json_z(one, "note", "")));
    json_decref(findings);
    document_add_table(doc, table, NULL);
    document_add(doc, "sign", json_pack("[s,s,s]", "值班员", "值班长", "学校"));
}

enum hx_err incident_report(struct call *c)
{
    json_t *i = NULL;
    char foot[80];
    int64_t id = call_id(c, 0), opened = 0;
    enum hx_err e = db_one_json(c->db, SQL_INCIDENT_GET, &i, "i", id);
    if (!e) e = call_check_school(c, PERM_INCIDENT_READ, json_i64(i, "school_id", 0));
    if (e) return json_decref(i), e;
    fields_hide(i, c->who.tree);
    clock_parse(str_of(json_z(i, "opened_at", "")), &opened);
    snprintf(foot, sizeof foot, "护学 警情 №%lld · 制表", (long long)id);
    json_t *doc = document_new(json_flag(i, "drill", false) ? "【演练】" : "", "警情处置记录", json_z(i, "title", ""), foot, "第 {n} 页 / 共 {m} 页");
    add_head(doc, i, opened);
    add_units(doc, c->db, id, opened);
    add_steps(doc, c->db, id);
    add_story(doc, c->db, id, opened, c->who.tree);
    add_review(doc, c->db, id, json_object_get(i, "review"));
    json_decref(i);
    return document_send(c, "paper", doc);
}
