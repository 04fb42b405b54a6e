#include "rota_solve.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "domain/rota/netflow.h"

#define FIRST_CANDIDATES 4 /* nearest officers of a slot that get an arc at once */
#define FIRST_EMPTY_COST 200 /* an empty slot costs so little at first: that settles the prices before the rare slots are fought for */
#define BEST_PER_ROUND 6    /* arcs a slot may gain between two runs */

struct candidate {
    int32_t cost, officer;
    int32_t group, group_size; /* first and count of those at the same distance */
};

struct work {
    const struct rota *r;
    const struct rota_options *options;
    struct netflow *flow;
    struct candidate **near; /* for each slot, all who fit, nearest first */
    int *near_count;
    int weeks, first_week, first_day, first_peak, first_slot; /* node numbers */
    bool has_weeks, has_days;
    int first_empty_arc;     /* of the arcs that leave a slot empty */
    int first_arc;           /* of the arcs that give an officer to a slot */
    int32_t *arc_officer, *arc_place;
    size_t arc_count, arc_room;
    int round;
    bool raised;
    clock_t begun;
    struct rota_plan *plan;
};

static int by_cost(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    return x->cost != y->cost ? (x->cost > y->cost) - (x->cost < y->cost) : (x->officer > y->officer) - (x->officer < y->officer);
}

static void find_candidates(struct work *w)
{
    const struct rota *r = w->r;
    struct candidate *all = malloc(((size_t)r->officer_count + 1) * sizeof *all);
    w->near = calloc((size_t)r->slot_count + 1, sizeof(struct candidate *));
    w->near_count = calloc((size_t)r->slot_count + 1, sizeof *w->near_count);
    HX_ASSERT(all != NULL && w->near != NULL && w->near_count != NULL);
    for (int s = 0; s < r->slot_count; s++) {
        int n = 0;
        for (int i = 0; i < r->officer_count; i++)
            if (rota_fits(&r->officers[i], &r->slots[s])) all[n++] = (struct candidate){.cost = rota_distance_cost(r, i, s), .officer = i};
        qsort(all, (size_t)n, sizeof *all, by_cost);
        for (int first = 0, end; first < n; first = end) {
            for (end = first; end < n && all[end].cost == all[first].cost; end++) all[end].group = first;
            for (int j = first; j < end; j++) all[j].group_size = end - first;
        }
        w->near[s] = malloc(((size_t)n + 1) * sizeof *all);
        HX_ASSERT(w->near[s] != NULL);
        memcpy(w->near[s], all, (size_t)n * sizeof *all);
        w->near_count[s] = n;
    }
    free(all);
}

static int peak_node(const struct work *w, int officer, int day, int peak)
{
    return w->first_peak + (officer * w->r->days + day) * w->r->peaks + peak;
}

/* What an assignment costs beside the plan to stay near to: whoever is taken off a kept slot costs keep_weight once, so the
 * slot's own officer is cheaper by as much. */
static int keep_discount(const struct work *w, size_t place, int officer)
{
    const struct rota_plan *keep = w->options->keep;
    return keep != NULL && keep->assign[place] == officer ? w->options->keep_weight : 0;
}

static void give_arc(struct work *w, int slot, int day, int peak, struct candidate c)
{
    size_t place = rota_at(w->r, day, peak, slot);
    if (w->arc_count == w->arc_room) {
        w->arc_room = w->arc_room ? w->arc_room * 2 : 65536;
        w->arc_officer = realloc(w->arc_officer, w->arc_room * sizeof *w->arc_officer);
        w->arc_place = realloc(w->arc_place, w->arc_room * sizeof *w->arc_place);
        HX_ASSERT(w->arc_officer != NULL && w->arc_place != NULL);
    }
    w->arc_officer[w->arc_count] = c.officer;
    w->arc_place[w->arc_count++] = (int32_t)place;
    netflow_arc(w->flow, peak_node(w, c.officer, day, peak), w->first_slot + (int)place, 1, c.cost - keep_discount(w, place, c.officer));
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* source → officer (an arc a duty, each dearer: fairness) → week → day → day and peak. Levels whose cap cannot bind are left out. */
static void build_officers(struct work *w)
{
    const struct rota *r = w->r;
    for (int i = 0; i < r->officer_count; i++) {
        int could = 0, most;
        for (size_t j = 0; j < rota_peaks_all(r); j++) could += r->available[(size_t)i * rota_peaks_all(r) + j];
        most = least(could, least(r->cap_week * w->weeks, r->cap_day * r->days));
        for (int n = 1; n <= (most > 0 ? most : 1); n++) {
            int e = netflow_arc(w->flow, 0, 1 + i, 1, r->fairness * n);
            if (n == 1) netflow_plant(w->flow, e, 0);
        }
        for (int k = 0; w->has_weeks && k < w->weeks; k++)
            netflow_plant(w->flow, netflow_arc(w->flow, 1 + i, w->first_week + i * w->weeks + k, r->cap_week > 0 ? r->cap_week : 1, 0), 0);
        for (int d = 0; d < r->days; d++) {
            int above = w->has_weeks ? w->first_week + i * w->weeks + d / r->days_per_week : 1 + i;
            if (w->has_days) {
                int day = w->first_day + i * r->days + d;
                netflow_plant(w->flow, netflow_arc(w->flow, above, day, r->cap_day > 0 ? r->cap_day : 1, 0), 0);
                above = day;
            }
            for (int k = 0; k < r->peaks; k++) netflow_plant(w->flow, netflow_arc(w->flow, above, peak_node(w, i, d, k), 1, 0), 0);
        }
    }
}

/* Officers of one station stand at one distance: every slot and peak begins at another of them, or all would get arcs to the
 * same few. Takes the j-th of the order for this place. */
static struct candidate turned(const struct work *w, int slot, size_t place, int j)
{
    const struct candidate *c = &w->near[slot][j];
    return w->near[slot][c->group + (j - c->group + (int)(place * 7919 % 1000003)) % c->group_size];
}

static void first_arcs(struct work *w, int day, int peak, int slot)
{
    size_t place = rota_at(w->r, day, peak, slot);
    int kept = w->options->keep != NULL ? w->options->keep->assign[place] : -1, given = 0;
    for (int j = 0; j < w->near_count[slot] && (given < FIRST_CANDIDATES || kept >= 0); j++) {
        struct candidate c = turned(w, slot, place, j);
        if (!rota_available(w->r, c.officer, day, peak) || (given >= FIRST_CANDIDATES && c.officer != kept)) continue;
        give_arc(w, slot, day, peak, c);
        given++;
        if (c.officer == kept) kept = -1;
    }
}

static void build(struct work *w)
{
    const struct rota *r = w->r;
    int n = r->officer_count, peaks = (int)rota_peaks_all(r);
    bool served = r->cap_week > 0 && r->cap_day > 0;
    w->weeks = (r->days + r->days_per_week - 1) / r->days_per_week;
    w->has_days = r->cap_day < r->peaks;
    w->has_weeks = r->cap_week < least(r->days, r->days_per_week) * least(r->peaks, r->cap_day);
    w->first_week = 1 + n;
    w->first_day = w->first_week + (w->has_weeks ? n * w->weeks : 0);
    w->first_peak = w->first_day + (w->has_days ? n * r->days : 0);
    w->first_slot = w->first_peak + n * peaks;
    w->flow = netflow_new(w->first_slot + peaks * r->slot_count, (size_t)peaks * ((size_t)r->slot_count * (FIRST_CANDIDATES + 8) + (size_t)n * 2));
    build_officers(w);
    for (int place = 0; place < peaks * r->slot_count; place++) {
        int e = netflow_arc(w->flow, 0, w->first_slot + place, 2, rota_wanted(r, (size_t)place) ? least(r->uncovered_weight, FIRST_EMPTY_COST) : 0);
        netflow_plant(w->flow, e, 1);
        if (place == 0) w->first_empty_arc = e;
        w->first_arc = e + 1;
    }
    for (int d = 0; served && d < r->days; d++)
        for (int k = 0; k < r->peaks; k++)
            for (int s = 0; s < r->slot_count; s++) {
                if (rota_wanted(r, rota_at(r, d, k, s))) first_arcs(w, d, k, s);
            }
}

/* Takes the plan out of the flow. */
static void read_plan(struct work *w)
{
    const struct rota *r = w->r;
    size_t places = rota_peaks_all(r) * (size_t)r->slot_count;
    for (size_t i = 0; i < places; i++) w->plan->assign[i] = -1;
    w->plan->uncovered = 0;
    for (size_t i = 0; i < places; i++) w->plan->uncovered += rota_wanted(r, i);
    for (size_t a = 0; a < w->arc_count; a++) {
        if (netflow_on(w->flow, w->first_arc + (int)a) == 0) continue;
        w->plan->assign[w->arc_place[a]] = w->arc_officer[a];
        w->plan->uncovered--;
    }
}

/* Gives a slot its most promising new arcs by the present prices; returns how many. */
static int price_slot(struct work *w, int day, int peak, int slot, int64_t cheapest)
{
    size_t place = rota_at(w->r, day, peak, slot);
    int64_t worth = netflow_potential(w->flow, w->first_slot + (int)place);
    struct candidate best[BEST_PER_ROUND];
    int64_t gains[BEST_PER_ROUND];
    int n = 0;
    if (!rota_wanted(w->r, place)) return 0;
    for (int j = 0; j < w->near_count[slot]; j++) {
        struct candidate c = turned(w, slot, place, j);
        if (c.cost + cheapest >= worth) break; /* nobody further away can help */
        if (c.officer == w->plan->assign[place] || !rota_available(w->r, c.officer, day, peak)) continue;
        int64_t gain = c.cost + netflow_potential(w->flow, peak_node(w, c.officer, day, peak)) - worth;
        if (gain >= 0 || (n == BEST_PER_ROUND && gain >= gains[n - 1])) continue;
        if (n < BEST_PER_ROUND) n++;
        int at = n - 1;
        while (at > 0 && gains[at - 1] > gain) best[at] = best[at - 1], gains[at] = gains[at - 1], at--;
        best[at] = c;
        gains[at] = gain;
    }
    for (int i = 0; i < n; i++) give_arc(w, slot, day, peak, best[i]);
    return n;
}

/* One pass over the full network: every arc that is not there yet and could help. 0: the plan is optimal. */
static size_t price_all(struct work *w)
{
    const struct rota *r = w->r;
    size_t added = 0;
    if (r->cap_week == 0 || r->cap_day == 0) return 0;
    for (int d = 0; d < r->days; d++)
        for (int k = 0; k < r->peaks; k++) {
            int64_t cheapest[3] = {INT64_MAX / 4, INT64_MAX / 4, INT64_MAX / 4};
            for (int i = 0; i < r->officer_count; i++) {
                if (!rota_available(r, i, d, k)) continue;
                int64_t price = netflow_potential(w->flow, peak_node(w, i, d, k));
                const struct rota_officer *o = &r->officers[i];
                int need = o->kind == ROTA_TRAFFIC ? ROTA_NEEDS_TRAFFIC : ROTA_ANY;
                if (price < cheapest[need]) cheapest[need] = price;
                if (o->armed && price < cheapest[ROTA_NEEDS_ARMED]) cheapest[ROTA_NEEDS_ARMED] = price;
            }
            for (int s = 0; s < r->slot_count; s++) added += (size_t)price_slot(w, d, k, s, cheapest[r->slots[s].need]);
        }
    return added;
}

static double seconds(const struct work *w)
{
    return (double)(clock() - w->begun) / CLOCKS_PER_SEC;
}

static bool asked_to_stop(void *arg)
{
    struct work *w = arg;
    if (w->options->report == NULL) return false;
    static const double every = 0.25;
    double now = seconds(w);
    if (now - w->plan->cpu_s < every) return false;
    w->plan->cpu_s = now;
    read_plan(w);
    struct rota_progress p = {.round = w->round, .cost = netflow_cost(w->flow), .uncovered = w->plan->uncovered, .seconds = now};
    return !w->options->report(&p, w->options->arg);
}

/* From now on an empty slot costs what it should. False: it did already. */
static bool raise_empty_cost(struct work *w)
{
    size_t places = rota_peaks_all(w->r) * (size_t)w->r->slot_count;
    if (w->raised || w->r->uncovered_weight <= FIRST_EMPTY_COST) return false;
    for (size_t i = 0; i < places; i++)
        if (rota_wanted(w->r, i)) netflow_recost(w->flow, w->first_empty_arc + (int)i, w->r->uncovered_weight);
    netflow_retry(w->flow);
    return w->raised = true;
}

void rota_solve(const struct rota *r, const struct rota_options *options, struct rota_plan *out)
{
    static const struct rota_options plain;
    struct work w = {.r = r, .options = options != NULL ? options : &plain, .begun = clock(), .plan = out};
    rota_plan_make(r, out);
    find_candidates(&w);
    build(&w);
    for (w.round = 1;; w.round++) {
        bool stopped = netflow_run(w.flow, asked_to_stop, &w) == NETFLOW_STOPPED;
        read_plan(&w);
        if (stopped) break;
        if (price_all(&w) > 0 || raise_empty_cost(&w)) continue;
        out->optimal = true;
        break;
    }
    struct rota_check c;
    rota_check(r, out, &c);
    HX_ASSERT(c.broken == 0);
    out->cost = c.cost;
    /* At the optimum the flow's cost is its own bound; the plan's own cost differs from it only by what was kept. */
    out->bound = out->optimal && w.options->keep == NULL ? netflow_cost(w.flow) : 0;
    out->cpu_s = seconds(&w);
    netflow_free(w.flow);
    for (int s = 0; s < r->slot_count; s++) free(w.near[s]);
    free(w.near);
    free(w.near_count);
    free(w.arc_officer);
    free(w.arc_place);
}
