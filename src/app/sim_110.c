/* huxue sim 110: the reference receiver of hand-offs. Checks the signature, accepts each case once, and reports as a command centre does:
 * dispatched, arrived, closed. */
#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/sim.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"
#include "domain/handoff/handoff.h"
#include "io/fetch.h"
#include "io/http.h"

#define CLOCK_MS 300000LL

struct centre {
    struct loop *loop;
    struct fetch *fetch;
    const char *secret, *back, *hash; /* hash: sha256 or sm3 */
    bool reject;
    int64_t pace_ms;
    struct map seen; /* numbers of messages */
    int cases;
    unsigned number;
};

struct report {
    struct centre *centre;
    struct loop_timer *timer;
    int64_t handoff;
    char reply_to[128];
    int step;
};

static void said(int status, struct str reply, const char *error, void *arg)
{
    (void)arg;
    if (status != 200) printf("report: %d %s %.*s\n", status, error, (int)reply.len, reply.at), fflush(stdout);
}

static void send_event(struct centre *c, const char *reply_to, json_t *event)
{
    char number[32], sig[65], url[512];
    int64_t now = clock_utc_ms();
    snprintf(number, sizeof number, "%lld-%u", (long long)now, ++c->number);
    json_object_set_new(event, "number", json_string(number));
    char *body = json_text(event);
    handoff_sign(c->hash, c->secret, now, str_of(body), sig);
    snprintf(url, sizeof url, "%s%s?t=%lld&sig=%s", c->back, reply_to, (long long)now, sig);
    struct fetch_request r = {.url = url, .headers = "Content-Type: application/json", .body = str_of(body), .timeout_ms = 5000, .done = said};
    if (fetch_submit(c->fetch, &r) != HX_OK) printf("report: too many wait\n");
    free(body);
    json_decref(event);
}

static void report(void *arg)
{
    static const char *const steps[] = {"dispatched", "arrived", "closed"};
    static const char *const texts[] = {"110 已派附近警力", "110 警力到场", "110 处置完毕"};
    struct report *r = arg;
    send_event(r->centre, r->reply_to, json_pack("{s:I,s:s,s:s}", "handoff", (json_int_t)r->handoff, "progress", steps[r->step], "text", texts[r->step]));
    if (++r->step < (int)HX_COUNT(steps)) {
        loop_timer_set(r->timer, r->centre->pace_ms);
        return;
    }
    loop_timer_free(r->timer);
    free(r);
}

static void take_case(struct centre *c, const json_t *j, struct buf *answer)
{
    struct report *r = calloc(1, sizeof *r);
    HX_ASSERT(r != NULL);
    *r = (struct report){.centre = c, .handoff = json_i64(j, "handoff", 0)};
    snprintf(r->reply_to, sizeof r->reply_to, "%s", json_z(j, "reply_to", ""));
    buf_printf(answer, "{\"result\":\"accepted\",\"reference\":\"110-%06d\"}", ++c->cases);
    r->timer = loop_timer_new(c->loop, report, r);
    loop_timer_set(r->timer, c->pace_ms);
}

static void handle(struct http_request *r, void *arg)
{
    struct centre *c = arg;
    char want[65], why[160], number[24];
    json_t *j = NULL;
    int64_t at = 0;
    struct str body = http_body(r);
    const char *time = http_header(r, "X-Huxue-Time"), *sig = http_header(r, "X-Huxue-Signature");
    bool timed = time != NULL && str_to_i64(str_of(time), &at) && at > clock_utc_ms() - CLOCK_MS && at < clock_utc_ms() + CLOCK_MS;
    handoff_sign(c->hash, c->secret, at, body, want);
    if (!timed || sig == NULL || strcmp(sig, want) != 0) {
        printf("refused: wrong signature\n");
        fflush(stdout);
        http_reply(r, 403, "text/plain", STR("wrong signature\n"));
        return;
    }
    if (json_parse(body, &j, why, sizeof why) != HX_OK) {
        http_reply(r, 400, "text/plain", STR("no JSON\n"));
        return;
    }
    snprintf(number, sizeof number, "%lld", (long long)json_i64(j, "number", 0));
    bool again = map_put(&c->seen, str_of(number), c) != NULL, fresh = strcmp(json_z(j, "use", ""), "case") == 0;
    struct buf answer;
    buf_init(&answer, 512);
    if (fresh && c->reject) buf_add_z(&answer, "{\"result\":\"rejected\",\"reason\":\"不属本辖区\"}");
    else if (fresh && !again) take_case(c, j, &answer);
    else buf_add_z(&answer, "{}");
    const json_t *i = json_object_get(j, "incident");
    printf("%s%s handoff %lld %s %s\n", again ? "again " : "", json_z(j, "use", ""), (long long)json_i64(j, "handoff", 0), fresh ? json_z(i, "school", "") : json_z(j, "event", ""), fresh ? json_z(i, "title", "") : json_z(j, "text", ""));
    fflush(stdout);
    http_reply(r, 200, "application/json", buf_str(&answer));
    buf_free(&answer);
    json_decref(j);
}

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    loop_stop(arg);
}

static int usage(int code)
{
    fprintf(code ? stderr : stdout, "huxue sim 110 [--http 127.0.0.1:8110] --secret S [--back http://127.0.0.1:8080] [--pace-ms 2000] [--reject] [--sm3]   模拟 110 指挥中心\n");
    return code;
}

int sim_110_main(int argc, char **argv)
{
    static const struct option options[] = {{"http", 1, NULL, 'h'}, {"secret", 1, NULL, 's'}, {"back", 1, NULL, 'b'}, {"pace-ms", 1, NULL, 'p'}, {"reject", 0, NULL, 'r'}, {"sm3", 0, NULL, '3'}, {"help", 0, NULL, '?'}, {NULL, 0, NULL, 0}};
    static struct centre c = {.back = "http://127.0.0.1:8080", .pace_ms = 2000, .hash = "sha256"};
    const char *address = "127.0.0.1:8110";
    int o;
    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (o == 'h') address = optarg;
        else if (o == 's') c.secret = optarg;
        else if (o == 'b') c.back = optarg;
        else if (o == 'p') c.pace_ms = atoi(optarg);
        else if (o == 'r') c.reject = true;
        else if (o == '3') c.hash = "sm3";
        else return usage(2);
    }
    if (c.secret == NULL) return usage(2);
    signal(SIGPIPE, SIG_IGN);
    c.loop = loop_new();
    c.fetch = fetch_start(c.loop, 8);
    map_init(&c.seen);
    struct http_server *http;
    struct http_settings s = {.loop = c.loop, .address = address, .handle = handle, .arg = &c};
    if (http_listen(&s, &http)) return fprintf(stderr, "huxue: %s cannot be taken 端口被占用\n", address), 1;
    struct event *term = evsignal_new(loop_base(c.loop), SIGTERM, on_stop, c.loop), *interrupt = evsignal_new(loop_base(c.loop), SIGINT, on_stop, c.loop);
    event_add(term, NULL);
    event_add(interrupt, NULL);
    printf("sim 110 ready http=%s\n", http_bound(http));
    fflush(stdout);
    loop_run(c.loop);
    fetch_stop(c.fetch);
    return 0;
}
