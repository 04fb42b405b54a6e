#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "media_inner.h"
#include "media_ws.h"

#define WAITING_MAX (3u << 20) /* bytes that a slow viewer may have before it: beyond, it jumps to the next key picture */
#define VIEWERS_MAX 4000
#define MESSAGE_MAX 4096       /* of a viewer */
#define HEAD_BYTES 16
#define BACK_MAX_S 30

enum viewer_kind { VIEW_HEAD = 1, VIEW_KEY = 2, VIEW_PICTURE = 3, VIEW_STILL = 4 };

struct viewer {
    struct media_node *node;
    struct channel *channel; /* NULL: the stream is not open yet */
    char stream[STREAM_ID_MAX], nonce[17];
    struct ws_line line;
    bool needs_key, stills; /* stills: it cannot play the codec, a picture a second does */
    int64_t back_ms; /* how far before now its first picture may lie */
    struct viewer *next, **link;                 /* all of the node */
    struct viewer *channel_next, **channel_link; /* of its channel */
};

static void leave_channel(struct viewer *v)
{
    struct channel *c = v->channel;
    if (c == NULL) return;
    *v->channel_link = v->channel_next;
    if (v->channel_next != NULL) v->channel_next->channel_link = v->channel_link;
    v->channel = NULL;
    c->viewer_count--;
}

static void viewer_end(struct viewer *v)
{
    struct channel *c = v->channel;
    leave_channel(v);
    *v->link = v->next;
    if (v->next != NULL) v->next->link = v->link;
    v->node->viewer_count--;
    ws_close(&v->line);
    free(v);
    if (c != NULL) channel_viewers_changed(c);
}

static void on_message(int opcode, struct str bytes, void *arg)
{
    if (opcode == WSLAY_TEXT_FRAME && str_eq(bytes, STR("stills"))) ((struct viewer *)arg)->stills = true;
}

static void on_over(void *arg)
{
    viewer_end(arg);
}

/* Sixteen bytes, then the boxes: kind, zeros, and when the picture was whole here (UTC ms, 64 bits). */
static void say_boxes(struct viewer *v, enum viewer_kind kind, int64_t at_ms, const char *bytes, size_t n)
{
    uint8_t *m = malloc(HEAD_BYTES + n);
    HX_ASSERT(m != NULL);
    memset(m, 0, HEAD_BYTES);
    m[0] = (uint8_t)kind;
    for (int i = 0; i < 8; i++) m[8 + i] = (uint8_t)((uint64_t)at_ms >> (56 - 8 * i));
    memcpy(m + HEAD_BYTES, bytes, n);
    ws_say(&v->line, WSLAY_BINARY_FRAME, m, HEAD_BYTES + n);
    free(m);
}

static void say_head(struct viewer *v)
{
    const struct media_stream *s = v->channel->stream;
    ws_say_json(&v->line, json_pack("{s:s,s:s,s:s,s:i,s:i}", "state", "playing", "codec", s->codec, "sound", s->opus_channels > 0 ? "opus" : "", "width", s->width, "height", s->height));
    say_boxes(v, VIEW_HEAD, s->now_ms, s->init.at, s->init.len);
}

static void say_unit(struct viewer *v, const struct media_unit *u)
{
    if (v->stills || (v->needs_key && !u->key)) return;
    if (ws_waiting(&v->line) > WAITING_MAX) {
        v->needs_key = true;
        v->node->dropped++;
        return;
    }
    v->needs_key = false;
    say_boxes(v, u->key ? VIEW_KEY : VIEW_PICTURE, u->at_ms, u->bytes, u->n);
}

/* A tile that joins a running stream begins at once, with the pictures since the last key picture. */
static void join(struct viewer *v)
{
    const struct media_stream *s = v->channel->stream;
    if (s->codec[0] == 0) {
        ws_say_json(&v->line, json_pack("{s:s,s:s}", "state", v->channel->cause[0] != 0 ? v->channel->cause : "opening", "detail", v->channel->detail));
        return;
    }
    v->needs_key = true;
    say_head(v);
    const struct media_unit *from = stream_last_key(s);
    for (const struct media_unit *u = s->first; v->back_ms > 0 && u != NULL; u = u->next) {
        if (!u->key || u->at_ms < s->now_ms - v->back_ms) continue;
        from = u;
        break;
    }
    for (const struct media_unit *u = from; u != NULL; u = u->next) say_unit(v, u);
}

static void attach(struct viewer *v, struct channel *c)
{
    v->channel = c;
    v->channel_next = c->viewers;
    v->channel_link = &c->viewers;
    if (v->channel_next != NULL) v->channel_next->channel_link = &v->channel_next;
    c->viewers = v;
    c->viewer_count++;
    join(v);
}

void viewer_begin(struct media_node *n, struct http_request *r, const struct ticket *t)
{
    char back[8];
    if (n->viewer_count >= VIEWERS_MAX) {
        http_reply(r, 503, "text/plain", STR("too many are looking\n"));
        return;
    }
    struct viewer *v = calloc(1, sizeof *v);
    HX_ASSERT(v != NULL);
    *v = (struct viewer){.node = n, .next = n->viewers, .link = &n->viewers};
    snprintf(v->stream, sizeof v->stream, "%s", t->subject);
    snprintf(v->nonce, sizeof v->nonce, "%s", t->nonce);
    int seconds = http_query(r, "back", back, sizeof back) != NULL ? atoi(back) : 0;
    v->back_ms = (seconds < 0 ? 0 : seconds > BACK_MAX_S ? BACK_MAX_S : seconds) * 1000LL;
    v->line = (struct ws_line){.sent_bytes = &n->sent_bytes, .message = on_message, .over = on_over, .arg = v};
    if (!ws_open(&v->line, r, MESSAGE_MAX)) {
        free(v);
        return;
    }
    if (v->next != NULL) v->next->link = &v->next;
    n->viewers = v;
    n->viewer_count++;
    n->viewers_total++;
    struct channel *c = channel_of(n, v->stream);
    if (c != NULL) attach(v, c), channel_viewers_changed(c);
    else ws_say_json(&v->line, json_pack("{s:s}", "state", "opening"));
}

void viewers_init(struct channel *c)
{
    for (struct viewer *v = c->viewers, *next; v != NULL; v = next) {
        next = v->channel_next;
        v->needs_key = true;
        say_head(v);
    }
}

void viewers_unit(struct channel *c, const struct media_unit *u)
{
    for (struct viewer *v = c->viewers, *next; v != NULL; v = next) {
        next = v->channel_next;
        say_unit(v, u);
    }
}

bool viewers_want_stills(const struct channel *c)
{
    for (const struct viewer *v = c->viewers; v != NULL; v = v->channel_next)
        if (v->stills) return true;
    return false;
}

void viewers_still(struct channel *c, struct str jpeg, int64_t at_ms)
{
    for (struct viewer *v = c->viewers, *next; v != NULL; v = next) {
        next = v->channel_next;
        if (v->stills && ws_waiting(&v->line) < WAITING_MAX) say_boxes(v, VIEW_STILL, at_ms, jpeg.at, jpeg.len);
    }
}

void viewers_state(struct media_node *n, const char *stream, const char *state, const char *detail)
{
    for (struct viewer *v = n->viewers, *next; v != NULL; v = next) {
        next = v->next;
        if (strcmp(v->stream, stream) == 0) ws_say_json(&v->line, json_pack("{s:s,s:s}", "state", state, "detail", detail));
    }
}

void viewers_attach(struct media_node *n, struct channel *c)
{
    for (struct viewer *v = n->viewers; v != NULL; v = v->next)
        if (v->channel == NULL && strcmp(v->stream, c->stream->id) == 0) attach(v, c);
    channel_viewers_changed(c);
}

void viewers_detach(struct channel *c)
{
    while (c->viewers != NULL) leave_channel(c->viewers);
}

void viewers_drop(struct channel *c)
{
    while (c->viewers != NULL) viewer_end(c->viewers);
}

void viewers_revoke(struct media_node *n, const char *nonce)
{
    for (struct viewer *v = n->viewers, *next; v != NULL; v = next) {
        next = v->next;
        if (strcmp(v->nonce, nonce) == 0) viewer_end(v);
    }
}

void viewers_stop(struct media_node *n)
{
    while (n->viewers != NULL) viewer_end(n->viewers);
}
