#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"

enum hx_err net_parse(const char *text, struct sockaddr_storage *address, socklen_t *bytes)
{
    char host[48];
    const char *colon = strrchr(text, ':');
    int64_t port;
    if (colon == NULL || !str_to_i64(str_of(colon + 1), &port) || port > 65535) return HX_E_INVALID;
    struct str name = {text, (size_t)(colon - text)};
    if (name.len >= 2 && name.at[0] == '[' && name.at[name.len - 1] == ']') name.at++, name.len -= 2;
    if (name.len >= sizeof host) return HX_E_INVALID;
    str_to_z(name, host, sizeof host);
    memset(address, 0, sizeof *address);
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)address;
    if (inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        *bytes = sizeof *v4;
        return HX_OK;
    }
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        *bytes = sizeof *v6;
        return HX_OK;
    }
    return HX_E_INVALID;
}

char *net_format(const struct sockaddr *address, char out[NET_TEXT_MAX])
{
    char host[INET6_ADDRSTRLEN] = "?";
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        snprintf(out, NET_TEXT_MAX, "%s:%u", host, ntohs(v4->sin_port));
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        snprintf(out, NET_TEXT_MAX, "[%s]:%u", host, ntohs(v6->sin6_port));
    } else {
        snprintf(out, NET_TEXT_MAX, "local");
    }
    return out;
}

char *net_host(const char *text, char out[NET_TEXT_MAX])
{
    snprintf(out, NET_TEXT_MAX, "%s", text);
    char *colon = strrchr(out, ':');
    if (colon != NULL) *colon = 0;
    return out;
}

int net_open(const char *text, int type)
{
    struct sockaddr_storage address;
    socklen_t bytes;
    int one = 1;
    if (net_parse(text, &address, &bytes)) {
        log_error("net.address", "address=\"%s\" reason=\"want HOST:PORT with a numeric host\"", text);
        return -1;
    }
    int fd = socket(address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (type == SOCK_STREAM) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (type == SOCK_DGRAM) {
        int room = 4 << 20;
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    }
    if (bind(fd, (struct sockaddr *)&address, bytes) != 0 || (type == SOCK_STREAM && listen(fd, 4096) != 0)) {
        log_error("net.bind", "address=\"%s\" reason=\"%s\"", text, strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

char *net_bound(int fd, char out[NET_TEXT_MAX])
{
    struct sockaddr_storage address;
    socklen_t bytes = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &bytes) != 0) address.ss_family = AF_UNIX;
    return net_format((struct sockaddr *)&address, out);
}

void net_raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}
