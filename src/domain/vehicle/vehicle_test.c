/* Each rule of a vehicle fires when it should, once, and ends; the track log keeps whole records only. */
#include "base/check.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/datadir_fixture.h"
#include "base/clock.h"
#include "domain/vehicle/vehicle.h"

static struct vehicle_spot path[] = {{105.00, 25.0}, {105.05, 25.0}};
static struct vehicle_spot stops[] = {{105.00, 25.0}, {105.05, 25.0}};

static struct vehicle_state riding(void)
{
    return (struct vehicle_state){.capacity = 20, .aboard = 8, .running = true, .path = path, .path_count = 2, .stops = stops, .stop_count = 2, .corridor_m = 100, .limit_kmh = 60};
}

static int64_t now_s = 1795482000; /* 09:00 local */

static int drive(struct vehicle_state *v, int after_s, double lon, double lat, double kmh, unsigned flags, enum vehicle_rule rule)
{
    struct vehicle_finding found[FINDINGS_MAX];
    now_s += after_s;
    struct track_point p = {.at_s = (uint32_t)now_s, .received_s = (uint32_t)now_s, .lon_e6 = (int32_t)lround(lon * 1e6), .lat_e6 = (int32_t)lround(lat * 1e6), .speed_kmh10 = (uint16_t)lround(kmh * 10),
                            .flags = (uint16_t)(flags | TRACK_POSITIONED)};
    int n = vehicle_point(v, &p, found), what = 0;
    for (int i = 0; i < n; i++)
        if (found[i].rule == rule) what = found[i].over ? -1 : 1;
    return what;
}

static int wait_for(struct vehicle_state *v, int seconds, enum vehicle_rule rule)
{
    struct vehicle_finding found[FINDINGS_MAX];
    now_s += seconds;
    int n = vehicle_tick(v, now_s, found), what = 0;
    for (int i = 0; i < n; i++)
        if (found[i].rule == rule) what = found[i].over ? -1 : 1;
    return what;
}

static void test_three_fast_points_are_overspeed_one_is_not(void **state)
{
    (void)state;
    struct vehicle_state v = riding();
    CHECK_EQ(drive(&v, 10, 105.01, 25, 80, TRACK_ACC, VEHICLE_OVERSPEED), 0);
    CHECK_EQ(drive(&v, 10, 105.01, 25, 60, TRACK_ACC, VEHICLE_OVERSPEED), 0);
    CHECK_EQ(drive(&v, 10, 105.01, 25, 80, TRACK_ACC, VEHICLE_OVERSPEED), 0);
    CHECK_EQ(drive(&v, 10, 105.01, 25, 80, TRACK_ACC, VEHICLE_OVERSPEED), 0);
    CHECK_EQ(drive(&v, 10, 105.01, 25, 80, TRACK_ACC, VEHICLE_OVERSPEED), 1);
    CHECK_EQ(drive(&v, 10, 105.01, 25, 80, TRACK_ACC, VEHICLE_OVERSPEED), 0);
    for (int i = 0; i < 2; i++) CHECK_EQ(drive(&v, 10, 105.01, 25, 40, TRACK_ACC, VEHICLE_OVERSPEED), 0);
    CHECK_EQ(drive(&v, 10, 105.01, 25, 40, TRACK_ACC, VEHICLE_OVERSPEED), -1);
}

static void test_thirty_seconds_beside_the_corridor_are_off_route(void **state)
{
    (void)state;
    struct vehicle_state v = riding();
    CHECK_EQ(drive(&v, 10, 105.01, 25.0008, 30, TRACK_ACC, VEHICLE_OFF_ROUTE), 0); /* 89 m */
    CHECK_EQ(drive(&v, 10, 105.01, 25.0030, 30, TRACK_ACC, VEHICLE_OFF_ROUTE), 0);
    CHECK_EQ(drive(&v, 20, 105.01, 25.0030, 30, TRACK_ACC, VEHICLE_OFF_ROUTE), 0);
    CHECK_EQ(drive(&v, 10, 105.01, 25.0030, 30, TRACK_ACC, VEHICLE_OFF_ROUTE), 1);
    CHECK_EQ(drive(&v, 10, 105.01, 25.00085, 30, TRACK_ACC, VEHICLE_OFF_ROUTE), 0); /* inside, but too near the edge to be over */
    CHECK_EQ(drive(&v, 10, 105.01, 25.0002, 30, TRACK_ACC, VEHICLE_OFF_ROUTE), -1);
    CHECK(fabs(vehicle_off_path_m(path, 2, 105.06, 25.0) - 1008) < 5);
}

static void test_a_stop_with_pupils_is_only_planned_at_stops(void **state)
{
    (void)state;
    struct vehicle_state v = riding();
    for (int i = 0; i < 25; i++) CHECK_EQ(drive(&v, 10, 105.0502, 25, 0, TRACK_ACC, VEHICLE_STOPPED), 0);
    CHECK_EQ(drive(&v, 10, 105.02, 25, 0, TRACK_ACC, VEHICLE_STOPPED), 0);
    CHECK_EQ(drive(&v, 170, 105.02, 25, 0, TRACK_ACC, VEHICLE_STOPPED), 0);
    CHECK_EQ(drive(&v, 20, 105.02, 25, 0, TRACK_ACC, VEHICLE_STOPPED), 1);
    CHECK_EQ(drive(&v, 10, 105.02, 25, 20, TRACK_ACC, VEHICLE_STOPPED), -1);
}

static void test_a_child_left_is_found_a_minute_after_the_engine_stops(void **state)
{
    (void)state;
    struct vehicle_state v = riding();
    struct vehicle_finding found[FINDINGS_MAX];
    drive(&v, 10, 105.05, 25, 0, TRACK_ACC, VEHICLE_CHILD_LEFT);
    drive(&v, 10, 105.05, 25, 0, 0, VEHICLE_CHILD_LEFT);
    CHECK_EQ(wait_for(&v, 55, VEHICLE_CHILD_LEFT), 0);
    CHECK_EQ(wait_for(&v, 10, VEHICLE_CHILD_LEFT), 1);
    CHECK_EQ(wait_for(&v, 10, VEHICLE_CHILD_LEFT), 0);
    v.aboard = 0;
    CHECK(vehicle_counted(&v, found) >= 1 && found[0].over);
    CHECK_EQ(wait_for(&v, 60, VEHICLE_NO_CHECK), 0);
    CHECK_EQ(wait_for(&v, 60, VEHICLE_NO_CHECK), 1);
    v.checked = true;
    CHECK_EQ(vehicle_counted(&v, found), 1);
    CHECK(found[0].rule == VEHICLE_NO_CHECK && found[0].over);
}

static void test_belts_and_the_drivers_card_are_missed_after_a_minute_on_the_way(void **state)
{
    (void)state;
    struct vehicle_state v = riding();
    struct vehicle_finding found[FINDINGS_MAX];
    CHECK_EQ(drive(&v, 10, 105.01, 25, 30, TRACK_ACC, VEHICLE_BELTS), 0);
    CHECK_EQ(drive(&v, 40, 105.01, 25, 0, TRACK_ACC, VEHICLE_BELTS), 0); /* at a light: it begins again */
    CHECK_EQ(drive(&v, 10, 105.01, 25, 30, TRACK_ACC, VEHICLE_BELTS), 0);
    CHECK_EQ(drive(&v, 55, 105.02, 25, 30, TRACK_ACC, VEHICLE_BELTS), 0);
    CHECK_EQ(drive(&v, 10, 105.02, 25, 30, TRACK_ACC, VEHICLE_BELTS), 1);
    CHECK_EQ(drive(&v, 10, 105.02, 25, 0, TRACK_ACC, VEHICLE_BELTS), 0); /* a stop fastens nothing */
    v.belted = true;
    CHECK_EQ(vehicle_counted(&v, found), 1);
    CHECK(found[0].rule == VEHICLE_BELTS && found[0].over);
    CHECK_EQ(drive(&v, 70, 105.03, 25, 30, TRACK_ACC, VEHICLE_DRIVER), 0); /* a terminal without a card reader tells of no driver */
    v.card_reader = true;
    CHECK_EQ(drive(&v, 10, 105.03, 25, 30, TRACK_ACC, VEHICLE_DRIVER), 0);
    CHECK_EQ(drive(&v, 60, 105.03, 25, 30, TRACK_ACC, VEHICLE_DRIVER), 1);
    v.driver_in = true;
    CHECK_EQ(drive(&v, 10, 105.03, 25, 30, TRACK_ACC, VEHICLE_DRIVER), -1);
}

static void test_heads_that_came_are_compared_with_those_expected_once_the_first_leaves(void **state)
{
    (void)state;
    struct vehicle_state v = riding();
    struct vehicle_finding found[FINDINGS_MAX];
    v.boarded = v.aboard = 8, v.roster = 9;
    CHECK_EQ(vehicle_counted(&v, found), 0);
    v.alighted = 1, v.aboard = 7;
    CHECK_EQ(vehicle_counted(&v, found), 1);
    CHECK(found[0].rule == VEHICLE_ROSTER && !found[0].over && found[0].value == -1);
    v.boarded = 9, v.aboard = 8;
    CHECK_EQ(vehicle_counted(&v, found), 1);
    CHECK(found[0].over);
}

static void test_the_limit_is_that_of_the_road(void **state)
{
    (void)state;
    static struct vehicle_spot way[] = {{105.00, 25.0}, {105.02, 25.0}, {105.04, 25.0}, {105.05, 25.0}};
    static struct vehicle_road roads[] = {{1, 80}, {2, 20}};
    struct vehicle_state v = riding();
    v.path = way, v.path_count = 4, v.roads = roads, v.road_count = 2;
    for (int i = 0; i < 4; i++) CHECK_EQ(drive(&v, 10, 105.03, 25, 78, TRACK_ACC, VEHICLE_OVERSPEED), 0); /* a motorway */
    for (int i = 0; i < 2; i++) CHECK_EQ(drive(&v, 10, 105.045, 25, 30, TRACK_ACC, VEHICLE_OVERSPEED), 0);
    CHECK_EQ(drive(&v, 10, 105.045, 25, 30, TRACK_ACC, VEHICLE_OVERSPEED), 1); /* a steep way */
    for (int i = 0; i < 2; i++) CHECK_EQ(drive(&v, 10, 105.01, 25, 62, TRACK_ACC, VEHICLE_OVERSPEED), 0);
    CHECK_EQ(drive(&v, 10, 105.01, 25, 62, TRACK_ACC, VEHICLE_OVERSPEED), -1); /* within a tenth of the route's own */
    v.running = false;
    for (int i = 0; i < 2; i++) CHECK_EQ(drive(&v, 10, 105.01, 25, 95, TRACK_ACC, VEHICLE_OVERSPEED), 0);
    CHECK_EQ(drive(&v, 10, 105.01, 25, 95, TRACK_ACC, VEHICLE_OVERSPEED), 1); /* also without pupils */
    CHECK(bus_road_kmh("motorway") == 80 && bus_road_kmh("steep") == 20 && bus_road_kmh("sea") == 0);
}

static void test_a_tired_driver_is_told_by_the_terminal(void **state)
{
    (void)state;
    struct vehicle_state v = riding();
    struct vehicle_finding found[FINDINGS_MAX];
    now_s++;
    struct track_point p = {.at_s = (uint32_t)now_s, .received_s = (uint32_t)now_s, .flags = TRACK_ACC, .alarm = TERMINAL_FATIGUE};
    CHECK_EQ(vehicle_point(&v, &p, found), 1);
    CHECK(found[0].rule == VEHICLE_FATIGUE && !found[0].over);
    p.at_s++, p.alarm = TERMINAL_TOO_LONG;
    CHECK_EQ(vehicle_point(&v, &p, found), 0);
    p.at_s++, p.alarm = 0;
    CHECK_EQ(vehicle_point(&v, &p, found), 1);
    CHECK(found[0].over);
}

static void test_doors_heads_silence_and_night(void **state)
{
    (void)state;
    struct vehicle_state v = riding();
    struct vehicle_finding found[FINDINGS_MAX];
    CHECK_EQ(drive(&v, 10, 105.01, 25, 3, TRACK_ACC | TRACK_DOOR_OPEN, VEHICLE_DOOR_OPEN), 0);
    CHECK_EQ(drive(&v, 10, 105.01, 25, 20, TRACK_ACC | TRACK_DOOR_OPEN, VEHICLE_DOOR_OPEN), 1);
    CHECK_EQ(drive(&v, 10, 105.01, 25, 20, TRACK_ACC, VEHICLE_DOOR_OPEN), -1);
    v.aboard = 21;
    CHECK_EQ(vehicle_counted(&v, found), 1);
    CHECK(found[0].rule == VEHICLE_OVERLOAD && !found[0].over);
    CHECK_EQ(wait_for(&v, 119, VEHICLE_SILENT), 0);
    CHECK_EQ(wait_for(&v, 2, VEHICLE_SILENT), 1);
    CHECK_EQ(drive(&v, 5, 105.01, 25, 20, TRACK_ACC, VEHICLE_SILENT), -1);
    v.running = false;
    now_s += 13 * 3600; /* 22:00 */
    CHECK_EQ(drive(&v, 5, 105.01, 25, 20, TRACK_ACC, VEHICLE_OFF_HOURS), 1);
}

static void test_gcj02_is_undone_to_a_metre(void **state)
{
    (void)state;
    double lon = 104.912385, lat = 25.088340; /* Xingyi; the shift of China is a few hundred metres everywhere */
    double before_lon = lon, before_lat = lat;
    terminal_unshift(&lon, &lat);
    double east = (before_lon - lon) * 100600, north = (before_lat - lat) * 110900;
    CHECK(hypot(east, north) > 200 && hypot(east, north) < 700);
    double abroad_lon = 10, abroad_lat = 50;
    terminal_unshift(&abroad_lon, &abroad_lat);
    CHECK(abroad_lon == 10 && abroad_lat == 50);
}

/* ---- the track log ---- */

static int answered;
static void stored(enum hx_err e, void *arg)
{
    (void)arg;
    answered += e == HX_OK;
}

static void keep(uint32_t vehicle, int count, int64_t from_s)
{
    struct track *t;
    struct track_point p[64] = {{0}};
    for (int i = 0; i < count; i++) p[i] = (struct track_point){.vehicle = vehicle, .at_s = (uint32_t)(from_s + i), .lon_e6 = 105000000 + i};
    CHECK_EQ(track_open(d.app.loop, dir, &t), HX_OK);
    CHECK_EQ(track_append(t, p, (size_t)count, stored, NULL), HX_OK);
    track_close(t);
}

static void test_points_come_back_and_a_torn_one_does_not(void **state)
{
    (void)state;
    struct track_point out[128];
    char file[256], today[CLOCK_DATE_MAX];
    int64_t now = clock_utc_ms() / 1000 - 100;
    keep(7, 20, now);
    CHECK_EQ(answered, 1);
    keep(8, 5, now);
    CHECK_EQ(track_read(dir, 7, now, now + 50, out, 128), 20);
    CHECK_EQ(track_read(dir, 7, now + 5, now + 9, out, 128), 5);
    CHECK_EQ(out[0].lon_e6, 105000005);
    CHECK_EQ(track_read(dir, 9, now, now + 50, out, 128), 0);
    /* A power cut in the middle of a record, and one in the middle of a write of several. */
    snprintf(file, sizeof file, "%s/tracks/%s.trk", dir, clock_local_date(clock_utc_ms(), today));
    int fd = open(file, O_WRONLY);
    CHECK(fd >= 0);
    CHECK_EQ(pwrite(fd, "\xFF\xFF", 2, 24 * 36 + 10), 2);
    CHECK_EQ(pwrite(fd, "torn", 4, 25 * 36), 4);
    close(fd);
    keep(8, 5, now + 60);
    CHECK_EQ(track_read(dir, 7, now, now + 50, out, 128), 20);
    CHECK_EQ(track_read(dir, 8, now, now + 50, out, 128), 4);
    CHECK_EQ(track_read(dir, 8, now + 60, now + 70, out, 128), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_three_fast_points_are_overspeed_one_is_not), TEST(test_thirty_seconds_beside_the_corridor_are_off_route), TEST(test_a_stop_with_pupils_is_only_planned_at_stops),
        TEST(test_a_child_left_is_found_a_minute_after_the_engine_stops), TEST(test_belts_and_the_drivers_card_are_missed_after_a_minute_on_the_way), TEST(test_heads_that_came_are_compared_with_those_expected_once_the_first_leaves),
        TEST(test_the_limit_is_that_of_the_road), TEST(test_a_tired_driver_is_told_by_the_terminal), TEST(test_doors_heads_silence_and_night), TEST(test_gcj02_is_undone_to_a_metre),
        TEST(test_points_come_back_and_a_torn_one_does_not),
    };
    return cmocka_run_group_tests(tests, open_dir, close_dir);
}
