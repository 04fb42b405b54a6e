#include "db.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/log.h"
#include "sql_text.h"

#define BUSY_MS 2000
#define PAGES_PER_BACKUP_STEP 256

struct db {
    sqlite3 *handle;
    sqlite3_stmt *stmts[SQL_COUNT];
    sqlite3_stmt *control[6]; /* begin, commit, rollback, savepoint, release, rollback to */
    int wal_pages;
    bool broken;
};

enum { CONTROL_BEGIN, CONTROL_COMMIT, CONTROL_ROLLBACK, CONTROL_SAVE, CONTROL_RELEASE, CONTROL_BACK };
static const char *const control_sql[] = {
    "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK", "SAVEPOINT job", "RELEASE job", "ROLLBACK TO job",
};

static enum hx_err failed(struct db *db, const char *what, int rc)
{
    int primary = rc & 0xFF;
    if (primary == SQLITE_CONSTRAINT) return HX_E_CONFLICT;
    if (primary == SQLITE_IOERR || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) db->broken = true;
    log_error("store.failed", "what=%s code=%d reason=\"%s\"", what, rc, sqlite3_errmsg(db->handle));
    return HX_E_STORE;
}

static int on_wal(void *arg, sqlite3 *handle, const char *name, int pages)
{
    (void)handle, (void)name;
    ((struct db *)arg)->wal_pages = pages;
    return SQLITE_OK;
}

static enum hx_err run_text(struct db *db, const char *sql)
{
    int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? HX_OK : failed(db, "exec", rc);
}

/* Before the first connection: no shared counters, and no locks inside connections that belong to one thread anyway. */
static void configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum hx_err db_open(const char *dir, enum db_mode mode, struct db **out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure);
    struct db *db = calloc(1, sizeof *db);
    char path[4096];
    HX_ASSERT(db != NULL);
    snprintf(path, sizeof path, "%s/huxue.db", dir);
    int flags = mode == DB_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    int rc = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    enum hx_err e = rc == SQLITE_OK ? HX_OK : failed(db, "open", rc);
    if (!e) sqlite3_busy_timeout(db->handle, BUSY_MS), sqlite3_extended_result_codes(db->handle, 1);
    if (!e && mode == DB_WRITE) {
        chmod(path, 0600);
        e = run_text(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=0;"
                         "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192; PRAGMA journal_size_limit=67108864");
        sqlite3_wal_hook(db->handle, on_wal, db);
    } else if (!e) {
        e = run_text(db, "PRAGMA query_only=ON; PRAGMA cache_size=-2048; PRAGMA temp_store=MEMORY");
    }
    if (e) {
        db_close(db);
        return e;
    }
    *out = db;
    return HX_OK;
}

void db_close(struct db *db)
{
    if (db == NULL) return;
    for (size_t i = 0; i < SQL_COUNT; i++) sqlite3_finalize(db->stmts[i]);
    for (size_t i = 0; i < HX_COUNT(db->control); i++) sqlite3_finalize(db->control[i]);
    sqlite3_close(db->handle);
    free(db);
}

static sqlite3_stmt *prepared(struct db *db, enum sql_id id)
{
    HX_ASSERT(id < SQL_COUNT);
    if (db->stmts[id] == NULL) {
        int rc = sqlite3_prepare_v3(db->handle, sql_texts[id].text, -1, SQLITE_PREPARE_PERSISTENT, &db->stmts[id], NULL);
        if (rc != SQLITE_OK) failed(db, sql_texts[id].name, rc);
    }
    return db->stmts[id];
}

/* `keep`: SQLITE_STATIC while the caller's texts stay until the statement is done, SQLITE_TRANSIENT to copy them. */
static void bind_all(sqlite3_stmt *stmt, sqlite3_destructor_type keep, const char *format, va_list args)
{
    HX_ASSERT((int)strlen(format) == sqlite3_bind_parameter_count(stmt));
    for (int n = 1; *format != 0; format++, n++) {
        int64_t i;
        struct str s;
        const void *blob;
        switch (*format) {
        case 'i': sqlite3_bind_int64(stmt, n, va_arg(args, int64_t)); break;
        case 'I':
            i = va_arg(args, int64_t);
            if (i != 0) sqlite3_bind_int64(stmt, n, i);
            else sqlite3_bind_null(stmt, n);
            break;
        case 'f': sqlite3_bind_double(stmt, n, va_arg(args, double)); break;
        case 'z': sqlite3_bind_text(stmt, n, va_arg(args, const char *), -1, keep); break;
        case 's':
            s = va_arg(args, struct str);
            sqlite3_bind_text(stmt, n, s.at != NULL ? s.at : "", (int)s.len, keep);
            break;
        case 'b':
            blob = va_arg(args, const void *);
            sqlite3_bind_blob(stmt, n, blob, (int)va_arg(args, size_t), keep);
            break;
        case 'n': sqlite3_bind_null(stmt, n); break;
        default: HX_ASSERT(!"a letter that db_exec does not know");
        }
    }
}

static void finish(sqlite3_stmt *stmt)
{
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

enum hx_err db_exec(struct db *db, enum sql_id id, const char *format, ...)
{
    sqlite3_stmt *stmt = prepared(db, id);
    if (stmt == NULL) return HX_E_STORE;
    va_list args;
    va_start(args, format);
    bind_all(stmt, SQLITE_STATIC, format, args);
    va_end(args);
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) continue;
    enum hx_err e = rc == SQLITE_DONE ? HX_OK : failed(db, sql_texts[id].name, rc);
    finish(stmt);
    return e;
}

int db_changes(const struct db *db)
{
    return sqlite3_changes(db->handle);
}

static struct rows query_va(struct db *db, enum sql_id id, const char *format, va_list args)
{
    struct rows r = {.db = db, .stmt = prepared(db, id)};
    if (r.stmt == NULL) r.err = HX_E_STORE;
    else bind_all(r.stmt, SQLITE_TRANSIENT, format, args);
    return r;
}

struct rows db_query(struct db *db, enum sql_id id, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct rows r = query_va(db, id, format, args);
    va_end(args);
    return r;
}

bool rows_next(struct rows *r)
{
    if (r->err) return false;
    int rc = sqlite3_step(r->stmt);
    if (rc == SQLITE_ROW) return true;
    if (rc != SQLITE_DONE) r->err = failed(r->db, "step", rc);
    return false;
}

void rows_end(struct rows *r)
{
    if (r->stmt != NULL) finish(r->stmt);
    r->stmt = NULL;
}

int64_t rows_i64(const struct rows *r, int column)
{
    return sqlite3_column_int64(r->stmt, column);
}

double rows_f64(const struct rows *r, int column)
{
    return sqlite3_column_double(r->stmt, column);
}

const char *rows_z(const struct rows *r, int column)
{
    return (const char *)sqlite3_column_text(r->stmt, column);
}

struct str rows_str(const struct rows *r, int column)
{
    const char *z = rows_z(r, column);
    return (struct str){z != NULL ? z : "", z != NULL ? (size_t)sqlite3_column_bytes(r->stmt, column) : 0};
}

struct str rows_blob(const struct rows *r, int column)
{
    const void *p = sqlite3_column_blob(r->stmt, column);
    return (struct str){p, p != NULL ? (size_t)sqlite3_column_bytes(r->stmt, column) : 0};
}

bool rows_null(const struct rows *r, int column)
{
    return sqlite3_column_type(r->stmt, column) == SQLITE_NULL;
}

static bool ends_with(struct str *name, struct str suffix)
{
    if (name->len <= suffix.len || !str_eq((struct str){name->at + name->len - suffix.len, suffix.len}, suffix)) return false;
    name->len -= suffix.len;
    return true;
}

json_t *rows_json(const struct rows *r)
{
    json_t *object = json_object();
    int columns = sqlite3_column_count(r->stmt);
    for (int c = 0; c < columns; c++) {
        const char *column = sqlite3_column_name(r->stmt, c);
        struct str name = str_of(column);
        char key[64];
        json_t *value = NULL;
        int type = sqlite3_column_type(r->stmt, c);
        if (type == SQLITE_BLOB) continue;
        if (ends_with(&name, STR("_json"))) {
            char why[160];
            if (type == SQLITE_TEXT && json_parse(rows_str(r, c), &value, why, sizeof why)) value = NULL;
        } else if (ends_with(&name, STR("_flag"))) {
            value = json_boolean(rows_i64(r, c) != 0);
        } else if (ends_with(&name, STR("_at")) || ends_with(&name, STR("_time"))) {
            json_put_time(object, column, rows_i64(r, c));
            continue;
        } else if (type == SQLITE_INTEGER) {
            value = json_integer(rows_i64(r, c));
        } else if (type == SQLITE_FLOAT) {
            value = json_real(rows_f64(r, c));
        } else if (type == SQLITE_TEXT) {
            value = json_stringn(rows_z(r, c), rows_str(r, c).len);
        }
        json_object_set_new(object, str_to_z(name, key, sizeof key), value != NULL ? value : json_null());
    }
    return object;
}

enum hx_err db_one_i64(struct db *db, enum sql_id id, int64_t *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct rows r = query_va(db, id, format, args);
    va_end(args);
    bool found = rows_next(&r);
    if (found) *out = rows_i64(&r, 0);
    enum hx_err e = r.err ? r.err : found ? HX_OK : HX_E_NOT_FOUND;
    rows_end(&r);
    return e;
}

enum hx_err db_one_json(struct db *db, enum sql_id id, json_t **out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct rows r = query_va(db, id, format, args);
    va_end(args);
    *out = rows_next(&r) ? rows_json(&r) : NULL;
    enum hx_err e = r.err ? r.err : *out != NULL ? HX_OK : HX_E_NOT_FOUND;
    rows_end(&r);
    return e;
}

json_t *db_all_json(struct db *db, enum sql_id id, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct rows r = query_va(db, id, format, args);
    va_end(args);
    json_t *all = json_array();
    while (rows_next(&r)) json_array_append_new(all, rows_json(&r));
    if (r.err) {
        json_decref(all);
        all = NULL;
    }
    rows_end(&r);
    return all;
}

static enum hx_err control(struct db *db, int which)
{
    if (db->control[which] == NULL) {
        int rc = sqlite3_prepare_v3(db->handle, control_sql[which], -1, SQLITE_PREPARE_PERSISTENT, &db->control[which], NULL);
        if (rc != SQLITE_OK) return failed(db, control_sql[which], rc);
    }
    int rc = sqlite3_step(db->control[which]);
    sqlite3_reset(db->control[which]);
    return rc == SQLITE_DONE ? HX_OK : failed(db, control_sql[which], rc);
}

enum hx_err db_begin(struct db *db)
{
    return control(db, CONTROL_BEGIN);
}

enum hx_err db_commit(struct db *db)
{
    enum hx_err e = control(db, CONTROL_COMMIT);
    if (e) db_rollback(db);
    return e;
}

void db_rollback(struct db *db)
{
    if (!sqlite3_get_autocommit(db->handle)) (void)control(db, CONTROL_ROLLBACK);
}

enum hx_err db_savepoint(struct db *db)
{
    return control(db, CONTROL_SAVE);
}

enum hx_err db_release(struct db *db)
{
    return control(db, CONTROL_RELEASE);
}

void db_rollback_to_savepoint(struct db *db)
{
    if (sqlite3_get_autocommit(db->handle)) return;
    if (!control(db, CONTROL_BACK)) (void)control(db, CONTROL_RELEASE);
}

void db_snapshot(struct db *db)
{
    (void)run_text(db, "BEGIN");
}

void db_snapshot_end(struct db *db)
{
    if (!sqlite3_get_autocommit(db->handle)) (void)run_text(db, "COMMIT");
}

int64_t db_changed_ever(const struct db *db)
{
    return sqlite3_total_changes64(db->handle);
}

bool db_is_broken(const struct db *db)
{
    return db->broken;
}

const char *db_error(const struct db *db)
{
    return sqlite3_errmsg(db->handle);
}

void db_checkpoint(struct db *db, int pages)
{
    if (db->wal_pages < pages) return;
    int rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (rc != SQLITE_OK && rc != SQLITE_BUSY) failed(db, "checkpoint", rc);
    db->wal_pages = 0;
}

enum hx_err db_migrate(struct db *db, int64_t now_ms)
{
    enum hx_err e = run_text(db, "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
                                 " done_at INTEGER NOT NULL) STRICT");
    for (size_t i = 0; !e && i < sql_migration_count; i++) {
        const struct sql_migration *m = &sql_migrations[i];
        int64_t there = 0;
        e = db_one_i64(db, SQL_MIGRATION_DONE, &there, "i", (int64_t)m->number);
        if (e == HX_OK) continue;
        if (e != HX_E_NOT_FOUND) break;
        e = db_begin(db);
        if (!e) e = run_text(db, m->text);
        if (!e) e = db_exec(db, SQL_MIGRATION_ADD, "izi", (int64_t)m->number, m->name, now_ms);
        if (!e) e = db_commit(db);
        else db_rollback(db);
        if (e) log_error("store.migration", "name=%s", m->name);
    }
    return e;
}

enum hx_err db_backup(struct db *db, const char *file)
{
    sqlite3 *target = NULL;
    int rc = sqlite3_open_v2(file, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    sqlite3_backup *backup = rc == SQLITE_OK ? sqlite3_backup_init(target, "main", db->handle, "main") : NULL;
    if (backup != NULL) {
        do {
            rc = sqlite3_backup_step(backup, PAGES_PER_BACKUP_STEP);
            if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED) sqlite3_sleep(20);
        } while (rc == SQLITE_OK || rc == SQLITE_BUSY || rc == SQLITE_LOCKED);
        rc = sqlite3_backup_finish(backup);
    }
    if (rc == SQLITE_OK) rc = sqlite3_exec(target, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
    if (rc != SQLITE_OK) log_error("store.backup", "code=%d reason=\"%s\"", rc, sqlite3_errmsg(target));
    sqlite3_close(target);
    return rc == SQLITE_OK ? HX_OK : HX_E_STORE;
}

enum hx_err db_prepare_all(struct db *db)
{
    for (int id = 0; id < SQL_COUNT; id++)
        if (prepared(db, (enum sql_id)id) == NULL) return HX_E_STORE;
    return HX_OK;
}
