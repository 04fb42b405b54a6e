/* What of an HTTP request becomes a call: who it says to be, and what it asks for. */
#ifndef HX_REQUEST_H
#define HX_REQUEST_H

#include "api/auth.h"
#include "io/http.h"

/* By a token, by name and password where the password is a token, or by the session's cookie. */
void request_claim(struct http_request *r, struct auth_claim *claim);
/* The query parameters that routes know. */
void request_queries(struct http_request *r, struct call *c);

#endif
