/* MANSRTSP (GB/T 28181-2022 annex B): how a record is played, in the body of an INFO. Pure. */
#ifndef HX_GB28181_PACE_H
#define HX_GB28181_PACE_H

#include "signal/recorder.h"

#define GB_PACE_TYPE "Application/MANSRTSP"

/* PLAY with Scale and Range, or PAUSE. */
void gb_pace_format(const struct recorder_pace *p, int cseq, struct buf *out);
/* False for what is neither PLAY nor PAUSE, for a scale that is none or runs backward, and for a Range that is none. A PLAY without Scale runs as it was recorded. */
bool gb_pace_parse(struct str body, struct recorder_pace *out);

#endif
