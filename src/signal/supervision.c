/* Who has gone silent. Heartbeats only stamp panel->heard_at; a hashed wheel looks at a panel once per interval and moves it
 * on when it was heard meanwhile. Only the transitions lost and restored become signals. After a start every panel has one
 * interval of grace. When more than one in twenty expires within ten seconds it is one line fault, not thousands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "panel.h"
#include "signal/signal.h"

#define WHEEL_SLOTS 1024 /* seconds; longer spans go round */
#define TOGETHER_MS 10000
#define TOGETHER_LEAST 20

struct supervision {
    struct panels *panels;
    struct panel *slots[WHEEL_SLOTS];
    int64_t at_s; /* the second that was looked at last */
    int64_t started_at;
    int64_t window_from;
    size_t window_lost;
    bool fault;
};

static int64_t deadline_of(const struct supervision *s, const struct panel *p)
{
    int64_t from = p->heard_at > s->started_at ? p->heard_at : s->started_at;
    return from + p->supervision_s * 1000LL;
}

static void put(struct supervision *s, struct panel *p, int64_t due_ms)
{
    int64_t second = due_ms / 1000 + 1;
    if (second <= s->at_s) second = s->at_s + 1;
    if (second >= s->at_s + WHEEL_SLOTS) second = s->at_s + WHEEL_SLOTS - 1;
    struct panel **slot = &s->slots[second % WHEEL_SLOTS];
    p->wheel_next = *slot;
    p->in_wheel = true;
    *slot = p;
}

struct transition {
    struct signal_batch *batch;
    int64_t panel_id, now_ms;
    const char *line;
};

static enum hx_err store_transition(struct tx *tx, void *arg)
{
    struct transition *t = arg;
    enum hx_err e = signal_store(tx, t->batch);
    if (e || t->panel_id == 0) return e;
    e = db_exec(tx->db, SQL_PANEL_LINE, "zii", t->line, t->now_ms, t->panel_id);
    json_t *j = json_object();
    json_put_i64(j, "id", t->panel_id);
    json_put_z(j, "line", t->line);
    json_put_time(j, "line_changed_at", t->now_ms);
    if (e) json_decref(j);
    return e ? e : journal_add(tx, "panel.line", t->batch->signals[0].school_id, t->panel_id, j);
}

static void stored(enum hx_err e, const char *detail, void *arg)
{
    struct transition *t = arg;
    if (e) log_error("supervision.store", "panel=%lld error=%s detail=\"%s\"", (long long)t->panel_id, err_name(e), detail);
    signal_batch_free(t->batch);
    free(t);
}

static void emit(struct supervision *s, const struct panel *p, const char *qualifier, const char *code, const char *text, int64_t now_ms)
{
    struct signal_batch *b = signal_batch_new(1, STR(""));
    struct signal *g = &b->signals[0];
    g->received_at = now_ms;
    g->class = CLASS_LINE;
    g->severity = signal_class_row(CLASS_LINE)->severity;
    snprintf(g->account, sizeof g->account, "%s", p != NULL ? p->account : "");
    snprintf(g->protocol, sizeof g->protocol, "supervision");
    snprintf(g->code, sizeof g->code, "%s", code);
    snprintf(g->qualifier, sizeof g->qualifier, "%s", qualifier);
    snprintf(g->text, sizeof g->text, "%s", text);
    if (p != NULL) g->panel_id = p->id, g->school_id = p->school_id;
    int64_t stamp[2] = {now_ms, p != NULL ? p->id : 0};
    struct str pieces[] = {str_of(qualifier), {(const char *)stamp, sizeof stamp}};
    signal_digest(pieces, 2, g->digest);
    struct transition *t = malloc(sizeof *t);
    HX_ASSERT(t != NULL);
    *t = (struct transition){.batch = b, .panel_id = p != NULL ? p->id : 0, .now_ms = now_ms,
                             .line = strcmp(qualifier, "new") == 0 ? "lost" : "up"};
    if (writer_submit(s->panels->writer, LANE_NORMAL, store_transition, stored, t)) {
        log_error("supervision.queue", "panel=%lld", (long long)t->panel_id);
        signal_batch_free(b);
        free(t);
    }
}

static void lose(struct supervision *s, struct panel *p, int64_t now_ms)
{
    if (now_ms - s->window_from > TOGETHER_MS) {
        s->window_from = now_ms;
        s->window_lost = 0;
        s->fault = false;
    }
    s->window_lost++;
    s->panels->lost_total++;
    p->lost = true;
    size_t limit = s->panels->supervised / 20 > TOGETHER_LEAST ? s->panels->supervised / 20 : TOGETHER_LEAST;
    p->folded = s->window_lost > limit;
    char text[160];
    if (!p->folded) {
        snprintf(text, sizeof text, "silent for %d s", p->supervision_s);
        emit(s, p, "new", "YC", text, now_ms);
    } else if (!s->fault) {
        s->fault = true;
        snprintf(text, sizeof text, "more than %zu of %zu panels fell silent within %d s", limit, s->panels->supervised, TOGETHER_MS / 1000);
        emit(s, NULL, "new", "YC", text, now_ms);
        log_warn("supervision.line_fault", "lost=%zu supervised=%zu", s->window_lost, s->panels->supervised);
    }
}

void supervision_tick(struct supervision *s, int64_t now_ms)
{
    int64_t now_s = now_ms / 1000;
    if (now_s - s->at_s > WHEEL_SLOTS || now_s < s->at_s) { /* the clock jumped: one round of grace from here */
        s->started_at = now_ms;
        if (now_s < s->at_s) return;
        s->at_s = now_s - WHEEL_SLOTS;
    }
    while (s->at_s < now_s) {
        s->at_s++;
        struct panel *p = s->slots[s->at_s % WHEEL_SLOTS];
        s->slots[s->at_s % WHEEL_SLOTS] = NULL;
        while (p != NULL) {
            struct panel *next = p->wheel_next;
            p->in_wheel = false;
            if (p->gone) {
                free(p);
            } else if (p->supervision_s > 0) {
                int64_t due = deadline_of(s, p);
                if (due <= now_ms && !p->lost) lose(s, p, now_ms);
                put(s, p, due > now_ms ? due : now_ms + p->supervision_s * 1000LL);
            }
            p = next;
        }
    }
}

static void every_second(void *arg)
{
    supervision_tick(arg, clock_utc_ms());
}

struct supervision *supervision_start(struct panels *p)
{
    struct supervision *s = calloc(1, sizeof *s);
    HX_ASSERT(s != NULL);
    s->panels = p;
    s->started_at = clock_utc_ms();
    s->at_s = s->started_at / 1000;
    loop_every(p->loop, 1000, every_second, s);
    return s;
}

void supervision_stop(struct supervision *s)
{
    for (size_t i = 0; i < WHEEL_SLOTS; i++) {
        for (struct panel *p = s->slots[i], *next; p != NULL; p = next) {
            next = p->wheel_next;
            if (p->gone) free(p);
        }
    }
    free(s);
}

void supervision_watch(struct supervision *s, struct panel *panel, int64_t now_ms)
{
    put(s, panel, now_ms + panel->supervision_s * 1000LL);
}

void panel_heard(struct panels *p, struct panel *panel, int64_t now_ms)
{
    panel->heard_at = now_ms;
    if (!panel->lost) return;
    panel->lost = false;
    p->restored_total++;
    emit(p->supervision, panel, "restore", "YK", panel->folded ? "heard again after a line fault" : "heard again", now_ms);
    panel->folded = false;
}
