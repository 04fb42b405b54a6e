/* DIR/huxued.sock: the command line talks to the running daemon, one JSON line each way. */
#ifndef HX_CONTROL_H
#define HX_CONTROL_H

#include "api/api.h"

struct control;
struct control *control_start(struct hx_app *app);
void control_stop(struct control *c);
/* The other end: sends one request and waits. NOT_FOUND when no daemon listens there. */
enum hx_err control_ask(const char *dir, const json_t *request, json_t **reply) HX_MUST_USE;

#endif
