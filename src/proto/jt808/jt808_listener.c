#include "jt808_listener.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "jt808_inner.h"
#include "signal/signal.h"

#define WAITING_MAX 64      /* messages of a connection on their way to the disk before we stop reading it */
#define INPUT_MAX (4 * JT808_WIRE_MAX)
#define TOLD_A_MINUTE 20 /* of each kind: more is a fault, and would fill the journal */

/* Points on their way to the disk, with the answer that is owed. */
struct pending {
    struct connection *connection;
    struct terminal terminal; /* a copy: the vehicle may be changed meanwhile */
    struct buf reply;
    size_t count;
    struct track_point points[];
};

static void parts_free(struct connection *c)
{
    if (c->parts == NULL) return;
    for (size_t i = 0; i < PACKAGES_MAX; i++) free(c->parts->part[i].at);
    free(c->parts);
    c->parts = NULL;
}

static void drop(struct connection *c)
{
    if (!c->dead) {
        c->dead = true;
        if (c->terminal != NULL && c->terminal->session == c) c->terminal->session = NULL, jt808_video_gone(c);
        if (c->bev != NULL) bufferevent_free(c->bev);
        *c->link = c->next;
        if (c->next != NULL) c->next->link = c->link;
        c->listener->count.connections--;
        parts_free(c);
    }
    if (c->waiting == 0) free(c);
}

static void send_reply(struct connection *c, struct str reply)
{
    if (c->dead || reply.len == 0) return;
    if (c->bev != NULL) door_reply(c->bev, reply);
    else if (!door_send(c->listener->door, (struct str){reply.at, reply.len}, &c->from, c->from_bytes)) log_debug("jt808.udp_send", "errno=%d", errno);
}

uint16_t jt808_order(struct connection *c, uint16_t id, struct str body)
{
    struct jt808_message to = {.version_2019 = c->version_2019, .protocol_version = 1};
    struct buf b;
    uint16_t seq = c->seq++;
    snprintf(to.terminal, sizeof to.terminal, "%s", c->number);
    buf_init(&b, 2 * JT808_WIRE_MAX);
    jt808_encode(&to, id, seq, body, &b);
    send_reply(c, buf_str(&b));
    buf_free(&b);
    return seq;
}

/* 0x8203 (table 41 of the edition of 2013): all alarms of these kinds, whichever message brought them. A terminal that keeps its button's bit until
 * then would not be heard a second time. */
static void confirm(const struct terminal *t, uint32_t alarms)
{
    const char body[6] = {0, 0, (char)(alarms >> 24), (char)(alarms >> 16), (char)(alarms >> 8), (char)alarms};
    if (t->session != NULL) jt808_order(t->session, JT808_CONFIRM_ALARM, (struct str){body, sizeof body});
}

static void answer(struct connection *c, const struct jt808_message *m, enum jt808_result result)
{
    struct buf b;
    buf_init(&b, 256);
    jt808_answer(m, c->seq++, result, &b);
    send_reply(c, buf_str(&b));
    buf_free(&b);
}

static void read_input(struct connection *c);

static void stored(enum hx_err e, void *arg)
{
    struct pending *p = arg;
    struct connection *c = p->connection;
    struct jt808_listener *l = c->listener;
    if (e) {
        l->count.not_stored += p->count; /* no answer: the terminal sends again */
    } else {
        l->count.points += p->count;
        send_reply(c, buf_str(&p->reply));
        if (l->set.terminals->heard != NULL) l->set.terminals->heard(&p->terminal, p->points, p->count, l->set.terminals->arg);
    }
    c->waiting--;
    if (c->dead) {
        drop(c);
    } else if (c->paused && c->waiting < WAITING_MAX / 2 && !l->paused) {
        c->paused = false;
        bufferevent_enable(c->bev, EV_READ);
        read_input(c);
    }
    buf_free(&p->reply);
    free(p);
}

static struct track_point point_of(const struct terminal *t, const struct jt808_location *l, bool late, int64_t now_ms)
{
    double lon = l->lon_e6 / 1e6, lat = l->lat_e6 / 1e6;
    if (t->gcj02) terminal_unshift(&lon, &lat);
    return (struct track_point){.vehicle = (uint32_t)t->vehicle_id, .at_s = (uint32_t)((l->utc_ms != 0 ? l->utc_ms : now_ms) / 1000), .received_s = (uint32_t)(now_ms / 1000),
                                .lat_e6 = (int32_t)lround(lat * 1e6), .lon_e6 = (int32_t)lround(lon * 1e6), .speed_kmh10 = (uint16_t)l->speed_kmh10, .direction_deg = (uint16_t)l->direction_deg, .altitude_m = (int16_t)l->altitude_m,
                                .flags = (uint16_t)((l->status & JT808_STATUS_ACC ? TRACK_ACC : 0) | (l->status & JT808_STATUS_POSITIONED ? TRACK_POSITIONED : 0) |
                                                    (l->status & JT808_STATUS_DOORS ? TRACK_DOOR_OPEN : 0) | (late ? TRACK_LATE : 0)), .alarm = l->alarm};
}

static void keep_points(struct connection *c, const struct jt808_message *m, const struct jt808_location *all, size_t n, bool late)
{
    struct pending *p = malloc(sizeof *p + n * sizeof *p->points);
    HX_ASSERT(p != NULL);
    *p = (struct pending){.connection = c, .terminal = *c->terminal, .count = n};
    buf_init(&p->reply, 256);
    if (m->id != JT808_LOCATION_ANSWER) jt808_answer(m, c->seq++, JT808_OK, &p->reply);
    for (size_t i = 0; i < n; i++) p->points[i] = point_of(c->terminal, &all[i], late, clock_utc_ms());
    c->waiting++;
    if (track_append(c->listener->set.terminals->track, p->points, n, stored, p) == HX_OK) return;
    c->waiting--;
    c->listener->count.not_stored += n;
    buf_free(&p->reply);
    free(p);
}

static void on_batch(struct connection *c, const struct jt808_message *m)
{
    static struct jt808_location all[JT808_LOCATIONS_MAX]; /* one thread */
    int count, type, n = jt808_batch(m->body, &count, &type, all);
    if (n == 0 || n != count) {
        c->listener->count.malformed++;
        answer(c, m, JT808_WRONG);
        return;
    }
    keep_points(c, m, all, (size_t)n, type == 1);
}

static void on_location(struct connection *c, const struct jt808_message *m, struct str body)
{
    struct jt808_location l;
    if (jt808_location(body, &l) == HX_OK) {
        keep_points(c, m, &l, 1, false);
        return;
    }
    c->listener->count.malformed++;
    answer(c, m, JT808_WRONG);
}

static void on_register(struct connection *c, const struct jt808_message *m)
{
    struct terminals *all = c->listener->set.terminals;
    const struct terminal *t = terminal_find(all, m->terminal);
    struct jt808_registration r;
    char plate[64] = "";
    if (jt808_registration(m, &r) == HX_OK) signal_text_from(r.plate, plate, sizeof plate);
    if (t == NULL) terminal_note_unknown(all, m->terminal, plate, clock_utc_ms());
    struct buf b;
    buf_init(&b, 256);
    jt808_registered(m, c->seq++, t != NULL ? 0 : 4 /* no such terminal */, t != NULL ? t->code : "", &b);
    send_reply(c, buf_str(&b));
    buf_free(&b);
}

static bool same_secret(struct str a, const char *b)
{
    size_t n = strlen(b);
    unsigned differs = a.len != n;
    for (size_t i = 0; i < n && i < a.len; i++) differs |= (unsigned)(a.at[i] ^ b[i]);
    return !differs;
}

static void on_authenticate(struct connection *c, const struct jt808_message *m)
{
    struct terminal *t = terminal_find(c->listener->set.terminals, m->terminal);
    struct jt808_authentication a;
    if (jt808_authentication(m, &a) != HX_OK || t == NULL || !same_secret(a.code, t->code)) {
        if (t == NULL) terminal_note_unknown(c->listener->set.terminals, m->terminal, "", clock_utc_ms());
        log_warn("jt808.refused", "peer=%s terminal=%s known=%d", c->peer, m->terminal, t != NULL);
        answer(c, m, JT808_FAILED);
        return;
    }
    struct connection *old = t->session;
    if (old != NULL && old != c) {
        c->listener->count.kicked++;
        drop(old);
    }
    if (c->terminal != NULL && c->terminal != t && c->terminal->session == c) c->terminal->session = NULL, jt808_video_gone(c);
    c->terminal = t;
    t->session = c;
    c->version_2019 = m->version_2019;
    snprintf(c->number, sizeof c->number, "%s", m->terminal);
    answer(c, m, JT808_OK);
    jt808_order(c, JT1078_ASK_ATTRIBUTES, STR("")); /* one that has no pictures does not answer, or says that it does not know this */
}

static void told_kept(bool good, void *arg)
{
    stored(good ? HX_OK : HX_E_STORE, arg);
}

/* Answered after the commit, as positions are; one that says too much hears that it is not kept. */
static void tell(struct connection *c, const struct jt808_message *m, struct terminal_told *what)
{
    struct terminals *all = c->listener->set.terminals;
    struct terminal *t = c->terminal;
    int64_t minute = clock_utc_ms() / 60000;
    if (t->told_minute != minute) t->told_minute = minute, memset(t->told, 0, sizeof t->told);
    if (++t->told[what->kind] > TOLD_A_MINUTE) {
        answer(c, m, JT808_FAILED);
        return;
    }
    struct pending *p = malloc(sizeof *p);
    HX_ASSERT(p != NULL);
    *p = (struct pending){.connection = c, .terminal = *c->terminal};
    buf_init(&p->reply, 256);
    jt808_answer(m, c->seq++, JT808_OK, &p->reply);
    c->waiting++;
    what->kept = told_kept;
    what->arg = p;
    if (all->told != NULL) all->told(c->terminal, what, all->arg);
    else told_kept(false, p);
}

/* 0x0702: in 2013 a status (1 in, 2 out) and a time stand first, then the result of reading and the name; in 2011 other things did. */
static void on_driver(struct connection *c, const struct jt808_message *m)
{
    struct str b = m->body;
    struct terminal_told what = {.kind = TERMINAL_CARD, .in = b.len > 0 && b.at[0] == 1};
    if (what.in && b.len >= 9 && b.at[7] == 0) {
        size_t n = (unsigned char)b.at[8];
        if (9 + n <= b.len) signal_text_from((struct str){b.at + 9, n}, what.driver, sizeof what.driver);
    }
    tell(c, m, &what);
}

/* 0x0301: the number of an event, as its own settings name it. */
static void on_event_report(struct connection *c, const struct jt808_message *m)
{
    struct terminal_told what = {.kind = TERMINAL_EVENT};
    if (m->body.len != 1) {
        c->listener->count.malformed++;
        answer(c, m, JT808_WRONG);
        return;
    }
    what.code = (uint8_t)m->body.at[0];
    tell(c, m, &what);
}

/* 0x0900: what a device behind the terminal said. */
static void on_pass_up(struct connection *c, const struct jt808_message *m)
{
    struct terminal_told what = {.kind = TERMINAL_PASSED};
    if (m->body.len < 1 || m->body.len > 1 + TERMINAL_PASS_MAX) {
        answer(c, m, m->body.len < 1 ? JT808_WRONG : JT808_FAILED);
        return;
    }
    what.code = (uint8_t)m->body.at[0];
    what.n = m->body.len - 1;
    memcpy(what.data, m->body.at + 1, what.n);
    tell(c, m, &what);
}

static void take_message(struct connection *c, const struct jt808_message *m)
{
    struct jt808_listener *l = c->listener;
    if (m->id == JT808_REGISTER) {
        on_register(c, m);
        return;
    }
    if (m->id == JT808_AUTHENTICATE) {
        on_authenticate(c, m);
        return;
    }
    if (c->terminal == NULL || strcmp(c->terminal->number, terminal_number(m->terminal)) != 0) {
        bool known = terminal_find(l->set.terminals, m->terminal) != NULL;
        *(known ? &l->count.unauthenticated : &l->count.unknown) += 1;
        if (!known) terminal_note_unknown(l->set.terminals, m->terminal, "", clock_utc_ms());
        answer(c, m, JT808_FAILED);
        return;
    }
    c->terminal->heard_at = clock_utc_ms();
    if (m->id == JT808_LOCATION) on_location(c, m, m->body);
    else if (m->id == JT808_LOCATION_ANSWER && m->body.len > 2) on_location(c, m, (struct str){m->body.at + 2, m->body.len - 2});
    else if (m->id == JT808_BATCH) on_batch(c, m);
    else if (m->id == JT808_DRIVER) on_driver(c, m);
    else if (m->id == JT808_EVENT) on_event_report(c, m);
    else if (m->id == JT808_PASS_UP) on_pass_up(c, m);
    else if (m->id == JT808_HEARTBEAT) answer(c, m, JT808_OK);
    else if (m->id == JT808_LOGOUT) answer(c, m, JT808_OK), c->terminal->session = NULL, jt808_video_gone(c), c->terminal = NULL;
    else if (m->id == JT1078_ATTRIBUTES) jt808_video_found(c, m);
    else if (m->id == JT808_TERMINAL_ANSWER) jt808_video_answered(c, m);
    else answer(c, m, JT808_UNKNOWN); /* we keep nothing of it, and say so */
}

static void ask_again(struct connection *c, const struct jt808_message *m)
{
    char body[3 + 2 * PACKAGES_MAX];
    size_t n = 0;
    body[0] = (char)(c->parts->first_seq >> 8), body[1] = (char)c->parts->first_seq;
    for (size_t i = 0; i < c->parts->total; i++) {
        if (c->parts->part[i].at != NULL) continue;
        body[3 + 2 * n] = 0, body[4 + 2 * n] = (char)(i + 1);
        n++;
    }
    body[2] = (char)n;
    struct buf b;
    buf_init(&b, 512);
    jt808_encode(m, JT808_SERVER_RESEND, c->seq++, (struct str){body, 3 + 2 * n}, &b);
    send_reply(c, buf_str(&b));
    buf_free(&b);
}

static void take_part(struct connection *c, const struct jt808_message *m)
{
    if (m->package_total == 0 || m->package_total > PACKAGES_MAX || m->package_index == 0 || m->package_index > m->package_total) {
        c->listener->count.malformed++;
        answer(c, m, JT808_WRONG);
        return;
    }
    if (c->parts == NULL || c->parts->id != m->id || c->parts->total != m->package_total) {
        parts_free(c);
        c->parts = calloc(1, sizeof *c->parts);
        HX_ASSERT(c->parts != NULL);
        c->parts->id = m->id;
        c->parts->total = m->package_total;
        c->parts->first_seq = (uint16_t)(m->seq - m->package_index + 1);
    }
    size_t at = m->package_index - 1u;
    if (c->parts->part[at].at == NULL) {
        c->parts->part[at].at = str_dup(m->body);
        c->parts->part[at].len = m->body.len;
        c->parts->have++;
    }
    if (c->parts->have < c->parts->total) {
        if (m->package_index == m->package_total) ask_again(c, m);
        return;
    }
    struct buf whole;
    buf_init(&whole, PACKAGES_MAX * JT808_FRAME_MAX);
    for (size_t i = 0; i < c->parts->total; i++) buf_add(&whole, c->parts->part[i].at, c->parts->part[i].len);
    struct jt808_message one = *m;
    one.body = buf_str(&whole);
    parts_free(c);
    take_message(c, &one);
    buf_free(&whole);
}

static void take_frame(struct connection *c, struct str wire)
{
    struct jt808_listener *l = c->listener;
    uint8_t bytes[JT808_FRAME_MAX];
    struct jt808_message m;
    int n = jt808_unescape(wire, bytes, sizeof bytes);
    if (n < 0 || jt808_parse((struct str){(const char *)bytes, (size_t)n}, &m) != HX_OK || m.encrypt != 0) {
        l->count.malformed++;
        return;
    }
    if (!m.checksum_ok || !m.length_ok) {
        *(m.checksum_ok ? &l->count.malformed : &l->count.bad_check) += 1;
        log_warn("jt808.check", "peer=%s terminal=%s id=%04x", c->peer, m.terminal, m.id);
        return;
    }
    l->count.frames++;
    c->heard_ms = clock_utc_ms();
    if (m.subpackage) take_part(c, &m);
    else take_message(c, &m);
}

/* Eats what `in` holds; returns the bytes that are done with. */
static size_t take_stream(struct connection *c, struct str in)
{
    size_t done = 0;
    while (done < in.len && !c->dead && c->waiting < WAITING_MAX) {
        struct str wire;
        size_t used;
        enum jt808_find found = jt808_find((struct str){in.at + done, in.len - done}, &wire, &used);
        done += used;
        if (found == JT808_MORE) break;
        if (found == JT808_RUBBISH) c->listener->count.rubbish += used;
        else take_frame(c, wire);
    }
    return done;
}

static void read_input(struct connection *c)
{
    struct evbuffer *in = bufferevent_get_input(c->bev);
    size_t have = evbuffer_get_length(in);
    if (have == 0) return;
    c->waiting++; /* a kick inside must not free us */
    size_t done = take_stream(c, (struct str){(const char *)evbuffer_pullup(in, -1), have});
    c->waiting--;
    if (c->dead) {
        drop(c);
        return;
    }
    evbuffer_drain(in, done);
    if (c->waiting >= WAITING_MAX - 1 && !c->paused) {
        c->paused = true;
        bufferevent_disable(c->bev, EV_READ);
    }
}

static void on_read(struct bufferevent *bev, void *arg)
{
    (void)bev;
    read_input(arg);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) drop(arg);
}

static struct connection *add_connection(struct jt808_listener *l, const struct sockaddr_storage *from, socklen_t bytes)
{
    struct connection *c = calloc(1, sizeof *c);
    HX_ASSERT(c != NULL);
    c->listener = l;
    c->from = *from;
    c->from_bytes = bytes;
    c->heard_ms = clock_utc_ms();
    net_format((const struct sockaddr *)from, c->peer);
    c->next = l->connections;
    c->link = &l->connections;
    if (c->next != NULL) c->next->link = &c->next;
    l->connections = c;
    l->count.connections++;
    return c;
}

static bool has_room(void *arg)
{
    struct jt808_listener *l = arg;
    bool room = l->count.connections < (uint64_t)l->set.connections_max;
    if (!room) l->count.refused++;
    return room;
}

static void on_connection(struct bufferevent *bev, const struct sockaddr_storage *from, socklen_t from_bytes, void *arg)
{
    struct connection *c = add_connection(arg, from, from_bytes);
    c->bev = bev;
    bufferevent_setcb(bev, on_read, NULL, on_event, c);
    bufferevent_enable(bev, EV_READ);
}

/* A UDP terminal is a session by its address, until it is silent for too long. */
static struct connection *udp_session(struct jt808_listener *l, const struct sockaddr_storage *from, socklen_t bytes)
{
    for (struct connection *c = l->connections; c != NULL; c = c->next)
        if (c->bev == NULL && c->from_bytes == bytes && memcmp(&c->from, from, bytes) == 0) return c;
    return has_room(l) ? add_connection(l, from, bytes) : NULL;
}

static void on_datagram(struct str bytes, const struct sockaddr_storage *from, socklen_t from_bytes, void *arg)
{
    struct connection *c = udp_session(arg, from, from_bytes);
    if (c != NULL) take_stream(c, bytes);
}

static void sweep(void *arg)
{
    struct jt808_listener *l = arg;
    int64_t now_ms = clock_utc_ms();
    for (struct connection *c = l->connections, *next; c != NULL; c = next) {
        next = c->next;
        if (c->bev == NULL && now_ms - c->heard_ms > l->set.idle_s * 1000LL) drop(c);
    }
}

enum hx_err jt808_listen(const struct jt808_settings *settings, struct jt808_listener **out)
{
    struct jt808_listener *l = calloc(1, sizeof *l);
    HX_ASSERT(l != NULL);
    l->set = *settings;
    struct door_settings door = {.loop = settings->loop, .address = settings->address, .datagram_max = JT808_WIRE_MAX * 2, .idle_s = settings->idle_s, .input_max = INPUT_MAX, .has_room = has_room,
                                 .on_connection = on_connection, .on_datagram = on_datagram, .arg = l};
    if (door_open(&door, &l->door)) return free(l), HX_E_INVALID;
    jt808_video_start(l);
    l->set.terminals->confirm = confirm;
    loop_every(settings->loop, 30000, sweep, l);
    *out = l;
    return HX_OK;
}

const char *jt808_bound(const struct jt808_listener *l)
{
    return door_bound(l->door);
}

const struct jt808_counters *jt808_counters(const struct jt808_listener *l)
{
    return &l->count;
}

void jt808_pause(struct jt808_listener *l)
{
    if (l->paused) return;
    l->paused = true;
    door_pause(l->door);
    for (struct connection *c = l->connections; c != NULL; c = c->next)
        if (c->bev != NULL) bufferevent_disable(c->bev, EV_READ);
}

void jt808_close(struct jt808_listener *l)
{
    jt808_video_stop();
    l->set.terminals->confirm = NULL;
    while (l->connections != NULL) {
        struct connection *c = l->connections;
        c->waiting = 0; /* nobody answers any more */
        drop(c);
    }
    door_close(l->door);
    free(l);
}
