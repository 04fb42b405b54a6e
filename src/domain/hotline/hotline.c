#include "hotline.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "domain/incident/incident.h"
#include "io/net.h"

#define WINDOW_MS 600000
#define EACH_MAX 5    /* of one address or number within the window */
#define ALL_MAX 200   /* of everybody: what is more is noise that nobody could read */
#define DIGEST_BYTES 16

static uint8_t salt[32]; /* of this run: the digest tells repeated senders apart for a while, and nothing else */

struct told {
    const char *way, *school_said, *text, *contact, *sender;
    int64_t school;
};

static void digest_of(const char *sender, uint8_t out[EVP_MAX_MD_SIZE])
{
    unsigned n = 0;
    HX_ASSERT(HMAC(EVP_sha256(), salt, sizeof salt, (const uint8_t *)sender, strlen(sender), out, &n) != NULL);
}

/* The school whose name stands in the text, the longest name first; 0: none. */
static enum hx_err named_school(struct tx *tx, const char *text, int64_t *school)
{
    enum hx_err e = text[0] != 0 ? db_one_i64(tx->db, SQL_HOTLINE_SCHOOL_NAMED, school, "z", text) : HX_E_NOT_FOUND;
    return e == HX_E_NOT_FOUND ? HX_OK : e;
}

static enum hx_err take(struct call *c, const struct told *t)
{
    struct tx *tx = c->tx;
    uint8_t digest[EVP_MAX_MD_SIZE];
    char date[CLOCK_DATE_MAX];
    int64_t recent = 0, all = 0, id = journal_next(tx);
    digest_of(t->sender, digest);
    enum hx_err e = db_one_i64(tx->db, SQL_HOTLINE_RECENT, &recent, "bi", (const void *)digest, (size_t)DIGEST_BYTES, tx->now_ms - WINDOW_MS);
    if (!e) e = db_one_i64(tx->db, SQL_HOTLINE_ALL_RECENT, &all, "i", tx->now_ms - WINDOW_MS);
    if (e) return e;
    if (recent >= EACH_MAX || all >= ALL_MAX) return call_fail(c, HX_E_THROTTLED, "too many messages in ten minutes; if somebody is in danger now, call 110");
    e = db_exec(tx->db, SQL_HOTLINE_ADD, "izIzzzbi", id, t->way, t->school, t->school_said, t->text, t->contact, (const void *)digest, (size_t)DIGEST_BYTES, tx->now_ms);
    json_t *record = NULL;
    if (!e) e = db_one_json(tx->db, SQL_HOTLINE_GET, &record, "i", id);
    if (e) return e;
    json_t *answer = json_pack("{s:I,s:O?}", "id", (json_int_t)id, "school", json_object_get(record, "school"));
    e = journal_add(tx, "hotline.received", t->school, id, record);
    /* The rules read it as they read what other systems observed. */
    if (!e) e = journal_add(tx, "observation.made", t->school, id, json_pack("{s:s,s:s,s:s,s:b,s:s}", "kind", "tip", "text", t->text, "source", t->way, "drill", 0, "date", clock_local_date(tx->now_ms, date)));
    c->status = 201;
    if (e) return json_decref(answer), e;
    return call_reply(c, answer);
}

static enum hx_err hotline_tell(struct call *c)
{
    const json_t *b = c->body;
    const char *code = json_z(b, "school_code", "");
    char host[NET_TEXT_MAX];
    struct told t = {.way = "web", .school_said = json_z(b, "school", ""), .text = json_z(b, "text", ""), .contact = json_z(b, "contact", ""), .sender = net_host(c->peer, host)};
    enum hx_err e = code[0] != 0 ? db_one_i64(c->db, SQL_HOTLINE_SCHOOL_CODE, &t.school, "z", code) : HX_E_NOT_FOUND;
    if (e == HX_E_NOT_FOUND) e = named_school(c->tx, t.school_said, &t.school);
    if (!e && t.school == 0) e = named_school(c->tx, t.text, &t.school);
    return e ? e : take(c, &t);
}

static enum hx_err hotline_sms(struct call *c)
{
    struct told t = {.way = "sms", .school_said = "", .text = json_z(c->body, "text", ""), .contact = json_z(c->body, "from", ""), .sender = json_z(c->body, "from", "")};
    enum hx_err e = named_school(c->tx, t.text, &t.school);
    return e ? e : take(c, &t);
}

static enum hx_err hotline_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_HOTLINE_LIST, "iziii", call_query_i64(c, "before", INT64_MAX), call_query_z(c, "state", ""), call_sees_all(c), c->who.id, call_limit(c, 100, 1000)));
}

static enum hx_err hotline_settle(struct call *c)
{
    json_t *record = NULL;
    int64_t id = call_id(c, 0), incident = 0;
    enum hx_err e = call_read(c, SQL_HOTLINE_GET, PERM_INCIDENT_HANDLE, &record);
    if (e) return e;
    int64_t school = json_i64(c->body, "school_id", json_i64(record, "school_id", 0));
    bool opens = strcmp(json_z(c->body, "act", ""), "incident") == 0;
    if (strcmp(json_z(record, "state", ""), "new") != 0) e = call_fail(c, HX_E_ILLEGAL, "this message is settled already");
    if (!e && school != 0) e = call_check_school(c, PERM_INCIDENT_HANDLE, school);
    if (!e && !opens && json_z(c->body, "note", "")[0] == 0) e = call_fail(c, HX_E_INVALID, "note: say how it was settled");
    if (!e && opens) {
        struct incident_new n = {.school_id = school, .title = "群众举报", .title_en = "Tip from the public", .class = "other", .source = "call", .caller = json_z(record, "way", ""), .caller_phone = json_z(record, "contact", ""),
                                 .story = json_z(record, "text", ""), .severity = (int)json_i64(c->body, "severity", 3)};
        e = incident_open(c->tx, &n, &incident);
    }
    json_decref(record);
    if (!e) e = db_exec(c->db, SQL_HOTLINE_SETTLE, "zIIziii", opens ? "incident" : "settled", incident, school, json_z(c->body, "note", ""), c->who.id, c->tx->now_ms, id);
    if (!e) e = journal_tell(c->tx, SQL_HOTLINE_GET, id, "hotline.settled");
    return e ? e : call_reply_one(c, SQL_HOTLINE_GET, id);
}

static enum hx_err hotline_start(struct hx_app *app)
{
    (void)app;
    return RAND_bytes(salt, sizeof salt) == 1 ? HX_OK : HX_E_INTERNAL;
}

static const struct hx_route hotline_routes[] = {
    {HX_POST, "/v1/hotline", "hotlineTell", PERM_NONE, hotline_tell, NULL},
    {HX_POST, "/v1/hotline/sms", "hotlineSms", PERM_OBSERVE, hotline_sms, NULL},
    {HX_GET, "/v1/hotline", "hotlineList", PERM_INCIDENT_READ, hotline_list, NULL},
    {HX_POST, "/v1/hotline/{id}/settle", "hotlineSettle", PERM_INCIDENT_HANDLE, hotline_settle, NULL},
};
const struct hx_module hotline_module = {.name = "hotline", .routes = hotline_routes, .route_count = HX_COUNT(hotline_routes), .start = hotline_start};
