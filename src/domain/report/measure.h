/* Rates of a period: of so much, so much was as it should be. The period ends with the report's date and begins with its `since`, or with
 * the first day of the date's month. */
#ifndef HX_MEASURE_H
#define HX_MEASURE_H

#include "domain/report/report.h"

/* Adds to a report: measures_since, measures:[{measure, version, part, whole, p50_ms, p90_ms, p99_ms}], measure_counties:[{measure, county,
 * part, whole}]. Times are of those of which one was asked, null where none is there. */
enum hx_err measure_read(struct db *db, const struct report_ask *ask, json_t *report) HX_MUST_USE;
/* The rows behind a figure or a measure, whichever the name is; `missed`: of a measure only those that were not so. NULL on a store error. */
json_t *rows_behind(struct db *db, const struct report_ask *ask, const char *name, bool missed, int64_t after, int64_t limit);

const struct report_figure *measures(size_t *count);
/* Its place in the list; -1 for none. */
int measure_of(const char *name);

#endif
