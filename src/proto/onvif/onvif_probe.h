/* WS-Discovery 1.1 as ONVIF uses it (ONVIF Core, clause 7): asking a network, or one device, who is there. Pure. */
#ifndef HX_ONVIF_PROBE_H
#define HX_ONVIF_PROBE_H

#include "base/xml.h"

#define ONVIF_PROBE_ADDRESS "239.255.255.250"
#define ONVIF_PROBE_PORT 3702
#define ONVIF_MATCHES_MAX 8 /* of one answer; a device gives one */

struct onvif_match {
    int port;                       /* of its device service over http */
    char name[96], hardware[96];    /* of its scopes, "" none */
};

/* `id`: a UUID, which comes back with the answers. */
void onvif_probe(const char *id, struct buf *out);
/* The matches of an answer to this probe; 0 for one to another, and for what is none. Hosts are left out: the answer's source is the one that is true. */
size_t onvif_probe_matches(const struct xml *x, const char *id, struct onvif_match *out, size_t room);

#endif
