#include "upper.h"

static struct uppers all;

struct uppers *uppers_all(void) { return &all; }

struct upper *upper_find(int64_t id)
{
    struct upper *u = all.first;
    while (u != NULL && u->id != id) u = u->next;
    return u;
}
