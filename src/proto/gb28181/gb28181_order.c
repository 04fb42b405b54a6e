/* Orders for upkeep (GB/T 28181-2022 clause 9.3, annex A.2.3.1): restart, guard, reset of an alarm, home position. A restart is not answered; the
 * others are, by a Response of the same number. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "gb28181_inner.h"

#define WAIT_MS 8000

static void tell(struct gb_session *session, int64_t number, const char *result)
{
    if (recorders_all()->did != NULL) recorders_all()->did(session->recorder, number, result, recorders_all()->arg);
}

static void write_order(const struct recorder_order *o, char *out, size_t room)
{
    switch (o->act) {
    case ORDER_REBOOT: snprintf(out, room, "<TeleBoot>Boot</TeleBoot>\r\n"); break;
    case ORDER_GUARD: snprintf(out, room, "<GuardCmd>SetGuard</GuardCmd>\r\n"); break;
    case ORDER_UNGUARD: snprintf(out, room, "<GuardCmd>ResetGuard</GuardCmd>\r\n"); break;
    case ORDER_RESET_ALARM: snprintf(out, room, "<AlarmCmd>ResetAlarm</AlarmCmd>\r\n<Info>\r\n<AlarmMethod>0</AlarmMethod>\r\n</Info>\r\n"); break;
    case ORDER_HOME:
        if (o->preset == 0) snprintf(out, room, "<HomePosition>\r\n<Enabled>0</Enabled>\r\n</HomePosition>\r\n");
        else snprintf(out, room, "<HomePosition>\r\n<Enabled>1</Enabled>\r\n<ResetTime>%d</ResetTime>\r\n<PresetIndex>%d</PresetIndex>\r\n</HomePosition>\r\n", o->after_s, o->preset);
        break;
    }
}

bool gb_order(struct recorder *r, const char *channel, const struct recorder_order *o)
{
    struct gb_session *session = r->session;
    struct gb_order *free_one = NULL;
    char what[320];
    if (session == NULL) return false;
    for (int i = 0; i < GB_ORDERS && o->act != ORDER_REBOOT && free_one == NULL; i++)
        if (session->orders[i].at == 0) free_one = &session->orders[i];
    if (free_one == NULL && o->act != ORDER_REBOOT) return tell(session, o->number, "silent"), true; /* so many wait that it answers none */
    int sn = ++session->server->sn;
    write_order(o, what, sizeof what);
    gb_tell(session, "Control", "DeviceControl", channel, sn, what);
    if (free_one != NULL) *free_one = (struct gb_order){.sn = sn, .number = o->number, .at = clock_utc_ms()};
    else tell(session, o->number, "sent");
    return true;
}

void gb_order_answered(struct gb_session *session, int sn, const char *result)
{
    for (int i = 0; i < GB_ORDERS; i++) {
        struct gb_order o = session->orders[i];
        if (o.at == 0 || o.sn != sn) continue;
        session->orders[i].at = 0;
        tell(session, o.number, strcasecmp(result, "OK") == 0 ? "ok" : "refused");
        return;
    }
}

void gb_orders_tick(struct gb_session *session, int64_t now_ms)
{
    for (int i = 0; i < GB_ORDERS; i++) {
        struct gb_order o = session->orders[i];
        if (o.at == 0 || now_ms - o.at < WAIT_MS) continue;
        session->orders[i].at = 0;
        tell(session, o.number, "silent");
    }
}
