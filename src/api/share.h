/* What is given to somebody outside under names of theirs: the rows of a query that asks who could be. */
#ifndef HX_SHARE_H
#define HX_SHARE_H

#include "store/db.h"

struct share {
    int64_t id;
    char code[32], given[24]; /* ours; theirs, "" while it is not given */
};

/* Takes all rows (number, our code, theirs) and ends them; the list is the caller's to free, also after a failure. */
enum hx_err share_read(struct rows *r, struct share **out, size_t *count) HX_MUST_USE;

#endif
