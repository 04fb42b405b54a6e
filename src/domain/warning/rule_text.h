/* The rules' small language. One rule a file:
 *
 *     rule EW-17
 *     name 入侵并有人 | Intrusion and a person on camera
 *     note 两个独立来源在60秒、50米内都报了同一处 | Two independent sources told of one place within 60 s and 50 m
 *     input break_in = alarm.raised, alarm.repeated where class = "burglary" and panel_id > 0
 *     input person = signal.received where protocol = "gb28181" and code in ("5.5", "5.6")
 *     case inside
 *       together 2 of break_in, person in 60s near 50m
 *       for school
 *       severity 2
 *       to desk
 *       say {school}：入侵且有人 | {school}: intrusion and a person
 *
 * A case has one pattern:
 *     each INPUT                                          every such event
 *     count N of INPUT in TIME [distinct FIELD] [near DISTANCE] [until M]    so many within the time
 *     together K of INPUT, INPUT… in TIME [near DISTANCE] independent inputs within time and distance
 *     after INPUT [at FIELD] [wait TIME] [unless INPUT, INPUT…]               begun and not ended, or due and not done
 *     silent INPUT for TIME below Z                       far fewer than in the same hours of the usual week
 * and lines for, about, when, severity, to, step, say, clear, cooldown, fold, draft. `hides EW-11, EW-12` stands above the cases: while this
 * rule's warning is open at a school, theirs are kept but not told. A line that begins with '#' is a comment.
 * Pure: text in, rule out; the first fault answers with its line number. */
#ifndef HX_RULE_TEXT_H
#define HX_RULE_TEXT_H

#include "base/str.h"

#define RULE_TEXT_MAX 8192
#define RULE_CODE_MAX 16
#define RULE_INPUTS_MAX 8
#define RULE_TYPES_MAX 6
#define RULE_CASES_MAX 4
#define RULE_STEPS_MAX 4
#define RULE_KEYS_MAX 3
#define RULE_OPS_MAX 32
#define RULE_FIELDS_MAX 24
#define RULE_LITERALS_MAX 48
#define RULE_HIDES_MAX 8
#define RULE_NEED_MAX 64
#define RULE_WINDOW_MAX_MS (400 * 86400000LL)

enum rule_op_kind { RULE_EQ, RULE_NE, RULE_LT, RULE_LE, RULE_GT, RULE_GE, RULE_IN, RULE_CONTAINS, RULE_HAS, RULE_NOT, RULE_AND, RULE_OR };
/* A condition in postfix order. */
struct rule_op {
    enum rule_op_kind kind;
    uint8_t field;           /* of the rule's fields */
    uint8_t literal, count;  /* first of the rule's literals, and how many (IN, CONTAINS) */
};
struct rule_literal {
    enum { RULE_NUMBER, RULE_TEXT, RULE_FLAG } kind;
    double number; /* a flag: 0 or 1 */
    struct str text;
};
struct rule_input {
    struct str name;
    struct str types[RULE_TYPES_MAX]; /* of journal events and of what warning_feed.c expects */
    size_t type_count;
    struct rule_op ops[RULE_OPS_MAX];
    size_t op_count;
    bool names_test; /* its condition speaks of `test`: else signals in test mode do not match */
};

enum rule_pattern { RULE_EACH, RULE_COUNTING, RULE_TOGETHER, RULE_AFTER, RULE_SILENT };
enum rule_when { RULE_ALWAYS, RULE_SCHOOL_HOURS, RULE_PEAK, RULE_OUT_OF_HOURS };
/* Who hears of it first. Only `desk` is on the operators' queue. */
#define RULE_RECEIVER_MAP(X) X(MAINTENANCE, "maintenance") X(SCHOOL, "school") X(STATION, "station") X(DESK, "desk") X(COMMANDER, "commander")
enum rule_receiver {
#define X(id, name) RULE_TO_##id,
    RULE_RECEIVER_MAP(X)
#undef X
    RULE_RECEIVER_COUNT
};
const char *rule_receiver_name(enum rule_receiver r);

struct rule_step {
    int64_t offset_ms; /* from the base; negative: before it */
    enum rule_receiver to;
    int severity;
};
struct rule_case {
    struct str name;
    int line;
    enum rule_pattern pattern;
    uint8_t inputs[RULE_INPUTS_MAX], ends[RULE_INPUTS_MAX]; /* of the rule's inputs; ends: unless or clear */
    size_t input_count, end_count;
    int need, until;   /* so many raise it; fewer end it */
    int64_t window_ms; /* in, wait, or for */
    double near_m;     /* 0: anywhere */
    double z;
    int distinct, at;  /* fields, -1: none */
    int school;        /* field with the school's id that it is about, -1: the event's */
    uint8_t keys[RULE_KEYS_MAX];
    size_t key_count;  /* 0: one for all */
    enum rule_when when;
    struct rule_step steps[RULE_STEPS_MAX];
    size_t step_count;
    char draft[12];    /* a posture for a person to think of, or "" */
    struct str zh, en; /* with {school}, {count} and fields in braces */
    int64_t cooldown_ms;
    int fold;          /* more open in one area within ten minutes are folded into the first; 0: never */
    bool fold_all;     /* the area is the prefecture, else a county */
};
struct rule {
    struct str code, zh, en, note_zh, note_en;
    struct str hides[RULE_HIDES_MAX];
    size_t hide_count;
    struct rule_input inputs[RULE_INPUTS_MAX];
    size_t input_count;
    struct rule_case cases[RULE_CASES_MAX];
    size_t case_count;
    struct str fields[RULE_FIELDS_MAX];
    size_t field_count;
    struct rule_literal literals[RULE_LITERALS_MAX];
    size_t literal_count;
};

/* MALFORMED with "line N: …" in why[]. All text points into `in`. */
enum hx_err rule_parse(struct str in, struct rule *out, bool chinese, char *why, size_t why_bytes) HX_MUST_USE;
/* The gravest severity that any step of it may reach. */
int rule_severity(const struct rule *r);

#endif
