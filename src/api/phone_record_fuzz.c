/* The header Huxue-Record and a member's code, as anybody may send them. */
#include "api/phone_record.h"

#include <stdlib.h>

#include "domain/presence/presence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct record_mark m;
    struct buddy_code code;
    uint8_t key[P256_POINT_BYTES] = {4};
    char *header = str_dup((struct str){(const char *)data, n});
    record_read(header, "POST", STR("/v1/checkins"), "id", (struct str){(const char *)data, n}, &m);
    if (buddy_read((struct str){(const char *)data, n}, &code)) (void)buddy_verify(&code, key);
    free(header);
    return 0;
}
