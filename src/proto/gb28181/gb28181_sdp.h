/* The session descriptions of GB/T 28181 (annex G): y= and f= besides RFC 4566; and PTZCmd (annex A.3). Pure. */
#ifndef HX_GB28181_SDP_H
#define HX_GB28181_SDP_H

#include <stdbool.h>

#include "base/str.h"

struct gb_sdp {
    char name[16];       /* s=: Play, Playback, Download, Talk */
    char host[64];       /* c= */
    int port;            /* m=video or m=audio; 0: refused */
    bool tcp, active;    /* a=setup:active */
    uint32_t ssrc;       /* y=; 0: not said */
    bool has_ssrc;
    int64_t from_s, to_s; /* t=, UTC seconds; 0 0: live */
    int stream;          /* a=streamnumber, or makers' other names: 0 main, 1 sub; -1 not said */
    int64_t file_bytes;  /* a=filesize */
    bool h265;           /* a=rtpmap names it */
    bool audio, alaw;    /* the media line is one of sound; G.711 A-law is among its formats */
};

/* INVALID without a media line. */
enum hx_err gb_sdp_parse(struct str text, struct gb_sdp *out) HX_MUST_USE;
/* With `audio` G.711 A-law, else pictures. `code` is the session's owner, `uri` the u= line of history ("" for live). */
void gb_sdp_make(const struct gb_sdp *s, const char *code, const char *uri, bool sends, struct buf *out);

enum gb_move { GB_STOP = 0, GB_RIGHT = 1, GB_LEFT = 2, GB_DOWN = 4, GB_UP = 8, GB_ZOOM_IN = 16, GB_ZOOM_OUT = 32 };
/* Moves (bits added) at speeds of 0..255, zoom 0..15; all stop with GB_STOP. */
void gb_ptz_move(unsigned moves, int pan_speed, int tilt_speed, int zoom_speed, char out[17]);
enum gb_lens { GB_FOCUS_FAR = 1, GB_FOCUS_NEAR = 2, GB_IRIS_OPEN = 4, GB_IRIS_CLOSE = 8 };
void gb_ptz_lens(unsigned lens, int speed, char out[17]);
/* `what` 0x81 set, 0x82 call, 0x83 delete; the number stands in byte 6. */
void gb_ptz_preset(int what, int number, char out[17]);
/* False when the check or a digit is wrong. */
bool gb_ptz_parse(struct str hex, uint8_t out[8]);

#endif
