#include "app/sim_terminal.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/sim_tone.h"
#include "base/clock.h"
#include "io/net.h"

#define REPLY_MS 10000
#define KEY_FRAMES 20

bool sim_terminal_init(struct sim_terminal *t, const char *number)
{
    size_t n = number != NULL ? strlen(number) : 0;
    if (n == 0 || n > 12 || strspn(number, "0123456789") != n) return false;
    memset(t->self.terminal, '0', 12);
    memcpy(t->self.terminal + 12 - n, number, n + 1);
    t->fd = -1;
    for (int i = 0; i < JT1078_CHANNELS_MAX; i++) t->feeds[i].fd = -1;
    buf_init(&t->in, 1 << 20);
    return true;
}

static void feed_end(struct terminal_feed *f)
{
    if (f->fd >= 0) close(f->fd);
    picture_free(f->picture);
    *f = (struct terminal_feed){.fd = -1};
}

void sim_terminal_hang_up(struct sim_terminal *t)
{
    for (int i = 0; i < JT1078_CHANNELS_MAX; i++) feed_end(&t->feeds[i]);
    if (t->fd >= 0) close(t->fd);
    t->fd = -1;
    buf_clear(&t->in);
}

void sim_terminal_free(struct sim_terminal *t)
{
    sim_terminal_hang_up(t);
    buf_free(&t->in);
}

static bool send_all(int fd, struct str bytes)
{
    for (size_t at = 0; at < bytes.len;) {
        ssize_t n = send(fd, bytes.at + at, bytes.len - at, MSG_NOSIGNAL);
        if (n <= 0) return false;
        at += (size_t)n;
    }
    return true;
}

void sim_terminal_send(struct sim_terminal *t, uint16_t id, struct str body)
{
    struct buf out;
    buf_init(&out, 8192);
    jt808_encode(&t->self, id, t->seq++, body, &out);
    (void)send_all(t->fd, buf_str(&out)); /* one that has hung up is noticed by whoever waits for the answer */
    buf_free(&out);
}

/* ---- pictures ---- */

static int dial_feed(const struct jt1078_live *l, struct str host)
{
    char text[NET_TEXT_MAX];
    struct sockaddr_storage a;
    socklen_t n;
    snprintf(text, sizeof text, "%.*s:%d", (int)(host.len < 48 ? host.len : 48), host.at, l->tcp_port != 0 ? l->tcp_port : l->udp_port);
    if (net_parse(text, &a, &n)) return -1;
    int fd = socket(a.ss_family, (l->tcp_port != 0 ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, n) != 0) close(fd), fd = -1;
    return fd;
}

static bool begin_feed(struct sim_terminal *t, struct str body)
{
    struct jt1078_live l;
    struct str host;
    if (jt1078_live_read(body, &l, &host) != HX_OK || l.channel < 1 || l.channel > t->channels) return false;
    struct terminal_feed *f = &t->feeds[l.channel - 1];
    feed_end(f);
    f->fd = dial_feed(&l, host);
    f->datagrams = l.tcp_port == 0;
    f->sound = l.sound;
    f->picture = picture_new((unsigned)(atoi(t->self.terminal + 6) * 3 + l.channel), PICTURE_BUS);
    if (!t->quiet) printf("pictures %d %s %s%s\n", l.channel, l.sub ? "sub" : "main", f->datagrams ? "udp" : "tcp", l.sound ? " sound" : ""), fflush(stdout);
    return f->fd >= 0;
}

struct feed_out {
    int fd;
    bool failed;
};

static void send_packet(struct str packet, void *arg)
{
    struct feed_out *o = arg;
    if (!o->failed && !send_all(o->fd, packet)) o->failed = true;
}

static void send_tone(struct sim_terminal *t, int channel, int64_t now, struct feed_out *out)
{
    struct terminal_feed *f = &t->feeds[channel - 1];
    uint8_t tone[TERMINAL_FRAME_MS * 8];
    sim_tone(f->frame, tone, sizeof tone);
    const struct jt1078_picture p = {.number = t->self.terminal, .number_bytes = 6, .channel = channel, .sound = true, .time_ms = now, .unit = {(const char *)tone, sizeof tone}};
    jt1078_pack(&p, &f->seq, send_packet, out);
}

static void send_picture(struct sim_terminal *t, int channel)
{
    static struct buf unit;
    struct terminal_feed *f = &t->feeds[channel - 1];
    struct feed_out out = {.fd = f->fd};
    int64_t now = clock_utc_ms();
    if (unit.max == 0) buf_init(&unit, PICTURE_UNIT_MAX);
    buf_clear(&unit);
    bool key = f->frame % KEY_FRAMES == 0;
    picture_next(f->picture, now, key, &unit);
    const struct jt1078_picture p = {.number = t->self.terminal, .number_bytes = 6, .channel = channel, .key = key, .time_ms = now, .unit = buf_str(&unit)};
    jt1078_pack(&p, &f->seq, send_packet, &out);
    if (f->sound) send_tone(t, channel, now, &out);
    f->frame++;
    if (out.failed) feed_end(f);
}

/* ---- orders ---- */

static void answer(struct sim_terminal *t, const struct jt808_message *m, int result)
{
    const char body[5] = {(char)(m->seq >> 8), (char)m->seq, (char)(m->id >> 8), (char)m->id, (char)result};
    sim_terminal_send(t, JT808_TERMINAL_ANSWER, (struct str){body, 5});
}

/* False: it was no order. */
static bool obey(struct sim_terminal *t, const struct jt808_message *m)
{
    const char attributes[10] = {6, 1, 0, 0, 0, 0, 0, JT1078_H264, 0, (char)t->channels}; /* table 4 */
    if (m->id == JT1078_ASK_ATTRIBUTES && t->channels > 0) {
        sim_terminal_send(t, JT1078_ATTRIBUTES, (struct str){attributes, sizeof attributes});
    } else if (m->id == JT1078_ASK_LIVE && t->channels > 0) {
        answer(t, m, begin_feed(t, m->body) ? JT808_OK : JT808_FAILED);
    } else if (m->id == JT1078_STEER_LIVE && t->channels > 0) {
        int channel = m->body.len > 0 ? (unsigned char)m->body.at[0] : 0;
        answer(t, m, channel >= 1 && channel <= t->channels ? JT808_OK : JT808_WRONG);
        if (channel >= 1 && channel <= t->channels) feed_end(&t->feeds[channel - 1]);
        if (!t->quiet) printf("stopped %d\n", channel), fflush(stdout);
    } else if (m->id == JT808_CONFIRM_ALARM) {
        bool seen = m->body.len >= 6 && (unsigned char)m->body.at[5] & JT808_ALARM_EMERGENCY;
        answer(t, m, seen ? JT808_OK : JT808_WRONG);
        if (seen) t->emergency = false;
        if (seen && !t->quiet) printf("confirmed\n"), fflush(stdout);
    } else if (m->id >= 0x9000) {
        answer(t, m, JT808_UNKNOWN);
    } else {
        return false;
    }
    return true;
}

/* What has come; false when no whole frame is there. */
static bool next_frame(struct sim_terminal *t, struct jt808_message *m, uint8_t bytes[JT808_FRAME_MAX])
{
    for (;;) {
        struct str wire;
        size_t used;
        enum jt808_find found = jt808_find(buf_str(&t->in), &wire, &used);
        int n = found == JT808_FOUND ? jt808_unescape(wire, bytes, JT808_FRAME_MAX) : -1;
        memmove(t->in.at, t->in.at + used, t->in.len - used);
        t->in.len -= used;
        if (n > 0 && jt808_parse((struct str){(const char *)bytes, (size_t)n}, m) == HX_OK) return true;
        if (found == JT808_MORE) return false;
    }
}

static bool read_more(struct sim_terminal *t, int wait_ms)
{
    char chunk[16384];
    struct pollfd p = {.fd = t->fd, .events = POLLIN};
    if (poll(&p, 1, wait_ms) <= 0) return false;
    ssize_t got = recv(t->fd, chunk, sizeof chunk, 0);
    if (got <= 0) {
        sim_terminal_hang_up(t);
        return false;
    }
    buf_add(&t->in, chunk, (size_t)got);
    return true;
}

bool sim_terminal_receive(struct sim_terminal *t, struct jt808_message *m, uint8_t bytes[JT808_FRAME_MAX])
{
    do
        while (t->fd >= 0 && next_frame(t, m, bytes))
            if (!obey(t, m)) return true;
    while (t->fd >= 0 && read_more(t, REPLY_MS));
    return false;
}

bool sim_terminal_serve(struct sim_terminal *t)
{
    struct jt808_message m;
    uint8_t bytes[JT808_FRAME_MAX];
    do
        while (t->fd >= 0 && next_frame(t, &m, bytes)) (void)obey(t, &m); /* answers to what was sent need nothing */
    while (t->fd >= 0 && read_more(t, 0));
    for (int i = 0; t->fd >= 0 && i < t->channels; i++)
        if (t->feeds[i].fd >= 0) send_picture(t, i + 1);
    return t->fd >= 0;
}

/* ---- the session ---- */

static bool dial(struct sim_terminal *t)
{
    struct sockaddr_storage a;
    socklen_t n;
    if (net_parse(t->address, &a, &n)) return false;
    t->fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return t->fd >= 0 && connect(t->fd, (struct sockaddr *)&a, n) == 0;
}

static bool complain(const struct sim_terminal *t, const char *what, int result)
{
    if (!t->quiet) fprintf(stderr, "huxue: %s: %s, result %d\n", t->address, what, result);
    return false;
}

bool sim_terminal_sign_in(struct sim_terminal *t)
{
    struct jt808_message m;
    uint8_t bytes[JT808_FRAME_MAX];
    char code[64] = "";
    if (!dial(t)) return complain(t, "no connection 连接失败", 0);
    if (t->code != NULL) {
        snprintf(code, sizeof code, "%s", t->code);
    } else {
        char body[37] = {0}; /* 2013: province, city, maker, model, id, colour, plate */
        body[36] = 2;
        sim_terminal_send(t, JT808_REGISTER, (struct str){body, 37});
        if (!sim_terminal_receive(t, &m, bytes) || m.id != JT808_REGISTER_ANSWER || m.body.len < 3) return complain(t, "no answer to the registration 注册无应答", 0);
        if (m.body.at[2] != 0) return complain(t, "registration refused: enter the terminal first 终端未录入", m.body.at[2]);
        str_to_z((struct str){m.body.at + 3, m.body.len - 3}, code, sizeof code);
    }
    sim_terminal_send(t, JT808_AUTHENTICATE, str_of(code));
    if (!sim_terminal_receive(t, &m, bytes) || m.id != JT808_ANSWER || m.body.len < 5 || m.body.at[4] != 0) return complain(t, "authentication refused 鉴权失败", 0);
    return true;
}

static void put32(uint8_t *at, uint32_t v)
{
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(v >> (24 - 8 * i));
}

void sim_terminal_location(const struct sim_terminal *t, uint8_t out[SIM_LOCATION_BYTES], double lon, double lat, int64_t utc_ms)
{
    struct clock_civil c = clock_to_civil(utc_ms + CLOCK_LOCAL_MS);
    const int fields[6] = {c.year % 100, c.month, c.day, c.hour, c.minute, c.second};
    memset(out, 0, SIM_LOCATION_BYTES);
    put32(out, t->emergency ? JT808_ALARM_EMERGENCY : 0);
    put32(out + 4, JT808_STATUS_POSITIONED | (t->acc ? JT808_STATUS_ACC : 0) | (t->door ? 1u << 13 : 0));
    put32(out + 8, (uint32_t)lround(lat * 1e6));
    put32(out + 12, (uint32_t)lround(lon * 1e6));
    int speed = (int)lround(t->kmh * 10);
    out[18] = (uint8_t)(speed >> 8), out[19] = (uint8_t)speed;
    for (int i = 0; i < 6; i++) out[22 + i] = (uint8_t)(fields[i] / 10 << 4 | fields[i] % 10);
}

void sim_terminal_report(struct sim_terminal *t, double lon, double lat, int64_t utc_ms)
{
    uint8_t location[SIM_LOCATION_BYTES];
    sim_terminal_location(t, location, lon, lat, utc_ms);
    sim_terminal_send(t, JT808_LOCATION, (struct str){(const char *)location, sizeof location});
}
