/* Incidents given to another centre, such as 110: the case, its answer, and updates both ways. */
#ifndef HX_HANDOFF_H
#define HX_HANDOFF_H

#include "api/api.h"

/* Hex HMAC over "TIME.BODY", as both sides sign; `hash` "sm3" (GB/T 32905), else SHA-256. */
void handoff_sign(const char *hash, const char *secret, int64_t utc_ms, struct str body, char out[65]);
/* The partner's answer to a case or an update, from whatever way it came. */
enum hx_err handoff_answer(struct tx *tx, int64_t handoff, const json_t *said) HX_MUST_USE;

/* handoff_sender.c; loop thread. */
enum hx_err handoff_sender_start(struct hx_app *app) HX_MUST_USE;
void handoff_sender_stop(void);

extern const struct hx_module handoff_module;

#endif
