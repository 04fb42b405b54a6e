/* The figures as files that an office keeps: a PDF and a spreadsheet, made by a helper process. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/document.h"
#include "base/clock.h"
#include "base/embedded.h"
#include "measure.h"
#include "report.h"

#define PDF_ROWS 1000
#define XLSX_ROWS 20000

struct paper_words {
    bool english;
    json_t *map; /* counties and their names */
    const struct report_figure *figures;
    size_t count;
};

static const char *say(const struct paper_words *w, const char *zh, const char *en)
{
    return w->english ? en : zh;
}

static const char *figure_name(const struct paper_words *w, const char *name)
{
    size_t count;
    int i = report_figure_of(name), k = measure_of(name);
    if (i >= 0) return say(w, w->figures[i].zh, w->figures[i].en);
    return k >= 0 ? say(w, measures(&count)[k].zh, measures(&count)[k].en) : name;
}

static const json_t *counties(const struct paper_words *w)
{
    return json_object_get(w->map, "features");
}

static const char *county_name(const struct paper_words *w, const char *code)
{
    size_t i;
    const json_t *f;
    if (code[0] == 0) return say(w, "全州", "Prefecture");
    json_array_foreach(counties(w), i, f)
        if (strcmp(json_z(f, "id", ""), code) == 0) return json_z(json_object_get(f, "properties"), w->english ? "name_en" : "name", code);
    return code;
}

static int64_t count_of(const json_t *report, const char *figure, const char *county)
{
    size_t i;
    const json_t *r;
    int64_t n = 0;
    if (county[0] == 0) {
        json_array_foreach(json_object_get(report, "figures"), i, r)
            if (strcmp(json_z(r, "figure", ""), figure) == 0) n = json_i64(r, "count", 0);
        return n;
    }
    json_array_foreach(json_object_get(report, "counties"), i, r)
        if (strcmp(json_z(r, "figure", ""), figure) == 0 && strcmp(json_z(r, "county", ""), county) == 0) n += json_i64(r, "count", 0);
    return n;
}

static json_t *cell(int64_t n, bool as_text)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)n);
    return as_text ? json_string(text) : json_integer(n);
}

/* {"head","widths","rows"} of the figures by county; in a PDF cells are texts. */
static json_t *county_table(const struct paper_words *w, const json_t *report, bool pdf)
{
    json_t *head = json_pack("[s]", say(w, "县市", "County")), *widths = json_pack("[f]", pdf ? 1.6 : 14.0), *rows = json_array();
    size_t i, k;
    const json_t *f;
    const char *only = json_z(report, "county", "");
    for (i = 0; i < w->count; i++) {
        json_array_append_new(head, json_string(figure_name(w, w->figures[i].name)));
        json_array_append_new(widths, json_real(pdf ? 1.2 : 12.0));
    }
    json_array_foreach(counties(w), k, f)
    {
        const char *code = json_z(f, "id", "");
        if (only[0] != 0 && strcmp(only, code) != 0) continue;
        json_t *row = json_pack("[s]", county_name(w, code));
        for (i = 0; i < w->count; i++) json_array_append_new(row, cell(count_of(report, w->figures[i].name, code), pdf));
        json_array_append_new(rows, row);
    }
    json_t *sum = json_pack("[s]", say(w, "合计", "Total"));
    for (i = 0; i < w->count; i++) json_array_append_new(sum, cell(count_of(report, w->figures[i].name, ""), pdf));
    json_array_append_new(rows, sum);
    return json_pack("{s:o,s:o,s:o}", "head", head, "widths", widths, "rows", rows);
}

static const char *share(int64_t part, int64_t whole, char out[16])
{
    snprintf(out, 16, whole > 0 ? "%.1f%%" : "–", whole > 0 ? 100.0 * (double)part / (double)whole : 0);
    return out;
}

/* A row a measure: its share, and the part of the whole. */
static json_t *measure_table(const struct paper_words *w, const json_t *report, bool pdf)
{
    json_t *rows = json_array();
    size_t i, count;
    const json_t *m;
    const struct report_figure *list = measures(&count);
    json_array_foreach(json_object_get(report, "measures"), i, m)
    {
        char text[16];
        int64_t part = json_i64(m, "part", 0), whole = json_i64(m, "whole", 0);
        int k = measure_of(json_z(m, "measure", ""));
        if (k >= 0) json_array_append_new(rows, json_pack("[s,s,o,o,s]", say(w, list[k].zh, list[k].en), share(part, whole, text), cell(part, pdf), cell(whole, pdf), say(w, list[k].what_zh, list[k].what_en)));
    }
    json_t *head = w->english ? json_pack("[s,s,s,s,s]", "Measure", "Share", "Part", "Of", "What it counts") : json_pack("[s,s,s,s,s]", "指标", "比率", "达标", "总数", "口径");
    json_t *widths = pdf ? json_pack("[f,f,f,f,f]", 1.7, 0.9, 1.0, 1.0, 5.4) : json_pack("[f,f,f,f,f]", 22.0, 10.0, 12.0, 12.0, 70.0);
    return json_pack("{s:o,s:o,s:o}", "head", head, "widths", widths, "rows", rows);
}

/* The label of a measure's row, whose first word may be a kind of post or of situation. */
static const char *labelled(const struct paper_words *w, const char *label, char out[200])
{
    static const char *const words[][3] = {{"any", "民辅警", "police"}, {"traffic", "交警", "traffic police"}, {"armed", "持枪民警", "armed police"}, {"guard", "保安", "guard"}, {"teacher", "教师", "teacher"}, {"vehicle", "滞留车辆", "vehicle"},
                                           {"quarrel", "纠纷", "quarrel"}, {"vendor", "摊贩", "vendor"}, {"stranger", "可疑人员", "stranger"}, {"crowd", "拥堵", "crowd"}, {"other", "其他", "other"}};
    size_t n = strcspn(label, " ");
    for (size_t i = 0; i < HX_COUNT(words); i++)
        if (strlen(words[i][0]) == n && strncmp(label, words[i][0], n) == 0) return snprintf(out, 200, "%s%.150s", say(w, words[i][1], words[i][2]), label + n), out;
    return label;
}

static json_t *row_table(const struct paper_words *w, const json_t *rows, bool pdf)
{
    json_t *out = json_array();
    size_t i;
    const json_t *r;
    json_array_foreach(rows, i, r)
    {
        char at[24], known[24], when[60], label[200];
        const char *from = json_z(r, "valid_from", ""), *to = json_z(r, "valid_to", "");
        snprintf(when, sizeof when, "%s%s%s", from[0] ? from : document_time(json_z(r, "happened_at", ""), at), to[0] ? " – " : "", to);
        json_array_append_new(out, json_pack("[o,s,s,s,s,s]", cell(json_i64(r, "id", 0), pdf), county_name(w, json_z(r, "county", "")), json_z(r, "school", ""), json_has(r, "whole") ? labelled(w, json_z(r, "label", ""), label) : json_z(r, "label", ""), when, document_time(json_z(r, "known_at", ""), known)));
    }
    json_t *head = w->english ? json_pack("[s,s,s,s,s,s]", "№", "County", "School", "What", "When", "Recorded") : json_pack("[s,s,s,s,s,s]", "编号", "县市", "学校", "内容", "时间", "入库");
    json_t *widths = pdf ? json_pack("[f,f,f,f,f,f]", 1.3, 1.2, 2.2, 2.6, 2.2, 1.9) : json_pack("[f,f,f,f,f,f]", 14.0, 12.0, 24.0, 40.0, 24.0, 18.0);
    return json_pack("{s:o,s:o,s:o}", "head", head, "widths", widths, "rows", out);
}

static json_t *pdf_document(const struct paper_words *w, const json_t *report, const char *figure, const json_t *rows)
{
    char subtitle[160], at[24], more[200];
    json_t *facts = json_array(), *table = json_array();
    const char *since = json_z(report, "since", "");
    snprintf(subtitle, sizeof subtitle, w->english ? "as of %s" : "截至 %s", json_z(report, "as_of", ""));
    json_t *doc = document_new("", say(w, "校园安全工作统计", "Figures of school safety"), subtitle, say(w, "护学 统计 · 制表", "Huxue figures · made"), say(w, "第 {n} 页 / 共 {m} 页", "{n} / {m}"));
    document_fact(facts, say(w, "范围", "Area"), county_name(w, json_z(report, "county", "")));
    document_fact(facts, say(w, "自", "Since"), since);
    document_fact(facts, say(w, "数据截止（入库时间）", "As known at"), document_time(json_z(report, "known_at", ""), at));
    document_add(doc, "facts", facts);
    for (size_t i = 0; i < w->count; i++) json_array_append_new(table, json_pack("[s,o]", figure_name(w, w->figures[i].name), cell(count_of(report, w->figures[i].name, ""), true)));
    document_add(doc, "h", json_string(say(w, "一、总数", "1. Figures")));
    document_add(doc, "facts", table);
    document_add(doc, "h", json_string(say(w, "二、分县市", "2. By county")));
    document_add(doc, "table", county_table(w, report, true));
    snprintf(more, sizeof more, w->english ? "3. Measures, %s to %s" : "三、达标情况（%s 至 %s）", json_z(report, "measures_since", ""), json_z(report, "as_of", ""));
    document_add(doc, "h", json_string(more));
    document_add(doc, "table", measure_table(w, report, true));
    if (figure[0] != 0) {
        snprintf(more, sizeof more, w->english ? "4. Rows: %s" : "四、明细：%s", figure_name(w, figure));
        document_add(doc, "h", json_string(more));
        document_add(doc, "table", row_table(w, rows, true));
        if (json_array_size(rows) == PDF_ROWS) document_add(doc, "p", json_string(say(w, "仅列前 1000 行，全部见表格文件（XLSX）。", "The first 1,000 rows; all are in the spreadsheet.")));
    }
    document_add(doc, "sign", json_pack("[s,s]", say(w, "填报人", "Filed by"), say(w, "审核人", "Checked by")));
    return doc;
}

static json_t *xlsx_document(const struct paper_words *w, const json_t *report, const char *figure, const json_t *rows)
{
    char at[24];
    json_t *sheets = json_array(), *all = json_array();
    for (size_t i = 0; i < w->count; i++) json_array_append_new(all, json_pack("[s,o]", figure_name(w, w->figures[i].name), cell(count_of(report, w->figures[i].name, ""), false)));
    json_array_append_new(all, json_pack("[s,s]", say(w, "截至", "As of"), json_z(report, "as_of", "")));
    if (json_z(report, "since", "")[0] != 0) json_array_append_new(all, json_pack("[s,s]", say(w, "自", "Since"), json_z(report, "since", "")));
    json_array_append_new(all, json_pack("[s,s]", say(w, "数据截止（入库时间）", "As known at"), document_time(json_z(report, "known_at", ""), at)));
    json_array_append_new(all, json_pack("[s,s]", say(w, "范围", "Area"), county_name(w, json_z(report, "county", ""))));
    json_array_append_new(sheets, json_pack("{s:s,s:[s,s],s:[f,f],s:o}", "name", say(w, "总数", "Figures"), "head", say(w, "项目", "Figure"), say(w, "数量", "Count"), "widths", 24.0, 18.0, "rows", all));
    json_t *by = county_table(w, report, false);
    json_put_z(by, "name", say(w, "分县市", "By county"));
    json_array_append_new(sheets, by);
    json_t *rates = measure_table(w, report, false);
    json_put_z(rates, "name", say(w, "达标情况", "Measures"));
    json_array_append_new(sheets, rates);
    if (figure[0] != 0) {
        json_t *detail = row_table(w, rows, false);
        json_put_z(detail, "name", figure_name(w, figure));
        json_array_append_new(sheets, detail);
    }
    return json_pack("{s:o}", "sheets", sheets);
}

static enum hx_err make_file(struct call *c, bool pdf)
{
    struct report_ask a;
    char today[CLOCK_DATE_MAX], why[160];
    json_t *report = NULL, *rows = NULL;
    const char *figure = call_query_z(c, "figure", ""), *lang = call_query_z(c, "lang", c->who.lang);
    struct paper_words w = {.english = strcmp(lang, "en") == 0};
    const struct embedded_file *map = embedded_find("qianxinan.geojson");
    HX_ASSERT(map != NULL && json_parse((struct str){map->bytes, map->size}, &w.map, why, sizeof why) == HX_OK);
    enum hx_err e = report_ask_of(c, today, &a);
    w.figures = report_figures(&w.count);
    if (!e && figure[0] != 0 && report_figure_of(figure) < 0 && measure_of(figure) < 0) e = call_fail(c, HX_E_INVALID, "figure: there is no such figure");
    if (!e) e = report_read(c->db, &a, &report);
    if (!e && figure[0] != 0) rows = rows_behind(c->db, &a, figure, call_query_i64(c, "missed", 0) != 0, 0, pdf ? PDF_ROWS : XLSX_ROWS);
    json_t *doc = e ? NULL : pdf ? pdf_document(&w, report, figure, rows) : xlsx_document(&w, report, figure, rows);
    json_decref(rows);
    json_decref(report);
    json_decref(w.map);
    return e ? e : document_send(c, pdf ? "paper" : "workbook", doc);
}

enum hx_err report_pdf(struct call *c)
{
    return make_file(c, true);
}

enum hx_err report_xlsx(struct call *c)
{
    return make_file(c, false);
}
