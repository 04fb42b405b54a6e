/* Who is asking: passwords (argon2id), sessions and tokens (opaque random, stored hashed), one-time passwords, throttling. */
#ifndef HX_AUTH_H
#define HX_AUTH_H

#include "api/api.h"

#define AUTH_SECRET_HEX 65
#define AUTH_SESSION_MS (12 * 3600000LL)
#define AUTH_PHONE_MS (30 * 86400000LL) /* of a phone that joined by a code */

/* Fills in the person behind a session cookie or bearer token. UNAUTHENTICATED when it is none or has run out. */
struct auth_claim {
    char secret[128];  /* of cookie or bearer; "" when neither came */
    char csrf[65];     /* X-CSRF-Token, "" when absent */
    bool bearer, writes;
};
enum hx_err auth_person(struct db *db, const struct auth_claim *claim, int64_t now_ms, struct person *who) HX_MUST_USE;
/* Loads a person's perms by id, for tools and re-checks of live feeds. */
enum hx_err auth_load(struct db *db, int64_t person_id, struct person *who) HX_MUST_USE;

/* argon2id, 19 MiB, t=2: about 25 ms. The encoded form is at most 127 characters. */
enum hx_err auth_hash_password(const char *password, char encoded[128]) HX_MUST_USE;
bool auth_password_fits(const char *encoded, const char *password);
/* NULL when a password is good enough, else what is wrong with it. */
const char *auth_password_flaw(const char *password);

/* A fresh secret in hex, and the digest under which it is stored. */
void auth_secret(char hex[AUTH_SECRET_HEX], uint8_t digest[32]);
/* Codes that are guessed by those without an account: so many wrong ones a minute of everybody, then only silence. Writer thread. */
struct auth_guesses {
    int most, wrong;
    int64_t minute;
};
/* Counts a wrong one; whether there were too many. */
bool auth_guessed(struct auth_guesses *g, int64_t now_ms, bool wrong);
void auth_digest(const char *hex, uint8_t digest[32]);
/* Makes a session or token row. */
enum hx_err auth_add_session(struct tx *tx, const char *kind, int64_t person_id, const char *name, const char *peer, int64_t life_ms,
                             char secret[AUTH_SECRET_HEX], char csrf[33]) HX_MUST_USE;
/* Makes a session for this person: cookie and answer (Me) of the call. */
enum hx_err auth_sign_in(struct call *c, int64_t person, const char *name, int64_t life_ms) HX_MUST_USE;
/* The six digits of RFC 6238 (SHA-1, 30 s) for a step. */
unsigned auth_totp(const uint8_t *secret, size_t n, int64_t step);
/* The built-in roles: adds what a newer program brought. */
enum hx_err auth_seed_roles(struct tx *tx) HX_MUST_USE;

extern const struct hx_module auth_module;

#endif
