/* A camera's pictures given on to a platform above: the node that has the stream sends them (src/media/media_forward.c). Loop thread; nothing here takes
 * the lock but the begin, for some of the news come under it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera.h"
#include "camera_inner.h"

struct giving {
    struct camera_forward wish;
    char stream[24];
    struct media_client *node;
    struct giving *next;
};

static struct giving *givings;

static struct giving *giving_of(int64_t view)
{
    struct giving *g = givings;
    while (g != NULL && g->wish.view_id != view) g = g->next;
    return g;
}

static void forget(struct giving *g)
{
    struct giving **at = &givings;
    while (*at != g) at = &(*at)->next;
    *at = g->next;
    free(g);
}

/* Over: the owner is told once, and it is forgotten before. */
static void over(struct giving *g, const char *why)
{
    struct camera_forward wish = g->wish;
    forget(g);
    wish.over(wish.view_id, why, wish.arg);
}

bool camera_forward_begin(const struct camera_forward *w)
{
    static const char *const ways[] = {"udp", "connect", "listen"};
    pthread_mutex_lock(&live_lock);
    const struct lens *camera = lens_of(w->camera_id), *l = camera != NULL && w->close_up && !w->back ? lens_close_up(w->camera_id) : camera;
    struct media_client *node = l == NULL || live.stopping ? NULL : l->node != NULL && !w->back ? l->node : node_for(camera);
    struct giving *g = node != NULL ? calloc(1, sizeof *g) : NULL;
    if (g != NULL && !w->back) snprintf(g->stream, sizeof g->stream, "%s", l->stream);
    pthread_mutex_unlock(&live_lock);
    if (g == NULL) return false;
    if (w->back) snprintf(g->stream, sizeof g->stream, "p%lld", (long long)w->view_id);
    g->wish = *w;
    g->node = node;
    g->next = givings;
    givings = g;
    media_client_say(node, json_pack("{s:s,s:s,s:I,s:s,s:s,s:i,s:I,s:s}", "do", "forward", "stream", g->stream, "forward", (json_int_t)w->view_id, "way", ways[w->way], "host", w->host, "port", w->port, "ssrc", (json_int_t)w->ssrc, "nonce", w->nonce));
    return true;
}

void camera_forward_go(int64_t view)
{
    struct giving *g = giving_of(view);
    if (g != NULL && !live.stopping) media_client_say(g->node, json_pack("{s:s,s:I}", "do", "go", "forward", (json_int_t)view));
}

void camera_forward_end(int64_t view)
{
    struct giving *g = giving_of(view);
    if (g == NULL) return;
    if (!live.stopping) media_client_say(g->node, json_pack("{s:s,s:I}", "do", "unforward", "forward", (json_int_t)view));
    forget(g);
}

void forward_event(struct media_client *c, const json_t *ev)
{
    struct giving *g = giving_of(json_i64(ev, "forward", 0));
    const char *error = json_z(ev, "error", "");
    if (g == NULL || g->node != c) return;
    if (strcmp(json_z(ev, "ev", ""), "forward_end") == 0) over(g, json_z(ev, "why", ""));
    else if (error[0] != 0) over(g, error);
    else g->wish.ready(g->wish.view_id, media_client_host(c), (int)json_i64(ev, "port", 0), g->wish.arg);
}

void forward_node_gone(struct media_client *c)
{
    for (struct giving *g = givings, *next; g != NULL; g = next) {
        next = g->next;
        if (g->node == c) over(g, "the media node has gone");
    }
}

void forward_stream_over(const char *stream)
{
    for (struct giving *g = givings, *next; g != NULL; g = next) {
        next = g->next;
        if (strcmp(g->stream, stream) == 0) over(g, CAMERA_FORWARD_PLAYED);
    }
}
