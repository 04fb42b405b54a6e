/* What the files of the engine share. */
#ifndef HX_WARNING_INNER_H
#define HX_WARNING_INNER_H

#include "base/map.h"
#include "domain/warning/rule_fields.h"
#include "domain/warning/warning_engine.h"

enum { FIELD_DRILL, FIELD_TEST, FIELD_LON, FIELD_LAT, FIELD_OWN_COUNT }; /* the engine's own, first in its set */
/* Fields that stand in no JSON. */
enum { ASK_SCHOOL = -1, ASK_SUBJECT = -2, ASK_COUNTY = -3, ASK_SCHOOL_KIND = -4, ASK_HOUR = -5, ASK_WEEKDAY = -6, ASK_BOARDERS = -7 };

#define USUAL_HOURS 840 /* five weeks: the week to judge and four to compare it with */

struct sighting {
    int64_t at, seq, school_id;
    double lon, lat; /* 0, 0: not known */
    uint64_t value;  /* hash of the distinct field */
    uint8_t input;
};

struct engine_rule;

/* A case at one key. */
struct instance {
    struct engine_rule *rule;
    int case_no;
    bool drill, dirty;
    char key[WARNING_KEY_MAX];
    int64_t seq, restored_seq;     /* of the last event that touched it; events up to the one it was saved at are in it */
    struct sighting *seen;         /* the last `need` at most, oldest first; together: by input */
    int seen_count, seen_room;
    int count;                     /* sightings of the present episode */
    int64_t opened_at, episode;    /* opened_at 0: not raised */
    int64_t base_at, school_id;    /* after: where its steps count from, 0: idle */
    int step;                      /* the next one */
    char *zh, *en;                 /* after: what to say, made when it began */
    uint16_t *usual;               /* silent: events by hour, USUAL_HOURS places */
    int64_t first_hour, last_hour; /* since 1970 */
    int64_t deadline;              /* 0: none */
    int heap_at;                   /* place in the heap, -1: none */
    struct instance *next_dirty;
};

struct engine_rule {
    char *text, code[RULE_CODE_MAX];
    int64_t version;
    struct rule rule; /* points into text */
    int fields[RULE_FIELDS_MAX]; /* number in the engine's set, or ASK_… */
};

/* A type of event: which inputs of which rules want it. */
struct type_use {
    struct engine_rule *rule;
    int input;
};
struct type_uses {
    struct type_use *uses;
    size_t count, room;
};

struct fold {
    int64_t from;
    int count;
};

struct warning_engine {
    struct warning_world world;
    struct warning_sink sink;
    struct engine_rule *rules[WARNING_RULES_MAX];
    size_t rule_count;
    struct field_set fields;
    struct field_value values[FIELDS_MAX];
    bool remembers;
    bool read; /* values are of the present event */
    struct map types;     /* type → struct type_uses */
    struct map instances; /* "code/case/key" → struct instance */
    struct map open;      /* "code@school" → count of open warnings of a rule that hides others */
    struct map folds;     /* "code/case/area" → struct fold */
    struct instance **heap;
    int heap_count, heap_room;
    struct instance *dirty;
    char (*gone)[WARNING_KEY_MAX + RULE_CODE_MAX + 8]; /* keys of instances that ended since the last save */
    size_t gone_count, gone_room;
    int64_t now;
    uint64_t refused;
};

/* warning_engine.c */
struct instance *instance_find(struct warning_engine *e, struct engine_rule *r, int case_no, bool drill, const char *key, bool make);
void instance_touch(struct warning_engine *e, struct instance *i);
void instance_end(struct warning_engine *e, struct instance *i);
void instance_due(struct warning_engine *e, struct instance *i, int64_t deadline);
void instance_name(const struct engine_rule *r, int case_no, bool drill, const char *key, char *out, size_t size);
bool event_value(struct warning_engine *e, const struct engine_rule *r, int field, const struct warning_event *event, struct field_value *out);
void event_say(struct warning_engine *e, const struct engine_rule *r, struct str form, const struct warning_event *event, int count, char *out, size_t size);
void instance_raise(struct warning_engine *e, struct instance *i, const struct rule_step *step, int64_t at);
void instance_clear(struct warning_engine *e, struct instance *i, int64_t at);
void warning_open_count(struct warning_engine *e, const struct engine_rule *r, int64_t school_id, int by);

/* warning_pattern.c: what an event that began or ended something, or a deadline, does to an instance. */
void pattern_see(struct warning_engine *e, struct instance *i, int input, const struct warning_event *event);
/* Whether the event says no more than the one that the instance runs since: told again by a feed. */
bool pattern_repeats(struct warning_engine *e, const struct instance *i, const struct warning_event *event);
void pattern_end(struct warning_engine *e, struct instance *i, const struct warning_event *event);
void pattern_due(struct warning_engine *e, struct instance *i);
/* Widest distance between what it saw; -1: some place is not known. */
void pattern_span(const struct instance *i, double *span_m);

#endif
