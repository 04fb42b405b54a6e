/* A telephone call over SIP (RFC 3261, UDP) through an exchange or gateway: it rings, speaks, and waits for the key 1, which comes
 * as telephone-event (RFC 4733) or as INFO. Everything runs on the loop thread. */
#ifndef HX_PHONE_H
#define HX_PHONE_H

#include "io/loop.h"
#include "io/net.h"

enum phone_end {
    PHONE_ACKED,     /* the key was pressed */
    PHONE_NO_KEY,    /* somebody, or a machine, answered and pressed nothing */
    PHONE_NOT_TAKEN, /* busy, declined, or it rang long enough: worth another try */
    PHONE_NO_ANSWER, /* the exchange does not answer: worth another try */
    PHONE_REFUSED,   /* the exchange says that it never will: unknown number, wrong password, no G.711 */
    PHONE_STOPPED,   /* by phone_hang_up */
    PHONE_SAID,      /* a page was said to its end */
};

struct phone_order {
    struct loop *loop;
    struct sockaddr_storage to; /* the exchange, IPv4 */
    const char *uri;            /* "sip:13800000000@pbx.example:5060" */
    const char *from;           /* our number or name there */
    const char *account, *secret; /* of the digest; "" none */
    const int16_t *speech;      /* 8 kHz; copied */
    size_t samples;
    bool page;                  /* a loudspeaker, which takes the call by itself: no key is waited for */
    void (*taken)(void *arg);   /* somebody answered; may be NULL */
    /* Once; `why` is English, with the exchange's own words where it gave some. */
    void (*done)(enum phone_end end, const char *why, void *arg);
    void *arg;
};

struct phone;

/* NULL when no socket could be had. */
struct phone *phone_call(const struct phone_order *order);
/* Stops ringing or talking; `done` runs before this returns. */
void phone_hang_up(struct phone *p);
/* Ends what is left without a word. */
void phone_free_all(void);

#endif
