/* HTTP/1.1 and server-sent events over libevent's evhttp, met in this file only. Loop thread. */
#ifndef HX_HTTP_H
#define HX_HTTP_H

#include "base/str.h"
#include "io/loop.h"

#define HTTP_BODY_MAX (8 << 20)
#define HTTP_HEADER_MAX 16384
#define HTTP_CONNECTIONS_MAX 20000

struct http_server;
struct http_request;
struct http_stream;
struct evbuffer;

enum http_method { HX_GET, HX_POST, HX_PATCH, HX_PUT, HX_DELETE, HX_OTHER };

struct http_settings {
    struct loop *loop;
    const char *address;
    const char *certificate, *key; /* PEM files; NULL: clear text */
    const char *client_authority;  /* PEM file of whoever signs the certificates that peers must bring; NULL: they need none */
    void (*handle)(struct http_request *r, void *arg);
    void *arg;
};

enum hx_err http_listen(const struct http_settings *s, struct http_server **out) HX_MUST_USE;
const char *http_bound(const struct http_server *s);
/* Takes renewed certificates for new connections. */
enum hx_err http_reload(struct http_server *s) HX_MUST_USE;
void http_pause(struct http_server *s);
void http_close(struct http_server *s);

enum http_method http_method(const struct http_request *r);
const char *http_method_name(enum http_method m);
struct str http_path(const struct http_request *r); /* still percent-encoded */
/* A decoded query parameter in out, or NULL. */
const char *http_query(const struct http_request *r, const char *name, char *out, size_t size);
const char *http_header(const struct http_request *r, const char *name); /* NULL when it did not come */
struct str http_body(struct http_request *r);
const char *http_peer(const struct http_request *r);
/* The common name of the certificate that the peer brought, in out; "" without one. */
char *http_peer_name(const struct http_request *r, char *out, size_t size);
/* A cookie's value in out, or NULL. */
const char *http_cookie(const struct http_request *r, const char *name, char *out, size_t size);
/* Headers must be added before the reply. */
void http_add_header(struct http_request *r, const char *name, const char *value);
/* Answers and ends the request. */
void http_reply(struct http_request *r, int status, const char *type, struct str body);
/* The same for bytes that live as long as the process. */
void http_reply_static(struct http_request *r, int status, const char *type, struct str body);

/* Answers with a file, whole or the one range that the request names (RFC 9110 14.2); 404 when it cannot be opened. */
void http_reply_file(struct http_request *r, const char *file, const char *type);

/* Ends HTTP on this connection: sends `head` as it stands and gives the bytes that follow to the caller, who sets callbacks on
 * *bev and ends with http_raw_free. NULL when the peer has gone already; the request is over either way. */
struct http_raw;
struct bufferevent;
struct http_raw *http_take_over(struct http_request *r, struct str head, struct bufferevent **bev);
void http_raw_free(struct http_raw *raw);

/* Turns the request into an event stream, or NULL when the peer has gone already; `closed` is called once when the peer has gone (not after http_stream_end). */
struct http_stream *http_stream_begin(struct http_request *r, void (*closed)(void *arg), void *arg);
/* Sends one chunk that was made by http_chunk(); many streams share its bytes. */
void http_stream_send(struct http_stream *s, struct evbuffer *chunk);
size_t http_stream_waiting(const struct http_stream *s); /* bytes the peer has not taken yet */
void http_stream_end(struct http_stream *s);
struct evbuffer *http_chunk(struct str text);
void http_chunk_free(struct evbuffer *chunk);

#endif
