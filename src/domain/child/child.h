/* The Huxue below this one: they tell their incidents by a webhook of theirs, and this one shows them with the age of what it knows. */
#ifndef HX_CHILD_H
#define HX_CHILD_H

#include "api/api.h"

extern const struct hx_module child_module;

#endif
