/* Figures as of a date, as they were known at a moment, each with the rows that it counts. */
#ifndef HX_REPORT_H
#define HX_REPORT_H

#include "api/api.h"
#include "base/clock.h"

struct report_ask {
    const char *as_of, *since; /* local dates; since "": from the beginning */
    int64_t known_at;          /* UTC ms */
    const char *county;        /* "": all */
    int64_t school;            /* 0: all */
    const char *by;            /* "town" or "station": figures by these, too; NULL or "": not */
    int64_t sees_all, person;  /* whose eyes */
};

/* {as_of, since, known_at, county, figures:[{figure,version,count}], counties:[{figure,county,count}]} and what measure_read adds. INVALID: no
 * such date. */
enum hx_err report_read(struct db *db, const struct report_ask *ask, json_t **out) HX_MUST_USE;

struct report_figure {
    const char *name;
    int version; /* of its definition: a change of what counts is another version */
    const char *zh, *en, *what_zh, *what_en;
};
const struct report_figure *report_figures(size_t *count);
/* Its place in the list; -1 for none. */
int report_figure_of(const char *name);
/* The ask of a request's query; texts point into the request or into `today`. */
enum hx_err report_ask_of(struct call *c, char today[CLOCK_DATE_MAX], struct report_ask *a) HX_MUST_USE;
/* The rows that a figure counts, by number after `after`; NULL on a store error. */
json_t *report_rows_of(struct db *db, const struct report_ask *a, const char *figure, int64_t after, int64_t limit);
/* The same from the first, row by row. */
struct rows report_rows_raw(struct db *db, const struct report_ask *a, const char *figure, int64_t limit);
/* report_seal.c: adds to each figure of a report the root of its rows; and a route that counts a kept report again. */
enum hx_err report_seal(struct db *db, const struct report_ask *a, json_t *report) HX_MUST_USE;
enum hx_err report_kept_check(struct call *c);
/* The count of one figure. */
enum hx_err report_count_of(struct db *db, const struct report_ask *a, const char *figure, int64_t *count) HX_MUST_USE;
/* Keeps a report as it stands with its digest; `plan`: the name of the plan, "" by hand. */
enum hx_err report_store(struct tx *tx, const json_t *report, int64_t person, const char *plan, int64_t *id) HX_MUST_USE;
/* The period that a plan is about when it comes due at this moment, and when it is due next. */
void report_plan_period(const char *every, int64_t due_at, char since[CLOCK_DATE_MAX], char as_of[CLOCK_DATE_MAX]);
int64_t report_plan_next(const char *every, int64_t after);
/* report_file.c: routes. */
enum hx_err report_pdf(struct call *c);
enum hx_err report_xlsx(struct call *c);

extern const struct hx_module report_module;
extern const struct hx_module report_plan_module;

#endif
