#include "answer_score.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum answer_kind answer_kind_of(const char *name)
{
    static const char *const names[] = {"choice", "order", "text", "hands"};
    for (size_t i = 0; i < HX_COUNT(names); i++)
        if (strcmp(names[i], name) == 0) return (enum answer_kind)i;
    return ANSWER_KIND_COUNT;
}

/* The option of a letter, or -1. */
static int option_of(char c, int options)
{
    int i = toupper((unsigned char)c) - 'A';
    return i >= 0 && i < options ? i : -1;
}

static bool read_letters(const char *value, int options, bool keep_order, char *out)
{
    unsigned seen = 0;
    size_t n = 0;
    for (const char *p = value; *p != 0; p++) {
        int i = option_of(*p, options);
        if (i < 0 || (seen >> i & 1)) return false;
        seen |= 1u << i;
        out[n++] = (char)('A' + i);
    }
    out[n] = 0;
    if (keep_order) return n == (size_t)options;
    n = 0;
    for (int i = 0; i < options; i++)
        if (seen >> i & 1) out[n++] = (char)('A' + i);
    out[n] = 0;
    return n > 0;
}

static bool read_text(const char *value, char *out)
{
    size_t n = 0;
    for (const char *p = value; *p != 0 && n + 4 < ANSWER_VALUE_MAX; p++)
        if (*p != ' ' && *p != '\t' && *p != '\n' && *p != '\r') out[n++] = (char)((unsigned char)*p < 0x80 ? tolower((unsigned char)*p) : *p);
    out[n] = 0;
    return n > 0;
}

static bool read_hands(const char *value, int options, char *out)
{
    int counts[ANSWER_OPTIONS_MAX] = {0}, total = 0;
    unsigned seen = 0;
    for (const char *p = value; *p != 0;) {
        while (*p == ' ') p++;
        if (*p == 0) break;
        int i = option_of(*p++, options), n = 0, digits = 0;
        if (i < 0 || (seen >> i & 1)) return false;
        for (; *p >= '0' && *p <= '9' && digits < 4; p++, digits++) n = n * 10 + (*p - '0');
        if (digits == 0) return false;
        seen |= 1u << i;
        counts[i] = n;
        total += n;
    }
    if (total < 1 || total > 2000) return false;
    size_t at = 0;
    for (int i = 0; i < options; i++)
        if (seen >> i & 1) at += (size_t)snprintf(out + at, ANSWER_VALUE_MAX - at, "%s%c%d", at ? " " : "", 'A' + i, counts[i]);
    return true;
}

bool answer_read(enum answer_kind kind, int options, const char *value, char out[ANSWER_VALUE_MAX])
{
    out[0] = 0;
    if (options < 0 || options > ANSWER_OPTIONS_MAX || strlen(value) >= ANSWER_VALUE_MAX) return false;
    switch (kind) {
    case ANSWER_CHOICE: return read_letters(value, options, false, out);
    case ANSWER_ORDER: return read_letters(value, options, true, out);
    case ANSWER_TEXT: return read_text(value, out);
    case ANSWER_HANDS: return read_hands(value, options, out);
    default: return false;
    }
}

bool answer_solution_fits(enum answer_kind kind, int options, const char *solution)
{
    char read[ANSWER_VALUE_MAX];
    if (kind == ANSWER_TEXT) return options == 0 && answer_read(kind, 0, solution, read) && strcmp(read, "|") != 0;
    return options >= 2 && answer_read(kind == ANSWER_HANDS ? ANSWER_CHOICE : kind, options, solution, read) && strcmp(read, solution) == 0;
}

static int share_of_hands(const char *solution, const char *value)
{
    int right = 0, total = 0;
    for (const char *p = value; *p != 0; p++) {
        if (*p < 'A' || *p > 'F') continue;
        int n = (int)strtol(p + 1, NULL, 10);
        total += n;
        if (strchr(solution, *p) != NULL) right += n;
    }
    return total > 0 ? right * 1000 / total : 0;
}

int answer_share(enum answer_kind kind, const char *solution, const char *value)
{
    char word[ANSWER_VALUE_MAX];
    struct str rest = str_of(solution), one;
    if (kind == ANSWER_CHOICE) return strcmp(solution, value) == 0 ? 1000 : 0;
    if (kind == ANSWER_HANDS) return share_of_hands(solution, value);
    if (kind == ANSWER_ORDER) {
        size_t n = strlen(solution), right = 0;
        for (size_t i = 0; i < n && value[i] != 0; i++) right += value[i] == solution[i];
        return n > 0 ? (int)(right * 1000 / n) : 0;
    }
    while (str_split(&rest, '|', &one)) {
        char given[ANSWER_VALUE_MAX];
        if (read_text(str_to_z(one, given, sizeof given), word) && strcmp(word, value) == 0) return 1000;
    }
    return 0;
}

int answer_points(int share, int64_t after_ms, int64_t limit_ms)
{
    if (after_ms < 0) after_ms = 0;
    if (after_ms > limit_ms) after_ms = limit_ms;
    return (int)((int64_t)share * (ANSWER_POINTS / 2 + ANSWER_POINTS / 2 * (limit_ms - after_ms) / (limit_ms > 0 ? limit_ms : 1)) / 1000);
}

struct drawn {
    int64_t seat;
    uint8_t hash[32];
};

static int by_hash(const void *a, const void *b)
{
    return memcmp(((const struct drawn *)a)->hash, ((const struct drawn *)b)->hash, 32);
}

void draw_order(const uint8_t seed[32], int64_t number, int64_t *seats, size_t n)
{
    struct drawn *all = calloc(n + 1, sizeof *all);
    HX_ASSERT(all != NULL);
    for (size_t i = 0; i < n; i++) {
        uint8_t text[48];
        memcpy(text, seed, 32);
        for (int b = 0; b < 8; b++) text[32 + b] = (uint8_t)((uint64_t)number >> (56 - 8 * b)), text[40 + b] = (uint8_t)((uint64_t)seats[i] >> (56 - 8 * b));
        all[i].seat = seats[i];
        HX_ASSERT(EVP_Digest(text, sizeof text, all[i].hash, NULL, EVP_sha256(), NULL) == 1);
    }
    qsort(all, n, sizeof *all, by_hash);
    for (size_t i = 0; i < n; i++) seats[i] = all[i].seat;
    free(all);
}
