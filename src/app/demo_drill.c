#include "app/demo_drill.h"

#include <string.h>

#include "base/clock.h"
#include "base/embedded.h"

/* Who of the demo's people has which part. */
static const char *const people[][2] = {{"commander", "commander"}, {"safety", "principal"}, {"guard", "guard"}, {"principal", "principal"}, {"floor", "teacher"}, {"counter", "teacher"}};

static enum hx_err give_parts(struct tx *tx, json_t *roles)
{
    size_t i;
    json_t *role;
    json_array_foreach(roles, i, role)
        for (size_t k = 0; k < HX_COUNT(people); k++) {
            int64_t person;
            if (strcmp(json_z(role, "role", ""), people[k][0]) != 0) continue;
            enum hx_err e = db_one_i64(tx->db, SQL_PERSON_ID_OF, &person, "z", people[k][1]);
            if (e) return e;
            json_put_i64(role, "person_id", person);
        }
    return HX_OK;
}

enum hx_err demo_drill(struct tx *tx, int64_t school)
{
    char today[CLOCK_DATE_MAX], why[160];
    json_t *script = NULL;
    int64_t id, writer, second;
    const struct embedded_file *f = embedded_find("scripts/zhenfeng");
    HX_ASSERT(f != NULL && json_parse((struct str){f->bytes, f->size}, &script, why, sizeof why) == HX_OK);
    json_put_z(script, "begins", "15:30");
    enum hx_err e = give_parts(tx, json_object_get(script, "roles"));
    if (!e) e = db_one_i64(tx->db, SQL_PERSON_ID_OF, &writer, "z", "supervisor");
    if (!e) e = db_one_i64(tx->db, SQL_PERSON_ID_OF, &second, "z", "education");
    if (!e) e = drill_make(tx, school, "intruder", json_z(script, "title", ""), clock_local_date(tx->now_ms, today), 1, &id);
    if (!e) e = drill_script_set(tx, id, school, writer, script);
    if (!e) e = drill_script_approve(tx, id, second);
    json_decref(script);
    return e;
}
