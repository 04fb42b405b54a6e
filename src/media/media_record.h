/* Recordings on disk: segments of about two seconds that begin with a key picture, and clips made of them as evidence: every piece in
 * a SHA-256 chain, a manifest signed with Ed25519. */
#ifndef HX_MEDIA_RECORD_H
#define HX_MEDIA_RECORD_H

#include "base/json.h"
#include "io/loop.h"
#include "media/media_stream.h"

#define RECORD_SEGMENT_MS 2000
#define RECORD_PATH_MAX 4400

/* Writes one stream's segments through the pool; the loop never waits for the disk. */
struct recording;
struct recording *recording_new(struct pool *pool, const char *dir, const struct media_stream *stream);
/* Takes a unit in order; what the ring holds is taken first by recording_new. */
void recording_take(struct recording *r, const struct media_stream *s, const struct media_unit *u);
void recording_free(struct recording *r); /* writes what is begun */

/* Deletes segments older than their stream's days, and, while less than `free_share` of the disk is free, the oldest ones; never one
 * that ends after its stream's `protect_from`. Blocking; for the pool. Returns how many went. */
struct retention {
    const char *dir;
    int days;          /* of streams not named below */
    double free_share;
    struct retention_stream {
        char id[STREAM_ID_MAX];
        int days;
        int64_t protect_from; /* UTC ms, 0 none */
    } *streams;
    size_t count;
};
int retention_run(const struct retention *r, int64_t now_ms);

/* The node's own key for clips, made where it is missing: DIR/clip.key, and DIR/clip.pub for whoever verifies. Before the first clip. */
enum hx_err clip_key_make(const char *dir) HX_MUST_USE;
/* A clip of a stream between two times, made of the segments that overlap them. Blocking; for the pool. */
struct clip_order {
    char dir[RECORD_PATH_MAX], stream[STREAM_ID_MAX], watermark[40];
    int64_t clip_id, from, to; /* UTC ms */
    json_t *facts;     /* camera, school, incident, who asked and why: copied into the manifest */
};
/* Writes DIR/clips/ID.mp4 and ID.json. NOT_FOUND when nothing was recorded then. *manifest is a new object. */
enum hx_err clip_make(const struct clip_order *o, int64_t now_ms, json_t **manifest) HX_MUST_USE;
/* Whether the file is what the manifest says and the manifest is what was signed. `why` names the first fault, or the key that signed. */
enum hx_err clip_verify(const char *file, const char *manifest_file, char *why, size_t why_bytes) HX_MUST_USE;

/* Recorded stretches between two times, merged over gaps below three seconds: [[from ms, to ms], …]. */
json_t *record_ranges(const char *dir, const char *stream, int64_t from, int64_t to);

#endif
