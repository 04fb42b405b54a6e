/* Fetches pictures with libavformat, a thread a stream, and writes them as frames (media/pull_frame.h). This process exists so that a
 * camera that hangs or breaks the library takes its neighbours here with it and nobody else. It is the only one that links FFmpeg. */
#ifndef HX_PULL_H
#define HX_PULL_H

#include <stdbool.h>
#include <stdint.h>

#include "media/pull_frame.h"

struct pull_order {
    uint32_t slot;      /* 0 … PULL_SLOTS - 1 */
    char url[PULL_URL_MAX]; /* rtsp, rtsps */
    bool udp;           /* RTSP's packets over UDP, else within its connection */
    bool sound;         /* with what the camera hears */
};

/* Frames go to file descriptor `out`; the process ends when it cannot be written. */
void pull_start(int out);
/* Begins a stream in a free slot; what comes of it is told by frames. */
void pull_open(const struct pull_order *o);
/* Ends it; a frame ENDED follows when it has. */
void pull_close(uint32_t slot);
/* Draws a key picture, on a thread of its own, one after the other; a frame DRAWN follows. */
void pull_draw(uint32_t number, bool h265, struct str unit);

#endif
