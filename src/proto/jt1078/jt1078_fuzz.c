/* Anything as the bytes of a connection: every packet is read, and put together; what was packed must come back. */
#include <string.h>

#include "proto/jt1078/jt1078.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct str in = {(const char *)bytes, n}, unit, host;
    struct jt1078_join join;
    struct jt1078_live live;
    int number_bytes = 0, channels;
    jt1078_join_init(&join);
    while (in.len > 0) {
        struct jt1078_packet p;
        size_t used = 0;
        bool gap;
        enum hx_err e = jt1078_parse(in, &number_bytes, &p, &used);
        if (e == HX_E_AGAIN) break;
        if (e == HX_OK) {
            HX_ASSERT(used <= in.len && p.body.at >= in.at && p.body.at + p.body.len == in.at + used && p.body.len <= JT1078_BODY_MAX && strlen(p.number) == 2 * (size_t)number_bytes);
            if (jt1078_join_feed(&join, &p, &unit, &gap)) HX_ASSERT(unit.len <= JT1078_UNIT_MAX);
        } else {
            used = jt1078_seek(in);
        }
        HX_ASSERT(used > 0);
        in.at += used, in.len -= used;
    }
    jt1078_join_free(&join);
    if (jt1078_live_read((struct str){(const char *)bytes, n}, &live, &host) == HX_OK) HX_ASSERT(host.len <= n);
    if (jt1078_channels((struct str){(const char *)bytes, n}, &channels) == HX_OK) HX_ASSERT(channels >= 0 && channels <= JT1078_CHANNELS_MAX);
    return 0;
}
