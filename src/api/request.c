#include "request.h"

#include <openssl/evp.h>
#include <string.h>

/* The password of HTTP basic authentication (RFC 7617); empty when the text is none. */
static void read_basic(const char *base64, char *out, size_t size)
{
    uint8_t plain[256];
    size_t n = strlen(base64);
    out[0] = 0;
    if (n % 4 != 0 || n > 300) return;
    int got = EVP_DecodeBlock(plain, (const unsigned char *)base64, (int)n);
    while (got > 0 && n > 0 && base64[n - 1] == '=') got--, n--;
    const uint8_t *colon = got > 0 ? memchr(plain, ':', (size_t)got) : NULL;
    if (colon != NULL) str_to_z((struct str){(const char *)colon + 1, (size_t)(plain + got - colon - 1)}, out, size);
}

void request_claim(struct http_request *r, struct auth_claim *claim)
{
    const char *bearer = http_header(r, "Authorization"), *csrf = http_header(r, "X-CSRF-Token");
    claim->writes = http_method(r) != HX_GET;
    if (bearer != NULL && strncmp(bearer, "Bearer ", 7) == 0) {
        claim->bearer = true;
        str_to_z(str_of(bearer + 7), claim->secret, sizeof claim->secret);
    } else if (bearer != NULL && strncmp(bearer, "Basic ", 6) == 0) {
        claim->bearer = true; /* apps that only know name and password: the password is an API token */
        read_basic(bearer + 6, claim->secret, sizeof claim->secret);
    } else {
        http_cookie(r, "huxue", claim->secret, sizeof claim->secret);
    }
    str_to_z(str_of(csrf), claim->csrf, sizeof claim->csrf);
}

void request_queries(struct http_request *r, struct call *c)
{
    static const char *const names[] = {"after", "before", "limit", "state", "account", "school", "county", "q", "type", "subject", "from", "to", "date", "as_of", "known_at", "since", "figure", "line", "incident", "camera", "person", "t", "sig", "code", "quiet", "days", "child", "only", "live", "lang", "missed", "by", "here"};
    _Static_assert(HX_COUNT(names) <= HX_COUNT(((struct call *)0)->queries), "each query has a place");
    for (size_t i = 0; i < HX_COUNT(names); i++) {
        if (http_query(r, names[i], c->queries[c->query_count][1], sizeof c->queries[0][1]) == NULL) continue;
        str_to_z(str_of(names[i]), c->queries[c->query_count++][0], sizeof c->queries[0][0]);
    }
}
