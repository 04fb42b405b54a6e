#include "http.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <fcntl.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <event2/listener.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/log.h"
#include "io/net.h"

#define READ_S 75  /* a keep-alive connection may be silent for so long; a slow request must be in by then */
#define WRITE_S 30

struct http_server {
    struct http_settings set;
    struct evhttp *http;
    struct evhttp_bound_socket *socket;
    SSL_CTX *tls;
    char bound[NET_TEXT_MAX];
};

struct http_request {
    struct evhttp_request *ev;
    struct http_server *server;
    struct evkeyvalq query;
    char peer[NET_TEXT_MAX];
};

struct http_stream {
    struct evhttp_request *ev;
    void (*closed)(void *arg);
    void *arg;
};

static SSL_CTX *tls_open(const struct http_settings *s)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls == NULL) return NULL;
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    bool trusts = s->client_authority == NULL || SSL_CTX_load_verify_locations(tls, s->client_authority, NULL) == 1;
    if (s->client_authority != NULL) SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    if (trusts && SSL_CTX_use_certificate_chain_file(tls, s->certificate) == 1 && SSL_CTX_use_PrivateKey_file(tls, s->key, SSL_FILETYPE_PEM) == 1) return tls;
    log_error("http.certificate", "certificate=\"%s\" key=\"%s\" reason=\"cannot be read or do not belong together\"", s->certificate, s->key);
    SSL_CTX_free(tls);
    return NULL;
}

static struct bufferevent *tls_connection(struct event_base *base, void *arg)
{
    struct http_server *s = arg;
    return bufferevent_openssl_socket_new(base, -1, SSL_new(s->tls), BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
}

static void on_request(struct evhttp_request *ev, void *arg)
{
    struct http_server *s = arg;
    struct http_request *r = calloc(1, sizeof *r);
    HX_ASSERT(r != NULL);
    r->ev = ev;
    r->server = s;
    TAILQ_INIT(&r->query);
    const struct sockaddr *from = evhttp_connection_get_addr(evhttp_request_get_connection(ev));
    snprintf(r->peer, sizeof r->peer, "?");
    if (from != NULL) net_format(from, r->peer);
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(ev);
    const char *query = uri != NULL ? evhttp_uri_get_query(uri) : NULL;
    if (query != NULL && evhttp_parse_query_str(query, &r->query) != 0) TAILQ_INIT(&r->query);
    s->set.handle(r, s->set.arg);
}

enum hx_err http_listen(const struct http_settings *settings, struct http_server **out)
{
    struct http_server *s = calloc(1, sizeof *s);
    HX_ASSERT(s != NULL);
    s->set = *settings;
    int fd = net_open(settings->address, SOCK_STREAM);
    if (fd < 0) goto fail;
    if (settings->certificate != NULL && (s->tls = tls_open(settings)) == NULL) {
        close(fd);
        goto fail;
    }
    net_bound(fd, s->bound);
    s->http = evhttp_new(loop_base(settings->loop));
    HX_ASSERT(s->http != NULL);
    if (s->tls != NULL) evhttp_set_bevcb(s->http, tls_connection, s);
    evhttp_set_allowed_methods(s->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS);
    evhttp_set_max_body_size(s->http, HTTP_BODY_MAX);
    evhttp_set_max_headers_size(s->http, HTTP_HEADER_MAX);
    evhttp_set_timeout(s->http, READ_S);
    evhttp_set_default_content_type(s->http, NULL);
    evhttp_set_gencb(s->http, on_request, s);
    s->socket = evhttp_accept_socket_with_handle(s->http, fd);
    HX_ASSERT(s->socket != NULL);
    *out = s;
    return HX_OK;
fail:
    free(s);
    return HX_E_INVALID;
}

const char *http_bound(const struct http_server *s)
{
    return s->bound;
}

enum hx_err http_reload(struct http_server *s)
{
    if (s->tls == NULL) return HX_OK;
    SSL_CTX *fresh = tls_open(&s->set);
    if (fresh == NULL) return HX_E_INVALID;
    SSL_CTX_free(s->tls); /* running connections hold their own reference */
    s->tls = fresh;
    return HX_OK;
}

void http_pause(struct http_server *s)
{
    evconnlistener_disable(evhttp_bound_socket_get_listener(s->socket));
}

void http_close(struct http_server *s)
{
    evhttp_free(s->http);
    SSL_CTX_free(s->tls);
    free(s);
}

enum http_method http_method(const struct http_request *r)
{
    switch (evhttp_request_get_command(r->ev)) {
    case EVHTTP_REQ_GET:
    case EVHTTP_REQ_HEAD: return HX_GET;
    case EVHTTP_REQ_POST: return HX_POST;
    case EVHTTP_REQ_PATCH: return HX_PATCH;
    case EVHTTP_REQ_PUT: return HX_PUT;
    case EVHTTP_REQ_DELETE: return HX_DELETE;
    default: return HX_OTHER;
    }
}

const char *http_method_name(enum http_method m)
{
    static const char *const names[] = {"GET", "POST", "PATCH", "PUT", "DELETE", "OTHER"};
    return names[m];
}

struct str http_path(const struct http_request *r)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(r->ev);
    return str_of(uri != NULL ? evhttp_uri_get_path(uri) : "");
}

const char *http_query(const struct http_request *r, const char *name, char *out, size_t size)
{
    const char *value = evhttp_find_header(&r->query, name);
    return value != NULL ? str_to_z(str_of(value), out, size) : NULL;
}

const char *http_header(const struct http_request *r, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(r->ev), name);
}

struct str http_body(struct http_request *r)
{
    struct evbuffer *in = evhttp_request_get_input_buffer(r->ev);
    size_t n = evbuffer_get_length(in);
    return (struct str){n > 0 ? (const char *)evbuffer_pullup(in, -1) : "", n};
}

const char *http_peer(const struct http_request *r)
{
    return r->peer;
}

char *http_peer_name(const struct http_request *r, char *out, size_t size)
{
    out[0] = 0;
    struct bufferevent *bev = r->server->tls != NULL ? evhttp_connection_get_bufferevent(evhttp_request_get_connection(r->ev)) : NULL;
    SSL *ssl = bev != NULL ? bufferevent_openssl_get_ssl(bev) : NULL;
    X509 *certificate = ssl != NULL && SSL_get_verify_result(ssl) == X509_V_OK ? SSL_get1_peer_certificate(ssl) : NULL;
    if (certificate != NULL && X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, out, (int)size) < 0) out[0] = 0;
    X509_free(certificate);
    return out;
}

const char *http_cookie(const struct http_request *r, const char *name, char *out, size_t size)
{
    const char *header = http_header(r, "Cookie");
    struct str rest = str_of(header), piece;
    while (header != NULL && str_split(&rest, ';', &piece)) {
        piece = str_trim(piece);
        struct str key;
        if (str_split(&piece, '=', &key) && str_eq_z(key, name) && piece.at != NULL) return str_to_z(piece, out, size);
    }
    return NULL;
}

void http_add_header(struct http_request *r, const char *name, const char *value)
{
    evhttp_add_header(evhttp_request_get_output_headers(r->ev), name, value);
}

static void request_free(struct http_request *r)
{
    evhttp_clear_headers(&r->query);
    free(r);
}

static void reply_with(struct http_request *r, int status, const char *type, struct evbuffer *body)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {{200, "OK"}, {201, "Created"}, {204, "No Content"}, {206, "Partial Content"}, {304, "Not Modified"}, {400, "Bad Request"}, {401, "Unauthorized"},
                   {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"}, {409, "Conflict"}, {413, "Payload Too Large"},
                   {422, "Unprocessable Content"}, {428, "Precondition Required"}, {429, "Too Many Requests"}, {503, "Service Unavailable"}};
    const char *reason = "Error";
    for (size_t i = 0; i < HX_COUNT(reasons); i++)
        if (reasons[i].status == status) reason = reasons[i].reason;
    if (type != NULL) http_add_header(r, "Content-Type", type);
    if (r->server->tls != NULL) http_add_header(r, "Strict-Transport-Security", "max-age=31536000");
    evhttp_send_reply(r->ev, status, reason, body);
    request_free(r);
}

void http_reply(struct http_request *r, int status, const char *type, struct str body)
{
    struct evbuffer *b = evbuffer_new();
    HX_ASSERT(b != NULL);
    evbuffer_add(b, body.at, body.len);
    reply_with(r, status, type, b);
    evbuffer_free(b);
}

void http_reply_static(struct http_request *r, int status, const char *type, struct str body)
{
    struct evbuffer *b = evbuffer_new();
    HX_ASSERT(b != NULL);
    evbuffer_add_reference(b, body.at, body.len, NULL, NULL);
    reply_with(r, status, type, b);
    evbuffer_free(b);
}

void http_reply_file(struct http_request *r, const char *file, const char *type)
{
    struct stat st;
    long long from = 0, to = -1;
    char text[96];
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        if (fd >= 0) close(fd);
        http_reply(r, 404, "text/plain", STR("no such file"));
        return;
    }
    const char *range = http_header(r, "Range");
    bool part = range != NULL && strchr(range, ',') == NULL && sscanf(range, "bytes=%lld-%lld", &from, &to) >= 1 && from >= 0 && from < st.st_size;
    if (!part) from = 0;
    if (!part || to < from || to >= st.st_size) to = (long long)st.st_size - 1;
    http_add_header(r, "Accept-Ranges", "bytes");
    if (part) {
        snprintf(text, sizeof text, "bytes %lld-%lld/%lld", from, to, (long long)st.st_size);
        http_add_header(r, "Content-Range", text);
    }
    struct evbuffer *b = evbuffer_new();
    HX_ASSERT(b != NULL);
    if (to < from) close(fd);
    else if (evbuffer_add_file(b, fd, (ev_off_t)from, (ev_off_t)(to - from + 1)) != 0) close(fd);
    reply_with(r, part ? 206 : 200, type, b);
    evbuffer_free(b);
}

struct http_raw {
    struct evhttp_connection *connection;
};

struct http_raw *http_take_over(struct http_request *r, struct str head, struct bufferevent **bev)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(r->ev);
    if (connection == NULL) { /* as in http_stream_begin */
        http_reply(r, 503, NULL, STR(""));
        return NULL;
    }
    struct http_raw *raw = malloc(sizeof *raw);
    HX_ASSERT(raw != NULL);
    raw->connection = connection;
    *bev = evhttp_connection_get_bufferevent(connection);
    struct timeval write_limit = {.tv_sec = WRITE_S};
    bufferevent_setcb(*bev, NULL, NULL, NULL, NULL);
    bufferevent_set_timeouts(*bev, NULL, &write_limit);
    bufferevent_write(*bev, head.at, head.len);
    bufferevent_enable(*bev, EV_READ | EV_WRITE);
    request_free(r);
    return raw;
}

void http_raw_free(struct http_raw *raw)
{
    evhttp_connection_free(raw->connection); /* its request too */
    free(raw);
}

static void on_stream_closed(struct evhttp_connection *connection, void *arg)
{
    (void)connection;
    struct http_stream *s = arg;
    if (evhttp_request_get_connection(s->ev) == NULL) evhttp_request_free(s->ev); /* evhttp gave it up to us */
    if (s->closed != NULL) s->closed(s->arg);
    free(s);
}

static struct bufferevent *stream_bev(const struct http_stream *s)
{
    return evhttp_connection_get_bufferevent(evhttp_request_get_connection(s->ev));
}

struct http_stream *http_stream_begin(struct http_request *r, void (*closed)(void *arg), void *arg)
{
    struct http_stream *s = malloc(sizeof *s);
    HX_ASSERT(s != NULL);
    *s = (struct http_stream){.ev = r->ev, .closed = closed, .arg = arg};
    http_add_header(r, "Content-Type", "text/event-stream");
    http_add_header(r, "X-Accel-Buffering", "no");
    struct evhttp_connection *connection = evhttp_request_get_connection(r->ev);
    if (connection == NULL) { /* the peer left while we looked: evhttp frees such a request when it is answered */
        free(s);
        http_reply(r, 503, NULL, STR(""));
        return NULL;
    }
    evhttp_connection_set_closecb(connection, on_stream_closed, s);
    evhttp_send_reply_start(r->ev, 200, "OK");
    struct timeval write_limit = {.tv_sec = WRITE_S};
    bufferevent_set_timeouts(stream_bev(s), NULL, &write_limit);
    request_free(r);
    return s;
}

/* The chunk is framed once for all: evhttp's own call would copy it for each stream. */
struct evbuffer *http_chunk(struct str text)
{
    struct evbuffer *b = evbuffer_new();
    HX_ASSERT(b != NULL);
    evbuffer_add_printf(b, "%zx\r\n", text.len);
    evbuffer_add(b, text.at, text.len);
    evbuffer_add(b, "\r\n", 2);
    return b;
}

void http_chunk_free(struct evbuffer *chunk)
{
    evbuffer_free(chunk);
}

void http_stream_send(struct http_stream *s, struct evbuffer *chunk)
{
    evbuffer_add_buffer_reference(bufferevent_get_output(stream_bev(s)), chunk);
}

size_t http_stream_waiting(const struct http_stream *s)
{
    return evbuffer_get_length(bufferevent_get_output(stream_bev(s)));
}

void http_stream_end(struct http_stream *s)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(s->ev);
    evhttp_connection_set_closecb(connection, NULL, NULL);
    evhttp_connection_free(connection); /* frees the request too; the peer comes again with Last-Event-ID */
    free(s);
}
