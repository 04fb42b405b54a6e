/* SIP (RFC 3261) as recorders and telephone exchanges use it: messages read by libosip2's parser into one flat struct, replies and requests written as
 * text. Pure. */
#ifndef HX_SIP_H
#define HX_SIP_H

#include <stdbool.h>

#include "base/str.h"

#define SIP_BYTES_MAX (256u << 10) /* of one message over TCP; a datagram has 64 KiB */

struct sip_digest {
    bool there;
    char username[64], realm[64], nonce[96], uri[160], response[80], algorithm[16], qop[16], nc[16], cnonce[80];
};

struct sip_message {
    bool request;
    int status;                 /* of a response */
    char method[16];            /* of the request, or of the CSeq of a response */
    char uri[160], uri_user[64];
    char from[224], from_user[64], from_tag[96];
    char to[224], to_user[64], to_tag[96];
    char call_id[160], contact[160], contact_host[64], agent[48], type[64], version[8], event[48], subject[160], reason[64];
    char via_branch[96];
    char vias[1600];            /* all Via lines as they came, for the reply; a request's first has received and rport filled in */
    int contact_port;
    int cseq, expires;          /* expires -1: not said */
    struct sip_digest digest;   /* Authorization of a request, WWW-Authenticate or Proxy-Authenticate of a response */
    bool proxy;                 /* of a response: the digest is the proxy's */
    char routes[800];           /* of a response: its Record-Route lines as Route lines, nearest first; "" when there are none or too many */
    struct str body;            /* points into the input */
};

/* Reads one message. `peer_host`, `peer_port`: whence it came, for received and rport (RFC 3581). INVALID when it is none. */
enum hx_err sip_parse(struct str bytes, const char *peer_host, int peer_port, struct sip_message *out) HX_MUST_USE;
/* Finds the first message of a stream: its bytes in *used (blank lines before it included), 0 while more are needed.
 * LIMIT when it would be longer than SIP_BYTES_MAX, MALFORMED when no header can stand there. */
enum hx_err sip_find(struct str stream, size_t *used) HX_MUST_USE;

/* Starts a reply to a request: status line, Via, From, To (with our tag), Call-ID, CSeq. Add headers, then sip_end. */
void sip_reply(const struct sip_message *to, int status, const char *reason, const char *tag, struct buf *out);
void sip_header(struct buf *out, const char *name, const char *value);
/* Content-Length and the body; `type` NULL: no body. */
void sip_end(struct buf *out, const char *type, struct str body);

struct sip_head {
    const char *method, *uri;     /* "sip:CODE@host:port" */
    const char *via_host;         /* "host:port" where replies come */
    const char *from_uri, *from_tag, *to_uri, *to_tag; /* to_tag NULL outside a dialog */
    const char *call_id, *branch;
    int cseq;
    bool tcp;
};
/* Starts a request of ours. */
void sip_request(const struct sip_head *h, struct buf *out);

/* The digest of RFC 7616 over these, with MD5 or SHA-256; `out` has 65 bytes. */
void sip_digest_response(const struct sip_digest *d, const char *method, const char *password, char out[65]);
/* Answers a challenge as `user`: adds Authorization or Proxy-Authorization for this request to `out`. `cnonce` is used where the
 * challenge offers qop=auth. */
void sip_authorize(const struct sip_digest *challenge, bool proxy, const char *method, const char *uri, const char *user, const char *password, const char *cnonce, struct buf *out);
/* Whether the response fits the password, in constant time. */
bool sip_digest_fits(const struct sip_digest *d, const char *method, const char *password);

#endif
