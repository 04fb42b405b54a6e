#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/share.h"
#include "arc_domain.h"
#include "base/clock.h"
#include "io/net.h"
#include "proto/dc09/dc09_crypt.h"
#include "signal/arc.h"

#define MADE_ACCOUNT "%06llX" /* of a school whose code is none */

static struct seal the_seal;

/* Only who may change every school's messages decides what leaves the house. */
static enum hx_err check_top(struct call *c)
{
    return call_check_school(c, PERM_MESSAGE_WRITE, 0);
}

static bool is_hex(const char *text, size_t least, size_t most)
{
    size_t n = strlen(text);
    return n >= least && n <= most && strspn(text, "0123456789ABCDEF") == n;
}

/* What the header of DC-09 can carry (5.5.1.4 to 5.5.1.7); NULL: not given. */
static enum hx_err check_fields(struct call *c)
{
    struct sockaddr_storage a;
    socklen_t n;
    const char *address = json_z(c->body, "address", NULL), *account = json_z(c->body, "account", NULL), *receiver = json_z(c->body, "receiver", NULL), *number = json_z(c->body, "line_number", NULL);
    if (address != NULL && net_parse(address, &a, &n) != HX_OK) return call_fail(c, HX_E_INVALID, "address: want IP:port of the centre's receiver, such as 10.1.2.3:12009");
    if (account != NULL && !is_hex(account, 3, 16)) return call_fail(c, HX_E_INVALID, "account: want 3 to 16 digits 0-9 A-F");
    if (receiver != NULL && !is_hex(receiver, 0, 6)) return call_fail(c, HX_E_INVALID, "receiver: want up to 6 digits 0-9 A-F");
    if (number != NULL && !is_hex(number, 1, 6)) return call_fail(c, HX_E_INVALID, "line_number: want 1 to 6 digits 0-9 A-F");
    return HX_OK;
}

/* "": clear text. */
static enum hx_err seal_key(struct call *c, const char *text, uint8_t sealed[64], size_t *sealed_bytes, int64_t *keyed)
{
    struct dc09_key key = {.n = 0};
    if (text[0] != 0 && !dc09_key_parse(str_of(text), &key)) return call_fail(c, HX_E_INVALID, "key: want 32, 48 or 64 hex digits, or 16, 24 or 32 characters");
    *keyed = key.n > 0;
    *sealed_bytes = seal_close_over(&the_seal, key.bytes, key.n, sealed);
    OPENSSL_cleanse(&key, sizeof key);
    return HX_OK;
}

static enum hx_err arc_list(struct call *c)
{
    enum hx_err e = check_top(c);
    return e ? e : call_list(c, db_all_json(c->db, SQL_ARC_LIST, ""));
}

static enum hx_err arc_post(struct call *c)
{
    uint8_t sealed[64];
    size_t n = 0;
    const json_t *b = c->body;
    int64_t id = journal_next(c->tx), keyed = 0;
    enum hx_err e = check_top(c);
    if (!e) e = check_fields(c);
    if (!e) e = seal_key(c, json_z(b, "key", ""), sealed, &n, &keyed);
    if (e) return e;
    e = db_exec(c->db, SQL_ARC_ADD, "izzzbizzziii", id, json_z(b, "name", ""), json_z(b, "address", ""), json_z(b, "account", ""), (const void *)sealed, n, keyed, json_z(b, "token", "SIA-DCS"),
                json_z(b, "receiver", ""), json_z(b, "line_number", "0"), json_i64(b, "supervision_s", 60), json_i64(b, "severity", 2), (int64_t)json_flag(b, "names", true));
    if (e == HX_E_CONFLICT) call_fail(c, e, "a centre has this name already");
    if (!e) e = journal_tell(c->tx, SQL_ARC_GET, id, "arc.added");
    c->status = 201;
    return e ? e : call_reply_one(c, SQL_ARC_GET, id);
}

static enum hx_err arc_patch(struct call *c)
{
    json_t *record = NULL;
    uint8_t sealed[64];
    size_t n = 0;
    int64_t id = call_id(c, 0), keyed = 0;
    const json_t *b = c->body;
    const char *key = json_z(b, "key", NULL);
    enum hx_err e = check_top(c);
    if (!e) e = check_fields(c);
    if (!e && key != NULL) e = seal_key(c, key, sealed, &n, &keyed);
    if (!e) e = db_one_json(c->db, SQL_ARC_GET, &record, "i", id);
    if (e) return e;
    int64_t supervision = json_i64(b, "supervision_s", json_i64(record, "supervision_s", 60)), severity = json_i64(b, "severity", json_i64(record, "severity", 2)), names = json_flag(b, "names", json_flag(record, "names", true));
    e = call_check_version(c, record);
    if (!e) e = db_exec(c->db, SQL_ARC_SET, "zzzzzzziiii", json_z(b, "name", NULL), json_z(b, "address", NULL), json_z(b, "account", NULL), json_z(b, "token", NULL), json_z(b, "receiver", NULL), json_z(b, "line_number", NULL), json_z(b, "state", NULL), supervision, severity, names, id);
    if (e == HX_E_CONFLICT) call_fail(c, e, "a centre has this name already");
    if (!e && key != NULL) e = db_exec(c->db, SQL_ARC_KEY, "bii", (const void *)sealed, n, keyed, id);
    if (!e) e = journal_tell(c->tx, SQL_ARC_GET, id, "arc.changed");
    return e ? e : call_reply_one(c, SQL_ARC_GET, id);
}

/* ---- schools ---- */

static enum hx_err arc_schools(struct call *c)
{
    enum hx_err e = check_top(c);
    return e ? e : call_list(c, db_all_json(c->db, SQL_ARC_SCHOOL_LIST, "iiii", call_id(c, 0), call_query_i64(c, "after", 0), call_query_i64(c, "school", 0), call_limit(c, 200, 5000)));
}

/* The schools that the body names: one, or those of a county. */
static enum hx_err read_candidates(struct call *c, struct share **out, size_t *count)
{
    int64_t school = json_i64(c->body, "school_id", 0);
    const char *county = json_z(c->body, "county", "");
    if ((school != 0) + (county[0] != 0) != 1) return call_fail(c, HX_E_INVALID, "say one of school_id and county");
    struct rows r = db_query(c->db, SQL_ARC_CANDIDATES, "iiz", call_id(c, 0), school, county);
    enum hx_err e = share_read(&r, out, count);
    return !e && *count == 0 ? call_fail(c, HX_E_INVALID, "there is no such school") : e;
}

/* Known by its code, where that can be an account. */
static enum hx_err share_one(struct call *c, int64_t arc, const struct share *k, const char *wish)
{
    char account[ARC_ACCOUNT_MAX];
    if (k->given[0] != 0 && wish == NULL) return HX_OK;
    if (wish != NULL || is_hex(k->code, 3, 16)) snprintf(account, sizeof account, "%s", wish != NULL ? wish : k->code);
    else snprintf(account, sizeof account, MADE_ACCOUNT, (unsigned long long)k->id);
    enum hx_err e = k->given[0] != 0 ? db_exec(c->db, SQL_ARC_SCHOOL_ACCOUNT, "zii", account, arc, k->id) : db_exec(c->db, SQL_ARC_SCHOOL_ADD, "iiz", arc, k->id, account);
    if (e == HX_E_CONFLICT) call_fail(c, e, "another school has this account there");
    return e;
}

static enum hx_err change_shared(struct call *c, bool give)
{
    struct share *all = NULL;
    size_t n = 0;
    json_t *record = NULL, *schools = json_array();
    const char *wish = json_z(c->body, "account", NULL);
    int64_t id = call_id(c, 0);
    enum hx_err e = check_top(c);
    if (!e) e = check_fields(c);
    if (!e) e = db_one_json(c->db, SQL_ARC_GET, &record, "i", id);
    if (!e) e = read_candidates(c, &all, &n);
    if (!e && wish != NULL && json_i64(c->body, "school_id", 0) == 0) e = call_fail(c, HX_E_INVALID, "account: only of one school");
    for (size_t i = 0; !e && i < n; i++) {
        e = give ? share_one(c, id, &all[i], wish) : db_exec(c->db, SQL_ARC_SCHOOL_DROP, "ii", id, all[i].id);
        json_array_append_new(schools, json_integer(all[i].id));
    }
    free(all);
    json_decref(record);
    if (e) return json_decref(schools), e;
    e = journal_add(c->tx, give ? "arc.shared" : "arc.unshared", 0, id, json_pack("{s:I,s:o}", "id", (json_int_t)id, "schools", schools));
    return e ? e : call_reply_one(c, SQL_ARC_GET, id);
}

static enum hx_err arc_share(struct call *c)
{
    return change_shared(c, true);
}

static enum hx_err arc_unshare(struct call *c)
{
    return change_shared(c, false);
}

/* ---- what it is told ---- */

static enum hx_err arc_signals(struct call *c)
{
    enum hx_err e = check_top(c);
    return e ? e : call_list(c, db_all_json(c->db, SQL_ARC_SIGNAL_LIST, "izi", call_id(c, 0), call_query_z(c, "state", ""), call_limit(c, 100, 1000)));
}

static enum hx_err arc_retell(struct call *c)
{
    json_t *record = NULL;
    int64_t id = call_id(c, 0);
    enum hx_err e = check_top(c);
    if (!e) e = db_one_json(c->db, SQL_ARC_GET, &record, "i", id);
    json_decref(record);
    if (!e) e = db_exec(c->db, SQL_ARC_SIGNAL_AGAIN, "ii", c->tx->now_ms + CLOCK_DAY_MS, id);
    if (!e) e = journal_tell(c->tx, SQL_ARC_GET, id, "arc.retold");
    return e ? e : call_reply_one(c, SQL_ARC_GET, id);
}

/* Written with the alarm, so that it is told whatever happens next. A drill or a test stays in the house; so does a fault. A further signal of the same
 * source is told where life is at stake: a guard who presses again says something. */
static enum hx_err see_alarm(struct tx *tx, const struct event *event)
{
    json_t *j = NULL;
    char why[160];
    const char *what = event->type + strlen("alarm.");
    bool raised = strcmp(what, "raised") == 0, repeated = strcmp(what, "repeated") == 0, cleared = strcmp(what, "cleared") == 0;
    if (event->school_id == 0 || (!raised && !repeated && !cleared)) return HX_OK;
    int64_t any;
    enum hx_err e = db_one_i64(tx->db, SQL_ARC_ANY, &any, "");
    if (e == HX_E_NOT_FOUND) return HX_OK; /* most houses report to nobody */
    if (!e) e = json_parse((struct str){event->data, event->data_bytes}, &j, why, sizeof why);
    if (e) return e;
    int64_t alarm = json_i64(j, "id", 0), severity = json_i64(j, "severity", 4), until = tx->now_ms + CLOCK_DAY_MS;
    bool ours = !json_flag(j, "drill", false) && strcmp(json_z(j, "kind", ""), "alarm") == 0 && (!repeated || severity == 1);
    if (ours && cleared) e = db_exec(tx->db, SQL_ARC_SIGNAL_END, "iiii", event->seq, tx->now_ms, until, alarm);
    else if (ours) e = db_exec(tx->db, SQL_ARC_SIGNAL_ADD, "iiiiii", event->seq, alarm, tx->now_ms, until, event->school_id, severity);
    json_decref(j);
    return e;
}

static bool is_none(const struct event *event)
{
    return strcmp(event->type, "alarm.raised") != 0 && strcmp(event->type, "alarm.repeated") != 0 && strcmp(event->type, "alarm.cleared") != 0;
}

static enum hx_err start(struct hx_app *app)
{
    the_seal = app->panels->seal;
    return HX_OK;
}

static const struct journal_follower followers[] = {{"arc.alarm", "alarm.", see_alarm, is_none}, {NULL, NULL, NULL, NULL}};
static const struct hx_route routes[] = {
    {HX_GET, "/v1/arcs", "arcList", PERM_MESSAGE_WRITE, arc_list, NULL},
    {HX_POST, "/v1/arcs", "arcAdd", PERM_MESSAGE_WRITE, arc_post, NULL},
    {HX_PATCH, "/v1/arcs/{id}", "arcChange", PERM_MESSAGE_WRITE, arc_patch, NULL},
    {HX_GET, "/v1/arcs/{id}/schools", "arcSchools", PERM_MESSAGE_WRITE, arc_schools, NULL},
    {HX_POST, "/v1/arcs/{id}/share", "arcShare", PERM_MESSAGE_WRITE, arc_share, NULL},
    {HX_POST, "/v1/arcs/{id}/unshare", "arcUnshare", PERM_MESSAGE_WRITE, arc_unshare, NULL},
    {HX_GET, "/v1/arcs/{id}/signals", "arcSignals", PERM_MESSAGE_WRITE, arc_signals, NULL},
    {HX_POST, "/v1/arcs/{id}/retell", "arcRetell", PERM_MESSAGE_WRITE, arc_retell, NULL},
};
const struct hx_module arc_module = {.name = "arc", .routes = routes, .route_count = HX_COUNT(routes), .followers = followers, .start = start};
