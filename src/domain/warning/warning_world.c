#include "warning_world.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "domain/post/post.h"

#define COUNTIES_MAX 32
#define MARGIN_MS (30 * 60000LL) /* a school day begins so long before its first peak and ends so long after its last */
#define PEAKS_MAX 32

struct school_book {
    struct warning_school *schools; /* by id */
    size_t count, room;
    struct {
        char county[8];
        struct peak_book peaks;
    } counties[COUNTIES_MAX];
    size_t county_count;
};

static const struct peak_book *peaks_of(const struct school_book *b, const char *county)
{
    for (size_t i = 0; i < b->county_count; i++)
        if (strcmp(b->counties[i].county, county) == 0) return &b->counties[i].peaks;
    return NULL;
}

static enum hx_err read_schools(struct db *db, struct school_book *b)
{
    struct rows r = db_query(db, SQL_RULE_SCHOOLS, "");
    while (rows_next(&r)) {
        if (b->count == b->room) {
            b->room = b->room ? 2 * b->room : 256;
            b->schools = realloc(b->schools, b->room * sizeof *b->schools);
            HX_ASSERT(b->schools != NULL);
        }
        struct warning_school *s = &b->schools[b->count++];
        *s = (struct warning_school){.id = rows_i64(&r, 0), .lon = rows_f64(&r, 4), .lat = rows_f64(&r, 5), .boarders = (int)rows_i64(&r, 6)};
        str_to_utf8_z(rows_str(&r, 1), s->name, sizeof s->name);
        str_to_z(rows_str(&r, 2), s->county, sizeof s->county);
        str_to_z(rows_str(&r, 3), s->kind, sizeof s->kind);
    }
    enum hx_err e = r.err;
    rows_end(&r);
    return e;
}

enum hx_err school_book_read(struct db *db, int64_t from_ms, int64_t to_ms, struct school_book **out)
{
    char from[CLOCK_DATE_MAX], to[CLOCK_DATE_MAX];
    struct school_book *b = calloc(1, sizeof *b);
    HX_ASSERT(b != NULL);
    enum hx_err e = read_schools(db, b);
    clock_local_date(from_ms, from);
    clock_local_date(to_ms + 7 * CLOCK_DAY_MS, to);
    for (size_t i = 0; !e && i < b->count; i++) {
        const char *county = b->schools[i].county;
        if (peaks_of(b, county) != NULL || b->county_count == COUNTIES_MAX) continue;
        memcpy(b->counties[b->county_count].county, county, sizeof b->counties[0].county);
        e = peak_book_read(db, county, 0, from, to, &b->counties[b->county_count].peaks);
        if (!e) b->county_count++;
    }
    if (e) school_book_free(b);
    else *out = b;
    return e;
}

void school_book_free(struct school_book *b)
{
    if (b == NULL) return;
    for (size_t i = 0; i < b->county_count; i++) peak_book_free(&b->counties[i].peaks);
    free(b->schools);
    free(b);
}

static const struct warning_school *find(void *arg, int64_t id)
{
    const struct school_book *b = arg;
    size_t from = 0, to = b->count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (b->schools[middle].id < id) from = middle + 1;
        else to = middle;
    }
    return from < b->count && b->schools[from].id == id ? &b->schools[from] : NULL;
}

/* A day without peaks (a holiday, a Sunday) has no school hours either. */
static int hours(void *arg, int64_t school_id, int64_t at)
{
    const struct school_book *b = arg;
    const struct warning_school *s = find(arg, school_id);
    const struct peak_book *peaks = s != NULL ? peaks_of(b, s->county) : NULL;
    struct peak_window windows[PEAKS_MAX];
    char date[CLOCK_DATE_MAX];
    int n = peaks != NULL ? peak_windows(peaks, s->county, school_id, clock_local_date(at, date), windows, PEAKS_MAX) : 0, bits = 0;
    int64_t first = INT64_MAX, last = 0;
    for (int i = 0; i < n; i++) {
        if (at >= windows[i].begins_at && at < windows[i].ends_at) bits |= WARNING_IN_PEAK;
        if (windows[i].begins_at < first) first = windows[i].begins_at;
        if (windows[i].ends_at > last) last = windows[i].ends_at;
    }
    if (n > 0 && at >= first - MARGIN_MS && at < last + MARGIN_MS) bits |= WARNING_IN_SCHOOL;
    return bits;
}

struct warning_world school_book_world(struct school_book *b)
{
    return (struct warning_world){find, hours, b};
}

size_t school_book_count(const struct school_book *b)
{
    return b->count;
}

const struct warning_school *school_book_at(const struct school_book *b, size_t i)
{
    return &b->schools[i];
}
