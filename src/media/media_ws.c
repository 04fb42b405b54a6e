#include "media_ws.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct http_raw *ws_begin(struct http_request *r, struct bufferevent **bev)
{
    const char *key = http_header(r, "Sec-WebSocket-Key"), *upgrade = http_header(r, "Upgrade");
    char text[128], accept[64], head[256];
    uint8_t hash[SHA_DIGEST_LENGTH];
    if (key == NULL || upgrade == NULL || strcasecmp(upgrade, "websocket") != 0 || strlen(key) > 64) {
        http_reply(r, 400, "text/plain", STR("a WebSocket is wanted here\n"));
        return NULL;
    }
    snprintf(text, sizeof text, "%.64s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    HX_ASSERT(EVP_Digest(text, strlen(text), hash, NULL, EVP_sha1(), NULL) == 1);
    EVP_EncodeBlock((uint8_t *)accept, hash, sizeof hash);
    snprintf(head, sizeof head, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
    return http_take_over(r, str_of(head), bev);
}
