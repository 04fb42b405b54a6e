#include "vehicle_feed.h"

#define STRANGER_MS 2000

void vehicle_feed_init(struct vehicle_feed *f, struct media_stream *stream)
{
    *f = (struct vehicle_feed){.stream = stream};
    jt1078_join_init(&f->join);
}

void vehicle_feed_free(struct vehicle_feed *f)
{
    jt1078_join_free(&f->join);
}

void vehicle_feed_restart(struct vehicle_feed *f)
{
    f->join.begun = f->join.open = false;
    f->number_bytes = 0;
    stream_restart(f->stream);
}

static void take(struct vehicle_feed *f, const struct jt1078_packet *p, int64_t now_ms)
{
    struct media_stream *s = f->stream;
    uint32_t from = str_last_nine(p->number);
    struct str unit, samples;
    bool gap, ulaw;
    if (s->ssrc != 0 && from != s->ssrc && now_ms - s->last_packet_ms < STRANGER_MS) { /* a stranger beside the one that runs */
        s->bad++;
        return;
    }
    s->ssrc = from;
    s->last_packet_ms = now_ms;
    if (s->first_packet_ms == 0) s->first_packet_ms = now_ms;
    bool whole = jt1078_join_feed(&f->join, p, &unit, &gap);
    if (gap) stream_lost(s);
    if (jt1078_sound(p, &samples, &ulaw)) stream_feed_g711(s, samples, ulaw, now_ms);
    if (!whole) return;
    const struct media_input in = {.unit = unit, .codec = p->type == JT1078_H264 ? PS_CODEC_H264 : p->type == JT1078_H265 ? PS_CODEC_H265 : PS_CODEC_OTHER, .time = p->time_ms * 90};
    stream_feed_unit(s, &in, now_ms);
}

size_t vehicle_feed_bytes(struct vehicle_feed *f, struct str in, int64_t now_ms, bool *came)
{
    size_t at = 0;
    *came = false;
    while (at < in.len) {
        struct str rest = {in.at + at, in.len - at};
        struct jt1078_packet p;
        size_t used;
        enum hx_err e = jt1078_parse(rest, &f->number_bytes, &p, &used);
        if (e == HX_E_AGAIN) break;
        if (e == HX_OK) take(f, &p, now_ms), *came = true;
        else f->stream->bad++, used = jt1078_seek(rest);
        at += used;
    }
    return at;
}
