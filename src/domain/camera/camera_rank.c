#include "camera_rank.h"

#include <math.h>
#include <string.h>

#include "base/geo.h"

#define LOOKS_M 80.0     /* a camera that looks there is worth so many metres */
#define ELSEWHERE_M 60.0
#define NAMED_M 100.0
#define OFF_M 1e6
#define UNPLACED_M 500.0
#define ABOARD_M 1e5   /* before all that stand */

static double metres(const struct camera_sight *c, const struct camera_aim *a, double *bearing_deg)
{
    double dx = (a->lon - c->lon) * cos(a->lat * M_PI / 180) * GEO_DEGREE_M, dy = (a->lat - c->lat) * GEO_DEGREE_M;
    *bearing_deg = fmod(atan2(dx, dy) * 180 / M_PI + 360, 360);
    return hypot(dx, dy);
}

/* Chinese characters (three bytes) that both begin with. */
static size_t same_beginning(const char *a, const char *b)
{
    size_t n = 0;
    while (a[n] != 0 && a[n] == b[n]) n++;
    return n / 3;
}

bool camera_sees(const struct camera_sight *c, const struct camera_aim *a)
{
    double bearing, d = metres(c, a, &bearing);
    if (c->lon == 0 && c->lat == 0) return false;
    if (d > c->range_m) return false;
    if (d < 5) return true;
    if (c->direction_deg < 0) return false;
    double off = fabs(fmod(bearing - c->direction_deg + 540, 360) - 180);
    return off <= c->angle_deg / 2.0;
}

bool camera_may_see(const struct camera_sight *c, const struct camera_aim *a)
{
    return c->vehicle_id == 0 || c->vehicle_id == a->vehicle_id;
}

double camera_rank(const struct camera_sight *c, const struct camera_aim *a)
{
    double bearing, rank = c->lon == 0 && c->lat == 0 ? UNPLACED_M : metres(c, a, &bearing);
    if (camera_sees(c, a)) rank -= LOOKS_M;
    else if (c->direction_deg >= 0) rank += ELSEWHERE_M;
    if (same_beginning(c->name, a->title) >= 2 || (c->place[0] != 0 && same_beginning(c->place, a->title) >= 2)) rank -= NAMED_M;
    if (c->vehicle_id != 0) rank -= ABOARD_M;
    return c->on ? rank : rank + OFF_M;
}
