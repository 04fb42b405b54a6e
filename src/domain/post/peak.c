#include <stdlib.h>
#include <string.h>

#include "domain/post/post.h"

static enum hx_err read_rules(struct db *db, const char *county, int64_t school_id, struct peak_book *out)
{
    size_t room = 0;
    struct rows r = school_id != 0 ? db_query(db, SQL_PEAK_OF_SCHOOL, "i", school_id) : db_query(db, SQL_PEAK_OF_COUNTY, "z", county);
    while (rows_next(&r)) {
        if (out->rule_count == room) {
            room = room ? room * 2 : 64;
            out->rules = realloc(out->rules, room * sizeof *out->rules);
            HX_ASSERT(out->rules != NULL);
        }
        struct peak_rule *p = &out->rules[out->rule_count++];
        *p = (struct peak_rule){.id = rows_i64(&r, 0), .school_id = rows_i64(&r, 1), .release = strcmp(rows_z(&r, 2), "release") == 0, .weekdays = (int)rows_i64(&r, 3),
                                .begins_min = (int)rows_i64(&r, 4), .ends_min = (int)rows_i64(&r, 5), .early_min = (int)rows_i64(&r, 8)};
        str_to_z(rows_str(&r, 6), p->from_date, sizeof p->from_date);
        str_to_z(rows_str(&r, 7), p->to_date, sizeof p->to_date);
    }
    enum hx_err e = r.err;
    rows_end(&r);
    return e;
}

static enum hx_err read_changes(struct db *db, const char *from, const char *to, struct peak_book *out)
{
    static const char *const acts[] = {"off", "as", "shift", "release"};
    size_t room = 0;
    struct rows r = db_query(db, SQL_PEAK_CHANGE_OF, "zz", from, to);
    while (rows_next(&r)) {
        if (out->change_count == room) {
            room = room ? room * 2 : 16;
            out->changes = realloc(out->changes, room * sizeof *out->changes);
            HX_ASSERT(out->changes != NULL);
        }
        struct peak_change *c = &out->changes[out->change_count++];
        *c = (struct peak_change){.school_id = rows_i64(&r, 2), .value = (int)rows_i64(&r, 4)};
        str_to_z(rows_str(&r, 0), c->date, sizeof c->date);
        str_to_z(rows_str(&r, 1), c->county, sizeof c->county);
        for (int i = 0; i < 4; i++)
            if (str_eq_z(rows_str(&r, 3), acts[i])) c->act = i;
    }
    enum hx_err e = r.err;
    rows_end(&r);
    return e;
}

enum hx_err peak_book_read(struct db *db, const char *county, int64_t school_id, const char *from, const char *to, struct peak_book *out)
{
    *out = (struct peak_book){0};
    enum hx_err e = read_rules(db, county, school_id, out);
    if (!e) e = read_changes(db, from, to, out);
    if (e) peak_book_free(out);
    return e;
}

void peak_book_free(struct peak_book *b)
{
    free(b->rules);
    free(b->changes);
    *b = (struct peak_book){0};
}

/* What holds for a school on a date. Of several changes of one kind the narrowest wins, then the newest. */
struct day {
    bool off, release;
    int weekday, shift_min;
};

static struct day day_of(const struct peak_book *b, const char *county, int64_t school_id, const char *date, int64_t midnight)
{
    struct day d = {.weekday = clock_local_weekday(midnight)};
    int best[4] = {0, 0, 0, 0};
    for (size_t i = 0; i < b->change_count; i++) {
        const struct peak_change *c = &b->changes[i];
        if (strcmp(c->date, date) != 0 || (c->school_id != 0 && c->school_id != school_id) || (c->county[0] != 0 && strcmp(c->county, county) != 0)) continue;
        int width = c->school_id != 0 ? 3 : c->county[0] != 0 ? 2 : 1;
        int kind = c->act == PEAK_AS ? PEAK_OFF : (int)c->act; /* off and as contradict each other: one of them holds */
        if (width < best[kind]) continue;
        best[kind] = width;
        if (c->act == PEAK_OFF) d.off = true;
        if (c->act == PEAK_AS) d.off = false, d.weekday = c->value;
        if (c->act == PEAK_SHIFT) d.shift_min = c->value;
        if (c->act == PEAK_RELEASE) d.release = true;
    }
    return d;
}

int peak_weekday(const struct peak_book *b, const char *county, int64_t school_id, const char *date)
{
    int64_t midnight;
    if (!clock_local_begin(date, &midnight)) return -1;
    struct day d = day_of(b, county, school_id, date, midnight);
    return d.off ? -1 : d.weekday;
}

/* The first rule of a school; rules are sorted by school. */
static size_t first_rule(const struct peak_book *b, int64_t school_id)
{
    size_t from = 0, to = b->rule_count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (b->rules[middle].school_id < school_id) from = middle + 1;
        else to = middle;
    }
    return from;
}

int peak_windows(const struct peak_book *b, const char *county, int64_t school_id, const char *date, struct peak_window *out, int room)
{
    int64_t midnight;
    int n = 0;
    if (!clock_local_begin(date, &midnight)) return 0;
    struct day d = day_of(b, county, school_id, date, midnight);
    if (d.off) return 0;
    for (size_t i = first_rule(b, school_id); i < b->rule_count && b->rules[i].school_id == school_id && n < room; i++) {
        const struct peak_rule *p = &b->rules[i];
        bool today = p->release ? d.release : p->weekdays >> d.weekday & 1;
        if (!today || (p->from_date[0] != 0 && strcmp(date, p->from_date) < 0) || (p->to_date[0] != 0 && strcmp(date, p->to_date) > 0)) continue;
        int64_t begins = midnight + (p->begins_min + d.shift_min) * 60000LL;
        out[n++] = (struct peak_window){.peak_id = p->id, .begins_at = begins, .ends_at = midnight + (p->ends_min + d.shift_min) * 60000LL,
                                        .arrive_by = begins - p->early_min * 60000LL, .release = p->release};
    }
    return n;
}

enum hx_err peak_comes(struct db *db, const char *county, int64_t school_id, const char *date, int64_t days, bool on_days_off, bool *comes)
{
    struct peak_book book;
    int64_t midnight;
    *comes = false;
    if (!clock_local_begin(date, &midnight)) return HX_E_INVALID;
    enum hx_err e = peak_book_read(db, county, school_id, date, date, &book);
    if (e) return e;
    int kept = peak_weekday(&book, county, school_id, date);
    if (kept < 0 && on_days_off) kept = clock_local_weekday(midnight);
    *comes = kept >= 0 && days >> kept & 1;
    peak_book_free(&book);
    return HX_OK;
}
