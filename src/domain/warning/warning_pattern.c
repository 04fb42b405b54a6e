#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/geo.h"
#include "warning_inner.h"

#define HOUR_MS 3600000LL
#define WEEK_HOURS 168
#define WEEKS_LEAST 2
#define SAMPLE_MS 600000

static const struct rule_case *case_of(const struct instance *i)
{
    return &i->rule->rule.cases[i->case_no];
}

/* ---- what was seen ---- */

static struct sighting sight(struct warning_engine *e, const struct instance *i, int input, const struct warning_event *event)
{
    const struct rule_case *c = case_of(i);
    const struct field_value *lon = &e->values[FIELD_LON], *lat = &e->values[FIELD_LAT]; /* read when the input was matched */
    struct sighting s = {.at = event->at, .seq = event->seq, .school_id = event->school_id, .input = (uint8_t)input};
    if (e->read && lon->kind == FIELD_NUMBER && lat->kind == FIELD_NUMBER) s.lon = lon->number, s.lat = lat->number;
    const struct warning_school *school = s.lon == 0 && s.lat == 0 && c->near_m >= 1000 && s.school_id != 0 ? e->world.school(e->world.arg, s.school_id) : NULL;
    if (school != NULL) s.lon = school->lon, s.lat = school->lat; /* of kilometres, the school's place is good enough */
    struct field_value v;
    if (c->distinct >= 0 && event_value(e, i->rule, c->distinct, event, &v)) {
        s.value = v.text.len > 0 ? 14695981039346656037ull : (uint64_t)(int64_t)v.number + 1;
        for (size_t b = 0; b < v.text.len; b++) s.value = (s.value ^ (uint8_t)v.text.at[b]) * 1099511628211ull;
    }
    return s;
}

static bool is_placed(const struct sighting *s)
{
    return s->lon != 0 || s->lat != 0;
}

/* Of a place that is not known, the school must do. */
static bool is_near(const struct sighting *a, const struct sighting *b, double near_m)
{
    if (near_m == 0) return true;
    if (!is_placed(a) || !is_placed(b)) return a->school_id == b->school_id;
    return geo_distance_m(a->lon, a->lat, b->lon, b->lat) <= near_m;
}

void pattern_span(const struct instance *i, double *span_m)
{
    *span_m = 0;
    for (int a = 0; a < i->seen_count; a++) {
        if (!is_placed(&i->seen[a])) *span_m = -1;
        for (int b = 0; b < a && *span_m >= 0; b++) {
            double d = geo_distance_m(i->seen[a].lon, i->seen[a].lat, i->seen[b].lon, i->seen[b].lat);
            if (d > *span_m) *span_m = d;
        }
    }
}

static void drop_seen(struct instance *i, int at)
{
    memmove(&i->seen[at], &i->seen[at + 1], (size_t)(i->seen_count - at - 1) * sizeof *i->seen);
    i->seen_count--;
}

static void keep_seen(struct instance *i, const struct sighting *s, int most)
{
    if (i->seen_count == most) drop_seen(i, 0);
    if (i->seen_count == i->seen_room) {
        i->seen_room = i->seen_room ? 2 * i->seen_room : 2;
        i->seen = realloc(i->seen, (size_t)i->seen_room * sizeof *i->seen);
        HX_ASSERT(i->seen != NULL);
    }
    i->seen[i->seen_count++] = *s;
}

static void forget_before(struct instance *i, int64_t at)
{
    int old = 0;
    while (old < i->seen_count && i->seen[old].at <= at) old++;
    if (old == 0) return;
    memmove(i->seen, i->seen + old, (size_t)(i->seen_count - old) * sizeof *i->seen);
    i->seen_count -= old;
}

static void set_text(struct warning_engine *e, struct instance *i, const struct warning_event *event, int count)
{
    const struct rule_case *c = case_of(i);
    char text[WARNING_TEXT_MAX];
    free(i->zh);
    free(i->en);
    event_say(e, i->rule, c->zh, event, count, text, sizeof text);
    i->zh = str_dup(str_of(text));
    event_say(e, i->rule, c->en, event, count, text, sizeof text);
    i->en = str_dup(str_of(text));
}

/* A sample has no number: told again within ten minutes, by a feed or after a crash, it is the same finding. */
static int64_t episode_of(const struct warning_event *event)
{
    return event->seq != 0 ? event->seq : event->at / SAMPLE_MS * SAMPLE_MS;
}

/* Raises it at the event, unless it is raised already. */
static void raise_at(struct warning_engine *e, struct instance *i, const struct warning_event *event, int count)
{
    if (i->opened_at != 0) return;
    i->school_id = event->school_id;
    i->count = count;
    i->episode = i->seen_count > 0 && i->seen[0].seq != 0 ? i->seen[0].seq : episode_of(event);
    set_text(e, i, event, count);
    instance_raise(e, i, &case_of(i)->steps[0], event->at);
}

/* ---- each pattern ---- */

static void see_each(struct warning_engine *e, struct instance *i, const struct sighting *s, const struct warning_event *event)
{
    if (i->opened_at != 0) i->count++;
    else keep_seen(i, s, 1), raise_at(e, i, event, 1);
    instance_due(e, i, event->at + case_of(i)->cooldown_ms);
}

/* When fewer than `until` are left in the window. */
static int64_t count_ends(const struct instance *i)
{
    const struct rule_case *c = case_of(i);
    int last = i->seen_count - c->until;
    int64_t quiet = last >= 0 ? i->seen[last].at + c->window_ms : i->opened_at, cool = i->opened_at + c->cooldown_ms;
    return quiet > cool ? quiet : cool;
}

static void see_count(struct warning_engine *e, struct instance *i, const struct sighting *s, const struct warning_event *event)
{
    const struct rule_case *c = case_of(i);
    int n = 0;
    forget_before(i, event->at - c->window_ms);
    for (int k = 0; c->distinct >= 0 && k < i->seen_count; k++)
        if (i->seen[k].value == s->value && is_near(&i->seen[k], s, c->near_m)) drop_seen(i, k--);
    keep_seen(i, s, c->near_m > 0 ? 4 * RULE_NEED_MAX : c->need);
    for (int k = 0; k < i->seen_count; k++) n += is_near(&i->seen[k], s, c->near_m);
    if (i->opened_at != 0) i->count++;
    else if (n >= c->need) raise_at(e, i, event, n);
    instance_due(e, i, i->opened_at != 0 ? count_ends(i) : i->seen[i->seen_count - 1].at + c->window_ms);
}

static void see_together(struct warning_engine *e, struct instance *i, const struct sighting *s, const struct warning_event *event)
{
    const struct rule_case *c = case_of(i);
    forget_before(i, event->at - c->window_ms);
    for (int k = 0; k < i->seen_count; k++)
        if (i->seen[k].input == s->input) drop_seen(i, k--);
    int kinds = 1;
    for (int k = 0; k < i->seen_count; k++) kinds += i->seen[k].seq != s->seq && is_near(&i->seen[k], s, c->near_m); /* one event is one source, whatever it fits */
    keep_seen(i, s, RULE_INPUTS_MAX);
    if (i->opened_at != 0) i->count++;
    else if (kinds >= c->need) raise_at(e, i, event, kinds);
    int64_t ends = event->at + c->window_ms, cool = i->opened_at != 0 ? i->opened_at + c->cooldown_ms : 0;
    instance_due(e, i, ends > cool ? ends : cool);
}

static int64_t step_at(const struct instance *i)
{
    const struct rule_case *c = case_of(i);
    return (size_t)i->step < c->step_count ? i->base_at + c->steps[i->step].offset_ms : i->opened_at + c->cooldown_ms;
}

/* From where an `after` counts: its field, or without it the event's own time. false: the field is no time. */
static bool base_of(struct warning_engine *e, const struct instance *i, const struct warning_event *event, int64_t *base)
{
    struct field_value v;
    int at = case_of(i)->at;
    *base = event->at;
    return at < 0 || !event_value(e, i->rule, at, event, &v) || (v.kind == FIELD_TEXT && clock_parse(v.text, base));
}

bool pattern_repeats(struct warning_engine *e, const struct instance *i, const struct warning_event *event)
{
    int64_t base;
    return case_of(i)->pattern == RULE_AFTER && case_of(i)->at >= 0 && base_of(e, i, event, &base) && base == i->base_at;
}

static void see_after(struct warning_engine *e, struct instance *i, const struct sighting *s, const struct warning_event *event)
{
    const struct rule_case *c = case_of(i);
    int64_t base;
    if (!base_of(e, i, event, &base)) return;
    if (i->base_at != 0 && (c->at < 0 || base == i->base_at || i->opened_at != 0)) return; /* it runs already */
    i->base_at = base;
    i->school_id = event->school_id;
    i->step = 0;
    i->count = 1;
    i->episode = c->at >= 0 || event->seq == 0 ? base : event->seq;
    i->seen_count = 0;
    keep_seen(i, s, 1);
    set_text(e, i, event, 1);
    instance_due(e, i, step_at(i));
}

static void due_after(struct warning_engine *e, struct instance *i)
{
    const struct rule_case *c = case_of(i);
    if ((size_t)i->step < c->step_count) {
        const struct rule_step *step = &c->steps[i->step++];
        int64_t told = i->seen_count > 0 ? i->seen[0].at : 0; /* it was overdue before anybody told of it */
        instance_raise(e, i, step, i->deadline > told ? i->deadline : told);
        instance_due(e, i, step_at(i));
        return;
    }
    instance_clear(e, i, i->deadline);
    instance_end(e, i);
}

/* ---- silence ---- */

static int64_t sum_hours(const struct instance *i, int64_t from, int64_t to)
{
    int64_t sum = 0;
    for (int64_t h = from; h < to; h++) sum += h > i->last_hour || h <= i->last_hour - USUAL_HOURS ? 0 : i->usual[h % USUAL_HOURS];
    return sum;
}

/* How unusual the hours before `hour` are: (seen - usual) / deviation, where the deviation is at least that of chance. */
static bool silence_z(const struct instance *i, int64_t hour, double *z, double *usual)
{
    int64_t width = case_of(i)->window_ms / HOUR_MS;
    double sum = 0, squares = 0;
    int weeks = 0;
    for (int64_t k = 1; k <= 4; k++) {
        int64_t from = hour - width - k * WEEK_HOURS;
        if (from < i->first_hour || from <= i->last_hour - USUAL_HOURS) break;
        double n = (double)sum_hours(i, from, from + width);
        sum += n, squares += n * n, weeks++;
    }
    if (weeks < WEEKS_LEAST) return false;
    double mean = sum / weeks, variance = (squares - sum * mean) / (weeks - 1);
    if (variance < mean) variance = mean;
    if (variance < 1) variance = 1;
    *usual = mean;
    *z = ((double)sum_hours(i, hour - width, hour) - mean) / sqrt(variance);
    return true;
}

static void move_hour(struct instance *i, int64_t hour)
{
    for (int64_t h = i->last_hour + 1 > hour - USUAL_HOURS ? i->last_hour + 1 : hour - USUAL_HOURS + 1; h <= hour; h++) i->usual[h % USUAL_HOURS] = 0;
    if (hour > i->last_hour) i->last_hour = hour;
}

static void see_silent(struct warning_engine *e, struct instance *i, const struct sighting *s, const struct warning_event *event)
{
    int64_t hour = event->at / HOUR_MS;
    if (i->usual == NULL) {
        i->usual = calloc(USUAL_HOURS, sizeof *i->usual);
        HX_ASSERT(i->usual != NULL);
        i->first_hour = i->last_hour = hour;
    }
    if (hour < i->last_hour) return;
    move_hour(i, hour);
    if (i->usual[hour % USUAL_HOURS] < UINT16_MAX) i->usual[hour % USUAL_HOURS]++;
    i->school_id = event->school_id;
    i->seen_count = 0;
    keep_seen(i, s, 1); /* the last sign of life */
    if (i->zh == NULL) set_text(e, i, event, 0);
    if (i->deadline == 0) instance_due(e, i, (hour + 1) * HOUR_MS); /* else the hour before is still to be judged */
}

static void due_silent(struct warning_engine *e, struct instance *i)
{
    const struct rule_case *c = case_of(i);
    int64_t at = i->deadline, hour = at / HOUR_MS;
    double z, usual;
    move_hour(i, hour);
    int hours = c->when == RULE_ALWAYS ? 0 : e->world.hours(e->world.arg, i->school_id, at);
    bool judged = c->when == RULE_ALWAYS || (c->when == RULE_PEAK ? (hours & WARNING_IN_PEAK) != 0 : ((hours & WARNING_IN_SCHOOL) != 0) == (c->when == RULE_SCHOOL_HOURS));
    if (judged && silence_z(i, hour, &z, &usual)) {
        if (i->opened_at == 0 && z < c->z) {
            i->count = (int)lround(usual);
            i->episode = i->seen_count > 0 && i->seen[0].seq != 0 ? i->seen[0].seq : at;
            instance_raise(e, i, &c->steps[0], at);
        } else if (i->opened_at != 0 && z > c->z / 2) {
            instance_clear(e, i, at);
        }
    }
    instance_touch(e, i);
    if (hour - (i->seen_count > 0 ? i->seen[0].at / HOUR_MS : i->first_hour) > USUAL_HOURS) instance_clear(e, i, at), instance_end(e, i); /* five weeks of nothing: that is the usual now */
    else instance_due(e, i, (hour + 1) * HOUR_MS);
}

/* ---- the engine's three questions ---- */

void pattern_see(struct warning_engine *e, struct instance *i, int input, const struct warning_event *event)
{
    struct sighting s = sight(e, i, input, event);
    if (event->seq > i->seq) i->seq = event->seq;
    instance_touch(e, i);
    switch (case_of(i)->pattern) {
    case RULE_EACH: see_each(e, i, &s, event); break;
    case RULE_COUNTING: see_count(e, i, &s, event); break;
    case RULE_TOGETHER: see_together(e, i, &s, event); break;
    case RULE_AFTER: see_after(e, i, &s, event); break;
    case RULE_SILENT: see_silent(e, i, &s, event); break;
    }
    if (i->deadline == 0) instance_end(e, i); /* it could not begin: a field was missing */
}

void pattern_end(struct warning_engine *e, struct instance *i, const struct warning_event *event)
{
    if (event->seq > i->seq) i->seq = event->seq;
    instance_clear(e, i, event->at);
    if (case_of(i)->pattern == RULE_SILENT) instance_touch(e, i);
    else instance_end(e, i);
}

void pattern_due(struct warning_engine *e, struct instance *i)
{
    const struct rule_case *c = case_of(i);
    if (c->pattern == RULE_AFTER) {
        due_after(e, i);
    } else if (c->pattern == RULE_SILENT) {
        due_silent(e, i);
    } else {
        instance_clear(e, i, i->deadline);
        instance_end(e, i);
    }
}
