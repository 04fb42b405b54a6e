#include "xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct xml *x;
    const struct xml_limits *limits;
    int open[XML_DEPTH_MAX], last[XML_DEPTH_MAX]; /* of each level: the node, and its last child */
    int depth, skipped;
    bool over;
    struct buf text;
    XML_Parser parser;
};

void xml_add(struct buf *out, const char *text)
{
    for (; *text != 0; text++) {
        if (*text == '&') buf_add_z(out, "&amp;");
        else if (*text == '<') buf_add_z(out, "&lt;");
        else if (*text == '>') buf_add_z(out, "&gt;");
        else if (*text == '"') buf_add_z(out, "&quot;");
        else buf_add(out, text, 1);
    }
}

static const char *local(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon != NULL ? colon + 1 : name;
}

static char *keep_attributes(const char **a)
{
    struct buf b;
    if (a[0] == NULL) return NULL;
    buf_init(&b, 8192);
    for (; a[0] != NULL; a += 2) {
        if (b.len + strlen(a[0]) + strlen(a[1]) + 3 > b.max) break;
        buf_add(&b, local(a[0]), strlen(local(a[0])) + 1);
        buf_add(&b, a[1], strlen(a[1]) + 1);
    }
    buf_add(&b, "", 1);
    char *copy = malloc(b.len);
    HX_ASSERT(copy != NULL);
    memcpy(copy, b.at, b.len);
    buf_free(&b);
    return copy;
}

static void on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *r = arg;
    struct xml *x = r->x;
    if (r->skipped > 0 || r->depth == r->limits->depth || x->count == r->limits->nodes) {
        r->skipped++;
        if (r->limits->partial) return;
        r->over = true;
        XML_StopParser(r->parser, XML_FALSE);
        return;
    }
    if (x->count == x->room) {
        x->room = x->room ? 2 * x->room : 64;
        x->nodes = realloc(x->nodes, (size_t)x->room * sizeof *x->nodes);
        HX_ASSERT(x->nodes != NULL);
    }
    int at = x->count++, parent = r->depth > 0 ? r->open[r->depth - 1] : -1;
    x->nodes[at] = (struct xml_node){.parent = parent, .next = -1, .first = -1, .attributes = keep_attributes(attributes)};
    str_to_z(str_of(local(name)), x->nodes[at].name, sizeof x->nodes[at].name);
    if (parent >= 0) {
        int before = r->last[r->depth - 1];
        if (before < 0) x->nodes[parent].first = at;
        else x->nodes[before].next = at;
        r->last[r->depth - 1] = at;
    }
    r->open[r->depth] = at;
    r->last[r->depth] = -1;
    r->depth++;
    buf_clear(&r->text);
}

static void on_text(void *arg, const XML_Char *text, int n)
{
    struct reading *r = arg;
    if (r->skipped == 0) buf_add(&r->text, text, (size_t)n);
}

static void on_end(void *arg, const XML_Char *name)
{
    (void)name;
    struct reading *r = arg;
    if (r->over) return;
    if (r->skipped > 0) {
        r->skipped--;
        return;
    }
    struct xml_node *n = &r->x->nodes[r->open[--r->depth]];
    if (n->first < 0) n->text = str_dup(str_trim(buf_str(&r->text)));
    buf_clear(&r->text);
}

/* Nothing of a document type is wanted: entities of its own are how a small text becomes a large one. */
static void on_doctype(void *arg, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
    (void)name, (void)system, (void)public, (void)internal;
    struct reading *r = arg;
    r->over = true;
    XML_StopParser(r->parser, XML_FALSE);
}

enum hx_err xml_parse(struct str text, const struct xml_limits *limits, struct xml *out)
{
    struct reading r = {.x = out, .limits = limits};
    *out = (struct xml){0};
    text = str_trim(text);
    if (text.len == 0) return HX_E_MALFORMED;
    if (text.len > limits->bytes) return HX_E_LIMIT;
    HX_ASSERT(limits->depth <= XML_DEPTH_MAX);
    buf_init(&r.text, 65536);
    r.parser = XML_ParserCreate(NULL);
    HX_ASSERT(r.parser != NULL);
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    bool whole = XML_Parse(r.parser, text.at, (int)text.len, 1) == XML_STATUS_OK;
    XML_ParserFree(r.parser);
    buf_free(&r.text);
    if (out->count > 0 && (whole || limits->partial) && !r.over) return HX_OK;
    xml_free(out);
    return r.over ? HX_E_LIMIT : HX_E_MALFORMED;
}

void xml_free(struct xml *x)
{
    for (int i = 0; i < x->count; i++) free(x->nodes[i].text), free(x->nodes[i].attributes);
    free(x->nodes);
    *x = (struct xml){0};
}

int xml_child(const struct xml *x, int node, const char *name)
{
    if (node < 0 || node >= x->count) return -1;
    for (int i = x->nodes[node].first; i >= 0; i = x->nodes[i].next)
        if (strcmp(x->nodes[i].name, name) == 0) return i;
    return -1;
}

static bool is_below(const struct xml *x, int node, int top)
{
    while (node >= 0 && node != top) node = x->nodes[node].parent;
    return node == top;
}

int xml_next(const struct xml *x, int top, int after, const char *name)
{
    if (top < 0) return -1;
    for (int i = after + 1; i < x->count; i++) { /* nodes stand in document order */
        if (!is_below(x, i, top)) return -1;
        if (strcmp(x->nodes[i].name, name) == 0) return i;
    }
    return -1;
}

const char *xml_text(const struct xml *x, int node, const char *path)
{
    struct str rest = str_of(path), piece;
    char name[48];
    while (node >= 0 && path[0] != 0 && str_split(&rest, '/', &piece)) node = xml_child(x, node, str_to_z(piece, name, sizeof name));
    return node >= 0 && node < x->count && x->nodes[node].text != NULL ? x->nodes[node].text : "";
}

const char *xml_attribute(const struct xml *x, int node, const char *name)
{
    const char *a = node >= 0 && node < x->count ? x->nodes[node].attributes : NULL;
    for (; a != NULL && a[0] != 0; a += strlen(a) + 1) {
        bool mine = strcmp(a, name) == 0;
        a += strlen(a) + 1;
        if (mine) return a;
    }
    return "";
}
