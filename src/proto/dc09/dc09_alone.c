/* Links the codec with nothing but base and the cryptography: it needs no loop and no store. */
#include "proto/dc09/dc09_crypt.h"
#include "proto/dc09/dc09_event.h"

int main(void)
{
    struct dc09_envelope e;
    struct dc09_message m;
    struct dc09_event events[DC09_EVENTS_MAX];
    struct dc09_key key = {.n = 16};
    char plain[DC09_PLAIN_MAX];
    size_t used, pad;
    struct str text;
    if (dc09_frame_find(STR("\n22870027\"ADM-CID\"0042L0#3F21[#3F21|1120 00 007]\r"), &e, &used) == DC09_FOUND && dc09_message_parse(e.body, &m) == HX_OK)
        return dc09_open(&m, &key, plain, &pad, &text) == HX_OK || dc09_sia_events(m.data, events) == 0;
    return 0;
}
