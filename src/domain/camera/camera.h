/* Recorders, cameras, who looked through them, and clips. */
#ifndef HX_CAMERA_H
#define HX_CAMERA_H

#include "api/api.h"

enum hx_err recorder_make(struct tx *tx, const struct seal *seal, const json_t *body, int64_t demo, int64_t *id) HX_MUST_USE;
enum hx_err camera_make(struct tx *tx, const json_t *body, int64_t demo, int64_t *id) HX_MUST_USE;
/* A clip row with its event; `person_id` 0: the alarm itself. */
struct clip_new {
    int64_t camera_id, school_id, incident_id, person_id, from, to;
    const char *reason;
};
enum hx_err clip_ask(struct tx *tx, const struct clip_new *n, int64_t *id) HX_MUST_USE;

#define CAMERA_URL_MAX 400
/* Where the live picture can be seen for a minute to come; the caller has checked who may, and has it on record. BUSY without a node. */
enum hx_err camera_ticket(struct call *c, int64_t camera, char url[CAMERA_URL_MAX]) HX_MUST_USE;

/* A ticket of a minute for a stream that is no camera's ("b7"), at PATH of the node that `key` leads to: WHAT is "live" or "push". */
enum hx_err camera_stream_ticket(struct call *c, const char *what, const char *path, const char *stream, int64_t key, char url[CAMERA_URL_MAX]) HX_MUST_USE;
/* Any thread: ends it at every node. */
void camera_stream_close(const char *stream);

/* camera_kept.c: what the recorder has kept; waits for its answer. */
enum hx_err camera_kept(struct call *c);

extern const struct hx_module camera_module;

#endif
