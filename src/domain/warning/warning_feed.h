/* What stands in no event because nothing has happened yet: who is due at a post, which bus should leave, when a button was last
 * tested. Read from the tables and given to the engine as events of the types expect.* (due at a moment) and sample.* (as it
 * is now). */
#ifndef HX_WARNING_FEED_H
#define HX_WARNING_FEED_H

#include "domain/warning/warning_world.h"

struct feed_event {
    int64_t at, school_id, subject_id;
    const char *type;
    char *data; /* JSON */
};
struct feed {
    struct feed_event *events;
    size_t count, room;
};
void feed_free(struct feed *f);

/* What is due within the next hour, and the samples whose time has come since `before_ms` (0: the first look since the start,
 * which also tells when things were last done). */
enum hx_err feed_live(struct db *db, struct school_book *schools, int64_t before_ms, int64_t now_ms, struct feed *f) HX_MUST_USE;
/* What was due between two moments, as far as the tables still say it, in order of time: for playing weeks back. */
enum hx_err feed_past(struct db *db, int64_t from_ms, int64_t to_ms, struct feed *f) HX_MUST_USE;
/* Whether feed_past can give events of this type. */
bool feed_knows_past(const char *type);

#endif
