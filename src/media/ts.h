/* MPEG transport streams (ISO/IEC 13818-1, 2.4.3), as some cameras send them under the payload type of the program stream: which packet carries
 * the first video and the first sound, and what they are. Whoever begins with a PES packet's head is followed, so tables that are missing or
 * late do no harm; a program map is believed where one fits its packet. Pure. */
#ifndef HX_TS_H
#define HX_TS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define TS_PACKET 188

struct ts {
    char held[TS_PACKET]; /* of a packet that is not whole yet */
    size_t held_n;
    int video, sound;     /* their PIDs, 0 not known */
    uint8_t video_type, sound_type; /* stream_type of the map (table 2-34), 0 not known */
    uint64_t resyncs;
};

struct ts_piece {
    bool sound;
    bool begins;          /* with the head of a PES packet; else what follows of it */
    struct str bytes;
};

/* Whether a transport stream begins here. */
bool ts_begins(struct str bytes);
/* Takes the next bytes; `take` is given what belongs to the video and the sound, packet by packet. */
void ts_feed(struct ts *t, struct str bytes, void (*take)(const struct ts_piece *p, void *arg), void *arg);
/* Bytes were lost: what was begun is forgotten. */
void ts_lose(struct ts *t);

#endif
