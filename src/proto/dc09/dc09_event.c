#include "dc09_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "dc09_codes.h" /* made from codes.tsv */

static int by_code(const void *key, const void *row)
{
    return strcmp(key, ((const struct dc09_code *)row)->code);
}

const struct dc09_code *dc09_codes(bool cid, size_t *count)
{
    *count = cid ? HX_COUNT(cid_codes) : HX_COUNT(sia_codes);
    return cid ? cid_codes : sia_codes;
}

const struct dc09_code *dc09_code_find(bool cid, const char *code)
{
    size_t count;
    const struct dc09_code *rows = dc09_codes(cid, &count);
    return bsearch(code, rows, count, sizeof *rows, by_code);
}

static void classify(struct dc09_event *e, bool cid)
{
    const struct dc09_code *row = dc09_code_find(cid, e->code);
    e->class = row != NULL ? row->class : CLASS_UNCLASSIFIED;
    e->severity = row != NULL ? row->severity : signal_class_row(CLASS_UNCLASSIFIED)->severity;
    e->name_zh = row != NULL ? row->zh : NULL;
    e->name_en = row != NULL ? row->en : NULL;
    if (e->qualifier == NULL) e->qualifier = row != NULL && row->restore ? "restore" : "new";
}

static bool is_upper(int c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(int c)
{
    return c >= 'a' && c <= 'z';
}

static struct str until_any(struct scan *s, const char *stops)
{
    struct str piece = {s->in.at + s->at, 0};
    while (!scan_end(s) && strchr(stops, scan_peek(s)) == NULL) s->at++, piece.len++;
    return piece;
}

/* A modifier: two small letters and a value ("ri1", "id12", "ti10:23"). The area is what we keep. */
static void take_modifier(struct scan *s, struct str *area)
{
    struct str name = scan_take(s, 2);
    struct str value = {s->in.at + s->at, 0};
    while (!scan_end(s) && ((scan_peek(s) >= '0' && scan_peek(s) <= '9') || scan_peek(s) == ':' || scan_peek(s) == '-')) s->at++, value.len++;
    if (str_eq(name, STR("ri"))) *area = value;
}

size_t dc09_sia_events(struct str data, struct dc09_event events[DC09_EVENTS_MAX])
{
    struct scan s = {.in = data};
    struct str area = {"", 0};
    size_t n = 0;
    /* "NRP": N (new) or O (old) stands before the code; in "OP001" without it the O belongs to the code. */
    bool marked = data.len > 0 && (data.at[0] == 'N' || data.at[0] == 'O');
    if (marked && !(data.len > 1 && is_upper(data.at[1]) && !(data.len > 2 && is_upper(data.at[2])))) s.at++;
    while (!scan_end(&s) && n < DC09_EVENTS_MAX) {
        int c = scan_peek(&s), d = s.at + 1 < data.len ? (unsigned char)data.at[s.at + 1] : -1;
        if (is_lower(c) && is_lower(d)) {
            take_modifier(&s, &area);
        } else if (is_upper(c) && is_upper(d)) {
            struct dc09_event *e = &events[n++];
            *e = (struct dc09_event){.code = {(char)c, (char)d}, .partition_no = area, .text = {"", 0}};
            s.at += 2;
            e->zone = scan_digits(&s, 8);
            (void)until_any(&s, "/^|");
            classify(e, false);
        } else if (c == '^') {
            s.at++;
            struct str text = until_any(&s, "^");
            (void)scan_try(&s, '^');
            if (n > 0 && events[n - 1].text.len == 0) events[n - 1].text = text;
        } else if (c == '|') {
            s.at++;
            struct str text = until_any(&s, "|");
            if (n > 0 && events[n - 1].text.len == 0) events[n - 1].text = text;
        } else {
            s.at++;
        }
    }
    if (n == 0) {
        events[n++] = (struct dc09_event){.partition_no = area, .zone = {"", 0}, .text = data};
        classify(&events[0], false);
        if (data.len == 0) events[0].class = CLASS_SYSTEM, events[0].severity = 0;
    }
    return n;
}

bool dc09_cid_event(struct str data, struct dc09_event *e)
{
    struct scan s = {.in = str_trim(data)};
    struct str qualifier = scan_digits(&s, 1), code = scan_digits(&s, 3);
    if (qualifier.len != 1 || code.len != 3) return false;
    *e = (struct dc09_event){.cid_qualifier = qualifier.at[0], .text = {"", 0}};
    str_to_z(code, e->code, sizeof e->code);
    while (scan_try(&s, ' ')) continue;
    e->partition_no = scan_digits(&s, 2);
    while (scan_try(&s, ' ')) continue;
    e->zone = scan_digits(&s, 4);
    while (scan_try(&s, ' ')) continue;
    e->text = (struct str){s.in.at + s.at, s.in.len - s.at};
    e->qualifier = e->cid_qualifier == '1' ? "new" : e->cid_qualifier == '3' ? "restore" : e->cid_qualifier == '6' ? "status" : NULL;
    if (e->qualifier == NULL) return false;
    classify(e, true);
    return true;
}

/* Of several codes the one that every receiver knows. SIA has none of its own for duress: a hold-up is what it is. */
static const struct {
    enum signal_class class;
    const char *cid, *sia;
} names[] = {{CLASS_PANIC, "120", "PA"}, {CLASS_HOLDUP, "122", "HA"}, {CLASS_DURESS, "121", "HA"}, {CLASS_OFFICER, "120", "PA"}, {CLASS_FIRE, "110", "FA"}, {CLASS_GAS, "151", "GA"}, {CLASS_MEDICAL, "100", "MA"},
             {CLASS_BURGLARY, "130", "BA"}, {CLASS_TAMPER, "137", "TA"}, {CLASS_ENVIRONMENT, "150", "WA"}, {CLASS_UNCLASSIFIED, "140", "UA"}};

const char *dc09_code_of(bool cid, enum signal_class class)
{
    for (size_t i = 0; i < HX_COUNT(names); i++)
        if (names[i].class == class) return cid ? names[i].cid : names[i].sia;
    return NULL;
}

bool dc09_data_format(bool cid, enum signal_class class, bool restore, int partition, int zone, char *out, size_t room)
{
    const char *code = dc09_code_of(cid, class);
    if (code == NULL || partition < 0 || zone < 0) return false;
    if (cid) {
        snprintf(out, room, "%c%s %02d %03d", restore ? '3' : '1', code, partition % 100, zone % 1000);
        return true;
    }
    char sia[3] = {code[0], restore ? 'R' : code[1], 0};
    const struct dc09_code *row = dc09_code_find(false, sia);
    if (row == NULL || row->restore != restore) return false;
    snprintf(out, room, "Nri%d/%s%03d", partition % 10000, sia, zone % 10000);
    return true;
}
