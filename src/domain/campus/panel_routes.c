/* Panels of the schools, unknown accounts and their adoption, signals, and the phone's button. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campus.h"
#include "signal/signal.h"

#define PANIC_REACH_M 3000.0
#define OFFICER_REACH_M 40000.0 /* whoever watches over the nearest school hears an officer who calls for help */

static struct panels *the_panels;

static enum hx_err panel_start(struct hx_app *app)
{
    the_panels = app->panels;
    return HX_OK;
}

/* A key from the request: key_hex or key_ascii; false when neither fits. */
static bool key_of(const json_t *b, uint8_t key[PANEL_KEY_MAX], size_t *n)
{
    const char *hex = json_z(b, "key_hex", NULL), *ascii = json_z(b, "key_ascii", NULL);
    *n = 0;
    if (hex == NULL && ascii == NULL) return true;
    if (hex != NULL) {
        int bytes = hex_decode(str_of(hex), key, PANEL_KEY_MAX);
        *n = bytes > 0 ? (size_t)bytes : 0;
    } else if (strlen(ascii) <= PANEL_KEY_MAX) {
        *n = strlen(ascii);
        memcpy(key, ascii, *n);
    }
    return *n == 16 || *n == 24 || *n == 32;
}

/* Leading zeros of partitions and zones do not tell places apart; signals drop them too. */
static const char *number_of(const json_t *b, const char *name)
{
    const char *z = json_z(b, name, "");
    while (z[0] == '0' && z[1] != 0) z++;
    return z;
}

static enum hx_err add_places(struct tx *tx, int64_t panel, const json_t *places)
{
    enum hx_err e = HX_OK;
    for (size_t i = 0; !e && i < json_array_size(places); i++) {
        const json_t *p = json_array_get(places, i);
        e = db_exec(tx->db, SQL_PANEL_PLACE_ADD, "izzzzI", panel, number_of(p, "partition"), number_of(p, "zone"), json_z(p, "name", ""), json_z(p, "kind", "button"), json_i64(p, "place_id", 0));
    }
    return e;
}

enum hx_err panel_make(struct tx *tx, const struct seal *seal, const json_t *b, int64_t demo, int64_t *id)
{
    uint8_t key[PANEL_KEY_MAX], sealed[PANEL_KEY_MAX + SEAL_EXTRA_BYTES];
    size_t key_bytes, sealed_bytes = 0;
    char account[24];
    int64_t school = json_i64(b, "school", 0);
    if (!key_of(b, key, &key_bytes)) return tx_fail(tx, HX_E_INVALID, "the key must be 32, 48 or 64 hex digits (key_hex) or 16, 24 or 32 characters (key_ascii)");
    if (key_bytes > 0) sealed_bytes = seal_close_over(seal, key, key_bytes, sealed);
    size_t n = strlen(json_z(b, "account", ""));
    for (size_t i = 0; i <= n && i < sizeof account; i++) {
        char c = json_z(b, "account", "")[i];
        account[i] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
    }
    *id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_PANEL_ADD, "izizinizi", *id, account, school, json_z(b, "name", "报警主机"), json_i64(b, "supervision_s", 180),
                            json_i64(b, "clock_offset_s", 0), json_z(b, "clock_policy", "nak"), demo);
    if (!e && sealed_bytes > 0) e = db_exec(tx->db, SQL_PANEL_KEY_SET, "bi", (const void *)sealed, sealed_bytes, *id);
    if (!e) e = add_places(tx, *id, json_object_get(b, "places"));
    json_t *record = NULL;
    if (!e) e = db_one_json(tx->db, SQL_PANEL_GET, &record, "i", *id);
    return e ? e : journal_add(tx, "panel.added", school, *id, record);
}

static void add_heard(json_t *record)
{
    json_put_time(record, "heard_at", panel_heard_at(the_panels, str_of(json_z(record, "account", ""))));
}

static enum hx_err panel_reply(struct call *c, int64_t id, const char *event)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_PANEL_GET, &record, "i", id);
    if (!e && event != NULL) e = journal_add(c->tx, event, json_i64(record, "school_id", 0), id, json_incref(record));
    if (e) return e;
    json_object_set_new(record, "places", db_all_json(c->db, SQL_PANEL_PLACE_LIST, "i", id));
    json_object_set_new(record, "signals", db_all_json(c->db, SQL_SIGNAL_OF_PANEL, "z", json_z(record, "account", "")));
    add_heard(record);
    return call_reply(c, record);
}

static enum hx_err panel_list(struct call *c)
{
    char like[140] = "";
    const char *q = call_query(c, "q"), *state = call_query_z(c, "state", "");
    if (q != NULL && q[0] != 0) snprintf(like, sizeof like, "%%%s%%", q);
    json_t *items = db_all_json(c->db, SQL_PANEL_LIST, "iizziii", call_query_i64(c, "after", 0), call_query_i64(c, "school", 0), like,
                                state, call_sees_all(c), c->who.id, call_limit(c, 200, 5000));
    for (size_t i = 0; i < json_array_size(items); i++) add_heard(json_array_get(items, i));
    return call_list(c, items);
}

/* Checks that the panel is there and the person's; *record when it is. */
static enum hx_err find_panel(struct call *c, enum perm p, json_t **record)
{
    enum hx_err e = db_one_json(c->db, SQL_PANEL_GET, record, "i", call_id(c, 0));
    return e ? e : call_check_school(c, p, json_i64(*record, "school_id", 0));
}

static enum hx_err panel_get(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = find_panel(c, PERM_PANEL_READ, &record);
    json_decref(record);
    return e ? e : panel_reply(c, call_id(c, 0), NULL);
}

static enum hx_err panel_post(struct call *c)
{
    int64_t id;
    enum hx_err e = call_check_school(c, PERM_PANEL_WRITE, json_i64(c->body, "school", 0));
    if (e == HX_E_NOT_FOUND) return call_fail(c, HX_E_INVALID, "school: there is no such school");
    for (const char *p = json_z(c->body, "account", ""); *p != 0; p++)
        if (hex_digit(*p) < 0) return call_fail(c, HX_E_INVALID, "account: must be 3 to 16 hex digits");
    if (!e) e = panel_make(c->tx, &the_panels->seal, c->body, 0, &id);
    if (e == HX_E_CONFLICT) return call_fail(c, e, "a panel with this account exists already");
    c->status = 201;
    /* What this account said while nobody knew it belongs to its school from now on. */
    char account[24];
    json_t *record = NULL;
    if (!e) e = db_one_json(c->db, SQL_PANEL_GET, &record, "i", id);
    if (e) return e;
    snprintf(account, sizeof account, "%s", json_z(record, "account", ""));
    json_decref(record);
    e = db_exec(c->db, SQL_SIGNAL_ADOPT, "iiz", id, json_i64(c->body, "school", 0), account);
    return e ? e : panel_reply(c, id, NULL);
}

static enum hx_err panel_patch(struct call *c)
{
    int64_t id = call_id(c, 0);
    json_t *record = NULL;
    const json_t *b = c->body;
    enum hx_err e = find_panel(c, PERM_PANEL_WRITE, &record);
    if (e) return e;
    int64_t supervision = json_i64(b, "supervision_s", json_i64(record, "supervision_s", 0)), offset = json_i64(b, "clock_offset_s", json_i64(record, "clock_offset_s", 0));
    e = call_check_version(c, record);
    if (!e) e = db_exec(c->db, SQL_PANEL_SET, "ziizzi", json_z(b, "name", NULL), supervision, offset, json_z(b, "clock_policy", NULL), json_z(b, "state", NULL), id);
    uint8_t key[PANEL_KEY_MAX], sealed[PANEL_KEY_MAX + SEAL_EXTRA_BYTES];
    size_t key_bytes;
    if (!e && !key_of(b, key, &key_bytes)) return call_fail(c, HX_E_INVALID, "the key must be 32, 48 or 64 hex digits (key_hex) or 16, 24 or 32 characters (key_ascii)");
    if (!e && key_bytes > 0) e = db_exec(c->db, SQL_PANEL_KEY_SET, "bi", (const void *)sealed, seal_close_over(&the_panels->seal, key, key_bytes, sealed), id);
    if (!e && json_flag(b, "clear_key", false)) e = db_exec(c->db, SQL_PANEL_KEY_SET, "ni", id);
    if (!e && json_has(b, "places")) {
        e = db_exec(c->db, SQL_PANEL_PLACE_CLEAR, "i", id);
        if (!e) e = add_places(c->tx, id, json_object_get(b, "places"));
    }
    if (!e && json_has(b, "test_minutes")) {
        int64_t minutes = json_i64(b, "test_minutes", 0);
        e = db_exec(c->db, SQL_PANEL_TEST_SET, "Ii", minutes > 0 ? c->tx->now_ms + minutes * 60000 : 0, id);
    }
    return e ? e : panel_reply(c, id, "panel.changed");
}

static enum hx_err unknown_list(struct call *c)
{
    if (!call_sees_all(c)) return call_list(c, json_array()); /* nobody knows whose they are */
    return call_list(c, db_all_json(c->db, SQL_SIGNAL_UNKNOWN, ""));
}

static enum hx_err signal_list(struct call *c)
{
    const char *account = call_query(c, "account");
    char upper[24] = "";
    for (size_t i = 0; account != NULL && account[i] != 0 && i < sizeof upper - 1; i++) upper[i] = (char)(account[i] >= 'a' && account[i] <= 'z' ? account[i] - 32 : account[i]);
    int64_t after = call_query_i64(c, "after", 0), limit = call_limit(c, 200, 1000);
    if (account != NULL) return call_list(c, db_all_json(c->db, SQL_SIGNAL_PAGE, "ziiii", upper, after, call_sees_all(c), c->who.id, limit));
    return call_list(c, db_all_json(c->db, SQL_SIGNAL_PAGE_ALL, "iiii", after, call_sees_all(c), c->who.id, limit));
}

/* The phone's button is a signal like any other. Level 1 calls for help at one place, level 2 is the whole school; an officer calls for themselves. */
static enum hx_err panic_post(struct call *c)
{
    int64_t school = json_i64(c->body, "school", 0), level = json_i64(c->body, "level", 1);
    double distance = 0;
    enum hx_err e = HX_OK;
    bool placed = json_has(c->body, "lon") && json_has(c->body, "lat"), officer = json_flag(c->body, "officer", false);
    if (officer && !(call_may(c, PERM_UNIT_REPORT) && call_may(c, PERM_UNIT_READ))) return call_fail(c, HX_E_FORBIDDEN, "officer: only police officers call for themselves; leave it out");
    if (school == 0 && placed) {
        e = school_nearest(c->db, json_f64(c->body, "lon", 0), json_f64(c->body, "lat", 0), officer ? OFFICER_REACH_M : PANIC_REACH_M, &school, &distance);
        if (e == HX_E_NOT_FOUND) school = 0, e = HX_OK; /* a cry for help from nowhere is still one */
    }
    if (e) return e;
    char *text = json_text(c->body);
    struct signal_batch *batch = signal_batch_new(1, str_of(text));
    struct signal *s = &batch->signals[0];
    bool silent = json_flag(c->body, "silent", false);
    s->received_at = c->tx->now_ms;
    s->school_id = school;
    s->class = officer ? CLASS_OFFICER : silent ? CLASS_HOLDUP : CLASS_PANIC;
    s->severity = 1;
    s->drill = json_flag(c->body, "drill", false);
    snprintf(s->account, sizeof s->account, "p%lld", (long long)c->who.id);
    snprintf(s->protocol, sizeof s->protocol, "phone");
    snprintf(s->code, sizeof s->code, officer ? "OE" : silent ? "HA" : "PA");
    snprintf(s->qualifier, sizeof s->qualifier, "new");
    snprintf(s->zone, sizeof s->zone, "%lld", (long long)level);
    snprintf(s->text, sizeof s->text, "%s", c->who.full_name);
    json_t *extra = json_pack("{s:I,s:f,s:f,s:f,s:b,s:I,s:f}", "person_id", (json_int_t)c->who.id, "lon", json_f64(c->body, "lon", 0), "lat", json_f64(c->body, "lat", 0),
                              "accuracy_m", json_f64(c->body, "accuracy_m", -1), "silent", silent, "level", (json_int_t)level, "distance_m", distance);
    s->extra = json_text(extra);
    json_decref(extra);
    /* Two presses are two signals; a repeated request carries an Idempotency-Key. */
    int64_t unique[2] = {c->who.id, journal_next(c->tx)};
    struct str piece = {(const char *)unique, sizeof unique};
    signal_digest(&piece, 1, s->digest);
    e = signal_store(c->tx, batch);
    json_t *reply = json_pack("{s:I,s:I}", "signal", (json_int_t)s->seq, "school_id", (json_int_t)school);
    signal_batch_free(batch);
    free(text);
    c->status = 201;
    if (e) json_decref(reply);
    return e ? e : call_reply(c, reply);
}

static void panel_metrics(struct buf *out)
{
    buf_printf(out, "# TYPE huxue_panels gauge\nhuxue_panels %zu\n# TYPE huxue_panels_lost_total counter\nhuxue_panels_lost_total %llu\n"
                    "# TYPE huxue_panels_restored_total counter\nhuxue_panels_restored_total %llu\n",
               the_panels->count, (unsigned long long)the_panels->lost_total, (unsigned long long)the_panels->restored_total);
}

static const struct hx_route panel_routes[] = {
    {HX_GET, "/v1/panels", "panelList", PERM_PANEL_READ, panel_list, NULL},
    {HX_POST, "/v1/panels", "panelAdd", PERM_PANEL_WRITE, panel_post, NULL},
    {HX_GET, "/v1/panels/{id}", "panelGet", PERM_PANEL_READ, panel_get, NULL},
    {HX_PATCH, "/v1/panels/{id}", "panelChange", PERM_PANEL_WRITE, panel_patch, NULL},
    {HX_GET, "/v1/unknown-accounts", "unknownAccountList", PERM_PANEL_READ, unknown_list, NULL},
    {HX_GET, "/v1/signals", "signalList", PERM_SIGNAL_READ, signal_list, NULL},
    {HX_POST, "/v1/panic", "panic", PERM_PANIC, panic_post, NULL},
};
const struct hx_module panel_module = {
    .name = "panel", .routes = panel_routes, .route_count = HX_COUNT(panel_routes), .start = panel_start, .metrics = panel_metrics,
};
