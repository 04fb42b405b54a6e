#include "gb28181_pace.h"

#include <string.h>
#include <strings.h>

#include "base/scan.h"

#define SEEK_MAX_S (31 * 86400)

void gb_pace_format(const struct recorder_pace *p, int cseq, struct buf *out)
{
    if (p->percent == 0) {
        buf_printf(out, "PAUSE RTSP/1.0\r\nCSeq: %d\r\nPauseTime: now\r\n", cseq);
        return;
    }
    buf_printf(out, "PLAY RTSP/1.0\r\nCSeq: %d\r\nScale: %d.%02d\r\n", cseq, p->percent / 100, p->percent % 100);
    if (p->seek_s >= 0) buf_printf(out, "Range: npt=%lld-\r\n", (long long)p->seek_s);
    else buf_add_z(out, "Range: npt=now-\r\n");
}

/* "2", "0.5", "4.000000" as hundredths. */
static bool read_scale(struct str text, int *percent)
{
    struct scan s = {.in = str_trim(text)};
    struct str whole = scan_digits(&s, 3), part = {"", 0};
    int64_t v = 0;
    if (scan_try(&s, '.')) part = scan_digits(&s, 9);
    if (whole.len == 0 || s.err || !scan_end(&s) || !str_to_i64(whole, &v)) return false;
    int hundredths = part.len > 0 ? (part.at[0] - '0') * 10 + (part.len > 1 ? part.at[1] - '0' : 0) : 0;
    *percent = (int)v * 100 + hundredths;
    return *percent >= RECORDER_PACE_MIN && *percent <= RECORDER_PACE_MAX;
}

static bool is_named(struct str name, const char *want)
{
    struct str n = str_trim(name);
    return n.len == strlen(want) && strncasecmp(n.at, want, n.len) == 0;
}

/* "npt=now-", "npt=120-", "npt=120.5-180". */
static bool read_range(struct str text, int64_t *seek_s)
{
    struct str t = str_trim(text);
    if (!str_starts(t, STR("npt="))) return false;
    struct scan s = {.in = {t.at + 4, t.len - 4}};
    if (str_starts(s.in, STR("now-"))) return true;
    struct str from = scan_digits(&s, 9);
    if (scan_try(&s, '.')) (void)scan_digits(&s, 9);
    if (from.len == 0 || !scan_try(&s, '-') || !str_to_i64(from, seek_s)) return false;
    return *seek_s <= SEEK_MAX_S;
}

bool gb_pace_parse(struct str body, struct recorder_pace *out)
{
    struct str rest = body, line, name;
    *out = (struct recorder_pace){.percent = 100, .seek_s = -1};
    if (!str_split(&rest, '\n', &line)) return false;
    bool pause = str_starts(line, STR("PAUSE ")), play = str_starts(line, STR("PLAY "));
    if (!pause && !play) return false;
    while (str_split(&rest, '\n', &line)) {
        struct str value = line;
        if (!str_split(&value, ':', &name)) continue;
        if (is_named(name, "Scale") && !read_scale(value, &out->percent)) return false;
        if (is_named(name, "Range") && play && !read_range(value, &out->seek_s)) return false;
    }
    if (pause) *out = (struct recorder_pace){.percent = 0, .seek_s = -1};
    return true;
}
