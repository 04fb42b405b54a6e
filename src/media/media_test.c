#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/fmp4.h"
#include "media/h264.h"
#include "media/media_stream.h"
#include "media/picture.h"
#include "media/pull_frame.h"
#include "media/ps.h"
#include "media/ps_pack.h"
#include "media/sound.h"
#include "media/vehicle_feed.h"
#include "proto/rtp/rtp.h"

struct seen {
    struct buf all;
    size_t units, bytes;
    uint64_t last_pts;
    enum ps_codec codec;
    int gaps;
    struct ps *ps;
    int sounds;
    enum ps_sound sound_kind;
};

static void take_unit(struct str unit, uint64_t pts, bool has_pts, enum ps_codec codec, void *arg)
{
    struct seen *s = arg;
    CHECK(has_pts);
    s->units++;
    s->bytes += unit.len;
    s->last_pts = pts;
    s->codec = codec;
    buf_add(&s->all, unit.at, unit.len);
}

static void take_packet(const struct rtp_packet *p, bool gap, void *arg)
{
    struct seen *s = arg;
    s->gaps += gap;
    if (gap) ps_lose(s->ps);
    ps_feed(s->ps, p->payload);
    if (p->marker) ps_mark(s->ps);
}

struct wire {
    struct str packets[4096];
    size_t count;
};

static void keep_packet(struct str packet, void *arg)
{
    struct wire *w = arg;
    assert_true(w->count < 4096);
    char *copy = malloc(packet.len);
    memcpy(copy, packet.at, packet.len);
    w->packets[w->count++] = (struct str){copy, packet.len};
}

static void take_nothing(struct str unit, uint64_t pts, bool has_pts, enum ps_codec codec, void *arg)
{
    (void)unit, (void)pts, (void)has_pts, (void)codec, (void)arg;
}

/* The packets of a picture's stream, and the bytes they hold; forget() frees both. */
static void make_wire(struct wire *w, struct buf *truth, int frames, bool no_map)
{
    w->count = 0;
    buf_init(truth, 64u << 20);
    struct picture *picture = picture_new(3, PICTURE_GATE);
    uint16_t seq = 65500; /* wraps on the way */
    for (int i = 0; i < frames; i++) {
        struct buf unit, ps;
        buf_init(&unit, PICTURE_UNIT_MAX);
        buf_init(&ps, PICTURE_UNIT_MAX);
        picture_next(picture, 1700000000000 + i * 100, i % 10 == 0, &unit);
        buf_add(truth, unit.at, unit.len);
        ps_pack(&(struct ps_picture){.unit = buf_str(&unit), .pts = (8589934000u + (uint64_t)i * 9000) & 0x1ffffffff, .key = i % 10 == 0, .no_map = no_map}, &ps);
        rtp_pack(buf_str(&ps), &seq, (uint32_t)i * 9000, 77, keep_packet, w);
        buf_free(&unit);
        buf_free(&ps);
    }
    picture_free(picture);
}

static void run(struct wire *w, struct seen *s, unsigned patience, const size_t *order, size_t count)
{
    struct ps ps;
    struct rtp_order o = {.take = take_packet, .arg = s};
    *s = (struct seen){.ps = &ps};
    buf_init(&s->all, 64u << 20);
    ps_init(&ps, take_unit, s);
    for (size_t i = 0; i < count; i++) {
        struct rtp_packet p;
        size_t at = order != NULL ? order[i] : i;
        if (at == SIZE_MAX) continue;
        assert_int_equal(rtp_parse(w->packets[at], &p), HX_OK);
        rtp_order_feed(&o, &p, patience);
    }
    rtp_order_free(&o);
    ps_free(&ps);
}

static void forget(struct wire *w, struct buf *truth, struct seen *s)
{
    for (size_t i = 0; i < w->count; i++) free((char *)w->packets[i].at);
    buf_free(truth);
    buf_free(&s->all);
}

static void test_what_was_packed_comes_out(void **state)
{
    (void)state;
    for (int no_map = 0; no_map < 2; no_map++) {
        static struct wire w;
        struct buf truth;
        struct seen s;
        make_wire(&w, &truth, 25, no_map);
        run(&w, &s, 32, NULL, w.count);
        CHECK_EQ(s.units, 25);
        CHECK_EQ(s.codec, PS_CODEC_H264);
        CHECK_EQ(s.bytes, truth.len);
        CHECK(memcmp(s.all.at, truth.at, truth.len) == 0);
        forget(&w, &truth, &s);
    }
}

static void test_the_map_names_the_codec(void **state)
{
    (void)state;
    static const char unit[] = "\0\0\0\1\x40\1vps\0\0\0\1\x42\1sps\0\0\0\1\x44\1pps\0\0\0\1\x26\1picture";
    static struct wire w;
    struct seen s;
    struct buf ps, none;
    uint16_t seq = 1;
    buf_init(&ps, 4096);
    buf_init(&none, 16);
    w.count = 0;
    ps_pack(&(struct ps_picture){.unit = {unit, sizeof unit - 1}, .pts = 90000, .key = true, .h265 = true}, &ps);
    rtp_pack(buf_str(&ps), &seq, 90000, 77, keep_packet, &w);
    run(&w, &s, 32, NULL, w.count);
    CHECK_EQ(s.units, 1);
    CHECK_EQ(s.codec, PS_CODEC_H265);
    CHECK(s.all.len == sizeof unit - 1 && memcmp(s.all.at, unit, s.all.len) == 0);
    buf_free(&ps);
    forget(&w, &none, &s);
}

static void take_sound(struct str bytes, enum ps_sound kind, void *arg)
{
    struct seen *s = arg;
    s->sound_kind = kind;
    s->sounds++;
    buf_add(&s->all, bytes.at, bytes.len);
}

/* Sound beside the pictures, cut at every place: what was packed comes out, with the law that the map names. */
static void test_sound_comes_as_it_was_packed(void **state)
{
    (void)state;
    static const char unit[] = "\0\0\0\1\x67sps\0\0\0\1\x68pps\0\0\0\1\x65picture";
    char tone[640];
    struct buf bytes;
    for (size_t i = 0; i < sizeof tone; i++) tone[i] = (char)(i * 7);
    buf_init(&bytes, 16384);
    for (int i = 0; i < 2; i++) ps_pack(&(struct ps_picture){.unit = {unit, sizeof unit - 1}, .sound = {tone, sizeof tone}, .pts = 90000 + (uint64_t)i * 9000, .key = i == 0}, &bytes);
    for (size_t cut = 0; cut <= bytes.len; cut++) {
        struct ps ps;
        struct seen s = {.ps = &ps};
        buf_init(&s.all, 1 << 16);
        ps_init(&ps, take_nothing, &s);
        ps.take_sound = take_sound;
        ps_feed(&ps, (struct str){bytes.at, cut});
        ps_feed(&ps, (struct str){bytes.at + cut, bytes.len - cut});
        CHECK_EQ(s.sounds, 2);
        CHECK_EQ(s.sound_kind, PS_SOUND_ALAW);
        CHECK(s.all.len == 2 * sizeof tone && memcmp(s.all.at, tone, sizeof tone) == 0);
        ps_free(&ps);
        buf_free(&s.all);
    }
    buf_free(&bytes);
}

/* A transport stream as FFmpeg writes it, H.264 and AAC, cut into packets of RTP and anywhere: the fifteen pictures that ffprobe counts in it, of
 * the same sizes (the last stays until another begins), and sound that is known not to be G.711. */
static void test_a_transport_stream_is_understood(void **state)
{
    (void)state;
    static const size_t sizes[] = {1959, 710, 356, 296, 258, 279, 280, 304, 2282, 203, 279, 252, 276, 310};
    static char file[20000];
    FILE *f = fopen(MEDIA_TS_VECTOR, "rb");
    CHECK(f != NULL);
    size_t n = fread(file, 1, sizeof file, f);
    fclose(f);
    CHECK_EQ(n, 14476);
    for (size_t piece = 47; piece <= 1316; piece += piece < 188 ? 141 : 188) {
        struct ps ps;
        struct seen s = {.ps = &ps};
        size_t first = 188;
        buf_init(&s.all, 1 << 16);
        ps_init(&ps, take_unit, &s);
        ps.take_sound = take_sound;
        for (size_t at = 0; at < n; at += first, first = piece) ps_feed(&ps, (struct str){file + at, n - at < first ? n - at : first}), ps_mark(&ps);
        CHECK_EQ(s.units, HX_COUNT(sizes));
        size_t expected = 0;
        for (size_t i = 0; i < HX_COUNT(sizes); i++) expected += sizes[i];
        CHECK_EQ(s.bytes, expected);
        CHECK_EQ(s.last_pts, 178560);
        CHECK_EQ(s.codec, PS_CODEC_H264);
        CHECK(s.sounds > 0 && s.sound_kind == PS_SOUND_OTHER && !ps.sounds);
        ps_free(&ps);
        buf_free(&s.all);
    }
}

struct heard {
    uint64_t next;         /* where the next packet of sound must lie */
    int packets, gaps, silent, heads;
};

static void on_heard_unit(struct media_stream *s, const struct media_unit *u, void *arg)
{
    struct heard *h = arg;
    if (!u->sound) return;
    h->packets++;
    h->gaps += h->packets > 1 && u->time != h->next;
    h->silent += u->n > 3 && memcmp(u->bytes + u->n - 3, "\xf8\xff\xfe", 3) == 0;
    h->next = u->time + 1800;
    CHECK(s->opus_channels == 1);
}

static void on_heard_init(struct media_stream *s, void *arg)
{
    ((struct heard *)arg)->heads += memmem(s->init.at, s->init.len, "dOps", 4) != NULL ? 1 : 100;
}

struct feeding {
    struct media_stream *stream;
    int64_t now;
};

static void feed_packet(struct str packet, void *arg)
{
    struct feeding *f = arg;
    CHECK_EQ(stream_feed(f->stream, packet, f->now, true), HX_OK);
}

/* A device that hears from the beginning, falls silent for a second, and speaks again: the sound in the fragments never has a hole, begins with
 * the first head where the map names it, and ends with the next key picture once it is not wanted any more. */
static void test_sound_has_no_holes(void **state)
{
    (void)state;
    struct buf unit, ps;
    struct media_stream *s = stream_new("c1");
    struct heard h = {0};
    struct picture *p = picture_new(1, PICTURE_GATE);
    static const char tone[320], opus[] = "\x08some voice";
    s->on_unit = on_heard_unit, s->on_init = on_heard_init, s->arg = &h;
    s->ring_ms = 60000;
    stream_hear(s, true);
    buf_init(&unit, PICTURE_UNIT_MAX), buf_init(&ps, 2 * PICTURE_UNIT_MAX);
    uint16_t seq = 1;
    for (int i = 0; i < 100; i++) { /* 25 pictures a second */
        int64_t now = 1000 + i * 40;
        buf_clear(&unit), buf_clear(&ps);
        picture_next(p, now, i % 25 == 0, &unit);
        bool speaks = i < 25 || i >= 50;
        ps_pack(&(struct ps_picture){.unit = buf_str(&unit), .sound = {tone, speaks ? sizeof tone : 0}, .pts = (uint64_t)i * 3600, .key = i % 25 == 0}, &ps);
        rtp_pack(buf_str(&ps), &seq, (uint32_t)i * 3600, 9, feed_packet, &(struct feeding){s, now});
        for (int k = 0; k < 2 && speaks; k++) stream_feed_sound(s, (struct str){opus, sizeof opus - 1}, -1, now);
        if (i == 80) stream_hear(s, false); /* the last key picture but none follows: it goes on */
    }
    CHECK_EQ(h.gaps, 0);
    CHECK_EQ(h.heads, 1);
    CHECK(h.packets > 190 && h.packets < 215); /* four seconds */
    CHECK(h.silent > 35 && h.silent < 60); /* the second without a voice */
    buf_clear(&unit);
    picture_next(p, 5000, true, &unit);
    stream_feed_unit(s, &(struct media_input){.unit = buf_str(&unit), .codec = PS_CODEC_H264, .time = 100 * 3600}, 5000);
    CHECK_EQ(s->opus_channels, 0);
    CHECK_EQ(h.heads, 101); /* a head without sound */
    int before = h.packets;
    stream_feed_sound(s, (struct str){opus, sizeof opus - 1}, -1, 5000);
    CHECK_EQ(h.packets, before);
    picture_free(p);
    buf_free(&unit), buf_free(&ps);
    stream_free(s);
}

struct encoded {
    struct buf bytes;
    int packets;
};

static void take_opus(struct str packet, void *arg)
{
    struct encoded *e = arg;
    buf_add(&e->bytes, packet.at, packet.len);
    e->packets++;
}

/* 125 ms of samples are six packets of 20 ms; each says so itself, and they end up small. */
static void test_g711_becomes_opus(void **state)
{
    (void)state;
    struct encoded got = {.packets = 0};
    char samples[1000];
    buf_init(&got.bytes, 8192);
    struct sound *s = sound_new(take_opus, &got);
    CHECK(s != NULL);
    for (size_t i = 0; i < sizeof samples; i++) samples[i] = (char)(i * 37);
    for (size_t at = 0; at < sizeof samples; at += 100) sound_feed(s, (struct str){samples + at, 100}, at % 200 == 0);
    CHECK_EQ(got.packets, 6);
    CHECK(got.bytes.len > 6 * 10 && got.bytes.len < 6 * 200);
    CHECK_EQ((unsigned char)got.bytes.at[0] >> 3, 19); /* CELT, narrow band, 20 ms (RFC 6716, table 2) */
    sound_free(s);
    buf_free(&got.bytes);
}

static void test_disorder_is_undone(void **state)
{
    (void)state;
    static struct wire w;
    static size_t order[4096];
    struct buf truth;
    struct seen s;
    make_wire(&w, &truth, 12, false);
    srand(7);
    for (size_t i = 0; i < w.count; i++) order[i] = i;
    for (size_t i = 1; i + 6 < w.count; i += 6) { /* each moves by at most five places */
        size_t j = i + (size_t)rand() % 5, keep = order[i];
        order[i] = order[j], order[j] = keep;
    }
    run(&w, &s, 32, order, w.count);
    CHECK_EQ(s.units, 12);
    CHECK_EQ(s.gaps, 0);
    CHECK(s.all.len == truth.len && memcmp(s.all.at, truth.at, truth.len) == 0);
    forget(&w, &truth, &s);
}

static void test_a_loss_is_told_and_spoils_one_unit_only(void **state)
{
    (void)state;
    static struct wire w;
    static size_t order[4096];
    struct buf truth;
    struct seen s;
    make_wire(&w, &truth, 12, false);
    for (size_t i = 0; i < w.count; i++) order[i] = i;
    order[20] = SIZE_MAX;
    run(&w, &s, 32, order, w.count);
    CHECK_EQ(s.gaps, 1);
    CHECK_EQ(s.units, 11);
    forget(&w, &truth, &s);
}

static void test_garbage_never_harms(void **state)
{
    (void)state;
    srand(11);
    for (int round = 0; round < 300; round++) {
        struct ps ps;
        struct seen s = {.ps = &ps};
        char bytes[3000];
        buf_init(&s.all, 64u << 20);
        ps_init(&ps, take_unit, &s);
        for (int i = 0; i < 20; i++) {
            for (size_t k = 0; k < sizeof bytes; k++) bytes[k] = (char)(rand() % 4 == 0 ? rand() : rand() % 2);
            ps_feed(&ps, (struct str){bytes, sizeof bytes});
            CHECK(ps.in.len <= 65541 + 4096);
        }
        ps_free(&ps);
        buf_free(&s.all);
    }
}

static void test_headers_are_bounded(void **state)
{
    (void)state;
    struct rtp_packet p;
    CHECK_EQ(rtp_parse(STR("\x80\x60\0\1\0\0\0\0\0\0\0"), &p), HX_E_INVALID);
    CHECK_EQ(rtp_parse(STR("\x9f\x60\0\1\0\0\0\0\0\0\0\1\1"), &p), HX_E_INVALID);
    CHECK_EQ(rtp_parse(STR("\x90\xe0\0\1\0\0\0\2\0\0\0\3\0\0\0\1abcdXY"), &p), HX_OK);
    CHECK_EQ(p.payload.len, 2);
    CHECK(p.marker && p.ssrc == 3 && p.timestamp == 2);
    CHECK_EQ(rtp_parse(STR("\xa0\x60\0\1\0\0\0\0\0\0\0\1xy\x09"), &p), HX_E_INVALID);
}

static void test_the_size_of_real_parameter_sets(void **state)
{
    (void)state;
    /* x264 High 1920×1080 (cropped), and our own */
    static const uint8_t high[] = {0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0xc0, 0x44, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xc8, 0x3c, 0x60, 0xc6, 0x58};
    int w, h;
    CHECK_EQ(h264_size((struct str){(const char *)high, sizeof high}, &w, &h), HX_OK);
    CHECK_EQ(w, 1920);
    CHECK_EQ(h, 1080);
    struct buf unit;
    buf_init(&unit, PICTURE_UNIT_MAX);
    struct picture *p = picture_new(0, PICTURE_GATE);
    picture_next(p, 0, true, &unit);
    size_t at = 0;
    struct str nal;
    CHECK(h264_next_nal(buf_str(&unit), &at, &nal));
    CHECK_EQ(h264_type(nal), H264_SPS);
    CHECK_EQ(h264_size(nal, &w, &h), HX_OK);
    CHECK_EQ(w, PICTURE_WIDTH);
    CHECK_EQ(h, PICTURE_HEIGHT);
    CHECK_EQ(h264_size(STR("\x67\x64"), &w, &h), HX_E_INVALID);
    picture_free(p);
    buf_free(&unit);
}

static void test_boxes_fill_their_lengths(void **state)
{
    (void)state;
    struct buf unit, out;
    buf_init(&unit, PICTURE_UNIT_MAX);
    buf_init(&out, PICTURE_UNIT_MAX);
    struct picture *p = picture_new(0, PICTURE_GATE);
    picture_next(p, 0, true, &unit);
    size_t at = 0;
    struct str sps = STR(""), pps = STR("");
    CHECK(h264_next_nal(buf_str(&unit), &at, &sps));
    CHECK(h264_next_nal(buf_str(&unit), &at, &pps));
    fmp4_init(&(struct fmp4_track){.sps = sps, .pps = pps, .width = 480, .height = 272}, &out);
    fmp4_fragment(1, 0, 3000, 0, true, false, buf_str(&unit), &out);
    static const char *const names[] = {"ftyp", "moov", "moof", "mdat"};
    size_t from = 0;
    for (int i = 0; i < 4; i++) {
        const uint8_t *b = (const uint8_t *)out.at + from;
        CHECK(memcmp(b + 4, names[i], 4) == 0);
        from += (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
    }
    CHECK_EQ(from, out.len);
    picture_free(p);
    buf_free(&unit);
    buf_free(&out);
}

/* Two pictures as packets, two bytes of length before each: a seed for the fuzzer. */
static int write_packets(const char *file)
{
    static struct wire w;
    struct buf truth;
    make_wire(&w, &truth, 3, false);
    FILE *f = fopen(file, "wb");
    for (size_t i = 0; f != NULL && i < w.count; i++) {
        fputc((int)(w.packets[i].len >> 8), f);
        fputc((int)(w.packets[i].len & 255), f);
        fwrite(w.packets[i].at, 1, w.packets[i].len, f);
    }
    return f == NULL || fclose(f) != 0;
}

static void test_frames_of_a_fetching_process(void **state)
{
    (void)state;
    const struct pull_frame f = {.slot = 7, .kind = PULL_UNIT, .codec = PULL_H265, .time = 1234567890123, .offset = -9000, .body = STR("abc")};
    char bytes[PULL_HEAD_BYTES + 3];
    struct pull_frame g;
    size_t used;
    pull_frame_head(&f, (uint8_t *)bytes);
    memcpy(bytes + PULL_HEAD_BYTES, "abc", 3);
    for (size_t n = 0; n < sizeof bytes; n++) CHECK_EQ(pull_frame_read((struct str){bytes, n}, &g, &used), HX_E_AGAIN);
    CHECK_EQ(pull_frame_read((struct str){bytes, sizeof bytes}, &g, &used), HX_OK);
    CHECK(used == sizeof bytes && g.slot == 7 && g.kind == PULL_UNIT && g.codec == PULL_H265 && g.time == f.time && g.offset == -9000 && str_eq(g.body, STR("abc")));
    bytes[0] = 0x7f; /* two gigabytes */
    CHECK_EQ(pull_frame_read((struct str){bytes, sizeof bytes}, &g, &used), HX_E_MALFORMED);
    bytes[0] = 0, bytes[8] = 9;
    CHECK_EQ(pull_frame_read((struct str){bytes, sizeof bytes}, &g, &used), HX_E_MALFORMED);
}

static void test_a_fetched_stream_keeps_its_order_of_showing(void **state)
{
    (void)state;
    struct media_stream *s = stream_new("c1");
    struct buf unit;
    buf_init(&unit, PICTURE_UNIT_MAX);
    struct picture *p = picture_new(0, PICTURE_GATE);
    s->ring_ms = 60000;
    for (int i = 0; i < 6; i++) {
        buf_clear(&unit);
        picture_next(p, 1700000000000 + i * 100, i == 0, &unit);
        const struct media_input in = {.unit = buf_str(&unit), .codec = PS_CODEC_H264, .time = 900000 + i * 9000, .offset = i == 2 ? 18000 : 0};
        stream_feed_unit(s, &in, 1700000000000 + i * 100);
    }
    CHECK_EQ(s->units, 6);
    CHECK(s->first->key && s->width == 480 && s->height == 272);
    CHECK_EQ(s->last->time - s->first->time, 5 * 9000);
    const struct media_unit *third = s->first->next->next;
    CHECK(memmem(third->bytes, third->n, "\0\0F\x50", 4) != NULL); /* 18000, of the third alone */
    CHECK(memmem(s->first->next->bytes, 120, "\0\0F\x50", 4) == NULL);
    picture_free(p);
    buf_free(&unit);
    stream_free(s);
}

struct vehicle_wire {
    struct buf bytes;
    int n, drop; /* this packet is lost; -1 none */
};

static void keep_vehicle(struct str packet, void *arg)
{
    struct vehicle_wire *w = arg;
    if (w->n++ != w->drop) buf_add(&w->bytes, packet.at, packet.len);
}

/* Ten pictures of a bus, two of them key; how many the ring holds. */
static size_t ride(int drop, uint64_t *freezes)
{
    struct vehicle_wire w = {.drop = drop};
    struct media_stream *stream = stream_new("c9");
    struct picture *p = picture_new(3, PICTURE_BUS);
    struct vehicle_feed feed;
    struct buf unit;
    uint16_t seq = 0;
    bool came;
    size_t done = 0;
    buf_init(&unit, PICTURE_UNIT_MAX);
    buf_init(&w.bytes, 8u << 20);
    vehicle_feed_init(&feed, stream);
    stream->ring_ms = 60000;
    for (int i = 0; i < 10; i++) {
        buf_clear(&unit);
        picture_next(p, i * 100, i % 5 == 0, &unit);
        const struct jt1078_picture one = {.number = "13907800101", .number_bytes = 6, .channel = 1, .key = i % 5 == 0, .time_ms = 1000 + i * 100, .unit = buf_str(&unit)};
        jt1078_pack(&one, &seq, keep_vehicle, &w);
    }
    for (size_t have = 0; have < w.bytes.len;) { /* as a connection brings it */
        have = have + 1000 < w.bytes.len ? have + 1000 : w.bytes.len;
        done += vehicle_feed_bytes(&feed, (struct str){w.bytes.at + done, have - done}, 5000, &came);
    }
    CHECK_EQ(done, w.bytes.len);
    CHECK_EQ(stream->ssrc, 907800101);
    CHECK_EQ(stream->width, PICTURE_WIDTH);
    size_t units = stream->units;
    CHECK(drop >= 0 || stream->last->time == 9 * 9000u);
    *freezes = stream->freezes;
    vehicle_feed_free(&feed);
    stream_free(stream);
    picture_free(p);
    buf_free(&unit);
    buf_free(&w.bytes);
    return units;
}

static void test_a_bus_fills_the_ring_and_a_loss_waits_for_a_key(void **state)
{
    (void)state;
    uint64_t freezes;
    CHECK_EQ(ride(-1, &freezes), 10);
    CHECK_EQ(freezes, 0);
    CHECK_EQ(ride(1, &freezes), 5); /* of the first key picture: only the second group can be shown */
    CHECK(freezes > 0);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--packets") == 0) return write_packets(argv[2]);
    if (argc == 3) { /* media_test --write FILE: half a minute as fMP4, for other programs to judge */
        FILE *f = fopen(argv[2], "wb");
        struct picture *p = picture_new(5, PICTURE_GATE);
        for (uint32_t i = 0; f != NULL && i < 300; i++) {
            struct buf unit, out;
            struct str sps, pps;
            size_t at = 0;
            buf_init(&unit, PICTURE_UNIT_MAX);
            buf_init(&out, PICTURE_UNIT_MAX);
            picture_next(p, 1700000000000 + i * 100, i % 20 == 0, &unit);
            if (i == 0 && h264_next_nal(buf_str(&unit), &at, &sps) && h264_next_nal(buf_str(&unit), &at, &pps)) fmp4_init(&(struct fmp4_track){.sps = sps, .pps = pps, .width = 480, .height = 272}, &out);
            fmp4_fragment(i + 1, i * 9000ull, 9000, 0, i % 20 == 0, false, buf_str(&unit), &out);
            fwrite(out.at, 1, out.len, f);
            buf_free(&unit);
            buf_free(&out);
        }
        picture_free(p);
        return f == NULL || fclose(f) != 0;
    }
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_packed_comes_out), TEST(test_the_map_names_the_codec), TEST(test_disorder_is_undone), TEST(test_sound_comes_as_it_was_packed), TEST(test_a_transport_stream_is_understood), TEST(test_sound_has_no_holes), TEST(test_g711_becomes_opus), TEST(test_a_loss_is_told_and_spoils_one_unit_only), TEST(test_garbage_never_harms),
        TEST(test_headers_are_bounded), TEST(test_frames_of_a_fetching_process), TEST(test_a_fetched_stream_keeps_its_order_of_showing), TEST(test_the_size_of_real_parameter_sets), TEST(test_boxes_fill_their_lengths),
        TEST(test_a_bus_fills_the_ring_and_a_loss_waits_for_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
