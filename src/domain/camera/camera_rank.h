/* Which cameras see a place best. Pure. */
#ifndef HX_CAMERA_RANK_H
#define HX_CAMERA_RANK_H

#include "base/str.h"

struct camera_sight {
    double lon, lat;   /* both 0: not known */
    int direction_deg; /* -1: not known */
    int angle_deg, range_m;
    int64_t vehicle_id; /* it rides along; 0: it stands */
    bool on;
    const char *name, *place; /* place: where it stands, "" not known */
};
struct camera_aim {
    double lon, lat;
    const char *title; /* "正门门卫室 一键报警": a camera of the same name looks at it */
    int64_t vehicle_id; /* what happens, happens in this one; 0: at a place */
};
/* One that rides along sees its own vehicle, and nothing else. */
bool camera_may_see(const struct camera_sight *camera, const struct camera_aim *aim);
/* Metres of distance, less where it looks at the place or is named for it, more where it looks elsewhere, far more when it is off. */
double camera_rank(const struct camera_sight *camera, const struct camera_aim *aim);
/* Whether the aim lies in its field. */
bool camera_sees(const struct camera_sight *camera, const struct camera_aim *aim);

#endif
