/* Organisations, people, roles, grants and tokens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "api/people.h"

/* Text of a field for the database: NULL (leave as it is) when the request does not have it. */
static const char *field(const struct call *c, const char *name)
{
    return json_z(c->body, name, NULL);
}

enum hx_err org_make(struct tx *tx, int64_t parent_id, const json_t *body, int64_t demo, int64_t *id)
{
    char path[256] = "/";
    if (parent_id != 0) {
        struct rows r = db_query(tx->db, SQL_ORG_PATH_OF, "i", parent_id);
        bool found = rows_next(&r);
        if (found) str_to_z(rows_str(&r, 0), path, sizeof path);
        rows_end(&r);
        if (!found) return HX_E_INVALID;
    }
    *id = journal_next(tx);
    size_t n = strlen(path);
    if (n + 24 > sizeof path) return HX_E_LIMIT;
    snprintf(path + n, sizeof path - n, "%lld/", (long long)*id);
    enum hx_err e = db_exec(tx->db, SQL_ORG_ADD, "iIzzzzzzznni", *id, parent_id, json_z(body, "tree", ""), json_z(body, "kind", ""),
                            json_z(body, "name", ""), json_z(body, "name_en", ""), json_z(body, "code", ""), json_z(body, "area", ""), path, demo);
    if (!e && json_has(body, "lon") && json_has(body, "lat"))
        e = db_exec(tx->db, SQL_ORG_SET, "nnffi", json_f64(body, "lon", 0), json_f64(body, "lat", 0), *id);
    json_t *record = NULL;
    if (!e) e = db_one_json(tx->db, SQL_ORG_GET, &record, "i", *id);
    return e ? e : journal_add(tx, "org.added", 0, *id, record);
}

static enum hx_err org_list(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_ORG_LIST, ""));
}

static enum hx_err org_reply(struct call *c, int64_t id, const char *event)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_ORG_GET, &record, "i", id);
    if (!e && event != NULL) e = journal_add(c->tx, event, 0, id, json_incref(record));
    return e ? e : call_reply(c, record);
}

static enum hx_err org_post(struct call *c)
{
    int64_t id;
    enum hx_err e = org_make(c->tx, json_i64(c->body, "parent_id", 0), c->body, 0, &id);
    if (e == HX_E_CONFLICT) return call_fail(c, e, "an organisation with this code exists already");
    if (e == HX_E_INVALID) return call_fail(c, e, "parent_id: there is no such organisation");
    c->status = 201;
    return e ? e : org_reply(c, id, NULL);
}

static enum hx_err org_patch(struct call *c)
{
    int64_t id = call_id(c, 0);
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_ORG_GET, &record, "i", id);
    if (!e) e = call_check_version(c, record);
    bool moved = json_has(c->body, "lon") && json_has(c->body, "lat");
    if (!e && moved) e = db_exec(c->db, SQL_ORG_SET, "zzffi", field(c, "name"), field(c, "name_en"), json_f64(c->body, "lon", 0), json_f64(c->body, "lat", 0), id);
    else if (!e) e = db_exec(c->db, SQL_ORG_SET, "zznni", field(c, "name"), field(c, "name_en"), id);
    return e ? e : org_reply(c, id, "org.changed");
}

enum hx_err person_make(struct tx *tx, const json_t *body, const char *encoded, int64_t demo, int64_t *id)
{
    *id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_PERSON_ADD, "izzzIzzzi", *id, json_z(body, "name", ""), json_z(body, "full_name", ""), json_z(body, "phone", ""),
                            json_i64(body, "org_id", 0), json_z(body, "kind", "staff"), encoded, json_z(body, "lang", "zh-CN"), demo);
    if (e) return e;
    return journal_add(tx, "person.added", 0, *id, json_pack("{s:I,s:s}", "id", (json_int_t)*id, "name", json_z(body, "name", "")));
}

enum hx_err grant_make(struct tx *tx, int64_t person_id, const char *role, int64_t org_id)
{
    int64_t id = journal_next(tx);
    enum hx_err e = db_exec(tx->db, SQL_GRANT_ADD, "iizi", id, person_id, role, org_id);
    if (e) return e;
    return journal_add(tx, "grant.added", 0, person_id, json_pack("{s:I,s:I,s:s,s:I}", "id", (json_int_t)id, "person_id", (json_int_t)person_id, "role", role, "org_id", (json_int_t)org_id));
}

static enum hx_err person_list(struct call *c)
{
    char like[100];
    const char *q = call_query(c, "q");
    snprintf(like, sizeof like, q != NULL && q[0] != 0 ? "%%%.60s%%" : "%.0s", q != NULL ? q : "");
    return call_list(c, db_all_json(c->db, SQL_PERSON_LIST, "izi", call_query_i64(c, "after", 0), like, call_limit(c, 100, 500)));
}

static enum hx_err person_reply(struct call *c, int64_t id, const char *event)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_PERSON_GET, &record, "i", id);
    if (e) return e;
    json_t *grants = db_all_json(c->db, SQL_GRANT_LIST, "i", id), *sessions = db_all_json(c->db, SQL_SESSION_LIST, "i", id);
    json_object_set_new(record, "grants", grants != NULL ? grants : json_array());
    json_object_set_new(record, "sessions", sessions != NULL ? sessions : json_array());
    json_t *phones = db_all_json(c->db, SQL_PHONE_KEY_LIST, "i", id);
    json_object_set_new(record, "phones", phones != NULL ? phones : json_array());
    if (event != NULL) e = journal_add(c->tx, event, 0, id, json_pack("{s:I,s:O}", "id", (json_int_t)id, "name", json_object_get(record, "name")));
    if (e) json_decref(record);
    return e ? e : call_reply(c, record);
}

static enum hx_err person_get(struct call *c)
{
    return person_reply(c, call_id(c, 0), NULL);
}

static enum hx_err hash_prepare(struct call *c)
{
    const char *password = field(c, "password");
    if (password == NULL) return HX_OK;
    if (auth_password_flaw(password) != NULL) return call_fail(c, HX_E_INVALID, "password: %s", auth_password_flaw(password));
    char encoded[128];
    enum hx_err e = auth_hash_password(password, encoded);
    json_put_z(c->body, "_encoded", encoded);
    return e;
}

static enum hx_err person_post(struct call *c)
{
    int64_t id;
    enum hx_err e = person_make(c->tx, c->body, field(c, "_encoded"), 0, &id);
    if (e == HX_E_CONFLICT) return call_fail(c, e, "somebody has this sign-in name already, or there is no such organisation");
    c->status = 201;
    return e ? e : person_reply(c, id, NULL);
}

static enum hx_err person_patch(struct call *c)
{
    int64_t id = call_id(c, 0);
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_PERSON_GET, &record, "i", id);
    if (!e) e = call_check_version(c, record);
    const char *state = field(c, "state");
    if (!e && id == c->who.id && state != NULL && strcmp(state, "disabled") == 0) return call_fail(c, HX_E_ILLEGAL, "nobody disables themselves");
    if (!e) e = db_exec(c->db, SQL_PERSON_SET, "zzIzzzi", field(c, "full_name"), field(c, "phone"), json_i64(c->body, "org_id", 0), state, field(c, "_encoded"), field(c, "lang"), id);
    bool ends = field(c, "_encoded") != NULL || (state != NULL && strcmp(state, "disabled") == 0);
    if (!e && ends) e = db_exec(c->db, SQL_SESSION_END_PERSON, "i", id); /* a new password ends every sign-in under the old one */
    if (!e && json_flag(c->body, "reset_totp", false)) e = db_exec(c->db, SQL_PERSON_TOTP_SET, "ni", id);
    return e ? e : person_reply(c, id, "person.changed");
}

static enum hx_err grant_post(struct call *c)
{
    enum hx_err e = grant_make(c->tx, call_id(c, 0), json_z(c->body, "role", ""), json_i64(c->body, "org_id", 0));
    if (e == HX_E_CONFLICT) return call_fail(c, e, "the person has this role there already, or person, role or organisation do not exist");
    return e ? e : person_reply(c, call_id(c, 0), NULL);
}

static enum hx_err grant_delete(struct call *c)
{
    int64_t person = call_id(c, 0);
    enum hx_err e = db_exec(c->db, SQL_GRANT_DROP, "ii", call_id(c, 1), person);
    if (!e && db_changes(c->db) == 0) return HX_E_NOT_FOUND;
    if (!e) e = journal_add(c->tx, "grant.dropped", 0, person, json_pack("{s:I,s:I}", "id", (json_int_t)call_id(c, 1), "person_id", (json_int_t)person));
    return e ? e : person_reply(c, person, NULL);
}

static enum hx_err token_post(struct call *c)
{
    char secret[AUTH_SECRET_HEX], csrf[33];
    int64_t person = call_id(c, 0), there, asker = c->tx->person_id;
    enum hx_err e = db_one_i64(c->db, SQL_PERSON_LOAD, &there, "i", person);
    if (!e) e = auth_add_session(c->tx, "token", person, json_z(c->body, "name", ""), c->peer, json_i64(c->body, "days", 365) * 86400000LL, secret, csrf);
    c->tx->person_id = asker;
    c->status = 201;
    return e ? e : call_reply(c, json_pack("{s:s}", "token", secret));
}

static enum hx_err token_delete(struct call *c)
{
    int64_t made_at = call_id(c, 1), person = call_id(c, 0);
    enum hx_err e = db_exec(c->db, SQL_SESSION_END_MADE, "ii", person, made_at);
    if (!e && db_changes(c->db) == 0) return HX_E_NOT_FOUND;
    if (!e) e = journal_add(c->tx, "session.ended", 0, person, json_pack("{s:I}", "person_id", (json_int_t)person));
    return e ? e : call_reply(c, json_object());
}

static enum hx_err role_list(struct call *c)
{
    json_t *roles = db_all_json(c->db, SQL_ROLE_LIST, ""), *known = json_array();
    for (size_t i = 0; i < json_array_size(roles); i++) {
        json_t *role = json_array_get(roles, i), *perms = json_array();
        struct rows r = db_query(c->db, SQL_ROLE_PERMISSION_LIST, "z", json_z(role, "name", ""));
        while (rows_next(&r)) json_array_append_new(perms, json_string(rows_z(&r, 0)));
        rows_end(&r);
        json_object_set_new(role, "permissions", perms);
    }
    for (int p = PERM_SELF + 1; p < PERM_COUNT; p++) json_array_append_new(known, json_pack("{s:s,s:s}", "name", perm_name((enum perm)p), "text", perm_text((enum perm)p)));
    enum hx_err e = call_list(c, roles);
    if (!e) json_object_set_new(c->reply, "permissions", known);
    return e;
}

static enum hx_err role_put(struct call *c)
{
    const char *name = c->params[0];
    if (strcmp(name, "admin") == 0) return call_fail(c, HX_E_ILLEGAL, "the administrator's role always has every permission");
    enum hx_err e = db_exec(c->db, SQL_ROLE_ADD, "zzzi", name, json_z(c->body, "title_zh", name), json_z(c->body, "title_en", name), (int64_t)0);
    if (!e) e = db_exec(c->db, SQL_ROLE_PERMISSION_CLEAR, "z", name);
    const json_t *perms = json_object_get(c->body, "permissions");
    for (size_t i = 0; !e && i < json_array_size(perms); i++) {
        const char *perm = json_string_value(json_array_get(perms, i));
        bool known = false;
        for (int p = PERM_SELF + 1; p < PERM_COUNT; p++) known = known || strcmp(perm_name((enum perm)p), perm) == 0;
        if (!known) return call_fail(c, HX_E_INVALID, "permissions: there is no permission %s", perm);
        e = db_exec(c->db, SQL_ROLE_PERMISSION_ADD, "zz", name, perm);
    }
    if (!e) e = journal_add(c->tx, "role.changed", 0, 0, json_pack("{s:s,s:O}", "name", name, "permissions", (json_t *)(uintptr_t)perms));
    return e ? e : role_list(c);
}

static enum hx_err journal_list(struct call *c)
{
    const char *type = call_query(c, "type");
    int64_t before = call_query_i64(c, "before", 0), subject = call_query_i64(c, "subject", 0), limit = call_limit(c, 200, 1000);
    if (type == NULL) type = "";
    if (subject != 0) return call_list(c, db_all_json(c->db, SQL_JOURNAL_OF_SUBJECT, "iii", subject, call_query_i64(c, "after", 0), limit));
    if (before != 0) return call_list(c, db_all_json(c->db, SQL_JOURNAL_PAGE_DOWN, "iziii", before, type, call_sees_all(c), c->who.id, limit));
    return call_list(c, db_all_json(c->db, SQL_JOURNAL_PAGE, "iziii", call_query_i64(c, "after", 0), type, call_sees_all(c), c->who.id, limit));
}

static enum hx_err audit_get(struct call *c)
{
    struct journal_audit audit;
    db_snapshot_end(c->db); /* the walk takes its own */
    enum hx_err e = journal_verify(c->db, &audit);
    if (e && e != HX_E_CONFLICT) return e;
    return call_reply(c, json_pack("{s:b,s:I,s:I,s:s}", "whole", e == HX_OK, "events", (json_int_t)audit.events, "bad_seq", (json_int_t)audit.bad_seq, "reason", audit.reason));
}

#define JOIN_MS (15 * 60000LL)

static enum hx_err join_code_post(struct call *c)
{
    char secret[AUTH_SECRET_HEX];
    uint8_t digest[32];
    int64_t person = call_id(c, 0), guarded = 0, expires = c->tx->now_ms + JOIN_MS;
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, SQL_PERSON_GET, &record, "i", person);
    json_decref(record);
    if (!e) e = db_one_i64(c->db, SQL_PERSON_GUARDED, &guarded, "i", person);
    if (!e && guarded > 0) return call_fail(c, HX_E_ILLEGAL, "this person has a role that asks for a one-time password: sign in with that instead");
    auth_secret(secret, digest);
    if (!e) e = db_exec(c->db, SQL_JOIN_CODE_ADD, "biii", (const void *)digest, sizeof digest, person, c->who.id, expires);
    if (!e) e = journal_add(c->tx, "person.join_made", 0, person, json_pack("{s:I}", "person_id", (json_int_t)person));
    if (e) return e;
    json_t *j = json_pack("{s:s}", "secret", secret);
    json_put_time(j, "expires_at", expires);
    c->status = 201;
    return call_reply(c, j);
}

static const struct hx_route people_routes[] = {
    {HX_POST, "/v1/people/{id}/join", "joinCodeAdd", PERM_ORG_WRITE, join_code_post, NULL},
    {HX_GET, "/v1/orgs", "orgList", PERM_ORG_READ, org_list, NULL},
    {HX_POST, "/v1/orgs", "orgAdd", PERM_ORG_WRITE, org_post, NULL},
    {HX_PATCH, "/v1/orgs/{id}", "orgChange", PERM_ORG_WRITE, org_patch, NULL},
    {HX_GET, "/v1/people", "personList", PERM_ORG_READ, person_list, NULL},
    {HX_POST, "/v1/people", "personAdd", PERM_ORG_WRITE, person_post, hash_prepare},
    {HX_GET, "/v1/people/{id}", "personGet", PERM_ORG_READ, person_get, NULL},
    {HX_PATCH, "/v1/people/{id}", "personChange", PERM_ORG_WRITE, person_patch, hash_prepare},
    {HX_POST, "/v1/people/{id}/grants", "grantAdd", PERM_ORG_WRITE, grant_post, NULL},
    {HX_DELETE, "/v1/people/{id}/grants/{grant}", "grantDrop", PERM_ORG_WRITE, grant_delete, NULL},
    {HX_POST, "/v1/people/{id}/tokens", "tokenAdd", PERM_ORG_WRITE, token_post, NULL},
    {HX_DELETE, "/v1/people/{id}/tokens/{made}", "tokenDrop", PERM_ORG_WRITE, token_delete, NULL},
    {HX_GET, "/v1/roles", "roleList", PERM_ORG_READ, role_list, NULL},
    {HX_PUT, "/v1/roles/{name}", "roleSet", PERM_ORG_WRITE, role_put, NULL},
    {HX_GET, "/v1/journal", "journalList", PERM_JOURNAL_READ, journal_list, NULL},
    {HX_GET, "/v1/audit", "auditVerify", PERM_JOURNAL_READ, audit_get, NULL},
    {HX_GET, "/v1/live", "liveFollow", PERM_SELF, NULL, NULL},
};
const struct hx_module people_module = {.name = "people", .routes = people_routes, .route_count = HX_COUNT(people_routes)};
