/* Alarm receiving centres that we report to as a transmitter (ANSI/SIA DC-09), where the domain that knows what is told and the protocol that speaks meet.
 * Filled and answered by domain/arc, driven by proto/dc09; loop thread. */
#ifndef HX_ARC_H
#define HX_ARC_H

#include <stdbool.h>
#include <stdint.h>

#include "signal/signal_class.h"

#define ARC_FAULT_MAX 96
#define ARC_ACCOUNT_MAX 17
#define ARC_NAME_MAX 128

struct arc {
    int64_t id;
    char address[128];
    char account[ARC_ACCOUNT_MAX];       /* of our line, supervised by NULL messages */
    char receiver[7], line_number[7];    /* R and L of the header, hexadecimal; receiver "": none is sent */
    uint8_t key[32];
    size_t key_bytes;                    /* 0: clear text */
    bool cid;                            /* Contact ID, else SIA */
    int supervision_s;
    bool disabled, up;
    int64_t told_up_to;                  /* the domain's: how far it was told, beyond what is written */
    void *link;                          /* the protocol's; NULL: none yet */
    struct arc *next;
};

/* One alarm, or its end. */
struct arc_message {
    int64_t id;                          /* comes back with `told`; the number on the wire is made of it, so that a repetition is known */
    char account[ARC_ACCOUNT_MAX];
    enum signal_class class;
    bool restore;
    int partition, zone;
    int64_t at;                          /* when it happened, UTC ms */
    char site[ARC_NAME_MAX], place[ARC_NAME_MAX]; /* UTF-8; "": not said */
};

struct arc_driver {
    void (*changed)(struct arc *a);      /* entered, or its settings are others */
    bool (*tell)(struct arc *a, const struct arc_message *m); /* false: one is under way, or the line is not up; else `told` or a lost line follows */
};

struct arc_domain {
    void (*line)(struct arc *a, bool up, const char *reason);
    void (*told)(struct arc *a, int64_t id, bool taken); /* false: the centre did not understand it */
};

struct arcs {
    struct arc *first;
    const struct arc_driver *driver;     /* NULL: the protocol does not run */
    const struct arc_domain *domain;
};
/* The one registry of the process. */
struct arcs *arcs_all(void);
struct arc *arc_find(int64_t id);

#endif
