#include "rota_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

#define CENTRE_LON 105.5
#define CENTRE_LAT 25.4
#define METRES_LON 100600.0 /* of a degree at 25.4 N */
#define METRES_LAT 110900.0
#define PEAKS_MAX 6

static const struct rota plain = {.days_per_week = 7, .cap_week = 8, .cap_day = 2, .per_100m = 1, .fairness = 2, .uncovered_weight = 1000000};

static void *grown(void *at, size_t count, size_t *room, size_t size)
{
    if (count < *room) return at;
    *room = *room ? *room * 2 : 256;
    at = realloc(at, *room * size);
    HX_ASSERT(at != NULL);
    return at;
}

static bool read_dates(struct rota_book *b, char *why, size_t why_bytes)
{
    int64_t from, to;
    if (!clock_local_begin(b->from, &from) || !clock_local_begin(b->to, &to) || to < from) return snprintf(why, why_bytes, "from, to: want two dates YYYY-MM-DD in order"), false;
    int64_t days = (to - from) / CLOCK_DAY_MS + 1;
    if (days > 31) return snprintf(why, why_bytes, "from, to: at most 31 days at once"), false;
    b->rota.days = (int)days;
    b->dates = calloc((size_t)days, sizeof *b->dates);
    HX_ASSERT(b->dates != NULL);
    for (int d = 0; d < b->rota.days; d++) clock_local_date(from + d * CLOCK_DAY_MS, b->dates[d]);
    return true;
}

static enum hx_err read_slots(struct db *db, struct rota_book *b)
{
    struct rota *r = &b->rota;
    size_t room = 0, posts_room = 0;
    struct rows rows = db_query(db, SQL_ROTA_SLOT_LIST, "z", b->county);
    while (rows_next(&rows)) {
        struct str need = rows_str(&rows, 4);
        for (int n = 0; n < (int)rows_i64(&rows, 5) && r->slot_count < ROTA_SLOTS_MAX; n++) {
            r->slots = grown(r->slots, (size_t)r->slot_count, &room, sizeof *r->slots);
            b->posts = grown(b->posts, (size_t)r->slot_count, &posts_room, sizeof *b->posts);
            struct rota_post *p = &b->posts[r->slot_count];
            struct rota_slot *s = &r->slots[r->slot_count++];
            *p = (struct rota_post){.post_id = rows_i64(&rows, 0), .school_id = rows_i64(&rows, 1), .number = n};
            str_to_z(need, p->need, sizeof p->need);
            *s = (struct rota_slot){.x_m = (rows_f64(&rows, 2) - CENTRE_LON) * METRES_LON, .y_m = (rows_f64(&rows, 3) - CENTRE_LAT) * METRES_LAT};
            s->need = str_eq(need, STR("traffic")) ? ROTA_NEEDS_TRAFFIC : str_eq(need, STR("armed")) ? ROTA_NEEDS_ARMED : ROTA_ANY;
            snprintf(s->post, sizeof s->post, "%lld", (long long)p->post_id);
        }
    }
    enum hx_err e = rows.err;
    rows_end(&rows);
    return e;
}

static enum hx_err read_officers(struct db *db, struct rota_book *b)
{
    struct rota *r = &b->rota;
    size_t room = 0, ids_room = 0;
    struct rows rows = db_query(db, SQL_OFFICER_OF_COUNTY, "z", b->county);
    while (rows_next(&rows) && r->officer_count < ROTA_OFFICERS_MAX) {
        r->officers = grown(r->officers, (size_t)r->officer_count, &room, sizeof *r->officers);
        b->person_ids = grown(b->person_ids, (size_t)r->officer_count, &ids_room, sizeof *b->person_ids);
        struct rota_officer *o = &r->officers[r->officer_count];
        struct str kind = rows_str(&rows, 1);
        *o = (struct rota_officer){.armed = rows_i64(&rows, 2) != 0, .x_m = (rows_f64(&rows, 3) - CENTRE_LON) * METRES_LON, .y_m = (rows_f64(&rows, 4) - CENTRE_LAT) * METRES_LAT};
        o->kind = str_eq(kind, STR("traffic")) ? ROTA_TRAFFIC : str_eq(kind, STR("auxiliary")) ? ROTA_AUXILIARY : ROTA_POLICE;
        b->person_ids[r->officer_count++] = rows_i64(&rows, 0);
        snprintf(o->id, sizeof o->id, "%lld", (long long)rows_i64(&rows, 0));
    }
    enum hx_err e = rows.err;
    rows_end(&rows);
    return e;
}

static int officer_of(const struct rota_book *b, int64_t person)
{
    int from = 0, to = b->rota.officer_count;
    while (from < to) {
        int middle = (from + to) / 2;
        if (b->person_ids[middle] == person) return middle;
        if (b->person_ids[middle] < person) from = middle + 1;
        else to = middle;
    }
    return -1;
}

/* Leave takes whole days; a night takes the first peak of the day after it began. */
static enum hx_err read_leave(struct db *db, struct rota_book *b)
{
    struct rota *r = &b->rota;
    char before[CLOCK_DATE_MAX];
    int64_t first;
    r->available = malloc((size_t)r->officer_count * rota_peaks_all(r) + 1);
    HX_ASSERT(r->available != NULL && clock_local_begin(b->from, &first));
    memset(r->available, 1, (size_t)r->officer_count * rota_peaks_all(r));
    clock_local_date(first - CLOCK_DAY_MS, before);
    struct rows rows = db_query(db, SQL_OFFICER_LEAVE_OF_COUNTY, "zzz", b->county, b->to, before);
    while (rows_next(&rows)) {
        int i = officer_of(b, rows_i64(&rows, 0));
        const char *from = rows_z(&rows, 1), *to = rows_z(&rows, 2);
        bool night = strcmp(rows_z(&rows, 3), "night") == 0;
        for (int d = 0; i >= 0 && d < r->days; d++) {
            const char *yesterday = d > 0 ? b->dates[d - 1] : before;
            uint8_t *bits = r->available + ((size_t)i * (size_t)r->days + (size_t)d) * (size_t)r->peaks;
            if (night && strcmp(yesterday, from) >= 0 && strcmp(yesterday, to) <= 0) bits[0] = 0;
            if (!night && strcmp(b->dates[d], from) >= 0 && strcmp(b->dates[d], to) <= 0) memset(bits, 0, (size_t)r->peaks);
        }
    }
    enum hx_err e = rows.err;
    rows_end(&rows);
    return e;
}

/* The n-th peak of a school's day is the rota's n-th peak. A release peak wants two traffic officers more by the post's needs; it is a
 * peak of its own. */
static void set_windows(struct rota_book *b, const struct peak_book *peaks)
{
    struct rota *r = &b->rota;
    struct peak_window w[PEAKS_MAX];
    r->peaks = 1;
    for (int s = 0; s < r->slot_count; s++)
        for (int d = 0; d < r->days; d++) {
            int n = peak_windows(peaks, b->county, b->posts[s].school_id, b->dates[d], w, PEAKS_MAX);
            if (n > r->peaks) r->peaks = n;
        }
    size_t places = rota_peaks_all(r) * (size_t)r->slot_count;
    b->windows = calloc(places + 1, sizeof *b->windows);
    r->wanted = calloc(places + 1, 1);
    HX_ASSERT(b->windows != NULL && r->wanted != NULL);
    for (int s = 0; s < r->slot_count; s++)
        for (int d = 0; d < r->days; d++) {
            int n = peak_windows(peaks, b->county, b->posts[s].school_id, b->dates[d], w, PEAKS_MAX);
            for (int k = 0; k < n; k++) {
                size_t place = rota_at(r, d, k, s);
                b->windows[place] = w[k];
                r->wanted[place] = 1;
            }
        }
}

enum hx_err rota_book_read(struct db *db, const char *county, const char *from, const char *to, struct rota_book *out, char *why, size_t why_bytes)
{
    struct peak_book peaks = {0};
    *out = (struct rota_book){.rota = plain};
    snprintf(out->county, sizeof out->county, "%s", county);
    snprintf(out->from, sizeof out->from, "%s", from);
    snprintf(out->to, sizeof out->to, "%s", to);
    why[0] = 0;
    enum hx_err e = read_dates(out, why, why_bytes) ? HX_OK : HX_E_INVALID;
    if (!e) e = read_slots(db, out);
    if (!e) e = read_officers(db, out);
    if (!e) e = peak_book_read(db, county, 0, from, to, &peaks);
    if (!e) set_windows(out, &peaks);
    peak_book_free(&peaks);
    if (!e && out->rota.slot_count == 0) e = HX_E_INVALID, snprintf(why, why_bytes, "this county has no open post with a need for police");
    if (!e) e = read_leave(db, out);
    if (e) rota_book_free(out);
    return e;
}

void rota_book_free(struct rota_book *b)
{
    rota_free(&b->rota);
    free(b->dates);
    free(b->person_ids);
    free(b->posts);
    free(b->windows);
    *b = (struct rota_book){.rota = plain};
}

static int slot_of(const struct rota_book *b, int64_t post, const char *need, int number)
{
    int from = 0, to = b->rota.slot_count; /* sorted by post */
    while (from < to) {
        int middle = (from + to) / 2;
        if (b->posts[middle].post_id < post) from = middle + 1;
        else to = middle;
    }
    for (; from < b->rota.slot_count && b->posts[from].post_id == post; from++)
        if (strcmp(b->posts[from].need, need) == 0 && b->posts[from].number == number) return from;
    return -1;
}

enum hx_err rota_book_plan(struct db *db, const struct rota_book *b, int64_t rota_id, struct rota_plan *out, int64_t *duty_ids)
{
    const struct rota *r = &b->rota;
    int64_t *newest = duty_ids != NULL ? duty_ids : calloc(rota_peaks_all(r) * (size_t)r->slot_count + 1, sizeof *newest); /* of several at one place the last made counts */
    HX_ASSERT(newest != NULL);
    rota_plan_make(r, out);
    struct rows rows = rota_id != 0 ? db_query(db, SQL_ROTA_DUTY_OF, "i", rota_id) : db_query(db, SQL_ROTA_DUTY_LIVE, "zzz", b->county, b->from, b->to);
    while (rows_next(&rows)) {
        int s = slot_of(b, rows_i64(&rows, 0), rows_z(&rows, 1), (int)rows_i64(&rows, 2)), day = -1;
        for (int d = 0; d < r->days; d++)
            if (strcmp(b->dates[d], rows_z(&rows, 3)) == 0) day = d;
        for (int k = 0; s >= 0 && day >= 0 && k < r->peaks; k++) {
            size_t place = rota_at(r, day, k, s);
            if (b->windows[place].begins_at != rows_i64(&rows, 4) || b->windows[place].peak_id == 0 || newest[place] > rows_i64(&rows, 6)) continue;
            out->uncovered += out->assign[place] >= 0;
            out->assign[place] = officer_of(b, rows_i64(&rows, 5));
            out->uncovered -= out->assign[place] >= 0;
            newest[place] = rows_i64(&rows, 6);
        }
    }
    enum hx_err e = rows.err;
    rows_end(&rows);
    if (newest != duty_ids) free(newest);
    if (e) rota_plan_free(out);
    return e;
}
