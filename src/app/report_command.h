/* huxue report: figures as of a date, from an open or a running data directory. */
#ifndef HX_REPORT_COMMAND_H
#define HX_REPORT_COMMAND_H

int report_main(int argc, char **argv);

#endif
