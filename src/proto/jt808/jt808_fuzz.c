/* Anything as a stream: finds, unescapes, parses every frame and body; what was encoded must come back. */
#include <string.h>

#include "proto/jt808/jt808_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void read_all(const struct jt808_message *m)
{
    static struct jt808_location all[JT808_LOCATIONS_MAX];
    struct jt808_location l;
    struct jt808_registration r;
    struct jt808_authentication a;
    int count, type;
    if (jt808_location(m->body, &l) == HX_OK) HX_ASSERT(l.tlv.len + 28 == m->body.len && l.tlv_truncated_at < (int)m->body.len);
    int have = jt808_batch(m->body, &count, &type, all);
    HX_ASSERT(have <= count && have <= JT808_LOCATIONS_MAX);
    if (jt808_registration(m, &r) == HX_OK) HX_ASSERT(r.plate.len < m->body.len);
    if (jt808_authentication(m, &a) == HX_OK) HX_ASSERT(a.code.len <= m->body.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct str in = {(const char *)bytes, n}, wire;
    size_t used;
    while (in.len > 0) {
        uint8_t frame[JT808_FRAME_MAX];
        struct jt808_message m, back;
        enum jt808_find found = jt808_find(in, &wire, &used);
        HX_ASSERT(used <= in.len && (found != JT808_RUBBISH || used > 0));
        if (found == JT808_MORE) break;
        in.at += used, in.len -= used;
        int bare = found == JT808_FOUND ? jt808_unescape(wire, frame, sizeof frame) : -1;
        if (bare < 0 || jt808_parse((struct str){(const char *)frame, (size_t)bare}, &m) != HX_OK) continue;
        read_all(&m);
        if (m.body.len > 1023) continue;
        struct buf again;
        buf_init(&again, 4096);
        jt808_encode(&m, m.id, m.seq, m.body, &again);
        uint8_t plain[JT808_FRAME_MAX];
        int k = jt808_unescape((struct str){again.at + 1, again.len - 2}, plain, sizeof plain);
        HX_ASSERT(k > 0 && jt808_parse((struct str){(const char *)plain, (size_t)k}, &back) == HX_OK && back.checksum_ok && back.length_ok);
        HX_ASSERT(back.id == m.id && back.seq == m.seq && strcmp(back.terminal, m.terminal) == 0 && str_eq(back.body, m.body));
        buf_free(&again);
    }
    return 0;
}
