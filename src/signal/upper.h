/* The platforms above us (GB/T 28181 cascade: the county's or the prefecture's video platform), where the domain that knows what is shared and the
 * protocol that speaks meet. Filled and answered by domain/cascade, driven by proto/gb28181; loop thread. */
#ifndef HX_UPPER_H
#define HX_UPPER_H

#include "signal/recorder.h"

#define UPPER_FAULT_MAX 96

struct upper {
    int64_t id;
    char code[RECORDER_CODE_MAX];     /* the platform's 20 digits */
    char own_code[RECORDER_CODE_MAX]; /* ours there */
    char name[RECORDER_NAME_MAX], address[128], password[64];
    char media_hosts[200];            /* whither pictures may go besides the platform's own address, blank-separated */
    bool tcp, disabled;
    int expires_s, keepalive_s;
    bool up;
    void *link;                       /* the protocol's; NULL: none yet */
    struct upper *next;
};

/* What a platform is told of a camera, or of the area that cameras lie in. */
struct upper_item {
    char code[RECORDER_CODE_MAX], name[RECORDER_NAME_MAX], place[RECORDER_NAME_MAX], area[8]; /* place: the school; area: six digits */
    bool is_area, on, turns;
    double lon, lat; /* both 0: not known */
};

/* How pictures go out; seen from us. */
enum upper_way { UPPER_UDP, UPPER_CONNECT, UPPER_LISTEN };

struct upper_invite {
    struct upper *upper;
    int64_t call;          /* number of the protocol; each answer names it */
    char channel[RECORDER_CODE_MAX], host[64];
    int port;
    uint32_t ssrc;
    enum upper_way way;
    bool main;             /* the first stream was asked for by name */
    int64_t from, to;      /* UTC ms, both 0: live */
};

struct upper_alarm {
    int64_t id;            /* comes back with `told` */
    char channel[RECORDER_CODE_MAX];
    int priority, method;  /* AlarmPriority 1..4, AlarmMethod */
    int64_t at;            /* UTC ms */
    char text[256];        /* UTF-8 */
    double lon, lat;
};

typedef void (*upper_records_fn)(const struct recorder_record *records, size_t n, bool whole, void *arg);

/* What the protocol does for the domain. Calls that are over are ignored. */
struct upper_driver {
    void (*changed)(struct upper *u);                       /* entered, or its settings are others */
    void (*catalog_changed)(struct upper *u);               /* perhaps: what it sees of it is compared */
    void (*alarm)(struct upper *u, const struct upper_alarm *a); /* only while it is up; `told` follows */
    void (*taken)(int64_t call, const char *host, int port); /* ours; host "": the one that leads there */
    void (*refused)(int64_t call, int status, const char *reason);
    void (*end)(int64_t call, bool of_record);              /* we end it; of_record: all that was kept has been sent */
};

/* What the domain does for the protocol. */
struct upper_domain {
    void (*line)(struct upper *u, bool up, const char *reason);
    /* Hands each item to `each`, areas first. */
    void (*catalog)(struct upper *u, void (*each)(const struct upper_item *item, void *arg), void *arg);
    void (*invite)(const struct upper_invite *i);           /* `taken` or `refused` follows */
    void (*confirmed)(int64_t call);                        /* by ACK: pictures may go out (9.2.2) */
    bool (*pace)(int64_t call, const struct recorder_pace *p); /* of a record; false when it is not under way */
    void (*over)(int64_t call);                             /* the platform, or the line, ended it */
    bool (*steer)(struct upper *u, const char *channel, const struct recorder_steer *s); /* false: no such camera, or somebody else steers */
    bool (*records)(struct upper *u, const char *channel, int64_t from, int64_t to, upper_records_fn got, void *arg); /* `got` is called once, unless the answer is false */
    void (*told)(struct upper *u, int64_t alarm, bool good);
};

struct uppers {
    struct upper *first;
    const struct upper_driver *driver; /* NULL: the protocol does not run */
    const struct upper_domain *domain;
};
/* The one registry of the process. */
struct uppers *uppers_all(void);
struct upper *upper_find(int64_t id);

#endif
