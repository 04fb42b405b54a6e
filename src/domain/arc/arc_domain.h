/* Alarm receiving centres that we report to by DC-09: who they are, which schools' alarms they get, and what they took. */
#ifndef HX_ARC_DOMAIN_H
#define HX_ARC_DOMAIN_H

#include "api/api.h"

/* arc_line.c: between the protocol and the records. After dc09_sender_start. */
enum hx_err arc_start(struct hx_app *app) HX_MUST_USE;

extern const struct hx_module arc_module;

#endif
