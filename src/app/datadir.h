/* A data directory, opened for writing by one process: lock, store, journal, writer and modules. */
#ifndef HX_DATADIR_H
#define HX_DATADIR_H

#include "api/api.h"

struct datadir {
    struct hx_app app;
    struct db *db;
    int lock_fd;
    struct panels panels;
};

/* Makes a new directory, mode 0700; CONFLICT when it holds a database already. */
enum hx_err datadir_make(const char *dir) HX_MUST_USE;
/* Takes the lock (CONFLICT when another process has it), migrates, starts writer, timers and modules. */
enum hx_err datadir_open(const char *dir, struct datadir *d) HX_MUST_USE;
void datadir_close(struct datadir *d);

#endif
