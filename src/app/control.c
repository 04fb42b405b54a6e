#include "control.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/command.h"
#include "base/log.h"

#define REQUEST_MAX (64 << 20)

struct control {
    struct hx_app *app;
    struct evconnlistener *listener;
    char path[108];
};

struct session {
    struct control *control;
    struct bufferevent *bev;
    json_t *request, *reply;
    bool busy, gone;
};

static bool address_of(const char *dir, struct sockaddr_un *a)
{
    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    return (size_t)snprintf(a->sun_path, sizeof a->sun_path, "%s/huxued.sock", dir) < sizeof a->sun_path;
}

static void session_free(struct session *s)
{
    bufferevent_free(s->bev);
    json_decref(s->request);
    json_decref(s->reply);
    free(s);
}

static enum hx_err run(struct tx *tx, void *arg)
{
    struct session *s = arg;
    return command_run(tx, s->control->app, s->request, &s->reply);
}

static void answer(struct session *s, enum hx_err e, const char *detail)
{
    if (s->reply == NULL) s->reply = json_object();
    if (e) {
        json_put_z(s->reply, "error", err_name(e));
        json_put_z(s->reply, "detail", detail[0] != 0 ? detail : err_text(e));
    }
    char *text = json_text(s->reply);
    bufferevent_write(s->bev, text, strlen(text));
    bufferevent_write(s->bev, "\n", 1);
    free(text);
}

static void done(enum hx_err e, const char *detail, void *arg)
{
    struct session *s = arg;
    s->busy = false;
    if (s->gone) {
        session_free(s);
        return;
    }
    answer(s, e, detail);
}

static void on_read(struct bufferevent *bev, void *arg)
{
    struct session *s = arg;
    size_t n;
    char why[160], *line = evbuffer_readln(bufferevent_get_input(bev), &n, EVBUFFER_EOL_LF);
    if (line == NULL || s->busy) {
        free(line);
        return;
    }
    json_decref(s->request);
    json_decref(s->reply);
    s->reply = NULL;
    enum hx_err e = json_parse((struct str){line, n}, &s->request, why, sizeof why);
    free(line);
    if (!e) {
        s->busy = true;
        e = writer_submit(s->control->app->writer, LANE_BULK, run, done, s);
        if (e) s->busy = false;
    }
    if (e) answer(s, e, "the request cannot be taken");
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev, (void)what;
    struct session *s = arg;
    s->gone = true;
    if (!s->busy) session_free(s);
}

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *from, int bytes, void *arg)
{
    (void)l, (void)from, (void)bytes;
    struct session *s = calloc(1, sizeof *s);
    HX_ASSERT(s != NULL);
    s->control = arg;
    s->bev = bufferevent_socket_new(loop_base(s->control->app->loop), fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(s->bev, on_read, NULL, on_event, s);
    bufferevent_setwatermark(s->bev, EV_READ, 0, REQUEST_MAX);
    bufferevent_enable(s->bev, EV_READ);
}

struct control *control_start(struct hx_app *app)
{
    struct sockaddr_un a;
    struct control *c = calloc(1, sizeof *c);
    HX_ASSERT(c != NULL);
    c->app = app;
    if (!address_of(app->data_dir, &a)) {
        log_warn("control.path", "dir=\"%s\" reason=\"the path is too long for a socket; the command line cannot reach this daemon\"", app->data_dir);
        return c;
    }
    snprintf(c->path, sizeof c->path, "%s", a.sun_path);
    unlink(c->path);
    c->listener = evconnlistener_new_bind(loop_base(app->loop), on_accept, c, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 8, (struct sockaddr *)&a, sizeof a);
    if (c->listener == NULL) log_warn("control.bind", "path=\"%s\"", c->path);
    return c;
}

void control_stop(struct control *c)
{
    if (c->listener != NULL) evconnlistener_free(c->listener);
    unlink(c->path);
    free(c);
}

enum hx_err control_ask(const char *dir, const json_t *request, json_t **reply)
{
    struct sockaddr_un a;
    struct buf in;
    char bytes[65536], why[160], *text = json_text(request);
    *reply = NULL;
    int fd = address_of(dir, &a) ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    enum hx_err e = fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0 ? HX_OK : HX_E_NOT_FOUND;
    size_t n = strlen(text), sent = 0;
    text[n] = '\n'; /* in place of the NUL: the text is not used as a string any more */
    while (!e && sent < n + 1) {
        ssize_t k = write(fd, text + sent, n + 1 - sent);
        if (k <= 0) e = HX_E_INTERNAL;
        else sent += (size_t)k;
    }
    buf_init(&in, REQUEST_MAX);
    while (!e && (in.len == 0 || in.at[in.len - 1] != '\n')) {
        ssize_t k = read(fd, bytes, sizeof bytes);
        if (k <= 0) e = HX_E_INTERNAL;
        else buf_add(&in, bytes, (size_t)k);
    }
    if (!e) e = json_parse(buf_str(&in), reply, why, sizeof why);
    buf_free(&in);
    free(text);
    if (fd >= 0) close(fd);
    return e;
}
