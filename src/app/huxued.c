/* The daemon: listeners around one loop, one writer, and the modules. */
#include <event2/event.h>
#include <event2/thread.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/web.h"
#include "app/clock_step.h"
#include "app/control.h"
#include "app/datadir.h"
#include "app/modules.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "io/net.h"
#include "domain/arc/arc_domain.h"
#include "domain/cascade/cascade.h"
#include "domain/camera/camera_live.h"
#include "domain/handoff/handoff.h"
#include "domain/message/message.h"
#include "domain/message/push_book.h"
#include "domain/posture/posture.h"
#include "domain/vehicle/vehicle.h"
#include "domain/warning/warning.h"
#include "domain/webhook/webhook.h"
#include "proto/dc09/dc09_listener.h"
#include "proto/dc09/dc09_sender.h"
#include "proto/gb28181/gb28181_server.h"
#include "proto/jt808/jt808_listener.h"
#include "proto/onvif/onvif_driver.h"
#include "signal/recorder.h"
#include "signal/signal.h"

#define EXIT_STORE 74 /* EX_IOERR: the disk failed under us; the supervisor starts us again */
#define STOP_MS 4000

static const struct conf_key keys[] = {
    {"http", "address", CONF_TEXT, "127.0.0.1:8080", 0, 0, NULL, "where the console and the API answer in clear text"},
    {"http", "tls_address", CONF_TEXT, "", 0, 0, NULL, "where they answer with TLS, such as 0.0.0.0:8443; empty: nowhere"},
    {"http", "certificate", CONF_TEXT, "", 0, 0, NULL, "PEM file with the certificate chain"},
    {"http", "key", CONF_TEXT, "", 0, 0, NULL, "PEM file with its key"},
    {"http", "link_address", CONF_TEXT, "", 0, 0, NULL, "the mutual line: where a Huxue below this one comes with a certificate of `huxue tls link`, such as 0.0.0.0:8444; empty: nowhere"},
    {"http", "readers", CONF_NUMBER, "4", 1, 32, NULL, "threads that read the store for requests; with fewer than four, all may be waiting for recorders and media nodes"},
    {"dc09", "address", CONF_TEXT, "0.0.0.0:12009", 0, 0, NULL, "where panels report, TCP and UDP"},
    {"dc09", "unknown", CONF_CHOICE, "acknowledge", 0, 0, "acknowledge refuse", "what an unknown account is answered; its signals are kept either way"},
    {"dc09", "connections", CONF_NUMBER, "20000", 10, 200000, NULL, "most panels connected at once"},
    {"dc09", "idle_s", CONF_NUMBER, "600", 10, 86400, NULL, "a connection silent for so many seconds is closed"},
    {"jt808", "address", CONF_TEXT, "0.0.0.0:8808", 0, 0, NULL, "where student vehicles report, TCP and UDP"},
    {"jt808", "media_host", CONF_TEXT, "", 0, 0, NULL, "where vehicles send pictures, as they reach it; empty: the address that their connection came to"},
    {"jt808", "connections", CONF_NUMBER, "20000", 10, 200000, NULL, "most vehicles connected at once"},
    {"jt808", "idle_s", CONF_NUMBER, "300", 10, 86400, NULL, "a vehicle silent for so many seconds is disconnected"},
    {"sip", "address", CONF_TEXT, "0.0.0.0:5060", 0, 0, NULL, "where recorders register by GB/T 28181, UDP and TCP"},
    {"sip", "code", CONF_TEXT, "52230000002000000001", 0, 0, NULL, "our own 20-digit code; its first ten digits are the SIP domain"},
    {"sip", "password", CONF_TEXT, "", 0, 0, NULL, "of recorders that have none of their own; empty: those are refused"},
    {"sip", "host", CONF_TEXT, "", 0, 0, NULL, "our address as recorders see it; empty: the one of the route to each"},
    {"sip", "connections", CONF_NUMBER, "20000", 10, 200000, NULL, "most recorders connected by TCP at once"},
    {"sip", "keepalive_s", CONF_NUMBER, "60", 5, 3600, NULL, "a recorder silent for three times as long is lost"},
    {"media", "urls", CONF_TEXT, "", 0, 0, NULL, "the media nodes as browsers and we reach them, such as http://10.0.0.5:8081, separated by blanks; where browsers come through a TLS proxy, http://10.0.0.5:8081=https://video.example; empty: no video"},
    {"media", "school_streams", CONF_NUMBER, "6", 1, 100, NULL, "most pictures fetched from one school at once"},
    {"push", "contact", CONF_TEXT, "", 0, 0, NULL, "whom a push service may turn to, such as mailto:duty@example.gov.cn; empty: phones are not woken by Web Push"},
    {"push", "services", CONF_TEXT, "fcm.googleapis.com push.apple.com push.services.mozilla.com notify.windows.com", 0, 0, NULL, "hosts of push services that phones may name, separated by blanks"},
    {"log", "level", CONF_CHOICE, "info", 0, 0, "debug info warn error", "the least level that is written to stderr"},
};

struct daemon {
    struct datadir data;
    struct conf conf;
    struct api *api;
    struct dc09_listener *dc09;
    struct jt808_listener *jt808;
    struct gb_server *sip;
    struct track *track;
    struct control *control;
    struct event *on_term, *on_int, *on_hup;
    const char *config_file;
    int64_t broken_since;
    int exit_code;
    bool stopping, again;
};

static void set_level(const struct conf *c)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < 4; i++)
        if (strcmp(conf_text(c, "log.level"), names[i]) == 0) log_set_level((enum log_level)i);
}

static bool read_config(struct daemon *d, bool must)
{
    char why[256], *text = NULL;
    FILE *f = fopen(d->config_file, "r");
    if (f == NULL) {
        if (must) fprintf(stderr, "huxued: %s cannot be read 配置文件无法读取\n", d->config_file);
        return !must;
    }
    text = calloc(1, 65537);
    HX_ASSERT(text != NULL);
    size_t n = fread(text, 1, 65536, f);
    fclose(f);
    enum hx_err e = conf_read(&d->conf, (struct str){text, n}, why, sizeof why);
    free(text);
    if (e) fprintf(stderr, "huxued: %s: %s\n", d->config_file, why);
    return e == HX_OK;
}

static void leave(struct daemon *d, int code)
{
    d->exit_code = code;
    loop_stop(d->data.app.loop);
}

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct daemon *d = arg;
    if (d->stopping) return;
    d->stopping = true;
    log_info("daemon.stopping", "reason=signal");
    leave(d, 0);
}

static void begin_anew(void *arg)
{
    struct daemon *d = arg;
    log_info("daemon.stopping", "reason=clock");
    d->again = true;
    leave(d, 0);
}

static void on_reload(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct daemon *d = arg;
    bool good = read_config(d, false) && api_reload(d->api) == HX_OK;
    set_level(&d->conf);
    log_info("daemon.reloaded", "good=%d", good);
}

/* Says on every console what the store's trouble is, and ends the process when the disk itself failed. */
static void watch_store(void *arg)
{
    struct daemon *d = arg;
    struct writer_health h = writer_health(d->data.app.writer);
    if (h.broken) api_set_fault(d->api, "the disk failed: nothing is acknowledged any more; the program restarts 磁盘故障：已停止确认信号，程序即将重启");
    else if (h.refusing) api_set_fault(d->api, "the store refuses writes (disk full or locked): free space, panels will repeat 存储拒绝写入（磁盘满或被锁）：请清理空间，主机会重发");
    else api_set_fault(d->api, NULL);
    if (!h.broken) return;
    if (d->broken_since == 0) d->broken_since = clock_mono_us();
    if (clock_mono_us() - d->broken_since > 2000000) leave(d, EXIT_STORE);
}

static void forget_digests(void *arg)
{
    static char after[24];
    struct daemon *d = arg;
    if (writer_submit(d->data.app.writer, LANE_BULK, signal_forget, NULL, after) != HX_OK) log_debug("daemon.busy", "job=forget");
}

static int usage(int code)
{
    fprintf(code ? stderr : stdout,
            "huxued --data DIR [--http A:P] [--https A:P] [--dc09 A:P] [--jt808 A:P] [--sip A:P] [--media URL] [--config F]\n"
            "       --help-config  prints every key of the configuration file   打印全部配置项\n"
            "       --routes       prints every route with its permission         打印全部接口与权限\n"
            "Port 0 picks a free one. DIR was made by `huxue init`.\n");
    return code;
}

static bool parse(struct daemon *d, int argc, char **argv, const char **dir, int *code)
{
    static const struct option options[] = {
        {"data", required_argument, NULL, 'd'}, {"http", required_argument, NULL, 'h'}, {"https", required_argument, NULL, 's'},
        {"dc09", required_argument, NULL, 'p'}, {"jt808", required_argument, NULL, 'j'}, {"sip", required_argument, NULL, 'i'}, {"media", required_argument, NULL, 'm'}, {"config", required_argument, NULL, 'c'}, {"help-config", no_argument, NULL, 'H'},
        {"routes", no_argument, NULL, 'r'}, {"help", no_argument, NULL, '?'}, {NULL, 0, NULL, 0},
    };
    static char file[4096];
    const char *overrides[6] = {NULL};
    static const char *const names[6] = {"http.address", "http.tls_address", "dc09.address", "jt808.address", "sip.address", "media.urls"};
    char why[256];
    int o;
    *code = 0;
    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (o == 'd') *dir = optarg;
        else if (o == 'h') overrides[0] = optarg;
        else if (o == 's') overrides[1] = optarg;
        else if (o == 'p') overrides[2] = optarg;
        else if (o == 'j') overrides[3] = optarg;
        else if (o == 'i') overrides[4] = optarg;
        else if (o == 'm') overrides[5] = optarg;
        else if (o == 'c') d->config_file = optarg;
        else if (o == 'H') return conf_print_help(keys, HX_COUNT(keys)), false;
        else if (o == 'r') return api_print_routes(hx_modules), false;
        else return *code = usage(optopt != 0 || strcmp(argv[optind - 1], "--help") != 0 ? 2 : 0), false;
    }
    if (*dir == NULL || optind != argc) return *code = usage(2), false;
    bool named = d->config_file != NULL;
    if (!named) {
        snprintf(file, sizeof file, "%s/huxue.conf", *dir);
        d->config_file = file;
    }
    if (!read_config(d, named)) return *code = 2, false;
    for (int i = 0; i < 6; i++) {
        if (overrides[i] == NULL || conf_set(&d->conf, names[i], str_of(overrides[i]), why, sizeof why) == HX_OK) continue;
        fprintf(stderr, "huxued: %s\n", why);
        return *code = 2, false;
    }
    return true;
}

static const struct dc09_listener *the_dc09;
static const struct jt808_listener *the_jt808;
static const struct gb_server *the_sip;

static void daemon_metrics(struct buf *out)
{
    if (the_dc09 == NULL || the_jt808 == NULL || the_sip == NULL) return;
    const struct gb_counters *g = gb_counters(the_sip);
    const struct dc09_counters *c = dc09_counters(the_dc09);
    const struct jt808_counters *v = jt808_counters(the_jt808);
#define X(name, help) buf_printf(out, "# HELP huxue_dc09_" #name " %s\nhuxue_dc09_" #name " %llu\n", help, (unsigned long long)c->name);
    DC09_COUNTER_MAP(X)
#undef X
#define X(name, help) buf_printf(out, "# HELP huxue_jt808_" #name " %s\nhuxue_jt808_" #name " %llu\n", help, (unsigned long long)v->name);
    JT808_COUNTER_MAP(X)
#undef X
#define X(name, help) buf_printf(out, "# HELP huxue_gb28181_" #name " %s\nhuxue_gb28181_" #name " %llu\n", help, (unsigned long long)g->name);
    GB_COUNTER_MAP(X)
#undef X
#define X(name, help) buf_printf(out, "# HELP huxue_onvif_" #name " %s\nhuxue_onvif_" #name " %llu\n", help, (unsigned long long)onvif_counters()->name);
    ONVIF_COUNTER_MAP(X)
#undef X
}

static bool start(struct daemon *d, const char *dir)
{
    enum hx_err e = datadir_open(dir, &d->data);
    if (!e) e = clock_step_at_start(&d->data.app);
    if (e == HX_E_CONFLICT) fprintf(stderr, "huxued: another process uses %s: stop it first 数据目录正被另一进程使用\n", dir);
    else if (e) fprintf(stderr, "huxued: %s cannot be opened: was it made by `huxue init`? Is there space? 数据目录无法打开\n", dir);
    if (e) return false;
    struct hx_app *app = &d->data.app;
    const char *tls = conf_text(&d->conf, "http.tls_address"), *certificate = conf_text(&d->conf, "http.certificate"), *link = conf_text(&d->conf, "http.link_address");
    static char authority[4200]; /* read again when certificates are renewed */
    snprintf(authority, sizeof authority, "%.4100s/keys/ca.crt", app->data_dir);
    if ((tls[0] != 0 || link[0] != 0) && certificate[0] == 0) {
        fprintf(stderr, "huxued: http.tls_address and http.link_address need http.certificate and http.key\n");
        return false;
    }
    struct api_settings api = {.app = app, .http_address = conf_text(&d->conf, "http.address"), .https_address = tls[0] != 0 ? tls : NULL,
                               .certificate = certificate, .key = conf_text(&d->conf, "http.key"), .link_address = link[0] != 0 ? link : NULL, .link_authority = authority, .readers = (int)conf_number(&d->conf, "http.readers"), .modules = hx_modules, .metrics = daemon_metrics};
    struct dc09_settings dc09 = {.loop = app->loop, .writer = app->writer, .panels = app->panels, .address = conf_text(&d->conf, "dc09.address"),
                                 .refuse_unknown = strcmp(conf_text(&d->conf, "dc09.unknown"), "refuse") == 0,
                                 .connections_max = (int)conf_number(&d->conf, "dc09.connections"), .idle_s = (int)conf_number(&d->conf, "dc09.idle_s")};
    if (track_open(app->loop, app->data_dir, &d->track)) {
        fprintf(stderr, "huxued: %s/tracks cannot be written 轨迹目录无法写入\n", app->data_dir);
        return false;
    }
    vehicle_terminals()->track = d->track;
    struct jt808_settings jt808 = {.loop = app->loop, .terminals = vehicle_terminals(), .address = conf_text(&d->conf, "jt808.address"), .media_host = conf_text(&d->conf, "jt808.media_host"),
                                   .connections_max = (int)conf_number(&d->conf, "jt808.connections"), .idle_s = (int)conf_number(&d->conf, "jt808.idle_s")};
    const char *code = conf_text(&d->conf, "sip.code");
    if (!recorder_is_code(code)) {
        fprintf(stderr, "huxued: sip.code wants 20 digits 编码应为20位数字\n");
        return false;
    }
    struct camera_live_settings live = {.app = app, .media_urls = conf_text(&d->conf, "media.urls"), .school_streams = (int)conf_number(&d->conf, "media.school_streams")};
    struct gb_settings sip = {.loop = app->loop, .writer = app->writer, .address = conf_text(&d->conf, "sip.address"), .dir = app->data_dir, .code = code, .password = conf_text(&d->conf, "sip.password"), .host = conf_text(&d->conf, "sip.host"),
                              .connections_max = (int)conf_number(&d->conf, "sip.connections"), .expires_s = 3600, .keepalive_s = (int)conf_number(&d->conf, "sip.keepalive_s")};
    if (camera_live_start(&live)) {
        fprintf(stderr, "huxued: media.urls or keys/media.key is not usable 媒体节点地址或密钥不可用\n");
        return false;
    }
    dc09_sender_start(app->loop);
    if (cascade_start(app, code) || arc_start(app)) return false;
    onvif_start(&(struct onvif_settings){.loop = app->loop, .writer = app->writer});
    struct push_settings push = {.contact = conf_text(&d->conf, "push.contact"), .services = conf_text(&d->conf, "push.services")};
    if (push_start(app, &push)) {
        fprintf(stderr, "huxued: push.contact or keys/push.key is not usable 推送联系地址或密钥不可用\n");
        return false;
    }
    if (message_sender_start(app) || handoff_sender_start(app) || warning_live_start(app) || webhook_sender_start(app)) return false;
    web_allow_media(live.media_urls);
    if (api_start(&api, &d->api) || dc09_listen(&dc09, &d->dc09) || jt808_listen(&jt808, &d->jt808) || gb_listen(&sip, &d->sip)) {
        fprintf(stderr, "huxued: an address cannot be taken: is the port in use? 端口可能被占用\n");
        return false;
    }
    d->control = control_start(app);
    the_dc09 = d->dc09;
    the_jt808 = d->jt808;
    the_sip = d->sip;
    return true;
}

int main(int argc, char **argv)
{
    struct daemon d = {.exit_code = 0};
    const char *dir = NULL;
    int code;
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_DUMPABLE, 0); /* keys and passwords stay out of core files */
    conf_open(&d.conf, keys, HX_COUNT(keys));
    if (!parse(&d, argc, argv, &dir, &code)) {
        conf_close(&d.conf);
        return code;
    }
    set_level(&d.conf);
    net_raise_file_limit();
    if (!start(&d, dir)) return 1;
    struct loop *loop = d.data.app.loop;
    d.on_term = evsignal_new(loop_base(loop), SIGTERM, on_stop, &d);
    d.on_int = evsignal_new(loop_base(loop), SIGINT, on_stop, &d);
    d.on_hup = evsignal_new(loop_base(loop), SIGHUP, on_reload, &d);
    event_add(d.on_term, NULL);
    event_add(d.on_int, NULL);
    event_add(d.on_hup, NULL);
    loop_every(loop, 500, watch_store, &d);
    loop_every(loop, 60000, forget_digests, &d);
    clock_step_watch(&d.data.app, begin_anew, &d);
    timers_begin(d.data.app.timers);
    printf("huxued ready http=%s", api_bound(d.api, false));
    if (api_bound(d.api, true) != NULL) printf(" https=%s", api_bound(d.api, true));
    if (api_link_bound(d.api) != NULL) printf(" link=%s", api_link_bound(d.api));
    printf(" dc09=%s jt808=%s sip=%s\n", dc09_bound(d.dc09), jt808_bound(d.jt808), gb_bound(d.sip));
    fflush(stdout);
    loop_run(loop);

    alarm(STOP_MS / 1000 + 1); /* whatever hangs: we are gone within 5 s, and what was acknowledged is on disk */
    dc09_pause(d.dc09);
    jt808_pause(d.jt808);
    camera_live_stop();
    onvif_stop();
    message_sender_stop();
    push_stop();
    handoff_sender_stop();
    output_sender_stop();
    warning_live_stop();
    webhook_sender_stop();
    dc09_sender_stop();
    gb_pause(d.sip);
    api_pause(d.api);
    control_stop(d.control);
    event_free(d.on_term);
    event_free(d.on_int);
    event_free(d.on_hup);
    the_dc09 = NULL;
    the_jt808 = NULL;
    the_sip = NULL;
    track_close(d.track); /* what vehicles sent is finished first: its findings are jobs of the writer */
    writer_stop(d.data.app.writer); /* finishes the batch; its answers go out below */
    d.data.app.writer = NULL;
    dc09_flush(d.dc09);
    api_stop(d.api);
    dc09_close(d.dc09);
    jt808_close(d.jt808);
    gb_close(d.sip);
    datadir_close(&d.data);
    conf_close(&d.conf);
    if (d.again && !d.stopping) {
        alarm(0);
        execv("/proc/self/exe", argv);
        return EXIT_STORE; /* the supervisor starts us again */
    }
    return d.exit_code;
}
