#include "gb28181_xml.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "signal/signal.h"

/* Whether an ampersand here begins an entity that XML knows. */
static bool is_entity(struct str rest)
{
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
    for (size_t i = 0; i < HX_COUNT(known); i++)
        if (str_starts(rest, str_of(known[i]))) return true;
    size_t i = 2;
    if (rest.len < 4 || rest.at[1] != '#') return false;
    while (i < rest.len && i < 10 && ((rest.at[i] >= '0' && rest.at[i] <= '9') || rest.at[i] == 'x' || hex_digit(rest.at[i]) >= 0)) i++;
    return i > 2 && i < rest.len && rest.at[i] == ';';
}

/* The body as UTF-8 that expat takes: no declaration, no control characters, no bare ampersand. */
static void mend(struct str body, struct buf *out)
{
    size_t room = 3 * body.len + 16;
    char *utf8 = malloc(room);
    HX_ASSERT(utf8 != NULL);
    signal_text_from(body, utf8, room);
    struct str s = str_of(utf8);
    if (str_starts(s, STR("\xEF\xBB\xBF"))) s = (struct str){s.at + 3, s.len - 3};
    s = str_trim(s);
    const char *end = str_starts(s, STR("<?xml")) ? memmem(s.at, s.len, "?>", 2) : NULL;
    if (end != NULL) s = (struct str){end + 2, s.len - (size_t)(end + 2 - s.at)};
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') buf_add(out, " ", 1);
        else if (c == '&' && !is_entity((struct str){s.at + i, s.len - i})) buf_add(out, "&amp;", 5);
        else buf_add(out, s.at + i, 1);
    }
    free(utf8);
}

enum hx_err gb_xml_parse(struct str body, struct xml *out)
{
    struct buf text;
    buf_init(&text, 8 * body.len + 64);
    mend(body, &text);
    const struct xml_limits limits = {.bytes = text.max, .nodes = GB_XML_NODES_MAX, .depth = GB_XML_DEPTH_MAX, .partial = true};
    enum hx_err e = xml_parse(buf_str(&text), &limits, out);
    buf_free(&text);
    for (int i = 0; !e && i < out->count; i++)
        if (out->nodes[i].text == NULL) out->nodes[i].text = str_dup(STR(""));
    return e ? HX_E_MALFORMED : HX_OK;
}

int gb_xml_find(const struct xml *x, int node, const char *name)
{
    if (node < 0 || node >= x->count) return -1;
    for (int i = x->nodes[node].first; i >= 0; i = x->nodes[i].next)
        if (strcasecmp(x->nodes[i].name, name) == 0) return i;
    return -1;
}

const char *gb_xml_text(const struct xml *x, int node, const char *name)
{
    int at = gb_xml_find(x, node, name);
    return at < 0 ? "" : x->nodes[at].text;
}

double gb_xml_number(const struct xml *x, int node, const char *name, double otherwise)
{
    const char *text = gb_xml_text(x, node, name);
    char *end = NULL;
    double v = strtod(text, &end);
    return end == text || !isfinite(v) ? otherwise : v;
}

int64_t gb_time_parse(const char *text)
{
    struct clock_civil c = {0};
    char sep;
    if (sscanf(text, "%4d-%2d-%2d%c%2d:%2d:%2d", &c.year, &c.month, &c.day, &sep, &c.hour, &c.minute, &c.second) != 7) return 0;
    if (c.year < 1990 || c.year > 2100 || c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31 || c.hour < 0 || c.hour > 23 || c.minute < 0 || c.minute > 59 || c.second < 0 || c.second > 60) return 0;
    return clock_from_civil(c) - CLOCK_LOCAL_MS;
}

void gb_time_format(int64_t utc_ms, char out[GB_TIME_MAX])
{
    struct clock_civil c = clock_to_civil(utc_ms + CLOCK_LOCAL_MS);
    snprintf(out, GB_TIME_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute, c.second);
}
