/* Calls by our own telephone: a text becomes speech (espeak-ng, a program beside), the exchange is looked up, and it rings. */
#ifndef HX_MESSAGE_CALL_H
#define HX_MESSAGE_CALL_H

#include "api/api.h"
#include "notify/phone.h"

struct message_call {
    int64_t delivery_id, subject_id; /* the incident, or the message; of a page: what message_call_end names */
    bool page;                       /* to a loudspeaker: said without asking for a key */
    char uri[192];                   /* "sip:13800000000@pbx:5060" */
    char from[64], account[80], secret[200], text[512];
    void (*taken)(void *arg);        /* somebody, or a loudspeaker, answered; may be NULL */
    void (*done)(enum phone_end end, const char *why, void *arg); /* not at all when the program ends before the call does */
    void *arg;
};

void message_call_start(struct hx_app *app);
/* Takes a copy. */
void message_call_place(const struct message_call *call);
/* Something about this incident or message changed: calls whose delivery is no more being sent end, with PHONE_STOPPED. */
void message_call_recheck(int64_t subject_id);
/* Ends the pages of this subject, with PHONE_STOPPED. */
void message_call_end(int64_t subject_id);
void message_call_stop(void);

/* The address of a gateway "sip:{to}@HOST[:PORT]" for one number; INVALID when the number is none or the address is another's. */
enum hx_err message_call_uri(const char *gateway, const char *number, char *out, size_t size) HX_MUST_USE;

#endif
