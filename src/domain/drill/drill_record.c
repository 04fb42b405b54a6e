/* The record of a drill: photos and spoken comments, the story of what happened, and the document for the file. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/document.h"
#include "base/clock.h"
#include "base/media_type.h"
#include "domain/incident/incident_story.h"
#include "drill.h"

#define FILE_MAX (2u << 20)
#define FILES_MAX 40
#define PICTURES_SHOWN 8
#define STORY_MAX 12000

/* ---- photos and voices ---- */

static enum hx_err file_post(struct call *c)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    char hex[65];
    json_t *record;
    int64_t count = 0, id = call_id(c, 0), file = journal_next(c->tx);
    const char *type = media_type(c->raw, MEDIA_PHOTO | MEDIA_SOUND);
    enum hx_err e = drill_for_part(c, &record);
    if (e) return e;
    bool before = json_z(record, "run", "")[0] == 0 || json_z(record, "started_at", "")[0] == 0;
    int64_t school = json_i64(record, "school_id", 0);
    json_decref(record);
    if (before) return call_fail(c, HX_E_ILLEGAL, "photos and comments belong to a drill that has begun");
    if (c->raw.len > FILE_MAX) return call_fail(c, HX_E_LIMIT, "a photo or comment may have at most 2 MiB");
    if (type == NULL) return call_fail(c, HX_E_INVALID, "want a JPEG or PNG picture, or WebM, Ogg or MP4 sound");
    e = db_one_i64(c->db, SQL_DRILL_FILE_COUNT, &count, "i", id);
    if (!e && count >= FILES_MAX) e = call_fail(c, HX_E_LIMIT, "a drill may have at most %d photos and comments", FILES_MAX);
    if (e) return e;
    HX_ASSERT(EVP_Digest(c->raw.at, c->raw.len, hash, NULL, EVP_sha256(), NULL) == 1);
    hex_encode_lower(hash, 32, hex);
    e = db_exec(c->db, SQL_DRILL_FILE_ADD, "iizbzii", file, id, type, (const void *)c->raw.at, c->raw.len, hex, c->who.id, c->tx->now_ms);
    if (!e) e = journal_add(c->tx, "run.file", school, id, json_pack("{s:I,s:I,s:s,s:s}", "id", (json_int_t)id, "file_id", (json_int_t)file, "kind", type, "sha256", hex));
    return e ? e : drill_reply(c, id);
}

static enum hx_err file_get(struct call *c)
{
    json_t *record;
    enum hx_err e = drill_for_part(c, &record);
    json_decref(record);
    if (e) return e;
    struct rows r = db_query(c->db, SQL_DRILL_FILE_GET, "ii", call_id(c, 1), call_id(c, 0));
    bool there = rows_next(&r);
    if (there) {
        struct str bytes = rows_blob(&r, 1);
        c->bytes = str_dup(bytes);
        c->bytes_n = bytes.len;
        c->bytes_type = media_type(bytes, MEDIA_PHOTO | MEDIA_SOUND);
    }
    rows_end(&r);
    return there ? HX_OK : HX_E_NOT_FOUND;
}

/* ---- the story ---- */

static int64_t begun_at(const json_t *live)
{
    int64_t at = 0;
    return clock_parse(str_of(json_z(json_object_get(live, "script"), "started_at", "")), &at) ? at : 0;
}

char *drill_story(const json_t *live)
{
    struct buf b;
    struct moment m;
    size_t i = 0;
    int64_t begun = begun_at(live);
    buf_init(&b, STORY_MAX);
    while (begun != 0 && moment_next(json_object_get(live, "events"), &i, begun, &m)) {
        if (b.len + 600 > STORY_MAX) {
            buf_add_z(&b, "…");
            break;
        }
        buf_printf(&b, "%s%s %s%s%s", b.len ? "\n" : "", m.at, m.word, m.text[0] ? "：" : "", m.text);
    }
    char *text = str_dup(buf_str(&b));
    buf_free(&b);
    return text;
}

/* ---- the document ---- */

static const char *const role_zh[][2] = {{"commander", "指挥长"}, {"safety", "安全员"}, {"police1", "特巡警一组"}, {"police2", "特巡警二组"}, {"guard", "保安"}, {"principal", "校领导"}, {"floor", "楼层疏导"}, {"counter", "清点"}, {"medic", "救护"}, {"intruder", "“歹徒”扮演"}, {"observer", "观摩"}};
static const char *const kind_zh[][2] = {{"intruder", "防暴力侵入"}, {"fire", "消防疏散"}, {"earthquake", "地震疏散"}, {"stampede", "防踩踏"}, {"bus", "校车"}, {"other", "其他"}};
static const char *const run_zh[][2] = {{"ended", "按计划结束"}, {"stopped", "中途叫停"}, {"frozen", "因真实警情冻结"}, {"running", "进行中"}, {"approved", "已批准"}, {"draft", "未批准"}};

static void add_head(json_t *doc, const json_t *d, const json_t *run)
{
    char text[160], at[24];
    json_t *facts = json_array();
    document_fact(facts, "学校", json_z(d, "school", ""));
    document_fact(facts, "类别", DOCUMENT_WORD(kind_zh, json_z(d, "kind", "")));
    snprintf(text, sizeof text, "%s %s", json_z(d, "date", ""), json_z(d, "begins", ""));
    document_fact(facts, "日期", text);
    document_fact(facts, "方式", json_has(run, "scenario") ? json_flag(run, "announced", true) ? "事先通知" : "突击（不预先通知）" : "");
    document_fact(facts, "预案", json_z(json_object_get(d, "live"), "plan", ""));
    if (json_has(run, "approved_person")) {
        snprintf(text, sizeof text, "%s（%s）；方案拟订：%s", json_z(run, "approved_person", ""), document_time(json_z(run, "approved_at", ""), at), json_z(run, "written_person", ""));
        document_fact(facts, "批准", text);
    }
    if (json_has(run, "started_at")) {
        snprintf(text, sizeof text, "%s，%s%s%s", document_time(json_z(run, "started_at", ""), at), DOCUMENT_WORD(run_zh, json_z(run, "state", "")), json_z(run, "end_reason", "")[0] ? "：" : "", json_z(run, "end_reason", ""));
        document_fact(facts, "实施", text);
    }
    if (strcmp(json_z(d, "state", ""), "closed") == 0) {
        snprintf(text, sizeof text, "%lld 人，受伤 %lld 人%s", (long long)json_i64(d, "participants", 0), (long long)json_i64(d, "injured", 0), json_flag(d, "guided", false) ? "；警方现场指导" : "");
        document_fact(facts, "参加", text);
        if (json_has(d, "evacuated_s")) {
            snprintf(text, sizeof text, "%lld 秒", (long long)json_i64(d, "evacuated_s", 0));
            document_fact(facts, "疏散用时", text);
        }
        document_fact(facts, "总评", moment_rating(json_z(d, "rating", "")));
        document_fact(facts, "器材故障", json_z(d, "faults", ""));
    }
    document_add(doc, "facts", facts);
}

static void add_script(json_t *doc, const json_t *live, const json_t *run)
{
    size_t i;
    json_t *one, *table = document_table("[2,5]", "角色|人员"), *rules = json_array();
    document_add(doc, "h", json_string("一、情景与分工"));
    document_add(doc, "p", json_string(json_z(run, "scenario", "")));
    document_fact(rules, "集合地点", json_z(run, "assembly", ""));
    document_fact(rules, "叫停口令", json_z(run, "stop_word", ""));
    document_fact(rules, "禁止", json_z(run, "prohibited", ""));
    document_fact(rules, "意外处置", json_z(run, "fallback", ""));
    document_add(doc, "facts", rules);
    json_array_foreach(json_object_get(live, "roles"), i, one)
    {
        char name[160];
        snprintf(name, sizeof name, "%s%s%s", json_z(one, "name", ""), json_has(one, "person") ? " · " : "", json_z(one, "person", ""));
        document_row(table, json_pack("[s,s]", DOCUMENT_WORD(role_zh, json_z(one, "role", "")), name));
    }
    document_add(doc, "table", table);
}

static const json_t *step_named(const json_t *live, const char *step)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(live, "tasks"), i, one)
        if (strcmp(json_z(one, "step", ""), step) == 0) return one;
    return NULL;
}

/* Seconds between the start and the end of a step; -1 while it has none. */
static int64_t ended_after(const json_t *task, int64_t begun)
{
    int64_t at;
    return task != NULL && strcmp(json_z(task, "state", ""), "done") == 0 && clock_parse(str_of(json_z(task, "ended_at", "")), &at) ? (at - begun) / 1000 : -1;
}

static void add_objectives(json_t *doc, const json_t *live, int64_t begun)
{
    size_t i;
    json_t *one, *table = document_table("[4,1.3,1.3,1.8,3]", "目标|要求|实际|评定|依据");
    json_array_foreach(json_object_get(live, "objectives"), i, one)
    {
        char limit[24] = "", actual[24] = "";
        int64_t s = ended_after(step_named(live, json_z(one, "step", "-")), begun);
        if (json_has(one, "limit_s")) snprintf(limit, sizeof limit, "%lld 秒", (long long)json_i64(one, "limit_s", 0));
        if (s >= 0) snprintf(actual, sizeof actual, "%lld 秒", (long long)s);
        document_row(table, json_pack("[s,s,s,s,s]", json_z(one, "text", ""), limit, actual, moment_rating(json_z(one, "rating", "")), json_z(one, "evidence", "")));
    }
    document_add(doc, "h", json_string("二、目标与评定"));
    document_add(doc, "table", table);
}

static void add_steps(json_t *doc, const json_t *live, int64_t begun)
{
    size_t i;
    json_t *one, *table = document_table("[1.2,4.6,1.1,1.3,2]", "执行|步骤|限时|用时|结果");
    json_array_foreach(json_object_get(live, "tasks"), i, one)
    {
        char limit[24], actual[24] = "", result[80];
        int64_t ready = 0, ended = 0;
        bool done = strcmp(json_z(one, "state", ""), "done") == 0;
        if (done && clock_parse(str_of(json_z(one, "ready_at", "")), &ready) && clock_parse(str_of(json_z(one, "ended_at", "")), &ended)) snprintf(actual, sizeof actual, "%lld 秒", (long long)((ended - ready) / 1000));
        snprintf(limit, sizeof limit, "%lld 秒", (long long)json_i64(one, "limit_s", 0));
        int64_t after = ended_after(one, begun);
        if (done && after >= 0) snprintf(result, sizeof result, "+%02lld:%02lld %s", (long long)(after / 60), (long long)(after % 60), json_flag(one, "overdue", false) ? "超时" : "按时");
        else snprintf(result, sizeof result, "%s", done ? "完成" : "未做");
        document_row(table, json_pack("[s,s,s,s,s]", moment_who(json_z(one, "who", "")), json_z(one, "text", ""), limit, actual, result));
    }
    document_add(doc, "h", json_string("三、预案步骤：限时与用时"));
    document_add_table(doc, table, "没有触发预案。");
}

static void add_moments(json_t *doc, const json_t *d, const json_t *live, int64_t begun)
{
    struct moment m;
    size_t i = 0;
    json_t *table = document_table("[1,1.8,5,1.6]", "时刻|事项|内容|人员");
    document_add(doc, "h", json_string("四、经过"));
    while (begun != 0 && moment_next(json_object_get(live, "events"), &i, begun, &m)) document_row(table, json_pack("[s,s,s,s]", m.at, m.word, m.text, m.who));
    document_add_table(doc, table, json_z(d, "timeline", ""));
}

static void add_pictures(json_t *doc, struct db *db, int64_t drill, const json_t *live)
{
    json_t *images = json_array(), *one;
    size_t i;
    json_array_foreach(json_object_get(live, "files"), i, one)
    {
        char caption[120], at[24];
        if (strncmp(json_z(one, "type", ""), "image/", 6) != 0 || json_array_size(images) == PICTURES_SHOWN) continue;
        struct rows r = db_query(db, SQL_DRILL_FILE_GET, "ii", json_i64(one, "id", 0), drill);
        if (rows_next(&r)) {
            struct str raw = rows_blob(&r, 1);
            char *text = malloc(raw.len / 3 * 4 + 8);
            HX_ASSERT(text != NULL);
            EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)raw.at, (int)raw.len);
            snprintf(caption, sizeof caption, "%s %s  SHA-256 %.16s…", document_time(json_z(one, "added_at", ""), at), json_z(one, "person", ""), json_z(one, "sha256", ""));
            json_array_append_new(images, json_pack("{s:s,s:s}", "base64", text, "caption", caption));
            free(text);
        }
        rows_end(&r);
    }
    if (json_array_size(images) > 0) document_add(doc, "images", images);
    else json_decref(images);
}

static void add_review(json_t *doc, struct db *db, const json_t *d, const json_t *live)
{
    size_t i;
    json_t *one, *table = document_table("[4,1.6,1.6,1.2,3]", "整改事项|责任人|期限|状态|佐证或理由");
    document_add(doc, "h", json_string("五、点评"));
    document_add(doc, "p", json_string(json_z(d, "evaluation", "")[0] ? json_z(d, "evaluation", "") : "（未点评）"));
    add_pictures(doc, db, json_i64(d, "id", 0), live);
    document_add(doc, "h", json_string("六、整改"));
    json_array_foreach(json_object_get(d, "actions"), i, one)
        document_row(table, json_pack("[s,s,s,s,s]", json_z(one, "text", ""), json_z(one, "owner", ""), json_z(one, "due_date", ""), moment_action(json_z(one, "state", "")), json_z(one, "note", "")));
    document_add_table(doc, table, "无。");
}

static json_t *document_of(struct db *db, const json_t *d)
{
    char foot[80], at[24];
    const json_t *live = json_object_get(d, "live"), *run = json_object_get(live, "script");
    int64_t begun = begun_at(live);
    snprintf(foot, sizeof foot, "护学 演练记录 №%lld · 制表", (long long)json_i64(d, "id", 0));
    json_t *doc = document_new("【演练】", json_z(d, "title", ""), "校园安全应急演练记录与评估报告", foot, "第 {n} 页 / 共 {m} 页");
    add_head(doc, d, run);
    if (live != NULL) add_script(doc, live, run);
    if (live != NULL) add_objectives(doc, live, begun);
    if (live != NULL) add_steps(doc, live, begun);
    add_moments(doc, d, live, begun);
    add_review(doc, db, d, live);
    if (json_has(d, "reviewed_at")) {
        char text[160];
        snprintf(text, sizeof text, "整改全部办结，%s 于 %s 归档。", json_z(d, "reviewed_person", ""), document_time(json_z(d, "reviewed_at", ""), at));
        document_add(doc, "p", json_string(text));
    }
    document_add(doc, "sign", json_pack("[s,s,s]", "组织单位（学校）", "公安机关", "安全员"));
    return doc;
}

static enum hx_err report_get(struct call *c)
{
    json_t *record;
    int64_t id = call_id(c, 0);
    enum hx_err e = call_read(c, SQL_DRILL_GET, PERM_DRILL_READ, &record);
    if (e) return e;
    json_object_set_new(record, "actions", db_all_json(c->db, SQL_DRILL_ACTION_LIST, "i", id));
    e = drill_add_live(c->db, record, 0);
    json_t *doc = e ? NULL : document_of(c->db, record);
    json_decref(record);
    return e ? e : document_send(c, "paper", doc);
}

static const struct hx_route record_routes[] = {
    {HX_POST, "/v1/drills/{id}/files", "drillFileAdd", PERM_DRILL_JOIN, file_post, NULL},
    {HX_GET, "/v1/drills/{id}/files/{file}", "drillFileGet", PERM_DRILL_JOIN, file_get, NULL},
    {HX_GET, "/v1/drills/{id}/report", "drillReport", PERM_DRILL_READ, report_get, NULL},
};
const struct hx_module drill_record_module = {.name = "drill_record", .routes = record_routes, .route_count = HX_COUNT(record_routes)};
