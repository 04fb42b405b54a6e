/* The plan's small language. One plan a file:
 *
 *     plan 持械闯入处置
 *     for panic holdup duress
 *     step alarm guard 30s 按下一键报警，持盾牌、钢叉到校门
 *     step look desk 15s 看画面、问门卫：是否真实？
 *       branch 真实 -> send
 *       branch 误报 -> false
 *     step send desk 30s 派出最近的两支力量
 *       after look
 *       command posture lockdown
 *
 * `after` names steps that must be done first (also those that come by a branch wait for it). A line that begins with '#' is
 * a comment. `command posture VERB` proposes that posture beside the step, and the step is done once it is ordered. Pure: text in, steps out; the first fault answers with its line number. */
#ifndef HX_PLAN_TEXT_H
#define HX_PLAN_TEXT_H

#include "base/str.h"

#define PLAN_STEPS_MAX 64
#define PLAN_BRANCHES_MAX 6
#define PLAN_TEXT_MAX 65536

struct plan_branch {
    struct str answer, to;
};
struct plan_step {
    struct str name, who, text, after, command; /* after: names with blanks between */
    int limit_s;
    struct plan_branch branches[PLAN_BRANCHES_MAX];
    size_t branch_count;
    bool by_branch; /* some branch leads here: it waits until chosen */
    int line;
};
struct plan_text {
    struct str name, classes;
    struct plan_step steps[PLAN_STEPS_MAX];
    size_t count;
};

/* MALFORMED with "line N: …" in why[]. All text points into `in`. */
enum hx_err plan_parse(struct str in, struct plan_text *out, bool chinese, char *why, size_t why_bytes) HX_MUST_USE;
const struct plan_step *plan_step_named(const struct plan_text *p, struct str name);

/* A command that nobody obeys is a fault when a plan is written; an older text that has one still starts. MALFORMED with why[]. */
enum hx_err plan_check_commands(const struct plan_text *p, bool chinese, char *why, size_t why_bytes) HX_MUST_USE;

#endif
