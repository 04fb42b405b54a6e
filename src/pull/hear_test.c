/* What libavcodec reads becomes Opus: AAC out of a transport stream, and G.711 that needs no container. */
#include "base/check.h"

#include <libavformat/avformat.h>
#include <string.h>

#include "pull/hear.h"

struct got {
    int packets, of_20_ms;
};

static void take(struct str packet, void *arg)
{
    struct got *g = arg;
    unsigned config = (unsigned char)packet.at[0] >> 3;
    g->packets++;
    g->of_20_ms += config >= 16 && (config & 3) == 3; /* CELT, 20 ms (RFC 6716, table 2) */
}

static void test_aac_becomes_opus(void **state)
{
    (void)state;
    AVFormatContext *in = NULL;
    AVPacket *p = av_packet_alloc();
    struct got g = {0, 0};
    CHECK_EQ(avformat_open_input(&in, MEDIA_TS_VECTOR, NULL, NULL), 0);
    CHECK(avformat_find_stream_info(in, NULL) >= 0);
    int sound = av_find_best_stream(in, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
    CHECK(sound >= 0 && in->streams[sound]->codecpar->codec_id == AV_CODEC_ID_AAC);
    struct hear *h = hear_new(in->streams[sound]->codecpar);
    CHECK(h != NULL);
    for (; av_read_frame(in, p) >= 0; av_packet_unref(p))
        if (p->stream_index == sound) hear_feed(h, p, take, &g);
    CHECK(g.packets >= 27 && g.packets <= 35); /* 0.6 s, and what the encoder of AAC puts before it */
    CHECK_EQ(g.of_20_ms, g.packets);
    hear_free(h);
    avformat_close_input(&in);
    av_packet_free(&p);
}

static void test_g711_in_odd_pieces(void **state)
{
    (void)state;
    AVCodecParameters *of = avcodec_parameters_alloc();
    AVPacket *p = av_packet_alloc();
    struct got g = {0, 0};
    of->codec_type = AVMEDIA_TYPE_AUDIO, of->codec_id = AV_CODEC_ID_PCM_MULAW, of->sample_rate = 8000;
    struct hear *h = hear_new(of);
    CHECK(h != NULL);
    for (int i = 0; i < 50; i++) {
        CHECK_EQ(av_new_packet(p, 171), 0);
        memset(p->data, 0x2a + i, 171);
        hear_feed(h, p, take, &g);
        av_packet_unref(p);
    }
    CHECK(g.packets >= 50 * 171 / 160 - 2 && g.packets <= 50 * 171 / 160);
    CHECK_EQ(g.of_20_ms, g.packets);
    hear_free(h);
    of->codec_id = AV_CODEC_ID_NONE;
    CHECK(hear_new(of) == NULL);
    avcodec_parameters_free(&of);
    av_packet_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_aac_becomes_opus), TEST(test_g711_in_odd_pieces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
