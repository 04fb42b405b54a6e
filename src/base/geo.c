#include "geo.h"

#include <math.h>

#define EARTH_M 6371008.8

double geo_distance_m(double lon1, double lat1, double lon2, double lat2)
{
    const double rad = 3.14159265358979323846 / 180;
    double dx = sin((lon2 - lon1) * rad / 2), dy = sin((lat2 - lat1) * rad / 2);
    double h = dy * dy + cos(lat1 * rad) * cos(lat2 * rad) * dx * dx;
    return 2 * EARTH_M * asin(sqrt(h < 1 ? h : 1));
}
