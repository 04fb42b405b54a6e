#include "bulletin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "proto/cap/cap.h"

#define USUAL_MS (12 * 3600000LL) /* an alert that does not say when it expires stands so long */
#define SCHOOL_KM 0.3             /* the circle round a school in our own alerts */
#define SENDER "huxue"

/* ---- in ---- */

static const char *level_of(enum cap_severity s)
{
    static const char *const levels[] = {"extreme", "severe", "moderate", "minor", "moderate"};
    return s < CAP_SEVERITY_COUNT ? levels[s] : "moderate";
}

/* One event a school, which the rules read. The rules know the alert by our number: a sender's own may be of any length. */
static enum hx_err tell_school(struct tx *tx, int64_t id, int64_t school, const char *kind, const char *level, const char *text, bool drill)
{
    char ref[32], date[CLOCK_DATE_MAX];
    snprintf(ref, sizeof ref, "CAP-%lld", (long long)id);
    json_t *j = json_pack("{s:I,s:s,s:s,s:s,s:s,s:b,s:s,s:s}", "school_id", (json_int_t)school, "kind", kind, "ref", ref, "level", level, "text", text, "drill", drill, "source", "cap", "date", clock_local_date(tx->now_ms, date));
    return journal_add(tx, "observation.made", school, id, j);
}

static enum hx_err end_bulletin(struct tx *tx, int64_t id)
{
    int64_t *schools = NULL;
    size_t n = 0, room = 0;
    enum hx_err e = db_exec(tx->db, SQL_BULLETIN_OVER, "i", id);
    if (e || db_changes(tx->db) == 0) return e;
    struct rows r = db_query(tx->db, SQL_BULLETIN_SCHOOLS, "i", id);
    while (rows_next(&r)) {
        if (n == room) {
            room = room ? 2 * room : 64;
            schools = realloc(schools, room * sizeof *schools);
            HX_ASSERT(schools != NULL);
        }
        schools[n++] = rows_i64(&r, 0);
    }
    e = r.err;
    rows_end(&r);
    /* A drill's and a real one are apart in the rules: both are told that it is over. */
    for (size_t i = 0; !e && i < n; i++) {
        e = tell_school(tx, id, schools[i], "bulletin_over", "minor", "", false);
        if (!e) e = tell_school(tx, id, schools[i], "bulletin_over", "minor", "", true);
    }
    free(schools);
    return e ? e : journal_tell(tx, SQL_BULLETIN_GET, id, "bulletin.over");
}

/* What an update or a cancel names: "sender,identifier,sent", with blanks between. */
static enum hx_err end_referenced(struct tx *tx, const struct cap_alert *a)
{
    struct str rest = str_of(a->references), one;
    enum hx_err e = HX_OK;
    while (!e && str_split(&rest, ' ', &one)) {
        struct str sender, identifier;
        char from[120], which[160];
        int64_t id;
        if (!str_split(&one, ',', &sender) || !str_split(&one, ',', &identifier)) continue;
        e = db_one_i64(tx->db, SQL_BULLETIN_THERE, &id, "zz", str_to_z(sender, from, sizeof from), str_to_z(identifier, which, sizeof which));
        if (!e) e = end_bulletin(tx, id);
        else if (e == HX_E_NOT_FOUND) e = HX_OK;
    }
    return e;
}

struct place {
    int64_t id;
    double lon, lat;
    char county[8];
};

static enum hx_err tell_schools(struct tx *tx, int64_t id, const struct cap_alert *a)
{
    struct place *places = NULL;
    size_t n = 0, room = 0;
    struct rows r = db_query(tx->db, SQL_BULLETIN_PLACES, "");
    while (rows_next(&r)) {
        if (n == room) {
            room = room ? 2 * room : 1024;
            places = realloc(places, room * sizeof *places);
            HX_ASSERT(places != NULL);
        }
        places[n] = (struct place){.id = rows_i64(&r, 0), .lon = rows_f64(&r, 1), .lat = rows_f64(&r, 2)};
        str_to_z(rows_str(&r, 3), places[n].county, sizeof places[n].county);
        n += cap_covers(a, places[n].lon, places[n].lat, places[n].county);
    }
    enum hx_err e = r.err;
    rows_end(&r);
    const char *text = a->headline[0] != 0 ? a->headline : a->event;
    for (size_t i = 0; !e && i < n; i++) {
        e = db_exec(tx->db, SQL_BULLETIN_SCHOOL_ADD, "ii", id, places[i].id);
        if (!e) e = tell_school(tx, id, places[i].id, "bulletin", level_of(a->severity), text, a->status == CAP_EXERCISE);
    }
    free(places);
    return e;
}

static enum hx_err keep(struct tx *tx, const struct cap_alert *a, struct str raw, bool tells, int64_t id)
{
    return db_exec(tx->db, SQL_BULLETIN_ADD, "izzizzzzzzzzzzzzIIzib", id, a->identifier, a->sender, a->sent, cap_status_name(a->status), cap_type_name(a->type), a->references, a->event, a->category, a->urgency,
                   a->severity < CAP_SEVERITY_COUNT ? cap_severity_name(a->severity) : "", a->certainty, a->headline, a->description, a->instruction, a->area, a->onset, a->expires, tells ? "standing" : "kept", tx->now_ms,
                   (const void *)raw.at, raw.len);
}

static enum hx_err take(struct call *c, const struct cap_alert *a)
{
    struct tx *tx = c->tx;
    int64_t id = 0, until = a->expires != 0 ? a->expires : tx->now_ms + USUAL_MS;
    enum hx_err there = db_one_i64(tx->db, SQL_BULLETIN_THERE, &id, "zz", a->sender, a->identifier);
    if (there == HX_OK) return call_reply_one(c, SQL_BULLETIN_GET, id); /* sent again */
    if (there != HX_E_NOT_FOUND) return there;
    bool real = a->status == CAP_ACTUAL || a->status == CAP_EXERCISE, tells = real && (a->type == CAP_ALERT || a->type == CAP_UPDATE) && until > tx->now_ms;
    id = journal_next(tx);
    enum hx_err e = keep(tx, a, c->raw, tells, id);
    if (!e) e = journal_tell(tx, SQL_BULLETIN_GET, id, "bulletin.received");
    if (!e && real && (a->type == CAP_UPDATE || a->type == CAP_CANCEL)) e = end_referenced(tx, a);
    if (!e && tells) e = tell_schools(tx, id, a);
    if (!e && tells) e = timer_set(tx, "bulletin.expires", id, 0, until, NULL);
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_BULLETIN_GET, id);
}

static enum hx_err bulletin_post(struct call *c)
{
    char why[200] = "";
    struct cap_alert *a = calloc(1, sizeof *a);
    HX_ASSERT(a != NULL);
    enum hx_err e = call_check_school(c, PERM_OBSERVE, 0); /* it may concern any school */
    if (!e) e = cap_parse(c->raw, a, why, sizeof why);
    if (e == HX_E_MALFORMED) e = call_fail(c, HX_E_INVALID, "%s", why);
    else if (e == HX_E_LIMIT) e = call_fail(c, e, "%s", why);
    if (!e && a->status == CAP_DRAFT) e = call_fail(c, HX_E_INVALID, "status: a draft is not taken");
    if (!e) e = take(c, a);
    free(a);
    return e;
}

static enum hx_err on_expires(struct tx *tx, const struct timer_row *row)
{
    return end_bulletin(tx, row->subject_id);
}

static enum hx_err bulletin_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_BULLETIN_LIST, "ii", call_query_i64(c, "before", INT64_MAX), call_limit(c, 100, 1000)));
}

/* ---- out ---- */

static void put(char *out, size_t size, const char *text)
{
    str_to_utf8_z(str_of(text), out, size);
}

static enum cap_type type_of(const json_t *i)
{
    const char *state = json_z(i, "state", "");
    if (strcmp(state, "cancelled") == 0) return CAP_CANCEL;
    return json_i64(i, "version", 1) > 1 ? CAP_UPDATE : CAP_ALERT;
}

/* Who may read it is asked at our door; to whom it may be passed on is said in the alert. */
static void fill_alert(const json_t *i, struct cap_alert *a)
{
    static const enum cap_severity severities[] = {CAP_UNKNOWN, CAP_EXTREME, CAP_SEVERE, CAP_MODERATE, CAP_MINOR};
    const char *class = json_z(i, "class", "");
    int64_t id = json_i64(i, "id", 0), version = json_i64(i, "version", 1), severity = json_i64(i, "severity", 4), opened = 0, changed = 0;
    clock_parse(str_of(json_z(i, "opened_at", "")), &opened);
    clock_parse(str_of(json_z(i, "last_signal_at", "")), &changed);
    snprintf(a->identifier, sizeof a->identifier, "%s-%lld-%lld", SENDER, (long long)id, (long long)version);
    put(a->sender, sizeof a->sender, SENDER);
    a->sent = changed > opened ? changed : opened;
    a->status = json_flag(i, "drill", false) ? CAP_EXERCISE : CAP_ACTUAL;
    a->type = type_of(i);
    a->restricted = true;
    put(a->restriction, sizeof a->restriction, "公安机关与教育部门内部 police and education only");
    if (a->type != CAP_ALERT) {
        char sent[CAP_TIME_MAX];
        snprintf(a->references, sizeof a->references, "%s,%s-%lld-1,%s", SENDER, SENDER, (long long)id, cap_time(opened, sent));
    }
    put(a->language, sizeof a->language, "zh-CN");
    put(a->category, sizeof a->category, strcmp(class, "fire") == 0 ? "Fire" : strcmp(class, "medical") == 0 ? "Health" : strcmp(class, "gas") == 0 ? "CBRNE" : strcmp(class, "bus") == 0 ? "Transport" : "Security");
    put(a->event, sizeof a->event, json_z(i, "title", ""));
    put(a->urgency, sizeof a->urgency, json_has(i, "controlled_at") || json_has(i, "closed_at") ? "Past" : "Immediate");
    a->severity = severities[severity >= 1 && severity <= 4 ? severity : 0];
    put(a->certainty, sizeof a->certainty, json_has(i, "confirmed_at") ? "Observed" : "Possible");
    snprintf(a->headline, sizeof a->headline, "%s%.100s %.100s", json_flag(i, "drill", false) ? "【演练】" : "", json_z(i, "school", ""), json_z(i, "title", ""));
    char whole[sizeof a->headline];
    memcpy(a->headline, str_to_utf8_z(str_of(a->headline), whole, sizeof whole), sizeof whole);
    put(a->description, sizeof a->description, json_z(i, "story", ""));
    put(a->area, sizeof a->area, json_z(i, "school", "-"));
    if (json_has(i, "lon") && json_f64(i, "lon", 0) != 0) a->circles[a->circle_count].at = (struct cap_point){json_f64(i, "lat", 0), json_f64(i, "lon", 0)}, a->circles[a->circle_count++].km = SCHOOL_KM;
    if (a->circle_count == 0 && json_has(i, "county")) { /* an area is all that it names: beside the circle the code would say the whole county */
        put(a->geocodes[0].name, sizeof a->geocodes[0].name, "GB/T 2260");
        put(a->geocodes[0].value, sizeof a->geocodes[0].value, json_z(i, "county", ""));
        a->geocode_count = 1;
    }
}

static enum hx_err reply_bytes(struct call *c, struct buf *out, const char *type)
{
    c->bytes = out->at;
    c->bytes_n = out->len;
    c->bytes_type = type;
    return HX_OK;
}

static enum hx_err incident_cap(struct call *c)
{
    json_t *i = NULL;
    struct buf out;
    enum hx_err e = call_read(c, SQL_INCIDENT_GET, PERM_INCIDENT_READ, &i);
    if (e) return e;
    struct cap_alert *a = calloc(1, sizeof *a);
    HX_ASSERT(a != NULL);
    fill_alert(i, a);
    buf_init(&out, CAP_BYTES_MAX);
    cap_write(a, &out);
    free(a);
    json_decref(i);
    return reply_bytes(c, &out, "application/cap+xml");
}

/* RFC 4287. */
static enum hx_err cap_feed(struct call *c)
{
    char now[CLOCK_TEXT_MAX];
    json_t *rows = db_all_json(c->db, SQL_BULLETIN_INCIDENTS, "iii", clock_utc_ms() - CLOCK_DAY_MS, call_sees_all(c), c->who.id);
    if (rows == NULL) return HX_E_STORE;
    struct buf out;
    buf_init(&out, CAP_BYTES_MAX);
    buf_printf(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n  <id>urn:huxue:cap</id>\n  <title>护学警情 Huxue incidents</title>\n  <updated>%s</updated>\n  <author><name>Huxue</name></author>\n",
               clock_format(clock_utc_ms(), now));
    for (size_t n = 0; n < json_array_size(rows); n++) {
        const json_t *i = json_array_get(rows, n);
        long long id = json_i64(i, "id", 0);
        buf_printf(&out, "  <entry>\n    <id>urn:huxue:incident:%lld</id>\n    <title>%s", id, json_flag(i, "drill", false) ? "【演练】" : "");
        cap_add_text(&out, json_z(i, "school", ""));
        buf_add_z(&out, " ");
        cap_add_text(&out, json_z(i, "title", ""));
        buf_printf(&out, "</title>\n    <updated>%s</updated>\n    <published>%s</published>\n    <link rel=\"alternate\" type=\"application/cap+xml\" href=\"/v1/incidents/%lld/cap\"/>\n    <summary>%s</summary>\n  </entry>\n",
                   json_z(i, "changed_at", ""), json_z(i, "opened_at", ""), id, json_z(i, "state", ""));
    }
    buf_add_z(&out, "</feed>\n");
    json_decref(rows);
    return reply_bytes(c, &out, "application/atom+xml");
}

static const struct timer_kind bulletin_timers[] = {{.kind = "bulletin.expires", .fire = on_expires, .calendar = true}, {0}};
static const struct hx_route bulletin_routes[] = {
    {HX_POST, "/v1/bulletins", "bulletinAdd", PERM_OBSERVE, bulletin_post, NULL},
    {HX_GET, "/v1/bulletins", "bulletinList", PERM_WARNING_READ, bulletin_list, NULL},
    {HX_GET, "/v1/incidents/{id}/cap", "incidentCap", PERM_INCIDENT_READ, incident_cap, NULL},
    {HX_GET, "/v1/cap/feed", "capFeed", PERM_INCIDENT_READ, cap_feed, NULL},
};
const struct hx_module bulletin_module = {.name = "bulletin", .routes = bulletin_routes, .route_count = HX_COUNT(bulletin_routes), .timer_kinds = bulletin_timers};
