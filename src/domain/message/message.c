#include "message.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "domain/incident/incident.h"
#include "message_call.h"
#include "notify/notify_text.h"

#define VOICE_AFTER_MS 30000 /* nobody looked at the text by then: the phone rings */
#define SMS_AFTER_MS 15000   /* of what is not about life */
#define ARRIVAL_MS (15 * 60000LL) /* an officer is at the gate this long before the peak */
#define UNREACHED_AFTER_MS 60000
#define UNREACHED_DAYS 2
#define TEXT_MAX 480

static struct seal the_seal;

/* ---- making ---- */

struct target {
    int64_t receiver_id, person_id, gateway_id;
    char channels[40], phone[40], mail[120], lang[8], rule[12];
};
struct targets {
    struct target *at;
    size_t count, room;
};

static enum hx_err add_delivery(struct tx *tx, int64_t message, const struct message_new *m, const struct target *t, const char *channel, const char *address, const char *text, int64_t due_at)
{
    uint8_t raw[16];
    char key[33];
    int64_t gateway = t->gateway_id;
    const char *fault = "";
    HX_ASSERT(RAND_bytes(raw, sizeof raw) == 1);
    hex_encode_lower(raw, sizeof raw, key);
    enum hx_err e = HX_OK;
    if (strcmp(channel, "app") != 0 && gateway == 0) e = db_one_i64(tx->db, SQL_GATEWAY_OF_KIND, &gateway, "z", channel);
    if (e == HX_E_NOT_FOUND) e = HX_OK, gateway = 0, fault = "no_gateway";
    if (address[0] == 0) fault = "no_address";
    if (!e) e = db_exec(tx->db, SQL_DELIVERY_ADD, "iiiIzIzzzziz", journal_next(tx), message, t->receiver_id, t->person_id, channel, gateway, address, key, text, fault[0] != 0 ? "failed" : "waiting", due_at, fault);
    /* Its number is the row's id. */
    return e ? e : journal_add(tx, "delivery.made", m->school_id, m->incident_id, json_pack("{s:I,s:s,s:I,s:s}", "message_id", (json_int_t)message, "channel", channel, "receiver_id", (json_int_t)t->receiver_id, "fault", fault));
}

static enum hx_err add_deliveries(struct tx *tx, int64_t message, const struct message_new *m, const struct target *t)
{
    const char *text = strcmp(t->lang, "en") == 0 ? m->en : m->zh;
    char person[24];
    enum hx_err e = HX_OK;
    snprintf(person, sizeof person, "%lld", (long long)t->person_id);
    if (t->person_id == 0 && t->gateway_id != 0) return add_delivery(tx, message, m, t, "group", "group", text, tx->now_ms);
    struct target one = *t;
    one.gateway_id = 0;
    const struct { const char *channel, *address; int64_t after_ms; } steps[] = {
        {"app", t->person_id != 0 ? person : "", 0}, {"sms", t->phone, m->severity == 1 ? 0 : SMS_AFTER_MS}, {"voice", t->phone, VOICE_AFTER_MS}, {"mail", t->mail, 0}};
    for (size_t i = 0; !e && i < HX_COUNT(steps); i++) {
        if (!str_names(str_of(t->channels), str_of(steps[i].channel))) continue;
        e = add_delivery(tx, message, m, &one, steps[i].channel, steps[i].address, text, tx->now_ms + steps[i].after_ms);
    }
    return e;
}

/* Nobody is told twice: who is entered by name is not told again for being on duty. */
static void add_target(struct targets *all, const struct target *t)
{
    for (size_t i = 0; t->person_id != 0 && i < all->count && t->rule[0] != 0; i++)
        if (all->at[i].person_id == t->person_id) return;
    if (all->count == all->room) {
        all->room = all->room ? 2 * all->room : 16;
        all->at = realloc(all->at, all->room * sizeof *all->at);
        HX_ASSERT(all->at != NULL);
    }
    all->at[all->count++] = *t;
}

/* Whoever the rule means now. */
static enum hx_err add_on_duty(struct tx *tx, const struct message_new *m, const struct target *rule, struct targets *all)
{
    bool gate = strcmp(rule->rule, "gate") == 0;
    struct rows r = gate ? db_query(tx->db, SQL_RECEIVER_GATE, "iii", m->school_id, tx->now_ms + ARRIVAL_MS, tx->now_ms) : db_query(tx->db, SQL_RECEIVER_CREW, "i", m->incident_id);
    while (rows_next(&r)) {
        struct target t = *rule;
        t.person_id = rows_i64(&r, 0);
        str_to_z(rows_str(&r, 1), t.phone, sizeof t.phone);
        str_to_z(rows_str(&r, 2), t.lang, sizeof t.lang);
        add_target(all, &t);
    }
    rows_end(&r);
    return r.err;
}

static enum hx_err find_targets(struct tx *tx, const struct message_new *m, struct targets *all)
{
    struct targets rules = {NULL, 0, 0};
    int64_t minute = (tx->now_ms + CLOCK_LOCAL_MS) / 60000 % 1440;
    struct rows r = db_query(tx->db, SQL_RECEIVER_FOR, "iizii", (int64_t)m->level, (int64_t)m->severity, m->county, minute, m->school_id);
    while (rows_next(&r)) {
        struct target t = {.receiver_id = rows_i64(&r, 0), .person_id = rows_i64(&r, 1), .gateway_id = rows_i64(&r, 2)};
        str_to_z(rows_str(&r, 3), t.channels, sizeof t.channels);
        str_to_z(rows_str(&r, 4), t.phone, sizeof t.phone);
        str_to_z(rows_str(&r, 5), t.mail, sizeof t.mail);
        str_to_z(rows_str(&r, 6), t.lang, sizeof t.lang);
        str_to_z(rows_str(&r, 7), t.rule, sizeof t.rule);
        add_target(t.rule[0] != 0 ? &rules : all, &t);
    }
    enum hx_err e = r.err;
    rows_end(&r);
    for (size_t i = 0; !e && i < rules.count; i++) e = add_on_duty(tx, m, &rules.at[i], all);
    free(rules.at);
    return e;
}

enum hx_err message_make(struct tx *tx, const struct message_new *m, int64_t *id)
{
    struct targets all = {NULL, 0, 0};
    enum hx_err e = find_targets(tx, m, &all);
    *id = 0;
    if (e || all.count == 0) return free(all.at), e;
    json_t *record = NULL;
    *id = journal_next(tx);
    e = db_exec(tx->db, SQL_MESSAGE_ADD, "iIIizzziIi", *id, m->incident_id, m->school_id, (int64_t)m->level, m->wait, m->zh, m->en, (int64_t)m->drill, m->person_id, tx->now_ms);
    if (!e) e = db_one_json(tx->db, SQL_MESSAGE_GET, &record, "i", *id);
    if (!e) e = journal_add(tx, "message.made", m->school_id, m->incident_id != 0 ? m->incident_id : *id, record);
    for (size_t i = 0; !e && i < all.count; i++) e = add_deliveries(tx, *id, m, &all.at[i]);
    free(all.at);
    return e;
}

/* ---- what incidents say ---- */

static const char *const severity_zh[] = {"", "一级", "二级", "三级", "四级"};

static enum hx_err tell_level(struct tx *tx, const json_t *i, int level, const char *wait, const char *step_zh, const char *step_en)
{
    char zh[TEXT_MAX], en[TEXT_MAX];
    int64_t opened = tx->now_ms, id;
    /* Two things may be missing at the same step (nobody acknowledged, nobody was sent): people are told once. */
    enum hx_err told = db_one_i64(tx->db, SQL_MESSAGE_OF_LEVEL, &id, "ii", json_i64(i, "id", 0), (int64_t)level);
    if (told != HX_E_NOT_FOUND) return told;
    int severity = (int)json_i64(i, "severity", 4);
    bool drill = json_flag(i, "drill", false);
    clock_parse(str_of(json_z(i, "opened_at", "")), &opened);
    int minute = (int)((opened + CLOCK_LOCAL_MS) / 60000 % 1440);
    snprintf(zh, sizeof zh, "%s【护学】%s警情：%s，%s，%02d:%02d。%s。警情号 %lld", drill ? "【演练】" : "", severity_zh[severity >= 1 && severity <= 4 ? severity : 4], json_z(i, "school", "未知学校"), json_z(i, "title", ""), minute / 60, minute % 60, step_zh, (long long)json_i64(i, "id", 0));
    snprintf(en, sizeof en, "%s[Huxue] P%d: %s, %s, %02d:%02d. %s. Incident %lld", drill ? "【演练】DRILL " : "", severity, json_z(i, "school", "unknown school"), json_z(i, "title_en", "")[0] != 0 ? json_z(i, "title_en", "") : json_z(i, "title", ""), minute / 60, minute % 60, step_en, (long long)json_i64(i, "id", 0));
    struct message_new m = {.incident_id = json_i64(i, "id", 0), .school_id = json_i64(i, "school_id", 0), .level = level, .severity = severity, .wait = wait, .county = json_z(i, "county", ""), .zh = zh, .en = en, .drill = drill};
    return message_make(tx, &m, &id);
}

static enum hx_err see_incident(struct tx *tx, const struct event *event)
{
    const char *what = event->type + strlen("incident.");
    json_t *j = NULL;
    char why[160];
    /* The acknowledgement and what it cancels are one commit: nobody is rung after it. */
    if (strcmp(what, "acked") == 0 || strcmp(what, "confirmed") == 0) return db_exec(tx->db, SQL_DELIVERY_CANCEL, "ziz", what, event->subject_id, "ack");
    if (strcmp(what, "dispatched") == 0) return db_exec(tx->db, SQL_DELIVERY_CANCEL, "ziz", what, event->subject_id, "send");
    if (strcmp(what, "closed") == 0 || strcmp(what, "cancelled") == 0 || strcmp(what, "merged") == 0 || strcmp(what, "controlled") == 0) return db_exec(tx->db, SQL_DELIVERY_CANCEL, "ziz", what, event->subject_id, "all");
    bool opened = strcmp(what, "opened") == 0;
    if (!opened && strcmp(what, "escalated") != 0 && strcmp(what, "arrived") != 0) return HX_OK;
    if (strcmp(what, "arrived") == 0) return db_exec(tx->db, SQL_DELIVERY_CANCEL, "ziz", what, event->subject_id, "arrive");
    enum hx_err e = json_parse((struct str){event->data, event->data_bytes}, &j, why, sizeof why);
    const json_t *change = json_object_get(j, "change");
    if (!e && opened) e = tell_level(tx, j, 0, "", "报警开启", "alarm raised");
    else if (!e) e = tell_level(tx, j, (int)json_i64(change, "level", 0), json_z(change, "wait", ""), json_z(change, "zh", ""), json_z(change, "en", ""));
    json_decref(j);
    return e;
}

/* ---- receipts ---- */

struct receipt_of {
    int64_t id, message, receiver, school, incident, person;
    char name[80];
};

static bool take_receipt_row(struct rows r, struct receipt_of *o)
{
    bool there = rows_next(&r);
    *o = (struct receipt_of){0};
    if (there) {
        *o = (struct receipt_of){rows_i64(&r, 0), rows_i64(&r, 1), rows_i64(&r, 2), rows_i64(&r, 3), rows_i64(&r, 4), rows_i64(&r, 5), ""};
        str_to_utf8_z(rows_str(&r, 6), o->name, sizeof o->name);
    }
    rows_end(&r);
    return there;
}

enum hx_err delivery_received(struct tx *tx, int64_t delivery, const char *state, const char *answer)
{
    struct receipt_of o;
    if (!take_receipt_row(db_query(tx->db, SQL_DELIVERY_BY_ID, "i", delivery), &o)) return HX_E_NOT_FOUND;
    enum hx_err e = db_exec(tx->db, SQL_DELIVERY_RECEIPT, "zii", state, tx->now_ms, delivery);
    bool news = !e && db_changes(tx->db) > 0;
    if (!e) e = db_exec(tx->db, SQL_DELIVERY_OTHERS, "iii", o.message, o.receiver, o.person);
    if (e || (!news && answer == NULL)) return e;
    json_t *j = json_pack("{s:I,s:I,s:I,s:s,s:s}", "delivery_id", (json_int_t)delivery, "message_id", (json_int_t)o.message, "receiver_id", (json_int_t)o.receiver, "receiver", o.name, "state", state);
    if (answer != NULL) json_put_str(j, "text", str_of(answer));
    if (o.incident != 0) json_object_set_new(j, "incident_id", json_integer(o.incident));
    return journal_add(tx, answer != NULL ? "delivery.answered" : strcmp(state, "acked") == 0 ? "delivery.acked" : "delivery.received", o.school, o.incident != 0 ? o.incident : o.message, j);
}

/* A gateway reports by the key that it was given, which nobody else knows. */
static enum hx_err receipt_post(struct call *c)
{
    struct receipt_of o;
    const char *state = json_z(c->body, "state", ""), *text = json_z(c->body, "text", NULL);
    if (!take_receipt_row(db_query(c->db, SQL_DELIVERY_BY_KEY, "z", json_z(c->body, "key", "")), &o)) return call_fail(c, HX_E_NOT_FOUND, "no delivery has this key");
    enum hx_err e = HX_OK;
    if (strcmp(state, "failed") == 0) {
        e = db_exec(c->db, SQL_DELIVERY_FAILED, "zi", text != NULL ? text : "reported by the gateway", o.id);
        if (!e && db_changes(c->db) > 0) e = journal_add(c->tx, "delivery.failed", o.school, o.incident != 0 ? o.incident : o.message, json_pack("{s:I,s:s,s:s}", "delivery_id", (json_int_t)o.id, "receiver", o.name, "fault", text != NULL ? text : ""));
    } else {
        e = delivery_received(c->tx, o.id, strcmp(state, "delivered") == 0 ? "received" : "acked", text);
    }
    return e ? e : call_reply(c, json_object());
}

/* The person's own app: it showed the message, or they pressed the button under it. */
static enum hx_err delivery_seen(struct call *c)
{
    struct receipt_of o;
    if (!take_receipt_row(db_query(c->db, SQL_DELIVERY_BY_ID, "i", call_id(c, 0)), &o) || o.person != c->who.id) return HX_E_NOT_FOUND;
    const char *text = json_z(c->body, "text", NULL);
    enum hx_err e = delivery_received(c->tx, o.id, json_flag(c->body, "acked", false) || text != NULL ? "acked" : "received", text);
    return e ? e : call_reply(c, json_object());
}

static enum hx_err delivery_mine(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_DELIVERY_MINE, "i", c->who.id));
}

/* ---- messages ---- */

static enum hx_err message_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_MESSAGE_LIST, "iiiii", call_query_i64(c, "before", INT64_MAX), call_query_i64(c, "incident", 0), call_sees_all(c), c->who.id, call_limit(c, 100, 1000)));
}

static enum hx_err message_get(struct call *c)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_MESSAGE_GET, &record, "i", call_id(c, 0));
    if (!e && json_i64(record, "school_id", 0) != 0) e = call_check_school(c, PERM_MESSAGE_READ, json_i64(record, "school_id", 0));
    if (e) return json_decref(record), e;
    json_object_set_new(record, "deliveries", db_all_json(c->db, SQL_DELIVERY_OF_MESSAGE, "i", call_id(c, 0)));
    return call_reply(c, record);
}

static enum hx_err message_unreached(struct call *c)
{
    int64_t now = clock_utc_ms();
    return call_list(c, db_all_json(c->db, SQL_DELIVERY_UNREACHED, "iiii", now - UNREACHED_DAYS * CLOCK_DAY_MS, now - UNREACHED_AFTER_MS, call_sees_all(c), c->who.id));
}

/* Typed by a person: a notice, or a roll-call, for everybody of one step of the ladder. */
static enum hx_err message_post(struct call *c)
{
    char zh[TEXT_MAX], en[TEXT_MAX];
    bool drill = json_flag(c->body, "drill", false);
    int64_t id, incident = json_i64(c->body, "incident_id", 0);
    snprintf(zh, sizeof zh, "%s【护学】%.360s", drill ? "【演练】" : "", json_z(c->body, "text", ""));
    snprintf(en, sizeof en, "%s[Huxue] %.360s", drill ? "【演练】DRILL " : "", json_z(c->body, "text_en", json_z(c->body, "text", "")));
    struct message_new m = {.incident_id = incident, .person_id = c->who.id, .level = (int)json_i64(c->body, "level", 0), .severity = 1, .wait = "typed", .county = json_z(c->body, "county", ""), .zh = zh, .en = en, .drill = drill};
    enum hx_err e = message_make(c->tx, &m, &id);
    if (!e && id == 0) return call_fail(c, HX_E_INVALID, "level: nobody is entered for this step at this hour");
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_MESSAGE_GET, id);
}

/* ---- gateways and receivers ---- */

static enum hx_err check_gateway(struct call *c, const json_t *b)
{
    const struct notify_value v[] = {{"{to}", "1"}, {"{text}", "1"}, {"{key}", "1"}, {"{secret}", "1"}, {NULL, NULL}};
    const char *kind = json_z(b, "kind", ""), *url = json_z(b, "url", "");
    bool mail = strcmp(kind, "mail") == 0, good = true;
    const char *const templates[] = {url, json_z(b, "headers", ""), json_z(b, "body", "")};
    for (size_t i = 0; i < HX_COUNT(templates) && good; i++) {
        struct buf out;
        buf_init(&out, 8192);
        good = notify_fill(templates[i], v, i == 0 ? NOTIFY_IN_URL : i == 1 ? NOTIFY_IN_HEADER : NOTIFY_IN_BODY, &out) == HX_OK;
        buf_free(&out);
    }
    if (!good) return call_fail(c, HX_E_INVALID, "only {to} {text} {key} {secret} are filled in");
    if (strncmp(url, "sip:", 4) == 0) {
        char uri[192];
        const char *sender = json_z(b, "sender", "");
        if (strcmp(kind, "voice") != 0) return call_fail(c, HX_E_INVALID, "url: a telephone exchange (sip:) is for calls only");
        if (message_call_uri(url, "110", uri, sizeof uri)) return call_fail(c, HX_E_INVALID, "url: want sip:{to}@host or sip:{to}@host:port");
        if (sender[strspn(sender, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-")] != 0) return call_fail(c, HX_E_INVALID, "sender: want our number at the exchange");
        return HX_OK;
    }
    if (mail && strncmp(url, "smtp://", 7) != 0 && strncmp(url, "smtps://", 8) != 0) return call_fail(c, HX_E_INVALID, "url: want smtp://host:port or smtps://host:port");
    if (!mail && strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) return call_fail(c, HX_E_INVALID, "url: want http:// or https://");
    if (mail && !notify_is_mail_address(json_z(b, "sender", ""))) return call_fail(c, HX_E_INVALID, "sender: want the address that mails come from");
    if (!mail && strstr(url, "{text}") == NULL && strstr(json_z(b, "body", ""), "{text}") == NULL) return call_fail(c, HX_E_INVALID, "body: {text} stands nowhere");
    return HX_OK;
}

static enum hx_err keep_secret(struct call *c, int64_t id)
{
    uint8_t sealed[400];
    const char *secret = json_z(c->body, "secret", NULL);
    if (secret == NULL) return HX_OK;
    size_t n = seal_close_over(&the_seal, secret, strlen(secret), sealed);
    return db_exec(c->db, SQL_GATEWAY_SECRET, "bi", (const void *)sealed, n, id);
}

static enum hx_err gateway_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_GATEWAY_LIST, ""));
}

static enum hx_err gateway_post(struct call *c)
{
    const json_t *b = c->body;
    int64_t id = journal_next(c->tx);
    enum hx_err e = check_gateway(c, b);
    if (!e) e = db_exec(c->db, SQL_GATEWAY_ADD, "izzzzzzzzni", id, json_z(b, "kind", ""), json_z(b, "name", ""), json_z(b, "url", ""), json_z(b, "headers", ""), json_z(b, "body", ""), json_z(b, "ok_text", ""), json_z(b, "sender", ""), json_z(b, "account", ""), (int64_t)json_flag(b, "receipts", false));
    if (e == HX_E_CONFLICT) call_fail(c, e, "a gateway has this name already");
    if (!e) e = keep_secret(c, id);
    if (!e) e = journal_tell(c->tx, SQL_GATEWAY_GET, id, "gateway.added");
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_GATEWAY_GET, id);
}

static enum hx_err gateway_patch(struct call *c)
{
    json_t *m = NULL;
    int64_t id = call_id(c, 0);
    enum hx_err e = db_one_json(c->db, SQL_GATEWAY_GET, &m, "i", id);
    if (!e) e = call_check_version(c, json_incref(m));
    if (!e) {
        json_object_update(m, c->body); /* what was not sent stays */
        e = check_gateway(c, m);
    }
    if (!e) e = db_exec(c->db, SQL_GATEWAY_SET, "zzzzzzzizi", json_z(m, "name", ""), json_z(m, "url", ""), json_z(m, "headers", ""), json_z(m, "body", ""), json_z(m, "ok_text", ""), json_z(m, "sender", ""), json_z(m, "account", ""), (int64_t)json_flag(m, "receipts", false), json_z(m, "state", "active"), id);
    json_decref(m);
    if (!e) e = keep_secret(c, id);
    if (!e) e = journal_tell(c->tx, SQL_GATEWAY_GET, id, "gateway.changed");
    return e ? e : call_reply_one(c, SQL_GATEWAY_GET, id);
}

static enum hx_err check_receiver(struct tx *tx, const json_t *b)
{
    struct str rest = str_of(json_z(b, "channels", "")), word;
    bool any = false;
    while (str_split(&rest, ' ', &word)) {
        if (word.len == 0) continue;
        any = true;
        if (!str_eq(word, STR("app")) && !str_eq(word, STR("sms")) && !str_eq(word, STR("voice")) && !str_eq(word, STR("mail"))) return tx_fail(tx, HX_E_INVALID, "channels: words of app sms voice mail");
    }
    bool rule = json_z(b, "rule", "")[0] != 0, group = json_i64(b, "person_id", 0) == 0 && !rule;
    if (rule && (json_i64(b, "person_id", 0) != 0 || json_i64(b, "gateway_id", 0) != 0)) return tx_fail(tx, HX_E_INVALID, "rule: whoever is on duty is told, so neither person_id nor gateway_id");
    if (rule && (!any || str_names(str_of(json_z(b, "channels", "")), STR("mail")))) return tx_fail(tx, HX_E_INVALID, "channels: who is on duty is told by app, sms or voice");
    if (group && json_i64(b, "gateway_id", 0) == 0) return tx_fail(tx, HX_E_INVALID, "person_id or gateway_id (of a group) is needed");
    if (!group && !any) return tx_fail(tx, HX_E_INVALID, "channels: at least one of app sms voice mail");
    if (str_names(str_of(json_z(b, "channels", "")), STR("mail")) && !notify_is_mail_address(json_z(b, "mail", ""))) return tx_fail(tx, HX_E_INVALID, "mail: want an address");
    if (json_i64(b, "to_min", 1440) <= json_i64(b, "from_min", 0)) return tx_fail(tx, HX_E_INVALID, "to_min: want a time after from_min");
    return HX_OK;
}

enum hx_err receiver_make(struct tx *tx, const json_t *b, int64_t demo, int64_t *id)
{
    enum hx_err e = check_receiver(tx, b);
    *id = journal_next(tx);
    if (!e) e = db_exec(tx->db, SQL_RECEIVER_ADD, "iIIzziizzziiiz", *id, json_i64(b, "person_id", 0), json_i64(b, "gateway_id", 0), json_z(b, "name", ""), json_z(b, "county", ""), json_i64(b, "level", 0), json_i64(b, "severity", 1), json_z(b, "channels", ""), json_z(b, "phone", ""), json_z(b, "mail", ""), json_i64(b, "from_min", 0), json_i64(b, "to_min", 1440), demo, json_z(b, "rule", ""));
    return e ? e : journal_tell(tx, SQL_RECEIVER_GET, *id, "receiver.added");
}

static enum hx_err receiver_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_RECEIVER_LIST, ""));
}

static enum hx_err receiver_post(struct call *c)
{
    int64_t id;
    enum hx_err e = receiver_make(c->tx, c->body, 0, &id);
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_RECEIVER_GET, id);
}

static enum hx_err receiver_patch(struct call *c)
{
    json_t *m = NULL;
    int64_t id = call_id(c, 0);
    enum hx_err e = db_one_json(c->db, SQL_RECEIVER_GET, &m, "i", id);
    if (!e) e = call_check_version(c, json_incref(m));
    if (!e) {
        json_object_update(m, c->body);
        e = check_receiver(c->tx, m);
    }
    if (!e) e = db_exec(c->db, SQL_RECEIVER_SET, "ziizzziizi", json_z(m, "county", ""), json_i64(m, "level", 0), json_i64(m, "severity", 1), json_z(m, "channels", ""), json_z(m, "phone", ""), json_z(m, "mail", ""), json_i64(m, "from_min", 0), json_i64(m, "to_min", 1440), json_z(m, "state", "active"), id);
    json_decref(m);
    if (!e) e = journal_tell(c->tx, SQL_RECEIVER_GET, id, "receiver.changed");
    return e ? e : call_reply_one(c, SQL_RECEIVER_GET, id);
}

static enum hx_err message_start(struct hx_app *app)
{
    the_seal = app->panels->seal;
    return HX_OK;
}

static const struct journal_follower followers[] = {{"message.incident", "incident.", see_incident, NULL}, {NULL, NULL, NULL, NULL}};
static const struct hx_route message_routes[] = {
    {HX_GET, "/v1/messages", "messageList", PERM_MESSAGE_READ, message_list, NULL},
    {HX_POST, "/v1/messages", "messageSend", PERM_MESSAGE_SEND, message_post, NULL},
    {HX_GET, "/v1/messages/unreached", "messageUnreached", PERM_MESSAGE_READ, message_unreached, NULL},
    {HX_GET, "/v1/messages/{id}", "messageGet", PERM_MESSAGE_READ, message_get, NULL},
    {HX_GET, "/v1/deliveries/mine", "deliveryMine", PERM_SELF, delivery_mine, NULL},
    {HX_POST, "/v1/deliveries/{id}/seen", "deliverySeen", PERM_SELF, delivery_seen, NULL},
    {HX_POST, "/v1/receipts", "receiptReport", PERM_NONE, receipt_post, NULL},
    {HX_GET, "/v1/gateways", "gatewayList", PERM_MESSAGE_WRITE, gateway_list, NULL},
    {HX_POST, "/v1/gateways", "gatewayAdd", PERM_MESSAGE_WRITE, gateway_post, NULL},
    {HX_PATCH, "/v1/gateways/{id}", "gatewayChange", PERM_MESSAGE_WRITE, gateway_patch, NULL},
    {HX_GET, "/v1/receivers", "receiverList", PERM_MESSAGE_READ, receiver_list, NULL},
    {HX_POST, "/v1/receivers", "receiverAdd", PERM_MESSAGE_WRITE, receiver_post, NULL},
    {HX_PATCH, "/v1/receivers/{id}", "receiverChange", PERM_MESSAGE_WRITE, receiver_patch, NULL},
};
const struct hx_module message_module = {.name = "message", .routes = message_routes, .route_count = HX_COUNT(message_routes), .followers = followers, .start = message_start, .metrics = message_sender_metrics};
