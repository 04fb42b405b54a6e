#include <stdlib.h>
#include <string.h>

#include "domain/rota/rota_solve.h"

/* Where each officer is and how much they serve, around one peak. */
struct around {
    const struct rota *r;
    int *slot_now; /* at this peak; -1: none */
    int *today, *week, *all;
};

static void count(struct around *a, const struct rota_plan *p, int day, int peak)
{
    const struct rota *r = a->r;
    int first = day / r->days_per_week * r->days_per_week;
    for (int d = 0; d < r->days; d++)
        for (int k = 0; k < r->peaks; k++)
            for (int s = 0; s < r->slot_count; s++) {
                int i = p->assign[rota_at(r, d, k, s)];
                if (i < 0) continue;
                a->all[i]++;
                if (d >= first && d < first + r->days_per_week) a->week[i]++;
                if (d == day) a->today[i]++;
                if (d == day && k == peak) a->slot_now[i] = s;
            }
}

static bool is_free(const struct around *a, int i, int day, int peak)
{
    return a->slot_now[i] < 0 && a->today[i] < a->r->cap_day && a->week[i] < a->r->cap_week && rota_available(a->r, i, day, peak);
}

static int price(const struct around *a, int i, int slot)
{
    return rota_distance_cost(a->r, i, slot) + a->r->fairness * (a->all[i] + 1);
}

/* Keeps the best: of one officer the best direct way and the best chain. */
static int offer(struct rota_substitute out[ROTA_SUBSTITUTES_MAX], int n, struct rota_substitute s)
{
    for (int i = 0; i < n; i++) {
        if (out[i].officer != s.officer || (out[i].mover < 0) != (s.mover < 0)) continue;
        if (out[i].cost <= s.cost) return n;
        memmove(&out[i], &out[i + 1], (size_t)(n - i - 1) * sizeof *out);
        n--;
        break;
    }
    if (n == ROTA_SUBSTITUTES_MAX && out[n - 1].cost <= s.cost) return n;
    if (n < ROTA_SUBSTITUTES_MAX) n++;
    int at = n - 1;
    while (at > 0 && out[at - 1].cost > s.cost) out[at] = out[at - 1], at--;
    out[at] = s;
    return n;
}

/* The cheapest free officer for a slot, but `not`. */
static int cheapest_free(const struct around *a, int slot, int day, int peak, int not)
{
    int best = -1, cost = 0;
    for (int i = 0; i < a->r->officer_count; i++) {
        if (i == not || !is_free(a, i, day, peak) || !rota_fits(&a->r->officers[i], &a->r->slots[slot])) continue;
        int c = price(a, i, slot);
        if (best < 0 || c < cost) best = i, cost = c;
    }
    return best;
}

int rota_substitutes(const struct rota *r, const struct rota_plan *p, int day, int peak, int slot, struct rota_substitute out[ROTA_SUBSTITUTES_MAX])
{
    size_t n_officers = (size_t)r->officer_count + 1;
    struct around a = {.r = r};
    int n = 0, gone = p->assign[rota_at(r, day, peak, slot)];
    a.slot_now = malloc(n_officers * sizeof(int));
    a.today = calloc(n_officers, sizeof(int));
    a.week = calloc(n_officers, sizeof(int));
    a.all = calloc(n_officers, sizeof(int));
    HX_ASSERT(a.slot_now != NULL && a.today != NULL && a.week != NULL && a.all != NULL);
    memset(a.slot_now, 0xFF, n_officers * sizeof(int));
    count(&a, p, day, peak);
    for (int i = 0; i < r->officer_count; i++)
        if (i != gone && is_free(&a, i, day, peak) && rota_fits(&r->officers[i], &r->slots[slot])) n = offer(out, n, (struct rota_substitute){i, -1, -1, price(&a, i, slot)});
    /* Chains: a neighbour who is already out moves here, somebody free takes the neighbour's slot. Only the near ones can pay. */
    for (int i = 0; i < r->officer_count; i++) {
        int from = a.slot_now[i];
        if (i == gone || from < 0 || !rota_fits(&r->officers[i], &r->slots[slot])) continue;
        int saved = rota_distance_cost(r, i, slot) - rota_distance_cost(r, i, from);
        if (n == ROTA_SUBSTITUTES_MAX && saved >= out[n - 1].cost) continue;
        int filler = cheapest_free(&a, from, day, peak, gone);
        if (filler >= 0) n = offer(out, n, (struct rota_substitute){filler, i, from, price(&a, filler, from) + saved});
    }
    free(a.slot_now);
    free(a.today);
    free(a.week);
    free(a.all);
    return n;
}
