#include "media_ws.h"

#include <event2/buffer.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct http_raw *upgrade(struct http_request *r, struct bufferevent **bev)
{
    const char *key = http_header(r, "Sec-WebSocket-Key"), *wanted = http_header(r, "Upgrade");
    char text[128], accept[64], head[256];
    uint8_t hash[SHA_DIGEST_LENGTH];
    if (key == NULL || wanted == NULL || strcasecmp(wanted, "websocket") != 0 || strlen(key) > 64) {
        http_reply(r, 400, "text/plain", STR("a WebSocket is wanted here\n"));
        return NULL;
    }
    snprintf(text, sizeof text, "%.64s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    HX_ASSERT(EVP_Digest(text, strlen(text), hash, NULL, EVP_sha1(), NULL) == 1);
    EVP_EncodeBlock((uint8_t *)accept, hash, sizeof hash);
    snprintf(head, sizeof head, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
    return http_take_over(r, str_of(head), bev);
}

static ssize_t on_recv(wslay_event_context_ptr ws, uint8_t *out, size_t n, int flags, void *arg)
{
    (void)flags;
    struct ws_line *l = arg;
    int got = evbuffer_remove(bufferevent_get_input(l->bev), out, n);
    if (got > 0) return got;
    wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
    return -1;
}

static ssize_t on_send(wslay_event_context_ptr ws, const uint8_t *data, size_t n, int flags, void *arg)
{
    (void)ws, (void)flags;
    struct ws_line *l = arg;
    bufferevent_write(l->bev, data, n);
    if (l->sent_bytes != NULL) *l->sent_bytes += n;
    return (ssize_t)n;
}

static void on_message(wslay_event_context_ptr ws, const struct wslay_event_on_msg_recv_arg *m, void *arg)
{
    (void)ws;
    struct ws_line *l = arg;
    if (m->opcode == WSLAY_CONNECTION_CLOSE) l->ending = true;
    else if (m->opcode == WSLAY_TEXT_FRAME || m->opcode == WSLAY_BINARY_FRAME) l->message(m->opcode, (struct str){(const char *)m->msg, m->msg_length}, l->arg);
}

static void on_read(struct bufferevent *bev, void *arg)
{
    (void)bev;
    struct ws_line *l = arg;
    if (wslay_event_recv(l->ws) != 0 || wslay_event_send(l->ws) != 0 || l->ending) l->over(l->arg);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    struct ws_line *l = arg;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) l->over(l->arg);
}

bool ws_open(struct ws_line *l, struct http_request *r, size_t message_max)
{
    static const struct wslay_event_callbacks callbacks = {on_recv, on_send, NULL, NULL, NULL, NULL, on_message};
    l->raw = upgrade(r, &l->bev);
    if (l->raw == NULL) {
        l->bev = NULL;
        return false;
    }
    HX_ASSERT(wslay_event_context_server_init(&l->ws, &callbacks, l) == 0);
    wslay_event_config_set_max_recv_msg_length(l->ws, message_max);
    bufferevent_setcb(l->bev, on_read, NULL, on_event, l);
    return true;
}

void ws_say(struct ws_line *l, int opcode, const void *bytes, size_t n)
{
    const struct wslay_event_msg m = {.opcode = (uint8_t)opcode, .msg = bytes, .msg_length = n};
    if (l->bev != NULL && wslay_event_queue_msg(l->ws, &m) == 0) (void)!wslay_event_send(l->ws);
}

void ws_say_json(struct ws_line *l, json_t *j)
{
    char *text = json_text(j);
    ws_say(l, WSLAY_TEXT_FRAME, text, strlen(text));
    free(text);
    json_decref(j);
}

size_t ws_waiting(const struct ws_line *l)
{
    return l->bev != NULL ? evbuffer_get_length(bufferevent_get_output(l->bev)) : 0;
}

void ws_close(struct ws_line *l)
{
    if (l->bev == NULL) return;
    wslay_event_context_free(l->ws);
    http_raw_free(l->raw);
    l->bev = NULL;
}
