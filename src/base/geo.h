/* Distances on the earth, WGS-84 degrees in, metres out. */
#ifndef HX_GEO_H
#define HX_GEO_H

#define GEO_DEGREE_M 111195.0 /* a degree of latitude on the sphere that the distance is measured on */

/* Along the great circle (haversine). */
double geo_distance_m(double lon1, double lat1, double lon2, double lat2);

#endif
