#include "plan_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/sentence.h"
#include "signal/signal_class.h"

struct reading {
    struct plan_text *plan;
    int line;
    char *why;
    size_t why_bytes;
    bool chinese;
};

static enum hx_err HX_PRINTF(3, 4) plan_wrong(const struct reading *r, int line, const char *format, ...)
{
    va_list args;
    sentence_print(r->why, r->why_bytes, r->chinese, "line %d: ", line);
    size_t n = strlen(r->why);
    va_start(args, format);
    sentence_write(r->why + n, r->why_bytes - n, r->chinese, format, args);
    va_end(args);
    return HX_E_MALFORMED;
}

static struct str word(struct str *rest)
{
    struct str w;
    *rest = str_trim(*rest);
    if (!str_split(rest, ' ', &w)) w = (struct str){"", 0};
    if (rest->at == NULL) *rest = (struct str){"", 0};
    *rest = str_trim(*rest);
    return w;
}

const struct plan_step *plan_step_named(const struct plan_text *p, struct str name)
{
    for (size_t i = 0; i < p->count; i++)
        if (str_eq(p->steps[i].name, name)) return &p->steps[i];
    return NULL;
}

static bool is_who(struct str who)
{
    return str_names(STR("desk commander guard teacher principal police medic all"), who);
}

static enum hx_err read_step(struct reading *r, struct str rest)
{
    struct plan_text *p = r->plan;
    if (p->count == PLAN_STEPS_MAX) return plan_wrong(r, r->line, "a plan has at most %d steps", PLAN_STEPS_MAX);
    struct plan_step *s = &p->steps[p->count];
    int64_t limit = 0;
    *s = (struct plan_step){.line = r->line, .after = {"", 0}, .command = {"", 0}};
    s->name = word(&rest);
    s->who = word(&rest);
    struct str seconds = word(&rest);
    s->text = rest;
    if (s->name.len == 0 || s->name.len > 24) return plan_wrong(r, r->line, "a step needs a name of at most 24 letters");
    if (plan_step_named(p, s->name) != NULL) return plan_wrong(r, r->line, "there is a step %.*s already", (int)s->name.len, s->name.at);
    if (!is_who(s->who)) return plan_wrong(r, r->line, "who does it? want desk, commander, guard, teacher, principal, police, medic or all");
    if (seconds.len < 2 || seconds.at[seconds.len - 1] != 's' || !str_to_i64((struct str){seconds.at, seconds.len - 1}, &limit) || limit < 1 || limit > 86400)
        return plan_wrong(r, r->line, "the limit must be like 30s, from 1s to 86400s");
    if (s->text.len == 0 || s->text.len > 400) return plan_wrong(r, r->line, "a step needs a text of at most 400 bytes");
    s->limit_s = (int)limit;
    p->count++;
    return HX_OK;
}

static enum hx_err read_branch(struct reading *r, struct plan_step *s, struct str rest)
{
    const char *arrow = rest.len > 0 ? memmem(rest.at, rest.len, "->", 2) : NULL;
    if (arrow == NULL) return plan_wrong(r, r->line, "a branch is written: branch ANSWER -> STEP");
    if (s->branch_count == PLAN_BRANCHES_MAX) return plan_wrong(r, r->line, "a step has at most %d branches", PLAN_BRANCHES_MAX);
    struct plan_branch *b = &s->branches[s->branch_count++];
    b->answer = str_trim((struct str){rest.at, (size_t)(arrow - rest.at)});
    b->to = str_trim((struct str){arrow + 2, rest.len - (size_t)(arrow - rest.at) - 2});
    return b->answer.len > 0 && b->to.len > 0 ? HX_OK : plan_wrong(r, r->line, "a branch is written: branch ANSWER -> STEP");
}

static enum hx_err read_line(struct reading *r, struct str line)
{
    struct plan_text *p = r->plan;
    struct str rest = line, first = word(&rest);
    struct plan_step *s = p->count > 0 ? &p->steps[p->count - 1] : NULL;
    if (first.len == 0 || first.at[0] == '#') return HX_OK;
    if (str_eq(first, STR("plan"))) {
        if (p->name.len > 0 || rest.len == 0 || rest.len > 120) return plan_wrong(r, r->line, "a file has one plan, with a name");
        p->name = rest;
        return HX_OK;
    }
    if (str_eq(first, STR("for"))) {
        p->classes = rest;
        struct str names = rest, name;
        while (str_split(&names, ' ', &name)) {
            char z[32];
            if (name.len > 0 && !str_names(STR("fight missing stampede bus bomb other"), name) && signal_class_of(str_to_z(name, z, sizeof z)) == CLASS_COUNT)
                return plan_wrong(r, r->line, "there is no class %.*s", (int)name.len, name.at);
        }
        return HX_OK;
    }
    if (str_eq(first, STR("step"))) return read_step(r, rest);
    if (s == NULL) return plan_wrong(r, r->line, "want plan, for or step; found %.*s", (int)first.len, first.at);
    if (str_eq(first, STR("branch"))) return read_branch(r, s, rest);
    if (str_eq(first, STR("after"))) s->after = rest;
    else if (str_eq(first, STR("command"))) s->command = rest;
    else return plan_wrong(r, r->line, "want step, branch, after or command; found %.*s", (int)first.len, first.at);
    return HX_OK;
}

/* `after` may only look back, so that no plan waits for itself; branches may only lead forward, for the same reason. */
static enum hx_err check_links(struct reading *r)
{
    struct plan_text *p = r->plan;
    for (size_t i = 0; i < p->count; i++) {
        struct plan_step *s = &p->steps[i];
        struct str names = s->after, name;
        while (str_split(&names, ' ', &name)) {
            const struct plan_step *before = plan_step_named(p, name);
            if (name.len > 0 && (before == NULL || before >= s)) return plan_wrong(r, s->line, "after: there is no earlier step %.*s", (int)name.len, name.at);
        }
        for (size_t b = 0; b < s->branch_count; b++) {
            const struct plan_step *to = plan_step_named(p, s->branches[b].to);
            if (to == NULL || to <= s) return plan_wrong(r, s->line, "branch: there is no later step %.*s", (int)s->branches[b].to.len, s->branches[b].to.at);
            p->steps[to - p->steps].by_branch = true;
        }
    }
    return HX_OK;
}

enum hx_err plan_parse(struct str in, struct plan_text *out, bool chinese, char *why, size_t why_bytes)
{
    struct reading r = {.plan = out, .why = why, .why_bytes = why_bytes, .chinese = chinese};
    struct str line;
    memset(out, 0, sizeof *out);
    if (in.len > PLAN_TEXT_MAX) return plan_wrong(&r, 1, "a plan has at most %d bytes", PLAN_TEXT_MAX);
    if (!str_is_utf8(in) || (in.len > 0 && memchr(in.at, 0, in.len) != NULL)) return plan_wrong(&r, 1, "the text must be UTF-8");
    while (str_split(&in, '\n', &line)) {
        r.line++;
        enum hx_err e = read_line(&r, line);
        if (e) return e;
    }
    if (out->name.len == 0) return plan_wrong(&r, 1, "the plan has no name: begin with plan NAME");
    if (out->classes.len == 0) return plan_wrong(&r, 1, "the plan says not what it is for: add for CLASS …");
    if (out->count == 0) return plan_wrong(&r, r.line, "the plan has no step");
    return check_links(&r);
}

enum hx_err plan_check_commands(const struct plan_text *p, bool chinese, char *why, size_t why_bytes)
{
    for (size_t i = 0; i < p->count; i++) {
        struct str rest = p->steps[i].command, first;
        if (rest.len == 0) continue;
        if (str_split(&rest, ' ', &first) && str_eq(first, STR("posture")) && str_names(STR("hold secure lockdown evacuate shelter"), str_trim(rest))) continue;
        sentence_print(why, why_bytes, chinese, "line %d: command: want posture hold, secure, lockdown, evacuate or shelter", p->steps[i].line);
        return HX_E_MALFORMED;
    }
    return HX_OK;
}
