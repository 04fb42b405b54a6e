/* A school year's calendar as iCalendar (RFC 5545): which of its days change the peaks. Pure.
 * An event's words say what its days are: 放假, 停课, holiday, vacation: no peaks; 补课, 上课, make-up with a weekday (按周五上课, "as Friday"): the
 * timetable of that weekday; 离校, release: release peaks too. Other events change nothing and are told apart. */
#ifndef HX_TERM_CALENDAR_H
#define HX_TERM_CALENDAR_H

#include "base/clock.h"
#include "base/str.h"

#define TERM_TEXT_MAX 200
#define TERM_DAYS_MAX 200 /* of one event */

enum term_act { TERM_NOTHING, TERM_OFF, TERM_AS, TERM_RELEASE };

struct term_event {
    int line;                       /* of its BEGIN:VEVENT */
    enum term_act act;
    int weekday;                    /* of TERM_AS: 0 Monday … 6 */
    char from[CLOCK_DATE_MAX], to[CLOCK_DATE_MAX]; /* local days, both in */
    char summary[TERM_TEXT_MAX];
};

/* Calls `visit` for each event that is not cancelled. INVALID with the line and reason in `why`: no VCALENDAR, a date that does not exist,
 * a repetition (RRULE, RDATE: write the days), a make-up day without its weekday, too many days. */
enum hx_err term_calendar_read(struct str text, void (*visit)(const struct term_event *event, void *arg), void *arg, char *why, size_t why_bytes) HX_MUST_USE;

#endif
