/* Streams that we fetch: RTSP cameras; and stills. Fetching and drawing are done by processes of their own
 * (huxue-pull), some streams each; this starts them, hands out places and takes their frames. Loop thread. */
#ifndef HX_MEDIA_PULL_H
#define HX_MEDIA_PULL_H

#include "io/loop.h"
#include "media/media_stream.h"

struct puller;
struct pulling;

struct pull_wish {
    struct media_stream *stream;
    const char *url;
    bool udp, sound;       /* sound: with what the camera hears; stream_hear says whether it is handed on */
    void (*first)(struct media_stream *s, const char *peer, void *arg); /* the first picture data has come */
    /* Over: why in a word (connect, login, not_found, refused, codec, ended, process), and more for people. */
    void (*lost)(struct media_stream *s, const char *why, const char *detail, void *arg);
    void *arg;
};

struct puller *puller_new(struct loop *loop);
void puller_free(struct puller *p); /* ends its processes */
/* BUSY when no process could be started. */
enum hx_err pulling_open(struct puller *p, const struct pull_wish *wish, struct pulling **out) HX_MUST_USE;
/* Nothing more is told of it. Not within `first` or `lost`. */
void pulling_close(struct pulling *x);
/* Draws a key picture (Annex B with its parameter sets) as JPEG; `done` is called once, with an empty text when it could not be. */
void puller_draw(struct puller *p, bool h265, struct str unit, void (*done)(struct str jpeg, void *arg), void *arg);

#endif
