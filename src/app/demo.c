/* The demo prefecture: 8 counties and real town names, everything else invented and marked demo, the same on every machine. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "api/people.h"
#include "app/command.h"
#include "base/embedded.h"
#include "domain/campus/campus.h"
#include "domain/campus/pinyin.h"
#include "domain/dispatch/dispatch.h"
#include "domain/post/post.h"
#include "domain/rota/rota.h"
#include "app/demo_answers.h"
#include "app/demo_drill.h"
#include "app/demo_fleet.h"
#include "app/demo_past.h"
#include "app/demo_posture.h"
#include "app/demo_shift.h"
#include "app/demo_week.h"
#include "app/sim_nvr.h"
#include "domain/camera/camera.h"
#include "domain/message/message.h"
#include "domain/patrol/patrol.h"
#include "domain/plan/plan.h"

#define SCHOOLS 1144
#define SENTRY_BOXES 178
#define TOWNS_MAX 64
#define OFFICERS 2500
#define DEMO_PASSWORD "huxue-demo"

/* Schools by largest remainder on the counties' population in thousands (rounded; for the demo only). */
static const struct {
    const char *code;
    int schools;
} quota[] = {{"522301", 381}, {"522302", 161}, {"522323", 98}, {"522324", 92}, {"522325", 118}, {"522326", 91}, {"522327", 73}, {"522328", 130}};

struct town {
    char name[32], stem[32];
    double lon, lat, weight;
    int64_t station;
    double station_lon, station_lat;
    int by_kind[5], schools;
};

struct demo {
    struct tx *tx;
    const struct hx_app *app;
    uint64_t random;
    int64_t school_count, box_count, panel_count, unit_count, officer_count;
    int64_t prefecture_police, prefecture_education;
    char encoded[128]; /* the demo password */
    bool in_zhenfeng;
    int flagged;
    int64_t member_team, member_route, district, first_school; /* of the first school there */
    int outputs;
};

static double chance(struct demo *d)
{
    d->random += 0x9E3779B97F4A7C15u;
    uint64_t z = d->random;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

static double bell(struct demo *d)
{
    return sqrt(-2 * log(1 - chance(d))) * cos(6.283185307179586 * chance(d));
}

static bool in_ring(const json_t *ring, double x, double y)
{
    bool in = false;
    size_t n = json_array_size(ring);
    for (size_t i = 0, j = n - 1; i < n; j = i++) {
        double xi = json_number_value(json_array_get(json_array_get(ring, i), 0)), yi = json_number_value(json_array_get(json_array_get(ring, i), 1));
        double xj = json_number_value(json_array_get(json_array_get(ring, j), 0)), yj = json_number_value(json_array_get(json_array_get(ring, j), 1));
        if ((yi > y) != (yj > y) && x < (xj - xi) * (y - yi) / (yj - yi) + xi) in = !in;
    }
    return in;
}

static bool in_county(const json_t *feature, double x, double y)
{
    const json_t *geometry = json_object_get(feature, "geometry"), *c = json_object_get(geometry, "coordinates");
    if (strcmp(json_z(geometry, "type", ""), "Polygon") == 0) return in_ring(json_array_get(c, 0), x, y);
    for (size_t i = 0; i < json_array_size(c); i++)
        if (in_ring(json_array_get(json_array_get(c, i), 0), x, y)) return true;
    return false;
}

static void stem_of(const char *name, char *out, size_t size)
{
    static const char *const ends[] = {"布依族苗族乡", "苗族布依族乡", "彝族乡", "苗族彝族乡", "街道", "镇", "乡"};
    snprintf(out, size, "%s", name);
    for (size_t i = 0; i < HX_COUNT(ends); i++) {
        size_t n = strlen(out), k = strlen(ends[i]);
        if (n > k && strcmp(out + n - k, ends[i]) == 0) {
            out[n - k] = 0;
            return;
        }
    }
}

static double near(struct demo *d, const json_t *feature, double x, double y, double spread, double *lat)
{
    for (int tries = 0; tries < 40; tries++) {
        double lon = x + bell(d) * spread * 1.1, la = y + bell(d) * spread;
        if (!in_county(feature, lon, la)) continue;
        *lat = la;
        return lon;
    }
    *lat = y;
    return x;
}

static double rounded(double v)
{
    return round(v * 1e5) / 1e5;
}

static enum hx_err add_unit(struct demo *d, const char *kind, const char *name, const char *sign, int64_t org, int64_t school, double lon, double lat, const char *status)
{
    int64_t id;
    json_t *b = json_pack("{s:s,s:s,s:s,s:f,s:f,s:s,s:I,s:I}", "kind", kind, "name", name, "call_sign", sign, "lon", rounded(lon), "lat", rounded(lat), "status", status,
                          "org_id", (json_int_t)org, "school_id", (json_int_t)school);
    enum hx_err e = unit_make(d->tx, b, 1, &id);
    json_decref(b);
    d->unit_count++;
    return e;
}

static enum hx_err add_station(struct demo *d, const json_t *feature, struct town *t, int64_t county_org, int number, const char *county)
{
    char code[24], name[64], sign[32];
    t->station_lon = near(d, feature, t->lon, t->lat, 0.006, &t->station_lat);
    snprintf(code, sizeof code, "P%s%02d", county, number);
    snprintf(name, sizeof name, "%.24s派出所", t->stem);
    json_t *b = json_pack("{s:s,s:s,s:s,s:s,s:s,s:f,s:f}", "tree", "police", "kind", "station", "name", name, "code", code, "area", county,
                          "lon", rounded(t->station_lon), "lat", rounded(t->station_lat));
    enum hx_err e = org_make(d->tx, county_org, b, 1, &t->station);
    json_decref(b);
    for (int car = 1; !e && car <= (t->weight > 2 ? 3 : 1); car++) {
        double lat, lon = near(d, feature, t->station_lon, t->station_lat, 0.01, &lat);
        snprintf(name, sizeof name, "%.24s所%d号警车", t->stem, car);
        snprintf(sign, sizeof sign, "车%d", (int)(d->unit_count + 1));
        e = add_unit(d, "police_car", name, sign, t->station, 0, lon, lat, car == 1 ? "available" : "patrol");
    }
    if (!e && t->weight > 2) {
        double lat, lon = near(d, feature, t->lon, t->lat, 0.008, &lat);
        snprintf(name, sizeof name, "%.24s步巡组", t->stem);
        e = add_unit(d, "foot", name, "", t->station, 0, lon, lat, "patrol");
    }
    return e;
}

static const char *const kinds[5] = {"kindergarten", "primary", "middle", "high", "vocational"};
static const char *const kind_names[5] = {"幼儿园", "小学", "中学", "高级中学", "职业技术学校"};

static int choose_kind(struct demo *d)
{
    double x = chance(d);
    return x < 0.42 ? 0 : x < 0.85 ? 1 : x < 0.96 ? 2 : x < 0.98 ? 3 : 4;
}

static const char *ordinal(int n, char out[32])
{
    static const char *const digits[] = {"", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
    if (n < 10) snprintf(out, 32, "第%s", digits[n]);
    else if (n < 20) snprintf(out, 32, "第十%s", digits[n - 10]);
    else snprintf(out, 32, "第%s十%s", digits[n / 10 % 10], digits[n % 10]);
    return out;
}

/* A drawn plan of a made-up school: enough to put pins on. */
static enum hx_err add_floor_plan(struct demo *d, int64_t school)
{
    static const char svg[] =
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 800 520' font-family='sans-serif' font-size='15'>"
        "<rect width='800' height='520' fill='#f4f1ea'/><rect x='30' y='30' width='740' height='460' rx='8' fill='#e3ecd9' stroke='#6b7a5c' stroke-width='4'/>"
        "<rect x='330' y='478' width='140' height='24' fill='#b98b56'/><text x='400' y='497' text-anchor='middle' fill='#fff'>正门</text>"
        "<rect x='18' y='210' width='24' height='90' fill='#b98b56'/><text x='62' y='262'>侧门</text>"
        "<rect x='70' y='60' width='300' height='110' fill='#fff' stroke='#555'/><text x='220' y='120' text-anchor='middle'>教学楼 A</text>"
        "<rect x='430' y='60' width='300' height='110' fill='#fff' stroke='#555'/><text x='580' y='120' text-anchor='middle'>教学楼 B</text>"
        "<rect x='560' y='330' width='170' height='120' fill='#fff' stroke='#555'/><text x='645' y='395' text-anchor='middle'>食堂</text>"
        "<rect x='70' y='360' width='190' height='90' fill='#fff' stroke='#555'/><text x='165' y='410' text-anchor='middle'>综合楼</text>"
        "<ellipse cx='400' cy='280' rx='150' ry='75' fill='#d7845f' stroke='#fff' stroke-width='5'/><ellipse cx='400' cy='280' rx='95' ry='42' fill='#9cc27f'/>"
        "<text x='400' y='285' text-anchor='middle'>操场</text><rect x='300' y='440' width='60' height='34' fill='#fff' stroke='#555'/><text x='330' y='462' text-anchor='middle' font-size='12'>门卫</text></svg>";
    return db_exec(d->tx->db, SQL_FLOOR_PLAN_SET, "izbi", school, "image/svg+xml", (const void *)svg, sizeof svg - 1, d->tx->now_ms);
}

static enum hx_err add_place(struct demo *d, int64_t school, const char *kind, const char *name, double lon, double lat, double x, double y, int64_t *id)
{
    json_t *b = json_pack("{s:s,s:s,s:f,s:f,s:f,s:f}", "kind", kind, "name", name, "lon", rounded(lon), "lat", rounded(lat), "plan_x", x, "plan_y", y);
    enum hx_err e = place_make(d->tx, school, b, id);
    json_decref(b);
    return e;
}

static enum hx_err add_panel(struct demo *d, int64_t school, const int64_t places[4])
{
    char account[16];
    int64_t id;
    snprintf(account, sizeof account, "%06d", (int)(d->school_count + 100000));
    json_t *b = json_pack("{s:s,s:I,s:s,s:i,s:[{s:s,s:s,s:s,s:I},{s:s,s:s,s:s,s:I},{s:s,s:s,s:s,s:I},{s:s,s:s,s:s,s:I},{s:s,s:s,s:s}]}", "account", account, "school", (json_int_t)school,
                          "name", "校园报警主机", "supervision_s", 0, "places",
                          "zone", "1", "name", "正门门卫室", "kind", "button", "place_id", (json_int_t)places[0],
                          "zone", "2", "name", "侧门", "kind", "button", "place_id", (json_int_t)places[1],
                          "zone", "3", "name", "教学楼A一层", "kind", "button", "place_id", (json_int_t)places[2],
                          "zone", "4", "name", "食堂后墙", "kind", "fence", "place_id", (json_int_t)places[3],
                          "zone", "5", "name", "主机箱", "kind", "panel");
    enum hx_err e = panel_make(d->tx, &d->app->panels->seal, b, 1, &id);
    json_decref(b);
    d->panel_count++;
    return e;
}

/* One school of Zhenfeng has a recorder that we go to, as `huxue sim camera` plays it: it tells its cameras itself. */
#define ONVIF_SCHOOL 749

static enum hx_err add_onvif(struct demo *d, int64_t school)
{
    int64_t id;
    json_t *b = json_pack("{s:I,s:s,s:s,s:s,s:s,s:s}", "school_id", (json_int_t)school, "kind", "onvif", "name", "校园录像机", "address", "127.0.0.1:8555", "login", "admin", "password", "huxue-demo");
    enum hx_err e = recorder_make(d->tx, &d->app->panels->seal, b, 1, &id);
    json_decref(b);
    return e;
}

/* The recorder, as `huxue sim nvr` plays it, and where its cameras look. The gates of the first schools of Zhenfeng are fetched always. */
static enum hx_err add_recorder(struct demo *d, int64_t school, const char *county, const int64_t places[4], double lon, double lat)
{
    static const struct { double dx, dy; int direction; bool ptz, inside; } at[SIM_CHANNELS] = {{0, -1, 180, false, false}, {-1, 0, 270, false, false}, {-0.5, 0.5, 90, false, true}, {0, 0.1, -1, true, false}};
    char code[24], channel[24];
    int64_t recorder, id;
    if (d->school_count == ONVIF_SCHOOL) return add_onvif(d, school);
    sim_recorder_code(county, (int)d->school_count, code);
    json_t *b = json_pack("{s:I,s:s,s:s}", "school_id", (json_int_t)school, "code", code, "name", "校园录像机");
    enum hx_err e = recorder_make(d->tx, &d->app->panels->seal, b, 1, &recorder);
    json_decref(b);
    for (int i = 0; !e && i < SIM_CHANNELS; i++) {
        sim_channel_code(code, i + 1, channel);
        b = json_pack("{s:I,s:I,s:s,s:s,s:f,s:f,s:i,s:i,s:b,s:b,s:b}", "recorder_id", (json_int_t)recorder, "school_id", (json_int_t)school, "code", channel, "name", sim_channel_name(i), "lon", rounded(lon + at[i].dx * 0.0006), "lat", rounded(lat + at[i].dy * 0.0006),
                      "direction_deg", at[i].direction, "angle_deg", 100, "ptz", at[i].ptz, "inside", at[i].inside, "flagged", i == 0 && d->in_zhenfeng && d->flagged < 8);
        if (i < 3) json_object_set_new(b, "place_id", json_integer(places[i]));
        d->flagged += i == 0 && d->in_zhenfeng;
        e = camera_make(d->tx, b, 1, &id);
        json_decref(b);
    }
    return e;
}

static enum hx_err add_contacts(struct demo *d, int64_t school)
{
    static const char *const duties[3][2] = {{"gate", "门卫室"}, {"security", "安全主任"}, {"principal", "校长"}};
    enum hx_err e = HX_OK;
    for (int i = 0; !e && i < 3; i++) {
        char phone[24];
        int64_t id;
        snprintf(phone, sizeof phone, "0859-0%06d", (int)(d->school_count * 3 + i)); /* no such numbers exist */
        json_t *b = json_pack("{s:s,s:s,s:s,s:i}", "duty", duties[i][0], "name", duties[i][1], "phone", phone, "rank", i + 1);
        e = contact_make(d->tx, school, b, &id);
        json_decref(b);
    }
    return e;
}

/* The post at the gate, with what it needs, and the peaks of the day. */
static enum hx_err add_post(struct demo *d, int64_t school, int64_t station, double lon, double lat, int kind, int pupils)
{
    static const int hours[5][4] = {{480, 520, 960, 1000}, {445, 485, 960, 1010}, {420, 460, 1030, 1080}, {410, 450, 1060, 1110}, {430, 470, 1020, 1070}};
    static const char *const names[2] = {"上学", "放学"};
    int64_t id;
    bool arterial = chance(d) < 0.25;
    json_t *needs = json_pack("[{s:s,s:i}]", "kind", "any", "count", 1);
    if (arterial) json_array_append_new(needs, json_pack("{s:s,s:i}", "kind", "traffic", "count", 1));
    if (pupils > 1200) json_array_append_new(needs, json_pack("{s:s,s:i}", "kind", "armed", "count", 1));
    json_t *b = json_pack("{s:I,s:s,s:f,s:f,s:I,s:b,s:o}", "school_id", (json_int_t)school, "name", "正门护学岗", "lon", rounded(lon), "lat", rounded(lat), "org_id", (json_int_t)station, "arterial", arterial, "needs", needs);
    enum hx_err e = post_make(d->tx, b, 1, &id);
    json_decref(b);
    int shift = (int)(chance(d) * 3) * 10; /* schools of one street do not end at the same minute */
    for (int k = 0; !e && k < 2; k++) {
        b = json_pack("{s:I,s:s,s:i,s:i,s:i}", "school_id", (json_int_t)school, "name", names[k], "weekdays", 31, "begins_min", hours[kind][2 * k] + shift, "ends_min", hours[kind][2 * k + 1] + shift);
        e = peak_make(d->tx, b, &id);
        json_decref(b);
    }
    return e;
}

static enum hx_err add_box(struct demo *d, int64_t school, int64_t station, const char *name, double lon, double lat)
{
    int64_t id;
    json_t *b = json_pack("{s:s,s:I,s:I,s:s,s:f,s:f,s:i,s:s,s:s}", "kind", "sentry_box", "school_id", (json_int_t)school, "org_id", (json_int_t)station, "name", name, "lon", rounded(lon), "lat", rounded(lat), "staff", 2,
                          "equipment", "盾牌2 钢叉2 警棍2 防刺背心2 头盔2 强光手电2", "in_service_from", "2021-09-01");
    enum hx_err e = box_make(d->tx, b, 1, &id);
    json_decref(b);
    return e;
}

/* The first officer of Zhenfeng can sign in, to try the phone app with real duties. */
static enum hx_err add_first_officer(struct demo *d, int64_t org)
{
    int64_t id;
    json_t *b = json_pack("{s:s,s:s,s:I,s:s}", "name", "officer", "full_name", "民警 演示", "org_id", (json_int_t)org, "phone", "0859-1000000");
    enum hx_err e = person_make(d->tx, b, d->encoded, 1, &id);
    json_decref(b);
    if (!e) e = grant_make(d->tx, id, "officer", org);
    return e ? e : officer_make(d->tx, id, "police", true);
}

static enum hx_err add_officer(struct demo *d, const char *county, int64_t org, const char *kind, bool armed, int64_t monday)
{
    char name[32], full[64], phone[24];
    int64_t id, leave;
    snprintf(name, sizeof name, "w%s%04d", county, (int)++d->officer_count);
    snprintf(full, sizeof full, "%s %04d", strcmp(kind, "auxiliary") == 0 ? "辅警" : strcmp(kind, "traffic") == 0 ? "交警" : "民警", (int)d->officer_count);
    snprintf(phone, sizeof phone, "0859-1%06d", (int)d->officer_count); /* no such numbers exist */
    json_t *b = json_pack("{s:s,s:s,s:I,s:s}", "name", name, "full_name", full, "org_id", (json_int_t)org, "phone", phone);
    enum hx_err e = person_make(d->tx, b, NULL, 1, &id);
    json_decref(b);
    if (!e) e = officer_make(d->tx, id, kind, armed);
    char from[CLOCK_DATE_MAX], to[CLOCK_DATE_MAX];
    int64_t first = monday + (int)(chance(d) * 10) * CLOCK_DAY_MS, length = (int)(chance(d) * 5);
    bool away = chance(d) < 0.12;
    int night = (int)(chance(d) * 8);
    clock_local_date(first, from);
    clock_local_date(first + length * CLOCK_DAY_MS, to);
    if (!e && away) {
        b = json_pack("{s:I,s:s,s:s,s:s}", "person_id", (json_int_t)id, "from_date", from, "to_date", to, "kind", "leave");
        e = leave_make(d->tx, b, &leave);
        json_decref(b);
    }
    for (int day = night - 1; !e && day < 14; day += 8) { /* night duty every eighth day */
        b = json_pack("{s:I,s:s,s:s}", "person_id", (json_int_t)id, "from_date", clock_local_date(monday + day * CLOCK_DAY_MS, from), "kind", "night");
        e = leave_make(d->tx, b, &leave);
        json_decref(b);
    }
    return e;
}

/* Police and auxiliaries live at the stations by the number of their schools; the traffic police at the county's seat. */
static enum hx_err add_officers(struct demo *d, const char *county, int64_t county_org, const struct town *towns, size_t n, int schools, int64_t monday)
{
    int all = (OFFICERS * schools + SCHOOLS / 2) / SCHOOLS, traffic = all * 22 / 100, given = 0, before = 0;
    enum hx_err e = strcmp(county, "522325") == 0 ? add_first_officer(d, towns[0].station) : HX_OK;
    for (int i = 0; !e && i < traffic; i++) e = add_officer(d, county, county_org, "traffic", false, monday);
    for (size_t t = 0; t < n; t++) {
        before += towns[t].schools;
        for (; !e && given < (all - traffic) * before / schools; given++) {
            bool police = chance(d) < 0.7;
            e = add_officer(d, county, towns[t].station, police ? "police" : "auxiliary", police && chance(d) < 0.6, monday);
        }
    }
    return e;
}

/* A team of group defence, and a round of the gate and the walls each morning. The first school of Zhenfeng has members who can sign in. */
static enum hx_err add_team(struct demo *d, int64_t school, int guards, int pupils, double lon, double lat)
{
    static const char *const roles[3] = {"guard", "teacher", "volunteer"};
    static const char *const names[3] = {"保安", "教师", "志愿者"};
    int64_t team, id;
    enum hx_err e = team_make(d->tx, school, "护校队", 1, &team);
    int members = guards + 5 + pupils / 300 + (d->school_count % 3 == 0);
    for (int i = 0; !e && i < members; i++) {
        int role = i < guards ? 0 : i % 3 == 0 ? 1 : 2;
        char name[40], phone[24], from[CLOCK_DATE_MAX];
        snprintf(name, sizeof name, "%s %d", names[role], i + 1);
        clock_local_date(ARTICLE_DAY_MS - (int64_t)(20 + chance(d) * 900) * CLOCK_DAY_MS, from);
        double luck = chance(d);
        snprintf(phone, sizeof phone, "0859-3%06lld", (long long)(journal_next(d->tx) % 1000000)); /* no such numbers exist */
        e = member_make(d->tx, &(struct member_new){.team_id = team, .name = name, .role = roles[role], .phone = luck < 0.97 ? phone : "", .trained = luck < 0.9 ? from : "", .from_date = from, .demo = 1}, &id);
    }
    json_t *b = json_pack("{s:I,s:s,s:[{s:s,s:f,s:f,s:s},{s:s,s:f,s:f,s:s},{s:s,s:f,s:f,s:s}]}", "school_id", (json_int_t)school, "name", "校园周边", "points", "name", "正门", "lon", rounded(lon), "lat",
                          rounded(lat - 0.0006), "code", "G1", "name", "西墙", "lon", rounded(lon - 0.0006), "lat", rounded(lat), "code", "W1", "name", "北墙", "lon", rounded(lon), "lat", rounded(lat + 0.0006), "code", "N1");
    if (!e) e = patrol_route_make(d->tx, b, &id);
    json_decref(b);
    if (!e && d->member_team == 0 && d->in_zhenfeng) d->member_team = team, d->member_route = id;
    return e;
}

/* The first school of Zhenfeng is a district of its own, so that its principal and a teacher see it alone. */
static enum hx_err add_district(struct demo *d, const struct town *t, int64_t county_org)
{
    char name[64];
    snprintf(name, sizeof name, "%.28s学区", t->stem);
    json_t *b = json_pack("{s:s,s:s,s:s,s:s,s:s}", "tree", "education", "kind", "district", "name", name, "code", "E522325D1", "area", "522325");
    enum hx_err e = org_make(d->tx, county_org, b, 1, &d->district);
    json_decref(b);
    return e;
}

static enum hx_err add_school(struct demo *d, const json_t *feature, struct town *t, const char *county, int64_t edu_org)
{
    char code[24], name[64], pinyin[32], number[32], unit[80];
    int kind = choose_kind(d), nth = ++t->by_kind[kind];
    static const double middle[5] = {5.0, 5.8, 6.9, 7.3, 7.2};
    int pupils = (int)exp(middle[kind] + 0.5 * bell(d)), guards = pupils < 100 ? 1 : pupils < 1000 ? 2 : 3 + (pupils - 1000) / 500;
    double lat, lon = near(d, feature, t->lon, t->lat, 0.02, &lat);
    int64_t id = 0, places[4], ignored;
    char phone[24];
    d->school_count++;
    enum hx_err e = HX_OK;
    if (d->in_zhenfeng && d->district == 0) {
        e = add_district(d, t, edu_org);
        edu_org = d->district;
    }
    snprintf(phone, sizeof phone, "0859-0%06d", (int)(d->school_count * 3)); /* no such numbers exist */
    snprintf(code, sizeof code, "%s%04d", county, (int)d->school_count);
    snprintf(name, sizeof name, "%.28s%s%s", t->stem, nth > 1 ? ordinal(nth, number) : "", kind_names[kind]);
    json_t *b = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:f,s:f,s:i,s:i,s:i,s:I,s:I,s:s,s:s}", "code", code, "name", name, "pinyin", pinyin_initials(str_of(name), pinyin, sizeof pinyin),
                          "county", county, "town", t->name, "kind", kinds[kind], "lon", rounded(lon), "lat", rounded(lat), "pupils", pupils,
                          "boarders", kind >= 2 ? pupils / 2 : 0, "guards", guards, "police_org_id", (json_int_t)t->station, "edu_org_id", (json_int_t)edu_org, "address", t->name, "phone", phone);
    if (!e) e = school_make(d->tx, b, 1, &id);
    json_decref(b);
    double step = 0.0006;
    if (!e) e = add_place(d, id, "gate", "正门", lon, lat - step, 0.5, 0.94, &places[0]);
    if (!e) e = add_place(d, id, "gate", "侧门", lon - step, lat, 0.05, 0.49, &places[1]);
    if (!e) e = add_place(d, id, "building", "教学楼A", lon - step / 2, lat + step / 2, 0.27, 0.22, &places[2]);
    if (!e) e = add_place(d, id, "room", "食堂", lon + step / 2, lat - step / 2, 0.8, 0.75, &places[3]);
    if (!e) e = add_place(d, id, "post", "护学岗", lon, lat - step * 1.1, 0.42, 0.97, &ignored);
    if (!e) e = add_team(d, id, guards, pupils, lon, lat);
    if (!e) e = add_post(d, id, t->station, lon, lat - step * 1.1, kind, pupils);
    t->schools++;
    if (!e) e = add_floor_plan(d, id);
    if (!e) e = add_contacts(d, id);
    if (!e && d->in_zhenfeng && d->first_school == 0) d->first_school = id;
    if (!e) e = demo_classes(d->tx, id, kind, pupils);
    if (!e && d->in_zhenfeng && d->outputs < 16) {
        e = demo_outputs(d->tx, &d->app->panels->seal, id, code);
        if (!e) e = demo_families(d->tx, &d->app->panels->seal, id);
        d->outputs++;
    }
    if (!e) e = add_panel(d, id, places);
    if (!e) e = add_recorder(d, id, county, places, lon, lat);
    snprintf(unit, sizeof unit, "%.48s 保安组", name);
    if (!e) e = add_unit(d, "guard", unit, "", 0, id, lon, lat, "available");
    snprintf(unit, sizeof unit, "%.48s 护学岗", name);
    if (!e && chance(d) < 0.25) e = add_unit(d, "post", unit, "", t->station, id, lon, lat - step * 1.1, "on_post");
    snprintf(unit, sizeof unit, "%.40s 警务岗亭", name);
    if (!e && pupils > 60 && d->box_count < SENTRY_BOXES && chance(d) < 0.17) {
        e = add_unit(d, "sentry", unit, "", t->station, id, lon + 0.0004, lat - step, "available");
        if (!e) e = add_box(d, id, t->station, unit, lon + 0.0004, lat - step);
        d->box_count++;
    }
    return e;
}

static enum hx_err add_county(struct demo *d, const json_t *feature, int schools)
{
    const json_t *p = json_object_get(feature, "properties"), *list = json_object_get(p, "towns"), *centre = json_object_get(p, "centre");
    const char *county = json_z(p, "adcode", ""), *name = json_z(p, "name", ""), *name_en = json_z(p, "name_en", "");
    double cx = json_number_value(json_array_get(centre, 0)), cy = json_number_value(json_array_get(centre, 1)), total = 0;
    struct town *towns = calloc(TOWNS_MAX, sizeof *towns);
    int64_t police, education;
    char code[16], title[64], title_en[96];
    HX_ASSERT(towns != NULL);
    size_t n = json_array_size(list) < TOWNS_MAX ? json_array_size(list) : TOWNS_MAX;
    snprintf(code, sizeof code, "P%s", county);
    snprintf(title, sizeof title, "%s公安局", name);
    snprintf(title_en, sizeof title_en, "%s public security bureau", name_en);
    json_t *b = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:f,s:f}", "tree", "police", "kind", "county", "name", title, "name_en", title_en, "code", code, "area", county, "lon", cx, "lat", cy);
    enum hx_err e = org_make(d->tx, d->prefecture_police, b, 1, &police);
    json_decref(b);
    code[0] = 'E';
    snprintf(title, sizeof title, "%s教育局", name);
    snprintf(title_en, sizeof title_en, "%s education bureau", name_en);
    b = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:f,s:f}", "tree", "education", "kind", "county", "name", title, "name_en", title_en, "code", code, "area", county, "lon", cx, "lat", cy);
    if (!e) e = org_make(d->tx, d->prefecture_education, b, 1, &education);
    json_decref(b);
    for (size_t i = 0; !e && i < n; i++) {
        struct town *t = &towns[i];
        snprintf(t->name, sizeof t->name, "%.30s", json_z(json_array_get(list, i), "name", ""));
        stem_of(t->name, t->stem, sizeof t->stem);
        t->weight = i < 3 ? 4 : 1;
        total += t->weight;
        t->lon = cx, t->lat = cy;
        if (i > 0) t->lon = near(d, feature, cx, cy, i < 3 ? 0.03 : 0.16, &t->lat);
        e = add_station(d, feature, t, police, (int)i + 1, county);
    }
    snprintf(title, sizeof title, "%s特巡警大队", name);
    for (int i = 1; !e && i <= 2; i++) {
        char unit[80];
        snprintf(unit, sizeof unit, "%s%d组", title, i);
        e = add_unit(d, "special", unit, "", police, 0, cx + 0.004 * i, cy + 0.003, "available");
    }
    d->in_zhenfeng = strcmp(county, "522325") == 0;
    for (int i = 0; !e && i < schools; i++) {
        double r = chance(d) * total;
        size_t k = 0;
        while (k + 1 < n && (r -= towns[k].weight) > 0) k++;
        e = add_school(d, feature, &towns[k], county, education);
    }
    char from[CLOCK_DATE_MAX], to[CLOCK_DATE_MAX];
    int64_t monday = d->tx->now_ms - (d->tx->now_ms + CLOCK_LOCAL_MS) % CLOCK_DAY_MS - clock_local_weekday(d->tx->now_ms) * CLOCK_DAY_MS, rota;
    if (!e) e = add_officers(d, county, police, towns, n, schools, monday);
    if (!e) e = rota_make(d->tx, police, county, clock_local_date(monday, from), clock_local_date(monday + 13 * CLOCK_DAY_MS, to), &rota);
    free(towns);
    return e;
}

static enum hx_err add_person(struct demo *d, const char *name, const char *full, const char *role, int64_t org, const char *encoded)
{
    int64_t id;
    json_t *b = json_pack("{s:s,s:s,s:I}", "name", name, "full_name", full, "org_id", (json_int_t)org);
    enum hx_err e = person_make(d->tx, b, encoded, 1, &id);
    json_decref(b);
    return e ? e : grant_make(d->tx, id, role, org);
}

/* A guard and a volunteer who can sign in, and today's rounds for them. */
static enum hx_err add_members(struct demo *d, int64_t county_org)
{
    static const struct {
        const char *name, *full, *role, *member;
    } people[] = {{"guard", "保安 演示", "guard", "guard"}, {"volunteer", "志愿者 演示", "member", "volunteer"}, {"teacher", "教师 演示", "teacher", "teacher"}};
    char today[CLOCK_DATE_MAX];
    int64_t id, member, midnight = d->tx->now_ms - (d->tx->now_ms + CLOCK_LOCAL_MS) % CLOCK_DAY_MS;
    enum hx_err e = HX_OK;
    for (size_t i = 0; !e && i < HX_COUNT(people); i++) {
        e = add_person(d, people[i].name, people[i].full, people[i].role, strcmp(people[i].role, "teacher") == 0 ? d->district : county_org, d->encoded);
        if (!e) e = db_one_i64(d->tx->db, SQL_PERSON_ID_OF, &id, "z", people[i].name);
        if (!e) e = member_make(d->tx, &(struct member_new){.team_id = d->member_team, .person_id = id, .name = people[i].full, .role = people[i].member, .phone = "0859-2000002", .trained = clock_local_date(d->tx->now_ms, today), .from_date = today, .demo = 1}, &member);
    }
    if (!e) e = add_person(d, "principal", "校长 演示", "principal", d->district, d->encoded);
    for (int hour = 7; !e && hour < 22; hour += 3) e = patrol_make(d->tx, d->member_route, 0, midnight + hour * 3600000LL, midnight + (hour + 3) * 3600000LL, &id);
    return e;
}

/* Who is told when the desk does not act. No gateway comes with the demo: their phones are rung once one is entered. */
static enum hx_err add_receivers(struct demo *d)
{
    static const struct { const char *name, *title; int level, severity; const char *channels; } rows[] = {
        {"supervisor", "值班长", 1, 2, "app sms"}, {"commander", "指挥长", 2, 2, "app sms voice"}, {"commander", "指挥长", 4, 1, "app sms voice"}, {"commander", "指挥长", 5, 1, "app voice"}};
    enum hx_err e = HX_OK;
    for (size_t i = 0; !e && i < HX_COUNT(rows); i++) {
        int64_t person, id;
        e = db_one_i64(d->tx->db, SQL_PERSON_ID_OF, &person, "z", rows[i].name);
        json_t *b = json_pack("{s:I,s:s,s:i,s:i,s:s,s:s}", "person_id", (json_int_t)person, "name", rows[i].title, "level", rows[i].level, "severity", rows[i].severity, "channels", rows[i].channels, "phone", "0859-2000001"); /* no such number exists */
        if (!e) e = receiver_make(d->tx, b, 1, &id);
        json_decref(b);
    }
    return e;
}

enum hx_err demo_run(struct tx *tx, const struct hx_app *app, json_t **reply)
{
    struct demo d = {.tx = tx, .app = app, .random = 20220831};
    char why[160];
    json_t *map = NULL;
    int64_t there;
    const struct embedded_file *file = embedded_find("qianxinan.geojson");
    enum hx_err e = db_one_i64(tx->db, SQL_SCHOOL_ID_OF, &there, "z", "5223010001");
    if (e == HX_OK) {
        snprintf(tx->detail, sizeof tx->detail, "the demo prefecture is there already");
        return HX_E_CONFLICT;
    }
    HX_ASSERT(file != NULL && json_parse((struct str){file->bytes, file->size}, &map, why, sizeof why) == HX_OK);
    e = db_one_i64(tx->db, SQL_ORG_ID_OF, &d.prefecture_police, "z", "P");
    if (!e) e = db_one_i64(tx->db, SQL_ORG_ID_OF, &d.prefecture_education, "z", "E");
    if (!e) e = auth_hash_password(DEMO_PASSWORD, d.encoded);
    const json_t *features = json_object_get(map, "features");
    for (size_t i = 0; !e && i < json_array_size(features); i++) {
        const json_t *feature = json_array_get(features, i);
        for (size_t q = 0; q < HX_COUNT(quota); q++)
            if (strcmp(json_z(feature, "id", ""), quota[q].code) == 0) e = add_county(&d, feature, quota[q].schools);
    }
    json_decref(map);
    if (!e) e = add_person(&d, "operator", "值班员 演示", "operator", d.prefecture_police, d.encoded);
    if (!e) e = add_person(&d, "supervisor", "值班长 演示", "supervisor", d.prefecture_police, d.encoded);
    if (!e) e = add_person(&d, "commander", "指挥长 演示", "supervisor", d.prefecture_police, d.encoded);
    if (!e) e = add_receivers(&d);
    if (!e) e = add_person(&d, "education", "教育局 演示", "education", d.prefecture_education, d.encoded);
    if (!e) e = add_person(&d, "wall", "大屏 演示", "wall", d.prefecture_police, d.encoded);
    int64_t county_org = 0;
    if (!e) e = db_one_i64(tx->db, SQL_ORG_ID_OF, &county_org, "z", "P522325");
    if (!e) e = add_person(&d, "zhenfeng", "贞丰席位 演示", "operator", county_org, d.encoded);
    if (!e) e = add_members(&d, county_org);
    if (!e) e = demo_past(tx);
    if (!e) e = demo_week(tx);
    if (!e) e = demo_answers(tx);
    if (!e) e = demo_shift(tx);
    if (!e) e = demo_fleet(tx);
    if (!e) e = demo_drill(tx, d.first_school);
    HX_ASSERT(e || d.school_count == SCHOOLS);
    if (!e) *reply = json_pack("{s:I,s:I,s:I,s:I,s:s}", "schools", (json_int_t)d.school_count, "panels", (json_int_t)d.panel_count, "units", (json_int_t)d.unit_count,
                               "sentry_boxes", (json_int_t)d.box_count, "password", DEMO_PASSWORD);
    return e;
}
