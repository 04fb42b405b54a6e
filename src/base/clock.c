#include "clock.h"

#include <string.h>
#include <time.h>

#include "base/scan.h"

#define DAY_MS 86400000LL

int64_t clock_utc_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_mono_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Days from civil and back after H. Hinnant's published algorithms ("chrono-compatible low-level date algorithms"). */
int64_t clock_from_civil(struct clock_civil c)
{
    int64_t y = c.year - (c.month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (c.month + (c.month > 2 ? -3 : 9)) + 2) / 5 + c.day - 1;
    int64_t days = era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
    return days * DAY_MS + ((int64_t)c.hour * 3600 + c.minute * 60 + c.second) * 1000;
}

struct clock_civil clock_to_civil(int64_t utc_ms)
{
    int64_t days = utc_ms / DAY_MS, in_day = utc_ms % DAY_MS;
    if (in_day < 0) in_day += DAY_MS, days--;
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int month = (int)(mp < 10 ? mp + 3 : mp - 9);
    int second = (int)(in_day / 1000);
    return (struct clock_civil){
        .year = (int)(yoe + era * 400 + (month <= 2)),
        .month = month,
        .day = (int)(doy - (153 * mp + 2) / 5 + 1),
        .hour = second / 3600,
        .minute = second / 60 % 60,
        .second = second % 60,
    };
}

static char *digits(char *at, int value, int n, char after)
{
    for (int i = n - 1; i >= 0; i--, value /= 10) at[i] = (char)('0' + value % 10);
    at[n] = after;
    return at + n + 1;
}

/* By hand: three of these stand in every signal, and printf was a tenth of its cost. */
char *clock_format(int64_t utc_ms, char *out)
{
    struct clock_civil c = clock_to_civil(utc_ms);
    char *at = digits(out, c.year, 4, '-');
    at = digits(at, c.month, 2, '-');
    at = digits(at, c.day, 2, 'T');
    at = digits(at, c.hour, 2, ':');
    at = digits(at, c.minute, 2, ':');
    at = digits(at, c.second, 2, '.');
    at = digits(at, (int)(((utc_ms % 1000) + 1000) % 1000), 3, 'Z');
    *at = 0;
    return out;
}

bool clock_parse(struct str text, int64_t *utc_ms)
{
    struct scan s = {.in = text};
    struct clock_civil c = {0};
    int64_t fraction_ms = 0, offset_ms = 0;
    c.year = scan_int(&s, 4);
    scan_byte(&s, '-');
    c.month = scan_int(&s, 2);
    scan_byte(&s, '-');
    c.day = scan_int(&s, 2);
    if (!s.err && !scan_end(&s)) {
        if (!scan_try(&s, 'T') && !scan_try(&s, 't')) scan_byte(&s, ' ');
        c.hour = scan_int(&s, 2);
        scan_byte(&s, ':');
        c.minute = scan_int(&s, 2);
        scan_byte(&s, ':');
        c.second = scan_int(&s, 2);
        if (scan_try(&s, '.')) {
            struct str digits = scan_digits(&s, 9);
            for (size_t i = 0; i < 3; i++) fraction_ms = fraction_ms * 10 + (i < digits.len ? digits.at[i] - '0' : 0);
        }
        if (scan_try(&s, '+') || scan_peek(&s) == '-') {
            int sign = s.in.at[s.at - (s.in.at[s.at] != '-')] == '-' ? -1 : 1;
            if (sign < 0) scan_byte(&s, '-');
            int hours = scan_int(&s, 2);
            scan_byte(&s, ':');
            offset_ms = sign * (hours * 60 + scan_int(&s, 2)) * 60000LL;
        } else if (!scan_try(&s, 'z')) {
            scan_byte(&s, 'Z');
        }
    }
    if (s.err || !scan_end(&s)) return false;
    if (c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31 || c.hour > 23 || c.minute > 59 || c.second > 60) return false;
    *utc_ms = clock_from_civil(c) + fraction_ms - offset_ms;
    return true;
}

char *clock_local_date(int64_t utc_ms, char out[CLOCK_DATE_MAX])
{
    char text[CLOCK_TEXT_MAX];
    clock_format(utc_ms + CLOCK_LOCAL_MS, text);
    return str_to_z((struct str){text, CLOCK_DATE_MAX - 1}, out, CLOCK_DATE_MAX);
}

bool clock_local_begin(const char *date, int64_t *utc_ms)
{
    char again[CLOCK_DATE_MAX];
    if (strlen(date) != CLOCK_DATE_MAX - 1 || !clock_parse(str_of(date), utc_ms)) return false;
    *utc_ms -= CLOCK_LOCAL_MS;
    return strcmp(clock_local_date(*utc_ms, again), date) == 0; /* there is no 30th of February */
}

int clock_local_weekday(int64_t utc_ms)
{
    int64_t day = (utc_ms + CLOCK_LOCAL_MS) / CLOCK_DAY_MS; /* 1970-01-01 was a Thursday */
    return (int)((day + 3) % 7);
}
