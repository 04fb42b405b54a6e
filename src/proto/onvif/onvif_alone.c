/* Linked without libevent, SQLite and curl: the codec is pure. */
#include "proto/onvif/onvif_soap.h"

int main(void)
{
    struct xml x;
    struct onvif_services s;
    if (onvif_parse(STR("<a/>"), &x)) return 1;
    onvif_services(&x, "h", &s);
    xml_free(&x);
    return s.media[0] != 0;
}
