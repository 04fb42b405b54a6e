#include "netflow.h"

#include <math.h>
#include <stdlib.h>

#include "base/err.h"

#define PIVOTS_BETWEEN_QUESTIONS 4096

enum { AT_LOWER = 1, IN_TREE = 0, AT_UPPER = -1 };

struct arc {
    int32_t from, to, cost;
    int32_t state; /* sign of the reduced cost that makes it stay */
};
struct load {
    int32_t capacity, flow;
};
struct node {
    int32_t parent, arc, depth; /* the tree arc to the parent */
    int32_t child, next, previous; /* first child; siblings; -1: none */
};

struct netflow {
    struct node *nodes;
    int64_t *potentials; /* of the nodes; by themselves, because pricing reads nothing else of a node */
    struct arc *arcs;
    struct load *loads;
    int32_t *stack;
    size_t room;
    int node_count, arc_count, next_arc;
    uint64_t pivots;
};

struct netflow *netflow_new(int nodes, size_t arcs_guess)
{
    struct netflow *f = calloc(1, sizeof *f);
    HX_ASSERT(f != NULL && nodes > 0);
    f->room = arcs_guess < 64 ? 64 : arcs_guess;
    f->nodes = malloc((size_t)nodes * sizeof *f->nodes);
    f->potentials = calloc((size_t)nodes, sizeof *f->potentials);
    f->stack = malloc((size_t)nodes * sizeof *f->stack);
    f->arcs = malloc(f->room * sizeof *f->arcs);
    f->loads = malloc(f->room * sizeof *f->loads);
    HX_ASSERT(f->nodes != NULL && f->potentials != NULL && f->stack != NULL && f->arcs != NULL && f->loads != NULL);
    f->node_count = nodes;
    for (int i = 0; i < nodes; i++) f->nodes[i] = (struct node){.parent = -1, .arc = -1, .child = -1, .next = -1, .previous = -1};
    return f;
}

void netflow_free(struct netflow *f)
{
    if (f == NULL) return;
    free(f->nodes);
    free(f->potentials);
    free(f->stack);
    free(f->arcs);
    free(f->loads);
    free(f);
}

int netflow_arc(struct netflow *f, int from, int to, int capacity, int cost)
{
    if ((size_t)f->arc_count == f->room) {
        f->room += f->room / 2;
        f->arcs = realloc(f->arcs, f->room * sizeof *f->arcs);
        f->loads = realloc(f->loads, f->room * sizeof *f->loads);
        HX_ASSERT(f->arcs != NULL && f->loads != NULL && f->room < INT32_MAX);
    }
    f->arcs[f->arc_count] = (struct arc){from, to, cost, AT_LOWER};
    f->loads[f->arc_count] = (struct load){capacity, 0};
    return f->arc_count++;
}

static void hang(struct netflow *f, int u, int parent)
{
    struct node *n = &f->nodes[u], *p = &f->nodes[parent];
    n->parent = parent;
    n->previous = -1;
    n->next = p->child;
    if (p->child >= 0) f->nodes[p->child].previous = u;
    p->child = u;
}

static void unhang(struct netflow *f, int u)
{
    struct node *n = &f->nodes[u];
    if (n->previous >= 0) f->nodes[n->previous].next = n->next;
    else f->nodes[n->parent].child = n->next;
    if (n->next >= 0) f->nodes[n->next].previous = n->previous;
}

void netflow_plant(struct netflow *f, int arc, int flow)
{
    const struct arc *a = &f->arcs[arc];
    struct node *n = &f->nodes[a->to];
    HX_ASSERT(n->parent < 0 && a->to != 0 && flow < f->loads[arc].capacity);
    f->arcs[arc].state = IN_TREE;
    f->loads[arc].flow = flow;
    n->arc = arc;
    hang(f, a->to, a->from);
    n->depth = f->nodes[a->from].depth + 1;
    f->potentials[a->to] = f->potentials[a->from] + a->cost;
}

/* The best arc of the first block that has any; -1: the flow is optimal. */
static int price(struct netflow *f, int block)
{
    int64_t best = 0;
    int found = -1, e = f->next_arc, left = block;
    const int64_t *potentials = f->potentials;
    for (int seen = 0; seen < f->arc_count; seen++) {
        const struct arc *a = &f->arcs[e];
        int64_t gain = a->state * (a->cost + potentials[a->from] - potentials[a->to]);
        if (gain < best) best = gain, found = e;
        if (++e == f->arc_count) e = 0;
        if (--left == 0) {
            if (found >= 0) break;
            left = block;
        }
    }
    f->next_arc = e;
    return found;
}

/* How much more the tree arc of `u` can carry towards u (down) or away from it. */
static int32_t room_towards(const struct netflow *f, int u, bool down)
{
    int e = f->nodes[u].arc;
    return (f->arcs[e].to == u) == down ? f->loads[e].capacity - f->loads[e].flow : f->loads[e].flow;
}

static void push(struct netflow *f, int u, bool down, int32_t amount)
{
    int e = f->nodes[u].arc;
    f->loads[e].flow += (f->arcs[e].to == u) == down ? amount : -amount;
}

static int join_of(const struct netflow *f, int a, int b)
{
    const struct node *n = f->nodes;
    while (a != b) {
        if (n[a].depth >= n[b].depth) a = n[a].parent;
        else b = n[b].parent;
    }
    return a;
}

/* Turns the path from `inner` up to `cut` over and hangs it by the arc `by` under `outer`. */
static void rehang(struct netflow *f, int inner, int cut, int outer, int by)
{
    for (int u = inner, above = outer, e = by;;) {
        int parent = f->nodes[u].parent, old = f->nodes[u].arc;
        unhang(f, u);
        hang(f, u, above);
        f->nodes[u].arc = e;
        if (u == cut) break;
        above = u;
        e = old;
        u = parent;
    }
}

/* Depth and potential of everything below `top`, whose own have just been set. */
static void relabel(struct netflow *f, int top, int64_t shift)
{
    int n = 0;
    f->stack[n++] = top;
    while (n > 0) {
        int at = f->stack[--n];
        struct node *v = &f->nodes[at];
        f->potentials[at] += shift;
        v->depth = f->nodes[v->parent].depth + 1;
        for (int c = v->child; c >= 0; c = f->nodes[c].next) f->stack[n++] = c;
    }
}

static void pivot(struct netflow *f, int in)
{
    struct arc *entering = &f->arcs[in];
    bool forward = entering->state == AT_LOWER;
    int a = forward ? entering->from : entering->to, b = forward ? entering->to : entering->from; /* flow goes a → b */
    int join = join_of(f, a, b), cut = -1;
    bool cut_below_a = false;
    int32_t amount = f->loads[in].capacity + 1;
    /* The first arc that blocks, counted from the join along the flow, leaves: so the tree stays strongly feasible. */
    for (int u = a; u != join; u = f->nodes[u].parent) {
        int32_t r = room_towards(f, u, true);
        if (r <= amount) amount = r, cut = u, cut_below_a = true;
    }
    if (f->loads[in].capacity < amount) amount = f->loads[in].capacity, cut = -1;
    for (int u = b; u != join; u = f->nodes[u].parent) {
        int32_t r = room_towards(f, u, false);
        if (r < amount) amount = r, cut = u, cut_below_a = false;
    }
    if (amount > 0) {
        f->loads[in].flow += forward ? amount : -amount;
        for (int u = a; u != join; u = f->nodes[u].parent) push(f, u, true, amount);
        for (int u = b; u != join; u = f->nodes[u].parent) push(f, u, false, amount);
    }
    if (cut < 0) {
        entering->state = -entering->state;
        return;
    }
    int leaving = f->nodes[cut].arc, inner = cut_below_a ? a : b, outer = cut_below_a ? b : a;
    rehang(f, inner, cut, outer, in);
    entering->state = IN_TREE;
    f->arcs[leaving].state = f->loads[leaving].flow == 0 ? AT_LOWER : AT_UPPER;
    int64_t should = f->potentials[outer] + (entering->to == inner ? entering->cost : -entering->cost);
    relabel(f, inner, should - f->potentials[inner]);
}

void netflow_recost(struct netflow *f, int arc, int cost)
{
    f->arcs[arc].cost = cost;
}

void netflow_retry(struct netflow *f)
{
    int n = 0;
    f->stack[n++] = 0;
    while (n > 0) {
        int v = f->stack[--n], e = f->nodes[v].arc;
        if (e >= 0) f->potentials[v] = f->potentials[f->nodes[v].parent] + (f->arcs[e].to == v ? f->arcs[e].cost : -f->arcs[e].cost);
        for (int c = f->nodes[v].child; c >= 0; c = f->nodes[c].next) f->stack[n++] = c;
    }
}

enum netflow_end netflow_run(struct netflow *f, bool (*stop)(void *arg), void *arg)
{
    int block = (int)sqrt((double)f->arc_count);
    if (block < 50) block = 50;
    if (f->next_arc >= f->arc_count) f->next_arc = 0;
    for (uint64_t n = 1;; n++) {
        int in = price(f, block);
        if (in < 0) return NETFLOW_OPTIMAL;
        pivot(f, in);
        f->pivots++;
        if (stop != NULL && n % PIVOTS_BETWEEN_QUESTIONS == 0 && stop(arg)) return NETFLOW_STOPPED;
    }
}

int netflow_on(const struct netflow *f, int arc)
{
    return f->loads[arc].flow;
}

int64_t netflow_potential(const struct netflow *f, int node)
{
    return f->potentials[node];
}

int64_t netflow_cost(const struct netflow *f)
{
    int64_t cost = 0;
    for (int e = 0; e < f->arc_count; e++) cost += (int64_t)f->arcs[e].cost * f->loads[e].flow;
    return cost;
}

uint64_t netflow_pivots(const struct netflow *f)
{
    return f->pivots;
}
