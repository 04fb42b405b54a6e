/* The schools and their days as the engine asks for them: read once from the store, then only looked at. */
#ifndef HX_WARNING_WORLD_H
#define HX_WARNING_WORLD_H

#include "domain/warning/warning_engine.h"
#include "store/db.h"

struct school_book;

/* Peaks and their changes are read from `from_ms` to a week after `to_ms`. */
enum hx_err school_book_read(struct db *db, int64_t from_ms, int64_t to_ms, struct school_book **out) HX_MUST_USE;
void school_book_free(struct school_book *b);
struct warning_world school_book_world(struct school_book *b);
size_t school_book_count(const struct school_book *b);
const struct warning_school *school_book_at(const struct school_book *b, size_t i);

#endif
