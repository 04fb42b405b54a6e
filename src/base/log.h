/* Logs are JSON lines on stderr with a stable event name and key=value pairs; never a pupil's name, phone or plate, never a key. */
#ifndef HX_LOG_H
#define HX_LOG_H

#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_set_level(enum log_level least);
/* `pairs` is a printf format of space-separated key=value pairs; values that hold blanks stand in "quotes". */
void log_write(enum log_level level, const char *event, const char *pairs, ...) HX_PRINTF(3, 4);

#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)

#endif
