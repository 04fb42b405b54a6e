/* Session descriptions (RFC 4566, RFC 3264) of a telephone call: G.711 and keys as telephone-event (RFC 4733). Pure. */
#ifndef HX_SIP_AUDIO_H
#define HX_SIP_AUDIO_H

#include <stdbool.h>

#include "base/str.h"

#define SIP_AUDIO_ULAW 0 /* payload types of RFC 3551 */
#define SIP_AUDIO_ALAW 8
#define SIP_AUDIO_EVENT 101 /* ours, where the other side names none */

struct sip_audio {
    char host[64];
    int port;
    int law;   /* SIP_AUDIO_ULAW or SIP_AUDIO_ALAW: the first that the other side names */
    int event; /* payload type of telephone-event */
};

/* Our offer: packets of 20 ms to host:port. */
void sip_audio_offer(const char *host, int port, unsigned long long session, struct buf *out);
/* The other side's answer. INVALID when there is no audio, no address, or neither law of G.711. */
enum hx_err sip_audio_read(struct str text, struct sip_audio *out) HX_MUST_USE;

#endif
