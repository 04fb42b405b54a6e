/* The event loop: one thread that owns all state. Other threads hand it closures with loop_post(). */
#ifndef HX_LOOP_H
#define HX_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct event_base;
struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *l);
struct event_base *loop_base(struct loop *l);
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
/* Waits for events and handles them once; the second form never waits and tells whether anything was posted. */
void loop_step(struct loop *l);
bool loop_step_ready(struct loop *l);
/* Runs fn(arg) on the loop thread, in order. Any thread. */
void loop_post(struct loop *l, void (*fn)(void *arg), void *arg);

/* Calls fn every period until the loop is freed. */
void loop_every(struct loop *l, int64_t period_ms, void (*fn)(void *arg), void *arg);
/* Calls fn once; the returned timer may be moved with loop_timer_set. */
struct loop_timer;
struct loop_timer *loop_timer_new(struct loop *l, void (*fn)(void *arg), void *arg);
void loop_timer_set(struct loop_timer *t, int64_t in_ms);
void loop_timer_free(struct loop_timer *t);

/* Connects a bufferevent without a socket. What is written to it leaves at once: a small message behind one that is not confirmed yet would wait up to
 * 40 ms (RFC 896 and delayed acknowledgements). False when it cannot begin. */
struct bufferevent;
struct sockaddr_storage;
bool loop_connect(struct bufferevent *bev, const struct sockaddr_storage *to, unsigned bytes);

/* A bounded pool of threads for blocking work (reads of the store, password hashing). done runs on the loop. */
struct pool;
struct pool *pool_new(struct loop *l, int threads, size_t queue_max, void *(*thread_open)(void *arg),
                      void (*thread_close)(void *state), void *arg);
/* BUSY when the queue is full. `work` gets the state that thread_open made for its thread. */
enum hx_err pool_submit(struct pool *p, void (*work)(void *state, void *arg), void (*done)(void *arg), void *arg) HX_MUST_USE;
void pool_stop(struct pool *p);

#endif
