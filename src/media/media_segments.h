/* The segments of a stream as files: DIR/STREAM/FROM-TO.mp4, both UTC ms. */
#ifndef HX_MEDIA_SEGMENTS_H
#define HX_MEDIA_SEGMENTS_H

#include <stddef.h>
#include <stdint.h>

struct segment {
    int64_t from, to;
};
/* Those that overlap [from, to], in order; the caller frees *out. */
size_t segments_list(const char *dir, const char *stream, int64_t from, int64_t to, struct segment **out);

#endif
