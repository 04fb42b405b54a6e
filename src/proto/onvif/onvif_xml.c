#include "onvif_xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct onvif_xml *x;
    int open[ONVIF_DEPTH_MAX], last[ONVIF_DEPTH_MAX];
    int depth;
    bool over;
    struct buf text;
    XML_Parser parser;
};

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
    struct onvif_xml *x = r->x;
    if (r->depth == ONVIF_DEPTH_MAX || x->count == ONVIF_NODES_MAX) {
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
    x->nodes[at] = (struct onvif_node){.parent = parent, .next = -1, .first = -1, .attributes = keep_attributes(attributes)};
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
    buf_add(&r->text, text, (size_t)n);
}

static void on_end(void *arg, const XML_Char *name)
{
    (void)name;
    struct reading *r = arg;
    if (r->over) return;
    struct onvif_node *n = &r->x->nodes[r->open[--r->depth]];
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

enum hx_err onvif_xml_parse(struct str text, struct onvif_xml *out)
{
    struct reading r = {.x = out};
    *out = (struct onvif_xml){0};
    text = str_trim(text);
    if (text.len == 0) return HX_E_MALFORMED;
    if (text.len > ONVIF_XML_BYTES_MAX) return HX_E_LIMIT;
    buf_init(&r.text, 65536);
    r.parser = XML_ParserCreate(NULL);
    HX_ASSERT(r.parser != NULL);
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    bool whole = XML_Parse(r.parser, text.at, (int)text.len, 1) == XML_STATUS_OK && out->count > 0;
    XML_ParserFree(r.parser);
    buf_free(&r.text);
    if (whole && !r.over) return HX_OK;
    onvif_xml_free(out);
    return r.over ? HX_E_LIMIT : HX_E_MALFORMED;
}

void onvif_xml_free(struct onvif_xml *x)
{
    for (int i = 0; i < x->count; i++) free(x->nodes[i].text), free(x->nodes[i].attributes);
    free(x->nodes);
    *x = (struct onvif_xml){0};
}

int onvif_child(const struct onvif_xml *x, int node, const char *name)
{
    if (node < 0 || node >= x->count) return -1;
    for (int i = x->nodes[node].first; i >= 0; i = x->nodes[i].next)
        if (strcmp(x->nodes[i].name, name) == 0) return i;
    return -1;
}

static bool is_below(const struct onvif_xml *x, int node, int top)
{
    while (node >= 0 && node != top) node = x->nodes[node].parent;
    return node == top;
}

int onvif_next(const struct onvif_xml *x, int top, int after, const char *name)
{
    if (top < 0) return -1;
    for (int i = after + 1; i < x->count; i++) { /* nodes stand in document order */
        if (!is_below(x, i, top)) return -1;
        if (strcmp(x->nodes[i].name, name) == 0) return i;
    }
    return -1;
}

const char *onvif_text(const struct onvif_xml *x, int node, const char *path)
{
    struct str rest = str_of(path), piece;
    char name[48];
    while (node >= 0 && path[0] != 0 && str_split(&rest, '/', &piece)) node = onvif_child(x, node, str_to_z(piece, name, sizeof name));
    return node >= 0 && node < x->count && x->nodes[node].text != NULL ? x->nodes[node].text : "";
}

const char *onvif_attribute(const struct onvif_xml *x, int node, const char *name)
{
    const char *a = node >= 0 && node < x->count ? x->nodes[node].attributes : NULL;
    for (; a != NULL && a[0] != 0; a += strlen(a) + 1) {
        bool mine = strcmp(a, name) == 0;
        a += strlen(a) + 1;
        if (mine) return a;
    }
    return "";
}
