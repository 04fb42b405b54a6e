#include "phone.h"

#include <errno.h>
#include <event2/event.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/g711.h"
#include "base/log.h"
#include "proto/rtp/rtp.h"
#include "proto/sip/sip.h"
#include "proto/sip/sip_audio.h"

#define TICK_MS 20        /* of a packet, and of everything else */
#define T1_MS 500         /* RFC 3261, 17.1.1.1 */
#define SILENT_MS 8000    /* no word from the exchange */
#define RING_MS 45000
#define LEAVE_MS 4000     /* for the answer to CANCEL or BYE */
#define PACKET_SAMPLES 160
#define LEAD_MS 800       /* until the ear is at the phone */
#define GAP_MS 1500
#define TIMES 3           /* so often it is said */
#define WAIT_MS 8000      /* for the key, after the last time */
#define BEEP_MS 400       /* the key was understood */
#define NOBODY "nobody took the call"
#define KEY 1             /* the event of the digit 1 (RFC 4733, 3.2) */

enum state { CALLING, RINGING, TALKING, CANCELLING, LEAVING };

struct phone {
    struct phone *next, **link;
    struct phone_order order;
    int sip, rtp;
    struct event *on_sip, *on_rtp, *tick;
    enum state state;
    bool told, asked_again, acked;
    char host[NET_TEXT_MAX], local[NET_TEXT_MAX], uri[192], from[160], tag[24], call_id[48], branch[40], invite_branch[40], to_tag[96], target[160], routes[800], from_name[64], account[80], secret[200];
    int cseq, invite_cseq;
    int64_t began, rang, left, resend_at, resend_ms; /* monotonic ms */
    struct buf last;     /* what is repeated until it is answered */
    uint8_t *speech;     /* in the law of the answer */
    int16_t *samples;
    struct sip_audio audio;
    struct sockaddr_storage ear;
    socklen_t ear_bytes;
    int64_t talk_began, beep_at; /* beep_at: packet at which the beep begins */
    int64_t packets;
    uint16_t rtp_seq;
    uint32_t rtp_time, ssrc;
};

static struct phone *all;

static int64_t now_ms(void)
{
    return clock_mono_us() / 1000;
}

static void make_word(char *out, size_t size, const char *prefix)
{
    uint8_t raw[8];
    char hex[17];
    HX_ASSERT(RAND_bytes(raw, sizeof raw) == 1);
    hex_encode_lower(raw, sizeof raw, hex);
    snprintf(out, size, "%s%s", prefix, hex);
}

static void free_phone(struct phone *p)
{
    *p->link = p->next;
    if (p->next != NULL) p->next->link = p->link;
    if (p->on_sip != NULL) event_free(p->on_sip);
    if (p->on_rtp != NULL) event_free(p->on_rtp);
    if (p->tick != NULL) event_free(p->tick);
    if (p->sip >= 0) close(p->sip);
    if (p->rtp >= 0) close(p->rtp);
    buf_free(&p->last);
    memset(p->secret, 0, sizeof p->secret);
    free(p->speech);
    free(p->samples);
    free(p);
}

static void tell(struct phone *p, enum phone_end end, const char *why)
{
    if (p->told) return;
    p->told = true;
    p->order.done(end, why, p->order.arg);
}

/* ---- requests of ours ---- */

static void send_bytes(struct phone *p, const struct buf *b)
{
    if (send(p->sip, b->at, b->len, MSG_NOSIGNAL) < 0) log_debug("phone.send", "call=%s errno=%d", p->call_id, errno);
}

/* Starts a request; inside the dialog it goes to the other side's Contact. */
static void begin(struct phone *p, const char *method, int cseq, bool dialog, struct buf *b)
{
    struct sip_head h = {.method = method, .uri = dialog && p->target[0] != 0 ? p->target : p->uri, .via_host = p->local, .from_uri = p->from, .from_tag = p->tag, .to_uri = p->uri,
                         .to_tag = dialog ? p->to_tag : NULL, .call_id = p->call_id, .branch = p->branch, .cseq = cseq};
    sip_request(&h, b);
    if (dialog) buf_add_z(b, p->routes);
}

static void repeat(struct phone *p, struct buf *b)
{
    buf_free(&p->last);
    p->last = *b;
    p->resend_ms = T1_MS;
    p->resend_at = now_ms() + T1_MS;
    send_bytes(p, &p->last);
}

static void stop_repeating(struct phone *p)
{
    buf_free(&p->last);
    p->resend_at = INT64_MAX;
}

static void invite(struct phone *p, const struct sip_message *challenge)
{
    struct buf b, sdp;
    char text[192], host[NET_TEXT_MAX], bound[NET_TEXT_MAX], cnonce[24];
    buf_init(&b, 8192);
    buf_init(&sdp, 2048);
    make_word(p->branch, sizeof p->branch, "z9hG4bK");
    memcpy(p->invite_branch, p->branch, sizeof p->invite_branch);
    p->invite_cseq = ++p->cseq;
    begin(p, "INVITE", p->cseq, false, &b);
    snprintf(text, sizeof text, "<sip:%s@%s>", p->from_name, p->local);
    sip_header(&b, "Contact", text);
    make_word(cnonce, sizeof cnonce, "");
    if (challenge != NULL) sip_authorize(&challenge->digest, challenge->proxy, "INVITE", p->uri, p->account, p->secret, cnonce, &b);
    sip_header(&b, "Allow", "INVITE, ACK, CANCEL, BYE, INFO, OPTIONS");
    sip_header(&b, "User-Agent", "Huxue");
    net_host(p->local, host);
    net_bound(p->rtp, bound);
    sip_audio_offer(host, atoi(strrchr(bound, ':') + 1), (unsigned long long)p->began, &sdp);
    sip_end(&b, "application/sdp", buf_str(&sdp));
    buf_free(&sdp);
    repeat(p, &b);
}

/* A refusal is acknowledged within the INVITE's transaction, an acceptance by a request of its own (13.2.2.4, 17.1.1.3). */
static void acknowledge(struct phone *p, const struct sip_message *m)
{
    struct buf b;
    bool taken = m->status < 300;
    char kept[sizeof p->branch];
    buf_init(&b, 4096);
    memcpy(kept, p->branch, sizeof kept);
    if (taken) make_word(p->branch, sizeof p->branch, "z9hG4bK");
    else memcpy(p->branch, m->via_branch, sizeof p->branch - 1);
    memcpy(p->to_tag, m->to_tag, sizeof p->to_tag);
    struct sip_head h = {.method = "ACK", .uri = taken && p->target[0] != 0 ? p->target : p->uri, .via_host = p->local, .from_uri = p->from, .from_tag = p->tag, .to_uri = p->uri, .to_tag = m->to_tag, .call_id = p->call_id, .branch = p->branch, .cseq = m->cseq};
    sip_request(&h, &b);
    if (taken) buf_add_z(&b, p->routes);
    sip_end(&b, NULL, STR(""));
    send_bytes(p, &b);
    buf_free(&b);
    memcpy(p->branch, kept, sizeof kept);
}

static void leave(struct phone *p, const char *method)
{
    struct buf b;
    bool bye = strcmp(method, "BYE") == 0;
    buf_init(&b, 4096);
    if (bye) make_word(p->branch, sizeof p->branch, "z9hG4bK");
    else memcpy(p->branch, p->invite_branch, sizeof p->branch);
    begin(p, method, bye ? ++p->cseq : p->invite_cseq, bye, &b);
    sip_end(&b, NULL, STR(""));
    p->state = bye ? LEAVING : CANCELLING;
    p->left = now_ms();
    repeat(p, &b);
}

/* Ends in whatever manner the state asks for. The exchange may not be cancelled before it said a word (9.1). */
static void hang_up(struct phone *p)
{
    if (p->state == TALKING) leave(p, "BYE");
    else if (p->state == RINGING) leave(p, "CANCEL");
    else if (p->state == CALLING) p->state = CANCELLING, p->left = now_ms();
}

/* ---- the voice ---- */

static void encode(struct phone *p)
{
    size_t n = p->order.samples;
    p->speech = malloc(n > 0 ? n : 1);
    HX_ASSERT(p->speech != NULL);
    for (size_t i = 0; i < n; i++) p->speech[i] = p->audio.law == SIP_AUDIO_ALAW ? g711_alaw(p->samples[i]) : g711_ulaw(p->samples[i]);
    free(p->samples);
    p->samples = NULL;
}

static int64_t packets_of(int64_t ms)
{
    return ms / TICK_MS;
}

static int64_t speech_packets(const struct phone *p)
{
    return (int64_t)((p->order.samples + PACKET_SAMPLES - 1) / PACKET_SAMPLES);
}

static int64_t last_packet(const struct phone *p)
{
    return packets_of(LEAD_MS) + TIMES * (speech_packets(p) + packets_of(GAP_MS)) + (p->order.page ? 0 : packets_of(WAIT_MS));
}

/* What is heard in packet n: silence, the speech from its beginning TIMES times, or the beep. */
static void fill(const struct phone *p, int64_t n, uint8_t out[PACKET_SAMPLES])
{
    int64_t round = speech_packets(p) + packets_of(GAP_MS), in = n - packets_of(LEAD_MS);
    uint8_t silence = p->audio.law == SIP_AUDIO_ALAW ? g711_alaw(0) : g711_ulaw(0);
    memset(out, silence, PACKET_SAMPLES);
    if (p->acked) {
        for (int i = 0; i < PACKET_SAMPLES; i++) { /* 1 kHz, as a square wave */
            int16_t s = i % 8 < 4 ? 6000 : -6000;
            out[i] = p->audio.law == SIP_AUDIO_ALAW ? g711_alaw(s) : g711_ulaw(s);
        }
    } else if (in >= 0 && in < TIMES * round && in % round < speech_packets(p)) {
        size_t at = (size_t)(in % round) * PACKET_SAMPLES, left = p->order.samples - at;
        memcpy(out, p->speech + at, left < PACKET_SAMPLES ? left : PACKET_SAMPLES);
    }
}

static void speak(struct phone *p)
{
    int64_t due = (now_ms() - p->talk_began) / TICK_MS;
    for (int burst = 0; p->packets <= due && burst < 10; p->packets++, burst++) {
        uint8_t packet[12 + PACKET_SAMPLES] = {0x80, (uint8_t)(p->audio.law | (p->packets == 0 ? 0x80 : 0)), (uint8_t)(p->rtp_seq >> 8), (uint8_t)p->rtp_seq,
                                               (uint8_t)(p->rtp_time >> 24), (uint8_t)(p->rtp_time >> 16), (uint8_t)(p->rtp_time >> 8), (uint8_t)p->rtp_time,
                                               (uint8_t)(p->ssrc >> 24), (uint8_t)(p->ssrc >> 16), (uint8_t)(p->ssrc >> 8), (uint8_t)p->ssrc};
        fill(p, p->packets, packet + 12);
        (void)sendto(p->rtp, packet, sizeof packet, MSG_NOSIGNAL, (struct sockaddr *)&p->ear, p->ear_bytes);
        p->rtp_seq++;
        p->rtp_time += PACKET_SAMPLES;
    }
    if (p->acked && p->packets - p->beep_at >= packets_of(BEEP_MS)) hang_up(p);
    else if (!p->acked && p->packets >= last_packet(p)) {
        if (p->order.page) tell(p, PHONE_SAID, "");
        else tell(p, PHONE_NO_KEY, "answered, but no key was pressed");
        hang_up(p);
    }
}

static void on_key(struct phone *p)
{
    if (p->state != TALKING || p->acked || p->order.page) return;
    p->acked = true;
    p->beep_at = p->packets;
    tell(p, PHONE_ACKED, "");
}

/* Only the exchange and where it said that the voice comes from: a packet of anybody else is no key. */
static bool is_of_call(const struct phone *p, const struct sockaddr_in *from)
{
    const struct sockaddr_in *ear = (const struct sockaddr_in *)&p->ear, *exchange = (const struct sockaddr_in *)&p->order.to;
    return from->sin_family == AF_INET && (from->sin_addr.s_addr == ear->sin_addr.s_addr || from->sin_addr.s_addr == exchange->sin_addr.s_addr);
}

static void on_rtp(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct phone *p = arg;
    char bytes[2048];
    for (int n = 0; n < 64; n++) {
        struct rtp_packet r;
        struct sockaddr_storage from = {0};
        socklen_t from_bytes = sizeof from;
        ssize_t got = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &from_bytes);
        if (got < 0) return;
        if (is_of_call(p, (const struct sockaddr_in *)&from) && rtp_parse((struct str){bytes, (size_t)got}, &r) == HX_OK && r.type == p->audio.event && r.payload.len >= 4 && r.payload.at[0] == KEY) on_key(p);
    }
}

/* ---- what the exchange says ---- */

static void talk(struct phone *p, const struct sip_message *m)
{
    char address[NET_TEXT_MAX];
    memcpy(p->target, m->contact, sizeof p->target);
    memcpy(p->routes, m->routes, sizeof p->routes);
    bool first = p->state != TALKING && p->state != LEAVING;
    acknowledge(p, m);
    if (!first) return; /* it had not heard our ACK */
    bool unwanted = p->state == CANCELLING;
    stop_repeating(p);
    p->state = TALKING;
    if (unwanted) { /* it was taken while we cancelled */
        leave(p, "BYE");
        return;
    }
    enum hx_err e = sip_audio_read(m->body, &p->audio);
    snprintf(address, sizeof address, "%.40s:%d", p->audio.host, p->audio.port);
    if (!e) e = net_parse(address, &p->ear, &p->ear_bytes);
    if (e || p->ear.ss_family != AF_INET) {
        tell(p, PHONE_REFUSED, "the exchange answered without G.711");
        leave(p, "BYE");
        return;
    }
    encode(p);
    p->talk_began = now_ms();
    if (p->order.taken != NULL) p->order.taken(p->order.arg);
}

static const struct {
    int status;
    enum phone_end end;
    const char *why;
} refusals[] = {
    {401, PHONE_REFUSED, "the exchange does not take the account or its password"}, {403, PHONE_REFUSED, "the exchange does not take the account or its password"},
    {407, PHONE_REFUSED, "the exchange does not take the account or its password"}, {404, PHONE_REFUSED, "unknown number"}, {484, PHONE_REFUSED, "unknown number"}, {604, PHONE_REFUSED, "unknown number"},
    {408, PHONE_NOT_TAKEN, NOBODY}, {480, PHONE_NOT_TAKEN, NOBODY}, {487, PHONE_NOT_TAKEN, NOBODY}, {486, PHONE_NOT_TAKEN, "busy"}, {600, PHONE_NOT_TAKEN, "busy"}, {603, PHONE_NOT_TAKEN, "declined"},
};

static void refused(struct phone *p, const struct sip_message *m)
{
    char why[120], said[72];
    acknowledge(p, m);
    if (m->cseq != p->invite_cseq) return;
    bool challenge = (m->status == 401 || m->status == 407) && m->digest.there;
    if (challenge && !p->asked_again && p->account[0] != 0 && p->state != CANCELLING) {
        p->asked_again = true;
        p->state = CALLING;
        p->began = now_ms();
        invite(p, m);
        return;
    }
    for (size_t i = 0; i < HX_COUNT(refusals); i++)
        if (refusals[i].status == m->status) tell(p, refusals[i].end, refusals[i].why);
    str_to_utf8_z(str_of(m->reason), said, sizeof said);
    snprintf(why, sizeof why, "the exchange said: %d %s", m->status, said);
    tell(p, m->status / 100 == 5 ? PHONE_NOT_TAKEN : PHONE_REFUSED, why);
    free_phone(p);
}

static void on_response(struct phone *p, const struct sip_message *m)
{
    bool to_invite = strcmp(m->method, "INVITE") == 0;
    if (to_invite && m->status >= 200) {
        if (m->status < 300) talk(p, m);
        else refused(p, m);
    } else if (to_invite && (p->state == CALLING || (p->state == CANCELLING && p->last.len > 0 && memcmp(p->last.at, "INVITE", 6) == 0))) {
        bool unwanted = p->state == CANCELLING;
        stop_repeating(p);
        p->state = RINGING;
        p->rang = now_ms();
        if (unwanted) leave(p, "CANCEL");
    } else if (strcmp(m->method, "CANCEL") == 0 && p->state == CANCELLING && m->status >= 200) {
        stop_repeating(p); /* the INVITE's own end comes yet */
    } else if (strcmp(m->method, "BYE") == 0 && p->state == LEAVING && m->status >= 200) {
        free_phone(p);
    }
}

static void reply(struct phone *p, const struct sip_message *m, int status, const char *reason)
{
    struct buf b;
    buf_init(&b, 8192);
    sip_reply(m, status, reason, p->tag, &b);
    sip_end(&b, NULL, STR(""));
    send_bytes(p, &b);
    buf_free(&b);
}

/* "Signal=1" of application/dtmf-relay, or the bare digit of application/dtmf. */
static bool has_key(const struct sip_message *m)
{
    struct str text = str_trim(m->body), line;
    if (str_eq(text, STR("1"))) return true;
    while (str_split(&text, '\n', &line)) {
        struct str name;
        if (str_split(&line, '=', &name) && line.at != NULL && str_eq(str_trim(name), STR("Signal"))) return str_eq(str_trim(line), STR("1"));
    }
    return false;
}

static void on_request(struct phone *p, const struct sip_message *m)
{
    if (strcmp(m->method, "BYE") == 0) {
        reply(p, m, 200, "OK");
        if (p->order.page) tell(p, PHONE_NOT_TAKEN, "the loudspeaker hung up before all was said");
        else tell(p, PHONE_NO_KEY, "answered, but no key was pressed");
        free_phone(p);
    } else if (strcmp(m->method, "INFO") == 0) {
        reply(p, m, 200, "OK");
        if (has_key(m)) on_key(p);
    } else if (strcmp(m->method, "OPTIONS") == 0) {
        reply(p, m, 200, "OK");
    } else if (strcmp(m->method, "INVITE") == 0 || strcmp(m->method, "UPDATE") == 0) {
        reply(p, m, 488, "Not Acceptable Here"); /* the voice stays where it goes */
    } else if (strcmp(m->method, "ACK") != 0) {
        reply(p, m, 405, "Method Not Allowed");
    }
}

static void on_sip(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    static struct sip_message m;
    struct phone *p = arg;
    char bytes[16384];
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got < 0) {
        if (errno != ECONNREFUSED) return;
        tell(p, PHONE_NO_ANSWER, "the exchange does not answer");
        free_phone(p);
        return;
    }
    if (sip_parse((struct str){bytes, (size_t)got}, p->host, 0, &m) != HX_OK || strcmp(m.call_id, p->call_id) != 0) return;
    if (m.request) on_request(p, &m);
    else on_response(p, &m);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct phone *p = arg;
    int64_t now = now_ms();
    if (p->state == TALKING) {
        speak(p);
        return;
    }
    if (now >= p->resend_at && p->last.len > 0) {
        p->resend_ms *= 2;
        p->resend_at = now + p->resend_ms;
        send_bytes(p, &p->last);
    }
    if (p->state == CALLING && now - p->began > SILENT_MS) {
        tell(p, PHONE_NO_ANSWER, "the exchange does not answer");
        free_phone(p);
    } else if (p->state == RINGING && now - p->rang > RING_MS) {
        tell(p, PHONE_NOT_TAKEN, NOBODY);
        hang_up(p);
    } else if ((p->state == CANCELLING || p->state == LEAVING) && now - p->left > LEAVE_MS) {
        free_phone(p);
    }
}

/* ---- from outside ---- */

static bool open_sockets(struct phone *p)
{
    const struct sockaddr *to = (const struct sockaddr *)&p->order.to;
    char host[NET_TEXT_MAX], any[NET_TEXT_MAX + 4];
    if (to->sa_family != AF_INET) return false;
    p->sip = net_open("0.0.0.0:0", SOCK_DGRAM);
    if (p->sip < 0 || connect(p->sip, to, sizeof(struct sockaddr_in)) != 0) return false;
    net_bound(p->sip, p->local);
    snprintf(any, sizeof any, "%s:0", net_host(p->local, host));
    p->rtp = net_open(any, SOCK_DGRAM);
    return p->rtp >= 0;
}

struct phone *phone_call(const struct phone_order *order)
{
    struct phone *p = calloc(1, sizeof *p);
    uint8_t raw[8];
    HX_ASSERT(p != NULL && RAND_bytes(raw, sizeof raw) == 1);
    *p = (struct phone){.order = *order, .sip = -1, .rtp = -1, .resend_at = INT64_MAX, .next = all, .link = &all, .began = now_ms()};
    if (all != NULL) all->link = &p->next;
    all = p;
    p->samples = malloc(order->samples * sizeof *p->samples + 1);
    HX_ASSERT(p->samples != NULL);
    memcpy(p->samples, order->speech, order->samples * sizeof *p->samples);
    memcpy(&p->ssrc, raw, 4);
    memcpy(&p->rtp_seq, raw + 4, 2);
    snprintf(p->uri, sizeof p->uri, "%s", order->uri);
    snprintf(p->from_name, sizeof p->from_name, "%s", order->from);
    snprintf(p->account, sizeof p->account, "%s", order->account);
    snprintf(p->secret, sizeof p->secret, "%s", order->secret);
    if (!open_sockets(p)) return free_phone(p), NULL;
    net_format((const struct sockaddr *)&order->to, p->host);
    snprintf(p->from, sizeof p->from, "sip:%s@%s", p->from_name, p->host);
    make_word(p->tag, sizeof p->tag, "");
    make_word(p->call_id, sizeof p->call_id, "huxue-");
    struct event_base *base = loop_base(order->loop);
    struct timeval every = {.tv_usec = TICK_MS * 1000};
    p->on_sip = event_new(base, p->sip, EV_READ | EV_PERSIST, on_sip, p);
    p->on_rtp = event_new(base, p->rtp, EV_READ | EV_PERSIST, on_rtp, p);
    p->tick = event_new(base, -1, EV_PERSIST, on_tick, p);
    HX_ASSERT(p->on_sip != NULL && p->on_rtp != NULL && p->tick != NULL);
    event_add(p->on_sip, NULL);
    event_add(p->on_rtp, NULL);
    event_add(p->tick, &every);
    invite(p, NULL);
    return p;
}

void phone_hang_up(struct phone *p)
{
    tell(p, PHONE_STOPPED, "");
    hang_up(p);
}

void phone_free_all(void)
{
    while (all != NULL) free_phone(all);
}
