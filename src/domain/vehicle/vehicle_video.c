/* The pictures of a vehicle: a terminal that says it has some becomes a recorder with as many cameras (domain/camera). Loop thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "domain/camera/camera.h"
#include "domain/vehicle/vehicle.h"

#define CHANNELS_MAX 16

static struct hx_app *the_app;

struct picture_news {
    int64_t vehicle_id, school_id;
    int channels;
    char plate[24], number[TERMINAL_MAX], code[RECORDER_CODE_MAX];
};

/* It is here with its pictures. */
static void say(struct recorder *r, const struct terminal *t, const char *plate, int channels)
{
    struct recorder_channel all[CHANNELS_MAX];
    struct recorders *to = recorders_all();
    bool was = r->up;
    memset(all, 0, sizeof all);
    for (int i = 0; i < channels && i < CHANNELS_MAX; i++) {
        all[i].on = all[i].is_camera = true;
        snprintf(all[i].code, sizeof all[i].code, "%d", i + 1);
        snprintf(all[i].name, sizeof all[i].name, "%s 车载 %d", plate, i + 1);
    }
    r->session = t->session;
    r->up = true;
    if (!was) to->line(r, true, "registered", to->arg);
    to->catalog(r, all, (size_t)(channels < CHANNELS_MAX ? channels : CHANNELS_MAX), channels, to->arg);
}

static enum hx_err make(struct tx *tx, void *arg)
{
    const struct picture_news *n = arg;
    int64_t id = 0;
    enum hx_err e = db_one_i64(tx->db, SQL_VEHICLE_RECORDER, &id, "z", n->code);
    if (e || id != 0) return e;
    json_t *b = json_pack("{s:s,s:s,s:s,s:I,s:I}", "kind", "jt1078", "code", n->code, "name", n->plate, "school_id", (json_int_t)n->school_id, "vehicle_id", (json_int_t)n->vehicle_id);
    e = recorder_make(tx, NULL, b, 0, &id);
    json_decref(b);
    return e;
}

static void made(enum hx_err e, const char *detail, void *arg)
{
    struct picture_news *n = arg;
    struct recorder *r = recorder_find(str_of(n->code));
    const struct terminal *t = terminal_find(vehicle_terminals(), n->number);
    if (e) log_error("vehicle.pictures", "error=%s detail=\"%s\"", err_name(e), detail);
    else if (r != NULL && t != NULL && t->session != NULL) say(r, t, n->plate, n->channels);
    free(n);
}

void vehicle_pictured(const struct terminal *t, const char *plate, int channels)
{
    char code[RECORDER_CODE_MAX];
    recorder_code_of_terminal(t->number, code);
    struct recorder *r = recorder_find(str_of(code));
    if (r != NULL) {
        say(r, t, plate, channels);
        return;
    }
    struct picture_news *n = calloc(1, sizeof *n);
    HX_ASSERT(n != NULL);
    *n = (struct picture_news){.vehicle_id = t->vehicle_id, .school_id = t->school_id, .channels = channels};
    snprintf(n->plate, sizeof n->plate, "%s", plate);
    snprintf(n->number, sizeof n->number, "%s", t->number);
    memcpy(n->code, code, sizeof n->code);
    if (the_app->writer == NULL || writer_submit(the_app->writer, LANE_BULK, make, made, n) != HX_OK) free(n); /* it says so again when it connects again */
}

void vehicle_video_start(struct hx_app *app)
{
    the_app = app;
}
