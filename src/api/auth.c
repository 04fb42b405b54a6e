#include "auth.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/net.h"
#include "io/seal.h"

#define ARGON_KIB (19 * 1024)
#define ARGON_PASSES 2
#define TOTP_STEP_S 30
#define TOTP_SECRET_BYTES 20
#define NAME_FAILURES 5
#define PEER_FAILURES 20
#define THROTTLE_MS 300000
#define THROTTLE_ROWS 4096

static const char *const perm_names[] = {
#define X(id, name, text) name,
    PERM_MAP(X)
#undef X
};
static const char *const perm_texts[] = {
#define X(id, name, text) text,
    PERM_MAP(X)
#undef X
};

const char *perm_name(enum perm p)
{
    return perm_names[p];
}

const char *perm_text(enum perm p)
{
    return perm_texts[p];
}

/* ---- secrets ---- */

void auth_digest(const char *hex, uint8_t digest[32])
{
    HX_ASSERT(EVP_Digest(hex, strlen(hex), digest, NULL, EVP_sha256(), NULL) == 1);
}

void auth_secret(char hex[AUTH_SECRET_HEX], uint8_t digest[32])
{
    uint8_t raw[32];
    HX_ASSERT(RAND_bytes(raw, sizeof raw) == 1);
    hex_encode(raw, sizeof raw, hex);
    auth_digest(hex, digest);
}

bool auth_guessed(struct auth_guesses *g, int64_t now_ms, bool wrong)
{
    if (now_ms / 60000 != g->minute) g->minute = now_ms / 60000, g->wrong = 0;
    g->wrong += wrong;
    return g->wrong > g->most;
}

enum hx_err auth_hash_password(const char *password, char encoded[128])
{
    uint8_t salt[16];
    if (RAND_bytes(salt, sizeof salt) != 1) return HX_E_INTERNAL;
    int rc = argon2id_hash_encoded(ARGON_PASSES, ARGON_KIB, 1, password, strlen(password), salt, sizeof salt, 32, encoded, 128);
    return rc == ARGON2_OK ? HX_OK : HX_E_INTERNAL;
}

bool auth_password_fits(const char *encoded, const char *password)
{
    return argon2id_verify(encoded, password, strlen(password)) == ARGON2_OK;
}

const char *auth_password_flaw(const char *password)
{
    if (strlen(password) < 8) return "a password needs at least 8 characters";
    if (strlen(password) > 200) return "a password may have at most 200 characters";
    bool same = true;
    for (const char *p = password; *p != 0; p++) same = same && *p == password[0];
    return same ? "a password must not be one character over and over" : NULL;
}

unsigned auth_totp(const uint8_t *secret, size_t n, int64_t step)
{
    uint8_t message[8], mac[EVP_MAX_MD_SIZE];
    unsigned mac_bytes = 0;
    for (int i = 7; i >= 0; i--, step >>= 8) message[i] = (uint8_t)step;
    HX_ASSERT(HMAC(EVP_sha1(), secret, (int)n, message, sizeof message, mac, &mac_bytes) != NULL);
    unsigned at = mac[mac_bytes - 1] & 15;
    unsigned code = (unsigned)(mac[at] & 0x7F) << 24 | (unsigned)mac[at + 1] << 16 | (unsigned)mac[at + 2] << 8 | mac[at + 3];
    return code % 1000000;
}

/* ---- who is asking ---- */

enum hx_err auth_load(struct db *db, int64_t person_id, struct person *who)
{
    *who = (struct person){0};
    struct rows r = db_query(db, SQL_PERSON_LOAD, "i", person_id);
    bool found = rows_next(&r);
    if (found) {
        who->id = rows_i64(&r, 0);
        str_to_z(rows_str(&r, 1), who->name, sizeof who->name);
        str_to_z(rows_str(&r, 2), who->full_name, sizeof who->full_name);
        str_to_z(rows_str(&r, 3), who->lang, sizeof who->lang);
        str_to_z(rows_str(&r, 4), who->tree, sizeof who->tree);
        who->org_id = rows_i64(&r, 5);
    }
    rows_end(&r);
    if (!found) return r.err ? r.err : HX_E_UNAUTHENTICATED;
    r = db_query(db, SQL_PERSON_PERMS, "i", person_id);
    while (rows_next(&r)) {
        const char *name = rows_z(&r, 0);
        for (int p = 0; p < PERM_COUNT; p++) {
            if (strcmp(perm_names[p], name) != 0) continue;
            who->perms |= 1ULL << p;
            if (rows_i64(&r, 1)) who->root |= 1ULL << p;
        }
    }
    rows_end(&r);
    who->perms |= 1ULL << PERM_SELF | 1ULL << PERM_NONE;
    return r.err;
}

enum hx_err auth_person(struct db *db, const struct auth_claim *claim, int64_t now_ms, struct person *who)
{
    if (claim->secret[0] == 0) return HX_E_UNAUTHENTICATED;
    uint8_t digest[32];
    auth_digest(claim->secret, digest);
    struct rows r = db_query(db, SQL_SESSION_GET, "b", (const void *)digest, sizeof digest);
    enum hx_err e = HX_E_UNAUTHENTICATED;
    int64_t person = 0, made_at = 0;
    if (rows_next(&r) && rows_i64(&r, 3) > now_ms) {
        bool token = str_eq(rows_str(&r, 0), STR("token"));
        struct str csrf = rows_str(&r, 1);
        bool same = csrf.len > 0 && csrf.len == strlen(claim->csrf) && CRYPTO_memcmp(csrf.at, claim->csrf, csrf.len) == 0;
        made_at = rows_i64(&r, 2);
        person = rows_i64(&r, 4);
        e = token == claim->bearer ? HX_OK : HX_E_UNAUTHENTICATED;
        if (!e && !token && claim->writes && !same) e = HX_E_FORBIDDEN;
    } else if (r.err) {
        e = r.err;
    }
    rows_end(&r);
    if (!e) e = auth_load(db, person, who);
    who->by_token = claim->bearer;
    who->session_made_at = made_at;
    return e;
}

enum hx_err auth_add_session(struct tx *tx, const char *kind, int64_t person_id, const char *name, const char *peer, int64_t life_ms,
                             char secret[AUTH_SECRET_HEX], char csrf[33])
{
    uint8_t digest[32], raw[16];
    auth_secret(secret, digest);
    HX_ASSERT(RAND_bytes(raw, sizeof raw) == 1);
    hex_encode(raw, sizeof raw, csrf);
    bool token = strcmp(kind, "token") == 0;
    enum hx_err e = db_exec(tx->db, SQL_SESSION_PRUNE, "i", tx->now_ms - 86400000);
    if (!e) e = db_exec(tx->db, SQL_SESSION_ADD, "bzizzzii", (const void *)digest, sizeof digest, kind, person_id, token ? "" : csrf, name, peer, tx->now_ms, tx->now_ms + life_ms);
    if (e) return e;
    json_t *j = json_object();
    json_put_i64(j, "person_id", person_id);
    json_put_z(j, "kind", kind);
    json_put_z(j, "name", name);
    json_put_z(j, "peer", peer);
    json_put_time(j, "expires_at", tx->now_ms + life_ms);
    tx->person_id = person_id;
    return journal_add(tx, "session.opened", 0, person_id, j);
}

/* ---- throttling of sign-ins: in memory, per account and per address ---- */

struct failures {
    char key[64];
    int count;
    int64_t first_ms;
};

static struct failures failures[THROTTLE_ROWS];
static pthread_mutex_t failures_lock = PTHREAD_MUTEX_INITIALIZER;

static struct failures *failures_of(const char *kind, const char *key, int64_t now_ms)
{
    char full[64];
    snprintf(full, sizeof full, "%s:%.50s", kind, key);
    uint32_t h = 2166136261u;
    for (const char *p = full; *p != 0; p++) h = (h ^ (unsigned char)*p) * 16777619u;
    struct failures *oldest = NULL;
    for (uint32_t i = 0; i < 8; i++) {
        struct failures *f = &failures[(h + i) % THROTTLE_ROWS];
        if (strcmp(f->key, full) == 0) {
            if (now_ms - f->first_ms > THROTTLE_MS) f->count = 0;
            return f;
        }
        if (oldest == NULL || f->first_ms < oldest->first_ms) oldest = f;
    }
    *oldest = (struct failures){0};
    memcpy(oldest->key, full, sizeof full);
    return oldest;
}

/* Counts a try in advance, so that parallel guesses are counted too. False: too many. */
static bool try_allowed(const char *name, const char *peer, int64_t now_ms)
{
    char host[NET_TEXT_MAX];
    net_host(peer, host);
    pthread_mutex_lock(&failures_lock);
    struct failures *by_name = failures_of("name", name, now_ms), *by_peer = failures_of("peer", host, now_ms);
    bool allowed = by_name->count < NAME_FAILURES && by_peer->count < PEER_FAILURES;
    if (by_name->count++ == 0) by_name->first_ms = now_ms;
    if (by_peer->count++ == 0) by_peer->first_ms = now_ms;
    pthread_mutex_unlock(&failures_lock);
    return allowed;
}

static void try_succeeded(const char *name, const char *peer)
{
    char host[NET_TEXT_MAX];
    net_host(peer, host);
    pthread_mutex_lock(&failures_lock);
    failures_of("name", name, clock_utc_ms())->count = 0;
    struct failures *by_peer = failures_of("peer", host, clock_utc_ms());
    if (by_peer->count > 0) by_peer->count--;
    pthread_mutex_unlock(&failures_lock);
}

/* ---- routes ---- */

static struct seal the_seal;

static enum hx_err auth_start(struct hx_app *app)
{
    return seal_open(app->data_dir, &the_seal);
}

/* Checks name, password and one-time password in the pool; the writer then only makes the session. */
static enum hx_err login_prepare(struct call *c)
{
    const char *name = json_z(c->body, "user", ""), *password = json_z(c->body, "password", "");
    int64_t now_ms = clock_utc_ms(), person = 0, totp_last = 0;
    char encoded[128] = "";
    uint8_t secret[64];
    size_t secret_bytes = 0;
    if (!try_allowed(name, c->peer, now_ms)) return call_fail(c, HX_E_THROTTLED, "too many failed sign-ins; wait five minutes or ask an administrator");
    struct rows r = db_query(c->db, SQL_PERSON_LOGIN, "z", name);
    if (rows_next(&r)) {
        person = rows_i64(&r, 0);
        str_to_z(rows_str(&r, 1), encoded, sizeof encoded);
        totp_last = rows_i64(&r, 3);
        if (!rows_null(&r, 2) && seal_break(&the_seal, rows_blob(&r, 2), secret, sizeof secret, &secret_bytes)) secret_bytes = 0, person = 0;
    }
    rows_end(&r);
    static const char decoy[] = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$4Sd0Kq1VPiVSJsYNFSEhcBzX1tJm7mXgdYzJdGqcTjU";
    bool fits = auth_password_fits(encoded[0] != 0 ? encoded : decoy, password); /* the same time whether or not the name exists */
    if (!fits || person == 0 || encoded[0] == 0) {
        log_warn("login.refused", "peer=%s", c->peer);
        return call_fail(c, HX_E_UNAUTHENTICATED, "the name or the password is wrong");
    }
    if (secret_bytes > 0) {
        int64_t step = now_ms / 1000 / TOTP_STEP_S, code = -1, found = 0;
        const char *otp = json_z(c->body, "otp", "");
        if (strlen(otp) != 6 || !str_to_i64(str_of(otp), &code)) return call_fail(c, HX_E_UNAUTHENTICATED, "the one-time password is needed (6 digits)");
        for (int64_t s = step - 1; s <= step + 1; s++)
            if (s > totp_last && auth_totp(secret, secret_bytes, s) == (unsigned)code) found = s;
        if (found == 0) return call_fail(c, HX_E_UNAUTHENTICATED, "the one-time password is wrong or was used before");
        json_object_set_new(c->body, "_step", json_integer(found));
    }
    try_succeeded(name, c->peer);
    c->who.id = person;
    return HX_OK;
}

static json_t *me_json(const struct person *who, const char *csrf)
{
    json_t *j = json_object(), *perms = json_array();
    json_put_i64(j, "id", who->id);
    json_put_z(j, "name", who->name);
    json_put_z(j, "full_name", who->full_name);
    json_put_z(j, "lang", who->lang);
    json_put_z(j, "tree", who->tree);
    json_object_set_new(j, "org_id", who->org_id ? json_integer(who->org_id) : json_null());
    for (int p = 0; p < PERM_COUNT; p++)
        if (who->perms >> p & 1) json_array_append_new(perms, json_string(perm_names[p]));
    json_object_set_new(j, "permissions", perms);
    if (csrf != NULL) json_put_z(j, "csrf", csrf);
    return j;
}

enum hx_err auth_sign_in(struct call *c, int64_t person, const char *name, int64_t life_ms)
{
    char secret[AUTH_SECRET_HEX], csrf[33];
    enum hx_err e = auth_add_session(c->tx, "session", person, name, c->peer, life_ms, secret, csrf);
    if (!e) e = auth_load(c->db, person, &c->who);
    if (e) return e;
    snprintf(c->set_cookie, sizeof c->set_cookie, "huxue=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld", secret, (long long)life_ms / 1000);
    return call_reply(c, me_json(&c->who, csrf));
}

static enum hx_err login(struct call *c)
{
    int64_t step = json_i64(c->body, "_step", 0);
    enum hx_err e = step != 0 ? db_exec(c->db, SQL_PERSON_TOTP_LAST, "ii", step, c->who.id) : HX_OK;
    return e ? e : auth_sign_in(c, c->who.id, "", AUTH_SESSION_MS);
}

static enum hx_err join(struct call *c)
{
    uint8_t digest[32];
    int64_t person;
    if (!try_allowed("join", c->peer, c->tx->now_ms)) return call_fail(c, HX_E_THROTTLED, "too many failed sign-ins; wait five minutes or ask an administrator");
    auth_digest(json_z(c->body, "secret", ""), digest);
    enum hx_err e = db_one_i64(c->db, SQL_JOIN_CODE_GET, &person, "bi", (const void *)digest, sizeof digest, c->tx->now_ms);
    if (e == HX_E_NOT_FOUND) return call_fail(c, HX_E_UNAUTHENTICATED, "this code was used or is too old: ask for a new one");
    if (!e) try_succeeded("join", c->peer);
    if (!e) e = db_exec(c->db, SQL_JOIN_CODE_DROP, "bi", (const void *)digest, sizeof digest, c->tx->now_ms);
    if (!e) e = journal_add(c->tx, "session.joined", 0, person, json_pack("{s:I}", "person_id", (json_int_t)person));
    return e ? e : auth_sign_in(c, person, "phone", AUTH_PHONE_MS);
}

static enum hx_err logout(struct call *c)
{
    uint8_t digest[32];
    auth_digest(c->secret, digest);
    enum hx_err e = db_exec(c->db, SQL_SESSION_END, "b", (const void *)digest, sizeof digest);
    if (!e) e = journal_add(c->tx, "session.ended", 0, c->who.id, json_pack("{s:I}", "person_id", (json_int_t)c->who.id));
    snprintf(c->set_cookie, sizeof c->set_cookie, "huxue=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    return e ? e : call_reply(c, json_object());
}

static enum hx_err me(struct call *c)
{
    char csrf[65] = "";
    uint8_t digest[32];
    auth_digest(c->secret, digest);
    struct rows r = db_query(c->db, SQL_SESSION_GET, "b", (const void *)digest, sizeof digest);
    if (rows_next(&r)) str_to_z(rows_str(&r, 1), csrf, sizeof csrf);
    rows_end(&r);
    json_t *j = me_json(&c->who, csrf), *grants = db_all_json(c->db, SQL_GRANT_LIST, "i", c->who.id), *person = NULL;
    if (grants != NULL) json_object_set_new(j, "grants", grants);
    if (db_one_json(c->db, SQL_PERSON_GET, &person, "i", c->who.id) == HX_OK) {
        json_object_set(j, "totp", json_object_get(person, "totp"));
        json_decref(person);
    }
    int64_t wants = 0;
    if (db_one_i64(c->db, SQL_PERSON_WANTS_TOTP, &wants, "i", c->who.id) == HX_OK) json_object_set_new(j, "totp_wanted", json_boolean(wants > 0));
    return call_reply(c, j);
}

static enum hx_err me_patch_prepare(struct call *c)
{
    const char *fresh = json_z(c->body, "password", NULL), *old = json_z(c->body, "old_password", "");
    if (fresh == NULL) return HX_OK;
    char encoded[128] = "";
    struct rows r = db_query(c->db, SQL_PERSON_LOGIN, "z", c->who.name);
    if (rows_next(&r)) str_to_z(rows_str(&r, 1), encoded, sizeof encoded);
    rows_end(&r);
    if (!auth_password_fits(encoded, old)) return call_fail(c, HX_E_FORBIDDEN, "the old password is wrong");
    if (auth_password_flaw(fresh) != NULL) return call_fail(c, HX_E_INVALID, "%s", auth_password_flaw(fresh));
    enum hx_err e = auth_hash_password(fresh, encoded);
    json_put_z(c->body, "_encoded", encoded);
    return e;
}

static enum hx_err me_patch(struct call *c)
{
    enum hx_err e = db_exec(c->db, SQL_PERSON_SET, "nnnnzzi", json_z(c->body, "_encoded", NULL), json_z(c->body, "lang", NULL), c->who.id);
    if (!e) e = journal_add(c->tx, "person.changed", 0, c->who.id, json_pack("{s:I,s:b}", "id", (json_int_t)c->who.id, "password", json_has(c->body, "_encoded")));
    if (!e) e = auth_load(c->db, c->who.id, &c->who);
    return e ? e : call_reply(c, me_json(&c->who, NULL));
}

/* A new secret is shown once and takes effect when a code from it comes back. */
static void base32(const uint8_t *in, size_t n, char *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned bits = 0, count = 0;
    for (size_t i = 0; i < n; i++) {
        bits = bits << 8 | in[i];
        for (count += 8; count >= 5; count -= 5) *out++ = letters[bits >> (count - 5) & 31];
    }
    *out = 0;
}

static enum hx_err totp_offer(struct call *c)
{
    uint8_t secret[TOTP_SECRET_BYTES];
    char text[40], uri[200], hex[2 * TOTP_SECRET_BYTES + 1];
    HX_ASSERT(RAND_bytes(secret, sizeof secret) == 1);
    base32(secret, sizeof secret, text);
    hex_encode(secret, sizeof secret, hex);
    snprintf(uri, sizeof uri, "otpauth://totp/Huxue:%s?secret=%s&issuer=Huxue&period=30&digits=6", c->who.name, text);
    return call_reply(c, json_pack("{s:s,s:s}", "secret", text, "uri", uri));
}

static int base32_decode(const char *z, uint8_t *out, size_t room)
{
    unsigned bits = 0, count = 0;
    size_t n = 0;
    for (; *z != 0; z++) {
        int v = *z >= 'A' && *z <= 'Z' ? *z - 'A' : *z >= 'a' && *z <= 'z' ? *z - 'a' : *z >= '2' && *z <= '7' ? *z - '2' + 26 : -1;
        if (v < 0) return -1;
        bits = bits << 5 | (unsigned)v;
        count += 5;
        if (count < 8) continue;
        count -= 8;
        if (n == room) return -1;
        out[n++] = (uint8_t)(bits >> count);
    }
    return (int)n;
}

static enum hx_err totp_confirm(struct call *c)
{
    uint8_t secret[64], sealed[64 + SEAL_EXTRA_BYTES];
    int64_t code = -1, step = c->tx->now_ms / 1000 / TOTP_STEP_S;
    int n = base32_decode(json_z(c->body, "secret", ""), secret, sizeof secret);
    if (n < 16 || !str_to_i64(str_of(json_z(c->body, "otp", "")), &code)) return call_fail(c, HX_E_INVALID, "secret or otp cannot be read");
    bool good = false;
    for (int64_t s = step - 1; s <= step + 1; s++) good = good || auth_totp(secret, (size_t)n, s) == (unsigned)code;
    if (!good) return call_fail(c, HX_E_INVALID, "the code does not fit; check the clock of your phone");
    size_t bytes = seal_close_over(&the_seal, secret, (size_t)n, sealed);
    enum hx_err e = db_exec(c->db, SQL_PERSON_TOTP_SET, "bi", (const void *)sealed, bytes, c->who.id);
    if (!e) e = journal_add(c->tx, "person.totp_set", 0, c->who.id, json_pack("{s:I}", "id", (json_int_t)c->who.id));
    return e ? e : call_reply(c, json_object());
}

/* ---- built-in roles ---- */

#define P(x) (1ULL << PERM_##x)
#define SEES (P(SCHOOL_READ) | P(PANEL_READ) | P(SIGNAL_READ) | P(ALARM_READ) | P(INCIDENT_READ) | P(PLAN_READ) | P(UNIT_READ) | P(STATS_READ) | P(DUTY_READ) | P(PATROL_READ) | P(VEHICLE_READ) | P(LESSON_READ) | P(DRILL_READ) | P(DRILL_JOIN) | P(EQUIPMENT_READ) | P(CAMERA_READ) | P(WARNING_READ) | P(POSTURE_READ))
#define HANDLES (SEES | P(POSTURE_ORDER) | P(HEADCOUNT_REPORT) | P(WARNING_HANDLE) | P(CAMERA_VIEW) | P(CAMERA_STEER) | P(CAMERA_TALK) | P(CLIP_EXPORT) | P(MESSAGE_READ) | P(MESSAGE_SEND) | P(ALARM_HANDLE) | P(INCIDENT_HANDLE) | P(DISPATCH) | P(UNIT_REPORT) | P(DUTY_REPORT) | P(HANDOVER) | P(JOURNAL_READ) | P(HEALTH_READ) | P(ORG_READ))

static const struct {
    const char *name, *zh, *en;
    uint64_t perms;
    bool totp;
} builtin_roles[] = {
    {"admin", "系统管理员", "administrator", ~0ULL, true},
    {"supervisor", "值班长", "duty supervisor", HANDLES | P(INCIDENT_SUPERVISE) | P(RULE_WRITE) | P(RULE_SIGN) | P(POSTURE_WRITE) | P(DUTY_WRITE) | P(PATROL_WRITE) | P(VEHICLE_WRITE) | P(LESSON_WRITE) | P(DRILL_WRITE) | P(EQUIPMENT_WRITE) | P(EQUIPMENT_CHECK) | P(UNIT_WRITE) | P(PANEL_WRITE) | P(CAMERA_WRITE) | P(MESSAGE_WRITE) | P(PLAN_WRITE) | P(PLAN_SIGN), true},
    {"operator", "值班员", "operator", HANDLES | P(DUTY_WRITE) | P(PANEL_WRITE), true},
    {"officer", "民警", "officer", SEES | P(HEADCOUNT_REPORT) | P(UNIT_REPORT) | P(DUTY_REPORT) | P(EQUIPMENT_CHECK) | P(PANIC), false},
    {"education", "教育局", "education bureau", SEES | P(POSTURE_WRITE) | P(SCHOOL_WRITE) | P(VEHICLE_WRITE) | P(LESSON_WRITE) | P(DRILL_WRITE) | P(EQUIPMENT_WRITE) | P(PLAN_WRITE) | P(PLAN_SIGN) | P(ORG_READ), false},
    {"principal", "校领导", "school leader", (SEES & ~P(UNIT_READ)) | P(POSTURE_ORDER) | P(POSTURE_WRITE) | P(HEADCOUNT_REPORT) | P(LESSON_WRITE) | P(DRILL_WRITE) | P(EQUIPMENT_WRITE) | P(EQUIPMENT_CHECK) | P(PLAN_WRITE) | P(PLAN_SIGN) | P(DUTY_REPORT) | P(PANIC), false},
    {"guard", "保安", "guard", P(DRILL_JOIN) | P(POSTURE_READ) | P(HEADCOUNT_REPORT) | P(SCHOOL_READ) | P(EQUIPMENT_READ) | P(EQUIPMENT_CHECK) | P(PLAN_READ) | P(INCIDENT_READ) | P(UNIT_REPORT) | P(DUTY_REPORT) | P(PANIC), false},
    {"teacher", "教师", "teacher", P(DRILL_JOIN) | P(SCHOOL_READ) | P(PLAN_READ) | P(POSTURE_READ) | P(HEADCOUNT_REPORT) | P(DUTY_REPORT) | P(PANIC), false},
    {"member", "群防群治", "group defence", P(DRILL_JOIN) | P(SCHOOL_READ) | P(POSTURE_READ) | P(HEADCOUNT_REPORT) | P(DUTY_REPORT), false},
    {"auditor", "审计", "auditor", SEES | P(JOURNAL_READ) | P(ORG_READ), false},
    {"source", "外部系统", "other system", P(SCHOOL_READ) | P(OBSERVE), false},
    {"wall", "大屏", "wall screen", SEES | P(HEALTH_READ), false},
};

enum hx_err auth_seed_roles(struct tx *tx)
{
    enum hx_err e = HX_OK;
    for (size_t i = 0; !e && i < HX_COUNT(builtin_roles); i++) {
        int64_t there;
        e = db_one_i64(tx->db, SQL_ROLE_THERE, &there, "z", builtin_roles[i].name);
        if (e != HX_E_NOT_FOUND && i != 0) continue; /* what people changed stays; the administrator may always do everything */
        e = db_exec(tx->db, SQL_ROLE_ADD, "zzzi", builtin_roles[i].name, builtin_roles[i].zh, builtin_roles[i].en, (int64_t)builtin_roles[i].totp);
        for (int p = PERM_SELF + 1; !e && p < PERM_COUNT; p++)
            if (builtin_roles[i].perms >> p & 1) e = db_exec(tx->db, SQL_ROLE_PERMISSION_ADD, "zz", builtin_roles[i].name, perm_names[p]);
    }
    return e;
}

static const struct hx_route auth_routes[] = {
    {HX_POST, "/v1/login", "login", PERM_NONE, login, login_prepare},
    {HX_POST, "/v1/join", "join", PERM_NONE, join, NULL},
    {HX_POST, "/v1/logout", "logout", PERM_SELF, logout, NULL},
    {HX_GET, "/v1/me", "me", PERM_SELF, me, NULL},
    {HX_PATCH, "/v1/me", "mePatch", PERM_SELF, me_patch, me_patch_prepare},
    {HX_POST, "/v1/me/totp", "totpOffer", PERM_SELF, totp_offer, NULL},
    {HX_POST, "/v1/me/totp/confirm", "totpConfirm", PERM_SELF, totp_confirm, NULL},
};
const struct hx_module auth_module = {
    .name = "auth", .routes = auth_routes, .route_count = HX_COUNT(auth_routes), .start = auth_start,
};
