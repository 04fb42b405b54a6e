/* A voice to a device (GB/T 28181-2022 clause 9.12): we say that somebody wants to speak, the device invites us and names where it listens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "gb28181_dialog.h"

#define INVITE_MS 6000   /* for the device to invite us */
#define DOMAIN_MS 10000  /* for the domain to have a port */
#define CONFIRM_MS 32000 /* for the ACK */

struct gb_talk {
    struct recorder_call head;
    struct gb_server *server;
    struct recorder_talk wish;
    char recorder[RECORDER_CODE_MAX];
    int sn;
    bool invited;
    struct gb_dialog d; /* once invited */
    struct gb_sdp offer;
    int64_t give_up_at; /* UTC ms; 0: it runs */
    struct gb_talk *next;
};

static void forget(struct gb_talk *t)
{
    struct gb_talk **at = &t->server->talks;
    while (*at != t) at = &(*at)->next;
    *at = t->next;
    gb_dialog_free(&t->d);
    free(t);
}

static void over(struct gb_talk *t, const char *cause, const char *detail)
{
    struct recorder_talk wish = t->wish;
    forget(t);
    wish.over(cause, detail, wish.arg);
}

struct recorder_call *gb_talk(const struct recorder_talk *wish)
{
    struct gb_session *session = wish->recorder->session;
    char xml[400];
    if (session == NULL) return NULL;
    struct gb_server *s = session->server;
    struct gb_talk *t = calloc(1, sizeof *t);
    HX_ASSERT(t != NULL);
    *t = (struct gb_talk){.head = {.kind = RECORDER_GB28181, .speaks = true}, .server = s, .wish = *wish, .sn = ++s->sn, .give_up_at = clock_utc_ms() + INVITE_MS, .next = s->talks};
    snprintf(t->recorder, sizeof t->recorder, "%s", wish->recorder->code);
    s->talks = t;
    snprintf(xml, sizeof xml, "<Notify>\r\n<CmdType>Broadcast</CmdType>\r\n<SN>%d</SN>\r\n<SourceID>%s</SourceID>\r\n<TargetID>%s</TargetID>\r\n</Notify>\r\n", t->sn, s->set.code, wish->channel);
    gb_message(session, wish->channel, xml);
    return &t->head;
}

void gb_talk_from(struct recorder_call *call, const char *host, int port)
{
    struct gb_talk *t = (struct gb_talk *)call;
    struct gb_sdp mine = {.name = "Play", .audio = true, .port = port, .tcp = t->offer.tcp, .active = !t->offer.active, .ssrc = t->offer.ssrc, .stream = -1};
    snprintf(mine.host, sizeof mine.host, "%s", host);
    gb_dialog_accept(&t->d, &mine);
    t->give_up_at = clock_utc_ms() + CONFIRM_MS;
}

void gb_talk_end(struct recorder_call *call)
{
    struct gb_talk *t = (struct gb_talk *)call;
    if (t->d.answered) gb_dialog_bye(&t->d);
    else if (t->invited) gb_dialog_refuse(&t->d, 480, "Temporarily Unavailable");
    forget(t);
}

/* ---- what the device says ---- */

void gb_talk_answered(struct gb_session *session, int sn, const char *result)
{
    struct gb_talk *t = session->server->talks;
    while (t != NULL && !(t->sn == sn && strcmp(t->recorder, session->recorder->code) == 0)) t = t->next;
    if (t != NULL && !t->invited && strcasecmp(result, "OK") != 0) over(t, "talk_refused", result);
}

static struct gb_session *session_of(const struct gb_talk *t)
{
    return map_get(&t->server->sessions, str_of(t->recorder));
}

/* The wish that this invitation answers: from the recorder's own host, by the channel's code or the recorder's. */
static struct gb_talk *talk_for(struct gb_server *s, const struct gb_route *from, const struct sip_message *m)
{
    struct gb_talk *by_recorder = NULL;
    for (struct gb_talk *t = s->talks; t != NULL; t = t->next) {
        const struct gb_session *session = session_of(t);
        if (t->invited || session == NULL || strcmp(session->route.host, from->host) != 0) continue;
        if (strcmp(m->from_user, t->wish.channel) == 0) return t;
        if (strcmp(m->from_user, t->recorder) == 0) by_recorder = t;
    }
    return by_recorder;
}

static struct gb_talk *talk_in(struct gb_server *s, const struct gb_route *from, const struct sip_message *m)
{
    struct gb_talk *t = s->talks;
    while (t != NULL && !(t->invited && strcmp(t->d.invite.call_id, m->call_id) == 0 && strcmp(t->d.from.host, from->host) == 0)) t = t->next;
    return t;
}

void gb_talk_invite(struct gb_server *s, const struct gb_route *from, const struct sip_message *m)
{
    struct gb_talk *t = talk_in(s, from, m);
    if (t != NULL) { /* repeated */
        gb_dialog_again(&t->d);
        return;
    }
    t = talk_for(s, from, m);
    if (t == NULL) {
        s->count.strangers++;
        gb_answer(s, from, m, 403, "Nobody wants to speak");
        return;
    }
    t->invited = true;
    t->give_up_at = clock_utc_ms() + DOMAIN_MS;
    gb_dialog_begin(&t->d, s, from, m, s->set.code, m->from_user, session_of(t)->local_host);
    bool there = gb_sdp_parse(m->body, &t->offer) == HX_OK && t->offer.host[0] != 0 && (t->offer.port > 0 || (t->offer.tcp && t->offer.active));
    if (!there || !t->offer.alaw) {
        gb_dialog_refuse(&t->d, 488, "Not Acceptable Here");
        over(t, "talk_codec", there ? "PCMA" : "SDP");
        return;
    }
    struct recorder_ear ear = {.port = t->offer.port, .ssrc = t->offer.ssrc, .way = !t->offer.tcp ? WAY_UDP : t->offer.active ? WAY_TCP_PASSIVE : WAY_TCP_ACTIVE};
    gb_media_host(&t->offer, from, ear.host);
    t->wish.wanted(&ear, t->wish.arg);
}

bool gb_talk_request(struct gb_server *s, const struct gb_route *from, const struct sip_message *m)
{
    struct gb_talk *t = talk_in(s, from, m);
    if (t == NULL) return false;
    if (strcmp(m->method, "ACK") == 0) {
        if (!t->d.answered || t->d.confirmed) return true;
        t->d.confirmed = true;
        t->give_up_at = 0;
        t->wish.confirmed(t->wish.arg);
        return true;
    }
    if (strcmp(m->method, "BYE") != 0 && strcmp(m->method, "CANCEL") != 0) return false;
    gb_answer(s, from, m, 200, "OK");
    if (!t->d.answered) gb_dialog_refuse(&t->d, 487, "Request Terminated");
    over(t, "talk_ended", "");
    return true;
}

void gb_talks_tick(struct gb_server *s, int64_t now_ms)
{
    for (struct gb_talk *t = s->talks, *next; t != NULL; t = next) {
        next = t->next;
        if (t->give_up_at == 0 || now_ms < t->give_up_at) {
            gb_dialog_tick(&t->d, now_ms);
            continue;
        }
        if (t->invited && !t->d.answered) gb_dialog_refuse(&t->d, 408, "Request Timeout");
        over(t, "talk_silent", "");
        next = s->talks; /* the domain may have ended others */
    }
}

void gb_talks_of(struct gb_session *session)
{
    struct gb_server *s = session->server;
    for (struct gb_talk *t = s->talks, *next; t != NULL; t = next) {
        next = t->next;
        if (strcmp(t->recorder, session->recorder->code) != 0) continue;
        over(t, "recorder_away", "");
        next = s->talks;
    }
}

void gb_talks_over_line(struct gb_server *s, const struct gb_line *line)
{
    for (struct gb_talk *t = s->talks; t != NULL; t = t->next)
        if (t->d.from.line == line) t->d.from.line = NULL; /* the session's end tells */
}
