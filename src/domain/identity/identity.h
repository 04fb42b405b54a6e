/* Signing in by another system: OpenID Connect, code flow with PKCE. Local accounts stay beside it. */
#ifndef HX_IDENTITY_H
#define HX_IDENTITY_H

#include "api/api.h"

#define IDENTITY_ISSUER_MAX 304
#define IDENTITY_KEYS_MAX 65536

/* What a provider says of itself (OpenID Connect Discovery 1.0), with its keys. */
struct identity_site {
    char authorize[512], token[512], userinfo[512];
    bool basic; /* it takes the client's secret as HTTP Basic, else in the body */
    json_t *keys;
};

/* identity_site.c: asks for both, or gives what was heard within ten minutes; `fresh` asks in any case (at most once a minute). On a thread
 * that may wait. An error has its reason in `why`; BUSY when others wait already. `out->keys` is the caller's. */
enum hx_err identity_site_of(const char *issuer, bool fresh, struct identity_site *out, char *why, size_t why_bytes) HX_MUST_USE;
/* Trades a code for claims: token endpoint, the ID token's check, and userinfo where `claim` is not in the token. */
struct identity_trade {
    const char *issuer, *client, *secret; /* secret "" for a public client */
    const char *code, *verifier, *redirect, *nonce, *claim;
    int64_t now_s;
};
enum hx_err identity_trade(const struct identity_trade *t, json_t **claims, char *why, size_t why_bytes) HX_MUST_USE;

/* identity_person.c: who the claims are here, with the grants that the provider's rules give. FORBIDDEN with tx->detail where nothing is. */
enum hx_err identity_person(struct tx *tx, const json_t *provider, const json_t *claims, int64_t *person) HX_MUST_USE;

/* identity_book.c: a provider's secret, opened; "" for a public client. NOT_FOUND when there is no such provider or it is off. */
enum hx_err identity_secret(struct db *db, int64_t provider, char *out, size_t size) HX_MUST_USE;

extern const struct hx_module identity_module;
extern const struct hx_module identity_book_module;

#endif
