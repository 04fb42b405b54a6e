#include "pull.h"

#include <errno.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "draw.h"
#include "hear.h"
#include "media/pull_frame.h"

#define OPEN_MS 6000  /* from the order to the answer to PLAY */
#define READ_MS 8000  /* between two packets */
#define CLOCK (AVRational){1, 90000}

struct stream {
    struct pull_order order;
    atomic_bool taken, stop;
    atomic_llong deadline; /* ms of the monotone clock */
    pthread_t thread;
};

static struct stream streams[PULL_SLOTS];
static int out_fd;
static pthread_mutex_t out_lock = PTHREAD_MUTEX_INITIALIZER;

static void write_all(struct iovec *v, int n)
{
    while (n > 0) {
        ssize_t done = writev(out_fd, v, n);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) _exit(0); /* the node is gone */
        while (n > 0 && (size_t)done >= v->iov_len) done -= (ssize_t)v->iov_len, v++, n--;
        if (n > 0) v->iov_base = (char *)v->iov_base + done, v->iov_len -= (size_t)done;
    }
}

static void say(const struct pull_frame *f)
{
    uint8_t head[PULL_HEAD_BYTES];
    if (f->body.len > PULL_BODY_MAX) return;
    pull_frame_head(f, head);
    struct iovec v[2] = {{head, sizeof head}, {(void *)(uintptr_t)f->body.at, f->body.len}};
    pthread_mutex_lock(&out_lock);
    write_all(v, f->body.len > 0 ? 2 : 1);
    pthread_mutex_unlock(&out_lock);
}

static int is_over(void *arg)
{
    struct stream *s = arg;
    long long deadline = atomic_load(&s->deadline);
    return atomic_load(&s->stop) || clock_mono_us() / 1000 > deadline;
}

static const char *cause_of(const struct stream *s, int error, bool opened)
{
    if (atomic_load(&s->stop)) return "closed";
    switch (error) {
    case AVERROR_HTTP_UNAUTHORIZED: case AVERROR_HTTP_FORBIDDEN: return "login";
    case AVERROR_HTTP_NOT_FOUND: return "not_found";
    case AVERROR(EPROTONOSUPPORT): /* 461: not by this transport */
    case AVERROR_HTTP_BAD_REQUEST: case AVERROR_HTTP_OTHER_4XX: case AVERROR_HTTP_SERVER_ERROR: return "refused";
    case AVERROR_EOF: return "ended";
    default: return opened ? "ended" : "connect";
    }
}

static void say_ended(const struct stream *s, const char *cause, int error, bool late)
{
    char text[200], what[120];
    if (late || error == AVERROR_EXIT) snprintf(what, sizeof what, "no answer in time");
    else if (error == 0 || av_strerror(error, what, sizeof what) != 0) what[0] = 0;
    int n = snprintf(text, sizeof text, "%s %s", cause, what);
    say(&(struct pull_frame){.slot = s->order.slot, .kind = PULL_ENDED, .codec = PULL_OTHER, .time = -1, .body = {text, (size_t)n}});
}

static int open_input(struct stream *s, AVFormatContext **in)
{
    AVDictionary *d = NULL;
    *in = avformat_alloc_context();
    if (*in == NULL) return AVERROR(ENOMEM);
    (*in)->interrupt_callback = (AVIOInterruptCB){is_over, s};
    (*in)->flags |= AVFMT_FLAG_NOBUFFER;
    av_dict_set(&d, "protocol_whitelist", "rtsp,rtsps,rtp,tcp,udp,tls,crypto,srtp", 0);
    av_dict_set(&d, "rtsp_transport", s->order.udp ? "udp" : "tcp", 0);
    av_dict_set(&d, "allowed_media_types", s->order.sound ? "video+audio" : "video", 0); /* what is not asked for costs no uplink */
    av_dict_set(&d, "user_agent", "Huxue", 0);
    atomic_store(&s->deadline, clock_mono_us() / 1000 + OPEN_MS);
    int e = avformat_open_input(in, s->order.url, NULL, &d); /* frees the context on failure */
    av_dict_free(&d);
    return e;
}

static void say_unit(const struct stream *s, const AVPacket *p, const AVStream *st, enum pull_codec codec)
{
    int64_t dts = p->dts != AV_NOPTS_VALUE ? p->dts : p->pts, pts = p->pts != AV_NOPTS_VALUE ? p->pts : dts;
    int64_t time = dts == AV_NOPTS_VALUE ? -1 : av_rescale_q(dts, st->time_base, CLOCK), offset = dts == AV_NOPTS_VALUE ? 0 : av_rescale_q(pts - dts, st->time_base, CLOCK);
    say(&(struct pull_frame){.slot = s->order.slot, .kind = PULL_UNIT, .codec = codec, .time = time < 0 ? -1 : time, .offset = (int32_t)offset, .body = {(const char *)p->data, (size_t)p->size}});
}

/* To Annex B with parameter sets before each key picture, whatever the container had. */
static AVBSFContext *to_annex_b(const AVStream *st)
{
    const AVBitStreamFilter *f = av_bsf_get_by_name(st->codecpar->codec_id == AV_CODEC_ID_HEVC ? "hevc_mp4toannexb" : "h264_mp4toannexb");
    AVBSFContext *b = NULL;
    if (f == NULL || av_bsf_alloc(f, &b) < 0) return NULL;
    b->time_base_in = st->time_base;
    if (avcodec_parameters_copy(b->par_in, st->codecpar) < 0 || av_bsf_init(b) < 0) av_bsf_free(&b);
    return b;
}

static AVStream *first_of(const AVFormatContext *in, enum AVMediaType type)
{
    for (unsigned i = 0; i < in->nb_streams; i++)
        if (in->streams[i]->codecpar->codec_type == type) return in->streams[i];
    return NULL;
}

static void say_sound(struct str packet, void *arg)
{
    const struct stream *s = arg;
    say(&(struct pull_frame){.slot = s->order.slot, .kind = PULL_SOUND, .codec = PULL_OTHER, .time = -1, .body = packet});
}

static int pump(struct stream *s, AVFormatContext *in, AVStream *st, AVPacket *p, enum pull_codec codec)
{
    int e = 0;
    AVBSFContext *b = to_annex_b(st);
    if (b == NULL) return AVERROR_BSF_NOT_FOUND;
    const AVStream *heard = s->order.sound ? first_of(in, AVMEDIA_TYPE_AUDIO) : NULL;
    struct hear *h = heard != NULL ? hear_new(heard->codecpar) : NULL;
    if (st->codecpar->extradata_size > 4 && st->codecpar->extradata[0] == 0) /* Annex B of the SDP: what some cameras send nowhere else */
        say(&(struct pull_frame){.slot = s->order.slot, .kind = PULL_UNIT, .codec = codec, .time = -1, .body = {(const char *)st->codecpar->extradata, (size_t)st->codecpar->extradata_size}});
    while (e >= 0) {
        if (p->data != NULL && p->stream_index == st->index && (e = av_bsf_send_packet(b, p)) >= 0) {
            while ((e = av_bsf_receive_packet(b, p)) >= 0) {
                say_unit(s, p, st, codec);
                av_packet_unref(p);
            }
            if (e == AVERROR(EAGAIN)) e = 0;
        }
        if (h != NULL && p->data != NULL && p->stream_index == heard->index) hear_feed(h, p, say_sound, s);
        av_packet_unref(p);
        atomic_store(&s->deadline, clock_mono_us() / 1000 + READ_MS);
        if (e >= 0 || e == AVERROR_INVALIDDATA) e = av_read_frame(in, p);
    }
    av_bsf_free(&b);
    hear_free(h);
    return e;
}

static void *run(void *arg)
{
    struct stream *s = arg;
    AVFormatContext *in = NULL;
    AVPacket *p = av_packet_alloc();
    int e = open_input(s, &in);
    AVStream *st = e < 0 ? NULL : first_of(in, AVMEDIA_TYPE_VIDEO);
    bool known = st != NULL && (st->codecpar->codec_id == AV_CODEC_ID_H264 || st->codecpar->codec_id == AV_CODEC_ID_HEVC);
    if (known) e = pump(s, in, st, p, st->codecpar->codec_id == AV_CODEC_ID_HEVC ? PULL_H265 : PULL_H264);
    if (st != NULL && !known) {
        char text[80];
        int n = snprintf(text, sizeof text, "codec %s", avcodec_get_name(st->codecpar->codec_id));
        say(&(struct pull_frame){.slot = s->order.slot, .kind = PULL_ENDED, .codec = PULL_OTHER, .time = -1, .body = {text, (size_t)n}});
    }
    bool late = is_over(s);
    atomic_store(&s->deadline, clock_mono_us() / 1000 + 1000); /* for TEARDOWN */
    bool opened = in != NULL;
    avformat_close_input(&in);
    av_packet_free(&p);
    struct stream over = {.order = s->order};
    atomic_store(&over.stop, atomic_load(&s->stop));
    atomic_store(&s->taken, false);
    if (st == NULL || known) say_ended(&over, cause_of(&over, e, opened), e, late);
    return NULL;
}

void pull_start(int out)
{
    out_fd = out;
    av_log_set_level(AV_LOG_QUIET);
    avformat_network_init();
}

static bool is_ours(const char *url)
{
    return strncmp(url, "rtsp://", 7) == 0 || strncmp(url, "rtsps://", 8) == 0;
}

static void refuse(uint32_t slot, const char *why)
{
    say(&(struct pull_frame){.slot = slot, .kind = PULL_ENDED, .codec = PULL_OTHER, .time = -1, .body = str_of(why)});
}

void pull_open(const struct pull_order *o)
{
    pthread_attr_t a;
    if (!is_ours(o->url)) {
        refuse(o->slot, "refused the address is of no kind that is fetched");
        return;
    }
    if (o->slot >= PULL_SLOTS || atomic_exchange(&streams[o->slot].taken, true)) return;
    struct stream *s = &streams[o->slot];
    s->order = *o;
    atomic_store(&s->stop, false);
    pthread_attr_init(&a);
    pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&a, 512 << 10);
    int failed = pthread_create(&s->thread, &a, run, s);
    pthread_attr_destroy(&a);
    if (!failed) return;
    atomic_store(&s->taken, false);
    refuse(o->slot, "refused no thread is left");
}

void pull_close(uint32_t slot)
{
    if (slot < PULL_SLOTS) atomic_store(&streams[slot].stop, true);
}

/* ---- stills ---- */

#define DRAWINGS_MAX 16

struct drawing {
    uint32_t number;
    bool h265;
    char *bytes;
    size_t n;
};

static struct drawing drawings[DRAWINGS_MAX];
static size_t drawings_first, drawings_count;
static pthread_mutex_t draw_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t draw_more = PTHREAD_COND_INITIALIZER;

static void say_drawn(uint32_t number, struct str jpeg)
{
    say(&(struct pull_frame){.slot = number, .kind = PULL_DRAWN, .codec = PULL_OTHER, .time = -1, .body = jpeg});
}

static void *draw_run(void *arg)
{
    struct buf jpeg;
    (void)arg;
    buf_init(&jpeg, PULL_BODY_MAX);
    for (;;) {
        pthread_mutex_lock(&draw_lock);
        while (drawings_count == 0) pthread_cond_wait(&draw_more, &draw_lock);
        struct drawing d = drawings[drawings_first];
        drawings_first = (drawings_first + 1) % DRAWINGS_MAX;
        drawings_count--;
        pthread_mutex_unlock(&draw_lock);
        buf_clear(&jpeg);
        say_drawn(d.number, draw_jpeg(d.h265, (struct str){d.bytes, d.n}, &jpeg) == HX_OK ? buf_str(&jpeg) : STR(""));
        free(d.bytes);
    }
    return NULL;
}

void pull_draw(uint32_t number, bool h265, struct str unit)
{
    static bool begun;
    pthread_t thread;
    char *copy = malloc(unit.len + 64); /* the decoder reads a little beyond */
    if (!begun) begun = pthread_create(&thread, NULL, draw_run, NULL) == 0;
    pthread_mutex_lock(&draw_lock);
    bool room = begun && copy != NULL && drawings_count < DRAWINGS_MAX;
    if (room) {
        memcpy(copy, unit.at, unit.len);
        drawings[(drawings_first + drawings_count++) % DRAWINGS_MAX] = (struct drawing){number, h265, copy, unit.len};
        pthread_cond_signal(&draw_more);
    }
    pthread_mutex_unlock(&draw_lock);
    if (room) return;
    free(copy);
    say_drawn(number, STR(""));
}
