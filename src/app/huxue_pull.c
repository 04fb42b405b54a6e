/* huxue-pull: started by huxue-media, fetches RTSP cameras and draws stills. Both sides speak the frames of
 * media/pull_frame.h over one socket, the standard input and output; nothing secret is among the arguments. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/json.h"
#include "media/pull_frame.h"
#include "pull/pull.h"

static void obey(struct str order)
{
    json_t *j = NULL;
    char why[160];
    if (json_parse(order, &j, why, sizeof why)) return;
    struct pull_order o = {.slot = (uint32_t)json_i64(j, "slot", PULL_SLOTS), .udp = json_flag(j, "udp", false), .sound = json_flag(j, "sound", false)};
    snprintf(o.url, sizeof o.url, "%s", json_z(j, "url", ""));
    if (strcmp(json_z(j, "do", ""), "open") == 0) pull_open(&o);
    else pull_close(o.slot);
    json_decref(j);
}

int main(void)
{
    struct buf in;
    char piece[65536];
    ssize_t n;
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    pull_start(STDOUT_FILENO);
    buf_init(&in, 2 * PULL_BODY_MAX);
    while ((n = read(STDIN_FILENO, piece, sizeof piece)) > 0) {
        struct pull_frame f;
        size_t used;
        enum hx_err e;
        buf_add(&in, piece, (size_t)n);
        while ((e = pull_frame_read(buf_str(&in), &f, &used)) == HX_OK) {
            if (f.kind == PULL_ORDER) obey(f.body);
            else if (f.kind == PULL_DRAW) pull_draw(f.slot, f.codec == PULL_H265, f.body);
            buf_drop(&in, used);
        }
        if (e != HX_E_AGAIN) return 1;
    }
    return 0;
}
