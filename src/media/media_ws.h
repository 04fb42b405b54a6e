/* The server's side of a WebSocket's opening (RFC 6455 clause 4.2.2), after which wslay frames the connection. */
#ifndef HX_MEDIA_WS_H
#define HX_MEDIA_WS_H

#include "io/http.h"

/* Takes the connection over, or answers 400 and gives NULL when no WebSocket is asked for, or the peer has gone. */
struct http_raw *ws_begin(struct http_request *r, struct bufferevent **bev);

#endif
