#include "track.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define WAITING_MAX (1 << 20) /* points */
#define COPY_REACH 128
#define LATE_DAYS 31          /* so late a point may come and still be found */

struct batch {
    struct batch *next;
    void (*done)(enum hx_err e, void *arg);
    void *arg;
    enum hx_err err;
    size_t count;
    struct track_point points[];
};

struct track {
    struct loop *loop;
    char dir[4096];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct batch *first, **last; /* under the lock, like the next two */
    size_t waiting;
    bool stopping;
    int fd;                      /* the thread's own, like the rest */
    char day[CLOCK_DATE_MAX];
    bool broken;
    atomic_ulong stored;
};

_Static_assert(sizeof(struct track_point) == 36, "a record has one size on disk");

/* FNV-1a: finds torn records; against an attacker stands the journal, not this. */
static uint32_t check_of(const struct track_point *p)
{
    const uint8_t *b = (const uint8_t *)p;
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < offsetof(struct track_point, check); i++) h = (h ^ b[i]) * 16777619u;
    return h;
}

static void path_of(const char *dir, const char *day, char out[4200])
{
    snprintf(out, 4200, "%s/tracks/%s.trk", dir, day);
}

/* Opens the file of the day and cuts off a record that is not whole. */
static int open_day(struct track *t, const char *day)
{
    char path[4200];
    struct stat st;
    struct track_point p;
    path_of(t->dir, day, path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || fstat(fd, &st) != 0) goto failed;
    off_t whole = st.st_size / (off_t)sizeof p * (off_t)sizeof p;
    while (whole > 0 && (pread(fd, &p, sizeof p, whole - (off_t)sizeof p) != (ssize_t)sizeof p || p.check != check_of(&p))) whole -= (off_t)sizeof p;
    if (whole != st.st_size) log_warn("track.torn", "day=%s bytes=%lld", day, (long long)(st.st_size - whole));
    if ((whole != st.st_size && ftruncate(fd, whole) != 0) || lseek(fd, whole, SEEK_SET) < 0) goto failed;
    return fd;
failed:
    log_error("track.open", "day=%s errno=%d", day, errno);
    if (fd >= 0) close(fd);
    return -1;
}

static bool write_all(int fd, const void *bytes, size_t n)
{
    const char *at = bytes;
    while (n > 0) {
        ssize_t w = write(fd, at, n);
        if (w < 0 && errno == EINTR) continue;
        if (w <= 0) return false;
        at += w;
        n -= (size_t)w;
    }
    return true;
}

static bool store(struct track *t, const struct batch *all)
{
    char today[CLOCK_DATE_MAX];
    clock_local_date(clock_utc_ms(), today);
    if (t->broken) return false; /* after a failed sync nobody knows what is on the disk: a restart finds out */
    if (t->fd < 0 || strcmp(today, t->day) != 0) {
        if (t->fd >= 0) close(t->fd);
        t->fd = open_day(t, today);
        snprintf(t->day, sizeof t->day, "%s", today);
    }
    if (t->fd < 0) return false;
    off_t before = lseek(t->fd, 0, SEEK_CUR);
    bool good = true;
    for (const struct batch *b = all; good && b != NULL; b = b->next) good = write_all(t->fd, b->points, b->count * sizeof *b->points);
    if (!good && (ftruncate(t->fd, before) != 0 || lseek(t->fd, before, SEEK_SET) < 0)) t->broken = true; /* a full disk: back to what was whole */
    if (good && fdatasync(t->fd) != 0) t->broken = true, good = false;
    if (!good) log_error("track.write", "errno=%d broken=%d", errno, t->broken);
    return good;
}

static void answer(void *arg)
{
    for (struct batch *b = arg, *next; b != NULL; b = next) {
        next = b->next;
        b->done(b->err, b->arg);
        free(b);
    }
}

static void *run(void *arg)
{
    struct track *t = arg;
    pthread_mutex_lock(&t->lock);
    while (!t->stopping || t->first != NULL) {
        if (t->first == NULL) {
            pthread_cond_wait(&t->wake, &t->lock);
            continue;
        }
        struct batch *all = t->first;
        t->first = NULL;
        t->last = &t->first;
        t->waiting = 0;
        pthread_mutex_unlock(&t->lock);
        bool good = store(t, all);
        for (struct batch *b = all; b != NULL; b = b->next) {
            b->err = good ? HX_OK : HX_E_STORE;
            if (good) atomic_fetch_add(&t->stored, b->count);
        }
        loop_post(t->loop, answer, all);
        pthread_mutex_lock(&t->lock);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

enum hx_err track_open(struct loop *loop, const char *dir, struct track **out)
{
    char path[4200], today[CLOCK_DATE_MAX];
    struct track *t = calloc(1, sizeof *t);
    HX_ASSERT(t != NULL);
    *t = (struct track){.loop = loop, .last = NULL, .fd = -1, .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};
    t->last = &t->first;
    snprintf(t->dir, sizeof t->dir, "%s", dir);
    snprintf(path, sizeof path, "%s/tracks", dir);
    if (mkdir(path, 0700) != 0 && errno != EEXIST) return free(t), HX_E_STORE;
    t->fd = open_day(t, clock_local_date(clock_utc_ms(), today));
    snprintf(t->day, sizeof t->day, "%s", today);
    if (t->fd < 0 || pthread_create(&t->thread, NULL, run, t) != 0) return free(t), HX_E_STORE;
    *out = t;
    return HX_OK;
}

enum hx_err track_append(struct track *t, const struct track_point *points, size_t count, void (*done)(enum hx_err e, void *arg), void *arg)
{
    struct batch *b = malloc(sizeof *b + count * sizeof *points);
    HX_ASSERT(b != NULL);
    *b = (struct batch){.done = done, .arg = arg, .count = count};
    memcpy(b->points, points, count * sizeof *points);
    for (size_t i = 0; i < count; i++) b->points[i].check = check_of(&b->points[i]);
    pthread_mutex_lock(&t->lock);
    bool room = t->waiting + count <= WAITING_MAX && !t->stopping;
    if (room) {
        *t->last = b;
        t->last = &b->next;
        t->waiting += count;
        pthread_cond_signal(&t->wake);
    }
    pthread_mutex_unlock(&t->lock);
    if (!room) free(b);
    return room ? HX_OK : HX_E_BUSY;
}

void track_close(struct track *t)
{
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_cond_signal(&t->wake);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    while (loop_step_ready(t->loop)) continue; /* the last answers */
    if (t->fd >= 0) close(t->fd);
    free(t);
}

uint64_t track_stored(const struct track *t)
{
    return atomic_load(&t->stored);
}

/* A terminal that missed our answer sends a point again: the copy stands close behind. */
static bool is_copy(const struct track_point *p, const struct track_point *out, size_t n)
{
    for (size_t i = n; i > 0 && n - i < COPY_REACH; i--)
        if (out[i - 1].at_s == p->at_s && out[i - 1].lon_e6 == p->lon_e6 && out[i - 1].lat_e6 == p->lat_e6) return true;
    return false;
}

static size_t read_day(const char *dir, const char *day, uint32_t vehicle, int64_t from_s, int64_t to_s, struct track_point *out, size_t room)
{
    char path[4200];
    struct stat st;
    size_t n = 0;
    path_of(dir, day, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    size_t count = fstat(fd, &st) == 0 ? (size_t)st.st_size / sizeof *out : 0;
    const struct track_point *all = count > 0 ? mmap(NULL, count * sizeof *out, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    close(fd);
    if (all == MAP_FAILED) return 0;
    for (size_t i = 0; i < count && n < room; i++)
        if (all[i].vehicle == vehicle && all[i].at_s >= from_s && all[i].at_s <= to_s && all[i].check == check_of(&all[i]) && !is_copy(&all[i], out, n)) out[n++] = all[i];
    munmap((void *)(uintptr_t)all, count * sizeof *out);
    return n;
}

size_t track_read(const char *dir, uint32_t vehicle, int64_t from_s, int64_t to_s, struct track_point *out, size_t room)
{
    size_t n = 0;
    int64_t now_s = clock_utc_ms() / 1000, last = to_s + LATE_DAYS * 86400 < now_s ? to_s + LATE_DAYS * 86400 : now_s;
    for (int64_t s = from_s; n < room && s < last + 86400; s += 86400) { /* files are by the day of receipt */
        char day[CLOCK_DATE_MAX];
        n += read_day(dir, clock_local_date(s * 1000, day), vehicle, from_s, to_s, out + n, room - n);
    }
    return n;
}
