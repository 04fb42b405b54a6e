/* Looks for ONVIF devices on the networks of this machine, or asks one; what answers stands in the registry's list of the found. Loop thread. */
#ifndef HX_ONVIF_DISCOVERY_H
#define HX_ONVIF_DISCOVERY_H

#include "io/loop.h"

/* `to`: host or host:port that is asked alone, "" all. False when a search runs, or it cannot be sent. */
bool onvif_search(struct loop *loop, const char *to);
void onvif_search_stop(void);

#endif
