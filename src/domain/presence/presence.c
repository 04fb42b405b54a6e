#include "presence.h"

#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/geo.h"

#define ACCURATE_M 50                  /* a position worse than that says little */
#define FASTEST_KMH 120
#define NEAR_MS (12 * 3600000LL)       /* reports so far apart say nothing about speed */
#define CLOCK_AHEAD_MS 120000
#define SAME_PHONE_MS (12 * 3600000LL)
#define SAME_SPOT 3                    /* so often the same seven digits are no receiver's */
#define STEP_MS 30000
#define STEPS_APART 2                  /* of two phones' clocks */

struct presence presence_read(const struct call *c, int64_t device_at)
{
    const json_t *b = c->body;
    return (struct presence){.person_id = c->who.id, .device_at = device_at, .now_ms = c->tx->now_ms, .phone = json_z(b, "device", ""), .placed = json_has(b, "lon") && json_has(b, "lat"),
                             .lon = json_f64(b, "lon", 0), .lat = json_f64(b, "lat", 0), .accuracy_m = json_f64(b, "accuracy_m", 9999), .record = c->record.standing};
}

static void doubt(json_t *doubts, const char *name, double value)
{
    json_array_append_new(doubts, json_pack("{s:s,s:f}", "reason", name, "value", value));
}

void presence_weigh_place(const struct presence *p, const struct presence_place *place, json_t *doubts)
{
    double away = p->placed ? geo_distance_m(p->lon, p->lat, place->lon, place->lat) : 0;
    if (place->wrong_code) doubt(doubts, "wrong_code", 0);
    if (place->coded) return;
    if (!p->placed) doubt(doubts, "no_position", 0);
    if (p->placed && p->accuracy_m > ACCURATE_M) doubt(doubts, "inaccurate", p->accuracy_m);
    if (p->placed && away > place->radius_m + fmin(p->accuracy_m, ACCURATE_M)) doubt(doubts, "outside", round(away));
}

/* The greatest speed to a report before or after this one; 0 where none is telling. */
static double speed_kmh(struct db *db, const struct presence *p)
{
    double most = 0;
    struct rows r = db_query(db, SQL_PRESENCE_NEAR, "iii", p->person_id, p->device_at - NEAR_MS, p->device_at + NEAR_MS);
    while (rows_next(&r)) {
        double hours = fabs((double)(p->device_at - rows_i64(&r, 0))) / 3600000.0, km = geo_distance_m(p->lon, p->lat, rows_f64(&r, 1), rows_f64(&r, 2)) / 1000;
        if (km > 1) most = fmax(most, hours > 0 ? fmin(km / hours, 9999) : 9999);
    }
    rows_end(&r);
    return most;
}

void presence_weigh_person(struct db *db, const struct presence *p, json_t *doubts)
{
    int64_t others = 0, same = 0;
    double kmh = p->placed ? speed_kmh(db, p) : 0;
    if (kmh > FASTEST_KMH) doubt(doubts, "too_fast", round(kmh));
    if (p->phone[0] != 0 && db_one_i64(db, SQL_PRESENCE_PHONE_OTHER, &others, "zii", p->phone, p->person_id, p->now_ms - SAME_PHONE_MS) == HX_OK && others > 0) doubt(doubts, "same_phone", (double)others);
    if (p->placed && db_one_i64(db, SQL_PRESENCE_SAME_SPOT, &same, "iff", p->person_id, p->lon, p->lat) == HX_OK && same >= SAME_SPOT) doubt(doubts, "same_spot", (double)same);
    if (p->device_at > p->now_ms + CLOCK_AHEAD_MS) doubt(doubts, "clock_ahead", (double)(p->device_at - p->now_ms) / 1000);
    if (p->record == RECORD_UNKNOWN || (p->record == RECORD_NONE && record_expected(db, p->person_id, p->now_ms))) doubt(doubts, "unsigned", 0);
    if (p->record == RECORD_FALSE || p->record == RECORD_BROKEN) doubt(doubts, "signature", 0);
}

void presence_weigh_company(struct db *db, int64_t person_id, int64_t from_ms, int64_t to_ms, json_t *doubts)
{
    int64_t seen = 0;
    if (db_one_i64(db, SQL_BUDDY_BETWEEN, &seen, "iii", person_id, from_ms, to_ms) == HX_OK && seen == 0) doubt(doubts, "alone", 0);
}

const char *presence_proof(const json_t *doubts)
{
    return json_array_size(doubts) == 0 ? "green" : "amber";
}

/* ---- two who go together ---- */

bool buddy_read(struct str text, struct buddy_code *out)
{
    struct str parts[5];
    for (size_t i = 0; i < HX_COUNT(parts); i++)
        if (!str_split(&text, ':', &parts[i])) return false;
    bool good = text.len == 0 && str_eq(parts[0], STR("HXB")) && parts[1].len == sizeof out->tag - 1 && str_to_i64(parts[2], &out->person_id) && str_to_i64(parts[3], &out->step) &&
                base64url_decode(parts[4], out->signature, sizeof out->signature) == P256_SIGNATURE_BYTES;
    if (good) str_to_z(parts[1], out->tag, sizeof out->tag);
    return good;
}

bool buddy_verify(const struct buddy_code *code, const uint8_t key[P256_POINT_BYTES])
{
    char text[80];
    uint8_t hash[EVP_MAX_MD_SIZE];
    int n = snprintf(text, sizeof text, "huxue-buddy-1\n%lld\n%lld", (long long)code->person_id, (long long)code->step);
    EVP_PKEY *public = p256_key(key);
    bool good = public != NULL && EVP_Digest(text, (size_t)n, hash, NULL, EVP_sha256(), NULL) == 1 && p256_verify(public, hash, code->signature);
    EVP_PKEY_free(public);
    return good;
}

static bool signed_by(struct db *db, const struct buddy_code *code)
{
    struct rows r = db_query(db, SQL_PHONE_KEY_OF, "iz", code->person_id, code->tag);
    struct str key = rows_next(&r) ? rows_blob(&r, 1) : STR("");
    bool good = key.len == P256_POINT_BYTES && buddy_verify(code, (const uint8_t *)key.at);
    rows_end(&r);
    return good;
}

static enum hx_err buddy_post(struct call *c)
{
    struct buddy_code code;
    int64_t at;
    json_t *seen = NULL;
    enum hx_err e = call_told_at(c, &at);
    if (e) return e;
    if (!buddy_read(str_of(json_z(c->body, "code", "")), &code)) return call_fail(c, HX_E_INVALID, "this is not a member's code");
    if (code.person_id == c->who.id) return call_fail(c, HX_E_INVALID, "this is your own code: scan the other member's");
    if (llabs(at / STEP_MS - code.step) > STEPS_APART) return call_fail(c, HX_E_INVALID, "this code is old: scan the one that is shown now");
    e = db_one_json(c->db, SQL_BUDDY_NAME, &seen, "i", code.person_id);
    if (!e && !signed_by(c->db, &code)) json_decref(seen), seen = NULL, e = call_fail(c, HX_E_INVALID, "this code is not of a phone that we know: the other member should open the app with a network once");
    if (e) return e;
    e = db_exec(c->db, SQL_BUDDY_ADD, "ziiii", json_z(c->body, "id", ""), c->who.id, code.person_id, at, c->tx->now_ms);
    if (!e && db_changes(c->db) > 0) e = journal_add(c->tx, "presence.together", 0, 0, json_pack("{s:I,s:I}", "person_id", (json_int_t)c->who.id, "seen_id", (json_int_t)code.person_id));
    c->status = 201;
    return e ? (json_decref(seen), e) : call_reply(c, seen);
}

static const struct hx_route presence_routes[] = {
    {HX_POST, "/v1/buddies", "buddyAdd", PERM_DUTY_REPORT, buddy_post, NULL},
};
const struct hx_module presence_module = {.name = "presence", .routes = presence_routes, .route_count = HX_COUNT(presence_routes)};
