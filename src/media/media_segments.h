/* The segments of a stream as files: DIR/STREAM/FROM-TO.mp4, both UTC ms; and what is in one. Blocking; for the pool. */
#ifndef HX_MEDIA_SEGMENTS_H
#define HX_MEDIA_SEGMENTS_H

#include <stdbool.h>

#include "base/str.h"

#define SEGMENT_BYTES_MAX (64u << 20)
#define SEGMENT_TFDT_AT 60 /* of our own moof (fmp4.c): where its decode time stands */

struct segment {
    int64_t from, to;
};
/* Those that overlap [from, to], in order; the caller frees *out. */
size_t segments_list(const char *dir, const char *stream, int64_t from, int64_t to, struct segment **out);
/* False when it cannot be read or is longer than `max`; `out` is the caller's to free in either case. */
bool segment_read_file(const char *path, size_t max, struct buf *out);
/* The next box at *at: its bytes and name; false at the end or where it does not fit. */
bool segment_next_box(struct str in, size_t *at, struct str *box, const char **name);
uint64_t segment_get64(const char *at);
bool segment_of_sound(struct str moof); /* of our own moof: its fragment is sound, else a picture */

/* The pictures and the sound of a segment, as they were written. */
struct segment_unit {
    uint64_t time;  /* of decoding, 1/90000 s, by the stream's clock */
    int32_t offset; /* from there to showing */
    bool sound;     /* a packet of Opus */
    size_t at, n;   /* within `bytes` */
};
struct segment_units {
    struct buf bytes; /* pictures as Annex B, a key picture's parameter sets before it; sound as it is */
    bool h265;
    int opus_channels; /* 0: no sound */
    struct segment_unit *units;
    size_t count;
};
/* Reads a segment of ours. MALFORMED when it is none of ours; of the second form NOT_FOUND when the file is gone. */
enum hx_err segment_units_parse(struct str file, struct segment_units *out) HX_MUST_USE;
enum hx_err segment_units_read(const char *dir, const char *stream, const struct segment *s, struct segment_units *out) HX_MUST_USE;
void segment_units_free(struct segment_units *u);

#endif
