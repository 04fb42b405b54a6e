/* Recorders, cameras, who looked through them, and clips. */
#ifndef HX_CAMERA_H
#define HX_CAMERA_H

#include "api/api.h"
#include "signal/recorder.h"

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

/* Who looks, and why: a person of ours, or a platform above. */
struct camera_look {
    int64_t id, camera_id, school_id, person_id, upper_id, incident_id; /* one of person and upper is 0 */
    const char *upper_name, *reason, *note, *nonce;
    int64_t from, to; /* of what was kept, UTC ms; both 0: live */
    bool close_up;    /* the main stream */
    bool talk;        /* a voice goes there, and its sound comes back */
};
/* Writes it, with the event by which the picture is opened. */
enum hx_err camera_look_add(struct tx *tx, const struct camera_look *l) HX_MUST_USE;
/* The same for a look of the caller, whose right to it was checked, with the ticket as the reply (201); id, person and nonce are made. BUSY without
 * a node. */
enum hx_err camera_look_open(struct call *c, const struct camera_look *look) HX_MUST_USE;
/* camera.c: the cameras of an incident's school, those that see the place first, as records. NOT_FOUND without such an incident. */
enum hx_err camera_of_incident(struct db *db, int64_t incident, int64_t *school, json_t **items) HX_MUST_USE;
/* Writes its end, which cuts the view; of one that has ended, nothing. */
enum hx_err camera_look_end(struct tx *tx, int64_t view) HX_MUST_USE;

/* camera_replay.c: how the record of a look is played. The first on the loop thread, false when none is under way; the second from any thread. */
bool camera_pace(int64_t view_id, const struct recorder_pace *pace);
void camera_pace_later(int64_t view_id, const struct recorder_pace *pace);
/* camera_look.c: paces it by the body's percent and seek_s, and replies; INVALID for a pace that nothing plays. Whose it is was checked. */
enum hx_err camera_pace_call(struct call *c, int64_t view_id) HX_MUST_USE;

/* What was recorded of a camera, or of a stream that is no camera's (`kept`, with the key of its node), as the stream "p" and `id`. Any thread;
 * camera_pace_later steers it. */
struct camera_record {
    int64_t id, camera_id, key, from, to; /* camera_id 0: `kept`; UTC ms */
    char kept[24];
};
void camera_record_begin(const struct camera_record *record);
bool camera_record_room(void); /* not too many at once */

/* camera_forward.c: the pictures of a look that was written, given on as RTP. Loop thread. */
struct camera_forward {
    int64_t view_id, camera_id;
    bool close_up, back; /* back: of what was kept */
    char nonce[17], host[64];
    int port;
    uint32_t ssrc;
    enum { FORWARD_UDP, FORWARD_CONNECT, FORWARD_LISTEN } way;
    /* The node sends from this port, or listens there; host "": the one of the daemon. */
    void (*ready)(int64_t view, const char *host, int port, void *arg);
    /* It did not come about, or has ended; once, and not after camera_forward_end. */
    void (*over)(int64_t view, const char *why, void *arg);
    void *arg;
};
/* Reasons of `over`: all that was kept has been sent; somebody of ours cut the look. */
#define CAMERA_FORWARD_PLAYED "played"
#define CAMERA_FORWARD_CUT "revoked"
/* False when no node is there. */
bool camera_forward_begin(const struct camera_forward *w);
/* The receiver has confirmed: pictures go out from now on. */
void camera_forward_go(int64_t view);
void camera_forward_end(int64_t view);

/* camera_kept.c: what the recorder has kept; waits for its answer. */
enum hx_err camera_kept(struct call *c);
/* The same on the loop, of our own node where the camera is recorded there, else of its recorder; `got` is called once, unless the answer is false. */
bool camera_kept_ask(int64_t camera_id, int64_t from, int64_t to, void (*got)(const struct recorder_record *records, size_t n, bool whole, void *arg), void *arg);

extern const struct hx_module camera_module;
extern const struct hx_module look_module;
extern const struct hx_module upkeep_module; /* camera_upkeep.c */

#endif
