/* XML as a bounded tree: names without their prefix, attributes kept, nothing fetched, no document type and so no entity beyond XML's
 * own. Pure. */
#ifndef HX_XML_H
#define HX_XML_H

#include "base/str.h"

#define XML_DEPTH_MAX 32

struct xml_limits {
    size_t bytes;
    int nodes, depth; /* depth ≤ XML_DEPTH_MAX */
    bool partial;     /* what stands before a fault, and outside of what is too deep or too many, is kept */
};

struct xml_node {
    char name[48];
    char *text;       /* trimmed; "" for a node of nodes */
    char *attributes; /* name, NUL, value, NUL …, closed by an empty name; NULL none */
    int parent, next, first; /* indexes; next sibling and first child, -1 none */
};

struct xml {
    struct xml_node *nodes; /* nodes[0] is the root */
    int count, room;
};

/* MALFORMED when it is no whole document (partial: when not even a root could be read), LIMIT when it is too large or has a document type. */
enum hx_err xml_parse(struct str text, const struct xml_limits *limits, struct xml *out) HX_MUST_USE;
void xml_free(struct xml *x);
/* The first child of this name, -1 none; the next node of this name after `after` below `top` at any depth, -1 none (begin with
 * after = top). */
int xml_child(const struct xml *x, int node, const char *name);
int xml_next(const struct xml *x, int top, int after, const char *name);
/* Text by a path of names with '/' between, of the node itself for an empty one; "" none. */
const char *xml_text(const struct xml *x, int node, const char *path);
const char *xml_attribute(const struct xml *x, int node, const char *name);
/* Adds text with markup escaped. */
void xml_add(struct buf *out, const char *text);

#endif
