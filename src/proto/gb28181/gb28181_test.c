/* The codecs of GB/T 28181: SIP, digests, MANSCDP whatever its bytes, session descriptions, PTZCmd. */
#include "base/check.h"

#include <stdlib.h>
#include <string.h>

#include "proto/gb28181/gb28181_pace.h"
#include "proto/gb28181/gb28181_sdp.h"
#include "proto/gb28181/gb28181_steer.h"
#include "proto/sip/sip.h"
#include "proto/gb28181/gb28181_xml.h"

static const char register_text[] =
    "REGISTER sip:52230000002000000001@5223000000 SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.64:5060;rport;branch=z9hG4bK1869842\r\nFrom: <sip:52232500111187000733@5223000000>;tag=1353\r\n"
    "To: <sip:52232500111187000733@5223000000>\r\nCall-ID: 1185711@192.168.1.64\r\nCSeq: 1 REGISTER\r\nContact: <sip:52232500111187000733@192.168.1.64:5060>\r\nMax-Forwards: 70\r\nUser-Agent: IP Camera\r\n"
    "Expires: 3600\r\nX-GB-Ver: 3.0\r\nContent-Length: 0\r\n\r\n";

static void test_a_registration_is_read_and_answered_where_it_came_from(void **state)
{
    (void)state;
    static struct sip_message m;
    struct buf b;
    CHECK_EQ(sip_parse(str_of(register_text), "203.0.113.9", 40000, &m), HX_OK);
    CHECK(m.request && strcmp(m.method, "REGISTER") == 0 && m.cseq == 1 && m.expires == 3600);
    assert_string_equal(m.from_user, "52232500111187000733");
    assert_string_equal(m.version, "3.0");
    assert_string_equal(m.contact_host, "192.168.1.64");
    buf_init(&b, 8192);
    sip_reply(&m, 200, "OK", "x", &b);
    sip_end(&b, NULL, STR(""));
    CHECK(strstr(b.at, "rport=40000") != NULL && strstr(b.at, "received=203.0.113.9") != NULL); /* RFC 3581 */
    CHECK(strstr(b.at, "CSeq: 1 REGISTER\r\n") != NULL && strstr(b.at, ";tag=x") != NULL);
    static struct sip_message back;
    CHECK_EQ(sip_parse(buf_str(&b), "", 0, &back), HX_OK);
    CHECK(!back.request && back.status == 200);
    assert_string_equal(back.via_branch, "z9hG4bK1869842");
    buf_free(&b);
}

static void test_every_prefix_waits_and_the_whole_is_found(void **state)
{
    (void)state;
    struct buf two;
    buf_init(&two, 8192);
    buf_add_z(&two, "\r\n\r\n");
    size_t one = strlen(register_text);
    buf_add_z(&two, register_text);
    size_t used;
    for (size_t n = 0; n < 4 + one; n++) {
        CHECK_EQ(sip_find((struct str){two.at, n}, &used), HX_OK);
        CHECK_EQ(used, 0);
    }
    buf_add_z(&two, register_text); /* two in one segment */
    CHECK_EQ(sip_find(buf_str(&two), &used), HX_OK);
    CHECK_EQ(used, 4 + one);
    CHECK_EQ(sip_find(STR("\x16\x03\x01 a TLS hello"), &used), HX_E_MALFORMED);
    CHECK_EQ(sip_find(STR("INVITE x SIP/2.0\r\nContent-Length: 99999999\r\n\r\n"), &used), HX_E_LIMIT);
    CHECK_EQ(sip_find(STR("INVITE x SIP/2.0\r\nl: 3\r\n\r\nabcINV"), &used), HX_OK);
    CHECK_EQ(used, strlen("INVITE x SIP/2.0\r\nl: 3\r\n\r\nabc"));
    buf_free(&two);
}

static void test_what_is_no_sip_is_refused(void **state)
{
    (void)state;
    static struct sip_message m;
    static const char *const bad[] = {"", "x", "GET / HTTP/1.1\r\n\r\n", "REGISTER sip:a@b SIP/2.0\r\n\r\n", "SIP/2.0 200 OK\r\nCSeq: 1\r\n\r\n",
                                      "REGISTER sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n"};
    for (size_t i = 0; i < HX_COUNT(bad); i++) CHECK_EQ(sip_parse(str_of(bad[i]), "", 0, &m), HX_E_INVALID);
}

static void test_digests_are_those_of_the_rfcs(void **state)
{
    (void)state;
    char out[65];
    struct sip_digest d = {true, "Mufasa", "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "/dir/index.html", "", "MD5", "auth", "00000001", "0a4f113b"};
    sip_digest_response(&d, "GET", "Circle Of Life", out); /* RFC 2617, 3.5 */
    assert_string_equal(out, "6629fae49393a05397450978507c4ef1");
    struct sip_digest s = {true, "Mufasa", "http-auth@example.org", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "/dir/index.html", "", "SHA-256", "auth", "00000001", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"};
    sip_digest_response(&s, "GET", "Circle of Life", out); /* RFC 7616, 3.9.1 */
    assert_string_equal(out, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
    snprintf(s.response, sizeof s.response, "%s", out);
    CHECK(sip_digest_fits(&s, "GET", "Circle of Life"));
    CHECK(!sip_digest_fits(&s, "GET", "Circle of life"));
    CHECK(!sip_digest_fits(&s, "POST", "Circle of Life"));
    s.response[63] = 0;
    CHECK(!sip_digest_fits(&s, "GET", "Circle of Life"));
}

static void test_a_message_survives_its_own_bytes(void **state)
{
    (void)state;
    /* Declared GB2312; GB18030 inside (正门), a bare ampersand, a control character, one broken byte. */
    static const char xml[] = "<?xml version=\"1.0\" encoding=\"GB2312\"?>\r\n<Response><CmdType>Catalog</CmdType><SN>9</SN><DeviceList Num=\"1\"><Item><DeviceID>1</DeviceID><Name>\xD5\xFD\xC3\xC5</Name>"
                              "<Address>A&B\x01 &amp; \xFF</Address><Info><PTZType>3</PTZType></Info></Item></DeviceList></Response>";
    struct xml x;
    CHECK_EQ(gb_xml_parse((struct str){xml, sizeof xml - 1}, &x), HX_OK);
    int item = gb_xml_find(&x, gb_xml_find(&x, 0, "devicelist"), "Item");
    assert_string_equal(gb_xml_text(&x, item, "Name"), "正门");
    CHECK(strncmp(gb_xml_text(&x, item, "Address"), "A&B  & ", 7) == 0);
    CHECK(gb_xml_number(&x, gb_xml_find(&x, item, "Info"), "PTZType", 0) == 3);
    assert_string_equal(gb_xml_text(&x, 0, "SN"), "9");
    CHECK_EQ(gb_xml_find(&x, 0, "Nothing"), -1);
    xml_free(&x);
    CHECK_EQ(gb_xml_parse(STR("\xEF\xBB\xBF<Notify><CmdType>Keepalive</CmdType><Info><DeviceID>"), &x), HX_OK); /* cut: what came is kept */
    assert_string_equal(gb_xml_text(&x, 0, "CmdType"), "Keepalive");
    xml_free(&x);
    CHECK_EQ(gb_xml_parse(STR(""), &x), HX_E_MALFORMED);
    CHECK_EQ(gb_xml_parse(STR("no markup"), &x), HX_E_MALFORMED);
}

static void test_depth_and_entities_are_bounded(void **state)
{
    (void)state;
    struct buf b;
    struct xml x;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < 5000; i++) buf_add_z(&b, "<a>");
    CHECK_EQ(gb_xml_parse(buf_str(&b), &x), HX_OK);
    CHECK(x.count <= GB_XML_DEPTH_MAX);
    xml_free(&x);
    buf_free(&b);
    static const char laughs[] = "<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><l><n>&b;&b;&b;</n></l>";
    if (gb_xml_parse(str_of(laughs), &x) == HX_OK) {
        CHECK(strlen(gb_xml_text(&x, 0, "n")) < 100); /* &b; is text here, not an entity */
        xml_free(&x);
    }
}

static void test_times_are_local(void **state)
{
    (void)state;
    char out[GB_TIME_MAX];
    CHECK_EQ(gb_time_parse("2026-11-23T08:00:01"), 1795392001000); /* 00:00:01 UTC */
    gb_time_format(1795392001000, out);
    assert_string_equal(out, "2026-11-23T08:00:01");
    CHECK_EQ(gb_time_parse("2026-13-23T08:00:01"), 0);
    CHECK_EQ(gb_time_parse("yesterday"), 0);
}

static void test_offers_and_answers(void **state)
{
    (void)state;
    struct gb_sdp s, back;
    struct buf b;
    CHECK_EQ(gb_sdp_parse(STR("v=0\r\no=1 0 0 IN IP4 10.1.2.3\r\ns=Play\r\nc=IN IP4 10.1.2.3\r\nt=0 0\r\nm=video 6000 TCP/RTP/AVP 96\r\na=setup:active\r\na=sendonly\r\na=streamprofile:1\r\na=rtpmap:96 PS/90000\r\ny=0303010001\r\nf=v/2/6/25/1/2048a/1/8/1\r\n"), &s), HX_OK);
    CHECK(s.port == 6000 && s.tcp && s.active && s.has_ssrc && s.ssrc == 303010001 && s.stream == 1);
    assert_string_equal(s.host, "10.1.2.3");
    CHECK_EQ(gb_sdp_parse(STR("m=video 6000 RTP/AVP 96\na=stream:sub\ny=77\n"), &s), HX_OK); /* bare newlines, no leading zeros */
    CHECK(!s.tcp && s.ssrc == 77 && s.stream == 1);
    CHECK_EQ(gb_sdp_parse(STR("m=video 6000 RTP/AVP 96"), &s), HX_OK);
    CHECK(!s.has_ssrc && s.stream == -1);
    CHECK_EQ(gb_sdp_parse(STR("v=0\r\n"), &s), HX_E_INVALID);
    CHECK_EQ(gb_sdp_parse(STR("m=video 99999 RTP/AVP 96"), &s), HX_E_INVALID);
    struct gb_sdp offer = {.name = "Playback", .host = "192.0.2.1", .port = 30000, .tcp = true, .ssrc = 1230000001, .stream = 0, .from_s = 1000, .to_s = 2000};
    buf_init(&b, 2048);
    gb_sdp_make(&offer, "52230000002000000001", "x:0", false, &b);
    CHECK_EQ(gb_sdp_parse(buf_str(&b), &back), HX_OK);
    CHECK(back.port == 30000 && back.tcp && !back.active && back.ssrc == 1230000001 && back.from_s == 1000 && back.to_s == 2000 && back.stream == 0);
    /* Of a device that listens: the laws it takes, in any place; what it names beside sound does not count. */
    CHECK_EQ(gb_sdp_parse(STR("c=IN IP4 10.1.2.3\r\nm=audio 15060 RTP/AVP 96 0 8\r\na=recvonly\r\ny=0200000001\r\n"), &s), HX_OK);
    CHECK(s.audio && s.alaw && s.port == 15060 && s.ssrc == 200000001);
    CHECK_EQ(gb_sdp_parse(STR("m=audio 15060 RTP/AVP 0 96\r\n"), &s), HX_OK);
    CHECK(s.audio && !s.alaw);
    CHECK_EQ(gb_sdp_parse(STR("m=video 6000 RTP/AVP 96 8\r\n"), &s), HX_OK);
    CHECK(!s.audio && !s.alaw);
    struct gb_sdp voice = {.name = "Play", .host = "192.0.2.1", .audio = true, .port = 9, .tcp = true, .active = true, .ssrc = 7, .stream = -1};
    buf_clear(&b);
    gb_sdp_make(&voice, "52230000002000000001", "", true, &b);
    CHECK_EQ(gb_sdp_parse(buf_str(&b), &back), HX_OK);
    CHECK(back.audio && back.alaw && back.port == 9 && back.tcp && back.active && back.ssrc == 7);
    buf_free(&b);
}

static void test_ptz_commands_are_those_of_the_annex(void **state)
{
    (void)state;
    char out[17];
    uint8_t b[8];
    gb_ptz_move(GB_RIGHT, 0x80, 0, 0, out);
    assert_string_equal(out, "A50F010180000036");
    gb_ptz_move(GB_STOP, 200, 200, 15, out);
    assert_string_equal(out, "A50F0100000000B5");
    gb_ptz_preset(0x82, 5, out);
    CHECK(gb_ptz_parse(str_of(out), b));
    CHECK(b[3] == 0x82 && b[4] == 0 && b[5] == 5); /* the number stands in byte 6 */
    gb_ptz_lens(GB_FOCUS_NEAR | GB_IRIS_OPEN, 0x40, out);
    CHECK(gb_ptz_parse(str_of(out), b));
    CHECK(b[3] == 0x46 && b[4] == 0x40 && b[5] == 0x40);
    CHECK(!gb_ptz_parse(STR("A50F010180000037"), b));
    CHECK(!gb_ptz_parse(STR("A50F0101800000"), b));
}

/* Fourteen digits and their check. */
static void complete(const char *digits, char out[17])
{
    uint8_t b[8] = {0};
    CHECK_EQ(hex_decode((struct str){digits, 14}, b, 7), 7);
    for (int k = 0; k < 7; k++) b[7] = (uint8_t)(b[7] + b[k]);
    hex_encode(b, 8, out);
}

static void test_a_command_goes_through_us_as_it_came(void **state)
{
    (void)state;
    struct recorder_steer s;
    char hex[17], again[17];
    static const char *const ours[] = {"A50F0101800000", "A50F0102800000", "A50F0108002000", "A50F0110000010", "A50F0142800000", "A50F0148008000", "A50F0182000500", "A50F0181000100", "A50F0183001100", "A50F0100000000"};
    static const char *const not_ours[] = {"A50F0188010000", "A50F0189010000", "A50F018C010000", "A50F0182000000"}; /* cruise, scan, wiper, no preset */
    for (size_t i = 0; i < HX_COUNT(ours); i++) {
        complete(ours[i], hex);
        CHECK(gb_steer_parse(str_of(hex), &s));
        gb_steer_format(&s, again);
        assert_string_equal(again, hex);
    }
    for (size_t i = 0; i < HX_COUNT(not_ours); i++) {
        complete(not_ours[i], hex);
        CHECK(!gb_steer_parse(str_of(hex), &s));
    }
    CHECK(gb_steer_parse(STR("A50F010180000036"), &s) && s.act == STEER_MOVE && s.pan == 1 && s.speed == 128);
    CHECK(!gb_steer_parse(STR("A50F010180000037"), &s)); /* its check is another */
    complete("A50F0105406000", hex);
    CHECK(gb_steer_parse(str_of(hex), &s) && s.pan == 1 && s.tilt == -1 && s.speed == 0x60); /* of two speeds the faster */
}

static void test_a_pace_is_read_as_devices_and_platforms_write_it(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        bool good;
        int percent;
        int64_t seek_s;
    } rows[] = {{"PLAY RTSP/1.0\r\nCSeq: 2\r\nScale: 2.0\r\nRange: npt=now-\r\n", true, 200, -1},
                {"PLAY RTSP/1.0\r\nCSeq:3\r\nscale:0.500000\r\n\r\n", true, 50, -1},
                {"PLAY RTSP/1.0\nCSeq: 4\nRange: npt=100-\n", true, 100, 100},
                {"PLAY RTSP/1.0\r\nScale: 4\r\nRange: npt=20.5-180\r\n", true, 400, 20},
                {"PAUSE RTSP/1.0\r\nCSeq: 5\r\nPauseTime: now\r\n", true, 0, -1},
                {"PLAY RTSP/1.0\r\nScale: -1.0\r\n", false, 0, 0},
                {"PLAY RTSP/1.0\r\nScale: 0\r\n", false, 0, 0},
                {"PLAY RTSP/1.0\r\nScale: 64\r\n", false, 0, 0},
                {"PLAY RTSP/1.0\r\nRange: clock=20260101T000000Z-\r\n", false, 0, 0},
                {"TEARDOWN RTSP/1.0\r\nCSeq: 6\r\n", false, 0, 0},
                {"", false, 0, 0}};
    for (size_t i = 0; i < HX_COUNT(rows); i++) {
        struct recorder_pace p;
        CHECK_EQ(gb_pace_parse(str_of(rows[i].body), &p), rows[i].good);
        if (!rows[i].good) continue;
        CHECK_EQ(p.percent, rows[i].percent);
        CHECK_EQ(p.seek_s, rows[i].seek_s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_a_pace_is_read_as_devices_and_platforms_write_it), TEST(test_a_registration_is_read_and_answered_where_it_came_from), TEST(test_every_prefix_waits_and_the_whole_is_found), TEST(test_what_is_no_sip_is_refused), TEST(test_digests_are_those_of_the_rfcs),
        TEST(test_a_message_survives_its_own_bytes), TEST(test_depth_and_entities_are_bounded), TEST(test_times_are_local), TEST(test_offers_and_answers), TEST(test_ptz_commands_are_those_of_the_annex), TEST(test_a_command_goes_through_us_as_it_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
