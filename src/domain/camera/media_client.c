#include "media_client.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/net.h"

#define RETRY_MS 500
#define CONNECT_S 3
#define INPUT_MAX (8u << 20)

struct media_client {
    struct media_client_settings set;
    char url[128], public[128], address[NET_TEXT_MAX], host[64];
    struct bufferevent *bev;
    struct loop_timer *retry;
    bool up; /* the upgrade was answered */
    bool complained;
};

static void dial(void *arg);

static void hang_up(struct media_client *c)
{
    bool was = c->up;
    if (c->bev != NULL) bufferevent_free(c->bev);
    c->bev = NULL;
    c->up = false;
    loop_timer_set(c->retry, RETRY_MS);
    if (was) log_warn("media.gone", "url=%s", c->url);
    if (was) c->set.gone(c, c->set.arg);
}

/* The head of the answer to our upgrade: true once it is read whole. */
static bool read_head(struct media_client *c, struct evbuffer *in)
{
    struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
    char first[16] = "";
    if (end.pos < 0) return false;
    evbuffer_copyout(in, first, 13);
    evbuffer_drain(in, (size_t)end.pos + 4);
    if (strncmp(first, "HTTP/1.1 101", 12) == 0) return c->up = true;
    if (!c->complained) log_error("media.refused", "url=%s answer=\"%.12s\" reason=\"has it the same keys/media.key?\"", c->url, first);
    c->complained = true;
    return false;
}

static void on_read(struct bufferevent *bev, void *arg)
{
    struct media_client *c = arg;
    struct evbuffer *in = bufferevent_get_input(bev);
    char why[160];
    size_t n;
    if (!c->up && !read_head(c, in)) return;
    for (char *line; c->bev == bev && (line = evbuffer_readln(in, &n, EVBUFFER_EOL_LF)) != NULL; free(line)) {
        json_t *event = NULL;
        if (json_parse((struct str){line, n}, &event, why, sizeof why) == HX_OK) c->set.event(c, event, c->set.arg);
        else log_warn("media.line", "reason=\"%s\"", why);
        json_decref(event);
    }
    if (evbuffer_get_length(in) > INPUT_MAX) hang_up(c);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct media_client *c = arg;
    if (what & BEV_EVENT_CONNECTED) {
        bufferevent_set_timeouts(bev, NULL, NULL);
        struct evbuffer *out = bufferevent_get_output(bev);
        evbuffer_add_printf(out, "GET /control HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: huxue-media\r\nAuthorization: Bearer %s\r\n\r\n", c->address, c->set.secret);
        return;
    }
    hang_up(c);
}

static void dial(void *arg)
{
    struct media_client *c = arg;
    struct sockaddr_storage a;
    socklen_t n;
    struct timeval limit = {.tv_sec = CONNECT_S};
    if (net_parse(c->address, &a, &n)) return;
    c->bev = bufferevent_socket_new(loop_base(c->set.loop), -1, BEV_OPT_CLOSE_ON_FREE);
    HX_ASSERT(c->bev != NULL);
    bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
    bufferevent_set_timeouts(c->bev, &limit, &limit);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
    if (!loop_connect(c->bev, &a, n)) hang_up(c);
}

enum hx_err media_client_start(const struct media_client_settings *s, struct media_client **out)
{
    struct sockaddr_storage a;
    socklen_t n;
    struct media_client *c = calloc(1, sizeof *c);
    HX_ASSERT(c != NULL);
    c->set = *s;
    struct str url, public = str_of(s->url);
    if (!str_split(&public, '=', &url)) return free(c), HX_E_INVALID;
    while (url.len > 0 && url.at[url.len - 1] == '/') url.len--;
    str_to_z(url, c->url, sizeof c->url);
    str_to_z(public.at != NULL ? public : url, c->public, sizeof c->public);
    if (!str_starts(str_of(c->public), STR("http://")) && !str_starts(str_of(c->public), STR("https://"))) return free(c), HX_E_INVALID;
    if (!str_starts(url, STR("http://")) || url.len >= sizeof c->url || url.len - 7 >= sizeof c->address) return free(c), HX_E_INVALID;
    str_to_z((struct str){url.at + 7, url.len - 7}, c->address, sizeof c->address);
    if (net_parse(c->address, &a, &n)) return free(c), HX_E_INVALID;
    snprintf(c->host, sizeof c->host, "%.60s", c->address);
    char *colon = strrchr(c->host, ':');
    if (colon != NULL) *colon = 0;
    c->retry = loop_timer_new(s->loop, dial, c);
    loop_timer_set(c->retry, 0);
    *out = c;
    return HX_OK;
}

bool media_client_up(const struct media_client *c) { return c->up; }
const char *media_client_url(const struct media_client *c) { return c->url; }
const char *media_client_public_url(const struct media_client *c) { return c->public; }
const char *media_client_host(const struct media_client *c) { return strncmp(c->host, "127.", 4) == 0 ? "" : c->host; }

void media_client_say(struct media_client *c, json_t *order)
{
    if (c->up) {
        char *text = json_text(order);
        bufferevent_write(c->bev, text, strlen(text));
        bufferevent_write(c->bev, "\n", 1);
        free(text);
    }
    json_decref(order);
}

void media_client_open(struct media_client *c, const struct media_opening *o)
{
    json_t *j = json_pack("{s:s,s:s,s:s,s:I,s:I,s:b,s:b,s:I}", "do", "open", "stream", o->stream, "way", o->way, "ssrc", (json_int_t)o->ssrc, "ring_ms", (json_int_t)o->ring_ms, "record", o->record, "sound", o->sound, "turn", (json_int_t)o->turn);
    if (o->vehicle) json_put_z(j, "format", "jt1078");
    if (o->source != NULL) json_put_z(j, "source", o->source);
    if (o->kept != NULL) json_put_z(j, "kept", o->kept), json_put_i64(j, "from", o->from), json_put_i64(j, "to", o->to);
    media_client_say(c, j);
}

void media_client_connect(struct media_client *c, const char *stream, const char *host, int port)
{
    media_client_say(c, json_pack("{s:s,s:s,s:s,s:i}", "do", "connect", "stream", stream, "host", host, "port", port));
}

void media_client_tell(struct media_client *c, const char *stream, const char *state, const char *detail)
{
    media_client_say(c, json_pack("{s:s,s:s,s:s,s:s}", "do", "say", "stream", stream, "state", state, "detail", detail));
}

void media_client_close(struct media_client *c, const char *stream)
{
    media_client_say(c, json_pack("{s:s,s:s}", "do", "close", "stream", stream));
}

void media_client_stop(struct media_client *c)
{
    if (c->bev != NULL) bufferevent_free(c->bev);
    loop_timer_free(c->retry);
    free(c);
}
