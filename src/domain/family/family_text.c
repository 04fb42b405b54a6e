#include "family_text.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

static const struct family_kind kinds[] = {
#define X(name, is_state, wants_more, zh, en) {name, is_state, wants_more, zh, en},
    FAMILY_KIND_MAP(X)
#undef X
};

const struct family_kind *family_kinds(size_t *count)
{
    *count = HX_COUNT(kinds);
    return kinds;
}

const struct family_kind *family_kind(const char *name)
{
    for (size_t i = 0; i < HX_COUNT(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0) return &kinds[i];
    return NULL;
}

void family_text(const struct family_kind *k, bool drill, const char *more, bool english, char *out, size_t size)
{
    const char *text = english ? k->en : k->zh;
    bool gap = english && more[0] != 0 && text[strlen(text) - 1] != ' ';
    snprintf(out, size, "%s%s%s%s", drill ? (english ? "【演练】DRILL " : "【演练】") : "", text, gap ? " " : "", more);
}

/* As HOTP (RFC 4226, 5.3) truncates, over SHA-256. */
void family_code(const uint8_t key[FAMILY_KEY_BYTES], int64_t now_ms, int back, char out[9])
{
    uint8_t step[8], sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    uint64_t count = (uint64_t)(now_ms / FAMILY_CODE_MS - back);
    for (int i = 0; i < 8; i++) step[i] = (uint8_t)(count >> (56 - 8 * i));
    HX_ASSERT(HMAC(EVP_sha256(), key, FAMILY_KEY_BYTES, step, sizeof step, sum, &n) != NULL && n == 32);
    unsigned at = sum[31] & 15;
    uint32_t value = ((uint32_t)(sum[at] & 0x7f) << 24 | (uint32_t)sum[at + 1] << 16 | (uint32_t)sum[at + 2] << 8 | sum[at + 3]) % 100000000u;
    snprintf(out, 9, "%08u", value);
}
