/* The record of a drill: photos and spoken comments, the story of what happened, and the document for the file. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "drill.h"
#include "io/spawn.h"

#define FILE_MAX (2u << 20)
#define FILES_MAX 40
#define PICTURES_SHOWN 8
#define STORY_MAX 12000
#define REPORT_MAX (24u << 20)
#define REPORT_MS 20000

/* ---- photos and voices ---- */

static const char *type_of(struct str raw)
{
    static const struct { const char *type, *magic; size_t at, n; } kinds[] = {
        {"image/jpeg", "\xFF\xD8\xFF", 0, 3}, {"image/png", "\x89PNG\r\n\x1A\n", 0, 8}, {"audio/webm", "\x1A\x45\xDF\xA3", 0, 4}, {"audio/ogg", "OggS", 0, 4}, {"audio/mp4", "ftyp", 4, 4}};
    for (size_t i = 0; i < HX_COUNT(kinds); i++)
        if (raw.len > kinds[i].at + kinds[i].n && memcmp(raw.at + kinds[i].at, kinds[i].magic, kinds[i].n) == 0) return kinds[i].type;
    return NULL;
}

static enum hx_err file_post(struct call *c)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    char hex[65];
    json_t *record;
    int64_t count = 0, id = call_id(c, 0), file = journal_next(c->tx);
    const char *type = type_of(c->raw);
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
        c->bytes_type = type_of(bytes);
    }
    rows_end(&r);
    return there ? HX_OK : HX_E_NOT_FOUND;
}

/* ---- the story ---- */

/* What stands in the record, by the event; the rest is detail that the journal keeps. */
static const char *const words[][2] = {
    {"run.started", "演练开始"}, {"run.inject", "导调"}, {"run.stopped", "演练叫停"}, {"run.frozen", "真实警情，演练冻结"}, {"run.ended", "演练结束"},
    {"incident.opened", "报警"}, {"incident.fed", "再次报警"}, {"incident.acked", "值班员确认"}, {"incident.confirmed", "核实属实"}, {"incident.dispatched", "派警"}, {"incident.arrived", "力量到场"},
    {"incident.controlled", "现场控制"}, {"incident.closed", "警情结束"}, {"incident.cancelled", "警情撤销"}, {"incident.noted", "记录"}, {"assignment.sent", "派出"}, {"assignment.accepted", "接受"},
    {"assignment.en_route", "出发"}, {"assignment.arrived", "到达"}, {"task.done", "步骤完成"}, {"task.failed", "步骤未成"}, {"task.overdue", "步骤超时"}, {"posture.ordered", "下达"}, {"posture.clearing", "威胁解除，清点人数"},
    {"posture.agreed", "同意解除"}, {"posture.released", "解除"}, {"headcount.reported", "清点上报"}, {"command.confirmed", "设备已动作"}, {"command.no_effect", "设备未动作"}, {"run.file", "照片或录音"}};

static const char *word_of(const char *type)
{
    for (size_t i = 0; i < HX_COUNT(words); i++)
        if (strcmp(words[i][0], type) == 0) return words[i][1];
    return NULL;
}

static void detail_of(const json_t *event, char *out, size_t size)
{
    const char *type = json_z(event, "type", "");
    const json_t *d = json_object_get(event, "data"), *change = json_object_get(d, "change");
    out[0] = 0;
    if (strcmp(type, "headcount.reported") == 0) {
        snprintf(out, size, "%s 实到%lld 缺%lld 伤%lld", json_z(d, "class", ""), (long long)json_i64(d, "present", 0), (long long)json_i64(d, "missing", 0), (long long)json_i64(d, "injured", 0));
    } else if (strncmp(type, "run.", 4) == 0 || strcmp(type, "incident.noted") == 0) {
        snprintf(out, size, "%s", json_z(change, "text", ""));
    } else if (strncmp(type, "assignment.", 11) == 0) {
        snprintf(out, size, "%s", json_z(d, "unit", ""));
    } else if (strncmp(type, "command.", 8) == 0) {
        snprintf(out, size, "%s", json_z(d, "name", ""));
    } else if (strcmp(type, "incident.opened") == 0) {
        snprintf(out, size, "%s", json_z(d, "title", ""));
    } else if (strncmp(type, "task.", 5) == 0 || strncmp(type, "posture.", 8) == 0) {
        const char *answer = json_z(d, "answer", "");
        snprintf(out, size, "%s%s%s", json_z(d, "text", ""), answer[0] ? " → " : "", answer);
    }
}

struct moment {
    char at[48], word[48], text[400], who[64];
};

/* The next event that the record names, from *i on. */
static bool next_moment(const json_t *live, size_t *i, int64_t begun, struct moment *m)
{
    const json_t *events = json_object_get(live, "events");
    for (; *i < json_array_size(events); (*i)++) {
        const json_t *event = json_array_get(events, *i);
        const char *word = word_of(json_z(event, "type", ""));
        int64_t at = 0;
        if (word == NULL || !clock_parse(str_of(json_z(event, "happened_at", "")), &at) || at < begun) continue;
        int64_t s = (at - begun) / 1000;
        snprintf(m->at, sizeof m->at, "+%02lld:%02lld", (long long)(s / 60), (long long)(s % 60));
        snprintf(m->word, sizeof m->word, "%s", word);
        detail_of(event, m->text, sizeof m->text);
        str_to_utf8_z(str_of(json_z(event, "person", "")), m->who, sizeof m->who);
        (*i)++;
        return true;
    }
    return false;
}

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
    while (begun != 0 && next_moment(live, &i, begun, &m)) {
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
static const char *const rating_zh[][2] = {{"P", "P 顺利"}, {"S", "S 有些困难"}, {"M", "M 困难较大"}, {"U", "U 未能完成"}};
static const char *const action_zh[][2] = {{"open", "未完"}, {"done", "完成"}, {"waived", "免除"}};
static const char *const who_zh[][2] = {{"desk", "值班员"}, {"guard", "保安"}, {"teacher", "教师"}, {"principal", "校领导"}, {"police", "公安"}, {"medic", "救护"}, {"commander", "指挥长"}, {"driver", "驾驶员"}, {"fire", "消防"}};

static const char *look_up(const char *const (*table)[2], size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i][0], key) == 0) return table[i][1];
    return key;
}
#define ZH(table, key) look_up(table, HX_COUNT(table), key)

static void add_block(json_t *doc, const char *kind, json_t *content)
{
    json_array_append_new(json_object_get(doc, "blocks"), json_pack("{s:o}", kind, content));
}

static void add_fact(json_t *facts, const char *name, const char *text)
{
    if (text[0] != 0) json_array_append_new(facts, json_pack("[s,s]", name, text));
}

static json_t *table_of(const char *widths, const char *head)
{
    json_t *names = json_array();
    struct str rest = str_of(head), one;
    char why[80];
    json_t *shares = NULL;
    while (str_split(&rest, '|', &one)) json_array_append_new(names, json_stringn(one.at, one.len));
    HX_ASSERT(json_parse(str_of(widths), &shares, why, sizeof why) == HX_OK);
    return json_pack("{s:o,s:o,s:[]}", "head", names, "widths", shares, "rows");
}

static void add_row(json_t *table, json_t *cells)
{
    json_array_append_new(json_object_get(table, "rows"), cells);
}

/* The table, or where it has no row, a sentence; NULL: nothing. */
static void add_table(json_t *doc, json_t *table, const char *otherwise)
{
    bool empty = json_array_size(json_object_get(table, "rows")) == 0;
    if (!empty) add_block(doc, "table", json_incref(table));
    else if (otherwise != NULL) add_block(doc, "p", json_string(otherwise));
    json_decref(table);
}

static const char *local_time(const char *utc, char out[24])
{
    int64_t at;
    char date[CLOCK_DATE_MAX];
    if (!clock_parse(str_of(utc), &at)) return out[0] = 0, out;
    int64_t minute = (at + CLOCK_LOCAL_MS) / 60000 % 1440;
    snprintf(out, 24, "%s %02lld:%02lld", clock_local_date(at, date), (long long)(minute / 60), (long long)(minute % 60));
    return out;
}

static void add_head(json_t *doc, const json_t *d, const json_t *run)
{
    char text[160], at[24];
    json_t *facts = json_array();
    add_fact(facts, "学校", json_z(d, "school", ""));
    add_fact(facts, "类别", ZH(kind_zh, json_z(d, "kind", "")));
    snprintf(text, sizeof text, "%s %s", json_z(d, "date", ""), json_z(d, "begins", ""));
    add_fact(facts, "日期", text);
    add_fact(facts, "方式", json_has(run, "scenario") ? json_flag(run, "announced", true) ? "事先通知" : "突击（不预先通知）" : "");
    add_fact(facts, "预案", json_z(json_object_get(d, "live"), "plan", ""));
    if (json_has(run, "approved_person")) {
        snprintf(text, sizeof text, "%s（%s）；方案拟订：%s", json_z(run, "approved_person", ""), local_time(json_z(run, "approved_at", ""), at), json_z(run, "written_person", ""));
        add_fact(facts, "批准", text);
    }
    if (json_has(run, "started_at")) {
        snprintf(text, sizeof text, "%s，%s%s%s", local_time(json_z(run, "started_at", ""), at), ZH(run_zh, json_z(run, "state", "")), json_z(run, "end_reason", "")[0] ? "：" : "", json_z(run, "end_reason", ""));
        add_fact(facts, "实施", text);
    }
    if (strcmp(json_z(d, "state", ""), "closed") == 0) {
        snprintf(text, sizeof text, "%lld 人，受伤 %lld 人%s", (long long)json_i64(d, "participants", 0), (long long)json_i64(d, "injured", 0), json_flag(d, "guided", false) ? "；警方现场指导" : "");
        add_fact(facts, "参加", text);
        if (json_has(d, "evacuated_s")) {
            snprintf(text, sizeof text, "%lld 秒", (long long)json_i64(d, "evacuated_s", 0));
            add_fact(facts, "疏散用时", text);
        }
        add_fact(facts, "总评", ZH(rating_zh, json_z(d, "rating", "")));
        add_fact(facts, "器材故障", json_z(d, "faults", ""));
    }
    add_block(doc, "facts", facts);
}

static void add_script(json_t *doc, const json_t *live, const json_t *run)
{
    size_t i;
    json_t *one, *table = table_of("[2,5]", "角色|人员"), *rules = json_array();
    add_block(doc, "h", json_string("一、情景与分工"));
    add_block(doc, "p", json_string(json_z(run, "scenario", "")));
    add_fact(rules, "集合地点", json_z(run, "assembly", ""));
    add_fact(rules, "叫停口令", json_z(run, "stop_word", ""));
    add_fact(rules, "禁止", json_z(run, "prohibited", ""));
    add_fact(rules, "意外处置", json_z(run, "fallback", ""));
    add_block(doc, "facts", rules);
    json_array_foreach(json_object_get(live, "roles"), i, one)
    {
        char name[160];
        snprintf(name, sizeof name, "%s%s%s", json_z(one, "name", ""), json_has(one, "person") ? " · " : "", json_z(one, "person", ""));
        add_row(table, json_pack("[s,s]", ZH(role_zh, json_z(one, "role", "")), name));
    }
    add_block(doc, "table", table);
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
    json_t *one, *table = table_of("[4,1.3,1.3,1.8,3]", "目标|要求|实际|评定|依据");
    json_array_foreach(json_object_get(live, "objectives"), i, one)
    {
        char limit[24] = "", actual[24] = "";
        int64_t s = ended_after(step_named(live, json_z(one, "step", "-")), begun);
        if (json_has(one, "limit_s")) snprintf(limit, sizeof limit, "%lld 秒", (long long)json_i64(one, "limit_s", 0));
        if (s >= 0) snprintf(actual, sizeof actual, "%lld 秒", (long long)s);
        add_row(table, json_pack("[s,s,s,s,s]", json_z(one, "text", ""), limit, actual, ZH(rating_zh, json_z(one, "rating", "")), json_z(one, "evidence", "")));
    }
    add_block(doc, "h", json_string("二、目标与评定"));
    add_block(doc, "table", table);
}

static void add_steps(json_t *doc, const json_t *live, int64_t begun)
{
    size_t i;
    json_t *one, *table = table_of("[1.2,4.6,1.1,1.3,2]", "执行|步骤|限时|用时|结果");
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
        add_row(table, json_pack("[s,s,s,s,s]", ZH(who_zh, json_z(one, "who", "")), json_z(one, "text", ""), limit, actual, result));
    }
    add_block(doc, "h", json_string("三、预案步骤：限时与用时"));
    add_table(doc, table, "没有触发预案。");
}

static void add_moments(json_t *doc, const json_t *d, const json_t *live, int64_t begun)
{
    struct moment m;
    size_t i = 0;
    json_t *table = table_of("[1,1.8,5,1.6]", "时刻|事项|内容|人员");
    add_block(doc, "h", json_string("四、经过"));
    while (begun != 0 && next_moment(live, &i, begun, &m)) add_row(table, json_pack("[s,s,s,s]", m.at, m.word, m.text, m.who));
    add_table(doc, table, json_z(d, "timeline", ""));
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
            snprintf(caption, sizeof caption, "%s %s  SHA-256 %.16s…", local_time(json_z(one, "added_at", ""), at), json_z(one, "person", ""), json_z(one, "sha256", ""));
            json_array_append_new(images, json_pack("{s:s,s:s}", "base64", text, "caption", caption));
            free(text);
        }
        rows_end(&r);
    }
    if (json_array_size(images) > 0) add_block(doc, "images", images);
    else json_decref(images);
}

static void add_review(json_t *doc, struct db *db, const json_t *d, const json_t *live)
{
    size_t i;
    json_t *one, *table = table_of("[4,1.6,1.6,1.2,3]", "整改事项|责任人|期限|状态|佐证或理由");
    add_block(doc, "h", json_string("五、点评"));
    add_block(doc, "p", json_string(json_z(d, "evaluation", "")[0] ? json_z(d, "evaluation", "") : "（未点评）"));
    add_pictures(doc, db, json_i64(d, "id", 0), live);
    add_block(doc, "h", json_string("六、整改"));
    json_array_foreach(json_object_get(d, "actions"), i, one)
        add_row(table, json_pack("[s,s,s,s,s]", json_z(one, "text", ""), json_z(one, "owner", ""), json_z(one, "due_date", ""), ZH(action_zh, json_z(one, "state", "")), json_z(one, "note", "")));
    add_table(doc, table, "无。");
}

static json_t *document_of(struct db *db, const json_t *d)
{
    char foot[120], at[24], utc[CLOCK_TEXT_MAX];
    const json_t *live = json_object_get(d, "live"), *run = json_object_get(live, "script");
    int64_t begun = begun_at(live);
    snprintf(foot, sizeof foot, "护学 演练记录 №%lld · 制表 %s", (long long)json_i64(d, "id", 0), local_time(clock_format(clock_utc_ms(), utc), at));
    json_t *doc = json_pack("{s:s,s:s,s:s,s:s,s:s,s:[]}", "unit", "【演练】", "title", json_z(d, "title", ""), "subtitle", "校园安全应急演练记录与评估报告", "foot", foot, "page", "第 {n} 页 / 共 {m} 页", "blocks");
    add_head(doc, d, run);
    if (live != NULL) add_script(doc, live, run);
    if (live != NULL) add_objectives(doc, live, begun);
    if (live != NULL) add_steps(doc, live, begun);
    add_moments(doc, d, live, begun);
    add_review(doc, db, d, live);
    if (json_has(d, "reviewed_at")) {
        char text[160];
        snprintf(text, sizeof text, "整改全部办结，%s 于 %s 归档。", json_z(d, "reviewed_person", ""), local_time(json_z(d, "reviewed_at", ""), at));
        add_block(doc, "p", json_string(text));
    }
    add_block(doc, "sign", json_pack("[s,s,s]", "组织单位（学校）", "公安机关", "安全员"));
    return doc;
}

static enum hx_err report_get(struct call *c)
{
    json_t *record;
    struct buf pdf;
    int64_t id = call_id(c, 0);
    enum hx_err e = call_read(c, SQL_DRILL_GET, PERM_DRILL_READ, &record);
    if (e) return e;
    json_object_set_new(record, "actions", db_all_json(c->db, SQL_DRILL_ACTION_LIST, "i", id));
    e = drill_add_live(c->db, record, 0);
    json_t *doc = e ? NULL : document_of(c->db, record);
    char *text = json_text(doc);
    json_decref(doc);
    json_decref(record);
    buf_init(&pdf, REPORT_MAX);
    if (!e) e = spawn_run("huxue", "paper", str_of(text), REPORT_MS, &pdf, c->detail, sizeof c->detail);
    free(text);
    if (!e) {
        c->bytes = pdf.at;
        c->bytes_n = pdf.len;
        c->bytes_type = "application/pdf";
        return HX_OK;
    }
    buf_free(&pdf);
    return e;
}

static const struct hx_route record_routes[] = {
    {HX_POST, "/v1/drills/{id}/files", "drillFileAdd", PERM_DRILL_JOIN, file_post, NULL},
    {HX_GET, "/v1/drills/{id}/files/{file}", "drillFileGet", PERM_DRILL_JOIN, file_get, NULL},
    {HX_GET, "/v1/drills/{id}/report", "drillReport", PERM_DRILL_READ, report_get, NULL},
};
const struct hx_module drill_record_module = {.name = "drill_record", .routes = record_routes, .route_count = HX_COUNT(record_routes)};
