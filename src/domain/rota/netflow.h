/* Minimum-cost flow by the primal network simplex, for networks whose every node is fed from node 0. Costs and flows are whole
 * numbers, so the answer is exact; the flow is feasible at every instant, so the work may stop at any time. Arcs may be added
 * between two runs: the next run goes on from the present tree.
 *
 * Source: R. K. Ahuja, T. L. Magnanti, J. B. Orlin, "Network Flows" (1993), chapter 11: strongly feasible trees, here mirrored
 * (flow can be pushed from the root to every node), with block pricing. */
#ifndef HX_NETFLOW_H
#define HX_NETFLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netflow;

/* `nodes` counts node 0, the source of all flow. */
struct netflow *netflow_new(int nodes, size_t arcs_guess);
void netflow_free(struct netflow *f);
/* An arc at flow 0. Returns its number. */
int netflow_arc(struct netflow *f, int from, int to, int capacity, int cost);
/* Gives node `to` its first place in the tree by this arc, which begins at a node that has one, with this much flow on it and
 * room for one more. Every node but 0 needs one before the first run; flow must arrive at each node as it leaves. */
void netflow_plant(struct netflow *f, int arc, int flow);

/* Changes costs between two runs: recost each arc, then retry once. */
void netflow_recost(struct netflow *f, int arc, int cost);
void netflow_retry(struct netflow *f);

enum netflow_end { NETFLOW_OPTIMAL, NETFLOW_STOPPED };
/* Pivots until no arc improves the flow, or until `stop` (asked every few thousand pivots; may be NULL) says so. */
enum netflow_end netflow_run(struct netflow *f, bool (*stop)(void *arg), void *arg);

int netflow_on(const struct netflow *f, int arc);            /* the flow on an arc */
int64_t netflow_potential(const struct netflow *f, int node); /* least cost of one more unit there, along the tree */
int64_t netflow_cost(const struct netflow *f);
uint64_t netflow_pivots(const struct netflow *f);

#endif
