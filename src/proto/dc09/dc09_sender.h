/* The transmitter: a line to each alarm receiving centre, supervised by NULL messages, one message under way at a time, kept until it is acknowledged
 * (ANSI/SIA DC-09-2013 5.3, 5.5). TCP. */
#ifndef HX_DC09_SENDER_H
#define HX_DC09_SENDER_H

#include "io/loop.h"
#include "signal/arc.h"

/* Before the domain's start, which enters the centres. */
void dc09_sender_start(struct loop *loop);
/* Ends all lines; what is not acknowledged waits for the next start. */
void dc09_sender_stop(void);

#endif
