/* A stream that a browser gives: H.264 and Opus by WebCodecs over one WebSocket, for a speaker without other equipment. Text: {"sound":
 * channels} first. Binary: byte 0 is 1 key picture, 2 picture, 3 packet of sound; bytes 8 to 15 when it was taken (µs); then the bytes,
 * pictures in Annex B. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "media_inner.h"
#include "media_ws.h"

#define MESSAGE_MAX (2u << 20)
#define HEAD_BYTES 16
#define SILENT_S 15

enum publish_kind { PUBLISH_KEY = 1, PUBLISH_PICTURE = 2, PUBLISH_SOUND = 3 };

struct publisher {
    struct media_node *node;
    struct publisher *next, **link;
    struct channel *channel;
    struct ws_line line;
};

static void publisher_end(struct publisher *p)
{
    *p->link = p->next;
    if (p->next != NULL) p->next->link = p->link;
    log_info("media.published", "stream=%s frames=%llu bytes=%llu", p->channel->stream->id, (unsigned long long)p->channel->stream->frames, (unsigned long long)p->channel->stream->in_bytes);
    p->channel->publisher = NULL;
    viewers_drop(p->channel);
    channel_close(p->channel);
    ws_close(&p->line);
    free(p);
}

static void take(struct publisher *p, const uint8_t *m, size_t n)
{
    struct media_stream *s = p->channel->stream;
    uint64_t us = 0;
    for (int i = 8; i < HEAD_BYTES; i++) us = us << 8 | m[i];
    struct str bytes = {(const char *)m + HEAD_BYTES, n - HEAD_BYTES};
    int64_t time = (int64_t)(us % (UINT64_C(1) << 40)) * 9 / 100, now = clock_utc_ms();
    if (m[0] == PUBLISH_SOUND) stream_feed_sound(s, bytes, time, now);
    else if (m[0] == PUBLISH_KEY || m[0] == PUBLISH_PICTURE) stream_feed_unit(s, &(struct media_input){.unit = bytes, .codec = PS_CODEC_H264, .time = time}, now);
}

static void configure(struct publisher *p, struct str text)
{
    json_t *j = NULL;
    char why[160];
    if (json_parse(text, &j, why, sizeof why)) return;
    int64_t channels = json_i64(j, "sound", 0);
    if (channels >= 0 && channels <= 2) stream_set_sound(p->channel->stream, (int)channels);
    json_decref(j);
}

static void on_message(int opcode, struct str bytes, void *arg)
{
    if (opcode == WSLAY_TEXT_FRAME) configure(arg, bytes);
    else if (bytes.len > HEAD_BYTES) take(arg, (const uint8_t *)bytes.at, bytes.len);
}

static void on_over(void *arg)
{
    publisher_end(arg);
}

void publisher_begin(struct media_node *n, struct http_request *r, const struct ticket *t)
{
    const struct timeval silent = {SILENT_S, 0};
    struct channel *c = channel_of(n, t->subject);
    if (c != NULL && c->publisher == NULL) {
        http_reply(r, 409, "text/plain", STR("this stream comes from a device\n"));
        return;
    }
    if (c != NULL) publisher_end(c->publisher); /* the newest speaker has the word: the last one's line may hang */
    struct publisher *p = calloc(1, sizeof *p);
    HX_ASSERT(p != NULL);
    p->node = n;
    p->line = (struct ws_line){.message = on_message, .over = on_over, .arg = p};
    p->channel = ws_open(&p->line, r, MESSAGE_MAX) ? channel_publish(n, t->subject) : NULL;
    if (p->channel == NULL) {
        ws_close(&p->line);
        free(p);
        return;
    }
    p->channel->publisher = p;
    p->next = n->publishers;
    p->link = &n->publishers;
    if (p->next != NULL) p->next->link = &p->next;
    n->publishers = p;
    bufferevent_set_timeouts(p->line.bev, &silent, NULL);
}

void publishers_revoke(struct media_node *n, const char *stream)
{
    struct channel *c = channel_of(n, stream);
    if (c != NULL && c->publisher != NULL) publisher_end(c->publisher);
}

void publishers_stop(struct media_node *n)
{
    while (n->publishers != NULL) publisher_end(n->publishers);
}
