#include "err.h"

#include <stdio.h>
#include <stdlib.h>

struct err_row {
    const char *name;
    int status;
    const char *text;
};

static const struct err_row rows[] = {
    {"ok", 200, "done"},
#define X(name, status, text) {#name, status, text},
    HX_ERR_MAP(X)
#undef X
};

const char *err_name(enum hx_err e)
{
    return (size_t)e < HX_COUNT(rows) ? rows[e].name : "INTERNAL";
}

int err_status(enum hx_err e)
{
    return (size_t)e < HX_COUNT(rows) ? rows[e].status : 500;
}

const char *err_text(enum hx_err e)
{
    return (size_t)e < HX_COUNT(rows) ? rows[e].text : "the server met an error of its own";
}

void hx_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "{\"level\":\"fatal\",\"event\":\"bug\",\"at\":\"%s:%d\",\"what\":\"%s\"}\n", file, line, what);
    abort();
}
