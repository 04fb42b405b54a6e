/* The side of a call that was invited (RFC 3261 clauses 12.1.1, 13.3.1): its answer, which over UDP is repeated until it is confirmed, and its BYE. */
#ifndef HX_GB28181_DIALOG_H
#define HX_GB28181_DIALOG_H

#include "gb28181_inner.h"

struct gb_dialog {
    struct gb_server *server;
    struct gb_route from;
    struct sip_message invite; /* its body is gone */
    char tag[24], own[RECORDER_CODE_MAX], other[RECORDER_CODE_MAX], local_host[64]; /* own: our domain's code there; other: whom BYE goes to */
    bool answered, confirmed;
    struct buf answer;
    int64_t repeat_at, wait_ms; /* UTC ms */
};

/* Takes the INVITE and answers 100. */
void gb_dialog_begin(struct gb_dialog *d, struct gb_server *s, const struct gb_route *from, const struct sip_message *invite, const char *own, const char *other, const char *local_host);
void gb_dialog_refuse(struct gb_dialog *d, int status, const char *reason);
/* 200 with our session; sdp->host "": our own address. */
void gb_dialog_accept(struct gb_dialog *d, struct gb_sdp *sdp);
void gb_dialog_again(struct gb_dialog *d); /* the INVITE came again */
void gb_dialog_tick(struct gb_dialog *d, int64_t now_ms);
void gb_dialog_bye(struct gb_dialog *d);
void gb_dialog_free(struct gb_dialog *d); /* what it holds, not itself */

#endif
