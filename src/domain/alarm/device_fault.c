/* What guards and teachers report as broken: a fault as the devices' own, on the maintenance list until somebody says that it works again. */
#include <stdio.h>
#include <string.h>

#include "alarm.h"
#include "signal/signal.h"

#define PROTOCOL "report"

static const struct {
    const char *name, *zh;
} devices[] = {{"button", "报警按钮"}, {"camera", "摄像机"}, {"siren", "警号或广播"}, {"door", "门禁或大门"}, {"detector", "探测器"}, {"network", "网络或电源"}, {"gear", "防护器材"}, {"other", "其他设备"}};

static enum hx_err say(struct call *c, int64_t school, const char *zone, const char *qualifier, const char *text)
{
    struct signal_batch *batch = signal_batch_new(1, str_of(text));
    struct signal *s = &batch->signals[0];
    int64_t unique[2] = {c->who.id, journal_next(c->tx)}; /* two reports are two; a repeated request carries an Idempotency-Key */
    struct str piece = {(const char *)unique, sizeof unique};
    json_t *extra = json_pack("{s:I}", "person_id", (json_int_t)c->who.id);
    s->received_at = c->tx->now_ms;
    s->school_id = school;
    s->class = CLASS_TROUBLE;
    s->severity = 4;
    snprintf(s->account, sizeof s->account, "s%lld", (long long)school);
    snprintf(s->protocol, sizeof s->protocol, PROTOCOL);
    snprintf(s->code, sizeof s->code, "YT");
    snprintf(s->qualifier, sizeof s->qualifier, "%s", qualifier);
    snprintf(s->zone, sizeof s->zone, "%s", zone);
    str_to_utf8_z(str_of(text), s->text, sizeof s->text);
    s->extra = json_text(extra);
    json_decref(extra);
    signal_digest(&piece, 1, s->digest);
    enum hx_err e = signal_store(c->tx, batch);
    signal_batch_free(batch);
    return e;
}

static enum hx_err fault_list(struct call *c)
{
    int64_t school = call_query_i64(c, "school", 0);
    enum hx_err e = call_check_school(c, PERM_DUTY_REPORT, school);
    return e ? e : call_list(c, db_all_json(c->db, SQL_DEVICE_FAULT_LIST, "i", school));
}

static enum hx_err fault_post(struct call *c)
{
    char text[400], zone[16]; /* fifteen digits */
    int64_t school = json_i64(c->body, "school_id", 0);
    const char *device = json_z(c->body, "device", "other");
    size_t d = 0;
    enum hx_err e = call_check_school(c, PERM_DUTY_REPORT, school);
    if (e) return e;
    while (d + 1 < HX_COUNT(devices) && strcmp(devices[d].name, device) != 0) d++;
    snprintf(zone, sizeof zone, "%015llu", (unsigned long long)journal_next(c->tx) % 1000000000000000ULL);
    snprintf(text, sizeof text, "%s：%.240s（%.60s）", devices[d].zh, json_z(c->body, "story", ""), c->who.full_name);
    e = say(c, school, zone, "new", text);
    c->status = 201;
    return e ? e : call_reply(c, json_object());
}

static enum hx_err fault_fixed(struct call *c)
{
    char source[96], account[40];
    json_t *alarm = NULL;
    enum hx_err e = db_one_json(c->db, SQL_ALARM_GET, &alarm, "i", call_id(c, 0));
    int64_t school = json_i64(alarm, "school_id", 0);
    snprintf(source, sizeof source, "%.95s", json_z(alarm, "source", ""));
    bool open = json_z(alarm, "cleared_at", "")[0] == 0;
    json_decref(alarm);
    snprintf(account, sizeof account, PROTOCOL ":s%lld/", (long long)school);
    if (!e) e = call_check_school(c, PERM_DUTY_REPORT, school);
    if (!e && strncmp(source, account, strlen(account)) != 0) e = HX_E_NOT_FOUND; /* the devices' own faults end when the device says so */
    if (!e && !open) e = call_fail(c, HX_E_ILLEGAL, "this fault is mended already");
    if (e) return e;
    char *zone = source + strlen(account), *slash = strchr(zone, '/');
    if (slash != NULL) *slash = 0;
    e = say(c, school, zone, "restore", c->who.full_name);
    return e ? e : call_reply(c, json_object());
}

static const struct hx_route routes[] = {
    {HX_GET, "/v1/device-faults", "deviceFaultList", PERM_DUTY_REPORT, fault_list, NULL},
    {HX_POST, "/v1/device-faults", "deviceFaultAdd", PERM_DUTY_REPORT, fault_post, NULL},
    {HX_POST, "/v1/device-faults/{id}/fixed", "deviceFaultFixed", PERM_DUTY_REPORT, fault_fixed, NULL},
};
const struct hx_module device_fault_module = {.name = "device_fault", .routes = routes, .route_count = HX_COUNT(routes)};
