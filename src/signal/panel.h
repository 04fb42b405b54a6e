/* The panels as the loop thread knows them: who an account is, its key, its clock, and when it was last heard. Loaded at
 * start, kept true by panel.* events, never written from here. */
#ifndef HX_PANEL_H
#define HX_PANEL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "journal/journal.h"
#include "io/seal.h"

#define PANEL_KEY_MAX 32

struct panel {
    int64_t id, school_id;
    char account[24];
    uint8_t key[PANEL_KEY_MAX];
    size_t key_bytes; /* 0: clear text */
    int supervision_s;
    int clock_offset_s;
    bool clock_mark; /* accept a wrong stamp and mark it, instead of NAK */
    int64_t test_until;
    /* Supervision, see supervision.c */
    _Atomic int64_t heard_at;
    atomic_bool lost;
    bool folded;
    struct panel *wheel_next;
    bool in_wheel;
    bool gone; /* disabled or deleted; freed when the wheel meets it */
};

struct supervision;

struct panels {
    struct map by_account;
    pthread_rwlock_t lock; /* the loop thread alone changes the map and what it holds, under it; other threads read under it */
    size_t count, supervised;
    struct seal seal;
    struct db *db; /* a reader of the loop thread's own, for refreshing single panels */
    struct writer *writer;
    struct loop *loop;
    struct supervision *supervision;
    char snapshot_file[4096];
    uint64_t lost_total, restored_total;
};

enum hx_err panels_open(struct panels *p, struct loop *loop, struct writer *writer, struct journal *journal, const char *dir) HX_MUST_USE;
void panels_close(struct panels *p);
struct panel *panel_find(const struct panels *p, struct str account);
/* Anything valid from a panel is a sign of life. A panel that was lost is thereby restored. */
void panel_heard(struct panels *p, struct panel *panel, int64_t now_ms);
/* When a panel of this account was last heard, UTC ms, 0 never; any thread. */
int64_t panel_heard_at(struct panels *p, struct str account);
struct panel_line {
    int64_t school_id;
    int64_t heard_at; /* UTC ms, 0 never */
    bool supervised, lost;
};
/* The lines of all panels, `count` of them, to be freed; any thread. */
struct panel_line *panel_lines(struct panels *p, size_t *count);

struct supervision *supervision_start(struct panels *p);
void supervision_stop(struct supervision *s);
void supervision_watch(struct supervision *s, struct panel *panel, int64_t now_ms);
/* Looks at the wheel up to `now_ms`; called each second, and by tests with a clock of their own. */
void supervision_tick(struct supervision *s, int64_t now_ms);

#endif
