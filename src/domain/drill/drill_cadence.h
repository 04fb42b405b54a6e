/* When a school's next drill is due (Ministry of Education, guide of 2014: schools monthly, kindergartens quarterly). Pure. */
#ifndef HX_DRILL_CADENCE_H
#define HX_DRILL_CADENCE_H

#include "base/clock.h"

struct drill_cadence {
    int months;           /* 1 … 12: one drill in so many */
    unsigned off_months;  /* bit 0 January …: holidays */
};

/* "2 8" as bits; false where it is no list of months. */
bool drill_off_months(const char *text, unsigned *bits);

struct drill_due {
    char date[CLOCK_DATE_MAX]; /* the last day of the period in which it is due */
    int overdue_days;          /* 0: still in time; days of holidays are not counted */
};
/* `last`: the date of the last drill, "" for none ever. False: nothing is due in the period of `today`. */
bool drill_due_of(struct drill_cadence c, const char *last, const char *today, struct drill_due *due);

#endif
