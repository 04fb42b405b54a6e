#include "app/report_command.h"

#include <getopt.h>
#include <stdio.h>

#include "base/clock.h"
#include "domain/report/report.h"

static int usage(void)
{
    return fprintf(stderr, "huxue report --data DIR --as-of YYYY-MM-DD [--known-at 2022-09-01T00:00:00Z] [--area 522325] [--json]\n"), 2;
}

int report_main(int argc, char **argv)
{
    static const struct option options[] = {{"data", 1, NULL, 'd'}, {"as-of", 1, NULL, 'a'}, {"known-at", 1, NULL, 'k'}, {"area", 1, NULL, 'c'}, {"json", 0, NULL, 'j'}, {NULL, 0, NULL, 0}};
    struct report_ask a = {.as_of = "", .since = "", .known_at = clock_utc_ms(), .county = "", .sees_all = 1};
    const char *data = NULL;
    struct db *db;
    json_t *out = NULL, *figure;
    bool json = false;
    size_t i;
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'd') data = optarg;
        else if (c == 'a') a.as_of = optarg;
        else if (c == 'c') a.county = optarg;
        else if (c == 'j') json = true;
        else if (c != 'k' || !clock_parse(str_of(optarg), &a.known_at)) return usage();
    }
    if (data == NULL || *a.as_of == 0) return usage();
    if (db_open(data, DB_READ, &db)) return fprintf(stderr, "huxue: %s cannot be opened 数据目录无法打开\n", data), 1;
    enum hx_err e = report_read(db, &a, &out);
    db_close(db);
    if (e == HX_E_INVALID) return fprintf(stderr, "huxue: --as-of: want YYYY-MM-DD 日期格式应为 YYYY-MM-DD\n"), 2;
    if (e) return fprintf(stderr, "huxue: the figures cannot be read 统计无法读取\n"), 1;
    if (json) json_dumpf(out, stdout, JSON_COMPACT), putchar('\n');
    else json_array_foreach(json_object_get(out, "figures"), i, figure) printf("%-22s %8lld\n", json_z(figure, "figure", ""), (long long)json_i64(figure, "count", 0));
    json_decref(out);
    return 0;
}
