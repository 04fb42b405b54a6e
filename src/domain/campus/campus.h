/* Schools and what stands in them: places, contacts, floor plan, panels. Also used by import and the demo. */
#ifndef HX_CAMPUS_H
#define HX_CAMPUS_H

#include "api/api.h"

/* Each writes its event and answers the new id; `body` was checked against its schema. CONFLICT: code or account taken. */
enum hx_err school_make(struct tx *tx, const json_t *body, int64_t demo, int64_t *id) HX_MUST_USE;
/* Sets what `body` names of the school `now` (SQL_SCHOOL_GET); `why` stands in its event, or NULL. */
enum hx_err school_change(struct tx *tx, const json_t *now, const json_t *body, const json_t *why) HX_MUST_USE;
enum hx_err place_make(struct tx *tx, int64_t school_id, const json_t *body, int64_t *id) HX_MUST_USE;
enum hx_err contact_make(struct tx *tx, int64_t school_id, const json_t *body, int64_t *id) HX_MUST_USE;
/* `body` as of POST /v1/panels; the key is sealed at once and never stored or answered in clear. */
enum hx_err panel_make(struct tx *tx, const struct seal *seal, const json_t *body, int64_t demo, int64_t *id) HX_MUST_USE;

/* The open school nearest to a point within `reach_m`; NOT_FOUND when there is none. */
enum hx_err school_nearest(struct db *db, double lon, double lat, double reach_m, int64_t *school_id, double *distance_m) HX_MUST_USE;

/* Answers with its floor plan's picture; whether the caller may see it was checked. NOT_FOUND where none was entered. */
enum hx_err school_floor_plan(struct call *c, int64_t school) HX_MUST_USE;
/* "小学" or "primary": the kind's name; NULL for neither. */
const char *school_kind_of(const char *word);
/* Whether a place can be one in China. */
bool school_place_fits(double lon, double lat);

extern const struct hx_module campus_module;
extern const struct hx_module school_register_module;
extern const struct hx_module panel_module;

#endif
