/* What the simulated recorder and the demo prefecture agree on: codes and channels of a school's recorder. */
#ifndef HX_SIM_NVR_H
#define HX_SIM_NVR_H

#include <stdio.h>

#define SIM_CHANNELS 4

/* 20 digits (GB/T 28181 annex D): county and street, 11 education, type 118 recorder or 132 camera, network 7, serial. */
static inline void sim_recorder_code(const char *county, int school, char out[24])
{
    snprintf(out, 24, "%.6s00111187%06d", county, school % 1000000);
}
static inline void sim_channel_code(const char *recorder, int channel, char out[24])
{
    snprintf(out, 24, "%.10s1327%.4s%02d", recorder, recorder + 16, channel % 100);
}
static inline const char *sim_channel_name(int channel)
{
    static const char *const names[SIM_CHANNELS] = {"正门", "侧门", "教学楼A 走廊", "操场"};
    return names[channel % SIM_CHANNELS];
}

#endif
