/* What a recorder, or our own media node, has kept of a camera: asked on the loop, waited for on a reader. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "camera.h"
#include "camera_inner.h"

#define WAIT_S 6
/* Readers that may wait for devices, and for our own nodes, which answer at once: fewer than there are (http.readers). */
#define WAITING_DEVICES 2
#define WAITING_NODES 1
#define FORGET_MS 30000 /* a node that did not answer */
#define SPAN_MAX_MS (31 * CLOCK_DAY_MS)

/* Held by the reader that waits and by the loop that answers: the last one frees it. */
struct asking {
    pthread_mutex_t lock;
    pthread_cond_t told;
    int holders;
    int64_t camera_id, from, to;
    bool here;             /* our node is asked */
    int64_t turn, asked_at;
    struct asking *next;   /* of those that wait for a node */
    enum { KEPT_WAITING, KEPT_AWAY, KEPT_TOLD } state;
    bool whole;
    json_t *items;
    void (*give)(const struct recorder_record *records, size_t n, bool whole, void *arg); /* NULL: a reader waits */
    void *give_arg;
};

static atomic_int waiting[2]; /* for devices, for our own nodes */
static struct asking *at_nodes; /* loop thread */

static struct asking *asking_new(int holders, bool here, int64_t camera_id, int64_t from, int64_t to)
{
    struct asking *a = calloc(1, sizeof *a);
    HX_ASSERT(a != NULL && pthread_mutex_init(&a->lock, NULL) == 0 && pthread_cond_init(&a->told, NULL) == 0);
    a->holders = holders, a->here = here, a->camera_id = camera_id, a->from = from, a->to = to;
    return a;
}

static void let_go(struct asking *a)
{
    pthread_mutex_lock(&a->lock);
    bool last = --a->holders == 0;
    pthread_mutex_unlock(&a->lock);
    if (!last) return;
    json_decref(a->items);
    pthread_cond_destroy(&a->told);
    pthread_mutex_destroy(&a->lock);
    free(a);
}

static void tell(struct asking *a, json_t *items, bool whole)
{
    pthread_mutex_lock(&a->lock);
    a->items = items;
    a->whole = whole;
    a->state = items != NULL ? KEPT_TOLD : KEPT_AWAY;
    pthread_cond_signal(&a->told);
    pthread_mutex_unlock(&a->lock);
    let_go(a);
}

static void got(const struct recorder_record *records, size_t n, bool whole, void *arg)
{
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *j = json_pack("{s:s,s:I}", "type", records[i].type, "bytes", (json_int_t)records[i].bytes);
        if (j == NULL) continue; /* a type that is no text */
        json_put_time(j, "from_at", records[i].from);
        json_put_time(j, "to_at", records[i].to);
        json_array_append_new(items, j);
    }
    tell(arg, items, whole);
}

static void forget_old(int64_t now)
{
    for (struct asking **at = &at_nodes; *at != NULL;) {
        struct asking *a = *at;
        if (now - a->asked_at <= FORGET_MS) {
            at = &a->next;
            continue;
        }
        *at = a->next;
        if (a->give != NULL) a->give(NULL, 0, false, a->give_arg), let_go(a);
        else tell(a, NULL, false);
    }
}

void kept_ranges(const json_t *ev)
{
    struct asking **at = &at_nodes;
    while (*at != NULL && (*at)->turn != json_i64(ev, "turn", 0)) at = &(*at)->next;
    struct asking *a = *at;
    if (a == NULL) return;
    *at = a->next;
    size_t i, n = 0;
    const json_t *range, *ranges = json_object_get(ev, "ranges");
    struct recorder_record *records = calloc(json_array_size(ranges) + 1, sizeof *records);
    HX_ASSERT(records != NULL);
    json_array_foreach(ranges, i, range) records[n++] = (struct recorder_record){.type = "here", .from = json_integer_value(json_array_get(range, 0)), .to = json_integer_value(json_array_get(range, 1))};
    if (a->give != NULL) a->give(records, n, true, a->give_arg), let_go(a);
    else got(records, n, true, a);
    free(records);
}

/* True when the node was asked; its answer is an event of its own. */
static bool ask_node(struct asking *a, const struct lens *l)
{
    struct media_client *node = l != NULL ? node_for(l) : NULL;
    if (node == NULL) return false;
    a->turn = ++live.turn;
    a->asked_at = clock_utc_ms();
    a->next = at_nodes;
    at_nodes = a;
    media_client_say(node, json_pack("{s:s,s:s,s:I,s:I,s:I}", "do", "ranges", "stream", l->stream, "turn", (json_int_t)a->turn, "from", (json_int_t)a->from, "to", (json_int_t)a->to));
    return true;
}

bool camera_kept_ask(int64_t camera_id, int64_t from, int64_t to, void (*give)(const struct recorder_record *records, size_t n, bool whole, void *arg), void *arg)
{
    bool asked = false;
    struct asking *a = NULL;
    forget_old(clock_utc_ms());
    pthread_mutex_lock(&live_lock);
    const struct lens *l = lens_of(camera_id);
    struct recorder *r = l != NULL ? recorder_find(str_of(l->recorder_code)) : NULL;
    if (l != NULL && !l->recorded && r != NULL && r->kind == RECORDER_GB28181) {
        asked = recorder_ask_records(r, l->code, from, to, give, arg);
    } else {
        a = asking_new(1, true, camera_id, from, to);
        a->give = give, a->give_arg = arg;
        asked = ask_node(a, l);
    }
    pthread_mutex_unlock(&live_lock);
    if (!asked && a != NULL) let_go(a);
    return asked;
}

static void ask(void *arg)
{
    struct asking *a = arg;
    forget_old(clock_utc_ms());
    pthread_mutex_lock(&live_lock);
    const struct lens *l = lens_of(a->camera_id);
    if (a->here) {
        bool asked = ask_node(a, l);
        pthread_mutex_unlock(&live_lock);
        if (!asked) tell(a, NULL, false);
        return;
    }
    struct recorder *r = l != NULL ? recorder_find(str_of(l->recorder_code)) : NULL;
    bool asked = r != NULL && recorder_ask_records(r, l->code, a->from, a->to, got, a);
    pthread_mutex_unlock(&live_lock);
    if (!asked) tell(a, NULL, false);
}

static void wait_for(struct asking *a)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    pthread_mutex_lock(&a->lock);
    while (a->state == KEPT_WAITING && pthread_cond_timedwait(&a->told, &a->lock, &until) == 0) {}
    pthread_mutex_unlock(&a->lock);
}

enum hx_err camera_kept(struct call *c)
{
    json_t *camera;
    int64_t from, to;
    if (!clock_parse(str_of(call_query_z(c, "from", "")), &from) || !clock_parse(str_of(call_query_z(c, "to", "")), &to) || to <= from || to - from > SPAN_MAX_MS)
        return call_fail(c, HX_E_INVALID, "from, to: want two times in order, at most a month apart");
    enum hx_err e = call_read(c, SQL_CAMERA_GET, PERM_CAMERA_VIEW, &camera);
    if (e) return e;
    bool asks = recorder_kind_of(json_z(camera, "kind", "")) == RECORDER_GB28181;
    json_decref(camera);
    bool here = call_query_i64(c, "here", 0) != 0;
    if (!asks && !here) return call_fail(c, HX_E_ILLEGAL, "this device is not asked for what it has kept: have the camera recorded here");
    if (atomic_fetch_add(&waiting[here], 1) >= (here ? WAITING_NODES : WAITING_DEVICES)) {
        atomic_fetch_sub(&waiting[here], 1);
        return call_fail(c, HX_E_BUSY, "others wait for recorders: try again in a moment");
    }
    struct asking *a = asking_new(2, here, call_id(c, 0), from, to);
    loop_post(live.set.app->loop, ask, a);
    wait_for(a);
    atomic_fetch_sub(&waiting[here], 1);
    pthread_mutex_lock(&a->lock);
    if (a->state == KEPT_AWAY && here) e = call_fail(c, HX_E_BUSY, "no media node answers for this camera: try again in a moment");
    else if (a->state == KEPT_AWAY) e = call_fail(c, HX_E_BUSY, "the recorder is not here, or answers somebody else: try again in a moment");
    else if (a->state == KEPT_WAITING) e = call_fail(c, HX_E_BUSY, "the recorder did not say what it has kept");
    else e = call_list(c, json_deep_copy(a->items)); /* counts of references are not for two threads */
    if (!e) json_object_set_new(c->reply, "whole", json_boolean(a->whole));
    pthread_mutex_unlock(&a->lock);
    let_go(a);
    return e;
}
