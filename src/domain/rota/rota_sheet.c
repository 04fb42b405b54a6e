/* A rota as a spreadsheet, and what somebody changed in it. */
#include <stdlib.h>
#include <string.h>

#include "api/document.h"
#include "base/clock.h"
#include "domain/post/post.h"
#include "rota.h"

#define ROWS_MAX 60000
#define CHANGES_MAX 2000

/* ---- out ---- */

static json_t *sheet_of(const char *name, const char *widths, const char *heads)
{
    json_t *s = document_table(widths, heads);
    json_put_z(s, "name", name);
    return s;
}

static const char *hour_of(const char *utc, char out[24])
{
    document_time(utc, out);
    return strlen(out) == 16 ? out + 11 : "";
}

enum hx_err rota_xlsx(struct call *c)
{
    static const char *const needs_zh[][2] = {{"any", "民辅警"}, {"traffic", "交警"}, {"armed", "持枪民警"}, {"guard", "保安"}, {"teacher", "教师"}};
    json_t *record = NULL;
    bool english = strcmp(call_query_z(c, "lang", c->who.lang), "en") == 0;
    enum hx_err e = rota_of_call(c, call_id(c, 0), &record);
    json_decref(record);
    if (e) return e;
    json_t *rows = db_all_json(c->db, SQL_DUTY_OF_ROTA, "iii", call_id(c, 0), (int64_t)0, (int64_t)ROWS_MAX), *persons = db_all_json(c->db, SQL_ROTA_PERSONS, "i", call_id(c, 0));
    json_t *duties = english ? sheet_of("Rota", "[16,12,8,8,26,14,14,16,16,16,20]", "Duty|Date|From|To|School|Post|Need|Officer|Login|Phone|Station") : sheet_of("排班", "[16,12,8,8,26,14,14,16,16,16,20]", "岗次号|日期|开始|结束|学校|岗位|类别|人员|登录名|电话|派出所");
    json_t *sums = english ? sheet_of("By officer", "[16,16,22,10]", "Officer|Login|Station|Duties") : sheet_of("按人", "[16,16,22,10]", "人员|登录名|派出所|岗次");
    const json_t *r;
    size_t i;
    json_array_foreach(rows, i, r)
    {
        char from[24], to[24];
        const char *need = json_z(r, "need", "");
        document_row(duties, json_pack("[I,s,s,s,s,s,s,s,s,s,s]", (json_int_t)json_i64(r, "id", 0), json_z(r, "date", ""), hour_of(json_z(r, "begins_at", ""), from), hour_of(json_z(r, "ends_at", ""), to), json_z(r, "school", ""), json_z(r, "post", ""),
                                       english ? need : DOCUMENT_WORD(needs_zh, need), json_z(r, "person", ""), json_z(r, "login", ""), json_z(r, "phone", ""), json_z(r, "station", "")));
    }
    json_array_foreach(persons, i, r) document_row(sums, json_pack("[s,s,s,I]", json_z(r, "person", ""), json_z(r, "login", ""), json_z(r, "station", ""), (json_int_t)json_i64(r, "duties", 0)));
    json_decref(rows);
    json_decref(persons);
    return document_send(c, "workbook", json_pack("{s:[o,o]}", "sheets", duties, sums));
}

/* ---- in ---- */

struct change {
    int64_t duty, person, was, begins_at, ends_at, arrive_by;
    const char *error; /* a word for the console; NULL: it can be done */
};

static bool is_changed(const struct change *all, size_t n, int64_t duty)
{
    for (size_t i = 0; i < n; i++)
        if (all[i].duty == duty) return true;
    return false;
}

/* Who is meant: by login where one is given, else by a name that only one officer of the county has. Nobody: the slot stays empty. */
static const char *find_person(struct db *db, const char *county, const json_t *row, int64_t *person)
{
    const char *login = json_z(row, "login", ""), *name = json_z(row, "person", "");
    int found = 0;
    *person = 0;
    if (login[0] == 0 && name[0] == 0) return NULL;
    struct rows r = login[0] != 0 ? db_query(db, SQL_OFFICER_BY_LOGIN, "z", login) : db_query(db, SQL_OFFICER_BY_NAME, "zz", name, county);
    while (rows_next(&r)) *person = rows_i64(&r, 0), found++;
    rows_end(&r);
    return r.err ? "failed" : found == 0 ? "unknown" : found > 1 ? "two" : NULL;
}

static const char *judge(struct db *db, int64_t rota, const struct change *all, size_t n, const struct change *one, int64_t now_ms)
{
    const char *error = "gone";
    struct rows r = db_query(db, SQL_ROTA_SLOT_FITS, "iii", one->person, one->duty, rota);
    if (rows_next(&r)) error = rows_i64(&r, 0) <= now_ms ? "begun" : one->person != 0 && rows_i64(&r, 1) == 0 ? "unfit" : one->person != 0 && rows_i64(&r, 2) != 0 ? "away" : NULL;
    rows_end(&r);
    if (error != NULL || one->person == 0) return error;
    r = db_query(db, SQL_ROTA_OVERLAPS, "iiii", one->person, one->ends_at, one->arrive_by, rota);
    while (error == NULL && rows_next(&r))
        if (!is_changed(all, n, rows_i64(&r, 0))) error = "busy";
    rows_end(&r);
    for (size_t i = 0; error == NULL && i < n; i++)
        if (&all[i] != one && all[i].person == one->person && all[i].begins_at < one->ends_at && all[i].ends_at > one->arrive_by) error = "busy";
    return error;
}

static void read_change(struct db *db, const char *county, int64_t rota, const json_t *row, struct change *one)
{
    *one = (struct change){.duty = json_i64(row, "duty", 0)};
    struct rows r = db_query(db, SQL_ROTA_SLOT, "ii", one->duty, rota);
    if (rows_next(&r)) *one = (struct change){.duty = one->duty, .was = rows_i64(&r, 0), .begins_at = rows_i64(&r, 1), .ends_at = rows_i64(&r, 2), .arrive_by = rows_i64(&r, 3)};
    else one->error = "gone";
    rows_end(&r);
    if (one->error == NULL) one->error = find_person(db, county, row, &one->person);
}

static enum hx_err apply(struct call *c, const struct change *all, size_t n)
{
    enum hx_err e = HX_OK;
    for (size_t i = 0; !e && i < n; i++) {
        if (all[i].person == all[i].was) continue;
        e = db_exec(c->db, SQL_DUTY_GIVE, "Ii", all[i].person, all[i].duty);
        if (!e) e = duty_tell(c->tx, all[i].duty, "duty.substituted", json_pack("{s:I}", "was", (json_int_t)all[i].was));
    }
    return e;
}

/* All of it, or with the reasons nothing of it. */
enum hx_err rota_reassign(struct call *c)
{
    json_t *record = NULL, *out = json_array();
    const json_t *rows = json_object_get(c->body, "changes"), *row;
    size_t i, n = json_array_size(rows), changed = 0, bad = 0;
    int64_t rota = call_id(c, 0);
    enum hx_err e = rota_of_call(c, rota, &record);
    const char *state = json_z(record, "state", "");
    if (!e && strcmp(state, "draft") != 0 && strcmp(state, "published") != 0) e = call_fail(c, HX_E_ILLEGAL, "the rota is %s", call_word(c, state));
    if (!e && n > CHANGES_MAX) e = call_fail(c, HX_E_LIMIT, "at most %d changes at once", CHANGES_MAX);
    struct change *all = calloc(n + 1, sizeof *all);
    HX_ASSERT(all != NULL);
    json_array_foreach(rows, i, row) if (!e) read_change(c->db, json_z(record, "county", ""), rota, row, &all[i]);
    for (i = 0; !e && i < n; i++) {
        if (all[i].error == NULL && all[i].person != all[i].was) all[i].error = judge(c->db, rota, all, n, &all[i], c->tx->now_ms);
        bad += all[i].error != NULL;
        changed += all[i].error == NULL && all[i].person != all[i].was;
        if (all[i].error == NULL && all[i].person == all[i].was) continue;
        json_t *one = json_pack("{s:I,s:s}", "duty", (json_int_t)all[i].duty, "error", all[i].error != NULL ? all[i].error : "");
        json_put_i64(one, "person_id", all[i].person);
        json_put_i64(one, "was_id", all[i].was);
        json_array_append_new(out, one);
    }
    bool done = !json_flag(c->body, "dry_run", false) && bad == 0;
    if (!e && done) e = apply(c, all, n);
    free(all);
    json_decref(record);
    if (e) return json_decref(out), e;
    return call_reply(c, json_pack("{s:b,s:I,s:I,s:o}", "done", done, "changed", (json_int_t)changed, "bad", (json_int_t)bad, "changes", out));
}
