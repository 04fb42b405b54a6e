/* Links the engine with nothing but base: it needs no loop and no store. */
#include "domain/warning/warning_engine.h"

static const struct warning_school *no_school(void *arg, int64_t id)
{
    (void)arg, (void)id;
    return NULL;
}

static int no_hours(void *arg, int64_t school_id, int64_t at)
{
    (void)arg, (void)school_id, (void)at;
    return 0;
}

static void count(void *arg, const struct warning_hit *hit)
{
    (void)hit;
    ++*(int *)arg;
}

static void ended(void *arg, const struct warning_clear *clear)
{
    (void)arg, (void)clear;
}

int main(void)
{
    int hits = 0;
    char why[200];
    struct warning_engine *e = warning_engine_new(&(struct warning_world){no_school, no_hours, NULL}, &(struct warning_sink){count, ended, &hits});
    if (warning_engine_put(e, STR("rule X\nname a | b\ninput i = x.y\ncase c\n  each i\n  severity 3\n  say a | b\n"), 1, why, sizeof why)) return 1;
    warning_engine_see(e, &(struct warning_event){.seq = 1, .at = 1000, .school_id = 1, .type = "x.y", .data = STR("{}")});
    warning_engine_free(e);
    return hits != 1;
}
