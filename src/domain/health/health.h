/* What is joined to this Huxue and heard now, in numbers, and the room on its disk. */
#ifndef HX_HEALTH_H
#define HX_HEALTH_H

#include "api/api.h"

extern const struct hx_module health_module;

#endif
