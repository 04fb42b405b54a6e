/* Between the transmitter and the records: what waits is handed out in order, one after the other for each centre; what was taken is written. Loop thread. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arc_domain.h"
#include "base/clock.h"
#include "base/log.h"
#include "io/net.h"
#include "signal/arc.h"

#define TICK_MS 1000
#define LATE_EVERY_MS (CLOCK_DAY_MS / 24)

static struct {
    struct hx_app *app;
    int64_t late_at;
    bool asked;
} line;

/* What was told and is not written yet is told anew, under its old number. */
static void begin_anew(int64_t arc)
{
    struct arc *a = arc_find(arc);
    if (a != NULL) a->told_up_to = 0;
}

/* ---- who they are ---- */

static void take_row(const struct rows *r)
{
    struct arc *a = arc_find(rows_i64(r, 0));
    char text[80];
    size_t n = 0;
    if (a == NULL) {
        a = calloc(1, sizeof *a);
        HX_ASSERT(a != NULL);
        a->id = rows_i64(r, 0);
        a->next = arcs_all()->first;
        arcs_all()->first = a;
    }
    str_to_z(rows_str(r, 1), a->address, sizeof a->address);
    str_to_z(rows_str(r, 2), a->account, sizeof a->account);
    if (seal_break(&line.app->panels->seal, rows_blob(r, 3), (uint8_t *)text, sizeof text - 1, &n)) log_error("arc.key", "arc=%lld reason=\"the sealed key does not open with keys/seal.key\"", (long long)a->id);
    a->key_bytes = n <= sizeof a->key ? n : 0;
    memcpy(a->key, text, a->key_bytes);
    OPENSSL_cleanse(text, sizeof text);
    a->cid = str_eq(rows_str(r, 4), STR("ADM-CID"));
    str_to_z(rows_str(r, 5), a->receiver, sizeof a->receiver);
    str_to_z(rows_str(r, 6), a->line_number, sizeof a->line_number);
    a->supervision_s = (int)rows_i64(r, 7);
    a->disabled = !str_eq(rows_str(r, 8), STR("active"));
}

struct line_news {
    int64_t arc_id;
    bool up;
    char reason[ARC_FAULT_MAX];
};

static void freed(enum hx_err e, const char *detail, void *arg)
{
    if (e) log_error("arc.store", "error=%s detail=\"%s\"", err_name(e), detail);
    free(arg);
}

static void submit(tx_fn run, void (*done)(enum hx_err e, const char *detail, void *arg), void *arg)
{
    if (line.app->writer == NULL || writer_submit(line.app->writer, LANE_NORMAL, run, done, arg) != HX_OK) free(arg);
}

static enum hx_err store_line(struct tx *tx, void *arg)
{
    const struct line_news *n = arg;
    json_t *known = NULL;
    enum hx_err e = db_one_json(tx->db, SQL_ARC_GET, &known, "i", n->arc_id);
    bool same = !e && strcmp(json_z(known, "line", ""), n->up ? "up" : "lost") == 0 && strcmp(json_z(known, "line_reason", ""), n->reason) == 0;
    json_decref(known);
    if (e || same) return e; /* each try fails for the same reason: no news */
    e = db_exec(tx->db, SQL_ARC_LINE, "zzii", n->up ? "up" : "lost", n->reason, tx->now_ms, n->arc_id);
    return e ? e : journal_tell(tx, SQL_ARC_GET, n->arc_id, n->up ? "arc.up" : "arc.lost");
}

/* ---- what they are told ---- */

/* "panel:12/1/5/panic": partition and zone of a panel's alarm; of other sources only the zone, where it is a number. */
static void read_source(struct str source, struct arc_message *m)
{
    int64_t number = 0;
    char text[96], *rest = text;
    str_to_z(source, text, sizeof text);
    bool panel = strncmp(text, "panel:", 6) == 0;
    const char *parts[4] = {strsep(&rest, "/"), strsep(&rest, "/"), strsep(&rest, "/"), strsep(&rest, "/")};
    const char *zone = panel ? parts[2] : parts[1];
    if (panel && parts[1] != NULL && str_to_i64(str_of(parts[1]), &number) && number >= 0 && number < 100) m->partition = (int)number;
    if (zone != NULL && str_to_i64(str_of(zone), &number) && number >= 0 && number < 1000) m->zone = (int)number;
}

static void tell_next(struct arc *a)
{
    struct rows r = db_query(line.app->panels->db, SQL_ARC_SIGNAL_NEXT, "ii", a->id, a->told_up_to);
    if (rows_next(&r)) {
        struct arc_message m = {.id = rows_i64(&r, 0), .restore = str_eq(rows_str(&r, 2), STR("restore")), .at = rows_i64(&r, 3)};
        bool names = rows_i64(&r, 8) != 0;
        char class[32];
        str_to_z(rows_str(&r, 1), m.account, sizeof m.account);
        str_to_z(rows_str(&r, 4), class, sizeof class);
        m.class = signal_class_of(class);
        read_source(rows_str(&r, 5), &m);
        if (names) str_to_utf8_z(rows_str(&r, 7), m.site, sizeof m.site), str_to_utf8_z(rows_str(&r, 6), m.place, sizeof m.place);
        if (arcs_all()->driver->tell(a, &m)) a->told_up_to = m.id;
    }
    rows_end(&r);
}

static void tell_all(void *arg)
{
    (void)arg;
    line.asked = false;
    for (struct arc *a = arcs_all()->first; a != NULL && arcs_all()->driver != NULL; a = a->next)
        if (a->up && !a->disabled) tell_next(a);
}

/* Once for all alarms of a batch. */
static void ask(void)
{
    if (line.asked || arcs_all()->first == NULL) return;
    line.asked = true;
    loop_post(line.app->loop, tell_all, NULL);
}

static void on_line(struct arc *a, bool up, const char *reason)
{
    struct line_news *n = calloc(1, sizeof *n);
    HX_ASSERT(n != NULL);
    *n = (struct line_news){.arc_id = a->id, .up = up};
    snprintf(n->reason, sizeof n->reason, "%s", reason);
    submit(store_line, freed, n);
    a->told_up_to = 0;
    if (up) ask();
}

struct answer {
    int64_t arc_id, seq;
    bool taken;
};

static enum hx_err store_answer(struct tx *tx, void *arg)
{
    const struct answer *w = arg;
    enum hx_err e = db_exec(tx->db, SQL_ARC_SIGNAL_TOLD, "ziii", w->taken ? "told" : "refused", tx->now_ms, w->arc_id, w->seq);
    return e || w->taken || db_changes(tx->db) == 0 ? e : journal_tell(tx, SQL_ARC_GET, w->arc_id, "arc.refused");
}

static void answer_stored(enum hx_err e, const char *detail, void *arg)
{
    const struct answer *w = arg;
    if (e) begin_anew(w->arc_id); /* it waits still */
    freed(e, detail, arg);
}

static void on_told(struct arc *a, int64_t id, bool taken)
{
    struct answer *w = calloc(1, sizeof *w);
    HX_ASSERT(w != NULL);
    *w = (struct answer){a->id, id, taken};
    submit(store_answer, answer_stored, w);
    tell_next(a);
}

static enum hx_err store_late(struct tx *tx, void *arg)
{
    (void)arg;
    return db_exec(tx->db, SQL_ARC_SIGNAL_LATE, "i", tx->now_ms);
}

static void tick(void *arg)
{
    (void)arg;
    int64_t now = clock_utc_ms();
    ask();
    if (now < line.late_at || line.app->writer == NULL) return;
    line.late_at = now + LATE_EVERY_MS;
    submit(store_late, freed, NULL);
}

/* ---- what the journal says ---- */

static void heard(const struct event *event, void *arg)
{
    (void)arg;
    bool of_centre = strncmp(event->type, "arc.", 4) == 0, entered = strcmp(event->type, "arc.added") == 0 || strcmp(event->type, "arc.changed") == 0;
    if (!of_centre && strncmp(event->type, "alarm.", 6) != 0) return;
    if (entered || strcmp(event->type, "arc.retold") == 0) begin_anew(event->subject_id);
    ask();
    if (!entered) return;
    struct rows r = db_query(line.app->panels->db, SQL_ARC_ALL, "i", event->subject_id);
    while (rows_next(&r)) take_row(&r);
    rows_end(&r);
    struct arc *a = arc_find(event->subject_id);
    if (a != NULL && arcs_all()->driver != NULL) arcs_all()->driver->changed(a);
}

static enum hx_err load(struct tx *tx, void *arg)
{
    (void)arg;
    struct rows r = db_query(tx->db, SQL_ARC_ALL, "i", (int64_t)0);
    while (rows_next(&r)) take_row(&r);
    rows_end(&r);
    return r.err;
}

static const struct arc_domain domain = {.line = on_line, .told = on_told};

enum hx_err arc_start(struct hx_app *app)
{
    line.app = app;
    arcs_all()->domain = &domain;
    journal_listen(app->journal, heard, NULL);
    loop_every(app->loop, TICK_MS, tick, NULL);
    enum hx_err e = writer_call(app->writer, load, NULL, NULL, 0);
    for (struct arc *a = arcs_all()->first; !e && a != NULL; a = a->next) arcs_all()->driver->changed(a);
    return e;
}
