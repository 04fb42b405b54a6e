/* Devices of a school that act, and the commands to them: written in the transaction of the order, sent by output_sender.c. */
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "notify/notify_text.h"
#include "domain/message/message_call.h"
#include "posture.h"

#define OUTPUTS_MAX 200
#define TEST_MS 5000 /* then the device is let go */

static struct seal the_seal;

/* ---- commands ---- */

enum hx_err command_tell(struct tx *tx, int64_t command, const char *type)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_COMMAND_GET, &record, "i", command);
    if (e) return e;
    int64_t incident = json_i64(record, "incident_id", 0), posture = json_i64(record, "posture_id", 0);
    return journal_add(tx, type, json_i64(record, "school_id", 0), incident != 0 ? incident : posture != 0 ? posture : json_i64(record, "output_id", 0), record);
}

enum hx_err command_effect(struct tx *tx, int64_t command, bool effect, const char *fault)
{
    enum hx_err e = db_exec(tx->db, SQL_COMMAND_EFFECT, "zizi", effect ? "confirmed" : "no_effect", tx->now_ms, fault, command);
    if (e || db_changes(tx->db) == 0) return e;
    return command_tell(tx, command, effect ? "command.confirmed" : "command.no_effect");
}

enum hx_err command_add(struct tx *tx, const struct command_new *n)
{
    uint8_t raw[16];
    char key[33];
    int64_t id = journal_next(tx);
    HX_ASSERT(RAND_bytes(raw, sizeof raw) == 1);
    hex_encode_lower(raw, sizeof raw, key);
    enum hx_err e = db_exec(tx->db, SQL_COMMAND_SUPERSEDE, "i", n->output_id); /* an older order must not follow a newer one */
    if (!e) e = db_exec(tx->db, SQL_COMMAND_ADD, "iiIzzizziI", id, n->output_id, n->posture_id, n->verb, n->text, (int64_t)n->drill, key, n->proof, tx->now_ms, n->incident_id);
    return e ? e : command_tell(tx, id, "command.asked");
}

enum hx_err output_act(struct tx *tx, int64_t school, int64_t posture, const struct posture_word *w, bool drill, const char *text, const char *kinds)
{
    struct { int64_t id; bool part, acting; char proof[8]; } all[OUTPUTS_MAX];
    size_t n = 0;
    bool clear = strcmp(w->name, "clear") == 0;
    struct rows r = db_query(tx->db, SQL_OUTPUT_OF_SCHOOL, "i", school);
    while (n < OUTPUTS_MAX && rows_next(&r)) {
        if (kinds != NULL && !str_names(str_of(kinds), rows_str(&r, 1))) continue;
        all[n].id = rows_i64(&r, 0);
        all[n].part = !clear && str_names(rows_str(&r, 2), str_of(w->name));
        all[n].acting = rows_i64(&r, 4) != 0;
        str_to_z(rows_str(&r, 3), all[n].proof, sizeof all[n].proof);
        n++;
    }
    enum hx_err e = r.err;
    rows_end(&r);
    for (size_t i = 0; !e && i < n; i++) { /* what acted for the posture before this one, and has no part in this, is ended */
        if (!all[i].part && !all[i].acting) continue;
        e = command_add(tx, &(struct command_new){.output_id = all[i].id, .posture_id = posture, .verb = all[i].part ? w->name : "clear", .drill = drill, .text = text, .proof = all[i].proof});
    }
    return e;
}

static enum hx_err effect_post(struct call *c)
{
    int64_t id = 0;
    enum hx_err e = db_one_i64(c->db, SQL_COMMAND_BY_KEY, &id, "z", json_z(c->body, "key", ""));
    if (e == HX_E_NOT_FOUND) return call_fail(c, e, "no command has this key");
    if (!e) e = command_effect(c->tx, id, json_flag(c->body, "effect", false), json_z(c->body, "text", ""));
    return e ? e : call_reply(c, json_object());
}

/* ---- devices ---- */

/* A template is in order, checked with made-up values. */
static bool is_template(const char *template, enum notify_place place)
{
    const struct notify_value v[] = {{"{verb}", "1"}, {"{active}", "1"}, {"{onoff}", "1"}, {"{word}", "1"}, {"{text}", "1"}, {"{drill}", "1"}, {"{school}", "1"}, {"{key}", "1"}, {"{secret}", "1"}, {NULL, NULL}};
    struct buf out;
    buf_init(&out, 16384);
    bool good = notify_fill(template, v, place, &out) == HX_OK;
    buf_free(&out);
    return good;
}

static bool is_address(const char *z)
{
    return strncmp(z, "http://", 7) == 0 || strncmp(z, "https://", 8) == 0 || strncmp(z, "mqtt://", 7) == 0;
}

bool output_is_page(const char *url)
{
    return strncmp(url, "sip:", 4) == 0;
}

/* "sip:801@10.0.0.7": a number at a host. */
static bool is_page_address(const char *z)
{
    char number[40], gateway[200], uri[192];
    const char *at = output_is_page(z) ? strchr(z, '@') : NULL;
    if (at == NULL || (size_t)(at - z) > sizeof number || strlen(at) > 160) return false;
    str_to_z((struct str){z + 4, (size_t)(at - z) - 4}, number, sizeof number);
    snprintf(gateway, sizeof gateway, "sip:{to}%s", at);
    return message_call_uri(gateway, number, uri, sizeof uri) == HX_OK;
}

static enum hx_err check_output(struct tx *tx, const json_t *b)
{
    static const struct { const char *name; enum notify_place place; } templates[] = {{"url", NOTIFY_IN_URL}, {"headers", NOTIFY_IN_HEADER}, {"body", NOTIFY_IN_BODY}, {"check_url", NOTIFY_IN_URL}, {"check_text", NOTIFY_PLAIN}};
    struct str rest = str_of(json_z(b, "verbs", "")), one;
    const char *check_url = json_z(b, "check_url", "");
    bool any = false;
    while (str_split(&rest, ' ', &one)) {
        char name[16];
        if (one.len == 0) continue;
        const struct posture_word *w = posture_word(str_to_z(one, name, sizeof name));
        if (w == NULL || strcmp(w->name, "clear") == 0 || strcmp(w->name, "test") == 0) return tx_fail(tx, HX_E_INVALID, "verbs: words of hold secure lockdown evacuate shelter alarm");
        any = true;
    }
    if (!any) return tx_fail(tx, HX_E_INVALID, "verbs: in which postures does it act?");
    if (!is_address(json_z(b, "url", "")) && !is_page_address(json_z(b, "url", ""))) return tx_fail(tx, HX_E_INVALID, "url: want http://, https://, mqtt:// or sip:NUMBER@HOST");
    if (check_url[0] != 0 && !is_address(check_url)) return tx_fail(tx, HX_E_INVALID, "check_url: want http://, https:// or mqtt://");
    if (check_url[0] != 0 && json_z(b, "check_text", "")[0] == 0) return tx_fail(tx, HX_E_INVALID, "check_text: what stands in the answer when the device has acted?");
    for (size_t i = 0; i < HX_COUNT(templates); i++)
        if (!is_template(json_z(b, templates[i].name, ""), templates[i].place)) return tx_fail(tx, HX_E_INVALID, "%s: placeholders are {verb} {active} {onoff} {word} {text} {drill} {school} {key} {secret}", templates[i].name);
    return HX_OK;
}

static enum hx_err keep_secret(struct tx *tx, const struct seal *seal, const json_t *b, int64_t id)
{
    uint8_t sealed[260];
    const char *secret = json_z(b, "secret", "");
    if (!json_has(b, "secret")) return HX_OK;
    size_t n = seal_close_over(seal, secret, strlen(secret), sealed);
    return db_exec(tx->db, SQL_OUTPUT_SECRET, "bi", (const void *)sealed, n, id);
}

enum hx_err output_make(struct tx *tx, const struct seal *seal, const json_t *b, int64_t demo, int64_t *id)
{
    enum hx_err e = check_output(tx, b);
    *id = journal_next(tx);
    if (!e) e = db_exec(tx->db, SQL_OUTPUT_ADD, "iizzzzzzzzini", *id, json_i64(b, "school_id", 0), json_z(b, "kind", ""), json_z(b, "name", ""), json_z(b, "verbs", ""), json_z(b, "url", ""), json_z(b, "headers", ""), json_z(b, "body", ""), json_z(b, "check_url", ""), json_z(b, "check_text", ""), (int64_t)json_flag(b, "reports", false), demo);
    if (!e) e = keep_secret(tx, seal, b, *id);
    return e ? e : journal_tell(tx, SQL_OUTPUT_GET, *id, "output.added");
}

static enum hx_err output_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_OUTPUT_LIST, "iiii", call_query_i64(c, "school", 0), call_sees_all(c), c->who.id, call_limit(c, 500, 10000)));
}

static enum hx_err output_post(struct call *c)
{
    int64_t id;
    enum hx_err e = call_check_school(c, PERM_POSTURE_WRITE, json_i64(c->body, "school_id", 0));
    if (!e) e = output_make(c->tx, &the_seal, c->body, 0, &id);
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_OUTPUT_GET, id);
}

static enum hx_err output_patch(struct call *c)
{
    json_t *m = NULL;
    int64_t id = call_id(c, 0);
    enum hx_err e = call_read(c, SQL_OUTPUT_GET, PERM_POSTURE_WRITE, &m);
    if (!e) e = call_check_version(c, json_incref(m));
    if (!e) {
        json_object_update(m, c->body); /* what was not sent stays */
        e = check_output(c->tx, m);
    }
    if (!e) e = db_exec(c->db, SQL_OUTPUT_SET, "zzzzzzzizi", json_z(m, "name", ""), json_z(m, "verbs", ""), json_z(m, "url", ""), json_z(m, "headers", ""), json_z(m, "body", ""), json_z(m, "check_url", ""), json_z(m, "check_text", ""), (int64_t)json_flag(m, "reports", false), json_z(m, "state", "active"), id);
    json_decref(m);
    if (!e) e = keep_secret(c->tx, &the_seal, c->body, id);
    if (!e) e = journal_tell(c->tx, SQL_OUTPUT_GET, id, "output.changed");
    return e ? e : call_reply_one(c, SQL_OUTPUT_GET, id);
}

static enum hx_err output_test(struct call *c)
{
    json_t *m = NULL, *live = NULL;
    char text[256];
    const struct posture_word *w = posture_word("test");
    int64_t id = call_id(c, 0);
    enum hx_err e = call_read(c, SQL_OUTPUT_GET, PERM_POSTURE_WRITE, &m);
    if (e) return e;
    e = db_one_json(c->db, SQL_POSTURE_LIVE, &live, "i", json_i64(m, "school_id", 0));
    if (!e) e = call_fail(c, HX_E_ILLEGAL, "a posture stands at this school: no test now");
    else if (e == HX_E_NOT_FOUND) e = HX_OK;
    if (!e && strcmp(json_z(m, "state", ""), "active") != 0) e = call_fail(c, HX_E_ILLEGAL, "this device is disabled");
    bool page = output_is_page(json_z(m, "url", "")); /* its test ends by itself */
    const char *proof = json_z(m, "check_url", "")[0] != 0 ? "read" : json_flag(m, "reports", false) || page ? "report" : "none";
    posture_text(w, false, "", false, text, sizeof text);
    int64_t command = journal_next(c->tx);
    if (!e) e = command_add(c->tx, &(struct command_new){.output_id = id, .verb = w->name, .text = text, .proof = proof});
    if (!e && !page) e = timer_set(c->tx, "output.test_over", id, command, c->tx->now_ms + TEST_MS, "");
    json_decref(m);
    json_decref(live);
    return e ? e : call_reply_one(c, SQL_OUTPUT_GET, id);
}

/* A test ends by itself, unless a posture has taken the device meanwhile. */
static enum hx_err test_over(struct tx *tx, const struct timer_row *row)
{
    int64_t last = 0;
    char text[256];
    const struct posture_word *w = posture_word("clear");
    enum hx_err e = db_one_i64(tx->db, SQL_COMMAND_LAST, &last, "i", row->subject_id);
    if (e || last != row->epoch) return e;
    posture_text(w, false, "", false, text, sizeof text);
    return command_add(tx, &(struct command_new){.output_id = row->subject_id, .verb = w->name, .text = text, .proof = "none"});
}

static enum hx_err output_start(struct hx_app *app)
{
    the_seal = app->panels->seal;
    return output_sender_start(app);
}

static const struct hx_route output_routes[] = {
    {HX_GET, "/v1/outputs", "outputList", PERM_POSTURE_WRITE, output_list, NULL},
    {HX_POST, "/v1/outputs", "outputAdd", PERM_POSTURE_WRITE, output_post, NULL},
    {HX_PATCH, "/v1/outputs/{id}", "outputChange", PERM_POSTURE_WRITE, output_patch, NULL},
    {HX_POST, "/v1/outputs/{id}/test", "outputTest", PERM_POSTURE_WRITE, output_test, NULL},
    {HX_POST, "/v1/commands/effect", "commandEffect", PERM_NONE, effect_post, NULL},
};
static const struct timer_kind output_timers[] = {{.kind = "output.test_over", .fire = test_over}, {0}};
const struct hx_module output_module = {.name = "output", .timer_kinds = output_timers, .routes = output_routes, .route_count = HX_COUNT(output_routes), .start = output_start};
