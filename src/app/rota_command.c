#include "rota_command.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "domain/rota/rota_solve.h"
#include "domain/rota/rota_team.h"

#define KEEP_WEIGHT 200 /* a change against the old rota weighs as much as 20 km */

static volatile sig_atomic_t cancelled;

static void on_interrupt(int number)
{
    (void)number;
    cancelled = 1;
}

static int usage(void)
{
    fprintf(stderr,
            "huxue rota solve INSTANCE.json -o SOLUTION.json [--keep OLD.json | --teams]   the exact rota, or from it fixed teams; progress on stderr, Ctrl-C keeps the best so far 求解排班\n"
            "huxue rota check INSTANCE.json SOLUTION.json                        counts broken rules and the cost afresh 独立校验\n");
    return 2;
}

static json_t *load(const char *file)
{
    json_error_t error;
    json_t *j = json_load_file(file, JSON_REJECT_DUPLICATES, &error);
    if (j == NULL) fprintf(stderr, "huxue: %s: line %d: %s 文件无法读取\n", file, error.line, error.text);
    return j;
}

static bool load_rota(const char *file, struct rota *r)
{
    char why[200];
    json_t *j = load(file);
    enum hx_err e = j != NULL ? rota_read(j, r, why, sizeof why) : HX_E_MALFORMED;
    if (j != NULL && e) fprintf(stderr, "huxue: %s: %s 实例有误\n", file, why);
    json_decref(j);
    return !e;
}

static bool load_plan(const struct rota *r, const char *file, struct rota_plan *p)
{
    char why[200];
    json_t *j = load(file);
    enum hx_err e = j != NULL ? rota_plan_read(r, j, p, why, sizeof why) : HX_E_MALFORMED;
    if (j != NULL && e) fprintf(stderr, "huxue: %s: %s 排班结果有误\n", file, why);
    json_decref(j);
    return !e;
}

static bool report(const struct rota_progress *now, void *arg)
{
    (void)arg;
    fprintf(stderr, "%.1f s: round %d, cost %lld, %d uncovered\n", now->seconds, now->round, (long long)now->cost, now->uncovered);
    return !cancelled;
}

static int changes(const struct rota *r, const struct rota_plan *a, const struct rota_plan *b)
{
    int n = 0;
    for (size_t i = 0; i < rota_peaks_all(r) * (size_t)r->slot_count; i++) n += a->assign[i] != b->assign[i];
    return n;
}

static int solve(const char *instance, const char *out, const char *keep, bool teams)
{
    struct rota r;
    struct rota_plan p, old;
    if (!load_rota(instance, &r)) return 1;
    if (keep != NULL && !load_plan(&r, keep, &old)) return rota_free(&r), 1;
    struct rota_options options = {.report = report, .keep = keep != NULL ? &old : NULL, .keep_weight = KEEP_WEIGHT};
    signal(SIGINT, on_interrupt);
    rota_solve(&r, &options, &p);
    if (teams) {
        int before = rota_members(&r, &p), moved = rota_steady(&r, ROTA_TEAM_WEIGHT, NULL, NULL, &p);
        fprintf(stderr, "fixed teams 固定队伍: %d exchanges, %d faces at the posts instead of %d\n", moved, rota_members(&r, &p), before);
    }
    json_t *j = rota_plan_json(&r, &p);
    bool written = json_dump_file(j, out, JSON_COMPACT) == 0;
    if (!written) fprintf(stderr, "huxue: %s cannot be written 无法写入\n", out);
    fprintf(stderr, "%s: cost %lld, bound %lld, %d of %d uncovered, %.2f s of CPU\n", p.optimal ? "optimal 已证最优" : teams && p.bound > 0 ? "fixed teams, against the proven optimum 固定队伍，对照已证最优" : "stopped, best so far 已中止，保留当前最好",
            (long long)p.cost, (long long)p.bound, p.uncovered, (int)rota_peaks_all(&r) * r.slot_count, p.cpu_s);
    if (keep != NULL) {
        fprintf(stderr, "%d slots changed\n", changes(&r, &p, &old));
        rota_plan_free(&old);
    }
    json_decref(j);
    rota_plan_free(&p);
    rota_free(&r);
    return written ? 0 : 1;
}

static int check(const char *instance, const char *solution)
{
    struct rota r;
    struct rota_plan p;
    struct rota_check c;
    if (!load_rota(instance, &r)) return 1;
    if (!load_plan(&r, solution, &p)) return rota_free(&r), 1;
    rota_check(&r, &p, &c);
    printf("{\"broken\":%d,\"uncovered\":%d,\"cost\":%lld,\"claimed\":%lld}\n", c.broken, c.uncovered, (long long)c.cost, (long long)p.cost);
    if (c.broken > 0) fprintf(stderr, "huxue: %s\n", c.first);
    bool good = c.broken == 0 && c.cost == p.cost;
    rota_plan_free(&p);
    rota_free(&r);
    return good ? 0 : 1;
}

int rota_main(int argc, char **argv)
{
    static const struct option options[] = {{"keep", 1, NULL, 'k'}, {"output", 1, NULL, 'o'}, {"teams", 0, NULL, 't'}, {NULL, 0, NULL, 0}};
    const char *out = NULL, *keep = NULL;
    bool teams = false;
    int c;
    while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
        if (c == 'o') out = optarg;
        else if (c == 'k') keep = optarg;
        else if (c == 't') teams = true;
        else return usage();
    }
    if (argc - optind == 2 && strcmp(argv[optind], "solve") == 0 && out != NULL && !(teams && keep != NULL)) return solve(argv[optind + 1], out, keep, teams);
    if (argc - optind == 3 && strcmp(argv[optind], "check") == 0) return check(argv[optind + 1], argv[optind + 2]);
    return usage();
}
