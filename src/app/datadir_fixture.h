/* For tests: a data directory of their own, opened before the group and removed after it. Included by one test each. */
#ifndef HX_DATADIR_FIXTURE_H
#define HX_DATADIR_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "app/datadir.h"
#include "base/log.h"

static char dir[64];
static struct datadir d;

static int open_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/huxue-test-XXXXXX");
    log_set_level(LOG_ERROR + 1);
    if (mkdtemp(dir) == NULL || datadir_make(dir) || datadir_open(dir, &d)) return -1;
    return 0;
}

static int close_dir(void **state)
{
    (void)state;
    char command[128];
    datadir_close(&d);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

#endif
