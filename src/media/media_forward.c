/* A stream given on as RTP with program stream to a platform above (GB/T 28181-2022 clause 9.2, annex C): one reader of the stream more. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "media/ps_pack.h"
#include "media_inner.h"
#include "media_out.h"

#define FORWARDS_MAX 500
#define NO_PICTURE_MS 15000
#define WAITING_MAX (2u << 20)  /* bytes that wait to be sent: beyond, there is nothing until the next key picture */
#define JOIN_MAX (1u << 20)     /* it begins with the pictures since the last key picture, up to this; else with the next */
#define PACE_MS 5               /* over UDP so many packets at a time: a key picture at once would overrun a receiver with a usual buffer, */
#define PACE_PACKETS 32         /* of 212,992 bytes and 2,304 for a packet. 9 MB/s in all */
#define STEP 3600               /* between the clocks of a stream that ended and of the one that follows it */

struct forward {
    struct media_node *node;
    struct channel *channel; /* NULL: the stream is not open */
    char stream[STREAM_ID_MAX], nonce[17];
    int64_t id, sent_ms;     /* sent_ms: of its last picture, or of its begin */
    bool needs_key;
    bool held;               /* the receiver has not confirmed yet: it may not know what comes */
    struct media_out out;
    struct evbuffer *queue;  /* UDP: packets behind their length, as TCP has them */
    struct loop_timer *pace; /* runs while packets wait */
    bool pacing;
    uint32_t ssrc;
    uint16_t seq;
    uint64_t shift, last;    /* what is added to the stream's clock; the time that was sent last */
    struct forward *next, **link;                 /* all of the node */
    struct forward *channel_next, **channel_link; /* of its channel */
};

static void leave(struct forward *f)
{
    if (f->channel == NULL) return;
    *f->channel_link = f->channel_next;
    if (f->channel_next != NULL) f->channel_next->channel_link = f->channel_link;
    f->channel->viewer_count--;
    f->channel = NULL;
}

/* `why` NULL: the daemon ends it and needs no telling. */
static void end(struct forward *f, const char *why)
{
    struct media_node *n = f->node;
    struct channel *c = f->channel;
    leave(f);
    *f->link = f->next;
    if (f->next != NULL) f->next->link = f->link;
    n->forward_count--;
    if (why != NULL) control_tell(n, json_pack("{s:s,s:I,s:s}", "ev", "forward_end", "forward", (json_int_t)f->id, "why", why));
    media_out_close(&f->out);
    if (f->queue != NULL) evbuffer_free(f->queue);
    if (f->pace != NULL) loop_timer_free(f->pace);
    free(f);
    if (c != NULL) channel_viewers_changed(c);
}

static struct evbuffer *waiting(const struct forward *f)
{
    return f->out.tcp ? bufferevent_get_output(f->out.bev) : f->queue;
}

static void send_packet(struct str packet, void *arg)
{
    struct forward *f = arg;
    uint8_t length[2] = {(uint8_t)(packet.len >> 8), (uint8_t)packet.len};
    f->node->sent_bytes += packet.len;
    if (f->out.tcp) {
        (void)media_out_send(&f->out, packet);
        return;
    }
    evbuffer_add(f->queue, length, 2);
    evbuffer_add(f->queue, packet.at, packet.len);
}

static void pace(void *arg)
{
    struct forward *f = arg;
    uint8_t packet[2048];
    f->pacing = false;
    for (int i = 0; i < PACE_PACKETS && evbuffer_get_length(f->queue) > 0; i++) {
        evbuffer_remove(f->queue, packet, 2);
        size_t n = (size_t)(packet[0] << 8 | packet[1]);
        evbuffer_remove(f->queue, packet, n);
        if (!media_out_send(&f->out, (struct str){(const char *)packet, n})) f->node->dropped++;
    }
    if (evbuffer_get_length(f->queue) == 0) return;
    f->pacing = true;
    loop_timer_set(f->pace, PACE_MS);
}

static void send_unit(struct forward *f, const struct media_unit *u)
{
    static struct buf nals, ps; /* one thread */
    const struct media_stream *s = f->channel->stream;
    if (f->held || u->sound || !media_out_ready(&f->out) || (f->needs_key && !u->key)) return;
    f->needs_key = evbuffer_get_length(waiting(f)) > WAITING_MAX;
    if (f->needs_key) {
        f->node->dropped++;
        return;
    }
    if (nals.max == 0) buf_init(&nals, PS_UNIT_MAX + 4096), buf_init(&ps, PS_UNIT_MAX + (PS_UNIT_MAX >> 6) + 8192);
    buf_clear(&nals);
    buf_clear(&ps);
    if (!stream_nals(s, u, &nals)) {
        f->needs_key = true;
        return;
    }
    f->last = u->time + f->shift;
    f->sent_ms = clock_utc_ms();
    ps_pack(&(struct ps_picture){.unit = buf_str(&nals), .pts = f->last + (uint64_t)(int64_t)u->offset, .key = u->key, .h265 = s->seen == PS_CODEC_H265}, &ps);
    rtp_pack(buf_str(&ps), &f->seq, (uint32_t)f->last, f->ssrc, send_packet, f);
    if (!f->out.tcp && !f->pacing) pace(f);
}

static void begin_pictures(struct forward *f)
{
    size_t bytes = 0;
    const struct media_unit *key = stream_last_key(f->channel->stream);
    f->needs_key = true;
    for (const struct media_unit *u = key; u != NULL; u = u->next) bytes += u->n;
    for (const struct media_unit *u = bytes <= JOIN_MAX ? key : NULL; u != NULL; u = u->next) send_unit(f, u);
}

static void attach(struct forward *f, struct channel *c)
{
    const struct media_unit *first = c->stream->first;
    f->channel = c;
    f->channel_next = c->forwards;
    f->channel_link = &c->forwards;
    if (f->channel_next != NULL) f->channel_next->channel_link = &f->channel_next;
    c->forwards = f;
    c->viewer_count++;
    if (f->last != 0 && (first != NULL ? first->time : 0) + f->shift <= f->last) f->shift = f->last + STEP - (first != NULL ? first->time : 0);
    begin_pictures(f);
}

/* ---- the receiver ---- */

static void on_connected(void *arg)
{
    struct forward *f = arg;
    if (f->channel != NULL) begin_pictures(f);
}

static void on_gone(void *arg)
{
    end(arg, "connection");
}

static enum hx_err reach(struct forward *f, const json_t *o, int *port)
{
    f->out = (struct media_out){.loop = f->node->set.loop, .connected = on_connected, .gone = on_gone, .arg = f};
    enum hx_err e = media_out_open(&f->out, json_z(o, "way", "udp"), json_z(o, "host", ""), (int)json_i64(o, "port", 0), f->node->set.rtp_host, port);
    if (e || f->out.tcp) return e;
    f->queue = evbuffer_new();
    f->pace = loop_timer_new(f->node->set.loop, pace, f);
    return HX_OK;
}

enum hx_err forward_begin(struct media_node *n, const json_t *o, int *port)
{
    if (n->forward_count >= FORWARDS_MAX) return HX_E_LIMIT;
    struct forward *f = calloc(1, sizeof *f);
    HX_ASSERT(f != NULL);
    *f = (struct forward){.node = n, .id = json_i64(o, "forward", 0), .held = true, .out.fd = -1, .ssrc = (uint32_t)json_i64(o, "ssrc", 0), .sent_ms = clock_utc_ms(), .next = n->forwards, .link = &n->forwards};
    if (f->next != NULL) f->next->link = &f->next;
    n->forwards = f;
    n->forward_count++;
    f->seq = (uint16_t)f->ssrc;
    snprintf(f->stream, sizeof f->stream, "%s", json_z(o, "stream", ""));
    snprintf(f->nonce, sizeof f->nonce, "%s", json_z(o, "nonce", ""));
    enum hx_err e = reach(f, o, port);
    struct channel *c = channel_of(n, f->stream);
    if (e) end(f, NULL);
    else if (c != NULL) attach(f, c), channel_viewers_changed(c);
    return e;
}

static struct forward *forward_of(struct media_node *n, int64_t id)
{
    struct forward *f = n->forwards;
    while (f != NULL && f->id != id) f = f->next;
    return f;
}

void forward_go(struct media_node *n, int64_t id)
{
    struct forward *f = forward_of(n, id);
    if (f == NULL || !f->held) return;
    f->held = false;
    f->sent_ms = clock_utc_ms();
    if (f->channel != NULL) begin_pictures(f);
}

void forward_end(struct media_node *n, int64_t id)
{
    struct forward *f = forward_of(n, id);
    if (f != NULL) end(f, NULL);
}

/* ---- the stream ---- */

void forwards_unit(struct channel *c, const struct media_unit *u)
{
    for (struct forward *f = c->forwards, *next; f != NULL; f = next) {
        next = f->channel_next;
        send_unit(f, u);
    }
}

void forwards_attach(struct media_node *n, struct channel *c)
{
    for (struct forward *f = n->forwards; f != NULL; f = f->next)
        if (f->channel == NULL && strcmp(f->stream, c->stream->id) == 0) attach(f, c);
}

void forwards_detach(struct channel *c)
{
    while (c->forwards != NULL) leave(c->forwards);
}

void forwards_revoke(struct media_node *n, const char *nonce)
{
    for (struct forward *f = n->forwards, *next; f != NULL; f = next) {
        next = f->next;
        if (f->nonce[0] != 0 && strcmp(f->nonce, nonce) == 0) end(f, "revoked");
    }
}

void forwards_tick(struct media_node *n)
{
    int64_t now = clock_utc_ms();
    for (struct forward *f = n->forwards, *next; f != NULL; f = next) {
        next = f->next;
        if (f->channel != NULL && f->channel->standing) f->sent_ms = now;
        if (now - f->sent_ms > NO_PICTURE_MS) end(f, "no picture");
    }
}

void forwards_stop(struct media_node *n)
{
    while (n->forwards != NULL) end(n->forwards, NULL);
}
