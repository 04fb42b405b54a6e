/* Files that were built into the program: the console (gzipped, under "/web/"), openapi.json, the demo's data. */
#ifndef HX_EMBEDDED_H
#define HX_EMBEDDED_H

#include <stdbool.h>
#include <stddef.h>

struct embedded_file {
    const char *name, *bytes;
    size_t size;
    const char *type, *etag;
    bool gzipped;
};

extern const struct embedded_file embedded_files[];
extern const size_t embedded_count;
const struct embedded_file *embedded_find(const char *name); /* NULL when there is none */

#endif
