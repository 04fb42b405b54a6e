/* Runs another program for a piece of work, with a deadline: text in, bytes out; or one of ours as long as it is wanted. */
#ifndef HX_SPAWN_H
#define HX_SPAWN_H

#include "base/str.h"

/* Runs NAME from the folder of this program, or an absolute path, with arguments that end with NULL. Its standard output goes to
 * `out`, the first line of its errors to why[]. Blocks; never on the loop or the writer. INTERNAL when the program is missing, BUSY
 * when it could not be started, LIMIT past the deadline or out's maximum, INVALID when it ended with an error. */
enum hx_err spawn_run(const char *name, const char *const *arguments, struct str in, int timeout_ms, struct buf *out, char *why, size_t why_bytes) HX_MUST_USE;
/* Starts NAME from the folder of this program to stay: its standard input and output are the other end of *fd, a stream socket that
 * does not block. BUSY when it could not be started. It is the caller's to end and to wait for. */
enum hx_err spawn_child(const char *name, int *fd, int *pid) HX_MUST_USE;

#endif
