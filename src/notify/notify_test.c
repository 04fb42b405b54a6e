/* Templates and mails: what a value holds never leaves its place. */
#include "base/check.h"

#include <openssl/evp.h>
#include <string.h>

#include "notify/notify_text.h"

static const struct notify_value values[] = {{"{to}", "138 0000"}, {"{text}", "一级\"警情\"\n&x=1"}, {"{key}", "k1"}, {"{secret}", "s+e"}, {NULL, NULL}};

static char *filled(const char *template, enum notify_place place, struct buf *b)
{
    buf_init(b, 4096);
    CHECK_EQ(notify_fill(template, values, place, b), HX_OK);
    return b->at;
}

static void test_a_value_is_escaped_for_where_it_stands(void **state)
{
    (void)state;
    struct buf b;
    assert_string_equal(filled("{\"to\":\"{to}\",\"t\":\"{text}\",\"n\":{\"k\":\"{key}\"}}", NOTIFY_IN_BODY, &b), "{\"to\":\"138 0000\",\"t\":\"一级\\\"警情\\\"\\u000a&x=1\",\"n\":{\"k\":\"k1\"}}");
    buf_free(&b);
    assert_string_equal(filled("to={to}&text={text}&pw={secret}", NOTIFY_IN_BODY, &b), "to=138%200000&text=%E4%B8%80%E7%BA%A7%22%E8%AD%A6%E6%83%85%22%0A%26x%3D1&pw=s%2Be");
    buf_free(&b);
    assert_string_equal(filled("<s:Envelope><t>{text}</t></s:Envelope>", NOTIFY_IN_BODY, &b), "<s:Envelope><t>一级&quot;警情&quot;\n&amp;x=1</t></s:Envelope>");
    buf_free(&b);
    assert_string_equal(filled("{text}", NOTIFY_PLAIN, &b), "一级\"警情\"\n&x=1");
    buf_free(&b);
    assert_string_equal(filled("http://a/{key}?s={secret}", NOTIFY_IN_URL, &b), "http://a/k1?s=s%2Be");
    buf_free(&b);
    assert_string_equal(filled("X-T: {text}", NOTIFY_IN_HEADER, &b), "X-T: 一级\"警情\"&x=1"); /* no line break: no other header */
    buf_free(&b);
    buf_init(&b, 64);
    CHECK_EQ(notify_fill("{password}", values, NOTIFY_IN_BODY, &b), HX_E_INVALID);
    CHECK_EQ(notify_fill("{\"a\":{}} { to }", values, NOTIFY_IN_BODY, &b), HX_OK);
    buf_free(&b);
}

static void test_a_mail_is_what_the_rfcs_want(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 8192);
    notify_mail("desk@example.org", "a@example.org", "【护学】一级警情：兴义市下五屯街道第一小学，正门门卫室 一键报警", "第一行\n第二行", "00ff", 1795392001000, &b);
    CHECK(strstr(b.at, "Date: Mon, 23 Nov 2026 08:00:01 +0800\r\n") != NULL);
    CHECK(strstr(b.at, "Message-ID: <00ff@huxue>\r\n") != NULL);
    struct str rest = buf_str(&b), line;
    bool body = false;
    while (str_split(&rest, '\n', &line)) {
        if (str_trim(line).len == 0) body = true;
        CHECK(line.len <= 78);
        for (size_t i = 0; i < line.len; i++) CHECK((unsigned char)line.at[i] < 0x80); /* nothing needs 8BITMIME */
    }
    CHECK(body);
    uint8_t plain[64];
    const char *code = strstr(b.at, "\r\n\r\n") + 4;
    int n = EVP_DecodeBlock(plain, (const uint8_t *)code, (int)(strstr(code, "\r\n") - code));
    CHECK(n >= 19 && memcmp(plain, "第一行\n第二行", 19) == 0);
    buf_free(&b);
    CHECK(notify_is_mail_address("a.b@c.d") && !notify_is_mail_address("a@b\r\nRCPT TO:<x@y>") && !notify_is_mail_address("a") && !notify_is_mail_address("a@b@c") && !notify_is_mail_address("<a@b>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_a_value_is_escaped_for_where_it_stands), TEST(test_a_mail_is_what_the_rfcs_want)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
