/* The engine at work, for the parts of this folder. */
#ifndef HX_WARNING_LIVE_H
#define HX_WARNING_LIVE_H

#include "base/str.h"

void warning_live_metrics(struct buf *out);

#endif
