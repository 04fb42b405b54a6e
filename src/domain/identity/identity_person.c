/* Who a provider's claims are here. What its rules give is given anew at each sign-in; what was granted by hand stays. */
#include <stdio.h>
#include <string.h>

#include "api/people.h"
#include "base/json.h"
#include "domain/identity/identity.h"
#include "domain/identity/identity_token.h"

#define GIVEN_MAX 32

struct given {
    char role[40];
    int64_t org;
};
struct giving {
    struct tx *tx;
    const json_t *rules;
    int64_t claimed_org; /* of the org claim; 0 none */
    struct given list[GIVEN_MAX];
    size_t n;
};

static void give(const char *value, void *arg)
{
    struct giving *g = arg;
    const json_t *rule;
    size_t i;
    json_array_foreach(g->rules, i, rule) {
        int64_t org = json_i64(rule, "org_id", g->claimed_org);
        const char *role = json_z(rule, "role", "");
        if (strcmp(json_z(rule, "value", ""), value) != 0 || org == 0 || g->n == GIVEN_MAX) continue;
        bool there = false;
        for (size_t k = 0; k < g->n; k++) there = there || (g->list[k].org == org && strcmp(g->list[k].role, role) == 0);
        if (there) continue;
        str_to_z(str_of(role), g->list[g->n].role, sizeof g->list[0].role);
        g->list[g->n++].org = org;
    }
}

static enum hx_err give_all(struct giving *g, const json_t *provider, const json_t *claims)
{
    const char *org_claim = json_z(provider, "org_claim", "");
    if (org_claim[0] != 0 && json_z(claims, org_claim, "")[0] != 0) {
        enum hx_err e = db_one_i64(g->tx->db, SQL_IDENTITY_ORG, &g->claimed_org, "z", json_z(claims, org_claim, ""));
        if (e && e != HX_E_NOT_FOUND) return e;
    }
    token_each(claims, json_z(provider, "role_claim", ""), give, g);
    return HX_OK;
}

/* Takes back what this provider gave and gives no longer, and gives what is new. A grant that a person made stays a person's. */
static enum hx_err settle_grants(struct tx *tx, int64_t provider, int64_t person, const struct giving *g)
{
    int64_t drop[GIVEN_MAX * 2];
    bool have[GIVEN_MAX] = {false};
    size_t drops = 0;
    struct rows r = db_query(tx->db, SQL_IDENTITY_GRANTS, "i", person);
    while (rows_next(&r)) {
        bool wanted = false;
        for (size_t i = 0; i < g->n; i++)
            if (g->list[i].org == rows_i64(&r, 2) && strcmp(g->list[i].role, rows_z(&r, 1)) == 0) wanted = have[i] = true;
        if (!wanted && rows_i64(&r, 3) == provider && drops < HX_COUNT(drop)) drop[drops++] = rows_i64(&r, 0);
    }
    enum hx_err e = r.err;
    rows_end(&r);
    for (size_t i = 0; !e && i < drops; i++) {
        e = db_exec(tx->db, SQL_GRANT_DROP, "ii", drop[i], person);
        if (!e) e = journal_add(tx, "grant.dropped", 0, person, json_pack("{s:I,s:I}", "id", (json_int_t)drop[i], "provider_id", (json_int_t)provider));
    }
    for (size_t i = 0; !e && i < g->n; i++) {
        if (have[i]) continue;
        e = grant_make(tx, person, g->list[i].role, g->list[i].org);
        if (!e) e = db_exec(tx->db, SQL_IDENTITY_GRANT_MARK, "iizi", provider, person, g->list[i].role, g->list[i].org);
    }
    return e;
}

/* The local account of this sign-in name, if the provider may take it over; else a new one, if it may enter people. */
static enum hx_err first_time(struct tx *tx, const json_t *provider, const json_t *claims, int64_t org, int64_t *person)
{
    const char *name = json_z(claims, json_z(provider, "name_claim", ""), ""), *full = json_z(claims, "name", name);
    int64_t administers;
    if (name[0] == 0 || strlen(name) > 40) return tx_fail(tx, HX_E_FORBIDDEN, "the sign-in service gave no sign-in name of 1 to 40 letters: look at the name claim");
    enum hx_err e = db_one_i64(tx->db, SQL_PERSON_ID_OF, person, "z", name);
    if (e == HX_OK) {
        if (!json_flag(provider, "links", false)) return tx_fail(tx, HX_E_FORBIDDEN, "a local account has this sign-in name: an administrator lets the service take accounts over, or renames it");
        e = db_one_i64(tx->db, SQL_IDENTITY_ADMINISTERS, &administers, "i", *person);
        if (e == HX_OK) return tx_fail(tx, HX_E_FORBIDDEN, "an administrator's local account is not taken over");
        if (e == HX_E_NOT_FOUND) e = HX_OK;
    } else if (e == HX_E_NOT_FOUND) {
        if (!json_flag(provider, "makes", true)) return tx_fail(tx, HX_E_FORBIDDEN, "you are not known here yet: ask an administrator to enter you");
        json_t *b = json_pack("{s:s,s:s,s:I}", "name", name, "full_name", full, "org_id", (json_int_t)org);
        e = b == NULL ? HX_E_INVALID : person_make(tx, b, NULL, 0, person);
        json_decref(b);
    }
    if (!e) e = db_exec(tx->db, SQL_IDENTITY_ADD, "izii", json_i64(provider, "id", 0), json_z(claims, "sub", ""), *person, tx->now_ms);
    return e ? e : journal_add(tx, "identity.linked", 0, *person, json_pack("{s:I,s:I}", "person_id", (json_int_t)*person, "provider_id", json_i64(provider, "id", 0)));
}

enum hx_err identity_person(struct tx *tx, const json_t *provider, const json_t *claims, int64_t *person)
{
    int64_t id = json_i64(provider, "id", 0);
    json_t *rules = db_all_json(tx->db, SQL_PROVIDER_RULES, "i", id);
    struct giving g = {.tx = tx, .rules = rules};
    char state[16] = "active", full[64];
    *person = 0;
    enum hx_err e = rules == NULL ? HX_E_STORE : give_all(&g, provider, claims);
    json_decref(rules);
    if (e) return e;
    struct rows r = db_query(tx->db, SQL_IDENTITY_GET, "iz", id, json_z(claims, "sub", ""));
    if (rows_next(&r)) {
        *person = rows_i64(&r, 0);
        str_to_z(rows_str(&r, 1), state, sizeof state);
    }
    e = r.err;
    rows_end(&r);
    if (e) return e;
    if (strcmp(state, "active") != 0) return tx_fail(tx, HX_E_FORBIDDEN, "your account here is switched off: ask an administrator");
    if (g.n == 0 && *person == 0) return tx_fail(tx, HX_E_FORBIDDEN, "the sign-in service gives you no role here: ask an administrator for a rule");
    if (*person == 0) e = first_time(tx, provider, claims, g.list[0].org, person);
    if (!e) e = settle_grants(tx, id, *person, &g);
    if (!e) e = db_exec(tx->db, SQL_IDENTITY_SEEN, "iiz", tx->now_ms, id, json_z(claims, "sub", ""));
    str_to_utf8_z(str_of(json_z(claims, "name", "")), full, sizeof full);
    if (!e && full[0] != 0) e = db_exec(tx->db, SQL_IDENTITY_PERSON_SET, "zIi", full, g.n > 0 ? g.list[0].org : 0, *person);
    return e;
}
