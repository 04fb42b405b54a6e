/* One connection to the store. SQL never appears in C: every statement has a name in a .sql file, which the build turns into
 * an enum (sql_ids.h). A connection belongs to one thread. */
#ifndef HX_DB_H
#define HX_DB_H

#include <jansson.h>

#include "base/str.h"
#include "sql_ids.h"

struct db;

enum db_mode {
    DB_WRITE, /* the one writer: writes and checkpoints; WAL, synchronous=FULL */
    DB_READ,  /* read only */
};

/* Opens DIR/huxue.db. STORE with a log line where that fails. */
enum hx_err db_open(const char *dir, enum db_mode mode, struct db **out) HX_MUST_USE;
void db_close(struct db *db);

/* Runs a statement without rows. `format` has one letter per parameter:
 *   i int64_t   f double   z const char * (NULL: null)   s struct str   b const void *, size_t   n nothing (null)
 * Integers given as 'I' become null when 0. CONFLICT on a broken unique or foreign key, else STORE. */
enum hx_err db_exec(struct db *db, enum sql_id id, const char *format, ...) HX_MUST_USE;
/* Rows that the last db_exec changed. */
int db_changes(const struct db *db);

struct rows {
    struct db *db;
    void *stmt;
    enum hx_err err; /* set when stepping failed */
};

/* Starts a query; one running query per statement and connection. Always ends with rows_end(). */
struct rows db_query(struct db *db, enum sql_id id, const char *format, ...);
bool rows_next(struct rows *r);
void rows_end(struct rows *r);
int64_t rows_i64(const struct rows *r, int column);
double rows_f64(const struct rows *r, int column);
const char *rows_z(const struct rows *r, int column); /* NULL for null; valid until the next step */
struct str rows_str(const struct rows *r, int column);
struct str rows_blob(const struct rows *r, int column);
bool rows_null(const struct rows *r, int column);

/* The present row as an object named by its columns: `x_at` and `x_time` are times, `x_json` becomes x with parsed content,
 * `x_flag` becomes the boolean x, blobs are left out. */
json_t *rows_json(const struct rows *r);

/* One row or none: NOT_FOUND, STORE or OK. */
enum hx_err db_one_i64(struct db *db, enum sql_id id, int64_t *out, const char *format, ...) HX_MUST_USE;
enum hx_err db_one_json(struct db *db, enum sql_id id, json_t **out, const char *format, ...) HX_MUST_USE;
/* All rows as an array of objects; NULL on a store error. */
json_t *db_all_json(struct db *db, enum sql_id id, const char *format, ...);

/* Transactions (the writer's). commit answers STORE when the data may not be on disk; the connection is then rolled back. */
enum hx_err db_begin(struct db *db) HX_MUST_USE;
enum hx_err db_commit(struct db *db) HX_MUST_USE;
void db_rollback(struct db *db);
enum hx_err db_savepoint(struct db *db) HX_MUST_USE;
enum hx_err db_release(struct db *db) HX_MUST_USE;
void db_rollback_to_savepoint(struct db *db);
/* A read transaction: the rows of several queries belong to one instant. */
void db_snapshot(struct db *db);
void db_snapshot_end(struct db *db);

/* Rows that this connection has changed since it was opened. */
int64_t db_changed_ever(const struct db *db);
/* Whether the last failure was an input/output error, after which the process must not acknowledge any more. */
bool db_is_broken(const struct db *db);
const char *db_error(const struct db *db);
/* Moves the write-ahead log into the database file when it is longer than `pages`. */
void db_checkpoint(struct db *db, int pages);
/* Applies all migrations that are newer than the database. */
enum hx_err db_migrate(struct db *db, int64_t now_ms) HX_MUST_USE;
/* Copies the live database into a new file by the backup API, pages at a time, while others write. */
enum hx_err db_backup(struct db *db, const char *file) HX_MUST_USE;
/* Prepares every named statement; the first that fails is logged. */
enum hx_err db_prepare_all(struct db *db) HX_MUST_USE;

#endif
