#include "equipment.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define EXPIRING_DAYS 30
#define COUNTIES_MAX 32

static const char *const kinds[] = {"helmet", "shield", "fork", "baton", "vest", "gloves", "spray", "torch", "whistle", "radio"};
#define KINDS HX_COUNT(kinds)

static int kind_of(const char *name)
{
    for (size_t k = 0; k < KINDS; k++)
        if (strcmp(kinds[k], name) == 0) return (int)k;
    return -1;
}

static enum hx_err reply(struct call *c, int64_t id)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_EQUIPMENT_GET, &record, "i", id);
    if (!e) json_object_set_new(record, "checks", db_all_json(c->db, SQL_EQUIPMENT_CHECK_LIST, "i", id));
    return e ? e : call_reply(c, record);
}

/* The item of the path, in use, once the person has the permission at its school. */
static enum hx_err check_item(struct call *c, enum perm p, bool in_use)
{
    json_t *record;
    enum hx_err e = call_read(c, SQL_EQUIPMENT_GET, p, &record);
    if (!e && in_use && strcmp(json_z(record, "state", ""), "retired") == 0) e = call_fail(c, HX_E_ILLEGAL, "this item is retired");
    json_decref(record);
    return e;
}

static enum hx_err check_date(struct call *c, const char *field)
{
    int64_t midnight;
    const char *date = json_z(c->body, field, "");
    return *date == 0 || clock_local_begin(date, &midnight) ? HX_OK : call_fail(c, HX_E_INVALID, "%s: want YYYY-MM-DD, or nothing", field);
}

static enum hx_err equipment_list(struct call *c)
{
    const char *county = call_query_z(c, "county", ""), *state = call_query_z(c, "state", ""), *code = call_query_z(c, "q", "");
    return call_list(c, db_all_json(c->db, SQL_EQUIPMENT_LIST, "iizzziii", call_query_i64(c, "after", 0), call_query_i64(c, "school", 0), county, state,
                                    code, call_sees_all(c), c->who.id, call_limit(c, 500, 5000)));
}

static enum hx_err equipment_get(struct call *c)
{
    enum hx_err e = check_item(c, PERM_EQUIPMENT_READ, false);
    return e ? e : reply(c, call_id(c, 0));
}

static enum hx_err equipment_post(struct call *c)
{
    const json_t *b = c->body;
    int64_t id = journal_next(c->tx);
    enum hx_err e = check_date(c, "made_on");
    if (!e) e = check_date(c, "expires_on");
    if (!e) e = call_check_school(c, PERM_EQUIPMENT_WRITE, json_i64(b, "school_id", 0));
    if (!e) e = db_exec(c->db, SQL_EQUIPMENT_ADD, "iizzzzzzzi", id, json_i64(b, "school_id", 0), json_z(b, "kind", ""), json_z(b, "code", ""), json_z(b, "model", ""), json_z(b, "made_on", ""),
                        json_z(b, "expires_on", ""), json_z(b, "place", ""), json_z(b, "holder", ""), (int64_t)0);
    if (e == HX_E_CONFLICT) return call_fail(c, e, "code: another item has this label, or there is no such school");
    if (!e) e = journal_tell(c->tx, SQL_EQUIPMENT_GET, id, "equipment.added");
    c->status = 201;
    return e ? e : reply(c, id);
}

static enum hx_err equipment_check(struct call *c)
{
    const json_t *b = c->body;
    int64_t id = call_id(c, 0), now = c->tx->now_ms;
    const char *result = json_z(b, "result", ""), *note = json_z(b, "note", "");
    enum hx_err e = check_item(c, PERM_EQUIPMENT_CHECK, true);
    if (!e && strcmp(result, "good") != 0 && *note == 0) return call_fail(c, HX_E_INVALID, "note: say what is wrong with it, or where it was missed");
    if (!e) e = db_exec(c->db, SQL_EQUIPMENT_CHECK_ADD, "ziiizz", json_z(b, "id", ""), id, c->who.id, now, result, note);
    c->status = 201;
    if (!e && db_changes(c->db) == 0) return reply(c, id); /* sent again */
    if (!e) e = db_exec(c->db, SQL_EQUIPMENT_SET, "zzii", result, note, now, id);
    if (!e) e = journal_tell(c->tx, SQL_EQUIPMENT_GET, id, "equipment.checked");
    return e ? e : reply(c, id);
}

static enum hx_err equipment_retire(struct call *c)
{
    int64_t id = call_id(c, 0);
    enum hx_err e = check_item(c, PERM_EQUIPMENT_WRITE, true);
    if (!e) e = db_exec(c->db, SQL_EQUIPMENT_RETIRE, "zi", json_z(c->body, "reason", ""), id);
    if (!e) e = journal_tell(c->tx, SQL_EQUIPMENT_GET, id, "equipment.retired");
    return e ? e : reply(c, id);
}

enum hx_err equipment_load(struct tx *tx, int64_t id, int64_t school_id, const char *kind, const char *code, const char *made_on, const char *expires_on, const char *state, int64_t checked_at)
{
    enum hx_err e = db_exec(tx->db, SQL_EQUIPMENT_ADD, "iizzzzzzzi", id, school_id, kind, code, "", made_on, expires_on, "门卫室", "", (int64_t)1);
    return e ? e : db_exec(tx->db, SQL_EQUIPMENT_SET, "zzii", state, strcmp(state, "good") == 0 ? "" : "演示", checked_at, id);
}

/* ---- kits ---- */

struct wants {
    int count;
    struct {
        char county[8];
        int of[KINDS];
    } list[COUNTIES_MAX];
};

static void read_wants(struct db *db, struct wants *w)
{
    *w = (struct wants){0};
    struct rows r = db_query(db, SQL_KIT_LIST, "");
    while (rows_next(&r)) {
        int k = kind_of(rows_z(&r, 1)), i = 0;
        while (i < w->count && strcmp(w->list[i].county, rows_z(&r, 0)) != 0) i++;
        if (i == w->count && i < COUNTIES_MAX) str_to_z(str_of(rows_z(&r, 0)), w->list[w->count++].county, sizeof w->list[0].county);
        if (i < w->count && k >= 0) w->list[i].of[k] = (int)rows_i64(&r, 2);
    }
    rows_end(&r);
}

/* A county's own list, or else the prefecture's. */
static const int *wanted(const struct wants *w, const char *county)
{
    static const int nothing[KINDS];
    const int *common = nothing;
    for (int i = 0; i < w->count; i++) {
        if (strcmp(w->list[i].county, county) == 0) return w->list[i].of;
        if (w->list[i].county[0] == 0) common = w->list[i].of;
    }
    return common;
}

struct tally {
    int64_t school;
    int good[KINDS], expired, expiring, faulty, missing, unchecked;
};

struct day {
    char today[CLOCK_DATE_MAX], soon[CLOCK_DATE_MAX], month[CLOCK_DATE_MAX];
    int64_t month_ms;
};

static struct day day_of(int64_t now)
{
    struct day d;
    clock_local_date(now, d.today);
    clock_local_date(now + EXPIRING_DAYS * CLOCK_DAY_MS, d.soon);
    memcpy(d.month, d.today, sizeof d.month);
    memcpy(d.month + 8, "01", 2);
    HX_ASSERT(clock_local_begin(d.month, &d.month_ms));
    return d;
}

static void count_item(struct tally *t, const struct rows *r, const struct day *d)
{
    int k = kind_of(rows_z(r, 1));
    const char *state = rows_z(r, 2), *expires = rows_z(r, 3);
    bool expired = *expires != 0 && strcmp(expires, d->today) < 0;
    t->unchecked += rows_i64(r, 4) < d->month_ms;
    if (strcmp(state, "faulty") == 0) t->faulty++;
    else if (strcmp(state, "missing") == 0) t->missing++;
    else if (expired) t->expired++;
    else if (k >= 0) t->good[k]++;
    if (!expired && *expires != 0 && strcmp(expires, d->soon) <= 0) t->expiring++;
}

static int by_school(const void *a, const void *b)
{
    int64_t x = ((const struct tally *)a)->school, y = ((const struct tally *)b)->school;
    return x < y ? -1 : x > y;
}

static enum hx_err kit_states(struct call *c)
{
    struct wants w;
    struct day d = day_of(clock_utc_ms());
    const char *county = call_query_z(c, "county", "");
    size_t n = 0, cap = 0;
    struct tally *all = NULL;
    read_wants(c->db, &w);
    struct rows r = db_query(c->db, SQL_KIT_COUNTS, "z", county);
    while (rows_next(&r)) { /* comes by school */
        if (n == 0 || all[n - 1].school != rows_i64(&r, 0)) {
            if (n == cap) all = realloc(all, (cap = cap ? 2 * cap : 256) * sizeof *all);
            HX_ASSERT(all != NULL);
            all[n++] = (struct tally){.school = rows_i64(&r, 0)};
        }
        count_item(&all[n - 1], &r, &d);
    }
    rows_end(&r);
    if (r.err) return free(all), r.err;
    json_t *items = json_array();
    r = db_query(c->db, SQL_KIT_SCHOOLS, "zii", county, call_sees_all(c), c->who.id);
    while (rows_next(&r)) {
        struct tally key = {.school = rows_i64(&r, 0)};
        const struct tally *t = n ? bsearch(&key, all, n, sizeof *all, by_school) : NULL;
        const int *want = wanted(&w, rows_z(&r, 2));
        json_t *lacking = json_array();
        if (t == NULL) t = &key;
        for (size_t k = 0; k < KINDS; k++)
            if (t->good[k] < want[k]) json_array_append_new(lacking, json_string(kinds[k]));
        json_array_append_new(items, json_pack("{s:I,s:s,s:s,s:o,s:i,s:i,s:i,s:i,s:i}", "id", (json_int_t)t->school, "name", rows_z(&r, 1), "county", rows_z(&r, 2), "short", lacking, "expired", t->expired, "expiring",
                                               t->expiring, "faulty", t->faulty, "missing", t->missing, "unchecked", t->unchecked));
    }
    rows_end(&r);
    free(all);
    if (r.err) return json_decref(items), r.err;
    return call_list(c, items);
}

static enum hx_err kit_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_KIT_LIST, ""));
}

static enum hx_err kit_set(struct call *c)
{
    const json_t *b = c->body;
    enum hx_err e = call_check_school(c, PERM_EQUIPMENT_WRITE, 0);
    if (!e) e = db_exec(c->db, SQL_KIT_SET, "zzi", json_z(b, "county", ""), json_z(b, "kind", ""), json_i64(b, "count", 0));
    if (!e) e = journal_add(c->tx, "equipment.kit_set", 0, 0, json_incref(c->body));
    return e ? e : kit_list(c);
}

static const struct hx_route equipment_routes[] = {
    {HX_GET, "/v1/equipment", "equipmentList", PERM_EQUIPMENT_READ, equipment_list, NULL},
    {HX_POST, "/v1/equipment", "equipmentAdd", PERM_EQUIPMENT_WRITE, equipment_post, NULL},
    {HX_GET, "/v1/equipment/kits", "kitStates", PERM_EQUIPMENT_READ, kit_states, NULL},
    {HX_GET, "/v1/equipment/kit-list", "kitList", PERM_EQUIPMENT_READ, kit_list, NULL},
    {HX_POST, "/v1/equipment/kit-list", "kitSet", PERM_EQUIPMENT_WRITE, kit_set, NULL},
    {HX_GET, "/v1/equipment/{id}", "equipmentGet", PERM_EQUIPMENT_READ, equipment_get, NULL},
    {HX_POST, "/v1/equipment/{id}/checks", "equipmentCheck", PERM_EQUIPMENT_CHECK, equipment_check, NULL},
    {HX_POST, "/v1/equipment/{id}/retire", "equipmentRetire", PERM_EQUIPMENT_WRITE, equipment_retire, NULL},
};
const struct hx_module equipment_module = {.name = "equipment", .routes = equipment_routes, .route_count = HX_COUNT(equipment_routes)};
