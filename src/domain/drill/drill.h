/* Drills of the schools' plans: the record, the script with its live run, the file. */
#ifndef HX_DRILL_H
#define HX_DRILL_H

#include "api/api.h"

/* A closed drill of the past, for the demo. */
enum hx_err drill_load(struct tx *tx, int64_t id, int64_t school_id, const char *kind, const char *title, const char *date, bool guided, int64_t participants, const char *timeline, const char *evaluation) HX_MUST_USE;
/* A planned drill; its script as DrillScript of the API, approved by the second person. For the demo, too. */
enum hx_err drill_make(struct tx *tx, int64_t school_id, const char *kind, const char *title, const char *date, int64_t demo, int64_t *id) HX_MUST_USE;
enum hx_err drill_script_set(struct tx *tx, int64_t id, int64_t school_id, int64_t person, const json_t *script) HX_MUST_USE;
enum hx_err drill_script_approve(struct tx *tx, int64_t id, int64_t person) HX_MUST_USE;

/* The whole record as the answer: with actions, and the live part where there is a script. */
enum hx_err drill_reply(struct call *c, int64_t id) HX_MUST_USE;
/* The drill of the path, once the person may write there; ILLEGAL with a text when it is in another state. NULL on an error. */
enum hx_err drill_in_state(struct call *c, const char *state, json_t **record) HX_MUST_USE;
/* Reads a drill of the path for somebody who may see drills there, or has a part in this one. NULL on an error. */
enum hx_err drill_for_part(struct call *c, json_t **record) HX_MUST_USE;
/* drill_run.c: adds "live" to a record: script, parts, what happened. `person` 0: nobody's parts. */
enum hx_err drill_add_live(struct db *db, json_t *record, int64_t person) HX_MUST_USE;
/* drill_record.c: what happened, a line each ("+02:10 police arrived"), in Chinese; freed by the caller. */
char *drill_story(const json_t *live);

extern const struct hx_module drill_module;
extern const struct hx_module drill_run_module;
extern const struct hx_module drill_record_module;

#endif
