/* Links the codec with nothing but base: it needs no loop and no store. */
#include "proto/jt1078/jt1078.h"

int main(void)
{
    struct jt1078_packet p;
    size_t used;
    int number_bytes = 0;
    return jt1078_parse(STR("01cd"), &number_bytes, &p, &used) == HX_E_AGAIN ? 0 : 1;
}
