/* huxue-pull: started by huxue-media, fetches RTSP cameras and waits for encoders. Orders come as JSON lines on the standard input, with
 * nothing secret among the arguments; frames of media/pull_frame.h go to the standard output. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/json.h"
#include "pull/pull.h"

static void obey(const json_t *j)
{
    struct pull_order o = {.slot = (uint32_t)json_i64(j, "slot", PULL_SLOTS), .udp = json_flag(j, "udp", false), .listen = json_flag(j, "listen", false)};
    if (strcmp(json_z(j, "do", ""), "open") != 0) {
        pull_close(o.slot);
        return;
    }
    snprintf(o.url, sizeof o.url, "%s", json_z(j, "url", ""));
    pull_open(&o);
}

int main(void)
{
    char line[2048], why[160];
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    pull_start(1);
    while (fgets(line, sizeof line, stdin) != NULL) {
        json_t *j = NULL;
        if (json_parse(str_trim(str_of(line)), &j, why, sizeof why) == HX_OK) obey(j);
        json_decref(j);
    }
    return 0;
}
