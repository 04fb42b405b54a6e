#include "loop.h"

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct posted {
    struct posted *next;
    void (*fn)(void *arg);
    void *arg;
};

struct loop_timer {
    struct event *event;
    void (*fn)(void *arg);
    void *arg;
    struct loop_timer *next; /* the periodic ones, freed with the loop */
};

struct loop {
    struct event_base *base;
    struct event *wake;
    int wake_fd;
    pthread_mutex_t lock;
    struct posted *first, **last;
    struct loop_timer *periodic;
};

static bool run_posted(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    struct posted *p = l->first;
    l->first = NULL;
    l->last = &l->first;
    pthread_mutex_unlock(&l->lock);
    bool any = p != NULL;
    while (p != NULL) {
        struct posted *next = p->next;
        p->fn(p->arg);
        free(p);
        p = next;
    }
    return any;
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    uint64_t count;
    if (read(fd, &count, sizeof count) < 0) count = 0;
    run_posted(arg);
}

struct loop *loop_new(void)
{
    struct loop *l = calloc(1, sizeof *l);
    HX_ASSERT(l != NULL);
    l->base = event_base_new();
    HX_ASSERT(l->base != NULL);
    pthread_mutex_init(&l->lock, NULL);
    l->last = &l->first;
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    HX_ASSERT(l->wake_fd >= 0);
    l->wake = event_new(l->base, l->wake_fd, EV_READ | EV_PERSIST, on_wake, l);
    event_add(l->wake, NULL);
    return l;
}

void loop_free(struct loop *l)
{
    run_posted(l);
    while (l->periodic != NULL) {
        struct loop_timer *t = l->periodic;
        l->periodic = t->next;
        loop_timer_free(t);
    }
    event_free(l->wake);
    event_base_free(l->base);
    close(l->wake_fd);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

struct event_base *loop_base(struct loop *l)
{
    return l->base;
}

void loop_run(struct loop *l)
{
    event_base_dispatch(l->base);
}

void loop_stop(struct loop *l)
{
    event_base_loopbreak(l->base);
}

void loop_step(struct loop *l)
{
    event_base_loop(l->base, EVLOOP_ONCE);
}

bool loop_step_ready(struct loop *l)
{
    return run_posted(l);
}

void loop_post(struct loop *l, void (*fn)(void *arg), void *arg)
{
    struct posted *p = malloc(sizeof *p);
    HX_ASSERT(p != NULL);
    *p = (struct posted){.fn = fn, .arg = arg};
    pthread_mutex_lock(&l->lock);
    bool was_empty = l->first == NULL;
    *l->last = p;
    l->last = &p->next;
    pthread_mutex_unlock(&l->lock);
    uint64_t one = 1;
    if (was_empty) HX_ASSERT(write(l->wake_fd, &one, sizeof one) == sizeof one);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct loop_timer *t = arg;
    t->fn(t->arg);
}

static struct timeval span(int64_t ms)
{
    if (ms < 0) ms = 0;
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

static struct loop_timer *timer_new(struct loop *l, short flags, void (*fn)(void *), void *arg)
{
    struct loop_timer *t = malloc(sizeof *t);
    HX_ASSERT(t != NULL);
    *t = (struct loop_timer){.fn = fn, .arg = arg};
    t->event = event_new(l->base, -1, flags, on_timer, t);
    return t;
}

void loop_every(struct loop *l, int64_t period_ms, void (*fn)(void *arg), void *arg)
{
    struct loop_timer *t = timer_new(l, EV_PERSIST, fn, arg);
    struct timeval tv = span(period_ms);
    event_add(t->event, &tv);
    t->next = l->periodic;
    l->periodic = t;
}

struct loop_timer *loop_timer_new(struct loop *l, void (*fn)(void *arg), void *arg)
{
    return timer_new(l, 0, fn, arg);
}

void loop_timer_set(struct loop_timer *t, int64_t in_ms)
{
    struct timeval tv = span(in_ms);
    event_add(t->event, &tv);
}

void loop_timer_free(struct loop_timer *t)
{
    event_free(t->event);
    free(t);
}

bool loop_connect(struct bufferevent *bev, const struct sockaddr_storage *to, unsigned bytes)
{
    int one = 1;
    if (bufferevent_socket_connect(bev, (const struct sockaddr *)to, (int)bytes) != 0) return false;
    setsockopt(bufferevent_getfd(bev), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return true;
}
