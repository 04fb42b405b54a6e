/* What one right frame deserves: the reply, and the signals to store before it. Pure but for the panels it looks up. */
#ifndef HX_DC09_JUDGE_H
#define HX_DC09_JUDGE_H

#include "proto/dc09/dc09_crypt.h"
#include "signal/panel.h"
#include "signal/signal.h"

/* Encrypted messages must be stamped within this window around our clock (ANSI/SIA DC-09-2013 5.5.1.9). */
#define DC09_EARLY_S 20
#define DC09_LATE_S 40

enum dc09_verdict {
    DC09_STORE,     /* store the batch, then send the reply */
    DC09_HEARTBEAT, /* a NULL: a sign of life, reply at once */
    DC09_STALE,     /* NAK with our clock */
    DC09_NOT_UNDERSTOOD,
    DC09_BAD_KEY,
    DC09_DOWNGRADE,
    DC09_NO_KEY,         /* an encrypted heartbeat of an account without a key: no reply is possible */
};

struct dc09_judgement {
    enum dc09_verdict verdict;
    struct buf reply;           /* empty: nothing is sent */
    struct signal_batch *batch; /* with DC09_STORE */
    struct panel *panel;        /* NULL: unknown account */
    char account[24];
};

/* `peer` is only noted beside the signal. The caller frees reply and batch. */
void dc09_judge(const struct dc09_envelope *envelope, const struct panels *panels, int64_t now_ms, bool refuse_unknown, const char *peer,
                struct dc09_judgement *out);

#endif
