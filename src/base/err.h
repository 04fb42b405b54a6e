/* The errors of Huxue: one row holds the name, the HTTP status and the sentence that a user reads. */
#ifndef HX_ERR_H
#define HX_ERR_H

#define HX_ERR_MAP(X)                                                        \
    X(AGAIN, 400, "more bytes are needed")                                   \
    X(MALFORMED, 400, "the message breaks its own format")                   \
    X(INVALID, 422, "a field is missing or out of its range")                \
    X(UNAUTHENTICATED, 401, "sign in first")                                 \
    X(FORBIDDEN, 403, "your roles do not allow this")                        \
    X(NOT_FOUND, 404, "there is no such record, or it is not yours to see")  \
    X(METHOD, 405, "this address does not take that method")                 \
    X(CONFLICT, 409, "the record has moved on")                              \
    X(ILLEGAL, 409, "this move is not allowed in the present state")         \
    X(LIMIT, 413, "a declared limit was reached")                            \
    X(PRECONDITION, 428, "this write needs If-Match with the version")       \
    X(THROTTLED, 429, "too many attempts; wait and try again")               \
    X(INTERNAL, 500, "the server met an error of its own")                   \
    X(STORE, 503, "the database did not take the write; nothing was stored") \
    X(BUSY, 503, "the server is at its limit; try again shortly")

enum hx_err {
    HX_OK = 0,
#define X(name, status, text) HX_E_##name,
    HX_ERR_MAP(X)
#undef X
};

/* The stable lower-case name of an error ("not_found"), its HTTP status and its sentence. */
const char *err_name(enum hx_err e);
int err_status(enum hx_err e);
const char *err_text(enum hx_err e);

#define HX_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HX_MUST_USE __attribute__((warn_unused_result))
#define HX_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* A bug is asserted, in release builds too: the supervisor restarts us, and what was acknowledged is on disk. */
void hx_bug(const char *file, int line, const char *what) __attribute__((noreturn));
#define HX_ASSERT(c) ((c) ? (void)0 : hx_bug(__FILE__, __LINE__, #c))

#endif
