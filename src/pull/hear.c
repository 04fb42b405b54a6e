#include "hear.h"

#include <libavutil/audio_fifo.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <stdlib.h>

#define WAITING_MAX 48000 /* samples that a decoder may give at once */
#define MONO ((AVChannelLayout)AV_CHANNEL_LAYOUT_MONO)

struct hear {
    AVCodecContext *in, *out;
    SwrContext *mix; /* made with the first samples: only they say what comes */
    AVAudioFifo *waiting;
    AVFrame *decoded, *cut;
    AVPacket *packet;
};

/* A node has many cameras, and speech gains little above 8 kHz of band. */
static bool open_encoder(struct hear *h, int rate)
{
    const AVCodec *opus = avcodec_find_encoder_by_name("libopus");
    AVDictionary *d = NULL;
    h->out = opus != NULL ? avcodec_alloc_context3(opus) : NULL;
    if (h->out == NULL) return false;
    h->out->sample_rate = rate <= 8000 ? 8000 : 16000;
    h->out->sample_fmt = AV_SAMPLE_FMT_S16;
    h->out->ch_layout = MONO;
    h->out->bit_rate = h->out->sample_rate == 8000 ? 24000 : 32000;
    h->out->compression_level = 0;
    av_dict_set(&d, "application", "lowdelay", 0);
    av_dict_set(&d, "frame_duration", "20", 0);
    int e = avcodec_open2(h->out, opus, &d);
    av_dict_free(&d);
    return e >= 0;
}

struct hear *hear_new(const AVCodecParameters *of)
{
    const AVCodec *c = avcodec_find_decoder(of->codec_id);
    struct hear *h = calloc(1, sizeof *h);
    HX_ASSERT(h != NULL);
    h->in = c != NULL ? avcodec_alloc_context3(c) : NULL;
    h->decoded = av_frame_alloc(), h->cut = av_frame_alloc(), h->packet = av_packet_alloc();
    bool good = h->in != NULL && h->decoded != NULL && h->cut != NULL && h->packet != NULL && avcodec_parameters_to_context(h->in, of) >= 0;
    if (good && h->in->ch_layout.nb_channels == 0) h->in->ch_layout = MONO; /* an SDP without a count */
    if (good) h->in->thread_count = 1;
    good = good && avcodec_open2(h->in, c, NULL) >= 0 && open_encoder(h, of->sample_rate) && (h->waiting = av_audio_fifo_alloc(AV_SAMPLE_FMT_S16, 1, h->out->frame_size)) != NULL;
    if (good) return h;
    hear_free(h);
    return NULL;
}

void hear_free(struct hear *h)
{
    if (h == NULL) return;
    avcodec_free_context(&h->in);
    avcodec_free_context(&h->out);
    swr_free(&h->mix);
    if (h->waiting != NULL) av_audio_fifo_free(h->waiting);
    av_frame_free(&h->decoded);
    av_frame_free(&h->cut);
    av_packet_free(&h->packet);
    free(h);
}

/* The samples of `decoded` as the encoder wants them, behind those that wait. */
static bool mix(struct hear *h)
{
    AVFrame *f = h->decoded;
    if (h->mix == NULL && (swr_alloc_set_opts2(&h->mix, &h->out->ch_layout, AV_SAMPLE_FMT_S16, h->out->sample_rate, &f->ch_layout, f->format, f->sample_rate, 0, NULL) < 0 || swr_init(h->mix) < 0)) {
        swr_free(&h->mix);
        return false;
    }
    int room = swr_get_out_samples(h->mix, f->nb_samples);
    if (room <= 0 || room > WAITING_MAX) return false;
    uint8_t *samples = malloc((size_t)room * sizeof(int16_t));
    HX_ASSERT(samples != NULL);
    int n = swr_convert(h->mix, &samples, room, (const uint8_t **)f->extended_data, f->nb_samples);
    bool good = n >= 0 && av_audio_fifo_size(h->waiting) < WAITING_MAX && av_audio_fifo_write(h->waiting, (void **)&samples, n) == n;
    free(samples);
    return good;
}

static bool encode(struct hear *h, void (*take)(struct str packet, void *arg), void *arg)
{
    h->cut->nb_samples = h->out->frame_size;
    h->cut->format = AV_SAMPLE_FMT_S16;
    h->cut->sample_rate = h->out->sample_rate;
    h->cut->ch_layout = MONO;
    bool good = av_frame_get_buffer(h->cut, 0) >= 0 && av_audio_fifo_read(h->waiting, (void **)h->cut->data, h->out->frame_size) == h->out->frame_size && avcodec_send_frame(h->out, h->cut) >= 0;
    while (good && avcodec_receive_packet(h->out, h->packet) >= 0) {
        take((struct str){(const char *)h->packet->data, (size_t)h->packet->size}, arg);
        av_packet_unref(h->packet);
    }
    av_frame_unref(h->cut);
    return good;
}

void hear_feed(struct hear *h, const AVPacket *p, void (*take)(struct str packet, void *arg), void *arg)
{
    if (avcodec_send_packet(h->in, p) < 0) return;
    while (avcodec_receive_frame(h->in, h->decoded) >= 0) {
        bool good = mix(h);
        av_frame_unref(h->decoded);
        while (good && av_audio_fifo_size(h->waiting) >= h->out->frame_size) good = encode(h, take, arg);
    }
}
