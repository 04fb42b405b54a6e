/* The server's end of a WebSocket (RFC 6455): the handshake, and frames by libwslay. Loop thread. */
#ifndef HX_MEDIA_WS_H
#define HX_MEDIA_WS_H

#include <event2/bufferevent.h>
#include <wslay/wslay.h>

#include "base/json.h"
#include "io/http.h"

struct ws_line {
    struct bufferevent *bev; /* NULL: not open */
    /* Set by the owner before it opens. */
    uint64_t *sent_bytes;    /* counted here; may be NULL */
    void (*message)(int opcode, struct str bytes, void *arg); /* WSLAY_TEXT_FRAME, WSLAY_BINARY_FRAME */
    void (*over)(void *arg); /* the other side closed, went or broke the rules: close it. */
    void *arg;
    /* Its own. */
    struct http_raw *raw;
    wslay_event_context_ptr ws;
    bool ending;
};

/* Upgrades the request; a longer message than this ends the line. False, and the request is answered, when it is no such one. */
bool ws_open(struct ws_line *l, struct http_request *r, size_t message_max);
void ws_say(struct ws_line *l, int opcode, const void *bytes, size_t n);
void ws_say_json(struct ws_line *l, json_t *j); /* taken over */
/* Bytes that wait to be sent. */
size_t ws_waiting(const struct ws_line *l);
/* Does nothing with one that is not open. */
void ws_close(struct ws_line *l);

#endif
