#include "handover.h"

#include <stdlib.h>

#include "base/clock.h"

#define UNREACHED_MS (12 * 3600000LL) /* of this shift and the one before */
#define UNREACHED_AFTER_MS 60000      /* a message that is still on its way is no failure */

/* What stands open, as far as this person sees it. */
static json_t *sheet_now(struct call *c)
{
    int64_t now = clock_utc_ms(), all = call_sees_all(c), who = c->who.id;
    json_t *j = json_object();
    json_object_set_new(j, "incidents", db_all_json(c->db, SQL_INCIDENT_LIST, "iziiii", INT64_MAX, "active", (int64_t)0, all, who, (int64_t)200));
    json_object_set_new(j, "shelves", db_all_json(c->db, SQL_SHELF_ACTIVE, "iii", now, all, who));
    json_object_set_new(j, "faults", db_all_json(c->db, SQL_ALARM_FAULTS, "ii", all, who));
    json_object_set_new(j, "postures", db_all_json(c->db, SQL_HANDOVER_POSTURES, "ii", all, who));
    json_object_set_new(j, "warnings", db_all_json(c->db, SQL_HANDOVER_WARNINGS, "ii", all, who));
    json_object_set_new(j, "units", db_all_json(c->db, SQL_HANDOVER_UNITS, "ii", all, who));
    json_object_set_new(j, "unreached", db_all_json(c->db, SQL_DELIVERY_UNREACHED, "iiii", now - UNREACHED_MS, now - UNREACHED_AFTER_MS, all, who));
    return j;
}

static enum hx_err handover_list(struct call *c)
{
    enum hx_err e = call_list(c, db_all_json(c->db, SQL_HANDOVER_LIST, "iiii", (int64_t)0, INT64_MAX, call_sees_all(c), c->who.id));
    if (!e) json_object_set_new(c->reply, "now", sheet_now(c));
    return e;
}

static enum hx_err handover_post(struct call *c)
{
    int64_t id = journal_next(c->tx);
    json_t *sheet = sheet_now(c);
    json_object_set(sheet, "sound_proven", json_object_get(c->body, "sound_proven"));
    char *text = json_text(sheet);
    json_decref(sheet);
    enum hx_err e = db_exec(c->db, SQL_HANDOVER_ADD, "iiizz", id, c->who.id, c->tx->now_ms, json_z(c->body, "note", ""), text);
    free(text);
    if (!e) e = journal_add(c->tx, "handover.given", 0, id, json_pack("{s:I,s:I,s:s}", "id", (json_int_t)id, "from_id", (json_int_t)c->who.id, "note", json_z(c->body, "note", "")));
    c->status = 201;
    return e ? e : call_reply(c, json_pack("{s:I}", "id", (json_int_t)id));
}

enum hx_err handover_load(struct tx *tx, const struct handover_past *p)
{
    static const char nothing[] = "{\"incidents\":[],\"shelves\":[],\"faults\":[],\"postures\":[],\"warnings\":[],\"units\":[],\"unreached\":[],\"sound_proven\":true}";
    int64_t id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_HANDOVER_ADD, "iiizz", id, p->from, p->made_at, p->note, nothing);
    if (!e) e = db_exec(tx->db, SQL_HANDOVER_TAKE, "iii", p->taken_by, p->taken_at, id);
    if (!e) e = journal_add(tx, "handover.given", 0, id, json_pack("{s:I,s:I,s:s}", "id", (json_int_t)id, "from_id", (json_int_t)p->from, "note", p->note));
    return e ? e : journal_add(tx, "handover.taken", 0, id, json_pack("{s:I,s:I}", "id", (json_int_t)id, "taken_by", (json_int_t)p->taken_by));
}

static enum hx_err handover_take(struct call *c)
{
    int64_t id = call_id(c, 0);
    json_t *sheet = NULL;
    enum hx_err e = db_one_json(c->db, SQL_HANDOVER_LIST, &sheet, "iiii", id, id, call_sees_all(c), c->who.id);
    if (e) return e;
    int64_t from = json_i64(sheet, "from_id", 0);
    json_decref(sheet);
    if (from == c->who.id) return call_fail(c, HX_E_ILLEGAL, "who gave the shift cannot take it: the next one signs in and takes it over");
    e = db_exec(c->db, SQL_HANDOVER_TAKE, "iii", c->who.id, c->tx->now_ms, id);
    if (!e && db_changes(c->db) == 0) return call_fail(c, HX_E_ILLEGAL, "this sheet was taken over already");
    if (!e) e = journal_add(c->tx, "handover.taken", 0, id, json_pack("{s:I,s:I}", "id", (json_int_t)id, "taken_by", (json_int_t)c->who.id));
    return e ? e : call_reply(c, json_pack("{s:I}", "id", (json_int_t)id));
}

static const struct hx_route routes[] = {
    {HX_GET, "/v1/handovers", "handoverList", PERM_HANDOVER, handover_list, NULL},
    {HX_POST, "/v1/handovers", "handoverGive", PERM_HANDOVER, handover_post, NULL},
    {HX_POST, "/v1/handovers/{id}/take", "handoverTake", PERM_HANDOVER, handover_take, NULL},
};
const struct hx_module handover_module = {.name = "handover", .routes = routes, .route_count = HX_COUNT(routes)};
