/* The student vehicles of the demo prefecture: three a county, their routes, the trips of the last four weeks and of the week to come. */
#ifndef HX_DEMO_FLEET_H
#define HX_DEMO_FLEET_H

#include "store/writer.h"

enum hx_err demo_fleet(struct tx *tx) HX_MUST_USE;

#endif
