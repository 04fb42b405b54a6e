/* One camera's pictures in this process: packets in, access units remuxed to fMP4 fragments, the last of them kept in a ring that
 * begins with a key picture. Decodes nothing. No sockets; the caller brings bytes and the time. */
#ifndef HX_MEDIA_STREAM_H
#define HX_MEDIA_STREAM_H

#include "media/fmp4.h"
#include "media/ps.h"
#include "proto/rtp/rtp.h"

#define STREAM_ID_MAX 32
#define STREAM_RING_BYTES (24u << 20)
#define STREAM_SET_MAX 512

/* A fragment: moof and mdat of one access unit, or of a packet of sound. */
struct media_unit {
    struct media_unit *next;
    int64_t at_ms;     /* when it was whole here, UTC */
    uint64_t time;     /* decode time, 1/90000 s, monotone within the stream */
    int32_t offset;    /* from decoding to showing */
    bool key, sound;
    size_t n;
    char bytes[];
};

struct media_stream {
    char id[STREAM_ID_MAX];
    int64_t ring_ms;   /* how far back the ring reaches; at least to the last key picture */
    struct rtp_order order;
    struct ps ps;
    /* The picture. */
    char vps[STREAM_SET_MAX], sps[STREAM_SET_MAX], pps[STREAM_SET_MAX];
    size_t vps_bytes, sps_bytes, pps_bytes; /* vps: of H.265 alone */
    struct buf init, scratch; /* ftyp and moov; where a fragment is put together */
    uint32_t head;     /* counts the inits: pictures of one do not go with another */
    char codec[40];    /* "avc1.42C01E", "hvc1.1.6.L93.B0", "" before the first key picture */
    int width, height;
    int opus_channels, next_channels; /* of sound, 0 none; from the next key picture on */
    uint64_t sound_time; /* where the next packet of sound belongs */
    uint32_t sound_wait; /* sound that lies farther behind the pictures is given up, and silence stands in its place: without it a browser stops; 0: never */
    bool hears;        /* the device's own sound goes with its pictures, and stream_feed_sound is called for it */
    /* Its time. */
    bool timed;
    uint64_t pts, time;
    uint32_t step;
    int32_t offset;    /* of the unit being fed, from decoding to showing */
    int64_t now_ms, last_ms; /* of the bytes being fed; of the last unit */
    uint32_t number;
    bool frozen;       /* a loss: nothing is shown until the next key picture */
    /* The ring. */
    struct media_unit *first, *last;
    size_t bytes, units;
    /* Counted. */
    uint64_t in_bytes, packets, frames, freezes, bad;
    enum ps_codec seen;
    int64_t first_packet_ms, first_key_ms, last_packet_ms;
    uint32_t ssrc, want_ssrc; /* as it comes; as was agreed, 0 none */
    /* Told to the owner. */
    void (*on_init)(struct media_stream *s, void *arg);
    void (*on_unit)(struct media_stream *s, const struct media_unit *u, void *arg);
    void (*on_sound)(struct media_stream *s, struct str bytes, enum ps_sound kind, void *arg); /* of a device; not kept */
    void (*on_codec)(struct media_stream *s, void *arg); /* pictures that cannot be remuxed here, told once */
    void *arg;
};

struct media_stream *stream_new(const char *id);
void stream_free(struct media_stream *s);
/* One RTP packet. INVALID when it is none. */
enum hx_err stream_feed(struct media_stream *s, struct str packet, int64_t now_ms, bool reliable) HX_MUST_USE;
/* A whole access unit that came by another way than RTP. */
struct media_input {
    struct str unit;   /* Annex B */
    enum ps_codec codec;
    int64_t time;      /* of decoding, 1/90000 s; -1 not known */
    int32_t offset;    /* from there to showing */
};
void stream_feed_unit(struct media_stream *s, const struct media_input *in, int64_t now_ms);
/* Opus: how many channels (0 none), from the next key picture on; a packet of 20 ms at a time by the pictures' clock, -1: it belongs to now. */
void stream_set_sound(struct media_stream *s, int channels);
void stream_feed_sound(struct media_stream *s, struct str packet, int64_t time, int64_t now_ms);
/* Sound of a device, that came by another way than RTP. */
void stream_feed_g711(struct media_stream *s, struct str samples, bool ulaw, int64_t now_ms);
void stream_feed_opus(struct media_stream *s, struct str packet, int64_t now_ms); /* 20 ms of it, one channel */
/* Whether the device's own sound goes with its pictures, from the next key picture on. */
void stream_hear(struct media_stream *s, bool on);
/* Something is missing: nothing is shown until the next key picture. */
void stream_lost(struct media_stream *s);
/* Forgets what was begun: the sender has changed. */
void stream_restart(struct media_stream *s);
/* A picture of the ring as Annex B, a key picture with its parameter sets; false where there is no room. */
bool stream_nals(const struct media_stream *s, const struct media_unit *u, struct buf *out);
/* The newest key picture as Annex B with its parameter sets; false when there is none. */
bool stream_still(const struct media_stream *s, struct buf *out);
/* The newest key picture of the ring, NULL none. */
const struct media_unit *stream_last_key(const struct media_stream *s);

#endif
