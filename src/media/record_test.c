/* A stream through loss, jumps and strangers; recordings, retention, and clips in which one flipped bit is found. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "media/h264.h"
#include "media/media_play.h"
#include "media/media_record.h"
#include "media/media_segments.h"
#include "media/picture.h"
#include "media/ps_pack.h"

#define BEGIN 1700000000000LL

struct feed {
    struct media_stream *stream;
    struct picture *picture;
    uint16_t seq;
    uint32_t ssrc;
    int64_t now, frame;
    int drop; /* every so-many-th packet is lost; 0 none */
    int sent;
};

static void to_stream(struct str packet, void *arg)
{
    struct feed *f = arg;
    if (f->drop > 0 && ++f->sent % f->drop == 0) return;
    CHECK_EQ(stream_feed(f->stream, packet, f->now, false), HX_OK);
}

static void frame(struct feed *f, uint64_t pts)
{
    struct buf unit, ps;
    bool key = f->frame++ % 10 == 0;
    buf_init(&unit, PICTURE_UNIT_MAX);
    buf_init(&ps, 2 * PICTURE_UNIT_MAX);
    picture_next(f->picture, f->now, key, &unit);
    ps_pack(&(struct ps_picture){.unit = buf_str(&unit), .pts = pts, .key = key, .no_map = f->frame % 20 > 9}, &ps); /* with and without a stream map */
    rtp_pack(buf_str(&ps), &f->seq, (uint32_t)pts, f->ssrc, to_stream, f);
    buf_free(&unit);
    buf_free(&ps);
    f->now += 100;
}

static struct feed feed_new(void)
{
    struct feed f = {.stream = stream_new("c7"), .picture = picture_new(1, PICTURE_GATE), .seq = 65000, .ssrc = 9, .now = BEGIN};
    f.stream->ring_ms = 60000;
    return f;
}

static void feed_free(struct feed *f)
{
    stream_free(f->stream);
    picture_free(f->picture);
}

static void test_time_is_monotone_whatever_the_camera_says(void **state)
{
    (void)state;
    struct feed f = feed_new();
    for (uint64_t i = 0; i < 30; i++) frame(&f, 1000 + i * 9000);
    for (uint64_t i = 0; i < 10; i++) frame(&f, 5000000000u + i * 9000); /* jumps far ahead */
    for (uint64_t i = 0; i < 10; i++) frame(&f, 500);                   /* stands still */
    for (uint64_t i = 0; i < 10; i++) frame(&f, 0x1ffffffff - 45000 + i * 9000 > 0x1ffffffff ? i * 9000 - 45000 : 0x1ffffffff - 45000 + i * 9000); /* wraps */
    CHECK(f.stream->units >= 50);
    for (const struct media_unit *u = f.stream->first; u->next != NULL; u = u->next) CHECK(u->next->time > u->time && u->next->time - u->time <= 3 * 90000);
    feed_free(&f);
}

static void test_a_loss_freezes_until_the_next_key_picture(void **state)
{
    (void)state;
    struct feed f = feed_new();
    for (uint64_t i = 0; i < 12; i++) frame(&f, i * 9000);
    size_t before = f.stream->units;
    f.drop = 3;
    for (uint64_t i = 12; i < 16; i++) frame(&f, i * 9000);
    f.drop = 0;
    for (uint64_t i = 16; i < 31; i++) frame(&f, i * 9000);
    CHECK(f.stream->freezes >= 1 && f.stream->order.lost > 0);
    CHECK(f.stream->units >= before + 9); /* from the key picture of frame 20 on */
    bool key_after_gap = false;
    for (const struct media_unit *u = f.stream->first; u->next != NULL; u = u->next)
        if (u->next->at_ms - u->at_ms > 150) CHECK(u->next->key), key_after_gap = true;
    CHECK(key_after_gap);
    feed_free(&f);
}

static void test_a_stranger_does_not_break_in_and_a_restart_is_followed(void **state)
{
    (void)state;
    struct feed f = feed_new();
    for (uint64_t i = 0; i < 10; i++) frame(&f, i * 9000);
    static const char stranger[] = "\x80\x60\0\1\0\0\0\0\0\0\0\x63garbage";
    CHECK_EQ(stream_feed(f.stream, (struct str){stranger, sizeof stranger - 1}, f.now, false), HX_OK);
    CHECK_EQ(f.stream->ssrc, 9);
    f.now += 3000; /* the camera was away and comes with another source id */
    f.ssrc = 10, f.seq = 5, f.frame = 0;
    for (uint64_t i = 0; i < 10; i++) frame(&f, i * 9000);
    CHECK_EQ(f.stream->ssrc, 10);
    CHECK(f.stream->last->at_ms >= f.now - 200);
    feed_free(&f);
}

static void test_the_ring_keeps_whole_groups(void **state)
{
    (void)state;
    struct feed f = feed_new();
    f.stream->ring_ms = 3000;
    for (uint64_t i = 0; i < 200; i++) frame(&f, i * 9000);
    CHECK(f.stream->first->key);
    CHECK(f.now - f.stream->first->at_ms >= 3000 && f.now - f.stream->first->at_ms <= 4500);
    feed_free(&f);
}

/* ---- on disk ---- */

static void record(const char *dir, int seconds)
{
    struct loop *loop = loop_new();
    struct pool *pool = pool_new(loop, 1, 1000, NULL, NULL, NULL);
    struct feed f = feed_new();
    for (uint64_t i = 0; i < 30; i++) frame(&f, i * 9000); /* before the recording: in the ring */
    struct recording *r = recording_new(pool, dir, f.stream);
    for (uint64_t i = 30; i < (uint64_t)seconds * 10; i++) {
        const struct media_unit *last = f.stream->last;
        frame(&f, i * 9000);
        for (const struct media_unit *u = last->next; u != NULL; u = u->next) recording_take(r, f.stream, u);
    }
    recording_free(r);
    pool_stop(pool);
    while (loop_step_ready(loop)) continue;
    loop_free(loop);
    feed_free(&f);
}

static char *folder(char path[64])
{
    snprintf(path, 64, "/tmp/huxue-record-XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static void test_a_clip_holds_what_was_recorded_and_one_flipped_bit_is_found(void **state)
{
    (void)state;
    char dir[64], file[200], manifest_file[200], why[256];
    json_t *manifest;
    record(folder(dir), 20);
    struct clip_order o = {.clip_id = 5, .from = BEGIN + 4000, .to = BEGIN + 12000, .stream = "c7", .watermark = "clip 5", .facts = json_pack("{s:s}", "school", "x")};
    snprintf(o.dir, sizeof o.dir, "%s", dir);
    CHECK_EQ(clip_key_make(dir), HX_OK);
    CHECK_EQ(clip_make(&o, BEGIN + 30000, &manifest), HX_OK);
    const json_t *chain = json_object_get(manifest, "chain");
    CHECK(json_array_size(chain) >= 5);
    CHECK(json_i64(json_array_get(chain, 1), "from", 0) <= BEGIN + 4000);
    CHECK(json_i64(json_array_get(chain, json_array_size(chain) - 1), "to", 0) >= BEGIN + 12000);
    snprintf(file, sizeof file, "%s/clips/5.mp4", dir);
    snprintf(manifest_file, sizeof manifest_file, "%s/clips/5.json", dir);
    CHECK_EQ(clip_verify(file, manifest_file, why, sizeof why), HX_OK);
    struct stat st;
    CHECK_EQ(stat(file, &st), 0);
    srand(3);
    for (int i = 0; i < 40; i++) { /* one bit anywhere, each found and put back */
        FILE *f = fopen(file, "r+b");
        long at = i == 0 ? 0 : i == 1 ? (long)st.st_size - 1 : rand() % (long)st.st_size;
        fseek(f, at, SEEK_SET);
        int c = fgetc(f);
        fseek(f, at, SEEK_SET);
        fputc(c ^ 1 << rand() % 8, f);
        fclose(f);
        CHECK_EQ(clip_verify(file, manifest_file, why, sizeof why), HX_E_CONFLICT);
        f = fopen(file, "r+b");
        fseek(f, at, SEEK_SET);
        fputc(c, f);
        fclose(f);
    }
    CHECK_EQ(clip_verify(file, manifest_file, why, sizeof why), HX_OK);
    CHECK_EQ(truncate(file, st.st_size - 100), 0);
    CHECK_EQ(clip_verify(file, manifest_file, why, sizeof why), HX_E_CONFLICT);
    json_object_set_new(manifest, "clip", json_integer(6)); /* a forged manifest */
    CHECK_EQ(json_dump_file(manifest, manifest_file, 0), 0);
    CHECK_EQ(clip_verify(file, manifest_file, why, sizeof why), HX_E_CONFLICT);
    o.from = BEGIN - 100000, o.to = BEGIN - 90000;
    json_decref(manifest);
    CHECK_EQ(clip_make(&o, BEGIN, &manifest), HX_E_NOT_FOUND);
    json_decref(o.facts);
}

static void test_retention_takes_the_old_and_spares_the_protected(void **state)
{
    (void)state;
    char dir[64];
    struct segment *all;
    record(folder(dir), 20);
    size_t n = segments_list(dir, "c7", 0, INT64_MAX, &all);
    free(all);
    CHECK(n >= 8);
    struct retention_stream rule = {.id = "c7", .days = 1, .protect_from = BEGIN + 10000};
    struct retention r = {.dir = dir, .days = 1, .free_share = 0, .streams = &rule, .count = 1};
    CHECK_EQ(retention_run(&r, BEGIN + 3600000), 0); /* an hour old */
    int gone = retention_run(&r, BEGIN + 3 * 86400000LL);
    CHECK(gone > 0 && (size_t)gone < n);
    CHECK_EQ(segments_list(dir, "c7", 0, INT64_MAX, &all), n - (size_t)gone);
    CHECK(all[0].to >= BEGIN + 10000);
    free(all);
    rule.protect_from = 0;
    r.free_share = 1.1; /* the disk can never be that free: the oldest go, all of them */
    CHECK_EQ(retention_run(&r, BEGIN + 20000), (int)n - gone);
    json_t *ranges = record_ranges(dir, "c7", 0, INT64_MAX);
    CHECK_EQ(json_array_size(ranges), 0);
    json_decref(ranges);
}

struct seen {
    int units, keys, first;
    uint64_t last;
    char why[16];
};

static void on_played(struct media_stream *s, const struct media_unit *u, void *arg)
{
    (void)s;
    struct seen *seen = arg;
    CHECK(seen->units == 0 || u->time > seen->last);
    seen->last = u->time;
    seen->units++;
    seen->keys += u->key;
}

static void on_first_played(struct media_stream *s, const char *peer, void *arg)
{
    (void)s;
    CHECK_STR(peer, "disk");
    ((struct seen *)arg)->first++;
}

static void on_over(struct media_stream *s, const char *why, void *arg)
{
    (void)s;
    snprintf(((struct seen *)arg)->why, sizeof ((struct seen *)arg)->why, "%s", why);
}

/* Milliseconds that it took. */
static int64_t play(const char *dir, int64_t from, int64_t to, struct seen *seen)
{
    struct loop *loop = loop_new();
    struct pool *pool = pool_new(loop, 1, 10, NULL, NULL, NULL);
    struct media_stream *s = stream_new("p1");
    *seen = (struct seen){.units = 0};
    s->on_unit = on_played, s->arg = seen;
    int64_t began = clock_mono_us();
    struct playing *p = play_open(&(struct play_wish){.loop = loop, .pool = pool, .stream = s, .dir = dir, .kept = "c7", .from = from, .to = to, .first = on_first_played, .lost = on_over, .arg = seen});
    while (seen->why[0] == 0 && clock_mono_us() - began < 20000000) loop_step(loop);
    int64_t took = (clock_mono_us() - began) / 1000;
    play_close(p);
    pool_stop(pool);
    loop_free(loop);
    stream_free(s);
    return took;
}

static void test_what_was_recorded_plays_at_its_pace_and_steps_over_a_gap(void **state)
{
    (void)state;
    char dir[64], path[200];
    struct segment *all;
    struct seen seen;
    record(folder(dir), 20);
    size_t n = segments_list(dir, "c7", 0, INT64_MAX, &all);
    CHECK(n >= 5);
    snprintf(path, sizeof path, "%s/c7/%lld-%lld.mp4", dir, (long long)all[2].from, (long long)all[2].to);
    CHECK_EQ(remove(path), 0);
    snprintf(path, sizeof path, "%s/c7/%lld-%lld.mp4", dir, (long long)all[4].from, (long long)all[4].to);
    CHECK_EQ(truncate(path, 5000), 0); /* a torn one: what is whole in it */
    int64_t want = all[1].to - (all[1].from + 500) + 900;
    int64_t took = play(dir, all[1].from + 500, all[3].from + 900, &seen);
    CHECK_STR(seen.why, "ended");
    CHECK_EQ(seen.first, 1);
    CHECK_EQ(seen.units, (all[1].to - all[1].from) / 100 + 1 + 10);
    CHECK(seen.keys >= 2);
    CHECK(took > want - 300 && took < want + 3000);
    play(dir, BEGIN + 100000000, BEGIN + 100001000, &seen);
    CHECK_STR(seen.why, "nothing");
    CHECK_EQ(seen.units, 0);
    free(all);
}

/* A picture, each key one with the sets of the picture's own size or of 1280×720. */
static void sized(struct media_stream *s, struct picture *p, int64_t i, bool large)
{
    static const uint8_t sps[] = {0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40, 0x28, 0x02, 0xdd, 0x35, 0x06, 0x06, 0x07, 0x84, 0x42, 0x35}, pps[] = {0x68, 0xce, 0x3c, 0x80};
    struct buf own, unit;
    struct str nal;
    buf_init(&own, PICTURE_UNIT_MAX);
    buf_init(&unit, PICTURE_UNIT_MAX);
    picture_next(p, BEGIN + i * 100, i % 10 == 0, &own);
    for (size_t at = 0; h264_next_nal(buf_str(&own), &at, &nal);) {
        if (large && h264_type(nal) == H264_SPS) nal = (struct str){(const char *)sps, sizeof sps};
        if (large && h264_type(nal) == H264_PPS) nal = (struct str){(const char *)pps, sizeof pps};
        fmp4_add_nal(&unit, nal);
    }
    stream_feed_unit(s, &(struct media_input){.unit = buf_str(&unit), .codec = PS_CODEC_H264, .time = i * 9000}, BEGIN + i * 100);
    buf_free(&own);
    buf_free(&unit);
}

static void test_another_size_begins_a_segment_and_a_ring(void **state)
{
    (void)state;
    char dir[64];
    struct segment *all;
    struct loop *loop = loop_new();
    struct pool *pool = pool_new(loop, 1, 1000, NULL, NULL, NULL);
    struct media_stream *s = stream_new("c7");
    struct picture *p = picture_new(1, PICTURE_GATE);
    s->ring_ms = 60000;
    struct recording *r = recording_new(pool, folder(dir), s);
    for (int64_t i = 0; i < 40; i++) {
        sized(s, p, i, i >= 10 && i < 25); /* large from a key picture on; back between two */
        if (s->last != NULL && s->last->at_ms == s->now_ms) recording_take(r, s, s->last);
        if (i == 9) CHECK(s->width == PICTURE_WIDTH && s->units == 10);
        if (i == 14) CHECK(s->width == 1280 && s->height == 720 && s->units == 5 && s->first->key);
    }
    CHECK(s->width == PICTURE_WIDTH && s->first->at_ms == BEGIN + 3000 && s->head == 3);
    recording_free(r);
    pool_stop(pool);
    while (loop_step_ready(loop)) continue;
    CHECK_EQ(segments_list(dir, "c7", 0, INT64_MAX, &all), 3);
    for (size_t i = 0; i < 3; i++) {
        struct segment_units u;
        struct str nal;
        size_t at = 0;
        int width = 0, height = 0;
        CHECK_EQ(segment_units_read(dir, "c7", &all[i], &u), HX_OK);
        CHECK_EQ(u.count, i == 1 ? 20 : 10);
        while (h264_next_nal(buf_str(&u.bytes), &at, &nal))
            if (h264_type(nal) == H264_SPS) CHECK_EQ(h264_size(nal, &width, &height), HX_OK), CHECK_EQ(width, i == 1 ? 1280 : PICTURE_WIDTH);
        CHECK(width != 0);
        segment_units_free(&u);
    }
    free(all);
    picture_free(p);
    stream_free(s);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_time_is_monotone_whatever_the_camera_says), TEST(test_a_loss_freezes_until_the_next_key_picture), TEST(test_a_stranger_does_not_break_in_and_a_restart_is_followed), TEST(test_the_ring_keeps_whole_groups),
        TEST(test_a_clip_holds_what_was_recorded_and_one_flipped_bit_is_found), TEST(test_retention_takes_the_old_and_spares_the_protected), TEST(test_what_was_recorded_plays_at_its_pace_and_steps_over_a_gap), TEST(test_another_size_begins_a_segment_and_a_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
