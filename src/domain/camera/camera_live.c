/* How a picture is opened, kept and closed: wishes and news become states (camera_live.h). */
#include "camera_live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/url.h"
#include "camera_inner.h"
#include "io/ticket.h"

#define TICK_MS 250
#define LINGER_MS 15000      /* after the last viewer */
#define ALARM_LINGER_MS 30000 /* after the incident is over */
#define ALARM_CAMERAS 4
#define RING_MS 15000        /* the seconds before an alarm, and one group of pictures more */
#define PACKET_MS 4000       /* from the answer to the first packet */
#define KEY_MS 8000          /* from the first packet to the first picture */
#define FETCH_MS 8000        /* from the order to the first packet of one that we go to; the fetching process gives up before */
#define NODE_MS 2000         /* for the node to open a port */
#define RETRY_MIN_MS 3000
#define RETRY_MAX_MS 60000
#define LOGIN_RETRY_MS 600000 /* a device locks who tries a wrong password again and again; a mended one is tried at once */
#define STEER_DEAD_MS 2000

struct camera_live live;
pthread_mutex_t live_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- nodes ---- */

static void say_state(struct lens *l)
{
    struct media_client *node = l->node != NULL ? l->node : node_for(l);
    if (node == NULL) return;
    media_client_tell(node, l->stream, l->state == LENS_FAILED ? camera_cause_name(l->cause) : lens_state_name(l->state), l->detail);
}

static void close_stream(struct lens *l)
{
    recorder_hang_up(&l->call);
    if (l->node != NULL) media_client_close(l->node, l->stream);
    l->node = NULL;
    l->state = LENS_IDLE;
    l->cause = CAUSE_NONE;
    l->detail[0] = 0;
    l->tries = l->ways_tried = 0;
    l->kbps = 0, l->fps = 0, l->viewers = 0;
    l->recording = l->told_recording = false;
}

/* Nothing more is tried until the time that grows with the failures. */
static void fail(struct lens *l, enum camera_cause cause, const char *detail)
{
    int64_t now = clock_utc_ms(), wait = RETRY_MIN_MS << (l->tries < 5 ? l->tries : 5);
    bool news = l->cause != cause;
    recorder_hang_up(&l->call);
    l->state = LENS_FAILED;
    l->cause = cause;
    snprintf(l->detail, sizeof l->detail, "%s", detail);
    l->tries++;
    l->ways_tried = 0;
    l->retry_at = now + (wait > RETRY_MAX_MS ? RETRY_MAX_MS : wait);
    live.failed++;
    log_write(cause == CAUSE_RECORDER_AWAY ? LOG_DEBUG : LOG_INFO, "camera.failed", "camera=%lld cause=%s detail=\"%s\" tries=%d", (long long)l->id, camera_cause_name(cause), detail, l->tries);
    say_state(l);
    if (news && l->id > 0) camera_book_fault(l->id, camera_cause_name(cause));
}

/* ---- opening ---- */

static bool wants_recording(const struct lens *l, int64_t now)
{
    return l->recorded || l->incident_id != 0 || now < l->clips_until;
}

/* One that we go to: the node fetches its second stream, or its first where it has no other. */
static void fetch_stream(struct lens *l, const struct recorder *r, int64_t now)
{
    char url[640], hidden[TICKET_HIDDEN_MAX(sizeof url)];
    if (url_with_secret(l->sub && l->sub_url[0] != 0 ? l->sub_url : l->main_url, r->login, r->password, url, sizeof url) != HX_OK) { fail(l, CAUSE_NO_STREAM, ""); return; }
    ticket_hide(live.key, str_of(url), hidden);
    l->told_recording = wants_recording(l, now), l->told_sound = l->sound;
    media_client_open(l->node, &(struct media_opening){.stream = l->stream, .way = recorder_way_name(l->way), .source = hidden, .ring_ms = l->flagged || l->incident_id != 0 ? RING_MS : 3000, .record = l->told_recording, .sound = l->sound, .turn = l->turn});
}

static void open_stream(struct lens *l)
{
    struct recorder *r = recorder_find(str_of(l->recorder_code));
    int64_t now = clock_utc_ms();
    if (r != NULL && r->disabled) { fail(l, CAUSE_RECORDER_DISABLED, ""); return; }
    if (r == NULL || !recorder_is_here(r)) { fail(l, CAUSE_RECORDER_AWAY, ""); return; }
    if (!lens_has_uplink(l)) { fail(l, CAUSE_UPLINK, ""); return; }
    l->node = node_for(l);
    if (l->node == NULL) { fail(l, CAUSE_NODE_AWAY, ""); return; }
    if (l->ways_tried == 0) l->way = r->way;
    l->state = LENS_PORT;
    l->deadline = now + NODE_MS;
    l->turn = ++live.turn;
    if (l->main_url[0] != 0) { fetch_stream(l, r, now); return; }
    if (l->vehicle_id != 0) l->ssrc = str_last_nine(l->recorder_code); /* JT/T 1078 has the terminal's number instead */
    else l->ssrc = recorders_all()->ssrc_base + (live.ssrc_next = live.ssrc_next % 9999 + 1);
    l->told_recording = wants_recording(l, now), l->told_sound = l->sound;
    media_client_open(l->node, &(struct media_opening){.stream = l->stream, .way = recorder_way_name(l->way), .ssrc = l->ssrc, .ring_ms = l->flagged || l->incident_id != 0 ? RING_MS : 3000, .record = l->told_recording, .sound = l->sound, .vehicle = l->vehicle_id != 0, .turn = l->turn});
}

/* Whether the next way is none for this camera: of one that we go to the first and the last are, a vehicle connects to us. */
static bool skips(const struct lens *l)
{
    return (l->main_url[0] != 0 && l->way == WAY_TCP_PASSIVE) || (l->vehicle_id != 0 && l->way == WAY_TCP_ACTIVE);
}

/* The way did not carry: the next of UDP, TCP from the device, TCP to the device. */
static void next_way(struct lens *l, enum camera_cause cause, const char *detail)
{
    recorder_hang_up(&l->call);
    if (++l->ways_tried >= WAY_COUNT) {
        fail(l, cause, detail);
        return;
    }
    l->way = (enum recorder_way)((l->way + 1) % WAY_COUNT);
    if (skips(l)) l->way = (enum recorder_way)((l->way + 1) % WAY_COUNT), l->ways_tried++;
    log_info("camera.way", "camera=%lld cause=%s next=%s", (long long)l->id, camera_cause_name(cause), recorder_way_name(l->way));
    open_stream(l);
}

static void on_answer(const struct recorder_answer *a, void *arg)
{
    char detail[96];
    int64_t id = (int64_t)(intptr_t)arg;
    pthread_mutex_lock(&live_lock);
    struct lens *l = lens_of(id);
    if (l == NULL) {
        pthread_mutex_unlock(&live_lock);
        return;
    }
    if (a->kind != ANSWER_TAKEN) l->call = NULL;
    if (a->kind == ANSWER_TAKEN) {
        if (l->state == LENS_INVITED) {
            l->state = LENS_ANSWERED;
            l->deadline = clock_utc_ms() + PACKET_MS;
        }
        if (l->way == WAY_TCP_ACTIVE && l->node != NULL) media_client_connect(l->node, l->stream, a->host, a->port);
    } else if (a->kind == ANSWER_SILENT) {
        fail(l, CAUSE_NO_ANSWER, "");
    } else if (a->kind == ANSWER_REFUSED) {
        snprintf(detail, sizeof detail, "%d %s", a->status, a->reason);
        fail(l, l->on ? CAUSE_REFUSED : CAUSE_CHANNEL_OFF, detail);
    } else if (l->state != LENS_IDLE) {
        fail(l, CAUSE_ENDED, a->reason);
    }
    pthread_mutex_unlock(&live_lock);
}

static void invite(struct lens *l, int port)
{
    struct recorder *r = recorder_find(str_of(l->recorder_code));
    struct recorder_invite i = {.recorder = r, .media_port = port, .ssrc = l->ssrc, .way = l->way, .stream = l->sub ? 1 : 0, .sound = l->sound, .answer = on_answer, .arg = (void *)(intptr_t)l->id};
    snprintf(i.channel, sizeof i.channel, "%s", l->code);
    snprintf(i.media_host, sizeof i.media_host, "%s", media_client_host(l->node));
    l->call = recorder_invite(&i);
    if (l->call == NULL) {
        fail(l, CAUSE_RECORDER_AWAY, "");
        return;
    }
    l->state = LENS_INVITED;
    l->deadline = clock_utc_ms() + 10000; /* the call itself gives up before */
    if (l->alarm_at != 0) log_info("camera.invited", "camera=%lld after_alarm_ms=%lld", (long long)l->id, (long long)(clock_utc_ms() - l->alarm_at));
    l->alarm_at = 0;
}

static void want(struct lens *l, int64_t until)
{
    if (until > l->wanted_until) l->wanted_until = until;
    if (l->state == LENS_IDLE || (l->state == LENS_FAILED && l->cause != CAUSE_UPLINK && l->cause != CAUSE_LOGIN)) open_stream(l);
    else if (l->state == LENS_FAILED && l->cause == CAUSE_UPLINK) l->retry_at = 0;
}

/* ---- what the nodes say ---- */

static void ask_again(struct media_client *c);

/* One that we go to is known to be up or lost by what came of going there; ONVIF has its own beat. */
static void note_reached(struct lens *l, bool reached, const char *reason)
{
    struct recorder *r = recorder_find(str_of(l->recorder_code));
    l->recorder_up = reached;
    if (r == NULL || r->kind != RECORDER_RTSP || (r->up == reached && r->heard_at != 0)) return;
    r->up = reached;
    r->heard_at = clock_utc_ms();
    camera_book_line(r, reached, reason);
}

static void on_playing(struct lens *l, const json_t *ev)
{
    struct recorder *r = recorder_find(str_of(l->recorder_code));
    l->state = LENS_PLAYING;
    if (l->cause != CAUSE_NONE && l->id > 0) camera_book_fault(l->id, "");
    l->cause = CAUSE_NONE;
    l->tries = l->ways_tried = 0;
    live.opened++;
    log_info("camera.playing", "camera=%lld way=%s after_packet_ms=%lld", (long long)l->id, recorder_way_name(l->way), (long long)json_i64(ev, "after_ms", 0));
    snprintf(l->detail, sizeof l->detail, "%s %lld×%lld", json_z(ev, "codec", ""), (long long)json_i64(ev, "width", 0), (long long)json_i64(ev, "height", 0));
    if (r != NULL && r->way != l->way) {
        r->way = l->way;
        camera_book_way(r->id, recorder_way_name(l->way));
    }
    if (l->main_url[0] != 0) note_reached(l, true, "");
}

static void on_fetch_lost(struct lens *l, const char *why, const char *detail)
{
    bool was_playing = l->state == LENS_PLAYING;
    if (l->state == LENS_IDLE || l->state == LENS_FAILED) return;
    if (strcmp(why, "refused") == 0) next_way(l, CAUSE_REFUSED, detail); /* most often: not by this transport */
    else if (strcmp(why, "login") == 0) fail(l, CAUSE_LOGIN, detail), l->retry_at = clock_utc_ms() + LOGIN_RETRY_MS;
    else if (strcmp(why, "not_found") == 0) fail(l, CAUSE_NO_STREAM, detail);
    else if (strcmp(why, "codec") == 0) fail(l, CAUSE_CODEC, detail);
    else if (strcmp(why, "connect") == 0) fail(l, CAUSE_CONNECT, detail), note_reached(l, false, detail);
    else fail(l, CAUSE_ENDED, detail);
    if (was_playing) l->retry_at = 0; /* it ran: at once again */
}

static void on_stats(const json_t *ev)
{
    size_t i;
    const json_t *s;
    json_array_foreach(json_object_get(ev, "streams"), i, s)
    {
        struct lens *l = lens_of_stream(json_z(s, "stream", ""));
        if (l == NULL) continue;
        l->kbps = (int)json_i64(s, "kbps", 0);
        l->fps = json_f64(s, "fps", 0);
        l->lost = json_i64(s, "lost", 0);
        l->recording = json_flag(s, "recording", false);
    }
}

static void on_node_event(struct media_client *c, const json_t *ev, void *arg)
{
    (void)arg;
    const char *what = json_z(ev, "ev", "");
    if (strcmp(what, "clip") == 0) {
        bool nothing = !json_flag(ev, "ok", false) && strcmp(json_z(ev, "error", ""), err_name(HX_E_NOT_FOUND)) == 0;
        if (!nothing || !replay_instead(json_i64(ev, "clip", 0))) camera_book_clip(ev);
        return;
    }
    if (strcmp(what, "ranges") == 0) {
        kept_ranges(ev);
        return;
    }
    if (strncmp(what, "forward", 7) == 0 || strncmp(what, "talk", 4) == 0) {
        what[0] == 't' ? talk_event(c, ev) : forward_event(c, ev);
        return;
    }
    pthread_mutex_lock(&live_lock);
    struct lens *l = lens_of_stream(json_z(ev, "stream", ""));
    if (strcmp(what, "stats") == 0) on_stats(ev);
    else if (l == NULL && replay_event(c, ev)) what = "";
    else if (strcmp(what, "hello") == 0) { /* what it still has of an earlier daemon is unknown to us */
        size_t i;
        const json_t *s;
        json_array_foreach(json_object_get(ev, "streams"), i, s)
            if (json_string_value(s)[0] != 'b') media_client_say(c, json_pack("{s:s,s:O}", "do", "close", "stream", s)); /* a speaker goes on speaking */
        size_t at = 0;
        for (struct map_entry *m; (m = map_next(&live.by_id, &at)) != NULL;) {
            struct lens *waiting = m->value;
            if (waiting->state == LENS_FAILED && waiting->cause == CAUSE_NODE_AWAY) waiting->retry_at = waiting->tries = 0;
        }
        ask_again(c);
        log_info("media.up", "url=%s", media_client_url(c));
    } else if (l == NULL || l->node != c || json_i64(ev, "turn", l->turn) != l->turn) {
        /* of a stream that was closed meanwhile, or of an earlier try */
    } else if (strcmp(what, "opened") == 0 && l->state == LENS_PORT) {
        if (json_z(ev, "error", "")[0] != 0) fail(l, CAUSE_NO_PORT, json_z(ev, "error", ""));
        else if (l->main_url[0] != 0) l->state = LENS_ANSWERED, l->deadline = clock_utc_ms() + FETCH_MS;
        else invite(l, (int)json_i64(ev, "port", 0));
    } else if (strcmp(what, "packet") == 0) {
        if (l->state == LENS_INVITED || l->state == LENS_ANSWERED) l->state = LENS_PACKETS, l->deadline = clock_utc_ms() + KEY_MS;
        if (json_flag(ev, "other_ssrc", false)) log_info("camera.ssrc", "camera=%lld agreed=%u came=%lld", (long long)l->id, l->ssrc, (long long)json_i64(ev, "ssrc", 0));
    } else if (strcmp(what, "picture") == 0 && l->state != LENS_IDLE) {
        on_playing(l, ev);
    } else if (strcmp(what, "viewers") == 0) {
        if (l->viewers > 0 && json_i64(ev, "n", 0) == 0) l->wanted_until = clock_utc_ms() + LINGER_MS;
        l->viewers = (int)json_i64(ev, "n", 0);
    } else if (strcmp(what, "stalled") == 0 && l->state == LENS_PLAYING) {
        fail(l, CAUSE_STALLED, "");
        l->retry_at = 0;
    } else if (strcmp(what, "codec") == 0) {
        fail(l, CAUSE_CODEC, json_z(ev, "codec", ""));
    } else if (strcmp(what, "lost") == 0 && l->main_url[0] != 0) {
        on_fetch_lost(l, json_z(ev, "why", ""), json_z(ev, "detail", ""));
    } else if (strcmp(what, "lost") == 0 && l->state != LENS_IDLE && l->state != LENS_FAILED) {
        if (l->state == LENS_PLAYING) fail(l, CAUSE_ENDED, "tcp"), l->retry_at = 0;
        else next_way(l, CAUSE_CONNECT, json_z(ev, "why", ""));
    }
    pthread_mutex_unlock(&live_lock);
}

/* Its streams begin anew elsewhere, or here when it is back. */
static void on_node_gone(struct media_client *c, void *arg)
{
    (void)arg;
    size_t at = 0;
    pthread_mutex_lock(&live_lock);
    replay_node_gone(c);
    forward_node_gone(c);
    talk_node_gone(c);
    for (struct map_entry *e; (e = map_next(&live.by_id, &at)) != NULL;) {
        struct lens *l = e->value;
        if (l->node != c) continue;
        recorder_hang_up(&l->call);
        l->node = NULL;
        if (l->viewers > 0) l->wanted_until = clock_utc_ms() + LINGER_MS;
        l->viewers = 0;
        if (l->state == LENS_IDLE) continue;
        fail(l, CAUSE_NODE_AWAY, "");
        l->retry_at = 0;
        l->tries = 0;
    }
    pthread_mutex_unlock(&live_lock);
}

/* ---- time ---- */

static void tell_protected(void)
{
    static int64_t told_at;
    int64_t now = clock_utc_ms();
    size_t at = 0;
    if (now - told_at < 30000) return;
    told_at = now;
    json_t *items = json_array();
    for (struct map_entry *e; (e = map_next(&live.by_id, &at)) != NULL;) {
        const struct lens *l = e->value;
        if (l->protect_from != 0 || l->recorded) json_array_append_new(items, json_pack("{s:s,s:i,s:I}", "stream", l->stream, "days", l->keep_days, "from", (json_int_t)l->protect_from));
    }
    for (size_t i = 0; i < live.node_count; i++) media_client_say(live.nodes[i], json_pack("{s:s,s:O}", "do", "protect", "items", items));
    json_decref(items);
}

static void step(struct lens *l, int64_t now)
{
    bool wanted = lens_is_wanted(l, now);
    if (l->moving && now - l->steered_at > STEER_DEAD_MS) {
        const struct recorder_steer stop = {.act = STEER_MOVE};
        recorder_steer(recorder_find(str_of(l->recorder_code)), l->code, &stop);
        l->moving = false;
    }
    if (!wanted) {
        if (l->state != LENS_IDLE) close_stream(l);
        return;
    }
    bool record = wants_recording(l, now);
    if (l->node != NULL && l->state == LENS_PLAYING && (record != l->told_recording || l->sound != l->told_sound)) {
        if (l->sound != l->told_sound && l->main_url[0] != 0) { close_stream(l); return; } /* asked for anew: what is not wanted is not fetched */
        l->told_recording = record, l->told_sound = l->sound;
        media_client_say(l->node, json_pack("{s:s,s:s,s:b,s:b,s:I}", "do", "keep", "stream", l->stream, "record", record, "sound", l->sound, "ring_ms", (json_int_t)(l->flagged || record ? RING_MS : 3000)));
    }
    if (l->state == LENS_IDLE) open_stream(l);
    else if (l->state == LENS_FAILED && now >= l->retry_at) open_stream(l);
    else if (l->state == LENS_PORT && now > l->deadline) fail(l, CAUSE_NODE_AWAY, "");
    else if (l->state == LENS_INVITED && now > l->deadline) fail(l, CAUSE_NO_ANSWER, "");
    else if (l->state == LENS_ANSWERED && now > l->deadline) next_way(l, CAUSE_NO_PACKET, recorder_way_name(l->way));
    else if (l->state == LENS_PACKETS && now > l->deadline) fail(l, CAUSE_NO_KEY, "");
}

static void tick(void *arg)
{
    (void)arg;
    int64_t now = clock_utc_ms();
    size_t at = 0;
    if (live.stopping) return;
    pthread_mutex_lock(&live_lock);
    for (struct map_entry *e; (e = map_next(&live.by_id, &at)) != NULL;) step(e->value, now);
    tell_protected();
    replay_tick(now);
    talk_tick(now);
    pthread_mutex_unlock(&live_lock);
}

/* ---- alarms ---- */

/* The cameras that see the place are invited before anybody clicks. */
static void on_alarm(int64_t incident, int64_t school, const struct camera_aim *aim, int64_t opened_at, bool fresh)
{
    struct lens *best[ALARM_CAMERAS];
    int64_t ids[ALARM_CAMERAS];
    bool before[ALARM_CAMERAS];
    size_t n = lens_rank(school, aim, best, ALARM_CAMERAS);
    for (size_t i = 0; i < n; i++) {
        struct lens *l = best[i];
        ids[i] = l->id;
        before[i] = fresh && l->state != LENS_PLAYING && l->main_url[0] == 0 && l->vehicle_id == 0; /* it has no ring: the seconds before come from the recorder's own disk */
        l->incident_id = incident;
        l->alarm_at = fresh && l->state == LENS_IDLE ? opened_at : 0;
        if (l->protect_from == 0) l->protect_from = opened_at - 60000;
        want(l, 0);
        const struct recorder_steer turn = {.act = STEER_PRESET_CALL, .preset = l->alarm_preset};
        if (fresh && l->ptz && l->alarm_preset > 0) recorder_steer(recorder_find(str_of(l->recorder_code)), l->code, &turn);
    }
    if (fresh && n > 0 && live.node_count > 0) camera_book_alarm_clips(incident, school, opened_at, ids, before, n);
}

static void on_over(int64_t incident, int64_t school)
{
    const struct school_lenses *s = lenses_of(school, false);
    int64_t now = clock_utc_ms();
    for (size_t i = 0; s != NULL && i < s->count; i++) {
        struct lens *l = s->at[i];
        if (l->incident_id != incident) continue;
        l->incident_id = 0;
        l->protect_from = 0;
        l->wanted_until = l->clips_until = now + ALARM_LINGER_MS;
    }
}

/* What happens in a vehicle is seen by its own cameras. */
static int64_t vehicle_of_incident(int64_t incident)
{
    struct rows r = db_query(live.set.app->panels->db, SQL_CAMERA_AIM, "i", incident);
    int64_t vehicle = rows_next(&r) ? rows_i64(&r, 5) : 0;
    rows_end(&r);
    return vehicle;
}

static void hear_incident(const struct event *event, const json_t *j)
{
    const char *what = event->type + strlen("incident.");
    const json_t *change = json_object_get(j, "change");
    int64_t school = json_i64(j, "school_id", 0), opened = 0;
    bool first = strcmp(what, "opened") == 0;
    if (school == 0) return;
    if (first || strcmp(what, "reopened") == 0 || (strcmp(what, "fed") == 0 && json_flag(change, "new_alarm", false))) {
        clock_parse(str_of(json_z(j, "opened_at", "")), &opened);
        const struct camera_aim aim = {.lon = json_f64(j, "lon", 0), .lat = json_f64(j, "lat", 0), .vehicle_id = vehicle_of_incident(event->subject_id), .title = json_z(change, "title", json_z(j, "title", ""))};
        on_alarm(event->subject_id, school, &aim, opened, first);
    } else if (strcmp(what, "closed") == 0 || strcmp(what, "cancelled") == 0 || strcmp(what, "merged") == 0) {
        on_over(event->subject_id, school);
    }
}

/* ---- what the journal says ---- */

static void reload(int64_t camera)
{
    struct rows r = db_query(live.set.app->panels->db, SQL_CAMERA_ALL, "i", camera);
    bool found = rows_next(&r);
    if (found) lens_take_row(&r);
    rows_end(&r);
    struct lens *l = lens_of(camera);
    if (!found && l != NULL) l->gone = true, (void)lens_close_up(camera);
}

static void ask_clip(const json_t *j)
{
    struct lens *l = lens_of(json_i64(j, "camera_id", 0));
    struct media_client *node = l != NULL ? (l->node != NULL ? l->node : node_for(l)) : NULL;
    int64_t from = 0, to = 0;
    char watermark[40];
    if (node == NULL || !clock_parse(str_of(json_z(j, "from_at", "")), &from) || !clock_parse(str_of(json_z(j, "to_at", "")), &to)) return;
    int64_t now = clock_utc_ms();
    if (strcmp(json_z(j, "reason", ""), "before") == 0) { /* from the recorder's own disk */
        if (replay_begin(json_i64(j, "id", 0), l->id, from, to, json_i64(j, "id", 0))) return;
        json_t *failed = json_pack("{s:s,s:I,s:b,s:s}", "ev", "clip", "clip", (json_int_t)json_i64(j, "id", 0), "ok", 0, "error", "AWAY");
        camera_book_clip(failed);
        json_decref(failed);
        return;
    }
    if (to + 5000 > l->clips_until && to > now - 60000) l->clips_until = to + 5000;
    if (l->clips_until > now) want(l, l->clips_until);
    if (l->node != NULL && l->state == LENS_PLAYING && !l->told_recording) { /* at once: what the ring holds goes to the disk first */
        l->told_recording = true;
        media_client_say(l->node, json_pack("{s:s,s:s,s:b}", "do", "keep", "stream", l->stream, "record", 1));
    }
    snprintf(watermark, sizeof watermark, "clip %lld", (long long)json_i64(j, "id", 0));
    json_t *facts = json_pack("{s:s,s:s,s:I,s:I,s:s,s:s}", "camera", l->name, "camera_code", l->code, "camera_id", (json_int_t)l->id, "incident_id", (json_int_t)json_i64(j, "incident_id", 0), "school", json_z(j, "school", ""), "reason", json_z(j, "reason", ""));
    json_put_z(facts, "person", json_z(j, "person", NULL));
    media_client_say(node, json_pack("{s:s,s:s,s:I,s:I,s:I,s:s,s:o}", "do", "clip", "stream", l->stream, "clip", (json_int_t)json_i64(j, "id", 0), "from", (json_int_t)from, "to", (json_int_t)to, "watermark", watermark, "facts", facts));
}

/* What was asked and not answered before we or the node stopped. */
static void ask_again(struct media_client *c)
{
    struct rows r = db_query(live.set.app->panels->db, SQL_CLIP_MAKING, "");
    while (rows_next(&r)) {
        json_t *j = rows_json(&r);
        struct lens *l = lens_of(json_i64(j, "camera_id", 0));
        if (l != NULL && (l->node != NULL ? l->node : node_for(l)) == c) ask_clip(j);
        json_decref(j);
    }
    rows_end(&r);
}

static void revoke(const char *nonce)
{
    for (size_t i = 0; i < live.node_count; i++) media_client_say(live.nodes[i], json_pack("{s:s,s:s}", "do", "revoke", "nonce", nonce));
}

static void begin_view(struct lens *l, const json_t *j)
{
    int64_t from = 0, to = 0;
    bool back = clock_parse(str_of(json_z(j, "playback_from", "")), &from) && clock_parse(str_of(json_z(j, "playback_to", "")), &to);
    if (json_flag(j, "talk", false)) talk_begin(l, json_i64(j, "id", 0));
    if (!back) want(json_flag(j, "close_up", false) ? lens_close_up(l->id) : l, clock_utc_ms() + LINGER_MS);
    else if (!replay_begin(json_i64(j, "id", 0), l->id, from, to, 0)) log_info("camera.playback", "camera=%lld reason=\"recorder or node away\"", (long long)l->id);
}

static void heard(const struct event *event, void *arg)
{
    (void)arg;
    bool incident = strncmp(event->type, "incident.", 9) == 0, camera = strncmp(event->type, "camera.", 7) == 0, view = strncmp(event->type, "view.", 5) == 0, clip = strcmp(event->type, "clip.asked") == 0;
    json_t *j = NULL;
    char why[160];
    if (!(incident || camera || view || clip) || json_parse((struct str){event->data, event->data_bytes}, &j, why, sizeof why)) return;
    pthread_mutex_lock(&live_lock);
    struct lens *l = view ? lens_of(json_i64(j, "camera_id", 0)) : NULL;
    if (incident) hear_incident(event, j);
    else if (camera) reload(json_i64(j, "id", 0));
    else if (clip) ask_clip(j);
    else if (l != NULL && strcmp(event->type, "view.opened") == 0) begin_view(l, j);
    else if (strcmp(event->type, "view.ended") == 0) revoke(json_z(j, "nonce", ""));
    pthread_mutex_unlock(&live_lock);
    json_decref(j);
}

/* ---- start ---- */

static enum hx_err load(struct tx *tx, void *arg)
{
    (void)arg;
    struct rows r = db_query(tx->db, SQL_CAMERA_ALL, "i", (int64_t)0);
    while (rows_next(&r)) lens_take_row(&r);
    enum hx_err e = r.err;
    rows_end(&r);
    struct rows i = db_query(tx->db, SQL_CAMERA_INCIDENTS, "");
    while (rows_next(&i)) { /* fetched again as soon as the recorder registers */
        struct lens *best[ALARM_CAMERAS];
        struct camera_aim aim = {.lon = rows_f64(&i, 3), .lat = rows_f64(&i, 4), .vehicle_id = rows_i64(&i, 6), .title = rows_z(&i, 2)};
        size_t n = lens_rank(rows_i64(&i, 1), &aim, best, ALARM_CAMERAS);
        for (size_t k = 0; k < n; k++) best[k]->incident_id = rows_i64(&i, 0), best[k]->protect_from = rows_i64(&i, 5) - 60000;
    }
    if (!e) e = i.err;
    rows_end(&i);
    return e;
}

enum hx_err camera_live_start(const struct camera_live_settings *s)
{
    char one[128];
    live.set = *s;
    map_init(&live.by_id);
    map_init(&live.schools);
    camera_book_start(s->app);
    enum hx_err e = ticket_key_open(s->app->data_dir, live.key);
    if (!e) e = writer_call(s->app->writer, load, NULL, NULL, 0);
    if (e) return e;
    struct str rest = str_of(s->media_urls), url;
    while (str_split(&rest, ' ', &url)) {
        url = str_trim(url);
        if (url.len == 0 || live.node_count == NODES_MAX) continue;
        str_to_z(url, one, sizeof one);
        struct media_client_settings c = {.loop = s->app->loop, .url = one, .event = on_node_event, .gone = on_node_gone};
        ticket_control_secret(live.key, c.secret);
        e = media_client_start(&c, &live.nodes[live.node_count]);
        if (e) return log_error("camera.media", "url=%s reason=\"want http://address:port\"", one), e;
        live.node_count++;
    }
    journal_listen(s->app->journal, heard, NULL);
    loop_every(s->app->loop, TICK_MS, tick, NULL);
    return HX_OK;
}

void camera_live_stop(void)
{
    size_t at = 0;
    live.stopping = true;
    talk_stop(), camera_days_stop();
    for (struct map_entry *e; (e = map_next(&live.by_id, &at)) != NULL;) recorder_hang_up(&((struct lens *)e->value)->call);
    for (size_t i = 0; i < live.node_count; i++) media_client_stop(live.nodes[i]);
    live.node_count = 0;
}
