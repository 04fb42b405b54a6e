#include "message_call.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/spawn.h"
#include "notify/voice.h"

#define SPEAKER "/usr/bin/espeak-ng"
#define SPEAK_MS 10000
#define SPEECH_BYTES (16u << 20)
#define CALLS_MAX 30 /* at once; the others wait */
#define PREPARE_MAX 2000

struct call_line {
    struct call_line *next, **link;
    struct message_call call;
    int16_t *speech;
    size_t samples;
    struct sockaddr_storage to;
    enum phone_end failed; /* of the preparation */
    char why[160];
    struct phone *phone;
    enum { PREPARING, WAITING, ON } state;
    bool stopped;
};

static struct {
    struct hx_app *app;
    struct pool *pool;
    struct call_line *lines, **last;
    int on;
} calls = {.last = &calls.lines};

/* The text that was spoken last: the same alarm goes to several people. Only the pool's one thread touches it. */
static struct {
    char text[512];
    bool page;
    int16_t *speech;
    size_t samples;
} spoken;

enum hx_err message_call_uri(const char *gateway, const char *number, char *out, size_t size)
{
    char digits[32];
    size_t n = 0;
    const char *host = strncmp(gateway, "sip:{to}@", 9) == 0 ? gateway + 9 : "";
    for (const char *z = number; *z != 0; z++) {
        if (*z == ' ' || *z == '-') continue;
        if (n + 1 >= sizeof digits || strchr("0123456789+*#", *z) == NULL) return HX_E_INVALID;
        digits[n++] = *z;
    }
    digits[n] = 0;
    if (n == 0 || host[0] == 0 || host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:")] != 0) return HX_E_INVALID;
    int wrote = snprintf(out, size, "sip:%s@%s", digits, host);
    return wrote > 0 && (size_t)wrote < size ? HX_OK : HX_E_INVALID;
}

/* ---- preparing: on the pool's thread ---- */

static bool find_exchange(struct call_line *l)
{
    char host[160];
    snprintf(host, sizeof host, "%s", strchr(l->call.uri, '@') + 1);
    char *port = strchr(host, ':');
    if (port != NULL) *port++ = 0;
    struct addrinfo want = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM}, *found = NULL;
    if (getaddrinfo(host, port != NULL ? port : "5060", &want, &found) != 0 || found == NULL) {
        snprintf(l->why, sizeof l->why, "the exchange %.100s is not known", host);
        l->failed = PHONE_NO_ANSWER;
        return false;
    }
    memcpy(&l->to, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return true;
}

static bool speak(struct call_line *l)
{
    bool english = true;
    struct buf wav;
    char text[600];
    for (const char *z = l->call.text; *z != 0; z++) english = english && (*z & 0x80) == 0;
    if (strcmp(spoken.text, l->call.text) != 0 || spoken.page != l->call.page) {
        const char *const arguments[] = {"-v", english ? "en" : "cmn", "-s", "150", "--stdin", "--stdout", NULL};
        snprintf(text, sizeof text, "%s%s", l->call.text, l->call.page ? "" : english ? ". Press one to confirm." : "。请按一键确认收到。");
        buf_init(&wav, SPEECH_BYTES);
        free(spoken.speech);
        spoken.speech = NULL;
        spoken.text[0] = 0;
        enum hx_err e = spawn_run(SPEAKER, arguments, str_of(text), SPEAK_MS, &wav, l->why, sizeof l->why);
        if (!e) e = voice_from_wav(buf_str(&wav), &spoken.speech, &spoken.samples);
        buf_free(&wav);
        if (e) {
            if (l->why[0] == 0) snprintf(l->why, sizeof l->why, "espeak-ng gave no speech");
            l->failed = PHONE_NO_ANSWER;
            return false;
        }
        memcpy(spoken.text, l->call.text, sizeof spoken.text);
        spoken.page = l->call.page;
    }
    l->samples = spoken.samples;
    l->speech = malloc(spoken.samples * sizeof *l->speech);
    HX_ASSERT(l->speech != NULL);
    memcpy(l->speech, spoken.speech, spoken.samples * sizeof *l->speech);
    return true;
}

static void prepare(void *state, void *arg)
{
    (void)state;
    struct call_line *l = arg;
    if (find_exchange(l)) (void)speak(l);
}

/* ---- ringing: on the loop ---- */

static void drop(struct call_line *l)
{
    *l->link = l->next;
    if (l->next != NULL) l->next->link = l->link;
    else calls.last = l->link;
    memset(l->call.secret, 0, sizeof l->call.secret);
    free(l->speech);
    free(l);
}

static void start_next(void);

static void ended(enum phone_end end, const char *why, void *arg)
{
    struct call_line *l = arg;
    void (*done)(enum phone_end, const char *, void *) = l->call.done;
    void *done_arg = l->call.arg;
    if (l->state == ON) calls.on--;
    log_info("phone.ended", "delivery=%lld end=%d why=\"%s\"", (long long)l->call.delivery_id, (int)end, why);
    char kept[160];
    snprintf(kept, sizeof kept, "%s", why);
    drop(l);
    done(end, kept, done_arg);
    start_next();
}

static void taken(void *arg)
{
    const struct call_line *l = arg;
    if (l->call.taken != NULL) l->call.taken(l->call.arg);
}

static void start_next(void)
{
    struct call_line *l = calls.lines;
    while (calls.on < CALLS_MAX && l != NULL) {
        struct call_line *next = l->next;
        if (l->state == WAITING) {
            struct phone_order o = {.loop = calls.app->loop, .to = l->to, .uri = l->call.uri, .from = l->call.from, .account = l->call.account, .secret = l->call.secret, .speech = l->speech, .samples = l->samples, .page = l->call.page, .taken = taken, .done = ended, .arg = l};
            l->state = ON;
            calls.on++;
            l->phone = phone_call(&o);
            if (l->phone == NULL) {
                ended(PHONE_NO_ANSWER, "no socket could be had for the call", l);
                return; /* it went on with the next */
            }
            log_info("phone.rings", "delivery=%lld uri=%s", (long long)l->call.delivery_id, l->call.uri);
        }
        l = next;
    }
}

static void prepared(void *arg)
{
    struct call_line *l = arg;
    if (l->stopped) ended(PHONE_STOPPED, "", l);
    else if (l->speech == NULL) ended(l->failed, l->why, l);
    else {
        l->state = WAITING;
        start_next();
    }
}

void message_call_place(const struct message_call *call)
{
    struct call_line *l = calloc(1, sizeof *l);
    HX_ASSERT(l != NULL);
    l->call = *call;
    l->link = calls.last;
    *calls.last = l;
    calls.last = &l->next;
    if (pool_submit(calls.pool, prepare, prepared, l) != HX_OK) ended(PHONE_NO_ANSWER, "too many calls are waiting", l);
}

static bool is_wanted(const struct call_line *l)
{
    int64_t sending = 0;
    return db_one_i64(calls.app->panels->db, SQL_DELIVERY_IS_SENDING, &sending, "i", l->call.delivery_id) == HX_OK && sending != 0;
}

static struct call_line *unwanted(int64_t subject_id)
{
    for (struct call_line *l = calls.lines; l != NULL; l = l->next)
        if (!l->call.page && l->call.subject_id == subject_id && !l->stopped && !is_wanted(l)) return l;
    return NULL;
}

static void end_line(struct call_line *l)
{
    if (l->state == PREPARING) l->stopped = true;
    else if (l->state == ON) phone_hang_up(l->phone);
    else ended(PHONE_STOPPED, "", l);
}

void message_call_recheck(int64_t subject_id)
{
    for (struct call_line *l; (l = unwanted(subject_id)) != NULL;) end_line(l);
}

static struct call_line *page_of(int64_t subject_id)
{
    for (struct call_line *l = calls.lines; l != NULL; l = l->next)
        if (l->call.page && l->call.subject_id == subject_id && !l->stopped) return l;
    return NULL;
}

void message_call_end(int64_t subject_id)
{
    for (struct call_line *l; (l = page_of(subject_id)) != NULL;) end_line(l);
}

void message_call_start(struct hx_app *app)
{
    calls.app = app;
    calls.pool = pool_new(app->loop, 1, PREPARE_MAX, NULL, NULL, NULL);
}

void message_call_stop(void)
{
    if (calls.pool == NULL) return;
    pool_stop(calls.pool);
    calls.pool = NULL;
    phone_free_all();
}
