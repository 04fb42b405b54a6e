#include "gb28181_inner.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "signal/signal.h"

#define TICK_MS 250
#define RETRY_MS 500      /* T1 of RFC 3261 */
#define NONCE_MS 300000LL
#define MISSES 3          /* keepalives that may be missed */
#define DATAGRAM_MAX 65536
#define LINE_IDLE_S 3700
#define OUTS_MAX 50000

/* Only those that speak this protocol: a code that we gave to another must not open a door here. */
struct recorder *gb_recorder(const char *code)
{
    struct recorder *r = recorder_find(str_of(code));
    return r != NULL && r->kind == RECORDER_GB28181 ? r : NULL;
}

static struct gb_server *the_server; /* the driver's functions get recorders only */

/* ---- sending ---- */

bool gb_send(struct gb_server *s, const struct gb_route *r, struct str bytes)
{
    if (r->line != NULL) return bufferevent_write(r->line->bev, bytes.at, bytes.len) == 0;
    return !r->tcp && door_send(s->door, bytes, &r->to, r->to_bytes);
}

void gb_random_hex(char *out, size_t digits)
{
    uint8_t raw[32];
    char hex[65];
    HX_ASSERT(RAND_bytes(raw, sizeof raw) == 1);
    hex_encode_lower(raw, sizeof raw, hex);
    snprintf(out, digits + 1, "%s", hex);
}

void gb_answer(struct gb_server *s, const struct gb_route *r, const struct sip_message *to, int status, const char *reason)
{
    struct buf b;
    buf_init(&b, 8192);
    sip_reply(to, status, reason, "huxue", &b);
    sip_end(&b, NULL, STR(""));
    gb_send(s, r, buf_str(&b));
    buf_free(&b);
}

void gb_request_along(struct gb_server *s, const struct gb_route *route, const char *local_host, const char *own, const char *method, const char *code, struct gb_request *r)
{
    snprintf(r->uri, sizeof r->uri, "sip:%.23s@%.45s:%d", code, route->host, route->port);
    snprintf(r->via, sizeof r->via, "%s:%s", local_host, s->port);
    snprintf(r->from, sizeof r->from, "sip:%.23s@%.10s", own, own);
    snprintf(r->to, sizeof r->to, "sip:%.23s@%.10s", code, code);
    gb_random_hex(r->tag, 12);
    gb_random_hex(r->call_id, 24);
    snprintf(r->branch, sizeof r->branch, "z9hG4bK%08x%04x", (unsigned)clock_mono_us(), ++s->branch & 0xffff);
    r->head = (struct sip_head){.method = method, .uri = r->uri, .via_host = r->via, .from_uri = r->from, .from_tag = r->tag, .to_uri = r->to, .call_id = r->call_id, .branch = r->branch, .cseq = 1, .tcp = route->tcp};
}

void gb_request_to(struct gb_session *session, const char *method, const char *code, struct gb_request *r)
{
    gb_request_along(session->server, &session->route, session->local_host, session->server->set.code, method, code, r);
}

static void forget_out(struct gb_server *s, struct gb_out *o)
{
    map_take(&s->waiting, str_of(o->branch));
    *o->link = o->next;
    if (o->next != NULL) o->next->link = o->link;
    buf_free(&o->bytes);
    free(o);
}

static void counted(struct gb_server *s, const struct sip_message *reply, void *arg)
{
    (void)arg;
    if (reply == NULL) s->count.unanswered++;
}

void gb_ask(struct gb_server *s, const struct gb_route *route, const char *branch, struct buf *bytes, int64_t give_up_ms,
            void (*done)(struct gb_server *s, const struct sip_message *reply, void *arg), void *arg)
{
    int64_t now = clock_mono_us() / 1000;
    struct gb_out *o = calloc(1, sizeof *o);
    HX_ASSERT(o != NULL);
    *o = (struct gb_out){.bytes = *bytes, .route = *route, .wait_ms = RETRY_MS, .next_at = now + RETRY_MS, .give_up_at = now + give_up_ms, .done = done != NULL ? done : counted, .arg = arg};
    snprintf(o->branch, sizeof o->branch, "%s", branch);
    o->next = s->outs;
    o->link = &s->outs;
    if (o->next != NULL) o->next->link = &o->next;
    s->outs = o;
    map_put(&s->waiting, str_of(o->branch), o);
    if (!gb_send(s, route, buf_str(&o->bytes))) o->give_up_at = now; /* told at the next tick, never inside the caller */
}

void gb_message(struct gb_session *session, const char *code, const char *xml)
{
    struct gb_server *s = session->server;
    struct gb_request r;
    struct buf b, body;
    if (s->waiting.count > OUTS_MAX) return;
    gb_request_to(session, "MESSAGE", code, &r);
    buf_init(&b, 16384);
    buf_init(&body, 8192);
    buf_printf(&body, "<?xml version=\"1.0\" encoding=\"%s\"?>\r\n%s", session->version[0] == '3' ? "GB18030" : "GB2312", xml);
    sip_request(&r.head, &b);
    sip_end(&b, "Application/MANSCDP+xml", buf_str(&body));
    buf_free(&body);
    gb_ask(s, &session->route, r.branch, &b, 8000, NULL, NULL);
}

/* ---- registration ---- */

/* time, and a MAC over it: nothing has to be kept for a device that only knocks. */
static void make_nonce(const struct gb_server *s, int64_t at_ms, char out[64])
{
    uint8_t mac[32];
    char time[20], hex[33];
    unsigned n = 0;
    snprintf(time, sizeof time, "%012llx", (unsigned long long)at_ms);
    HX_ASSERT(HMAC(EVP_sha256(), s->nonce_key, sizeof s->nonce_key, (const uint8_t *)time, 12, mac, &n) != NULL);
    hex_encode_lower(mac, 16, hex);
    snprintf(out, 64, "%s%s", time, hex);
}

static bool nonce_is_ours(const struct gb_server *s, const char *nonce)
{
    char want[64], time[13];
    snprintf(time, sizeof time, "%.12s", nonce);
    int64_t at = (int64_t)strtoull(time, NULL, 16), now = clock_utc_ms();
    make_nonce(s, at, want);
    return strcmp(want, nonce) == 0 && at <= now + 1000 && now - at < NONCE_MS;
}

static void challenge(struct gb_server *s, const struct gb_route *from, const struct sip_message *m)
{
    struct buf b;
    char nonce[64], value[192];
    make_nonce(s, clock_utc_ms(), nonce);
    buf_init(&b, 8192);
    sip_reply(m, 401, "Unauthorized", "huxue", &b);
    snprintf(value, sizeof value, "Digest realm=\"%s\",nonce=\"%s\",algorithm=MD5", s->domain, nonce);
    sip_header(&b, "WWW-Authenticate", value);
    sip_end(&b, NULL, STR(""));
    gb_send(s, from, buf_str(&b));
    buf_free(&b);
}

void gb_local_host(const struct gb_server *s, const struct gb_route *from, char out[64])
{
    struct sockaddr_storage here;
    socklen_t n = sizeof here;
    char text[NET_TEXT_MAX];
    snprintf(out, 64, "%s", s->set.host[0] != 0 ? s->set.host : "127.0.0.1");
    if (s->set.host[0] != 0) return;
    int fd = socket(from->to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* the kernel says which address leads there; nothing is sent */
    if (fd < 0) return;
    if (connect(fd, (const struct sockaddr *)&from->to, from->to_bytes) == 0 && getsockname(fd, (struct sockaddr *)&here, &n) == 0) {
        net_format((struct sockaddr *)&here, text);
        char *colon = strrchr(text, ':');
        if (colon != NULL) *colon = 0;
        snprintf(out, 64, "%s", text);
    }
    evutil_closesocket(fd);
}

static void session_end(struct gb_session *session, const char *why)
{
    struct gb_server *s = session->server;
    struct recorder *r = session->recorder;
    gb_calls_of(session, why);
    gb_talks_of(session);
    map_take(&s->sessions, str_of(r->code));
    s->count.sessions--;
    r->session = NULL;
    if (r->up) {
        r->up = false;
        if (recorders_all()->line != NULL) recorders_all()->line(r, false, why, recorders_all()->arg);
    }
    if (session->records_got != NULL) session->records_got(session->records, session->record_count, false, session->records_arg);
    free(session->channels);
    free(session->records);
    free(session);
}

static struct gb_session *session_begin(struct gb_server *s, struct recorder *r)
{
    struct gb_session *session = calloc(1, sizeof *session);
    HX_ASSERT(session != NULL);
    session->server = s;
    session->recorder = r;
    r->session = session;
    map_put(&s->sessions, str_of(r->code), session);
    s->count.sessions++;
    return session;
}

static void accept_register(struct gb_server *s, const struct gb_route *from, const struct sip_message *m, struct recorder *r)
{
    struct gb_session *session = r->session;
    int64_t now = clock_utc_ms();
    int expires = m->expires < 0 ? s->set.expires_s : m->expires;
    char date[GB_TIME_MAX + 8], text[16];
    struct buf b;
    if (expires > 86400) expires = 86400;
    if (expires > 0 && expires < 60) expires = 60;
    bool fresh = session == NULL && expires > 0;
    if (fresh) session = session_begin(s, r);
    if (session != NULL) {
        session->route = *from;
        session->heard_at = now;
        session->expires_at = now + expires * 1000LL + 10000;
        snprintf(session->version, sizeof session->version, "%s", m->version);
        gb_local_host(s, from, session->local_host);
    }
    s->count.registrations++;
    buf_init(&b, 8192);
    sip_reply(m, 200, "OK", "huxue", &b);
    gb_time_format(now, date);
    snprintf(date + strlen(date), sizeof date - strlen(date), ".%03d", (int)(now % 1000));
    snprintf(text, sizeof text, "%d", expires);
    sip_header(&b, "Date", date);
    sip_header(&b, "Expires", text);
    if (m->contact[0] != 0) {
        char contact[200];
        snprintf(contact, sizeof contact, "<%s>", m->contact);
        sip_header(&b, "Contact", contact);
    }
    sip_header(&b, "X-GB-Ver", "3.0");
    sip_end(&b, NULL, STR(""));
    gb_send(s, from, buf_str(&b));
    buf_free(&b);
    if (expires == 0) {
        if (session != NULL) session_end(session, "logout");
        return;
    }
    r->heard_at = now;
    if (!r->up) {
        r->up = true;
        if (recorders_all()->line != NULL) recorders_all()->line(r, true, "", recorders_all()->arg);
    }
    if (fresh) gb_session_begun(session);
}

static void on_register(struct gb_server *s, const struct gb_route *from, const struct sip_message *m)
{
    struct recorder *r = gb_recorder(m->from_user);
    const char *password = r != NULL && r->password[0] != 0 ? r->password : s->set.password;
    bool fits = m->digest.there && password[0] != 0 && sip_digest_fits(&m->digest, "REGISTER", password);
    if (!m->digest.there || (fits && !nonce_is_ours(s, m->digest.nonce))) {
        if (r == NULL) recorder_note_unknown(m->from_user, from->host, m->agent, false, clock_utc_ms());
        challenge(s, from, m);
        return;
    }
    if (r != NULL && fits && !r->disabled) {
        accept_register(s, from, m, r);
        return;
    }
    s->count.denied++;
    if (r == NULL) recorder_note_unknown(m->from_user, from->host, m->agent, fits, clock_utc_ms());
    log_warn("gb28181.denied", "peer=%s code=%s known=%d password=%d", from->host, m->from_user, r != NULL, fits);
    gb_answer(s, from, m, 403, r == NULL ? "Unknown device" : r->disabled ? "Disabled" : "Wrong password");
}

/* ---- what comes in ---- */

/* The session of a request; its address is followed: at once when only the port moved, else when it registers again. */
static struct gb_session *session_of(struct gb_server *s, const struct gb_route *from, const struct sip_message *m)
{
    struct gb_session *session = map_get(&s->sessions, str_of(m->from_user));
    if (session == NULL || strcmp(session->route.host, from->host) != 0) return NULL;
    if (!m->request) return session;
    session->route = *from;
    session->heard_at = session->recorder->heard_at = clock_utc_ms();
    return session;
}

static void on_request(struct gb_server *s, const struct gb_route *from, const struct sip_message *m)
{
    if (strcmp(m->method, "REGISTER") == 0) {
        on_register(s, from, m);
        return;
    }
    if (gb_upper_request(s, from, m)) return;
    struct gb_session *session = session_of(s, from, m);
    if (strcmp(m->method, "MESSAGE") == 0 || strcmp(m->method, "NOTIFY") == 0) gb_on_message(s, session, from, m);
    else if (strcmp(m->method, "INVITE") == 0) gb_talk_invite(s, from, m);
    else if (gb_talk_request(s, from, m)) return;
    else if (strcmp(m->method, "BYE") == 0) gb_on_bye(s, from, m);
    else if (strcmp(m->method, "OPTIONS") == 0) gb_answer(s, from, m, 200, "OK");
    else if (strcmp(m->method, "ACK") != 0) gb_answer(s, from, m, 405, "Method Not Allowed");
}

static void on_response(struct gb_server *s, const struct gb_route *from, const struct sip_message *m)
{
    struct gb_out *o = map_get(&s->waiting, str_of(m->via_branch));
    if (o == NULL) {
        gb_on_late_answer(s, from, m);
        return;
    }
    if (m->status < 200) {
        o->provisional = true;
        return;
    }
    void (*done)(struct gb_server *, const struct sip_message *, void *) = o->done;
    void *arg = o->arg;
    forget_out(s, o);
    done(s, m, arg);
}

static void take_bytes(struct gb_server *s, const struct gb_route *from, struct str bytes)
{
    static struct sip_message m; /* one thread */
    if (str_trim(bytes).len < 4) return; /* keeps a NAT open */
    if (sip_parse(bytes, from->host, from->port, &m)) {
        s->count.malformed++;
        log_debug("gb28181.malformed", "peer=%s bytes=%zu", from->host, bytes.len);
        return;
    }
    if (m.request) on_request(s, from, &m);
    else on_response(s, from, &m);
}

void gb_set_host(const struct sockaddr_storage *from, char host[64], int *port)
{
    char text[NET_TEXT_MAX];
    net_format((const struct sockaddr *)from, text);
    char *colon = strrchr(text, ':');
    *port = colon != NULL ? atoi(colon + 1) : 0;
    if (colon != NULL) *colon = 0;
    snprintf(host, 64, "%s", text);
}

static void on_datagram(struct str bytes, const struct sockaddr_storage *from, socklen_t from_bytes, void *arg)
{
    struct gb_server *s = arg;
    struct gb_route r = {.to = *from, .to_bytes = from_bytes};
    gb_set_host(from, r.host, &r.port);
    take_bytes(s, &r, bytes);
}

void gb_line_end(struct gb_line *line)
{
    struct gb_server *s = line->server;
    size_t at = 0;
    for (struct map_entry *e; (e = map_next(&s->sessions, &at)) != NULL;) {
        struct gb_session *session = e->value;
        if (session->route.line == line) session->route.line = NULL;
    }
    for (struct gb_out *o = s->outs; o != NULL; o = o->next)
        if (o->route.line == line) o->route.line = NULL;
    gb_upper_line_gone(s, line);
    gb_talks_over_line(s, line);
    *line->link = line->next;
    if (line->next != NULL) line->next->link = line->link;
    s->count.connections--;
    bufferevent_free(line->bev);
    free(line);
}

static void on_read(struct bufferevent *bev, void *arg)
{
    struct gb_line *line = arg;
    struct evbuffer *in = bufferevent_get_input(bev);
    struct gb_route r = {.line = line, .tcp = true, .to = line->from, .to_bytes = line->from_bytes, .port = line->port};
    snprintf(r.host, sizeof r.host, "%s", line->host);
    for (;;) {
        size_t have = evbuffer_get_length(in), used;
        if (have == 0) return;
        struct str stream = {(const char *)evbuffer_pullup(in, -1), have};
        if (sip_find(stream, &used)) {
            line->server->count.malformed++;
            log_warn("gb28181.stream", "peer=%s reason=\"no SIP, or too long\"", line->host);
            gb_line_end(line);
            return;
        }
        if (used == 0) return;
        take_bytes(line->server, &r, (struct str){stream.at, used});
        evbuffer_drain(in, used);
    }
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) gb_line_end(arg);
}

static bool has_room(void *arg)
{
    struct gb_server *s = arg;
    bool room = s->count.connections < (uint64_t)s->set.connections_max;
    if (!room) s->count.refused++;
    return room;
}

struct gb_line *gb_line_new(struct gb_server *s, struct bufferevent *bev, const struct sockaddr_storage *from, socklen_t from_bytes)
{
    struct gb_line *line = calloc(1, sizeof *line);
    HX_ASSERT(line != NULL);
    *line = (struct gb_line){.server = s, .bev = bev, .from = *from, .from_bytes = from_bytes, .next = s->lines, .link = &s->lines};
    gb_set_host(from, line->host, &line->port);
    if (line->next != NULL) line->next->link = &line->next;
    s->lines = line;
    s->count.connections++;
    bufferevent_setcb(bev, on_read, NULL, on_event, line);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
    return line;
}

static void on_connection(struct bufferevent *bev, const struct sockaddr_storage *from, socklen_t from_bytes, void *arg)
{
    (void)gb_line_new(arg, bev, from, from_bytes);
}

/* ---- time ---- */

static void tick_outs(struct gb_server *s)
{
    int64_t now = clock_mono_us() / 1000;
    struct gb_out *dead = NULL;
    for (struct gb_out *o = s->outs, *next; o != NULL; o = next) {
        next = o->next;
        if (now >= o->give_up_at) {
            map_take(&s->waiting, str_of(o->branch));
            *o->link = o->next;
            if (o->next != NULL) o->next->link = o->link;
            o->next = dead;
            dead = o;
        } else if (!o->route.tcp && !o->provisional && now >= o->next_at) {
            o->wait_ms *= 2;
            o->next_at = now + o->wait_ms;
            gb_send(s, &o->route, buf_str(&o->bytes));
        }
    }
    while (dead != NULL) { /* the callbacks may ask anew */
        struct gb_out *o = dead;
        dead = o->next;
        o->done(s, NULL, o->arg);
        buf_free(&o->bytes);
        free(o);
    }
}

static void tick(void *arg)
{
    struct gb_server *s = arg;
    int64_t now = clock_utc_ms();
    if (s->paused) return;
    tick_outs(s);
    gb_upper_tick(s, now);
    gb_talks_tick(s, now);
    size_t at = 0;
    for (struct map_entry *e; (e = map_next(&s->sessions, &at)) != NULL;) {
        struct gb_session *session = e->value;
        gb_session_tick(session, now);
        session->timed_out = now > session->expires_at || now - session->heard_at > s->set.keepalive_s * 1000LL * MISSES;
    }
    for (bool again = true; again;) { /* the map must not change while it is walked */
        again = false;
        at = 0;
        for (struct map_entry *e; !again && (e = map_next(&s->sessions, &at)) != NULL;) {
            struct gb_session *session = e->value;
            if (!session->timed_out && !session->recorder->disabled) continue;
            session_end(session, session->recorder->disabled ? "disabled" : now > session->expires_at ? "registration ran out" : "no keepalive");
            again = true;
        }
    }
}

/* ---- over a restart: an alarm in the first seconds has its pictures too ---- */

#define SNAPSHOT_MS 10000

static void save_sessions(void *arg)
{
    struct gb_server *s = arg;
    char path[4200], part[4300];
    size_t at = 0;
    if (s->paused) return;
    snprintf(path, sizeof path, "%.4100s/sip.sessions", s->set.dir);
    snprintf(part, sizeof part, "%s.part", path);
    FILE *f = fopen(part, "w");
    if (f == NULL) return;
    for (struct map_entry *e; (e = map_next(&s->sessions, &at)) != NULL;) {
        const struct gb_session *session = e->value;
        if (!session->route.tcp) fprintf(f, "%s %s %d %lld %s\n", session->recorder->code, session->route.host, session->route.port, (long long)session->expires_at, session->version[0] != 0 ? session->version : "-");
    }
    if (fclose(f) == 0) (void)rename(part, path);
}

/* Whoever came over UDP is where it was; whoever came over TCP comes again. */
static void load_sessions(struct gb_server *s)
{
    char path[4200], code[RECORDER_CODE_MAX], host[64], version[8], address[96];
    int port;
    long long expires;
    int64_t now = clock_utc_ms();
    snprintf(path, sizeof path, "%.4100s/sip.sessions", s->set.dir);
    FILE *f = fopen(path, "r");
    while (f != NULL && fscanf(f, "%23s %63s %d %lld %7s", code, host, &port, &expires, version) == 5) {
        struct recorder *r = gb_recorder(code);
        struct gb_route route = {.port = port};
        snprintf(address, sizeof address, "%s:%d", host, port);
        if (r == NULL || r->session != NULL || r->disabled || expires < now || net_parse(address, &route.to, &route.to_bytes)) continue;
        struct gb_session *session = session_begin(s, r);
        snprintf(route.host, sizeof route.host, "%s", host);
        session->route = route;
        session->expires_at = expires;
        session->heard_at = now;
        if (version[0] != '-') snprintf(session->version, sizeof session->version, "%s", version);
        gb_local_host(s, &route, session->local_host);
        session->subscribe_at = now + 5000;
        r->up = true;
        if (recorders_all()->line != NULL) recorders_all()->line(r, true, "resumed", recorders_all()->arg);
    }
    if (f != NULL) fclose(f);
}

static const struct recorder_driver driver = {.invite = gb_invite, .hang_up = gb_hang_up, .pace = gb_pace, .talk = gb_talk, .talk_from = gb_talk_from, .steer = gb_steer, .order = gb_order, .ask_catalog = gb_ask_catalog, .ask_records = gb_ask_records};

enum hx_err gb_listen(const struct gb_settings *settings, struct gb_server **out)
{
    struct gb_server *s = calloc(1, sizeof *s);
    HX_ASSERT(s != NULL && the_server == NULL);
    s->set = *settings;
    map_init(&s->sessions);
    map_init(&s->calls);
    map_init(&s->waiting);
    snprintf(s->domain, sizeof s->domain, "%.10s", settings->code);
    HX_ASSERT(RAND_bytes(s->nonce_key, sizeof s->nonce_key) == 1);
    s->sn = (int)(clock_utc_ms() % 1000000);
    struct door_settings door = {.loop = settings->loop, .address = settings->address, .datagram_max = DATAGRAM_MAX, .idle_s = LINE_IDLE_S, .input_max = SIP_BYTES_MAX,
                                 .has_room = has_room, .on_connection = on_connection, .on_datagram = on_datagram, .arg = s};
    if (door_open(&door, &s->door)) {
        free(s);
        return HX_E_INVALID;
    }
    snprintf(s->bound, sizeof s->bound, "%s", door_bound(s->door));
    snprintf(s->port, sizeof s->port, "%.7s", strrchr(s->bound, ':') + 1);
    loop_every(settings->loop, TICK_MS, tick, s);
    recorders_all()->drivers[RECORDER_GB28181] = &driver;
    char digits[6];
    snprintf(digits, sizeof digits, "%.5s", settings->code + 3);
    recorders_all()->ssrc_base = (uint32_t)atoi(digits) * 10000u;
    loop_every(settings->loop, SNAPSHOT_MS, save_sessions, s);
    load_sessions(s);
    gb_uppers_start(s);
    the_server = s;
    *out = s;
    return HX_OK;
}

const char *gb_bound(const struct gb_server *s) { return s->bound; }
const struct gb_counters *gb_counters(const struct gb_server *s) { return &s->count; }

void gb_pause(struct gb_server *s)
{
    save_sessions(s);
    gb_uppers_leave(s);
    s->paused = true;
    door_pause(s->door);
    recorders_all()->drivers[RECORDER_GB28181] = NULL;
}

void gb_close(struct gb_server *s)
{
    recorders_all()->line = NULL; /* that we stop is no news about them */
    size_t at = 0;
    struct map_entry *e;
    while (at = 0, (e = map_next(&s->sessions, &at)) != NULL) session_end(e->value, "stop");
    while (s->outs != NULL) forget_out(s, s->outs);
    gb_uppers_free(s);
    while (s->lines != NULL) gb_line_end(s->lines);
    map_free(&s->sessions);
    map_free(&s->calls);
    map_free(&s->waiting);
    door_close(s->door);
    the_server = NULL;
    free(s);
}
