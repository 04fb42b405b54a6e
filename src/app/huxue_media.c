/* huxue-media: the video process, apart from the daemon: what it does or suffers never touches an alarm. */
#include <event2/event.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "io/net.h"
#include "io/ticket.h"
#include "media/media_node.h"

static int usage(int code)
{
    fprintf(code ? stderr : stdout,
            "huxue-media --key FILE --dir DIR [--http A:P] [--rtp HOST] [--ports FROM-TO] [--days N] [--free PERCENT]\n"
            "  --key    DATA/keys/media.key of the daemon 守护进程的媒体密钥\n"
            "  --dir    recordings and clips 录像目录\n"
            "  --http   where browsers and the daemon come, 127.0.0.1:8081\n"
            "  --rtp    the address to bind for RTP, 0.0.0.0; --ports 30000-30999\n"
            "  --days   recordings are kept, 30; --free percent of the disk that stays free, 10\n");
    return code;
}

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    loop_stop(arg);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"key", 1, NULL, 'k'}, {"dir", 1, NULL, 'd'}, {"http", 1, NULL, 'h'}, {"rtp", 1, NULL, 'r'}, {"ports", 1, NULL, 'p'}, {"days", 1, NULL, 'n'}, {"free", 1, NULL, 'f'}, {"help", 0, NULL, '?'}, {NULL, 0, NULL, 0}};
    struct media_node_settings s = {.http = "127.0.0.1:8081", .rtp_host = "0.0.0.0", .port_from = 30000, .port_to = 30999, .days = 30, .free_share = 0.1};
    const char *key = NULL;
    int o;
    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        bool good = true;
        if (o == 'k') key = optarg;
        else if (o == 'd') s.dir = optarg;
        else if (o == 'h') s.http = optarg;
        else if (o == 'r') s.rtp_host = optarg;
        else if (o == 'p') good = sscanf(optarg, "%d-%d", &s.port_from, &s.port_to) == 2 && s.port_from > 0 && s.port_to >= s.port_from && s.port_to < 65536;
        else if (o == 'n') good = (s.days = atoi(optarg)) > 0;
        else if (o == 'f') good = (s.free_share = atof(optarg) / 100) >= 0 && s.free_share < 1;
        else return usage(optopt != 0 || strcmp(argv[optind - 1], "--help") != 0 ? 2 : 0);
        if (!good) return usage(2);
    }
    if (key == NULL || s.dir == NULL || optind != argc) return usage(2);
    umask(0077);
    mallopt(M_MMAP_THRESHOLD, 64 << 20); /* pictures come and go ten thousand times a second: their memory stays ours */
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_DUMPABLE, 0);
    net_raise_file_limit();
    if (ticket_key_read(key, s.key)) {
        fprintf(stderr, "huxue-media: %s is no key of a daemon: start huxued once, it makes one 媒体密钥无法读取\n", key);
        return 1;
    }
    struct media_node *n;
    s.loop = loop_new();
    if (media_node_start(&s, &n)) {
        fprintf(stderr, "huxue-media: %s or %s cannot be taken: is the port in use? 地址或目录不可用\n", s.http, s.dir);
        return 1;
    }
    struct event *term = evsignal_new(loop_base(s.loop), SIGTERM, on_stop, s.loop), *interrupt = evsignal_new(loop_base(s.loop), SIGINT, on_stop, s.loop);
    event_add(term, NULL);
    event_add(interrupt, NULL);
    printf("huxue-media ready http=%s\n", media_node_bound(n));
    fflush(stdout);
    loop_run(s.loop);
    alarm(5);
    event_free(term);
    event_free(interrupt);
    media_node_stop(n);
    loop_free(s.loop);
    return 0;
}
