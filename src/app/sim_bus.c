/* huxue sim bus: a student vehicle's terminal. It registers, authenticates with the code that it gets, and sends where it is. */
#include <getopt.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/sim.h"
#include "base/clock.h"
#include "io/net.h"
#include "proto/jt808/jt808_frame.h"

#define REPLY_MS 10000
#define WINDOW 32          /* batches under way in load mode */
#define BATCH_MAX 30

struct bus {
    const char *address, *terminal, *code;
    struct jt808_message self; /* addresses our own frames */
    int fd;
    uint16_t seq;
    int64_t span_s, count, batch;
    double kmh;
    bool acc, door, emergency;
    struct buf in;
};

static int usage(int code)
{
    fprintf(code ? stderr : stdout,
            "huxue sim bus --jt808 A:P --terminal NUMBER [--code CODE] [--kmh 30] [--span 60] [--acc 1] [--door 0] [--emergency] LON,LAT…\n"
            "      sends one point per place; their times are spread over the last --span seconds   模拟校车终端：逐点上报\n"
            "huxue sim bus --jt808 A:P --terminal NUMBER --count POINTS [--batch 30]   as fast as they are answered 压力\n");
    return code;
}

static void send_frame(struct bus *b, uint16_t id, struct str body)
{
    struct buf out;
    buf_init(&out, 8192);
    jt808_encode(&b->self, id, b->seq++, body, &out);
    for (size_t at = 0; at < out.len;) {
        ssize_t n = send(b->fd, out.at + at, out.len - at, MSG_NOSIGNAL);
        if (n <= 0) break;
        at += (size_t)n;
    }
    buf_free(&out);
}

/* The next whole answer; false when none came in time. */
static bool receive(struct bus *b, struct jt808_message *m, uint8_t bytes[JT808_FRAME_MAX])
{
    for (;;) {
        struct str wire;
        size_t used;
        enum jt808_find found = jt808_find(buf_str(&b->in), &wire, &used);
        int n = found == JT808_FOUND ? jt808_unescape(wire, bytes, JT808_FRAME_MAX) : -1;
        memmove(b->in.at, b->in.at + used, b->in.len - used);
        b->in.len -= used;
        if (n > 0 && jt808_parse((struct str){(const char *)bytes, (size_t)n}, m) == HX_OK) return true;
        if (found != JT808_MORE) continue;
        char chunk[16384];
        struct pollfd p = {.fd = b->fd, .events = POLLIN};
        if (poll(&p, 1, REPLY_MS) <= 0) return false;
        ssize_t got = recv(b->fd, chunk, sizeof chunk, 0);
        if (got <= 0) return false;
        buf_add(&b->in, chunk, (size_t)got);
    }
}

static bool dial(struct bus *b)
{
    struct sockaddr_storage a;
    socklen_t n;
    if (net_parse(b->address, &a, &n)) return false;
    b->fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return b->fd >= 0 && connect(b->fd, (struct sockaddr *)&a, n) == 0;
}

/* Registers (unless the code is known) and authenticates. */
static bool sign_in(struct bus *b)
{
    struct jt808_message m;
    uint8_t bytes[JT808_FRAME_MAX];
    char code[64] = "";
    if (b->code != NULL) {
        snprintf(code, sizeof code, "%s", b->code);
    } else {
        char body[37] = {0}; /* 2013: province, city, maker, model, id, colour, plate */
        body[36] = 2;
        send_frame(b, JT808_REGISTER, (struct str){body, 37});
        if (!receive(b, &m, bytes) || m.id != JT808_REGISTER_ANSWER || m.body.len < 3) return fprintf(stderr, "huxue: no answer to the registration 注册无应答\n"), false;
        if (m.body.at[2] != 0) return fprintf(stderr, "huxue: registration refused, result %d: enter the terminal first 终端未录入\n", m.body.at[2]), false;
        str_to_z((struct str){m.body.at + 3, m.body.len - 3}, code, sizeof code);
    }
    send_frame(b, JT808_AUTHENTICATE, str_of(code));
    if (!receive(b, &m, bytes) || m.id != JT808_ANSWER || m.body.len < 5 || m.body.at[4] != 0) return fprintf(stderr, "huxue: authentication refused 鉴权失败\n"), false;
    return true;
}

static void put32(uint8_t *at, uint32_t v)
{
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void put_location(const struct bus *b, uint8_t out[28], double lon, double lat, int64_t utc_ms)
{
    struct clock_civil c = clock_to_civil(utc_ms + CLOCK_LOCAL_MS);
    const int fields[6] = {c.year % 100, c.month, c.day, c.hour, c.minute, c.second};
    memset(out, 0, 28);
    put32(out, b->emergency ? JT808_ALARM_EMERGENCY : 0);
    put32(out + 4, JT808_STATUS_POSITIONED | (b->acc ? JT808_STATUS_ACC : 0) | (b->door ? 1u << 13 : 0));
    put32(out + 8, (uint32_t)lround(lat * 1e6));
    put32(out + 12, (uint32_t)lround(lon * 1e6));
    int speed = (int)lround(b->kmh * 10);
    out[18] = (uint8_t)(speed >> 8), out[19] = (uint8_t)speed;
    for (int i = 0; i < 6; i++) out[22 + i] = (uint8_t)(fields[i] / 10 << 4 | fields[i] % 10);
}

static int drive(struct bus *b, int places, char **place)
{
    int64_t now = clock_utc_ms();
    for (int i = 0; i < places; i++) {
        uint8_t location[28], bytes[JT808_FRAME_MAX];
        double lon, lat;
        struct jt808_message m;
        if (sscanf(place[i], "%lf,%lf", &lon, &lat) != 2) return usage(2);
        put_location(b, location, lon, lat, now - (places > 1 ? b->span_s * 1000 * (places - 1 - i) / (places - 1) : 0));
        send_frame(b, JT808_LOCATION, (struct str){(const char *)location, 28});
        if (!receive(b, &m, bytes)) return fprintf(stderr, "huxue: no answer 无应答\n"), 1;
        printf("{\"id\":\"%04x\",\"result\":%d}\n", m.id, m.body.len >= 5 ? m.body.at[4] : -1);
    }
    return 0;
}

static int load(struct bus *b)
{
    int64_t sent = 0, answered = 0, begun = clock_mono_us(), now = clock_utc_ms();
    int under_way = 0;
    while (answered < b->count) {
        uint8_t body[3 + BATCH_MAX * 30], bytes[JT808_FRAME_MAX];
        struct jt808_message m;
        while (under_way < WINDOW && sent < b->count) {
            int n = (int)(b->count - sent < b->batch ? b->count - sent : b->batch);
            body[0] = 0, body[1] = (uint8_t)n, body[2] = 1;
            for (int i = 0; i < n; i++) {
                uint8_t *at = body + 3 + i * 30;
                at[0] = 0, at[1] = 28;
                put_location(b, at + 2, 105.0 + (double)(sent % 1000) / 1e4, 25.0, now - (b->count - sent - i) * 1000);
            }
            send_frame(b, JT808_BATCH, (struct str){(const char *)body, (size_t)(3 + n * 30)});
            sent += n;
            under_way++;
        }
        if (!receive(b, &m, bytes)) return fprintf(stderr, "huxue: no answer 无应答\n"), 1;
        answered += b->batch < b->count - answered ? b->batch : b->count - answered;
        under_way--;
    }
    double s = (double)(clock_mono_us() - begun) / 1e6;
    printf("{\"points\":%lld,\"seconds\":%.3f,\"per_s\":%.0f}\n", (long long)answered, s, (double)answered / s);
    return 0;
}

int sim_bus_main(int argc, char **argv)
{
    static const struct option options[] = {{"jt808", 1, NULL, 'j'}, {"terminal", 1, NULL, 't'}, {"code", 1, NULL, 'c'}, {"kmh", 1, NULL, 'k'}, {"span", 1, NULL, 's'}, {"acc", 1, NULL, 'a'},
                                            {"door", 1, NULL, 'd'}, {"emergency", 0, NULL, 'e'}, {"count", 1, NULL, 'n'}, {"batch", 1, NULL, 'b'}, {"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0}};
    struct bus b = {.address = "127.0.0.1:8808", .kmh = 30, .span_s = 60, .acc = true, .batch = BATCH_MAX};
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        bool good = true;
        if (c == 'j') b.address = optarg;
        else if (c == 't') b.terminal = optarg;
        else if (c == 'c') b.code = optarg;
        else if (c == 'k') b.kmh = atof(optarg);
        else if (c == 'a') b.acc = optarg[0] == '1';
        else if (c == 'd') b.door = optarg[0] == '1';
        else if (c == 'e') b.emergency = true;
        else if (c == 's') good = str_to_i64(str_of(optarg), &b.span_s);
        else if (c == 'n') good = str_to_i64(str_of(optarg), &b.count);
        else if (c == 'b') good = str_to_i64(str_of(optarg), &b.batch) && b.batch >= 1 && b.batch <= BATCH_MAX;
        else return usage(c == 'h' ? 0 : 2);
        if (!good) return usage(2);
    }
    if (b.terminal == NULL || strlen(b.terminal) > 12 || strspn(b.terminal, "0123456789") != strlen(b.terminal)) return usage(2);
    snprintf(b.self.terminal, sizeof b.self.terminal, "%0*d%s", (int)(12 - strlen(b.terminal)), 0, b.terminal);
    if (strlen(b.terminal) == 12) snprintf(b.self.terminal, sizeof b.self.terminal, "%s", b.terminal);
    buf_init(&b.in, 1 << 20);
    if (!dial(&b)) return fprintf(stderr, "huxue: %s does not answer 连接失败\n", b.address), 1;
    int code = !sign_in(&b) ? 1 : b.count > 0 ? load(&b) : drive(&b, argc - optind, argv + optind);
    close(b.fd);
    buf_free(&b.in);
    return code;
}
