#include "arc.h"

#include <stddef.h>

static struct arcs all;

struct arcs *arcs_all(void) { return &all; }

struct arc *arc_find(int64_t id)
{
    struct arc *a = all.first;
    while (a != NULL && a->id != id) a = a->next;
    return a;
}
