/* Figures as of a date, as they were known at a moment, each with the rows that it counts. */
#ifndef HX_REPORT_H
#define HX_REPORT_H

#include "api/api.h"

struct report_ask {
    const char *as_of, *since; /* local dates; since "": from the beginning */
    int64_t known_at;          /* UTC ms */
    const char *county;        /* "": all */
    int64_t school;            /* 0: all */
    int64_t sees_all, person;  /* whose eyes */
};

/* {as_of, since, known_at, county, figures:[{figure,count}], counties:[{figure,county,count}]}. INVALID: no such date. */
enum hx_err report_read(struct db *db, const struct report_ask *ask, json_t **out) HX_MUST_USE;

extern const struct hx_module report_module;

#endif
