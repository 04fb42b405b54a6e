/* Signals become alarms, alarms become incidents. Runs as a follower of the journal inside the signal's own transaction. */
#ifndef HX_ALARM_H
#define HX_ALARM_H

#include "api/api.h"

struct alarm_rule {
    int count;
    int64_t window_ms;
};
struct alarm_rules {
    struct alarm_rule press_burst, join, chatter;
};
/* Reads the text of alarm_rules.tsv; false with the line and the reason in why[]. */
bool alarm_rules_parse(struct str text, struct alarm_rules *rules, char *why, size_t why_bytes);

extern const struct hx_module alarm_module;
extern const struct hx_module device_fault_module;

#endif
