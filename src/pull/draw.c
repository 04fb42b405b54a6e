#include "draw.h"

#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>
#include <stdlib.h>
#include <string.h>

#define QUALITY 5 /* of 2 … 31, smaller is better */

static AVFrame *decode(bool h265, struct str unit)
{
    const AVCodec *codec = avcodec_find_decoder(h265 ? AV_CODEC_ID_HEVC : AV_CODEC_ID_H264);
    AVCodecContext *c = codec != NULL ? avcodec_alloc_context3(codec) : NULL;
    AVPacket *p = av_packet_alloc();
    AVFrame *f = av_frame_alloc();
    bool got = false;
    if (c != NULL && p != NULL && f != NULL && av_new_packet(p, (int)unit.len) == 0) {
        memcpy(p->data, unit.at, unit.len);
        c->thread_count = 1;
        got = avcodec_open2(c, codec, NULL) == 0 && avcodec_send_packet(c, p) == 0 && avcodec_send_packet(c, NULL) == 0 && avcodec_receive_frame(c, f) == 0 && f->width > 0 && f->height > 0;
    }
    av_packet_free(&p);
    avcodec_free_context(&c);
    if (!got) av_frame_free(&f);
    return f;
}

/* At most DRAW_WIDTH_MAX wide, in the colours of JPEG. */
static AVFrame *shrink(const AVFrame *in)
{
    AVFrame *f = av_frame_alloc();
    int w = in->width > DRAW_WIDTH_MAX ? DRAW_WIDTH_MAX : in->width & ~1, h = (int)((int64_t)in->height * w / in->width) & ~1;
    if (f == NULL || w < 2 || h < 2) return av_frame_free(&f), NULL;
    f->format = AV_PIX_FMT_YUVJ420P;
    f->width = w;
    f->height = h;
    struct SwsContext *s = sws_getContext(in->width, in->height, in->format, w, h, AV_PIX_FMT_YUVJ420P, SWS_BILINEAR, NULL, NULL, NULL);
    bool good = s != NULL && av_frame_get_buffer(f, 0) == 0 && sws_scale(s, (const uint8_t *const *)in->data, in->linesize, 0, in->height, f->data, f->linesize) == h;
    sws_freeContext(s);
    if (!good) av_frame_free(&f);
    return f;
}

static enum hx_err encode(AVFrame *f, struct buf *out)
{
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
    AVCodecContext *c = codec != NULL ? avcodec_alloc_context3(codec) : NULL;
    AVPacket *p = av_packet_alloc();
    enum hx_err e = HX_E_INVALID;
    if (c != NULL && p != NULL) {
        c->width = f->width;
        c->height = f->height;
        c->pix_fmt = AV_PIX_FMT_YUVJ420P;
        c->time_base = (AVRational){1, 1};
        c->flags |= AV_CODEC_FLAG_QSCALE;
        c->global_quality = f->quality = QUALITY * FF_QP2LAMBDA;
        f->pts = 0;
        if (avcodec_open2(c, codec, NULL) == 0 && avcodec_send_frame(c, f) == 0 && avcodec_receive_packet(c, p) == 0) {
            buf_add(out, p->data, (size_t)p->size);
            e = out->full ? HX_E_LIMIT : HX_OK;
        }
    }
    av_packet_free(&p);
    avcodec_free_context(&c);
    return e;
}

enum hx_err draw_jpeg(bool h265, struct str unit, struct buf *out)
{
    AVFrame *whole = unit.len > 0 && unit.len < 1u << 28 ? decode(h265, unit) : NULL, *small = whole != NULL ? shrink(whole) : NULL;
    enum hx_err e = small != NULL ? encode(small, out) : HX_E_INVALID;
    av_frame_free(&whole);
    av_frame_free(&small);
    return e;
}
