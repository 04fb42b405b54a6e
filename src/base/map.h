/* A hash map from short text to a pointer, for what the loop thread owns (accounts, connections). Keys are copied.
 * The hash is seeded per map, so that no peer can choose colliding keys. */
#ifndef HX_MAP_H
#define HX_MAP_H

#include "base/str.h"

struct map_entry {
    char *key; /* NULL: free slot */
    uint32_t key_bytes;
    uint64_t hash;
    void *value;
};

struct map {
    struct map_entry *slots;
    size_t count, room; /* room is a power of two */
    uint64_t seed;
};

void map_init(struct map *m);
void map_free(struct map *m); /* frees keys, not values */
void *map_get(const struct map *m, struct str key);
/* Stores value under key and returns what stood there before, or NULL. */
void *map_put(struct map *m, struct str key, void *value);
void *map_take(struct map *m, struct str key); /* removes; returns the value or NULL */
/* Walks all entries: start with *at = 0; returns NULL at the end. The map must not change meanwhile. */
struct map_entry *map_next(const struct map *m, size_t *at);

#endif
