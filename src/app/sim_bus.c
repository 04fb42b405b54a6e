/* huxue sim bus: a student vehicle's terminal. It registers, authenticates with the code that it gets, sends where it is, and with --video
 * gives pictures while somebody looks. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/sim.h"
#include "app/sim_terminal.h"
#include "base/clock.h"
#include "signal/terminal.h"

#define WINDOW 32          /* batches under way in load mode */
#define BATCH_MAX 30

static int usage(int code)
{
    fprintf(code ? stderr : stdout,
            "huxue sim bus --jt808 A:P --terminal NUMBER [--code CODE] [--kmh 30] [--span 60] [--acc 1] [--door 0] [--emergency] [--event N] [--pass HEX] [--video CHANNELS] LON,LAT…\n"
            "      sends one point per place; their times are spread over the last --span seconds   模拟校车终端：逐点上报\n"
            "      with --video it stays, reports the last place again, and gives pictures          带车载视频（JT/T 1078）\n"
            "huxue sim bus --jt808 A:P --terminal NUMBER --count POINTS [--batch 30]   as fast as they are answered 压力\n");
    return code;
}

/* Waits for the answer and prints it. */
static bool show_answer(struct sim_terminal *t)
{
    struct jt808_message m;
    uint8_t bytes[JT808_FRAME_MAX];
    if (!sim_terminal_receive(t, &m, bytes)) return fprintf(stderr, "huxue: no answer 无应答\n"), false;
    printf("{\"id\":\"%04x\",\"result\":%d}\n", m.id, m.body.len >= 5 ? m.body.at[4] : -1);
    return true;
}

static bool tell(struct sim_terminal *t, uint16_t id, const uint8_t *body, size_t n)
{
    sim_terminal_send(t, id, (struct str){(const char *)body, n});
    return show_answer(t);
}

static int drive(struct sim_terminal *t, int64_t span_s, int places, char **place)
{
    int64_t now = clock_utc_ms(), told = now;
    double lon = 0, lat = 0;
    for (int i = 0; i < places; i++) {
        if (sscanf(place[i], "%lf,%lf", &lon, &lat) != 2) return usage(2);
        sim_terminal_report(t, lon, lat, now - (places > 1 ? span_s * 1000 * (places - 1 - i) / (places - 1) : 0));
        if (!show_answer(t)) return 1;
    }
    fflush(stdout);
    for (bool was = t->emergency; t->channels > 0 && sim_terminal_serve(t); was = t->emergency) {
        if (t->emergency != was) told = 0; /* what changed is told at once */
        if (places > 0 && clock_utc_ms() - told > TERMINAL_REPORT_MS) sim_terminal_report(t, lon, lat, told = clock_utc_ms());
        usleep(TERMINAL_FRAME_MS * 1000);
    }
    return 0;
}

static int load(struct sim_terminal *t, int64_t count, int64_t batch)
{
    int64_t sent = 0, answered = 0, begun = clock_mono_us(), now = clock_utc_ms();
    int under_way = 0;
    while (answered < count) {
        uint8_t body[3 + BATCH_MAX * 30], bytes[JT808_FRAME_MAX];
        struct jt808_message m;
        while (under_way < WINDOW && sent < count) {
            int n = (int)(count - sent < batch ? count - sent : batch);
            body[0] = 0, body[1] = (uint8_t)n, body[2] = 1;
            for (int i = 0; i < n; i++) {
                uint8_t *at = body + 3 + i * 30;
                at[0] = 0, at[1] = SIM_LOCATION_BYTES;
                sim_terminal_location(t, at + 2, 105.0 + (double)(sent % 1000) / 1e4, 25.0, now - (count - sent - i) * 1000);
            }
            sim_terminal_send(t, JT808_BATCH, (struct str){(const char *)body, (size_t)(3 + n * 30)});
            sent += n;
            under_way++;
        }
        if (!sim_terminal_receive(t, &m, bytes)) return fprintf(stderr, "huxue: no answer 无应答\n"), 1;
        answered += batch < count - answered ? batch : count - answered;
        under_way--;
    }
    double s = (double)(clock_mono_us() - begun) / 1e6;
    printf("{\"points\":%lld,\"seconds\":%.3f,\"per_s\":%.0f}\n", (long long)answered, s, (double)answered / s);
    return 0;
}

int sim_bus_main(int argc, char **argv)
{
    static const struct option options[] = {{"jt808", 1, NULL, 'j'}, {"terminal", 1, NULL, 't'}, {"code", 1, NULL, 'c'}, {"kmh", 1, NULL, 'k'}, {"span", 1, NULL, 's'}, {"acc", 1, NULL, 'a'}, {"door", 1, NULL, 'd'},
                                            {"emergency", 0, NULL, 'e'}, {"event", 1, NULL, 'E'}, {"pass", 1, NULL, 'P'}, {"count", 1, NULL, 'n'}, {"batch", 1, NULL, 'b'}, {"video", 1, NULL, 'v'}, {"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0}};
    struct sim_terminal t = {.address = "127.0.0.1:8808", .kmh = 30, .acc = true};
    int64_t span_s = 60, count = 0, batch = BATCH_MAX, channels = 0, event = -1;
    uint8_t pass[TERMINAL_PASS_MAX + 1];
    int passes = 0;
    const char *number = NULL;
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        bool good = true;
        if (c == 'j') t.address = optarg;
        else if (c == 't') number = optarg;
        else if (c == 'c') t.code = optarg;
        else if (c == 'k') t.kmh = atof(optarg);
        else if (c == 'a') t.acc = optarg[0] == '1';
        else if (c == 'd') t.door = optarg[0] == '1';
        else if (c == 'e') t.emergency = true;
        else if (c == 'E') good = str_to_i64(str_of(optarg), &event) && event >= 0 && event <= 255;
        else if (c == 'P') good = (passes = hex_decode(str_of(optarg), pass, sizeof pass)) > 0;
        else if (c == 's') good = str_to_i64(str_of(optarg), &span_s);
        else if (c == 'n') good = str_to_i64(str_of(optarg), &count);
        else if (c == 'b') good = str_to_i64(str_of(optarg), &batch) && batch >= 1 && batch <= BATCH_MAX;
        else if (c == 'v') good = str_to_i64(str_of(optarg), &channels) && channels >= 1 && channels <= JT1078_CHANNELS_MAX;
        else return usage(c == 'h' ? 0 : 2);
        if (!good) return usage(2);
    }
    t.channels = (int)channels;
    if (!sim_terminal_init(&t, number)) return usage(2);
    int code = !sim_terminal_sign_in(&t) ? 1 : event >= 0 && !tell(&t, JT808_EVENT, &(uint8_t){(uint8_t)event}, 1) ? 1 : passes > 0 && !tell(&t, JT808_PASS_UP, pass, (size_t)passes) ? 1 : count > 0 ? load(&t, count, batch) : drive(&t, span_s, argc - optind, argv + optind);
    sim_terminal_free(&t);
    return code;
}
