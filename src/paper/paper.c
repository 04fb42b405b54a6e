#include "paper.h"

#include <math.h>
#include <openssl/evp.h>
#include <pango/pangocairo.h>
#include <cairo-pdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_W 595.0 /* A4 in points */
#define PAGE_H 842.0
#define EDGE 56.0
#define TOP 60.0
#define BOTTOM 64.0
#define INNER (PAGE_W - 2 * EDGE)
#define CELL 4.0
#define COLUMNS_MAX 16
#define PICTURE_SIDE_MAX 8000
#define FONT "Noto Sans CJK SC, Source Han Sans SC, WenQuanYi Micro Hei, sans-serif"

struct sheet {
    cairo_t *cr;
    double y;
    int page, pages;
    const char *foot, *number;
    char *why;
    size_t why_bytes;
    int unknown; /* glyphs that no font has */
};

static PangoLayout *text_of(struct sheet *s, const char *text, double size, bool bold, double width)
{
    char font[160];
    PangoLayout *l = pango_cairo_create_layout(s->cr);
    snprintf(font, sizeof font, FONT "%s", bold ? " Bold" : "");
    PangoFontDescription *d = pango_font_description_from_string(font);
    pango_font_description_set_absolute_size(d, size * PANGO_SCALE);
    pango_layout_set_font_description(l, d);
    pango_font_description_free(d);
    if (width > 0) pango_layout_set_width(l, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_line_spacing(l, 1.25f);
    pango_layout_set_text(l, text, -1);
    s->unknown += pango_layout_get_unknown_glyphs_count(l);
    return l;
}

static double height_of(PangoLayout *l)
{
    int h;
    pango_layout_get_size(l, NULL, &h);
    return h / (double)PANGO_SCALE;
}

static void put(struct sheet *s, PangoLayout *l, double x, double y)
{
    cairo_move_to(s->cr, x, y);
    pango_cairo_show_layout(s->cr, l);
    g_object_unref(l);
}

static void line(struct sheet *s, double x1, double y1, double x2, double y2, double width)
{
    cairo_set_line_width(s->cr, width);
    cairo_move_to(s->cr, x1, y1);
    cairo_line_to(s->cr, x2, y2);
    cairo_stroke(s->cr);
}

static void end_page(struct sheet *s)
{
    char number[64] = "";
    size_t n = 0;
    for (const char *p = s->number; *p != 0 && n + 12 < sizeof number; p++) {
        if (strncmp(p, "{n}", 3) == 0) n += (size_t)snprintf(number + n, sizeof number - n, "%d", s->page), p += 2;
        else if (strncmp(p, "{m}", 3) == 0) n += (size_t)snprintf(number + n, sizeof number - n, "%d", s->pages), p += 2;
        else number[n++] = *p, number[n] = 0;
    }
    line(s, EDGE, PAGE_H - BOTTOM + 14, PAGE_W - EDGE, PAGE_H - BOTTOM + 14, 0.5);
    put(s, text_of(s, s->foot, 8, false, INNER - 80), EDGE, PAGE_H - BOTTOM + 20);
    PangoLayout *l = text_of(s, number, 8, false, 80);
    pango_layout_set_alignment(l, PANGO_ALIGN_RIGHT);
    put(s, l, PAGE_W - EDGE - 80, PAGE_H - BOTTOM + 20);
    cairo_show_page(s->cr);
}

static void new_page(struct sheet *s)
{
    end_page(s);
    s->page++;
    s->y = TOP;
}

static bool fits(const struct sheet *s, double height)
{
    return s->y + height <= PAGE_H - BOTTOM;
}

/* Text that may run over pages, line by line. */
static void flow(struct sheet *s, const char *text, double size, bool bold, PangoAlignment align)
{
    PangoLayout *l = text_of(s, text, size, bold, INNER);
    pango_layout_set_alignment(l, align);
    PangoLayoutIter *it = pango_layout_get_iter(l);
    do {
        PangoRectangle r;
        pango_layout_iter_get_line_extents(it, NULL, &r);
        double h = r.height / (double)PANGO_SCALE, x = r.x / (double)PANGO_SCALE;
        if (!fits(s, h)) new_page(s);
        double base = (pango_layout_iter_get_baseline(it) - r.y) / (double)PANGO_SCALE;
        cairo_move_to(s->cr, EDGE + x, s->y + base);
        pango_cairo_show_layout_line(s->cr, pango_layout_iter_get_line_readonly(it));
        s->y += h;
    } while (pango_layout_iter_next_line(it));
    pango_layout_iter_free(it);
    g_object_unref(l);
}

static void heading(struct sheet *s, const char *text)
{
    if (!fits(s, 70)) new_page(s); /* never alone at the foot of a page */
    s->y += 12;
    flow(s, text, 13, true, PANGO_ALIGN_LEFT);
    line(s, EDGE, s->y + 2, PAGE_W - EDGE, s->y + 2, 1);
    s->y += 8;
}

struct grid {
    double widths[COLUMNS_MAX];
    size_t columns;
    const json_t *head; /* drawn again at the top of a page; NULL or empty: none */
};

/* One row of a table; higher than a page it is cut, which no row of ours is. */
static void row(struct sheet *s, const json_t *cells, const struct grid *g, bool is_head)
{
    PangoLayout *l[COLUMNS_MAX];
    double height = 0, x = EDGE;
    for (size_t i = 0; i < g->columns; i++) {
        const char *text = json_string_value(json_array_get(cells, i));
        l[i] = text_of(s, text != NULL ? text : "", 9.5, is_head, g->widths[i] - 2 * CELL);
        height = fmax(height, height_of(l[i]));
    }
    height += 2 * CELL;
    if (!fits(s, is_head ? height + 40 : height)) { /* a head never stands alone */
        new_page(s);
        if (!is_head && json_array_size(g->head) > 0) row(s, g->head, g, true);
    }
    if (is_head) {
        cairo_set_source_rgb(s->cr, 0.92, 0.93, 0.95);
        cairo_rectangle(s->cr, EDGE, s->y, INNER, height);
        cairo_fill(s->cr);
        cairo_set_source_rgb(s->cr, 0, 0, 0);
    }
    cairo_set_line_width(s->cr, 0.5);
    for (size_t i = 0; i < g->columns; i++) {
        cairo_rectangle(s->cr, x, s->y, g->widths[i], height);
        cairo_stroke(s->cr);
        put(s, l[i], x + CELL, s->y + CELL);
        x += g->widths[i];
    }
    s->y += height;
}

static enum hx_err fail(struct sheet *s, const char *text)
{
    snprintf(s->why, s->why_bytes, "%s", text);
    return HX_E_INVALID;
}

static enum hx_err table(struct sheet *s, const json_t *t)
{
    const json_t *rows = json_object_get(t, "rows"), *shares = json_object_get(t, "widths");
    struct grid g = {.columns = json_array_size(shares), .head = json_object_get(t, "head")};
    double sum = 0;
    size_t i;
    json_t *one;
    if (g.columns == 0 || g.columns > COLUMNS_MAX) return fail(s, "a table has 1 to 16 columns");
    for (i = 0; i < g.columns; i++) sum += json_number_value(json_array_get(shares, i));
    if (!(sum > 0)) return fail(s, "a table's widths are shares above 0");
    for (i = 0; i < g.columns; i++) g.widths[i] = INNER * json_number_value(json_array_get(shares, i)) / sum;
    for (i = 0; i < g.columns; i++)
        if (!(g.widths[i] > 2 * CELL + 8)) return fail(s, "a column is too narrow");
    if (json_array_size(g.head) > 0) row(s, g.head, &g, true);
    json_array_foreach(rows, i, one) row(s, one, &g, false);
    s->y += 6;
    return HX_OK;
}

static enum hx_err facts(struct sheet *s, const json_t *pairs)
{
    const struct grid g = {.widths = {INNER * 0.24, INNER * 0.76}, .columns = 2};
    size_t i;
    json_t *one;
    json_array_foreach(pairs, i, one) row(s, one, &g, false);
    s->y += 6;
    return HX_OK;
}

/* ---- pictures ---- */

struct bytes {
    const uint8_t *at;
    size_t len;
};

static cairo_status_t read_png(void *arg, unsigned char *out, unsigned int n)
{
    struct bytes *b = arg;
    if (n > b->len) return CAIRO_STATUS_READ_ERROR;
    memcpy(out, b->at, n);
    b->at += n;
    b->len -= n;
    return CAIRO_STATUS_SUCCESS;
}

/* Width and height from the frame header of a JPEG (ITU-T T.81, B.2.2); false: there is none. */
static bool jpeg_size(struct bytes b, int *w, int *h)
{
    size_t i = 2;
    while (i + 9 < b.len && b.at[i] == 0xFF) {
        uint8_t mark = b.at[i + 1];
        size_t length = (size_t)b.at[i + 2] << 8 | b.at[i + 3];
        if (mark == 0xFF) { i++; continue; }
        if (mark >= 0xC0 && mark <= 0xCF && mark != 0xC4 && mark != 0xC8 && mark != 0xCC) {
            *h = b.at[i + 5] << 8 | b.at[i + 6];
            *w = b.at[i + 7] << 8 | b.at[i + 8];
            return *w > 0 && *h > 0;
        }
        if (length < 2) return false;
        i += 2 + length;
    }
    return false;
}

/* Only the bytes go into the PDF: a JPEG is not decoded. Its surface has the size and holds no pixels that are used. */
static cairo_surface_t *picture_of(struct bytes b)
{
    int w, h;
    if (b.len > 8 && memcmp(b.at, "\x89PNG", 4) == 0) {
        struct bytes head = b;
        if (b.len < 33) return NULL;
        unsigned pw = (unsigned)head.at[16] << 24 | (unsigned)head.at[17] << 16 | (unsigned)head.at[18] << 8 | head.at[19], ph = (unsigned)head.at[20] << 24 | (unsigned)head.at[21] << 16 | (unsigned)head.at[22] << 8 | head.at[23];
        return pw > PICTURE_SIDE_MAX || ph > PICTURE_SIDE_MAX ? NULL : cairo_image_surface_create_from_png_stream(read_png, &b);
    }
    if (b.len < 4 || memcmp(b.at, "\xFF\xD8\xFF", 3) != 0 || !jpeg_size(b, &w, &h) || w > PICTURE_SIDE_MAX || h > PICTURE_SIDE_MAX) return NULL;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
    uint8_t *copy = malloc(b.len);
    HX_ASSERT(copy != NULL);
    memcpy(copy, b.at, b.len);
    if (cairo_surface_set_mime_data(surface, CAIRO_MIME_TYPE_JPEG, copy, b.len, free, copy) != CAIRO_STATUS_SUCCESS) free(copy);
    return surface;
}

static cairo_surface_t *decode(const char *base64)
{
    size_t n = strlen(base64), pad = n > 1 ? (size_t)(base64[n - 1] == '=') + (base64[n - 2] == '=') : 0;
    uint8_t *raw = malloc(n + 4);
    HX_ASSERT(raw != NULL);
    int got = n > 0 && n < PAPER_PDF_MAX ? EVP_DecodeBlock(raw, (const unsigned char *)base64, (int)n) : -1;
    cairo_surface_t *surface = got > (int)pad ? picture_of((struct bytes){raw, (size_t)got - pad}) : NULL;
    free(raw);
    if (surface != NULL && cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS) return surface;
    if (surface != NULL) cairo_surface_destroy(surface);
    return NULL;
}

static enum hx_err images(struct sheet *s, const json_t *all)
{
    double wide = (INNER - 12) / 2, tall = 0;
    size_t i;
    json_t *one;
    json_array_foreach(all, i, one)
    {
        cairo_surface_t *p = decode(json_z(one, "base64", ""));
        if (p == NULL) return fail(s, "a picture cannot be read");
        double w = cairo_image_surface_get_width(p), h = cairo_image_surface_get_height(p), scale = fmin(wide / w, 190 / h);
        PangoLayout *caption = text_of(s, json_z(one, "caption", ""), 8.5, false, wide);
        double height = h * scale + 4 + height_of(caption);
        if (i % 2 == 0 && !fits(s, 215)) new_page(s);
        double x = EDGE + (i % 2 ? wide + 12 : 0);
        cairo_save(s->cr);
        cairo_translate(s->cr, x, s->y);
        cairo_scale(s->cr, scale, scale);
        cairo_set_source_surface(s->cr, p, 0, 0);
        cairo_paint(s->cr);
        cairo_restore(s->cr);
        cairo_set_source_rgb(s->cr, 0, 0, 0);
        put(s, caption, x, s->y + h * scale + 4);
        cairo_surface_destroy(p);
        tall = i % 2 ? fmax(tall, height) : height;
        if (i % 2 || i + 1 == json_array_size(all)) s->y += tall + 10;
    }
    return HX_OK;
}

static enum hx_err sign(struct sheet *s, const json_t *who)
{
    size_t n = json_array_size(who), i;
    json_t *one;
    if (n == 0 || n > 4) return fail(s, "1 to 4 sign");
    if (!fits(s, 80)) new_page(s);
    double wide = INNER / (double)n;
    json_array_foreach(who, i, one)
    {
        double x = EDGE + wide * (double)i;
        put(s, text_of(s, json_string_value(one) != NULL ? json_string_value(one) : "", 10, false, wide - 12), x, s->y + 20);
        line(s, x, s->y + 66, x + wide - 16, s->y + 66, 0.5);
    }
    s->y += 78;
    return HX_OK;
}

static enum hx_err block(struct sheet *s, const json_t *b)
{
    const json_t *j;
    if (json_has(b, "h")) return heading(s, json_z(b, "h", "")), HX_OK;
    if (json_has(b, "p")) return flow(s, json_z(b, "p", ""), 10.5, false, PANGO_ALIGN_LEFT), s->y += 4, HX_OK;
    if ((j = json_object_get(b, "facts")) != NULL) return facts(s, j);
    if ((j = json_object_get(b, "table")) != NULL) return table(s, j);
    if ((j = json_object_get(b, "images")) != NULL) return images(s, j);
    if ((j = json_object_get(b, "sign")) != NULL) return sign(s, j);
    return fail(s, "a block is none of h, p, facts, table, images, sign");
}

static enum hx_err draw(struct sheet *s, const json_t *d)
{
    size_t i;
    json_t *one;
    s->y = TOP;
    s->page = 1;
    s->foot = json_z(d, "foot", "");
    s->number = json_z(d, "page", "{n} / {m}");
    cairo_set_source_rgb(s->cr, 0, 0, 0);
    if (json_z(d, "unit", "")[0] != 0) flow(s, json_z(d, "unit", ""), 11, false, PANGO_ALIGN_CENTER);
    flow(s, json_z(d, "title", ""), 21, true, PANGO_ALIGN_CENTER);
    if (json_z(d, "subtitle", "")[0] != 0) flow(s, json_z(d, "subtitle", ""), 10.5, false, PANGO_ALIGN_CENTER);
    s->y += 8;
    json_array_foreach(json_object_get(d, "blocks"), i, one)
    {
        enum hx_err e = block(s, one);
        if (e) return e;
    }
    end_page(s);
    return s->unknown > 0 ? fail(s, "no font has these characters: install a Chinese font (fonts-noto-cjk) 请安装中文字体 fonts-noto-cjk") : HX_OK;
}

static cairo_status_t write_out(void *arg, const unsigned char *bytes, unsigned int n)
{
    buf_add(arg, bytes, n);
    return CAIRO_STATUS_SUCCESS;
}

/* Drawn twice: the first time tells how many pages there are. */
enum hx_err paper_pdf(const json_t *d, struct buf *out, char *why, size_t why_bytes)
{
    struct sheet s = {.why = why, .why_bytes = why_bytes};
    enum hx_err e = HX_OK;
    for (int pass = 0; !e && pass < 2; pass++) {
        cairo_surface_t *surface = pass ? cairo_pdf_surface_create_for_stream(write_out, out, PAGE_W, PAGE_H) : cairo_pdf_surface_create_for_stream(NULL, NULL, PAGE_W, PAGE_H);
        if (pass) cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, json_z(d, "title", ""));
        s.cr = cairo_create(surface);
        e = draw(&s, d);
        s.pages = s.page;
        if (!e && cairo_status(s.cr) != CAIRO_STATUS_SUCCESS) e = fail(&s, cairo_status_to_string(cairo_status(s.cr)));
        cairo_destroy(s.cr);
        cairo_surface_finish(surface);
        cairo_surface_destroy(surface);
    }
    if (!e && out->full) e = fail(&s, "the document is too large");
    return e;
}
