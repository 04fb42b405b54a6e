#include "push_book.h"

#include <string.h>

#include "notify/push.h"

#define DEVICES_MAX 5 /* of one person; the oldest makes room */

static enum hx_err state_of(struct call *c)
{
    return call_reply(c, json_pack("{s:b,s:s,s:o}", "on", push_on(), "key", push_public_key(), "devices", db_all_json(c->db, SQL_PUSH_DEVICE_MINE, "i", c->who.id)));
}

static enum hx_err push_get(struct call *c)
{
    return state_of(c);
}

static enum hx_err drop_oldest(struct call *c)
{
    int64_t id = 0;
    enum hx_err e = db_one_i64(c->db, SQL_PUSH_DEVICE_OLDEST, &id, "ii", c->who.id, (int64_t)DEVICES_MAX);
    if (e == HX_E_NOT_FOUND) return HX_OK;
    if (!e) e = db_exec(c->db, SQL_PUSH_POSTS_DROP, "i", id);
    return e ? e : db_exec(c->db, SQL_PUSH_DEVICE_DROP, "i", id);
}

static enum hx_err push_add(struct call *c)
{
    struct push_keys keys;
    const json_t *b = c->body;
    const char *endpoint = json_z(b, "endpoint", "");
    int64_t id = journal_next(c->tx);
    if (!push_on()) return call_fail(c, HX_E_ILLEGAL, "nobody is woken here: push.contact is not set in huxue.conf");
    if (!push_may_post_to(endpoint)) return call_fail(c, HX_E_INVALID, "endpoint: this push service is not among push.services in huxue.conf");
    if (!push_keys_read(str_of(json_z(b, "p256dh", "")), str_of(json_z(b, "auth", "")), &keys)) return call_fail(c, HX_E_INVALID, "p256dh, auth: want the keys of the browser's subscription");
    enum hx_err e = db_exec(c->db, SQL_PUSH_DEVICE_ADD, "iizzzzi", id, c->who.id, endpoint, json_z(b, "p256dh", ""), json_z(b, "auth", ""), json_z(b, "name", ""), c->tx->now_ms);
    if (!e) e = db_one_i64(c->db, SQL_PUSH_DEVICE_OF, &id, "z", endpoint);
    if (!e) e = db_exec(c->db, SQL_PUSH_POSTS_DROP, "i", id); /* the phone has changed hands: what waits was for another */
    if (!e) e = drop_oldest(c);
    if (!e) e = journal_add(c->tx, "push.added", 0, id, json_pack("{s:I,s:s}", "person_id", (json_int_t)c->who.id, "name", json_z(b, "name", "")));
    c->status = 201;
    return e ? e : state_of(c);
}

static enum hx_err push_forget(struct call *c)
{
    int64_t id = 0;
    const char *endpoint = json_z(c->body, "endpoint", "");
    enum hx_err e = db_one_i64(c->db, SQL_PUSH_DEVICE_OF, &id, "z", endpoint);
    if (e == HX_E_NOT_FOUND) return state_of(c);
    if (!e) e = db_exec(c->db, SQL_PUSH_DEVICE_FORGET, "zi", endpoint, c->who.id); /* what waits for it goes along (cascade) */
    if (!e && db_changes(c->db) > 0) e = journal_add(c->tx, "push.dropped", 0, id, json_pack("{s:I,s:s}", "person_id", (json_int_t)c->who.id, "reason", "forgotten"));
    return e ? e : state_of(c);
}

static enum hx_err add_posts(struct tx *tx, int64_t person_id, int64_t delivery_id)
{
    int64_t ids[DEVICES_MAX];
    size_t n = 0;
    struct rows r = db_query(tx->db, SQL_PUSH_DEVICES_OF, "i", person_id);
    while (n < HX_COUNT(ids) && rows_next(&r)) ids[n++] = rows_i64(&r, 0);
    enum hx_err e = r.err;
    rows_end(&r);
    for (size_t i = 0; !e && i < n; i++) {
        int64_t id = journal_next(tx);
        e = db_exec(tx->db, SQL_PUSH_POST_ADD, "iiIi", id, ids[i], delivery_id, tx->now_ms);
        if (!e) e = journal_add(tx, "push.queued", 0, id, json_pack("{s:I,s:I}", "device_id", (json_int_t)ids[i], "delivery_id", (json_int_t)delivery_id));
    }
    return e;
}

enum hx_err push_along(struct tx *tx, int64_t person_id, int64_t delivery_id)
{
    return push_on() ? add_posts(tx, person_id, delivery_id) : HX_OK;
}

static enum hx_err push_test(struct call *c)
{
    int64_t id;
    if (!push_on()) return call_fail(c, HX_E_ILLEGAL, "nobody is woken here: push.contact is not set in huxue.conf");
    if (db_one_i64(c->db, SQL_PUSH_DEVICES_OF, &id, "i", c->who.id) == HX_E_NOT_FOUND) return call_fail(c, HX_E_ILLEGAL, "no browser of yours has subscribed yet");
    enum hx_err e = add_posts(c->tx, c->who.id, 0);
    return e ? e : state_of(c);
}

static const struct hx_route routes[] = {
    {HX_GET, "/v1/push", "pushGet", PERM_SELF, push_get, NULL},
    {HX_POST, "/v1/push/devices", "pushAdd", PERM_SELF, push_add, NULL},
    {HX_POST, "/v1/push/forget", "pushForget", PERM_SELF, push_forget, NULL},
    {HX_POST, "/v1/push/test", "pushTest", PERM_SELF, push_test, NULL},
};
const struct hx_module push_module = {.name = "push", .routes = routes, .route_count = HX_COUNT(routes)};
