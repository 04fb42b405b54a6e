/* The built console, served from memory with a strict content security policy. */
#ifndef HX_WEB_H
#define HX_WEB_H

#include "io/http.h"

void web_reply(struct http_request *r);

#endif
