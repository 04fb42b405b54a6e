/* The recorders (NVR, network camera) that we know, by their code: where the camera's domain and the protocols that bring pictures meet.
 * Filled by domain/camera, driven by proto/gb28181 and, for vehicles, proto/jt808 for those that come to us, and by proto/onvif for those that we
 * go to; loop thread. */
#ifndef HX_RECORDER_H
#define HX_RECORDER_H

#include "base/map.h"
#include "journal/journal.h"

#define RECORDER_CODE_MAX 24
#define RECORDER_NAME_MAX 96
#define RECORDER_URL_MAX 404
#define RECORDERS_UNKNOWN 256

enum recorder_way { WAY_UDP, WAY_TCP_PASSIVE, WAY_TCP_ACTIVE, WAY_COUNT }; /* passive: the device connects to us */
const char *recorder_way_name(enum recorder_way w);
enum recorder_way recorder_way_of(const char *name); /* WAY_UDP for an unknown one */

enum recorder_kind { RECORDER_GB28181, RECORDER_ONVIF, RECORDER_RTSP, RECORDER_JT1078, RECORDER_KINDS };
enum recorder_kind recorder_kind_of(const char *name); /* RECORDER_GB28181 for an unknown one */

struct recorder {
    int64_t id, school_id;
    enum recorder_kind kind;
    char code[RECORDER_CODE_MAX], name[RECORDER_NAME_MAX];
    char address[128], login[64]; /* of one that we go to */
    char password[64];     /* "": of GB/T 28181 the one of all recorders */
    enum recorder_way way; /* by which its pictures came last */
    bool disabled;
    bool up;               /* registered and heard, or reached */
    void *session;         /* the protocol's; NULL: not here now */
    void *device;          /* the driver's of one that we go to */
    int64_t heard_at;      /* UTC ms */
};

/* Where a channel's two streams and its still are fetched, without name and password; "" none. */
struct recorder_addresses {
    char main[RECORDER_URL_MAX], sub[RECORDER_URL_MAX], still[RECORDER_URL_MAX];
};

/* A channel as a catalog tells it. */
struct recorder_channel {
    char code[RECORDER_CODE_MAX], name[RECORDER_NAME_MAX];
    bool on, is_camera;
    int ptz;               /* PTZType: 1 dome … 0 not said */
    double lon, lat;       /* both 0: not said */
    int angle_deg;         /* HorizontalFieldAngle, 0: not said */
    const struct recorder_addresses *addresses; /* NULL of those that come to us */
};

/* A recorded stretch as RecordInfo tells it. */
struct recorder_record {
    char type[12];
    int64_t from, to;      /* UTC ms */
    int64_t bytes;
};

struct recorder_unknown {
    char code[RECORDER_CODE_MAX], peer[64], agent[48];
    bool password_fits;    /* with the password of all recorders */
    int64_t last_at;
};

/* A device that answered a search, whether it is entered or not. */
struct recorder_found {
    char address[64], name[96], hardware[96]; /* host, or host:port */
};
#define RECORDERS_FOUND 256

struct recorder_answer {
    enum { ANSWER_TAKEN, ANSWER_REFUSED, ANSWER_SILENT, ANSWER_ENDED } kind;
    int status;            /* SIP status of a refusal */
    char reason[64];
    char host[64];         /* where the device sends from, or for WAY_TCP_ACTIVE listens */
    int port;
    uint32_t ssrc;         /* as the device says; 0: it said none */
};

/* An invitation of a channel's picture. */
struct recorder_invite {
    struct recorder *recorder;
    char channel[RECORDER_CODE_MAX];
    char media_host[64];
    int media_port;
    uint32_t ssrc;
    enum recorder_way way;
    int stream;            /* 0 main, 1 sub */
    bool sound;            /* with what is heard there, where the device lets us choose */
    int64_t from, to;      /* UTC ms, both 0: live */
    /* Called on the loop; the first time with ANSWERED or a failure, later perhaps with ENDED. */
    void (*answer)(const struct recorder_answer *a, void *arg);
    void *arg;
};
/* Where a device listens to a voice: G.711 A-law as RTP, packets of 20 ms. */
struct recorder_ear {
    char host[64];
    int port;
    uint32_t ssrc;
    enum recorder_way way; /* WAY_TCP_PASSIVE: it connects to us, WAY_TCP_ACTIVE: we to it */
};
/* Somebody wants to be heard at a channel. */
struct recorder_talk {
    struct recorder *recorder;
    char channel[RECORDER_CODE_MAX];
    /* On the loop. The device wants to hear, there: recorder_talk_from is due. */
    void (*wanted)(const struct recorder_ear *ear, void *arg);
    void (*confirmed)(void *arg); /* it may be spoken to */
    /* It came to nothing, or has ended; once, and not after recorder_hang_up. talk_silent, talk_refused, talk_codec, talk_ended, recorder_away. */
    void (*over)(const char *cause, const char *detail, void *arg);
    void *arg;
};

/* A command to a camera that turns, in no protocol's words. */
struct recorder_steer {
    enum { STEER_MOVE, STEER_LENS, STEER_PRESET_CALL, STEER_PRESET_SET, STEER_PRESET_DELETE } act;
    int pan, tilt, zoom;  /* -1 left, down, out; 1 right, up, in; all 0: stop */
    int focus, iris;      /* -1 near, close; 1 far, open */
    int speed;            /* 1..255 */
    int preset;           /* 1..255 */
};

/* An order for the upkeep of a recorder, or of one of its channels. */
enum recorder_order_act { ORDER_REBOOT, ORDER_GUARD, ORDER_UNGUARD, ORDER_RESET_ALARM, ORDER_HOME };
struct recorder_order {
    enum recorder_order_act act;
    int preset, after_s;  /* of ORDER_HOME: 0 none; seconds without steering */
    int64_t number;       /* comes back with what the device answers */
};

/* How a record is played. */
struct recorder_pace {
    int percent;          /* 100: as it was recorded; 0: it stands still */
    int64_t seek_s;       /* whereto, from the beginning of what was asked for; -1: on from where it is */
};
#define RECORDER_PACE_MIN 12 /* an eighth, and eight times */
#define RECORDER_PACE_MAX 800

/* The head of a call, which the protocol continues. */
struct recorder_call {
    enum recorder_kind kind;
    bool speaks; /* of a voice to the device */
};

/* What a protocol does for the domain; loop thread. */
struct recorder_driver {
    /* NULL when the recorder is not here; the call is over after recorder_driver.hang_up or ANSWER_ENDED, _REFUSED, _SILENT. */
    struct recorder_call *(*invite)(const struct recorder_invite *i);
    void (*hang_up)(struct recorder_call *call);
    bool (*pace)(struct recorder_call *call, const struct recorder_pace *p); /* of a record; false when it is not under way */
    struct recorder_call *(*talk)(const struct recorder_talk *t); /* NULL when the recorder is not here; over by hang_up or t->over */
    void (*talk_from)(struct recorder_call *call, const char *host, int port);
    /* False when the recorder is not here. */
    bool (*steer)(struct recorder *r, const char *channel, const struct recorder_steer *s);
    bool (*order)(struct recorder *r, const char *channel, const struct recorder_order *o);
    bool (*ask_catalog)(struct recorder *r);
    bool (*search)(const char *to); /* who is on our networks; `to`: this one alone, "" all */
    bool (*ask_records)(struct recorder *r, const char *channel, int64_t from, int64_t to, void (*got)(const struct recorder_record *records, size_t n, bool whole, void *arg), void *arg);
};

struct recorders {
    struct map by_code;
    const struct recorder_driver *drivers[RECORDER_KINDS]; /* NULL: this protocol does not run */
    uint32_t ssrc_base;                   /* of live streams: digits 4 to 8 of our domain, and room for a serial of four digits */
    /* What the domain hears; loop thread. `reason` "resumed": it was registered before we restarted, which is no news. */
    void (*line)(struct recorder *r, bool up, const char *reason, void *arg);
    void (*described)(struct recorder *r, const char *maker, const char *model, const char *firmware, const char *version, void *arg);
    /* A catalog, all of it or what came before the deadline: `said` is the device's own count. */
    void (*catalog)(struct recorder *r, const struct recorder_channel *channels, size_t n, int said, void *arg);
    /* What became of an order: "ok", "refused", "silent", or "sent" where no answer is due. */
    void (*did)(struct recorder *r, int64_t number, const char *result, void *arg);
    void *arg;
};

/* The one registry of the process. */
struct recorders *recorders_all(void);
struct recorder *recorder_find(struct str code);
/* 20 digits (GB/T 28181 annex D/E). */
bool recorder_is_code(const char *code);
/* Whether it comes to us; to the others we go. */
bool recorder_comes(enum recorder_kind kind);
/* The code of a vehicle's terminal as a recorder. */
void recorder_code_of_terminal(const char *number, char out[RECORDER_CODE_MAX]);
/* Whether its pictures can be asked for now: one that comes to us must be here. */
bool recorder_is_here(const struct recorder *r);
/* The driver's functions; nothing happens, false or NULL, where the recorder's protocol does not run or has no such thing. */
struct recorder_call *recorder_invite(const struct recorder_invite *i);
bool recorder_steer(struct recorder *r, const char *channel, const struct recorder_steer *s);
bool recorder_do(struct recorder *r, const char *channel, const struct recorder_order *o);
bool recorder_ask_catalog(struct recorder *r);
/* What it has kept of a channel; `got` is called once, unless the answer is false. */
bool recorder_ask_records(struct recorder *r, const char *channel, int64_t from, int64_t to, void (*got)(const struct recorder_record *records, size_t n, bool whole, void *arg), void *arg);
struct recorder_call *recorder_talk(const struct recorder_talk *t);
/* Whether a voice can be brought to recorders of this kind. */
bool recorder_can_talk(enum recorder_kind kind);
/* We send from there, or listen there; host "": the daemon's own address. */
void recorder_talk_from(struct recorder_call *call, const char *host, int port);
/* Ends the call, if there is one, and forgets it. */
void recorder_hang_up(struct recorder_call **call);
bool recorder_pace(struct recorder_call *call, const struct recorder_pace *p);
/* Begins a search, and forgets what the last one found; false when one runs, or it cannot be sent. Loop thread. */
bool recorder_search(const char *to);
void recorder_search_found(const struct recorder_found *f); /* the driver's; told twice it is one */
void recorder_search_end(void);
/* Any thread: what was found. */
size_t recorder_found_copy(struct recorder_found *out, size_t room, bool *searching);
/* Recorders that knocked and are not entered; any thread. */
void recorder_note_unknown(const char *code, const char *peer, const char *agent, bool password_fits, int64_t now_ms);
void recorder_forget_unknown(const char *code);
size_t recorder_unknown_copy(struct recorder_unknown *out, size_t room);

#endif
