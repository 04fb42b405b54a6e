/* Import of schools, people and devices: column names in English or Chinese, a dry run, an error for every bad line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/people.h"
#include "api/schema.h"
#include "app/command.h"
#include "app/sheet.h"
#include "base/csv.h"
#include "domain/campus/campus.h"
#include "domain/campus/pinyin.h"
#include "signal/signal.h"

#define FILE_MAX (32 << 20)
#define ERRORS_MAX 200

struct column {
    const char *name, *zh;
    char kind; /* s text, i whole number, f number, p police organisation by code, e education organisation by code, c school by code */
    bool must;
};

static const struct column school_columns[] = {
    {"code", "学校代码", 's', true}, {"name", "学校名称", 's', true}, {"county", "区划代码", 's', true}, {"kind", "类别", 's', true}, {"lon", "经度", 'f', true}, {"lat", "纬度", 'f', true},
    {"town", "乡镇", 's', false}, {"pupils", "学生数", 'i', false}, {"boarders", "寄宿生数", 'i', false}, {"guards", "保安数", 'i', false}, {"address", "地址", 's', false}, {"phone", "电话", 's', false},
    {"name_en", "英文名称", 's', false}, {"police_org_id", "派出所代码", 'p', false}, {"edu_org_id", "教育局代码", 'e', false}, {NULL, NULL, 0, false},
};
static const struct column person_columns[] = {
    {"name", "登录名", 's', true}, {"full_name", "姓名", 's', true}, {"phone", "电话", 's', false}, {"kind", "人员类别", 's', false}, {"org_id", "机构代码", 'p', false}, {NULL, NULL, 0, false},
};
static const struct column device_columns[] = {
    {"account", "主机账号", 's', true}, {"school", "学校代码", 'c', true}, {"name", "主机名称", 's', false}, {"supervision_s", "巡检秒数", 'i', false}, {"key_hex", "密钥", 's', false}, {NULL, NULL, 0, false},
};

static const struct {
    const char *zh, *kind;
} school_kinds[] = {{"幼儿园", "kindergarten"}, {"小学", "primary"}, {"初中", "middle"}, {"中学", "middle"}, {"高中", "high"}, {"中职", "vocational"}, {"特殊教育", "special"}, {"九年一贯制", "nine_year"}};

/* ---- reading files ---- */

static json_t *rows_of_table(json_t *table)
{
    json_t *out = json_array();
    const json_t *head = json_array_get(table, 0);
    for (size_t i = 1; i < json_array_size(table); i++) {
        const json_t *cells = json_array_get(table, i);
        json_t *row = json_object();
        bool any = false;
        json_put_i64(row, "_line", (json_int_t)i + 1);
        for (size_t c = 0; c < json_array_size(cells) && c < json_array_size(head); c++) {
            const char *name = json_string_value(json_array_get(head, c)), *value = json_string_value(json_array_get(cells, c));
            if (name == NULL || value == NULL || name[0] == 0 || value[0] == 0) continue;
            json_object_set(row, name, json_array_get(cells, c));
            any = true;
        }
        if (any) json_array_append_new(out, row);
        else json_decref(row);
    }
    json_decref(table);
    return out;
}

static json_t *read_csv(struct str text, char *why, size_t why_bytes)
{
    json_t *table = json_array();
    struct str fields[CSV_FIELDS_MAX];
    size_t room_bytes = text.len * 2 + 64; /* GB 18030 takes two bytes where UTF-8 takes three */
    char *utf8 = malloc(room_bytes), *room = malloc(room_bytes);
    int n, line = 0;
    HX_ASSERT(utf8 != NULL && room != NULL);
    signal_text_from(text, utf8, room_bytes); /* the whole file at once: single cells are too short to tell */
    text = str_of(utf8);
    char separator = csv_separator(text);
    while ((n = csv_record(&text, separator, fields, room)) != 0) {
        line++;
        if (n < 0) {
            snprintf(why, why_bytes, "record %d: a quote is not closed, or there are too many columns", line);
            json_decref(table);
            table = NULL;
            break;
        }
        json_t *cells = json_array();
        for (int i = 0; i < n; i++) json_array_append_new(cells, json_stringn(fields[i].at, fields[i].len));
        json_array_append_new(table, cells);
    }
    free(room);
    free(utf8);
    return table != NULL ? rows_of_table(table) : NULL;
}

json_t *import_read(const char *file, char *why, size_t why_bytes)
{
    const char *dot = strrchr(file, '.');
    if (dot != NULL && strcmp(dot, ".xlsx") == 0) {
        json_t *table = sheet_read(file, why, why_bytes);
        return table != NULL ? rows_of_table(table) : NULL;
    }
    FILE *f = fopen(file, "rb");
    if (f == NULL) {
        snprintf(why, why_bytes, "%s cannot be read", file);
        return NULL;
    }
    char *bytes = malloc(FILE_MAX);
    HX_ASSERT(bytes != NULL);
    size_t n = fread(bytes, 1, FILE_MAX, f);
    fclose(f);
    struct str text = {bytes, n};
    if (str_starts(text, STR("\xEF\xBB\xBF"))) text.at += 3, text.len -= 3;
    json_t *rows = NULL;
    if (n == FILE_MAX) {
        snprintf(why, why_bytes, "the file is larger than %d MiB", FILE_MAX >> 20);
    } else if (dot != NULL && strcmp(dot, ".json") == 0) {
        if (json_parse(text, &rows, why, why_bytes) == HX_OK && !json_is_array(rows)) {
            snprintf(why, why_bytes, "want an array of objects");
            json_decref(rows);
            rows = NULL;
        }
        for (size_t i = 0; i < json_array_size(rows); i++) json_put_i64(json_array_get(rows, i), "_line", (json_int_t)i + 1);
    } else {
        rows = read_csv(text, why, why_bytes);
    }
    free(bytes);
    return rows;
}

/* ---- rows into records ---- */

struct importing {
    struct tx *tx;
    const struct hx_app *app;
    json_t *errors;
    int64_t error_count, line;
};

static void bad(struct importing *im, const char *column, const char *what)
{
    im->error_count++;
    if (json_array_size(im->errors) < ERRORS_MAX)
        json_array_append_new(im->errors, json_pack("{s:I,s:s,s:s}", "line", (json_int_t)im->line, "column", column, "error", what));
}

static const json_t *cell_of(const json_t *row, const struct column *c)
{
    const json_t *v = json_object_get(row, c->name);
    return v != NULL ? v : json_object_get(row, c->zh);
}

static bool number_of(const json_t *v, double *out)
{
    char *end;
    if (json_is_number(v)) return *out = json_number_value(v), true;
    const char *z = json_string_value(v);
    *out = z != NULL ? strtod(z, &end) : 0;
    return z != NULL && end != z && *end == 0 && *out == *out;
}

static void take_cell(struct importing *im, const struct column *c, const json_t *v, json_t *record)
{
    double n;
    int64_t id;
    const char *z = json_string_value(v);
    switch (c->kind) {
    case 'i':
        if (number_of(v, &n) && n >= 0 && n < 1e9) json_put_i64(record, c->name, (json_int_t)n);
        else bad(im, c->name, "want a whole number");
        break;
    case 'f':
        if (number_of(v, &n)) json_object_set_new(record, c->name, json_real(n));
        else bad(im, c->name, "want a number");
        break;
    case 'p':
    case 'e':
        if (z != NULL && db_one_i64(im->tx->db, SQL_ORG_ID_OF, &id, "z", z) == HX_OK) json_put_i64(record, c->name, id);
        else bad(im, c->name, "there is no organisation with this code");
        break;
    case 'c':
        if (z != NULL && db_one_i64(im->tx->db, SQL_SCHOOL_ID_OF, &id, "z", z) == HX_OK) json_put_i64(record, c->name, id);
        else bad(im, c->name, "there is no school with this code");
        break;
    default:
        if (z != NULL) json_put_z(record, c->name, z);
        else if (json_is_integer(v)) {
            char text[24];
            snprintf(text, sizeof text, "%lld", (long long)json_integer_value(v));
            json_put_z(record, c->name, text);
        } else bad(im, c->name, "want text");
    }
}

static json_t *record_of(struct importing *im, const struct column *columns, const json_t *row)
{
    json_t *record = json_object();
    for (const struct column *c = columns; c->name != NULL; c++) {
        const json_t *v = cell_of(row, c);
        if (v != NULL) take_cell(im, c, v, record);
        else if (c->must) bad(im, c->name, "is missing");
    }
    return record;
}

static void check_school(struct importing *im, json_t *r)
{
    const char *county = json_z(r, "county", "");
    char pinyin[32];
    double lon = json_f64(r, "lon", 0), lat = json_f64(r, "lat", 0);
    for (size_t i = 0; i < HX_COUNT(school_kinds); i++) {
        if (strcmp(json_z(r, "kind", ""), school_kinds[i].zh) != 0) continue;
        json_put_z(r, "kind", school_kinds[i].kind);
        break;
    }
    static const char all[] = " kindergarten primary middle high vocational special nine_year ";
    char word[40];
    snprintf(word, sizeof word, " %.30s ", json_z(r, "kind", ""));
    if (json_has(r, "kind") && strstr(all, word) == NULL) bad(im, "kind", "is none of 幼儿园 小学 初中 高中 中职 特殊教育 九年一贯制");
    if (county[0] != 0 && strlen(county) != 6) bad(im, "county", "want the six digits of the county");
    if (json_has(r, "lon") && (lon < 73 || lon > 136 || lat < 3 || lat > 54)) bad(im, "lon", "the place is not in China; are longitude and latitude exchanged?");
    json_put_z(r, "pinyin", pinyin_initials(str_of(json_z(r, "name", "")), pinyin, sizeof pinyin));
}

static void add_record(struct importing *im, const char *what, json_t *record)
{
    int64_t id;
    enum hx_err e;
    im->tx->detail[0] = 0;
    if (strcmp(what, "schools") == 0) e = school_make(im->tx, record, 0, &id);
    else if (strcmp(what, "people") == 0) e = person_make(im->tx, record, NULL, 0, &id);
    else e = panel_make(im->tx, &im->app->panels->seal, record, 0, &id);
    if (e == HX_E_CONFLICT) bad(im, strcmp(what, "people") == 0 ? "name" : strcmp(what, "schools") == 0 ? "code" : "account", "is there already");
    else if (e) bad(im, "", im->tx->detail[0] != 0 ? im->tx->detail : err_text(e));
}

enum hx_err import_run(struct tx *tx, const struct hx_app *app, const json_t *request, json_t **reply)
{
    const char *what = json_z(request, "what", "");
    const struct column *columns = strcmp(what, "schools") == 0 ? school_columns : strcmp(what, "people") == 0 ? person_columns : strcmp(what, "devices") == 0 ? device_columns : NULL;
    struct importing im = {.tx = tx, .app = app, .errors = json_array()};
    const json_t *rows = json_object_get(request, "rows");
    bool dry = json_flag(request, "dry_run", false);
    if (columns == NULL) {
        snprintf(tx->detail, sizeof tx->detail, "import schools, people or devices");
        json_decref(im.errors);
        return HX_E_INVALID;
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        im.line = json_i64(row, "_line", (int64_t)i + 1);
        int64_t before = im.error_count;
        json_t *record = record_of(&im, columns, row);
        if (columns == school_columns) check_school(&im, record);
        if (im.error_count == before) add_record(&im, what, record);
        json_decref(record);
    }
    *reply = json_pack("{s:I,s:I,s:o,s:b}", "rows", (json_int_t)json_array_size(rows), "bad", (json_int_t)im.error_count, "errors", im.errors, "stored", !dry && im.error_count == 0);
    tx->detail[0] = 0;
    /* A dry run and a run with errors leave nothing behind: the caller tells them from the reply. */
    return dry || im.error_count > 0 ? HX_E_INVALID : HX_OK;
}
