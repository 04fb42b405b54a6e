/* What the platforms above ask and command by MESSAGE, and the alarms that we tell them (GB/T 28181-2022 annex A.2). */
#include "gb28181_upper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "gb28181_steer.h"
#include "signal/signal.h"

#define ITEMS_A_DATAGRAM 2 /* with long Chinese names they fit an Ethernet frame */
#define ITEMS_A_MESSAGE 16 /* over TCP */
#define CATALOG_AT_ONCE 8  /* messages that may wait for their answer */
#define CATALOGS_MAX 3     /* being sent to one platform */
#define RECORDS_A_MESSAGE 4
#define RECORDS_SPAN_MS (31 * CLOCK_DAY_MS) /* asked for at most: the last of it */

/* ---- the catalog ---- */

/* The items are copied when it is asked for: what changes meanwhile is in the next one. */
struct catalog {
    int64_t upper_id;
    struct gb_server *server;
    char wanted[RECORDER_CODE_MAX];
    int sn, waiting;
    struct upper_item *items;
    size_t count, room, next, step;
};

static void take_item(const struct upper_item *item, void *arg)
{
    struct catalog *c = arg;
    if (c->wanted[0] != 0 && strcmp(c->wanted, item->code) != 0 && strcmp(c->wanted, item->area) != 0) return;
    if (c->count == c->room) {
        c->room = c->room > 0 ? 2 * c->room : 64;
        c->items = realloc(c->items, c->room * sizeof *c->items);
        HX_ASSERT(c->items != NULL);
    }
    c->items[c->count++] = *item;
}

void gb_upper_add_item(struct buf *b, const struct upper_item *i, const char *own_code, const char *event)
{
    buf_printf(b, "<Item>\r\n<DeviceID>%s</DeviceID>\r\n", i->code);
    if (event[0] != 0) buf_printf(b, "<Event>%s</Event>\r\n", event);
    buf_add_z(b, "<Name>");
    xml_add(b, i->name);
    buf_add_z(b, "</Name>\r\n");
    if (!i->is_area) {
        buf_printf(b, "<Manufacturer>Huxue</Manufacturer>\r\n<Model>IPC</Model>\r\n<CivilCode>%s</CivilCode>\r\n<Address>", i->area);
        xml_add(b, i->place);
        buf_printf(b, "</Address>\r\n<Parental>0</Parental>\r\n<ParentID>%s</ParentID>\r\n<RegisterWay>1</RegisterWay>\r\n<Secrecy>0</Secrecy>\r\n<Status>%s</Status>\r\n", own_code, i->on ? "ON" : "OFF");
        if (i->lon != 0 || i->lat != 0) buf_printf(b, "<Longitude>%.6f</Longitude>\r\n<Latitude>%.6f</Latitude>\r\n", i->lon, i->lat);
        buf_printf(b, "<Info><PTZType>%d</PTZType></Info>\r\n", i->turns ? 1 : 3);
    }
    buf_add_z(b, "</Item>\r\n");
}

static void send_part(struct catalog *c);

static void part_told(struct gb_server *s, const struct sip_message *m, void *arg)
{
    struct catalog *c = arg;
    struct gb_upper *u = gb_upper_of(s, c->upper_id);
    c->waiting--;
    if (m == NULL || u == NULL || !u->registered) c->next = c->count; /* it asks anew when it is back */
    else if (c->next < c->count) send_part(c);
    if (c->waiting > 0) return;
    if (u != NULL) u->catalogs--;
    free(c->items);
    free(c);
}

static void send_part(struct catalog *c)
{
    struct gb_upper *u = gb_upper_of(c->server, c->upper_id);
    struct buf b;
    size_t n = c->count - c->next < c->step ? c->count - c->next : c->step;
    buf_init(&b, 32768);
    buf_printf(&b, "<Response>\r\n<CmdType>Catalog</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<SumNum>%zu</SumNum>\r\n<DeviceList Num=\"%zu\">\r\n", c->sn, u->upper->own_code, c->count, n);
    for (size_t i = 0; i < n; i++) gb_upper_add_item(&b, &c->items[c->next + i], u->upper->own_code, "");
    buf_add_z(&b, "</DeviceList>\r\n</Response>\r\n");
    buf_add(&b, "", 1);
    c->next += n;
    c->waiting++;
    gb_upper_say(u, b.at, part_told, c);
    buf_free(&b);
}

static void send_catalog(struct gb_upper *u, int sn, const char *wanted)
{
    if (u->catalogs >= CATALOGS_MAX) return;
    struct catalog *c = calloc(1, sizeof *c);
    HX_ASSERT(c != NULL);
    *c = (struct catalog){.upper_id = u->upper->id, .server = u->server, .sn = sn, .step = u->upper->tcp ? ITEMS_A_MESSAGE : ITEMS_A_DATAGRAM};
    if (strcmp(wanted, u->upper->own_code) != 0) snprintf(c->wanted, sizeof c->wanted, "%s", wanted);
    if (uppers_all()->domain != NULL) uppers_all()->domain->catalog(u->upper, take_item, c);
    u->catalogs++;
    send_part(c); /* of none too, which says so */
    while (c->next < c->count && c->waiting < CATALOG_AT_ONCE) send_part(c);
    log_info("gb28181.upper_catalog", "code=%s items=%zu", u->upper->code, c->count);
}

/* ---- what was recorded ---- */

struct asked_records {
    struct gb_server *server;
    int64_t upper_id;
    int sn;
    char channel[RECORDER_CODE_MAX];
};

static void got_records(const struct recorder_record *records, size_t n, bool whole, void *arg)
{
    struct asked_records *a = arg;
    struct gb_upper *u = gb_upper_of(a->server, a->upper_id);
    struct buf b;
    (void)whole;
    buf_init(&b, 16384);
    for (size_t first = 0; u != NULL && u->registered && (first < n || first == 0); first += RECORDS_A_MESSAGE) {
        size_t some = n - first < RECORDS_A_MESSAGE ? n - first : RECORDS_A_MESSAGE;
        buf_clear(&b);
        buf_printf(&b, "<Response>\r\n<CmdType>RecordInfo</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<Name></Name>\r\n<SumNum>%zu</SumNum>\r\n<RecordList Num=\"%zu\">\r\n", a->sn, a->channel, n, some);
        for (size_t i = first; i < first + some; i++) {
            char from[GB_TIME_MAX], to[GB_TIME_MAX];
            gb_time_format(records[i].from, from);
            gb_time_format(records[i].to, to);
            buf_printf(&b, "<Item><DeviceID>%s</DeviceID><Name></Name><StartTime>%s</StartTime><EndTime>%s</EndTime><Secrecy>0</Secrecy><Type>time</Type></Item>\r\n", a->channel, from, to);
        }
        buf_add_z(&b, "</RecordList>\r\n</Response>\r\n");
        buf_add(&b, "", 1);
        gb_upper_say(u, b.at, NULL, NULL);
    }
    buf_free(&b);
    free(a);
}

static void ask_records(struct gb_upper *u, const struct xml *x, int sn, const char *channel)
{
    int64_t from = gb_time_parse(gb_xml_text(x, 0, "StartTime")), to = gb_time_parse(gb_xml_text(x, 0, "EndTime"));
    struct asked_records *a = calloc(1, sizeof *a);
    HX_ASSERT(a != NULL);
    if (to - from > RECORDS_SPAN_MS) from = to - RECORDS_SPAN_MS;
    *a = (struct asked_records){.server = u->server, .upper_id = u->upper->id, .sn = sn};
    snprintf(a->channel, sizeof a->channel, "%s", channel);
    if (from <= 0 || to <= from || uppers_all()->domain == NULL || !uppers_all()->domain->records(u->upper, channel, from, to, got_records, a)) got_records(NULL, 0, true, a);
}

/* ---- the rest ---- */

static void answer_xml(struct gb_upper *u, const char *command, int sn, const char *code, const char *more)
{
    char xml[1024];
    snprintf(xml, sizeof xml, "<Response>\r\n<CmdType>%s</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n%s</Response>\r\n", command, sn, code, more);
    gb_upper_say(u, xml, NULL, NULL);
}

static void count_item(const struct upper_item *item, void *arg)
{
    *(int *)arg += !item->is_area;
}

static void describe(struct gb_upper *u, int sn, const char *code)
{
    char more[400];
    int channels = 0;
    if (uppers_all()->domain != NULL) uppers_all()->domain->catalog(u->upper, count_item, &channels);
    snprintf(more, sizeof more, "<Result>OK</Result>\r\n<DeviceName>Huxue</DeviceName>\r\n<Manufacturer>Huxue</Manufacturer>\r\n<Model>platform</Model>\r\n<Firmware>1</Firmware>\r\n<Channel>%d</Channel>\r\n", channels);
    answer_xml(u, "DeviceInfo", sn, code, more);
}

static void tell_status(struct gb_upper *u, int sn, const char *code)
{
    char more[256], now[GB_TIME_MAX];
    gb_time_format(clock_utc_ms(), now);
    snprintf(more, sizeof more, "<Result>OK</Result>\r\n<Online>ONLINE</Online>\r\n<Status>OK</Status>\r\n<DeviceTime>%s</DeviceTime>\r\n", now);
    answer_xml(u, "DeviceStatus", sn, code, more);
}

static void on_query(struct gb_upper *u, const struct xml *x, const char *what, int sn, const char *code)
{
    if (strcasecmp(what, "Catalog") == 0) send_catalog(u, sn, code);
    else if (strcasecmp(what, "DeviceInfo") == 0) describe(u, sn, code);
    else if (strcasecmp(what, "DeviceStatus") == 0) tell_status(u, sn, code);
    else if (strcasecmp(what, "RecordInfo") == 0) ask_records(u, x, sn, code);
    else answer_xml(u, what, sn, code, "<Result>ERROR</Result>\r\n");
}

static void on_control(struct gb_upper *u, const struct xml *x, const char *what, int sn, const char *code)
{
    struct recorder_steer s;
    const char *hex = gb_xml_text(x, 0, "PTZCmd");
    if (hex[0] == 0) answer_xml(u, what, sn, code, "<Result>ERROR</Result>\r\n"); /* a restart, a recording, a guard: not for others to order */
    else if (!gb_steer_parse(str_of(hex), &s) || uppers_all()->domain == NULL || !uppers_all()->domain->steer(u->upper, code, &s)) log_info("gb28181.upper_steer", "code=%s channel=%s refused=%s", u->upper->code, code, hex);
}

/* What goes back into an answer is letters and digits alone. */
static bool is_word(const char *z)
{
    return strspn(z, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") == strlen(z);
}

void gb_upper_message(struct gb_upper *u, const struct gb_route *from, const struct sip_message *m)
{
    struct xml x;
    if (gb_xml_parse(m->body, &x)) {
        u->server->count.malformed++;
        gb_answer(u->server, from, m, 400, "Bad body");
        return;
    }
    char what[32], code[RECORDER_CODE_MAX];
    snprintf(what, sizeof what, "%s", gb_xml_text(&x, 0, "CmdType"));
    snprintf(code, sizeof code, "%s", gb_xml_text(&x, 0, "DeviceID"));
    int sn = (int)gb_xml_number(&x, 0, "SN", 0);
    bool query = strcasecmp(x.nodes[0].name, "Query") == 0, control = strcasecmp(x.nodes[0].name, "Control") == 0;
    bool clean = is_word(what) && is_word(code);
    gb_answer(u->server, from, m, clean ? 200 : 400, clean ? "OK" : "Bad body");
    if (query && clean) on_query(u, &x, what, sn, code);
    else if (control && clean) on_control(u, &x, what, sn, code);
    xml_free(&x);
}

/* ---- alarms ---- */

struct told {
    int64_t upper_id, alarm_id;
};

static void alarm_told(struct gb_server *s, const struct sip_message *m, void *arg)
{
    struct told *t = arg;
    struct gb_upper *u = gb_upper_of(s, t->upper_id);
    if (u != NULL && uppers_all()->domain != NULL) uppers_all()->domain->told(u->upper, t->alarm_id, m != NULL && m->status < 300);
    free(t);
}

void gb_upper_alarm(struct gb_upper *u, const struct upper_alarm *a)
{
    struct buf b;
    char when[GB_TIME_MAX];
    struct told *t = calloc(1, sizeof *t);
    HX_ASSERT(t != NULL);
    *t = (struct told){u->upper->id, a->id};
    gb_time_format(a->at, when);
    buf_init(&b, 4096);
    buf_printf(&b, "<Notify>\r\n<CmdType>Alarm</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<AlarmPriority>%d</AlarmPriority>\r\n<AlarmMethod>%d</AlarmMethod>\r\n<AlarmTime>%s</AlarmTime>\r\n<AlarmDescription>", ++u->server->sn, a->channel, a->priority, a->method, when);
    xml_add(&b, a->text);
    buf_add_z(&b, "</AlarmDescription>\r\n");
    if (a->lon != 0 || a->lat != 0) buf_printf(&b, "<Longitude>%.6f</Longitude>\r\n<Latitude>%.6f</Latitude>\r\n", a->lon, a->lat);
    buf_add_z(&b, "</Notify>\r\n");
    buf_add(&b, "", 1);
    gb_upper_say(u, b.at, alarm_told, t);
    buf_free(&b);
}
