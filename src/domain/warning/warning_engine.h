/* Follows events and says which rules they fulfil. A pure machine: rules, schools and events in, hits out; it has no clock, no
 * store and no thread of its own. The same events in the same order give the same hits, so weeks can be played back in seconds
 * and a restart goes on from a saved state and a position in the journal. */
#ifndef HX_WARNING_ENGINE_H
#define HX_WARNING_ENGINE_H

#include "domain/warning/rule_text.h"

#define WARNING_RULES_MAX 128
#define WARNING_KEY_MAX 96
#define WARNING_EVIDENCE_MAX 16
#define WARNING_TEXT_MAX 480
#define WARNING_INSTANCES_MAX 200000 /* further ones are refused and counted */

struct warning_event {
    int64_t seq, at, school_id, subject_id; /* seq 0: an expectation, not in the journal */
    const char *type;
    struct str data; /* JSON object */
};

struct warning_school {
    int64_t id;
    double lon, lat;
    char county[8], kind[16], name[64];
    int boarders;
};
enum { WARNING_IN_SCHOOL = 1, WARNING_IN_PEAK = 2 };
struct warning_world {
    const struct warning_school *(*school)(void *arg, int64_t id); /* NULL: none */
    int (*hours)(void *arg, int64_t school_id, int64_t at);        /* bits above */
    void *arg;
};

struct warning_hit {
    const struct rule *rule;
    int64_t version;          /* of the rule's text */
    int case_no, step;        /* a later step of an `after` comes again with the same key and episode */
    bool last_step;
    char key[WARNING_KEY_MAX];
    int64_t episode;          /* with rule, case, key and drill: what makes a hit one, also when played again */
    int64_t at, school_id;
    bool drill;
    int severity;
    enum rule_receiver to;
    int count;
    int64_t evidence[WARNING_EVIDENCE_MAX]; /* journal numbers, oldest first */
    int evidence_count, kinds;              /* kinds: independent inputs */
    double span_m;                          /* widest distance between them; -1: some place is not known */
    const char *hidden_by;                  /* code of the rule whose open warning hides it, or NULL */
    bool folded;                            /* one of too many alike: counted, not told by itself */
    char zh[WARNING_TEXT_MAX], en[WARNING_TEXT_MAX];
};
struct warning_clear {
    const char *code; /* of the rule, NUL-terminated */
    int case_no;
    const char *key;
    int64_t episode, at;
    bool drill;
    int count;
};
struct warning_sink {
    void (*raised)(void *arg, const struct warning_hit *hit);
    void (*cleared)(void *arg, const struct warning_clear *clear);
    void *arg;
};

struct warning_engine;

struct warning_engine *warning_engine_new(const struct warning_world *world, const struct warning_sink *sink);
void warning_engine_free(struct warning_engine *e);
/* Adds the rule or puts it in place of the one with its code, whose state is forgotten; the text is copied. MALFORMED with
 * why[], LIMIT with why[] when there are too many rules or fields. */
enum hx_err warning_engine_put(struct warning_engine *e, struct str text, int64_t version, char *why, size_t why_bytes) HX_MUST_USE;
void warning_engine_drop(struct warning_engine *e, struct str code);
/* Whether some rule has an input of this type: what is not wanted need not be read. */
bool warning_engine_wants(const struct warning_engine *e, const char *type);
/* Deadlines until the event's time fire first. */
void warning_engine_see(struct warning_engine *e, const struct warning_event *event);
void warning_engine_tick(struct warning_engine *e, int64_t now_ms);
/* Other schools or other days from now on. */
void warning_engine_set_world(struct warning_engine *e, const struct warning_world *world);
size_t warning_engine_instances(const struct warning_engine *e);
uint64_t warning_engine_refused(const struct warning_engine *e);

/* ---- warning_state.c: what outlives the process ---- */

struct warning_state {
    const char *code, *key; /* key: as warning_hit.key, with "D" before it for a drill */
    int64_t version, seq;   /* seq: the last event that touched it */
    int case_no;
    const char *text;       /* JSON; NULL: there is nothing to keep any more */
};
/* From now on what changes is noted, for warning_engine_save. An engine that only plays back notes nothing. */
void warning_engine_remember(struct warning_engine *e);
/* Gives what has changed since the last call. */
void warning_engine_save(struct warning_engine *e, void (*keep)(void *arg, const struct warning_state *state), void *arg);
/* Puts one back; of another version of its rule, or broken: nothing happens. Events up to its seq do not touch it again. */
void warning_engine_restore(struct warning_engine *e, const struct warning_state *state);

#endif
