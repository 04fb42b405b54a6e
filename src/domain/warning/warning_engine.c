#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "warning_inner.h"

#define FOLD_MS 600000 /* so long the alike of one area count as one lot */

/* ---- fields of an event ---- */

static void read_fields(struct warning_engine *e, const struct warning_event *event)
{
    if (e->read) return;
    field_read(&e->fields, event->data, e->values);
    e->read = true;
}

static bool is_set(struct warning_engine *e, int own, const struct warning_event *event)
{
    read_fields(e, event);
    return e->values[own].kind == FIELD_FLAG && e->values[own].number == 1;
}

static struct field_value number_value(double number)
{
    return (struct field_value){.kind = FIELD_NUMBER, .number = number};
}

bool event_value(struct warning_engine *e, const struct engine_rule *r, int field, const struct warning_event *event, struct field_value *out)
{
    int number = r->fields[field];
    const struct warning_school *school = number <= ASK_COUNTY && number != ASK_HOUR && number != ASK_WEEKDAY && event->school_id != 0 ? e->world.school(e->world.arg, event->school_id) : NULL;
    *out = (struct field_value){.kind = FIELD_NONE};
    switch (number) {
    case ASK_SCHOOL: if (event->school_id != 0) *out = number_value((double)event->school_id); break;
    case ASK_SUBJECT: if (event->subject_id != 0) *out = number_value((double)event->subject_id); break;
    case ASK_COUNTY: if (school != NULL) *out = (struct field_value){.kind = FIELD_TEXT, .text = str_of(school->county)}; break;
    case ASK_SCHOOL_KIND: if (school != NULL) *out = (struct field_value){.kind = FIELD_TEXT, .text = str_of(school->kind)}; break;
    case ASK_BOARDERS: if (school != NULL) *out = number_value(school->boarders); break;
    case ASK_HOUR: *out = number_value((double)((event->at + CLOCK_LOCAL_MS) % CLOCK_DAY_MS) / 3600000.0); break;
    case ASK_WEEKDAY: *out = number_value(clock_local_weekday(event->at)); break;
    default:
        read_fields(e, event);
        *out = e->values[number];
    }
    return out->kind != FIELD_NONE && out->kind != FIELD_NULL;
}

static bool compare(enum rule_op_kind kind, const struct field_value *v, const struct rule_literal *l)
{
    if (l->kind == RULE_TEXT) {
        int order;
        if (v->kind != FIELD_TEXT) return kind == RULE_NE;
        size_t least = v->text.len < l->text.len ? v->text.len : l->text.len;
        order = memcmp(v->text.at, l->text.at, least);
        if (order == 0) order = v->text.len < l->text.len ? -1 : v->text.len > l->text.len;
        return kind == RULE_EQ ? order == 0 : kind == RULE_NE ? order != 0 : kind == RULE_LT ? order < 0 : kind == RULE_LE ? order <= 0 : kind == RULE_GT ? order > 0 : order >= 0;
    }
    if (v->kind != (l->kind == RULE_FLAG ? FIELD_FLAG : FIELD_NUMBER)) return kind == RULE_NE;
    double a = v->number, b = l->number;
    return kind == RULE_EQ ? a == b : kind == RULE_NE ? a != b : kind == RULE_LT ? a < b : kind == RULE_LE ? a <= b : kind == RULE_GT ? a > b : a >= b;
}

static bool op_holds(struct warning_engine *e, const struct engine_rule *r, const struct rule_op *op, const struct warning_event *event)
{
    struct field_value v;
    bool there = event_value(e, r, op->field, event, &v);
    if (op->kind == RULE_HAS) return there;
    if (op->kind != RULE_IN && op->kind != RULE_CONTAINS) return there ? compare(op->kind, &v, &r->rule.literals[op->literal]) : op->kind == RULE_NE;
    for (int i = 0; there && i < op->count; i++) {
        const struct rule_literal *l = &r->rule.literals[op->literal + i];
        if (op->kind == RULE_IN ? compare(RULE_EQ, &v, l) : v.text.len > 0 && memmem(v.text.at, v.text.len, l->text.at, l->text.len) != NULL) return true;
    }
    return false;
}

static bool input_matches(struct warning_engine *e, const struct engine_rule *r, const struct rule_input *in, const struct warning_event *event)
{
    bool stack[RULE_OPS_MAX];
    size_t n = 0;
    if (!in->names_test && is_set(e, FIELD_TEST, event)) return false;
    for (size_t i = 0; i < in->op_count; i++) {
        const struct rule_op *op = &in->ops[i];
        if (op->kind == RULE_NOT) stack[n - 1] = !stack[n - 1];
        else if (op->kind == RULE_AND) n--, stack[n - 1] = stack[n - 1] && stack[n];
        else if (op->kind == RULE_OR) n--, stack[n - 1] = stack[n - 1] || stack[n];
        else stack[n++] = op_holds(e, r, op, event);
    }
    return in->op_count == 0 || stack[0];
}

void event_say(struct warning_engine *e, const struct engine_rule *r, struct str form, const struct warning_event *event, int count, char *out, size_t size)
{
    struct buf b;
    buf_init(&b, size - 1);
    while (form.len > 0) {
        const char *open = memchr(form.at, '{', form.len), *close = open != NULL ? memchr(open, '}', form.len - (size_t)(open - form.at)) : NULL;
        size_t plain = close != NULL ? (size_t)(open - form.at) : form.len;
        buf_add(&b, form.at, plain);
        form = (struct str){form.at + plain, form.len - plain};
        if (close == NULL) break;
        struct str name = {open + 1, (size_t)(close - open) - 1};
        form = (struct str){close + 1, form.len - name.len - 2};
        const struct warning_school *school = str_eq_z(name, "school") && event->school_id != 0 ? e->world.school(e->world.arg, event->school_id) : NULL;
        if (school != NULL) buf_add_z(&b, school->name);
        if (str_eq_z(name, "count")) buf_printf(&b, "%d", count);
        for (size_t i = 0; school == NULL && i < r->rule.field_count; i++) {
            struct field_value v;
            if (!str_eq(r->rule.fields[i], name) || !event_value(e, r, (int)i, event, &v)) continue;
            if (v.text.len > 0) buf_add(&b, v.text.at, v.text.len < 80 ? v.text.len : 80);
            else buf_printf(&b, "%g", v.number);
        }
    }
    str_to_utf8_z(buf_str(&b), out, size); /* of text that was cut, no half character is left */
    buf_free(&b);
}

/* ---- instances ---- */

void instance_name(const struct engine_rule *r, int case_no, bool drill, const char *key, char *out, size_t size)
{
    snprintf(out, size, "%s/%d/%s%s", r->code, case_no, drill ? "D" : "", key);
}

void instance_touch(struct warning_engine *e, struct instance *i)
{
    if (i->dirty || !e->remembers) return;
    i->dirty = true;
    i->next_dirty = e->dirty;
    e->dirty = i;
}

struct instance *instance_find(struct warning_engine *e, struct engine_rule *r, int case_no, bool drill, const char *key, bool make)
{
    char name[WARNING_KEY_MAX + RULE_CODE_MAX + 8];
    instance_name(r, case_no, drill, key, name, sizeof name);
    struct instance *i = map_get(&e->instances, str_of(name));
    if (i != NULL || !make) return i;
    if (e->instances.count >= WARNING_INSTANCES_MAX) {
        e->refused++;
        return NULL;
    }
    i = calloc(1, sizeof *i);
    HX_ASSERT(i != NULL);
    i->rule = r;
    i->case_no = case_no;
    i->drill = drill;
    i->heap_at = -1;
    str_to_z(str_of(key), i->key, sizeof i->key);
    map_put(&e->instances, str_of(name), i);
    return i;
}

static void heap_put(struct warning_engine *e, int at, struct instance *i)
{
    e->heap[at] = i;
    i->heap_at = at;
}

/* Of two that are due at one moment the order is always the same, so that a replay is one. */
static bool is_before(const struct instance *a, const struct instance *b)
{
    if (a->deadline != b->deadline) return a->deadline < b->deadline;
    int order = strcmp(a->rule->code, b->rule->code);
    if (order == 0) order = a->case_no - b->case_no;
    if (order == 0) order = strcmp(a->key, b->key);
    return order < 0 || (order == 0 && !a->drill && b->drill);
}

static void heap_sift(struct warning_engine *e, int at)
{
    struct instance *i = e->heap[at];
    while (at > 0 && is_before(i, e->heap[(at - 1) / 2])) {
        heap_put(e, at, e->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (int child; (child = 2 * at + 1) < e->heap_count; at = child) {
        if (child + 1 < e->heap_count && is_before(e->heap[child + 1], e->heap[child])) child++;
        if (!is_before(e->heap[child], i)) break;
        heap_put(e, at, e->heap[child]);
    }
    heap_put(e, at, i);
}

static void heap_take(struct warning_engine *e, struct instance *i)
{
    int at = i->heap_at;
    if (at < 0) return;
    i->heap_at = -1;
    struct instance *last = e->heap[--e->heap_count];
    if (last == i) return;
    heap_put(e, at, last);
    heap_sift(e, at);
}

void instance_due(struct warning_engine *e, struct instance *i, int64_t deadline)
{
    if (i->deadline == deadline && (i->heap_at >= 0) == (deadline != 0)) return;
    i->deadline = deadline;
    if (deadline == 0) {
        heap_take(e, i);
        return;
    }
    if (i->heap_at < 0) {
        if (e->heap_count == e->heap_room) {
            e->heap_room = e->heap_room ? 2 * e->heap_room : 256;
            e->heap = realloc(e->heap, (size_t)e->heap_room * sizeof(struct instance *));
            HX_ASSERT(e->heap != NULL);
        }
        heap_put(e, e->heap_count++, i);
    }
    heap_sift(e, i->heap_at);
}

static void instance_free(struct instance *i)
{
    free(i->seen);
    free(i->zh);
    free(i->en);
    free(i->usual);
    free(i);
}

static void forget_dirty(struct warning_engine *e, const struct instance *i)
{
    struct instance **at = &e->dirty;
    while (*at != NULL && *at != i) at = &(*at)->next_dirty;
    if (*at != NULL) *at = i->next_dirty;
}

static void note_gone(struct warning_engine *e, const char *name)
{
    if (e->gone_count == e->gone_room) {
        e->gone_room = e->gone_room ? 2 * e->gone_room : 64;
        e->gone = realloc(e->gone, e->gone_room * sizeof *e->gone);
        HX_ASSERT(e->gone != NULL);
    }
    snprintf(e->gone[e->gone_count++], sizeof *e->gone, "%s", name);
}

void instance_end(struct warning_engine *e, struct instance *i)
{
    char name[sizeof e->gone[0]];
    instance_name(i->rule, i->case_no, i->drill, i->key, name, sizeof name);
    heap_take(e, i);
    if (i->dirty) forget_dirty(e, i);
    map_take(&e->instances, str_of(name));
    if (e->remembers) note_gone(e, name);
    instance_free(i);
}

/* ---- hits ---- */

void warning_open_count(struct warning_engine *e, const struct engine_rule *r, int64_t school_id, int by)
{
    char name[64];
    if (r->rule.hide_count == 0 || school_id == 0) return;
    snprintf(name, sizeof name, "%s@%lld", r->code, (long long)school_id);
    intptr_t n = (intptr_t)map_take(&e->open, str_of(name)) + by;
    if (n > 0) map_put(&e->open, str_of(name), (void *)n);
}

/* The rule whose open warning at this school hides warnings of `code`; NULL: none. */
static const char *hider_of(const struct warning_engine *e, const char *code, int64_t school_id)
{
    char name[64];
    for (size_t i = 0; i < e->rule_count && school_id != 0; i++) {
        const struct rule *r = &e->rules[i]->rule;
        for (size_t h = 0; h < r->hide_count; h++) {
            if (!str_eq_z(r->hides[h], code)) continue;
            snprintf(name, sizeof name, "%s@%lld", e->rules[i]->code, (long long)school_id);
            if (map_get(&e->open, str_of(name)) != NULL) return e->rules[i]->code;
        }
    }
    return NULL;
}

/* Each step by itself: of a hundred bare gates ten are told to the school, and ten to the desk. */
static bool is_folded(struct warning_engine *e, const struct instance *i, int step, int64_t at)
{
    const struct rule_case *c = &i->rule->rule.cases[i->case_no];
    char name[64];
    const struct warning_school *school = i->school_id != 0 ? e->world.school(e->world.arg, i->school_id) : NULL;
    if (c->fold == 0) return false;
    snprintf(name, sizeof name, "%s/%d/%d/%s", i->rule->code, i->case_no, step, c->fold_all || school == NULL ? "all" : school->county);
    struct fold *f = map_get(&e->folds, str_of(name));
    if (f == NULL) {
        f = calloc(1, sizeof *f);
        HX_ASSERT(f != NULL);
        map_put(&e->folds, str_of(name), f);
    }
    if (at - f->from > FOLD_MS) *f = (struct fold){.from = at};
    return ++f->count > c->fold;
}

void instance_raise(struct warning_engine *e, struct instance *i, const struct rule_step *step, int64_t at)
{
    const struct rule_case *c = &i->rule->rule.cases[i->case_no];
    struct warning_hit h = {.rule = &i->rule->rule, .version = i->rule->version, .case_no = i->case_no, .step = (int)(step - c->steps), .at = at, .school_id = i->school_id, .drill = i->drill,
                            .severity = step->severity, .to = step->to, .count = i->count, .episode = i->episode, .kinds = 1};
    h.last_step = (size_t)h.step + 1 == c->step_count;
    memcpy(h.key, i->key, sizeof h.key);
    uint32_t kinds = 0;
    for (int s = i->seen_count > WARNING_EVIDENCE_MAX ? i->seen_count - WARNING_EVIDENCE_MAX : 0; s < i->seen_count; s++) {
        if (i->seen[s].seq != 0) h.evidence[h.evidence_count++] = i->seen[s].seq;
        kinds |= 1u << i->seen[s].input;
    }
    if (c->pattern == RULE_TOGETHER) h.kinds = __builtin_popcount(kinds);
    pattern_span(i, &h.span_m);
    h.hidden_by = hider_of(e, i->rule->code, i->school_id);
    h.folded = h.hidden_by == NULL && is_folded(e, i, h.step, at);
    if (i->opened_at == 0) {
        i->opened_at = at;
        warning_open_count(e, i->rule, i->school_id, 1);
    }
    snprintf(h.zh, sizeof h.zh, "%s", i->zh != NULL ? i->zh : "");
    snprintf(h.en, sizeof h.en, "%s", i->en != NULL ? i->en : "");
    instance_touch(e, i);
    e->sink.raised(e->sink.arg, &h);
}

void instance_clear(struct warning_engine *e, struct instance *i, int64_t at)
{
    if (i->opened_at == 0) return;
    struct warning_clear c = {.code = i->rule->code, .case_no = i->case_no, .key = i->key, .episode = i->episode, .at = at, .drill = i->drill, .count = i->count};
    i->opened_at = 0;
    warning_open_count(e, i->rule, i->school_id, -1);
    instance_touch(e, i);
    e->sink.cleared(e->sink.arg, &c);
}

/* ---- an event's way ---- */

/* false: the event lacks a field of the key, so it is none of this case's. */
static bool key_of(struct warning_engine *e, const struct engine_rule *r, const struct rule_case *c, const struct warning_event *event, char key[WARNING_KEY_MAX])
{
    size_t n = 0;
    key[0] = 0;
    for (size_t i = 0; i < c->key_count; i++) {
        struct field_value v;
        if (!event_value(e, r, c->keys[i], event, &v)) return false;
        int added = v.text.len > 0 ? snprintf(key + n, WARNING_KEY_MAX - n, "%s%.*s", i > 0 ? "," : "", (int)(v.text.len < 40 ? v.text.len : 40), v.text.at)
                                   : snprintf(key + n, WARNING_KEY_MAX - n, "%s%lld", i > 0 ? "," : "", (long long)v.number);
        n += (size_t)added;
        if (n >= WARNING_KEY_MAX) n = WARNING_KEY_MAX - 1;
    }
    return true;
}

static bool in_time(struct warning_engine *e, const struct rule_case *c, const struct warning_event *event)
{
    if (c->when == RULE_ALWAYS || c->pattern == RULE_SILENT) return true; /* silence is judged at its own hour */
    int hours = e->world.hours(e->world.arg, event->school_id, event->at);
    if (c->when == RULE_PEAK) return hours & WARNING_IN_PEAK;
    return ((hours & WARNING_IN_SCHOOL) != 0) == (c->when == RULE_SCHOOL_HOURS);
}

static bool has_input(const uint8_t *inputs, size_t n, int input)
{
    for (size_t i = 0; i < n; i++)
        if (inputs[i] == input) return true;
    return false;
}

static void see_input(struct warning_engine *e, struct engine_rule *r, int input, const struct warning_event *seen)
{
    char key[WARNING_KEY_MAX];
    if (!input_matches(e, r, &r->rule.inputs[input], seen)) return;
    bool drill = is_set(e, FIELD_DRILL, seen);
    for (size_t n = 0; n < r->rule.case_count; n++) {
        const struct rule_case *c = &r->rule.cases[n];
        bool ends = has_input(c->ends, c->end_count, input), begins = has_input(c->inputs, c->input_count, input);
        if (!ends && !begins) continue;
        struct warning_event about = *seen;
        const struct warning_event *event = &about;
        struct field_value school;
        if (c->school >= 0 && event_value(e, r, c->school, seen, &school) && school.kind == FIELD_NUMBER) about.school_id = (int64_t)school.number;
        if (!key_of(e, r, c, event, key)) continue;
        struct instance *i = ends ? instance_find(e, r, (int)n, drill, key, false) : NULL;
        if (i != NULL && begins && pattern_repeats(e, i, event)) continue;
        if (i != NULL && (event->seq == 0 || event->seq > i->restored_seq)) pattern_end(e, i, event);
        if (!begins || !in_time(e, c, event)) continue;
        i = instance_find(e, r, (int)n, drill, key, true);
        if (i != NULL && (event->seq == 0 || event->seq > i->restored_seq)) pattern_see(e, i, input, event);
    }
}

void warning_engine_tick(struct warning_engine *e, int64_t now_ms)
{
    if (now_ms > e->now) e->now = now_ms;
    while (e->heap_count > 0 && e->heap[0]->deadline <= e->now) pattern_due(e, e->heap[0]);
}

void warning_engine_see(struct warning_engine *e, const struct warning_event *event)
{
    const struct type_uses *t = map_get(&e->types, str_of(event->type));
    warning_engine_tick(e, event->at - 1); /* what is due at this very moment is still in time */
    e->read = false;
    for (size_t i = 0; t != NULL && i < t->count; i++) see_input(e, t->uses[i].rule, t->uses[i].input, event);
}

/* ---- rules ---- */

static int number_of(struct warning_engine *e, struct str name)
{
    static const struct { const char *name; int number; } asked[] = {
        {"school", ASK_SCHOOL}, {"subject", ASK_SUBJECT}, {"county", ASK_COUNTY}, {"school_kind", ASK_SCHOOL_KIND}, {"hour", ASK_HOUR}, {"weekday", ASK_WEEKDAY}, {"boarders", ASK_BOARDERS}};
    for (size_t i = 0; i < HX_COUNT(asked); i++)
        if (str_eq_z(name, asked[i].name)) return asked[i].number;
    int n = field_set_add(&e->fields, name);
    return n < 0 ? INT32_MIN : n;
}

static void use_type(struct warning_engine *e, struct str type, struct engine_rule *r, int input)
{
    struct type_uses *t = map_get(&e->types, type);
    if (t == NULL) {
        t = calloc(1, sizeof *t);
        HX_ASSERT(t != NULL);
        map_put(&e->types, type, t);
    }
    if (t->count == t->room) {
        t->room = t->room ? 2 * t->room : 4;
        t->uses = realloc(t->uses, t->room * sizeof *t->uses);
        HX_ASSERT(t->uses != NULL);
    }
    t->uses[t->count++] = (struct type_use){r, input};
}

static void rule_free(struct engine_rule *r)
{
    free(r->text);
    free(r);
}

void warning_engine_drop(struct warning_engine *e, struct str code)
{
    size_t at = 0, n = 0;
    while (n < e->rule_count && !str_eq_z(code, e->rules[n]->code)) n++;
    if (n == e->rule_count) return;
    struct engine_rule *r = e->rules[n];
    for (struct map_entry *m; (m = map_next(&e->instances, &at)) != NULL;) {
        if (((struct instance *)m->value)->rule != r) continue;
        struct instance *i = m->value;
        instance_clear(e, i, e->now);
        instance_end(e, i);
        at = 0; /* the map has changed */
    }
    at = 0;
    for (struct map_entry *m; (m = map_next(&e->types, &at)) != NULL;) {
        struct type_uses *t = m->value;
        size_t kept = 0;
        for (size_t i = 0; i < t->count; i++)
            if (t->uses[i].rule != r) t->uses[kept++] = t->uses[i];
        t->count = kept;
    }
    rule_free(r);
    e->rules[n] = e->rules[--e->rule_count];
}

enum hx_err warning_engine_put(struct warning_engine *e, struct str text, int64_t version, char *why, size_t why_bytes)
{
    struct engine_rule *r = calloc(1, sizeof *r);
    HX_ASSERT(r != NULL);
    r->text = str_dup(text);
    r->version = version;
    enum hx_err err = rule_parse((struct str){r->text, text.len}, &r->rule, false, why, why_bytes);
    str_to_z(r->rule.code, r->code, sizeof r->code);
    for (size_t i = 0; !err && i < r->rule.field_count; i++) {
        r->fields[i] = number_of(e, r->rule.fields[i]);
        if (r->fields[i] == INT32_MIN) err = HX_E_LIMIT;
    }
    if (!err) warning_engine_drop(e, r->rule.code);
    if (!err && e->rule_count == WARNING_RULES_MAX) err = HX_E_LIMIT;
    if (err == HX_E_LIMIT) snprintf(why, why_bytes, "all rules together have at most %d rules and %d fields", WARNING_RULES_MAX, FIELDS_MAX);
    if (err) return rule_free(r), err;
    e->rules[e->rule_count++] = r;
    for (size_t i = 0; i < r->rule.input_count; i++)
        for (size_t t = 0; t < r->rule.inputs[i].type_count; t++) use_type(e, r->rule.inputs[i].types[t], r, (int)i);
    return HX_OK;
}

bool warning_engine_wants(const struct warning_engine *e, const char *type)
{
    const struct type_uses *t = map_get(&e->types, str_of(type));
    return t != NULL && t->count > 0;
}

struct warning_engine *warning_engine_new(const struct warning_world *world, const struct warning_sink *sink)
{
    struct warning_engine *e = calloc(1, sizeof *e);
    HX_ASSERT(e != NULL);
    e->world = *world;
    e->sink = *sink;
    map_init(&e->types);
    map_init(&e->instances);
    map_init(&e->open);
    map_init(&e->folds);
    const struct { int number; struct str name; } own[] = {{FIELD_DRILL, STR("drill")}, {FIELD_TEST, STR("test")}, {FIELD_LON, STR("lon")}, {FIELD_LAT, STR("lat")}};
    for (size_t i = 0; i < HX_COUNT(own); i++) HX_ASSERT(field_set_add(&e->fields, own[i].name) == own[i].number);
    return e;
}

void warning_engine_free(struct warning_engine *e)
{
    size_t at = 0;
    for (struct map_entry *m; (m = map_next(&e->instances, &at)) != NULL;) instance_free(m->value);
    at = 0;
    for (struct map_entry *m; (m = map_next(&e->types, &at)) != NULL; free(m->value)) free(((struct type_uses *)m->value)->uses);
    at = 0;
    for (struct map_entry *m; (m = map_next(&e->folds, &at)) != NULL;) free(m->value);
    for (size_t i = 0; i < e->rule_count; i++) rule_free(e->rules[i]);
    map_free(&e->types);
    map_free(&e->instances);
    map_free(&e->open);
    map_free(&e->folds);
    free(e->heap);
    free(e->gone);
    free(e);
}

size_t warning_engine_instances(const struct warning_engine *e)
{
    return e->instances.count;
}

uint64_t warning_engine_refused(const struct warning_engine *e)
{
    return e->refused;
}

void warning_engine_set_world(struct warning_engine *e, const struct warning_world *world)
{
    e->world = *world;
}
