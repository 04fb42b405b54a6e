/* RTP (RFC 3550) as cameras send it: header, order restored within a window, losses counted. Pure: no sockets, no clock. */
#ifndef HX_RTP_H
#define HX_RTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define RTP_WINDOW 128        /* packets; a power of two */
#define RTP_PACKET_MAX 2048   /* longer ones are not held in the window */

struct rtp_packet {
    uint16_t seq;
    uint32_t timestamp, ssrc;
    uint8_t type;
    bool marker;
    struct str payload; /* without CSRC list, header extension and padding */
};

/* INVALID when the bytes are no RTP version 2 packet. The payload points into `bytes`. */
enum hx_err rtp_parse(struct str bytes, struct rtp_packet *out) HX_MUST_USE;

struct rtp_order {
    struct rtp_slot {
        bool filled, marker;
        uint8_t type;
        uint16_t bytes_n;
        uint32_t timestamp, ssrc;
        uint8_t bytes[RTP_PACKET_MAX];
    } *slots; /* RTP_WINDOW of them; NULL until the first packet */
    bool begun;
    uint16_t next;
    unsigned held;
    uint64_t packets, lost, late;
    /* Gets packets in order; `gap` is set on the first one after a loss. */
    void (*take)(const struct rtp_packet *packet, bool gap, void *arg);
    void *arg;
};

/* Feeds a packet in the order of arrival. A missing one is waited for until `patience` later ones have come. */
void rtp_order_feed(struct rtp_order *o, const struct rtp_packet *packet, unsigned patience);
void rtp_order_free(struct rtp_order *o);

#endif
