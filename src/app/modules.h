/* The list of all that runs. A capability is one row here. */
#ifndef HX_MODULES_H
#define HX_MODULES_H

#include "api/api.h"

extern const struct hx_module *const hx_modules[]; /* ended by NULL */

#endif
