/* The independent checker and the reasons. It reads the question and the answer only, so that a fault of the solver shows. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/rota/rota_instance.h"

struct uses {
    int *peak, *day, *week, *all; /* how often each officer serves, per day × peak, per day, per week, over all */
    int weeks;
};

static int weeks_of(const struct rota *r)
{
    return (r->days + r->days_per_week - 1) / r->days_per_week;
}

static struct uses uses_of(const struct rota *r, const struct rota_plan *p)
{
    struct uses u = {.weeks = weeks_of(r)};
    size_t n = (size_t)r->officer_count + 1, days = (size_t)r->days;
    u.peak = calloc(n * rota_peaks_all(r), sizeof *u.peak);
    u.day = calloc(n * days, sizeof *u.day);
    u.week = calloc(n * (size_t)u.weeks, sizeof *u.week);
    u.all = calloc(n, sizeof *u.all);
    HX_ASSERT(u.peak != NULL && u.day != NULL && u.week != NULL && u.all != NULL);
    for (int d = 0; d < r->days; d++)
        for (int k = 0; k < r->peaks; k++)
            for (int s = 0; s < r->slot_count; s++) {
                int i = p->assign[rota_at(r, d, k, s)];
                if (i < 0 || i >= r->officer_count) continue;
                u.peak[(i * r->days + d) * r->peaks + k]++;
                u.day[i * r->days + d]++;
                u.week[i * u.weeks + d / r->days_per_week]++;
                u.all[i]++;
            }
    return u;
}

static void uses_free(struct uses *u)
{
    free(u->peak);
    free(u->day);
    free(u->week);
    free(u->all);
}

static void fault(struct rota_check *c, const char *what, const struct rota_officer *o, int day, int peak)
{
    if (c->broken++ == 0) snprintf(c->first, sizeof c->first, "day %d, peak %d, officer %s: %s", day, peak, o->id, what);
}

void rota_check(const struct rota *r, const struct rota_plan *p, struct rota_check *out)
{
    struct uses u = uses_of(r, p);
    *out = (struct rota_check){.broken = 0};
    for (int d = 0; d < r->days; d++)
        for (int k = 0; k < r->peaks; k++)
            for (int s = 0; s < r->slot_count; s++) {
                int i = p->assign[rota_at(r, d, k, s)];
                if (i < 0) {
                    out->uncovered += rota_wanted(r, rota_at(r, d, k, s));
                    continue;
                }
                if (!rota_wanted(r, rota_at(r, d, k, s))) fault(out, "stands where nobody is wanted", &r->officers[i], d, k);
                const struct rota_officer *o = &r->officers[i];
                const struct rota_slot *slot = &r->slots[s];
                bool right = slot->need == ROTA_NEEDS_TRAFFIC ? o->kind == ROTA_TRAFFIC : slot->need == ROTA_NEEDS_ARMED ? o->armed : o->kind == ROTA_POLICE || o->kind == ROTA_AUXILIARY;
                if (!right) fault(out, "is not of the kind that the slot needs", o, d, k);
                if (!rota_available(r, i, d, k)) fault(out, "is not available", o, d, k);
                if (u.peak[(i * r->days + d) * r->peaks + k] > 1) fault(out, "stands at two posts at once", o, d, k);
                double dx = o->x_m - slot->x_m, dy = o->y_m - slot->y_m;
                out->cost += (int64_t)floor(sqrt(dx * dx + dy * dy) / 100 + 0.5) * r->per_100m;
            }
    for (int i = 0; i < r->officer_count; i++) {
        for (int d = 0; d < r->days; d++)
            if (u.day[i * r->days + d] > r->cap_day) fault(out, "serves more peaks a day than allowed", &r->officers[i], d, 0);
        for (int w = 0; w < u.weeks; w++)
            if (u.week[i * u.weeks + w] > r->cap_week) fault(out, "serves more peaks a week than allowed", &r->officers[i], w * r->days_per_week, 0);
        out->cost += (int64_t)r->fairness * u.all[i] * (u.all[i] + 1) / 2;
    }
    out->cost += (int64_t)out->uncovered * r->uncovered_weight;
    uses_free(&u);
}

/* One officer's obstacle at one peak, the first that holds. */
enum obstacle { AWAY, BUSY, DAY_FULL, WEEK_FULL, FREE, OBSTACLES };

static enum obstacle obstacle_of(const struct rota *r, const struct rota_plan *p, int i, int day, int peak)
{
    int today = 0, week = 0, first = day / r->days_per_week * r->days_per_week;
    if (!rota_available(r, i, day, peak)) return AWAY;
    for (int d = first; d < first + r->days_per_week && d < r->days; d++)
        for (int k = 0; k < r->peaks; k++)
            for (int s = 0; s < r->slot_count; s++) {
                if (p->assign[rota_at(r, d, k, s)] != i) continue;
                if (d == day && k == peak) return BUSY;
                today += d == day;
                week++;
            }
    return today >= r->cap_day ? DAY_FULL : week >= r->cap_week ? WEEK_FULL : FREE;
}

void rota_why(const struct rota *r, const struct rota_plan *p, int day, int peak, int slot, char *out, size_t size)
{
    int counts[OBSTACLES] = {0}, fit = 0;
    for (int i = 0; i < r->officer_count; i++) {
        if (!rota_fits(&r->officers[i], &r->slots[slot])) continue;
        fit++;
        counts[obstacle_of(r, p, i, day, peak)]++;
    }
    static const char *const needs[] = {"police or auxiliary officer", "traffic officer", "armed officer"};
    if (fit == 0) {
        snprintf(out, size, "no %s exists", needs[r->slots[slot].need]);
        return;
    }
    snprintf(out, size, "of %d who fit (%s): %d on leave or resting, %d at another post at this peak, %d at %d a day, %d at %d a week, %d free", fit, needs[r->slots[slot].need],
             counts[AWAY], counts[BUSY], counts[DAY_FULL], r->cap_day, counts[WEEK_FULL], r->cap_week, counts[FREE]);
}
