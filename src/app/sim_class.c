/* huxue sim class: screens and phones of a live lesson, as browsers are: each joins by the code, follows the feed, and answers every
 * question once within a second. Prints one line of JSON with what it measured. */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/sim.h"
#include "base/clock.h"
#include "base/json.h"

#define SEATS_MAX 20000
#define LINE_MAX_BYTES 65536
#define TIMES_MAX 4000000

struct class;

struct pupil {
    struct class *class;
    struct evhttp_connection *calls, *feed; /* for what is asked, and for the events */
    struct event *timer;
    struct buf line;
    char token[65], answer[32];
    int64_t question, sent_us;
    bool screen;
};

struct times {
    int64_t *us;
    size_t n;
};

struct class {
    struct event_base *base;
    char host[64], code[8];
    uint16_t port;
    int phones, screens, join_ms, spread_ms;
    struct pupil *all;
    struct times join, answer, heard, board;
    int64_t question, question_at, closed, closed_at; /* when the first seat heard it */
    int joined, following, answered, refused, lost, drawn;
};

static void take(struct times *t, int64_t us)
{
    if (t->us == NULL) t->us = calloc(TIMES_MAX, sizeof *t->us);
    HX_ASSERT(t->us != NULL);
    if (t->n < TIMES_MAX) t->us[t->n++] = us;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static json_t *summary(struct times *t)
{
    if (t->n == 0) return json_pack("{s:i}", "n", 0);
    qsort(t->us, t->n, sizeof *t->us, by_size);
    return json_pack("{s:I,s:f,s:f,s:f}", "n", (json_int_t)t->n, "p50_ms", (double)t->us[t->n / 2] / 1000, "p99_ms", (double)t->us[t->n * 99 / 100] / 1000, "max_ms", (double)t->us[t->n - 1] / 1000);
}

static void later(struct pupil *p, int64_t ms, event_callback_fn f)
{
    struct timeval tv = {ms / 1000, ms % 1000 * 1000};
    if (p->timer != NULL) event_free(p->timer);
    p->timer = event_new(p->class->base, -1, 0, f, p);
    evtimer_add(p->timer, &tv);
}

static json_t *body_of(struct evhttp_request *r)
{
    json_t *j = NULL;
    char why[160];
    struct evbuffer *in = r != NULL ? evhttp_request_get_input_buffer(r) : NULL;
    size_t n = in != NULL ? evbuffer_get_length(in) : 0;
    if (n == 0 || json_parse((struct str){(const char *)evbuffer_pullup(in, -1), n}, &j, why, sizeof why)) return NULL;
    return j;
}

static void post(struct pupil *p, const char *path, json_t *body, void (*done)(struct evhttp_request *, void *))
{
    struct evhttp_request *r = evhttp_request_new(done, p);
    char *text = json_text(body);
    evhttp_add_header(evhttp_request_get_output_headers(r), "Host", p->class->host);
    evhttp_add_header(evhttp_request_get_output_headers(r), "Content-Type", "application/json");
    evbuffer_add(evhttp_request_get_output_buffer(r), text, strlen(text));
    free(text);
    json_decref(body);
    p->sent_us = clock_mono_us();
    if (evhttp_make_request(p->calls, r, EVHTTP_REQ_POST, path) != 0) p->class->lost++;
}

static void answered(struct evhttp_request *r, void *arg)
{
    struct pupil *p = arg;
    int status = r != NULL ? evhttp_request_get_response_code(r) : 0;
    if (status == 201) p->class->answered++, take(&p->class->answer, clock_mono_us() - p->sent_us);
    else if (status == 0) p->class->lost++;
    else p->class->refused++;
}

static void send_answer(evutil_socket_t fd, short what, void *arg)
{
    struct pupil *p = arg;
    (void)fd, (void)what;
    post(p, "/v1/class/answers", json_pack("{s:s,s:I,s:s,s:i}", "token", p->token, "question_id", (json_int_t)p->question, "value", p->answer, "rtt_ms", 5), answered);
}

/* Any answer that fits the kind; one in four is the first option. */
static bool choose(struct pupil *p, const json_t *q)
{
    const char *kind = json_z(q, "kind", "");
    int n = (int)json_array_size(json_object_get(q, "options"));
    if (strcmp(kind, "text") == 0) snprintf(p->answer, sizeof p->answer, "110");
    else if (strcmp(kind, "order") == 0) snprintf(p->answer, sizeof p->answer, "%.*s", n, "ABCDEF");
    else if (strcmp(kind, "hands") == 0) return p->screen ? snprintf(p->answer, sizeof p->answer, "A%d B%d", rand() % 20 + 1, rand() % 20), true : false;
    else snprintf(p->answer, sizeof p->answer, "%c", 'A' + rand() % (n > 0 ? n : 1));
    return true;
}

static void hear(struct pupil *p, const char *type, struct str data)
{
    struct class *c = p->class;
    json_t *j = NULL;
    char why[160];
    int64_t now = clock_mono_us();
    if (strncmp(type, "class.", 6) != 0 || json_parse(data, &j, why, sizeof why)) return;
    const json_t *q = json_object_get(j, "question");
    if (strcmp(type, "class.question") == 0) {
        p->question = json_i64(q, "id", 0);
        if (c->question != p->question) c->question = p->question, c->question_at = now;
        take(&c->heard, now - c->question_at);
        if (choose(p, q)) later(p, rand() % (c->spread_ms + 1), send_answer);
    } else if (strcmp(type, "class.closed") == 0) {
        if (c->closed != json_i64(q, "id", 0)) c->closed = json_i64(q, "id", 0), c->closed_at = now;
        take(&c->board, now - c->closed_at);
    } else if (strcmp(type, "class.drawn") == 0) {
        c->drawn++;
    } else if (strcmp(type, "class.ended") == 0) {
        event_base_loopbreak(c->base);
    }
    json_decref(j);
}

/* Server-sent events: "event: …\ndata: …\n\n". */
static void fed(struct evhttp_request *r, void *arg)
{
    struct pupil *p = arg;
    struct evbuffer *in = evhttp_request_get_input_buffer(r);
    size_t n = evbuffer_get_length(in);
    buf_add(&p->line, evbuffer_pullup(in, -1), n);
    evbuffer_drain(in, n);
    for (;;) {
        struct str all = buf_str(&p->line), event = STR(""), data = STR(""), row;
        const char *end = memmem(all.at, all.len, "\n\n", 2);
        if (end == NULL) break;
        struct str block = {all.at, (size_t)(end - all.at)};
        while (str_split(&block, '\n', &row)) {
            if (str_starts(row, STR("event: "))) event = (struct str){row.at + 7, row.len - 7};
            else if (str_starts(row, STR("data: "))) data = (struct str){row.at + 6, row.len - 6};
        }
        char type[40];
        hear(p, str_to_z(event, type, sizeof type), data);
        buf_drop(&p->line, (size_t)(end + 2 - all.at));
    }
}

static void feed_over(struct evhttp_request *r, void *arg)
{
    (void)r;
    ((struct pupil *)arg)->class->following--;
}

static void joined(struct evhttp_request *r, void *arg)
{
    struct pupil *p = arg;
    char path[120];
    json_t *j = body_of(r);
    snprintf(p->token, sizeof p->token, "%s", json_z(j, "token", ""));
    json_decref(j);
    if (p->token[0] == 0) {
        p->class->lost++;
        return;
    }
    take(&p->class->join, clock_mono_us() - p->sent_us);
    p->class->joined++;
    p->class->following++;
    snprintf(path, sizeof path, "/v1/class/feed?t=%s", p->token);
    struct evhttp_request *feed = evhttp_request_new(feed_over, p);
    evhttp_request_set_chunked_cb(feed, fed);
    evhttp_add_header(evhttp_request_get_output_headers(feed), "Host", p->class->host);
    if (evhttp_make_request(p->feed, feed, EVHTTP_REQ_GET, path) != 0) p->class->lost++;
    if (p->class->joined == p->class->phones + p->class->screens) printf("joined %d\n", p->class->joined), fflush(stdout);
}

static void begin(evutil_socket_t fd, short what, void *arg)
{
    struct pupil *p = arg;
    (void)fd, (void)what;
    p->calls = evhttp_connection_base_new(p->class->base, NULL, p->class->host, p->class->port);
    p->feed = evhttp_connection_base_new(p->class->base, NULL, p->class->host, p->class->port);
    evhttp_connection_set_timeout(p->calls, 3600);
    evhttp_connection_set_timeout(p->feed, 3600);
    post(p, "/v1/class/join", p->screen ? json_pack("{s:s,s:s,s:i}", "code", p->class->code, "kind", "screen", "pupils", 40) : json_pack("{s:s,s:s}", "code", p->class->code, "kind", "phone"), joined);
}

static int usage(int code)
{
    fprintf(code ? stderr : stdout, "huxue sim class --http A:P --code NNNNNN [--phones 1600] [--screens 44] [--join-s 10] [--spread-ms 1000]\n"
                                    "joins a live lesson, answers each question once within the spread, ends with it 模拟班级屏与手机，逐题作答\n");
    return code;
}

static int run(struct class *c)
{
    int n = c->phones + c->screens;
    c->all = calloc((size_t)n, sizeof *c->all);
    HX_ASSERT(c->all != NULL);
    c->base = event_base_new();
    for (int i = 0; i < n; i++) {
        struct pupil *p = &c->all[i];
        p->class = c;
        p->screen = i < c->screens;
        buf_init(&p->line, LINE_MAX_BYTES);
        later(p, (int64_t)c->join_ms * i / n, begin);
    }
    event_base_dispatch(c->base);
    json_t *out = json_pack("{s:i,s:i,s:i,s:i,s:i,s:o,s:o,s:o,s:o}", "joined", c->joined, "answered", c->answered, "refused", c->refused, "lost", c->lost, "drawn", c->drawn, "join", summary(&c->join), "answer", summary(&c->answer), "question_spread", summary(&c->heard), "board_spread", summary(&c->board));
    char *text = json_text(out);
    printf("%s\n", text);
    free(text);
    json_decref(out);
    return c->lost + c->refused > 0 ? 1 : 0;
}

int sim_class_main(int argc, char **argv)
{
    static const struct option options[] = {{"http", 1, NULL, 'h'}, {"code", 1, NULL, 'c'}, {"phones", 1, NULL, 'p'}, {"screens", 1, NULL, 's'}, {"join-s", 1, NULL, 'j'}, {"spread-ms", 1, NULL, 'a'}, {"help", 0, NULL, '?'}, {NULL, 0, NULL, 0}};
    struct class c = {.phones = 1600, .screens = 44, .join_ms = 10000, .spread_ms = 1000};
    int o, port = 0;
    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (o == 'h' && sscanf(optarg, "%63[^:]:%d", c.host, &port) != 2) return usage(2);
        if (o == 'c') snprintf(c.code, sizeof c.code, "%s", optarg);
        if (o == 'p') c.phones = atoi(optarg);
        if (o == 's') c.screens = atoi(optarg);
        if (o == 'j') c.join_ms = atoi(optarg) * 1000;
        if (o == 'a') c.spread_ms = atoi(optarg);
        if (o == '?') return usage(optopt ? 2 : 0);
    }
    if (port < 1 || port > 65535 || strlen(c.code) != 6 || c.phones < 0 || c.screens < 0 || c.phones + c.screens < 1 || c.phones + c.screens > SEATS_MAX || c.join_ms < 0 || c.spread_ms < 0) return usage(2);
    c.port = (uint16_t)port;
    return run(&c);
}
