#include "media_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/h264.h"

#define STEP_USUAL 3600u   /* 25 pictures a second, until a second picture tells */
#define JUMP (3 * 90000)   /* a step of the sender's clock beyond this is not believed */
#define SOUND_STEP 1800u      /* 20 ms */
#define SOUND_OFF 5400        /* 60 ms: heard as a gap or an echo */
#define SOUND_APART (10 * 90000)
#define SOUND_WAIT 10800   /* 120 ms */
#define SOUND_PACKET_MAX 4000
#define PATIENCE_UDP 32    /* packets that may overtake a missing one */

static void drop_first(struct media_stream *s)
{
    struct media_unit *u = s->first;
    s->first = u->next;
    if (s->first == NULL) s->last = NULL;
    s->bytes -= u->n;
    s->units--;
    free(u);
}

/* Drops whole groups of pictures from the front: the ring always begins with a key picture, and keeps the last one. */
static void trim(struct media_stream *s)
{
    while (s->first != NULL) {
        struct media_unit *next_key = s->first->next;
        while (next_key != NULL && !next_key->key) next_key = next_key->next;
        bool old = next_key != NULL && next_key->at_ms < s->now_ms - s->ring_ms;
        if (next_key == NULL ? s->bytes <= STREAM_RING_BYTES : !old && s->bytes <= STREAM_RING_BYTES) return;
        while (s->first != next_key) drop_first(s);
        if (s->first == NULL) s->frozen = true, s->freezes++; /* a group of pictures larger than the ring: wait for the next */
    }
}

static void advance_clock(struct media_stream *s, uint64_t pts, bool has_pts)
{
    int64_t delta = (int64_t)((pts - s->pts) & 0x1ffffffff);
    if (delta > 0x0ffffffff) delta -= 0x200000000;
    if (!s->timed) {
        s->timed = true;
        s->step = STEP_USUAL;
    } else {
        bool believed = has_pts && delta > 0 && delta <= JUMP;
        int64_t arrival = (s->now_ms - s->last_ms) * 90;
        if (!believed) delta = arrival < 900 ? STEP_USUAL : arrival > JUMP ? JUMP : arrival;
        s->time += (uint64_t)delta;
        s->step = (uint32_t)delta;
    }
    s->pts = pts;
    s->last_ms = s->now_ms;
}

static bool keep_set(char *kept, size_t *kept_bytes, struct str nal)
{
    if (nal.len > STREAM_SET_MAX || (nal.len == *kept_bytes && memcmp(kept, nal.at, nal.len) == 0)) return false;
    memcpy(kept, nal.at, nal.len);
    *kept_bytes = nal.len;
    return true;
}

static void make_init(struct media_stream *s)
{
    struct h265_sps hevc;
    struct fmp4_track t = {.vps = {s->vps, s->vps_bytes}, .sps = {s->sps, s->sps_bytes}, .pps = {s->pps, s->pps_bytes}, .h265 = s->seen == PS_CODEC_H265 ? &hevc : NULL};
    enum hx_err e = t.h265 != NULL ? h265_sps(t.sps, &hevc) : h264_size(t.sps, &s->width, &s->height);
    if (e) {
        s->bad++;
        s->sps_bytes = 0;
        return;
    }
    if (t.h265 != NULL) s->width = hevc.width, s->height = hevc.height, h265_codec(&hevc, s->codec);
    else snprintf(s->codec, sizeof s->codec, "avc1.%02X%02X%02X", (unsigned char)t.sps.at[1], (unsigned char)t.sps.at[2], (unsigned char)t.sps.at[3]);
    t.width = s->width, t.height = s->height, t.opus_channels = s->opus_channels;
    buf_clear(&s->scratch);
    fmp4_init(&t, &s->scratch);
    if (str_eq(buf_str(&s->scratch), buf_str(&s->init))) return;
    buf_clear(&s->init);
    buf_add(&s->init, s->scratch.at, s->scratch.len);
    s->head++;
    if (s->on_init != NULL) s->on_init(s, s->arg);
}

/* The pictures have other parameter sets: what is kept cannot be shown with them, nor what comes before a key picture. */
static void other_sets(struct media_stream *s)
{
    uint32_t before = s->head;
    make_init(s);
    if (s->head == before) return;
    while (s->first != NULL) drop_first(s);
    s->frozen = true;
}

/* What stands in `scratch`. */
static void keep_fragment(struct media_stream *s, uint64_t time, bool key, bool sound)
{
    struct media_unit *u = malloc(sizeof *u + s->scratch.len);
    HX_ASSERT(u != NULL);
    *u = (struct media_unit){.at_ms = s->now_ms, .time = time, .offset = sound ? 0 : s->offset, .key = key, .sound = sound, .n = s->scratch.len};
    memcpy(u->bytes, s->scratch.at, s->scratch.len);
    if (s->last != NULL) s->last->next = u;
    else s->first = u;
    s->last = u;
    s->bytes += u->n;
    s->units++;
    if (s->on_unit != NULL) s->on_unit(s, u, s->arg);
    trim(s);
}

static void keep_unit(struct media_stream *s, struct str unit, bool key)
{
    buf_clear(&s->scratch);
    fmp4_fragment(++s->number, s->time, s->step, s->offset, key, s->seen == PS_CODEC_H265, unit, &s->scratch);
    s->frames++;
    keep_fragment(s, s->time, key, false);
}

void stream_set_sound(struct media_stream *s, int channels)
{
    s->next_channels = channels;
}

void stream_hear(struct media_stream *s, bool on)
{
    s->hears = on;
    s->sound_wait = on ? SOUND_WAIT : 0;
    if (!on) s->next_channels = 0;
}

static void keep_sound(struct media_stream *s, struct str packet)
{
    buf_clear(&s->scratch);
    fmp4_sound(++s->number, s->sound_time, SOUND_STEP, packet, &s->scratch);
    keep_fragment(s, s->sound_time, false, true);
    s->sound_time += SOUND_STEP;
}

/* Sound has no gaps: where none came there is silence, for a browser plays only where it has both. */
static void keep_silence(struct media_stream *s, uint64_t until)
{
    const char mono[] = "\xf8\xff\xfe", stereo[] = "\xfc\xff\xfe"; /* 20 ms of nothing (RFC 6716, 3.1) */
    if (s->sound_time + SOUND_APART < until) s->sound_time = until; /* its beginning, or a hole that nobody fills */
    while (s->sound_time + SOUND_STEP <= until) keep_sound(s, (struct str){s->opus_channels == 2 ? stereo : mono, 3});
}

/* Each packet follows the last, unless it is off by more than people notice. */
void stream_feed_sound(struct media_stream *s, struct str packet, int64_t time, int64_t now_ms)
{
    if (s->opus_channels == 0 || s->first_key_ms == 0 || s->first == NULL || packet.len == 0 || packet.len > SOUND_PACKET_MAX) return;
    int64_t delta = time < 0 ? (now_ms - s->last_ms) * 90 : time - (int64_t)s->pts;
    if (delta < -SOUND_APART || delta > SOUND_APART) return; /* another clock than the pictures' */
    uint64_t wanted = delta < -(int64_t)s->time ? 0 : (uint64_t)((int64_t)s->time + delta);
    int64_t off = (int64_t)(wanted - s->sound_time);
    if (off < -SOUND_OFF * 4) return; /* too late: silence stands there already, or what came too fast */
    s->now_ms = now_ms;
    s->in_bytes += packet.len;
    if (off >= SOUND_OFF) keep_silence(s, wanted);
    keep_sound(s, packet);
}

/* What an access unit holds: parameter sets are kept. */
struct unit_kind {
    bool key, picture, fresh;
};

static struct unit_kind look_h264(struct media_stream *s, struct str unit)
{
    struct unit_kind k = {false, false, false};
    struct str nal;
    for (size_t at = 0; h264_next_nal(unit, &at, &nal);) {
        int type = h264_type(nal);
        if (type == H264_SPS && nal.len > 4) k.fresh |= keep_set(s->sps, &s->sps_bytes, nal);
        else if (type == H264_PPS) k.fresh |= keep_set(s->pps, &s->pps_bytes, nal);
        else if (type == H264_IDR) k.key = k.picture = true;
        else if (type == H264_SLICE) k.picture = true;
    }
    k.fresh &= s->sps_bytes > 0 && s->pps_bytes > 0;
    return k;
}

static struct unit_kind look_h265(struct media_stream *s, struct str unit)
{
    struct unit_kind k = {false, false, false};
    struct str nal;
    for (size_t at = 0; h264_next_nal(unit, &at, &nal);) {
        int type = h265_type(nal);
        if (type == H265_VPS) k.fresh |= keep_set(s->vps, &s->vps_bytes, nal);
        else if (type == H265_SPS && nal.len > 15) k.fresh |= keep_set(s->sps, &s->sps_bytes, nal);
        else if (type == H265_PPS) k.fresh |= keep_set(s->pps, &s->pps_bytes, nal);
        else if (h265_is_key(type)) k.key = k.picture = true;
        else if (h265_is_picture(type)) k.picture = true;
    }
    k.fresh &= s->vps_bytes > 0 && s->sps_bytes > 0 && s->pps_bytes > 0;
    return k;
}

static void take_unit(struct str unit, uint64_t pts, bool has_pts, enum ps_codec codec, void *arg)
{
    struct media_stream *s = arg;
    if (codec != PS_CODEC_H264 && codec != PS_CODEC_H265) {
        if (codec != PS_CODEC_NONE && s->seen != codec) {
            s->seen = codec;
            if (s->on_codec != NULL) s->on_codec(s, s->arg);
        }
        return;
    }
    if (s->seen != codec) { /* the camera was set to another: nothing of the old one serves it */
        s->vps_bytes = s->sps_bytes = s->pps_bytes = 0;
        s->frozen = true;
    }
    s->seen = codec;
    struct unit_kind k = codec == PS_CODEC_H264 ? look_h264(s, unit) : look_h265(s, unit);
    if (s->hears && s->ps.sounds) s->next_channels = 1;
    bool other_sound = k.key && s->next_channels != s->opus_channels;
    if (other_sound) s->opus_channels = s->next_channels, s->sound_time = s->time;
    if (k.fresh || (other_sound && s->codec[0] != 0 && s->sps_bytes > 0)) other_sets(s);
    if (!k.picture) return;
    advance_clock(s, pts, has_pts);
    if (k.key && s->codec[0] != 0 && s->sps_bytes > 0) {
        s->frozen = false;
        if (s->first_key_ms == 0) s->first_key_ms = s->now_ms;
    }
    if (s->first_key_ms == 0 || s->frozen) return; /* a picture that lacks what it builds on would be damaged */
    keep_unit(s, unit, k.key);
    if (s->opus_channels > 0 && s->sound_wait > 0 && s->time > s->sound_wait) keep_silence(s, s->time - s->sound_wait);
}

static void take_sound(struct str bytes, enum ps_sound kind, void *arg)
{
    struct media_stream *s = arg;
    if (s->on_sound != NULL) s->on_sound(s, bytes, kind, s->arg);
}

void stream_feed_g711(struct media_stream *s, struct str samples, bool ulaw, int64_t now_ms)
{
    s->now_ms = now_ms;
    s->ps.sounds = true;
    take_sound(samples, ulaw ? PS_SOUND_ULAW : PS_SOUND_ALAW, s);
}

void stream_feed_opus(struct media_stream *s, struct str packet, int64_t now_ms)
{
    if (!s->hears) return;
    s->next_channels = 1;
    stream_feed_sound(s, packet, -1, now_ms);
}

void stream_lost(struct media_stream *s)
{
    if (!s->frozen) s->freezes++;
    s->frozen = true;
}

static void take_packet(const struct rtp_packet *p, bool gap, void *arg)
{
    struct media_stream *s = arg;
    if (gap) ps_lose(&s->ps), stream_lost(s);
    ps_feed(&s->ps, p->payload);
    if (p->marker) ps_mark(&s->ps);
}

struct media_stream *stream_new(const char *id)
{
    struct media_stream *s = calloc(1, sizeof *s);
    HX_ASSERT(s != NULL);
    snprintf(s->id, sizeof s->id, "%s", id);
    s->order = (struct rtp_order){.take = take_packet, .arg = s};
    ps_init(&s->ps, take_unit, s);
    s->ps.take_sound = take_sound;
    buf_init(&s->init, 8192);
    buf_init(&s->scratch, PS_UNIT_MAX + 4096);
    return s;
}

void stream_free(struct media_stream *s)
{
    while (s->first != NULL) drop_first(s);
    rtp_order_free(&s->order);
    ps_free(&s->ps);
    buf_free(&s->init);
    buf_free(&s->scratch);
    free(s);
}

void stream_restart(struct media_stream *s)
{
    rtp_order_free(&s->order);
    s->order = (struct rtp_order){.take = take_packet, .arg = s, .packets = s->order.packets, .lost = s->order.lost, .late = s->order.late};
    ps_lose(&s->ps);
    s->ps.begun = false;
    s->ps.ts = (struct ts){.video = 0};
    s->frozen = true;
    s->ssrc = 0;
}

enum hx_err stream_feed(struct media_stream *s, struct str packet, int64_t now_ms, bool reliable)
{
    struct rtp_packet p;
    enum hx_err e = rtp_parse(packet, &p);
    if (e) return s->bad++, e;
    if (s->ssrc != 0 && p.ssrc != s->ssrc) {
        if (now_ms - s->last_packet_ms < 2000) return s->bad++, HX_OK; /* a stranger beside the stream that runs */
        stream_restart(s);
    }
    s->ssrc = p.ssrc;
    s->now_ms = now_ms;
    if (s->first_packet_ms == 0) s->first_packet_ms = now_ms;
    s->last_packet_ms = now_ms;
    s->packets++;
    s->in_bytes += packet.len;
    rtp_order_feed(&s->order, &p, reliable ? 0 : PATIENCE_UDP);
    return HX_OK;
}

void stream_feed_unit(struct media_stream *s, const struct media_input *in, int64_t now_ms)
{
    s->now_ms = s->last_packet_ms = now_ms;
    if (s->first_packet_ms == 0) s->first_packet_ms = now_ms;
    s->packets++;
    s->in_bytes += in->unit.len;
    s->offset = in->offset;
    take_unit(in->unit, in->time < 0 ? 0 : (uint64_t)in->time & 0x1ffffffff, in->time >= 0, in->codec, s);
    s->offset = 0;
}

const struct media_unit *stream_last_key(const struct media_stream *s)
{
    const struct media_unit *found = NULL;
    for (const struct media_unit *u = s->first; u != NULL; u = u->next)
        if (u->key) found = u;
    return found;
}

bool stream_nals(const struct media_stream *s, const struct media_unit *u, struct buf *out)
{
    const uint8_t *b = (const uint8_t *)u->bytes;
    size_t at = ((size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3]) + 8; /* behind moof, and the head of mdat */
    if (u->key) {
        if (s->vps_bytes > 0) fmp4_add_nal(out, (struct str){s->vps, s->vps_bytes});
        fmp4_add_nal(out, (struct str){s->sps, s->sps_bytes});
        fmp4_add_nal(out, (struct str){s->pps, s->pps_bytes});
    }
    if (at < u->n) (void)fmp4_sample_nals((struct str){u->bytes + at, u->n - at}, out);
    return !out->full;
}

bool stream_still(const struct media_stream *s, struct buf *out)
{
    const struct media_unit *u = stream_last_key(s);
    return u != NULL && stream_nals(s, u, out);
}
