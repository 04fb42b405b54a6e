#include "dc09_listener.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/door.h"
#include "proto/dc09/dc09_judge.h"

/* A connection may have so many frames waiting for the disk before we stop reading it. */
#define WAITING_MAX 64
/* Unknown accounts may fill the quarantine at this rate and no faster. */
#define UNKNOWN_PER_S 50
#define INPUT_MAX (4 * DC09_FRAME_MAX)
/* A frame that has begun must be whole after this time, or its bytes are rubbish (and a slow-loris goes). */
#define PART_S 20

struct connection {
    struct dc09_listener *listener;
    struct bufferevent *bev;
    struct connection *next, **link;
    char peer[NET_TEXT_MAX];
    int waiting;
    bool dead, paused, half_closed;
    int64_t part_since; /* ms; 0: nothing half */
};

struct dc09_listener {
    struct dc09_settings set;
    struct door *door;
    struct connection *connections;
    struct dc09_counters count;
    int64_t unknown_second;
    int unknown_in_second;
    bool paused;
};

/* A frame on its way to the disk, with what is owed to its sender. */
struct pending {
    struct dc09_listener *listener;
    struct connection *connection; /* NULL: UDP */
    struct sockaddr_storage to;
    socklen_t to_bytes;
    struct buf reply;
    struct signal_batch *batch;
};

static void drop(struct connection *c)
{
    if (!c->dead) {
        c->dead = true;
        bufferevent_free(c->bev);
        *c->link = c->next;
        if (c->next != NULL) c->next->link = c->link;
        c->listener->count.connections--;
    }
    if (c->waiting == 0) free(c);
}

static void send_reply(struct dc09_listener *l, struct connection *c, const struct sockaddr_storage *to, socklen_t to_bytes, struct str reply)
{
    if (reply.len == 0) return;
    if (c != NULL && !c->dead) door_reply(c->bev, reply);
    if (c == NULL && !door_send(l->door, (struct str){reply.at, reply.len}, to, to_bytes))
        log_debug("dc09.udp_send", "errno=%d", errno);
}

static void read_input(struct connection *c);
static void on_event(struct bufferevent *bev, short what, void *arg);

static void on_drained(struct bufferevent *bev, void *arg)
{
    (void)bev;
    drop(arg);
}

static void stored(enum hx_err e, const char *detail, void *arg)
{
    struct pending *p = arg;
    struct dc09_listener *l = p->listener;
    if (e) {
        l->count.not_stored++;
        log_error("dc09.not_stored", "account=%s error=%s detail=\"%s\"", p->batch->signals[0].account, err_name(e), detail);
    } else {
        for (size_t i = 0; i < p->batch->count; i++) *(p->batch->signals[i].duplicate ? &l->count.copies : &l->count.signals) += 1;
        send_reply(l, p->connection, &p->to, p->to_bytes, buf_str(&p->reply));
    }
    struct connection *c = p->connection;
    if (c != NULL) {
        c->waiting--;
        if (c->dead) {
            drop(c);
        } else if (c->half_closed && c->waiting == 0) {
            bufferevent_setcb(c->bev, NULL, on_drained, on_event, c);
            if (evbuffer_get_length(bufferevent_get_output(c->bev)) == 0) drop(c);
        } else if (c->paused && c->waiting < WAITING_MAX / 2) {
            c->paused = false;
            bufferevent_enable(c->bev, EV_READ);
            read_input(c);
        }
    }
    signal_batch_free(p->batch);
    buf_free(&p->reply);
    free(p);
}

static enum hx_err store_pending(struct tx *tx, void *arg)
{
    return signal_store(tx, ((struct pending *)arg)->batch);
}

static bool unknown_over_rate(struct dc09_listener *l, int64_t now_ms)
{
    if (l->unknown_second != now_ms / 1000) l->unknown_second = now_ms / 1000, l->unknown_in_second = 0;
    return ++l->unknown_in_second > UNKNOWN_PER_S;
}

static void log_refusal(const struct dc09_judgement *j, const char *peer)
{
    static const char *const names[] = {"dc09.store", "dc09.heartbeat", "dc09.stale", "dc09.not_understood", "dc09.bad_key", "dc09.downgrade", "dc09.no_key"};
    log_warn(names[j->verdict], "peer=%s account=%s panel=%lld", peer, j->panel != NULL ? j->panel->account : "?",
             j->panel != NULL ? (long long)j->panel->id : 0LL);
}

static void take_frame(struct dc09_listener *l, struct connection *c, const struct sockaddr_storage *to, socklen_t to_bytes,
                       const struct dc09_envelope *envelope, const char *peer)
{
    struct dc09_judgement j;
    int64_t now_ms = clock_utc_ms();
    dc09_judge(envelope, l->set.panels, now_ms, l->set.refuse_unknown, peer, &j);
    l->count.frames++;
    l->count.heartbeats += j.verdict == DC09_HEARTBEAT;
    l->count.stale += j.verdict == DC09_STALE;
    l->count.malformed += j.verdict == DC09_NOT_UNDERSTOOD;
    l->count.bad_key += j.verdict == DC09_BAD_KEY;
    l->count.downgrade += j.verdict == DC09_DOWNGRADE;
    if (j.verdict >= DC09_STALE) log_refusal(&j, peer);
    if (j.panel != NULL && j.verdict <= DC09_STALE) panel_heard(l->set.panels, j.panel, now_ms);
    if (j.verdict != DC09_STORE) {
        send_reply(l, c, to, to_bytes, buf_str(&j.reply));
        buf_free(&j.reply);
        return;
    }
    bool over = false;
    if (j.panel == NULL) {
        l->count.unknown++;
        over = unknown_over_rate(l, now_ms);
        log_warn("dc09.unknown_account", "peer=%s account=%s kept=%d", peer, j.account, !over);
    }
    struct pending *p = malloc(sizeof *p);
    HX_ASSERT(p != NULL);
    *p = (struct pending){.listener = l, .connection = c, .reply = j.reply, .batch = j.batch, .to_bytes = to_bytes};
    if (to != NULL) p->to = *to;
    if (c != NULL) c->waiting++;
    if (over || writer_submit_repeatable(l->set.writer, signal_lane(j.batch), store_pending, stored, p)) {
        /* No answer: the panel comes again. */
        l->count.not_stored++;
        if (c != NULL) c->waiting--;
        signal_batch_free(p->batch);
        buf_free(&p->reply);
        free(p);
    }
}

/* Eats what `in` holds; returns the bytes that are done with. A connection with too much waiting keeps the rest for later. */
static size_t take_stream(struct dc09_listener *l, struct connection *c, const struct sockaddr_storage *to, socklen_t to_bytes, struct str in,
                          const char *peer)
{
    size_t done = 0;
    while (done < in.len) {
        struct dc09_envelope envelope;
        size_t used = 0;
        if (c != NULL && c->waiting >= WAITING_MAX) break;
        enum dc09_find found = dc09_frame_find((struct str){in.at + done, in.len - done}, &envelope, &used);
        done += used;
        if (found == DC09_MORE) {
            l->count.rubbish += used;
            break;
        }
        if (found == DC09_FOUND) {
            take_frame(l, c, to, to_bytes, &envelope, peer);
        } else if (found == DC09_HEARTBEAT_OH) {
            l->count.heartbeats++;
            send_reply(l, c, to, to_bytes, STR("\"ACK\""));
        } else {
            *(found == DC09_BAD_CRC ? &l->count.bad_crc : &l->count.bad_length) += 1;
            log_warn(found == DC09_BAD_CRC ? "dc09.crc" : "dc09.length", "peer=%s want=%04X got=%04X bytes=%zu", peer, envelope.crc_want,
                     envelope.crc_sent, envelope.body.len);
        }
    }
    return done;
}

static void read_input(struct connection *c)
{
    struct evbuffer *in = bufferevent_get_input(c->bev);
    size_t have = evbuffer_get_length(in);
    if (have == 0) return;
    const char *bytes = (const char *)evbuffer_pullup(in, -1);
    size_t done = take_stream(c->listener, c, NULL, 0, (struct str){bytes, have}, c->peer);
    evbuffer_drain(in, done);
    if (c->waiting >= WAITING_MAX && !c->paused) {
        c->paused = true;
        bufferevent_disable(c->bev, EV_READ);
    }
    bool half = done < have && !c->paused;
    if (!half) c->part_since = 0;
    else if (c->part_since == 0 || done > 0) c->part_since = clock_utc_ms();
}

static void on_read(struct bufferevent *bev, void *arg)
{
    (void)bev;
    read_input(arg);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) {
        struct connection *c = arg;
        /* A half-closed sender still gets the answers that are on their way to it. */
        if ((what & BEV_EVENT_EOF) && c->waiting > 0) {
            c->paused = false;
            c->half_closed = true;
            bufferevent_disable(c->bev, EV_READ);
            return;
        }
        drop(c);
    }
}

static bool has_room(void *arg)
{
    struct dc09_listener *l = arg;
    bool room = l->count.connections < (uint64_t)l->set.connections_max;
    if (!room) l->count.refused++;
    return room;
}

static void on_connection(struct bufferevent *bev, const struct sockaddr_storage *from, socklen_t from_bytes, void *arg)
{
    (void)from_bytes;
    struct dc09_listener *l = arg;
    struct connection *c = calloc(1, sizeof *c);
    HX_ASSERT(c != NULL);
    c->listener = l;
    net_format((const struct sockaddr *)from, c->peer);
    c->bev = bev;
    bufferevent_setcb(bev, on_read, NULL, on_event, c);
    bufferevent_enable(bev, EV_READ);
    c->next = l->connections;
    c->link = &l->connections;
    if (c->next != NULL) c->next->link = &c->next;
    l->connections = c;
    l->count.connections++;
}

static void on_datagram(struct str bytes, const struct sockaddr_storage *from, socklen_t from_bytes, void *arg)
{
    char peer[NET_TEXT_MAX];
    net_format((const struct sockaddr *)from, peer);
    take_stream(arg, NULL, from, from_bytes, bytes, peer);
}

/* Halves of frames that never became whole. */
static void sweep(void *arg)
{
    struct dc09_listener *l = arg;
    int64_t now_ms = clock_utc_ms();
    for (struct connection *c = l->connections, *next; c != NULL; c = next) {
        next = c->next;
        if (c->part_since == 0 || now_ms - c->part_since < PART_S * 1000) continue;
        log_warn("dc09.half_frame", "peer=%s", c->peer);
        drop(c);
    }
}

enum hx_err dc09_listen(const struct dc09_settings *settings, struct dc09_listener **out)
{
    struct dc09_listener *l = calloc(1, sizeof *l);
    HX_ASSERT(l != NULL);
    l->set = *settings;
    struct door_settings door = {.loop = settings->loop, .address = settings->address, .datagram_max = DC09_FRAME_MAX * 2, .idle_s = settings->idle_s, .input_max = INPUT_MAX, .has_room = has_room,
                                 .on_connection = on_connection, .on_datagram = on_datagram, .arg = l};
    if (door_open(&door, &l->door)) return free(l), HX_E_INVALID;
    loop_every(settings->loop, 5000, sweep, l);
    *out = l;
    return HX_OK;
}

const char *dc09_bound(const struct dc09_listener *l)
{
    return door_bound(l->door);
}

const struct dc09_counters *dc09_counters(const struct dc09_listener *l)
{
    return &l->count;
}

void dc09_pause(struct dc09_listener *l)
{
    if (l->paused) return;
    l->paused = true;
    door_pause(l->door);
    for (struct connection *c = l->connections; c != NULL; c = c->next) bufferevent_disable(c->bev, EV_READ);
}

void dc09_flush(struct dc09_listener *l)
{
    for (struct connection *c = l->connections; c != NULL; c = c->next) {
        struct evbuffer *out = bufferevent_get_output(c->bev);
        evbuffer_unfreeze(out, 1);
        (void)evbuffer_write(out, bufferevent_getfd(c->bev));
    }
}

void dc09_close(struct dc09_listener *l)
{
    while (l->connections != NULL) drop(l->connections);
    door_close(l->door);
    free(l);
}
