#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "domain/warning/rule_fields.h"
#include "domain/warning/warning_engine.h"

#define HITS_MAX 4096

/* ---- a small prefecture ---- */

static const struct warning_school schools[] = {
    {1, 105.1, 25.1, "522301", "middle", "兴义一中", 400}, {2, 105.104, 25.1, "522301", "primary", "兴义二小", 0}, {3, 105.4, 25.1, "522325", "middle", "贞丰三中", 0}, {4, 105.12, 25.11, "522301", "kindergarten", "四幼", 0}};

static const struct warning_school *school_of(void *arg, int64_t id)
{
    (void)arg;
    return id >= 1 && id <= 4 ? &schools[id - 1] : NULL;
}

static int hours_of(void *arg, int64_t school, int64_t at)
{
    (void)arg, (void)school;
    int64_t minute = (at + CLOCK_LOCAL_MS) % CLOCK_DAY_MS / 60000;
    if (clock_local_weekday(at) >= 5) return 0;
    bool peak = (minute >= 440 && minute < 480) || (minute >= 1000 && minute < 1040);
    return (minute >= 420 && minute < 1050 ? WARNING_IN_SCHOOL : 0) | (peak ? WARNING_IN_PEAK : 0);
}

struct heard {
    bool clear, folded;
    char code[RULE_CODE_MAX], name[40], to[16], hidden[RULE_CODE_MAX], zh[WARNING_TEXT_MAX];
    int64_t at, school, episode;
    int step, severity, count, kinds, evidence;
    bool drill;
};
static struct heard heard[HITS_MAX];
static size_t heard_count;
static struct rule *rules_by_code(const char *code);

static void on_raised(void *arg, const struct warning_hit *h)
{
    (void)arg;
    assert_true(heard_count < HITS_MAX);
    struct heard *o = &heard[heard_count++];
    *o = (struct heard){.at = h->at, .school = h->school_id, .step = h->step, .severity = h->severity, .count = h->count, .kinds = h->kinds, .evidence = h->evidence_count, .folded = h->folded, .drill = h->drill, .episode = h->episode};
    str_to_z(h->rule->code, o->code, sizeof o->code);
    str_to_z(h->rule->cases[h->case_no].name, o->name, sizeof o->name);
    snprintf(o->to, sizeof o->to, "%s", rule_receiver_name(h->to));
    snprintf(o->zh, sizeof o->zh, "%s", h->zh);
    if (h->hidden_by != NULL) snprintf(o->hidden, sizeof o->hidden, "%s", h->hidden_by);
}

static void on_cleared(void *arg, const struct warning_clear *c)
{
    (void)arg;
    assert_true(heard_count < HITS_MAX);
    struct heard *o = &heard[heard_count++];
    *o = (struct heard){.clear = true, .at = c->at, .count = c->count, .episode = c->episode, .drill = c->drill};
    str_to_z(str_of(c->code), o->code, sizeof o->code);
    struct rule *r = rules_by_code(c->code);
    if (r != NULL) str_to_z(r->cases[c->case_no].name, o->name, sizeof o->name);
}

static const struct warning_world world = {school_of, hours_of, NULL};
static const struct warning_sink sink = {on_raised, on_cleared, NULL};

/* ---- the shipped rules ---- */

static struct {
    char *text;
    size_t bytes;
    struct rule rule;
} shipped[64];
static size_t shipped_count;

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *read_file(const char *name, size_t *bytes)
{
    FILE *f = fopen(name, "r");
    if (f == NULL) fail_msg("%s cannot be read", name);
    char *text = calloc(1, 65537);
    *bytes = fread(text, 1, 65536, f);
    fclose(f);
    return text;
}

static int load_rules(void **state)
{
    (void)state;
    char *names[64];
    size_t n = 0;
    DIR *d = opendir(WARNING_DIR "/rules");
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (strstr(e->d_name, ".rule") != NULL && n < 64) names[n++] = strdup(e->d_name);
    closedir(d);
    qsort(names, n, sizeof names[0], by_name);
    for (size_t i = 0; i < n; i++) {
        char path[600], why[200] = "";
        snprintf(path, sizeof path, WARNING_DIR "/rules/%s", names[i]);
        shipped[i].text = read_file(path, &shipped[i].bytes);
        if (rule_parse((struct str){shipped[i].text, shipped[i].bytes}, &shipped[i].rule, false, why, sizeof why)) fail_msg("%s: %s", names[i], why);
        free(names[i]);
    }
    shipped_count = n;
    return 0;
}

static int free_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < shipped_count; i++) free(shipped[i].text);
    return 0;
}

static struct rule *rules_by_code(const char *code)
{
    for (size_t i = 0; i < shipped_count; i++)
        if (str_eq_z(shipped[i].rule.code, code)) return &shipped[i].rule;
    return NULL;
}

static struct warning_engine *engine_with(const char *only)
{
    struct warning_engine *e = warning_engine_new(&world, &sink);
    warning_engine_remember(e);
    char why[200];
    for (size_t i = 0; i < shipped_count; i++) {
        if (only != NULL && !str_eq_z(shipped[i].rule.code, only)) continue;
        if (warning_engine_put(e, (struct str){shipped[i].text, shipped[i].bytes}, 1, why, sizeof why)) fail_msg("%s", why);
    }
    heard_count = 0;
    return e;
}

static void all_rules_ship(void **state)
{
    (void)state;
    assert_int_equal(shipped_count, 36);
    for (int n = 1; n <= 36; n++) {
        char code[16];
        snprintf(code, sizeof code, "EW-%02d", n);
        assert_non_null(rules_by_code(code));
    }
}

/* ---- vectors ---- */

static int64_t base_ms(void)
{
    int64_t at;
    assert_true(clock_local_begin("2026-03-02", &at));
    return at + 7 * 3600000;
}

/* @N becomes a moment. */
static void fill_times(const char *from, char *out, size_t size)
{
    size_t n = 0;
    while (*from != 0 && n + CLOCK_TEXT_MAX < size) {
        if (*from != '@') {
            out[n++] = *from++;
            continue;
        }
        char *end, text[CLOCK_TEXT_MAX];
        long seconds = strtol(from + 1, &end, 10);
        from = end;
        n += (size_t)snprintf(out + n, size - n, "%s", clock_format(base_ms() + seconds * 1000, text));
    }
    out[n] = 0;
}

static int64_t vector_seq;

static void send_line(struct warning_engine *e, const char *line)
{
    char type[64], json[1200];
    long seconds, school, subject;
    int at = 0;
    if (sscanf(line, "+ %ld %63s %ld %ld %n", &seconds, type, &school, &subject, &at) != 4) fail_msg("broken: %s", line);
    fill_times(line + at, json, sizeof json);
    bool expected = strncmp(type, "expect.", 7) == 0 || strncmp(type, "sample.", 7) == 0;
    struct warning_event event = {.seq = expected ? 0 : ++vector_seq, .at = base_ms() + seconds * 1000, .school_id = school, .subject_id = subject, .type = type, .data = str_of(json)};
    warning_engine_see(e, &event);
}

static bool hears(const char *line)
{
    char name[40], to[16], extra[16] = "";
    long seconds, school = 0;
    int step = 0, severity = 0;
    bool clear = strncmp(line, "clear", 5) == 0;
    int n = clear ? sscanf(line, "clear %ld %39s", &seconds, name) : sscanf(line, "hit %ld %39s %d %d %15s %ld %15s", &seconds, name, &step, &severity, to, &school, extra);
    if (n < (clear ? 2 : 6)) fail_msg("broken: %s", line);
    for (size_t i = 0; i < heard_count; i++) {
        struct heard *h = &heard[i];
        if (h->at != base_ms() + seconds * 1000 || h->clear != clear || strcmp(h->name, name) != 0) continue;
        if (!clear && (h->step != step || h->severity != severity || strcmp(h->to, to) != 0 || h->school != school || h->folded != (strcmp(extra, "folded") == 0))) continue;
        h->at = 0; /* found */
        return true;
    }
    return false;
}

static void tell_unexpected(const char *code)
{
    for (size_t i = 0; i < heard_count; i++) {
        const struct heard *h = &heard[i];
        if (h->at != 0 && !h->clear) fail_msg("%s: unexpected hit %s at %lld s, school %lld: %s", code, h->name, (long long)(h->at - base_ms()) / 1000, (long long)h->school, h->zh);
    }
}

/* Plays one rule's lines; with `cut`, the state is saved and put into a fresh engine before each event. */
static void play(bool cut);

struct kept {
    char *code, *key, *text;
    int64_t version, seq;
    int case_no;
};
static struct kept kept[512];
static size_t kept_count;

static void keep_state(void *arg, const struct warning_state *s)
{
    (void)arg;
    size_t i = 0;
    while (i < kept_count && !(strcmp(kept[i].code, s->code) == 0 && strcmp(kept[i].key, s->key) == 0 && kept[i].case_no == s->case_no)) i++;
    if (i < kept_count) {
        free(kept[i].code), free(kept[i].key), free(kept[i].text);
        kept[i] = kept[--kept_count];
    }
    if (s->text == NULL) return;
    assert_true(kept_count < 512);
    kept[kept_count++] = (struct kept){strdup(s->code), strdup(s->key), strdup(s->text), s->version, s->seq, s->case_no};
}

static void forget_kept(void)
{
    while (kept_count > 0) {
        struct kept *k = &kept[--kept_count];
        free(k->code), free(k->key), free(k->text);
    }
}

static struct warning_engine *restart(struct warning_engine *e, const char *code)
{
    size_t before = heard_count;
    warning_engine_save(e, keep_state, NULL);
    warning_engine_free(e);
    e = engine_with(code);
    heard_count = before;
    for (size_t i = 0; i < kept_count; i++)
        warning_engine_restore(e, &(struct warning_state){.code = kept[i].code, .key = kept[i].key, .text = kept[i].text, .version = kept[i].version, .seq = kept[i].seq, .case_no = kept[i].case_no});
    return e;
}

static void play(bool cut)
{
    size_t bytes;
    char *text = read_file(WARNING_DIR "/vectors/warnings.txt", &bytes), code[RULE_CODE_MAX] = "";
    struct str rest = {text, bytes}, line;
    struct warning_engine *e = NULL;
    char wanted[64][128];
    size_t wanted_count = 0, rules_seen = 0;
    for (bool more = true; more;) {
        char z[1400] = "rule";
        more = str_split(&rest, '\n', &line);
        if (more) str_to_z(line, z, sizeof z);
        if (strncmp(z, "rule", 4) == 0) {
            for (size_t i = 0; i < wanted_count; i++)
                if (!hears(wanted[i])) fail_msg("%s: missing: %s", code, wanted[i]);
            if (e != NULL) tell_unexpected(code), warning_engine_free(e);
            e = NULL;
            forget_kept();
            wanted_count = 0;
            if (more) sscanf(z, "rule %15s", code), e = engine_with(code), vector_seq = 0, rules_seen++;
        } else if (z[0] == '+') {
            if (cut) e = restart(e, code);
            send_line(e, z);
        } else if (strncmp(z, "tick", 4) == 0) {
            if (cut) e = restart(e, code);
            warning_engine_tick(e, base_ms() + strtol(z + 4, NULL, 10) * 1000);
        } else if (strncmp(z, "hit", 3) == 0 || strncmp(z, "clear", 5) == 0) {
            snprintf(wanted[wanted_count++], sizeof wanted[0], "%.127s", z);
        }
    }
    assert_int_equal(rules_seen, 35); /* the 36th is silence_is_measured_against_the_usual_week */
    free(text);
}

static void each_rule_does_what_its_vector_says(void **state)
{
    (void)state;
    play(false);
}

static void a_restart_before_any_event_changes_nothing(void **state)
{
    (void)state;
    play(true);
}

/* ---- what vectors cannot say ---- */

static void send(struct warning_engine *e, int64_t seq, int64_t at, const char *type, int64_t school, const char *json)
{
    warning_engine_see(e, &(struct warning_event){.seq = seq, .at = at, .school_id = school, .type = type, .data = str_of(json)});
}

static void silence_is_measured_against_the_usual_week(void **state)
{
    (void)state;
    struct warning_engine *e = engine_with("EW-36");
    int64_t seq = 0, at = base_ms();
    for (int hour = 0; hour < 24 * 7 * 5; hour++, at += 3600000) {
        int n = hour % 24 < 12 ? 3 : 1;
        for (int i = 0; i < n; i++) send(e, ++seq, at + i * 1000, "signal.received", 1, "{\"test\":false}");
        if (hour % 24 == 3) send(e, ++seq, at, "signal.received", 2, "{\"test\":false}"); /* one a day is no noise to miss */
    }
    assert_int_equal(heard_count, 0);
    warning_engine_tick(e, at + 30 * 3600000LL);
    assert_int_equal(heard_count, 1);
    assert_int_equal(heard[0].school, 1);
    e = restart(e, "EW-36");
    for (int i = 0; i < 60; i++) send(e, ++seq, at + 31 * 3600000LL + i * 900000, "signal.received", 1, "{\"test\":false}");
    assert_int_equal(heard_count, 2);
    assert_true(heard[1].clear);
    warning_engine_free(e);
    forget_kept();
}

static void a_rule_hides_what_hangs_on_it(void **state)
{
    (void)state;
    struct warning_engine *e = engine_with(NULL);
    int64_t t = base_ms() + 600000;
    send(e, 1, t, "recorder.lost", 1, "{\"name\":\"x\"}");
    send(e, 2, t + 1000, "signal.received", 1, "{\"panel_id\":5,\"class\":\"line\",\"qualifier\":\"new\",\"test\":false}"); /* EW-13 stands later in the list than EW-09 */
    send(e, 3, t + 2000, "signal.received", 1, "{\"panel_id\":6,\"class\":\"line\",\"qualifier\":\"new\",\"test\":false}");
    bool link = false, hidden = false;
    for (size_t i = 0; i < heard_count; i++) {
        link = link || strcmp(heard[i].code, "EW-13") == 0;
        hidden = hidden || (strcmp(heard[i].code, "EW-09") == 0 && heard[i].at == t + 2000 && strcmp(heard[i].hidden, "EW-13") == 0);
    }
    assert_true(link && hidden);
    warning_engine_free(e);
}

static void a_drill_is_apart_and_a_test_is_nothing(void **state)
{
    (void)state;
    struct warning_engine *e = engine_with("EW-30");
    int64_t t = base_ms();
    send(e, 1, t, "alarm.raised", 1, "{\"class\":\"panic\",\"source\":\"a\",\"drill\":true}");
    send(e, 2, t, "alarm.raised", 1, "{\"class\":\"panic\",\"source\":\"b\",\"drill\":false}");
    send(e, 3, t, "alarm.raised", 1, "{\"class\":\"panic\",\"source\":\"c\",\"drill\":true}");
    send(e, 4, t, "alarm.raised", 1, "{\"class\":\"panic\",\"source\":\"d\",\"test\":true}");
    send(e, 5, t, "alarm.raised", 1, "{\"class\":\"panic\",\"source\":\"e\",\"test\":true}");
    assert_int_equal(heard_count, 0);
    send(e, 6, t, "alarm.raised", 1, "{\"class\":\"panic\",\"source\":\"f\",\"drill\":true}");
    assert_int_equal(heard_count, 1);
    assert_true(heard[0].drill);
    warning_engine_free(e);
}

static void many_alike_are_folded(void **state)
{
    (void)state;
    struct warning_engine *e = engine_with("EW-01");
    char json[200], at[CLOCK_TEXT_MAX];
    clock_format(base_ms() + 1200000, at);
    for (int i = 0; i < 25; i++) {
        snprintf(json, sizeof json, "{\"post_id\":%d,\"begins_at\":\"%s\",\"person\":\"x\"}", 100 + i, at);
        send(e, 0, base_ms(), "expect.post", 1 + i % 2, json);
    }
    warning_engine_tick(e, base_ms() + 900000);
    assert_int_equal(heard_count, 25);
    int folded = 0;
    for (size_t i = 0; i < heard_count; i++) folded += heard[i].folded;
    assert_int_equal(folded, 15);
    warning_engine_tick(e, base_ms() + 1500000); /* the station, then the desk: of each step ten */
    assert_int_equal(heard_count, 75);
    int told_desk = 0;
    for (size_t i = 0; i < heard_count; i++) told_desk += heard[i].step == 2 && !heard[i].folded;
    assert_int_equal(told_desk, 10);
    warning_engine_free(e);
}

static void wrong_rules_are_told_with_their_line(void **state)
{
    (void)state;
    static const struct { const char *text, *why; } wrong[] = {
        {"", "line 1: the file has no rule"},
        {"rule X\nname a | b\n", "line 3: the rule has no case"},
        {"rule X\nname a\n", "line 2: want the text in both languages"},
        {"rule X\nname a | b\ninput i = x\n", "line 3: a type of event is written noun.verb"},
        {"rule X\nname a | b\ninput i = x.y where a = \n", "line 3: want a number"},
        {"rule X\nname a | b\ninput i = x.y where a = \"q\n", "line 3: a text ends"},
        {"rule X\nname a | b\ninput i = x.y where (a = 1\n", "line 3: a bracket is not closed"},
        {"rule X\nname a | b\ninput i = x.y where a < true\n", "line 3: true and false have no order"},
        {"rule X\nname a | b\ninput i = x.y\ncase c\n  each j\n", "line 5: there is no input j above"},
        {"rule X\nname a | b\ninput i = x.y\ncase c\n  each i\n  severity 5\n", "line 6: want a whole number of 1 to 4"},
        {"rule X\nname a | b\ninput i = x.y\ncase c\n  each i\n  severity 3\n", "line 4: the case has no say"},
        {"rule X\nname a | b\ninput i = x.y\ncase c\n  each i\n  say a | b\n", "line 4: the case has no severity"},
        {"rule X\nname a | b\ninput i = x.y\ncase c\n  count 99 of i in 5m\n", "line 5: want a whole number of 2 to 64"},
        {"rule X\nname a | b\ninput i = x.y\ncase c\n  count 3 of i in 5\n", "line 5: want a time like"},
        {"rule X\nname a | b\ninput i = x.y\ncase c\n  count 3 of i in 500d\n", "line 5: a time is at most 400d"},
        {"rule X\nname a | b\ninput i = x.y\ncase c\n  together 3 of i in 5m\n", "line 5: 3 of 1 inputs"},
        {"rule X\nname a | b\ninput i = x.y\ncase c\n  silent i for 24h below 4\n", "line 5: below wants"},
        {"rule X\nname a | b\ninput i = x.y\ncase c\n  after i\n  severity 3\n  say a | b\n", "line 4: after needs wait, at or steps"},
        {"rule X\nname a | b\ninput i = x.y\ncase c\n  each i\n  step 1m desk\n  severity 3\n  say a | b\n", "line 4: only after has steps"},
        {"rule X\nname a | b\ninput i = x.y\ncase c\n  each i\n  each i\n", "line 6: a case has one pattern"},
        {"rule X\nname a | b\ninput i = x.y\ncase c\n  each i\n  say {a | b\n", "line 6: a brace is not closed"},
        {"rule X\nname a | b\ninput i = x.y\ncase c\n  each i\n  to moon\n", "line 6: who hears of it?"},
        {"rule X\nname a | b\ninput i = x.y\ninput i = x.z\n", "line 4: there is an input i already"},
        {"rule X\nfoo\n", "line 2: want rule, name, note"},
        {"rule X\nrule Y\n", "line 2: a file has one rule"},
        {"rule X extra\n", "line 1: what is this: extra"},
        {"\xff", "line 1: the text must be UTF-8"},
    };
    for (size_t i = 0; i < HX_COUNT(wrong); i++) {
        struct rule r;
        char why[200] = "";
        assert_int_equal(rule_parse(str_of(wrong[i].text), &r, false, why, sizeof why), HX_E_MALFORMED);
        if (strncmp(why, wrong[i].why, strlen(wrong[i].why)) != 0) fail_msg("%s\nis told as: %s\nwant: %s", wrong[i].text, why, wrong[i].why);
    }
}

static void every_prefix_of_a_rule_is_read_without_harm(void **state)
{
    (void)state;
    struct rule r;
    char why[200];
    for (size_t i = 0; i < shipped_count; i++)
        for (size_t n = 0; n < shipped[i].bytes; n++) {
            char *part = malloc(n + 1); /* exactly as long: a reader past the end is caught */
            memcpy(part, shipped[i].text, n);
            (void)!rule_parse((struct str){part, n}, &r, false, why, sizeof why);
            free(part);
        }
}

static void fields_are_found_where_they_stand(void **state)
{
    (void)state;
    struct field_set set = {.count = 0};
    struct field_value v[FIELDS_MAX];
    int a = field_set_add(&set, STR("a")), b = field_set_add(&set, STR("change.b")), c = field_set_add(&set, STR("c")), d = field_set_add(&set, STR("d"));
    assert_int_equal(field_set_add(&set, STR("a")), a);
    field_read(&set, STR("{\"x\":{\"a\":1},\"a\":\"q\\\"w\", \"change\":{\"b\":-2.5e1,\"a\":9,\"z\":[{\"c\":1}]},\"c\":true,\"d\":null}"), v);
    assert_true(v[a].kind == FIELD_TEXT && str_eq_z(v[a].text, "q\\\"w"));
    assert_true(v[b].kind == FIELD_NUMBER && v[b].number == -25);
    assert_true(v[c].kind == FIELD_FLAG && v[c].number == 1);
    assert_true(v[d].kind == FIELD_NULL);
    static const char *const broken[] = {"", "{", "{\"a\"", "{\"a\":", "{\"a\":\"", "{\"a\":\"\\", "[1]", "{\"a\":{\"b\":}", "{\"a\":[[[", "{:}", "{\"a\" 1}"};
    for (size_t i = 0; i < HX_COUNT(broken); i++) {
        char *text = malloc(strlen(broken[i]) + 1);
        memcpy(text, broken[i], strlen(broken[i]));
        field_read(&set, (struct str){text, strlen(broken[i])}, v);
        free(text);
    }
}

static void a_new_text_takes_the_old_ones_place(void **state)
{
    (void)state;
    struct warning_engine *e = engine_with("EW-02");
    char why[200];
    send(e, 1, base_ms(), "duty.left", 1, "{}");
    warning_engine_see(e, &(struct warning_event){.seq = 2, .at = base_ms(), .school_id = 1, .subject_id = 7, .type = "duty.left", .data = STR("{}")});
    assert_int_equal(heard_count, 1);
    assert_int_equal(warning_engine_put(e, STR("rule EW-02\nname a | b\ninput i = duty.gone\ncase c\n  each i\n  severity 3\n  say a | b\n"), 2, why, sizeof why), HX_OK);
    assert_int_equal(heard_count, 2); /* its open warning ended */
    assert_true(heard[1].clear);
    assert_false(warning_engine_wants(e, "duty.left"));
    assert_true(warning_engine_wants(e, "duty.gone"));
    assert_int_equal(warning_engine_instances(e), 0);
    warning_engine_free(e);
}

/* Random events of few keys: whatever comes, a state saved and put back goes on the same way. */
static void random_streams_survive_restarts(void **state)
{
    (void)state;
    static const struct {
        const char *type, *json; /* '#' becomes a digit */
    } lines[] = {
        {"alarm.raised", "{\"class\":\"burglary\",\"panel_id\":5,\"source\":\"s#\",\"place_kind\":\"gate\",\"lon\":105.1,\"lat\":25.1}"},
        {"alarm.raised", "{\"class\":\"panic\",\"source\":\"s#\"}"},
        {"observation.made", "{\"kind\":\"person\",\"ref\":\"#\"}"},
        {"recorder.lost", "{\"name\":\"n#\"}"},
        {"recorder.up", "{\"name\":\"n#\"}"},
        {"signal.received", "{\"panel_id\":#,\"class\":\"line\",\"qualifier\":\"new\"}"},
        {"signal.received", "{\"panel_id\":#,\"class\":\"line\",\"qualifier\":\"restore\"}"},
        {"signal.received", "{\"panel_id\":#,\"zone\":\"\",\"class\":\"power\",\"qualifier\":\"new\"}"},
        {"incident.opened", "{\"x\":#}"},
        {"duty.left", "{\"person\":\"#\"}"},
        {"duty.back", "{\"x\":#}"},
    };
    for (unsigned seed = 1; seed <= 20; seed++) {
        static struct heard plain[HITS_MAX];
        size_t plain_count = 0;
        for (int round = 0; round < 2; round++) {
            struct warning_engine *e = engine_with(NULL);
            unsigned r = seed;
            int64_t at = base_ms();
            for (int i = 0; i < 400; i++) {
                r = r * 1103515245u + 12345u;
                size_t n = (r >> 16) % HX_COUNT(lines);
                char json[300];
                snprintf(json, sizeof json, "%s", lines[n].json);
                for (char *c = json; *c != 0; c++)
                    if (*c == '#') *c = (char)('0' + (r >> 8) % 5);
                at += (int64_t)((r >> 4) % 40) * 1000;
                if (round == 1 && i % 7 == 0) e = restart(e, NULL);
                warning_engine_see(e, &(struct warning_event){.seq = i + 1, .at = at, .school_id = 1 + (r >> 20) % 4, .subject_id = 30 + (r >> 24) % 3, .type = lines[n].type, .data = str_of(json)});
            }
            warning_engine_free(e);
            forget_kept();
            if (round == 0) memcpy(plain, heard, sizeof plain), plain_count = heard_count;
        }
        assert_int_equal(plain_count, heard_count);
        assert_true(plain_count > 20);
        for (size_t i = 0; i < heard_count; i++) {
            assert_string_equal(heard[i].code, plain[i].code);
            assert_true(heard[i].at == plain[i].at && heard[i].clear == plain[i].clear && heard[i].episode == plain[i].episode && heard[i].count == plain[i].count);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_rules_ship), cmocka_unit_test(each_rule_does_what_its_vector_says), cmocka_unit_test(a_restart_before_any_event_changes_nothing),
        cmocka_unit_test(silence_is_measured_against_the_usual_week), cmocka_unit_test(a_rule_hides_what_hangs_on_it), cmocka_unit_test(a_drill_is_apart_and_a_test_is_nothing),
        cmocka_unit_test(many_alike_are_folded), cmocka_unit_test(wrong_rules_are_told_with_their_line), cmocka_unit_test(every_prefix_of_a_rule_is_read_without_harm),
        cmocka_unit_test(fields_are_found_where_they_stand), cmocka_unit_test(a_new_text_takes_the_old_ones_place), cmocka_unit_test(random_streams_survive_restarts),
    };
    return cmocka_run_group_tests(tests, load_rules, free_rules);
}
