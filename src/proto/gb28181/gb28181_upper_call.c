/* The invitations of the platforms above (GB/T 28181-2022 clauses 9.2, 9.8, annex G): the offer names where pictures go, the domain says whether they do. */
#include "gb28181_upper.h"

#include "gb28181_dialog.h"
#include "gb28181_pace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define CALLS_MAX 200       /* of one platform */
#define DOMAIN_MS 10000     /* for the domain to answer */
#define CONFIRM_MS 32000    /* for the ACK, RFC 3261 timer H */
#define PLAYED_MS 10000     /* for the platform's BYE behind the end of a record */

struct upper_call {
    struct gb_upper *u;
    struct gb_dialog d;
    struct gb_sdp offer;
    int64_t id, give_up_at;
    bool played; /* the platform has been told of the end, and says BYE itself */
    struct upper_call *next;
};

static int64_t last_call;

static struct upper_call *call_by_id(struct gb_upper **of, int64_t id)
{
    for (struct upper *one = uppers_all()->first; one != NULL; one = one->next) {
        struct gb_upper *u = one->link;
        for (struct upper_call *c = u != NULL ? u->calls : NULL; c != NULL; c = c->next)
            if (c->id == id) return *of = u, c;
    }
    return NULL;
}

static struct upper_call *call_of(struct gb_upper *u, const char *call_id)
{
    struct upper_call *c = u->calls;
    while (c != NULL && strcmp(c->d.invite.call_id, call_id) != 0) c = c->next;
    return c;
}

static void forget(struct upper_call *c)
{
    struct upper_call **at = &c->u->calls;
    while (*at != c) at = &(*at)->next;
    *at = c->next;
    c->u->call_count--;
    gb_dialog_free(&c->d);
    free(c);
}

static void tell_over(const struct upper_call *c)
{
    if (uppers_all()->domain != NULL) uppers_all()->domain->over(c->id);
}

/* A refusal is repeated by the asking side's own INVITE, which finds nobody any more and is refused again. */
static void refuse(struct upper_call *c, int status, const char *reason)
{
    gb_dialog_refuse(&c->d, status, reason);
    forget(c);
}

/* ---- what the platform does ---- */

/* Pictures go to the platform itself and to the hosts that were entered, to nobody else: over UDP a sender is what its packets say. */
static bool may_send_to(const struct gb_upper *u, const char *host)
{
    struct str rest = str_of(u->upper->media_hosts), one;
    if (strcmp(host, u->route.host) == 0) return true;
    while (str_split(&rest, ' ', &one))
        if (str_eq(str_trim(one), str_of(host))) return true;
    return false;
}

void gb_upper_invite(struct gb_upper *u, const struct gb_route *from, const struct sip_message *m)
{
    struct gb_sdp sdp;
    struct upper_call *known = call_of(u, m->call_id);
    if (known != NULL) { /* repeated */
        gb_dialog_again(&known->d);
        return;
    }
    if (gb_sdp_parse(m->body, &sdp) || sdp.host[0] == 0 || (sdp.port == 0 && !(sdp.tcp && sdp.active))) {
        gb_answer(u->server, from, m, 488, "Not Acceptable Here");
        return;
    }
    if (!may_send_to(u, sdp.host) && !(sdp.tcp && sdp.active)) {
        log_warn("gb28181.upper_media", "code=%s host=%s reason=\"enter it among the platform's media hosts\"", u->upper->code, sdp.host);
        gb_answer(u->server, from, m, 403, "Unknown media host");
        return;
    }
    if (u->call_count >= CALLS_MAX || uppers_all()->domain == NULL || !u->registered) {
        gb_answer(u->server, from, m, 486, "Busy Here");
        return;
    }
    struct upper_call *c = calloc(1, sizeof *c);
    HX_ASSERT(c != NULL);
    *c = (struct upper_call){.u = u, .offer = sdp, .id = ++last_call, .give_up_at = clock_utc_ms() + DOMAIN_MS, .next = u->calls};
    u->calls = c;
    u->call_count++;
    gb_dialog_begin(&c->d, u->server, from, m, u->upper->own_code, u->upper->code, u->local_host);
    bool back = strcmp(sdp.name, "Playback") == 0 || strcmp(sdp.name, "Download") == 0;
    struct upper_invite i = {.upper = u->upper, .call = c->id, .port = sdp.port, .ssrc = sdp.ssrc, .way = !sdp.tcp ? UPPER_UDP : sdp.active ? UPPER_LISTEN : UPPER_CONNECT, .main = sdp.stream == 0, .from = back ? sdp.from_s * 1000 : 0, .to = back ? sdp.to_s * 1000 : 0};
    snprintf(i.channel, sizeof i.channel, "%.23s", m->uri_user);
    snprintf(i.host, sizeof i.host, "%s", sdp.host);
    uppers_all()->domain->invite(&i);
}

void gb_upper_in_dialog(struct gb_upper *u, const struct gb_route *from, const struct sip_message *m)
{
    struct upper_call *c = call_of(u, m->call_id);
    if (strcmp(m->method, "ACK") == 0) {
        bool first = c != NULL && c->d.answered && !c->d.confirmed;
        if (first) c->d.confirmed = true;
        if (first && uppers_all()->domain != NULL) uppers_all()->domain->confirmed(c->id);
        return;
    }
    gb_answer(u->server, from, m, c != NULL ? 200 : 481, c != NULL ? "OK" : "Call does not exist");
    if (c == NULL || (strcmp(m->method, "CANCEL") == 0 && c->d.answered)) return;
    tell_over(c);
    if (!c->d.answered) refuse(c, 487, "Request Terminated");
    else forget(c);
}

void gb_upper_pace(struct gb_upper *u, const struct gb_route *from, const struct sip_message *m)
{
    struct recorder_pace p;
    const struct upper_call *c = call_of(u, m->call_id);
    if (c == NULL) gb_answer(u->server, from, m, 481, "Call does not exist");
    else if (!gb_pace_parse(m->body, &p)) gb_answer(u->server, from, m, 415, "Unsupported Media Type");
    else if (uppers_all()->domain == NULL || !uppers_all()->domain->pace(c->id, &p)) gb_answer(u->server, from, m, 488, "Not Acceptable Here");
    else gb_answer(u->server, from, m, 200, "OK");
}

void gb_upper_calls_tick(struct gb_upper *u, int64_t now_ms)
{
    for (struct upper_call *c = u->calls, *next; c != NULL; c = next) {
        next = c->next;
        if (c->played && now_ms > c->give_up_at) {
            gb_dialog_bye(&c->d);
            forget(c);
        } else if (c->d.confirmed) {
            continue;
        } else if (now_ms > c->give_up_at) {
            tell_over(c);
            if (c->d.answered) forget(c); /* it never confirmed: nobody is there to be told */
            else refuse(c, 408, "Request Timeout");
        } else {
            gb_dialog_tick(&c->d, now_ms);
        }
    }
}

/* ---- what the domain says ---- */

void gb_upper_taken(int64_t call, const char *host, int port)
{
    struct gb_upper *u;
    struct upper_call *c = call_by_id(&u, call);
    if (c == NULL) return;
    struct gb_sdp mine = {.port = port, .tcp = c->offer.tcp, .active = !c->offer.active, .ssrc = c->offer.ssrc, .stream = -1, .from_s = c->offer.from_s, .to_s = c->offer.to_s};
    snprintf(mine.name, sizeof mine.name, "%s", c->offer.name[0] != 0 ? c->offer.name : "Play");
    snprintf(mine.host, sizeof mine.host, "%s", host);
    gb_dialog_accept(&c->d, &mine);
    c->give_up_at = clock_utc_ms() + CONFIRM_MS;
}

void gb_upper_refused(int64_t call, int status, const char *reason)
{
    struct gb_upper *u;
    struct upper_call *c = call_by_id(&u, call);
    if (c != NULL && !c->d.answered) refuse(c, status, reason);
}

void gb_upper_end(int64_t call, bool of_record)
{
    char xml[320];
    struct gb_upper *u;
    struct upper_call *c = call_by_id(&u, call);
    if (c == NULL) return;
    if (!c->d.answered) {
        refuse(c, 480, "Temporarily Unavailable");
        return;
    }
    snprintf(xml, sizeof xml, "<Notify>\r\n<CmdType>MediaStatus</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<NotifyType>121</NotifyType>\r\n</Notify>\r\n", ++u->server->sn, c->d.invite.uri_user);
    if (!of_record) {
        gb_dialog_bye(&c->d);
        forget(c);
        return;
    }
    gb_upper_say(u, xml, NULL, NULL); /* the platform says BYE itself, once it has heard of the end (9.8.3) */
    c->played = c->d.confirmed = true;
    c->give_up_at = clock_utc_ms() + PLAYED_MS;
}

void gb_upper_calls_end(struct gb_upper *u, bool say)
{
    for (struct upper_call *c; (c = u->calls) != NULL;) {
        tell_over(c);
        if (say && c->d.answered) gb_dialog_bye(&c->d);
        forget(c);
    }
}

void gb_upper_calls_over_line(struct gb_upper *u, const struct gb_line *line)
{
    for (struct upper_call *c = u->calls, *next; c != NULL; c = next) {
        next = c->next;
        if (c->d.from.line != line) continue;
        tell_over(c);
        forget(c);
    }
}
