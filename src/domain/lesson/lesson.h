/* Rule-of-law vice principals and their lessons. */
#ifndef HX_LESSON_H
#define HX_LESSON_H

#include "api/api.h"

extern const struct hx_module lesson_module;

#endif
