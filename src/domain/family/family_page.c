/* The family's side: one page, without an account. A token shows its own child's school, and nothing of police or cameras. */
#include <stdio.h>
#include <string.h>

#include "api/auth.h"
#include "base/clock.h"
#include "domain/post/post.h"
#include "domain/vehicle/vehicle.h"
#include "family.h"
#include "family_inner.h"
#include "family_text.h"

#define WRONG_SLIPS_A_MINUTE 120
#define ABSENCE_PAUSE_MS 2000 /* between two answers about one pupil: each is an event for ever */
#define PEAKS_MAX 8
#define STATE_MS CLOCK_DAY_MS /* what was released yesterday is not the state of today */
#define TRIP_AHEAD_MS (3 * 3600000LL)

static struct auth_guesses guesses = {.most = WRONG_SLIPS_A_MINUTE};

static enum hx_err find_family(struct call *c, const char *token, json_t **family)
{
    uint8_t digest[32];
    auth_digest(token, digest);
    enum hx_err e = db_one_json(c->db, SQL_GUARDIAN_OF_TOKEN, family, "b", (const void *)digest, sizeof digest);
    return e == HX_E_NOT_FOUND ? call_fail(c, HX_E_UNAUTHENTICATED, "this phone has not joined, or the school has ended it: ask the school for a new slip") : e;
}

static enum hx_err join_post(struct call *c)
{
    uint8_t digest[32];
    char token[AUTH_SECRET_HEX], code[16];
    int64_t id = 0, now = c->tx->now_ms;
    size_t n = 0;
    for (const char *p = json_z(c->body, "code", ""); *p != 0 && n < 15; p++)
        if (*p != ' ' && *p != '-') code[n++] = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
    code[n] = 0;
    if (auth_guessed(&guesses, now, false)) return call_fail(c, HX_E_THROTTLED, "too many wrong codes; wait a minute");
    auth_digest(code, digest);
    enum hx_err e = db_one_i64(c->db, SQL_GUARDIAN_OF_SLIP, &id, "bi", (const void *)digest, sizeof digest, now);
    if (e == HX_E_NOT_FOUND) return (void)auth_guessed(&guesses, now, true), call_fail(c, e, "no slip has this code, or it was used or is older than thirty days: ask the school for a new one");
    auth_secret(token, digest);
    if (!e) e = db_exec(c->db, SQL_GUARDIAN_JOIN, "bii", (const void *)digest, sizeof digest, now, id);
    if (!e) e = journal_tell(c->tx, SQL_GUARDIAN_GET, id, "guardian.joined");
    c->status = 201;
    return e ? e : call_reply(c, json_pack("{s:s}", "token", token));
}

/* Today's hours of coming and going. */
static enum hx_err add_peaks(struct call *c, const json_t *family, json_t *out)
{
    char today[CLOCK_DATE_MAX];
    struct peak_window w[PEAKS_MAX];
    struct peak_book book;
    json_t *items = json_array();
    int64_t school = json_i64(family, "school_id", 0);
    const char *county = json_z(family, "county", "");
    clock_local_date(clock_utc_ms(), today);
    enum hx_err e = peak_book_read(c->db, county, school, today, today, &book);
    if (e) return json_decref(items), e;
    int n = peak_windows(&book, county, school, today, w, PEAKS_MAX);
    for (int i = 0; i < n; i++) {
        json_t *j = json_object();
        json_put_time(j, "begins_at", w[i].begins_at);
        json_put_time(j, "ends_at", w[i].ends_at);
        json_array_append_new(items, j);
    }
    peak_book_free(&book);
    json_object_set_new(out, "peaks", items);
    return HX_OK;
}

/* The bus that the child rides: its next trip, and when it reaches each stop. */
static enum hx_err add_bus(struct call *c, const json_t *family, json_t *out)
{
    int64_t vehicle = json_i64(family, "vehicle_id", 0), now = clock_utc_ms();
    json_t *trip = NULL;
    if (vehicle == 0) return HX_OK;
    enum hx_err e = db_one_json(c->db, SQL_FAMILY_TRIP, &trip, "iii", vehicle, now - 3600000, now + TRIP_AHEAD_MS);
    if (e == HX_E_NOT_FOUND) return HX_OK;
    if (e) return e;
    json_t *seconds = strcmp(json_z(trip, "state", ""), "running") == 0 ? fleet_arrivals(vehicle) : NULL;
    json_t *stops = json_array();
    size_t i;
    const json_t *s;
    json_array_foreach(json_object_get(trip, "stops"), i, s) json_array_append_new(stops, json_pack("{s:O,s:O?}", "name", json_object_get(s, "name"), "seconds", json_array_get(seconds, i)));
    json_decref(seconds);
    json_object_set_new(out, "bus", json_pack("{s:O,s:O,s:O,s:o}", "state", json_object_get(trip, "state"), "direction", json_object_get(trip, "direction"), "due_at", json_object_get(trip, "due_at"), "stops", stops));
    json_decref(trip);
    return HX_OK;
}

/* The newest notice that tells a state, of this day; NULL: as usual. */
static const json_t *state_of(const json_t *notices, int64_t now)
{
    size_t i;
    const json_t *n;
    json_array_foreach(notices, i, n)
    {
        const struct family_kind *k = family_kind(json_z(n, "kind", ""));
        int64_t at = 0;
        if (k == NULL || !k->is_state) continue;
        bool over = strcmp(k->name, "normal") == 0 || strcmp(k->name, "clear") == 0 || !clock_parse(str_of(json_z(n, "visible_at", "")), &at) || now - at > STATE_MS;
        return over ? NULL : n;
    }
    return NULL;
}

/* Only while the school hands pupils over. */
static enum hx_err add_code(struct call *c, const json_t *family, json_t *out)
{
    uint8_t key[FAMILY_KEY_BYTES];
    char code[9];
    size_t n = 0;
    int64_t now = clock_utc_ms();
    struct rows r = db_query(c->db, SQL_GUARDIAN_KEY, "i", json_i64(family, "id", 0));
    bool good = rows_next(&r) && seal_break(&family_seal, rows_blob(&r, 0), key, sizeof key, &n) == HX_OK && n == sizeof key;
    enum hx_err e = r.err;
    rows_end(&r);
    if (e || !good) return e;
    family_code(key, now, 0, code);
    json_object_set_new(out, "code", json_string(code));
    json_put_time(out, "code_until", (now / FAMILY_CODE_MS + 1) * FAMILY_CODE_MS);
    return HX_OK;
}

static enum hx_err family_get(struct call *c)
{
    static const char *const shown[] = {"school", "school_code", "school_phone", "class", "pupil", "name", "relation"};
    char today[CLOCK_DATE_MAX];
    json_t *family = NULL, *absence = NULL, *missing = NULL, *out = json_object();
    int64_t now = clock_utc_ms();
    enum hx_err e = find_family(c, call_query_z(c, "t", ""), &family);
    if (e) return json_decref(out), e;
    for (size_t i = 0; i < HX_COUNT(shown); i++) json_object_set(out, shown[i], json_object_get(family, shown[i]));
    json_t *notices = db_all_json(c->db, SQL_FAMILY_NOTICE_SEEN, "ii", json_i64(family, "school_id", 0), now);
    const json_t *state = state_of(notices, now);
    json_object_set_new(out, "state", json_string(state != NULL ? json_z(state, "kind", "") : "normal"));
    json_object_set_new(out, "notices", notices);
    json_put_time(out, "now", now);
    e = add_peaks(c, family, out);
    if (!e) e = add_bus(c, family, out);
    if (!e && state != NULL && strcmp(json_z(state, "kind", ""), "reunify") == 0) e = add_code(c, family, out);
    if (!e) e = db_one_json(c->db, SQL_ABSENCE_OF, &absence, "izz", json_i64(family, "class_id", 0), json_z(family, "pupil", ""), clock_local_date(now, today));
    if (e == HX_E_NOT_FOUND) e = HX_OK;
    if (absence != NULL) json_object_set_new(out, "absence", absence);
    if (!e) e = db_one_json(c->db, SQL_ROLL_MISSING_OF, &missing, "izz", json_i64(family, "class_id", 0), json_z(family, "pupil", ""), today);
    if (e == HX_E_NOT_FOUND) e = HX_OK;
    if (missing != NULL) json_object_set_new(out, "missing", missing);
    json_decref(family);
    if (e) return json_decref(out), e;
    return call_reply(c, out);
}

/* For today; "none" takes it back. */
static enum hx_err absence_post(struct call *c)
{
    char today[CLOCK_DATE_MAX];
    json_t *family = NULL, *record = NULL;
    const json_t *b = c->body;
    enum hx_err e = find_family(c, json_z(b, "token", ""), &family);
    if (e) return e;
    int64_t id = journal_next(c->tx), school = json_i64(family, "school_id", 0), class = json_i64(family, "class_id", 0), recent = 0;
    clock_local_date(c->tx->now_ms, today);
    e = db_one_i64(c->db, SQL_ABSENCE_RECENT, &recent, "izi", class, json_z(family, "pupil", ""), c->tx->now_ms - ABSENCE_PAUSE_MS);
    if (!e && recent > 0) e = call_fail(c, HX_E_THROTTLED, "this was told a moment ago; wait two seconds");
    if (!e) e = db_exec(c->db, SQL_ABSENCE_SET, "iiiizzzzi", id, json_i64(family, "id", 0), school, class, json_z(family, "pupil", ""), today, json_z(b, "reason", "none"), json_z(b, "note", ""), c->tx->now_ms);
    if (!e) e = db_one_json(c->db, SQL_ABSENCE_OF, &record, "izz", class, json_z(family, "pupil", ""), today);
    bool excused = strcmp(json_z(b, "reason", "none"), "none") != 0;
    if (!e && excused) e = roll_found(c->tx, class, json_z(family, "pupil", "")); /* called as missing before the family wrote */
    json_decref(family);
    if (e) return json_decref(record), e;
    json_object_set_new(record, "school_id", json_integer(school));
    e = journal_add(c->tx, "absence.told", school, json_i64(record, "id", id), json_deep_copy(record));
    json_object_del(record, "school_id");
    if (e) return json_decref(record), e;
    return call_reply(c, record);
}

/* The class was called and the child was not there: it had left home, the family says. */
static enum hx_err left_post(struct call *c)
{
    char today[CLOCK_DATE_MAX];
    json_t *family = NULL;
    enum hx_err e = find_family(c, json_z(c->body, "token", ""), &family);
    if (e) return e;
    int64_t school = json_i64(family, "school_id", 0), class = json_i64(family, "class_id", 0);
    clock_local_date(c->tx->now_ms, today);
    e = db_exec(c->db, SQL_ROLL_LEFT, "iizz", c->tx->now_ms, class, json_z(family, "pupil", ""), today);
    if (!e && db_changes(c->db) > 0)
        e = journal_add(c->tx, "roll.left", school, class, json_pack("{s:I,s:I,s:O,s:O,s:O}", "school_id", (json_int_t)school, "class_id", (json_int_t)class, "class", json_object_get(family, "class"), "pupil", json_object_get(family, "pupil"), "guardian", json_object_get(family, "name")));
    json_decref(family);
    return e ? e : call_reply(c, json_object());
}

static const struct hx_route routes[] = {
    {HX_POST, "/v1/family/join", "familyJoin", PERM_NONE, join_post, NULL},
    {HX_GET, "/v1/family", "familyGet", PERM_NONE, family_get, NULL},
    {HX_POST, "/v1/family/left", "familyLeft", PERM_NONE, left_post, NULL},
    {HX_POST, "/v1/family/absence", "absenceTell", PERM_NONE, absence_post, NULL},
};
const struct hx_module family_page_module = {.name = "family_page", .routes = routes, .route_count = HX_COUNT(routes)};
