#include <pthread.h>
#include <stdlib.h>

#include "loop.h"

struct work {
    struct work *next;
    void (*work)(void *state, void *arg);
    void (*done)(void *arg);
    void *arg;
};

struct pool {
    struct loop *loop;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct work *first, **last;
    size_t queued, queue_max;
    bool stopping;
    int threads;
    pthread_t *ids;
    void *(*open)(void *arg);
    void (*close)(void *state);
    void *arg;
};

static void *pool_main(void *arg)
{
    struct pool *p = arg;
    void *state = p->open != NULL ? p->open(p->arg) : NULL;
    for (;;) {
        pthread_mutex_lock(&p->lock);
        while (p->first == NULL && !p->stopping) pthread_cond_wait(&p->wake, &p->lock);
        struct work *w = p->first;
        if (w != NULL) {
            p->first = w->next;
            if (p->first == NULL) p->last = &p->first;
            p->queued--;
        }
        pthread_mutex_unlock(&p->lock);
        if (w == NULL) break;
        w->work(state, w->arg);
        loop_post(p->loop, w->done, w->arg);
        free(w);
    }
    if (p->close != NULL) p->close(state);
    return NULL;
}

struct pool *pool_new(struct loop *l, int threads, size_t queue_max, void *(*thread_open)(void *arg),
                      void (*thread_close)(void *state), void *arg)
{
    struct pool *p = calloc(1, sizeof *p);
    HX_ASSERT(p != NULL);
    *p = (struct pool){.loop = l, .queue_max = queue_max, .threads = threads, .open = thread_open, .close = thread_close, .arg = arg};
    p->last = &p->first;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    p->ids = calloc((size_t)threads, sizeof *p->ids);
    HX_ASSERT(p->ids != NULL);
    for (int i = 0; i < threads; i++) HX_ASSERT(pthread_create(&p->ids[i], NULL, pool_main, p) == 0);
    return p;
}

enum hx_err pool_submit(struct pool *p, void (*work)(void *state, void *arg), void (*done)(void *arg), void *arg)
{
    struct work *w = malloc(sizeof *w);
    HX_ASSERT(w != NULL);
    *w = (struct work){.work = work, .done = done, .arg = arg};
    pthread_mutex_lock(&p->lock);
    bool full = p->queued >= p->queue_max || p->stopping;
    if (!full) {
        *p->last = w;
        p->last = &w->next;
        p->queued++;
        pthread_cond_signal(&p->wake);
    }
    pthread_mutex_unlock(&p->lock);
    if (full) free(w);
    return full ? HX_E_BUSY : HX_OK;
}

void pool_stop(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->threads; i++) pthread_join(p->ids[i], NULL);
    while (loop_step_ready(p->loop)) continue;
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->wake);
    free(p->ids);
    free(p);
}
