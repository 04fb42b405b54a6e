/* Between the store and the solver: a county's posts, peaks, officers and leave as an instance, and its duties as a plan. */
#ifndef HX_ROTA_BOOK_H
#define HX_ROTA_BOOK_H

#include "domain/post/post.h"
#include "domain/rota/rota_instance.h"

struct rota_post {
    int64_t post_id, school_id;
    char need[8];
    int number; /* of several of one need at one post */
};

struct rota_book {
    struct rota rota;
    char county[8], from[CLOCK_DATE_MAX], to[CLOCK_DATE_MAX];
    char (*dates)[CLOCK_DATE_MAX];  /* of the rota's days */
    int64_t *person_ids;            /* of the rota's officers */
    struct rota_post *posts;        /* of the rota's slots */
    struct peak_window *windows;    /* day × peak × slot; peak_id 0: not wanted */
};

/* Reads the county between two local dates, both in. INVALID with why[] when there is nothing to plan. */
enum hx_err rota_book_read(struct db *db, const char *county, const char *from, const char *to, struct rota_book *out, char *why, size_t why_bytes) HX_MUST_USE;
void rota_book_free(struct rota_book *b);
/* The duties that stand already: of one rota, or (0) those that count. duty_ids, when given, gets the duty of each place. */
enum hx_err rota_book_plan(struct db *db, const struct rota_book *b, int64_t rota_id, struct rota_plan *out, int64_t *duty_ids) HX_MUST_USE;

#endif
