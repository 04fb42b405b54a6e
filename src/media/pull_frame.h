/* What a pulling process (huxue-pull) hands to the node that started it: access units and how a stream stands, as framed bytes over a
 * pipe. Pure. */
#ifndef HX_PULL_FRAME_H
#define HX_PULL_FRAME_H

#include "base/str.h"

#define PULL_HEAD_BYTES 24
#define PULL_BODY_MAX (4u << 20)

enum pull_kind { PULL_UNIT = 1, PULL_ENDED = 2 };
enum pull_codec { PULL_H264 = 1, PULL_H265 = 2, PULL_OTHER = 3 };

struct pull_frame {
    uint32_t slot;       /* which of the process's streams */
    enum pull_kind kind;
    enum pull_codec codec; /* of a unit */
    int64_t time;        /* decode time, 1/90000 s, of the sender's clock; -1 when it gave none */
    int32_t offset;      /* from there to the time of showing, 1/90000 s */
    struct str body;     /* unit: Annex B; ended: "CAUSE DETAIL" */
};

/* The head alone: the body follows it as it is. */
void pull_frame_head(const struct pull_frame *f, uint8_t out[PULL_HEAD_BYTES]);
/* Reads a whole frame from the front of `in` and says how many bytes it took; AGAIN while it is not whole, MALFORMED when these
 * bytes are none. The body points into `in`. */
enum hx_err pull_frame_read(struct str in, struct pull_frame *out, size_t *used) HX_MUST_USE;

#endif
