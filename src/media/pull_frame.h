/* What a node and a process that fetches and draws for it (huxue-pull) say to each other over a socket, as framed bytes. Pure. */
#ifndef HX_PULL_FRAME_H
#define HX_PULL_FRAME_H

#include "base/str.h"

#define PULL_HEAD_BYTES 24
#define PULL_BODY_MAX (4u << 20)
#define PULL_SLOTS 16     /* streams of a process */
#define PULL_URL_MAX 700

enum pull_kind {
    PULL_UNIT = 1,  /* to the node: an access unit */
    PULL_ENDED = 2, /* to the node: the stream is over, "CAUSE DETAIL" */
    PULL_ORDER = 3, /* to the process: JSON, "do" open or close */
    PULL_DRAW = 4,  /* to the process: a key picture with its parameter sets, to become a JPEG */
    PULL_DRAWN = 5, /* to the node: the JPEG; empty: it could not be drawn */
    PULL_SOUND = 6, /* to the node: a packet of Opus, 20 ms, that belongs to now */
};
enum pull_codec { PULL_H264 = 1, PULL_H265 = 2, PULL_OTHER = 3 };

struct pull_frame {
    uint32_t slot;       /* which of the process's streams, or which picture to draw */
    enum pull_kind kind;
    enum pull_codec codec; /* of a unit */
    int64_t time;        /* decode time, 1/90000 s, of the sender's clock; -1 when it gave none */
    int32_t offset;      /* from there to the time of showing, 1/90000 s */
    struct str body;     /* pictures: Annex B */
};

/* The head alone: the body follows it as it is. */
void pull_frame_head(const struct pull_frame *f, uint8_t out[PULL_HEAD_BYTES]);
/* Reads a whole frame from the front of `in` and says how many bytes it took; AGAIN while it is not whole (then how many it
 * wants), MALFORMED when these
 * bytes are none. The body points into `in`. */
enum hx_err pull_frame_read(struct str in, struct pull_frame *out, size_t *used) HX_MUST_USE;

#endif
