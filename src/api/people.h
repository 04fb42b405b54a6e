/* Organisations, people and grants, for routes, import and the demo. */
#ifndef HX_PEOPLE_H
#define HX_PEOPLE_H

#include "api/api.h"

/* Each writes its event and answers the new id. CONFLICT when code or name is taken. */
enum hx_err org_make(struct tx *tx, int64_t parent_id, const json_t *body, int64_t demo, int64_t *id) HX_MUST_USE;
enum hx_err person_make(struct tx *tx, const json_t *body, const char *encoded, int64_t demo, int64_t *id) HX_MUST_USE;
enum hx_err grant_make(struct tx *tx, int64_t person_id, const char *role, int64_t org_id) HX_MUST_USE;

extern const struct hx_module people_module;
extern const struct hx_module phone_module; /* phone_record.c */

#endif
