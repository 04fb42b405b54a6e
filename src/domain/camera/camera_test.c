/* Which camera sees a place, and how addresses are read: the pure parts. */
#include "base/check.h"

#include "domain/camera/camera_rank.h"
#include "domain/camera/camera_source.h"

#define LON 105.6
#define LAT 25.4

/* So many metres east and north of the place. */
static struct camera_sight at(double east, double north, int direction)
{
    return (struct camera_sight){.lon = LON + east / (111195.0 * 0.9033), .lat = LAT + north / 111195.0, .direction_deg = direction, .angle_deg = 90, .range_m = 60, .on = true, .name = "", .place = ""};
}

static void test_a_camera_sees_what_lies_in_its_field(void **state)
{
    (void)state;
    struct camera_aim aim = {LON, LAT, ""};
    struct camera_sight north = at(0, 30, 180), away = at(0, 30, 0), east = at(30, 0, 270), far = at(0, 80, 180), side = at(0, 30, 130), edge = at(0, 30, 136), dome = at(0, 30, -1), under = at(1, 1, 0);
    CHECK(camera_sees(&north, &aim) && camera_sees(&east, &aim));
    CHECK(!camera_sees(&away, &aim) && !camera_sees(&far, &aim) && !camera_sees(&side, &aim) && !camera_sees(&dome, &aim));
    CHECK(camera_sees(&edge, &aim)); /* 44 degrees off, of a field of 90 */
    CHECK(camera_sees(&under, &aim)); /* right below it */
}

static void test_seeing_beats_nearness_and_names_beat_both(void **state)
{
    (void)state;
    struct camera_aim aim = {LON, LAT, "正门门卫室 一键报警"};
    struct camera_sight looks = at(0, 50, 180), near = at(0, 20, 0), named = at(0, 55, -1), off = at(0, 5, 180), nowhere = at(0, 0, -1);
    named.name = "正门 全景";
    off.on = false;
    nowhere.lon = nowhere.lat = 0;
    CHECK(camera_rank(&looks, &aim) < camera_rank(&near, &aim));
    CHECK(camera_rank(&named, &aim) < camera_rank(&looks, &aim));
    CHECK(camera_rank(&nowhere, &aim) > camera_rank(&near, &aim));
    CHECK(camera_rank(&off, &aim) > camera_rank(&nowhere, &aim)); /* a dark camera is the last choice */
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
    struct camera_source s;
    char full[200];
    for (size_t i = 0; i < HX_COUNT(good); i++) {
        if (good[i].url == NULL) {
            CHECK(camera_source_read(str_of(good[i].text), "rtsp rtsps", &s) != HX_OK || strchr(s.url, '@') != NULL);
            continue;
        }
        CHECK_EQ(camera_source_read(str_of(good[i].text), "rtsp rtsps", &s), HX_OK);
        CHECK(strcmp(s.url, good[i].url) == 0 && strcmp(s.login, good[i].login) == 0 && strcmp(s.password, good[i].password) == 0);
        CHECK_EQ(camera_source_full(s.url, s.login, s.password, full, sizeof full), HX_OK);
        CHECK(strcmp(full, good[i].full) == 0);
    }
    for (size_t i = 0; i < HX_COUNT(bad); i++) CHECK(camera_source_read(str_of(bad[i]), "rtsp rtsps", &s) != HX_OK);
    char longer[600];
    memset(longer, 'a', sizeof longer);
    memcpy(longer, "rtsp://", 7);
    CHECK(camera_source_read((struct str){longer, sizeof longer}, "rtsp", &s) != HX_OK);
    CHECK_EQ(camera_source_full("rtsp://h/x", "name", "secret", full, 12), HX_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_an_address_gives_its_secret_away_once), TEST(test_a_camera_sees_what_lies_in_its_field), TEST(test_seeing_beats_nearness_and_names_beat_both)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
