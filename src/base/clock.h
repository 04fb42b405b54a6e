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

#endif
