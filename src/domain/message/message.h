/* Who is told, over which channel, and whether it arrived: the ladder of people behind the escalation of incidents. */
#ifndef HX_MESSAGE_H
#define HX_MESSAGE_H

#include "api/api.h"

/* Levels 0 to 5 are the steps of the escalation; behind them stand those whom a warning goes to. Receivers of the last two are told only
 * of schools that they may see. */
enum { MESSAGE_TO_MAINTENANCE = 6, MESSAGE_TO_SCHOOL = 7, MESSAGE_TO_STATION = 8 };

/* A message with its deliveries, written before anything is sent. */
struct message_new {
    int64_t incident_id, school_id, person_id;
    int level, severity;
    const char *wait, *county, *zh, *en;
    bool drill;
};
enum hx_err message_make(struct tx *tx, const struct message_new *m, int64_t *id) HX_MUST_USE;
enum hx_err receiver_make(struct tx *tx, const json_t *body, int64_t demo, int64_t *id) HX_MUST_USE;
/* "received" or "acked": what else waits for this receiver is cancelled in the same transaction. `answer`: what they wrote, or NULL. */
enum hx_err delivery_received(struct tx *tx, int64_t delivery_id, const char *state, const char *answer) HX_MUST_USE;

/* message_sender.c: takes what is due and sends it; loop thread. */
enum hx_err message_sender_start(struct hx_app *app) HX_MUST_USE;
void message_sender_stop(void);
void message_sender_metrics(struct buf *out);

extern const struct hx_module message_module;

#endif
