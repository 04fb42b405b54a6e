#include "app/demo_past.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "domain/drill/drill.h"
#include "domain/equipment/equipment.h"
#include "domain/lesson/lesson.h"
#include "domain/patrol/patrol.h"
#include "journal/journal.h"

#define OFFICERS_MAX 4000
#define IDS_A_SCHOOL 1000 /* the records of a school's past are numbered within its own block */

struct past {
    struct tx *tx;
    int64_t first_id;
    int64_t *officers;
    int officer_count;
};

static char *day(int64_t days_from_article, char out[CLOCK_DATE_MAX])
{
    return clock_local_date(ARTICLE_DAY_MS + days_from_article * CLOCK_DAY_MS, out);
}

static char *recent(const struct past *p, int64_t days_ago, char out[CLOCK_DATE_MAX])
{
    return clock_local_date(p->tx->now_ms - days_ago * CLOCK_DAY_MS, out);
}

static enum hx_err lessons_of(struct past *p, int i, int64_t base, int64_t school, int64_t officer)
{
    static const char *const titles[] = {"开学第一课：预防校园欺凌", "未成年人保护法进校园", "反电信网络诈骗", "交通安全与校车乘坐", "禁毒教育"};
    char date[CLOCK_DATE_MAX];
    int before = 2 + (i % 3 == 0), after = 2 + i % 4;
    enum hx_err e = HX_OK;
    for (int n = 0; !e && n < before + after; n++) {
        int64_t when = n < before ? -10 - (i * 7 + n * 113) % 350 : 3 + (i * 11 + n * 241) % 1450;
        e = lesson_load(p->tx, base + n, officer, school, titles[(i + n) % 5], (i + n) % 5 == 0 ? "first_lesson" : "regular", day(when, date), 60 + (i * 37 + n * 91) % 900, "签到表与照片（演示）");
    }
    /* The present school year: some schools have begun, some have not. */
    for (int n = 0; !e && n < i % 4; n++)
        e = lesson_load(p->tx, base + before + after + n, officer, school, titles[(i + n + 2) % 5], n == 0 ? "first_lesson" : "regular", recent(p, (i * 7 + n * 29) % 80, date), 60 + (i * 53 + n * 17) % 900, "签到表与照片（演示）");
    return e;
}

static enum hx_err drills_of(struct past *p, int i, int64_t base, int64_t school)
{
    char date[CLOCK_DATE_MAX];
    int before = 1 + (i % 6 == 0), after = 1 + i % 3;
    enum hx_err e = HX_OK;
    for (int n = 0; !e && n < before + after; n++) {
        int64_t when = n < before ? -12 - (i * 5 + n * 97) % 340 : 9 + (i * 13 + n * 311) % 1500;
        bool intruder = (i + n) % 3 != 2;
        e = drill_load(p->tx, base + n, school, intruder ? "intruder" : "fire", intruder ? "防暴力侵入演练" : "消防疏散演练", day(when, date), n < before || n % 2 == 0, 80 + (i * 29) % 1200,
                       "一键报警—保安盾叉阻隔—民警到场—分组处置—清点人数—解除（演示）", "报警及时，疏散有序；东侧通道需加人引导（演示）");
    }
    /* Nine schools of ten did this month's. */
    if (!e && i % 10 != 9)
        e = drill_load(p->tx, base + before + after, school, "fire", "消防疏散演练", recent(p, i % 3, date), i % 2 == 0, 80 + (i * 31) % 1200, "警铃—疏散—清点人数—解除（演示）", "疏散用时达标（演示）");
    return e;
}

static enum hx_err rounds_of(struct past *p, int i, int64_t base, int64_t school, int64_t route, int64_t officer)
{
    int before = 5 + (i % 7 < 3), after = 1 + i % 2;
    enum hx_err e = HX_OK;
    for (int n = 0; !e && route != 0 && n < before + after; n++) {
        int64_t when = n < before ? -1 - (i * 3 + n * 61) % 360 : 1 + (i * 17 + n * 131) % 1500;
        e = patrol_load(p->tx, base + n, route, school, officer, ARTICLE_DAY_MS + when * CLOCK_DAY_MS + 8 * 3600000LL);
    }
    return e;
}

/* The eight pieces: most are whole, a few faulty, lost, past their date or not looked at this month. */
static enum hx_err kit_of(struct past *p, int i, int64_t base, int64_t school)
{
    static const char *const kit[] = {"helmet", "shield", "fork", "baton", "vest", "gloves", "spray", "torch"};
    enum hx_err e = HX_OK;
    for (size_t k = 0; !e && k < HX_COUNT(kit); k++) {
        char code[24], made[CLOCK_DATE_MAX], expires[CLOCK_DATE_MAX] = "";
        int nth = i * (int)HX_COUNT(kit) + (int)k;
        snprintf(code, sizeof code, "QXN-%04d-%zu", i + 1, k + 1);
        if (k == 6) recent(p, -((i * 13) % 700) + 8, expires);
        e = equipment_load(p->tx, base + (int64_t)k, school, kit[k], code, recent(p, 400 + nth % 500, made), expires, nth % 211 == 7 ? "faulty" : nth % 307 == 9 ? "missing" : "good",
                           p->tx->now_ms - (i % 9 == 4 ? 40 : 0) * CLOCK_DAY_MS);
    }
    return e;
}

/* Every eleventh school shares the vice principal of the one before it: a person may have two. */
static enum hx_err load_school(struct past *p, int i, int schools, int64_t school, int64_t route)
{
    char date[CLOCK_DATE_MAX];
    int whose = i % 11 == 10 ? i - 1 : i;
    int64_t officer = p->officers[(int64_t)whose * p->officer_count / schools], base = p->first_id + (int64_t)i * IDS_A_SCHOOL;
    enum hx_err e = appointment_load(p->tx, base, officer, school, day(-30 - i % 300, date));
    if (!e) e = lessons_of(p, i, base + 100, school, officer);
    if (!e) e = drills_of(p, i, base + 200, school);
    if (!e) e = kit_of(p, i, base + 400, school);
    return e ? e : rounds_of(p, i, base + 300, school, route, officer);
}

enum hx_err demo_past(struct tx *tx)
{
    struct past p = {.tx = tx, .first_id = journal_next(tx) * 1000000, .officers = calloc(OFFICERS_MAX, sizeof(int64_t))};
    struct school_route {
        int64_t school, route;
    } *all = calloc(OFFICERS_MAX, sizeof *all);
    HX_ASSERT(p.officers != NULL && all != NULL);
    int schools = 0;
    struct rows r = db_query(tx->db, SQL_PAST_OFFICERS, "");
    while (rows_next(&r) && p.officer_count < OFFICERS_MAX) p.officers[p.officer_count++] = rows_i64(&r, 0);
    rows_end(&r);
    r = db_query(tx->db, SQL_PAST_SCHOOLS, "");
    while (rows_next(&r) && schools < OFFICERS_MAX) all[schools++] = (struct school_route){rows_i64(&r, 0), rows_i64(&r, 1)};
    rows_end(&r);
    enum hx_err e = p.officer_count == 0 ? HX_E_NOT_FOUND : HX_OK;
    for (int i = 0; !e && i < schools; i++) e = load_school(&p, i, schools, all[i].school, all[i].route);
    free(all);
    free(p.officers);
    return e ? e : journal_add(tx, "demo.past_loaded", 0, 0, json_pack("{s:i,s:I}", "schools", schools, "first_id", (json_int_t)p.first_id));
}
