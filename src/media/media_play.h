/* What is on our own disk, played into a stream at the pace at which it came. Gaps are stepped over. Loop thread; the disk is read on
 * the pool. */
#ifndef HX_MEDIA_PLAY_H
#define HX_MEDIA_PLAY_H

#include "io/loop.h"
#include "media/media_stream.h"

struct playing;

struct play_wish {
    struct loop *loop;
    struct pool *pool;
    struct media_stream *stream;
    const char *dir, *kept; /* the stream whose segments these are */
    int64_t from, to;       /* UTC ms */
    void (*first)(struct media_stream *s, const char *peer, void *arg);
    /* Over: "nothing" was recorded then, or "ended". */
    void (*lost)(struct media_stream *s, const char *why, void *arg);
    void *arg;
};

struct playing *play_open(const struct play_wish *wish);
/* `percent` 100: as it was recorded, 0: it stands still; `seek_ms` from the beginning of the wish, -1: on from where it is. */
void play_pace(struct playing *p, int percent, int64_t seek_ms, int64_t now_ms);
/* Nothing more is told of it. */
void play_close(struct playing *p);

#endif
