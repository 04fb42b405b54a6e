/* Tokens and key sets of a hostile provider: JWT, a zero byte, JWKS. */
#include <string.h>

#include "base/json.h"
#include "domain/identity/identity_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const struct token_want want = {"i", "a", "n", 1800000000};
    const uint8_t *zero = memchr(bytes, 0, n);
    json_t *jwks = NULL, *claims = NULL;
    char why[160];
    if (zero == NULL) return 0;
    struct str jwt = {(const char *)bytes, (size_t)(zero - bytes)}, keys = {(const char *)zero + 1, n - jwt.len - 1};
    if (json_parse(keys, &jwks, why, sizeof why) == HX_OK && token_check(jwt, jwks, &want, &claims, why, sizeof why) == HX_OK) json_decref(claims);
    json_decref(jwks);
    return 0;
}
