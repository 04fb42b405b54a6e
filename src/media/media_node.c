#include "media_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "media_inner.h"
#include "pull_frame.h"

#define STALLED_MS 3000
#define STATS_MS 2000
#define STILL_MS 1000
#define RETENTION_MS 60000
#define RING_MS 3000 /* when the daemon says nothing */
#define CHANNELS_MAX 2000

struct channel *channel_of(struct media_node *n, const char *stream)
{
    return map_get(&n->channels, str_of(stream));
}

void channel_tell(struct channel *c, const char *event, json_t *more)
{
    json_t *e = json_pack("{s:s,s:s,s:I}", "ev", event, "stream", c->stream->id, "turn", (json_int_t)c->turn);
    if (more != NULL) json_object_update(e, more);
    json_decref(more);
    control_tell(c->node, e);
}

void channel_viewers_changed(struct channel *c)
{
    control_tell(c->node, json_pack("{s:s,s:s,s:i}", "ev", "viewers", "stream", c->stream->id, "n", c->viewer_count));
}

static void on_init(struct media_stream *s, void *arg)
{
    (void)s;
    viewers_init(arg);
}

static void on_unit(struct media_stream *s, const struct media_unit *u, void *arg)
{
    struct channel *c = arg;
    if (!c->told_key) {
        c->told_key = true;
        c->cause[0] = 0;
        channel_tell(c, "picture", json_pack("{s:s,s:i,s:i,s:I}", "codec", s->codec, "width", s->width, "height", s->height, "after_ms", (json_int_t)(u->at_ms - s->first_packet_ms)));
    }
    viewers_unit(c, u);
    forwards_unit(c, u);
    if (c->recording != NULL) recording_take(c->recording, s, u);
}

static void on_sound(struct media_stream *s, struct str bytes, enum ps_sound kind, void *arg)
{
    struct channel *c = arg;
    if (kind == PS_SOUND_OTHER) return;
    talks_sound(c, bytes, kind == PS_SOUND_ULAW, s->now_ms);
    if (c->sound != NULL) sound_feed(c->sound, bytes, kind == PS_SOUND_ULAW);
}

static void on_packet(struct str packet, void *arg)
{
    struct media_stream *s = ((struct channel *)arg)->stream;
    stream_feed_sound(s, packet, -1, s->now_ms);
}

void channel_hear(struct channel *c, bool on)
{
    if (on == c->stream->hears) return;
    sound_free(c->sound);
    c->sound = on && c->pulling == NULL ? sound_new(on_packet, c) : NULL; /* what is fetched is made Opus there */
    stream_hear(c->stream, on);
}

static void on_codec(struct media_stream *s, void *arg)
{
    (void)s;
    channel_tell(arg, "codec", json_pack("{s:s}", "codec", "other"));
}

static void on_first(struct media_stream *s, const char *peer, void *arg)
{
    channel_tell(arg, "packet", json_pack("{s:s,s:I,s:b}", "peer", peer, "ssrc", (json_int_t)s->ssrc, "other_ssrc", s->want_ssrc != 0 && s->ssrc != s->want_ssrc));
}

static void on_lost(struct media_stream *s, const char *why, void *arg)
{
    (void)s;
    channel_tell(arg, "lost", json_pack("{s:s}", "why", why));
}

static void on_pull_lost(struct media_stream *s, const char *why, const char *detail, void *arg)
{
    (void)s;
    channel_tell(arg, "lost", json_pack("{s:s,s:s}", "why", why, "detail", detail));
}

void channel_record(struct channel *c, bool on)
{
    if (on && c->recording == NULL) c->recording = recording_new(c->node->pool, c->node->set.dir, c->stream);
    if (!on && c->recording != NULL) recording_free(c->recording), c->recording = NULL;
}

static void let_go(struct channel *c)
{
    if (c->ingest != NULL) ingest_close(c->ingest);
    if (c->pulling != NULL) pulling_close(c->pulling);
    if (c->playing != NULL) play_close(c->playing);
    c->ingest = NULL;
    c->pulling = NULL;
    c->playing = NULL;
}

bool stream_name_fits(const char *z)
{
    return z[0] != 0 && strlen(z) < STREAM_ID_MAX && strcmp(z, "clips") != 0 && z[strspn(z, "abcdefghijklmnopqrstuvwxyz0123456789")] == 0;
}

/* An order with a source is fetched, one with what is kept is played from our disk; the others wait at a port of ours. */
static enum hx_err take_source(struct channel *c, const json_t *o, int *port)
{
    struct media_node *n = c->node;
    const char *way = json_z(o, "way", "udp"), *source = json_z(o, "source", NULL);
    const char *kept = json_z(o, "kept", NULL);
    if (kept != NULL) {
        if (!stream_name_fits(kept)) return HX_E_INVALID;
        c->playing = play_open(&(struct play_wish){.loop = n->set.loop, .pool = n->pool, .stream = c->stream, .dir = n->set.dir, .kept = kept, .from = json_i64(o, "from", 0), .to = json_i64(o, "to", 0), .first = on_first, .lost = on_lost, .arg = c});
        return HX_OK;
    }
    if (source != NULL) {
        char url[PULL_URL_MAX];
        struct pull_wish wish = {.stream = c->stream, .url = url, .udp = strcmp(way, "udp") == 0, .sound = json_flag(o, "sound", false), .first = on_first, .lost = on_pull_lost, .arg = c};
        enum hx_err e = ticket_reveal(n->set.key, str_of(source), url, sizeof url);
        return e ? e : pulling_open(n->puller, &wish, &c->pulling);
    }
    struct ingest_settings in = {.loop = n->set.loop, .stream = c->stream, .way = strcmp(way, "tcp_passive") == 0 ? INGEST_TCP_PASSIVE : strcmp(way, "tcp_active") == 0 ? INGEST_TCP_ACTIVE : INGEST_UDP,
                                 .vehicle = strcmp(json_z(o, "format", "rtp"), "jt1078") == 0, .host = n->set.rtp_host, .port_from = n->set.port_from, .port_to = n->set.port_to, .first = on_first, .lost = on_lost, .arg = c};
    enum hx_err e = ingest_open(&in, &c->ingest);
    if (!e) *port = ingest_port(c->ingest);
    return e;
}

static struct channel *channel_new(struct media_node *n, const char *id)
{
    if (n->channels.count >= CHANNELS_MAX) return NULL;
    struct channel *c = calloc(1, sizeof *c);
    HX_ASSERT(c != NULL);
    c->node = n;
    c->stream = stream_new(id);
    c->stream->on_init = on_init, c->stream->on_unit = on_unit, c->stream->on_codec = on_codec, c->stream->on_sound = on_sound, c->stream->arg = c;
    map_put(&n->channels, str_of(id), c);
    return c;
}

struct channel *channel_publish(struct media_node *n, const char *stream)
{
    struct channel *c = channel_new(n, stream);
    if (c == NULL) return NULL;
    c->stream->ring_ms = RING_MS;
    channel_record(c, true); /* what was said to all schools is kept */
    forwards_attach(n, c);
    viewers_attach(n, c);
    return c;
}

enum hx_err channel_open(struct media_node *n, const json_t *o, int *port)
{
    const char *id = json_z(o, "stream", "");
    struct channel *c = channel_of(n, id);
    if (c == NULL) {
        c = channel_new(n, id);
        if (c == NULL) return HX_E_LIMIT;
    } else { /* another try, or the same camera again: the ring stays */
        let_go(c);
        stream_restart(c->stream);
        c->stream->first_packet_ms = c->stream->first_key_ms = 0;
        c->told_key = c->stalled = c->standing = false;
    }
    c->turn = json_i64(o, "turn", 0);
    c->stream->ring_ms = json_i64(o, "ring_ms", RING_MS);
    c->stream->want_ssrc = (uint32_t)json_i64(o, "ssrc", 0);
    enum hx_err e = take_source(c, o, port);
    if (e) {
        channel_close(c);
        return e;
    }
    channel_hear(c, json_flag(o, "sound", false));
    channel_record(c, json_flag(o, "record", c->recording != NULL));
    forwards_attach(n, c);
    viewers_attach(n, c);
    return HX_OK;
}

void channel_pace(struct channel *c, int percent, int64_t seek_ms)
{
    c->standing = percent == 0;
    c->stream->last_packet_ms = clock_utc_ms(); /* the wait begins anew */
    if (c->playing != NULL) play_pace(c->playing, percent, seek_ms, c->stream->last_packet_ms);
}

void channel_close(struct channel *c)
{
    viewers_detach(c);
    forwards_detach(c);
    channel_record(c, false);
    let_go(c);
    map_take(&c->node->channels, str_of(c->stream->id));
    sound_free(c->sound);
    stream_free(c->stream);
    free(c);
}

/* Every two seconds: how each stream runs, and which has stopped. */
static void stats(void *arg)
{
    struct media_node *n = arg;
    json_t *streams = json_array();
    int64_t now = clock_utc_ms();
    size_t at = 0;
    for (struct map_entry *e; (e = map_next(&n->channels, &at)) != NULL;) {
        struct channel *c = e->value;
        const struct media_stream *s = c->stream;
        bool stalled = c->told_key && !c->standing && now - s->last_packet_ms > STALLED_MS;
        if (stalled && !c->stalled) channel_tell(c, "stalled", NULL);
        c->stalled = stalled;
        json_array_append_new(streams, json_pack("{s:s,s:I,s:f,s:I,s:I,s:i,s:b}", "stream", s->id, "kbps", (json_int_t)((s->in_bytes - c->last_bytes) * 8 / STATS_MS), "fps", (double)(s->frames - c->last_frames) * 1000 / STATS_MS,
                                                 "lost", (json_int_t)s->order.lost, "freezes", (json_int_t)s->freezes, "viewers", c->viewer_count, "recording", c->recording != NULL));
        c->last_bytes = s->in_bytes;
        c->last_frames = s->frames;
    }
    control_tell(n, json_pack("{s:s,s:o}", "ev", "stats", "streams", streams));
    forwards_tick(n);
}

/* ---- stills ---- */

struct still {
    struct media_node *node;
    char stream[STREAM_ID_MAX];
    int64_t at_ms;
    struct http_request *request; /* NULL: for the viewers that cannot play the codec */
};

static void on_drawn(struct str jpeg, void *arg)
{
    struct still *s = arg;
    struct channel *c = channel_of(s->node, s->stream);
    if (s->request != NULL) {
        http_add_header(s->request, "Cache-Control", "private, no-store");
        if (jpeg.len > 0) http_reply(s->request, 200, "image/jpeg", jpeg);
        else http_reply(s->request, 503, "text/plain", STR("this picture could not be drawn: try again\n"));
    } else if (c != NULL) {
        c->drawing = false;
        if (jpeg.len > 0) viewers_still(c, jpeg, s->at_ms);
    }
    free(s);
}

static void draw(struct channel *c, struct http_request *request)
{
    struct buf unit;
    const struct media_unit *key = stream_last_key(c->stream);
    struct still *s = calloc(1, sizeof *s);
    HX_ASSERT(s != NULL);
    *s = (struct still){.node = c->node, .at_ms = key != NULL ? key->at_ms : 0, .request = request};
    snprintf(s->stream, sizeof s->stream, "%s", c->stream->id);
    buf_init(&unit, PS_UNIT_MAX + 4096);
    if (!stream_still(c->stream, &unit)) buf_clear(&unit);
    if (request == NULL) c->drawing = true, c->drawn_ms = s->at_ms;
    puller_draw(c->node->puller, c->stream->seen == PS_CODEC_H265, buf_str(&unit), on_drawn, s);
    buf_free(&unit);
}

static void draw_for_viewers(void *arg)
{
    struct media_node *n = arg;
    size_t at = 0;
    for (struct map_entry *e; (e = map_next(&n->channels, &at)) != NULL;) {
        struct channel *c = e->value;
        const struct media_unit *key = c->drawing || !viewers_want_stills(c) ? NULL : stream_last_key(c->stream);
        if (key != NULL && key->at_ms != c->drawn_ms) draw(c, NULL);
    }
}

struct retention_job {
    struct retention r;
    char dir[RECORD_PATH_MAX];
    int gone;
};

static void retain_work(void *state, void *arg)
{
    (void)state;
    struct retention_job *j = arg;
    j->gone = retention_run(&j->r, clock_utc_ms());
}

static void retain_done(void *arg)
{
    struct retention_job *j = arg;
    if (j->gone > 0) log_info("media.retention", "segments=%d", j->gone);
    free(j->r.streams);
    free(j);
}

static void retain(void *arg)
{
    struct media_node *n = arg;
    struct retention_job *j = calloc(1, sizeof *j);
    HX_ASSERT(j != NULL);
    snprintf(j->dir, sizeof j->dir, "%s", n->set.dir);
    j->r = (struct retention){.dir = j->dir, .days = n->set.days, .free_share = n->set.free_share, .count = n->protected_count, .streams = calloc(n->protected_count + 1, sizeof *j->r.streams)};
    HX_ASSERT(j->r.streams != NULL);
    if (n->protected_count > 0) memcpy(j->r.streams, n->protected, n->protected_count * sizeof *j->r.streams);
    if (pool_submit(n->pool, retain_work, retain_done, j) != HX_OK) retain_done(j);
}

static void metrics(struct media_node *n, struct http_request *r)
{
    struct buf b;
    uint64_t lost = 0, freezes = 0, bytes = 0;
    size_t at = 0;
    for (struct map_entry *e; (e = map_next(&n->channels, &at)) != NULL;) {
        const struct media_stream *s = ((struct channel *)e->value)->stream;
        lost += s->order.lost;
        freezes += s->freezes;
        bytes += s->in_bytes;
    }
    buf_init(&b, 8192);
    buf_printf(&b, "huxue_media_streams %zu\nhuxue_media_viewers %d\nhuxue_media_forwards %d\nhuxue_media_talks %d\nhuxue_media_viewers_total %llu\nhuxue_media_sent_bytes %llu\nhuxue_media_received_bytes %llu\nhuxue_media_lost_packets %llu\nhuxue_media_freezes %llu\nhuxue_media_slow_viewers %llu\n",
               n->channels.count, n->viewer_count, n->forward_count, n->talk_count, (unsigned long long)n->viewers_total, (unsigned long long)n->sent_bytes, (unsigned long long)bytes, (unsigned long long)lost, (unsigned long long)freezes, (unsigned long long)n->dropped);
    http_reply(r, 200, "text/plain; version=0.0.4", buf_str(&b));
    buf_free(&b);
}

static void serve_clip(struct media_node *n, struct http_request *r, const struct ticket *t, bool manifest)
{
    char file[RECORD_PATH_MAX], name[96];
    snprintf(file, sizeof file, "%.4200s/clips/%s.%s", n->set.dir, t->subject, manifest ? "json" : "mp4");
    snprintf(name, sizeof name, "inline; filename=\"huxue-clip-%s.%s\"", t->subject, manifest ? "json" : "mp4");
    http_add_header(r, "Content-Disposition", name);
    http_add_header(r, "Cache-Control", "private, no-store");
    http_reply_file(r, file, manifest ? "application/json" : "video/mp4");
}

/* Live pictures and clips: to whoever brings a ticket for them. */
static void serve_ticket(struct media_node *n, struct http_request *r, struct str path)
{
    char text[TICKET_TEXT_MAX];
    struct ticket t = {0};
    bool still = str_eq(path, STR("/still.jpg")), live = str_eq(path, STR("/live")) || still, push = str_eq(path, STR("/publish")), talk = str_eq(path, STR("/talk")), clip = str_eq(path, STR("/clip.mp4")), manifest = str_eq(path, STR("/clip.json"));
    const char *ticket = http_query(r, "ticket", text, sizeof text);
    enum hx_err e = ticket == NULL ? HX_E_FORBIDDEN : ticket_check(n->set.key, str_of(ticket), clock_utc_ms(), &t);
    if (!e && strcmp(t.what, live ? "live" : push ? "push" : talk ? "talk" : "clip") != 0) e = HX_E_FORBIDDEN;
    if (!live && !push && !talk && !clip && !manifest) http_reply(r, 404, "text/plain", STR("nothing is here\n"));
    else if (e) http_reply(r, 403, "text/plain", STR("the ticket is not valid, or has run out: open the picture again\n"));
    else if (still && channel_of(n, t.subject) == NULL) http_reply(r, 404, "text/plain", STR("this stream is not open\n"));
    else if (still) draw(channel_of(n, t.subject), r);
    else if (live) viewer_begin(n, r, &t);
    else if (push) publisher_begin(n, r, &t);
    else if (talk) talk_begin(n, r, &t);
    else serve_clip(n, r, &t, manifest);
}

static void handle(struct http_request *r, void *arg)
{
    struct media_node *n = arg;
    struct str path = http_path(r);
    if (http_method(r) != HX_GET) http_reply(r, 405, "text/plain", STR("GET only\n"));
    else if (str_eq(path, STR("/control"))) control_begin(n, r);
    else if (str_eq(path, STR("/healthz"))) http_reply(r, 200, "application/json", STR("{\"status\":\"ok\"}\n"));
    else if (!str_eq(path, STR("/metrics"))) serve_ticket(n, r, path);
    else if (strncmp(http_peer(r), "127.", 4) == 0) metrics(n, r);
    else http_reply(r, 403, "text/plain", STR("loopback only\n"));
}

enum hx_err media_node_start(const struct media_node_settings *settings, struct media_node **out)
{
    struct media_node *n = calloc(1, sizeof *n);
    HX_ASSERT(n != NULL);
    n->set = *settings;
    map_init(&n->channels);
    map_init(&n->clips);
    ticket_control_secret(n->set.key, n->control_secret);
    if ((mkdir(n->set.dir, 0700) != 0 && access(n->set.dir, W_OK) != 0) || clip_key_make(n->set.dir)) {
        log_error("media.dir", "dir=\"%s\" reason=\"cannot be written\"", n->set.dir);
        free(n);
        return HX_E_STORE;
    }
    n->pool = pool_new(n->set.loop, 2, 512, NULL, NULL, NULL);
    struct http_settings http = {.loop = n->set.loop, .address = n->set.http, .handle = handle, .arg = n};
    if (http_listen(&http, &n->http)) {
        free(n);
        return HX_E_INVALID;
    }
    n->puller = puller_new(n->set.loop);
    loop_every(n->set.loop, STATS_MS, stats, n);
    loop_every(n->set.loop, STILL_MS, draw_for_viewers, n);
    loop_every(n->set.loop, RETENTION_MS, retain, n);
    *out = n;
    return HX_OK;
}

const char *media_node_bound(const struct media_node *n) { return http_bound(n->http); }

void media_node_stop(struct media_node *n)
{
    http_pause(n->http);
    control_stop_all(n);
    publishers_stop(n);
    viewers_stop(n);
    forwards_stop(n);
    talks_stop(n);
    size_t at = 0;
    struct map_entry *e;
    while (at = 0, (e = map_next(&n->channels, &at)) != NULL) channel_close(e->value);
    puller_free(n->puller);
    pool_stop(n->pool); /* writes what is begun */
    http_close(n->http);
    map_free(&n->channels);
    map_free(&n->clips);
    free(n->protected);
    free(n);
}
