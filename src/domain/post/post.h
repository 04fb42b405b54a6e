/* Posts at the gates, the peaks at which they must be manned, the duties that man them, and how well they are. */
#ifndef HX_POST_H
#define HX_POST_H

#include "api/api.h"
#include "base/clock.h"

enum hx_err post_make(struct tx *tx, const json_t *body, int64_t demo, int64_t *id) HX_MUST_USE;
enum hx_err peak_make(struct tx *tx, const json_t *body, int64_t *id) HX_MUST_USE;
enum hx_err peak_change_make(struct tx *tx, const json_t *body, int64_t *id) HX_MUST_USE;
/* For the demo: something seen at a gate, with what was done about it after so many ms; "" nothing. */
enum hx_err situation_load(struct tx *tx, int64_t school_id, const char *kind, const char *story, int64_t seen_at, const char *action, int64_t after_ms) HX_MUST_USE;
enum hx_err box_make(struct tx *tx, const json_t *body, int64_t demo, int64_t *id) HX_MUST_USE;

/* ---- the calendar (peak.c) ---- */

struct peak_rule {
    int64_t id, school_id;
    bool release;
    int weekdays, begins_min, ends_min, early_min;
    char from_date[CLOCK_DATE_MAX], to_date[CLOCK_DATE_MAX];
};
struct peak_change {
    char date[CLOCK_DATE_MAX], county[8];
    int64_t school_id;
    enum { PEAK_OFF, PEAK_AS, PEAK_SHIFT, PEAK_RELEASE } act;
    int value;
};
struct peak_book {
    struct peak_rule *rules; /* by school, then by time */
    size_t rule_count;
    struct peak_change *changes;
    size_t change_count;
};
struct peak_window {
    int64_t peak_id, begins_at, ends_at, arrive_by; /* UTC ms */
    bool release;
};
/* Reads the peaks of a county (school_id 0) or of one school, with the changes between two local dates. */
enum hx_err peak_book_read(struct db *db, const char *county, int64_t school_id, const char *from, const char *to, struct peak_book *out) HX_MUST_USE;
void peak_book_free(struct peak_book *b);
/* The day of the week that a school keeps on a local date, Monday 0: of a make-up day another's; -1: it is off. */
int peak_weekday(const struct peak_book *b, const char *county, int64_t school_id, const char *date);
/* Whether what comes on some weekdays (bit 0: Monday) comes on this local date: on a make-up day as on the day that is made up for,
 * on a day off only where somebody says so. */
enum hx_err peak_comes(struct db *db, const char *county, int64_t school_id, const char *date, int64_t days, bool on_days_off, bool *comes) HX_MUST_USE;
/* The peaks of a school on a local date, in order. Returns how many (at most `room`). */
int peak_windows(const struct peak_book *b, const char *county, int64_t school_id, const char *date, struct peak_window *out, int room);

/* ---- duties (duty.c) ---- */

/* planned → acknowledged → en_route → arrived → on_duty → relieved; cancelled before it began. */
bool duty_next(const char *from, const char *act, const char **to);
enum hx_err duty_tell(struct tx *tx, int64_t id, const char *type, json_t *extra) HX_MUST_USE;
/* The clock's pass: warns of duties that nobody has arrived for, notes those on duty, and boxes gone dark. */
enum hx_err duty_clock(struct tx *tx, void *arg) HX_MUST_USE;

/* For the demo: the duties before a local date were kept, but for a few that were late, left early or stayed away; each arrival with its
 * check-in. */
enum hx_err duty_past_load(struct tx *tx, const char *before) HX_MUST_USE;

/* ---- where people are (whereabouts.c) ---- */

struct whereabouts {
    double lon, lat, accuracy_m;
    int64_t at; /* UTC ms by the phone */
};
/* Keeps the place and weighs it against the person's present duty (*duty, 0 for none). A place of long ago is kept, but weighs nothing. */
enum hx_err whereabouts_take(struct tx *tx, int64_t person, const struct whereabouts *s, int64_t *duty, bool *inside) HX_MUST_USE;

#define DUTY_IDS_PER_EVENT 1000000

extern const struct hx_module post_module;
extern const struct hx_module duty_module;
extern const struct hx_module whereabouts_module;

#endif
