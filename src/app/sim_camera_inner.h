/* What the two files of the simulated network cameras share: RTSP in sim_camera.c, ONVIF in sim_camera_onvif.c. */
#ifndef HX_SIM_CAMERA_INNER_H
#define HX_SIM_CAMERA_INNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "io/loop.h"

#define SIM_CAMERAS_MAX 65
#define SIM_CAMERA_NONCE "0a4f113b9c"

#define SIM_FILM_UNITS 4000

struct client;

/* Pictures of a file, played over and over. */
struct sim_film {
    char *bytes;
    bool h265;
    struct str units[SIM_FILM_UNITS];
    size_t count;
};

struct sim_camera {
    struct loop *loop;
    struct client *clients;
    struct event *input;
    int count, frame_ms, pan[SIM_CAMERAS_MAX]; /* by channel, from 1; pixels a picture */
    const char *login, *password;    /* login "": none is asked for */
    struct sim_film film;            /* count 0: drawn pictures */
    char rtsp[64], onvif[64];        /* where they answer */
    int64_t clock_off_ms;            /* of the device's clock */
    bool udp_only, tcp_only, sets_in_sdp, frozen, silent;
    bool foreign_host, media1, no_events;
};

/* sim_camera_onvif.c: answers ONVIF at this address; false when it cannot be taken. */
bool sim_camera_onvif(struct sim_camera *sim, const char *address);
/* Something was detected; told to who waits for events. */
void sim_camera_event(struct sim_camera *sim, const char *topic, const char *source, const char *value, bool on);
void sim_camera_forget_subscription(void);

#endif
