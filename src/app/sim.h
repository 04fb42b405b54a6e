/* huxue sim: panels that talk DC-09 as real ones do. */
#ifndef HX_SIM_H
#define HX_SIM_H

#include <event2/event.h>

/* Hears commands on stdin; NULL where none can come: a file, or nothing at all. */
struct event *sim_hear(struct event_base *base, event_callback_fn fn, void *arg);

int sim_main(int argc, char **argv);
int sim_bus_main(int argc, char **argv); /* sim_bus.c */
int sim_fleet_main(int argc, char **argv); /* sim_fleet.c */
int sim_nvr_main(int argc, char **argv); /* sim_nvr.c */
int sim_camera_main(int argc, char **argv); /* sim_camera.c */
int sim_110_main(int argc, char **argv); /* sim_110.c */
int sim_class_main(int argc, char **argv); /* sim_class.c */
int sim_site_main(int argc, char **argv); /* sim_site.c */

#endif
