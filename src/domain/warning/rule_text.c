#include "rule_text.h"

#include <stdio.h>
#include <string.h>

#include "rule_words.h"

#define NESTING_MAX 12

const char *rule_receiver_name(enum rule_receiver to)
{
    static const char *const names[] = {
#define X(id, name) name,
        RULE_RECEIVER_MAP(X)
#undef X
    };
    HX_ASSERT(to < RULE_RECEIVER_COUNT);
    return names[to];
}

static int field_of(struct reading *r, struct str name)
{
    struct rule *rule = r->rule;
    for (size_t i = 0; i < rule->field_count; i++)
        if (str_eq(rule->fields[i], name)) return (int)i;
    if (rule->field_count == RULE_FIELDS_MAX) return words_wrong(r, "a rule speaks of at most %d fields", RULE_FIELDS_MAX), 0;
    rule->fields[rule->field_count] = name;
    return (int)rule->field_count++;
}

static int take_field(struct reading *r)
{
    struct str name = words_name(r, "a field");
    return r->err ? 0 : field_of(r, name);
}

/* ---- conditions ---- */

static void take_or(struct reading *r, struct rule_input *in);

static void add_op(struct reading *r, struct rule_input *in, struct rule_op op)
{
    if (in->op_count == RULE_OPS_MAX) words_wrong(r, "a condition has at most %d parts", RULE_OPS_MAX);
    else in->ops[in->op_count++] = op;
}

static uint8_t take_literal(struct reading *r)
{
    struct rule *rule = r->rule;
    struct rule_literal l = {.kind = RULE_TEXT};
    words_skip(r);
    if (rule->literal_count == RULE_LITERALS_MAX) return words_wrong(r, "a rule has at most %d values", RULE_LITERALS_MAX), 0;
    if (words_try_sign(r, "\"")) {
        /* try_sign ate blanks behind the sign; a value does not begin with one. */
        const char *end = r->rest.len > 0 ? memchr(r->rest.at, '"', r->rest.len) : NULL;
        if (end == NULL) return words_wrong(r, "a text ends with \""), 0;
        l.text = (struct str){r->rest.at, (size_t)(end - r->rest.at)};
        if (l.text.len > 0 && memchr(l.text.at, '\\', l.text.len) != NULL) return words_wrong(r, "a text has no backslash"), 0;
        words_eat(r, l.text.len + 1);
    } else if (words_try(r, "true")) {
        l = (struct rule_literal){.kind = RULE_FLAG, .number = 1};
    } else if (words_try(r, "false")) {
        l = (struct rule_literal){.kind = RULE_FLAG, .number = 0};
    } else {
        l.kind = RULE_NUMBER;
        l.number = words_number(r);
    }
    rule->literals[rule->literal_count] = l;
    return (uint8_t)rule->literal_count++;
}

static void take_comparison(struct reading *r, struct rule_input *in)
{
    static const struct { const char *sign; enum rule_op_kind kind; } signs[] = {{"!=", RULE_NE}, {"<=", RULE_LE}, {">=", RULE_GE}, {"=", RULE_EQ}, {"<", RULE_LT}, {">", RULE_GT}};
    struct str name = words_name(r, "a field");
    if (r->err) return;
    struct rule_op op = {.kind = RULE_HAS, .field = (uint8_t)field_of(r, name), .count = 1};
    if (str_eq_z(name, "test")) in->names_test = true;
    bool contains = words_try(r, "contains");
    if (contains || words_try(r, "in")) {
        op = (struct rule_op){.kind = contains ? RULE_CONTAINS : RULE_IN, .field = op.field, .count = 0};
        if (!words_try_sign(r, "(")) words_wrong(r, "in and contains want a list: (\"a\", \"b\")");
        do {
            uint8_t l = take_literal(r);
            if (op.count++ == 0) op.literal = l;
            if (contains && !r->err && (r->rule->literals[l].kind != RULE_TEXT || r->rule->literals[l].text.len == 0)) words_wrong(r, "contains wants texts");
        } while (!r->err && words_try_sign(r, ","));
        if (!r->err && !words_try_sign(r, ")")) words_wrong(r, "the list ends with )");
    } else {
        for (size_t i = 0; i < HX_COUNT(signs); i++) {
            if (!words_try_sign(r, signs[i].sign)) continue;
            op.kind = signs[i].kind;
            op.literal = take_literal(r);
            if (op.kind != RULE_EQ && op.kind != RULE_NE && !r->err && r->rule->literals[op.literal].kind == RULE_FLAG) words_wrong(r, "true and false have no order");
            break;
        }
        if (op.kind == RULE_HAS && !r->err) words_wrong(r, "want =, !=, <, <=, >, >=, in or contains behind %.*s", (int)name.len, name.at);
    }
    add_op(r, in, op);
}

static void take_term(struct reading *r, struct rule_input *in)
{
    if (++r->nesting > NESTING_MAX) {
        words_wrong(r, "too many brackets");
        return;
    }
    if (words_try(r, "not")) {
        take_term(r, in);
        add_op(r, in, (struct rule_op){.kind = RULE_NOT});
    } else if (words_try(r, "has")) {
        add_op(r, in, (struct rule_op){.kind = RULE_HAS, .field = (uint8_t)take_field(r)});
    } else if (words_try_sign(r, "(")) {
        take_or(r, in);
        if (!r->err && !words_try_sign(r, ")")) words_wrong(r, "a bracket is not closed");
    } else {
        take_comparison(r, in);
    }
    r->nesting--;
}

static void take_and(struct reading *r, struct rule_input *in)
{
    take_term(r, in);
    while (!r->err && words_try(r, "and")) {
        take_term(r, in);
        add_op(r, in, (struct rule_op){.kind = RULE_AND});
    }
}

static void take_or(struct reading *r, struct rule_input *in)
{
    take_and(r, in);
    while (!r->err && words_try(r, "or")) {
        take_and(r, in);
        add_op(r, in, (struct rule_op){.kind = RULE_OR});
    }
}

/* ---- lines ---- */

static int input_named(const struct rule *rule, struct str name)
{
    for (size_t i = 0; i < rule->input_count; i++)
        if (str_eq(rule->inputs[i].name, name)) return (int)i;
    return -1;
}

static uint8_t take_input_name(struct reading *r)
{
    struct str name = words_name(r, "the name of an input");
    int i = r->err ? 0 : input_named(r->rule, name);
    if (i < 0) return words_wrong(r, "there is no input %.*s above", (int)name.len, name.at), 0;
    return (uint8_t)i;
}

static size_t take_inputs(struct reading *r, uint8_t out[RULE_INPUTS_MAX])
{
    size_t n = 0;
    do {
        if (n == RULE_INPUTS_MAX) return words_wrong(r, "at most %d inputs", RULE_INPUTS_MAX), n;
        out[n++] = take_input_name(r);
    } while (!r->err && words_try_sign(r, ","));
    return n;
}

static void read_input(struct reading *r)
{
    struct rule *rule = r->rule;
    if (rule->input_count == RULE_INPUTS_MAX) {
        words_wrong(r, "a rule has at most %d inputs", RULE_INPUTS_MAX);
        return;
    }
    struct rule_input *in = &rule->inputs[rule->input_count];
    *in = (struct rule_input){.name = words_name(r, "the name of an input")};
    if (!r->err && input_named(rule, in->name) >= 0) words_wrong(r, "there is an input %.*s already", (int)in->name.len, in->name.at);
    if (!words_try_sign(r, "=")) words_wrong(r, "an input is written: input NAME = event.type where CONDITION");
    do {
        if (in->type_count == RULE_TYPES_MAX) words_wrong(r, "an input has at most %d types of event", RULE_TYPES_MAX);
        if (r->err) return;
        struct str type = words_name(r, "a type of event");
        if (!r->err && memchr(type.at, '.', type.len) == NULL) words_wrong(r, "a type of event is written noun.verb");
        in->types[in->type_count++] = type;
    } while (!r->err && words_try_sign(r, ","));
    if (!r->err && words_try(r, "where")) take_or(r, in);
    if (!r->err) rule->input_count++;
}

static void begin_pattern(struct reading *r, enum rule_pattern pattern)
{
    struct rule_case *c = r->the_case;
    if (c->input_count > 0) words_wrong(r, "a case has one pattern");
    c->pattern = pattern;
}

static void read_count(struct reading *r, struct rule_case *c)
{
    begin_pattern(r, RULE_COUNTING);
    c->need = words_count(r, 2, RULE_NEED_MAX);
    words_want(r, "of");
    c->inputs[0] = take_input_name(r);
    c->input_count = 1;
    words_want(r, "in");
    c->window_ms = words_time(r, false);
    while (!r->err && r->rest.len > 0) {
        if (words_try(r, "distinct")) c->distinct = take_field(r);
        else if (words_try(r, "near")) c->near_m = words_distance(r);
        else if (words_try(r, "until")) c->until = words_count(r, 1, c->need);
        else words_wrong(r, "want distinct, near or until");
    }
}

static void read_together(struct reading *r, struct rule_case *c)
{
    begin_pattern(r, RULE_TOGETHER);
    c->need = words_count(r, 2, RULE_INPUTS_MAX);
    words_want(r, "of");
    c->input_count = take_inputs(r, c->inputs);
    words_want(r, "in");
    c->window_ms = words_time(r, false);
    if (!r->err && words_try(r, "near")) c->near_m = words_distance(r);
    if (!r->err && (size_t)c->need > c->input_count) words_wrong(r, "%d of %zu inputs cannot come together", c->need, c->input_count);
}

static void read_after(struct reading *r, struct rule_case *c)
{
    begin_pattern(r, RULE_AFTER);
    c->inputs[0] = take_input_name(r);
    c->input_count = 1;
    while (!r->err && r->rest.len > 0) {
        if (words_try(r, "at")) c->at = take_field(r);
        else if (words_try(r, "wait")) c->window_ms = words_time(r, false);
        else if (words_try(r, "unless")) c->end_count = take_inputs(r, c->ends);
        else words_wrong(r, "want at, wait or unless");
    }
}

static void read_silent(struct reading *r, struct rule_case *c)
{
    begin_pattern(r, RULE_SILENT);
    c->inputs[0] = take_input_name(r);
    c->input_count = 1;
    words_want(r, "for");
    c->window_ms = words_time(r, false);
    words_want(r, "below");
    c->z = words_number(r);
    if (!r->err && (c->window_ms < 3600000 || c->window_ms > 7 * 86400000LL || c->window_ms % 3600000 != 0)) words_wrong(r, "the time is whole hours, 1h to 7d");
    if (!r->err && c->z >= 0) words_wrong(r, "below wants a number under 0, such as -4");
}

static enum rule_receiver take_receiver(struct reading *r)
{
    struct str name = words_name(r, "a receiver");
    for (int i = 0; i < RULE_RECEIVER_COUNT; i++)
        if (str_eq_z(name, rule_receiver_name((enum rule_receiver)i))) return (enum rule_receiver)i;
    words_wrong(r, "who hears of it? want maintenance, school, station, desk or commander");
    return RULE_TO_DESK;
}

static void read_step(struct reading *r, struct rule_case *c)
{
    if (c->step_count == RULE_STEPS_MAX) {
        words_wrong(r, "a case has at most %d steps", RULE_STEPS_MAX);
        return;
    }
    struct rule_step *s = &c->steps[c->step_count];
    int severity = c->step_count > 0 ? s[-1].severity : s->severity; /* as before, unless it says another */
    *s = (struct rule_step){.offset_ms = words_time(r, true), .severity = severity};
    s->to = take_receiver(r);
    if (!r->err && words_try(r, "severity")) s->severity = words_count(r, 1, 4);
    if (!r->err && c->step_count > 0 && s->offset_ms <= s[-1].offset_ms) words_wrong(r, "a step comes later than the one above it");
    c->step_count++;
}

static void read_keys(struct reading *r, struct rule_case *c)
{
    c->key_count = 0;
    if (words_try(r, "all")) return;
    do {
        if (c->key_count == RULE_KEYS_MAX) {
            words_wrong(r, "at most %d fields", RULE_KEYS_MAX);
            return;
        }
        c->keys[c->key_count++] = (uint8_t)take_field(r);
    } while (!r->err && words_try_sign(r, ","));
}

static void read_when(struct reading *r, struct rule_case *c)
{
    static const char *const names[] = {"always", "school_hours", "peak", "out_of_hours"};
    struct str name = words_name(r, "a time of the day");
    for (size_t i = 0; i < HX_COUNT(names); i++) {
        if (!str_eq_z(name, names[i])) continue;
        c->when = (enum rule_when)i;
        return;
    }
    words_wrong(r, "when? want always, school_hours, peak or out_of_hours");
}

static void read_draft(struct reading *r, struct rule_case *c)
{
    static const char *const verbs[] = {"hold", "secure", "lockdown", "evacuate", "shelter"};
    struct str name = words_name(r, "a posture");
    for (size_t i = 0; i < HX_COUNT(verbs); i++)
        if (str_eq_z(name, verbs[i])) snprintf(c->draft, sizeof c->draft, "%s", verbs[i]);
    if (c->draft[0] == 0) words_wrong(r, "which posture? want hold, secure, lockdown, evacuate or shelter");
}

/* The braces of a text name fields. */
static void check_text(struct reading *r, struct str text)
{
    while (!r->err && text.len > 0) {
        const char *open = memchr(text.at, '{', text.len);
        if (open == NULL) return;
        size_t skip = (size_t)(open - text.at) + 1;
        text = (struct str){text.at + skip, text.len - skip};
        const char *close = text.len > 0 ? memchr(text.at, '}', text.len) : NULL;
        if (close == NULL) {
            words_wrong(r, "a brace is not closed");
            return;
        }
        struct str name = {text.at, (size_t)(close - text.at)};
        struct reading inner = *r;
        inner.rest = name;
        if (!str_eq(words_peek(&inner), name) || name.len == 0) words_wrong(r, "braces hold the name of a field");
        else if (!str_eq_z(name, "count") && !str_eq_z(name, "school")) field_of(r, name);
        text = (struct str){close + 1, text.len - name.len - 1};
    }
}

static void read_case_line(struct reading *r, struct str first)
{
    struct rule_case *c = r->the_case;
    if (str_eq_z(first, "each")) {
        begin_pattern(r, RULE_EACH);
        c->inputs[0] = take_input_name(r);
        c->input_count = 1;
    } else if (str_eq_z(first, "count")) read_count(r, c);
    else if (str_eq_z(first, "together")) read_together(r, c);
    else if (str_eq_z(first, "after")) read_after(r, c);
    else if (str_eq_z(first, "silent")) read_silent(r, c);
    else if (str_eq_z(first, "for")) read_keys(r, c);
    else if (str_eq_z(first, "about")) c->school = take_field(r);
    else if (str_eq_z(first, "when")) read_when(r, c);
    else if (str_eq_z(first, "severity")) c->steps[0].severity = words_count(r, 1, 4);
    else if (str_eq_z(first, "to")) c->steps[0].to = take_receiver(r);
    else if (str_eq_z(first, "step")) read_step(r, c);
    else if (str_eq_z(first, "draft")) read_draft(r, c);
    else if (str_eq_z(first, "clear")) c->end_count = take_inputs(r, c->ends);
    else if (str_eq_z(first, "cooldown")) c->cooldown_ms = words_time(r, false);
    else if (str_eq_z(first, "fold")) {
        c->fold = words_count(r, 1, 1000);
        words_want(r, "per");
        c->fold_all = words_try(r, "all");
        if (!c->fold_all && !words_try(r, "county")) words_wrong(r, "fold is written: fold 10 per county, or per all");
    } else if (str_eq_z(first, "say")) {
        words_two(r, &c->zh, &c->en, 240);
        check_text(r, c->zh);
        check_text(r, c->en);
    } else {
        words_wrong(r, "there is no line %.*s in a case", (int)first.len, first.at);
    }
    words_end(r);
}

static void begin_case(struct reading *r)
{
    struct rule *rule = r->rule;
    if (rule->case_count == RULE_CASES_MAX) {
        words_wrong(r, "a rule has at most %d cases", RULE_CASES_MAX);
        return;
    }
    r->the_case = &rule->cases[rule->case_count++];
    *r->the_case = (struct rule_case){.line = r->line, .distinct = -1, .at = -1, .school = -1, .cooldown_ms = -1};
    r->the_case->name = words_name(r, "the name of a case");
    r->the_case->keys[0] = (uint8_t)field_of(r, STR("school"));
    r->the_case->key_count = 1;
    words_end(r);
}

static void read_head_line(struct reading *r, struct str first)
{
    struct rule *rule = r->rule;
    if (str_eq_z(first, "rule")) {
        if (rule->code.len > 0) words_wrong(r, "a file has one rule");
        else rule->code = words_name(r, "the rule's code");
        if (!r->err && rule->code.len >= RULE_CODE_MAX) words_wrong(r, "a code has at most %d letters", RULE_CODE_MAX - 1);
        words_end(r);
    } else if (str_eq_z(first, "name")) words_two(r, &rule->zh, &rule->en, 120);
    else if (str_eq_z(first, "note")) words_two(r, &rule->note_zh, &rule->note_en, 600);
    else if (str_eq_z(first, "input")) {
        read_input(r);
        words_end(r);
    } else if (str_eq_z(first, "hides")) {
        do {
            if (rule->hide_count == RULE_HIDES_MAX) words_wrong(r, "a rule hides at most %d others", RULE_HIDES_MAX);
            if (!r->err) rule->hides[rule->hide_count++] = words_name(r, "the code of a rule");
        } while (!r->err && words_try_sign(r, ","));
        words_end(r);
    } else {
        words_wrong(r, "want rule, name, note, input, hides or case; found %.*s", (int)(first.len < 40 ? first.len : 40), first.at);
    }
}

/* What a case lacks, and the defaults of what it does not say. */
static void finish_case(struct reading *r, struct rule_case *c)
{
    r->line = c->line;
    int severity = c->steps[0].severity;
    if (c->input_count == 0) words_wrong(r, "the case has no pattern: each, count, together, after or silent");
    if (c->zh.len == 0) words_wrong(r, "the case has no say");
    if (c->step_count == 0) {
        c->step_count = 1;
        c->steps[0].offset_ms = c->pattern == RULE_AFTER ? c->window_ms : 0;
        if (severity == 0) words_wrong(r, "the case has no severity");
        if (c->pattern == RULE_AFTER && c->window_ms == 0 && c->at < 0) words_wrong(r, "after needs wait, at or steps");
    } else {
        if (c->pattern != RULE_AFTER) words_wrong(r, "only after has steps");
        for (size_t i = 0; i < c->step_count; i++)
            if (c->steps[i].severity == 0) words_wrong(r, "the case has no severity");
    }
    if ((c->pattern == RULE_COUNTING || c->pattern == RULE_TOGETHER) && c->window_ms == 0) words_wrong(r, "the time is longer than 0s");
    if (c->until == 0) c->until = c->need;
    if (c->cooldown_ms < 0) c->cooldown_ms = c->pattern == RULE_AFTER ? 86400000 : c->pattern == RULE_EACH ? 600000 : 0;
}

enum hx_err rule_parse(struct str in, struct rule *out, bool chinese, char *why, size_t why_bytes)
{
    struct reading r = {.rule = out, .why = why, .why_bytes = why_bytes, .chinese = chinese};
    struct str line;
    memset(out, 0, sizeof *out);
    r.line = 1;
    if (in.len > RULE_TEXT_MAX) return words_wrong(&r, "a rule has at most %d bytes", RULE_TEXT_MAX);
    if (!str_is_utf8(in) || (in.len > 0 && memchr(in.at, 0, in.len) != NULL)) return words_wrong(&r, "the text must be UTF-8");
    for (r.line = 0; !r.err && str_split(&in, '\n', &line);) {
        r.line++;
        r.rest = str_trim(line);
        if (r.rest.len == 0 || r.rest.at[0] == '#') continue;
        struct str first = words_peek(&r);
        r.nesting = 0;
        words_eat(&r, first.len);
        if (str_eq_z(first, "case")) begin_case(&r);
        else if (r.the_case != NULL) read_case_line(&r, first);
        else read_head_line(&r, first);
    }
    if (!r.err && out->code.len == 0) words_wrong(&r, "the file has no rule");
    if (!r.err && out->zh.len == 0) words_wrong(&r, "the rule has no name");
    if (!r.err && out->case_count == 0) words_wrong(&r, "the rule has no case");
    for (size_t i = 0; !r.err && i < out->case_count; i++) finish_case(&r, &out->cases[i]);
    return r.err;
}

int rule_severity(const struct rule *r)
{
    int gravest = 4;
    for (size_t i = 0; i < r->case_count; i++)
        for (size_t s = 0; s < r->cases[i].step_count; s++)
            if (r->cases[i].steps[s].severity < gravest) gravest = r->cases[i].steps[s].severity;
    return gravest;
}
