#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "warning_inner.h"

/* The hours of a silence rule as text: most are 0, so runs of them are one number below 0. */
static json_t *usual_json(const struct instance *i)
{
    json_t *hours = json_array();
    int64_t zeros = 0;
    for (int64_t h = i->last_hour - USUAL_HOURS + 1; h <= i->last_hour; h++) {
        int n = h < i->first_hour ? 0 : i->usual[h % USUAL_HOURS];
        if (n == 0) {
            zeros++;
            continue;
        }
        if (zeros > 0) json_array_append_new(hours, json_integer(-zeros));
        zeros = 0;
        json_array_append_new(hours, json_integer(n));
    }
    if (zeros > 0) json_array_append_new(hours, json_integer(-zeros));
    return hours;
}

static char *instance_text(const struct instance *i)
{
    json_t *seen = json_array(), *j = json_pack("{s:i,s:I,s:I,s:I,s:I,s:i,s:I}", "count", i->count, "opened", (json_int_t)i->opened_at, "episode", (json_int_t)i->episode, "base", (json_int_t)i->base_at,
                                                "school", (json_int_t)i->school_id, "step", i->step, "due", (json_int_t)i->deadline);
    for (int s = 0; s < i->seen_count; s++) {
        const struct sighting *v = &i->seen[s];
        json_array_append_new(seen, json_pack("[I,I,I,f,f,I,i]", (json_int_t)v->at, (json_int_t)v->seq, (json_int_t)v->school_id, v->lon, v->lat, (json_int_t)v->value, (int)v->input));
    }
    json_object_set_new(j, "seen", seen);
    json_put_z(j, "zh", i->zh);
    json_put_z(j, "en", i->en);
    if (i->usual != NULL) {
        json_object_set_new(j, "usual", usual_json(i));
        json_put_i64(j, "first_hour", i->first_hour);
        json_put_i64(j, "last_hour", i->last_hour);
    }
    char *text = json_text(j);
    json_decref(j);
    return text;
}

static void tell_gone(const char *name, void (*keep)(void *arg, const struct warning_state *state), void *arg)
{
    char code[RULE_CODE_MAX];
    struct str rest = str_of(name), piece, number;
    int64_t case_no;
    if (!str_split(&rest, '/', &piece) || !str_split(&rest, '/', &number) || !str_to_i64(number, &case_no)) return;
    str_to_z(piece, code, sizeof code);
    keep(arg, &(struct warning_state){.code = code, .key = rest.at, .case_no = (int)case_no});
}

void warning_engine_remember(struct warning_engine *e)
{
    e->remembers = true;
}

void warning_engine_save(struct warning_engine *e, void (*keep)(void *arg, const struct warning_state *state), void *arg)
{
    for (size_t i = 0; i < e->gone_count; i++) tell_gone(e->gone[i], keep, arg); /* first: an ended one may have begun anew */
    e->gone_count = 0;
    while (e->dirty != NULL) {
        struct instance *i = e->dirty;
        char key[WARNING_KEY_MAX + 2], *text = instance_text(i);
        e->dirty = i->next_dirty;
        i->dirty = false;
        snprintf(key, sizeof key, "%s%s", i->drill ? "D" : "", i->key);
        keep(arg, &(struct warning_state){.code = i->rule->code, .key = key, .version = i->rule->version, .seq = i->seq, .case_no = i->case_no, .text = text});
        free(text);
    }
}

static bool read_usual(struct instance *i, const json_t *j)
{
    const json_t *hours = json_object_get(j, "usual");
    if (hours == NULL) return true;
    i->first_hour = json_i64(j, "first_hour", 0);
    i->last_hour = json_i64(j, "last_hour", 0);
    if (i->last_hour < USUAL_HOURS || i->first_hour > i->last_hour) return false;
    i->usual = calloc(USUAL_HOURS, sizeof *i->usual);
    HX_ASSERT(i->usual != NULL);
    int64_t h = i->last_hour - USUAL_HOURS + 1;
    for (size_t n = 0; n < json_array_size(hours); n++) {
        int64_t v = json_integer_value(json_array_get(hours, n));
        if (v < -USUAL_HOURS || v > UINT16_MAX || h > i->last_hour) return false;
        if (v < 0) h -= v;
        else i->usual[h++ % USUAL_HOURS] = (uint16_t)v;
    }
    return true;
}

static bool read_seen(struct instance *i, const json_t *seen)
{
    size_t n = json_array_size(seen);
    if (n > 4 * RULE_NEED_MAX) return false;
    i->seen = calloc(n + 1, sizeof *i->seen);
    HX_ASSERT(i->seen != NULL);
    i->seen_room = (int)n + 1;
    for (; (size_t)i->seen_count < n; i->seen_count++) {
        json_int_t at, seq, school, value;
        int input;
        struct sighting *s = &i->seen[i->seen_count];
        if (json_unpack(json_array_get(seen, (size_t)i->seen_count), "[I,I,I,F,F,I,i]", &at, &seq, &school, &s->lon, &s->lat, &value, &input) != 0 || input < 0 || input >= RULE_INPUTS_MAX) return false;
        s->at = at, s->seq = seq, s->school_id = school, s->value = (uint64_t)value, s->input = (uint8_t)input;
    }
    return true;
}

static struct engine_rule *rule_named(const struct warning_engine *e, const char *code)
{
    for (size_t i = 0; i < e->rule_count; i++)
        if (strcmp(e->rules[i]->code, code) == 0) return e->rules[i];
    return NULL;
}

void warning_engine_restore(struct warning_engine *e, const struct warning_state *state)
{
    struct engine_rule *r = rule_named(e, state->code);
    json_t *j = NULL;
    char why[160];
    bool drill = state->key[0] == 'D';
    if (r == NULL || r->version != state->version || state->case_no < 0 || (size_t)state->case_no >= r->rule.case_count || json_parse(str_of(state->text), &j, why, sizeof why)) return;
    struct instance *i = instance_find(e, r, state->case_no, drill, state->key + drill, true);
    if (i != NULL) {
        i->seq = i->restored_seq = state->seq;
        i->count = (int)json_i64(j, "count", 0);
        i->opened_at = json_i64(j, "opened", 0);
        i->episode = json_i64(j, "episode", 0);
        i->base_at = json_i64(j, "base", 0);
        i->school_id = json_i64(j, "school", 0);
        i->step = (int)json_i64(j, "step", 0);
        if (json_has(j, "zh")) i->zh = str_dup(str_of(json_z(j, "zh", "")));
        if (json_has(j, "en")) i->en = str_dup(str_of(json_z(j, "en", "")));
        bool silent = r->rule.cases[state->case_no].pattern == RULE_SILENT;
        bool good = read_seen(i, json_object_get(j, "seen")) && read_usual(i, j) && i->step >= 0 && json_i64(j, "due", 0) != 0 && silent == (i->usual != NULL);
        if (!good) instance_end(e, i);
        else {
            instance_due(e, i, json_i64(j, "due", 0));
            if (i->opened_at != 0) warning_open_count(e, r, i->school_id, 1);
        }
    }
    json_decref(j);
}
