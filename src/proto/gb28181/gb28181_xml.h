/* MANSCDP+xml (GB/T 28181 annex A) read without ever failing a message for one byte: the text is brought to UTF-8 whatever it
 * claims to be, bare ampersands and control characters are mended, then expat parses it. */
#ifndef HX_GB28181_XML_H
#define HX_GB28181_XML_H

#include "base/xml.h"

#define GB_XML_NODES_MAX 60000
#define GB_XML_DEPTH_MAX 16

/* MALFORMED when no root could be read. What stands before a fault deeper in is kept. */
enum hx_err gb_xml_parse(struct str body, struct xml *out) HX_MUST_USE;
/* The first child of this name, -1 none; its text, "" none. Names are compared without regard to case. */
int gb_xml_find(const struct xml *x, int node, const char *name);
const char *gb_xml_text(const struct xml *x, int node, const char *name);
double gb_xml_number(const struct xml *x, int node, const char *name, double otherwise);
/* "2026-11-23T08:00:01" in local time, as UTC ms; 0 when it is none. */
int64_t gb_time_parse(const char *text);
#define GB_TIME_MAX 48
void gb_time_format(int64_t utc_ms, char out[GB_TIME_MAX]);

#endif
