/* JT/T 1078-2016: pictures of a vehicle's terminal. The media packets that it sends (table 19), and the bodies of the JT/T 808 messages by
 * which they are asked for. Pure: bytes in, fields out.
 *
 * The number in a packet has six bytes of BCD by the standard; terminals of JT/T 808-2019 send ten, told apart by what follows. */
#ifndef HX_JT1078_H
#define HX_JT1078_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define JT1078_BODY_MAX 2048     /* 950 by the standard; the field sends up to an Ethernet frame */
#define JT1078_PACKET_MAX (34 + JT1078_BODY_MAX)
#define JT1078_UNIT_MAX (2u << 20)
#define JT1078_CHANNELS_MAX 16

enum jt1078_message { JT1078_ATTRIBUTES = 0x1003, JT1078_ASK_ATTRIBUTES = 0x9003, JT1078_ASK_LIVE = 0x9101, JT1078_STEER_LIVE = 0x9102 };
enum jt1078_type { JT1078_ALAW = 6, JT1078_ULAW = 7, JT1078_H264 = 98, JT1078_H265 = 99 };

struct jt1078_packet {
    uint8_t type;          /* of the payload (table 12) */
    bool marker;
    uint16_t seq;
    char number[21];       /* digits, as sent */
    int channel;
    enum { JT1078_I, JT1078_P, JT1078_B, JT1078_SOUND, JT1078_DATA } kind;
    enum { JT1078_WHOLE, JT1078_FIRST, JT1078_LAST, JT1078_MIDDLE } part;
    int64_t time_ms;       /* of the terminal's own clock, from anywhere; -1: of data, which has none */
    struct str body;       /* points into the input */
};

/* Reads the packet at the beginning of a stream's bytes. AGAIN: more is needed. MALFORMED: none begins here. `number_bytes` 0: not known
 * yet, then it is set to 6 or 10 by the first packet behind which another begins, or nothing stands. */
enum hx_err jt1078_parse(struct str in, int *number_bytes, struct jt1078_packet *out, size_t *used) HX_MUST_USE;
/* Where the next packet may begin, behind the first byte; in.len where none does. */
size_t jt1078_seek(struct str in);

/* Puts the pieces of a picture together. */
struct jt1078_join {
    struct buf unit;
    bool begun, open;      /* a packet was seen; a picture is being put together */
    uint16_t next;
};
void jt1078_join_init(struct jt1078_join *j);
void jt1078_join_free(struct jt1078_join *j);
/* True: `*unit` is a whole picture, Annex B, until the next call. `*gap`: packets are missing before this one, or a picture was too large.
 * A packet that comes late, or again, is ignored. */
bool jt1078_join_feed(struct jt1078_join *j, const struct jt1078_packet *p, struct str *unit, bool *gap);

/* The samples of a packet of sound that is G.711, without the head of four bytes that some chips put before them; false where it is none. */
bool jt1078_sound(const struct jt1078_packet *p, struct str *samples, bool *ulaw);

/* 0x1003 (table 4): how many channels have pictures; MALFORMED when it is too short. */
enum hx_err jt1078_channels(struct str body, int *channels) HX_MUST_USE;
/* 0x9101 (table 14): pictures, with sound or without, to this host; of the two ports the one that is not 0 is used. Returns the bytes written. */
struct jt1078_live {
    const char *host;      /* at most 255 bytes */
    int tcp_port, udp_port, channel;
    bool sub;              /* the second stream */
    bool sound;
};
size_t jt1078_ask_live(const struct jt1078_live *l, uint8_t out[270]);
/* Reads one, for simulators: the host is not ended by NUL. */
enum hx_err jt1078_live_read(struct str body, struct jt1078_live *out, struct str *host) HX_MUST_USE;
/* 0x9102 (table 15): this channel's pictures end. */
size_t jt1078_stop_live(int channel, uint8_t out[4]);

/* The sender's side, for simulators and tests: a picture in pieces of at most 950 bytes, each handed to `send`. */
struct jt1078_picture {
    const char *number;    /* digits */
    int number_bytes, channel;
    bool key, h265;
    bool sound;            /* `unit` is G.711 A-law instead */
    int64_t time_ms;
    struct str unit;
};
void jt1078_pack(const struct jt1078_picture *p, uint16_t *seq, void (*send)(struct str packet, void *arg), void *arg);

#endif
