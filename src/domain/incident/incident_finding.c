/* What reviews found: each finding has somebody who does something about it by a day, and ends done, with its proof, or waived, with the
 * reason. Only then is the incident archived. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "incident.h"

enum hx_err finding_add_all(struct tx *tx, int64_t incident, const json_t *findings)
{
    size_t i;
    const json_t *f;
    enum hx_err e = HX_OK;
    json_array_foreach(findings, i, f)
    {
        int64_t day;
        const char *due = json_z(f, "due", "");
        if (!e && due[0] != 0 && (strlen(due) != 10 || !clock_parse(str_of(due), &day))) return tx_fail(tx, HX_E_INVALID, "due: want a day as 2026-11-27");
        if (!e) e = db_exec(tx->db, SQL_FINDING_ADD, "iizzzz", journal_next(tx) * 100 + (int64_t)i, incident, json_z(f, "text", ""), json_z(f, "action", ""), json_z(f, "owner", ""), due);
    }
    return e;
}

static enum hx_err settle_post(struct call *c)
{
    struct incident_head h;
    const char *state = json_z(c->body, "state", ""), *note = json_z(c->body, "note", "");
    enum hx_err e = incident_find(c, &h);
    if (!e) e = db_exec(c->db, SQL_FINDING_SETTLE, "zziiii", state, note, c->who.id, c->tx->now_ms, call_id(c, 1), call_id(c, 0));
    if (!e && db_changes(c->db) == 0) e = call_fail(c, HX_E_ILLEGAL, "there is no such open finding of this incident");
    return incident_moved(c, e, "incident.finding", json_pack("{s:I,s:s,s:s}", "finding_id", (json_int_t)call_id(c, 1), "state", state, "note", note));
}

static enum hx_err archive_post(struct call *c)
{
    struct incident_head h;
    int64_t open = 0;
    enum hx_err e = incident_find(c, &h);
    if (!e) e = db_one_i64(c->db, SQL_FINDING_OPEN_COUNT, &open, "i", call_id(c, 0));
    if (!e && open > 0) return call_fail(c, HX_E_ILLEGAL, "%lld findings are still open: settle them first", (long long)open);
    if (!e) e = incident_move(c->tx, call_id(c, 0), INCIDENT_ACT_ARCHIVE);
    return incident_moved(c, e, "incident.archived", NULL);
}

static enum hx_err list_get(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_FINDING_LIST, "ziii", call_query_z(c, "state", "open"), call_sees_all(c), c->who.id, call_limit(c, 200, 2000)));
}

static const struct hx_route finding_routes[] = {
    {HX_GET, "/v1/findings", "findingList", PERM_INCIDENT_READ, list_get, NULL},
    {HX_POST, "/v1/incidents/{id}/findings/{finding}", "findingSettle", PERM_INCIDENT_SUPERVISE, settle_post, NULL},
    {HX_POST, "/v1/incidents/{id}/archive", "incidentArchive", PERM_INCIDENT_SUPERVISE, archive_post, NULL},
};
const struct hx_module finding_module = {.name = "finding", .routes = finding_routes, .route_count = HX_COUNT(finding_routes)};
