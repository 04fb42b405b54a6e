#include "media_play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "media_record.h"
#include "media_segments.h"

#define TICK_MS 20
#define SILENCE_AFTER (90000 / 4) /* of a recording whose sound has holes, or is not played at this pace */
#define GAP_MS 1500       /* a hole longer than this is stepped over */
#define LEAD (10 * 90000) /* the first segment begins before what was asked for */

struct playing {
    struct play_wish wish;
    char dir[RECORD_PATH_MAX], kept[STREAM_ID_MAX];
    struct loop_timer *tick;
    bool listed, loading, closed, begun;
    bool placed;              /* what is shown has its moment: not yet at the beginning, and behind a jump */
    bool jump;                /* to list_from, once the disk is not read */
    int percent;
    int64_t list_from;
    struct segment *segments; /* once listed */
    size_t count, next;       /* next to be read */
    /* Read on the pool, played on the loop. */
    struct segment_units now, ahead;
    struct segment now_of, ahead_of;
    bool has_now, has_ahead;
    size_t unit;
    int64_t base_media, base_wall; /* this moment of the recording is shown at that moment of our clock */
};

static void free_playing(struct playing *p)
{
    segment_units_free(&p->now);
    segment_units_free(&p->ahead);
    free(p->segments);
    free(p);
}

static void read_ahead(void *state, void *arg)
{
    (void)state;
    struct playing *p = arg;
    if (!p->listed) p->count = segments_list(p->dir, p->kept, p->list_from, p->wish.to, &p->segments);
    while (!p->has_ahead && p->next < p->count) { /* one that went meanwhile, or is broken, is a gap */
        p->ahead_of = p->segments[p->next++];
        p->has_ahead = segment_units_read(p->dir, p->kept, &p->ahead_of, &p->ahead) == HX_OK;
    }
}

static void was_read(void *arg)
{
    struct playing *p = arg;
    p->loading = false;
    p->listed = true;
    if (p->closed) free_playing(p);
}

static void load(struct playing *p)
{
    if (p->loading || p->has_ahead || (p->listed && p->next >= p->count)) return;
    p->loading = pool_submit(p->wish.pool, read_ahead, was_read, p) == HX_OK; /* else at the next tick */
}

/* When a picture was whole here, when it was recorded. */
static int64_t moment_of(const struct playing *p, const struct segment_unit *u)
{
    return p->now_of.from + (int64_t)(u->time - p->now.units[0].time) / 90;
}

static void feed(struct playing *p, const struct segment_unit *u, int64_t now)
{
    struct media_input in = {.unit = {p->now.bytes.at + u->at, u->n}, .codec = p->now.h265 ? PS_CODEC_H265 : PS_CODEC_H264,
                             .time = (p->now_of.from - p->wish.from) * 90 + (int64_t)(u->time - p->now.units[0].time) + LEAD, .offset = u->offset};
    if (u->sound && p->percent == 100) stream_feed_sound(p->wish.stream, in.unit, in.time, now); /* at another pace nobody would understand it */
    if (u->sound) return;
    stream_set_sound(p->wish.stream, p->now.opus_channels);
    p->wish.stream->sound_wait = SILENCE_AFTER;
    stream_feed_unit(p->wish.stream, &in, now);
    if (p->begun) return;
    p->begun = true;
    p->wish.first(p->wish.stream, "disk", p->wish.arg);
}

/* The moment of the recording that is due. */
static int64_t shown_at(const struct playing *p, int64_t now)
{
    return p->base_media + (now - p->base_wall) * p->percent / 100;
}

static bool take_next(struct playing *p, int64_t now)
{
    if (p->loading || !p->has_ahead) return false;
    segment_units_free(&p->now);
    p->now = p->ahead;
    p->now_of = p->ahead_of;
    p->ahead = (struct segment_units){.count = 0};
    p->has_ahead = false;
    p->has_now = true;
    p->unit = 0;
    int64_t shown = shown_at(p, now);
    if (!p->placed) p->base_media = p->now_of.from > p->list_from ? p->now_of.from : p->list_from, p->base_wall = now, p->placed = true;
    else if (p->now_of.from - shown > GAP_MS || shown - p->now_of.from > GAP_MS) p->base_media = p->now_of.from, p->base_wall = now;
    return true;
}

static void do_jump(struct playing *p)
{
    segment_units_free(&p->now);
    segment_units_free(&p->ahead);
    free(p->segments);
    p->now = p->ahead = (struct segment_units){.count = 0};
    p->segments = NULL;
    p->count = p->next = p->unit = 0;
    p->jump = p->listed = p->has_now = p->has_ahead = p->placed = false;
}

static void on_tick(void *arg)
{
    struct playing *p = arg;
    int64_t now = clock_utc_ms();
    if (p->jump && !p->loading) do_jump(p);
    load(p);
    while (p->has_now || take_next(p, now)) {
        int64_t shown = shown_at(p, now);
        while (p->unit < p->now.count && moment_of(p, &p->now.units[p->unit]) <= shown && moment_of(p, &p->now.units[p->unit]) <= p->wish.to) feed(p, &p->now.units[p->unit++], now);
        if (p->unit < p->now.count && moment_of(p, &p->now.units[p->unit]) <= p->wish.to) break;
        p->has_now = false;
        load(p);
    }
    if (p->listed && !p->loading && !p->has_now && !p->has_ahead && p->next >= p->count) p->wish.lost(p->wish.stream, p->begun ? "ended" : "nothing", p->wish.arg);
    else loop_timer_set(p->tick, TICK_MS);
}

struct playing *play_open(const struct play_wish *wish)
{
    struct playing *p = calloc(1, sizeof *p);
    HX_ASSERT(p != NULL);
    p->wish = *wish;
    snprintf(p->dir, sizeof p->dir, "%s", wish->dir);
    snprintf(p->kept, sizeof p->kept, "%s", wish->kept);
    p->wish.dir = p->wish.kept = NULL;
    p->percent = 100;
    p->list_from = wish->from;
    p->tick = loop_timer_new(wish->loop, on_tick, p);
    loop_timer_set(p->tick, 0);
    return p;
}

void play_pace(struct playing *p, int percent, int64_t seek_ms, int64_t now_ms)
{
    p->base_media = shown_at(p, now_ms);
    p->base_wall = now_ms;
    p->percent = percent;
    if (seek_ms < 0) return;
    p->list_from = p->wish.from + seek_ms < p->wish.to ? p->wish.from + seek_ms : p->wish.to;
    p->jump = true;
}

void play_close(struct playing *p)
{
    loop_timer_free(p->tick);
    p->tick = NULL;
    p->closed = true;
    if (!p->loading) free_playing(p);
}
