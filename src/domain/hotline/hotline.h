/* What anybody tells us without an account, by the web form or by text message. */
#ifndef HX_HOTLINE_H
#define HX_HOTLINE_H

#include "api/api.h"

extern const struct hx_module hotline_module;

#endif
