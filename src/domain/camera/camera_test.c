/* Which camera sees a place: the ranking alone. */
#include "base/check.h"

#include "domain/camera/camera_rank.h"

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
    struct camera_aim aim = {.lon = LON, .lat = LAT, .title = ""};
    struct camera_sight north = at(0, 30, 180), away = at(0, 30, 0), east = at(30, 0, 270), far = at(0, 80, 180), side = at(0, 30, 130), edge = at(0, 30, 136), dome = at(0, 30, -1), under = at(1, 1, 0);
    CHECK(camera_sees(&north, &aim) && camera_sees(&east, &aim));
    CHECK(!camera_sees(&away, &aim) && !camera_sees(&far, &aim) && !camera_sees(&side, &aim) && !camera_sees(&dome, &aim));
    CHECK(camera_sees(&edge, &aim)); /* 44 degrees off, of a field of 90 */
    CHECK(camera_sees(&under, &aim)); /* right below it */
}

static void test_seeing_beats_nearness_and_names_beat_both(void **state)
{
    (void)state;
    struct camera_aim aim = {.lon = LON, .lat = LAT, .title = "正门门卫室 一键报警"};
    struct camera_sight looks = at(0, 50, 180), near = at(0, 20, 0), named = at(0, 55, -1), off = at(0, 5, 180), nowhere = at(0, 0, -1);
    named.name = "正门 全景";
    off.on = false;
    nowhere.lon = nowhere.lat = 0;
    CHECK(camera_rank(&looks, &aim) < camera_rank(&near, &aim));
    CHECK(camera_rank(&named, &aim) < camera_rank(&looks, &aim));
    CHECK(camera_rank(&nowhere, &aim) > camera_rank(&near, &aim));
    CHECK(camera_rank(&off, &aim) > camera_rank(&nowhere, &aim)); /* a dark camera is the last choice */
}

/* What happens in a bus is seen by its own cameras first; what happens at a gate by none that rides along. */
static void test_what_rides_along_sees_its_own_vehicle_alone(void **state)
{
    (void)state;
    struct camera_aim bus = {.lon = LON, .lat = LAT, .title = "", .vehicle_id = 7}, gate = {.lon = LON, .lat = LAT, .title = ""};
    struct camera_sight own = at(0, 0, -1), other = own, stands = at(0, 30, 180);
    own.lon = own.lat = 0, own.vehicle_id = 7;
    other.vehicle_id = 8;
    CHECK(camera_may_see(&own, &bus));
    CHECK(!camera_may_see(&other, &bus));
    CHECK(!camera_may_see(&own, &gate));
    CHECK(camera_may_see(&stands, &bus) && camera_may_see(&stands, &gate));
    CHECK(camera_rank(&own, &bus) < camera_rank(&stands, &bus));
    own.on = false; /* its terminal is away */
    CHECK(camera_rank(&own, &bus) > camera_rank(&stands, &bus));
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_a_camera_sees_what_lies_in_its_field), TEST(test_seeing_beats_nearness_and_names_beat_both), TEST(test_what_rides_along_sees_its_own_vehicle_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
