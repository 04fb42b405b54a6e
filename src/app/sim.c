#include "sim.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/net.h"
#include "proto/dc09/dc09_crypt.h"

#define REPLY_MS 10000
#define PANELS_MAX 20000

static int usage(int code)
{
    fprintf(code ? stderr : stdout,
            "huxue sim panel --dc09 A:P --account ACCT [--key KEY] [COMMAND…]   one panel; commands also from stdin, a line each:\n"
            "      press [ZONE] · holdup [ZONE] · duress · intrude [ZONE] · tamper · fire · medical · restore CODE [ZONE]\n"
            "      arm · disarm · test · power · battery · null · raw TEXT · lose SECONDS · quit\n"
            "huxue sim storm --dc09 A:P [--from 100001] [--count 1144] [--what press|power] [--spread-ms 1000]   all at once\n"
            "huxue sim prefecture --dc09 A:P [--from 100001] [--count 1144] [--speed 1] [--seconds 0]   a living day\n"
            "huxue sim bus --jt808 A:P --terminal NUMBER …   a student vehicle (huxue sim bus --help)\n"
            "huxue sim fleet --data DIR                      those of a demo prefecture, driving, with pictures\n"
            "huxue sim nvr --sip A:P …   recorders with moving pictures (huxue sim nvr --help)\n"
            "huxue sim class --http A:P --code N …   screens and phones of a live lesson (huxue sim class --help)\n"
            "huxue sim 110 --secret S …   a command centre that takes cases (huxue sim 110 --help)\n"
            "模拟报警主机：单台交互、风暴、全州一天。\n");
    return code;
}

struct sim {
    const char *address, *account, *what;
    struct dc09_key key;
    int64_t from, count, spread_ms, seconds;
    double speed;
    int sequence;
    uint64_t random;
};

static double chance(struct sim *s)
{
    s->random = s->random * 6364136223846793005u + 1442695040888963407u;
    return (double)(s->random >> 11) / 9007199254740992.0;
}

static int dial(const char *address)
{
    struct sockaddr_storage a;
    socklen_t n;
    if (net_parse(address, &a, &n)) return -1;
    int fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, n) == 0) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

/* A frame of this panel: `token` with `data` ("Nri1/PA001"). */
static void make_frame(struct sim *s, struct buf *out, const char *account, const char *token, const char *data)
{
    struct buf text;
    char when[24];
    bool null = strcmp(token, "NULL") == 0;
    buf_init(&text, 2048);
    s->sequence = s->sequence % 9999 + 1;
    dc09_time_format(clock_utc_ms(), when);
    if (null) buf_printf(&text, "]_%s", when);
    else buf_printf(&text, "#%s|%s]_%s", account, data, when);
    dc09_send(out, &(struct dc09_sending){.token = token, .receiver = "0", .line = "0", .account = account, .sequence = null ? 0 : s->sequence, .key = &s->key}, buf_str(&text));
    buf_free(&text);
}

/* Waits for one reply and says which; false on silence. */
static bool await(int fd, char token[20])
{
    char bytes[DC09_FRAME_MAX];
    size_t have = 0;
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, REPLY_MS) <= 0) return false;
        ssize_t n = read(fd, bytes + have, sizeof bytes - have);
        if (n <= 0) return false;
        have += (size_t)n;
        struct dc09_envelope e;
        struct dc09_message m;
        size_t used;
        if (dc09_frame_find((struct str){bytes, have}, &e, &used) != DC09_FOUND) continue;
        (void)dc09_message_parse(e.body, &m);
        token[0] = '*';
        str_to_z(m.token, token + m.encrypted, 19);
        return true;
    }
}

static bool send_all(int fd, struct str b)
{
    while (b.len > 0) {
        ssize_t n = write(fd, b.at, b.len);
        if (n <= 0) return false;
        b.at += n;
        b.len -= (size_t)n;
    }
    return true;
}

struct event *sim_hear(struct event_base *base, event_callback_fn fn, void *arg)
{
    struct stat st;
    bool none = fstat(STDIN_FILENO, &st) != 0 || S_ISREG(st.st_mode) || (S_ISCHR(st.st_mode) && !isatty(STDIN_FILENO));
    struct event *e = none ? NULL : event_new(base, STDIN_FILENO, EV_READ | EV_PERSIST, fn, arg);
    if (e != NULL) event_add(e, NULL);
    return e;
}

/* ---- one panel ---- */

static void say(struct sim *s, const char *token, const char *data)
{
    struct buf frame;
    char reply[20] = "";
    int64_t begun = clock_mono_us();
    int fd = dial(s->address);
    buf_init(&frame, DC09_FRAME_MAX);
    make_frame(s, &frame, s->account, token, data);
    bool good = fd >= 0 && send_all(fd, buf_str(&frame)) && await(fd, reply);
    printf("%s %s: %s %.1f ms\n", token, data, good ? reply : fd < 0 ? "no connection 连接失败" : "no answer 无应答", (double)(clock_mono_us() - begun) / 1000);
    fflush(stdout);
    buf_free(&frame);
    if (fd >= 0) close(fd);
}

static bool command(struct sim *s, const char *line)
{
    static const struct {
        const char *word, *code;
    } codes[] = {{"press", "PA"}, {"holdup", "HA"}, {"duress", "AA"}, {"intrude", "BA"}, {"tamper", "TA"}, {"fire", "FA"}, {"medical", "MA"},
                 {"arm", "CL"}, {"disarm", "OP"}, {"test", "RP"}, {"power", "AT"}, {"battery", "YT"}};
    char word[32] = "", a[64] = "1", b[16] = "1", data[128];
    int n = sscanf(line, "%31s %63s %15s", word, a, b);
    if (n < 1) return true;
    if (strcmp(word, "quit") == 0) return false;
    if (strcmp(word, "null") == 0) return say(s, "NULL", ""), true;
    if (strcmp(word, "duress") == 0) return say(s, "ADM-CID", "1121 01 001"), true;
    if (strcmp(word, "raw") == 0) return say(s, "SIA-DCS", line + 4), true;
    if (strcmp(word, "lose") == 0) return sleep((unsigned)atoi(a)), true;
    if (strcmp(word, "restore") == 0) {
        snprintf(data, sizeof data, "Nri1/%.2s%.8s", n > 1 ? a : "PR", b);
        return say(s, "SIA-DCS", data), true;
    }
    for (size_t i = 0; i < HX_COUNT(codes); i++) {
        if (strcmp(codes[i].word, word) != 0) continue;
        snprintf(data, sizeof data, "Nri1/%s%.8s", codes[i].code, a);
        return say(s, "SIA-DCS", data), true;
    }
    printf("unknown: %s 未知命令\n", word);
    return true;
}

static int sim_panel(struct sim *s, int argc, char **argv)
{
    if (s->account == NULL) return usage(2);
    if (argc > 0) {
        struct buf line;
        buf_init(&line, 512);
        for (int i = 0; i < argc; i++) buf_printf(&line, "%s%s", i ? " " : "", argv[i]);
        command(s, line.at);
        buf_free(&line);
        return 0;
    }
    char line[256];
    while (fgets(line, sizeof line, stdin) != NULL && command(s, line)) continue;
    return 0;
}

/* ---- many panels ---- */

struct shot {
    int fd;
    int64_t due_us, sent_us, took_us;
    struct buf frame;
};

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int sim_storm(struct sim *s)
{
    struct shot *shots = calloc((size_t)s->count, sizeof *shots);
    struct pollfd *polls = calloc((size_t)s->count, sizeof *polls);
    int64_t *took = calloc((size_t)s->count, sizeof *took);
    HX_ASSERT(shots != NULL && polls != NULL && took != NULL);
    bool power = strcmp(s->what, "power") == 0;
    for (int64_t i = 0; i < s->count; i++) {
        char account[16];
        snprintf(account, sizeof account, "%06lld", (long long)(s->from + i));
        buf_init(&shots[i].frame, DC09_FRAME_MAX);
        shots[i].fd = dial(s->address);
        make_frame(s, &shots[i].frame, account, "SIA-DCS", power ? "Nri1/AT000" : "Nri1/PA001");
        shots[i].due_us = i * s->spread_ms * 1000 / (s->count ? s->count : 1);
        polls[i] = (struct pollfd){.fd = shots[i].fd, .events = POLLIN};
    }
    int64_t begun = clock_mono_us();
    size_t sent = 0, done = 0;
    while (done < (size_t)s->count && clock_mono_us() - begun < 30000000) {
        int64_t now = clock_mono_us() - begun;
        for (; sent < (size_t)s->count && shots[sent].due_us <= now; sent++) {
            shots[sent].sent_us = clock_mono_us();
            if (!send_all(shots[sent].fd, buf_str(&shots[sent].frame))) shots[sent].sent_us = 0;
        }
        if (poll(polls, (nfds_t)s->count, 1) <= 0) continue;
        for (int64_t i = 0; i < s->count; i++) {
            char bytes[1024];
            if (polls[i].fd < 0 || polls[i].revents == 0) continue;
            if (read(shots[i].fd, bytes, sizeof bytes) > 0) took[done++] = clock_mono_us() - shots[i].sent_us;
            polls[i].fd = -1;
        }
    }
    qsort(took, done, sizeof *took, by_time);
    printf("%zu of %lld acknowledged in %.0f ms; p50 %.1f ms, p99 %.1f ms, worst %.1f ms\n", done, (long long)s->count, (double)(clock_mono_us() - begun) / 1000,
           done ? (double)took[done / 2] / 1000 : 0, done ? (double)took[done * 99 / 100] / 1000 : 0, done ? (double)took[done - 1] / 1000 : 0);
    bool all = done == (size_t)s->count;
    for (int64_t i = 0; i < s->count; i++) {
        if (shots[i].fd >= 0) close(shots[i].fd);
        buf_free(&shots[i].frame);
    }
    free(shots);
    free(polls);
    free(took);
    return all ? 0 : 1;
}

/* A school day: opens in the morning, closes in the evening, faults now and then, rarely an alarm. */
static int sim_prefecture(struct sim *s)
{
    static const struct {
        const char *data;
        double a_day; /* per school */
        const char *after;
    } habits[] = {{"Nri1/OP001", 1, NULL}, {"Nri1/CL001", 1, NULL}, {"Nri1/RP000", 1, NULL}, {"Nri1/AT000", 0.02, "Nri1/AR000"}, {"Nri1/YT000", 0.01, "Nri1/YR000"},
                  {"Nri1/BA004", 0.01, "Nri1/BR004"}, {"Nri1/TA005", 0.003, "Nri1/TR005"}, {"Nri1/PA001", 0.004, "Nri1/PR001"}, {"Nri1/MA001", 0.002, NULL}};
    double a_day = 0;
    for (size_t i = 0; i < HX_COUNT(habits); i++) a_day += habits[i].a_day;
    double rate = a_day * (double)s->count / 86400 * s->speed;
    int64_t begun = clock_mono_us();
    while (s->seconds == 0 || clock_mono_us() - begun < s->seconds * 1000000) {
        char account[16];
        usleep((useconds_t)(fmin(-log(1 - chance(s)) / rate, 5) * 1e6));
        double r = chance(s) * a_day;
        size_t i = 0;
        while (i + 1 < HX_COUNT(habits) && (r -= habits[i].a_day) > 0) i++;
        snprintf(account, sizeof account, "%06lld", (long long)(s->from + (int64_t)(chance(s) * (double)s->count)));
        s->account = account;
        say(s, "SIA-DCS", habits[i].data);
        if (habits[i].after != NULL && chance(s) < 0.8) say(s, "SIA-DCS", habits[i].after);
    }
    return 0;
}

int sim_main(int argc, char **argv)
{
    static const struct option options[] = {{"dc09", 1, NULL, 'd'}, {"account", 1, NULL, 'a'}, {"key", 1, NULL, 'k'}, {"from", 1, NULL, 'f'}, {"count", 1, NULL, 'c'},
                                            {"what", 1, NULL, 'w'}, {"spread-ms", 1, NULL, 's'}, {"speed", 1, NULL, 'x'}, {"seconds", 1, NULL, 't'}, {"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0}};
    struct sim s = {.address = "127.0.0.1:12009", .what = "press", .from = 100001, .count = 1144, .spread_ms = 1000, .speed = 1, .random = 20220831};
    int c;
    if (argc < 2) return usage(2);
    if (strcmp(argv[1], "110") == 0) return sim_110_main(argc - 1, argv + 1);
    if (strcmp(argv[1], "class") == 0) return sim_class_main(argc - 1, argv + 1);
    if (strcmp(argv[1], "site") == 0) return sim_site_main(argc - 1, argv + 1);
    if (strcmp(argv[1], "camera") == 0) return sim_camera_main(argc - 1, argv + 1);
    if (strcmp(argv[1], "nvr") == 0) return sim_nvr_main(argc - 1, argv + 1);
    if (strcmp(argv[1], "bus") == 0) return sim_bus_main(argc - 1, argv + 1);
    if (strcmp(argv[1], "fleet") == 0) return sim_fleet_main(argc - 1, argv + 1);
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        bool good = true;
        if (c == 'd') s.address = optarg;
        else if (c == 'a') s.account = optarg;
        else if (c == 'w') s.what = optarg;
        else if (c == 'x') s.speed = atof(optarg);
        else if (c == 'k') good = dc09_key_parse(str_of(optarg), &s.key);
        else if (c == 'f') good = str_to_i64(str_of(optarg), &s.from);
        else if (c == 'c') good = str_to_i64(str_of(optarg), &s.count) && s.count <= PANELS_MAX;
        else if (c == 's') good = str_to_i64(str_of(optarg), &s.spread_ms);
        else if (c == 't') good = str_to_i64(str_of(optarg), &s.seconds);
        else return usage(c == 'h' ? 0 : 2);
        if (!good) return usage(2);
    }
    net_raise_file_limit();
    const char *what = optind < argc ? argv[optind] : "";
    /* A random start, so that two runs of one panel are not copies of each other. */
    s.sequence = (int)(clock_utc_ms() % 9000);
    if (strcmp(what, "panel") == 0) return sim_panel(&s, argc - optind - 1, argv + optind + 1);
    if (strcmp(what, "storm") == 0) return sim_storm(&s);
    if (strcmp(what, "prefecture") == 0) return sim_prefecture(&s);
    return usage(2);
}
