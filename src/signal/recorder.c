#include "recorder.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct recorders all;

static const char *const way_names[WAY_COUNT] = {"udp", "tcp_passive", "tcp_active"};

const char *recorder_way_name(enum recorder_way w) { return way_names[w]; }

enum recorder_way recorder_way_of(const char *name)
{
    for (int i = 0; i < WAY_COUNT; i++)
        if (strcmp(way_names[i], name) == 0) return (enum recorder_way)i;
    return WAY_UDP;
}

struct recorders *recorders_all(void)
{
    if (all.by_code.slots == NULL) map_init(&all.by_code);
    return &all;
}

struct recorder *recorder_find(struct str code)
{
    return map_get(&recorders_all()->by_code, code);
}

enum recorder_kind recorder_kind_of(const char *name)
{
    return strcmp(name, "onvif") == 0 ? RECORDER_ONVIF : strcmp(name, "rtsp") == 0 ? RECORDER_RTSP : strcmp(name, "jt1078") == 0 ? RECORDER_JT1078 : RECORDER_GB28181;
}

bool recorder_comes(enum recorder_kind kind)
{
    return kind == RECORDER_GB28181 || kind == RECORDER_JT1078;
}

void recorder_code_of_terminal(const char *number, char out[RECORDER_CODE_MAX])
{
    snprintf(out, RECORDER_CODE_MAX, "jt%.20s", number);
}

bool recorder_is_here(const struct recorder *r)
{
    return !recorder_comes(r->kind) || r->session != NULL;
}

struct recorder_call *recorder_invite(const struct recorder_invite *i)
{
    const struct recorder_driver *d = i->recorder != NULL ? all.drivers[i->recorder->kind] : NULL;
    return d != NULL && d->invite != NULL ? d->invite(i) : NULL;
}

bool recorder_steer(struct recorder *r, const char *channel, const struct recorder_steer *s)
{
    const struct recorder_driver *d = r != NULL ? all.drivers[r->kind] : NULL;
    return d != NULL && d->steer != NULL && d->steer(r, channel, s);
}

bool recorder_do(struct recorder *r, const char *channel, const struct recorder_order *o)
{
    const struct recorder_driver *d = all.drivers[r->kind];
    return d != NULL && d->order != NULL && d->order(r, channel, o);
}

bool recorder_ask_catalog(struct recorder *r)
{
    const struct recorder_driver *d = all.drivers[r->kind];
    return d != NULL && d->ask_catalog != NULL && d->ask_catalog(r);
}

bool recorder_ask_records(struct recorder *r, const char *channel, int64_t from, int64_t to, void (*got)(const struct recorder_record *records, size_t n, bool whole, void *arg), void *arg)
{
    const struct recorder_driver *d = all.drivers[r->kind];
    return d != NULL && d->ask_records != NULL && d->ask_records(r, channel, from, to, got, arg);
}

struct recorder_call *recorder_talk(const struct recorder_talk *t)
{
    return t->recorder != NULL && recorder_can_talk(t->recorder->kind) ? all.drivers[t->recorder->kind]->talk(t) : NULL;
}

bool recorder_can_talk(enum recorder_kind kind)
{
    const struct recorder_driver *d = all.drivers[kind];
    return d != NULL && d->talk != NULL;
}

void recorder_talk_from(struct recorder_call *call, const char *host, int port)
{
    const struct recorder_driver *d = call != NULL ? all.drivers[call->kind] : NULL;
    if (d != NULL && d->talk_from != NULL) d->talk_from(call, host, port);
}

bool recorder_is_code(const char *code)
{
    return strlen(code) == 20 && strspn(code, "0123456789") == 20;
}

void recorder_hang_up(struct recorder_call **call)
{
    const struct recorder_driver *d = *call != NULL ? all.drivers[(*call)->kind] : NULL;
    if (d != NULL) d->hang_up(*call);
    *call = NULL;
}

bool recorder_pace(struct recorder_call *call, const struct recorder_pace *p)
{
    const struct recorder_driver *d = call != NULL ? all.drivers[call->kind] : NULL;
    return d != NULL && d->pace != NULL && d->pace(call, p);
}

static struct recorder_unknown unknown[RECORDERS_UNKNOWN];
static size_t unknown_count;
static pthread_mutex_t unknown_lock = PTHREAD_MUTEX_INITIALIZER;

void recorder_note_unknown(const char *code, const char *peer, const char *agent, bool password_fits, int64_t now_ms)
{
    pthread_mutex_lock(&unknown_lock);
    struct recorder_unknown *at = NULL, *oldest = unknown;
    for (size_t i = 0; i < unknown_count; i++) {
        if (strcmp(unknown[i].code, code) == 0) at = &unknown[i];
        if (unknown[i].last_at < oldest->last_at) oldest = &unknown[i];
    }
    if (at == NULL) at = unknown_count < RECORDERS_UNKNOWN ? &unknown[unknown_count++] : oldest;
    str_to_utf8_z(str_of(code), at->code, sizeof at->code);
    str_to_utf8_z(str_of(peer), at->peer, sizeof at->peer);
    str_to_utf8_z(str_of(agent), at->agent, sizeof at->agent);
    at->password_fits = password_fits;
    at->last_at = now_ms;
    pthread_mutex_unlock(&unknown_lock);
}

void recorder_forget_unknown(const char *code)
{
    pthread_mutex_lock(&unknown_lock);
    for (size_t i = 0; i < unknown_count; i++)
        if (strcmp(unknown[i].code, code) == 0) unknown[i--] = unknown[--unknown_count];
    pthread_mutex_unlock(&unknown_lock);
}

size_t recorder_unknown_copy(struct recorder_unknown *out, size_t room)
{
    pthread_mutex_lock(&unknown_lock);
    size_t n = unknown_count < room ? unknown_count : room;
    memcpy(out, unknown, n * sizeof *out);
    pthread_mutex_unlock(&unknown_lock);
    return n;
}

static struct {
    struct recorder_found all[RECORDERS_FOUND];
    size_t count;
    bool searching;
} found;

bool recorder_search(const char *to)
{
    const struct recorder_driver *d = all.drivers[RECORDER_ONVIF];
    if (found.searching || d == NULL || d->search == NULL || !d->search(to)) return false;
    pthread_mutex_lock(&unknown_lock);
    found.count = 0;
    found.searching = true;
    pthread_mutex_unlock(&unknown_lock);
    return true;
}

void recorder_search_found(const struct recorder_found *f)
{
    size_t i = 0;
    pthread_mutex_lock(&unknown_lock);
    while (i < found.count && strcmp(found.all[i].address, f->address) != 0) i++;
    if (i == found.count && i < RECORDERS_FOUND) found.all[found.count++] = *f;
    pthread_mutex_unlock(&unknown_lock);
}

void recorder_search_end(void)
{
    pthread_mutex_lock(&unknown_lock);
    found.searching = false;
    pthread_mutex_unlock(&unknown_lock);
}

size_t recorder_found_copy(struct recorder_found *out, size_t room, bool *searching)
{
    pthread_mutex_lock(&unknown_lock);
    size_t n = found.count < room ? found.count : room;
    memcpy(out, found.all, n * sizeof *out);
    *searching = found.searching;
    pthread_mutex_unlock(&unknown_lock);
    return n;
}
