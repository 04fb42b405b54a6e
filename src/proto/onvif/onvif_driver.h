/* Network cameras and recorders that we go to by ONVIF: what they are, their channels with the addresses of their streams, steering, and
 * their detections as signals. The devices are the recorders of kind ONVIF in the registry (signal/recorder.h). */
#ifndef HX_ONVIF_DRIVER_H
#define HX_ONVIF_DRIVER_H

#include "io/loop.h"
#include "store/writer.h"

struct onvif_settings {
    struct loop *loop;
    struct writer *writer;
};

#define ONVIF_COUNTER_MAP(X)                                                     \
    X(reached, "devices reached now")                                            \
    X(requests, "requests sent")                                                 \
    X(failed, "requests without a usable answer")                                \
    X(notices, "events told by devices")                                         \
    X(signals, "signals stored")

struct onvif_counters {
#define X(name, help) uint64_t name;
    ONVIF_COUNTER_MAP(X)
#undef X
};

void onvif_start(const struct onvif_settings *s);
const struct onvif_counters *onvif_counters(void);
void onvif_stop(void);

#endif
