/* Import of schools, people, devices, cameras, classes and the school year's days: column names in English or Chinese, a dry run, an error for
 * every bad line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/people.h"
#include "api/schema.h"
#include "app/command.h"
#include "base/clock.h"
#include "base/url.h"
#include "domain/camera/camera.h"
#include "domain/campus/campus.h"
#include "domain/campus/pinyin.h"
#include "domain/post/post.h"
#include "domain/posture/posture.h"

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
static const struct column camera_columns[] = {
    {"school_id", "学校代码", 'c', true}, {"name", "名称", 's', true}, {"main_url", "主码流", 's', false}, {"sub_url", "子码流", 's', false}, {"address", "ONVIF地址", 's', false}, {"login", "用户名", 's', false}, {"password", "密码", 's', false},
    {"lon", "经度", 'f', false}, {"lat", "纬度", 'f', false}, {"direction_deg", "方向", 'i', false}, {"angle_deg", "视角", 'i', false}, {"range_m", "可视米数", 'i', false}, {"flagged", "重点", 'b', false}, {"inside", "室内", 'b', false}, {NULL, NULL, 0, false},
};
static const struct column class_columns[] = {
    {"school", "学校代码", 'c', true}, {"name", "班级", 's', true}, {"pupils", "人数", 'i', false}, {"place", "教室", 's', false}, {NULL, NULL, 0, false},
};
static const struct column day_columns[] = {
    {"date", "日期", 's', true}, {"act", "变化", 's', true}, {"value", "数值", 'i', false}, {"county", "区划代码", 's', false}, {"reason", "说明", 's', true}, {NULL, NULL, 0, false},
};

/* ---- rows into records ---- */

struct importing {
    struct tx *tx;
    const struct hx_app *app;
    json_t *errors, *notes;
    json_t *recorders; /* "school/host" → the recorder that its cameras are below */
    json_t *classes;   /* a school's number → its classes; set at the end */
    const char *county; /* of days that name none */
    int64_t error_count, line;
};

static void bad(struct importing *im, const char *column, const char *what)
{
    im->error_count++;
    if (json_array_size(im->errors) < ERRORS_MAX)
        json_array_append_new(im->errors, json_pack("{s:I,s:s,s:s}", "line", (json_int_t)im->line, "column", column, "error", what));
}

/* What is left out without being wrong. */
static void note(struct importing *im, const char *what, const char *text)
{
    if (json_array_size(im->notes) < ERRORS_MAX) json_array_append_new(im->notes, json_pack("{s:I,s:s,s:s}", "line", (json_int_t)im->line, "note", what, "text", text));
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
    case 'b':
        if (json_is_boolean(v)) json_object_set_new(record, c->name, json_boolean(json_is_true(v)));
        else if (z != NULL && str_names(STR("1 yes true 是"), str_of(z))) json_object_set_new(record, c->name, json_true());
        else if (z == NULL || !str_names(STR("0 no false 否"), str_of(z))) bad(im, c->name, "want 是 or 否");
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
    const char *kind = school_kind_of(json_z(r, "kind", ""));
    if (kind != NULL) json_put_z(r, "kind", kind);
    else if (json_has(r, "kind")) bad(im, "kind", "is none of 幼儿园 小学 初中 高中 中职 特殊教育 九年一贯制");
    if (county[0] != 0 && strlen(county) != 6) bad(im, "county", "want the six digits of the county");
    if (json_has(r, "lon") && !school_place_fits(lon, lat)) bad(im, "lon", "the place is not in China; are longitude and latitude exchanged?");
    json_put_z(r, "pinyin", pinyin_initials(str_of(json_z(r, "name", "")), pinyin, sizeof pinyin));
}

/* ---- what becomes of a record ---- */

static void judge(struct importing *im, enum hx_err e, const char *key)
{
    if (e == HX_E_CONFLICT) bad(im, key, "is there already");
    else if (e) bad(im, "", im->tx->detail[0] != 0 ? im->tx->detail : err_text(e));
}

static void add_school(struct importing *im, json_t *r)
{
    int64_t id, before = im->error_count;
    check_school(im, r);
    if (im->error_count == before) judge(im, school_make(im->tx, r, 0, &id), "code");
}

static void add_person(struct importing *im, json_t *r)
{
    int64_t id;
    judge(im, person_make(im->tx, r, NULL, 0, &id), "name");
}

static void add_device(struct importing *im, json_t *r)
{
    int64_t id;
    judge(im, panel_make(im->tx, &im->app->panels->seal, r, 0, &id), "account");
}

/* The recorder of kind rtsp for the cameras of one host at a school: made by the first of them, with its name and password. */
static enum hx_err recorder_for(struct importing *im, const json_t *r, const struct url *main, int64_t *id)
{
    char key[600];
    struct str host = url_authority(main->url);
    snprintf(key, sizeof key, "%lld/%.*s", (long long)json_i64(r, "school_id", 0), (int)host.len, host.at);
    *id = json_i64(im->recorders, key, 0);
    if (*id != 0) return HX_OK;
    struct rows there = db_query(im->tx->db, SQL_CAMERA_ADDRESSES, "i", json_i64(r, "school_id", 0));
    while (*id == 0 && rows_next(&there)) /* by the addresses of its cameras, not by its name: its password goes nowhere else */
        if (str_eq(url_authority(rows_z(&there, 1)), host)) *id = rows_i64(&there, 0);
    rows_end(&there);
    if (there.err || *id != 0) return there.err;
    const char *login = main->login[0] != 0 ? main->login : json_z(r, "login", ""), *password = main->password[0] != 0 ? main->password : json_z(r, "password", NULL);
    json_t *b = json_pack("{s:I,s:s,s:s#,s:s}", "school_id", (json_int_t)json_i64(r, "school_id", 0), "kind", "rtsp", "name", host.at, (int)host.len, "login", login);
    if (password != NULL) json_put_z(b, "password", password);
    enum hx_err e = recorder_make(im->tx, &im->app->panels->seal, b, 0, id);
    json_decref(b);
    if (!e) json_put_i64(im->recorders, key, *id);
    return e;
}

/* With a main stream: a camera by its addresses. With an ONVIF address alone: a device that tells its channels itself. */
static void add_camera(struct importing *im, json_t *r)
{
    struct url main, sub = {0};
    int64_t recorder, id;
    const char *main_url = json_z(r, "main_url", ""), *sub_url = json_z(r, "sub_url", "");
    if (main_url[0] == 0 && json_z(r, "address", "")[0] == 0) {
        bad(im, "main_url", "want a main stream or an ONVIF address");
        return;
    }
    if (main_url[0] == 0) {
        json_put_z(r, "kind", "onvif");
        if (db_one_i64(im->tx->db, SQL_RECORDER_THERE, &id, "izz", json_i64(r, "school_id", 0), "onvif", json_z(r, "address", "")) == HX_OK) note(im, "is there already", json_z(r, "address", ""));
        else judge(im, recorder_make(im->tx, &im->app->panels->seal, r, 0, &id), "address");
        return;
    }
    if (url_read(str_of(main_url), "rtsp rtsps", &main) || (sub_url[0] != 0 && (url_read(str_of(sub_url), "rtsp rtsps", &sub) || !url_same_host(main.url, sub.url)))) {
        bad(im, "main_url", "want rtsp://host/path, both streams at one host");
        return;
    }
    if (db_one_i64(im->tx->db, SQL_CAMERA_THERE, &id, "iz", json_i64(r, "school_id", 0), main.url) == HX_OK) {
        note(im, "is there already", main.url);
        return;
    }
    enum hx_err e = recorder_for(im, r, &main, &recorder);
    json_put_i64(r, "recorder_id", recorder);
    json_put_z(r, "main_url", main.url);
    json_put_z(r, "sub_url", sub.url);
    json_put_z(r, "state", "on");
    judge(im, e ? e : camera_make(im->tx, r, 0, &id), "name");
}

/* A school's list is set whole, at the end: classes that are left out are closed. */
static void add_class(struct importing *im, json_t *r)
{
    char key[24];
    const char *name = json_z(r, "name", "");
    const json_t *c;
    size_t i;
    snprintf(key, sizeof key, "%lld", (long long)json_i64(r, "school", 0));
    json_t *list = json_object_get(im->classes, key);
    if (list == NULL) json_object_set_new(im->classes, key, list = json_array());
    json_array_foreach(list, i, c) if (strcmp(json_z(c, "name", ""), name) == 0) { bad(im, "name", "this class stands above already"); return; }
    if (strlen(name) > 120) bad(im, "name", "want at most 40 letters");
    else json_array_append(list, r);
}

static enum hx_err set_classes(struct importing *im)
{
    const char *school;
    json_t *list;
    enum hx_err e = HX_OK;
    json_object_foreach(im->classes, school, list) if (!e) e = class_set(im->tx, strtoll(school, NULL, 10), list);
    return e;
}

static void add_day(struct importing *im, json_t *r)
{
    int64_t id, midnight, there;
    const char *act = json_z(r, "act", ""), *county = json_z(r, "county", im->county);
    if (strcmp(act, "nothing") == 0) {
        note(im, "changes no peaks", json_z(r, "reason", ""));
        return;
    }
    if (!str_names(STR("off as shift release"), str_of(act))) bad(im, "act", "want off, as, shift or release");
    else if (!clock_local_begin(json_z(r, "date", ""), &midnight)) bad(im, "date", "want a day that exists, as 2026-10-01");
    else if (county[0] != 0 && strlen(county) != 6) bad(im, "county", "want the six digits of the county");
    else {
        json_put_z(r, "county", county);
        enum hx_err e = db_one_i64(im->tx->db, SQL_PEAK_CHANGE_THERE, &there, "zzzi", json_z(r, "date", ""), county, act, json_i64(r, "value", 0));
        if (e == HX_OK) note(im, "is there already", json_z(r, "date", ""));
        else judge(im, e == HX_E_NOT_FOUND ? peak_change_make(im->tx, r, &id) : e, "date");
    }
}

static const struct importer {
    const char *what;
    const struct column *columns;
    void (*add)(struct importing *im, json_t *record);
} importers[] = {
    {"schools", school_columns, add_school}, {"people", person_columns, add_person}, {"devices", device_columns, add_device},
    {"cameras", camera_columns, add_camera}, {"classes", class_columns, add_class}, {"calendar", day_columns, add_day},
};

enum hx_err import_run(struct tx *tx, const struct hx_app *app, const json_t *request, json_t **reply)
{
    const struct importer *kind = NULL;
    const json_t *rows = json_object_get(request, "rows"), *row;
    bool dry = json_flag(request, "dry_run", false);
    size_t n;
    for (size_t i = 0; i < HX_COUNT(importers); i++)
        if (strcmp(importers[i].what, json_z(request, "what", "")) == 0) kind = &importers[i];
    if (kind == NULL) return tx_fail(tx, HX_E_INVALID, "import schools, people, devices, cameras, classes or calendar");
    struct importing im = {.tx = tx, .app = app, .errors = json_array(), .notes = json_array(), .recorders = json_object(), .classes = json_object(), .county = json_z(request, "county", "")};
    json_array_foreach(rows, n, row) {
        im.line = json_i64(row, "_line", (int64_t)n + 1);
        int64_t before = im.error_count;
        json_t *record = record_of(&im, kind->columns, row);
        tx->detail[0] = 0;
        if (im.error_count == before) kind->add(&im, record);
        json_decref(record);
    }
    enum hx_err e = im.error_count == 0 ? set_classes(&im) : HX_OK;
    json_decref(im.recorders);
    json_decref(im.classes);
    *reply = json_pack("{s:I,s:I,s:o,s:o,s:b}", "rows", (json_int_t)json_array_size(rows), "bad", (json_int_t)im.error_count, "errors", im.errors, "notes", im.notes, "stored", !dry && !e && im.error_count == 0);
    if (e) return e;
    tx->detail[0] = 0;
    /* A dry run and a run with errors leave nothing behind: the caller tells them from the reply. */
    return dry || im.error_count > 0 ? HX_E_INVALID : HX_OK;
}
