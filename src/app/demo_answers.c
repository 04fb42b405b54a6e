#include "app/demo_answers.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "domain/incident/incident.h"

#define DAYS 28
#define SCHOOLS_MAX 2000
#define DAY_BEGINS_S (7 * 3600)
#define DAY_ENDS_S (18 * 3600)

/* What happens at schools, with how often it turns out to be nothing. */
static const struct {
    const char *title, *title_en, *class, *source;
    int severity, false_of_100;
    const char *cause, *disposition;
} kinds[] = {
    {"门卫室 一键报警", "gate room panic button", "panic", "alarm", 1, 70, "operation", "校门口纠纷，民警到场调解（演示）"},
    {"围墙 入侵报警", "fence intrusion", "burglary", "alarm", 2, 60, "environment", "翻墙人员劝离并登记（演示）"},
    {"实验楼 火灾报警", "laboratory fire", "fire", "alarm", 1, 85, "equipment", "厨房油烟，已扑灭，无人员受伤（演示）"},
    {"手机报警 保安", "Alarm from a phone, guard", "panic", "phone", 1, 40, "operation", "醉酒人员滞留校门，带离（演示）"},
    {"学生打架", "Pupils fight", "fight", "call", 2, 0, "", "双方已分开，家长到校（演示）"},
    {"可疑人员 · 群防员", "Stranger · volunteer", "stranger", "tip", 3, 0, "", "核实为接送家长（演示）"},
    {"机箱 防拆报警", "box tamper", "tamper", "alarm", 2, 90, "equipment", "维保人员未报备（演示）"},
    {"学生突发疾病", "Pupil taken ill", "medical", "call", 1, 0, "", "120 送医，家长陪同（演示）"},
};

/* The same figures from the same number, evenly spread: no clock and no chance. */
static int64_t spread(int64_t n, int64_t salt, int64_t least, int64_t most)
{
    uint64_t x = (uint64_t)(n * 2654435761 + salt * 40503);
    x ^= x >> 15;
    x *= 0x2c1b3c6dU;
    x ^= x >> 12;
    return least + (int64_t)(x % (uint64_t)(most - least + 1));
}

/* Most answers are quick; one of twelve takes three times as long. */
static int64_t after(int64_t n, int64_t salt, int64_t least_s, int64_t most_s)
{
    return 1000 * spread(n, salt, least_s, most_s) * (spread(n, salt + 50, 0, 11) == 0 ? 3 : 1);
}

static enum hx_err add(struct tx *tx, int64_t n, int64_t opened_at, int64_t school, int64_t owner)
{
    size_t k = (size_t)spread(n, 1, 0, HX_COUNT(kinds) - 1);
    bool nothing = spread(n, 2, 0, 99) < kinds[k].false_of_100;
    struct incident_past p = {.school_id = school, .owner_id = owner, .title = kinds[k].title, .title_en = kinds[k].title_en, .class = kinds[k].class, .source = kinds[k].source,
                              .severity = kinds[k].severity, .alarms = strcmp(kinds[k].source, "call") != 0, .cause = nothing ? kinds[k].cause : "", .disposition = nothing ? "" : kinds[k].disposition};
    p.opened_at = opened_at;
    p.acked_at = p.opened_at + after(n, 4, 2, 11);
    p.confirmed_at = nothing ? 0 : p.acked_at + after(n, 5, 6, 26);
    p.closed_at = p.opened_at + after(n, 6, 120, 400);
    if (!nothing) {
        p.dispatched_at = p.acked_at + after(n, 7, 5, 40);
        p.responder_at = p.opened_at + after(n, 8, 20, 70);
        p.linked_at = p.opened_at + after(n, 9, 80, 190);
        p.police_at = p.dispatched_at + after(n, 10, 90, 270);
        p.controlled_at = p.police_at + after(n, 11, 60, 600);
        p.closed_at = p.controlled_at + after(n, 12, 120, 900);
    }
    return incident_load(tx, &p);
}

enum hx_err demo_answers(struct tx *tx)
{
    int64_t midnight = tx->now_ms - (tx->now_ms + CLOCK_LOCAL_MS) % CLOCK_DAY_MS, *schools = calloc(SCHOOLS_MAX, sizeof *schools), owner = 0, n = 0;
    int count = 0;
    HX_ASSERT(schools != NULL);
    struct rows r = db_query(tx->db, SQL_PAST_SCHOOLS, "");
    while (rows_next(&r) && count < SCHOOLS_MAX) schools[count++] = rows_i64(&r, 0);
    enum hx_err e = r.err;
    rows_end(&r);
    if (!e) e = db_one_i64(tx->db, SQL_PERSON_ID_OF, &owner, "z", "operator");
    for (int day = DAYS; !e && day > 0; day--) {
        int64_t day_ms = midnight - day * CLOCK_DAY_MS;
        int weekday = clock_local_weekday(day_ms), cases = (int)(weekday > 4 ? spread(day, 20, 0, 2) : spread(day, 20, 5, 11));
        int64_t slice = (DAY_ENDS_S - DAY_BEGINS_S) / (cases + 1);
        for (int i = 0; !e && i < cases; i++, n++)
            e = add(tx, n, day_ms + (DAY_BEGINS_S + i * slice + spread(n, 3, 0, slice - 1)) * 1000, schools[spread(n, 13, 0, count - 1)], owner);
    }
    free(schools);
    return e;
}
