/* The built console, served from memory with a strict content security policy. */
#ifndef HX_WEB_H
#define HX_WEB_H

#include "io/http.h"

void web_reply(struct http_request *r);
/* Lets pages fetch pictures and clips from these origins ("http://a:1 http://b:2"), and from no other. Once, before serving. */
void web_allow_media(const char *urls);

#endif
