#include "drill_cadence.h"

#include <stdio.h>
#include <string.h>

#define PERIODS_MAX 1200 /* a hundred years */

bool drill_off_months(const char *text, unsigned *bits)
{
    struct str rest = str_of(text), word;
    *bits = 0;
    while (str_split(&rest, ' ', &word)) {
        int64_t m;
        if (word.len == 0) continue;
        if (!str_to_i64(word, &m) || m < 1 || m > 12) return false;
        *bits |= 1u << (m - 1);
    }
    return true;
}

/* Months since the year 0. */
static int month_of(const char *date)
{
    int y = 0, m = 1;
    HX_ASSERT(sscanf(date, "%4d-%2d", &y, &m) == 2 && m >= 1 && m <= 12);
    return y * 12 + m - 1;
}

static bool is_off(struct drill_cadence c, int month)
{
    return c.off_months >> (month % 12) & 1;
}

static bool all_off(struct drill_cadence c, int period)
{
    for (int i = 0; i < c.months; i++)
        if (!is_off(c, period * c.months + i)) return false;
    return true;
}

static int64_t month_begin(int month)
{
    return clock_from_civil((struct clock_civil){.year = month / 12, .month = month % 12 + 1, .day = 1}) - CLOCK_LOCAL_MS;
}

bool drill_due_of(struct drill_cadence c, const char *last, const char *today, struct drill_due *due)
{
    int now = month_of(today) / c.months, period = last[0] != 0 ? month_of(last) / c.months + 1 : now;
    for (int i = 0; i < PERIODS_MAX && all_off(c, period); i++) period++;
    if (period > now || all_off(c, period)) return false;
    int64_t end = month_begin((period + 1) * c.months), at;
    clock_local_date(end - 1, due->date);
    due->overdue_days = 0;
    if (!clock_local_begin(today, &at)) return false;
    for (int64_t day = end; day <= at; day += CLOCK_DAY_MS) {
        char date[CLOCK_DATE_MAX];
        due->overdue_days += !is_off(c, month_of(clock_local_date(day, date)));
    }
    return true;
}
