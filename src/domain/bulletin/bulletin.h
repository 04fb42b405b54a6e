/* Alerts in the Common Alerting Protocol: those of other authorities that reach our schools, and our incidents for theirs. */
#ifndef HX_BULLETIN_H
#define HX_BULLETIN_H

#include "api/api.h"

extern const struct hx_module bulletin_module;

#endif
