#include "app/paper_command.h"

#include <stdio.h>
#include <string.h>

#include "paper/paper.h"
#include "paper/workbook.h"

#define DOCUMENT_MAX (48u << 20)

typedef enum hx_err (*maker)(const json_t *document, struct buf *out, char *why, size_t why_bytes);

static int make(maker f)
{
    struct buf in, out;
    char piece[65536], why[200] = "";
    size_t n;
    json_t *document = NULL;
    buf_init(&in, DOCUMENT_MAX);
    buf_init(&out, PAPER_PDF_MAX);
    while ((n = fread(piece, 1, sizeof piece, stdin)) > 0) buf_add(&in, piece, n);
    enum hx_err e = in.full ? HX_E_LIMIT : json_parse(buf_str(&in), &document, why, sizeof why);
    if (!e) e = f(document, &out, why, sizeof why);
    if (!e && fwrite(out.at, 1, out.len, stdout) != out.len) e = HX_E_STORE;
    if (e) fprintf(stderr, "%s\n", why[0] != 0 ? why : err_text(e));
    json_decref(document);
    buf_free(&in);
    buf_free(&out);
    return e ? 1 : 0;
}

int paper_command(void)
{
    return make(paper_pdf);
}

int workbook_command(void)
{
    return make(workbook_xlsx);
}
