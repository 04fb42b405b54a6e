#include "command.h"

#include <stdio.h>
#include <string.h>

#include "api/auth.h"
#include "api/people.h"
#include "domain/plan/plan.h"

static enum hx_err token_add(struct tx *tx, const json_t *request, json_t **reply)
{
    char secret[AUTH_SECRET_HEX], csrf[33];
    int64_t person = 0;
    enum hx_err e = db_one_i64(tx->db, SQL_PERSON_ID_OF, &person, "z", json_z(request, "user", ""));
    if (e == HX_E_NOT_FOUND) snprintf(tx->detail, sizeof tx->detail, "there is nobody with the sign-in name %.80s", json_z(request, "user", ""));
    if (!e) e = auth_add_session(tx, "token", person, "command line", "local", json_i64(request, "days", 365) * 86400000LL, secret, csrf);
    if (!e) *reply = json_pack("{s:s}", "token", secret);
    return e;
}

/* The first administrator, at the top of both trees. */
static enum hx_err init(struct tx *tx, const json_t *request, json_t **reply)
{
    int64_t police, education, admin;
    json_t *p = json_pack("{s:s,s:s,s:s,s:s,s:s}", "tree", "police", "kind", "prefecture", "name", "州公安局", "name_en", "Public security bureau", "code", "P");
    json_t *q = json_pack("{s:s,s:s,s:s,s:s,s:s}", "tree", "education", "kind", "prefecture", "name", "州教育局", "name_en", "Education bureau", "code", "E");
    json_t *a = json_pack("{s:s,s:s}", "name", json_z(request, "admin", "admin"), "full_name", "管理员");
    enum hx_err e = org_make(tx, 0, p, 0, &police);
    if (!e) e = org_make(tx, 0, q, 0, &education);
    if (!e) e = person_make(tx, a, json_z(request, "encoded", ""), 0, &admin);
    if (!e) e = grant_make(tx, admin, "admin", police);
    if (!e) e = grant_make(tx, admin, "admin", education);
    if (!e) e = plan_seed(tx, admin);
    json_decref(p);
    json_decref(q);
    json_decref(a);
    if (!e) *reply = json_pack("{s:I}", "admin_id", (json_int_t)admin);
    return e;
}

enum hx_err command_run(struct tx *tx, const struct hx_app *app, const json_t *request, json_t **reply)
{
    const char *what = json_z(request, "do", "");
    if (strcmp(what, "token") == 0) return token_add(tx, request, reply);
    if (strcmp(what, "init") == 0) return init(tx, request, reply);
    if (strcmp(what, "import") == 0) return import_run(tx, app, request, reply);
    if (strcmp(what, "demo") == 0) return demo_run(tx, app, reply);
    snprintf(tx->detail, sizeof tx->detail, "there is no command %.40s", what);
    return HX_E_INVALID;
}
