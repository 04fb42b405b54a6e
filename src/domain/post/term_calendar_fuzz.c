/* Calendars of whoever writes them. */
#include "domain/post/term_calendar.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void visit(const struct term_event *event, void *arg)
{
    int64_t from, to;
    (void)arg;
    HX_ASSERT(clock_local_begin(event->from, &from) && clock_local_begin(event->to, &to) && to >= from && (to - from) / CLOCK_DAY_MS < TERM_DAYS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char why[160];
    if (term_calendar_read((struct str){(const char *)bytes, n}, visit, NULL, why, sizeof why)) return 0;
    return 0;
}
