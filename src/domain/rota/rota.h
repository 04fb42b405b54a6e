/* Rotas of a county: solved on a thread of their own, published, stayed near to when somebody falls ill. */
#ifndef HX_ROTA_H
#define HX_ROTA_H

#include "api/api.h"

enum hx_err officer_make(struct tx *tx, int64_t person_id, const char *kind, bool armed) HX_MUST_USE;
enum hx_err leave_make(struct tx *tx, const json_t *body, int64_t *id) HX_MUST_USE;
/* Solves a county's days at once, inside the transaction, and publishes them: for the demo. */
enum hx_err rota_make(struct tx *tx, int64_t org_id, const char *county, const char *from, const char *to, int64_t *id) HX_MUST_USE;

/* The rota of a call whose person may see its county; FORBIDDEN else. */
enum hx_err rota_of_call(struct call *c, int64_t id, json_t **record) HX_MUST_USE;
/* rota_sheet.c: routes. */
enum hx_err rota_xlsx(struct call *c);
enum hx_err rota_reassign(struct call *c);

extern const struct hx_module rota_module;

#endif
