/* Where people on duty are: told by the phone app while it is looked at, or by the OwnTracks and Traccar apps with the screen off. */
#include <string.h>

#include "base/geo.h"
#include "api/auth.h"
#include "domain/campus/campus.h"
#include "domain/dispatch/dispatch.h"
#include "domain/post/post.h"

#define AWAY_MS (3 * 60000LL)
#define USABLE_M 100       /* a position less accurate than this tells nothing about a fence */
#define SLACK 1.25         /* of the fence, against jitter at its edge */
#define KEPT_MS (7 * CLOCK_DAY_MS)
#define AHEAD_MS 120000

/* Whoever is out of the fence of their post for three minutes within the peak has left it; coming back is told too. */
static enum hx_err weigh(struct tx *tx, int64_t duty, const struct whereabouts *s, bool *inside)
{
    double lon = 0, lat = 0, fence = 0;
    int64_t away = 0, left = 0, begins = 0, now = tx->now_ms;
    struct rows r = db_query(tx->db, SQL_DUTY_PLACE, "i", duty);
    if (rows_next(&r)) lon = rows_f64(&r, 0), lat = rows_f64(&r, 1), fence = (double)rows_i64(&r, 2), away = rows_i64(&r, 3), left = rows_i64(&r, 4), begins = rows_i64(&r, 5);
    enum hx_err e = r.err;
    rows_end(&r);
    bool usable = s->accuracy_m <= USABLE_M;
    *inside = !usable || geo_distance_m(s->lon, s->lat, lon, lat) <= fence * SLACK + s->accuracy_m;
    bool tell_left = !*inside && left == 0 && away != 0 && now >= begins && now - away >= AWAY_MS, tell_back = *inside && usable && left != 0;
    if (!e && *inside && usable && away != 0) e = db_exec(tx->db, SQL_DUTY_AWAY, "IIi", (int64_t)0, (int64_t)0, duty);
    else if (!e && !*inside && (away == 0 || tell_left)) e = db_exec(tx->db, SQL_DUTY_AWAY, "IIi", away == 0 ? now : away, tell_left ? now : left, duty);
    return !e && (tell_left || tell_back) ? duty_tell(tx, duty, tell_left ? "duty.left" : "duty.back", NULL) : e;
}

enum hx_err whereabouts_take(struct tx *tx, int64_t person, const struct whereabouts *s, int64_t *duty, bool *inside)
{
    *duty = 0;
    *inside = false;
    int64_t at = s->at > tx->now_ms + AHEAD_MS || s->at < tx->now_ms - KEPT_MS ? tx->now_ms : s->at;
    enum hx_err e = db_exec(tx->db, SQL_FOOTPRINT_ADD, "iifff", person, at, s->lon, s->lat, s->accuracy_m);
    if (!e) e = db_exec(tx->db, SQL_FOOTPRINT_DROP, "ii", person, tx->now_ms - KEPT_MS);
    if (e || at < tx->now_ms - AHEAD_MS) return e;
    e = crew_moved(tx, person, s->lon, s->lat, s->accuracy_m);
    if (e) return e;
    e = db_one_i64(tx->db, SQL_DUTY_NOW, duty, "ii", person, tx->now_ms);
    if (e == HX_E_NOT_FOUND) return *duty = 0, HX_OK;
    return e ? e : weigh(tx, *duty, s, inside);
}

static enum hx_err my_place(struct call *c)
{
    struct whereabouts s = {json_f64(c->body, "lon", 0), json_f64(c->body, "lat", 0), json_f64(c->body, "accuracy_m", 9999), c->tx->now_ms};
    int64_t duty;
    bool inside;
    enum hx_err e = whereabouts_take(c->tx, c->who.id, &s, &duty, &inside);
    if (e) return e;
    json_t *j = json_pack("{s:b}", "inside", inside);
    json_object_set_new(j, "duty", duty != 0 ? json_integer(duty) : json_null());
    return call_reply(c, j);
}

static bool is_place(const struct whereabouts *s)
{
    return s->lon >= -180 && s->lon <= 180 && s->lat >= -90 && s->lat <= 90 && (s->lon != 0 || s->lat != 0) && s->accuracy_m >= 0;
}

/* OwnTracks, HTTP mode: https://owntracks.org/booklet/tech/json/ ; other messages than a location are thanked for and dropped. */
static enum hx_err owntracks(struct call *c)
{
    const json_t *b = c->body;
    struct whereabouts s = {json_f64(b, "lon", 999), json_f64(b, "lat", 999), json_f64(b, "acc", 50), json_i64(b, "tst", 0) * 1000};
    int64_t duty;
    bool inside;
    if (!json_is_object(b) || strcmp(json_z(b, "_type", ""), "location") != 0) return call_reply(c, json_array());
    if (!is_place(&s)) return call_fail(c, HX_E_INVALID, "lon, lat: want degrees");
    enum hx_err e = whereabouts_take(c->tx, c->who.id, &s, &duty, &inside);
    return e ? e : call_reply(c, json_array()); /* the app wants a list of commands for it: none */
}

/* Traccar Client from version 9: {"location":{"timestamp","coords":{…}},"device_id"}; the device id is an API token of its person. */
static enum hx_err traccar(struct call *c)
{
    const json_t *location = json_object_get(c->body, "location"), *coords = json_object_get(location, "coords");
    struct whereabouts s = {json_f64(coords, "longitude", 999), json_f64(coords, "latitude", 999), json_f64(coords, "accuracy", 50), 0};
    struct auth_claim claim = {.bearer = true, .writes = true};
    struct person who;
    int64_t duty;
    bool inside;
    str_to_z(str_of(json_z(c->body, "device_id", "")), claim.secret, sizeof claim.secret);
    enum hx_err e = auth_person(c->db, &claim, c->tx->now_ms, &who);
    if (!e && !(who.perms >> PERM_DUTY_REPORT & 1)) e = HX_E_FORBIDDEN;
    if (e) return call_fail(c, e, "device_id: put an API token of this person there");
    if (!clock_parse(str_of(json_z(location, "timestamp", "")), &s.at) || !is_place(&s)) return call_fail(c, HX_E_INVALID, "location: want timestamp and coords");
    e = whereabouts_take(c->tx, who.id, &s, &duty, &inside);
    return e ? e : call_reply(c, json_object());
}

static enum hx_err footprints(struct call *c)
{
    int64_t from, to;
    const char *from_text = call_query(c, "from"), *to_text = call_query(c, "to");
    if (from_text == NULL || to_text == NULL || !clock_parse(str_of(from_text), &from) || !clock_parse(str_of(to_text), &to)) return call_fail(c, HX_E_INVALID, "from, to: want two times");
    if (call_id(c, 0) != c->who.id && !call_sees_all(c)) return HX_E_NOT_FOUND; /* of others: only from the top of a tree */
    return call_list(c, db_all_json(c->db, SQL_FOOTPRINT_LIST, "iii", call_id(c, 0), from, to));
}

static const struct hx_route whereabouts_routes[] = {
    {HX_POST, "/v1/my-place", "myPlace", PERM_DUTY_REPORT, my_place, NULL},
    {HX_POST, "/v1/owntracks", "owntracks", PERM_DUTY_REPORT, owntracks, NULL},
    {HX_POST, "/v1/traccar", "traccar", PERM_NONE, traccar, NULL},
    {HX_GET, "/v1/people/{id}/footprints", "footprintList", PERM_DUTY_WRITE, footprints, NULL},
};
const struct hx_module whereabouts_module = {.name = "whereabouts", .routes = whereabouts_routes, .route_count = HX_COUNT(whereabouts_routes)};
