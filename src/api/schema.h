/* Checks a JSON body against the schema that openapi.json gives for its operation. The part of JSON Schema that our own
 * documents use: type (one or several), properties, required, additionalProperties false, enum, items, minItems, maxItems,
 * minLength, maxLength, minimum, maximum, format date-time, and $ref into components. */
#ifndef HX_SCHEMA_H
#define HX_SCHEMA_H

#include "base/json.h"

struct schema {
    json_t *document;
};

/* Parses the embedded document; asserts that it is right, because the build made it. */
void schema_open(struct schema *s);
void schema_close(struct schema *s);
struct str schema_text(void); /* openapi.json as served */
/* The body schema of an operation, or NULL when it takes no JSON body; *required tells whether it must come. */
const json_t *schema_of_body(const struct schema *s, const char *method, const char *path, bool *required);
/* Whether `value` fits; else why[] says which field and what is wrong. */
bool schema_check(const struct schema *s, const json_t *schema, const json_t *value, bool chinese, char *why, size_t why_bytes);

#endif
