/* huxue sim site: the box of a school that switches its siren, speakers, doors and screens over HTTP, as many controllers do: POST /DEVICE
 * takes an order, GET /DEVICE tells what the device does. Odd habits: it takes the order and does nothing; it is slow; it is down. */
#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/sim.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"
#include "io/http.h"

#define DEVICE_MAX 48

struct site {
    const char *dead; /* a word in the paths of devices that take orders and do nothing */
    bool down;
    struct event *input;
    struct map does; /* path → verb */
};

static void handle(struct http_request *r, void *arg)
{
    struct site *s = arg;
    char path[DEVICE_MAX], why[160];
    json_t *j = NULL;
    struct str p = http_path(r);
    if (s->down) {
        http_reply(r, 503, "text/plain", STR("down\n"));
        return;
    }
    if (p.len >= sizeof path) {
        http_reply(r, 404, "text/plain", STR("no such device\n"));
        return;
    }
    str_to_z(p, path, sizeof path);
    const char *does = map_get(&s->does, str_of(path));
    if (http_method(r) == HX_GET) {
        struct buf b;
        buf_init(&b, 256);
        buf_printf(&b, "{\"state\":\"%s\"}", does != NULL ? does : "idle");
        http_reply(r, 200, "application/json", buf_str(&b));
        buf_free(&b);
        return;
    }
    if (json_parse(http_body(r), &j, why, sizeof why) != HX_OK) {
        http_reply(r, 400, "text/plain", STR("no JSON\n"));
        return;
    }
    bool dead = s->dead != NULL && strstr(path, s->dead) != NULL;
    printf("%s %s \"%s\" drill=%s%s\n", path, json_z(j, "verb", ""), json_z(j, "text", ""), json_z(j, "drill", ""), dead ? " (does nothing)" : "");
    fflush(stdout);
    if (!dead) free(map_put(&s->does, str_of(path), str_dup(str_of(json_z(j, "verb", "")))));
    json_decref(j);
    http_reply(r, 200, "application/json", STR("{}"));
}

static void on_line(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct site *s = arg;
    char word[64];
    ssize_t n = read(fd, word, sizeof word - 1);
    if (n <= 0) { /* no more commands */
        event_del(s->input);
        return;
    }
    word[n] = 0;
    if (strncmp(word, "down", 4) == 0) s->down = true;
    if (strncmp(word, "up", 2) == 0) s->down = false;
}

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    loop_stop(arg);
}

static int usage(int code)
{
    fprintf(code ? stderr : stdout, "huxue sim site [--http 127.0.0.1:8120] [--dead siren]   学校联动箱：警笛、广播、门、屏\n"
                                    "      commands from stdin: down · up\n");
    return code;
}

int sim_site_main(int argc, char **argv)
{
    static const struct option options[] = {{"http", 1, NULL, 'h'}, {"dead", 1, NULL, 'd'}, {"help", 0, NULL, '?'}, {NULL, 0, NULL, 0}};
    static struct site s;
    const char *address = "127.0.0.1:8120";
    int o;
    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (o == 'h') address = optarg;
        else if (o == 'd') s.dead = optarg;
        else return usage(2);
    }
    signal(SIGPIPE, SIG_IGN);
    map_init(&s.does);
    struct loop *loop = loop_new();
    struct http_server *http;
    struct http_settings settings = {.loop = loop, .address = address, .handle = handle, .arg = &s};
    if (http_listen(&settings, &http)) return fprintf(stderr, "huxue: %s cannot be taken 端口被占用\n", address), 1;
    s.input = sim_hear(loop_base(loop), on_line, &s);
    struct event *term = evsignal_new(loop_base(loop), SIGTERM, on_stop, loop), *interrupt = evsignal_new(loop_base(loop), SIGINT, on_stop, loop);
    event_add(term, NULL);
    event_add(interrupt, NULL);
    printf("sim site ready http=%s\n", http_bound(http));
    fflush(stdout);
    loop_run(loop);
    return 0;
}
