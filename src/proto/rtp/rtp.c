#include "rtp.h"

#include <stdlib.h>
#include <string.h>

#define RTP_JUMP 2048 /* a step further than this is a new start of the sender, not a loss */

enum hx_err rtp_parse(struct str bytes, struct rtp_packet *out)
{
    const uint8_t *b = (const uint8_t *)bytes.at;
    if (bytes.len < 12 || b[0] >> 6 != 2) return HX_E_INVALID;
    size_t head = 12 + 4u * (b[0] & 15), end = bytes.len;
    if (head > end) return HX_E_INVALID;
    if (b[0] & 0x10) {
        if (head + 4 > end) return HX_E_INVALID;
        head += 4 + 4u * (size_t)(b[head + 2] << 8 | b[head + 3]);
        if (head > end) return HX_E_INVALID;
    }
    if (b[0] & 0x20) {
        size_t pad = b[end - 1];
        if (pad == 0 || pad > end - head) return HX_E_INVALID;
        end -= pad;
    }
    *out = (struct rtp_packet){.seq = (uint16_t)(b[2] << 8 | b[3]), .timestamp = (uint32_t)b[4] << 24 | (uint32_t)b[5] << 16 | (uint32_t)b[6] << 8 | b[7],
                               .ssrc = (uint32_t)b[8] << 24 | (uint32_t)b[9] << 16 | (uint32_t)b[10] << 8 | b[11], .type = b[1] & 0x7f, .marker = b[1] >> 7,
                               .payload = {bytes.at + head, end - head}};
    return HX_OK;
}

static void give(struct rtp_order *o, const struct rtp_packet *p, bool gap)
{
    o->next = (uint16_t)(p->seq + 1);
    o->take(p, gap, o->arg);
}

/* Hands on what now stands in order. */
static void drain(struct rtp_order *o, bool gap)
{
    while (o->held > 0) {
        struct rtp_slot *s = &o->slots[o->next % RTP_WINDOW];
        if (!s->filled) return;
        struct rtp_packet p = {.seq = o->next, .timestamp = s->timestamp, .ssrc = s->ssrc, .type = s->type, .marker = s->marker, .payload = {(const char *)s->bytes, s->bytes_n}};
        s->filled = false;
        o->held--;
        give(o, &p, gap);
        gap = false;
    }
}

static void skip_gap(struct rtp_order *o)
{
    while (!o->slots[o->next % RTP_WINDOW].filled) {
        o->next++;
        o->lost++;
    }
    drain(o, true);
}

static void restart(struct rtp_order *o, const struct rtp_packet *p)
{
    for (int i = 0; i < RTP_WINDOW && o->slots != NULL; i++) o->slots[i].filled = false;
    o->held = 0;
    give(o, p, o->begun);
    o->begun = true;
}

void rtp_order_feed(struct rtp_order *o, const struct rtp_packet *p, unsigned patience)
{
    o->packets++;
    int16_t ahead = (int16_t)(p->seq - o->next);
    if (!o->begun || ahead > RTP_JUMP || ahead < -RTP_JUMP) {
        restart(o, p);
        return;
    }
    if (ahead < 0) {
        o->late++;
        return;
    }
    if (ahead == 0) {
        give(o, p, false);
        drain(o, false);
        return;
    }
    while (ahead >= RTP_WINDOW && o->held > 0) {
        skip_gap(o);
        ahead = (int16_t)(p->seq - o->next);
    }
    if (ahead >= RTP_WINDOW || ahead <= 0 || p->payload.len > RTP_PACKET_MAX) {
        if (ahead > 0) o->lost += (uint64_t)ahead;
        give(o, p, ahead > 0);
        drain(o, false);
        return;
    }
    if (o->slots == NULL) {
        o->slots = calloc(RTP_WINDOW, sizeof *o->slots);
        HX_ASSERT(o->slots != NULL);
    }
    struct rtp_slot *s = &o->slots[p->seq % RTP_WINDOW];
    if (s->filled) {
        o->late++; /* the same packet again */
        return;
    }
    s->filled = true, s->marker = p->marker, s->type = p->type, s->timestamp = p->timestamp, s->ssrc = p->ssrc;
    s->bytes_n = (uint16_t)p->payload.len;
    memcpy(s->bytes, p->payload.at, p->payload.len);
    if (++o->held > patience) skip_gap(o);
}

void rtp_order_free(struct rtp_order *o)
{
    free(o->slots);
    o->slots = NULL;
}
