#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "media_inner.h"

#define LINE_MAX_BYTES (1u << 20)

struct control_line {
    struct media_node *node;
    struct http_raw *raw;
    struct bufferevent *bev;
    struct control_line *next, **link;
};

static void line_say(struct control_line *l, const json_t *j)
{
    char *text = json_text(j);
    bufferevent_write(l->bev, text, strlen(text));
    bufferevent_write(l->bev, "\n", 1);
    free(text);
}

void control_tell(struct media_node *n, json_t *event)
{
    for (struct control_line *l = n->controls; l != NULL; l = l->next) line_say(l, event);
    json_decref(event);
}

/* ---- clips ---- */

struct clip_job {
    struct media_node *node;
    struct clip_order order;
    enum hx_err e;
    json_t *manifest;
    struct loop_timer *timer;
};

static void clip_work(void *state, void *arg)
{
    (void)state;
    struct clip_job *j = arg;
    j->e = clip_make(&j->order, clock_utc_ms(), &j->manifest);
}

static void clip_done(void *arg)
{
    struct clip_job *j = arg;
    char key[24];
    snprintf(key, sizeof key, "%lld", (long long)j->order.clip_id);
    map_take(&j->node->clips, str_of(key));
    json_t *event = json_pack("{s:s,s:I,s:b,s:s}", "ev", "clip", "clip", (json_int_t)j->order.clip_id, "ok", !j->e, "error", j->e ? err_name(j->e) : "");
    if (j->manifest != NULL) json_object_set_new(event, "manifest", j->manifest);
    control_tell(j->node, event);
    json_decref(j->order.facts);
    if (j->timer != NULL) loop_timer_free(j->timer);
    free(j);
}

static void clip_due(void *arg)
{
    struct clip_job *j = arg;
    if (pool_submit(j->node->pool, clip_work, clip_done, j) == HX_OK) return;
    j->e = HX_E_BUSY;
    clip_done(j);
}

/* A clip that reaches into the future, or into the segment that is being written, waits for it. */
static void order_clip(struct media_node *n, const json_t *o)
{
    char key[24];
    snprintf(key, sizeof key, "%lld", (long long)json_i64(o, "clip", 0));
    if (map_get(&n->clips, str_of(key)) != NULL) return;
    struct clip_job *j = calloc(1, sizeof *j);
    HX_ASSERT(j != NULL);
    j->node = n;
    map_put(&n->clips, str_of(key), j);
    snprintf(j->order.dir, sizeof j->order.dir, "%s", n->set.dir);
    snprintf(j->order.stream, sizeof j->order.stream, "%s", json_z(o, "stream", ""));
    snprintf(j->order.watermark, sizeof j->order.watermark, "%s", json_z(o, "watermark", ""));
    j->order.clip_id = json_i64(o, "clip", 0);
    j->order.from = json_i64(o, "from", 0);
    j->order.to = json_i64(o, "to", 0);
    j->order.facts = json_object_get(o, "facts") != NULL ? json_incref(json_object_get(o, "facts")) : json_object();
    int64_t wait = j->order.to + 2 * RECORD_SEGMENT_MS + 1000 - clock_utc_ms();
    if (wait <= 0) {
        clip_due(j);
        return;
    }
    j->timer = loop_timer_new(n->set.loop, clip_due, j);
    loop_timer_set(j->timer, wait);
}

struct ranges_job {
    struct media_node *node;
    char stream[STREAM_ID_MAX];
    int64_t from, to, turn;
    json_t *ranges;
};

static void ranges_work(void *state, void *arg)
{
    (void)state;
    struct ranges_job *j = arg;
    j->ranges = record_ranges(j->node->set.dir, j->stream, j->from, j->to);
}

static void ranges_done(void *arg)
{
    struct ranges_job *j = arg;
    control_tell(j->node, json_pack("{s:s,s:s,s:I,s:o}", "ev", "ranges", "stream", j->stream, "turn", (json_int_t)j->turn, "ranges", j->ranges));
    free(j);
}

/* A month of a camera is a million names. */
static void order_ranges(struct media_node *n, const json_t *o)
{
    struct ranges_job *j = calloc(1, sizeof *j);
    HX_ASSERT(j != NULL);
    *j = (struct ranges_job){.node = n, .from = json_i64(o, "from", 0), .to = json_i64(o, "to", 0), .turn = json_i64(o, "turn", 0)};
    snprintf(j->stream, sizeof j->stream, "%s", json_z(o, "stream", ""));
    if (pool_submit(n->pool, ranges_work, ranges_done, j) != HX_OK) free(j); /* whoever asked hears nothing, and asks again */
}

static void take_protected(struct media_node *n, const json_t *o)
{
    size_t i;
    const json_t *item;
    const json_t *items = json_object_get(o, "items");
    free(n->protected);
    n->protected = calloc(json_array_size(items) + 1, sizeof *n->protected);
    HX_ASSERT(n->protected != NULL);
    n->protected_count = json_array_size(items);
    json_array_foreach(items, i, item)
    {
        snprintf(n->protected[i].id, sizeof n->protected[i].id, "%s", json_z(item, "stream", ""));
        n->protected[i].days = (int)json_i64(item, "days", n->set.days);
        n->protected[i].protect_from = json_i64(item, "from", 0);
    }
}

static void obey(struct media_node *n, const json_t *o)
{
    const char *what = json_z(o, "do", ""), *stream = json_z(o, "stream", "");
    struct channel *c = channel_of(n, stream);
    if (strcmp(what, "open") == 0 && stream_name_fits(stream)) {
        int port = 0;
        enum hx_err e = channel_open(n, o, &port);
        control_tell(n, json_pack("{s:s,s:s,s:i,s:s,s:I}", "ev", "opened", "stream", stream, "port", port, "error", e ? err_name(e) : "", "turn", (json_int_t)json_i64(o, "turn", 0)));
    } else if (strcmp(what, "connect") == 0 && c != NULL && c->ingest != NULL) {
        if (ingest_connect(c->ingest, json_z(o, "host", ""), (int)json_i64(o, "port", 0)) != HX_OK) channel_tell(c, "lost", json_pack("{s:s}", "why", "connect"));
    } else if (strcmp(what, "pace") == 0 && c != NULL) {
        channel_pace(c, (int)json_i64(o, "percent", 100), json_i64(o, "seek", -1));
    } else if (strcmp(what, "keep") == 0 && c != NULL) {
        c->stream->ring_ms = json_i64(o, "ring_ms", c->stream->ring_ms);
        channel_hear(c, json_flag(o, "sound", c->stream->hears));
        channel_record(c, json_flag(o, "record", c->recording != NULL));
    } else if (strcmp(what, "close") == 0 && c != NULL && c->publisher != NULL) {
        publishers_revoke(n, stream);
    } else if (strcmp(what, "close") == 0 && c != NULL) {
        channel_close(c);
    } else if (strcmp(what, "say") == 0) {
        if (c != NULL) snprintf(c->cause, sizeof c->cause, "%s", json_z(o, "state", "")), str_to_utf8_z(str_of(json_z(o, "detail", "")), c->detail, sizeof c->detail);
        viewers_state(n, stream, json_z(o, "state", ""), json_z(o, "detail", ""));
    } else if (strcmp(what, "forward") == 0 && stream_name_fits(stream)) {
        int port = 0;
        enum hx_err e = forward_begin(n, o, &port);
        control_tell(n, json_pack("{s:s,s:I,s:i,s:s}", "ev", "forwarding", "forward", (json_int_t)json_i64(o, "forward", 0), "port", port, "error", e ? err_name(e) : ""));
    } else if (strcmp(what, "go") == 0) {
        forward_go(n, json_i64(o, "forward", 0));
    } else if (strcmp(what, "unforward") == 0) {
        forward_end(n, json_i64(o, "forward", 0));
    } else if (strcmp(what, "talk") == 0) {
        talk_order(n, o);
    } else if (strcmp(what, "revoke") == 0) {
        talks_revoke(n, json_z(o, "nonce", ""));
        viewers_revoke(n, json_z(o, "nonce", ""));
        forwards_revoke(n, json_z(o, "nonce", ""));
    } else if (strcmp(what, "clip") == 0 && stream_name_fits(stream)) {
        order_clip(n, o);
    } else if (strcmp(what, "ranges") == 0 && stream_name_fits(stream)) {
        order_ranges(n, o);
    } else if (strcmp(what, "protect") == 0) {
        take_protected(n, o);
    }
}

static void line_end(struct control_line *l)
{
    struct media_node *n = l->node;
    *l->link = l->next;
    if (l->next != NULL) l->next->link = l->link;
    http_raw_free(l->raw);
    free(l);
    if (n->controls == NULL) forwards_stop(n), talks_stop(n); /* nobody is left who could end them */
    log_warn("media.daemon_gone", "left=%d", n->controls != NULL);
}

static void on_read(struct bufferevent *bev, void *arg)
{
    struct control_line *l = arg;
    struct evbuffer *in = bufferevent_get_input(bev);
    char why[160];
    size_t n;
    for (char *line; (line = evbuffer_readln(in, &n, EVBUFFER_EOL_LF)) != NULL; free(line)) {
        json_t *o = NULL;
        if (json_parse((struct str){line, n}, &o, why, sizeof why) == HX_OK) obey(l->node, o);
        else log_warn("media.order", "reason=\"%s\"", why);
        json_decref(o);
    }
    if (evbuffer_get_length(in) > LINE_MAX_BYTES) line_end(l);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) line_end(arg);
}

void control_begin(struct media_node *n, struct http_request *r)
{
    const char *secret = http_header(r, "Authorization");
    if (secret == NULL || strlen(secret) != 7 + 64 || CRYPTO_memcmp(secret + 7, n->control_secret, 64) != 0) {
        http_reply(r, 403, "text/plain", STR("only the daemon may do this\n"));
        return;
    }
    struct control_line *l = calloc(1, sizeof *l);
    HX_ASSERT(l != NULL);
    *l = (struct control_line){.node = n, .next = n->controls, .link = &n->controls};
    l->raw = http_take_over(r, STR("HTTP/1.1 101 Switching Protocols\r\nUpgrade: huxue-media\r\nConnection: Upgrade\r\n\r\n"), &l->bev);
    if (l->raw == NULL) {
        free(l);
        return;
    }
    if (l->next != NULL) l->next->link = &l->next;
    n->controls = l;
    bufferevent_setcb(l->bev, on_read, NULL, on_event, l);
    json_t *streams = json_array();
    size_t at = 0;
    for (struct map_entry *e; (e = map_next(&n->channels, &at)) != NULL;) json_array_append_new(streams, json_string(e->key));
    json_t *hello = json_pack("{s:s,s:o}", "ev", "hello", "streams", streams);
    line_say(l, hello);
    json_decref(hello);
}

void control_stop_all(struct media_node *n)
{
    while (n->controls != NULL) line_end(n->controls);
}
