/* What goes over a channel: templates of HTTP gateways filled in, and mail as RFC 5322 wants it. Pure. */
#ifndef HX_NOTIFY_TEXT_H
#define HX_NOTIFY_TEXT_H

#include "base/str.h"

struct notify_value {
    const char *name, *value; /* "{to}" */
};
/* Fills in a template, each value escaped for where it stands: in an address or a form as percent-encoded UTF-8, inside JSON as JSON,
 * inside XML as XML, in plain text as it is. `values` is ended by a row without a name. INVALID for a placeholder that is none of them. */
enum notify_place { NOTIFY_IN_URL, NOTIFY_IN_BODY, NOTIFY_IN_HEADER, NOTIFY_PLAIN };
enum hx_err notify_fill(const char *template, const struct notify_value *values, enum notify_place place, struct buf *out) HX_MUST_USE;
/* Header and body of a text mail in UTF-8 (RFC 2047, RFC 2045 base64); the key becomes its Message-ID, so that a repeated one is known. */
void notify_mail(const char *from, const char *to, const char *subject, const char *text, const char *key, int64_t utc_ms, struct buf *out);
/* Whether an address can stand in a mail's envelope and header. */
bool notify_is_mail_address(const char *z);

#endif
