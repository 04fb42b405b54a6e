/* The pictures of vehicles: a terminal that has some is a recorder, asked by JT/T 1078-2016 (5.5.1 live, 5.3.1 what it has). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/bufferevent.h>

#include "base/log.h"
#include "jt808_inner.h"
#include "signal/recorder.h"

struct video_call {
    struct recorder_call head;
    struct connection *connection;
    struct recorder_invite invite;
    uint16_t seq;
    bool answered;
    struct video_call *next;
};

static struct jt808_listener *the_listener;
static struct video_call *calls;

static struct video_call *take_out(struct video_call *c)
{
    struct video_call **at = &calls;
    while (*at != c) at = &(*at)->next;
    *at = c->next;
    return c;
}

/* Where the terminal reaches us: the address that its connection came to. */
static void local_host(const struct connection *c, char out[NET_TEXT_MAX])
{
    struct sockaddr_storage a;
    socklen_t n = sizeof a;
    out[0] = 0;
    if (c->bev == NULL || getsockname(bufferevent_getfd(c->bev), (struct sockaddr *)&a, &n) != 0) return;
    net_format((struct sockaddr *)&a, out);
    char *colon = strrchr(out, ':');
    if (colon != NULL) *colon = 0;
}

static struct recorder_call *invite(const struct recorder_invite *i)
{
    struct connection *to = i->recorder->session;
    char host[NET_TEXT_MAX];
    uint8_t body[270];
    if (to == NULL || i->from != 0 || i->way == WAY_TCP_ACTIVE) return NULL;
    local_host(to, host);
    if (i->media_host[0] != 0) snprintf(host, sizeof host, "%s", i->media_host);
    else if (the_listener->set.media_host[0] != 0) snprintf(host, sizeof host, "%s", the_listener->set.media_host);
    if (host[0] == 0) {
        log_warn("jt808.video", "terminal=%s reason=\"a terminal on UDP: where may it send? set [jt808] media_host\"", to->number);
        return NULL;
    }
    struct jt1078_live l = {.host = host, .channel = atoi(i->channel), .sub = i->stream == 1, .sound = i->sound};
    *(i->way == WAY_UDP ? &l.udp_port : &l.tcp_port) = i->media_port;
    struct video_call *c = calloc(1, sizeof *c);
    HX_ASSERT(c != NULL);
    *c = (struct video_call){.head.kind = RECORDER_JT1078, .connection = to, .invite = *i, .next = calls};
    calls = c;
    size_t n = jt1078_ask_live(&l, body);
    c->seq = jt808_order(to, JT1078_ASK_LIVE, (struct str){(const char *)body, n});
    return &c->head;
}

static void hang_up(struct recorder_call *call)
{
    struct video_call *c = take_out((struct video_call *)call);
    uint8_t body[4];
    size_t n = jt1078_stop_live(atoi(c->invite.channel), body);
    jt808_order(c->connection, JT1078_STEER_LIVE, (struct str){(const char *)body, n});
    free(c);
}

static const struct recorder_driver driver = {.invite = invite, .hang_up = hang_up};

void jt808_video_start(struct jt808_listener *l)
{
    the_listener = l;
    recorders_all()->drivers[RECORDER_JT1078] = &driver;
}

void jt808_video_stop(void)
{
    recorders_all()->drivers[RECORDER_JT1078] = NULL;
    while (calls != NULL) free(take_out(calls));
}

void jt808_video_found(struct connection *c, const struct jt808_message *m)
{
    struct terminals *all = c->listener->set.terminals;
    int channels;
    if (jt1078_channels(m->body, &channels) != HX_OK) c->listener->count.malformed++;
    else if (channels > 0 && all->pictured != NULL) all->pictured(c->terminal, channels, all->arg);
}

/* 0x0001: the number and the id of the order, and how it went. */
void jt808_video_answered(struct connection *c, const struct jt808_message *m)
{
    const uint8_t *b = (const uint8_t *)m->body.at;
    if (m->body.len < 5 || (b[2] << 8 | b[3]) != JT1078_ASK_LIVE) return;
    for (struct video_call *v = calls; v != NULL; v = v->next) {
        if (v->connection != c || v->answered || v->seq != (uint16_t)(b[0] << 8 | b[1])) continue;
        struct recorder_answer a = {.kind = b[4] == JT808_OK ? ANSWER_TAKEN : ANSWER_REFUSED, .status = b[4], .reason = "JT/T 808"};
        v->answered = true;
        if (a.kind == ANSWER_REFUSED) take_out(v);
        v->invite.answer(&a, v->invite.arg);
        if (a.kind == ANSWER_REFUSED) free(v);
        return;
    }
}

void jt808_video_gone(struct connection *c)
{
    char code[RECORDER_CODE_MAX];
    recorder_code_of_terminal(c->terminal->number, code);
    struct recorder *r = recorder_find(str_of(code));
    for (struct video_call *v = calls, *next; v != NULL; v = next) {
        next = v->next;
        if (v->connection != c) continue;
        struct recorder_answer a = {.kind = ANSWER_ENDED, .reason = "away"};
        take_out(v)->invite.answer(&a, v->invite.arg);
        free(v);
    }
    if (r == NULL || r->session != c) return;
    r->session = NULL;
    r->up = false;
    if (recorders_all()->line != NULL) recorders_all()->line(r, false, "closed", recorders_all()->arg);
}
