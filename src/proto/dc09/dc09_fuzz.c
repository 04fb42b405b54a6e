/* Any bytes from a peer: found, parsed, judged with and without a key, answered. */
#include <string.h>

#include "base/log.h"
#include "proto/dc09/dc09_judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct panels panels;
    static struct panel clear = {.id = 1, .account = "1234"}, keyed = {.id = 2, .account = "100000", .key_bytes = 16};
    if (panels.by_account.seed == 0) {
        log_set_level(LOG_ERROR + 1);
        map_init(&panels.by_account);
        map_put(&panels.by_account, str_of(clear.account), &clear);
        map_put(&panels.by_account, str_of(keyed.account), &keyed);
    }
    struct str in = {(const char *)data, n};
    while (in.len > 0) {
        struct dc09_envelope e;
        struct dc09_judgement j;
        size_t used = 0;
        enum dc09_find found = dc09_frame_find(in, &e, &used);
        HX_ASSERT(used <= in.len);
        /* The CRC would hide the parser from a fuzzer: what has the shape is judged whatever its sum. */
        if (found == DC09_FOUND || found == DC09_BAD_CRC) {
            dc09_judge(&e, &panels, 1767355205000, false, "fuzz", &j);
            if (j.batch != NULL) signal_batch_free(j.batch);
            buf_free(&j.reply);
        }
        if (found == DC09_MORE || used == 0) break;
        in.at += used;
        in.len -= used;
    }
    return 0;
}
