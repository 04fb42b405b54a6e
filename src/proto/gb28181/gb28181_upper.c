/* The platforms above us (GB/T 28181-2022 clauses 4, 9.1, 9.6): we register there as a platform below, keep alive, and answer. The requests go out from the
 * port where recorders come in, which is the one that such platforms have been told. */
#include "gb28181_upper.h"

#include <event2/bufferevent.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "signal/signal.h"

#define REGISTER_MS 8000
#define KEEPALIVE_MISSES 3
#define RETRY_MIN_MS 3000
#define RETRY_MAX_MS 120000
#define PASSWORD_RETRY_MS 60000

static struct gb_server *the_server; /* the driver's functions get platforms only */

struct gb_upper *gb_upper_of(struct gb_server *s, int64_t id)
{
    struct gb_upper *u = s->uppers;
    while (u != NULL && u->upper->id != id) u = u->next;
    return u;
}

static void tell_line(struct gb_upper *u, bool up, const char *reason)
{
    u->upper->up = up;
    if (uppers_all()->domain != NULL) uppers_all()->domain->line(u->upper, up, reason);
}

static int64_t jitter(int64_t ms)
{
    uint8_t one = 0;
    HX_ASSERT(RAND_bytes(&one, 1) == 1);
    return ms + ms * one / 1024; /* up to a quarter more */
}

/* Tried again after a time that grows. */
static void lost(struct gb_upper *u, const char *reason, int64_t wait_ms)
{
    int64_t grown = RETRY_MIN_MS << (u->tries < 6 ? u->tries : 6);
    u->registered = u->asking = false;
    u->challenge.there = false;
    u->misses = 0;
    u->tries++;
    u->next_at = clock_utc_ms() + jitter(wait_ms > 0 ? wait_ms : grown > RETRY_MAX_MS ? RETRY_MAX_MS : grown);
    log_warn("gb28181.upper", "code=%s up=0 reason=\"%s\" tries=%d", u->upper->code, reason, u->tries);
    gb_upper_calls_end(u, false);
    gb_watch_end(u);
    tell_line(u, false, reason);
}

/* ---- the way there ---- */

static bool dial(struct gb_upper *u)
{
    struct gb_server *s = u->server;
    if (u->route.line != NULL) return true;
    struct bufferevent *bev = bufferevent_socket_new(loop_base(s->set.loop), -1, BEV_OPT_CLOSE_ON_FREE);
    HX_ASSERT(bev != NULL);
    u->route.line = gb_line_new(s, bev, &u->route.to, u->route.to_bytes);
    return loop_connect(bev, &u->route.to, u->route.to_bytes);
}

/* One that swallows what is said to it; not from within its own reading. */
static void drop_line(struct gb_upper *u)
{
    struct gb_line *line = u->route.line;
    u->route.line = NULL;
    if (line != NULL) gb_line_end(line);
}

void gb_upper_line_gone(struct gb_server *s, const struct gb_line *line)
{
    for (struct gb_upper *u = s->uppers; u != NULL; u = u->next) {
        gb_watch_over_line(u, line);
        gb_upper_calls_over_line(u, line); /* the platform may have come over a connection of its own */
        if (u->route.line != line) continue;
        u->route.line = NULL;
        if (!u->upper->disabled) lost(u, "the connection broke", 0);
    }
}

static bool set_route(struct gb_upper *u)
{
    u->route = (struct gb_route){.tcp = u->upper->tcp}; /* an old connection still carries our BYE; the platform closes it */
    if (net_parse(u->upper->address, &u->route.to, &u->route.to_bytes)) return false;
    gb_set_host(&u->route.to, u->route.host, &u->route.port);
    gb_local_host(u->server, &u->route, u->local_host);
    return true;
}

void gb_upper_body(const char *xml, struct buf *out)
{
    buf_init(out, 49152);
    buf_add_z(out, "<?xml version=\"1.0\" encoding=\"GB18030\"?>\r\n");
    signal_text_to_gb(str_of(xml), out);
}

void gb_upper_say(struct gb_upper *u, const char *xml, void (*done)(struct gb_server *s, const struct sip_message *reply, void *arg), void *arg)
{
    struct gb_request r;
    struct buf b, body;
    gb_request_along(u->server, &u->route, u->local_host, u->upper->own_code, "MESSAGE", u->upper->code, &r);
    buf_init(&b, 65536);
    gb_upper_body(xml, &body);
    sip_request(&r.head, &b);
    sip_end(&b, "Application/MANSCDP+xml", buf_str(&body));
    buf_free(&body);
    gb_ask(u->server, &u->route, r.branch, &b, REGISTER_MS, done, arg);
}

/* ---- registration ---- */

static void send_register(struct gb_upper *u, int expires);

static void registered(struct gb_server *s, const struct sip_message *m, void *arg)
{
    struct gb_upper *u = gb_upper_of(s, (int64_t)(intptr_t)arg);
    char reason[UPPER_FAULT_MAX];
    int64_t now = clock_utc_ms();
    if (u == NULL || !u->asking) return;
    u->asking = false;
    if (u->upper->disabled && (m == NULL || m->status != 401 || u->challenge.there)) return; /* our farewell, whatever it says */
    if (m == NULL) {
        drop_line(u);
        lost(u, "no answer", 0);
    } else if (m->status == 401) {
        bool tried = u->challenge.there;
        u->challenge = m->digest;
        if (!m->digest.there) lost(u, "it asks for a password and does not say how", PASSWORD_RETRY_MS);
        else if (tried) lost(u, "it does not take the password", PASSWORD_RETRY_MS);
        else send_register(u, u->upper->disabled ? 0 : u->upper->expires_s);
    } else if (m->status >= 300) {
        snprintf(reason, sizeof reason, "%d %s", m->status, m->reason);
        lost(u, reason, 0);
    } else {
        int expires = m->expires > 0 && m->expires < u->upper->expires_s ? m->expires : u->upper->expires_s;
        bool fresh = !u->registered;
        u->registered = true;
        u->challenge.there = false;
        u->tries = u->misses = 0;
        u->renew_at = now + expires * 800LL; /* at 80 % */
        u->next_at = now + u->upper->keepalive_s * 1000LL;
        if (fresh) log_info("gb28181.upper", "code=%s up=1", u->upper->code);
        if (fresh) tell_line(u, true, "");
    }
}

static void send_register(struct gb_upper *u, int expires)
{
    struct gb_request r;
    struct buf b;
    char text[200], cnonce[17];
    if (u->upper->tcp && !dial(u)) {
        lost(u, "no connection", 0);
        return;
    }
    gb_request_along(u->server, &u->route, u->local_host, u->upper->own_code, "REGISTER", u->upper->code, &r);
    r.head.to_uri = r.from, r.head.from_tag = u->tag, r.head.call_id = u->call_id, r.head.cseq = ++u->cseq;
    buf_init(&b, 8192);
    sip_request(&r.head, &b);
    snprintf(text, sizeof text, "<sip:%s@%s:%s>", u->upper->own_code, u->local_host, u->server->port);
    sip_header(&b, "Contact", text);
    gb_random_hex(cnonce, 16);
    if (u->challenge.there) sip_authorize(&u->challenge, false, "REGISTER", r.uri, u->upper->own_code, u->upper->password, cnonce, &b);
    snprintf(text, sizeof text, "%d", expires);
    sip_header(&b, "Expires", text);
    sip_header(&b, "User-Agent", "Huxue");
    sip_header(&b, "X-GB-Ver", "3.0");
    sip_end(&b, NULL, STR(""));
    u->asking = true;
    gb_ask(u->server, &u->route, r.branch, &b, REGISTER_MS, registered, (void *)(intptr_t)u->upper->id);
}

static void alive(struct gb_server *s, const struct sip_message *m, void *arg)
{
    struct gb_upper *u = gb_upper_of(s, (int64_t)(intptr_t)arg);
    if (u == NULL || !u->registered) return;
    if (m != NULL && m->status < 300) u->misses = 0;
    else if (m != NULL) u->registered = false, u->next_at = 0; /* it has forgotten us: at once anew */
    else if (++u->misses >= KEEPALIVE_MISSES) drop_line(u), lost(u, "keepalives are not answered", RETRY_MIN_MS);
}

static void keep_alive(struct gb_upper *u)
{
    char xml[256];
    snprintf(xml, sizeof xml, "<Notify>\r\n<CmdType>Keepalive</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<Status>OK</Status>\r\n</Notify>\r\n", ++u->server->sn, u->upper->own_code);
    gb_upper_say(u, xml, alive, (void *)(intptr_t)u->upper->id);
    u->next_at = clock_utc_ms() + u->upper->keepalive_s * 1000LL;
}

void gb_upper_tick(struct gb_server *s, int64_t now_ms)
{
    for (struct gb_upper *u = s->uppers; u != NULL; u = u->next) {
        if (u->upper->disabled) continue;
        gb_upper_calls_tick(u, now_ms);
        gb_watch_tick(u, now_ms);
        if (u->registered && now_ms >= u->renew_at && !u->asking) send_register(u, u->upper->expires_s);
        else if (u->registered && now_ms >= u->next_at) keep_alive(u);
        else if (!u->registered && !u->asking && now_ms >= u->next_at) send_register(u, u->upper->expires_s);
    }
}

/* ---- what comes from there ---- */

static struct gb_upper *upper_from(struct gb_server *s, const struct gb_route *from, const struct sip_message *m)
{
    for (struct gb_upper *u = s->uppers; u != NULL; u = u->next)
        if (!u->upper->disabled && strcmp(u->upper->code, m->from_user) == 0 && strcmp(u->route.host, from->host) == 0) return u;
    return NULL;
}

bool gb_upper_request(struct gb_server *s, const struct gb_route *from, const struct sip_message *m)
{
    struct gb_upper *u = upper_from(s, from, m);
    if (u == NULL) return false;
    if (strcmp(m->method, "MESSAGE") == 0) gb_upper_message(u, from, m);
    else if (strcmp(m->method, "INVITE") == 0) gb_upper_invite(u, from, m);
    else if (strcmp(m->method, "ACK") == 0 || strcmp(m->method, "BYE") == 0 || strcmp(m->method, "CANCEL") == 0) gb_upper_in_dialog(u, from, m);
    else if (strcmp(m->method, "SUBSCRIBE") == 0) gb_upper_subscribe(u, from, m);
    else if (strcmp(m->method, "OPTIONS") == 0) gb_answer(s, from, m, 200, "OK");
    else if (strcmp(m->method, "INFO") == 0) gb_upper_pace(u, from, m);
    else gb_answer(s, from, m, 405, "Method Not Allowed");
    return true;
}

/* ---- the domain's wishes ---- */

static void changed(struct upper *upper)
{
    struct gb_server *s = the_server;
    struct gb_upper *u = gb_upper_of(s, upper->id);
    if (u == NULL) {
        u = calloc(1, sizeof *u);
        HX_ASSERT(u != NULL);
        *u = (struct gb_upper){.server = s, .upper = upper, .next = s->uppers};
        gb_random_hex(u->call_id, 24);
        gb_random_hex(u->tag, 12);
        s->uppers = u;
        upper->link = u;
    } else if (u->registered && upper->disabled) {
        send_register(u, 0);
    }
    gb_upper_calls_end(u, true);
    gb_watch_end(u);
    if (upper->disabled) {
        u->registered = false;
        tell_line(u, false, "disabled");
        return;
    }
    u->registered = u->asking = u->challenge.there = false;
    u->tries = 0;
    u->next_at = clock_utc_ms();
    if (!set_route(u)) lost(u, "the address is none", 0);
}

static void tell_alarm(struct upper *upper, const struct upper_alarm *a)
{
    gb_upper_alarm(upper->link, a);
}

static void catalog_changed(struct upper *upper)
{
    if (upper->link != NULL) gb_watch_dirty(upper->link);
}

static const struct upper_driver driver = {.changed = changed, .catalog_changed = catalog_changed, .alarm = tell_alarm, .taken = gb_upper_taken, .refused = gb_upper_refused, .end = gb_upper_end};

void gb_uppers_start(struct gb_server *s)
{
    the_server = s;
    uppers_all()->driver = &driver;
    for (struct upper *u = uppers_all()->first; u != NULL; u = u->next) changed(u);
}

void gb_uppers_leave(struct gb_server *s)
{
    for (struct gb_upper *u = s->uppers; u != NULL; u = u->next) gb_upper_calls_end(u, true);
    uppers_all()->driver = NULL;
    uppers_all()->domain = NULL;
}

void gb_uppers_free(struct gb_server *s)
{
    for (struct gb_upper *u; (u = s->uppers) != NULL;) {
        gb_upper_calls_end(u, false);
        gb_watch_end(u);
        s->uppers = u->next;
        u->upper->link = NULL;
        free(u);
    }
    the_server = NULL;
}
