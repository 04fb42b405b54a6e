#include "datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/auth.h"
#include "app/modules.h"
#include "domain/plan/plan.h"
#include "base/clock.h"
#include "base/log.h"

enum hx_err datadir_make(const char *dir)
{
    char path[4096];
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        log_error("datadir.make", "dir=\"%s\" reason=\"%s\"", dir, strerror(errno));
        return HX_E_STORE;
    }
    chmod(dir, 0700);
    snprintf(path, sizeof path, "%s/huxue.db", dir);
    if (access(path, F_OK) == 0) return HX_E_CONFLICT;
    snprintf(path, sizeof path, "%s/media", dir);
    mkdir(path, 0700);
    return HX_OK;
}

static enum hx_err lock(const char *dir, int *fd)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/huxue.lock", dir);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0) {
        log_error("datadir.lock", "path=\"%s\" reason=\"%s\"", path, strerror(errno));
        return HX_E_STORE;
    }
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0) return HX_OK;
    close(*fd);
    *fd = -1;
    return HX_E_CONFLICT;
}

static enum hx_err seed(struct tx *tx, void *arg)
{
    (void)arg;
    int64_t administrator;
    enum hx_err e = auth_seed_roles(tx);
    if (e) return e;
    /* A plan that a newer program brings waits on the Plans page for its signatures; `huxue init` signs the first ones. */
    e = db_one_i64(tx->db, SQL_PERSON_ADMINISTRATOR, &administrator, "");
    return e == HX_E_NOT_FOUND ? HX_OK : e ? e : plan_seed(tx, 0);
}

static enum hx_err start_modules(struct datadir *d)
{
    enum hx_err e = HX_OK;
    for (const struct hx_module *const *m = hx_modules; !e && *m != NULL; m++) {
        if ((*m)->followers != NULL) journal_add_followers(d->app.journal, (*m)->followers);
        if ((*m)->timer_kinds != NULL) timers_add_kinds(d->app.timers, (*m)->timer_kinds);
        if ((*m)->start != NULL) e = (*m)->start(&d->app);
    }
    return e;
}

enum hx_err datadir_open(const char *dir, struct datadir *d)
{
    *d = (struct datadir){.lock_fd = -1};
    d->app.data_dir = dir;
    umask(0077);
    enum hx_err e = lock(dir, &d->lock_fd);
    if (!e) e = db_open(dir, DB_WRITE, &d->db);
    if (!e) e = db_migrate(d->db, clock_utc_ms());
    if (e) return e;
    d->app.loop = loop_new();
    e = journal_open(d->db, d->app.loop, &d->app.journal);
    if (e) return e;
    struct writer_hooks hooks = journal_hooks(d->app.journal);
    d->app.writer = writer_start(d->app.loop, d->db, &hooks);
    d->app.timers = timers_start(d->app.loop, d->app.writer);
    d->app.panels = &d->panels;
    e = writer_call(d->app.writer, seed, NULL, NULL, 0);
    if (!e) e = panels_open(&d->panels, d->app.loop, d->app.writer, d->app.journal, dir);
    if (!e) e = start_modules(d);
    return e ? e : journal_catch_up(d->app.journal, d->app.writer);
}

void datadir_close(struct datadir *d)
{
    if (d->app.writer != NULL) writer_stop(d->app.writer);
    if (d->app.panels != NULL) panels_close(&d->panels);
    if (d->app.timers != NULL) timers_stop(d->app.timers);
    if (d->app.loop != NULL) loop_free(d->app.loop);
    if (d->app.journal != NULL) journal_close(d->app.journal);
    db_close(d->db);
    if (d->lock_fd >= 0) close(d->lock_fd);
}
