#include "gb28181_dialog.h"

#include <stdio.h>

#include "base/clock.h"

#define REPEAT_MS 500
#define REPEAT_MAX_MS 4000

void gb_dialog_begin(struct gb_dialog *d, struct gb_server *s, const struct gb_route *from, const struct sip_message *invite, const char *own, const char *other, const char *local_host)
{
    *d = (struct gb_dialog){.server = s, .from = *from, .invite = *invite};
    d->invite.body = STR("");
    snprintf(d->own, sizeof d->own, "%.23s", own);
    snprintf(d->other, sizeof d->other, "%.23s", other);
    snprintf(d->local_host, sizeof d->local_host, "%s", local_host);
    gb_random_hex(d->tag, 12);
    gb_answer(s, from, invite, 100, "Trying");
}

static void reply(struct gb_dialog *d, int status, const char *reason, const char *type, struct str body)
{
    char text[200];
    buf_free(&d->answer);
    buf_init(&d->answer, 8192);
    sip_reply(&d->invite, status, reason, d->tag, &d->answer);
    snprintf(text, sizeof text, "<sip:%s@%s:%s>", d->invite.uri_user, d->local_host, d->server->port);
    if (status < 300) sip_header(&d->answer, "Contact", text);
    sip_end(&d->answer, type, body);
    gb_send(d->server, &d->from, buf_str(&d->answer));
}

void gb_dialog_refuse(struct gb_dialog *d, int status, const char *reason)
{
    reply(d, status, reason, NULL, STR(""));
}

void gb_dialog_accept(struct gb_dialog *d, struct gb_sdp *sdp)
{
    struct buf body;
    if (sdp->host[0] == 0) snprintf(sdp->host, sizeof sdp->host, "%s", d->local_host);
    buf_init(&body, 2048);
    gb_sdp_make(sdp, d->invite.uri_user, "", true, &body);
    reply(d, 200, "OK", "application/sdp", buf_str(&body));
    buf_free(&body);
    d->answered = true;
    d->wait_ms = REPEAT_MS;
    d->repeat_at = clock_utc_ms() + REPEAT_MS;
}

void gb_dialog_again(struct gb_dialog *d)
{
    if (d->answer.len > 0) gb_send(d->server, &d->from, buf_str(&d->answer));
}

void gb_dialog_tick(struct gb_dialog *d, int64_t now_ms)
{
    if (!d->answered || d->confirmed || d->from.tcp || now_ms < d->repeat_at) return;
    gb_dialog_again(d);
    d->wait_ms = d->wait_ms < REPEAT_MAX_MS ? 2 * d->wait_ms : REPEAT_MAX_MS;
    d->repeat_at = now_ms + d->wait_ms;
}

void gb_dialog_bye(struct gb_dialog *d)
{
    struct gb_request r;
    struct buf b;
    gb_request_along(d->server, &d->from, d->local_host, d->own, "BYE", d->other, &r);
    snprintf(r.from, sizeof r.from, "sip:%.23s@%.10s", d->invite.uri_user, d->own);
    r.head.from_tag = d->tag, r.head.to_tag = d->invite.from_tag, r.head.call_id = d->invite.call_id;
    if (d->invite.contact[0] != 0) r.head.uri = d->invite.contact;
    buf_init(&b, 4096);
    sip_request(&r.head, &b);
    sip_end(&b, NULL, STR(""));
    gb_ask(d->server, &d->from, r.branch, &b, 8000, NULL, NULL);
}

void gb_dialog_free(struct gb_dialog *d)
{
    buf_free(&d->answer);
}
