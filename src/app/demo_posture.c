#include "app/demo_posture.h"

#include <stdio.h>

#include "domain/family/family.h"
#include "journal/journal.h"

#define CLASS_PUPILS 42

enum hx_err demo_classes(struct tx *tx, int64_t school, int kind, int pupils)
{
    static const char *const grades[5][6] = {{"小班", "中班", "大班"}, {"一年级", "二年级", "三年级", "四年级", "五年级", "六年级"}, {"七年级", "八年级", "九年级"}, {"高一", "高二", "高三"}, {"一年级", "二年级", "三年级"}};
    static const int counts[5] = {3, 6, 3, 3, 3};
    int n = (pupils + CLASS_PUPILS - 1) / CLASS_PUPILS, grade_count = counts[kind], left = pupils;
    if (n < 1) n = 1;
    json_t *classes = json_array();
    for (int i = 0; i < n && i < 200; i++) { /* grade by grade, as even as it goes */
        int grade = i * grade_count / n, first = (grade * n + grade_count - 1) / grade_count, size = left / (n - i);
        char name[40], place[40];
        snprintf(name, sizeof name, "%s%d班", grades[kind][grade], i - first + 1);
        snprintf(place, sizeof place, "教学楼%c %d%02d", i % 2 ? 'B' : 'A', 1 + i / 2 / 6 % 5, 1 + i / 2 % 6);
        json_array_append_new(classes, json_pack("{s:s,s:i,s:s}", "name", name, "pupils", size, "place", place));
        left -= size;
    }
    enum hx_err e = class_set(tx, school, classes);
    json_decref(classes);
    return e;
}

enum hx_err demo_outputs(struct tx *tx, const struct seal *seal, int64_t school, const char *code)
{
    static const char *const rows[4][4] = {{"siren", "警笛", "lockdown", "siren"}, {"speaker", "校园广播", "hold secure lockdown evacuate shelter", "speaker"}, {"door", "外门", "secure lockdown", "door"}, {"screen", "教室屏", "hold secure lockdown evacuate shelter", "screen"}};
    enum hx_err e = HX_OK;
    for (int i = 0; !e && i < 4; i++) {
        char url[96];
        int64_t id;
        snprintf(url, sizeof url, "http://127.0.0.1:8120/%s/%s", code, rows[i][3]);
        json_t *b = json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s}", "school_id", (json_int_t)school, "kind", rows[i][0], "name", rows[i][1], "verbs", rows[i][2], "url", url, "check_url", url, "check_text", "\"state\":\"{verb}\"");
        e = output_make(tx, seal, b, 1, &id);
        json_decref(b);
    }
    return e;
}

enum hx_err demo_families(struct tx *tx, const struct seal *seal, int64_t school)
{
    static const char *const surnames[] = {"罗", "王", "杨", "吴", "陈", "韦", "黄", "岑"}, *const given[] = {"子涵", "雨桐", "浩然", "欣怡", "梓轩", "思琪", "俊杰", "诗雨"}, *const adults[][2] = {{"国强", "父亲"}, {"丽华", "母亲"}, {"德明", "爷爷"}, {"秀英", "奶奶"}};
    int64_t first = journal_next(tx) * 1000;
    json_t *classes = db_all_json(tx->db, SQL_CLASS_LIST, "i", school);
    size_t i, n = 0;
    const json_t *class;
    enum hx_err e = HX_OK;
    json_array_foreach(classes, i, class)
        for (size_t k = 0; !e && k < 2; k++, n++) {
            char pupil[32], guardian[32], phone[16];
            const char *surname = surnames[(i * 3 + k) % 8];
            snprintf(pupil, sizeof pupil, "%s%s", surname, given[(i * 5 + k * 3) % 8]);
            snprintf(guardian, sizeof guardian, "%s%s", surname, adults[(i + k) % 4][0]);
            snprintf(phone, sizeof phone, "1390859%04d", (int)(n * 37 % 10000));
            json_t *b = json_pack("{s:O,s:s,s:s,s:s,s:s}", "class", json_object_get(class, "name"), "pupil", pupil, "guardian", guardian, "relation", adults[(i + k) % 4][1], "phone", phone);
            e = guardian_make(tx, seal, school, b, first + (int64_t)n);
            json_decref(b);
        }
    json_decref(classes);
    return e ? e : journal_add(tx, "guardian.added", school, first, json_pack("{s:I,s:I,s:I}", "school_id", (json_int_t)school, "first_id", (json_int_t)first, "count", (json_int_t)n));
}
