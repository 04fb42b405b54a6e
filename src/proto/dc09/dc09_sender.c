#include "dc09_sender.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "dc09_crypt.h"
#include "dc09_event.h"
#include "io/net.h"

#define ANSWER_MS 5000
#define TRIES 3
#define CLOCKS 2        /* so many NAKs in a row are answered with a mended clock */
#define BACKOFF_MS 1000
#define BACKOFF_MAX_MS 60000

struct arc_link {
    struct arc *arc;
    struct bufferevent *bev; /* NULL: away, until the timer */
    struct loop_timer *timer;
    bool connected, waiting; /* waiting: for the answer to `frame` */
    struct arc_message message;
    bool is_null;
    struct buf frame;
    char sequence[8]; /* four digits */
    int tries, clocks;
    int64_t offset_ms, backoff_ms; /* of the centre's clock to ours */
};

static struct loop *the_loop;

static struct dc09_key key_of(const struct arc *a)
{
    struct dc09_key key = {.n = a->key_bytes};
    memcpy(key.bytes, a->key, sizeof key.bytes);
    return key;
}

static void away(struct arc_link *k, const char *reason)
{
    if (k->bev != NULL) bufferevent_free(k->bev);
    k->bev = NULL;
    k->connected = k->waiting = false;
    k->arc->up = false;
    if (k->arc->disabled) {
        k->backoff_ms = BACKOFF_MS;
        return;
    }
    log_warn("arc.lost", "arc=%lld address=\"%s\" reason=%s", (long long)k->arc->id, k->arc->address, reason);
    loop_timer_set(k->timer, k->backoff_ms);
    k->backoff_ms = k->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : k->backoff_ms * 2;
    arcs_all()->domain->line(k->arc, false, reason);
}

/* Text of an extended field: what would end it is left out (5.5.1.8). */
static void add_field(struct buf *out, char name, const char *text)
{
    if (text[0] == 0) return;
    buf_printf(out, "[%c", name);
    for (const char *c = text; *c != 0; c++)
        if (*c != '[' && *c != ']' && *c != '|' && (uint8_t)*c >= 0x20) buf_add(out, c, 1);
    buf_add_z(out, "]");
}

static void add_message(struct buf *out, const struct arc_link *k)
{
    const struct arc_message *m = &k->message;
    char data[24], when[24];
    buf_printf(out, "#%s|", m->account);
    if (dc09_data_format(k->arc->cid, m->class, m->restore, m->partition, m->zone, data, sizeof data)) buf_add_z(out, data);
    buf_add_z(out, "]");
    dc09_time_format(m->at, when);
    add_field(out, 'H', when);
    add_field(out, 'S', m->site);
    add_field(out, 'L', m->place);
}

static void build(struct arc_link *k)
{
    struct buf text;
    char when[24];
    const struct arc *a = k->arc;
    const struct dc09_key key = key_of(a);
    const struct dc09_sending s = {.token = k->is_null ? "NULL" : a->cid ? "ADM-CID" : "SIA-DCS", .receiver = a->receiver, .line = a->line_number, .account = k->is_null ? a->account : k->message.account,
                                   .sequence = k->is_null ? 0 : (int)(k->message.id % 9999) + 1, .key = &key};
    buf_init(&text, DC09_PLAIN_MAX);
    snprintf(k->sequence, sizeof k->sequence, "%04d", s.sequence);
    if (k->is_null) buf_add_z(&text, "]");
    else add_message(&text, k);
    /* A stamp is said only where it must be: without it a repetition is the same, byte by byte. */
    dc09_time_format(clock_utc_ms() + k->offset_ms, when);
    if (key.n > 0) buf_printf(&text, "_%s", when);
    buf_clear(&k->frame);
    dc09_send(&k->frame, &s, buf_str(&text));
    buf_free(&text);
}

static void say(struct arc_link *k)
{
    bufferevent_write(k->bev, k->frame.at, k->frame.len);
    k->waiting = true;
    loop_timer_set(k->timer, ANSWER_MS);
}

static void begin(struct arc_link *k, bool is_null)
{
    k->is_null = is_null;
    k->tries = 1;
    k->clocks = 0;
    build(k);
    say(k);
}

static void rest(struct arc_link *k)
{
    k->waiting = false;
    loop_timer_set(k->timer, k->arc->supervision_s * 1000LL);
}

static void taken(struct arc_link *k)
{
    bool first = !k->arc->up;
    rest(k);
    k->backoff_ms = BACKOFF_MS;
    k->arc->up = true;
    if (first) arcs_all()->domain->line(k->arc, true, "");
    if (!k->is_null) arcs_all()->domain->told(k->arc, k->message.id, true);
}

static void refused(struct arc_link *k)
{
    if (k->is_null) { /* it knows neither the account nor the key */
        away(k, "refused");
        return;
    }
    rest(k);
    arcs_all()->domain->told(k->arc, k->message.id, false);
}

/* NAK: our stamp is outside the centre's window; its own clock comes along (5.5.2.3). */
static void mend_clock(struct arc_link *k, struct str timestamp)
{
    int64_t theirs = 0;
    if (++k->clocks > CLOCKS || !dc09_time_parse(timestamp, &theirs)) {
        away(k, "clock");
        return;
    }
    k->offset_ms = theirs - clock_utc_ms();
    log_warn("arc.clock", "arc=%lld offset_ms=%lld", (long long)k->arc->id, (long long)k->offset_ms);
    build(k);
    say(k);
}

/* The answer of a keyed line is sealed too: who does not know the key cannot say that an alarm was taken. */
static bool opens(const struct arc_link *k, struct dc09_message *m, char plain[DC09_PLAIN_MAX])
{
    const struct dc09_key key = key_of(k->arc);
    struct str text;
    size_t pad;
    if (!m->encrypted || key.n == 0) return m->encrypted == (key.n > 0);
    return dc09_open(m, &key, plain, &pad, &text) == HX_OK;
}

static void hear(struct arc_link *k, const struct dc09_envelope *e)
{
    struct dc09_message m;
    char plain[DC09_PLAIN_MAX];
    if (!k->waiting || dc09_message_parse(e->body, &m) != HX_OK) return;
    if (str_eq(m.token, STR("NAK"))) {
        mend_clock(k, m.timestamp);
        return;
    }
    if (!str_eq(m.sequence, str_of(k->sequence))) return; /* of an earlier try */
    if (str_eq(m.token, STR("DUH"))) refused(k);
    else if (str_eq(m.token, STR("ACK")) && opens(k, &m, plain)) taken(k);
}

static void on_read(struct bufferevent *bev, void *arg)
{
    struct arc_link *k = arg;
    char bytes[DC09_FRAME_MAX];
    struct evbuffer *in = bufferevent_get_input(bev);
    for (;;) {
        struct dc09_envelope e;
        size_t used = 0;
        ev_ssize_t n = evbuffer_copyout(in, bytes, sizeof bytes);
        if (n <= 0) return;
        enum dc09_find found = dc09_frame_find((struct str){bytes, (size_t)n}, &e, &used);
        if (found == DC09_FOUND) hear(k, &e);
        if (k->bev != bev) return; /* the answer ended the line */
        evbuffer_drain(in, used);
        if (found == DC09_MORE || used == 0) break;
    }
    if (evbuffer_get_length(in) >= DC09_FRAME_MAX) away(k, "garbled");
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    struct arc_link *k = arg;
    if (!(what & BEV_EVENT_CONNECTED)) {
        away(k, k->connected ? "closed" : "unreachable");
        return;
    }
    k->connected = true;
    begin(k, true); /* proves account and key before anything depends on them */
}

static void dial(struct arc_link *k)
{
    struct sockaddr_storage to;
    socklen_t bytes;
    if (net_parse(k->arc->address, &to, &bytes)) {
        away(k, "unreachable");
        return;
    }
    k->bev = bufferevent_socket_new(loop_base(the_loop), -1, BEV_OPT_CLOSE_ON_FREE);
    HX_ASSERT(k->bev != NULL);
    bufferevent_setcb(k->bev, on_read, NULL, on_event, k);
    bufferevent_enable(k->bev, EV_READ | EV_WRITE);
    loop_timer_set(k->timer, ANSWER_MS);
    if (!loop_connect(k->bev, &to, bytes)) away(k, "unreachable");
}

static void on_timer(void *arg)
{
    struct arc_link *k = arg;
    if (k->arc->disabled) return;
    if (k->bev == NULL) {
        dial(k);
        return;
    }
    if (!k->connected) {
        away(k, "unreachable");
        return;
    }
    if (!k->waiting) {
        begin(k, true);
        return;
    }
    if (k->tries++ >= TRIES) {
        away(k, "silent");
        return;
    }
    if (k->arc->key_bytes > 0) build(k); /* a stamp grows old */
    say(k);
}

static void changed(struct arc *a)
{
    struct arc_link *k = a->link;
    if (k == NULL) {
        k = calloc(1, sizeof *k);
        HX_ASSERT(k != NULL);
        *k = (struct arc_link){.arc = a, .timer = loop_timer_new(the_loop, on_timer, k)};
        buf_init(&k->frame, DC09_FRAME_MAX);
        a->link = k;
    }
    if (k->bev != NULL) bufferevent_free(k->bev);
    k->bev = NULL;
    k->connected = k->waiting = a->up = false;
    k->offset_ms = 0;
    k->backoff_ms = BACKOFF_MS;
    loop_timer_set(k->timer, 0);
}

static bool tell(struct arc *a, const struct arc_message *m)
{
    struct arc_link *k = a->link;
    if (k == NULL || !a->up || k->waiting) return false;
    k->message = *m;
    begin(k, false);
    return true;
}

static const struct arc_driver driver = {.changed = changed, .tell = tell};

void dc09_sender_start(struct loop *loop)
{
    the_loop = loop;
    arcs_all()->driver = &driver;
}

void dc09_sender_stop(void)
{
    arcs_all()->driver = NULL;
    for (struct arc *a = arcs_all()->first; a != NULL; a = a->next) {
        struct arc_link *k = a->link;
        if (k == NULL) continue;
        if (k->bev != NULL) bufferevent_free(k->bev);
        loop_timer_free(k->timer);
        buf_free(&k->frame);
        free(k);
        a->link = NULL;
    }
}
