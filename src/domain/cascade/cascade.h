/* The platforms above: who they are, which cameras they have, what they look at, and the alarms that they are told (GB/T 28181 cascade). */
#ifndef HX_CASCADE_H
#define HX_CASCADE_H

#include "api/api.h"

/* cascade_link.c: between the protocol and the records. Before the protocol listens; `own_code` is who we are where nothing else was entered. */
enum hx_err cascade_start(struct hx_app *app, const char *own_code) HX_MUST_USE;
const char *cascade_own_code(void);

extern const struct hx_module cascade_module;

#endif
