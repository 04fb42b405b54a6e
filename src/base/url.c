#include "url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool decode(struct str a, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < a.len; i++) {
        char c = a.at[i];
        if (c == '%' && i + 2 < a.len && hex_digit(a.at[i + 1]) >= 0 && hex_digit(a.at[i + 2]) >= 0) c = (char)(hex_digit(a.at[i + 1]) * 16 + hex_digit(a.at[i + 2])), i += 2;
        if (n + 1 >= size || c == 0) return false;
        out[n++] = c;
    }
    out[n] = 0;
    return true;
}

enum hx_err url_read(struct str text, const char *schemes, struct url *out)
{
    text = str_trim(text);
    *out = (struct url){0};
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] <= ' ' || text.at[i] == 127) return HX_E_INVALID;
    const char *sign = text.len > 3 ? memmem(text.at, text.len, "://", 3) : NULL;
    if (sign == NULL || !str_names(str_of(schemes), (struct str){text.at, (size_t)(sign - text.at)})) return HX_E_INVALID;
    struct str host = {sign + 3, text.len - (size_t)(sign + 3 - text.at)}, path;
    size_t n = 0;
    while (n < host.len && host.at[n] != '/' && host.at[n] != '?') n++;
    path = (struct str){host.at + n, host.len - n};
    host.len = n;
    const char *at = memrchr(host.at, '@', host.len); /* a password may hold one that nobody encoded */
    if (at != NULL) {
        struct str secret = {host.at, (size_t)(at - host.at)}, name;
        host = (struct str){at + 1, host.len - secret.len - 1};
        if (!str_split(&secret, ':', &name)) return HX_E_INVALID;
        if (!decode(name, out->login, sizeof out->login) || !decode(secret, out->password, sizeof out->password)) return HX_E_INVALID;
    }
    if (host.len == 0 || host.at[0] == ':') return HX_E_INVALID;
    int length = snprintf(out->url, sizeof out->url, "%.*s://%.*s%.*s", (int)(sign - text.at), text.at, (int)host.len, host.at, (int)path.len, path.at);
    return length >= (int)sizeof out->url ? HX_E_INVALID : HX_OK;
}

void url_encode(const char *z, struct buf *b)
{
    for (; *z != 0; z++) {
        unsigned char c = (unsigned char)*z;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c) != NULL;
        if (plain) buf_add(b, z, 1);
        else buf_printf(b, "%%%02X", c);
    }
}

void url_add_field(struct buf *b, const char *name, const char *value)
{
    if (b->len > 0) buf_add_z(b, "&");
    buf_printf(b, "%s=", name);
    url_encode(value, b);
}

enum hx_err url_with_secret(const char *url, const char *login, const char *password, char *out, size_t size)
{
    const char *host = strstr(url, "://");
    struct buf b;
    if (host == NULL) return HX_E_INVALID;
    host += 3;
    buf_init(&b, size);
    buf_add(&b, url, (size_t)(host - url));
    if (login[0] != 0) {
        url_encode(login, &b);
        buf_add_z(&b, ":");
        url_encode(password, &b);
        buf_add_z(&b, "@");
    }
    buf_add_z(&b, host);
    bool fits = !b.full && b.len < size;
    if (fits) str_to_z(buf_str(&b), out, size);
    buf_free(&b);
    return fits ? HX_OK : HX_E_LIMIT;
}

struct str url_authority(const char *z)
{
    const char *sign = strstr(z, "://");
    struct str h = str_of(sign != NULL ? sign + 3 : z);
    h.len = strcspn(h.at, "/?");
    const char *at = memrchr(h.at, '@', h.len);
    return at == NULL ? h : (struct str){at + 1, h.len - (size_t)(at + 1 - h.at)};
}

struct str url_host(struct str h)
{
    const char *end = h.len > 0 && h.at[0] == '[' ? memchr(h.at, ']', h.len) : memchr(h.at, ':', h.len);
    return end == NULL ? h : (struct str){h.at, (size_t)(end - h.at) + (*end == ']')};
}

bool url_same_host(const char *a, const char *b)
{
    struct str x = url_host(url_authority(a)), y = url_host(url_authority(b));
    return x.len == y.len && x.len > 0 && strncasecmp(x.at, y.at, x.len) == 0;
}
