/* The rules' engine by itself, and weeks of the journal played back:
 *   rules engine EVENTS             so many events of 1,144 schools through all shipped rules, from memory
 *   rules backtest DIR EVENTS CODE  writes so many events of the last four weeks into DIR (made by init and demo), then plays
 *                                   CODE's text back over them, three times */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "app/datadir.h"
#include "base/clock.h"
#include "base/embedded.h"
#include "base/log.h"
#include "domain/warning/warning_backtest.h"
#include "domain/warning/warning_engine.h"

#define SCHOOLS 1144
#define READY 16384 /* events made beforehand, used in turn */
#define PER_JOB 500

static struct warning_school schools[SCHOOLS];
static uint64_t raised, cleared;

static const struct warning_school *find(void *arg, int64_t id)
{
    (void)arg;
    return id >= 1 && id <= SCHOOLS ? &schools[id - 1] : NULL;
}

static int hours(void *arg, int64_t school, int64_t at)
{
    (void)arg, (void)school;
    int64_t minute = (at + CLOCK_LOCAL_MS) % CLOCK_DAY_MS / 60000;
    return (minute >= 420 && minute < 1050 ? WARNING_IN_SCHOOL : 0) | ((minute >= 440 && minute < 480) || (minute >= 1000 && minute < 1040) ? WARNING_IN_PEAK : 0);
}

static void on_raised(void *arg, const struct warning_hit *hit)
{
    (void)arg, (void)hit;
    raised++;
}

static void on_cleared(void *arg, const struct warning_clear *clear)
{
    (void)arg, (void)clear;
    cleared++;
}

static unsigned seed = 1;
static unsigned chance(unsigned n)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 8) % n;
}

/* Most of a day is openings, tests and line news; the rest is what rules are about. */
static const char *make(char *out, size_t size, bool quiet, int64_t school)
{
    static const char *const signal = "{\"seq\":%u,\"received_at\":\"2026-11-25T02:36:50.469Z\",\"device_time\":null,\"account\":\"%06u\",\"panel_id\":%u,\"school_id\":%u,\"protocol\":\"dc09\",\"sequence\":\"0042\",\"code\":\"%s\","
                                      "\"qualifier\":\"%s\",\"partition\":\"1\",\"zone\":\"%u\",\"class\":\"%s\",\"severity\":0,\"text\":\"\",\"drill\":false,\"test\":false,\"state\":\"accepted\"}";
    unsigned s = (unsigned)school, kind = chance(100);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (kind < 40) return snprintf(out, size, signal, chance(1000000), 100000 + s, s, s, "OP", chance(2) ? "new" : "restore", chance(8), "openclose"), "signal.received";
    if (kind < 60) return snprintf(out, size, signal, chance(1000000), 100000 + s, s, s, "RP", "new", chance(8), "test"), "signal.received";
    if (kind < 70) return snprintf(out, size, signal, chance(1000000), 100000 + s, s, s, "YC", chance(2) ? "new" : "restore", 0u, "line"), "signal.received";
    if (kind < 75) return snprintf(out, size, signal, chance(1000000), 100000 + s, s, s, "AT", chance(2) ? "new" : "restore", 0u, "power"), "signal.received";
#pragma GCC diagnostic pop
    if (kind < 80) return snprintf(out, size, "{\"id\":%u,\"school_id\":%u,\"name\":\"录像机\",\"line\":\"lost\"}", s, s), chance(2) ? "recorder.lost" : "recorder.up";
    if (kind < 85) return snprintf(out, size, "{\"id\":%u,\"school_id\":%u,\"person\":\"王\",\"begins_at\":\"2026-11-25T02:36:50.469Z\",\"change\":{\"proof\":\"%s\"}}", chance(100000), s, chance(9) ? "green" : "amber"), chance(2) ? "duty.left" : "duty.back";
    if (kind < 90 || quiet) return snprintf(out, size, "{\"id\":%u,\"school_id\":%u,\"route\":\"西墙\",\"done\":%u,\"point_count\":6}", chance(100000), s, chance(7)), chance(4) ? "patrol.done" : "patrol.missed";
    if (kind < 94) return snprintf(out, size, "{\"kind\":\"%s\",\"school_id\":%u,\"value\":%u,\"ref\":\"R%u\",\"listed\":false}", chance(2) ? "plate" : "crowd", s, chance(3), chance(5000)), "observation.made";
    if (kind < 98) return snprintf(out, size, "{\"id\":%u,\"school_id\":%u,\"panel_id\":%u,\"source\":\"panel:%u/1/%u/x\",\"place\":\"西墙\",\"place_kind\":\"fence\",\"class\":\"%s\",\"severity\":2,\"kind\":\"alarm\",\"drill\":false,\"lon\":%.4f,\"lat\":%.4f}",
                                   chance(1000000), s, s, s, chance(6), chance(3) ? "burglary" : "tamper", schools[s - 1].lon, schools[s - 1].lat), "alarm.raised";
    return snprintf(out, size, "{\"id\":%u,\"school_id\":%u,\"severity\":2,\"drill\":false}", chance(1000000), s), "incident.opened";
}

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double rss_mb(void)
{
    long pages = 0, ignored;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%ld %ld", &ignored, &pages) != 2) pages = 0;
    if (f != NULL) fclose(f);
    return (double)pages * 4096 / 1048576;
}

static int run_engine(int64_t events)
{
    struct ready {
        char json[700];
        const char *type;
        int64_t school;
    } *ready = calloc(READY, sizeof *ready);
    HX_ASSERT(ready != NULL);
    struct warning_engine *e = warning_engine_new(&(struct warning_world){find, hours, NULL}, &(struct warning_sink){on_raised, on_cleared, NULL});
    char why[200];
    int rules = 0;
    for (size_t i = 0; i < embedded_count; i++)
        if (strncmp(embedded_files[i].name, "rules/", 6) == 0) rules += warning_engine_put(e, (struct str){embedded_files[i].bytes, embedded_files[i].size}, 1, why, sizeof why) == HX_OK;
    for (int i = 0; i < READY; i++) ready[i].school = 1 + chance(SCHOOLS), ready[i].type = make(ready[i].json, sizeof ready[i].json, false, ready[i].school);
    int64_t at = 0;
    clock_local_begin("2026-11-25", &at);
    double before = rss_mb(), half = 0, begun = cpu_s();
    for (int64_t i = 0; i < events; i++) {
        const struct ready *r = &ready[i % READY];
        warning_engine_see(e, &(struct warning_event){.seq = i + 1, .at = at + i / 10, .school_id = r->school, .subject_id = r->school * 7 % 5000 + 1, .type = r->type, .data = str_of(r->json)});
        if (i == events / 2) half = rss_mb();
    }
    double took = cpu_s() - begun;
    printf("{\"rules\":%d,\"events\":%lld,\"cpu_s\":%.2f,\"per_cpu_s\":%.0f,\"us_each\":%.2f,\"raised\":%llu,\"instances\":%zu,\"rss_mb\":[%.1f,%.1f,%.1f]}\n", rules, (long long)events, took, (double)events / took, took / (double)events * 1e6,
           (unsigned long long)raised, warning_engine_instances(e), before, half, rss_mb());
    warning_engine_free(e);
    free(ready);
    return 0;
}

struct lot {
    int64_t at, step;
    int count;
};

static enum hx_err write_lot(struct tx *tx, void *arg)
{
    const struct lot *l = arg;
    enum hx_err e = HX_OK;
    for (int i = 0; !e && i < l->count; i++) {
        char json[700];
        int64_t school = 1 + chance(SCHOOLS);
        tx->now_ms = l->at + i * l->step;
        const char *type = make(json, sizeof json, true, school);
        e = journal_add_text(tx, type, school, 1 + chance(5000), str_of(json));
    }
    return e;
}

static int run_backtest(const char *dir, int64_t events, const char *code)
{
    struct datadir d;
    struct db *reader = NULL;
    char name[64], why[200] = "";
    int64_t now = clock_utc_ms(), from = now - 28 * CLOCK_DAY_MS;
    log_set_level(LOG_ERROR + 1);
    if (datadir_open(dir, &d)) return 1;
    for (int64_t done = 0; done < events; done += PER_JOB) {
        struct lot l = {from + (now - from) * done / events, (now - from) / events, PER_JOB};
        if (writer_call(d.app.writer, write_lot, &l, NULL, 0)) return 1;
        while (loop_step_ready(d.app.loop)) continue;
    }
    snprintf(name, sizeof name, "rules/%s", code);
    const struct embedded_file *file = embedded_find(name);
    if (file == NULL || db_open(dir, DB_READ, &reader)) return 1;
    for (int n = 0; n < 3; n++) {
        json_t *j = NULL;
        if (warning_backtest(reader, (struct str){file->bytes, file->size}, 30, now, false, &j, why, sizeof why)) return fprintf(stderr, "%s\n", why), 1;
        printf("{\"code\":\"%s\",\"events\":%lld,\"took_ms\":%lld,\"hits\":%lld,\"rss_mb\":%.1f}\n", code, (long long)json_i64(j, "events", 0), (long long)json_i64(j, "took_ms", 0), (long long)json_i64(j, "hits", 0), rss_mb());
        json_decref(j);
    }
    db_close(reader);
    datadir_close(&d);
    return 0;
}

int main(int argc, char **argv)
{
    for (int i = 0; i < SCHOOLS; i++) {
        schools[i] = (struct warning_school){.id = i + 1, .lon = 104.6 + (i % 40) * 0.03, .lat = 24.7 + i / 40 * 0.03};
        snprintf(schools[i].county, sizeof schools[i].county, "5223%02d", i % 8 + 1);
        snprintf(schools[i].kind, sizeof schools[i].kind, "%s", i % 3 ? "primary" : "kindergarten");
        snprintf(schools[i].name, sizeof schools[i].name, "学校%d", i);
    }
    if (argc == 3 && strcmp(argv[1], "engine") == 0) return run_engine(strtoll(argv[2], NULL, 10));
    if (argc == 5 && strcmp(argv[1], "backtest") == 0) return run_backtest(argv[2], strtoll(argv[3], NULL, 10), argv[4]);
    fprintf(stderr, "rules engine EVENTS | rules backtest DIR EVENTS CODE\n");
    return 2;
}
