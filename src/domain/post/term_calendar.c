#include "term_calendar.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LINE_MAX_BYTES 4096

/* One content line, unfolded (section 3.1): a line that begins with a blank goes on the one before. */
static bool next_line(struct str *rest, char out[LINE_MAX_BYTES], int *line, bool *whole)
{
    struct str piece;
    size_t n = 0;
    *whole = true;
    if (!str_split(rest, '\n', &piece)) return false;
    ++*line;
    for (;;) {
        if (piece.len > 0 && piece.at[piece.len - 1] == '\r') piece.len--;
        if (n + piece.len >= LINE_MAX_BYTES) *whole = false;
        else memcpy(out + n, piece.at, piece.len), n += piece.len;
        if (rest->at == NULL || rest->len == 0 || (rest->at[0] != ' ' && rest->at[0] != '\t')) break;
        str_split(rest, '\n', &piece);
        ++*line;
        piece = (struct str){piece.at + 1, piece.len - 1};
    }
    out[n] = 0;
    return true;
}

/* NAME;PARAM=…:VALUE */
static const char *value_of(const char *line, const char *name)
{
    size_t n = strlen(name);
    if (strncasecmp(line, name, n) != 0 || (line[n] != ':' && line[n] != ';')) return NULL;
    bool quoted = false;
    for (const char *p = line + n; *p != 0; p++) {
        if (*p == '"') quoted = !quoted;
        if (*p == ':' && !quoted) return p + 1;
    }
    return NULL;
}

/* 20261001, 20261001T080000 or …Z: the local day. *exact: the time is the day's begin. */
static bool day_of(const char *value, int64_t *midnight, bool *exact)
{
    char date[CLOCK_DATE_MAX];
    size_t digits = strspn(value, "0123456789"), time = digits == 8 && value[8] == 'T' ? strspn(value + 9, "0123456789") : 0;
    const char *tail = value + 8 + (time == 6 ? 7 : 0);
    if (digits != 8 || (tail[0] != 0 && strcmp(tail, "Z") != 0)) return false;
    snprintf(date, sizeof date, "%.4s-%.2s-%.2s", value, value + 4, value + 6);
    if (!clock_local_begin(date, midnight)) return false;
    int hh = time == 6 ? (value[9] - '0') * 10 + value[10] - '0' : 0, mm = time == 6 ? (value[11] - '0') * 10 + value[12] - '0' : 0;
    if (hh > 23 || mm > 59) return false;
    int64_t at = *midnight + (hh * 60 + mm) * 60000LL + (tail[0] == 'Z' ? CLOCK_LOCAL_MS : 0);
    *exact = (at - *midnight) % CLOCK_DAY_MS == 0;
    while (at - *midnight >= CLOCK_DAY_MS) *midnight += CLOCK_DAY_MS;
    return true;
}

/* Backslash escapes of TEXT (section 3.3.11). */
static void take_text(const char *value, char *out, size_t size)
{
    char plain[LINE_MAX_BYTES];
    size_t n = 0;
    for (const char *p = value; *p != 0 && n + 1 < sizeof plain; p++) {
        if (*p == '\\' && p[1] != 0) p++, plain[n++] = *p == 'n' || *p == 'N' ? ' ' : *p;
        else plain[n++] = (unsigned char)*p < ' ' ? ' ' : *p;
    }
    str_to_utf8_z((struct str){plain, n}, out, size);
}

static bool has(const char *text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strcasestr(text, *words) != NULL) return true;
    return false;
}

static int weekday_of(const char *text)
{
    static const char *const zh[] = {"一", "二", "三", "四", "五", "六", "日"};
    static const char *const en[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
    static const char *const lead[] = {"周", "星期", "礼拜"};
    for (size_t l = 0; l < HX_COUNT(lead); l++)
        for (const char *p = text; (p = strstr(p, lead[l])) != NULL; p++)
            for (int d = 0; d < 7; d++)
                if (strncmp(p + strlen(lead[l]), zh[d], strlen(zh[d])) == 0 || (d == 6 && strncmp(p + strlen(lead[l]), "天", strlen("天")) == 0)) return d;
    for (int d = 0; d < 7; d++)
        if (strcasestr(text, en[d]) != NULL) return d;
    return -1;
}

static void judge(struct term_event *e)
{
    static const char *const as[] = {"补课", "补上课", "补班", "调休上课", "按周", "按星期", "make-up", "makeup", NULL};
    static const char *const release[] = {"离校", "放学高峰", "release", NULL};
    static const char *const off[] = {"放假", "假期", "寒假", "暑假", "停课", "休息", "holiday", "vacation", "no school", "school closed", NULL};
    e->act = has(e->summary, as) ? TERM_AS : has(e->summary, release) ? TERM_RELEASE : has(e->summary, off) ? TERM_OFF : TERM_NOTHING;
    e->weekday = e->act == TERM_AS ? weekday_of(e->summary) : -1;
}

struct reading {
    bool inside, cancelled, has_from, has_to, exact_to;
    int64_t from, to, days; /* days: of a DURATION, 0 none */
    struct term_event event;
};

static enum hx_err wrong(char *why, size_t n, int line, const char *text)
{
    snprintf(why, n, "line %d: %s", line, text);
    return HX_E_INVALID;
}

static enum hx_err finish(struct reading *r, int line, void (*visit)(const struct term_event *event, void *arg), void *arg, char *why, size_t n)
{
    r->inside = false;
    if (r->cancelled) return HX_OK;
    if (!r->has_from) return wrong(why, n, line, "the event has no DTSTART");
    int64_t last = r->has_to ? r->to - (r->exact_to && r->to > r->from ? CLOCK_DAY_MS : 0) : r->from + (r->days > 0 ? r->days - 1 : 0) * CLOCK_DAY_MS; /* DTEND is the day after */
    if (last < r->from) return wrong(why, n, line, "the event ends before it begins");
    if ((last - r->from) / CLOCK_DAY_MS >= TERM_DAYS_MAX) return wrong(why, n, line, "the event is longer than 200 days");
    judge(&r->event);
    if (r->event.act == TERM_AS && r->event.weekday < 0) return wrong(why, n, line, "a make-up day must say whose timetable holds: 按周五上课");
    clock_local_date(r->from, r->event.from);
    clock_local_date(last, r->event.to);
    visit(&r->event, arg);
    return HX_OK;
}

static enum hx_err take_line(struct reading *r, const char *line, int number, char *why, size_t n)
{
    const char *v;
    bool exact;
    int count, used = 0;
    char unit;
    if (value_of(line, "RRULE") != NULL || value_of(line, "RDATE") != NULL) return wrong(why, n, number, "a repetition is not read: write its days");
    if ((v = value_of(line, "SUMMARY")) != NULL) take_text(v, r->event.summary, sizeof r->event.summary);
    else if ((v = value_of(line, "STATUS")) != NULL) r->cancelled = strcasecmp(v, "CANCELLED") == 0;
    else if ((v = value_of(line, "DTSTART")) != NULL) return (r->has_from = day_of(v, &r->from, &exact)) ? HX_OK : wrong(why, n, number, "DTSTART: want a day that exists, as 20261001");
    else if ((v = value_of(line, "DTEND")) != NULL) return (r->has_to = day_of(v, &r->to, &r->exact_to)) ? HX_OK : wrong(why, n, number, "DTEND: want a day that exists, as 20261008");
    else if ((v = value_of(line, "DURATION")) != NULL && sscanf(v, "P%3d%c%n", &count, &unit, &used) == 2 && count > 0 && (unit == 'D' || unit == 'W')) r->days = count * (unit == 'W' ? 7 : 1);
    return HX_OK;
}

enum hx_err term_calendar_read(struct str text, void (*visit)(const struct term_event *event, void *arg), void *arg, char *why, size_t why_bytes)
{
    char line[LINE_MAX_BYTES];
    struct reading r = {0};
    int number = 0;
    bool whole, calendar = false;
    enum hx_err e = HX_OK;
    while (!e && next_line(&text, line, &number, &whole)) {
        if (!whole) e = wrong(why, why_bytes, number, "the line is longer than 4 KiB");
        else if (strcasecmp(line, "BEGIN:VCALENDAR") == 0) calendar = true;
        else if (calendar && !r.inside && strcasecmp(line, "BEGIN:VEVENT") == 0) r = (struct reading){.inside = true, .event = {.line = number}};
        else if (r.inside && strcasecmp(line, "END:VEVENT") == 0) e = finish(&r, r.event.line, visit, arg, why, why_bytes);
        else if (r.inside) e = take_line(&r, line, number, why, why_bytes);
    }
    if (!e && !calendar) e = wrong(why, why_bytes, 1, "this is no iCalendar file: BEGIN:VCALENDAR is missing");
    return !e && r.inside ? wrong(why, why_bytes, r.event.line, "the event does not end") : e;
}
