/* A sheet of schools from the education bureau or the police, compared with what is kept, and taken over field by field. A field belongs to one
 * side; what the other side's sheet says otherwise is shown, and taken only with a reason. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "campus.h"
#include "pinyin.h"

#define PLACE_DEG 1e-5 /* a metre: what sheets round away is no change */

enum field_kind { FIELD_TEXT, FIELD_WHOLE, FIELD_PLACE, FIELD_ORG };

static const struct field {
    const char *name;
    enum field_kind kind;
    int most;  /* letters of a text; a whole number */
    const char *owner, *id, *shown; /* of an organisation: where its number and its name stand in the record */
} fields[] = {
    {"name", FIELD_TEXT, 64, "education", NULL, NULL}, {"name_en", FIELD_TEXT, 96, "education", NULL, NULL}, {"town", FIELD_TEXT, 32, "education", NULL, NULL}, {"kind", FIELD_TEXT, 30, "education", NULL, NULL},
    {"pupils", FIELD_WHOLE, 100000, "education", NULL, NULL}, {"boarders", FIELD_WHOLE, 100000, "education", NULL, NULL}, {"address", FIELD_TEXT, 200, "education", NULL, NULL}, {"phone", FIELD_TEXT, 32, "education", NULL, NULL},
    {"edu_org", FIELD_ORG, 0, "education", "edu_org_id", "edu_org"}, {"state", FIELD_TEXT, 8, "education", NULL, NULL},
    {"guards", FIELD_WHOLE, 1000, "police", NULL, NULL}, {"police_org", FIELD_ORG, 0, "police", "police_org_id", "police_org"}, {"lon", FIELD_PLACE, 0, "police", NULL, NULL}, {"lat", FIELD_PLACE, 0, "police", NULL, NULL},
};

static const struct {
    const char *zh, *kind;
} kinds[] = {{"幼儿园", "kindergarten"}, {"小学", "primary"}, {"初中", "middle"}, {"中学", "middle"}, {"高中", "high"}, {"中职", "vocational"}, {"特殊教育", "special"}, {"九年一贯制", "nine_year"}};

const char *school_kind_of(const char *word)
{
    for (size_t i = 0; i < HX_COUNT(kinds); i++)
        if (strcmp(kinds[i].zh, word) == 0 || strcmp(kinds[i].kind, word) == 0) return kinds[i].kind;
    return NULL;
}

bool school_place_fits(double lon, double lat)
{
    return lon >= 73 && lon <= 136 && lat >= 3 && lat <= 54;
}

/* ---- one row ---- */

struct row_view {
    const json_t *row;
    json_t *now;   /* the school as it is; NULL: a new one */
    json_t *body;  /* what is to be set, in the words of school_make and school_change */
    json_t *changes;
    const char *error; /* a sentence of sentences.tsv, or NULL */
    const char *side;
};

static bool same_text(const json_t *now, const struct field *f, const char *then)
{
    return strcmp(json_z(now, f->name, ""), then) == 0;
}

static void add_change(struct row_view *v, const struct field *f, json_t *now, json_t *then)
{
    bool conflict = v->now != NULL && strcmp(f->owner, v->side) != 0;
    json_array_append_new(v->changes, json_pack("{s:s,s:o,s:o,s:s,s:b}", "field", f->name, "now", now, "then", then, "owner", f->owner, "conflict", conflict));
}

static int letters(const char *text)
{
    int n = 0;
    for (; *text != 0; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static json_t *number_text(double n, bool place)
{
    char text[32];
    snprintf(text, sizeof text, place ? "%.6f" : "%.0f", n);
    return json_string(text);
}

static enum hx_err look_at_org(struct db *db, struct row_view *v, const struct field *f)
{
    int64_t id = 0;
    const char *code = json_z(v->row, f->name, "");
    enum hx_err e = db_one_i64(db, SQL_ORG_ID_OF, &id, "z", code);
    if (e == HX_E_NOT_FOUND) return v->error = "there is no organisation with this code", HX_OK;
    if (e) return e;
    if (id == json_i64(v->now, f->id, 0)) return HX_OK;
    json_t *org = NULL;
    if ((e = db_one_json(db, SQL_ORG_GET, &org, "i", id)) != HX_OK) return e;
    json_put_i64(v->body, f->id, id);
    add_change(v, f, json_string(json_z(v->now, f->shown, "")), json_string(json_z(org, "name", code)));
    json_decref(org);
    return HX_OK;
}

static enum hx_err look_at(struct db *db, struct row_view *v, const struct field *f)
{
    if (!json_has(v->row, f->name)) return HX_OK;
    if (f->kind == FIELD_ORG) return look_at_org(db, v, f);
    if (f->kind == FIELD_TEXT) {
        const char *then = json_z(v->row, f->name, "");
        if (letters(then) > f->most) return v->error = "a text is longer than its field", HX_OK;
        if (strcmp(f->name, "kind") == 0 && (then = school_kind_of(then)) == NULL) return v->error = "kind: is none of 幼儿园 小学 初中 高中 中职 特殊教育 九年一贯制", HX_OK;
        if (same_text(v->now, f, then)) return HX_OK;
        json_put_z(v->body, f->name, then);
        add_change(v, f, json_string(json_z(v->now, f->name, "")), json_string(then));
        return HX_OK;
    }
    double now = json_f64(v->now, f->name, 0), then = json_f64(v->row, f->name, 0);
    bool place = f->kind == FIELD_PLACE;
    if (!place && (then < 0 || then > f->most)) return v->error = "a number is not possible", HX_OK;
    if (v->now != NULL && fabs(now - then) < (place ? PLACE_DEG : 0.5)) return HX_OK;
    if (place) json_object_set_new(v->body, f->name, json_real(then));
    else json_put_i64(v->body, f->name, (int64_t)then);
    add_change(v, f, v->now != NULL ? number_text(now, place) : json_string(""), number_text(then, place));
    return HX_OK;
}

/* What the row says otherwise. The caller frees now, body and changes. */
static enum hx_err view_row(struct call *c, const json_t *row, const char *side, struct row_view *v)
{
    static const char *const needed[] = {"name", "county", "kind", "lon", "lat"};
    int64_t id = 0;
    *v = (struct row_view){.row = row, .body = json_object(), .changes = json_array(), .side = side};
    enum hx_err e = db_one_i64(c->db, SQL_SCHOOL_ID_OF, &id, "z", json_z(row, "code", ""));
    if (e == HX_E_NOT_FOUND) e = HX_OK;
    else if (!e) e = db_one_json(c->db, SQL_SCHOOL_GET, &v->now, "i", id);
    for (size_t i = 0; !e && i < HX_COUNT(fields); i++) e = look_at(c->db, v, &fields[i]);
    if (!e && v->now == NULL && v->error == NULL && (strlen(json_z(row, "county", "")) != 6 || strlen(json_z(row, "code", "")) > 32)) v->error = "want the six digits of the county, and a code of at most 32 letters";
    if (!e && v->now == NULL && v->error == NULL)
        for (size_t i = 0; i < HX_COUNT(needed); i++)
            if (!json_has(row, needed[i])) v->error = "a new school needs name, county, kind, longitude and latitude";
    double lon = json_f64(row, "lon", json_f64(v->now, "lon", 0)), lat = json_f64(row, "lat", json_f64(v->now, "lat", 0));
    if (!e && v->error == NULL && !school_place_fits(lon, lat)) v->error = "the place is not in China; are longitude and latitude exchanged?";
    return e;
}

static void view_free(struct row_view *v)
{
    json_decref(v->now);
    json_decref(v->body);
    json_decref(v->changes);
}

static enum hx_err compare_post(struct call *c)
{
    size_t i;
    const json_t *row;
    json_t *items = json_array();
    const char *side = json_z(c->body, "side", "education");
    enum hx_err e = HX_OK;
    json_array_foreach(json_object_get(c->body, "rows"), i, row)
    {
        struct row_view v;
        if (e) break;
        e = view_row(c, row, side, &v);
        if (!e && v.now != NULL && call_check_school(c, PERM_SCHOOL_WRITE, json_i64(v.now, "id", 0)) != HX_OK) v.error = "this school is not yours to change";
        const char *state = v.error != NULL ? "wrong" : v.now == NULL ? "new" : json_array_size(v.changes) > 0 ? "changed" : "same";
        json_t *item = json_pack("{s:I,s:s,s:s,s:s,s:s,s:O}", "line", (json_int_t)json_i64(row, "line", 0), "code", json_z(row, "code", ""), "name", json_z(row, "name", json_z(v.now, "name", "")), "state", state,
                                 "error", v.error != NULL ? call_word(c, v.error) : "", "changes", v.changes);
        json_array_append_new(items, item);
        view_free(&v);
    }
    c->detail[0] = 0;
    if (e) return json_decref(items), e;
    return call_list(c, items);
}

/* ---- taking over ---- */

static enum hx_err take_one(struct call *c, struct row_view *v, const char *reason)
{
    size_t i;
    const json_t *change;
    char pinyin[32];
    int64_t id = json_i64(v->now, "id", 0);
    bool conflict = false;
    json_array_foreach(v->changes, i, change) conflict = conflict || json_flag(change, "conflict", false);
    if (conflict && reason[0] == 0) return call_fail(c, HX_E_INVALID, "reason: a field of the other side is changed; say why");
    if (json_has(v->body, "name")) json_put_z(v->body, "pinyin", pinyin_initials(str_of(json_z(v->body, "name", "")), pinyin, sizeof pinyin));
    if (v->now == NULL) {
        if (!(c->who.root >> PERM_SCHOOL_WRITE & 1)) return call_fail(c, HX_E_FORBIDDEN, "only the top of a tree adds schools");
        json_put_z(v->body, "code", json_z(v->row, "code", ""));
        json_put_z(v->body, "county", json_z(v->row, "county", ""));
        return school_make(c->tx, v->body, 0, &id);
    }
    enum hx_err e = call_check_school(c, PERM_SCHOOL_WRITE, id);
    if (!e && json_array_size(v->changes) == 0) return HX_OK;
    json_t *why = json_pack("{s:s,s:O,s:s}", "side", v->side, "changes", v->changes, "reason", reason);
    if (!e) e = school_change(c->tx, v->now, v->body, why);
    json_decref(why);
    return e;
}

/* All rows or none. A row holds only what was chosen. */
static enum hx_err take_post(struct call *c)
{
    size_t i;
    const json_t *row;
    const char *side = json_z(c->body, "side", "education"), *reason = json_z(c->body, "reason", "");
    int64_t added = 0, changed = 0;
    enum hx_err e = HX_OK;
    json_array_foreach(json_object_get(c->body, "rows"), i, row)
    {
        struct row_view v;
        if (e) break;
        e = view_row(c, row, side, &v);
        if (!e && v.error != NULL) e = call_fail(c, HX_E_INVALID, "line %lld: %s", (long long)json_i64(row, "line", 0), call_word(c, v.error));
        if (!e) e = take_one(c, &v, reason);
        if (!e) *(v.now == NULL ? &added : &changed) += v.now == NULL || json_array_size(v.changes) > 0;
        view_free(&v);
    }
    return e ? e : call_reply(c, json_pack("{s:I,s:I}", "added", (json_int_t)added, "changed", (json_int_t)changed));
}

static const struct hx_route routes[] = {
    {HX_POST, "/v1/schools/compare", "schoolCompare", PERM_SCHOOL_WRITE, compare_post, NULL},
    {HX_POST, "/v1/schools/take", "schoolTake", PERM_SCHOOL_WRITE, take_post, NULL},
};
const struct hx_module school_register_module = {.name = "school_register", .routes = routes, .route_count = HX_COUNT(routes)};
