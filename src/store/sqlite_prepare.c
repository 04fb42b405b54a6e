/* Makes a fresh database and prepares every named statement on it: sqlite_prepare DIR */
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "store/db.h"

int main(int argc, char **argv)
{
    struct db *db;
    if (argc != 2) return 2;
    mkdir(argv[1], 0700);
    if (db_open(argv[1], DB_WRITE, &db) || db_migrate(db, clock_utc_ms()) || db_prepare_all(db)) return 1;
    db_close(db);
    printf("%d statements prepared on SQLite\n", SQL_COUNT);
    return 0;
}
