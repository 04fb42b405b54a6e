/* MESSAGE and NOTIFY with MANSCDP: keepalives, catalogs, alarms, records; and what we ask and command (GB/T 28181 annex A). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "gb28181_inner.h"
#include "gb28181_steer.h"
#include "signal/signal.h"

#define CATALOG_WAIT_MS 5000 /* after the last part */
#define CATALOG_TRIES 2
#define RECORDS_MAX 2000
#define SUBSCRIBE_S 3600
#define RAW_MAX 4096

/* ---- what we ask ---- */

void gb_tell(struct gb_session *session, const char *kind, const char *command, const char *code, int sn, const char *more)
{
    char xml[1024];
    snprintf(xml, sizeof xml, "<%s>\r\n<CmdType>%s</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n%s</%s>\r\n", kind, command, sn, code, more, kind);
    gb_message(session, code, xml);
}

static void begin_catalog(struct gb_session *session)
{
    session->channel_count = 0;
    session->catalog_said = 0;
    session->catalog_sn = ++session->server->sn;
    session->catalog_at = clock_utc_ms() + CATALOG_WAIT_MS; /* the first part may take twice as long */
    gb_tell(session, "Query", "Catalog", session->recorder->code, session->catalog_sn, "");
}

static void subscribed(struct gb_server *s, const struct sip_message *reply, void *arg)
{
    char *code = arg;
    struct gb_session *session = map_get(&s->sessions, str_of(code));
    int64_t now = clock_utc_ms();
    if (session != NULL && reply != NULL && reply->status < 300) {
        snprintf(session->subscription_to_tag, sizeof session->subscription_to_tag, "%s", reply->to_tag);
        session->subscribe_at = now + (reply->expires > 0 ? reply->expires : SUBSCRIBE_S) * 800LL; /* renewed at 80 % */
    } else if (session != NULL) {
        session->subscription[0] = 0; /* many have no subscriptions and send alarms once armed */
        session->subscribe_at = now + SUBSCRIBE_S * 1000LL;
    }
    free(code);
}

static void subscribe(struct gb_session *session)
{
    struct gb_request r;
    struct buf b, body;
    char text[200], from[GB_TIME_MAX], to[GB_TIME_MAX];
    gb_request_to(session, "SUBSCRIBE", session->recorder->code, &r);
    if (session->subscription[0] == 0) {
        snprintf(session->subscription, sizeof session->subscription, "%s", r.call_id);
        snprintf(session->subscription_tag, sizeof session->subscription_tag, "%s", r.tag);
        session->subscription_to_tag[0] = 0;
        session->subscription_cseq = 0;
    }
    r.head.call_id = session->subscription;
    r.head.from_tag = session->subscription_tag;
    r.head.to_tag = session->subscription_to_tag;
    r.head.cseq = ++session->subscription_cseq;
    int64_t now = clock_utc_ms();
    gb_time_format(now, from);
    gb_time_format(now + 365 * CLOCK_DAY_MS, to);
    buf_init(&b, 8192);
    buf_init(&body, 2048);
    buf_printf(&body, "<?xml version=\"1.0\"?>\r\n<Query>\r\n<CmdType>Alarm</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<StartAlarmPriority>0</StartAlarmPriority>\r\n<EndAlarmPriority>0</EndAlarmPriority>\r\n"
                      "<AlarmMethod>0</AlarmMethod>\r\n<StartTime>%s</StartTime>\r\n<EndTime>%s</EndTime>\r\n</Query>\r\n", ++session->server->sn, session->recorder->code, from, to);
    sip_request(&r.head, &b);
    snprintf(text, sizeof text, "<sip:%s@%s:%s>", session->server->set.code, session->local_host, session->server->port);
    sip_header(&b, "Contact", text);
    sip_header(&b, "Event", "presence");
    snprintf(text, sizeof text, "%d", SUBSCRIBE_S);
    sip_header(&b, "Expires", text);
    sip_end(&b, "Application/MANSCDP+xml", buf_str(&body));
    buf_free(&body);
    session->subscribe_at = now + SUBSCRIBE_S * 1000LL;
    gb_ask(session->server, &session->route, r.branch, &b, 8000, subscribed, str_dup(str_of(session->recorder->code)));
}

void gb_session_begun(struct gb_session *session)
{
    const char *code = session->recorder->code;
    begin_catalog(session);
    gb_tell(session, "Query", "DeviceInfo", code, ++session->server->sn, "");
    gb_tell(session, "Control", "DeviceControl", code, ++session->server->sn, "<GuardCmd>SetGuard</GuardCmd>\r\n"); /* some send no alarm before */
    subscribe(session);
}

static void catalog_done(struct gb_session *session)
{
    struct gb_server *s = session->server;
    bool whole = session->catalog_said > 0 && session->channel_count >= (size_t)session->catalog_said;
    session->catalog_at = 0;
    *(whole ? &s->count.catalogs : &s->count.catalogs_short) += 1;
    if (recorders_all()->catalog != NULL && session->channel_count > 0) recorders_all()->catalog(session->recorder, session->channels, session->channel_count, session->catalog_said, recorders_all()->arg);
    if (whole || ++session->catalog_tries >= CATALOG_TRIES) {
        session->catalog_tries = 0;
        return;
    }
    log_info("gb28181.catalog_short", "code=%s said=%d received=%zu", session->recorder->code, session->catalog_said, session->channel_count);
    begin_catalog(session);
}

static void records_done(struct gb_session *session)
{
    void (*got)(const struct recorder_record *, size_t, bool, void *) = session->records_got;
    session->records_got = NULL;
    session->records_at = 0;
    if (got != NULL) got(session->records, session->record_count, session->record_count >= (size_t)session->records_said, session->records_arg);
    free(session->records);
    session->records = NULL;
    session->record_count = 0;
}

void gb_session_tick(struct gb_session *session, int64_t now_ms)
{
    if (session->catalog_at != 0 && now_ms - session->catalog_at > CATALOG_WAIT_MS) catalog_done(session);
    if (session->records_got != NULL && now_ms - session->records_at > CATALOG_WAIT_MS) records_done(session);
    if (session->subscribe_at != 0 && now_ms > session->subscribe_at) subscribe(session);
    gb_orders_tick(session, now_ms);
}

bool gb_ask_catalog(struct recorder *r)
{
    if (r->session == NULL) return false;
    begin_catalog(r->session);
    return true;
}

bool gb_ask_records(struct recorder *r, const char *channel, int64_t from, int64_t to, void (*got)(const struct recorder_record *records, size_t n, bool whole, void *arg), void *arg)
{
    struct gb_session *session = r->session;
    char more[256], a[GB_TIME_MAX], b[GB_TIME_MAX];
    if (session == NULL || session->records_got != NULL) return false;
    session->records_sn = ++session->server->sn;
    session->records_said = 0;
    session->records_got = got;
    session->records_arg = arg;
    session->records_at = clock_utc_ms();
    session->records = calloc(RECORDS_MAX, sizeof *session->records);
    HX_ASSERT(session->records != NULL);
    gb_time_format(from, a);
    gb_time_format(to, b);
    snprintf(more, sizeof more, "<StartTime>%s</StartTime>\r\n<EndTime>%s</EndTime>\r\n<Secrecy>0</Secrecy>\r\n<Type>all</Type>\r\n", a, b);
    gb_tell(session, "Query", "RecordInfo", channel, session->records_sn, more);
    return true;
}

bool gb_steer(struct recorder *r, const char *channel, const struct recorder_steer *s)
{
    char command[17], more[64];
    struct gb_session *session = r->session;
    if (session == NULL) return false;
    gb_steer_format(s, command);
    snprintf(more, sizeof more, "<PTZCmd>%s</PTZCmd>\r\n", command);
    gb_tell(session, "Control", "DeviceControl", channel, ++session->server->sn, more);
    return true;
}

/* ---- what comes ---- */

/* Type digits 11 to 13: 131 camera, 132 network camera; a recorder's own code in its own catalog is none. */
static bool is_camera(const char *code, const char *own)
{
    return strlen(code) == 20 && strcmp(code, own) != 0 && (strncmp(code + 10, "131", 3) == 0 || strncmp(code + 10, "132", 3) == 0);
}

static void on_catalog(struct gb_session *session, const struct xml *x)
{
    int list = gb_xml_find(x, 0, "DeviceList");
    int said = (int)gb_xml_number(x, 0, "SumNum", 0);
    if (session->catalog_at == 0) return; /* nobody asked */
    session->catalog_said = said < 0 ? 0 : said;
    session->catalog_at = clock_utc_ms();
    for (int i = list < 0 ? -1 : x->nodes[list].first; i >= 0 && session->channel_count < CHANNELS_MAX; i = x->nodes[i].next) {
        struct recorder_channel c = {.on = strcasecmp(gb_xml_text(x, i, "Status"), "OFF") != 0, .lon = gb_xml_number(x, i, "Longitude", 0), .lat = gb_xml_number(x, i, "Latitude", 0)};
        const char *code = gb_xml_text(x, i, "DeviceID");
        int info = gb_xml_find(x, i, "Info");
        if (strcasecmp(x->nodes[i].name, "Item") != 0 || code[0] == 0) continue;
        str_to_z(str_of(code), c.code, sizeof c.code);
        str_to_utf8_z(str_of(gb_xml_text(x, i, "Name")), c.name, sizeof c.name);
        c.is_camera = is_camera(c.code, session->recorder->code);
        c.ptz = (int)gb_xml_number(x, info, "PTZType", 0);
        c.angle_deg = (int)gb_xml_number(x, info, "HorizontalFieldAngle", 0);
        bool again = false;
        for (size_t k = 0; k < session->channel_count && !again; k++) again = strcmp(session->channels[k].code, c.code) == 0;
        if (again) continue; /* a part that came twice */
        if (session->channel_count == session->channel_room) {
            session->channel_room = session->channel_room ? 2 * session->channel_room : 16;
            session->channels = realloc(session->channels, session->channel_room * sizeof *session->channels);
            HX_ASSERT(session->channels != NULL);
        }
        session->channels[session->channel_count++] = c;
    }
    if (session->channel_count >= (size_t)session->catalog_said) catalog_done(session);
}

static void on_records(struct gb_session *session, const struct xml *x)
{
    int list = gb_xml_find(x, 0, "RecordList");
    if (session->records_got == NULL || (int)gb_xml_number(x, 0, "SN", 0) != session->records_sn) return;
    session->records_said = (int)gb_xml_number(x, 0, "SumNum", 0);
    session->records_at = clock_utc_ms();
    for (int i = list < 0 ? -1 : x->nodes[list].first; i >= 0 && session->record_count < RECORDS_MAX; i = x->nodes[i].next) {
        struct recorder_record r = {.from = gb_time_parse(gb_xml_text(x, i, "StartTime")), .to = gb_time_parse(gb_xml_text(x, i, "EndTime")), .bytes = (int64_t)gb_xml_number(x, i, "FileSize", 0)};
        snprintf(r.type, sizeof r.type, "%.11s", gb_xml_text(x, i, "Type"));
        if (r.from != 0 && r.to > r.from) session->records[session->record_count++] = r;
        else session->records_said--;
    }
    if (session->record_count >= (size_t)(session->records_said < 0 ? 0 : session->records_said)) records_done(session);
}

/* ---- alarms ---- */

struct alarm_meaning {
    int method, type; /* type -1: any other */
    enum signal_class class;
    int severity;
    const char *zh;
};
/* AlarmMethod and AlarmType (2.3.4 of the field notes). Severity 0 is kept as a signal and raises nothing by itself. */
static const struct alarm_meaning meanings[] = {
    {1, -1, CLASS_PANIC, 1, "电话报警"},        {2, 0, CLASS_PANIC, 1, "报警按钮"},          {2, 1, CLASS_TROUBLE, 4, "视频丢失"},       {2, 2, CLASS_TAMPER, 2, "设备防拆"},
    {2, 3, CLASS_TROUBLE, 4, "存储满"},         {2, 4, CLASS_ENVIRONMENT, 3, "设备高温"},    {2, 5, CLASS_ENVIRONMENT, 3, "设备低温"},   {2, -1, CLASS_UNCLASSIFIED, 3, "设备报警"},
    {3, -1, CLASS_UNCLASSIFIED, 3, "短信报警"}, {4, -1, CLASS_UNCLASSIFIED, 3, "定位报警"},  {5, 1, CLASS_PANIC, 1, "人工视频报警"},     {5, 2, CLASS_BURGLARY, 0, "移动侦测"},
    {5, 3, CLASS_UNCLASSIFIED, 3, "遗留物"},    {5, 4, CLASS_UNCLASSIFIED, 3, "物体移除"},   {5, 5, CLASS_BURGLARY, 2, "绊线入侵"},      {5, 6, CLASS_BURGLARY, 2, "区域入侵"},
    {5, 7, CLASS_UNCLASSIFIED, 3, "逆行"},      {5, 8, CLASS_UNCLASSIFIED, 3, "徘徊"},       {5, 9, CLASS_UNCLASSIFIED, 0, "流量统计"},  {5, 10, CLASS_UNCLASSIFIED, 3, "人群密度"},
    {5, 11, CLASS_TROUBLE, 4, "视频异常"},      {5, 12, CLASS_UNCLASSIFIED, 3, "快速移动"},  {5, -1, CLASS_UNCLASSIFIED, 3, "视频报警"}, {6, -1, CLASS_TROUBLE, 4, "设备故障"},
    {0, -1, CLASS_UNCLASSIFIED, 3, "报警"},
};

static const struct alarm_meaning *meaning_of(int method, int type)
{
    const struct alarm_meaning *m = meanings;
    while (m->method != 0 && !(m->method == method && (m->type == type || m->type == -1))) m++;
    return m;
}

/* An alarm on its way to the disk, with the answer that is owed. */
struct pending {
    struct gb_server *server;
    struct signal_batch *batch;
    struct gb_route route;
    struct sip_message message; /* its body is not read any more */
    char device[RECORDER_CODE_MAX], channel[RECORDER_CODE_MAX];
    int sn;
};

static enum hx_err store(struct tx *tx, void *arg)
{
    return signal_store(tx, ((struct pending *)arg)->batch);
}

static bool line_lives(const struct gb_server *s, const struct gb_line *line)
{
    const struct gb_line *l = s->lines;
    while (l != NULL && l != line) l = l->next;
    return l != NULL;
}

static void stored(enum hx_err e, const char *detail, void *arg)
{
    struct pending *p = arg;
    struct gb_server *s = p->server;
    if (p->route.line != NULL && !line_lives(s, p->route.line)) p->route.line = NULL;
    if (e) {
        s->count.not_stored++; /* no answer: the device sends it again */
        log_error("gb28181.store", "code=%s error=%s detail=\"%s\"", p->device, err_name(e), detail);
    } else {
        struct gb_session *session = map_get(&s->sessions, str_of(p->device));
        char xml[320];
        s->count.alarms++;
        gb_answer(s, &p->route, &p->message, 200, "OK");
        snprintf(xml, sizeof xml, "<Response>\r\n<CmdType>Alarm</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<Result>OK</Result>\r\n</Response>\r\n", p->sn, p->channel);
        if (session != NULL && strcmp(p->message.method, "MESSAGE") == 0) gb_message(session, p->device, xml);
    }
    signal_batch_free(p->batch);
    free(p);
}

static void fill_signal(struct signal *g, const struct xml *x, const struct recorder *r, const char *device, const char *channel)
{
    int info = gb_xml_find(x, 0, "Info"), type = (int)gb_xml_number(x, info, "AlarmType", gb_xml_number(x, 0, "AlarmType", 0));
    int method = (int)gb_xml_number(x, 0, "AlarmMethod", 0);
    const struct alarm_meaning *m = meaning_of(method, type);
    const char *description = gb_xml_text(x, 0, "AlarmDescription");
    char text[SIGNAL_TEXT_MAX], number[24];
    json_t *extra = json_pack("{s:s,s:i,s:i,s:s,s:b}", "channel", channel, "method", method, "type", type, "priority", gb_xml_text(x, 0, "AlarmPriority"), "registered", r != NULL && r->session != NULL);
    g->received_at = clock_utc_ms();
    g->device_at = gb_time_parse(gb_xml_text(x, 0, "AlarmTime"));
    g->school_id = r != NULL ? r->school_id : 0;
    g->quarantined = r == NULL;
    snprintf(g->account, sizeof g->account, "%.23s", device);
    snprintf(g->protocol, sizeof g->protocol, "gb28181");
    snprintf(g->sequence, sizeof g->sequence, "%.11s", gb_xml_text(x, 0, "SN"));
    snprintf(g->code, sizeof g->code, "%d.%d", method % 100, type % 100);
    snprintf(g->qualifier, sizeof g->qualifier, "new");
    snprintf(g->zone, sizeof g->zone, "%.15s", strlen(channel) == 20 ? channel + 10 : channel);
    g->class = m->class;
    g->severity = m->severity;
    snprintf(text, sizeof text, "%.400s%s%s", description, description[0] != 0 ? " " : "", m->zh); /* where, then what */
    str_to_utf8_z(str_of(text), g->text, sizeof g->text);
    g->extra = json_text(extra);
    json_decref(extra);
    snprintf(number, sizeof number, "%d.%d", method, type);
    const struct str pieces[] = {str_of(device), str_of(channel), str_of(gb_xml_text(x, 0, "SN")), str_of(gb_xml_text(x, 0, "AlarmTime")), str_of(number)};
    signal_digest(pieces, HX_COUNT(pieces), g->digest);
}

/* By the session that brought it, whatever device it names: an alarm of an unknown id is never lost. */
static void on_alarm(struct gb_server *s, struct gb_session *session, const struct gb_route *from, const struct sip_message *m, const struct xml *x)
{
    struct recorder *r = session != NULL ? session->recorder : gb_recorder(m->from_user);
    struct str raw = {m->body.at, m->body.len < RAW_MAX ? m->body.len : RAW_MAX};
    struct pending *p = calloc(1, sizeof *p);
    HX_ASSERT(p != NULL);
    *p = (struct pending){.server = s, .batch = signal_batch_new(1, raw), .route = *from, .message = *m, .sn = (int)gb_xml_number(x, 0, "SN", 0)};
    snprintf(p->device, sizeof p->device, "%.23s", r != NULL ? r->code : m->from_user);
    str_to_z(str_of(gb_xml_text(x, 0, "DeviceID")), p->channel, sizeof p->channel);
    fill_signal(&p->batch->signals[0], x, r, p->device, p->channel);
    if (writer_submit_repeatable(s->set.writer, signal_lane(p->batch), store, stored, p) == HX_OK) return;
    s->count.not_stored++;
    signal_batch_free(p->batch);
    free(p);
}

void gb_on_message(struct gb_server *s, struct gb_session *session, const struct gb_route *from, const struct sip_message *m)
{
    struct xml x;
    if (gb_xml_parse(m->body, &x)) {
        if (m->body.len > 0) s->count.malformed++;
        gb_answer(s, from, m, m->body.len > 0 ? 400 : 200, m->body.len > 0 ? "Bad Request" : "OK");
        return;
    }
    const char *what = gb_xml_text(&x, 0, "CmdType");
    bool response = strcasecmp(x.nodes[0].name, "Response") == 0;
    if (strcasecmp(what, "Alarm") == 0 && !response) {
        on_alarm(s, session, from, m, &x);
    } else if (session == NULL) {
        s->count.strangers++;
        gb_answer(s, from, m, 403, "Register first");
    } else {
        gb_answer(s, from, m, 200, "OK");
        if (strcasecmp(what, "Keepalive") == 0) s->count.keepalives++;
        else if (strcasecmp(what, "Catalog") == 0) on_catalog(session, &x);
        else if (strcasecmp(what, "RecordInfo") == 0 && response) on_records(session, &x);
        else if (strcasecmp(what, "DeviceControl") == 0 && response) gb_order_answered(session, (int)gb_xml_number(&x, 0, "SN", 0), gb_xml_text(&x, 0, "Result"));
        else if (strcasecmp(what, "Broadcast") == 0 && response) gb_talk_answered(session, (int)gb_xml_number(&x, 0, "SN", 0), gb_xml_text(&x, 0, "Result"));
        else if (strcasecmp(what, "MediaStatus") == 0) gb_on_media_end(s, session, gb_xml_text(&x, 0, "DeviceID"), m->call_id);
        else if (strcasecmp(what, "DeviceInfo") == 0 && response && recorders_all()->described != NULL)
            recorders_all()->described(session->recorder, gb_xml_text(&x, 0, "Manufacturer"), gb_xml_text(&x, 0, "Model"), gb_xml_text(&x, 0, "Firmware"), session->version, recorders_all()->arg);
    }
    xml_free(&x);
}
