/* What the files of the simulated recorder share: signalling in sim_nvr.c, pictures in sim_nvr_media.c, voices in sim_nvr_talk.c. */
#ifndef HX_SIM_NVR_INNER_H
#define HX_SIM_NVR_INNER_H

#include <netinet/in.h>

#include "io/loop.h"
#include "io/net.h"
#include "media/picture.h"
#include "proto/sip/sip.h"

#define NVR_FRAME_MS 100

struct habits {
    bool tcp, no_map, other_ssrc, utf8, repeat_alarm, rebind, no_rtp, drop_some, no_udp, no_voice, voice_tcp, refuse_orders;
    int fragment; /* catalog items a message */
    int kept_days; /* how far its recordings reach back; 0: for ever */
};

struct device;

struct out_stream {
    struct device *device;
    char call_id[160], tag[32], remote[224], remote_uri[160], local[224];
    int channel, cseq;
    bool tcp;
    struct sockaddr_storage to;
    socklen_t to_bytes;
    int fd;                     /* UDP, or -1 */
    struct bufferevent *bev;    /* TCP */
    struct evconnlistener *listener;
    uint32_t ssrc, stamp;
    uint16_t seq;
    struct picture *picture;
    int64_t frame, from_ms, at_ms, until_ms; /* playback: its beginning, the time that is shown, and its end; 0: live */
    int percent, owed;              /* its pace, and hundredths of pictures that are due */
    struct out_stream *next;
};

struct device {
    struct sim_nvr *sim;
    char code[24], call_id[40], tag[20];
    int fd, port;
    struct event *readable;
    struct bufferevent *bev;
    bool registered;
    int cseq, sn, pan, tries;
    int64_t next_at; /* of the next REGISTER or keepalive, UTC ms */
    struct out_stream *streams;
    struct sip_digest challenge;
};

struct sim_nvr {
    struct loop *loop;
    struct sockaddr_storage server;
    socklen_t server_bytes;
    char server_text[NET_TEXT_MAX], server_code[24];
    const char *password;
    struct habits habits;
    struct device *devices;
    int count, channels, keepalive_s, registered;
    uint64_t frames, bytes;
    unsigned random, branch;
    bool quiet;
    struct event *input;
};

void nvr_say(struct device *d, struct str bytes);
void nvr_begin_request(struct device *d, const char *method, const char *call_id, int cseq, const char *tag, const char *to_tag, const char *uri, struct buf *b);
void nvr_send_xml(struct device *d, const char *xml);
void nvr_answer(struct device *d, const struct sip_message *m, int status, const char *reason);
void nvr_invite(struct device *d, const struct sip_message *m);
void nvr_pace(struct out_stream *s, const struct sip_message *m); /* INFO */
void nvr_bye(struct out_stream *s);
void nvr_stream_end(struct out_stream *s);
/* Somebody speaks: it answers, and invites them. */
void nvr_asked_to_listen(struct device *d, const char *source, const char *channel, int sn);
void nvr_ear_answered(struct device *d, const struct sip_message *m);
void nvr_ear_bye(struct device *d, const char *call_id);
void nvr_ears_hang_up(struct device *d);
void nvr_frames(void *sim); /* one picture of each stream */

#endif
