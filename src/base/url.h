/* Addresses with a name and a password in them: kept apart, and put together when they are used. Pure. */
#ifndef HX_URL_H
#define HX_URL_H

#include "base/str.h"

struct url {
    char url[404];                  /* scheme://host[:port]/… */
    char login[64], password[64];   /* as they stood in it, percent-decoded; "" none */
};

/* Reads an address as people paste it. INVALID when its scheme is not one of `schemes` (words with blanks between), when a host is
 * missing, when it holds blanks or control characters, or when a part is too long. */
enum hx_err url_read(struct str text, const char *schemes, struct url *out) HX_MUST_USE;
/* Adds a text percent-encoded (RFC 3986 section 2.3: letters, digits and -._~ stay); a field name=value of a form or a query, '&' before it. */
void url_encode(const char *z, struct buf *b);
void url_add_field(struct buf *b, const char *name, const char *value);
/* The address with name and password in it; LIMIT when it does not fit. */
enum hx_err url_with_secret(const char *url, const char *login, const char *password, char *out, size_t size) HX_MUST_USE;
/* host[:port] of an address, without name and password, or of a text that is one already; its host alone. Both point into it. */
struct str url_authority(const char *z);
struct str url_host(struct str authority);
/* Whether two addresses, or a host[:port] alone, lead to the same host; ports do not count. */
bool url_same_host(const char *a, const char *b);

#endif
