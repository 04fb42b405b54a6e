/* Which cameras are fetched now, and why: the viewers' wishes, open incidents and flagged cameras become invitations, and the media
 * nodes' and recorders' news become states with a cause in words. Changes on the loop thread; the functions marked so may be called by
 * any thread. */
#ifndef HX_CAMERA_LIVE_H
#define HX_CAMERA_LIVE_H

#include "api/api.h"

/* Why there is no picture. The words are the console's. */
#define CAMERA_CAUSE_MAP(X)                                                                \
    X(NONE, "")                                                                            \
    X(RECORDER_AWAY, "recorder_away")   /* the recorder is not registered */               \
    X(RECORDER_DISABLED, "recorder_disabled")                                              \
    X(CHANNEL_OFF, "channel_off")       /* the recorder says the camera is off, and refused */ \
    X(NO_ANSWER, "no_answer")           /* the invitation was not answered */              \
    X(REFUSED, "refused")               /* it was refused, with the status */              \
    X(NO_PACKET, "no_packet")           /* answered, and no packet came by any way */      \
    X(CONNECT, "connect")               /* the TCP connection could not be made */         \
    X(LOGIN, "login")                   /* the camera does not take name and password */   \
    X(NO_STREAM, "no_stream")           /* the camera has nothing at this address */       \
    X(NO_KEY, "no_key")                 /* packets without a key picture */                \
    X(CODEC, "codec")                   /* pictures in a codec that cannot be shown */     \
    X(STALLED, "stalled")               /* the packets stopped */                          \
    X(ENDED, "ended")                   /* the device ended the stream */                  \
    X(NODE_AWAY, "node_away")           /* no media node answers */                        \
    X(NO_PORT, "no_port")               /* the node has no free port */                    \
    X(NOT_KEPT, "not_kept")             /* nothing was recorded at that time */                     \
    X(UPLINK, "uplink")                 /* the school's line carries as many as it may */

enum camera_cause {
#define X(id, name) CAUSE_##id,
    CAMERA_CAUSE_MAP(X)
#undef X
    CAUSE_COUNT
};
const char *camera_cause_name(enum camera_cause c);

struct camera_live_settings {
    struct hx_app *app;
    const char *media_urls; /* separated by blanks or commas; "": no video */
    int school_streams;     /* at most at once from one school */
};
enum hx_err camera_live_start(const struct camera_live_settings *s) HX_MUST_USE;
void camera_live_stop(void);

/* Any thread. The node's URL that serves this camera, "" while none is up; the key of its tickets. */
const char *camera_live_url(int64_t camera_id, char out[128]);
/* The same for a stream that is no camera's, the same node for the same key while the nodes are the same. */
const char *camera_live_any_url(int64_t key, char out[128]);
const uint8_t *camera_live_key(void);
/* Any thread: whether the camera has a main stream beside the one that is shown. */
bool camera_live_has_close_up(int64_t camera_id);
/* Any thread: adds "live":{state, cause, detail, way, kbps, fps, lost, viewers, recording} to a camera's record. */
void camera_live_describe(int64_t camera_id, json_t *record);
/* Any thread: the ids of a school's cameras by who sees the aim best, at most `room`. */
struct camera_aim;
size_t camera_live_ranked(int64_t school_id, const struct camera_aim *aim, int64_t *ids, size_t room);
/* Any thread: who steers; CONFLICT with the other's id when somebody steered within the last three seconds. Stops by itself when not
 * repeated within two seconds. */
struct recorder_steer;
enum hx_err camera_live_steer(int64_t camera_id, int64_t person_id, int rank, const struct recorder_steer *command, int64_t *other) HX_MUST_USE;
/* A recorder came or went: its cameras are tried at once. */
void camera_live_recorder(int64_t recorder_id, bool up);
/* What was changed of it may help: the cameras that are wanted and failed are tried at once. */
void camera_live_retry(int64_t recorder_id);
/* Any thread: recorders that knocked and are not entered. */
json_t *camera_live_unknown(void);
/* Any thread: asks a recorder for its catalog anew. */
void camera_live_ask_catalog(int64_t recorder_id);
void camera_live_metrics(struct buf *out);

/* camera_days.c: how many days of recordings there are. count: any thread, the cameras of one recorder now. */
struct loop;
void camera_days_start(struct loop *loop);
void camera_days_count(int64_t recorder_id);
void camera_days_stop(void);

/* camera_book.c: what the recorders and nodes say becomes rows. Loop thread. */
void camera_book_start(struct hx_app *app);
struct recorder;
void camera_book_line(const struct recorder *r, bool up, const char *reason);
void camera_book_way(int64_t recorder_id, const char *way);
void camera_book_fault(int64_t camera_id, const char *cause);
void camera_book_clip(const json_t *event);
/* `before`: of which cameras the seconds before must be fetched from the recorder, once it has written them. */
void camera_book_alarm_clips(int64_t incident_id, int64_t school_id, int64_t opened_at, const int64_t *cameras, const bool *before, size_t n);
extern const struct timer_kind camera_timers[];

#endif
