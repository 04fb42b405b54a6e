/* Addresses and sockets: "host:port" with IPv4, or "[v6]:port". */
#ifndef HX_NET_H
#define HX_NET_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/str.h"

#define NET_TEXT_MAX 64

enum hx_err net_parse(const char *text, struct sockaddr_storage *address, socklen_t *bytes) HX_MUST_USE;
/* "127.0.0.1:8080" */
char *net_format(const struct sockaddr *address, char out[NET_TEXT_MAX]);
/* The address of such a text without its port, which changes with every connection. */
char *net_host(const char *text, char out[NET_TEXT_MAX]);
/* A bound, non-blocking, close-on-exec socket; TCP sockets listen, with TCP_NODELAY inherited by connections. -1 with a log line. */
int net_open(const char *text, int type);
/* The address that a socket is bound to. */
char *net_bound(int fd, char out[NET_TEXT_MAX]);
/* Raises the limit of open files as far as the system lets us. */
void net_raise_file_limit(void);

#endif
