/* What the engine found, on its way into the store. */
#ifndef HX_WARNING_HIT_H
#define HX_WARNING_HIT_H

#include "domain/warning/warning_engine.h"
#include "journal/journal.h"

/* A panel whose last test is older does not count as a source that proved itself: a day and an hour's grace. */
#define WARNING_TESTED_MS (25 * 3600000LL)

struct warning_found {
    bool clear; /* a warning ended: only code, case_no, key, episode, at, drill and count are set */
    char code[RULE_CODE_MAX], case_name[40], key[WARNING_KEY_MAX], hidden_by[RULE_CODE_MAX];
    char draft[12];
    char rule_zh[124], rule_en[124], zh[WARNING_TEXT_MAX], en[WARNING_TEXT_MAX];
    int64_t rule_id, episode, at, school_id, evidence[WARNING_EVIDENCE_MAX];
    int case_no, step, severity, count, evidence_count, kinds;
    enum rule_receiver to;
    double span_m;
    bool drill, folded;
};
struct warning_founds {
    struct warning_found *items;
    size_t count, room;
};
/* A sink that keeps what it hears in the list. */
struct warning_sink warning_found_sink(struct warning_founds *list);
/* Room for one more, not yet filled. */
struct warning_found *warning_founds_next(struct warning_founds *list);
void warning_founds_free(struct warning_founds *list);

/* Stores it once, however often it is found, and does what its receiver is due: an incident for the desk, messages for the others. */
enum hx_err warning_hit_store(struct tx *tx, const struct warning_found *f) HX_MUST_USE;

/* A reason why it may be believed, with its number: {reason, value}. */
void warning_reason_add(json_t *reasons, const char *name, int64_t value);

#endif
