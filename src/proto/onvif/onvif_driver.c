#include "onvif_driver.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/url.h"
#include "io/fetch.h"
#include "onvif_discovery.h"
#include "onvif_soap.h"
#include "signal/recorder.h"
#include "signal/signal.h"

#define TICK_MS 1000
#define ANSWER_MS 8000
#define PULL_S 20            /* a device holds a request for events so long */
#define LEASE_S 120          /* of a subscription; renewed at half of it */
#define RETRY_MIN_MS 5000
#define RETRY_MAX_MS 60000
#define LOGIN_RETRY_MS 600000 /* a device locks who tries a wrong password again and again */
#define REPEAT_MS 30000      /* the same detection of the same channel within is one */
#define PARALLEL 4000
#define REPEATS 32

/* What is asked for, in this order; then events for as long as it is there. */
enum step { STEP_TIME, STEP_SERVICES, STEP_CAPABILITIES, STEP_INFO, STEP_PROFILES, STEP_ADDRESSES, STEP_SUBSCRIBE, STEP_EVENTS };

struct repeat {
    char what[RECORDER_CODE_MAX + 8];
    int64_t at;
};

struct device {
    struct recorder *recorder;
    char address[128], login[64], password[64]; /* as they were when this turn began */
    int64_t turn;          /* answers of an earlier one are not read */
    enum step step;
    bool asking, without_events;
    int64_t next_at, renew_at, clock_off, asked_at; /* clock_off: theirs less ours, ms */
    int tries;
    struct onvif_services services;
    struct onvif_channel channels[ONVIF_CHANNELS_MAX];
    struct recorder_channel told[ONVIF_CHANNELS_MAX];
    struct recorder_addresses addresses[ONVIF_CHANNELS_MAX];
    size_t count, at;      /* channels; the one whose addresses are asked for */
    int address_at;        /* 0 main, 1 sub, 2 still */
    char events[ONVIF_URL_MAX]; /* of our subscription */
    char maker[64], model[64], firmware[64];
    struct repeat repeats[REPEATS];
    size_t repeat_at;
};

/* A request on its way. */
struct question {
    struct device *device;
    int64_t turn;
    void (*answered)(struct device *d, const struct xml *x);
    bool apart; /* beside the steps: steering, renewing */
};

/* Signals on their way to the disk; kept until they are there. */
struct keeping {
    struct keeping *next;
    struct signal_batch *batch;
};

static struct {
    struct onvif_settings set;
    struct fetch *fetch;
    struct onvif_counters count;
    int64_t turn;
    struct keeping *again; /* not stored yet */
    bool running;
} all;

static void advance(struct device *d);

/* ---- lines ---- */

static void lost(struct device *d, const char *reason)
{
    int64_t wait = (int64_t)RETRY_MIN_MS << (d->tries < 4 ? d->tries : 4);
    bool first = d->recorder->heard_at == 0;
    d->tries++;
    d->step = STEP_TIME;
    d->next_at = clock_utc_ms() + (strcmp(reason, "login") == 0 ? LOGIN_RETRY_MS : wait > RETRY_MAX_MS ? RETRY_MAX_MS : wait);
    d->events[0] = 0;
    d->recorder->heard_at = clock_utc_ms();
    if (d->recorder->session != NULL) all.count.reached--;
    d->recorder->session = NULL;
    if (!d->recorder->up && !first) return;
    d->recorder->up = false;
    log_info("onvif.lost", "code=%s address=%s reason=\"%s\"", d->recorder->code, d->address, reason);
    if (recorders_all()->line != NULL) recorders_all()->line(d->recorder, false, reason, recorders_all()->arg);
}

static void reached(struct device *d)
{
    d->tries = 0;
    d->recorder->heard_at = clock_utc_ms();
    if (d->recorder->session == NULL) all.count.reached++;
    d->recorder->session = d;
    if (d->recorder->up) return;
    d->recorder->up = true;
    log_info("onvif.up", "code=%s address=%s channels=%zu clock_off_ms=%lld", d->recorder->code, d->address, d->count, (long long)d->clock_off);
    if (recorders_all()->line != NULL) recorders_all()->line(d->recorder, true, "", recorders_all()->arg);
}

/* ---- asking ---- */

static bool may_fail(const struct device *d)
{
    return d->step == STEP_SERVICES || d->step == STEP_ADDRESSES || d->step == STEP_SUBSCRIBE; /* old ones know no services, some no events, no still */
}

static void on_reply(int status, struct str reply, const char *error, void *arg)
{
    struct question *q = arg;
    struct device *d = q->device;
    struct xml x = {0};
    char why[96] = "";
    bool login = false, current = all.running && q->turn == d->turn, apart = q->apart;
    void (*answered)(struct device *, const struct xml *) = q->answered;
    free(q);
    if (!current) return;
    if (!apart) d->asking = false;
    enum hx_err e = status == 0 ? HX_E_BUSY : onvif_parse(reply, &x);
    bool fault = !e && onvif_fault(&x, why, sizeof why, &login);
    if (status == 0) snprintf(why, sizeof why, "%.90s", error);
    else if (e) snprintf(why, sizeof why, status == 401 ? "login" : "HTTP %d, no ONVIF answer", status);
    if (login || status == 401) snprintf(why, sizeof why, "login");
    if (!fault && !e) answered(d, &x);
    else if (all.count.failed++, !apart) {
        bool refused = status != 0 && strcmp(why, "login") != 0;
        if (refused && d->step == STEP_EVENTS) d->events[0] = 0, d->step = STEP_SUBSCRIBE, d->next_at = clock_utc_ms() + TICK_MS; /* the subscription ran out */
        else if (refused && may_fail(d)) answered(d, NULL);
        else lost(d, why[0] != 0 ? why : "refused");
    } else {
        log_info("onvif.refused", "code=%s reason=\"%s\"", d->recorder->code, why);
    }
    xml_free(&x);
    if (!apart && !d->asking && d->next_at == 0) advance(d);
}

static void ask(struct device *d, const char *url, const char *action, const char *body, int timeout_ms, bool apart, void (*answered)(struct device *d, const struct xml *x))
{
    struct buf b;
    char full[700];
    struct onvif_auth auth = {.login = d->step == STEP_TIME ? "" : d->login, .password = d->password, .device_ms = clock_utc_ms() + d->clock_off};
    struct question *q = calloc(1, sizeof *q);
    HX_ASSERT(q != NULL && RAND_bytes(auth.nonce, sizeof auth.nonce) == 1);
    *q = (struct question){.device = d, .turn = d->turn, .answered = answered, .apart = apart};
    buf_init(&b, 16384);
    onvif_request(&auth, url, action, body, &b);
    struct fetch_request r = {.url = full, .headers = "Content-Type: application/soap+xml; charset=utf-8\nAccept: application/soap+xml", .body = buf_str(&b), .timeout_ms = timeout_ms, .reply_max = ONVIF_BYTES_MAX, .digest_only = true, .done = on_reply, .arg = q};
    bool fits = url_with_secret(url, d->login, d->password, full, sizeof full) == HX_OK;
    if (!apart) d->asking = true;
    d->next_at = apart ? d->next_at : 0;
    all.count.requests++;
    if (!fits || fetch_submit(all.fetch, &r) != HX_OK) {
        free(q);
        if (!apart) d->asking = false, d->next_at = clock_utc_ms() + RETRY_MIN_MS;
    }
    buf_free(&b);
}

/* ---- what it is ---- */

static void device_url(const struct device *d, char out[ONVIF_URL_MAX])
{
    snprintf(out, ONVIF_URL_MAX, "http://%s/onvif/device_service", d->address);
}

static void on_time(struct device *d, const struct xml *x)
{
    int64_t theirs = onvif_time(x), now = clock_utc_ms();
    d->clock_off = theirs != 0 ? theirs + 500 + (now - d->asked_at) / 2 - now : 0; /* it tells whole seconds */
    d->step = STEP_SERVICES;
}

static void on_services(struct device *d, const struct xml *x)
{
    if (x != NULL) onvif_services(x, d->address, &d->services);
    d->step = d->services.media[0] == 0 && d->services.media2[0] == 0 ? STEP_CAPABILITIES : STEP_INFO;
}

static void on_capabilities(struct device *d, const struct xml *x)
{
    onvif_services(x, d->address, &d->services);
    d->step = STEP_INFO;
    if (d->services.media[0] == 0) lost(d, "it tells no media service");
}

static void on_info(struct device *d, const struct xml *x)
{
    int body = xml_child(x, 0, "Body"), at = xml_child(x, body, "GetDeviceInformationResponse");
    str_to_utf8_z(str_of(xml_text(x, at, "Manufacturer")), d->maker, sizeof d->maker);
    str_to_utf8_z(str_of(xml_text(x, at, "Model")), d->model, sizeof d->model);
    str_to_utf8_z(str_of(xml_text(x, at, "FirmwareVersion")), d->firmware, sizeof d->firmware);
    if (recorders_all()->described != NULL) recorders_all()->described(d->recorder, d->maker, d->model, d->firmware, "", recorders_all()->arg);
    d->step = STEP_PROFILES;
}

static void on_profiles(struct device *d, const struct xml *x)
{
    d->count = onvif_channels(x, d->channels, ONVIF_CHANNELS_MAX);
    if (d->count == 0 && d->services.media2[0] != 0 && d->services.media[0] != 0) { /* Media2 is there and says nothing: Media */
        d->services.media2[0] = 0;
        return;
    }
    memset(d->told, 0, sizeof d->told);
    memset(d->addresses, 0, sizeof d->addresses);
    for (size_t i = 0; i < d->count; i++) {
        struct recorder_channel *c = &d->told[i];
        snprintf(c->code, sizeof c->code, "%.23s", d->channels[i].source);
        snprintf(c->name, sizeof c->name, "%.95s", d->channels[i].name[0] != 0 ? d->channels[i].name : d->channels[i].source);
        c->on = c->is_camera = true;
        c->addresses = &d->addresses[i];
        c->ptz = d->channels[i].ptz[0] != 0 && d->services.ptz[0] != 0 ? 1 : 3;
    }
    d->at = 0;
    d->address_at = 0;
    d->step = STEP_ADDRESSES;
}

/* The streams' addresses say where the device believes to be, sometimes with name and password. */
static void on_address(struct device *d, const struct xml *x)
{
    struct recorder_addresses *a = &d->addresses[d->at];
    char here[ONVIF_URL_MAX];
    struct url u;
    int body = x != NULL ? xml_child(x, 0, "Body") : -1, uri = x != NULL ? xml_next(x, body, body, "Uri") : -1;
    onvif_localize(uri >= 0 ? xml_text(x, uri, "") : "", d->address, here);
    if (here[0] != 0 && url_read(str_of(here), d->address_at == 2 ? "http https" : "rtsp rtsps", &u) == HX_OK) {
        char *to = d->address_at == 0 ? a->main : d->address_at == 1 ? a->sub : a->still;
        snprintf(to, RECORDER_URL_MAX, "%.400s", u.url);
    }
    if (++d->address_at == 3) d->address_at = 0, d->at++;
}

static void tell_catalog(struct device *d)
{
    size_t n = 0;
    for (size_t i = 0; i < d->count; i++) {
        d->told[i].on = d->addresses[i].main[0] != 0;
        n += d->told[i].on;
        if (!d->told[i].on) log_info("onvif.channel", "code=%s source=%s reason=\"it tells no address of a stream\"", d->recorder->code, d->channels[i].source);
    }
    if (recorders_all()->catalog != NULL) recorders_all()->catalog(d->recorder, d->told, d->count, (int)d->count, recorders_all()->arg);
    log_info("onvif.channels", "code=%s channels=%zu with_stream=%zu", d->recorder->code, d->count, n);
}

/* ---- events ---- */

static enum hx_err store(struct tx *tx, void *arg)
{
    return signal_store(tx, ((struct keeping *)arg)->batch);
}

static void stored(enum hx_err e, const char *detail, void *arg)
{
    struct keeping *k = arg;
    if (e) {
        log_error("onvif.store", "error=%s detail=\"%s\"", err_name(e), detail);
        k->next = all.again; /* the device has forgotten it: it is ours to keep */
        all.again = k;
        return;
    }
    all.count.signals++;
    signal_batch_free(k->batch);
    free(k);
}

static void keep(struct keeping *k)
{
    if (writer_submit_repeatable(all.set.writer, signal_lane(k->batch), store, stored, k) == HX_OK) return;
    k->next = all.again;
    all.again = k;
}

static bool is_repeat(struct device *d, const char *what, int64_t now)
{
    for (size_t i = 0; i < REPEATS; i++)
        if (strcmp(d->repeats[i].what, what) == 0 && now - d->repeats[i].at < REPEAT_MS) return d->repeats[i].at = now, true;
    struct repeat *r = &d->repeats[d->repeat_at++ % REPEATS];
    snprintf(r->what, sizeof r->what, "%s", what);
    r->at = now;
    return false;
}

static void take_notice(struct device *d, const struct onvif_notice *n)
{
    const struct recorder_channel *c = NULL;
    char what[RECORDER_CODE_MAX + 8], text[SIGNAL_TEXT_MAX], stamp[24];
    int64_t now = clock_utc_ms();
    for (size_t i = 0; i < d->count && n->source[0] != 0; i++)
        if (strcmp(d->channels[i].source, n->source) == 0 || strcmp(d->channels[i].config, n->source) == 0) c = &d->told[i];
    if (c == NULL && d->count == 1) c = &d->told[0];
    snprintf(what, sizeof what, "%.22s %.7s", n->input[0] != 0 ? n->input : c != NULL ? c->code : n->source, n->code);
    if (strcmp(n->code, "other") == 0 || !n->active || n->initial || is_repeat(d, what, now)) return;
    struct keeping *k = calloc(1, sizeof *k);
    HX_ASSERT(k != NULL);
    k->batch = signal_batch_new(1, str_of(n->topic));
    struct signal *g = &k->batch->signals[0];
    json_t *extra = json_pack("{s:s,s:s,s:s,s:s}", "channel", c != NULL ? c->code : "", "topic", n->topic, "source", n->source, "input", n->input);
    g->received_at = now;
    g->device_at = n->at != 0 ? n->at - d->clock_off : 0; /* by our clock */
    g->school_id = d->recorder->school_id;
    snprintf(g->account, sizeof g->account, "%s", d->recorder->code);
    snprintf(g->protocol, sizeof g->protocol, "onvif");
    snprintf(g->code, sizeof g->code, "%.7s", n->code);
    snprintf(g->qualifier, sizeof g->qualifier, "new");
    snprintf(g->zone, sizeof g->zone, "%.15s", n->input[0] != 0 ? n->input : c != NULL ? c->code : n->source);
    g->class = n->class;
    g->severity = n->severity;
    snprintf(text, sizeof text, "%.200s %s%s%.60s", c != NULL ? c->name : d->recorder->name, n->zh, n->input[0] != 0 ? " " : "", n->input);
    str_to_utf8_z(str_of(text), g->text, sizeof g->text);
    g->extra = json_text(extra);
    json_decref(extra);
    snprintf(stamp, sizeof stamp, "%lld", (long long)n->at);
    const struct str pieces[] = {str_of(d->recorder->code), str_of(what), str_of(n->topic), str_of(stamp)};
    signal_digest(pieces, HX_COUNT(pieces), g->digest);
    keep(k);
}

static void on_events(struct device *d, const struct xml *x)
{
    static struct onvif_notice notices[ONVIF_NOTICES_MAX]; /* one thread */
    size_t n = onvif_notices(x, notices, ONVIF_NOTICES_MAX);
    all.count.notices += n;
    reached(d);
    for (size_t i = 0; i < n; i++) take_notice(d, &notices[i]);
    if (n == 0 && clock_utc_ms() - d->asked_at < TICK_MS) d->next_at = clock_utc_ms() + TICK_MS; /* it does not hold the request: not in circles */
}

static void on_renewed(struct device *d, const struct xml *x)
{
    (void)x;
    d->renew_at = clock_utc_ms() + LEASE_S * 500LL;
}

static void on_subscribed(struct device *d, const struct xml *x)
{
    int body = x != NULL ? xml_child(x, 0, "Body") : -1;
    const char *at = x != NULL ? xml_text(x, xml_next(x, body, body, "SubscriptionReference"), "Address") : "";
    onvif_localize(at, d->address, d->events);
    d->without_events = d->events[0] == 0;
    d->renew_at = clock_utc_ms() + LEASE_S * 500LL;
    d->step = STEP_EVENTS;
    reached(d);
}

/* Without events its clock is asked for, to know that it is there. */
static void on_beat(struct device *d, const struct xml *x)
{
    (void)x;
    reached(d);
    d->next_at = clock_utc_ms() + PULL_S * 1000LL;
}

/* ---- the way through ---- */

static void ask_address(struct device *d)
{
    const struct onvif_channel *c = &d->channels[d->at];
    const char *token = d->address_at == 0 ? c->main : c->sub[0] != 0 ? c->sub : c->main;
    bool two = d->services.media2[0] != 0;
    struct buf b;
    buf_init(&b, 2048);
    if (d->address_at == 1 && c->sub[0] == 0) { /* it has one stream only */
        on_address(d, NULL);
        advance(d);
        return;
    }
    if (d->address_at == 2) buf_printf(&b, "<GetSnapshotUri xmlns=\"http://www.onvif.org/ver%d0/media/wsdl\"><ProfileToken>", two ? 2 : 1);
    else if (two) buf_add_z(&b, "<GetStreamUri xmlns=\"http://www.onvif.org/ver20/media/wsdl\"><Protocol>RTSP</Protocol><ProfileToken>");
    else buf_add_z(&b, "<GetStreamUri xmlns=\"http://www.onvif.org/ver10/media/wsdl\"><StreamSetup><Stream xmlns=\"http://www.onvif.org/ver10/schema\">RTP-Unicast</Stream><Transport xmlns=\"http://www.onvif.org/ver10/schema\"><Protocol>RTSP</Protocol></Transport></StreamSetup><ProfileToken>");
    xml_add(&b, token);
    buf_add_z(&b, d->address_at == 2 ? "</ProfileToken></GetSnapshotUri>" : "</ProfileToken></GetStreamUri>");
    ask(d, two ? d->services.media2 : d->services.media, NULL, b.at, ANSWER_MS, false, on_address);
    buf_free(&b);
}

static void ask_events(struct device *d, const char *device)
{
    char body[200];
    if (d->without_events) {
        ask(d, device, NULL, "<GetSystemDateAndTime xmlns=\"http://www.onvif.org/ver10/device/wsdl\"/>", ANSWER_MS, false, on_beat);
        return;
    }
    if (clock_utc_ms() >= d->renew_at) {
        d->renew_at = clock_utc_ms() + LEASE_S * 250LL;
        snprintf(body, sizeof body, "<Renew xmlns=\"http://docs.oasis-open.org/wsn/b-2\"><TerminationTime>PT%dS</TerminationTime></Renew>", LEASE_S);
        ask(d, d->events, "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewRequest", body, ANSWER_MS, true, on_renewed);
    }
    snprintf(body, sizeof body, "<PullMessages xmlns=\"http://www.onvif.org/ver10/events/wsdl\"><Timeout>PT%dS</Timeout><MessageLimit>%d</MessageLimit></PullMessages>", PULL_S, ONVIF_NOTICES_MAX);
    ask(d, d->events, "http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/PullMessagesRequest", body, PULL_S * 1000 + ANSWER_MS, false, on_events);
}

static void advance(struct device *d)
{
    char device[ONVIF_URL_MAX], body[300];
    device_url(d, device);
    d->next_at = 0;
    d->asked_at = clock_utc_ms();
    if (d->step == STEP_ADDRESSES && d->at == d->count) {
        tell_catalog(d);
        d->step = STEP_SUBSCRIBE;
    }
    switch (d->step) {
    case STEP_TIME: ask(d, device, NULL, "<GetSystemDateAndTime xmlns=\"http://www.onvif.org/ver10/device/wsdl\"/>", ANSWER_MS, false, on_time); break;
    case STEP_SERVICES: ask(d, device, NULL, "<GetServices xmlns=\"http://www.onvif.org/ver10/device/wsdl\"><IncludeCapability>false</IncludeCapability></GetServices>", ANSWER_MS, false, on_services); break;
    case STEP_CAPABILITIES: ask(d, device, NULL, "<GetCapabilities xmlns=\"http://www.onvif.org/ver10/device/wsdl\"><Category>All</Category></GetCapabilities>", ANSWER_MS, false, on_capabilities); break;
    case STEP_INFO: ask(d, device, NULL, "<GetDeviceInformation xmlns=\"http://www.onvif.org/ver10/device/wsdl\"/>", ANSWER_MS, false, on_info); break;
    case STEP_PROFILES:
        if (d->services.media2[0] != 0) ask(d, d->services.media2, NULL, "<GetProfiles xmlns=\"http://www.onvif.org/ver20/media/wsdl\"><Type>All</Type></GetProfiles>", ANSWER_MS, false, on_profiles);
        else ask(d, d->services.media, NULL, "<GetProfiles xmlns=\"http://www.onvif.org/ver10/media/wsdl\"/>", ANSWER_MS, false, on_profiles);
        break;
    case STEP_ADDRESSES: ask_address(d); break;
    case STEP_SUBSCRIBE:
        if (d->services.events[0] == 0) { /* it has none */
            on_subscribed(d, NULL);
            ask_events(d, device);
            break;
        }
        snprintf(body, sizeof body, "<CreatePullPointSubscription xmlns=\"http://www.onvif.org/ver10/events/wsdl\"><InitialTerminationTime>PT%dS</InitialTerminationTime></CreatePullPointSubscription>", LEASE_S);
        ask(d, d->services.events, "http://www.onvif.org/ver10/events/wsdl/EventPortType/CreatePullPointSubscriptionRequest", body, ANSWER_MS, false, on_subscribed);
        break;
    case STEP_EVENTS: ask_events(d, device); break;
    }
}

/* ---- steering ---- */

static void on_done(struct device *d, const struct xml *x)
{
    (void)d, (void)x;
}

static bool onvif_steer(struct recorder *r, const char *channel, const struct recorder_steer *s)
{
    struct device *d = r->session;
    const char *profile = NULL;
    struct buf b;
    for (size_t i = 0; d != NULL && i < d->count; i++)
        if (strcmp(d->told[i].code, channel) == 0 && d->channels[i].ptz[0] != 0) profile = d->channels[i].ptz;
    if (profile == NULL || d->services.ptz[0] == 0 || s->act == STEER_LENS) return false;
    const char *verb = s->act == STEER_PRESET_CALL ? "GotoPreset" : s->act == STEER_PRESET_SET ? "SetPreset" : s->act == STEER_PRESET_DELETE ? "RemovePreset" : s->pan || s->tilt || s->zoom ? "ContinuousMove" : "Stop";
    double speed = s->speed / 255.0;
    buf_init(&b, 1024);
    buf_printf(&b, "<%s xmlns=\"http://www.onvif.org/ver20/ptz/wsdl\"><ProfileToken>", verb);
    xml_add(&b, profile);
    buf_add_z(&b, "</ProfileToken>");
    if (strcmp(verb, "ContinuousMove") == 0)
        buf_printf(&b, "<Velocity><PanTilt xmlns=\"http://www.onvif.org/ver10/schema\" x=\"%.2f\" y=\"%.2f\"/><Zoom xmlns=\"http://www.onvif.org/ver10/schema\" x=\"%.2f\"/></Velocity>", s->pan * speed, s->tilt * speed, s->zoom * speed);
    else if (strcmp(verb, "Stop") == 0) buf_add_z(&b, "<PanTilt>true</PanTilt><Zoom>true</Zoom>");
    else buf_printf(&b, "%s<PresetToken>%d</PresetToken>", s->act == STEER_PRESET_SET ? "<PresetName>huxue</PresetName>" : "", s->preset); /* devices number theirs */
    buf_printf(&b, "</%s>", verb);
    ask(d, d->services.ptz, NULL, b.at, ANSWER_MS, true, on_done);
    buf_free(&b);
    return true;
}

/* ---- the registry ---- */

static void begin(struct device *d)
{
    const struct recorder *r = d->recorder;
    d->turn = ++all.turn;
    d->step = STEP_TIME;
    d->asking = d->without_events = false;
    d->tries = 0;
    d->next_at = clock_utc_ms();
    d->services = (struct onvif_services){0};
    memcpy(d->address, r->address, sizeof d->address);
    memcpy(d->login, r->login, sizeof d->login);
    memcpy(d->password, r->password, sizeof d->password);
}

static bool onvif_ask_catalog(struct recorder *r)
{
    struct device *d = r->device;
    if (d == NULL) return false;
    begin(d);
    return true;
}

static bool look_around(const char *to)
{
    return onvif_search(all.set.loop, to);
}

static const struct recorder_driver driver = {.steer = onvif_steer, .ask_catalog = onvif_ask_catalog, .search = look_around};

static void tick(void *arg)
{
    (void)arg;
    size_t at = 0;
    int64_t now = clock_utc_ms();
    for (struct map_entry *e; all.running && (e = map_next(&recorders_all()->by_code, &at)) != NULL;) {
        struct recorder *r = e->value;
        struct device *d = r->device;
        if (r->kind != RECORDER_ONVIF) continue;
        if (d == NULL && !r->disabled) {
            d = r->device = calloc(1, sizeof *d);
            HX_ASSERT(d != NULL);
            d->recorder = r;
            begin(d);
        }
        if (d == NULL) continue;
        bool changed = strcmp(d->address, r->address) != 0 || strcmp(d->login, r->login) != 0 || strcmp(d->password, r->password) != 0;
        if (changed) begin(d);
        if (r->disabled && r->up) d->turn = ++all.turn, d->asking = false, lost(d, "disabled");
        else if (!r->disabled && !d->asking && d->next_at != 0 && now >= d->next_at) advance(d);
    }
    for (struct keeping *k = all.again, *next; k != NULL; k = next) {
        next = k->next;
        if (k == all.again) all.again = NULL;
        k->next = NULL;
        keep(k);
    }
}

void onvif_start(const struct onvif_settings *s)
{
    all.set = *s;
    all.running = true;
    all.fetch = fetch_start(s->loop, PARALLEL);
    recorders_all()->drivers[RECORDER_ONVIF] = &driver;
    loop_every(s->loop, TICK_MS, tick, NULL);
}

const struct onvif_counters *onvif_counters(void) { return &all.count; }

void onvif_stop(void)
{
    size_t at = 0;
    all.running = false;
    onvif_search_stop();
    recorders_all()->drivers[RECORDER_ONVIF] = NULL;
    fetch_stop(all.fetch);
    for (struct map_entry *e; (e = map_next(&recorders_all()->by_code, &at)) != NULL;) {
        struct recorder *r = e->value;
        if (r->kind == RECORDER_ONVIF) free(r->device), r->device = r->session = NULL;
    }
}
