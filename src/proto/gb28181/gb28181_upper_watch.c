/* Platforms above that subscribe to the catalog (GB/T 28181-2022 clause 9.11, annex A.2.5): what has changed since they were told last goes out by NOTIFY, in
 * pieces, each after the answer to the one before. Alarms are told whether or not somebody subscribes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "gb28181_upper.h"

#define OUR_TAG "huxue"
#define EXPIRES_MAX_S 86400
#define ITEMS_A_DATAGRAM 2
#define ITEMS_A_MESSAGE 16
#define LOOK_MS 2000   /* changes of so long are gathered */
#define ANSWER_MS 8000

/* What it knows of one camera or area. */
struct known {
    struct upper_item item;
    bool seen;         /* in the look that is under way */
    const char *event; /* what it is still to be told; NULL: nothing */
};

struct gb_watch {
    int64_t number;
    struct gb_route route;
    char call_id[160], their_tag[96], contact[160], event[48];
    int cseq;
    int64_t until, look_at;
    struct map known; /* by code */
    bool dirty, waiting; /* waiting: for the answer to a piece */
};

static int64_t last_watch;

void gb_watch_end(struct gb_upper *u)
{
    struct gb_watch *w = u->watch;
    size_t at = 0;
    if (w == NULL) return;
    for (struct map_entry *e; (e = map_next(&w->known, &at)) != NULL;) free(e->value);
    map_free(&w->known);
    free(w);
    u->watch = NULL;
}

void gb_watch_over_line(struct gb_upper *u, const struct gb_line *line)
{
    if (u->watch != NULL && u->watch->route.line == line) gb_watch_end(u);
}

/* ---- what has changed ---- */

struct look {
    struct gb_watch *watch;
    bool first; /* it has just asked, and reads the catalog itself */
};

static bool same_words(const struct upper_item *a, const struct upper_item *b)
{
    return a->turns == b->turns && a->lon == b->lon && a->lat == b->lat && strcmp(a->name, b->name) == 0 && strcmp(a->place, b->place) == 0;
}

static void look_at_item(const struct upper_item *item, void *arg)
{
    struct look *l = arg;
    struct known *k = map_get(&l->watch->known, str_of(item->code));
    bool fresh = k == NULL;
    if (fresh) {
        k = calloc(1, sizeof *k);
        HX_ASSERT(k != NULL);
        map_put(&l->watch->known, str_of(item->code), k);
    }
    bool whole = k->event != NULL && (strcmp(k->event, "ADD") == 0 || strcmp(k->event, "UPDATE") == 0); /* the item as it is goes out anyway */
    if (fresh) k->event = l->first ? NULL : "ADD";
    else if (k->event != NULL && strcmp(k->event, "DEL") == 0) k->event = "ADD";
    else if (!whole && !same_words(&k->item, item)) k->event = "UPDATE";
    else if (!whole && k->item.on != item->on) k->event = item->on ? "ON" : "OFF";
    k->item = *item;
    k->seen = true;
}

static void look_again(struct gb_upper *u, bool first)
{
    struct look l = {u->watch, first};
    size_t at = 0;
    for (struct map_entry *e; (e = map_next(&l.watch->known, &at)) != NULL;) ((struct known *)e->value)->seen = false;
    if (uppers_all()->domain != NULL) uppers_all()->domain->catalog(u->upper, look_at_item, &l);
    at = 0;
    for (struct map_entry *e; (e = map_next(&l.watch->known, &at)) != NULL;)
        if (!((struct known *)e->value)->seen) ((struct known *)e->value)->event = "DEL";
    l.watch->dirty = false;
}

/* ---- NOTIFY ---- */

static void said(struct gb_server *s, const struct sip_message *m, void *arg)
{
    struct gb_upper *u = s->uppers;
    while (u != NULL && (u->watch == NULL || u->watch->number != (int64_t)(intptr_t)arg)) u = u->next;
    if (u == NULL) return; /* it has ended meanwhile */
    u->watch->waiting = false;
    if (m != NULL && m->status < 300) return; /* the next piece goes out with the next tick */
    log_info("gb28181.upper_watch", "code=%s ended=%d", u->upper->code, m != NULL ? m->status : 0);
    gb_watch_end(u); /* it subscribes anew, and reads the catalog */
}

static void notify(struct gb_upper *u, const char *xml)
{
    struct gb_watch *w = u->watch;
    struct gb_request r;
    struct buf b, body;
    char state[64];
    gb_request_along(u->server, &w->route, u->local_host, u->upper->own_code, "NOTIFY", u->upper->code, &r);
    r.head.from_tag = OUR_TAG, r.head.to_tag = w->their_tag, r.head.call_id = w->call_id, r.head.cseq = ++w->cseq;
    if (w->contact[0] != 0) r.head.uri = w->contact;
    buf_init(&b, 65536);
    gb_upper_body(xml, &body);
    sip_request(&r.head, &b);
    snprintf(state, sizeof state, "active;expires=%lld", (long long)((w->until - clock_utc_ms()) / 1000));
    sip_header(&b, "Event", w->event[0] != 0 ? w->event : "Catalog");
    sip_header(&b, "Subscription-State", state);
    sip_end(&b, "Application/MANSCDP+xml", buf_str(&body));
    buf_free(&body);
    w->waiting = true;
    gb_ask(u->server, &w->route, r.branch, &b, ANSWER_MS, said, (void *)(intptr_t)w->number);
}

/* One piece of what is due; what has gone is forgotten with it. */
static void send_piece(struct gb_upper *u)
{
    struct gb_watch *w = u->watch;
    struct known *some[ITEMS_A_MESSAGE];
    size_t n = 0, at = 0, most = w->route.tcp ? ITEMS_A_MESSAGE : ITEMS_A_DATAGRAM, all = 0;
    for (struct map_entry *e; (e = map_next(&w->known, &at)) != NULL;) {
        struct known *k = e->value;
        if (k->event == NULL) continue;
        all++;
        if (n < most) some[n++] = k;
    }
    if (n == 0) return;
    struct buf b;
    buf_init(&b, 32768);
    buf_printf(&b, "<Notify>\r\n<CmdType>Catalog</CmdType>\r\n<SN>%d</SN>\r\n<DeviceID>%s</DeviceID>\r\n<SumNum>%zu</SumNum>\r\n<DeviceList Num=\"%zu\">\r\n", ++u->server->sn, u->upper->own_code, all, n);
    for (size_t i = 0; i < n; i++) {
        gb_upper_add_item(&b, &some[i]->item, u->upper->own_code, some[i]->event);
        if (strcmp(some[i]->event, "DEL") == 0) free(map_take(&w->known, str_of(some[i]->item.code)));
        else some[i]->event = NULL;
    }
    buf_add_z(&b, "</DeviceList>\r\n</Notify>\r\n");
    buf_add(&b, "", 1);
    notify(u, b.at);
    buf_free(&b);
}

void gb_watch_dirty(struct gb_upper *u)
{
    if (u->watch != NULL) u->watch->dirty = true;
}

void gb_watch_tick(struct gb_upper *u, int64_t now_ms)
{
    struct gb_watch *w = u->watch;
    if (w == NULL || w->waiting) return;
    if (now_ms > w->until) {
        gb_watch_end(u);
        return;
    }
    if (w->dirty && now_ms >= w->look_at) {
        w->look_at = now_ms + LOOK_MS;
        look_again(u, false);
    }
    send_piece(u);
}

/* ---- SUBSCRIBE ---- */

static void answer_ok(struct gb_upper *u, const struct gb_route *from, const struct sip_message *m, int expires)
{
    struct buf b;
    char text[200];
    buf_init(&b, 8192);
    sip_reply(m, 200, "OK", OUR_TAG, &b);
    snprintf(text, sizeof text, "%d", expires);
    sip_header(&b, "Expires", text);
    snprintf(text, sizeof text, "<sip:%s@%s:%s>", u->upper->own_code, u->local_host, u->server->port);
    sip_header(&b, "Contact", text);
    sip_end(&b, NULL, STR(""));
    gb_send(u->server, from, buf_str(&b));
    buf_free(&b);
}

static void watch(struct gb_upper *u, const struct gb_route *from, const struct sip_message *m, int expires)
{
    struct gb_watch *w = u->watch;
    if (w != NULL && strcmp(w->call_id, m->call_id) != 0) gb_watch_end(u), w = NULL; /* it has begun anew */
    if (expires == 0) {
        gb_watch_end(u);
        return;
    }
    bool first = w == NULL;
    if (first) {
        w = u->watch = calloc(1, sizeof *w);
        HX_ASSERT(w != NULL);
        map_init(&w->known);
        w->number = ++last_watch;
        snprintf(w->call_id, sizeof w->call_id, "%s", m->call_id);
    }
    w->route = *from;
    w->until = clock_utc_ms() + expires * 1000LL;
    snprintf(w->their_tag, sizeof w->their_tag, "%s", m->from_tag);
    snprintf(w->contact, sizeof w->contact, "%s", m->contact);
    snprintf(w->event, sizeof w->event, "%s", m->event);
    if (first) look_again(u, true);
    log_info("gb28181.upper_watch", "code=%s items=%zu expires_s=%d", u->upper->code, w->known.count, expires);
}

void gb_upper_subscribe(struct gb_upper *u, const struct gb_route *from, const struct sip_message *m)
{
    struct xml x;
    char what[32] = "";
    int expires = m->expires < 0 ? 3600 : m->expires > EXPIRES_MAX_S ? EXPIRES_MAX_S : m->expires;
    if (gb_xml_parse(m->body, &x) == HX_OK) {
        snprintf(what, sizeof what, "%s", gb_xml_text(&x, 0, "CmdType"));
        xml_free(&x);
    }
    bool known = u->watch != NULL && strcmp(u->watch->call_id, m->call_id) == 0, catalog = strcasecmp(what, "Catalog") == 0 || (what[0] == 0 && known);
    if (!catalog && strcasecmp(what, "Alarm") != 0) { /* of a place that moves we have no news */
        gb_answer(u->server, from, m, 489, "Bad Event");
        return;
    }
    answer_ok(u, from, m, expires);
    if (catalog) watch(u, from, m, expires);
}
