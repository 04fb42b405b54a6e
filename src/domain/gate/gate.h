/* What a school's guard writes down at the gate: visitors and vehicles that stand there; and the list of those the police want to know of. The
 * rules EW-19 and EW-25 read it as observations. Whoever stands at the gate never learns who is on the list. */
#ifndef HX_GATE_H
#define HX_GATE_H

#include "api/api.h"

/* A plate as it is compared: without blanks and dots, capital letters. */
#define GATE_PLATE_MAX 40
void gate_plate(const char *text, char out[GATE_PLATE_MAX]);

extern const struct hx_module gate_module;

#endif
