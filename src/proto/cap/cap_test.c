#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "proto/cap/cap.h"

static struct cap_alert alert, again;
static char why[200];

static char *read_vector(size_t *bytes)
{
    FILE *f = fopen(CAP_VECTOR, "r");
    CHECK(f != NULL);
    char *text = calloc(1, 65536);
    *bytes = fread(text, 1, 65535, f);
    fclose(f);
    return text;
}

static void test_the_chinese_info_is_taken_whole(void **state)
{
    (void)state;
    size_t n;
    char *text = read_vector(&n);
    int64_t expires;
    CHECK_EQ(cap_parse((struct str){text, n}, &alert, why, sizeof why), HX_OK);
    CHECK(clock_parse(STR("2026-07-01T06:00:00Z"), &expires));
    CHECK(strcmp(alert.event, "暴雨") == 0 && alert.severity == CAP_EXTREME && alert.status == CAP_ACTUAL && alert.type == CAP_ALERT);
    CHECK(strcmp(alert.area, "贞丰县") == 0 && strcmp(alert.headline, "贞丰县气象台发布暴雨红色预警信号") == 0);
    CHECK_EQ(alert.expires, expires);
    CHECK_EQ(alert.ring_count, 1);
    CHECK_EQ(alert.rings[0].count, 5);
    CHECK_EQ(alert.circle_count, 1);
    CHECK_EQ(alert.geocode_count, 1); /* not that of the English one */
    free(text);
}

static void test_a_place_lies_in_polygon_circle_or_code(void **state)
{
    (void)state;
    CHECK(cap_covers(&alert, 105.65, 25.39, "522325"));
    CHECK(!cap_covers(&alert, 105.95, 25.39, "522325"));
    CHECK(cap_covers(&alert, 104.92, 25.10, "522301"));
    CHECK(!cap_covers(&alert, 104.99, 25.10, "522301"));
    CHECK(cap_covers(&alert, 100, 20, "522328"));
    CHECK(!cap_covers(&alert, 100, 20, "522327"));
    struct cap_alert wide = {.geocode_count = 1};
    snprintf(wide.geocodes[0].value, sizeof wide.geocodes[0].value, "522300");
    CHECK(cap_covers(&wide, 0, 0, "522327") && !cap_covers(&wide, 0, 0, "522401"));
    snprintf(wide.geocodes[0].value, sizeof wide.geocodes[0].value, "520000");
    CHECK(cap_covers(&wide, 0, 0, "522401") && !cap_covers(&wide, 0, 0, "530000"));
    snprintf(wide.geocodes[0].value, sizeof wide.geocodes[0].value, "SAME-52");
    CHECK(!cap_covers(&wide, 0, 0, "522401"));
}

static void test_what_is_written_is_read_back(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1 << 20);
    snprintf(alert.description, sizeof alert.description, "a < b & \"c\" > d\n第二行");
    alert.restricted = true;
    snprintf(alert.restriction, sizeof alert.restriction, "police and education");
    cap_write(&alert, &out);
    CHECK_EQ(cap_parse(buf_str(&out), &again, why, sizeof why), HX_OK);
    CHECK(strcmp(again.description, alert.description) == 0 && strcmp(again.identifier, alert.identifier) == 0 && again.restricted);
    CHECK_EQ(again.sent, alert.sent);
    CHECK_EQ(again.expires, alert.expires);
    CHECK_EQ(again.ring_count, alert.ring_count);
    CHECK(cap_covers(&again, 105.65, 25.39, "522325") && !cap_covers(&again, 105.95, 25.39, "522325"));
    buf_free(&out);
}

#define HEAD "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>a</identifier><sender>b</sender><sent>2026-07-01T08:00:00+08:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>"
#define INFO "<info><language>zh-CN</language><event>x</event><severity>Minor</severity>"

static void test_what_is_wrong_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } wrong[] = {
        {"", "line 1: no element found"}, {"<html></html>", "the root is html"}, {"<alert><identifier>", "line 1: no element found"},
        {"<!DOCTYPE a [<!ENTITY b \"c\">]><alert/>", "a CAP alert has no document type"}, {"<alert/>", "the element identifier is missing"},
        {HEAD "</alert>", "the element info is missing"}, {HEAD "<info><event>x</event></info></alert>", "the element severity is missing"},
        {"<alert><status>Perhaps</status></alert>", "status may not be \"Perhaps\""}, {"<alert><sent>yesterday</sent></alert>", "sent is no time"},
        {HEAD INFO "<area><areaDesc>a</areaDesc><polygon>1,2 3,4</polygon></area></info></alert>", "a polygon has at least 4 points"},
        {HEAD INFO "<area><polygon>1,2 3,4 5,6 north</polygon></area></info></alert>", "polygon: \"north\" is no latitude,longitude"},
        {HEAD INFO "<area><polygon>91,2 3,4 5,6 91,2</polygon></area></info></alert>", "polygon: \"91,2\" is no latitude"}, {HEAD INFO "<area><circle>1,2</circle></area></info></alert>", "a circle is written"},
    };
    for (size_t i = 0; i < HX_COUNT(wrong); i++) {
        CHECK_EQ(cap_parse(str_of(wrong[i].text), &again, why, sizeof why), HX_E_MALFORMED);
        if (strncmp(why, wrong[i].why, strlen(wrong[i].why)) != 0) fprintf(stderr, "%s\nsays %s, want %s\n", wrong[i].text, why, wrong[i].why);
        CHECK(strncmp(why, wrong[i].why, strlen(wrong[i].why)) == 0);
    }
    CHECK_EQ(cap_parse(STR("<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>a</identifier><sender>b</sender><sent>2026-07-01T08:00:00+08:00</sent><status>Actual</status><msgType>Cancel</msgType><scope>Public</scope><references>b,x,2026-07-01T08:00:00+08:00</references></alert>"), &again, why, sizeof why), HX_OK);
}

static void test_too_much_is_a_limit_and_never_cut(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, CAP_BYTES_MAX + 100);
    buf_add_z(&b, HEAD INFO "<area>");
    for (int i = 0; i <= CAP_RINGS_MAX; i++) buf_add_z(&b, "<polygon>1,2 3,4 5,6 1,2</polygon>");
    buf_add_z(&b, "</area></info></alert>");
    CHECK_EQ(cap_parse(buf_str(&b), &again, why, sizeof why), HX_E_LIMIT);
    buf_free(&b);
}

static void test_every_prefix_is_read_without_harm(void **state)
{
    (void)state;
    size_t n;
    char *text = read_vector(&n);
    for (size_t i = 0; i < n; i++) {
        char *part = malloc(i + 1);
        memcpy(part, text, i);
        CHECK(cap_parse((struct str){part, i}, &again, why, sizeof why) != HX_OK);
        free(part);
        if (i + 9 == n) break; /* behind </alert> it is whole */
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_the_chinese_info_is_taken_whole), TEST(test_a_place_lies_in_polygon_circle_or_code), TEST(test_what_is_written_is_read_back), TEST(test_what_is_wrong_is_said),
                                       TEST(test_too_much_is_a_limit_and_never_cut), TEST(test_every_prefix_is_read_without_harm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
