/* DC-09 load: closed loop (each connection waits for its answer) or open loop (a fixed rate, whatever the answers do).
 *   load HOST:PORT CONNECTIONS SECONDS [RATE]
 * One line of JSON: acknowledged per second and the percentiles of send → answer in microseconds. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/net.h"
#include "proto/dc09/dc09_frame.h"

#define SAMPLES_MAX 4000000
#define WAITING_MAX 64 /* frames on their way on one connection, open loop */

struct peer {
    int fd, sequence, account;
    int64_t sent_us[WAITING_MAX];
    unsigned head, tail;
};

static int64_t *samples;
static size_t sample_count;
static uint64_t unsent;

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void send_one(struct peer *p)
{
    char body[160];
    struct buf frame;
    if (p->head - p->tail == WAITING_MAX) {
        unsent++;
        return;
    }
    p->sequence = p->sequence % 9999 + 1;
    int n = snprintf(body, sizeof body, "\"SIA-DCS\"%04dL0#%06d[#%06d|Nri1/OP%03d^%lld^]", p->sequence, p->account, p->account, p->sequence % 8, (long long)clock_mono_us());
    buf_init(&frame, 512);
    dc09_wrap(&frame, DC09_CRC_HEX, (struct str){body, (size_t)n});
    p->sent_us[p->head++ % WAITING_MAX] = clock_mono_us();
    if (write(p->fd, frame.at, frame.len) != (ssize_t)frame.len) unsent++;
    buf_free(&frame);
}

/* One CR ends one answer. */
static unsigned take_answers(struct peer *p)
{
    char bytes[8192];
    unsigned n = 0;
    ssize_t got = read(p->fd, bytes, sizeof bytes);
    int64_t now = clock_mono_us();
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] != '\r' || p->tail == p->head) continue;
        if (sample_count < SAMPLES_MAX) samples[sample_count++] = now - p->sent_us[p->tail % WAITING_MAX];
        p->tail++;
        n++;
    }
    return n;
}

int main(int argc, char **argv)
{
    struct sockaddr_storage address;
    socklen_t address_bytes;
    if (argc < 4 || net_parse(argv[1], &address, &address_bytes)) return 2;
    int connections = atoi(argv[2]);
    double seconds = atof(argv[3]), rate = argc > 4 ? atof(argv[4]) : 0;
    struct peer *peers = calloc((size_t)connections, sizeof *peers);
    samples = malloc(SAMPLES_MAX * sizeof *samples);
    int poll_fd = epoll_create1(0);
    net_raise_file_limit();
    for (int i = 0; i < connections; i++) {
        struct epoll_event want = {.events = EPOLLIN, .data.ptr = &peers[i]};
        peers[i].account = 100001 + i % 1144;
        peers[i].fd = socket(address.ss_family, SOCK_STREAM, 0);
        if (connect(peers[i].fd, (struct sockaddr *)&address, address_bytes) != 0) return perror("connect"), 1;
        epoll_ctl(poll_fd, EPOLL_CTL_ADD, peers[i].fd, &want);
    }
    int64_t begun = clock_mono_us(), end = begun + (int64_t)(seconds * 1e6), due = 0;
    uint64_t answered = 0;
    if (rate == 0)
        for (int i = 0; i < connections; i++) send_one(&peers[i]);
    while (clock_mono_us() < end) {
        struct epoll_event events[512];
        if (rate > 0)
            for (; due < (int64_t)((double)(clock_mono_us() - begun) * rate / 1e6); due++) send_one(&peers[due % connections]);
        int n = epoll_wait(poll_fd, events, 512, 1);
        for (int i = 0; i < n; i++) {
            unsigned got = take_answers(events[i].data.ptr);
            answered += got;
            for (unsigned k = 0; rate == 0 && k < got; k++) send_one(events[i].data.ptr);
        }
    }
    double took = (double)(clock_mono_us() - begun) / 1e6;
    qsort(samples, sample_count, sizeof *samples, by_size);
    printf("{\"per_s\":%.0f,\"p50_us\":%lld,\"p99_us\":%lld,\"max_us\":%lld,\"unsent\":%llu,\"answered\":%llu}\n", (double)answered / took,
           sample_count ? (long long)samples[sample_count / 2] : -1, sample_count ? (long long)samples[sample_count * 99 / 100] : -1,
           sample_count ? (long long)samples[sample_count - 1] : -1, (unsigned long long)unsent, (unsigned long long)answered);
    return 0;
}
