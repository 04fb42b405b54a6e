/* ONVIF as devices write it: profiles of both media services, events, faults, addresses behind NAT, hostile text. */
#include "base/check.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/onvif/onvif_probe.h"
#include "proto/onvif/onvif_soap.h"

static struct xml vector(const char *name)
{
    char path[400], text[16384];
    struct xml x;
    snprintf(path, sizeof path, ONVIF_VECTORS "/%s.xml", name);
    FILE *f = fopen(path, "r");
    CHECK(f != NULL);
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    CHECK_EQ(onvif_parse((struct str){text, n}, &x), HX_OK);
    return x;
}

static void test_profiles_become_channels(void **state)
{
    (void)state;
    struct onvif_channel c[4];
    struct xml x = vector("profiles_media1");
    CHECK_EQ(onvif_channels(&x, c, 4), 1);
    CHECK(strcmp(c[0].source, "VideoSource_1") == 0 && strcmp(c[0].main, "Profile_1") == 0 && strcmp(c[0].sub, "Profile_2") == 0 && strcmp(c[0].ptz, "Profile_1") == 0 && strcmp(c[0].config, "VideoSourceToken") == 0);
    xml_free(&x);
    x = vector("profiles_media2");
    CHECK_EQ(onvif_channels(&x, c, 4), 2);
    CHECK(strcmp(c[0].name, "东门") == 0 && strcmp(c[0].main, "p1m") == 0 && strcmp(c[0].sub, "p1s") == 0 && c[0].ptz[0] == 0); /* whatever comes first */
    CHECK(strcmp(c[1].main, "p2m") == 0 && c[1].sub[0] == 0 && strcmp(c[1].ptz, "p2m") == 0);
    CHECK_EQ(onvif_channels(&x, c, 1), 1);
    xml_free(&x);
}

static void test_events_say_what_began(void **state)
{
    (void)state;
    struct onvif_notice n[8];
    struct xml x = vector("events");
    CHECK_EQ(onvif_notices(&x, n, 8), 5);
    CHECK(n[0].initial && !n[0].active && strcmp(n[0].code, "motion") == 0);
    CHECK(!n[1].initial && n[1].active && n[1].severity == 0 && n[1].at == 1795734003250 && strcmp(n[1].source, "VideoSourceToken") == 0);
    CHECK(n[2].active && strcmp(n[2].code, "line") == 0 && n[2].severity == 2); /* it has no state: it happened */
    CHECK(n[3].active && strcmp(n[3].code, "input") == 0 && strcmp(n[3].input, "DI_1") == 0);
    CHECK(!n[4].active && strcmp(n[4].code, "tamper") == 0 && strcmp(n[4].source, "VideoSource_1") == 0);
    CHECK_EQ(onvif_notices(&x, n, 2), 2);
    xml_free(&x);
}

static void test_addresses_lead_to_where_we_dialled(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"http://192.168.1.64/onvif/Media", "218.86.1.2:8081", "http://218.86.1.2:8081/onvif/Media"},
        {"http://10.1.2.3:8000/onvif/events", "10.1.2.3", "http://10.1.2.3:8000/onvif/events"}, /* another port of the same host */
        {"http://192.168.1.64:80/onvif", "cam.school.cn", "http://cam.school.cn/onvif"},
        {"rtsp://192.168.1.64:554/Streaming/Channels/101?a=b", "218.86.1.2:8081", "rtsp://218.86.1.2:554/Streaming/Channels/101?a=b"},
        {"rtsp://192.168.1.64/x", "218.86.1.2:8081", "rtsp://218.86.1.2/x"},
        {"http://[fe80::1]:80/x", "[fe80::2]:8080", "http://[fe80::2]:8080/x"},
        {"", "10.1.2.3", ""}, {"nonsense", "10.1.2.3", ""},
    };
    char out[ONVIF_URL_MAX];
    for (size_t i = 0; i < HX_COUNT(cases); i++) {
        onvif_localize(cases[i][0], cases[i][1], out);
        CHECK(strcmp(out, cases[i][2]) == 0);
    }
}

static void test_a_request_carries_a_digest_of_the_device_s_time(void **state)
{
    (void)state;
    const struct onvif_auth auth = {.login = "a<b&\"c", .password = "密码", .device_ms = 1795734003250, .nonce = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    struct buf b, plain;
    struct xml x;
    uint8_t sum[SHA_DIGEST_LENGTH];
    char want[32];
    buf_init(&b, 16384);
    buf_init(&plain, 200);
    onvif_request(&auth, "http://h/e", "urn:act", "<Get/>", &b);
    CHECK_EQ(onvif_parse(buf_str(&b), &x), HX_OK);
    int header = xml_child(&x, 0, "Header"), token = xml_next(&x, header, header, "UsernameToken");
    CHECK(strcmp(xml_text(&x, token, "Username"), "a<b&\"c") == 0);
    CHECK(strcmp(xml_text(&x, header, "Action"), "urn:act") == 0 && strcmp(xml_text(&x, header, "To"), "http://h/e") == 0);
    buf_add(&plain, auth.nonce, 16);
    buf_add_z(&plain, xml_text(&x, token, "Created"));
    buf_add_z(&plain, "密码");
    SHA1((const uint8_t *)plain.at, plain.len, sum);
    EVP_EncodeBlock((uint8_t *)want, sum, sizeof sum);
    CHECK(strcmp(xml_text(&x, token, "Password"), want) == 0);
    CHECK(strstr(b.at, "密码") == NULL);
    xml_free(&x);
    buf_clear(&b);
    onvif_request(&(struct onvif_auth){.login = "", .password = ""}, NULL, NULL, "<Get/>", &b);
    CHECK(strstr(b.at, "Security") == NULL);
    buf_free(&b);
    buf_free(&plain);
}

static void test_faults_and_hostile_text(void **state)
{
    (void)state;
    struct xml x;
    char why[96];
    bool login;
    CHECK_EQ(onvif_parse(STR("<e:Envelope xmlns:e='x'><e:Body><e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>ter:NotAuthorized</e:Value></e:Subcode></e:Code><e:Reason><e:Text>Sender not Authorized</e:Text></e:Reason></e:Fault></e:Body></e:Envelope>"), &x), HX_OK);
    CHECK(onvif_fault(&x, why, sizeof why, &login) && login && strcmp(why, "Sender not Authorized") == 0);
    xml_free(&x);
    static const char bomb[] = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;\">]><a>&c;</a>";
    CHECK_EQ(onvif_parse(str_of(bomb), &x), HX_E_LIMIT);
    CHECK_EQ(onvif_parse(STR("<a><b></a>"), &x), HX_E_MALFORMED);
    CHECK_EQ(onvif_parse(STR("   "), &x), HX_E_MALFORMED);
    struct buf deep;
    buf_init(&deep, 100000);
    for (int i = 0; i < 60; i++) buf_add_z(&deep, "<a>");
    for (int i = 0; i < 60; i++) buf_add_z(&deep, "</a>");
    CHECK_EQ(onvif_parse(buf_str(&deep), &x), HX_E_LIMIT);
    buf_clear(&deep);
    buf_add_z(&deep, "<a>");
    for (int i = 0; i < ONVIF_NODES_MAX + 5 && !deep.full; i++) buf_add_z(&deep, "<b/>");
    buf_add_z(&deep, "</a>");
    CHECK(onvif_parse(buf_str(&deep), &x) != HX_OK);
    buf_free(&deep);
    CHECK_EQ(onvif_parse(STR("<E><Body><R><T><UTCDateTime><Time><Hour>23</Hour><Minute>0</Minute><Second>5</Second></Time><Date><Year>2026</Year><Month>11</Month><Day>26</Day></Date></UTCDateTime></T></R></Body></E>"), &x), HX_OK);
    CHECK_EQ(onvif_time(&x), 1795734005000);
    xml_free(&x);
}

static void test_who_answers_a_probe(void **state)
{
    (void)state;
    struct onvif_match m[4];
    struct xml x;
    struct buf b;
    const char *id = "11111111-2222-4333-8444-555555555555";
    static const char answer[] = "<?xml version=\"1.0\"?><e:Envelope xmlns:e=\"x\"><e:Header><w:RelatesTo xmlns:w=\"y\">urn:uuid:11111111-2222-4333-8444-555555555555</w:RelatesTo></e:Header><e:Body><d:ProbeMatches xmlns:d=\"z\"><d:ProbeMatch>"
                                 "<d:Scopes>onvif://www.onvif.org/location/country/china onvif://www.onvif.org/name/%E6%B5%B7%E5%BA%B7%20NVR onvif://www.onvif.org/hardware/DS-7608</d:Scopes>"
                                 "<d:XAddrs>https://10.0.0.8/onvif http://[fe80::1]:8000/onvif http://10.0.0.8:8000/onvif/device_service</d:XAddrs></d:ProbeMatch>"
                                 "<d:ProbeMatch><d:XAddrs>ftp://10.0.0.9/</d:XAddrs></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>";
    CHECK_EQ(onvif_parse(str_of(answer), &x), HX_OK);
    CHECK_EQ(onvif_probe_matches(&x, id, m, 4), 1);
    CHECK_EQ(m[0].port, 8000);
    assert_string_equal(m[0].name, "海康 NVR");
    assert_string_equal(m[0].hardware, "DS-7608");
    CHECK_EQ(onvif_probe_matches(&x, "99999999-2222-4333-8444-555555555555", m, 4), 0); /* an answer to somebody else */
    xml_free(&x);
    buf_init(&b, 4096);
    onvif_probe(id, &b);
    CHECK_EQ(onvif_parse(buf_str(&b), &x), HX_OK);
    CHECK(strstr(xml_text(&x, 0, "Header/MessageID"), id) != NULL && xml_next(&x, 0, 0, "Probe") >= 0);
    CHECK_EQ(onvif_probe_matches(&x, id, m, 4), 0);
    xml_free(&x);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_who_answers_a_probe), TEST(test_profiles_become_channels), TEST(test_events_say_what_began), TEST(test_addresses_lead_to_where_we_dialled), TEST(test_a_request_carries_a_digest_of_the_device_s_time), TEST(test_faults_and_hostile_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
