#include "app/demo_shift.h"

#include "base/clock.h"
#include "domain/handover/handover.h"

#define DAYS 3
#define MORNING_MS (8 * 3600000LL)
#define EVENING_MS (18 * 3600000LL)

/* What one says to the next, newest last. */
static const char *const notes[2 * DAYS] = {
    "兴义市第三中学门卫室按钮已换新，试按正常；万峰林小学围墙施工至周五，入侵报警可能增多。（演示）",
    "夜间无警情。安龙县两校网络检修，22:30 恢复，主机均已上线。（演示）",
    "上午贞丰县学校演练一次，已按计划解除；校车 贵E70021 定位时断时续，已报维保。（演示）",
    "册亨县护学岗一处缺岗，由巡逻警力补位；家长纠纷一起已调解。（演示）",
    "周末值班，寄宿制学校加派夜巡；普安县一所学校录像机离线，电话确认停电。（演示）",
    "无未了警情。明早恶劣天气预警，注意校车停运通知。（演示）",
};

enum hx_err demo_shift(struct tx *tx)
{
    int64_t midnight = tx->now_ms - (tx->now_ms + CLOCK_LOCAL_MS) % CLOCK_DAY_MS, desks[2] = {0, 0};
    enum hx_err e = db_one_i64(tx->db, SQL_PERSON_ID_OF, &desks[0], "z", "operator");
    if (!e) e = db_one_i64(tx->db, SQL_PERSON_ID_OF, &desks[1], "z", "supervisor");
    for (int n = 0; !e && n < 2 * DAYS; n++) {
        int64_t at = midnight - (DAYS - n / 2) * CLOCK_DAY_MS + (n % 2 ? EVENING_MS : MORNING_MS);
        e = handover_load(tx, &(struct handover_past){.from = desks[n % 2], .made_at = at, .note = notes[n], .taken_by = desks[(n + 1) % 2], .taken_at = at + (4 + n) * 60000LL});
    }
    return e;
}
