/* Browsers that are woken by their push service (Web Push): beside the app's own line, never instead of it. */
#ifndef HX_PUSH_BOOK_H
#define HX_PUSH_BOOK_H

#include "api/api.h"

struct push_settings {
    const char *contact;  /* "mailto:…" or "https://…": whom a service may turn to; "": nobody is woken */
    const char *services; /* hosts of push services, and what lies below them, blank-separated */
};

/* push_sender.c: the key is DIR/keys/push.key, made at the first start that has a contact. */
enum hx_err push_start(struct hx_app *app, const struct push_settings *s) HX_MUST_USE;
void push_stop(void);
bool push_on(void);
/* base64url of the public point that browsers subscribe with. */
const char *push_public_key(void);
/* Whether this address may be posted to: TLS, and a host among the services; without TLS on this machine alone, for trials. */
bool push_may_post_to(const char *endpoint);

/* Along with a delivery to this person's app; in its transaction. */
enum hx_err push_along(struct tx *tx, int64_t person_id, int64_t delivery_id) HX_MUST_USE;

extern const struct hx_module push_module;

#endif
