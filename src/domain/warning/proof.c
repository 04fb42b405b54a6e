/* The operators' load, how far incidents may be believed, and the daily proof of every path from the button to the siren. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "warning.h"
#include "warning_backtest.h"
#include "warning_hit.h"

#define REACHED_MS (7 * CLOCK_DAY_MS)
#define STALE_MS CLOCK_DAY_MS
#define ACTED_MS (31 * CLOCK_DAY_MS) /* a siren cannot be tried in silence: once a month, as drills are due */
#define PROOF_MIN 390 /* 06:30, local: before the first peak */
#define TICK_MS 1000

static atomic_int desks; /* consoles that listen; counted on the loop */

/* ---- load ---- */

static enum hx_err load_get(struct call *c)
{
    int64_t now = clock_utc_ms(), all = call_sees_all(c), days = call_query_i64(c, "days", 1);
    days = days < 1 ? 1 : days > 31 ? 31 : days;
    int64_t from = (now - days * CLOCK_DAY_MS) / 600000 * 600000, midnight = 0;
    char today[CLOCK_DATE_MAX];
    json_t *budget = NULL, *j = json_object();
    clock_local_begin(clock_local_date(now, today), &midnight);
    enum hx_err e = db_one_json(c->db, SQL_LOAD_BUDGET, &budget, "iii", all, c->who.id, midnight);
    if (e) return json_decref(j), e;
    json_object_set_new(budget, "allowed", json_real(ALARM_BUDGET));
    json_put_time(j, "from", from);
    json_object_set_new(j, "bins", db_all_json(c->db, SQL_LOAD_BINS, "iii", from, all, c->who.id));
    json_object_set_new(j, "floods", db_all_json(c->db, SQL_LOAD_FLOODS, "iii", from, all, c->who.id));
    json_object_set_new(j, "sources", db_all_json(c->db, SQL_LOAD_SOURCES, "iii", from, all, c->who.id));
    json_object_set_new(j, "chattering", db_all_json(c->db, SQL_LOAD_CHATTERING, "iii", from, all, c->who.id));
    json_object_set_new(j, "stale", db_all_json(c->db, SQL_LOAD_STALE, "iii", now - STALE_MS, all, c->who.id));
    json_object_set_new(j, "budget", budget);
    return call_reply(c, j);
}

/* ---- confidence ---- */

/* The ladder of verification: the highest rung that something stands for. */
static json_t *confidence_of(const json_t *row)
{
    int64_t sources = json_i64(row, "sources", 0), score = json_i64(row, "score", 0);
    json_t *reasons = json_array();
    int level = 0;
    if (json_flag(row, "healthy", false)) level = 1, warning_reason_add(reasons, "source_healthy", 1);
    if (sources >= 2) level = 2, warning_reason_add(reasons, "independent", sources);
    if (json_i64(row, "warnings", 0) > 0) warning_reason_add(reasons, "warned", json_i64(row, "warnings", 0));
    if (score > level) level = (int)score;
    if (strcmp(json_z(row, "source", ""), "call") == 0 || strcmp(json_z(row, "source", ""), "tip") == 0) warning_reason_add(reasons, "person_told", 1), level = level < 2 ? 2 : level;
    if (json_has(row, "confirmed_at")) level = 3, warning_reason_add(reasons, "confirmed", 1);
    if (json_has(row, "on_scene_at")) level = 4, warning_reason_add(reasons, "on_scene", 1);
    return json_pack("{s:I,s:i,s:I,s:o}", "incident_id", (json_int_t)json_i64(row, "incident_id", 0), "level", level, "sources", (json_int_t)sources, "reasons", reasons);
}

static enum hx_err confidence_list(struct call *c)
{
    json_t *rows = db_all_json(c->db, SQL_CONFIDENCE_LIST, "iii", clock_utc_ms() - WARNING_TESTED_MS, call_sees_all(c), c->who.id), *items = json_array();
    for (size_t i = 0; i < json_array_size(rows); i++) json_array_append_new(items, confidence_of(json_array_get(rows, i)));
    bool good = rows != NULL;
    json_decref(rows);
    if (!good) json_decref(items);
    return call_list(c, good ? items : NULL);
}

/* ---- the daily proof ---- */

struct proving {
    int64_t now;
    json_t *items;
    int checked;
};

static void fail_path(struct proving *p, const char *path, const char *reason, const json_t *row, const char *name, const char *since)
{
    json_t *j = json_pack("{s:s,s:s,s:s}", "path", path, "reason", reason, "name", name);
    if (json_i64(row, "school_id", 0) != 0) json_put_i64(j, "school_id", json_i64(row, "school_id", 0));
    if (json_has(row, "school")) json_put_z(j, "school", json_z(row, "school", ""));
    if (json_has(row, "county")) json_put_z(j, "county", json_z(row, "county", ""));
    json_put_z(j, "since", since);
    json_array_append_new(p->items, j);
}

static bool is_older(const char *text, int64_t than_ms)
{
    int64_t at;
    return !clock_parse(str_of(text), &at) || at < than_ms;
}

static void prove_panels(struct proving *p, const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++, p->checked++) {
        const json_t *r = json_array_get(rows, i);
        const char *tested = json_z(r, "tested_at", NULL), *name = json_z(r, "account", "");
        if (strcmp(json_z(r, "line", ""), "lost") == 0) fail_path(p, "button", "line_lost", r, name, json_z(r, "line_changed_at", NULL));
        else if (tested == NULL) fail_path(p, "button", "never_tested", r, name, NULL);
        else if (is_older(tested, p->now - WARNING_TESTED_MS)) fail_path(p, "button", "test_overdue", r, name, tested);
    }
}

static void prove_recorders(struct proving *p, const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++, p->checked++) {
        const json_t *r = json_array_get(rows, i);
        if (strcmp(json_z(r, "line", ""), "up") != 0) fail_path(p, "picture", "offline", r, json_z(r, "account", ""), json_z(r, "line_changed_at", NULL));
    }
}

static void prove_people(struct proving *p, const json_t *receivers, const json_t *gateways)
{
    for (size_t i = 0; i < json_array_size(receivers); i++, p->checked++) {
        const json_t *r = json_array_get(receivers, i);
        const char *receipt = json_z(r, "receipt_at", NULL);
        if (receipt == NULL) fail_path(p, "phone", json_has(r, "sent_at") ? "no_receipt" : "never_used", r, json_z(r, "name", ""), json_z(r, "sent_at", NULL));
        else if (is_older(receipt, p->now - REACHED_MS)) fail_path(p, "phone", "receipt_old", r, json_z(r, "name", ""), receipt);
    }
    for (size_t i = 0; i < json_array_size(gateways); i++, p->checked++) {
        const json_t *g = json_array_get(gateways, i);
        const char *good = json_z(g, "good_at", NULL), *failed = json_z(g, "failed_at", NULL);
        if (failed != NULL && (good == NULL || strcmp(failed, good) > 0)) fail_path(p, "gateway", "last_failed", g, json_z(g, "name", ""), failed);
        else if (good == NULL) fail_path(p, "gateway", "never_used", g, json_z(g, "name", ""), NULL);
    }
    if (json_array_size(receivers) == 0) fail_path(p, "phone", "nobody", NULL, "", NULL), p->checked++;
}

static void prove_outputs(struct proving *p, const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++, p->checked++) {
        const json_t *r = json_array_get(rows, i);
        const char *acted = json_z(r, "acted_at", NULL), *state = json_z(r, "last_state", ""), *name = json_z(r, "name", "");
        if (strcmp(state, "no_effect") == 0 || strcmp(state, "failed") == 0) fail_path(p, "siren", state, r, name, json_z(r, "asked_at", NULL));
        else if (acted == NULL) fail_path(p, "siren", "never_tested", r, name, NULL);
        else if (is_older(acted, p->now - ACTED_MS)) fail_path(p, "siren", "test_overdue", r, name, acted);
    }
    if (json_array_size(rows) == 0) fail_path(p, "siren", "none", NULL, "", NULL), p->checked++;
}

/* Centres and platforms that are told of alarms. */
static void prove_centres(struct proving *p, const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++, p->checked++) {
        const json_t *r = json_array_get(rows, i);
        const char *line = json_z(r, "line", ""), *since = json_z(r, "line_changed_at", NULL);
        if (strcmp(line, "up") != 0) fail_path(p, "centre", strcmp(line, "lost") == 0 ? "line_lost" : "never_up", r, json_z(r, "name", ""), since);
        else if (json_i64(r, "missed", 0) > 0) fail_path(p, "centre", "missed", r, json_z(r, "name", ""), NULL);
    }
}

/* As far as this person sees the schools; `all`: every path. */
static enum hx_err prove(struct db *db, int64_t now, int64_t all, int64_t who, json_t **out)
{
    struct proving p = {.now = now, .items = json_array()};
    json_t *panels = db_all_json(db, SQL_PROOF_PANELS, "ii", all, who), *recorders = db_all_json(db, SQL_PROOF_RECORDERS, "ii", all, who), *receivers = db_all_json(db, SQL_PROOF_RECEIVERS, "ii", all, who), *gateways = db_all_json(db, SQL_PROOF_GATEWAYS, ""), *outputs = db_all_json(db, SQL_PROOF_OUTPUTS, "ii", all, who), *centres = db_all_json(db, SQL_PROOF_CENTRES, "i", now - REACHED_MS);
    bool good = panels != NULL && recorders != NULL && receivers != NULL && gateways != NULL && outputs != NULL && centres != NULL;
    if (good) {
        if (atomic_load(&desks) == 0) fail_path(&p, "desk", "nobody", NULL, "", NULL);
        p.checked++;
        prove_panels(&p, panels);
        prove_recorders(&p, recorders);
        prove_people(&p, receivers, gateways);
        prove_outputs(&p, outputs);
        prove_centres(&p, centres);
    }
    json_decref(panels);
    json_decref(recorders);
    json_decref(receivers);
    json_decref(gateways);
    json_decref(outputs);
    json_decref(centres);
    if (!good) return json_decref(p.items), HX_E_STORE;
    *out = json_pack("{s:i,s:I,s:o}", "checked", p.checked, "failing", (json_int_t)json_array_size(p.items), "items", p.items);
    json_put_time(*out, "at", now);
    return HX_OK;
}

static enum hx_err proof_now(struct call *c)
{
    json_t *j = NULL;
    enum hx_err e = prove(c->db, clock_utc_ms(), call_sees_all(c), c->who.id, &j);
    return e ? e : call_reply(c, j);
}

static enum hx_err proof_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_PROOF_LIST, ""));
}

static enum hx_err keep_proof(struct tx *tx, void *arg)
{
    (void)arg;
    json_t *j = NULL, *last = NULL;
    char today[CLOCK_DATE_MAX], made[CLOCK_DATE_MAX] = "";
    int64_t at, id = journal_next(tx);
    enum hx_err e = db_one_json(tx->db, SQL_PROOF_LAST, &last, "");
    if (!e && clock_parse(str_of(json_z(last, "made_at", "")), &at)) clock_local_date(at, made);
    json_decref(last);
    if (e && e != HX_E_NOT_FOUND) return e;
    if (strcmp(made, clock_local_date(tx->now_ms, today)) == 0) return HX_OK; /* made already, before a restart */
    e = prove(tx->db, tx->now_ms, 1, 0, &j);
    if (e) return e;
    char *items = json_text(json_object_get(j, "items"));
    e = db_exec(tx->db, SQL_PROOF_ADD, "iiiiz", id, tx->now_ms, json_i64(j, "checked", 0), json_i64(j, "failing", 0), items);
    free(items);
    if (!e) e = journal_add(tx, "proof.made", 0, id, json_pack("{s:I,s:I,s:I}", "id", (json_int_t)id, "checked", (json_int_t)json_i64(j, "checked", 0), "failing", (json_int_t)json_i64(j, "failing", 0)));
    json_decref(j);
    return e;
}

static void on_tick(void *arg)
{
    static int64_t tried_day;
    struct hx_app *app = arg;
    atomic_store(&desks, app->api != NULL ? (int)api_consoles(app->api) : 0);
    int64_t local = clock_utc_ms() + CLOCK_LOCAL_MS, day = local / CLOCK_DAY_MS;
    if (app->writer == NULL || day == tried_day || local % CLOCK_DAY_MS < PROOF_MIN * 60000LL) return;
    if (writer_submit(app->writer, LANE_BULK, keep_proof, NULL, NULL) == HX_OK) tried_day = day;
}

static enum hx_err proof_start(struct hx_app *app)
{
    loop_every(app->loop, TICK_MS, on_tick, app);
    return HX_OK;
}

static const struct hx_route proof_routes[] = {
    {HX_GET, "/v1/load", "loadGet", PERM_WARNING_READ, load_get, NULL},
    {HX_GET, "/v1/confidence", "confidenceList", PERM_INCIDENT_READ, confidence_list, NULL},
    {HX_GET, "/v1/proofs", "proofList", PERM_WARNING_READ, proof_list, NULL},
    {HX_GET, "/v1/proofs/now", "proofNow", PERM_WARNING_READ, proof_now, NULL},
};
const struct hx_module proof_module = {.name = "proof", .routes = proof_routes, .route_count = HX_COUNT(proof_routes), .start = proof_start};
