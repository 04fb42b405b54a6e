/* Templates and mails: what a value holds never leaves its place. Calls: their audio, descriptions and challenges. */
#include "base/check.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#include "base/g711.h"
#include "notify/notify_text.h"
#include "notify/push.h"
#include "notify/voice.h"
#include "proto/sip/sip.h"
#include "proto/sip/sip_audio.h"

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

static void wav_head(struct buf *b, unsigned channels, unsigned rate, uint32_t bytes)
{
    const uint8_t head[] = {'R', 'I', 'F', 'F', 0, 0, 0, 0, 'W', 'A', 'V', 'E', 'L', 'I', 'S', 'T', 2, 0, 0, 0, 'x', 'y', 'f', 'm', 't', ' ', 16, 0, 0, 0, 1, 0, (uint8_t)channels, 0,
                            (uint8_t)rate, (uint8_t)(rate >> 8), 0, 0, 0, 0, 0, 0, (uint8_t)(2 * channels), 0, 16, 0, 'd', 'a', 't', 'a', (uint8_t)bytes, (uint8_t)(bytes >> 8), (uint8_t)(bytes >> 16), (uint8_t)(bytes >> 24)};
    buf_init(b, 4 << 20);
    buf_add(b, head, sizeof head);
}

static void test_speech_becomes_samples_of_a_telephone(void **state)
{
    (void)state;
    struct buf b;
    int16_t *samples;
    size_t n;
    wav_head(&b, 2, 16000, 0x7ffff000); /* as through a pipe: the length is a guess */
    for (int i = 0; i < 16000; i++) {
        int16_t pair[2] = {(int16_t)(i / 2 % 2 ? 1000 : -1000), (int16_t)(i / 2 % 2 ? 3000 : -3000)};
        buf_add(&b, pair, sizeof pair);
    }
    CHECK_EQ(voice_from_wav(buf_str(&b), &samples, &n), HX_OK);
    CHECK_EQ(n, 8000);
    for (size_t i = 0; i < n; i++) CHECK_EQ(samples[i], i % 2 ? 2000 : -2000); /* the mean of both channels and of two samples */
    free(samples);
    for (size_t cut = 0; cut < 60; cut++) {
        enum hx_err e = voice_from_wav((struct str){b.at, cut}, &samples, &n);
        CHECK(e != HX_OK || n > 0);
        free(samples);
    }
    buf_free(&b);
    wav_head(&b, 1, 8000, 1 << 24);
    for (int i = 0; i < (VOICE_SECONDS_MAX + 1) * VOICE_RATE / 4; i++) buf_add(&b, "\0\0\0\0\0\0\0\0", 8);
    CHECK_EQ(voice_from_wav(buf_str(&b), &samples, &n), HX_E_LIMIT);
    free(samples);
    buf_free(&b);
}

static void test_g711_is_near_what_went_in(void **state)
{
    (void)state;
    CHECK_EQ(g711_alaw(0), 0xd5); /* the silence of each law on the line */
    CHECK_EQ(g711_ulaw(0), 0xff);
    CHECK_EQ(g711_alaw(32767), 0xaa);
    CHECK_EQ(g711_ulaw(32767), 0x80);
    for (int s = -32768; s < 32768; s++) {
        int off_a = g711_from_alaw(g711_alaw((int16_t)s)) - s, off_u = g711_from_ulaw(g711_ulaw((int16_t)s)) - s, size = s < 0 ? -s : s;
        CHECK(off_a * off_a <= (size / 25 + 16) * (size / 25 + 16)); /* half a step: 1/32 of the segment's width */
        CHECK(off_u * off_u <= (size / 25 + 140) * (size / 25 + 140));
    }
}

static void test_a_call_is_described_and_challenged(void **state)
{
    (void)state;
    struct sip_audio a;
    struct buf b;
    buf_init(&b, 4096);
    sip_audio_offer("10.0.0.1", 4000, 7, &b);
    CHECK_EQ(sip_audio_read(buf_str(&b), &a), HX_OK); /* our own offer can be read */
    CHECK(strcmp(a.host, "10.0.0.1") == 0 && a.port == 4000 && a.law == SIP_AUDIO_ALAW && a.event == SIP_AUDIO_EVENT);
    CHECK_EQ(sip_audio_read(STR("v=0\r\nc=IN IP4 1.1.1.1\r\nm=video 9 RTP/AVP 96\r\nc=IN IP4 3.3.3.3\r\na=rtpmap:96 telephone-event/8000\r\nm=audio 5004 RTP/AVP 18 0 8 97\r\nc=IN IP4 2.2.2.2/127\r\na=rtpmap:97 telephone-event/8000\r\n"), &a), HX_OK);
    CHECK(strcmp(a.host, "2.2.2.2") == 0 && a.port == 5004 && a.law == SIP_AUDIO_ULAW && a.event == 97);
    CHECK_EQ(sip_audio_read(STR("v=0\nc=IN IP4 1.1.1.1\nm=audio 5004 RTP/AVP 18\n"), &a), HX_E_INVALID); /* no G.711 */
    CHECK_EQ(sip_audio_read(STR("v=0\nm=audio 5004 RTP/AVP 8\n"), &a), HX_E_INVALID);
    CHECK_EQ(sip_audio_read(STR("v=0\nc=IN IP4 1.1.1.1\nm=audio 0 RTP/AVP 8\n"), &a), HX_E_INVALID); /* refused */
    static struct sip_message m;
    CHECK_EQ(sip_parse(STR("SIP/2.0 407 Proxy Authentication Required\r\nVia: SIP/2.0/UDP 1.1.1.1;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n"
                           "Record-Route: <sip:p1;lr>\r\nRecord-Route: <sip:p2;lr>\r\nProxy-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5, qop=\"auth-int,auth\"\r\nContent-Length: 0\r\n\r\n"), "1.1.1.1", 5060, &m), HX_OK);
    CHECK(m.proxy && m.digest.there && strcmp(m.digest.qop, "auth-int,auth") == 0);
    assert_string_equal(m.routes, "Route: <sip:p2;lr>\r\nRoute: <sip:p1;lr>\r\n");
    buf_clear(&b);
    sip_authorize(&m.digest, m.proxy, "INVITE", "sip:c@d", "Mufasa", "Circle", "0a4f", &b);
    /* MD5 by hand: printf %s "$(printf Mufasa:r:Circle | md5sum | cut -c-32):n:00000001:0a4f:auth:$(printf INVITE:sip:c@d | md5sum | cut -c-32)" | md5sum */
    CHECK(str_starts(buf_str(&b), STR("Proxy-Authorization: Digest username=\"Mufasa\",realm=\"r\",nonce=\"n\",uri=\"sip:c@d\",response=\"7959a8b13a3560caac5a40db92bcedb8\",algorithm=MD5,qop=auth,nc=00000001,cnonce=\"0a4f\"\r\n")));
    buf_free(&b);
}

/* RFC 8291 section 5 and appendix A. */
static void test_a_push_is_that_of_the_rfc(void **state)
{
    (void)state;
    static const char want[] = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
    struct push_keys keys;
    uint8_t ours[32 + PUSH_POINT_BYTES], salt[16];
    char got[400];
    struct buf out;
    CHECK(push_keys_read(STR("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"), STR("BTBZMqHH6r4Tts7J_aSIgg"), &keys));
    CHECK_EQ(base64url_decode(STR("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), ours, 32), 32);
    CHECK_EQ(base64url_decode(STR("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"), ours + 32, PUSH_POINT_BYTES), PUSH_POINT_BYTES);
    CHECK_EQ(base64url_decode(STR("DGv6ra1nlYgDCS1FRnbzlw"), salt, 16), 16);
    BIGNUM *secret = BN_bin2bn(ours, 32, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    CHECK(OSSL_PARAM_BLD_push_utf8_string(build, "group", "P-256", 0) && OSSL_PARAM_BLD_push_BN(build, "priv", secret) && OSSL_PARAM_BLD_push_octet_string(build, "pub", ours + 32, PUSH_POINT_BYTES));
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    CHECK(EVP_PKEY_fromdata_init(c) == 1 && EVP_PKEY_fromdata(c, &key, EVP_PKEY_KEYPAIR, params) == 1);
    buf_init(&out, 4096);
    CHECK_EQ(push_encrypt_with(&keys, key, salt, STR("When I grow up, I want to be a watermelon"), &out), HX_OK);
    base64url_encode(out.at, out.len, got);
    CHECK_STR(got, want);
    buf_clear(&out);
    keys.point[40] ^= 1; /* not on the curve */
    CHECK_EQ(push_encrypt(&keys, STR("x"), &out), HX_E_INVALID);
    CHECK(!push_keys_read(STR("BCVxsr7N"), STR("BTBZMqHH6r4Tts7J_aSIgg"), &keys));
    CHECK_EQ(push_vapid(key, "https://push.example/x", "mailto:a@b\"", 1, &out), HX_E_INVALID);
    CHECK_EQ(push_vapid(key, "https://push.example:444/x", "mailto:a@b", 1767355205, &out), HX_OK);
    CHECK(str_starts(buf_str(&out), STR("Authorization: vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZTo0NDQiLCJleHAiOjE3NjczNTUyMDUsInN1YiI6Im1haWx0bzphQGIifQ.")));
    buf_free(&out);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(c);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_a_value_is_escaped_for_where_it_stands), TEST(test_a_mail_is_what_the_rfcs_want),
                                       TEST(test_speech_becomes_samples_of_a_telephone), TEST(test_g711_is_near_what_went_in), TEST(test_a_call_is_described_and_challenged), TEST(test_a_push_is_that_of_the_rfc)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
