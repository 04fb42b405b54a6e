#include "sip.h"

#include <openssl/evp.h>
#include <osipparser2/osip_parser.h>
#include <osipparser2/osip_port.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
/* libosip2 would print what hostile peers send. */
static void say_nothing(const char *file, int line, osip_trace_level_t level, const char *format, va_list arguments)
{
    (void)file, (void)line, (void)level, (void)format, (void)arguments;
}

static void open_parser(void)
{
    osip_trace_initialize_func(TRACE_LEVEL0, say_nothing);
    parser_init();
}

static void copy(char *out, size_t size, const char *z)
{
    str_to_z(str_of(z), out, size);
}

/* A quoted string without its quotes. */
static void unquote(char *out, size_t size, const char *z)
{
    struct str s = str_trim(str_of(z));
    if (s.len >= 2 && s.at[0] == '"' && s.at[s.len - 1] == '"') s = (struct str){s.at + 1, s.len - 2};
    str_to_z(s, out, size);
}

static void take_text(char *out, size_t size, char *made)
{
    copy(out, size, made);
    osip_free(made);
}

static void take_address(osip_from_t *a, char *whole, size_t whole_size, char user[64], char tag[96])
{
    char *text = NULL;
    osip_generic_param_t *p = NULL;
    if (a == NULL) return;
    if (osip_from_to_str(a, &text) == 0) take_text(whole, whole_size, text);
    if (a->url != NULL && a->url->username != NULL) copy(user, 64, a->url->username);
    if (osip_from_param_get_byname(a, (char *)(uintptr_t)"tag", &p) == 0 && p != NULL && p->gvalue != NULL) copy(tag, 96, p->gvalue);
}

static const char *header(osip_message_t *m, const char *name)
{
    osip_header_t *h = NULL;
    return osip_message_header_get_byname(m, name, 0, &h) >= 0 && h != NULL && h->hvalue != NULL ? h->hvalue : "";
}

static void take_vias(osip_message_t *m, const char *host, int port, struct sip_message *out)
{
    size_t n = 0;
    for (int i = 0; i < 8; i++) {
        osip_via_t *via = NULL;
        osip_generic_param_t *p = NULL;
        char *text = NULL, digits[8];
        if (osip_message_get_via(m, i, &via) < 0 || via == NULL) break;
        if (i == 0) {
            if (osip_via_param_get_byname(via, (char *)(uintptr_t)"branch", &p) == 0 && p != NULL && p->gvalue != NULL) copy(out->via_branch, sizeof out->via_branch, p->gvalue);
            if (out->request) {
                snprintf(digits, sizeof digits, "%d", port);
                p = NULL;
                if (osip_via_param_get_byname(via, (char *)(uintptr_t)"rport", &p) == 0 && p != NULL && p->gvalue == NULL) p->gvalue = osip_strdup(digits);
                p = NULL;
                if (osip_via_param_get_byname(via, (char *)(uintptr_t)"received", &p) != 0 || p == NULL) osip_via_set_received(via, osip_strdup(host));
            }
        }
        if (osip_via_to_str(via, &text) != 0) continue;
        int wrote = snprintf(out->vias + n, sizeof out->vias - n, "Via: %s\r\n", text);
        osip_free(text);
        if (wrote < 0 || n + (size_t)wrote >= sizeof out->vias) {
            out->vias[n] = 0;
            break;
        }
        n += (size_t)wrote;
    }
}

static void take_digest(osip_message_t *m, struct sip_digest *d)
{
    osip_authorization_t *a = NULL;
    osip_www_authenticate_t *w = NULL;
    if (MSG_IS_REQUEST(m) && osip_message_get_authorization(m, 0, &a) >= 0 && a != NULL) {
        d->there = true;
        unquote(d->username, sizeof d->username, a->username);
        unquote(d->realm, sizeof d->realm, a->realm);
        unquote(d->nonce, sizeof d->nonce, a->nonce);
        unquote(d->uri, sizeof d->uri, a->uri);
        unquote(d->response, sizeof d->response, a->response);
        unquote(d->algorithm, sizeof d->algorithm, a->algorithm);
        unquote(d->qop, sizeof d->qop, a->message_qop);
        unquote(d->nc, sizeof d->nc, a->nonce_count);
        unquote(d->cnonce, sizeof d->cnonce, a->cnonce);
    } else if (MSG_IS_RESPONSE(m) && osip_message_get_www_authenticate(m, 0, &w) >= 0 && w != NULL) {
        d->there = true;
        unquote(d->realm, sizeof d->realm, w->realm);
        unquote(d->nonce, sizeof d->nonce, w->nonce);
        unquote(d->algorithm, sizeof d->algorithm, w->algorithm);
        unquote(d->qop, sizeof d->qop, w->qop_options);
    }
}

static void take_challenge_of_proxy(osip_message_t *m, struct sip_message *out)
{
    osip_proxy_authenticate_t *p = NULL;
    if (!MSG_IS_RESPONSE(m) || out->digest.there || osip_message_get_proxy_authenticate(m, 0, &p) < 0 || p == NULL) return;
    out->digest.there = out->proxy = true;
    unquote(out->digest.realm, sizeof out->digest.realm, p->realm);
    unquote(out->digest.nonce, sizeof out->digest.nonce, p->nonce);
    unquote(out->digest.algorithm, sizeof out->digest.algorithm, p->algorithm);
    unquote(out->digest.qop, sizeof out->digest.qop, p->qop_options);
}

/* Whom we called sees them in the other order (RFC 3261, 12.1.2). */
static void take_routes(osip_message_t *m, struct sip_message *out)
{
    size_t n = 0;
    int last = 0;
    osip_record_route_t *r = NULL;
    while (MSG_IS_RESPONSE(m) && osip_message_get_record_route(m, last, &r) >= 0 && r != NULL) last++, r = NULL;
    for (int i = last - 1; i >= 0; i--) {
        char *text = NULL;
        r = NULL;
        if (osip_message_get_record_route(m, i, &r) < 0 || r == NULL || osip_record_route_to_str(r, &text) != 0) continue;
        int wrote = snprintf(out->routes + n, sizeof out->routes - n, "Route: %s\r\n", text);
        osip_free(text);
        if (wrote < 0 || n + (size_t)wrote >= sizeof out->routes) {
            out->routes[0] = 0;
            return;
        }
        n += (size_t)wrote;
    }
}

static void take_contact(osip_message_t *m, struct sip_message *out)
{
    osip_contact_t *c = NULL;
    char *text = NULL;
    if (osip_message_get_contact(m, 0, &c) < 0 || c == NULL || c->url == NULL) return;
    if (osip_uri_to_str(c->url, &text) == 0) take_text(out->contact, sizeof out->contact, text);
    copy(out->contact_host, sizeof out->contact_host, c->url->host);
    out->contact_port = c->url->port != NULL ? atoi(c->url->port) : 5060;
}

static struct str body_of(struct str bytes)
{
    const char *at = memmem(bytes.at, bytes.len, "\r\n\r\n", 4);
    return at == NULL ? STR("") : (struct str){at + 4, bytes.len - (size_t)(at + 4 - bytes.at)};
}

enum hx_err sip_parse(struct str bytes, const char *peer_host, int peer_port, struct sip_message *out)
{
    osip_message_t *m = NULL;
    enum hx_err e = HX_E_INVALID;
    *out = (struct sip_message){.expires = -1};
    pthread_once(&once, open_parser);
    if (bytes.len > SIP_BYTES_MAX || osip_message_init(&m) != 0) return HX_E_INVALID;
    if (osip_message_parse(m, bytes.at, bytes.len) != 0 || m->call_id == NULL || m->cseq == NULL || m->from == NULL || m->to == NULL || m->cseq->number == NULL || m->cseq->method == NULL) goto out;
    char *text = NULL;
    out->request = MSG_IS_REQUEST(m);
    out->status = out->request ? 0 : m->status_code;
    copy(out->method, sizeof out->method, m->cseq->method);
    if (out->request) {
        if (m->sip_method == NULL || strcmp(m->sip_method, m->cseq->method) != 0 || m->req_uri == NULL) goto out;
        if (osip_uri_to_str(m->req_uri, &text) == 0) take_text(out->uri, sizeof out->uri, text);
        copy(out->uri_user, sizeof out->uri_user, m->req_uri->username);
    }
    copy(out->reason, sizeof out->reason, m->reason_phrase);
    out->cseq = atoi(m->cseq->number);
    take_address(m->from, out->from, sizeof out->from, out->from_user, out->from_tag);
    take_address(m->to, out->to, sizeof out->to, out->to_user, out->to_tag);
    if (osip_call_id_to_str(m->call_id, &text) == 0) take_text(out->call_id, sizeof out->call_id, text);
    take_vias(m, peer_host, peer_port, out);
    if (out->vias[0] == 0) goto out;
    take_digest(m, &out->digest);
    take_challenge_of_proxy(m, out);
    take_routes(m, out);
    take_contact(m, out);
    if (m->content_type != NULL && m->content_type->type != NULL) snprintf(out->type, sizeof out->type, "%s/%s", m->content_type->type, m->content_type->subtype != NULL ? m->content_type->subtype : "");
    const char *expires = header(m, "expires");
    if (expires[0] >= '0' && expires[0] <= '9') out->expires = atoi(expires);
    copy(out->version, sizeof out->version, header(m, "x-gb-ver"));
    copy(out->event, sizeof out->event, header(m, "event"));
    copy(out->subject, sizeof out->subject, header(m, "subject"));
    copy(out->agent, sizeof out->agent, header(m, "user-agent"));
    out->body = body_of(bytes);
    e = HX_OK;
out:
    osip_message_free(m);
    return e;
}

enum hx_err sip_find(struct str stream, size_t *used)
{
    size_t blank = 0;
    *used = 0;
    while (blank < stream.len && (stream.at[blank] == '\r' || stream.at[blank] == '\n' || stream.at[blank] == 0)) blank++;
    struct str in = {stream.at + blank, stream.len - blank};
    if (in.len > 0 && !((in.at[0] >= 'A' && in.at[0] <= 'Z'))) return HX_E_MALFORMED;
    const char *end = memmem(in.at, in.len, "\r\n\r\n", 4);
    if (end == NULL) return in.len > 16384 ? HX_E_LIMIT : HX_OK;
    struct str rest = {in.at, (size_t)(end - in.at)}, line;
    int64_t length = 0;
    while (str_split(&rest, '\n', &line)) {
        struct str name;
        if (!str_split(&line, ':', &name) || line.at == NULL) continue;
        name = str_trim(name);
        bool is = (name.len == 14 && strncasecmp(name.at, "content-length", 14) == 0) || (name.len == 1 && (name.at[0] == 'l' || name.at[0] == 'L'));
        if (is && (!str_to_i64(str_trim(line), &length) || length > SIP_BYTES_MAX)) return HX_E_LIMIT;
    }
    size_t whole = (size_t)(end + 4 - in.at) + (size_t)length;
    if (whole > SIP_BYTES_MAX) return HX_E_LIMIT;
    if (whole <= in.len) *used = blank + whole;
    return HX_OK;
}

void sip_reply(const struct sip_message *to, int status, const char *reason, const char *tag, struct buf *out)
{
    buf_printf(out, "SIP/2.0 %d %s\r\n%sFrom: %s\r\nTo: %s", status, reason, to->vias, to->from, to->to);
    if (to->to_tag[0] == 0 && tag != NULL) buf_printf(out, ";tag=%s", tag);
    buf_printf(out, "\r\nCall-ID: %s\r\nCSeq: %d %s\r\n", to->call_id, to->cseq, to->method);
}

void sip_header(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "%s: %s\r\n", name, value);
}

void sip_end(struct buf *out, const char *type, struct str body)
{
    if (type != NULL) sip_header(out, "Content-Type", type);
    buf_printf(out, "Content-Length: %zu\r\n\r\n", body.len);
    buf_add(out, body.at, body.len);
}

void sip_request(const struct sip_head *h, struct buf *out)
{
    buf_printf(out, "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;rport;branch=%s\r\nMax-Forwards: 70\r\nFrom: <%s>;tag=%s\r\nTo: <%s>", h->method, h->uri, h->tcp ? "TCP" : "UDP", h->via_host, h->branch,
               h->from_uri, h->from_tag, h->to_uri);
    if (h->to_tag != NULL && h->to_tag[0] != 0) buf_printf(out, ";tag=%s", h->to_tag);
    buf_printf(out, "\r\nCall-ID: %s\r\nCSeq: %d %s\r\n", h->call_id, h->cseq, h->method);
}

static void hash_hex(const EVP_MD *md, const char *text, char out[65])
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    HX_ASSERT(EVP_Digest(text, strlen(text), hash, &n, md, NULL) == 1 && n <= 32);
    hex_encode_lower(hash, n, out);
}

void sip_digest_response(const struct sip_digest *d, const char *method, const char *password, char out[65])
{
    const EVP_MD *md = strncasecmp(d->algorithm, "SHA-256", 7) == 0 ? EVP_sha256() : EVP_md5();
    char a1[65], a2[65], text[768];
    snprintf(text, sizeof text, "%s:%s:%s", d->username, d->realm, password);
    hash_hex(md, text, a1);
    snprintf(text, sizeof text, "%s:%s", method, d->uri);
    hash_hex(md, text, a2);
    if (d->qop[0] != 0) snprintf(text, sizeof text, "%s:%s:%s:%s:%s:%s", a1, d->nonce, d->nc, d->cnonce, d->qop, a2);
    else snprintf(text, sizeof text, "%s:%s:%s", a1, d->nonce, a2);
    hash_hex(md, text, out);
}

void sip_authorize(const struct sip_digest *challenge, bool proxy, const char *method, const char *uri, const char *user, const char *password, const char *cnonce, struct buf *out)
{
    struct sip_digest d = *challenge;
    char response[65];
    bool qop = false;
    struct str rest = str_of(d.qop), word;
    while (str_split(&rest, ',', &word)) qop = qop || str_eq(str_trim(word), STR("auth"));
    copy(d.username, sizeof d.username, user);
    copy(d.uri, sizeof d.uri, uri);
    copy(d.qop, sizeof d.qop, qop ? "auth" : "");
    copy(d.nc, sizeof d.nc, "00000001");
    copy(d.cnonce, sizeof d.cnonce, cnonce);
    sip_digest_response(&d, method, password, response);
    buf_printf(out, "%s: Digest username=\"%s\",realm=\"%s\",nonce=\"%s\",uri=\"%s\",response=\"%s\",algorithm=%s", proxy ? "Proxy-Authorization" : "Authorization", user, d.realm, d.nonce, uri, response,
               strncasecmp(d.algorithm, "SHA-256", 7) == 0 ? "SHA-256" : "MD5");
    if (qop) buf_printf(out, ",qop=auth,nc=%s,cnonce=\"%s\"", d.nc, cnonce);
    buf_add_z(out, "\r\n");
}

bool sip_digest_fits(const struct sip_digest *d, const char *method, const char *password)
{
    char want[65];
    sip_digest_response(d, method, password, want);
    size_t n = strlen(want);
    unsigned differs = strlen(d->response) != n;
    for (size_t i = 0; i < n && d->response[i] != 0; i++) differs |= (unsigned)((unsigned char)want[i] ^ ((unsigned char)d->response[i] | (d->response[i] >= 'A' && d->response[i] <= 'F' ? 0x20 : 0)));
    return !differs;
}
