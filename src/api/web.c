#include "web.h"

#include <stdio.h>
#include <string.h>

#include "base/embedded.h"

static char policy[2048];
static char media_http[512], media_ws[512];

void web_allow_media(const char *urls)
{
    struct str rest = str_of(urls), url;
    while (str_split(&rest, ' ', &url)) {
        struct str ours;
        url = str_trim(url);
        if (memchr(url.at, '=', url.len) != NULL) (void)str_split(&url, '=', &ours); /* "http://a=https://b": browsers see b */
        if ((!str_starts(url, STR("http://")) && !str_starts(url, STR("https://"))) || memchr(url.at, ';', url.len) != NULL) continue;
        size_t n = strlen(media_http), k = strlen(media_ws);
        snprintf(media_http + n, sizeof media_http - n, " %.*s", (int)url.len, url.at);
        snprintf(media_ws + k, sizeof media_ws - k, " ws%.*s", (int)url.len - 4, url.at + 4);
    }
}

static void make_policy(void)
{
    snprintf(policy, sizeof policy, "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:%s; worker-src 'self'; connect-src 'self'%s%s; "
             "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'", media_http, media_http, media_ws);
}

void web_reply(struct http_request *r)
{
    char name[256];
    struct str path = http_path(r);
    if (policy[0] == 0) make_policy(); /* on the loop, like every reply */
    if (path.len > 200 || memchr(path.at, '%', path.len) != NULL) path = STR("/none");
    snprintf(name, sizeof name, "/web%.*s", (int)path.len, path.at);
    const struct embedded_file *file = embedded_find(name);
    /* A page of the console is an address without a file name; the console's own router takes it from there. */
    bool page = file == NULL && memchr(path.at, '.', path.len) == NULL;
    bool phone = page && (str_eq(path, STR("/m")) || str_starts(path, STR("/m/")));
    if (page) file = embedded_find(phone ? "/web/m/index.html" : "/web/index.html");
    http_add_header(r, "X-Content-Type-Options", "nosniff");
    http_add_header(r, "Referrer-Policy", "no-referrer");
    if (file == NULL) {
        http_reply(r, 404, "text/plain; charset=utf-8", STR("There is nothing at this address. 此地址没有内容。\n"));
        return;
    }
    if (strncmp(file->type, "text/html", 9) == 0) {
        http_add_header(r, "Content-Security-Policy", policy);
        http_add_header(r, "X-Frame-Options", "DENY");
        http_add_header(r, "Permissions-Policy", "geolocation=(self), camera=(self), microphone=(self)");
    }
    const char *known = http_header(r, "If-None-Match");
    bool hashed = strncmp(name, "/web/assets/", 12) == 0;
    http_add_header(r, "ETag", file->etag);
    http_add_header(r, "Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
    if (known != NULL && strcmp(known, file->etag) == 0) {
        http_reply(r, 304, NULL, STR(""));
        return;
    }
    if (file->gzipped) http_add_header(r, "Content-Encoding", "gzip");
    http_reply_static(r, 200, file->type, (struct str){file->bytes, file->size});
}
