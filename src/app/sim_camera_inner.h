/* What the two files of the simulated network cameras share: RTSP in sim_camera.c, ONVIF in sim_camera_onvif.c. */
#ifndef HX_SIM_CAMERA_INNER_H
#define HX_SIM_CAMERA_INNER_H

#include "io/loop.h"

#define SIM_CAMERAS_MAX 65
#define SIM_CAMERA_NONCE "0a4f113b9c"

struct client;

struct sim_camera {
    struct loop *loop;
    struct client *clients;
    struct event *input;
    int count, pan[SIM_CAMERAS_MAX]; /* by channel, from 1; pixels a picture */
    const char *login, *password;    /* login "": none is asked for */
    bool udp_only, tcp_only, sets_in_sdp, frozen, silent;
};

#endif
