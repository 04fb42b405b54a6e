/* Pictures that a recorder, or our own node, has kept: for somebody who looks back, and for the clip of the seconds before an alarm where the camera was
 * not fetched then. A replay is a stream of its own, "p" and the number of its view or clip. Loop thread, under the lock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "camera.h"
#include "camera_inner.h"

#define REPLAYS_MAX 64
#define OPEN_MS 10000   /* from the order to the first packet */
#define LINGER_MS 15000 /* of a view without a viewer */
#define CLIP_MS 15000   /* after the end: the node writes the last segment and makes the clip */
#define RING_MS 30000
#define PAUSE_MS 600000 /* so long it stands still before it is given up */
#define HISTORY 1000000000u /* first digit of the SSRC: 1 for history */

struct replay {
    int64_t id, camera_id, from, to, clip_id, turn;
    char stream[24], kept[24]; /* kept: of our own node's disk */
    uint32_t ssrc;
    struct recorder_call *call;
    struct media_client *node;
    int64_t begun_at, over_at, deadline; /* first packet; end; whatever is waited for */
    int viewers;
    bool invited;
    bool here; /* from the node's own disk */
    struct replay *next;
};

static struct replay *replays;
static int replay_count;

static struct replay *replay_of(int64_t id)
{
    struct replay *p = replays;
    while (p != NULL && p->id != id) p = p->next;
    return p;
}

static void forget(struct replay *p)
{
    struct replay **at = &replays;
    recorder_hang_up(&p->call);
    media_client_close(p->node, p->stream);
    while (*at != p) at = &(*at)->next;
    *at = p->next;
    replay_count--;
    free(p);
}

/* All that there is has come, or nothing will. */
static void finish(struct replay *p, const char *cause, const char *detail)
{
    int64_t now = clock_utc_ms();
    if (p->over_at != 0) return;
    recorder_hang_up(&p->call);
    p->over_at = now;
    p->deadline = now + (p->clip_id != 0 ? CLIP_MS : LINGER_MS);
    log_info("camera.replay", "camera=%lld stream=%s end=%s detail=\"%s\" packets=%d", (long long)p->camera_id, p->stream, cause, detail, p->begun_at != 0);
    media_client_tell(p->node, p->stream, p->begun_at != 0 ? "replayed" : cause, detail);
    forward_stream_over(p->stream);
    if (p->clip_id == 0) return;
    const struct lens *l = lens_of(p->camera_id);
    char watermark[40];
    snprintf(watermark, sizeof watermark, "clip %lld", (long long)p->clip_id);
    json_t *facts = json_pack("{s:s,s:s,s:I,s:s}", "camera", l != NULL ? l->name : "", "camera_code", l != NULL ? l->code : "", "camera_id", (json_int_t)p->camera_id, "source", "the recorder's own recording");
    json_put_time(facts, "recorded_from", p->from);
    json_put_time(facts, "recorded_to", p->to);
    json_put_time(facts, "fetched_from", p->begun_at);
    media_client_say(p->node, json_pack("{s:s,s:s,s:b}", "do", "keep", "stream", p->stream, "record", 0)); /* writes what is begun */
    media_client_say(p->node, json_pack("{s:s,s:s,s:I,s:I,s:I,s:s,s:o}", "do", "clip", "stream", p->stream, "clip", (json_int_t)p->clip_id, "from", (json_int_t)(p->begun_at != 0 ? p->begun_at : now), "to", (json_int_t)now, "watermark", watermark, "facts", facts));
}

static void on_answer(const struct recorder_answer *a, void *arg)
{
    char detail[96];
    pthread_mutex_lock(&live_lock);
    struct replay *p = replay_of((int64_t)(intptr_t)arg);
    if (p != NULL && a->kind != ANSWER_TAKEN) p->call = NULL;
    if (p == NULL || p->over_at != 0) {
        /* over already */
    } else if (a->kind == ANSWER_TAKEN) {
        struct lens *l = lens_of(p->camera_id);
        struct recorder *r = l != NULL ? recorder_find(str_of(l->recorder_code)) : NULL;
        if (r != NULL && r->way == WAY_TCP_ACTIVE) media_client_connect(p->node, p->stream, a->host, a->port);
    } else if (a->kind == ANSWER_REFUSED) {
        snprintf(detail, sizeof detail, "%d %s", a->status, a->reason);
        finish(p, camera_cause_name(CAUSE_REFUSED), detail);
    } else {
        finish(p, camera_cause_name(a->kind == ANSWER_SILENT ? CAUSE_NO_ANSWER : CAUSE_ENDED), a->reason);
    }
    pthread_mutex_unlock(&live_lock);
}

/* A recorder that can be asked for what it has kept, and is here. */
static struct recorder *device_of(const struct lens *l)
{
    struct recorder *r = recorder_find(str_of(l->recorder_code));
    return r != NULL && r->kind == RECORDER_GB28181 && r->session != NULL ? r : NULL;
}

static void open_stream(struct replay *p, const struct recorder *r)
{
    struct media_opening o = {.stream = p->stream, .way = "disk", .ring_ms = RING_MS, .turn = ++live.turn};
    p->turn = live.turn;
    p->invited = false;
    p->deadline = clock_utc_ms() + OPEN_MS;
    if (p->here) {
        o.kept = p->kept, o.from = p->from, o.to = p->to;
    } else {
        p->ssrc = HISTORY + recorders_all()->ssrc_base + (uint32_t)(p->turn % 9999 + 1);
        const struct lens *l = lens_of(p->camera_id);
        o.way = recorder_way_name(r->way), o.ssrc = p->ssrc, o.record = p->clip_id != 0, o.sound = l != NULL && l->sound;
    }
    media_client_open(p->node, &o);
}

bool replay_begin(int64_t id, int64_t camera_id, int64_t from, int64_t to, int64_t clip_id)
{
    struct lens *l = lens_of(camera_id);
    struct recorder *r = l != NULL ? device_of(l) : NULL;
    struct media_client *node = l != NULL ? node_for(l) : NULL;
    bool here = l != NULL && clip_id == 0 && (l->recorded || r == NULL); /* what we recorded ourselves is nearer, and is tried first */
    if ((r == NULL && !here) || node == NULL || replay_count >= REPLAYS_MAX) return false;
    struct replay *p = calloc(1, sizeof *p);
    HX_ASSERT(p != NULL);
    *p = (struct replay){.id = id, .camera_id = camera_id, .from = from, .to = to, .clip_id = clip_id, .node = node, .here = here, .next = replays};
    snprintf(p->kept, sizeof p->kept, "%s", l->stream);
    snprintf(p->stream, sizeof p->stream, "p%lld", (long long)id);
    replays = p;
    replay_count++;
    open_stream(p, r);
    return true;
}

/* Of a stream that is no camera's: it is on the disk of the node that it was given to, or nowhere. */
static bool begin_kept(const struct camera_record *w)
{
    const struct lens any = {.id = w->key};
    struct media_client *node = live.node_count > 0 ? node_for(&any) : NULL;
    if (node == NULL || replay_count >= REPLAYS_MAX) return false;
    struct replay *p = calloc(1, sizeof *p);
    HX_ASSERT(p != NULL);
    *p = (struct replay){.id = w->id, .from = w->from, .to = w->to, .node = node, .here = true, .next = replays};
    snprintf(p->kept, sizeof p->kept, "%s", w->kept);
    snprintf(p->stream, sizeof p->stream, "p%lld", (long long)w->id);
    replays = p;
    replay_count++;
    open_stream(p, NULL);
    return true;
}

static void record_now(void *arg)
{
    struct camera_record *w = arg;
    pthread_mutex_lock(&live_lock);
    bool begun = w->camera_id != 0 ? replay_begin(w->id, w->camera_id, w->from, w->to, 0) : begin_kept(w);
    pthread_mutex_unlock(&live_lock);
    if (!begun) log_info("camera.record", "stream=p%lld reason=\"recorder or node away, or too many at once\"", (long long)w->id);
    free(w);
}

void camera_record_begin(const struct camera_record *record)
{
    struct camera_record *w = calloc(1, sizeof *w);
    HX_ASSERT(w != NULL);
    *w = *record;
    loop_post(live.set.app->loop, record_now, w);
}

bool camera_record_room(void)
{
    pthread_mutex_lock(&live_lock);
    bool room = replay_count < REPLAYS_MAX;
    pthread_mutex_unlock(&live_lock);
    return room;
}

bool replay_instead(int64_t clip_id)
{
    json_t *clip = NULL;
    int64_t from = 0, to = 0;
    bool begun = false;
    if (db_one_json(live.set.app->panels->db, SQL_CLIP_GET, &clip, "i", clip_id) != HX_OK) return false;
    bool past = clock_parse(str_of(json_z(clip, "from_at", "")), &from) && clock_parse(str_of(json_z(clip, "to_at", "")), &to) && to < clock_utc_ms();
    pthread_mutex_lock(&live_lock);
    if (past && replay_of(clip_id) == NULL) begun = replay_begin(clip_id, json_i64(clip, "camera_id", 0), from, to, clip_id); /* one that has come from there and was empty is no reason to go again */
    pthread_mutex_unlock(&live_lock);
    json_decref(clip);
    return begun;
}

/* Our own disk has nothing of that time: the device may. */
static void try_device(struct replay *p)
{
    struct lens *l = lens_of(p->camera_id);
    struct recorder *r = l != NULL ? device_of(l) : NULL;
    p->here = false;
    if (r != NULL) open_stream(p, r);
    else finish(p, camera_cause_name(CAUSE_NOT_KEPT), "");
}

static void invite(struct replay *p, int port)
{
    struct lens *l = lens_of(p->camera_id);
    struct recorder *r = l != NULL ? recorder_find(str_of(l->recorder_code)) : NULL;
    struct recorder_invite i = {.recorder = r, .media_port = port, .ssrc = p->ssrc, .stream = 0, .from = p->from, .to = p->to, .answer = on_answer, .arg = (void *)(intptr_t)p->id};
    if (r != NULL) i.way = r->way;
    if (l != NULL) snprintf(i.channel, sizeof i.channel, "%s", l->code);
    snprintf(i.media_host, sizeof i.media_host, "%s", media_client_host(p->node));
    p->call = recorder_invite(&i);
    p->invited = true;
    if (p->call == NULL) finish(p, camera_cause_name(CAUSE_RECORDER_AWAY), "");
}

/* Under the lock. */
static bool set_pace(int64_t id, const struct recorder_pace *pace)
{
    struct replay *p = replay_of(id);
    if (p == NULL || p->over_at != 0 || p->begun_at == 0 || p->clip_id != 0) return false;
    if (!p->here && !recorder_pace(p->call, pace)) return false;
    media_client_say(p->node, json_pack("{s:s,s:s,s:i,s:I}", "do", "pace", "stream", p->stream, "percent", pace->percent, "seek", (json_int_t)(pace->seek_s >= 0 ? pace->seek_s * 1000 : -1)));
    p->deadline = clock_utc_ms() + (pace->percent == 0 ? PAUSE_MS : (p->to - p->from) * 100 / (pace->percent < 100 ? pace->percent : 100) + 2 * LINGER_MS);
    return true;
}

struct pacing {
    int64_t view_id;
    struct recorder_pace pace;
};

bool camera_pace(int64_t view_id, const struct recorder_pace *pace)
{
    pthread_mutex_lock(&live_lock);
    bool done = set_pace(view_id, pace);
    pthread_mutex_unlock(&live_lock);
    return done;
}

static void pace_now(void *arg)
{
    struct pacing *w = arg;
    (void)camera_pace(w->view_id, &w->pace);
    free(w);
}

void camera_pace_later(int64_t view_id, const struct recorder_pace *pace)
{
    struct pacing *w = calloc(1, sizeof *w);
    HX_ASSERT(w != NULL);
    *w = (struct pacing){view_id, *pace};
    loop_post(live.set.app->loop, pace_now, w);
}

bool replay_event(struct media_client *c, const json_t *ev)
{
    const char *stream = json_z(ev, "stream", ""), *what = json_z(ev, "ev", "");
    int64_t id;
    struct replay *p = stream[0] == 'p' && str_to_i64(str_of(stream + 1), &id) ? replay_of(id) : NULL;
    if (p == NULL || p->node != c || json_i64(ev, "turn", p->turn) != p->turn) return stream[0] == 'p';
    if (strcmp(what, "opened") == 0 && p->here) {
        if (json_z(ev, "error", "")[0] != 0) finish(p, camera_cause_name(CAUSE_NO_PORT), "");
    } else if (strcmp(what, "lost") == 0 && p->here && strcmp(json_z(ev, "why", ""), "nothing") == 0 && p->begun_at == 0 && p->over_at == 0) {
        try_device(p);
    } else if (strcmp(what, "opened") == 0 && !p->invited) {
        if (json_z(ev, "error", "")[0] != 0) finish(p, camera_cause_name(CAUSE_NO_PORT), "");
        else invite(p, (int)json_i64(ev, "port", 0));
    } else if (strcmp(what, "packet") == 0) {
        p->begun_at = clock_utc_ms();
        p->deadline = p->begun_at + (p->to - p->from) + 2 * LINGER_MS;
    } else if (strcmp(what, "viewers") == 0) {
        p->viewers = (int)json_i64(ev, "n", 0);
    } else if (strcmp(what, "codec") == 0) {
        finish(p, camera_cause_name(CAUSE_CODEC), json_z(ev, "codec", ""));
    } else if (strcmp(what, "stalled") == 0 || strcmp(what, "lost") == 0) {
        finish(p, camera_cause_name(p->begun_at != 0 ? CAUSE_ENDED : CAUSE_CONNECT), what);
    }
    return true;
}

void replay_node_gone(struct media_client *c)
{
    for (struct replay *p = replays, *next; p != NULL; p = next) {
        next = p->next;
        if (p->node == c) forget(p);
    }
}

void replay_tick(int64_t now)
{
    for (struct replay *p = replays, *next; p != NULL; p = next) {
        next = p->next;
        if (p->clip_id == 0 && p->begun_at != 0 && p->viewers == 0 && p->over_at == 0 && now > p->begun_at + LINGER_MS) finish(p, "", "nobody looks");
        else if (now > p->deadline && p->over_at == 0) finish(p, camera_cause_name(CAUSE_NO_PACKET), "");
        else if (now > p->deadline && (p->viewers == 0 || now > p->deadline + 20 * LINGER_MS)) forget(p);
    }
}
