/* What the node's files share. Loop thread. */
#ifndef HX_MEDIA_INNER_H
#define HX_MEDIA_INNER_H

#include "base/json.h"
#include "base/map.h"
#include "io/http.h"
#include "io/ticket.h"
#include "media/media_ingest.h"
#include "media/media_node.h"
#include "media/media_play.h"
#include "media/media_pull.h"
#include "media/media_record.h"
#include "media/sound.h"

struct viewer;
struct forward;
struct publisher;
struct talk;
struct control_line;

/* A stream that the daemon opened. */
struct channel {
    struct media_node *node;
    struct media_stream *stream;
    struct ingest *ingest;   /* its packets come to a port of ours, */
    struct pulling *pulling; /* or it is fetched, */
    struct playing *playing; /* or is on our own disk, */
    struct publisher *publisher; /* or a browser gives it */
    struct recording *recording; /* NULL: not recorded */
    struct sound *sound; /* of the device, for browsers and recordings; NULL: it is not heard */
    struct viewer *viewers;
    struct forward *forwards;
    int viewer_count;  /* forwards included */
    int64_t turn; /* of the try, as the daemon counts them */
    bool stalled, told_key;
    bool standing; /* a record that was told to stand still: no picture is no fault */
    uint64_t last_bytes, last_frames;
    bool drawing;          /* a still for its viewers */
    int64_t drawn_ms;      /* of the key picture that was drawn last */
    char cause[48], detail[160]; /* why there is no picture yet, as the daemon last said */
};

struct media_node {
    struct media_node_settings set;
    struct http_server *http;
    struct pool *pool;
    struct puller *puller;
    struct map channels;   /* by stream id */
    struct map clips;      /* being made, by number: asked again after a restart of the daemon, they are one */
    struct viewer *viewers; /* of streams that are not open yet too */
    struct forward *forwards; /* likewise */
    struct publisher *publishers;
    struct talk *talks;
    struct control_line *controls;
    char control_secret[65];
    struct retention_stream *protected;
    size_t protected_count;
    uint64_t viewers_total, sent_bytes, dropped;
    int viewer_count, forward_count, talk_count;
};

/* media_viewer.c: a browser's tile. */
void viewer_begin(struct media_node *n, struct http_request *r, const struct ticket *t);
void viewers_init(struct channel *c);                                  /* the head is known, or has changed */
void viewers_unit(struct channel *c, const struct media_unit *u);
bool viewers_want_stills(const struct channel *c);
void viewers_still(struct channel *c, struct str jpeg, int64_t at_ms);
void viewers_state(struct media_node *n, const char *stream, const char *state, const char *detail);
void viewers_attach(struct media_node *n, struct channel *c);          /* those who waited for this stream */
void viewers_detach(struct channel *c);                                /* the stream closes: they wait again */
void viewers_drop(struct channel *c);                                  /* the stream is over: they open anew, with a clock that begins anew */
void viewers_revoke(struct media_node *n, const char *nonce);
void viewers_stop(struct media_node *n);

/* media_forward.c: a platform above that is given a stream as RTP. Ours is the port that its answer names. */
enum hx_err forward_begin(struct media_node *n, const json_t *order, int *port) HX_MUST_USE;
void forward_go(struct media_node *n, int64_t id); /* it has confirmed: pictures go out from now on */
void forward_end(struct media_node *n, int64_t id);
void forwards_unit(struct channel *c, const struct media_unit *u);
void forwards_attach(struct media_node *n, struct channel *c);
void forwards_detach(struct channel *c);
void forwards_revoke(struct media_node *n, const char *nonce);
void forwards_tick(struct media_node *n); /* ends those that have had no picture for long */
void forwards_stop(struct media_node *n);

/* media_publish.c: a browser that gives a stream. */
void publisher_begin(struct media_node *n, struct http_request *r, const struct ticket *t);
void publishers_revoke(struct media_node *n, const char *stream);
void publishers_stop(struct media_node *n);

/* media_talk.c: a browser that speaks to a school and hears it. */
void talk_begin(struct media_node *n, struct http_request *r, const struct ticket *t);
void talk_order(struct media_node *n, const json_t *order);
void talks_sound(struct channel *c, struct str bytes, bool ulaw, int64_t at_ms);
void talks_revoke(struct media_node *n, const char *nonce);
void talks_stop(struct media_node *n);

/* media_control.c: the daemon's orders, and what it is told. */
void control_begin(struct media_node *n, struct http_request *r);
void control_tell(struct media_node *n, json_t *event); /* taken over */
void control_stop_all(struct media_node *n);

/* media_node.c */
bool stream_name_fits(const char *stream); /* it becomes a folder */
struct channel *channel_of(struct media_node *n, const char *stream);
enum hx_err channel_open(struct media_node *n, const json_t *order, int *port);
struct channel *channel_publish(struct media_node *n, const char *stream); /* NULL at the limit */
/* How a record is played; one that comes from a device is paced there, and here only known to stand still. */
void channel_pace(struct channel *c, int percent, int64_t seek_ms);
void channel_close(struct channel *c);
void channel_record(struct channel *c, bool on);
void channel_hear(struct channel *c, bool on); /* whether the device's sound goes with its pictures */
void channel_viewers_changed(struct channel *c);
void channel_tell(struct channel *c, const char *event, json_t *more); /* to the daemon, with stream and turn; `more` is taken over, may be NULL */

#endif
