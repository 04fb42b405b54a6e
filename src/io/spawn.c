#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* Where a program is: beside this one, unless its name is a path. */
static bool find_program(const char *name, char *path, size_t size)
{
    if (name[0] == '/') return (size_t)snprintf(path, size, "%s", name) < size && access(path, X_OK) == 0;
    ssize_t n = readlink("/proc/self/exe", path, size - 1);
    if (n <= 0) return false;
    path[n] = 0;
    char *slash = strrchr(path, '/');
    if (slash == NULL || (size_t)(slash + 1 - path) + strlen(name) >= size) return false;
    memcpy(slash + 1, name, strlen(name) + 1);
    return access(path, X_OK) == 0;
}

struct pipes {
    int in[2], out[2], err[2]; /* each: where to read, where to write */
};

static void shut(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static void shut_all(struct pipes *p)
{
    for (int i = 0; i < 2; i++) shut(&p->in[i]), shut(&p->out[i]), shut(&p->err[i]);
}

static bool open_all(struct pipes *p)
{
    *p = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    return pipe2(p->in, O_CLOEXEC) == 0 && pipe2(p->out, O_CLOEXEC) == 0 && pipe2(p->err, O_CLOEXEC) == 0 && fcntl(p->in[1], F_SETFL, O_NONBLOCK) == 0;
}

/* `err` < 0: ours. */
#define ARGUMENTS_MAX 8

static bool start_program(const char *path, const char *const *arguments, int in, int out, int err, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t how;
    sigset_t none, usual;
    char *argv[ARGUMENTS_MAX + 2] = {(char *)(uintptr_t)path};
    for (int i = 0; i < ARGUMENTS_MAX && arguments[i] != NULL; i++) argv[i + 1] = (char *)(uintptr_t)arguments[i];
    char utf8[] = "LC_ALL=C.UTF-8", home[512], cache[512], *env[] = {utf8, NULL, NULL, NULL};
    int n = 1;
    if (getenv("HOME") != NULL && snprintf(home, sizeof home, "HOME=%s", getenv("HOME")) < (int)sizeof home) env[n++] = home; /* where fontconfig keeps its index */
    if (getenv("XDG_CACHE_HOME") != NULL && snprintf(cache, sizeof cache, "XDG_CACHE_HOME=%s", getenv("XDG_CACHE_HOME")) < (int)sizeof cache) env[n++] = cache;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    if (err >= 0) posix_spawn_file_actions_adddup2(&actions, err, 2);
    posix_spawnattr_init(&how);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &usual);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int failed = posix_spawn(pid, path, &actions, &how, argv, env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&how);
    return failed == 0;
}

/* Feeds and reads until both outputs are at their end; false past the deadline. */
static bool talk(struct pipes *p, struct str in, int64_t deadline, struct buf *out, struct buf *err)
{
    char piece[65536];
    while (p->out[0] >= 0 || p->err[0] >= 0) {
        struct pollfd fds[3] = {{p->in[1], POLLOUT, 0}, {p->out[0], POLLIN, 0}, {p->err[0], POLLIN, 0}};
        int64_t left = deadline - clock_utc_ms();
        if (left <= 0) return false;
        if (poll(fds, 3, (int)left) < 0 && errno != EINTR) return false;
        if (fds[0].revents != 0) {
            ssize_t n = in.len > 0 ? write(p->in[1], in.at, in.len) : 0;
            if (n > 0) in = (struct str){in.at + n, in.len - (size_t)n};
            if (in.len == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) shut(&p->in[1]);
        }
        for (int i = 1; i < 3; i++) {
            int *fd = i == 1 ? &p->out[0] : &p->err[0];
            if (fds[i].revents == 0) continue;
            ssize_t n = read(*fd, piece, sizeof piece);
            if (n > 0) buf_add(i == 1 ? out : err, piece, (size_t)n);
            else if (n == 0 || errno != EINTR) shut(fd);
        }
        if (out->full) return false;
    }
    return true;
}

enum hx_err spawn_run(const char *name, const char *const *arguments, struct str in, int timeout_ms, struct buf *out, char *why, size_t why_bytes)
{
    char path[512];
    struct pipes p;
    struct buf err;
    pid_t pid = -1;
    int status = 0;
    enum hx_err e = HX_OK;
    if (!find_program(name, path, sizeof path)) return snprintf(why, why_bytes, name[0] == '/' ? "the program %s is not installed" : "the program %s is missing beside this one", name), HX_E_INTERNAL;
    buf_init(&err, 4096);
    if (!open_all(&p) || !start_program(path, arguments, p.in[0], p.out[1], p.err[1], &pid)) e = HX_E_BUSY;
    shut(&p.in[0]), shut(&p.out[1]), shut(&p.err[1]);
    if (!e && !talk(&p, in, clock_utc_ms() + timeout_ms, out, &err)) e = HX_E_LIMIT;
    if (e && pid > 0) kill(pid, SIGKILL);
    shut_all(&p);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    if (!e && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) e = HX_E_INVALID;
    struct str said = buf_str(&err), first;
    if (e && str_split(&said, '\n', &first) && first.len > 0) str_to_utf8_z(first, why, why_bytes);
    else if (e) snprintf(why, why_bytes, e == HX_E_LIMIT ? "it took too long or became too large" : "the program %s did not start or ended early", name);
    buf_free(&err);
    return e;
}

enum hx_err spawn_child(const char *name, int *fd, int *pid)
{
    char path[512];
    int ends[2];
    pid_t started = -1;
    static const char *const none[] = {NULL};
    if (!find_program(name, path, sizeof path) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return HX_E_BUSY;
    bool ok = start_program(path, none, ends[1], ends[1], -1, &started) && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
    close(ends[1]);
    if (!ok) return close(ends[0]), HX_E_BUSY;
    *fd = ends[0];
    *pid = started;
    return HX_OK;
}
