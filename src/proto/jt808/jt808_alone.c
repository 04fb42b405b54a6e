/* Links the codec with nothing but base: it needs no loop and no store. */
#include "proto/jt808/jt808_frame.h"

int main(void)
{
    struct jt808_message m;
    struct jt808_location l;
    struct str wire;
    size_t used;
    if (jt808_find(STR("\x7E\x00\x02\x7E"), &wire, &used) == JT808_FOUND) return jt808_parse(wire, &m) == HX_OK && jt808_location(m.body, &l) == HX_OK;
    return 1;
}
