/* Rule-of-law vice principals and their lessons. */
#ifndef HX_LESSON_H
#define HX_LESSON_H

#include "api/api.h"

/* What is entered of the past, for the demo: an appointment since a date, a lesson that was held. */
enum hx_err appointment_load(struct tx *tx, int64_t id, int64_t person_id, int64_t school_id, const char *from_date) HX_MUST_USE;
enum hx_err lesson_load(struct tx *tx, int64_t id, int64_t person_id, int64_t school_id, const char *title, const char *kind, const char *date, int64_t audience, const char *evidence) HX_MUST_USE;

/* A planned lesson was held, as the body (LessonHold) says; the caller has checked who may. */
enum hx_err lesson_record(struct call *c, int64_t id) HX_MUST_USE;

extern const struct hx_module lesson_module;
extern const struct hx_module lesson_ask_module;

#endif
