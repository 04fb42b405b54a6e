/* The rota's question and its answer: who stands at which post, at which peak of which day. The same words as the file format of
 * `huxue rota solve`. Everything is in whole numbers once it is read: costs are exact. */
#ifndef HX_ROTA_INSTANCE_H
#define HX_ROTA_INSTANCE_H

#include <jansson.h>

#include "base/str.h"

#define ROTA_OFFICERS_MAX 20000
#define ROTA_SLOTS_MAX 20000
#define ROTA_DAYS_MAX 92
#define ROTA_PEAKS_MAX 8
#define ROTA_ID_MAX 48

enum rota_kind { ROTA_POLICE, ROTA_TRAFFIC, ROTA_AUXILIARY };
enum rota_need { ROTA_ANY, ROTA_NEEDS_TRAFFIC, ROTA_NEEDS_ARMED };

struct rota_officer {
    char id[ROTA_ID_MAX];
    double x_m, y_m; /* home station on a plane, metres */
    enum rota_kind kind;
    bool armed;
};

struct rota_slot {
    char post[ROTA_ID_MAX];
    double x_m, y_m;
    enum rota_need need;
};

struct rota {
    int days, days_per_week, peaks;
    int cap_week, cap_day;                   /* peaks that one officer may serve */
    int per_100m, fairness, uncovered_weight;
    int officer_count, slot_count;
    struct rota_officer *officers;
    struct rota_slot *slots;
    uint8_t *available;                      /* officer × day × peak: 1 may serve */
    uint8_t *wanted;                         /* day × peak × slot: 1 somebody must stand there; NULL: everywhere */
};

/* Who serves: one officer number or -1 for each day × peak × slot. */
struct rota_plan {
    int32_t *assign;
    int64_t cost;  /* as the file format says */
    int64_t bound; /* no plan can cost less; equal to cost: proven optimal */
    int uncovered;
    double cpu_s;
    bool optimal;
};

/* Reads an instance; on failure INVALID with the field and the reason in why[]. */
enum hx_err rota_read(const json_t *file, struct rota *out, char *why, size_t why_bytes) HX_MUST_USE;
void rota_free(struct rota *r);
void rota_plan_make(const struct rota *r, struct rota_plan *out); /* nobody assigned */
void rota_plan_free(struct rota_plan *p);
/* Reads `assign` of a solution file. */
enum hx_err rota_plan_read(const struct rota *r, const json_t *file, struct rota_plan *out, char *why, size_t why_bytes) HX_MUST_USE;
/* The solution file, with a reason for every slot that stays empty. */
json_t *rota_plan_json(const struct rota *r, const struct rota_plan *p);

/* May this officer stand in this slot at all (kind and arms)? */
bool rota_fits(const struct rota_officer *o, const struct rota_slot *s);
/* Cost of the way from the officer's station to the slot. */
int rota_distance_cost(const struct rota *r, int officer, int slot);

static inline size_t rota_peaks_all(const struct rota *r)
{
    return (size_t)(r->days * r->peaks);
}
static inline bool rota_available(const struct rota *r, int officer, int day, int peak)
{
    return r->available[((size_t)officer * (size_t)r->days + (size_t)day) * (size_t)r->peaks + (size_t)peak] != 0;
}
static inline size_t rota_at(const struct rota *r, int day, int peak, int slot)
{
    return ((size_t)day * (size_t)r->peaks + (size_t)peak) * (size_t)r->slot_count + (size_t)slot;
}

static inline bool rota_wanted(const struct rota *r, size_t place)
{
    return r->wanted == NULL || r->wanted[place] != 0;
}

/* The independent check: counts what a plan breaks and computes its cost afresh, sharing no code with the solver. */
struct rota_check {
    int broken;      /* assignments against a hard rule */
    int uncovered;
    int64_t cost;
    char first[200]; /* the first fault in words */
};
void rota_check(const struct rota *r, const struct rota_plan *p, struct rota_check *out);

/* Why a slot is empty: how many could, and what binds each of them. */
void rota_why(const struct rota *r, const struct rota_plan *p, int day, int peak, int slot, char *out, size_t size);

#endif
