/* MANSCDP+xml (GB/T 28181 annex A) read without ever failing a message for one byte: the text is brought to UTF-8 whatever it
 * claims to be, bare ampersands and control characters are mended, then expat parses it. */
#ifndef HX_GB28181_XML_H
#define HX_GB28181_XML_H

#include "base/str.h"

#define GB_XML_NODES_MAX 60000
#define GB_XML_DEPTH_MAX 16

struct gb_node {
    char name[32];
    char *text; /* trimmed; "" for a node of nodes */
    int parent, next; /* indexes; next: the sibling after it, -1 none */
    int first;        /* first child, -1 none */
};

struct gb_xml {
    struct gb_node *nodes; /* nodes[0] is the root */
    int count, room;
};

/* MALFORMED when no root could be read. What stands before a fault deeper in is kept. */
enum hx_err gb_xml_parse(struct str body, struct gb_xml *out) HX_MUST_USE;
void gb_xml_free(struct gb_xml *x);
/* The first child of this name, -1 none; its text, "" none. Names are compared without regard to case. */
int gb_xml_find(const struct gb_xml *x, int node, const char *name);
const char *gb_xml_text(const struct gb_xml *x, int node, const char *name);
double gb_xml_number(const struct gb_xml *x, int node, const char *name, double otherwise);
/* Adds text with markup escaped. */
void gb_xml_add(struct buf *out, const char *text);
/* "2026-11-23T08:00:01" in local time, as UTC ms; 0 when it is none. */
int64_t gb_time_parse(const char *text);
#define GB_TIME_MAX 48
void gb_time_format(int64_t utc_ms, char out[GB_TIME_MAX]);

#endif
