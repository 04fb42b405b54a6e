/* What handlers use of the request in their hands. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "base/clock.h"
#include "base/sentence.h"

int64_t call_id(const struct call *c, int param)
{
    int64_t id = 0;
    return str_to_i64(str_of(c->params[param]), &id) ? id : 0;
}

const char *call_query(const struct call *c, const char *name)
{
    for (size_t i = 0; i < c->query_count; i++)
        if (strcmp(c->queries[i][0], name) == 0) return c->queries[i][1];
    return NULL;
}

const char *call_query_z(const struct call *c, const char *name, const char *otherwise)
{
    const char *text = call_query(c, name);
    return text != NULL ? text : otherwise;
}

int64_t call_query_i64(const struct call *c, const char *name, int64_t otherwise)
{
    int64_t v = 0;
    const char *z = call_query(c, name);
    return z != NULL && str_to_i64(str_of(z), &v) ? v : otherwise;
}

int64_t call_limit(const struct call *c, int64_t otherwise, int64_t most)
{
    int64_t n = call_query_i64(c, "limit", otherwise);
    return n < 1 ? 1 : n > most ? most : n;
}

enum hx_err call_fail(struct call *c, enum hx_err e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    sentence_write(c->detail, sizeof c->detail, c->chinese, format, args);
    va_end(args);
    return e;
}

const char *call_word(const struct call *c, const char *word)
{
    return sentence_in(c->chinese, word);
}

bool call_may(const struct call *c, enum perm p)
{
    return c->who.perms >> p & 1;
}

int64_t call_sees_all(const struct call *c)
{
    return c->who.root >> c->route->perm & 1;
}

enum hx_err call_check_school(struct call *c, enum perm p, int64_t school_id)
{
    if (c->who.root >> p & 1) return HX_OK;
    int64_t there;
    return school_id == 0 ? HX_E_NOT_FOUND : db_one_i64(c->db, SQL_PERSON_SEES_SCHOOL, &there, "izi", c->who.id, perm_name(p), school_id);
}

enum hx_err call_told_at(struct call *c, int64_t *at)
{
    *at = c->tx->now_ms;
    return !json_has(c->body, "at") || clock_parse(str_of(json_z(c->body, "at", "")), at) ? HX_OK : call_fail(c, HX_E_INVALID, "at: want RFC 3339");
}

enum hx_err call_check_version(struct call *c, json_t *current)
{
    if (c->if_match >= 0 && c->if_match != json_i64(current, "version", -1)) {
        c->current = current;
        return call_fail(c, HX_E_CONFLICT, "you saw version %lld, it is now %lld", (long long)c->if_match, (long long)json_i64(current, "version", -1));
    }
    json_decref(current);
    return HX_OK;
}

enum hx_err call_list(struct call *c, json_t *items)
{
    if (items == NULL) return HX_E_STORE;
    json_t *j = json_object();
    json_object_set_new(j, "items", items);
    c->reply = j;
    return HX_OK;
}

enum hx_err call_reply(struct call *c, json_t *reply)
{
    c->reply = reply;
    return reply != NULL ? HX_OK : HX_E_INTERNAL;
}

enum hx_err call_reply_one(struct call *c, enum sql_id get, int64_t id)
{
    json_t *record = NULL;
    enum hx_err e = db_one_json(c->db, get, &record, "i", id);
    return e ? e : call_reply(c, record);
}

enum hx_err call_read(struct call *c, enum sql_id get, enum perm p, json_t **record)
{
    *record = NULL;
    enum hx_err e = db_one_json(c->db, get, record, "i", call_id(c, 0));
    if (!e) e = call_check_school(c, p, json_i64(*record, "school_id", 0));
    if (!e) return HX_OK;
    json_decref(*record);
    *record = NULL;
    return e;
}

enum hx_err call_read_in(struct call *c, enum sql_id get, enum perm p, const char *state, json_t **record)
{
    enum hx_err e = call_read(c, get, p, record);
    if (e || strcmp(json_z(*record, "state", ""), state) == 0) return e;
    e = call_fail(c, HX_E_ILLEGAL, "it is %s, not %s", call_word(c, json_z(*record, "state", "")), call_word(c, state));
    json_decref(*record);
    *record = NULL;
    return e;
}

enum hx_err call_check_date(struct call *c, const json_t *of, const char *field)
{
    int64_t midnight;
    return clock_local_begin(json_z(of, field, ""), &midnight) ? HX_OK : call_fail(c, HX_E_INVALID, "%s: want YYYY-MM-DD", field);
}
