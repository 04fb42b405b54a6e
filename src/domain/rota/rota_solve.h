/* The exact solver: the whole horizon as one minimum-cost flow. Arcs are made when their price says that they could help, and
 * the answer is optimal once no arc of the full network could. */
#ifndef HX_ROTA_SOLVE_H
#define HX_ROTA_SOLVE_H

#include "domain/rota/rota_instance.h"

struct rota_progress {
    int round;
    int64_t cost;   /* of the plan so far */
    int uncovered;  /* so far */
    double seconds; /* of CPU */
};

struct rota_options {
    const struct rota_plan *keep; /* a plan to stay near to; NULL: none */
    int keep_weight;              /* what a change against it costs, in units of 100 m */
    bool (*report)(const struct rota_progress *now, void *arg); /* false: stop and keep the best so far; may be NULL */
    void *arg;
};

/* Solves. out->optimal is false only when `report` stopped it. */
void rota_solve(const struct rota *r, const struct rota_options *options, struct rota_plan *out);

/* A substitute for a slot: `officer` takes it; with via >= 0, `officer` takes the slot `via` of the officer who moves here. */
struct rota_substitute {
    int officer, mover; /* mover -1: the officer comes directly */
    int via_slot;
    int cost;           /* way and load, in units of 100 m */
};
#define ROTA_SUBSTITUTES_MAX 10
/* The best substitutes for a slot whose officer cannot come, best first. Returns how many. `load` may be NULL (computed then). */
int rota_substitutes(const struct rota *r, const struct rota_plan *p, int day, int peak, int slot, struct rota_substitute out[ROTA_SUBSTITUTES_MAX]);

#endif
