/* GET /v1/live: committed events as server-sent events, resumable by their journal number. */
#ifndef HX_LIVE_H
#define HX_LIVE_H

#include "api/auth.h"

struct live;

/* The permission that an event of this type needs, by its noun. */
enum perm live_perm_of(const char *type);
struct live *live_start(struct hx_app *app, struct pool *readers);
/* `who` was checked; `after` is Last-Event-ID, or -1 to begin now; `only` a prefix of the types wanted. Takes the request over. */
void live_attach(struct live *l, struct http_request *r, const struct person *who, const struct auth_claim *claim, int64_t after, const char *only);
/* The same without a person: the events of one subject, all of whose types with this prefix are public. At most 4,000 of them,
 * so that they never take the places of consoles. */
void live_attach_subject(struct live *l, struct http_request *r, int64_t subject, const char *only, int64_t after);
/* Tells every console at once, outside the journal (a fault of the store, a stop). */
void live_shout(struct live *l, const char *type, const char *json);
void live_stop(struct live *l);
size_t live_readers(const struct live *l);
uint64_t live_dropped(const struct live *l);

#endif
