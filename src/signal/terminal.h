/* The terminals of vehicles that we know, by the number they send. Filled by the vehicle's domain, used by the listener; loop thread. */
#ifndef HX_TERMINAL_H
#define HX_TERMINAL_H

#include "base/map.h"
#include "store/track.h"

#define TERMINAL_MAX 21
#define TERMINALS_UNKNOWN 256
#define TERMINAL_EMERGENCY 1u         /* of a location's alarms (JT/T 808 table 24): the driver's button */
#define TERMINAL_FATIGUE (1u << 2)    /* the driver is tired */
#define TERMINAL_TOO_LONG (1u << 18)  /* has driven too long today */

struct terminal {
    char number[TERMINAL_MAX]; /* as its frames say, leading zeros removed */
    char code[33];             /* of authentication */
    int64_t vehicle_id, school_id;
    bool gcj02;                /* its positions are shifted by the Chinese map datum */
    void *session;             /* the listener's; NULL: not connected */
    int64_t heard_at;          /* UTC ms */
    int64_t told_minute;       /* of UTC: in it so much of each kind was told (enum in struct terminal_told) */
    int told[3];
};

#define TERMINAL_PASS_MAX 256
/* What a terminal tells beside its positions. Answered once it is kept: `kept` is called once, on the loop. */
struct terminal_told {
    enum { TERMINAL_CARD, TERMINAL_EVENT, TERMINAL_PASSED } kind;
    bool in;         /* a card: it was put in */
    uint8_t code;    /* of the event; the kind of what passed through */
    char driver[64];
    uint8_t data[TERMINAL_PASS_MAX];
    size_t n;
    void (*kept)(bool good, void *arg);
    void *arg;
};

/* A terminal that nobody entered, kept for whoever looks for it. */
struct terminal_unknown {
    char number[TERMINAL_MAX], plate[24];
    int64_t last_at;
};

struct terminals {
    struct map by_number;
    struct terminal_unknown unknown[TERMINALS_UNKNOWN];
    size_t unknown_count;
    struct track *track;
    /* Called on the loop after the points are on disk. */
    void (*heard)(const struct terminal *t, const struct track_point *points, size_t count, void *arg);
    void (*told)(const struct terminal *t, const struct terminal_told *what, void *arg);
    void (*pictured)(const struct terminal *t, int channels, void *arg); /* it has pictures (JT/T 1078) */
    void *arg;
    /* The listener's, NULL while it does not run: a person has seen these alarms (bits of a location's), and the terminal may clear them. */
    void (*confirm)(const struct terminal *t, uint32_t alarms);
};

/* The number without leading zeros. */
const char *terminal_number(const char *digits);
struct terminal *terminal_find(const struct terminals *all, const char *digits);
void terminal_note_unknown(struct terminals *all, const char *digits, const char *plate, int64_t now_ms);

/* GCJ-02 back to WGS-84, to within a metre; outside China nothing changes. */
void terminal_unshift(double *lon, double *lat);

#endif
