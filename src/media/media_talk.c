/* A voice to a school (GB/T 28181 clause 9.12): what a browser's microphone gives goes to the device that asked for it as RTP, G.711 A-law; what
 * the camera hears comes back over the same WebSocket. Text to the browser: {"state": …}. Binary, browser to node: samples of A-law, 8,000 a
 * second. Binary, node to browser: byte 0 is 5, byte 1 the law (0 A, 1 µ), bytes 8 to 15 when it was here (UTC ms); then the samples. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "media_inner.h"
#include "media/ps_pack.h"
#include "media_out.h"
#include "media_ws.h"

#define TALKS_MAX 200
#define MESSAGE_MAX 8192
#define HEAD_BYTES 16
#define VIEW_SOUND 5
#define ALONE_MS 10000        /* for the browser to come, or for the daemon's order */
#define OVER_MS 3000
#define PACKET_BYTES 160      /* 20 ms */
#define PACKET_MS 20
#define SAID_MAX 3200         /* 400 ms: what is older is not said any more */
#define SILENCE 0xD5
#define HEARD_MAX (64u << 10) /* bytes that a slow browser may have before it */
#define TYPE_PCMA 8           /* RFC 3551 */

struct talk {
    struct media_node *node;
    int64_t id, begun_ms;
    char stream[STREAM_ID_MAX], nonce[17];
    char state[32], detail[160]; /* as the daemon last said, for a browser that comes later */
    struct ws_line line;         /* not open: the browser has not come yet */
    bool going;
    struct media_out out;
    struct loop_timer *beat;
    int64_t going_us, sent; /* when it began, and packets since */
    uint32_t ssrc, stamp;
    uint16_t seq;
    uint8_t said[SAID_MAX];
    size_t said_n;
    uint64_t heard;
    struct talk *next, **link;
};

static struct talk *talk_of(struct media_node *n, int64_t id)
{
    struct talk *t = n->talks;
    while (t != NULL && t->id != id) t = t->next;
    return t;
}

/* `why` NULL: the daemon ends it and needs no telling. */
static void talk_free(struct talk *t, const char *why)
{
    struct media_node *n = t->node;
    *t->link = t->next;
    if (t->next != NULL) t->next->link = t->link;
    n->talk_count--;
    if (why != NULL) control_tell(n, json_pack("{s:s,s:I,s:s}", "ev", "talk_end", "talk", (json_int_t)t->id, "why", why));
    log_info("media.talked", "talk=%lld packets=%lld heard=%llu why=\"%s\"", (long long)t->id, (long long)t->sent, (unsigned long long)t->heard, why != NULL ? why : "daemon");
    media_out_close(&t->out);
    loop_timer_free(t->beat);
    ws_close(&t->line);
    free(t);
}

/* ---- to the device ---- */

static void send_packet(struct talk *t)
{
    uint8_t packet[12 + PACKET_BYTES];
    size_t have = t->said_n < PACKET_BYTES ? t->said_n : PACKET_BYTES;
    rtp_put_head(packet, TYPE_PCMA, t->sent == 0, t->seq++, t->stamp, t->ssrc);
    memcpy(packet + 12, t->said, have);
    memset(packet + 12 + have, SILENCE, PACKET_BYTES - have); /* it hears that we are there: some hang up on silence */
    memmove(t->said, t->said + have, t->said_n - have);
    t->said_n -= have;
    t->stamp += PACKET_BYTES;
    t->sent++;
    if (!media_out_send(&t->out, (struct str){(const char *)packet, sizeof packet})) t->node->dropped++;
    else t->node->sent_bytes += sizeof packet;
}

static void beat(void *arg)
{
    struct talk *t = arg;
    if (!t->going) {
        talk_free(t, t->line.bev == NULL ? "nobody came to speak" : t->sent > 0 ? "over" : "no order came");
        return;
    }
    int64_t due = (clock_mono_us() - t->going_us) / 1000 / PACKET_MS + 1;
    if (due - t->sent > SAID_MAX / PACKET_BYTES) t->going_us += (due - t->sent) * PACKET_MS * 1000, due = t->sent + 1; /* we stood still: it is not made up for */
    while (t->sent < due && media_out_ready(&t->out)) send_packet(t);
    loop_timer_set(t->beat, PACKET_MS);
}

static void on_gone(void *arg)
{
    talk_free(arg, "connection");
}

static struct talk *talk_new(struct media_node *n, int64_t id)
{
    if (n->talk_count >= TALKS_MAX) return NULL;
    struct talk *t = calloc(1, sizeof *t);
    HX_ASSERT(t != NULL);
    *t = (struct talk){.node = n, .id = id, .begun_ms = clock_utc_ms(), .out.fd = -1, .next = n->talks, .link = &n->talks};
    t->beat = loop_timer_new(n->set.loop, beat, t);
    loop_timer_set(t->beat, ALONE_MS);
    if (t->next != NULL) t->next->link = &t->next;
    n->talks = t;
    n->talk_count++;
    return t;
}

/* ---- the browser ---- */

static void say_state(struct talk *t)
{
    ws_say_json(&t->line, json_pack("{s:s,s:s}", "state", t->state[0] != 0 ? t->state : "asking", "detail", t->detail));
}

/* The newest samples are kept: a voice that lags is worse than one that skips. */
static void take(struct talk *t, const uint8_t *b, size_t n)
{
    if (!t->going) return;
    if (n > SAID_MAX) b += n - SAID_MAX, n = SAID_MAX;
    if (t->said_n + n > SAID_MAX) {
        size_t old = t->said_n + n - SAID_MAX;
        memmove(t->said, t->said + old, t->said_n - old);
        t->said_n -= old;
    }
    memcpy(t->said + t->said_n, b, n);
    t->said_n += n;
}

static void on_message(int opcode, struct str bytes, void *arg)
{
    if (opcode == WSLAY_BINARY_FRAME) take(arg, (const uint8_t *)bytes.at, bytes.len);
}

static void on_over(void *arg)
{
    talk_free(arg, "hung up");
}

void talk_begin(struct media_node *n, struct http_request *r, const struct ticket *ticket)
{
    int64_t id = 0;
    const char *number = ticket->subject + 1;
    if (ticket->subject[0] != 't' || !str_to_i64(str_of(number), &id)) {
        http_reply(r, 403, "text/plain", STR("this ticket is for something else\n"));
        return;
    }
    struct talk *t = talk_of(n, id);
    if (t == NULL) t = talk_new(n, id);
    if (t == NULL || t->line.bev != NULL) {
        http_reply(r, t == NULL ? 503 : 409, "text/plain", t == NULL ? STR("too many are talking\n") : STR("somebody speaks with this ticket already\n"));
        return;
    }
    snprintf(t->nonce, sizeof t->nonce, "%s", ticket->nonce);
    t->line = (struct ws_line){.sent_bytes = &n->sent_bytes, .message = on_message, .over = on_over, .arg = t};
    if (ws_open(&t->line, r, MESSAGE_MAX)) say_state(t);
    else talk_free(t, "no WebSocket");
}

void talks_sound(struct channel *c, struct str bytes, bool ulaw, int64_t at_ms)
{
    uint8_t m[HEAD_BYTES + 4096] = {VIEW_SOUND, ulaw};
    if (c->node->talks == NULL || bytes.len > sizeof m - HEAD_BYTES) return;
    for (int i = 0; i < 8; i++) m[8 + i] = (uint8_t)((uint64_t)at_ms >> (56 - 8 * i));
    memcpy(m + HEAD_BYTES, bytes.at, bytes.len);
    for (struct talk *t = c->node->talks, *next; t != NULL; t = next) {
        next = t->next;
        if (t->line.bev == NULL || strcmp(t->stream, c->stream->id) != 0 || ws_waiting(&t->line) > HEARD_MAX) continue;
        t->heard += bytes.len;
        ws_say(&t->line, WSLAY_BINARY_FRAME, m, HEAD_BYTES + bytes.len);
    }
}

/* ---- the daemon's orders ---- */

/* It is over: nothing goes out any more, and a browser that does not hang up is hung up on. */
static void hush(struct talk *t)
{
    t->going = false;
    t->said_n = 0;
    media_out_close(&t->out);
    loop_timer_set(t->beat, OVER_MS);
}

void talk_order(struct media_node *n, const json_t *o)
{
    int64_t id = json_i64(o, "talk", 0);
    const char *act = json_z(o, "act", "");
    struct talk *t = talk_of(n, id);
    if (t == NULL && strcmp(act, "begin") == 0) t = talk_new(n, id);
    if (t == NULL) {
        if (strcmp(act, "end") != 0) control_tell(n, json_pack("{s:s,s:I,s:s}", "ev", "talk_end", "talk", (json_int_t)id, "why", "gone"));
        return;
    }
    if (strcmp(act, "begin") == 0) {
        snprintf(t->stream, sizeof t->stream, "%s", json_z(o, "stream", ""));
    } else if (strcmp(act, "reach") == 0) {
        int port = 0;
        media_out_close(&t->out);
        t->out = (struct media_out){.loop = n->set.loop, .gone = on_gone, .arg = t};
        t->ssrc = (uint32_t)json_i64(o, "ssrc", 0);
        t->seq = (uint16_t)t->ssrc;
        enum hx_err e = media_out_open(&t->out, json_z(o, "way", "udp"), json_z(o, "host", ""), (int)json_i64(o, "port", 0), n->set.rtp_host, &port);
        control_tell(n, json_pack("{s:s,s:I,s:i,s:s}", "ev", "talk_port", "talk", (json_int_t)id, "port", port, "error", e ? err_name(e) : ""));
    } else if (strcmp(act, "go") == 0 && !t->going) {
        t->going = true;
        t->going_us = clock_mono_us();
        beat(t);
    } else if (strcmp(act, "say") == 0) {
        snprintf(t->state, sizeof t->state, "%s", json_z(o, "state", ""));
        str_to_utf8_z(str_of(json_z(o, "detail", "")), t->detail, sizeof t->detail);
        say_state(t);
        if (strcmp(t->state, "speaking") != 0 && strcmp(t->state, "asking") != 0) hush(t);
    } else if (strcmp(act, "end") == 0) {
        talk_free(t, NULL);
    }
}

void talks_revoke(struct media_node *n, const char *nonce)
{
    for (struct talk *t = n->talks, *next; t != NULL; t = next) {
        next = t->next;
        if (t->nonce[0] != 0 && strcmp(t->nonce, nonce) == 0) talk_free(t, "revoked");
    }
}

void talks_stop(struct media_node *n)
{
    while (n->talks != NULL) talk_free(n->talks, NULL);
}
