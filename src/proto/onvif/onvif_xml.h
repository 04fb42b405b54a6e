/* XML of ONVIF devices as a bounded tree: names without their prefix, attributes kept, nothing fetched, no entity beyond XML's own. */
#ifndef HX_ONVIF_XML_H
#define HX_ONVIF_XML_H

#include "base/str.h"

#define ONVIF_XML_BYTES_MAX (1u << 20)
#define ONVIF_NODES_MAX 20000
#define ONVIF_DEPTH_MAX 32

struct onvif_node {
    char name[48];
    char *text;       /* trimmed; "" for a node of nodes */
    char *attributes; /* name, NUL, value, NUL …, closed by an empty name; NULL none */
    int parent, next, first; /* indexes; next sibling and first child, -1 none */
};

struct onvif_xml {
    struct onvif_node *nodes; /* nodes[0] is the root */
    int count, room;
};

/* MALFORMED when it is no whole document, LIMIT when it is too large. */
enum hx_err onvif_xml_parse(struct str text, struct onvif_xml *out) HX_MUST_USE;
void onvif_xml_free(struct onvif_xml *x);
/* The first child of this name, -1 none; the next node of this name after `after` below `top` at any depth, -1 none (begin with
 * after = top). */
int onvif_child(const struct onvif_xml *x, int node, const char *name);
int onvif_next(const struct onvif_xml *x, int top, int after, const char *name);
/* Text by a path of names with '/' between, of the node itself for an empty one; "" none. */
const char *onvif_text(const struct onvif_xml *x, int node, const char *path);
const char *onvif_attribute(const struct onvif_xml *x, int node, const char *name);

#endif
