/* Picks named fields out of an event's JSON without building a tree: the engine looks at every event of the prefecture, and
 * most are of no interest. Pure; any bytes may come in. */
#ifndef HX_RULE_FIELDS_H
#define HX_RULE_FIELDS_H

#include "base/str.h"

#define FIELDS_MAX 128

/* The names that anybody asked for; a dot reaches one object down: "change.proof". */
struct field_set {
    char names[FIELDS_MAX][36];
    uint32_t hashes[FIELDS_MAX];
    uint8_t slots[512]; /* by hash: index + 1 */
    int count;
};
struct field_value {
    enum { FIELD_NONE, FIELD_NULL, FIELD_NUMBER, FIELD_TEXT, FIELD_FLAG } kind;
    double number; /* a flag: 0 or 1 */
    struct str text; /* between the quotes as it stands in the JSON; of a number: its digits */
};

/* The name's number; -1 when the set is full or the name too long. The same name keeps its number. */
int field_set_add(struct field_set *set, struct str name);
/* Reads an object. values[] has set->count places and is cleared first. What breaks the shape ends the reading. */
void field_read(const struct field_set *set, struct str json, struct field_value *values);

#endif
