#include "share.h"

#include <stdlib.h>

enum hx_err share_read(struct rows *r, struct share **out, size_t *count)
{
    size_t room = 0;
    *out = NULL;
    *count = 0;
    while (rows_next(r)) {
        if (*count == room) {
            room = room > 0 ? 2 * room : 64;
            *out = realloc(*out, room * sizeof **out);
            HX_ASSERT(*out != NULL);
        }
        struct share *s = &(*out)[(*count)++];
        s->id = rows_i64(r, 0);
        str_to_z(rows_str(r, 1), s->code, sizeof s->code);
        str_to_z(rows_str(r, 2), s->given, sizeof s->given);
    }
    enum hx_err e = r->err;
    rows_end(r);
    return e;
}
