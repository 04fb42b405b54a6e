/* huxue sim fleet: the buses of a demo prefecture, driving their routes to and fro, with pictures. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/sim.h"
#include "app/sim_terminal.h"
#include "base/clock.h"
#include "base/geo.h"
#include "base/json.h"
#include "store/db.h"

#define FLEET_MAX 64
#define PATH_MAX_POINTS 64
#define RETRY_MS 5000
#define DAY_FROM_MIN 345 /* 05:45 and 19:45 local: driving at night is an alarm */
#define DAY_TO_MIN 1185

static int usage(int code)
{
    fprintf(code ? stderr : stdout, "huxue sim fleet --data DIR [--jt808 A:P]   the buses of a demo prefecture, driving their routes, with pictures 演示校车队：沿路线行驶，带车载视频\n");
    return code;
}

struct fleet_bus {
    struct sim_terminal terminal;
    char number[24], code[40];
    double path[PATH_MAX_POINTS][2], length_m; /* degrees */
    int points;
    double at_m, direction;                    /* along the path; 1 or -1 */
    int64_t told_ms, retry_ms;
};

static double leg_m(const struct fleet_bus *b, int i)
{
    return geo_distance_m(b->path[i][0], b->path[i][1], b->path[i + 1][0], b->path[i + 1][1]);
}

static void read_path(struct fleet_bus *b, const char *text)
{
    json_t *path = json_loads(text, 0, NULL);
    for (size_t i = 0; i < json_array_size(path) && b->points < PATH_MAX_POINTS; i++, b->points++) {
        const json_t *p = json_array_get(path, i);
        b->path[b->points][0] = json_number_value(json_array_get(p, 0));
        b->path[b->points][1] = json_number_value(json_array_get(p, 1));
    }
    json_decref(path);
    for (int i = 0; i + 1 < b->points; i++) b->length_m += leg_m(b, i);
}

static int read_fleet(const char *data, const char *address, struct fleet_bus *all)
{
    struct db *db;
    int n = 0;
    if (db_open(data, DB_READ, &db)) return fprintf(stderr, "huxue: %s cannot be opened 数据目录无法打开\n", data), -1;
    struct rows r = db_query(db, SQL_VEHICLE_DEMO_FLEET, "");
    while (rows_next(&r) && n < FLEET_MAX) {
        struct fleet_bus *b = &all[n];
        str_to_z(rows_str(&r, 0), b->number, sizeof b->number);
        str_to_z(rows_str(&r, 1), b->code, sizeof b->code);
        read_path(b, rows_z(&r, 2));
        b->terminal = (struct sim_terminal){.address = address, .code = b->code, .acc = true, .channels = 2, .quiet = true};
        b->direction = 1;
        b->at_m = b->length_m * n / FLEET_MAX;
        if (sim_terminal_init(&b->terminal, b->number) && b->points > 1) n++;
    }
    rows_end(&r);
    db_close(db);
    return n;
}

/* To the end of its route and back, now faster, now slower; at night it stands. */
static void move_on(struct fleet_bus *b, int64_t now)
{
    double seconds = (double)(now - b->told_ms) / 1000, left;
    int64_t minute = (now + CLOCK_LOCAL_MS) % CLOCK_DAY_MS / 60000;
    b->terminal.acc = minute >= DAY_FROM_MIN && minute < DAY_TO_MIN;
    b->terminal.kmh = b->terminal.acc ? 24 + 8 * sin((double)now / 60000 + b->length_m) : 0;
    if (seconds < 60) b->at_m += b->direction * b->terminal.kmh / 3.6 * seconds;
    if (b->at_m > b->length_m) b->at_m = b->length_m, b->direction = -1;
    if (b->at_m < 0) b->at_m = 0, b->direction = 1;
    b->told_ms = now;
    left = b->at_m;
    int i = 0;
    while (i + 2 < b->points && left > leg_m(b, i)) left -= leg_m(b, i++);
    double share = leg_m(b, i) > 0 ? fmin(1, left / leg_m(b, i)) : 0;
    sim_terminal_report(&b->terminal, b->path[i][0] + share * (b->path[i + 1][0] - b->path[i][0]), b->path[i][1] + share * (b->path[i + 1][1] - b->path[i][1]), now);
}

int sim_fleet_main(int argc, char **argv)
{
    static const struct option options[] = {{"data", 1, NULL, 'd'}, {"jt808", 1, NULL, 'j'}, {"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0}};
    static struct fleet_bus all[FLEET_MAX];
    const char *data = NULL, *address = "127.0.0.1:8808";
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'd') data = optarg;
        else if (c == 'j') address = optarg;
        else return usage(c == 'h' ? 0 : 2);
    }
    if (data == NULL) return usage(2);
    int n = read_fleet(data, address, all);
    if (n < 0) return 1;
    printf("fleet of %d buses\n", n);
    fflush(stdout);
    for (;;) {
        int64_t now = clock_utc_ms();
        for (int i = 0; i < n; i++) {
            struct fleet_bus *b = &all[i];
            if (!sim_terminal_serve(&b->terminal)) { /* the daemon is away, or not there yet */
                if (now < b->retry_ms) continue;
                b->retry_ms = now + RETRY_MS;
                if (!sim_terminal_sign_in(&b->terminal)) sim_terminal_hang_up(&b->terminal);
            } else if (now - b->told_ms > TERMINAL_REPORT_MS) {
                move_on(b, now);
            }
        }
        usleep(TERMINAL_FRAME_MS * 1000);
    }
}
