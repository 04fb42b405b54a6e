#include "map.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static uint64_t hash_of(const struct map *m, struct str key)
{
    uint64_t h = m->seed ^ 0xcbf29ce484222325u;
    for (size_t i = 0; i < key.len; i++) h = (h ^ (unsigned char)key.at[i]) * 0x100000001b3u;
    h ^= h >> 32;
    h *= m->seed | 1;
    return h ^ h >> 29;
}

void map_init(struct map *m)
{
    *m = (struct map){.seed = 0x9E3779B97F4A7C15u};
    if (getrandom(&m->seed, sizeof m->seed, 0) < 0) m->seed ^= (uint64_t)(uintptr_t)m;
}

void map_free(struct map *m)
{
    for (size_t i = 0; i < m->room; i++) free(m->slots[i].key);
    free(m->slots);
    *m = (struct map){.seed = m->seed};
}

static struct map_entry *slot_of(const struct map *m, struct str key, uint64_t hash)
{
    for (size_t i = hash & (m->room - 1);; i = (i + 1) & (m->room - 1)) {
        struct map_entry *e = &m->slots[i];
        if (e->key == NULL) return e;
        if (e->hash == hash && e->key_bytes == key.len && memcmp(e->key, key.at, key.len) == 0) return e;
    }
}

static void grow(struct map *m)
{
    struct map old = *m;
    m->room = old.room ? old.room * 2 : 64;
    m->slots = calloc(m->room, sizeof *m->slots);
    HX_ASSERT(m->slots != NULL);
    for (size_t i = 0; i < old.room; i++) {
        struct map_entry *e = &old.slots[i];
        if (e->key != NULL) *slot_of(m, (struct str){e->key, e->key_bytes}, e->hash) = *e;
    }
    free(old.slots);
}

void *map_get(const struct map *m, struct str key)
{
    if (m->count == 0) return NULL;
    struct map_entry *e = slot_of(m, key, hash_of(m, key));
    return e->key != NULL ? e->value : NULL;
}

void *map_put(struct map *m, struct str key, void *value)
{
    if ((m->count + 1) * 4 > m->room * 3) grow(m);
    uint64_t hash = hash_of(m, key);
    struct map_entry *e = slot_of(m, key, hash);
    void *before = e->key != NULL ? e->value : NULL;
    if (e->key == NULL) {
        *e = (struct map_entry){.key = str_dup(key), .key_bytes = (uint32_t)key.len, .hash = hash};
        m->count++;
    }
    e->value = value;
    return before;
}

void *map_take(struct map *m, struct str key)
{
    if (m->count == 0) return NULL;
    struct map_entry *e = slot_of(m, key, hash_of(m, key));
    if (e->key == NULL) return NULL;
    void *value = e->value;
    free(e->key);
    *e = (struct map_entry){0};
    m->count--;
    /* Entries behind the hole move up, so that no probe stops short of them. */
    size_t hole = (size_t)(e - m->slots);
    for (size_t i = (hole + 1) & (m->room - 1); m->slots[i].key != NULL; i = (i + 1) & (m->room - 1)) {
        size_t home = m->slots[i].hash & (m->room - 1);
        if (((i - home) & (m->room - 1)) < ((i - hole) & (m->room - 1))) continue;
        m->slots[hole] = m->slots[i];
        m->slots[i] = (struct map_entry){0};
        hole = i;
    }
    return value;
}

struct map_entry *map_next(const struct map *m, size_t *at)
{
    while (*at < m->room) {
        struct map_entry *e = &m->slots[(*at)++];
        if (e->key != NULL) return e;
    }
    return NULL;
}
