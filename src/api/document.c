#include "document.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "io/spawn.h"

#define DOCUMENT_MS 20000
#define DOCUMENT_BYTES (24u << 20)

const char *document_time(const char *utc, char out[24])
{
    int64_t at;
    char date[CLOCK_DATE_MAX];
    if (!clock_parse(str_of(utc), &at)) return out[0] = 0, out;
    int64_t minute = (at + CLOCK_LOCAL_MS) / 60000 % 1440;
    snprintf(out, 24, "%s %02lld:%02lld", clock_local_date(at, date), (long long)(minute / 60), (long long)(minute % 60));
    return out;
}

json_t *document_new(const char *unit, const char *title, const char *subtitle, const char *foot, const char *page)
{
    char text[200], utc[CLOCK_TEXT_MAX], at[24];
    snprintf(text, sizeof text, "%.150s %s", foot, document_time(clock_format(clock_utc_ms(), utc), at));
    json_t *doc = json_pack("{s:[]}", "blocks");
    json_put_z(doc, "unit", unit);
    json_put_z(doc, "title", title);
    json_put_z(doc, "subtitle", subtitle);
    json_put_z(doc, "foot", text);
    json_put_z(doc, "page", page);
    return doc;
}

void document_add(json_t *doc, const char *kind, json_t *content)
{
    json_array_append_new(json_object_get(doc, "blocks"), json_pack("{s:o}", kind, content));
}

void document_fact(json_t *facts, const char *name, const char *text)
{
    if (text[0] != 0) json_array_append_new(facts, json_pack("[s,s]", name, text));
}

json_t *document_table(const char *widths, const char *heads)
{
    json_t *names = json_array(), *shares = NULL;
    struct str rest = str_of(heads), one;
    char why[80];
    while (str_split(&rest, '|', &one)) json_array_append_new(names, json_stringn(one.at, one.len));
    HX_ASSERT(json_parse(str_of(widths), &shares, why, sizeof why) == HX_OK);
    return json_pack("{s:o,s:o,s:[]}", "head", names, "widths", shares, "rows");
}

void document_row(json_t *table, json_t *cells)
{
    json_array_append_new(json_object_get(table, "rows"), cells);
}

void document_add_table(json_t *doc, json_t *table, const char *otherwise)
{
    bool empty = json_array_size(json_object_get(table, "rows")) == 0;
    if (!empty) document_add(doc, "table", json_incref(table));
    else if (otherwise != NULL) document_add(doc, "p", json_string(otherwise));
    json_decref(table);
}

const char *document_word(const char *const (*table)[2], size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i][0], key) == 0) return table[i][1];
    return key;
}

/* One at a time: fonts and shaping are heavy. */
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

enum hx_err document_send(struct call *c, const char *maker, json_t *doc)
{
    struct buf out;
    char *text = json_text(doc);
    json_decref(doc);
    buf_init(&out, DOCUMENT_BYTES);
    const char *const arguments[] = {maker, NULL};
    bool ours = pthread_mutex_trylock(&one) == 0;
    enum hx_err e = ours ? spawn_run("huxue", arguments, str_of(text), DOCUMENT_MS, &out, c->detail, sizeof c->detail)
                         : call_fail(c, HX_E_BUSY, "another document is being made; try again shortly");
    if (ours) pthread_mutex_unlock(&one);
    free(text);
    if (e) return buf_free(&out), e;
    c->bytes = out.at;
    c->bytes_n = out.len;
    c->bytes_type = strcmp(maker, "paper") == 0 ? "application/pdf" : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    return HX_OK;
}
