#include "rota_instance.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"

static const char *const kind_names[] = {"police", "traffic", "auxiliary"};
static const char *const need_names[] = {"any", "traffic", "armed"};

static int index_of(const char *const *names, int count, const char *name)
{
    for (int i = 0; name != NULL && i < count; i++)
        if (strcmp(names[i], name) == 0) return i;
    return -1;
}

static bool whole(const json_t *file, const char *name, int64_t least, int64_t most, int64_t otherwise, int *out, char *why, size_t why_bytes)
{
    const json_t *v = json_object_get(file, name);
    int64_t n = v == NULL ? otherwise : json_is_integer(v) ? json_integer_value(v) : least - 1;
    *out = (int)n;
    if (n >= least && n <= most) return true;
    snprintf(why, why_bytes, "%s: must be a whole number between %lld and %lld", name, (long long)least, (long long)most);
    return false;
}

static bool read_place(const json_t *j, double *x, double *y)
{
    const json_t *jx = json_object_get(j, "x_m"), *jy = json_object_get(j, "y_m");
    if (!json_is_number(jx) || !json_is_number(jy)) return false;
    *x = json_number_value(jx);
    *y = json_number_value(jy);
    return fabs(*x) < 1e8 && fabs(*y) < 1e8;
}

static bool read_id(const json_t *j, const char *name, char out[ROTA_ID_MAX])
{
    const char *id = json_string_value(json_object_get(j, name));
    if (id == NULL || id[0] == 0 || strlen(id) >= ROTA_ID_MAX) return false;
    str_to_z(str_of(id), out, ROTA_ID_MAX);
    return true;
}

static enum hx_err read_officer(const json_t *j, int i, struct rota *r, struct map *ids, char *why, size_t why_bytes)
{
    struct rota_officer *o = &r->officers[i];
    const json_t *days = json_object_get(j, "available");
    int kind = index_of(kind_names, 3, json_string_value(json_object_get(j, "kind")));
    if (!read_id(j, "id", o->id)) return snprintf(why, why_bytes, "officers[%d].id: 1 to %d bytes are needed", i, ROTA_ID_MAX - 1), HX_E_INVALID;
    if (map_put(ids, str_of(o->id), o) != NULL) return snprintf(why, why_bytes, "officers[%d].id: %s stands here twice", i, o->id), HX_E_INVALID;
    if (!read_place(j, &o->x_m, &o->y_m)) return snprintf(why, why_bytes, "officers[%d]: x_m and y_m must be metres", i), HX_E_INVALID;
    if (kind < 0) return snprintf(why, why_bytes, "officers[%d].kind: police, traffic or auxiliary", i), HX_E_INVALID;
    o->kind = (enum rota_kind)kind;
    o->armed = json_is_true(json_object_get(j, "armed"));
    if ((int)json_array_size(days) != r->days) return snprintf(why, why_bytes, "officers[%d].available: %d texts are needed, one a day", i, r->days), HX_E_INVALID;
    uint8_t *bits = r->available + (size_t)i * rota_peaks_all(r);
    for (int d = 0; d < r->days; d++) {
        const char *text = json_string_value(json_array_get(days, (size_t)d));
        if (text == NULL || (int)strlen(text) != r->peaks || strspn(text, "01") != strlen(text))
            return snprintf(why, why_bytes, "officers[%d].available[%d]: %d digits 0 or 1 are needed", i, d, r->peaks), HX_E_INVALID;
        for (int k = 0; k < r->peaks; k++) bits[d * r->peaks + k] = text[k] == '1';
    }
    return HX_OK;
}

static enum hx_err read_slot(const json_t *j, int i, struct rota *r, char *why, size_t why_bytes)
{
    struct rota_slot *s = &r->slots[i];
    int need = index_of(need_names, 3, json_string_value(json_object_get(j, "need")));
    if (!read_id(j, "post", s->post)) return snprintf(why, why_bytes, "slots[%d].post: 1 to %d bytes are needed", i, ROTA_ID_MAX - 1), HX_E_INVALID;
    if (!read_place(j, &s->x_m, &s->y_m)) return snprintf(why, why_bytes, "slots[%d]: x_m and y_m must be metres", i), HX_E_INVALID;
    if (need < 0) return snprintf(why, why_bytes, "slots[%d].need: any, traffic or armed", i), HX_E_INVALID;
    s->need = (enum rota_need)need;
    return HX_OK;
}

enum hx_err rota_read(const json_t *file, struct rota *out, char *why, size_t why_bytes)
{
    *out = (struct rota){.days = 0};
    const json_t *weights = json_object_get(file, "weights"), *officers = json_object_get(file, "officers"), *slots = json_object_get(file, "slots");
    if (!json_is_object(file) || !json_is_array(officers) || !json_is_array(slots)) return snprintf(why, why_bytes, "officers and slots must be lists"), HX_E_INVALID;
    if (!whole(file, "days", 1, ROTA_DAYS_MAX, 0, &out->days, why, why_bytes) || !whole(file, "days_per_week", 1, 7, 5, &out->days_per_week, why, why_bytes) ||
        !whole(file, "peaks", 1, ROTA_PEAKS_MAX, 0, &out->peaks, why, why_bytes) || !whole(file, "cap_week", 0, 1000, 8, &out->cap_week, why, why_bytes) ||
        !whole(file, "cap_day", 0, 100, 2, &out->cap_day, why, why_bytes) || !whole(weights, "per_100m", 0, 1000, 1, &out->per_100m, why, why_bytes) ||
        !whole(weights, "fairness", 0, 1000, 2, &out->fairness, why, why_bytes) ||
        !whole(weights, "uncovered", 1, 100000000, 1000000, &out->uncovered_weight, why, why_bytes))
        return HX_E_INVALID;
    size_t no = json_array_size(officers), ns = json_array_size(slots);
    if (no > ROTA_OFFICERS_MAX || ns > ROTA_SLOTS_MAX || ns * rota_peaks_all(out) > 1000000 || no * rota_peaks_all(out) > 2000000)
        return snprintf(why, why_bytes, "too large: at most %d officers, %d slots, 1,000,000 slots over all peaks", ROTA_OFFICERS_MAX, ROTA_SLOTS_MAX), HX_E_LIMIT;
    out->officer_count = (int)no;
    out->slot_count = (int)ns;
    out->officers = calloc(no + 1, sizeof *out->officers);
    out->slots = calloc(ns + 1, sizeof *out->slots);
    out->available = calloc(no * rota_peaks_all(out) + 1, 1);
    HX_ASSERT(out->officers != NULL && out->slots != NULL && out->available != NULL);
    struct map ids;
    map_init(&ids);
    enum hx_err e = HX_OK;
    for (int i = 0; !e && i < out->officer_count; i++) e = read_officer(json_array_get(officers, (size_t)i), i, out, &ids, why, why_bytes);
    for (int i = 0; !e && i < out->slot_count; i++) e = read_slot(json_array_get(slots, (size_t)i), i, out, why, why_bytes);
    map_free(&ids);
    if (e) rota_free(out);
    return e;
}

void rota_free(struct rota *r)
{
    free(r->officers);
    free(r->slots);
    free(r->available);
    free(r->wanted);
    *r = (struct rota){.days = 0};
}

void rota_plan_make(const struct rota *r, struct rota_plan *out)
{
    size_t n = rota_peaks_all(r) * (size_t)r->slot_count;
    *out = (struct rota_plan){.uncovered = (int)n};
    out->assign = malloc((n + 1) * sizeof *out->assign);
    HX_ASSERT(out->assign != NULL);
    for (size_t i = 0; i < n; i++) {
        out->assign[i] = -1;
        out->uncovered -= !rota_wanted(r, i);
    }
}

void rota_plan_free(struct rota_plan *p)
{
    free(p->assign);
    p->assign = NULL;
}

enum hx_err rota_plan_read(const struct rota *r, const json_t *file, struct rota_plan *out, char *why, size_t why_bytes)
{
    struct map ids;
    enum hx_err e = HX_OK;
    const json_t *days = json_object_get(file, "assign");
    map_init(&ids);
    for (int i = 0; i < r->officer_count; i++) map_put(&ids, str_of(r->officers[i].id), &r->officers[i]);
    rota_plan_make(r, out);
    out->cost = json_i64(file, "cost", 0);
    out->bound = json_i64(file, "bound", 0);
    for (int d = 0; !e && d < r->days; d++)
        for (int k = 0; !e && k < r->peaks; k++) {
            const json_t *row = json_array_get(json_array_get(days, (size_t)d), (size_t)k);
            if ((int)json_array_size(row) != r->slot_count) {
                snprintf(why, why_bytes, "assign[%d][%d]: %d entries are needed", d, k, r->slot_count);
                e = HX_E_INVALID;
            }
            for (int s = 0; !e && s < r->slot_count; s++) {
                const json_t *id = json_array_get(row, (size_t)s);
                if (json_is_null(id)) continue;
                const struct rota_officer *o = json_is_string(id) ? map_get(&ids, str_of(json_string_value(id))) : NULL;
                if (o == NULL) snprintf(why, why_bytes, "assign[%d][%d][%d]: no such officer", d, k, s), e = HX_E_INVALID;
                else out->assign[rota_at(r, d, k, s)] = (int32_t)(o - r->officers), out->uncovered--;
            }
        }
    map_free(&ids);
    if (e) rota_plan_free(out);
    return e;
}

json_t *rota_plan_json(const struct rota *r, const struct rota_plan *p)
{
    json_t *assign = json_array(), *uncovered = json_array();
    char why[300];
    for (int d = 0; d < r->days; d++) {
        json_t *day = json_array();
        for (int k = 0; k < r->peaks; k++) {
            json_t *row = json_array();
            for (int s = 0; s < r->slot_count; s++) {
                int i = p->assign[rota_at(r, d, k, s)];
                json_array_append_new(row, i < 0 ? json_null() : json_string(r->officers[i].id));
                if (i >= 0 || !rota_wanted(r, rota_at(r, d, k, s))) continue;
                rota_why(r, p, d, k, s, why, sizeof why);
                json_array_append_new(uncovered, json_pack("{s:i,s:i,s:i,s:s,s:s}", "day", d, "peak", k, "slot", s, "post", r->slots[s].post, "why", why));
            }
            json_array_append_new(day, row);
        }
        json_array_append_new(assign, day);
    }
    return json_pack("{s:I,s:I,s:b,s:o,s:o,s:f}", "cost", (json_int_t)p->cost, "bound", (json_int_t)p->bound, "optimal", p->optimal, "uncovered", uncovered,
                     "assign", assign, "cpu_s", p->cpu_s);
}

bool rota_fits(const struct rota_officer *o, const struct rota_slot *s)
{
    if (s->need == ROTA_NEEDS_TRAFFIC) return o->kind == ROTA_TRAFFIC;
    if (s->need == ROTA_NEEDS_ARMED) return o->armed;
    return o->kind != ROTA_TRAFFIC;
}

int rota_distance_cost(const struct rota *r, int officer, int slot)
{
    const struct rota_officer *o = &r->officers[officer];
    const struct rota_slot *s = &r->slots[slot];
    double units = round(hypot(o->x_m - s->x_m, o->y_m - s->y_m) / 100);
    return units > 500000 ? 500000 * r->per_100m : (int)units * r->per_100m;
}
