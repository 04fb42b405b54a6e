/* What the command line does to a data directory: the same functions run inside the daemon (asked over DIR/huxued.sock) and
 * in `huxue` itself when no daemon runs. One JSON object in, one out. */
#ifndef HX_COMMAND_H
#define HX_COMMAND_H

#include "api/api.h"

/* Runs {"do":NAME,…} inside a transaction. *reply is a new object; on an error tx->detail says why. */
enum hx_err command_run(struct tx *tx, const struct hx_app *app, const json_t *request, json_t **reply) HX_MUST_USE;

/* {"what":"schools|people|devices|cameras|classes|calendar","rows":[{column: text}…],"county":code,"dry_run":bool}: all rows or none; errors name their lines. */
enum hx_err import_run(struct tx *tx, const struct hx_app *app, const json_t *request, json_t **reply) HX_MUST_USE;
/* Reads a table from CSV (UTF-8 or GB18030), XLSX or JSON, a calendar (.ics) or a OneRoster bundle (.zip): an array of objects, each with
 * "_line". NULL with why[]. */
json_t *import_read(const char *file, char *why, size_t why_bytes);

/* The demo prefecture: the same on every machine, everything marked demo. CONFLICT when schools are there already. */
enum hx_err demo_run(struct tx *tx, const struct hx_app *app, json_t **reply) HX_MUST_USE;

#endif
