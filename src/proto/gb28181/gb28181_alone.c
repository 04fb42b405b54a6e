/* Links the codec with libosip2, expat and base alone: it needs no loop and no store. */
#include "proto/gb28181/gb28181_sdp.h"
#include "proto/sip/sip.h"
#include "proto/gb28181/gb28181_xml.h"

int main(void)
{
    static struct sip_message m;
    struct xml x;
    struct gb_sdp s;
    if (gb_xml_parse(STR("<a/>"), &x) == HX_OK) xml_free(&x);
    return sip_parse(STR("x"), "", 0, &m) == HX_OK || gb_sdp_parse(STR("x"), &s) == HX_OK;
}
