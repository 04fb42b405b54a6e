#include "journal.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"

#define FOLLOWER_TABLES_MAX 16
#define LISTENERS_MAX 16
#define CASCADE_MAX 10000 /* events that followers may add to one job; more is a loop between them */
#define CATCH_UP_ROWS 500

struct head {
    int64_t seq;
    uint8_t hash[JOURNAL_HASH_BYTES];
};

struct event_list {
    struct event *first, **last;
};

struct journal {
    struct loop *loop;
    /* The writer thread's: */
    struct head head, mark;
    struct event_list fresh; /* of this batch */
    struct event **mark_last;
    struct event **seen; /* where draining goes on */
    const struct journal_follower *followers[FOLLOWER_TABLES_MAX];
    size_t follower_tables;
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
    /* The loop thread's: */
    int64_t committed;
    struct {
        void (*heard)(const struct event *event, void *arg);
        void *arg;
    } listeners[LISTENERS_MAX];
    size_t listener_count;
};

/* hash = SHA-256(previous hash, "seq|at|type|school|subject|person|", data) */
static void chain(EVP_MD_CTX *digest, const EVP_MD *sha256, uint8_t hash[JOURNAL_HASH_BYTES], const struct event *e)
{
    char fields[256];
    int n = snprintf(fields, sizeof fields, "%lld|%lld|%s|%lld|%lld|%lld|", (long long)e->seq, (long long)e->at, e->type,
                     (long long)e->school_id, (long long)e->subject_id, (long long)e->person_id);
    HX_ASSERT(n > 0 && (size_t)n < sizeof fields);
    EVP_DigestInit_ex2(digest, sha256, NULL);
    EVP_DigestUpdate(digest, hash, JOURNAL_HASH_BYTES);
    EVP_DigestUpdate(digest, fields, (size_t)n);
    EVP_DigestUpdate(digest, e->data, e->data_bytes);
    EVP_DigestFinal_ex(digest, hash, NULL);
}

static enum hx_err read_head(struct db *db, struct head *head)
{
    *head = (struct head){0};
    struct rows r = db_query(db, SQL_JOURNAL_HEAD, "");
    if (rows_next(&r)) {
        head->seq = rows_i64(&r, 0);
        struct str hash = rows_blob(&r, 1);
        if (hash.len == sizeof head->hash) memcpy(head->hash, hash.at, hash.len);
    }
    enum hx_err e = r.err;
    rows_end(&r);
    return e;
}

enum hx_err journal_open(struct db *db, struct loop *loop, struct journal **out)
{
    struct journal *j = calloc(1, sizeof *j);
    HX_ASSERT(j != NULL);
    j->loop = loop;
    j->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    j->digest = EVP_MD_CTX_new();
    j->fresh.last = &j->fresh.first;
    j->seen = &j->fresh.first;
    enum hx_err e = read_head(db, &j->head);
    j->committed = j->head.seq;
    if (e) journal_close(j);
    else *out = j;
    return e;
}

static void free_events(struct event *e)
{
    while (e != NULL) {
        struct event *next = e->next;
        free(e);
        e = next;
    }
}

void journal_close(struct journal *j)
{
    free_events(j->fresh.first);
    EVP_MD_free(j->sha256);
    EVP_MD_CTX_free(j->digest);
    free(j);
}

void journal_add_followers(struct journal *j, const struct journal_follower *followers)
{
    HX_ASSERT(j->follower_tables < FOLLOWER_TABLES_MAX);
    j->followers[j->follower_tables++] = followers;
}

int64_t journal_next(const struct tx *tx)
{
    return ((struct journal *)tx->hooks_arg)->head.seq + 1;
}

/* An event and its two texts in one piece of memory. */
static struct event *event_new(const struct event *from)
{
    size_t type_bytes = strlen(from->type) + 1;
    char *memory = malloc(sizeof(struct event) + type_bytes + from->data_bytes + 1);
    HX_ASSERT(memory != NULL);
    struct event *e = (struct event *)(void *)memory;
    *e = *from;
    char *type = memory + sizeof *e, *data = type + type_bytes;
    memcpy(type, from->type, type_bytes);
    memcpy(data, from->data, from->data_bytes);
    data[from->data_bytes] = 0;
    e->type = type;
    e->data = data;
    e->next = NULL;
    return e;
}

enum hx_err journal_add_text(struct tx *tx, const char *type, int64_t school_id, int64_t subject_id, struct str data)
{
    struct journal *j = tx->hooks_arg;
    struct event e = {.seq = j->head.seq + 1, .at = tx->now_ms, .school_id = school_id, .subject_id = subject_id,
                      .person_id = tx->person_id, .type = type, .data = data.at, .data_bytes = data.len};
    uint8_t hash[JOURNAL_HASH_BYTES];
    memcpy(hash, j->head.hash, sizeof hash);
    chain(j->digest, j->sha256, hash, &e);
    enum hx_err err = db_exec(tx->db, SQL_JOURNAL_ADD, "iizIIIsb", e.seq, e.at, type, school_id, subject_id, tx->person_id, data,
                              (const void *)hash, sizeof hash);
    if (err) return err == HX_E_CONFLICT ? HX_E_STORE : err;
    j->head.seq = e.seq;
    memcpy(j->head.hash, hash, sizeof hash);
    struct event *kept = event_new(&e);
    *j->fresh.last = kept;
    j->fresh.last = &kept->next;
    return HX_OK;
}

enum hx_err journal_add(struct tx *tx, const char *type, int64_t school_id, int64_t subject_id, json_t *data)
{
    char *text = json_text(data);
    enum hx_err e = journal_add_text(tx, type, school_id, subject_id, str_of(text));
    free(text);
    json_decref(data);
    return e;
}

enum hx_err journal_tell(struct tx *tx, enum sql_id get, int64_t id, const char *type)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(tx->db, get, &record, "i", id);
    return e ? e : journal_add(tx, type, json_i64(record, "school_id", 0), id, record);
}

static void on_mark(void *arg)
{
    struct journal *j = arg;
    j->mark = j->head;
    j->mark_last = j->fresh.last;
}

static void cut_back(struct journal *j, struct head head, struct event **last)
{
    free_events(*last);
    *last = NULL;
    j->fresh.last = last;
    j->head = head;
}

static void on_undo(void *arg)
{
    struct journal *j = arg;
    cut_back(j, j->mark, j->mark_last);
    j->seen = j->mark_last;
}

static enum hx_err let_see(struct journal *j, struct tx *tx, const struct journal_follower *f, const struct event *event)
{
    struct head head = j->head;
    struct event **last = j->fresh.last;
    int64_t person = tx->person_id;
    enum hx_err e = db_savepoint(tx->db);
    if (e) return e;
    tx->person_id = 0;
    e = f->see(tx, event);
    tx->person_id = person;
    if (!e) return db_release(tx->db);
    if (e == HX_E_STORE) return e;
    db_rollback_to_savepoint(tx->db);
    cut_back(j, head, last);
    log_error("journal.follower", "name=%s seq=%lld type=%s error=%s detail=\"%s\"", f->name, (long long)event->seq, event->type,
              err_name(e), tx->detail);
    tx->detail[0] = 0;
    return HX_OK;
}

static bool wants(const struct journal_follower *f, const struct event *event)
{
    return strncmp(event->type, f->prefix, strlen(f->prefix)) == 0 && (f->skips == NULL || !f->skips(event));
}

static enum hx_err on_drain(void *arg, struct tx *tx)
{
    struct journal *j = arg;
    int64_t begun = j->head.seq;
    while (*j->seen != NULL) {
        HX_ASSERT(j->head.seq - begun < CASCADE_MAX);
        struct event *event = *j->seen;
        for (size_t t = 0; t < j->follower_tables; t++) {
            for (const struct journal_follower *f = j->followers[t]; f->name != NULL; f++) {
                enum hx_err e = wants(f, event) ? let_see(j, tx, f, event) : HX_OK;
                if (e) return e;
            }
        }
        j->seen = &event->next;
    }
    return HX_OK;
}

static enum hx_err on_seal(void *arg, struct tx *tx)
{
    struct journal *j = arg;
    if (j->fresh.first == NULL) return HX_OK;
    enum hx_err e = db_exec(tx->db, SQL_JOURNAL_HEAD_SET, "ib", j->head.seq, (const void *)j->head.hash, sizeof j->head.hash);
    return e ? e : db_exec(tx->db, SQL_JOURNAL_CURSOR_ALL, "i", j->head.seq);
}

struct news {
    struct journal *journal;
    struct event *first;
};

static void tell(void *arg)
{
    struct news *news = arg;
    struct journal *j = news->journal;
    for (struct event *e = news->first; e != NULL; e = e->next) {
        j->committed = e->seq;
        for (size_t i = 0; i < j->listener_count; i++) j->listeners[i].heard(e, j->listeners[i].arg);
    }
    free_events(news->first);
    free(news);
}

static void reset_fresh(struct journal *j)
{
    j->fresh.first = NULL;
    j->fresh.last = &j->fresh.first;
    j->seen = &j->fresh.first;
}

static void on_committed(void *arg)
{
    struct journal *j = arg;
    if (j->fresh.first == NULL) return;
    struct news *news = malloc(sizeof *news);
    HX_ASSERT(news != NULL);
    *news = (struct news){j, j->fresh.first};
    reset_fresh(j);
    loop_post(j->loop, tell, news);
}

static void on_aborted(void *arg, struct db *db)
{
    struct journal *j = arg;
    free_events(j->fresh.first);
    reset_fresh(j);
    if (read_head(db, &j->head)) log_error("journal.head", "reason=unreadable");
}

struct writer_hooks journal_hooks(struct journal *j)
{
    return (struct writer_hooks){.arg = j, .mark = on_mark, .drain = on_drain, .undo = on_undo, .seal = on_seal,
                                 .committed = on_committed, .aborted = on_aborted};
}

void journal_listen(struct journal *j, void (*heard)(const struct event *event, void *arg), void *arg)
{
    HX_ASSERT(j->listener_count < LISTENERS_MAX);
    j->listeners[j->listener_count].heard = heard;
    j->listeners[j->listener_count++].arg = arg;
}

int64_t journal_committed(const struct journal *j)
{
    return j->committed;
}

static struct event row_event(const struct rows *r)
{
    struct str data = rows_str(r, 6);
    return (struct event){.seq = rows_i64(r, 0), .at = rows_i64(r, 1), .type = rows_z(r, 2), .school_id = rows_i64(r, 3),
                          .subject_id = rows_i64(r, 4), .person_id = rows_i64(r, 5), .data = data.at, .data_bytes = data.len};
}

struct catch_up {
    struct journal *journal;
    const struct journal_follower *follower;
    bool more;
};

static enum hx_err catch_up_step(struct tx *tx, void *arg)
{
    struct catch_up *c = arg;
    struct journal *j = c->journal;
    int64_t at = 0, until = j->head.seq;
    enum hx_err e = db_one_i64(tx->db, SQL_JOURNAL_CURSOR_GET, &at, "z", c->follower->name);
    if (e == HX_E_NOT_FOUND) at = until, e = HX_OK; /* a new follower begins now */
    struct event_list missed = {.last = &missed.first};
    int n = 0;
    if (!e && at < until) {
        struct rows r = db_query(tx->db, SQL_JOURNAL_AFTER, "ii", at, (int64_t)CATCH_UP_ROWS);
        while (rows_next(&r)) {
            struct event row = row_event(&r), *kept = event_new(&row);
            *missed.last = kept;
            missed.last = &kept->next;
            n++;
        }
        e = r.err;
        rows_end(&r);
    }
    for (struct event *event = missed.first; !e && event != NULL; event = event->next) {
        at = event->seq;
        if (wants(c->follower, event)) e = let_see(j, tx, c->follower, event);
    }
    free_events(missed.first);
    if (!e) e = db_exec(tx->db, SQL_JOURNAL_CURSOR_SET, "zi", c->follower->name, at);
    c->more = n == CATCH_UP_ROWS;
    return e;
}

enum hx_err journal_catch_up(struct journal *j, struct writer *w)
{
    for (size_t t = 0; t < j->follower_tables; t++) {
        for (const struct journal_follower *f = j->followers[t]; f->name != NULL; f++) {
            struct catch_up c = {.journal = j, .follower = f};
            do {
                enum hx_err e = writer_call(w, catch_up_step, &c, NULL, 0);
                if (e) return e;
            } while (c.more);
        }
    }
    return HX_OK;
}

enum hx_err journal_verify(struct db *db, struct journal_audit *audit)
{
    EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    struct head head, kept;
    *audit = (struct journal_audit){0};
    memset(&head, 0, sizeof head);
    db_snapshot(db);
    enum hx_err e = read_head(db, &kept);
    struct rows r = db_query(db, SQL_JOURNAL_AFTER, "ii", (int64_t)0, INT64_MAX);
    while (!e && rows_next(&r)) {
        struct event row = row_event(&r);
        struct str hash = rows_blob(&r, 7);
        head.seq++;
        if (row.seq != head.seq) {
            snprintf(audit->reason, sizeof audit->reason, "event %lld is missing", (long long)head.seq);
            e = HX_E_CONFLICT;
            break;
        }
        chain(digest, sha256, head.hash, &row);
        if (hash.len != sizeof head.hash || memcmp(hash.at, head.hash, hash.len) != 0) {
            snprintf(audit->reason, sizeof audit->reason, "event %lld does not fit its hash: it or one before it was changed", (long long)row.seq);
            e = HX_E_CONFLICT;
            break;
        }
        audit->events++;
    }
    if (!e && r.err) e = r.err;
    rows_end(&r);
    if (!e && (kept.seq != head.seq || memcmp(kept.hash, head.hash, sizeof head.hash) != 0)) {
        head.seq++;
        snprintf(audit->reason, sizeof audit->reason, "the journal ends at %lld but its head says %lld: rows were cut off", (long long)head.seq - 1, (long long)kept.seq);
        e = HX_E_CONFLICT;
    }
    db_snapshot_end(db);
    if (e == HX_E_CONFLICT) audit->bad_seq = head.seq;
    EVP_MD_free(sha256);
    EVP_MD_CTX_free(digest);
    return e;
}
