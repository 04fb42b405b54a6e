#include "proto/cap/cap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct cap_alert alert;
    char why[200];
    struct buf out;
    if (cap_parse((struct str){(const char *)data, n}, &alert, why, sizeof why)) return 0;
    (void)cap_covers(&alert, 105, 25, "522301");
    buf_init(&out, 1 << 22);
    cap_write(&alert, &out);
    static struct cap_alert again;
    if (cap_parse(buf_str(&out), &again, why, sizeof why) != HX_OK) __builtin_trap(); /* what we write we can read */
    buf_free(&out);
    return 0;
}
