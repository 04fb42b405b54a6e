#include "base/check.h"
#include "base/sentence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/conf.h"
#include "base/csv.h"
#include "base/json.h"
#include "base/map.h"
#include "base/scan.h"
#include "base/url.h"

static void test_split_gives_every_piece_and_the_empty_last_one(void **state)
{
    (void)state;
    struct str rest = STR("a,,b,"), piece;
    const char *want[] = {"a", "", "b", ""};
    for (int i = 0; i < 4; i++) {
        CHECK(str_split(&rest, ',', &piece));
        CHECK(str_eq_z(piece, want[i]));
    }
    CHECK(!str_split(&rest, ',', &piece));
}

static void test_utf8_refuses_what_the_standard_refuses(void **state)
{
    (void)state;
    CHECK(str_is_utf8(STR("护学 ok")));
    CHECK(!str_is_utf8(STR("\xC0\x80")));         /* overlong */
    CHECK(!str_is_utf8(STR("\xED\xA0\x80")));     /* surrogate */
    CHECK(!str_is_utf8(STR("\xF4\x90\x80\x80"))); /* beyond U+10FFFF */
    CHECK(!str_is_utf8(STR("\xE6\x8A")));         /* cut */
}

static void test_hex_round_trips_and_refuses_odd_text(void **state)
{
    (void)state;
    uint8_t bytes[256], back[256];
    char text[513];
    for (int i = 0; i < 256; i++) bytes[i] = (uint8_t)i;
    hex_encode(bytes, 256, text);
    CHECK_EQ(hex_decode(str_of(text), back, sizeof back), 256);
    CHECK_EQ(memcmp(bytes, back, 256), 0);
    CHECK_EQ(hex_decode(STR("abc"), back, sizeof back), -1);
    CHECK_EQ(hex_decode(STR("zz"), back, sizeof back), -1);
    CHECK_EQ(hex_decode(STR("aabb"), back, 1), -1);
}

static void test_buf_stops_at_its_maximum_and_says_so(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 8);
    buf_add_z(&b, "12345678");
    CHECK(!b.full);
    buf_add_z(&b, "9");
    CHECK(b.full);
    CHECK(str_eq_z(buf_str(&b), "12345678"));
    buf_free(&b);
}

static void test_scan_remembers_its_first_failure(void **state)
{
    (void)state;
    struct scan nothing = {.in = {NULL, 0}}; /* a message without a body */
    assert_int_equal(scan_hex_digits(&nothing, 4).len, 0);
    assert_int_equal(scan_take(&nothing, 0).len, 0);
    struct scan s = {.in = STR("12x4")};
    CHECK_EQ(scan_int(&s, 2), 12);
    scan_byte(&s, 'y');
    CHECK_EQ(s.err, HX_E_MALFORMED);
    CHECK_EQ(scan_take(&s, 9).len, 0);
    CHECK_EQ(s.err, HX_E_MALFORMED);
}

/* The map against a plain array, with random puts and takes. */
static void test_map_agrees_with_an_array(void **state)
{
    (void)state;
    enum { KEYS = 300 };
    static char names[KEYS][16];
    void *model[KEYS] = {0};
    struct map m;
    uint32_t random = 7;
    map_init(&m);
    for (int i = 0; i < KEYS; i++) snprintf(names[i], sizeof names[i], "key-%d", i);
    for (int n = 0; n < 20000; n++) {
        random = random * 1664525 + 1013904223;
        int k = (int)(random >> 8) % KEYS;
        if (random >> 30 != 0) {
            void *value = &names[(random >> 4) % KEYS];
            CHECK(map_put(&m, str_of(names[k]), value) == model[k]);
            model[k] = value;
        } else {
            CHECK(map_take(&m, str_of(names[k])) == model[k]);
            model[k] = NULL;
        }
        CHECK(map_get(&m, str_of(names[k])) == model[k]);
    }
    for (int i = 0; i < KEYS; i++) CHECK(map_get(&m, str_of(names[i])) == model[i]);
    map_free(&m);
}

static void test_times_round_trip_over_four_centuries(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_MAX];
    for (int64_t ms = -2208988800000; ms < 10413792000000; ms += 86400000LL * 37 + 12345678) {
        int64_t back;
        CHECK(clock_parse(str_of(clock_format(ms, text)), &back));
        CHECK_EQ(back, ms);
    }
}

static void test_times_with_an_offset_are_utc_inside(void **state)
{
    (void)state;
    int64_t a, b;
    CHECK(clock_parse(STR("2026-11-23T21:00:00+08:00"), &a));
    CHECK(clock_parse(STR("2026-11-23T13:00:00Z"), &b));
    CHECK_EQ(a, b);
    CHECK(clock_parse(STR("2026-11-23T05:00:00.250-08:00"), &a));
    CHECK_EQ(a, b + 250);
    CHECK(clock_parse(STR("2026-11-23"), &a));
    CHECK(!clock_parse(STR("2026-13-01T00:00:00Z"), &a));
    CHECK(!clock_parse(STR("2026-11-23T21:00:00"), &a));
    CHECK(!clock_parse(STR("2026-11-23T21:00:00Zx"), &a));
}

static void test_csv_reads_quotes_and_line_breaks(void **state)
{
    (void)state;
    struct str text = STR("a,\"b \"\"x\"\", c\",\"d\ne\"\r\n1,,3\n"), f[CSV_FIELDS_MAX];
    char room[64];
    CHECK_EQ(csv_record(&text, ',', f, room), 3);
    CHECK(str_eq_z(f[1], "b \"x\", c"));
    CHECK(str_eq_z(f[2], "d\ne"));
    CHECK_EQ(csv_record(&text, ',', f, room), 3);
    CHECK_EQ(f[1].len, 0);
    CHECK_EQ(csv_record(&text, ',', f, room), 0);
    struct str broken = STR("\"never closed");
    CHECK_EQ(csv_record(&broken, ',', f, room), -1);
    CHECK_EQ(csv_separator(STR("a;b;c\n")), ';');
}

static void test_configuration_names_the_line_and_the_bounds(void **state)
{
    (void)state;
    static const struct conf_key keys[] = {{"a", "n", CONF_NUMBER, "5", 1, 9, NULL, "a number"}, {"a", "c", CONF_CHOICE, "x", 0, 0, "x y", "a choice"}};
    struct conf c;
    char why[200];
    conf_open(&c, keys, 2);
    CHECK_EQ(conf_number(&c, "a.n"), 5);
    CHECK_EQ(conf_read(&c, STR("# c\n[a]\nn = 7\nc = y\n"), why, sizeof why), HX_OK);
    CHECK_EQ(conf_number(&c, "a.n"), 7);
    CHECK_EQ(conf_read(&c, STR("[a]\nn = 10\n"), why, sizeof why), HX_E_INVALID);
    CHECK_STR(why, "line 2: a.n must be a number from 1 to 9");
    CHECK_EQ(conf_read(&c, STR("[a]\nmissing = 1\n"), why, sizeof why), HX_E_INVALID);
    conf_close(&c);
}

static void test_json_refuses_a_key_that_stands_twice(void **state)
{
    (void)state;
    json_t *j;
    char why[160];
    CHECK_EQ(json_parse(STR("{\"a\":1,\"a\":2}"), &j, why, sizeof why), HX_E_MALFORMED);
    CHECK_EQ(json_parse(STR("{\"a\":\"\xff\"}"), &j, why, sizeof why), HX_E_MALFORMED);
}

static void test_a_refusal_is_said_in_both_languages(void **state)
{
    (void)state;
    char text[64], narrow[8];
    sentence_print(text, sizeof text, false, "you saw version %lld, it is now %lld", 3LL, 5LL);
    CHECK_STR(text, "you saw version 3, it is now 5");
    sentence_print(text, sizeof text, true, "you saw version %lld, it is now %lld", 3LL, 5LL);
    assert_non_null(strstr(text, "版本 3"));
    CHECK_STR(sentence_in(true, "on_scene"), "已到场");
    CHECK_STR(sentence_in(true, "no row has this"), "no row has this");
    sentence_print(narrow, sizeof narrow, true, "sign in first");
    CHECK_STR(narrow, "请先"); /* cut at a character */
}

static void test_an_address_gives_its_secret_away_once(void **state)
{
    (void)state;
    static const struct { const char *text, *url, *login, *password, *full; } good[] = {
        {" rtsp://10.1.2.3/ch1/main ", "rtsp://10.1.2.3/ch1/main", "", "", "rtsp://10.1.2.3/ch1/main"},
        {"rtsp://admin:p@ss:w/rd@10.1.2.3:554/x", NULL, NULL, NULL, NULL}, /* a slash in a password must be encoded */
        {"rtsp://admin:p@ss:word@10.1.2.3:554/x?a=b", "rtsp://10.1.2.3:554/x?a=b", "admin", "p@ss:word", "rtsp://admin:p%40ss%3Aword@10.1.2.3:554/x?a=b"},
        {"rtsp://a%40b:%E5%AF%86@cam/x", "rtsp://cam/x", "a@b", "密", "rtsp://a%40b:%E5%AF%86@cam/x"},
        {"rtsps://[fe80::1]:322/x", "rtsps://[fe80::1]:322/x", "", "", "rtsps://[fe80::1]:322/x"},
        {"rtsp://cam?channel=1@2", "rtsp://cam?channel=1@2", "", "", "rtsp://cam?channel=1@2"},
    };
    static const char *const bad[] = {"", "rtsp", "rtsp://", "rtsp:///x", "rtsp://:554/x", "http://a/x", "file:///etc/passwd", "rtsp://a b/x", "rtsp://u:p@/x", "rtsp://u:%00@h/x", "rtsp://a\n/x", "xrtsp://a/"};
    struct url s;
    char full[200];
    for (size_t i = 0; i < HX_COUNT(good); i++) {
        if (good[i].url == NULL) {
            CHECK(url_read(str_of(good[i].text), "rtsp rtsps", &s) != HX_OK || strchr(s.url, '@') != NULL);
            continue;
        }
        CHECK_EQ(url_read(str_of(good[i].text), "rtsp rtsps", &s), HX_OK);
        CHECK(strcmp(s.url, good[i].url) == 0 && strcmp(s.login, good[i].login) == 0 && strcmp(s.password, good[i].password) == 0);
        CHECK_EQ(url_with_secret(s.url, s.login, s.password, full, sizeof full), HX_OK);
        CHECK(strcmp(full, good[i].full) == 0);
    }
    for (size_t i = 0; i < HX_COUNT(bad); i++) CHECK(url_read(str_of(bad[i]), "rtsp rtsps", &s) != HX_OK);
    CHECK(url_same_host("rtsp://u:p@Cam.cn:554/x", "http://cam.cn/y?z") && url_same_host("10.1.2.3:80", "rtsp://10.1.2.3/x") && url_same_host("rtsp://[::1]:554/x", "[::1]"));
    CHECK(!url_same_host("rtsp://cam.cn@evil/x", "rtsp://cam.cn/x") && !url_same_host("rtsp://10.1.2.3/x", "rtsp://10.1.2.30/x") && !url_same_host("", ""));
    char longer[600];
    memset(longer, 'a', sizeof longer);
    memcpy(longer, "rtsp://", 7);
    CHECK(url_read((struct str){longer, sizeof longer}, "rtsp", &s) != HX_OK);
    CHECK_EQ(url_with_secret("rtsp://h/x", "name", "secret", full, 12), HX_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_address_gives_its_secret_away_once), TEST(test_a_refusal_is_said_in_both_languages),
        TEST(test_split_gives_every_piece_and_the_empty_last_one), TEST(test_utf8_refuses_what_the_standard_refuses), TEST(test_hex_round_trips_and_refuses_odd_text),
        TEST(test_buf_stops_at_its_maximum_and_says_so), TEST(test_scan_remembers_its_first_failure), TEST(test_map_agrees_with_an_array),
        TEST(test_times_round_trip_over_four_centuries), TEST(test_times_with_an_offset_are_utc_inside), TEST(test_csv_reads_quotes_and_line_breaks),
        TEST(test_configuration_names_the_line_and_the_bounds), TEST(test_json_refuses_a_key_that_stands_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
