#include "onvif_discovery.h"

#include <event2/event.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "io/net.h"
#include "proto/onvif/onvif_probe.h"
#include "proto/onvif/onvif_soap.h"
#include "signal/recorder.h"

#define SEARCH_MS 3000 /* devices wait up to half a second before they answer */
#define DATAGRAMS_MAX 2000

static struct {
    int fd;
    struct event *readable;
    struct loop_timer *over;
    char id[40];
    int datagrams;
} search = {.fd = -1};

void onvif_search_stop(void)
{
    if (search.fd < 0) return;
    event_free(search.readable);
    loop_timer_free(search.over);
    close(search.fd);
    search.fd = -1;
    recorder_search_end();
}

static void on_over(void *arg)
{
    (void)arg;
    onvif_search_stop();
}

static void take(struct str bytes, const struct sockaddr_storage *from)
{
    struct xml x;
    struct onvif_match all[ONVIF_MATCHES_MAX];
    char text[NET_TEXT_MAX], host[NET_TEXT_MAX];
    if (onvif_parse(bytes, &x)) return;
    size_t n = onvif_probe_matches(&x, search.id, all, HX_COUNT(all));
    xml_free(&x);
    net_host(net_format((const struct sockaddr *)from, text), host);
    for (size_t i = 0; i < n; i++) {
        struct recorder_found f;
        if (all[i].port == 80) snprintf(f.address, sizeof f.address, "%s", host);
        else snprintf(f.address, sizeof f.address, "%.50s:%d", host, all[i].port);
        snprintf(f.name, sizeof f.name, "%s", all[i].name);
        snprintf(f.hardware, sizeof f.hardware, "%s", all[i].hardware);
        recorder_search_found(&f);
    }
}

static void on_datagram(evutil_socket_t fd, short what, void *arg)
{
    (void)what, (void)arg;
    static char bytes[65536]; /* one thread */
    struct sockaddr_storage from;
    for (socklen_t n = sizeof from; search.datagrams < DATAGRAMS_MAX; n = sizeof from) {
        ssize_t got = recvfrom(fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&from, &n);
        if (got < 0) return;
        search.datagrams++;
        take((struct str){bytes, (size_t)got}, &from);
    }
    event_del(search.readable); /* whoever answers that much is no camera */
}

static bool send_to(const char *to, struct str probe)
{
    struct sockaddr_storage a;
    socklen_t n;
    char text[NET_TEXT_MAX];
    snprintf(text, sizeof text, strchr(to, ':') != NULL ? "%.60s" : "%.55s:3702", to);
    return net_parse(text, &a, &n) == HX_OK && sendto(search.fd, probe.at, probe.len, 0, (struct sockaddr *)&a, n) > 0;
}

/* Each network that this machine stands in. */
static bool send_to_all(struct str probe)
{
    struct ifaddrs *all, *i;
    bool sent = false;
    if (getifaddrs(&all) != 0) return false;
    for (i = all; i != NULL; i = i->ifa_next) {
        if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET || !(i->ifa_flags & IFF_UP) || !(i->ifa_flags & IFF_MULTICAST) || i->ifa_flags & IFF_LOOPBACK) continue;
        const struct in_addr own = ((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr;
        setsockopt(search.fd, IPPROTO_IP, IP_MULTICAST_IF, &own, sizeof own);
        sent = send_to(ONVIF_PROBE_ADDRESS, probe) || sent;
    }
    freeifaddrs(all);
    return sent;
}

bool onvif_search(struct loop *loop, const char *to)
{
    uint8_t raw[16];
    char hex[33];
    struct buf probe;
    if (search.fd >= 0) return false;
    HX_ASSERT(RAND_bytes(raw, sizeof raw) == 1);
    hex_encode_lower(raw, sizeof raw, hex);
    snprintf(search.id, sizeof search.id, "%.8s-%.4s-4%.3s-8%.3s-%.12s", hex, hex + 8, hex + 13, hex + 17, hex + 20);
    search.datagrams = 0;
    search.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (search.fd < 0) return false;
    buf_init(&probe, 4096);
    onvif_probe(search.id, &probe);
    bool sent = to[0] != 0 ? send_to(to, buf_str(&probe)) : send_to_all(buf_str(&probe));
    buf_free(&probe);
    if (!sent) {
        close(search.fd);
        search.fd = -1;
        return false;
    }
    search.readable = event_new(loop_base(loop), search.fd, EV_READ | EV_PERSIST, on_datagram, NULL);
    search.over = loop_timer_new(loop, on_over, NULL);
    event_add(search.readable, NULL);
    loop_timer_set(search.over, SEARCH_MS);
    return true;
}
