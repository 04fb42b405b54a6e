/* Invitations: INVITE, its answer, ACK, BYE (GB/T 28181 clause 9.2 and 9.8, annex G). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "gb28181_inner.h"
#include "gb28181_pace.h"

#define ANSWER_MS 6000

struct gb_call {
    struct recorder_call head;
    struct gb_server *server;
    struct recorder_invite invite;
    char call_id[64], from_tag[32], to_tag[96], uri[160], recorder[RECORDER_CODE_MAX], branch[48];
    char via[80], from[96], to[96];
    int cseq, invite_cseq;
    int64_t taken_at; /* UTC ms */
    bool taken, over; /* answered with 200; the domain does not want it any more */
    bool waiting;     /* for the answer to the INVITE */
};

static void call_free(struct gb_call *c)
{
    map_take(&c->server->calls, str_of(c->call_id));
    free(c);
}

static struct gb_session *session_of(const struct gb_call *c)
{
    return map_get(&c->server->sessions, str_of(c->recorder));
}

static void tell(struct gb_call *c, const struct recorder_answer *a)
{
    if (!c->over) c->invite.answer(a, c->invite.arg);
}

static void send_in_dialog(struct gb_call *c, const char *method, int cseq, const char *branch)
{
    struct gb_session *session = session_of(c);
    struct buf b;
    if (session == NULL) return;
    struct sip_head h = {.method = method, .uri = c->uri, .via_host = c->via, .from_uri = c->from, .from_tag = c->from_tag, .to_uri = c->to, .to_tag = c->to_tag, .call_id = c->call_id, .branch = branch, .cseq = cseq, .tcp = session->route.tcp};
    buf_init(&b, 4096);
    sip_request(&h, &b);
    sip_end(&b, NULL, STR(""));
    gb_send(c->server, &session->route, buf_str(&b)); /* to the source address, whatever Contact says */
    buf_free(&b);
}

static void send_ack(struct gb_call *c)
{
    char branch[48];
    snprintf(branch, sizeof branch, "z9hG4bKa%08x%04x", (unsigned)clock_mono_us(), ++c->server->branch & 0xffff);
    send_in_dialog(c, "ACK", c->invite_cseq, branch);
}

/* Over UDP it is repeated until it is answered: a device that missed a BYE would send for ever. False when the recorder has gone. */
static bool ask_in_dialog(struct gb_call *c, const char *method, const char *type, struct str body)
{
    struct gb_session *session = session_of(c);
    char branch[48];
    struct buf b;
    if (session == NULL) return false;
    snprintf(branch, sizeof branch, "z9hG4bKb%08x%04x", (unsigned)clock_mono_us(), ++c->server->branch & 0xffff);
    struct sip_head h = {.method = method, .uri = c->uri, .via_host = c->via, .from_uri = c->from, .from_tag = c->from_tag, .to_uri = c->to, .to_tag = c->to_tag, .call_id = c->call_id, .branch = branch, .cseq = ++c->cseq, .tcp = session->route.tcp};
    buf_init(&b, 4096);
    sip_request(&h, &b);
    sip_end(&b, type, body);
    gb_ask(c->server, &session->route, branch, &b, 8000, NULL, NULL);
    return true;
}

static void send_bye(struct gb_call *c)
{
    (void)ask_in_dialog(c, "BYE", NULL, STR(""));
}

void gb_media_host(const struct gb_sdp *sdp, const struct gb_route *from, char out[64])
{
    bool private = strncmp(sdp->host, "10.", 3) == 0 || strncmp(sdp->host, "192.168.", 8) == 0 || strncmp(sdp->host, "172.", 4) == 0;
    snprintf(out, 64, "%s", private ? from->host : sdp->host);
}

static void take_answer(struct gb_call *c, const struct sip_message *m)
{
    struct gb_session *session = session_of(c);
    struct recorder_answer a = {.kind = ANSWER_TAKEN, .status = m->status};
    struct gb_sdp sdp;
    c->taken = true;
    c->taken_at = clock_utc_ms();
    snprintf(c->to_tag, sizeof c->to_tag, "%s", m->to_tag);
    if (m->contact[0] != 0) snprintf(c->uri, sizeof c->uri, "%s", m->contact);
    send_ack(c);
    if (c->over) { /* nobody wants it any more */
        send_bye(c);
        call_free(c);
        return;
    }
    if (gb_sdp_parse(m->body, &sdp) == HX_OK) {
        a.port = sdp.port;
        a.ssrc = sdp.has_ssrc ? sdp.ssrc : 0;
        if (session != NULL) gb_media_host(&sdp, &session->route, a.host);
        else snprintf(a.host, sizeof a.host, "%s", sdp.host);
    }
    tell(c, &a);
}

static void answered(struct gb_server *s, const struct sip_message *m, void *arg)
{
    struct gb_call *c = map_get(&s->calls, str_of(arg));
    free(arg);
    if (c == NULL) return;
    c->waiting = false;
    if (m != NULL && m->status < 300) {
        take_answer(c, m);
        return;
    }
    struct recorder_answer a = {.kind = m == NULL ? ANSWER_SILENT : ANSWER_REFUSED, .status = m != NULL ? m->status : 0};
    if (m != NULL) {
        snprintf(c->to_tag, sizeof c->to_tag, "%s", m->to_tag);
        snprintf(a.reason, sizeof a.reason, "%s", m->reason);
        send_in_dialog(c, "ACK", c->invite_cseq, c->branch); /* of the same transaction, RFC 3261 17.1.1.3 */
    } else {
        s->count.unanswered++;
    }
    tell(c, &a);
    call_free(c);
}

struct recorder_call *gb_invite(const struct recorder_invite *i)
{
    struct gb_session *session = i->recorder->session;
    struct gb_request r;
    struct buf b, body;
    char text[200], uri[64] = "";
    if (session == NULL) return NULL;
    struct gb_server *s = session->server;
    struct gb_call *c = calloc(1, sizeof *c);
    HX_ASSERT(c != NULL);
    gb_request_to(session, "INVITE", i->channel, &r);
    *c = (struct gb_call){.head.kind = RECORDER_GB28181, .server = s, .invite = *i, .cseq = 1, .invite_cseq = 1, .waiting = true};
    snprintf(c->call_id, sizeof c->call_id, "%s", r.call_id);
    snprintf(c->from_tag, sizeof c->from_tag, "%s", r.tag);
    snprintf(c->uri, sizeof c->uri, "%s", r.uri);
    snprintf(c->via, sizeof c->via, "%s", r.via);
    snprintf(c->from, sizeof c->from, "%s", r.from);
    snprintf(c->to, sizeof c->to, "%s", r.to);
    snprintf(c->branch, sizeof c->branch, "%s", r.branch);
    snprintf(c->recorder, sizeof c->recorder, "%s", i->recorder->code);
    map_put(&s->calls, str_of(c->call_id), c);
    struct gb_sdp sdp = {.port = i->media_port, .tcp = i->way != WAY_UDP, .active = i->way == WAY_TCP_ACTIVE, .ssrc = i->ssrc, .stream = i->stream, .from_s = i->from / 1000, .to_s = i->to / 1000};
    snprintf(sdp.name, sizeof sdp.name, i->from != 0 ? "Playback" : "Play");
    snprintf(sdp.host, sizeof sdp.host, "%s", i->media_host[0] != 0 ? i->media_host : session->local_host);
    if (i->from != 0) snprintf(uri, sizeof uri, "%s:0", i->channel);
    buf_init(&b, 8192);
    buf_init(&body, 2048);
    gb_sdp_make(&sdp, s->set.code, uri, false, &body);
    sip_request(&r.head, &b);
    snprintf(text, sizeof text, "<sip:%s@%s:%s>", s->set.code, session->local_host, s->port);
    sip_header(&b, "Contact", text);
    snprintf(text, sizeof text, "%s:%010u,%s:0", i->channel, i->ssrc, s->set.code);
    sip_header(&b, "Subject", text);
    sip_end(&b, "APPLICATION/SDP", buf_str(&body));
    buf_free(&body);
    s->count.invites++;
    gb_ask(s, &session->route, r.branch, &b, ANSWER_MS, answered, str_dup(str_of(c->call_id)));
    return &c->head;
}

void gb_hang_up(struct recorder_call *call)
{
    if (call->speaks) {
        gb_talk_end(call);
        return;
    }
    struct gb_call *c = (struct gb_call *)call;
    c->over = true;
    if (c->waiting) return; /* its answer is met with ACK and BYE */
    if (c->taken) send_bye(c);
    call_free(c);
}

bool gb_pace(struct recorder_call *call, const struct recorder_pace *p)
{
    struct gb_call *c = (struct gb_call *)call;
    struct buf body;
    if (!c->taken || c->over || c->invite.from == 0) return false;
    buf_init(&body, 256);
    gb_pace_format(p, c->cseq + 1, &body);
    bool sent = ask_in_dialog(c, "INFO", GB_PACE_TYPE, buf_str(&body));
    buf_free(&body);
    return sent;
}

static void end_call(struct gb_call *c, const char *why)
{
    struct recorder_answer a = {.kind = ANSWER_ENDED};
    snprintf(a.reason, sizeof a.reason, "%s", why);
    tell(c, &a);
    call_free(c);
}

void gb_on_bye(struct gb_server *s, const struct gb_route *from, const struct sip_message *m)
{
    struct gb_call *c = map_get(&s->calls, str_of(m->call_id));
    struct gb_session *session = c != NULL ? session_of(c) : NULL;
    bool theirs = session != NULL && strcmp(session->route.host, from->host) == 0;
    gb_answer(s, from, m, theirs ? 200 : 481, theirs ? "OK" : "Call does not exist");
    if (theirs) end_call(c, "bye");
}

/* A 200 that is repeated because our ACK was lost. */
void gb_on_late_answer(struct gb_server *s, const struct gb_route *from, const struct sip_message *m)
{
    (void)from;
    struct gb_call *c = map_get(&s->calls, str_of(m->call_id));
    if (c != NULL && c->taken && strcmp(m->method, "INVITE") == 0 && m->status < 300 && m->status >= 200) send_ack(c);
}

void gb_on_media_end(struct gb_server *s, struct gb_session *session, const char *channel, const char *call_id)
{
    struct gb_call *c = map_get(&s->calls, str_of(call_id)), *found = NULL;
    size_t at = 0;
    int64_t now = clock_utc_ms(), nearest = 0;
    /* It names the channel alone, of which several stretches may be running: the one that should be through by now is meant. */
    for (struct map_entry *e; c == NULL && (e = map_next(&s->calls, &at)) != NULL;) {
        struct gb_call *one = e->value;
        int64_t off = llabs(one->taken_at + (one->invite.to - one->invite.from) - now);
        if (one->invite.from == 0 || !one->taken || strcmp(one->recorder, session->recorder->code) != 0 || strcmp(one->invite.channel, channel) != 0 || (found != NULL && off >= nearest)) continue;
        found = one;
        nearest = off;
    }
    if (c == NULL) c = found;
    if (c == NULL || strcmp(c->recorder, session->recorder->code) != 0) return;
    send_bye(c);
    end_call(c, "end of record");
}

void gb_calls_of(struct gb_session *session, const char *why)
{
    struct gb_server *s = session->server;
    for (bool again = true; again;) {
        size_t at = 0;
        again = false;
        for (struct map_entry *e; !again && (e = map_next(&s->calls, &at)) != NULL;) {
            struct gb_call *c = e->value;
            if (strcmp(c->recorder, session->recorder->code) != 0) continue;
            if (c->waiting && c->over) free(map_take(&s->calls, str_of(c->call_id)));
            else end_call(c, why);
            again = true;
        }
    }
}
