/* PTZCmd (GB/T 28181-2022 annex A.3.2) as a command in no protocol's words, and back. Pure. */
#ifndef HX_GB28181_STEER_H
#define HX_GB28181_STEER_H

#include "signal/recorder.h"

/* The 16 digits of a command. */
void gb_steer_format(const struct recorder_steer *s, char out[17]);
/* False for one that fails its checksum, and for cruise, scan and auxiliary switches, which we do not pass on. */
bool gb_steer_parse(struct str hex, struct recorder_steer *out);

#endif
