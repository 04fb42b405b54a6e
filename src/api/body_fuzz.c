/* A JSON body of any shape against the schemas of three operations. */
#include "api/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct schema schema;
    static const char *const paths[] = {"/v1/panels", "/v1/incidents", "/v1/schools"};
    char why[200];
    json_t *j;
    bool required;
    if (schema.document == NULL) schema_open(&schema);
    if (json_parse((struct str){(const char *)data, n}, &j, why, sizeof why)) return 0;
    for (size_t i = 0; i < HX_COUNT(paths); i++) schema_check(&schema, schema_of_body(&schema, "POST", paths[i], &required), j, i % 2, why, sizeof why);
    json_decref(j);
    return 0;
}
