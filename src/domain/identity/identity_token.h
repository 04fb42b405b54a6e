/* Tokens of OpenID Connect Core 1.0: an ID token as a signed JWT (RFC 7519, 7515), checked with the provider's keys (RFC 7517).
 * RS256, PS256 and ES256 (RFC 7518 section 3); `none` and shared secrets are refused. Pure: no store, no network. */
#ifndef HX_IDENTITY_TOKEN_H
#define HX_IDENTITY_TOKEN_H

#include <jansson.h>

#include "base/str.h"

#define TOKEN_SLACK_S 60 /* clocks of two machines */

/* What an ID token must say (section 3.1.3.7). */
struct token_want {
    const char *issuer, *audience, *nonce;
    int64_t now_s;
};

/* Checks signature and claims. INVALID with the reason in `why`; NOT_FOUND when no key has the token's `kid`: the provider may have
 * changed its keys. The claims are the caller's. */
enum hx_err token_check(struct str jwt, const json_t *jwks, const struct token_want *want, json_t **claims, char *why, size_t why_bytes) HX_MUST_USE;

/* One claim as texts: a text is one, a list of texts is several; each is visited. */
void token_each(const json_t *claims, const char *name, void (*visit)(const char *text, void *arg), void *arg);

#endif
