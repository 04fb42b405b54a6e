/* huxue decode: one frame in, its fields out. */
#ifndef HX_DECODE_H
#define HX_DECODE_H

#include <stdio.h>

#include "base/json.h"
#include "proto/dc09/dc09_crypt.h"

#define DECODE_KEYS_MAX 64

struct decode_keys {
    struct {
        char account[24]; /* "*": any */
        struct dc09_key key;
    } keys[DECODE_KEYS_MAX];
    size_t count;
};

/* {"ok":true, …fields} or {"ok":false,"error":…}; the caller owns it. */
json_t *decode_dc09(struct str wire, const struct decode_keys *keys);
/* A frame with its marks, on the wire or with its escapes undone; `strict` refuses a wrong check byte. */
json_t *decode_jt808(struct str frame, bool strict);

enum decode_protocol { DECODE_DC09, DECODE_JT808 };
struct decode_how {
    enum decode_protocol protocol;
    bool strict;
    struct decode_keys keys;
};
/* One line of hex to one line of JSON; 2 when a line was no hex, else 0. */
int decode_file(FILE *in, const struct decode_how *how);

#endif
