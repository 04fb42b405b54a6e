#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "paper.h"
#include "workbook.h"

static enum hx_err make(const char *text, struct buf *out, char why[200])
{
    json_t *d = NULL;
    assert_int_equal(json_parse(str_of(text), &d, why, 200), HX_OK);
    buf_init(out, PAPER_PDF_MAX);
    enum hx_err e = paper_pdf(d, out, why, 200);
    json_decref(d);
    return e;
}

/* Pages are not compressed away in the page tree of a cairo PDF: "/Count n". */
static int pages_of(const struct buf *b)
{
    const char *p = memmem(b->at, b->len, "/Count ", 7);
    return p != NULL ? p[7] - '0' : -1;
}

static void a_document_becomes_a_pdf(void **state)
{
    (void)state;
    struct buf out;
    char why[200] = "";
    assert_int_equal(make("{\"title\":\"校园安全应急演练\",\"foot\":\"x\",\"page\":\"第 {n} 页 / 共 {m} 页\",\"blocks\":[{\"h\":\"一、目标\"},{\"p\":\"两名“歹徒”\\n强闯\"},{\"facts\":[[\"学校\",\"者相小学\"]]},{\"table\":{\"head\":[\"a\",\"b\"],\"widths\":[1,2],\"rows\":[[\"1\",\"2\"],[\"3\"]]}},{\"sign\":[\"学校\",\"公安\"]}]}", &out, why), HX_OK);
    assert_memory_equal(out.at, "%PDF-", 5);
    assert_int_equal(pages_of(&out), 1);
    buf_free(&out);
}

static void long_tables_run_over_pages(void **state)
{
    (void)state;
    struct buf out, text;
    char why[200] = "";
    buf_init(&text, 1 << 20);
    buf_add_z(&text, "{\"title\":\"t\",\"blocks\":[{\"table\":{\"head\":[\"时刻\",\"事项\"],\"widths\":[1,2],\"rows\":[");
    for (int i = 0; i < 120; i++) buf_printf(&text, "%s[\"%d\",\"步骤完成\"]", i ? "," : "", i);
    buf_add_z(&text, "]}}]}");
    buf_add(&text, "", 1);
    assert_int_equal(make(text.at, &out, why), HX_OK);
    assert_int_equal(pages_of(&out), 4);
    buf_free(&out);
    buf_free(&text);
}

static void bad_blocks_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"title\":\"t\",\"blocks\":[{\"x\":1}]}", "{\"title\":\"t\",\"blocks\":[{\"table\":{\"widths\":[],\"rows\":[]}}]}", "{\"title\":\"t\",\"blocks\":[{\"table\":{\"widths\":[1,100000],\"rows\":[]}}]}",
        "{\"title\":\"t\",\"blocks\":[{\"images\":[{\"base64\":\"AAAA\"}]}]}", "{\"title\":\"t\",\"blocks\":[{\"images\":[{\"base64\":\"/9j/wAARCAAAAAA=\"}]}]}", "{\"title\":\"t\",\"blocks\":[{\"sign\":[]}]}",
        "{\"title\":\"t\",\"blocks\":[{\"images\":[{\"base64\":\"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC\"}]}]}"};
    for (size_t i = 0; i < HX_COUNT(bad); i++) {
        struct buf out;
        char why[200] = "";
        assert_int_equal(make(bad[i], &out, why), HX_E_INVALID);
        assert_true(why[0] != 0);
        buf_free(&out);
    }
}

static void pictures_are_shown(void **state)
{
    (void)state;
    struct buf out;
    char why[200] = "";
    assert_int_equal(make("{\"title\":\"t\",\"blocks\":[{\"images\":[{\"base64\":\"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==\",\"caption\":\"现场\"}]}]}", &out, why), HX_OK);
    assert_non_null(memmem(out.at, out.len, "/Image", 6));
    buf_free(&out);
}

static void tables_become_a_spreadsheet(void **state)
{
    (void)state;
    json_t *d = NULL;
    struct buf out;
    char why[200] = "";
    assert_int_equal(json_parse(STR("{\"sheets\":[{\"name\":\"总数\",\"widths\":[20,9],\"head\":[\"项目\",\"数量\"],\"rows\":[[\"学校\",1144],[\"=1+1\",null]]}]}"), &d, why, sizeof why), HX_OK);
    buf_init(&out, WORKBOOK_MAX);
    assert_int_equal(workbook_xlsx(d, &out, why, sizeof why), HX_OK);
    assert_memory_equal(out.at, "PK", 2);
    json_decref(d);
    buf_free(&out);
    static const char *const bad[] = {"{}", "{\"sheets\":[{\"name\":\"a/b\"}]}", "{\"sheets\":[{\"name\":\"a\"},{\"name\":\"a\"}]}"};
    for (size_t i = 0; i < HX_COUNT(bad); i++) {
        assert_int_equal(json_parse(str_of(bad[i]), &d, why, sizeof why), HX_OK);
        buf_init(&out, WORKBOOK_MAX);
        assert_int_equal(workbook_xlsx(d, &out, why, sizeof why), HX_E_INVALID);
        json_decref(d);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_document_becomes_a_pdf), cmocka_unit_test(long_tables_run_over_pages), cmocka_unit_test(bad_blocks_are_refused), cmocka_unit_test(pictures_are_shown), cmocka_unit_test(tables_become_a_spreadsheet)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
