/* Drills of the schools' plans. */
#ifndef HX_DRILL_H
#define HX_DRILL_H

#include "api/api.h"

extern const struct hx_module drill_module;

#endif
