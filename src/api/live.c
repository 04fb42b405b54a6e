#include "live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/fields.h"
#include "base/clock.h"
#include "base/log.h"

#define READERS_MAX 12000
#define PUBLIC_MAX 4000             /* of them without a person */
#define WAITING_MAX_BYTES (4 << 20) /* a console that has so much unread is told to come again */
#define PAGE_ROWS 500
#define CATCH_UP_MAX 20000          /* further behind than this: resync */
#define BEAT_MS 10000
#define RECHECK_MS 60000
#define RECHECK_TICK_MS 250 /* a tick takes a fair part of the readers, so that an event never waits behind all of them */

struct subscriber {
    struct live *live;
    struct http_stream *stream;
    struct subscriber *next, **link;
    struct person who;
    struct auth_claim claim;
    int64_t *schools; /* sorted; what a person without the top node may see, by the permission of `only`, else by signal.read */
    size_t school_count;
    int64_t subject;  /* of a public feed; 0: a person's */
    int64_t at;       /* last event looked at */
    int64_t checked_us; /* monotonic: when session and grants were last read */
    char only[24];    /* a prefix of the types that are wanted; "": all */
    bool reading, ready, gone;
};

struct live {
    struct hx_app *app;
    struct pool *readers;
    struct subscriber *first;
    size_t count, publics;
    uint64_t dropped;
};

/* Which permission an event needs, by the noun of its type. */
static const struct {
    const char *prefix;
    enum perm perm;
} event_perms[] = {
    {"signal.", PERM_SIGNAL_READ}, {"alarm.", PERM_ALARM_READ}, {"shelf.", PERM_ALARM_READ}, {"incident.", PERM_INCIDENT_READ},
    {"task.", PERM_INCIDENT_READ}, {"assignment.", PERM_INCIDENT_READ}, {"unit.", PERM_UNIT_READ}, {"school.", PERM_SCHOOL_READ},
    {"panel.", PERM_PANEL_READ}, {"plan.", PERM_PLAN_READ}, {"post.", PERM_DUTY_READ}, {"peak.", PERM_DUTY_READ}, {"duty.", PERM_DUTY_READ}, {"rota.", PERM_DUTY_READ},
    {"situation.", PERM_DUTY_READ}, {"box.", PERM_DUTY_READ}, {"patrol.", PERM_PATROL_READ}, {"team.", PERM_PATROL_READ}, {"appointment.", PERM_LESSON_READ}, {"lesson.", PERM_LESSON_READ}, {"broadcast.", PERM_LESSON_READ}, {"class.listed", PERM_SCHOOL_READ}, {"class.", PERM_LESSON_READ}, {"drill.", PERM_DRILL_READ}, {"run.", PERM_DRILL_JOIN}, {"report.", PERM_STATS_READ}, {"equipment.", PERM_EQUIPMENT_READ}, {"vehicle.", PERM_VEHICLE_READ}, {"trip.", PERM_VEHICLE_READ}, {"handover.", PERM_HANDOVER}, {"warning.", PERM_WARNING_READ}, {"rule.", PERM_WARNING_READ}, {"observation.", PERM_WARNING_READ}, {"bulletin.", PERM_WARNING_READ}, {"hotline.", PERM_INCIDENT_READ}, {"child.", PERM_STATS_READ}, {"upper.", PERM_CAMERA_WRITE}, {"arc.", PERM_MESSAGE_WRITE}, {"posture.", PERM_POSTURE_READ}, {"headcount.", PERM_POSTURE_READ}, {"pickup.", PERM_POSTURE_READ}, {"family.", PERM_POSTURE_READ}, {"guardian.", PERM_POSTURE_WRITE}, {"absence.", PERM_HEADCOUNT_REPORT}, {"roll.", PERM_HEADCOUNT_REPORT}, {"visit.", PERM_DUTY_REPORT}, {"plate.", PERM_DUTY_REPORT}, {"watch.", PERM_INCIDENT_HANDLE}, {"command.", PERM_POSTURE_READ}, {"output.", PERM_POSTURE_WRITE},
};

enum perm live_perm_of(const char *type)
{
    for (size_t i = 0; i < HX_COUNT(event_perms); i++)
        if (strncmp(type, event_perms[i].prefix, strlen(event_perms[i].prefix)) == 0) return event_perms[i].perm;
    return PERM_JOURNAL_READ;
}

static bool sees_school(const struct subscriber *s, int64_t school)
{
    size_t from = 0, to = s->school_count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (s->schools[middle] == school) return true;
        if (s->schools[middle] < school) from = middle + 1;
        else to = middle;
    }
    return false;
}

static bool wants(const struct subscriber *s, const struct event *e)
{
    return strncmp(e->type, s->only, strlen(s->only)) == 0 && (s->subject == 0 || s->subject == e->subject_id);
}

static bool may_see(const struct subscriber *s, enum perm p, int64_t school)
{
    if (s->subject != 0) return true;
    if (!(s->who.perms >> p & 1)) return false;
    if (s->who.root >> p & 1 || p == PERM_UNIT_READ) return true; /* units are lent over every border: their list has no scope either */
    return school != 0 && sees_school(s, school);
}

static struct evbuffer *event_chunk(const struct event *e, const char *tree)
{
    struct buf b;
    char *text = NULL;
    if (fields_may_hide((struct str){e->data, e->data_bytes}, tree)) {
        json_t *j = NULL;
        char why[160];
        if (json_parse((struct str){e->data, e->data_bytes}, &j, why, sizeof why) == HX_OK) {
            fields_hide(j, tree);
            text = json_text(j);
            json_decref(j);
        }
    }
    buf_init(&b, 1 << 20);
    buf_printf(&b, "id: %lld\nevent: %s\ndata: ", (long long)e->seq, e->type);
    if (text != NULL) buf_add_z(&b, text);
    else buf_add(&b, e->data, e->data_bytes);
    buf_add_z(&b, "\n\n");
    struct evbuffer *chunk = http_chunk(buf_str(&b));
    buf_free(&b);
    free(text);
    return chunk;
}

static void unlink_subscriber(struct subscriber *s)
{
    *s->link = s->next;
    if (s->next != NULL) s->next->link = s->link;
    s->live->count--;
    if (s->subject != 0) s->live->publics--;
}

static void subscriber_free(struct subscriber *s)
{
    free(s->schools);
    free(s);
}

static void on_closed(void *arg)
{
    struct subscriber *s = arg;
    s->stream = NULL;
    unlink_subscriber(s);
    s->gone = true;
    if (!s->reading) subscriber_free(s);
}

static void send_off(struct subscriber *s)
{
    struct http_stream *stream = s->stream;
    s->live->dropped++;
    on_closed(s);
    if (stream != NULL) http_stream_end(stream);
}

/* False: the subscriber is gone. */
static bool deliver(struct subscriber *s, struct evbuffer *chunk)
{
    if (http_stream_waiting(s->stream) > WAITING_MAX_BYTES) {
        log_warn("live.slow", "person=%lld waiting=%zu", (long long)s->who.id, http_stream_waiting(s->stream));
        send_off(s);
        return false;
    }
    http_stream_send(s->stream, chunk);
    return true;
}

static void read_on(struct subscriber *s);

/* One page of what was missed, read in the pool. */
struct page {
    struct subscriber *subscriber;
    struct event *events; /* PAGE_ROWS of them, while there is a page */
    size_t count;
    int64_t from;
    bool load_scope;
    int64_t *schools;
    size_t school_count;
    enum hx_err err;
    struct person who;
};

static void load_scope(struct page *p, struct db *db)
{
    const struct subscriber *s = p->subscriber;
    p->err = auth_person(db, &s->claim, clock_utc_ms(), &p->who);
    if (p->err) return;
    /* Whoever holds all their permissions at the top of a tree sees every school: no list is needed. */
    if ((p->who.perms & ~p->who.root & ~(1ULL << PERM_SELF | 1ULL << PERM_NONE)) == 0) return;
    size_t room = 0;
    struct rows r = db_query(db, SQL_PERSON_SCHOOLS, "iz", p->who.id, perm_name(s->only[0] != 0 ? live_perm_of(s->only) : PERM_SIGNAL_READ));
    while (rows_next(&r)) {
        if (p->school_count == room) {
            room = room ? room * 2 : 256;
            p->schools = realloc(p->schools, room * sizeof *p->schools);
            HX_ASSERT(p->schools != NULL);
        }
        p->schools[p->school_count++] = rows_i64(&r, 0);
    }
    rows_end(&r);
}

static void read_page(void *state, void *arg)
{
    struct page *p = arg;
    struct db *db = state;
    if (p->load_scope) load_scope(p, db);
    if (p->err || p->from < 0) return;
    p->events = calloc(PAGE_ROWS, sizeof *p->events);
    HX_ASSERT(p->events != NULL);
    struct rows r = db_query(db, SQL_JOURNAL_AFTER, "ii", p->from, (int64_t)PAGE_ROWS);
    while (p->count < PAGE_ROWS && rows_next(&r)) {
        struct event *e = &p->events[p->count++];
        *e = (struct event){.seq = rows_i64(&r, 0), .school_id = rows_i64(&r, 3), .subject_id = rows_i64(&r, 4), .type = str_dup(rows_str(&r, 2)),
                            .data = str_dup(rows_str(&r, 6)), .data_bytes = rows_str(&r, 6).len};
    }
    p->err = r.err;
    rows_end(&r);
}

static void page_free(struct page *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free((char *)(uintptr_t)p->events[i].type);
        free((char *)(uintptr_t)p->events[i].data);
    }
    free(p->events);
    free(p->schools);
    free(p);
}

static void say(struct subscriber *s, const char *type, int64_t id, const char *json)
{
    char text[512];
    int n = snprintf(text, sizeof text, "retry: 500\nid: %lld\nevent: %s\ndata: %s\n\n", (long long)id, type, json);
    struct evbuffer *chunk = http_chunk((struct str){text, (size_t)n});
    deliver(s, chunk);
    http_chunk_free(chunk);
}

static void page_read(void *arg)
{
    struct page *p = arg;
    struct subscriber *s = p->subscriber;
    s->reading = false;
    if (s->gone) {
        subscriber_free(s);
        page_free(p);
        return;
    }
    if (p->err) {
        say(s, "session.over", s->at, "{}");
        if (!s->gone && s->stream != NULL) send_off(s);
        page_free(p);
        return;
    }
    if (p->load_scope) {
        s->checked_us = clock_mono_us();
        s->who = p->who;
        free(s->schools);
        s->schools = p->schools;
        s->school_count = p->school_count;
        p->schools = NULL;
    }
    for (size_t i = 0; i < p->count && s->stream != NULL; i++) {
        const struct event *e = &p->events[i];
        s->at = e->seq;
        if (!wants(s, e) || !may_see(s, live_perm_of(e->type), e->school_id)) continue;
        struct evbuffer *chunk = event_chunk(e, s->who.tree);
        bool there = deliver(s, chunk);
        http_chunk_free(chunk);
        if (!there) {
            page_free(p);
            return;
        }
    }
    page_free(p);
    read_on(s);
}

static void submit_page(struct subscriber *s, int64_t from, bool scope)
{
    struct page *p = calloc(1, sizeof *p);
    HX_ASSERT(p != NULL);
    p->subscriber = s;
    p->from = from;
    p->load_scope = scope;
    s->reading = true;
    if (pool_submit(s->live->readers, read_page, page_read, p) == HX_OK) return;
    s->reading = false;
    page_free(p);
    if (s->stream != NULL) send_off(s);
}

/* Live once nothing is missing; else the next page. */
static void read_on(struct subscriber *s)
{
    int64_t head = journal_committed(s->live->app->journal);
    if (s->at >= head) s->ready = true;
    else submit_page(s, s->at, false);
}

static void attach(struct live *l, struct http_request *r, struct subscriber *s, int64_t after)
{
    s->live = l;
    s->next = l->first;
    s->link = &l->first;
    if (s->next != NULL) s->next->link = &s->next;
    l->first = s;
    l->count++;
    if (s->subject != 0) l->publics++;
    s->stream = http_stream_begin(r, on_closed, s);
    if (s->stream == NULL) {
        on_closed(s);
        return;
    }
    int64_t head = journal_committed(l->app->journal);
    bool far = after >= 0 && (head - after > CATCH_UP_MAX || after > head);
    s->at = after < 0 || far ? head : after;
    say(s, far ? "resync" : "hello", s->at, "{}");
    if (s->stream == NULL) return;
    if (s->subject == 0) submit_page(s, s->at, true);
    else read_on(s);
}

void live_attach(struct live *l, struct http_request *r, const struct person *who, const struct auth_claim *claim, int64_t after, const char *only)
{
    if (l->count >= READERS_MAX) {
        http_reply(r, 503, "text/plain", STR("too many live readers\n"));
        return;
    }
    struct subscriber *s = calloc(1, sizeof *s);
    HX_ASSERT(s != NULL);
    s->who = *who;
    s->claim = *claim;
    snprintf(s->only, sizeof s->only, "%s", only);
    attach(l, r, s, after);
}

void live_attach_subject(struct live *l, struct http_request *r, int64_t subject, const char *only, int64_t after)
{
    if (l->publics >= PUBLIC_MAX || l->count >= READERS_MAX) {
        http_reply(r, 503, "text/plain", STR("too many live readers\n"));
        return;
    }
    struct subscriber *s = calloc(1, sizeof *s);
    HX_ASSERT(s != NULL);
    s->subject = subject;
    snprintf(s->only, sizeof s->only, "%s", only);
    attach(l, r, s, after);
}

static void on_event(const struct event *e, void *arg)
{
    struct live *l = arg;
    struct evbuffer *chunks[3] = {NULL};
    enum perm perm = live_perm_of(e->type);
    for (struct subscriber *s = l->first, *next; s != NULL; s = next) {
        next = s->next;
        if (!s->ready || s->at >= e->seq) continue;
        s->at = e->seq;
        if (!wants(s, e) || !may_see(s, perm, e->school_id)) continue;
        int which = s->who.tree[0] == 0 ? 0 : s->who.tree[0] == 'p' ? 1 : 2;
        if (chunks[which] == NULL) chunks[which] = event_chunk(e, s->who.tree);
        deliver(s, chunks[which]);
    }
    for (size_t i = 0; i < HX_COUNT(chunks); i++)
        if (chunks[i] != NULL) http_chunk_free(chunks[i]);
}

void live_shout(struct live *l, const char *type, const char *json)
{
    char text[512];
    int n = snprintf(text, sizeof text, "event: %s\ndata: %s\n\n", type, json);
    struct evbuffer *chunk = http_chunk((struct str){text, (size_t)n});
    for (struct subscriber *s = l->first, *next; s != NULL; s = next) {
        next = s->next;
        deliver(s, chunk);
    }
    http_chunk_free(chunk);
}

/* The beat tells a console that silence means peace: the time here, and the newest number. */
static void beat(void *arg)
{
    struct live *l = arg;
    char json[96];
    snprintf(json, sizeof json, "{\"now\":%lld,\"seq\":%lld}", (long long)clock_utc_ms(), (long long)journal_committed(l->app->journal));
    live_shout(l, "beat", json);
}

/* Sessions end and grants change: a feed must not outlive either by more than a minute or so. */
static void recheck(void *arg)
{
    struct live *l = arg;
    int64_t now_us = clock_mono_us();
    size_t left = l->count * RECHECK_TICK_MS / (RECHECK_MS / 2) + 1;
    for (struct subscriber *s = l->first, *next; s != NULL && left > 0; s = next) {
        next = s->next;
        if (s->subject != 0 || s->reading || !s->ready || now_us - s->checked_us < RECHECK_MS * 1000LL) continue;
        s->ready = false;
        left--;
        submit_page(s, s->at, true);
    }
}

struct live *live_start(struct hx_app *app, struct pool *readers)
{
    struct live *l = calloc(1, sizeof *l);
    HX_ASSERT(l != NULL);
    l->app = app;
    l->readers = readers;
    journal_listen(app->journal, on_event, l);
    loop_every(app->loop, BEAT_MS, beat, l);
    loop_every(app->loop, RECHECK_TICK_MS, recheck, l);
    return l;
}

void live_stop(struct live *l)
{
    while (l->first != NULL) send_off(l->first);
    free(l);
}

size_t live_readers(const struct live *l)
{
    return l->count;
}

uint64_t live_dropped(const struct live *l)
{
    return l->dropped;
}
