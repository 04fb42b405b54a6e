#include "fetch.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PER_HOST 64
#define POLL_MS 1000

struct transfer {
    struct transfer *next;
    struct fetch *fetch;
    CURL *easy;
    struct curl_slist *headers, *to;
    char *url, *from, *user, *secret, *certificate;
    char *body;
    size_t body_bytes, body_sent;
    struct buf reply;
    int timeout_ms, status;
    bool get, mqtt, digest_only;
    char error[CURL_ERROR_SIZE];
    void (*done)(int status, struct str reply, const char *error, void *arg);
    void *arg;
};

struct fetch {
    struct loop *loop;
    CURLM *multi;
    pthread_t thread;
    pthread_mutex_t lock;
    struct transfer *first, **last; /* not begun yet */
    size_t waiting;
    int running, parallel_max;
    bool stopping;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    HX_ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == 0);
}

static void transfer_free(struct transfer *t)
{
    if (t->easy != NULL) curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->to);
    free(t->url), free(t->from), free(t->user), free(t->secret), free(t->body), free(t->certificate);
    buf_free(&t->reply);
    free(t);
}

static void tell(void *arg)
{
    struct transfer *t = arg;
    t->done(t->status, buf_str(&t->reply), t->error, t->arg);
    transfer_free(t);
}

static size_t on_reply(char *at, size_t one, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t room = t->reply.max - t->reply.len;
    buf_add(&t->reply, at, one * n < room ? one * n : room);
    return t->mqtt ? 0 : one * n; /* one message is enough: a topic never ends by itself */
}

static size_t on_body(char *out, size_t one, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t left = t->body_bytes - t->body_sent, k = one * n < left ? one * n : left;
    memcpy(out, t->body + t->body_sent, k);
    t->body_sent += k;
    return k;
}

/* The handle of one request, ready to run. */
static bool ready(struct transfer *t)
{
    CURL *c = t->easy = curl_easy_init();
    if (c == NULL) return false;
    curl_easy_setopt(c, CURLOPT_URL, t->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https,smtp,smtps,mqtt");
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)t->timeout_ms);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_reply);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(c, CURLOPT_PRIVATE, t);
    curl_easy_setopt(c, CURLOPT_HTTPAUTH, t->digest_only ? (long)CURLAUTH_DIGEST | (long)CURLAUTH_ONLY : (long)(CURLAUTH_BASIC | CURLAUTH_DIGEST)); /* only where the address holds a name */
    if (!t->mqtt) curl_easy_setopt(c, CURLOPT_HTTPHEADER, t->headers);
    if (t->certificate != NULL) {
        curl_easy_setopt(c, CURLOPT_SSLCERT, t->certificate);
        curl_easy_setopt(c, CURLOPT_SSLKEY, t->certificate);
        curl_easy_setopt(c, CURLOPT_CAINFO, t->certificate);
    }
    if (t->from != NULL) {
        curl_easy_setopt(c, CURLOPT_MAIL_FROM, t->from);
        curl_easy_setopt(c, CURLOPT_MAIL_RCPT, t->to);
        curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(c, CURLOPT_READFUNCTION, on_body);
        curl_easy_setopt(c, CURLOPT_READDATA, t);
        if (t->user != NULL) curl_easy_setopt(c, CURLOPT_USERNAME, t->user);
        if (t->secret != NULL) curl_easy_setopt(c, CURLOPT_PASSWORD, t->secret);
    } else if (!t->get) { /* of MQTT: what is published */
        curl_easy_setopt(c, CURLOPT_POST, 1L);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, t->body);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)t->body_bytes);
    }
    return true;
}

static void begin_waiting(struct fetch *f)
{
    pthread_mutex_lock(&f->lock);
    while (f->first != NULL && f->running < f->parallel_max && !f->stopping) {
        struct transfer *t = f->first;
        f->first = t->next;
        if (f->first == NULL) f->last = &f->first;
        f->waiting--;
        if (ready(t) && curl_multi_add_handle(f->multi, t->easy) == CURLM_OK) {
            f->running++;
        } else {
            snprintf(t->error, sizeof t->error, "the request could not be made");
            loop_post(f->loop, tell, t);
        }
    }
    pthread_mutex_unlock(&f->lock);
}

static void take_finished(struct fetch *f)
{
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(f->multi, &left)) != NULL;) {
        struct transfer *t = NULL;
        long status = 0;
        if (m->msg != CURLMSG_DONE) continue;
        CURL *easy = m->easy_handle;
        CURLcode code = m->data.result;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_multi_remove_handle(f->multi, easy);
        f->running--;
        bool heard = t->mqtt && t->get && t->reply.len > 0;
        t->status = t->mqtt ? (code == CURLE_OK || heard ? 200 : 0) : code == CURLE_OK ? (int)status : 0;
        if (code != CURLE_OK && !heard && t->error[0] == 0) snprintf(t->error, sizeof t->error, "%s", curl_easy_strerror(code));
        loop_post(f->loop, tell, t);
    }
}

static void *run(void *arg)
{
    struct fetch *f = arg;
    for (;;) {
        int still;
        pthread_mutex_lock(&f->lock);
        bool stopping = f->stopping;
        pthread_mutex_unlock(&f->lock);
        if (stopping) return NULL;
        begin_waiting(f);
        curl_multi_perform(f->multi, &still);
        take_finished(f);
        curl_multi_poll(f->multi, NULL, 0, POLL_MS, NULL);
    }
}

struct fetch *fetch_start(struct loop *loop, int parallel_max)
{
    struct fetch *f = calloc(1, sizeof *f);
    HX_ASSERT(f != NULL);
    pthread_once(&curl_once, start_curl);
    *f = (struct fetch){.loop = loop, .parallel_max = parallel_max, .multi = curl_multi_init()};
    HX_ASSERT(f->multi != NULL);
    f->last = &f->first;
    curl_multi_setopt(f->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)PER_HOST);
    pthread_mutex_init(&f->lock, NULL);
    HX_ASSERT(pthread_create(&f->thread, NULL, run, f) == 0);
    return f;
}

static char *copy(const char *z) { return z != NULL ? str_dup(str_of(z)) : NULL; }

static struct transfer *transfer_of(const struct fetch_request *r)
{
    struct str rest = str_of(r->headers), line;
    char one[4096];
    struct transfer *t = calloc(1, sizeof *t);
    HX_ASSERT(t != NULL);
    *t = (struct transfer){.url = copy(r->url), .from = copy(r->mail_from), .user = copy(r->user), .secret = copy(r->secret), .certificate = copy(r->certificate), .body = str_dup(r->body), .body_bytes = r->body.len, .timeout_ms = r->timeout_ms, .get = r->get, .mqtt = strncmp(r->url, "mqtt://", 7) == 0, .done = r->done, .arg = r->arg};
    buf_init(&t->reply, r->reply_max != 0 ? r->reply_max : FETCH_REPLY_MAX);
    if (r->mail_to != NULL) t->to = curl_slist_append(NULL, r->mail_to);
    while (str_split(&rest, '\n', &line))
        if (str_trim(line).len > 0) t->headers = curl_slist_append(t->headers, str_to_z(str_trim(line), one, sizeof one));
    return t;
}

int fetch_now(const struct fetch_request *r, struct buf *reply, char error[FETCH_ERROR_MAX])
{
    long status = 0;
    pthread_once(&curl_once, start_curl);
    struct transfer *t = transfer_of(r);
    CURLcode code = ready(t) ? curl_easy_perform(t->easy) : CURLE_FAILED_INIT;
    if (code == CURLE_OK) curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    snprintf(error, FETCH_ERROR_MAX, "%s", code == CURLE_OK ? "" : t->error[0] != 0 ? t->error : curl_easy_strerror(code));
    buf_init(reply, t->reply.max);
    buf_add(reply, t->reply.at, t->reply.len);
    transfer_free(t);
    return (int)status;
}

enum hx_err fetch_submit(struct fetch *f, const struct fetch_request *r)
{
    struct transfer *t = transfer_of(r);
    t->fetch = f;
    pthread_mutex_lock(&f->lock);
    bool full = f->waiting >= FETCH_QUEUE_MAX;
    if (!full) {
        *f->last = t;
        f->last = &t->next;
        f->waiting++;
    }
    pthread_mutex_unlock(&f->lock);
    if (full) return transfer_free(t), HX_E_BUSY;
    curl_multi_wakeup(f->multi);
    return HX_OK;
}

void fetch_stop(struct fetch *f)
{
    pthread_mutex_lock(&f->lock);
    f->stopping = true;
    pthread_mutex_unlock(&f->lock);
    curl_multi_wakeup(f->multi);
    pthread_join(f->thread, NULL);
    while (f->first != NULL) {
        struct transfer *t = f->first;
        f->first = t->next;
        transfer_free(t);
    }
    curl_multi_cleanup(f->multi);
    free(f);
}
