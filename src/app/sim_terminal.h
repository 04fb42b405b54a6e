/* A student vehicle's terminal, for the simulators: its session by JT/T 808, and pictures by JT/T 1078 while somebody asks for them. */
#ifndef HX_SIM_TERMINAL_H
#define HX_SIM_TERMINAL_H

#include "media/picture.h"
#include "proto/jt1078/jt1078.h"
#include "proto/jt808/jt808_frame.h"

#define TERMINAL_FRAME_MS 100
#define TERMINAL_REPORT_MS 10000 /* between two positions */

struct terminal_feed {
    int fd;                /* -1: nobody looks through this channel */
    bool datagrams, sound;
    struct picture *picture;
    uint16_t seq;
    int64_t frame;
};

struct sim_terminal {
    const char *address, *code; /* code NULL: it registers */
    struct jt808_message self;  /* addresses our own frames */
    int fd;
    uint16_t seq;
    int channels;               /* with pictures */
    bool quiet;                 /* says nothing of what it does, or cannot do */
    bool acc, door, emergency;
    double kmh;
    struct buf in;
    struct terminal_feed feeds[JT1078_CHANNELS_MAX];
};

/* Takes up to 12 digits; false when they are none. */
bool sim_terminal_init(struct sim_terminal *t, const char *number);
void sim_terminal_free(struct sim_terminal *t);
/* Connects, registers unless the code is known, and authenticates; says on stderr why not. */
bool sim_terminal_sign_in(struct sim_terminal *t);
void sim_terminal_hang_up(struct sim_terminal *t);
void sim_terminal_send(struct sim_terminal *t, uint16_t id, struct str body);
/* The next answer within ten seconds; orders that come before it are obeyed. */
bool sim_terminal_receive(struct sim_terminal *t, struct jt808_message *m, uint8_t bytes[JT808_FRAME_MAX]);
/* Obeys what has come, and sends a picture of each channel that is looked through. False: the connection is over. */
bool sim_terminal_serve(struct sim_terminal *t);
/* Sends where it is; the answer is not waited for. */
void sim_terminal_report(struct sim_terminal *t, double lon, double lat, int64_t utc_ms);
/* The same as the body of a location. */
#define SIM_LOCATION_BYTES 28
void sim_terminal_location(const struct sim_terminal *t, uint8_t out[SIM_LOCATION_BYTES], double lon, double lat, int64_t utc_ms);

#endif
