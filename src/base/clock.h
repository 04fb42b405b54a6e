/* Time: UTC milliseconds since 1970 in int64_t; a monotonic clock for spans; RFC 3339 at the edges. */
#ifndef HX_CLOCK_H
#define HX_CLOCK_H

#include "base/str.h"

#define CLOCK_TEXT_MAX 32

int64_t clock_utc_ms(void);
int64_t clock_mono_us(void);
/* "2026-11-23T21:00:00.000Z"; out holds CLOCK_TEXT_MAX bytes; returns out. */
char *clock_format(int64_t utc_ms, char *out);
/* Reads RFC 3339 with Z or an offset, with or without a fraction; a bare date is its first instant in UTC. */
bool clock_parse(struct str text, int64_t *utc_ms);
/* Civil date and time (UTC) to milliseconds and back, proleptic Gregorian. */
struct clock_civil {
    int year, month, day, hour, minute, second;
};
int64_t clock_from_civil(struct clock_civil c);
struct clock_civil clock_to_civil(int64_t utc_ms);


/* Local time is Asia/Shanghai, UTC+8 without summer time. */
#define CLOCK_LOCAL_MS (8 * 3600000LL)
#define CLOCK_DAY_MS 86400000LL
#define CLOCK_DATE_MAX 11
char *clock_local_date(int64_t utc_ms, char out[CLOCK_DATE_MAX]); /* "2026-11-24" */
/* The first instant of a local date; false when the text is no date. */
bool clock_local_begin(const char *date, int64_t *utc_ms);
int clock_local_weekday(int64_t utc_ms); /* 0 Monday … 6 Sunday */

#endif
