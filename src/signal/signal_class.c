#include "signal_class.h"

#include <string.h>

#include "base/err.h"

static const struct signal_class_row class_rows[] = {
#define X(id, name, severity, kind, zh, en) {name, severity, KIND_##kind, zh, en},
    SIGNAL_CLASS_MAP(X)
#undef X
};

const struct signal_class_row *signal_class_row(enum signal_class c)
{
    HX_ASSERT(c < CLASS_COUNT);
    return &class_rows[c];
}

enum signal_class signal_class_of(const char *name)
{
    for (int c = 0; c < CLASS_COUNT; c++)
        if (strcmp(class_rows[c].name, name) == 0) return (enum signal_class)c;
    return CLASS_COUNT;
}
