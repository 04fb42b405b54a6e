#include "panel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

static void fill(struct panels *p, struct panel *panel, const struct rows *r)
{
    panel->id = rows_i64(r, 0);
    str_to_z(rows_str(r, 1), panel->account, sizeof panel->account);
    panel->school_id = rows_i64(r, 2);
    panel->supervision_s = (int)rows_i64(r, 3);
    panel->key_bytes = 0;
    if (!rows_null(r, 4) && seal_break(&p->seal, rows_blob(r, 4), panel->key, sizeof panel->key, &panel->key_bytes)) {
        /* Without its key nothing of this panel can be read: an impossible key refuses clear frames too. */
        log_error("panel.key", "account=%s reason=\"the sealed key does not open with keys/seal.key\"", panel->account);
        panel->key_bytes = PANEL_KEY_MAX;
    }
    panel->clock_offset_s = (int)rows_i64(r, 5);
    panel->clock_mark = str_eq(rows_str(r, 6), STR("mark"));
    panel->test_until = rows_i64(r, 7);
    panel->lost = str_eq(rows_str(r, 8), STR("lost"));
}

static void take_row(struct panels *p, const struct rows *r)
{
    struct panel *panel = map_get(&p->by_account, rows_str(r, 1));
    bool fresh = panel == NULL;
    if (fresh) {
        panel = calloc(1, sizeof *panel);
        HX_ASSERT(panel != NULL);
        p->count++;
    }
    int before_s = panel->supervision_s;
    bool lost = panel->lost;
    pthread_rwlock_wrlock(&p->lock);
    fill(p, panel, r);
    if (!fresh) panel->lost = lost;
    if (fresh) map_put(&p->by_account, str_of(panel->account), panel);
    pthread_rwlock_unlock(&p->lock);
    p->supervised += (panel->supervision_s > 0) - (before_s > 0);
    if (panel->supervision_s > 0 && !panel->in_wheel) supervision_watch(p->supervision, panel, clock_utc_ms());
}

static void drop_id(struct panels *p, int64_t id)
{
    size_t at = 0;
    struct map_entry *e;
    while ((e = map_next(&p->by_account, &at)) != NULL) {
        struct panel *panel = e->value;
        if (panel->id != id) continue;
        pthread_rwlock_wrlock(&p->lock);
        map_take(&p->by_account, str_of(panel->account));
        pthread_rwlock_unlock(&p->lock);
        p->count--;
        panel->gone = true;
        if (panel->supervision_s > 0) p->supervised--;
        if (!panel->in_wheel) free(panel);
        return;
    }
}

static void on_event(const struct event *event, void *arg)
{
    struct panels *p = arg;
    if (strncmp(event->type, "panel.", 6) != 0 || strncmp(event->type, "panel.line", 10) == 0) return;
    struct rows r = db_query(p->db, SQL_PANEL_ONE, "i", event->subject_id);
    bool found = rows_next(&r);
    if (found) take_row(p, &r);
    rows_end(&r);
    if (!found) drop_id(p, event->subject_id);
}

/* The snapshot only remembers when a panel was last heard, for people to read after a restart. */
static void load_snapshot(struct panels *p)
{
    FILE *f = fopen(p->snapshot_file, "r");
    char account[24];
    long long heard;
    while (f != NULL && fscanf(f, "%23s %lld\n", account, &heard) == 2) {
        struct panel *panel = panel_find(p, str_of(account));
        if (panel != NULL) panel->heard_at = heard;
    }
    if (f != NULL) fclose(f);
}

static void save_snapshot(void *arg)
{
    struct panels *p = arg;
    char part[4200];
    snprintf(part, sizeof part, "%s.part", p->snapshot_file);
    FILE *f = fopen(part, "w");
    if (f == NULL) return;
    size_t at = 0;
    struct map_entry *e;
    while ((e = map_next(&p->by_account, &at)) != NULL) {
        const struct panel *panel = e->value;
        if (panel->heard_at != 0) fprintf(f, "%s %lld\n", panel->account, (long long)panel->heard_at);
    }
    if (fclose(f) == 0) (void)rename(part, p->snapshot_file);
}

enum hx_err panels_open(struct panels *p, struct loop *loop, struct writer *writer, struct journal *journal, const char *dir)
{
    *p = (struct panels){.loop = loop, .writer = writer};
    map_init(&p->by_account);
    pthread_rwlock_init(&p->lock, NULL);
    snprintf(p->snapshot_file, sizeof p->snapshot_file, "%s/heard.txt", dir);
    p->supervision = supervision_start(p);
    enum hx_err e = seal_open(dir, &p->seal);
    if (!e) e = db_open(dir, DB_READ, &p->db);
    if (e) return e;
    struct rows r = db_query(p->db, SQL_PANEL_ALL, "");
    while (rows_next(&r)) take_row(p, &r);
    e = r.err;
    rows_end(&r);
    load_snapshot(p);
    journal_listen(journal, on_event, p);
    loop_every(loop, 10000, save_snapshot, p);
    return e;
}

void panels_close(struct panels *p)
{
    if (p->db != NULL) save_snapshot(p);
    supervision_stop(p->supervision);
    size_t at = 0;
    struct map_entry *e;
    while ((e = map_next(&p->by_account, &at)) != NULL) free(e->value);
    map_free(&p->by_account);
    pthread_rwlock_destroy(&p->lock);
    db_close(p->db);
}

struct panel *panel_find(const struct panels *p, struct str account)
{
    char upper[24];
    if (account.len >= sizeof upper) return NULL;
    for (size_t i = 0; i < account.len; i++) upper[i] = (char)(account.at[i] >= 'a' && account.at[i] <= 'z' ? account.at[i] - 32 : account.at[i]);
    return map_get(&p->by_account, (struct str){upper, account.len});
}

int64_t panel_heard_at(struct panels *p, struct str account)
{
    pthread_rwlock_rdlock(&p->lock);
    const struct panel *panel = panel_find(p, account);
    int64_t at = panel != NULL ? panel->heard_at : 0;
    pthread_rwlock_unlock(&p->lock);
    return at;
}

struct panel_line *panel_lines(struct panels *p, size_t *count)
{
    size_t at = 0, n = 0;
    pthread_rwlock_rdlock(&p->lock);
    struct panel_line *lines = calloc(p->by_account.count + 1, sizeof *lines);
    HX_ASSERT(lines != NULL);
    for (struct map_entry *e; (e = map_next(&p->by_account, &at)) != NULL;) {
        const struct panel *panel = e->value;
        lines[n++] = (struct panel_line){.school_id = panel->school_id, .heard_at = panel->heard_at, .supervised = panel->supervision_s > 0, .lost = panel->lost};
    }
    pthread_rwlock_unlock(&p->lock);
    *count = n;
    return lines;
}
