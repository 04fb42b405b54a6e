#include "app/demo_week.h"

#include <stdlib.h>

#include "base/clock.h"
#include "domain/post/post.h"
#include "journal/journal.h"

#define SCHOOLS_MAX 2000
#define EVERY_SCHOOL 29 /* one in so many saw something, each day */

static const struct {
    const char *kind, *story, *action;
    int minutes;
} seen[] = {
    {"vehicle", "家长车辆停在校门口，妨碍通行", "劝离", 3}, {"vendor", "流动摊贩占用人行道", "劝离并登记", 7}, {"crowd", "放学后家长聚集在路口", "疏导", 5}, {"quarrel", "两名家长因停车争执", "现场调解", 6},
    {"stranger", "陌生人在围墙外徘徊", "盘问后离开", 4}, {"vehicle", "面包车长时间停留", "查验后驶离", 16}, {"other", "路灯不亮", "", 0},
};

enum hx_err demo_week(struct tx *tx)
{
    char today[CLOCK_DATE_MAX];
    int64_t midnight = tx->now_ms - (tx->now_ms + CLOCK_LOCAL_MS) % CLOCK_DAY_MS, *schools = calloc(SCHOOLS_MAX, sizeof *schools);
    int count = 0, days = clock_local_weekday(tx->now_ms);
    HX_ASSERT(schools != NULL);
    struct rows r = db_query(tx->db, SQL_PAST_SCHOOLS, "");
    while (rows_next(&r) && count < SCHOOLS_MAX) schools[count++] = rows_i64(&r, 0);
    enum hx_err e = r.err;
    rows_end(&r);
    if (!e) e = duty_past_load(tx, clock_local_date(tx->now_ms, today));
    for (int day = 1; !e && day <= days; day++) {
        if (clock_local_weekday(midnight - day * CLOCK_DAY_MS) > 4) continue;
        for (int i = day; !e && i < count; i += EVERY_SCHOOL) {
            size_t k = (size_t)(i / EVERY_SCHOOL + day) % HX_COUNT(seen);
            int64_t at = midnight - day * CLOCK_DAY_MS + (i % 2 ? 7 * 60 + 25 : 17 * 60 + 5) * 60000LL + i % 20 * 60000LL;
            e = situation_load(tx, schools[i], seen[k].kind, seen[k].story, at, seen[k].action, seen[k].minutes * 60000LL);
        }
    }
    free(schools);
    return e;
}
