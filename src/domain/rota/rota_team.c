#include "rota_team.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PASSES_MAX 40

/* Who stands at a post, and how often. */
struct team {
    int32_t *officer;
    int *times, count, room;
};

struct teams {
    const struct rota *r;
    struct rota_plan *plan;
    int weight, group_count;
    int32_t *group; /* of each slot: the post that it belongs to */
    int32_t *where; /* of each officer at the peak that is looked at: the slot, or -1 */
    struct team *teams;
};

static int find(const struct team *t, int officer)
{
    int i = 0;
    while (i < t->count && t->officer[i] != officer) i++;
    return i;
}

static int times_of(const struct team *t, int officer)
{
    int i = find(t, officer);
    return i < t->count ? t->times[i] : 0;
}

static void count(struct team *t, int officer, int by)
{
    int i = find(t, officer);
    if (i == t->count) {
        if (t->count == t->room) {
            t->room = t->room > 0 ? 2 * t->room : 8;
            t->officer = realloc(t->officer, (size_t)t->room * sizeof *t->officer);
            t->times = realloc(t->times, (size_t)t->room * sizeof *t->times);
            HX_ASSERT(t->officer != NULL && t->times != NULL);
        }
        t->officer[i] = officer;
        t->times[i] = 0;
        t->count++;
    }
    t->times[i] += by;
    if (t->times[i] > 0) return;
    t->count--;
    t->officer[i] = t->officer[t->count];
    t->times[i] = t->times[t->count];
}

static void open_teams(const struct rota *r, struct rota_plan *p, struct teams *t)
{
    *t = (struct teams){.r = r, .plan = p};
    t->group = calloc((size_t)r->slot_count + 1, sizeof *t->group);
    t->where = calloc((size_t)r->officer_count + 1, sizeof *t->where);
    t->teams = calloc((size_t)r->slot_count + 1, sizeof *t->teams);
    HX_ASSERT(t->group != NULL && t->where != NULL && t->teams != NULL);
    for (int s = 0; s < r->slot_count; s++) {
        int same = s - 1; /* slots of a post mostly stand side by side */
        while (same >= 0 && strcmp(r->slots[same].post, r->slots[s].post) != 0) same--;
        t->group[s] = same >= 0 ? t->group[same] : t->group_count++;
    }
    size_t places = rota_peaks_all(r) * (size_t)r->slot_count;
    for (size_t i = 0; i < places; i++)
        if (p->assign[i] >= 0) count(&t->teams[t->group[i % (size_t)r->slot_count]], p->assign[i], 1);
}

static void close_teams(struct teams *t)
{
    for (int g = 0; g < t->group_count; g++) free(t->teams[g].officer), free(t->teams[g].times);
    free(t->teams);
    free(t->where);
    free(t->group);
}

int rota_members(const struct rota *r, const struct rota_plan *p)
{
    struct teams t;
    struct rota_plan read = *p;
    int all = 0;
    open_teams(r, &read, &t);
    for (int g = 0; g < t.group_count; g++) all += t.teams[g].count;
    close_teams(&t);
    return all;
}

/* What it costs that somebody stands at one post so often: each further time half of what the last did, so that few who come often cost less than many. */
static int strangeness(const struct teams *t, int times)
{
    return times < 30 ? t->weight - (t->weight >> times) : t->weight;
}

/* What it costs more that `officer` stands at this post once more (by 1) or less (by -1). */
static int stranger(const struct teams *t, int group, int officer, int by)
{
    int times = times_of(&t->teams[group], officer);
    return strangeness(t, times + by) - strangeness(t, times);
}

/* The exchange of slots s and t at one peak: what it costs, way and faces together. */
static int price(const struct teams *t, int s, int a, int other, int b)
{
    const struct rota *r = t->r;
    int p = t->group[s], q = t->group[other];
    int way = rota_distance_cost(r, b, s) + rota_distance_cost(r, a, other) - rota_distance_cost(r, a, s) - rota_distance_cost(r, b, other);
    return way + stranger(t, p, a, -1) + stranger(t, p, b, 1) + stranger(t, q, b, -1) + stranger(t, q, a, 1);
}

/* The best exchange of one slot's officer against somebody of the post's own people who stands elsewhere at this peak. */
static bool improve(struct teams *t, int32_t *assign, int s)
{
    const struct rota *r = t->r;
    int a = assign[s], best = 0, with = -1;
    const struct team *own = &t->teams[t->group[s]];
    for (int i = 0; i < own->count; i++) {
        int b = own->officer[i], other = t->where[b];
        if (b == a || other < 0 || t->group[other] == t->group[s] || !rota_fits(&r->officers[b], &r->slots[s]) || !rota_fits(&r->officers[a], &r->slots[other])) continue;
        int cost = price(t, s, a, other, b);
        if (cost < best) best = cost, with = other;
    }
    if (with < 0) return false;
    int b = assign[with];
    count(&t->teams[t->group[s]], a, -1);
    count(&t->teams[t->group[with]], b, -1);
    count(&t->teams[t->group[s]], b, 1);
    count(&t->teams[t->group[with]], a, 1);
    assign[s] = b, assign[with] = a;
    t->where[b] = s, t->where[a] = with;
    return true;
}

static int pass(struct teams *t)
{
    const struct rota *r = t->r;
    int done = 0;
    for (size_t peak = 0; peak < rota_peaks_all(r); peak++) {
        int32_t *assign = t->plan->assign + peak * (size_t)r->slot_count;
        for (int i = 0; i < r->officer_count; i++) t->where[i] = -1;
        for (int s = 0; s < r->slot_count; s++)
            if (assign[s] >= 0) t->where[assign[s]] = s;
        for (int s = 0; s < r->slot_count; s++)
            if (assign[s] >= 0) done += improve(t, assign, s);
    }
    return done;
}

int rota_steady(const struct rota *r, int weight, bool (*go_on)(void *arg), void *arg, struct rota_plan *p)
{
    struct teams t;
    struct rota_check c;
    clock_t begun = clock();
    int all = 0, done = 1;
    open_teams(r, p, &t);
    t.weight = weight * r->per_100m;
    for (int n = 0; n < PASSES_MAX && done > 0 && (go_on == NULL || go_on(arg)); n++) {
        done = pass(&t);
        all += done;
    }
    close_teams(&t);
    rota_check(r, p, &c);
    HX_ASSERT(c.broken == 0 && c.uncovered == p->uncovered);
    p->cost = c.cost;
    p->optimal = p->optimal && p->cost == p->bound;
    p->cpu_s += (double)(clock() - begun) / CLOCKS_PER_SEC;
    return all;
}
