#include "incident_story.h"

#include <stdio.h>
#include <string.h>

#include "api/document.h"
#include "base/clock.h"

/* What stands in the record, by the event; the rest is detail that the journal keeps. */
static const char *const words[][2] = {
    {"run.started", "演练开始"}, {"run.inject", "导调"}, {"run.stopped", "演练叫停"}, {"run.frozen", "真实警情，演练冻结"}, {"run.ended", "演练结束"},
    {"incident.opened", "报警"}, {"incident.fed", "再次报警"}, {"incident.acked", "值班员确认"}, {"incident.confirmed", "核实属实"}, {"incident.dispatched", "派警"}, {"incident.arrived", "力量到场"},
    {"incident.controlled", "现场控制"}, {"incident.closed", "警情结束"}, {"incident.cancelled", "警情撤销"}, {"incident.noted", "记录"}, {"incident.escalated", "升级"}, {"incident.merged", "合并"}, {"incident.took", "并入"}, {"incident.handed_over", "移交"}, {"incident.reopened", "重新打开"}, {"incident.reviewed", "复盘"}, {"incident.finding", "整改"}, {"incident.archived", "归档"}, {"incident.cancel_asked", "申请判为误报"}, {"message.made", "通知"}, {"handoff.made", "移交其他中心"}, {"clip.ready", "录像留存"}, {"assignment.sent", "派出"}, {"assignment.accepted", "接受"},
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
        snprintf(out, size, "%.300s", json_z(change, "text", ""));
    } else if (strcmp(type, "incident.escalated") == 0) {
        snprintf(out, size, "%s", json_z(change, "zh", ""));
    } else if (strcmp(type, "message.made") == 0) {
        snprintf(out, size, "%.300s", json_z(d, "zh", ""));
    } else if (strcmp(type, "incident.closed") == 0 || strcmp(type, "incident.cancelled") == 0) {
        snprintf(out, size, "%s%s", json_z(change, "disposition", ""), json_has(change, "disposition") ? "" : json_z(change, "note", ""));
    } else if (strncmp(type, "clip.", 5) == 0 || strncmp(type, "handoff.", 8) == 0) {
        snprintf(out, size, "%s", json_z(d, "camera", json_z(d, "partner", "")));
    } else if (strncmp(type, "assignment.", 11) == 0) {
        snprintf(out, size, "%s", json_z(d, "unit", ""));
    } else if (strncmp(type, "command.", 8) == 0) {
        snprintf(out, size, "%s", json_z(d, "name", ""));
    } else if (strcmp(type, "incident.opened") == 0) {
        snprintf(out, size, "%s", json_z(d, "title", ""));
    } else if (strncmp(type, "task.", 5) == 0 || strcmp(type, "posture.ordered") == 0) {
        const char *answer = json_z(d, "answer", "");
        snprintf(out, size, "%s%s%s", json_z(d, "text", ""), answer[0] ? " → " : "", answer);
    }
}

bool moment_next(const json_t *events, size_t *i, int64_t begun, struct moment *m)
{
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

const char *moment_who(const char *who)
{
    static const char *const names[][2] = {{"desk", "值班员"}, {"guard", "保安"}, {"teacher", "教师"}, {"principal", "校领导"}, {"police", "公安"}, {"medic", "救护"}, {"commander", "指挥长"}, {"driver", "驾驶员"}, {"fire", "消防"}};
    return DOCUMENT_WORD(names, who);
}

const char *moment_rating(const char *rating)
{
    static const char *const names[][2] = {{"P", "P 顺利"}, {"S", "S 有些困难"}, {"M", "M 困难较大"}, {"U", "U 未能完成"}};
    return DOCUMENT_WORD(names, rating);
}

const char *moment_action(const char *state)
{
    static const char *const names[][2] = {{"open", "未完"}, {"done", "完成"}, {"waived", "免除"}};
    return DOCUMENT_WORD(names, state);
}
