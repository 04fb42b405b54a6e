/* A voice to a school: the device is asked to listen, the media node speaks to where it listens, and the browser hears what the camera hears
 * (src/media/media_talk.c). A talk is a look of its own, so that the school sees who spoke. Loop thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "camera.h"
#include "camera_inner.h"

#define TALK_MAX_MS (15 * 60000LL) /* a microphone that was forgotten */
#define HEAR_MS 5000               /* the picture whose sound comes back is fetched so long behind each look at the clock */

struct talking {
    int64_t view_id, camera_id, begun_at;
    struct media_client *node;
    struct recorder_call *call; /* NULL: the device does not listen any more */
    struct talking *next;
};

static struct talking *talks;

static void order(const struct talking *t, const char *act, json_t *more)
{
    json_t *o = json_pack("{s:s,s:s,s:I}", "do", "talk", "act", act, "talk", (json_int_t)t->view_id);
    if (more != NULL) json_object_update(o, more);
    json_decref(more);
    media_client_say(t->node, o);
}

static void say(const struct talking *t, const char *state, const char *detail)
{
    order(t, "say", json_pack("{s:s,s:s}", "state", state, "detail", detail));
}

static enum hx_err end_view(struct tx *tx, void *arg)
{
    return camera_look_end(tx, *(int64_t *)arg);
}

static void view_ended(enum hx_err e, const char *detail, void *arg)
{
    if (e) log_error("camera.talk", "view=%lld error=%s detail=\"%s\"", (long long)*(int64_t *)arg, err_name(e), detail);
    free(arg);
}

static void forget(struct talking *t)
{
    struct talking **at = &talks;
    int64_t *view = malloc(sizeof *view);
    HX_ASSERT(view != NULL);
    *view = t->view_id;
    while (*at != t) at = &(*at)->next;
    *at = t->next;
    recorder_hang_up(&t->call);
    free(t);
    if (writer_submit(live.set.app->writer, LANE_NORMAL, end_view, view_ended, view) != HX_OK) free(view);
}

/* The browser is told and hangs up; the node does so if it does not. */
static void fail(struct talking *t, const char *cause, const char *detail)
{
    recorder_hang_up(&t->call);
    say(t, cause, detail);
}

/* ---- what the device says ---- */

static void on_wanted(const struct recorder_ear *ear, void *arg)
{
    static const char *const ways[WAY_COUNT] = {"udp", "listen", "connect"};
    order(arg, "reach", json_pack("{s:s,s:s,s:i,s:I}", "way", ways[ear->way], "host", ear->host, "port", ear->port, "ssrc", (json_int_t)ear->ssrc));
}

static void on_confirmed(void *arg)
{
    order(arg, "go", NULL);
    say(arg, "speaking", "");
}

static void on_over(const char *cause, const char *detail, void *arg)
{
    struct talking *t = arg;
    t->call = NULL;
    say(t, cause, detail);
}

/* ---- what the domain and the node say ---- */

static bool is_spoken_to(int64_t camera)
{
    for (const struct talking *t = talks; t != NULL; t = t->next)
        if (t->camera_id == camera && t->call != NULL) return true;
    return false;
}

void talk_begin(const struct lens *l, int64_t view)
{
    struct talking *t = calloc(1, sizeof *t);
    HX_ASSERT(t != NULL);
    *t = (struct talking){.view_id = view, .camera_id = l->id, .begun_at = clock_utc_ms(), .node = l->node != NULL ? l->node : node_for(l), .next = talks};
    if (t->node == NULL) {
        free(t);
        return;
    }
    bool busy = is_spoken_to(l->id);
    talks = t;
    order(t, "begin", json_pack("{s:s}", "stream", l->stream));
    struct recorder_talk wish = {.recorder = recorder_find(str_of(l->recorder_code)), .wanted = on_wanted, .confirmed = on_confirmed, .over = on_over, .arg = t};
    snprintf(wish.channel, sizeof wish.channel, "%s", l->code);
    if (!busy) t->call = recorder_talk(&wish);
    if (t->call == NULL) fail(t, busy ? "talk_busy" : "recorder_away", "");
}

void talk_event(struct media_client *c, const json_t *ev)
{
    struct talking *t = talks;
    const char *error = json_z(ev, "error", "");
    while (t != NULL && t->view_id != json_i64(ev, "talk", 0)) t = t->next;
    if (t == NULL || t->node != c) return;
    if (strcmp(json_z(ev, "ev", ""), "talk_end") == 0) forget(t);
    else if (t->call != NULL && error[0] != 0) fail(t, "no_port", error);
    else if (t->call != NULL) recorder_talk_from(t->call, media_client_host(c), (int)json_i64(ev, "port", 0));
}

void talk_node_gone(struct media_client *c)
{
    for (struct talking *t = talks, *next; t != NULL; t = next) {
        next = t->next;
        if (t->node == c) forget(t);
    }
}

void talk_tick(int64_t now)
{
    for (struct talking *t = talks; t != NULL; t = t->next) {
        struct lens *l = lens_of(t->camera_id);
        if (l != NULL && t->call != NULL && l->wanted_until < now + HEAR_MS) l->wanted_until = now + HEAR_MS;
        if (t->call != NULL && now - t->begun_at > TALK_MAX_MS) fail(t, "talk_long", "");
    }
}

void talk_stop(void)
{
    for (struct talking *t = talks, *next; t != NULL; t = next) {
        next = t->next;
        recorder_hang_up(&t->call);
        free(t);
    }
    talks = NULL;
}
