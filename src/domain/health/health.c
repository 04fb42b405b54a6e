#include "health.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "domain/vehicle/vehicle.h"

#define CHILD_QUIET_MS (5 * 60000LL)   /* a child says "nothing new" every few seconds */
#define VEHICLE_QUIET_MS (5 * 60000LL) /* a terminal with its engine on reports every half minute */
#define PANEL_QUIET_MS (25 * 3600000LL) /* one that is not supervised has its self-test each day */

static const struct hx_app *here;

/* Panels are heard in memory: a heartbeat stores nothing. */
static void count_panels(struct call *c, json_t *link)
{
    size_t count;
    int64_t up = 0, lost = 0, since = clock_utc_ms() - PANEL_QUIET_MS;
    struct panel_line *lines = panel_lines(here->panels, &count);
    for (size_t i = 0; i < count; i++) {
        const struct panel_line *l = &lines[i];
        if ((!l->lost && l->heard_at == 0) || call_check_school(c, PERM_HEALTH_READ, l->school_id) != HX_OK) continue;
        if (l->lost || (!l->supervised && l->heard_at < since)) lost++;
        else up++;
    }
    free(lines);
    json_put_i64(link, "up", up);
    json_put_i64(link, "lost", lost);
}

/* So are vehicles. */
static void count_vehicles(struct call *c, json_t *link)
{
    int64_t up = 0, lost = 0, since = clock_utc_ms() - VEHICLE_QUIET_MS, at;
    json_t *heard = fleet_positions(c, PERM_HEALTH_READ), *v;
    size_t i;
    json_array_foreach(heard, i, v)
    {
        if (clock_parse(str_of(json_z(v, "at", "")), &at) && at >= since) up++;
        else if (json_flag(v, "running", false)) lost++;
    }
    json_decref(heard);
    json_put_i64(link, "up", up);
    json_put_i64(link, "lost", lost);
}

/* Bytes of the store's own files; 0 where PostgreSQL keeps them. */
static int64_t store_bytes(void)
{
    static const char *const names[] = {"huxue.db", "huxue.db-wal"};
    int64_t sum = 0;
    for (size_t i = 0; i < HX_COUNT(names); i++) {
        char path[4200];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", here->data_dir, names[i]);
        if (stat(path, &st) == 0) sum += st.st_size;
    }
    return sum;
}

static enum hx_err health_get(struct call *c)
{
    struct statvfs disk;
    json_t *links = db_all_json(c->db, SQL_HEALTH_LINKS, "iii", call_sees_all(c), c->who.id, clock_utc_ms() - CHILD_QUIET_MS);
    if (links == NULL) return HX_E_STORE;
    for (size_t i = 0; i < json_array_size(links); i++) {
        json_t *link = json_array_get(links, i);
        const char *kind = json_z(link, "kind", "");
        if (strcmp(kind, "panel") == 0) count_panels(c, link);
        else if (strcmp(kind, "vehicle") == 0) count_vehicles(c, link);
    }
    json_t *reply = json_object();
    json_object_set_new(reply, "links", links);
    bool known = statvfs(here->data_dir, &disk) == 0;
    json_put_i64(reply, "store_bytes", store_bytes());
    json_put_i64(reply, "free_bytes", known ? (int64_t)(disk.f_bavail * disk.f_frsize) : 0);
    json_put_i64(reply, "disk_bytes", known ? (int64_t)(disk.f_blocks * disk.f_frsize) : 0);
    return call_reply(c, reply);
}

static enum hx_err health_start(struct hx_app *app)
{
    here = app;
    return HX_OK;
}

static const struct hx_route health_routes[] = {{HX_GET, "/v1/health", "healthGet", PERM_HEALTH_READ, health_get, NULL}};
const struct hx_module health_module = {.name = "health", .routes = health_routes, .route_count = HX_COUNT(health_routes), .start = health_start};
