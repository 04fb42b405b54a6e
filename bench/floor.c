/* The floors beside the daemon, in the same run:
 *   floor ack HOST:PORT      a receiver that answers every frame and stores nothing
 *   floor sync FILE SECONDS  how often this disk takes 64 KiB with fdatasync: the limit of a group commit */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/net.h"
#include "proto/dc09/dc09_frame.h"

static int ack(const char *address)
{
    int listener = net_open(address, SOCK_STREAM), poll_fd = epoll_create1(0);
    char bound[NET_TEXT_MAX];
    struct epoll_event want = {.events = EPOLLIN, .data.fd = listener};
    if (listener < 0) return 1;
    net_raise_file_limit();
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &want);
    printf("ready %s\n", net_bound(listener, bound));
    fflush(stdout);
    for (;;) {
        struct epoll_event events[512];
        int n = epoll_wait(poll_fd, events, 512, -1);
        for (int i = 0; i < n; i++) {
            char bytes[16384];
            int fd = events[i].data.fd;
            if (fd == listener) {
                want.data.fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                epoll_ctl(poll_fd, EPOLL_CTL_ADD, want.data.fd, &want);
                continue;
            }
            ssize_t got = read(fd, bytes, sizeof bytes);
            if (got <= 0) {
                close(fd);
                continue;
            }
            struct str in = {bytes, (size_t)got};
            struct buf out;
            buf_init(&out, 1 << 20);
            for (;;) {
                struct dc09_envelope e;
                struct dc09_message m;
                size_t used;
                if (dc09_frame_find(in, &e, &used) != DC09_FOUND) break;
                if (dc09_message_parse(e.body, &m) == HX_OK) dc09_reply(&out, e.crc_form, "ACK", &m, 0);
                in.at += used;
                in.len -= used;
            }
            if (out.len > 0 && write(fd, out.at, out.len) < 0) close(fd);
            buf_free(&out);
        }
    }
}

static int sync_rate(const char *file, double seconds)
{
    static char page[65536];
    int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600), n = 0;
    int64_t begun = clock_mono_us();
    while ((double)(clock_mono_us() - begun) < seconds * 1e6) {
        if (pwrite(fd, page, sizeof page, (off_t)(n % 256) * (off_t)sizeof page) < 0 || fdatasync(fd) != 0) return 1;
        n++;
    }
    printf("{\"syncs_per_s\":%.0f}\n", n / ((double)(clock_mono_us() - begun) / 1e6));
    close(fd);
    unlink(file);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "ack") == 0) return ack(argv[2]);
    if (argc == 4 && strcmp(argv[1], "sync") == 0) return sync_rate(argv[2], atof(argv[3]));
    return 2;
}
