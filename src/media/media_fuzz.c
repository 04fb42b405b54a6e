/* Anything as RTP packets (two bytes of length before each) through order, program or transport stream, remuxer and ring; and as frames of a process
 * that fetches. What came out of it as a segment of a recording, whole and with bytes changed, and the input as one. */
#include <string.h>

#include "media/h264.h"
#include "media/media_segments.h"
#include "media/media_stream.h"
#include "media/pull_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void read_segment(struct str file, bool whole)
{
    struct segment_units u;
    enum hx_err e = segment_units_parse(file, &u);
    HX_ASSERT(!whole || e == HX_OK);
    for (size_t i = 0; i < u.count; i++) HX_ASSERT(u.units[i].at + u.units[i].n <= u.bytes.len);
    segment_units_free(&u);
}

static void change_and_read(const struct media_stream *s, const uint8_t *bytes, size_t n)
{
    struct buf file;
    buf_init(&file, SEGMENT_BYTES_MAX);
    buf_add(&file, s->init.at, s->init.len);
    for (const struct media_unit *u = s->first; u != NULL; u = u->next) buf_add(&file, u->bytes, u->n);
    if (s->first != NULL) read_segment(buf_str(&file), true);
    for (size_t i = 0; i + 4 < n && i < 40 && file.len > 0; i += 4) file.at[((size_t)bytes[i] << 16 | (size_t)bytes[i + 1] << 8 | bytes[i + 2]) % (file.len < 2000 ? file.len : 2000)] ^= (char)bytes[i + 3];
    read_segment(buf_str(&file), false);
    buf_free(&file);
}

static void on_sound(struct media_stream *s, struct str bytes, enum ps_sound kind, void *arg)
{
    (void)kind, (void)arg;
    stream_feed_sound(s, bytes, -1, s->now_ms); /* as if it were what the encoder makes of it */
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct media_stream *s = stream_new("c1");
    int w, h;
    s->ring_ms = 1000;
    s->on_sound = on_sound;
    stream_hear(s, n > 0 && bytes[0] & 1);
    int64_t now = 1700000000000;
    struct h265_sps hevc;
    char codec[40];
    if (n > 2 && h265_sps((struct str){(const char *)bytes, n}, &hevc) == HX_OK) h265_codec(&hevc, codec);
    if (h264_size((struct str){(const char *)bytes, n}, &w, &h) == HX_OK) HX_ASSERT(w > 0 && h > 0 && w <= 16384 && h <= 32768);
    for (size_t at = 0; at + 2 <= n; now += 20) {
        size_t k = (size_t)(bytes[at] << 8 | bytes[at + 1]) % 3000;
        at += 2;
        if (k > n - at) k = n - at;
        if (stream_feed(s, (struct str){(const char *)bytes + at, k}, now, bytes[at - 1] & 1) == HX_OK) HX_ASSERT(s->bytes <= STREAM_RING_BYTES + PS_UNIT_MAX);
        at += k;
    }
    struct str rest = {(const char *)bytes, n};
    struct pull_frame f;
    for (size_t used; pull_frame_read(rest, &f, &used) == HX_OK; rest = (struct str){rest.at + used, rest.len - used}) {
        const struct media_input in = {.unit = f.body, .codec = f.codec == PULL_H265 ? PS_CODEC_H265 : PS_CODEC_H264, .time = f.time, .offset = f.offset};
        stream_feed_unit(s, &in, now += 40);
    }
    HX_ASSERT(s->first == NULL || s->first->key);
    uint64_t last[2] = {0, 0};
    for (const struct media_unit *u = s->first; u != NULL; last[u->sound] = u->time, u = u->next) HX_ASSERT(last[u->sound] == 0 || u->time > last[u->sound]);
    change_and_read(s, bytes, n);
    read_segment((struct str){(const char *)bytes, n}, false);
    stream_free(s);
    return 0;
}
