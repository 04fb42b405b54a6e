/* N consoles on /v1/live; M panics one after the other; how long from the panel's write until the first, the median and the
 * last console has the incident.   readers HTTP_HOST:PORT DC09_HOST:PORT TOKEN READERS PANICS FIRST_ACCOUNT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/net.h"
#include "proto/dc09/dc09_frame.h"

struct reader {
    int fd;
    bool ready;
    int64_t heard_us;
};

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int dial(const char *text)
{
    struct sockaddr_storage a;
    socklen_t n;
    if (net_parse(text, &a, &n)) return -1;
    int fd = socket(a.ss_family, SOCK_STREAM, 0);
    return connect(fd, (struct sockaddr *)&a, n) == 0 ? fd : -1;
}

/* Takes hellos until `want` readers have theirs, or a minute has passed. */
static int wait_ready(int poll_fd, int ready, int want)
{
    static char bytes[1 << 20];
    int64_t deadline = clock_mono_us() + 60000000;
    while (ready < want && clock_mono_us() < deadline) {
        struct epoll_event events[512];
        int n = epoll_wait(poll_fd, events, 512, 100);
        for (int i = 0; i < n; i++) {
            struct reader *r = events[i].data.ptr;
            ssize_t got = read(r->fd, bytes, sizeof bytes);
            if (got > 0 && memmem(bytes, (size_t)got, "hello", 5) != NULL && !r->ready) r->ready = true, ready++;
        }
    }
    return ready;
}

/* Reads what came; tells whether `word` was in it. */
static bool drain(struct reader *r, const char *word)
{
    static char bytes[1 << 20];
    ssize_t n = read(r->fd, bytes, sizeof bytes);
    return n > 0 && memmem(bytes, (size_t)n, word, strlen(word)) != NULL;
}

int main(int argc, char **argv)
{
    if (argc != 7) return 2;
    int count = atoi(argv[4]), panics = atoi(argv[5]), poll_fd = epoll_create1(0);
    struct reader *readers = calloc((size_t)count, sizeof *readers);
    int64_t *took = calloc((size_t)count * (size_t)panics, sizeof *took);
    size_t n_took = 0;
    net_raise_file_limit();
    int ready = 0;
    for (int i = 0; i < count; i++) {
        char request[400];
        struct epoll_event want = {.events = EPOLLIN, .data.ptr = &readers[i]};
        readers[i].fd = dial(argv[1]);
        if (readers[i].fd < 0) return perror("connect"), 1;
        int n = snprintf(request, sizeof request, "GET /v1/live HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n\r\n", argv[3]);
        if (write(readers[i].fd, request, (size_t)n) != n) return 1;
        epoll_ctl(poll_fd, EPOLL_CTL_ADD, readers[i].fd, &want);
        if (i % 1000 == 999 || i + 1 == count) ready = wait_ready(poll_fd, ready, i + 1); /* a herd is told to come again: come in groups */
    }
    usleep(1500000); /* every reader has its scope and is live */
    int panel = dial(argv[2]);
    for (int k = 0; k < panics; k++) {
        char body[120];
        struct buf frame;
        int heard = 0, n = snprintf(body, sizeof body, "\"SIA-DCS\"%04dL0#%06d[#%06d|Nri1/PA001]", k + 1, atoi(argv[6]) + k, atoi(argv[6]) + k);
        buf_init(&frame, 512);
        dc09_wrap(&frame, DC09_CRC_HEX, (struct str){body, (size_t)n});
        for (int i = 0; i < count; i++) readers[i].heard_us = 0;
        int64_t begun = clock_mono_us();
        if (write(panel, frame.at, frame.len) < 0) return 1;
        buf_free(&frame);
        while (heard < count && clock_mono_us() - begun < 5000000) {
            struct epoll_event events[512];
            int got = epoll_wait(poll_fd, events, 512, 100);
            for (int i = 0; i < got; i++) {
                struct reader *r = events[i].data.ptr;
                if (!drain(r, "incident.opened") || r->heard_us != 0) continue;
                r->heard_us = clock_mono_us();
                took[n_took++] = r->heard_us - begun;
                heard++;
            }
        }
        usleep(100000);
    }
    qsort(took, n_took, sizeof *took, by_size);
    printf("{\"readers\":%d,\"ready\":%d,\"heard\":%zu,\"of\":%d,\"p50_us\":%lld,\"p99_us\":%lld,\"max_us\":%lld}\n", count, ready, n_took, count * panics,
           n_took ? (long long)took[n_took / 2] : -1, n_took ? (long long)took[n_took * 99 / 100] : -1, n_took ? (long long)took[n_took - 1] : -1);
    return 0;
}
