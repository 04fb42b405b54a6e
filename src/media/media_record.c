#include "media_record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "media_segments.h"

#define GAP_MS 3000
#define DELETE_A_RUN 5000

struct recording {
    struct pool *pool;
    char dir[RECORD_PATH_MAX];
    struct buf segment;
    int64_t begun_ms, last_ms;
    uint32_t head; /* of the stream, as the segment begins with it */
};

struct writing {
    char dir[RECORD_PATH_MAX];
    int64_t from, to;
    struct buf bytes;
    int error;
};

static void write_segment(void *state, void *arg)
{
    (void)state;
    struct writing *w = arg;
    char part[RECORD_PATH_MAX + 64], path[RECORD_PATH_MAX + 64];
    snprintf(part, sizeof part, "%s/%lld.part", w->dir, (long long)w->from);
    snprintf(path, sizeof path, "%s/%lld-%lld.mp4", w->dir, (long long)w->from, (long long)w->to);
    mkdir(w->dir, 0700);
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0;
    for (size_t at = 0; good && at < w->bytes.len;) {
        ssize_t n = write(fd, w->bytes.at + at, w->bytes.len - at);
        if (n <= 0) good = false;
        else at += (size_t)n;
    }
    if (!good) w->error = errno;
    if (fd >= 0) close(fd);
    if (good && rename(part, path) != 0) w->error = errno;
    if (w->error) unlink(part);
}

static void written(void *arg)
{
    struct writing *w = arg;
    if (w->error) log_error("record.write", "dir=\"%s\" reason=\"%s\"", w->dir, strerror(w->error));
    buf_free(&w->bytes);
    free(w);
}

static void flush(struct recording *r)
{
    if (r->segment.len == 0) return;
    struct writing *w = calloc(1, sizeof *w);
    HX_ASSERT(w != NULL);
    snprintf(w->dir, sizeof w->dir, "%s", r->dir);
    w->from = r->begun_ms;
    w->to = r->last_ms;
    w->bytes = r->segment;
    buf_init(&r->segment, 64u << 20);
    if (pool_submit(r->pool, write_segment, written, w) == HX_OK) return;
    log_error("record.busy", "dir=\"%s\" reason=\"the disk is slower than the cameras: a segment is lost\"", r->dir);
    buf_free(&w->bytes);
    free(w);
}

struct recording *recording_new(struct pool *pool, const char *dir, const struct media_stream *stream)
{
    struct recording *r = calloc(1, sizeof *r);
    HX_ASSERT(r != NULL);
    r->pool = pool;
    snprintf(r->dir, sizeof r->dir, "%.4200s/%s", dir, stream->id);
    buf_init(&r->segment, 64u << 20);
    for (const struct media_unit *u = stream->first; u != NULL; u = u->next) recording_take(r, stream, u);
    return r;
}

void recording_take(struct recording *r, const struct media_stream *s, const struct media_unit *u)
{
    bool other = r->head != s->head;
    if (u->key && r->segment.len > 0 && (other || u->at_ms - r->begun_ms >= RECORD_SEGMENT_MS)) flush(r);
    if (other && u->sound) return; /* it began with this head: the pictures' next segment names it */
    if (r->segment.len == 0) {
        if (!u->key) return;
        buf_add(&r->segment, s->init.at, s->init.len);
        r->begun_ms = u->at_ms;
        r->head = s->head;
    }
    buf_add(&r->segment, u->bytes, u->n);
    r->last_ms = u->at_ms;
}

void recording_free(struct recording *r)
{
    flush(r);
    buf_free(&r->segment);
    free(r);
}

/* ---- what is there ---- */

json_t *record_ranges(const char *dir, const char *stream, int64_t from, int64_t to)
{
    struct segment *all;
    json_t *list = json_array();
    size_t n = segments_list(dir, stream, from, to, &all);
    for (size_t i = 0; i < n;) {
        size_t k = i + 1;
        while (k < n && all[k].from - all[k - 1].to <= GAP_MS) k++;
        json_array_append_new(list, json_pack("[I,I]", (json_int_t)all[i].from, (json_int_t)all[k - 1].to));
        i = k;
    }
    free(all);
    return list;
}

/* ---- retention ---- */

struct old_segment {
    char stream[STREAM_ID_MAX];
    struct segment s;
};

static int by_age(const void *a, const void *b)
{
    const struct old_segment *x = a, *y = b;
    return (x->s.from > y->s.from) - (x->s.from < y->s.from);
}

static const struct retention_stream *rule_of(const struct retention *r, const char *stream)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->streams[i].id, stream) == 0) return &r->streams[i];
    return NULL;
}

static double free_share(const char *dir)
{
    struct statvfs v;
    return statvfs(dir, &v) == 0 && v.f_blocks > 0 ? (double)v.f_bavail / (double)v.f_blocks : 1;
}

static bool remove_segment(const struct retention *r, const struct old_segment *o)
{
    char path[RECORD_PATH_MAX + 96];
    snprintf(path, sizeof path, "%s/%s/%lld-%lld.mp4", r->dir, o->stream, (long long)o->s.from, (long long)o->s.to);
    return unlink(path) == 0;
}

int retention_run(const struct retention *r, int64_t now_ms)
{
    struct old_segment *all = NULL;
    size_t n = 0, room = 0;
    int gone = 0;
    DIR *d = opendir(r->dir);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        struct segment *list;
        if (e->d_name[0] == '.' || strcmp(e->d_name, "clips") == 0 || strlen(e->d_name) >= STREAM_ID_MAX) continue;
        const struct retention_stream *rule = rule_of(r, e->d_name);
        size_t k = segments_list(r->dir, e->d_name, 0, INT64_MAX, &list);
        for (size_t i = 0; i < k; i++) {
            struct old_segment o = {.s = list[i]};
            snprintf(o.stream, sizeof o.stream, "%.31s", e->d_name);
            if (rule != NULL && rule->protect_from != 0 && o.s.to >= rule->protect_from) continue;
            if (o.s.to < now_ms - (rule != NULL ? rule->days : r->days) * 86400000LL) {
                gone += remove_segment(r, &o);
                continue;
            }
            if (n == room) {
                room = room ? 2 * room : 256;
                all = realloc(all, room * sizeof *all);
                HX_ASSERT(all != NULL);
            }
            all[n++] = o;
        }
        free(list);
    }
    if (d != NULL) closedir(d);
    if (n > 0) qsort(all, n, sizeof *all, by_age);
    for (size_t i = 0; i < n && i < DELETE_A_RUN && free_share(r->dir) < r->free_share; i++) gone += remove_segment(r, &all[i]);
    free(all);
    return gone;
}
