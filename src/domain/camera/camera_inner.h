/* What the files of this folder share about the cameras that are fetched. */
#ifndef HX_CAMERA_INNER_H
#define HX_CAMERA_INNER_H

#include <pthread.h>

#include "domain/camera/camera_live.h"
#include "domain/camera/camera_rank.h"
#include "domain/camera/media_client.h"
#include "signal/recorder.h"

#define NODES_MAX 16

enum lens_state { LENS_IDLE, LENS_PORT, LENS_INVITED, LENS_ANSWERED, LENS_PACKETS, LENS_PLAYING, LENS_FAILED };

/* A camera's second stream is fetched for everything; its main stream is a lens of its own, made when somebody looks close: minus the camera's
 * number, "h" and the number as the stream. */
struct lens {
    int64_t id, school_id, place_id, recorder_id;
    int64_t vehicle_id; /* it rides along; 0: it stands at the school */
    char code[RECORDER_CODE_MAX], recorder_code[RECORDER_CODE_MAX], name[RECORDER_NAME_MAX], stream[24];
    char main_url[RECORDER_URL_MAX], sub_url[RECORDER_URL_MAX]; /* of a camera that is fetched, "" of one whose recorder is invited */
    double lon, lat;
    int direction_deg, angle_deg, range_m, keep_days, alarm_preset;
    bool ptz, flagged, recorded, sound, on, inside, gone, recorder_up;
    /* Who wants it. */
    int viewers;
    int64_t alarm_at;      /* of the alarm that it is being opened for, UTC ms; 0 none */
    int64_t wanted_until, incident_id, protect_from, clips_until;
    bool sub;              /* the second stream */
    /* How it stands. */
    enum lens_state state;
    enum camera_cause cause;
    char detail[96];
    enum recorder_way way;
    int ways_tried, tries;
    int64_t deadline, retry_at, turn;
    uint32_t ssrc;
    struct recorder_call *call;
    struct media_client *node;
    int kbps;
    double fps;
    int64_t lost;
    bool recording, told_recording, told_sound;
    /* Who steers. */
    int64_t steerer, steered_at;
    int steer_rank;
    bool moving;
};

struct school_lenses {
    struct lens **at;
    size_t count, room;
};

struct camera_live {
    struct camera_live_settings set;
    uint8_t key[32];
    struct media_client *nodes[NODES_MAX];
    size_t node_count;
    struct map by_id, schools; /* struct lens by stream name; struct school_lenses by id */
    int64_t turn;
    uint32_t ssrc_next;
    uint64_t opened, failed;
    bool stopping;
};
/* The loop thread changes it; everybody else reads under the lock. */
extern struct camera_live live;
extern pthread_mutex_t live_lock;

/* camera_lens.c: the cameras that are known. Under the lock. */
const char *lens_state_name(enum lens_state s);
struct lens *lens_of(int64_t id);
struct lens *lens_of_stream(const char *stream);
/* The camera's main stream; the camera's own lens where it has one stream only; NULL when there is no such camera. */
struct lens *lens_close_up(int64_t camera_id);
struct school_lenses *lenses_of(int64_t school, bool make);
void lens_take_row(const struct rows *r);
struct media_client *node_for(const struct lens *l);
bool lens_is_wanted(const struct lens *l, int64_t now);
bool lens_has_uplink(const struct lens *l); /* whether its school may have one stream more */
/* The cameras of a school by who sees the aim best; how many there are. */
size_t lens_rank(int64_t school, const struct camera_aim *aim, struct lens **out, size_t room);

/* camera_forward.c: what is given on. Loop thread. */
void forward_event(struct media_client *c, const json_t *ev);
void forward_node_gone(struct media_client *c);
void forward_stream_over(const char *stream); /* all that was kept has been sent */

/* camera_look.c: a ticket for `path` of the node at this URL, as browsers reach it; `reply` gets url, watermark and expires_at. */
struct ticket;
enum hx_err look_ticket(struct call *c, const char *what, const char *subject, const char *node, const char *path, struct ticket *t, json_t **reply) HX_MUST_USE;

/* camera_talk.c: voices to schools. Loop thread; begin and tick under the lock. */
void talk_begin(const struct lens *l, int64_t view);
void talk_event(struct media_client *c, const json_t *ev);
void talk_node_gone(struct media_client *c);
void talk_tick(int64_t now);
void talk_stop(void);

/* camera_kept.c: a node says what it has recorded. Loop thread. */
void kept_ranges(const json_t *ev);

/* camera_replay.c: what a recorder, or our own node, has kept. Loop thread, under the lock. False when recorder or node is away. */
bool replay_begin(int64_t id, int64_t camera_id, int64_t from, int64_t to, int64_t clip_id);
/* Our node has nothing of the time that this clip is of: it is fetched from the recorder. False where that cannot be. Takes the lock. */
bool replay_instead(int64_t clip_id);
/* Whether the event was of a replay. */
bool replay_event(struct media_client *c, const json_t *ev);
void replay_node_gone(struct media_client *c);
void replay_tick(int64_t now);

#endif
