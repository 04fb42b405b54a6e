#include "media_pull.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/url.h"
#include "io/spawn.h"
#include "media/pull_frame.h"

#define HANG_MS 10000     /* a stream that was told to end and does not: its process is killed */
#define LOOK_MS 2000
#define DRAWINGS_MAX 16   /* asked for and not answered */
#define DRAW_MS 5000

struct child {
    struct puller *puller;
    struct child *next;
    struct bufferevent *bev;
    int pid;
    struct pulling *at[PULL_SLOTS];
    int64_t closing[PULL_SLOTS]; /* since when, 0: free or in use */
};

struct pulling {
    struct child *child;
    uint32_t slot;
    struct pull_wish wish;
    char peer[64];
    bool told;
};

struct drawing {
    uint32_t number; /* 0: free */
    int64_t asked_at;
    void (*done)(struct str jpeg, void *arg);
    void *arg;
};

struct puller {
    struct loop *loop;
    struct child *children, *drawer; /* drawer: one of the children, which fetches nothing */
    struct drawing drawings[DRAWINGS_MAX];
    uint32_t drawing_last;
    bool stopping;
};

static void drawn(struct puller *p, uint32_t number, struct str jpeg)
{
    for (int i = 0; i < DRAWINGS_MAX; i++) {
        struct drawing d = p->drawings[i];
        if (d.number != number) continue;
        p->drawings[i].number = 0;
        d.done(jpeg, d.arg);
        return;
    }
}

/* ---- a process ---- */

static void child_end(struct child *c, const char *why)
{
    struct child **at = &c->puller->children;
    while (*at != c) at = &(*at)->next;
    *at = c->next;
    kill(c->pid, SIGKILL);
    bufferevent_free(c->bev);
    waitpid(c->pid, NULL, 0);
    if (!c->puller->stopping) log_warn("media.puller", "pid=%d end=\"%s\"", c->pid, why);
    for (int i = 0; i < PULL_SLOTS; i++) {
        struct pulling *x = c->at[i];
        if (x == NULL) continue;
        c->at[i] = NULL;
        x->child = NULL;
        x->wish.lost(x->wish.stream, "process", why, x->wish.arg);
    }
    if (c->puller->drawer == c) {
        c->puller->drawer = NULL;
        for (int i = 0; i < DRAWINGS_MAX; i++)
            if (c->puller->drawings[i].number != 0) drawn(c->puller, c->puller->drawings[i].number, STR(""));
    }
    free(c);
}

static void take_frame(struct child *c, const struct pull_frame *f)
{
    struct pulling *x = f->slot < PULL_SLOTS ? c->at[f->slot] : NULL;
    if (f->kind == PULL_DRAWN) {
        drawn(c->puller, f->slot, f->body);
    } else if (f->kind == PULL_ENDED) {
        char text[200], *more;
        if (f->slot < PULL_SLOTS) c->at[f->slot] = NULL, c->closing[f->slot] = 0;
        if (x == NULL) return;
        str_to_utf8_z(f->body, text, sizeof text);
        more = strchr(text, ' ');
        if (more != NULL) *more++ = 0;
        x->child = NULL;
        x->wish.lost(x->wish.stream, text, more != NULL ? more : "", x->wish.arg);
    } else if (f->kind == PULL_SOUND) {
        if (x != NULL && c->closing[f->slot] == 0) stream_feed_opus(x->wish.stream, f->body, clock_utc_ms());
    } else if (x != NULL && c->closing[f->slot] == 0) {
        const struct media_input in = {.unit = f->body, .codec = f->codec == PULL_H264 ? PS_CODEC_H264 : f->codec == PULL_H265 ? PS_CODEC_H265 : PS_CODEC_OTHER, .time = f->time, .offset = f->offset};
        if (!x->told) {
            x->told = true;
            x->wish.first(x->wish.stream, x->peer, x->wish.arg);
        }
        stream_feed_unit(x->wish.stream, &in, clock_utc_ms());
    }
}

static void on_bytes(struct bufferevent *bev, void *arg)
{
    struct child *c = arg;
    struct evbuffer *in = bufferevent_get_input(bev);
    while (evbuffer_get_length(in) >= PULL_HEAD_BYTES) {
        struct pull_frame f;
        size_t used;
        enum hx_err e = pull_frame_read((struct str){(const char *)evbuffer_pullup(in, PULL_HEAD_BYTES), PULL_HEAD_BYTES}, &f, &used);
        if (e == HX_E_AGAIN) {
            if (evbuffer_get_length(in) < used) return;
            e = pull_frame_read((struct str){(const char *)evbuffer_pullup(in, (ev_ssize_t)used), used}, &f, &used);
        }
        if (e) {
            child_end(c, "its bytes are no frames");
            return;
        }
        take_frame(c, &f);
        evbuffer_drain(in, used);
    }
}

static void on_end(struct bufferevent *bev, short what, void *arg)
{
    (void)bev, (void)what;
    child_end(arg, "it ended");
}

static struct child *child_new(struct puller *p)
{
    int fd, pid;
    if (spawn_child("huxue-pull", &fd, &pid)) return NULL;
    struct child *c = calloc(1, sizeof *c);
    HX_ASSERT(c != NULL);
    *c = (struct child){.puller = p, .next = p->children, .pid = pid, .bev = bufferevent_socket_new(loop_base(p->loop), fd, BEV_OPT_CLOSE_ON_FREE)};
    p->children = c;
    bufferevent_setcb(c->bev, on_bytes, NULL, on_end, c);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
    return c;
}

/* ---- places ---- */

static void say(struct child *c, const struct pull_frame *f)
{
    uint8_t head[PULL_HEAD_BYTES];
    pull_frame_head(f, head);
    bufferevent_write(c->bev, head, sizeof head);
    bufferevent_write(c->bev, f->body.at, f->body.len);
}

static void order(struct child *c, json_t *j)
{
    char *text = json_text(j);
    say(c, &(struct pull_frame){.kind = PULL_ORDER, .codec = PULL_OTHER, .body = str_of(text)});
    free(text);
    json_decref(j);
}

static bool find_place(struct puller *p, struct child **child, uint32_t *slot)
{
    for (struct child *c = p->children; c != NULL; c = c->next)
        for (uint32_t i = 0; i < PULL_SLOTS; i++)
            if (c != p->drawer && c->at[i] == NULL && c->closing[i] == 0) return *child = c, *slot = i, true;
    *child = child_new(p);
    *slot = 0;
    return *child != NULL;
}

enum hx_err pulling_open(struct puller *p, const struct pull_wish *wish, struct pulling **out)
{
    struct child *c;
    uint32_t slot;
    if (!find_place(p, &c, &slot)) return HX_E_BUSY;
    struct pulling *x = calloc(1, sizeof *x);
    HX_ASSERT(x != NULL);
    *x = (struct pulling){.child = c, .slot = slot, .wish = *wish};
    x->wish.url = NULL; /* it holds a password and is not ours */
    str_to_z(url_authority(wish->url), x->peer, sizeof x->peer); /* for the eyes of people */
    c->at[slot] = x;
    order(c, json_pack("{s:s,s:i,s:s,s:b,s:b}", "do", "open", "slot", (int)slot, "url", wish->url, "udp", wish->udp, "sound", wish->sound));
    *out = x;
    return HX_OK;
}

void pulling_close(struct pulling *x)
{
    struct child *c = x->child;
    if (c != NULL) {
        c->at[x->slot] = NULL;
        c->closing[x->slot] = clock_mono_us() / 1000;
        order(c, json_pack("{s:s,s:i}", "do", "close", "slot", (int)x->slot));
    }
    free(x);
}

static void look(void *arg)
{
    struct puller *p = arg;
    int64_t now = clock_mono_us() / 1000;
    for (struct child *c = p->children, *next; c != NULL; c = next) {
        bool hangs = false;
        next = c->next;
        for (int i = 0; i < PULL_SLOTS; i++) hangs |= c->closing[i] != 0 && now - c->closing[i] > HANG_MS;
        if (c == p->drawer)
            for (int i = 0; i < DRAWINGS_MAX; i++) hangs |= p->drawings[i].number != 0 && now - p->drawings[i].asked_at > DRAW_MS;
        if (hangs) child_end(c, "it hangs");
    }
}

void puller_draw(struct puller *p, bool h265, struct str unit, void (*done)(struct str jpeg, void *arg), void *arg)
{
    struct drawing *free_one = NULL;
    for (int i = 0; i < DRAWINGS_MAX && free_one == NULL; i++)
        if (p->drawings[i].number == 0) free_one = &p->drawings[i];
    if (p->drawer == NULL && free_one != NULL) p->drawer = child_new(p);
    if (p->drawer == NULL || free_one == NULL || unit.len == 0 || unit.len > PULL_BODY_MAX) {
        done(STR(""), arg);
        return;
    }
    if (++p->drawing_last == 0) p->drawing_last = 1;
    *free_one = (struct drawing){p->drawing_last, clock_mono_us() / 1000, done, arg};
    say(p->drawer, &(struct pull_frame){.slot = p->drawing_last, .kind = PULL_DRAW, .codec = h265 ? PULL_H265 : PULL_H264, .time = -1, .body = unit});
}

struct puller *puller_new(struct loop *loop)
{
    struct puller *p = calloc(1, sizeof *p);
    HX_ASSERT(p != NULL);
    p->loop = loop;
    loop_every(loop, LOOK_MS, look, p);
    return p;
}

void puller_free(struct puller *p)
{
    p->stopping = true;
    while (p->children != NULL) child_end(p->children, "stop");
    free(p);
}
