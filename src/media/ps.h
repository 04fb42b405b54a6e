/* MPEG program streams (ISO/IEC 13818-1) as GB/T 28181 cameras really send them: with or without a program stream map, with
 * private streams between, cut anywhere; or, under the same payload type, the elementary stream or a transport stream. Gives whole access units of the first video stream, and sound as it comes. Pure. */
#ifndef HX_PS_H
#define HX_PS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "media/ts.h"

#define PS_UNIT_MAX (4u << 20) /* bytes of one access unit; a longer one is dropped */

enum ps_codec { PS_CODEC_NONE, PS_CODEC_H264, PS_CODEC_H265, PS_CODEC_OTHER };
enum ps_sound { PS_SOUND_ALAW, PS_SOUND_ULAW, PS_SOUND_OTHER }; /* G.711, by the stream map; without one A-law */

struct ps {
    struct buf in;   /* bytes not yet understood; at most one PES packet */
    struct buf unit; /* the access unit that grows, Annex B */
    enum { PS_PACKS, PS_RAW, PS_TRANSPORT } shape; /* of what comes, once `begun` */
    struct ts ts;
    bool has_pts, begun;
    uint64_t pts;    /* of `unit`, 90 kHz, 33 bits */
    enum ps_codec mapped, codec; /* as the map says; as the NAL units show */
    enum ps_sound sound;
    bool sounds;     /* G.711 comes with the pictures: the map says so, or it has come */
    uint64_t resyncs, too_long;
    void (*take)(struct str unit, uint64_t pts, bool has_pts, enum ps_codec codec, void *arg);
    void (*take_sound)(struct str bytes, enum ps_sound kind, void *arg); /* NULL: nobody listens */
    void *arg;
};

void ps_init(struct ps *p, void (*take)(struct str unit, uint64_t pts, bool has_pts, enum ps_codec codec, void *arg), void *arg);
void ps_free(struct ps *p);
/* Feeds the next bytes of the stream. */
void ps_feed(struct ps *p, struct str bytes);
/* The sender says that a frame ends here (RTP marker): what is whole is handed on at once. */
void ps_mark(struct ps *p);
/* Bytes were lost: what was begun is forgotten. */
void ps_lose(struct ps *p);

#endif
