/* A document for the file: blocks in JSON in, an A4 PDF out. It runs in a process of its own (`huxue paper`): fonts and text
 * shaping are large libraries, which the daemon never loads. */
#ifndef HX_PAPER_H
#define HX_PAPER_H

#include "base/json.h"

#define PAPER_PDF_MAX (24u << 20)

/* {"title","subtitle","unit","foot","page" ("{n} / {m}"),"blocks":[…]}, each block one of
 *   {"h":"heading"}  {"p":"text with line breaks"}  {"facts":[["name","value"],…]}
 *   {"table":{"head":["…"],"widths":[1,…],"rows":[["…"],…]}}          widths are shares
 *   {"images":[{"base64":"…","caption":"…"},…]}                       JPEG or PNG, two in a row
 *   {"sign":["who","…"]}                                              places for signatures
 * INVALID with a reason: a block that is none, a picture that is none, or no font for the text. */
enum hx_err paper_pdf(const json_t *document, struct buf *out, char *why, size_t why_bytes) HX_MUST_USE;

#endif
