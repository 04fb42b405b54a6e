/* The cameras that are known, who sees what, and what other threads may ask and do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "camera.h"
#include "camera_inner.h"

#define STEER_LOCK_MS 3000

const char *camera_cause_name(enum camera_cause c)
{
    static const char *const names[] = {
#define X(id, name) name,
        CAMERA_CAUSE_MAP(X)
#undef X
    };
    return names[c];
}

const char *lens_state_name(enum lens_state s)
{
    static const char *const names[] = {"idle", "opening", "opening", "opening", "opening", "playing", "failed"};
    return names[s];
}

static const char *key_of(int64_t id, char out[24])
{
    snprintf(out, 24, "%lld", (long long)id);
    return out;
}

struct lens *lens_of(int64_t id)
{
    char key[24];
    return map_get(&live.by_id, str_of(key_of(id, key)));
}

struct lens *lens_of_stream(const char *stream)
{
    int64_t id;
    return (stream[0] == 'c' || stream[0] == 'h') && str_to_i64(str_of(stream + 1), &id) ? lens_of(stream[0] == 'h' ? -id : id) : NULL;
}

/* What is known of a camera, for its main stream; how that stands is its own. */
static void copy_known(struct lens *to, const struct lens *from)
{
    to->recorder_id = from->recorder_id, to->school_id = from->school_id;
    memcpy(to->recorder_code, from->recorder_code, sizeof to->recorder_code);
    memcpy(to->code, from->code, sizeof to->code);
    memcpy(to->name, from->name, sizeof to->name);
    memcpy(to->main_url, from->main_url, sizeof to->main_url);
    to->vehicle_id = from->vehicle_id;
    to->on = from->on, to->recorder_up = from->recorder_up, to->gone = from->gone;
}

/* A camera that is pulled from with one stream only has nothing finer to show. */
static bool has_two_streams(const struct lens *l)
{
    return l->main_url[0] == 0 || l->sub_url[0] != 0;
}

struct lens *lens_close_up(int64_t camera_id)
{
    char key[24];
    struct lens *l = lens_of(camera_id), *main = lens_of(-camera_id);
    if (l == NULL || !has_two_streams(l)) return l;
    if (main == NULL) {
        main = calloc(1, sizeof *main);
        HX_ASSERT(main != NULL);
        main->id = -camera_id;
        snprintf(main->stream, sizeof main->stream, "h%lld", (long long)camera_id);
        map_put(&live.by_id, str_of(key_of(-camera_id, key)), main);
    }
    copy_known(main, l);
    return main;
}

struct school_lenses *lenses_of(int64_t school, bool make)
{
    char key[24];
    struct school_lenses *s = map_get(&live.schools, str_of(key_of(school, key)));
    if (s == NULL && make) {
        s = calloc(1, sizeof *s);
        HX_ASSERT(s != NULL);
        map_put(&live.schools, str_of(key), s);
    }
    return s;
}

static void put_in_school(struct lens *l)
{
    struct school_lenses *s = lenses_of(l->school_id, true);
    if (s->count == s->room) {
        s->room = s->room ? 2 * s->room : 8;
        s->at = realloc(s->at, s->room * sizeof *s->at);
        HX_ASSERT(s->at != NULL);
    }
    s->at[s->count++] = l;
}

static void take_from_school(struct lens *l)
{
    struct school_lenses *s = lenses_of(l->school_id, false);
    for (size_t i = 0; s != NULL && i < s->count; i++)
        if (s->at[i] == l) s->at[i] = s->at[--s->count];
}

void lens_take_row(const struct rows *r)
{
    char key[24];
    int64_t id = rows_i64(r, 0);
    struct lens *l = lens_of(id);
    if (l == NULL) {
        l = calloc(1, sizeof *l);
        HX_ASSERT(l != NULL);
        l->id = id;
        l->sub = true;
        snprintf(l->stream, sizeof l->stream, "c%lld", (long long)id);
        map_put(&live.by_id, str_of(key_of(id, key)), l);
    } else {
        take_from_school(l);
    }
    l->recorder_id = rows_i64(r, 1);
    str_to_z(rows_str(r, 2), l->recorder_code, sizeof l->recorder_code);
    l->school_id = rows_i64(r, 3);
    str_to_z(rows_str(r, 4), l->code, sizeof l->code);
    str_to_utf8_z(rows_str(r, 5), l->name, sizeof l->name);
    l->lon = rows_f64(r, 6), l->lat = rows_f64(r, 7);
    l->direction_deg = (int)rows_i64(r, 8), l->angle_deg = (int)rows_i64(r, 9), l->range_m = (int)rows_i64(r, 10);
    l->ptz = rows_i64(r, 11) != 0, l->flagged = rows_i64(r, 12) != 0, l->recorded = rows_i64(r, 13) != 0;
    l->on = str_eq(rows_str(r, 14), STR("on"));
    l->place_id = rows_i64(r, 15);
    l->keep_days = (int)rows_i64(r, 16);
    l->alarm_preset = (int)rows_i64(r, 17);
    l->inside = rows_i64(r, 18) != 0;
    str_to_z(rows_str(r, 19), l->main_url, sizeof l->main_url);
    str_to_z(rows_str(r, 20), l->sub_url, sizeof l->sub_url);
    l->vehicle_id = rows_i64(r, 21);
    l->sound = rows_i64(r, 22) != 0;
    if (l->main_url[0] != 0) l->recorder_up = true; /* until we went there and it was not */
    l->gone = false;
    put_in_school(l);
    if (lens_of(-id) != NULL) (void)lens_close_up(id);
}

/* A camera stays with one node while that node is up; else the next takes it. */
struct media_client *node_for(const struct lens *l)
{
    for (size_t i = 0; i < live.node_count; i++) {
        struct media_client *c = live.nodes[((size_t)llabs(l->id) + i) % live.node_count];
        if (media_client_up(c)) return c;
    }
    return NULL;
}

bool lens_is_wanted(const struct lens *l, int64_t now)
{
    return !l->gone && (l->viewers > 0 || now < l->wanted_until || l->incident_id != 0 || l->flagged || l->recorded);
}

static bool runs(const struct lens *l)
{
    return l->state != LENS_IDLE && l->state != LENS_FAILED;
}

/* What rides along has its own uplink. */
bool lens_has_uplink(const struct lens *l)
{
    const struct school_lenses *s = lenses_of(l->school_id, false);
    int running = 0;
    for (size_t i = 0; s != NULL && l->vehicle_id == 0 && i < s->count; i++) {
        if (s->at[i]->vehicle_id != 0) continue;
        const struct lens *main = lens_of(-s->at[i]->id);
        running += (s->at[i] != l && runs(s->at[i])) + (main != NULL && main != l && runs(main));
    }
    return running < live.set.school_streams;
}

size_t lens_rank(int64_t school, const struct camera_aim *aim, struct lens **out, size_t room)
{
    const struct school_lenses *s = lenses_of(school, false);
    double ranks[64];
    size_t n = 0;
    if (room > HX_COUNT(ranks)) room = HX_COUNT(ranks);
    for (size_t i = 0; s != NULL && i < s->count; i++) {
        struct lens *l = s->at[i];
        struct camera_sight sight = {l->lon, l->lat, l->direction_deg, l->angle_deg, l->range_m, l->vehicle_id, l->on && l->recorder_up && !l->gone, l->name, ""};
        if (!camera_may_see(&sight, aim)) continue;
        double mine = camera_rank(&sight, aim);
        size_t k = n < room ? n++ : room;
        if (k == room && (room == 0 || mine >= ranks[room - 1])) continue;
        if (k == room) k--;
        for (; k > 0 && ranks[k - 1] > mine; k--) ranks[k] = ranks[k - 1], out[k] = out[k - 1];
        ranks[k] = mine, out[k] = l;
    }
    return n;
}

/* ---- for other threads ---- */

const uint8_t *camera_live_key(void) { return live.key; }

const char *camera_live_url(int64_t camera_id, char out[128])
{
    pthread_mutex_lock(&live_lock);
    const struct lens *l = lens_of(camera_id);
    const struct media_client *node = l == NULL ? NULL : l->node != NULL ? l->node : node_for(l);
    snprintf(out, 128, "%s", node != NULL ? media_client_public_url(node) : "");
    pthread_mutex_unlock(&live_lock);
    return out;
}

const char *camera_live_any_url(int64_t key, char out[128])
{
    const struct lens any = {.id = key};
    pthread_mutex_lock(&live_lock);
    const struct media_client *node = live.node_count > 0 ? node_for(&any) : NULL;
    snprintf(out, 128, "%s", node != NULL ? media_client_public_url(node) : "");
    pthread_mutex_unlock(&live_lock);
    return out;
}

static void close_stream_now(void *arg)
{
    for (size_t i = 0; i < live.node_count; i++) media_client_close(live.nodes[i], arg);
    free(arg);
}

void camera_stream_close(const char *stream)
{
    loop_post(live.set.app->loop, close_stream_now, str_dup(str_of(stream)));
}

bool camera_live_has_close_up(int64_t camera_id)
{
    pthread_mutex_lock(&live_lock);
    const struct lens *l = lens_of(camera_id);
    bool two = l != NULL && has_two_streams(l);
    pthread_mutex_unlock(&live_lock);
    return two;
}

void camera_live_describe(int64_t camera_id, json_t *record)
{
    pthread_mutex_lock(&live_lock);
    const struct lens *l = lens_of(camera_id);
    if (l != NULL)
        json_object_set_new(record, "live", json_pack("{s:b,s:s,s:s,s:s,s:s,s:i,s:f,s:I,s:i,s:b}", "available", node_for(l) != NULL, "state", lens_state_name(l->state), "cause", camera_cause_name(l->cause), "detail", l->detail, "way", recorder_way_name(l->way), "kbps", l->kbps, "fps", l->fps,
                                                      "lost", (json_int_t)l->lost, "viewers", l->viewers, "recording", l->recording));
    pthread_mutex_unlock(&live_lock);
}

size_t camera_live_ranked(int64_t school_id, const struct camera_aim *aim, int64_t *ids, size_t room)
{
    struct lens *best[64];
    pthread_mutex_lock(&live_lock);
    size_t n = lens_rank(school_id, aim, best, room < HX_COUNT(best) ? room : HX_COUNT(best));
    for (size_t i = 0; i < n; i++) ids[i] = best[i]->id;
    pthread_mutex_unlock(&live_lock);
    return n;
}

struct steering {
    int64_t camera_id;
    struct recorder_steer command;
};

static void steer_now(void *arg)
{
    struct steering *s = arg;
    pthread_mutex_lock(&live_lock);
    struct lens *l = lens_of(s->camera_id);
    if (l != NULL) recorder_steer(recorder_find(str_of(l->recorder_code)), l->code, &s->command);
    pthread_mutex_unlock(&live_lock);
    free(s);
}

enum hx_err camera_live_steer(int64_t camera_id, int64_t person_id, int rank_of, const struct recorder_steer *command, int64_t *other)
{
    int64_t now = clock_utc_ms();
    enum hx_err e = HX_OK;
    pthread_mutex_lock(&live_lock);
    struct lens *l = lens_of(camera_id);
    if (l == NULL || !l->ptz) e = HX_E_NOT_FOUND;
    else if (l->steerer != person_id && now - l->steered_at < STEER_LOCK_MS && rank_of <= l->steer_rank) e = HX_E_CONFLICT, *other = l->steerer;
    else l->steerer = person_id, l->steered_at = now, l->steer_rank = rank_of, l->moving = command->act == STEER_MOVE && (command->pan || command->tilt || command->zoom);
    pthread_mutex_unlock(&live_lock);
    if (e) return e;
    struct steering *s = calloc(1, sizeof *s);
    HX_ASSERT(s != NULL);
    s->camera_id = camera_id;
    s->command = *command;
    loop_post(live.set.app->loop, steer_now, s);
    return HX_OK;
}

void camera_live_recorder(int64_t recorder_id, bool up)
{
    size_t at = 0;
    int64_t now = clock_utc_ms();
    pthread_mutex_lock(&live_lock);
    for (struct map_entry *e; (e = map_next(&live.by_id, &at)) != NULL;) {
        struct lens *l = e->value;
        if (l->recorder_id != recorder_id) continue;
        l->recorder_up = up;
        if (up && l->state == LENS_FAILED && lens_is_wanted(l, now)) l->tries = 0, l->retry_at = 0;
    }
    pthread_mutex_unlock(&live_lock);
}

void camera_live_retry(int64_t recorder_id)
{
    size_t at = 0;
    pthread_mutex_lock(&live_lock);
    for (struct map_entry *e; (e = map_next(&live.by_id, &at)) != NULL;) {
        struct lens *l = e->value;
        if (l->recorder_id == recorder_id && l->state == LENS_FAILED) l->tries = 0, l->retry_at = 0;
    }
    pthread_mutex_unlock(&live_lock);
}

json_t *camera_live_unknown(void)
{
    struct recorder_unknown all[RECORDERS_UNKNOWN];
    json_t *items = json_array();
    size_t n = recorder_unknown_copy(all, HX_COUNT(all));
    for (size_t i = 0; i < n; i++) {
        json_t *j = json_pack("{s:s,s:s,s:s,s:b}", "code", all[i].code, "peer", all[i].peer, "agent", all[i].agent, "password_fits", all[i].password_fits);
        if (j == NULL) continue; /* a code that is no text */
        json_put_time(j, "last_at", all[i].last_at);
        json_array_append_new(items, j);
    }
    return items;
}

static void ask_catalog_now(void *arg)
{
    size_t at = 0;
    int64_t id = (int64_t)(intptr_t)arg;
    for (struct map_entry *e; (e = map_next(&recorders_all()->by_code, &at)) != NULL;) {
        struct recorder *r = e->value;
        if (r->id == id) (void)recorder_ask_catalog(r);
    }
}

void camera_live_ask_catalog(int64_t recorder_id)
{
    loop_post(live.set.app->loop, ask_catalog_now, (void *)(intptr_t)recorder_id);
}

void camera_live_metrics(struct buf *out)
{
    size_t at = 0, known = 0, playing = 0, failed = 0;
    pthread_mutex_lock(&live_lock);
    for (struct map_entry *e; (e = map_next(&live.by_id, &at)) != NULL;) {
        const struct lens *l = e->value;
        known += l->id > 0;
        playing += l->state == LENS_PLAYING;
        failed += l->state == LENS_FAILED;
    }
    buf_printf(out, "# HELP huxue_cameras cameras known\nhuxue_cameras %zu\n# HELP huxue_cameras_playing streams that run\nhuxue_cameras_playing %zu\n# HELP huxue_cameras_failed wanted streams without a picture\nhuxue_cameras_failed %zu\n"
                    "# HELP huxue_camera_openings pictures opened\nhuxue_camera_openings %llu\n# HELP huxue_camera_failures openings that failed\nhuxue_camera_failures %llu\n",
               known, playing, failed, (unsigned long long)live.opened, (unsigned long long)live.failed);
    pthread_mutex_unlock(&live_lock);
}
