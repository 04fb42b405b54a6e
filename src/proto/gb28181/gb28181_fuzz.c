/* Anything as a stream of SIP, its bodies as MANSCDP and as session descriptions; what is answered must be readable again. */
#include <string.h>

#include "proto/gb28181/gb28181_pace.h"
#include "proto/gb28181/gb28181_sdp.h"
#include "proto/gb28181/gb28181_steer.h"
#include "proto/sip/sip.h"
#include "proto/gb28181/gb28181_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* What is taken for a command is one that we could have given. */
static void read_command(struct str hex)
{
    struct recorder_steer s, back;
    char again[17];
    if (!gb_steer_parse(hex, &s)) return;
    gb_steer_format(&s, again);
    HX_ASSERT(gb_steer_parse(str_of(again), &back) && back.act == s.act && back.pan == s.pan && back.tilt == s.tilt && back.zoom == s.zoom && back.focus == s.focus && back.iris == s.iris && back.preset == s.preset);
}

static void read_pace(struct str body)
{
    struct recorder_pace p, back;
    struct buf b;
    if (!gb_pace_parse(body, &p)) return;
    HX_ASSERT(p.percent == 0 || (p.percent >= RECORDER_PACE_MIN && p.percent <= RECORDER_PACE_MAX));
    buf_init(&b, 256);
    gb_pace_format(&p, 1, &b);
    HX_ASSERT(gb_pace_parse(buf_str(&b), &back) && back.percent == p.percent && back.seek_s == p.seek_s);
    buf_free(&b);
}

static void read_body(struct str body)
{
    struct xml x;
    struct gb_sdp s;
    if (gb_xml_parse(body, &x) == HX_OK) {
        HX_ASSERT(x.count > 0 && x.count <= GB_XML_NODES_MAX);
        for (int i = 0; i < x.count; i++) HX_ASSERT(x.nodes[i].text != NULL && x.nodes[i].parent < i && x.nodes[i].next < x.count);
        (void)gb_xml_text(&x, gb_xml_find(&x, 0, "Info"), "AlarmType");
        (void)gb_time_parse(gb_xml_text(&x, 0, "AlarmTime"));
        read_command(str_of(gb_xml_text(&x, 0, "PTZCmd")));
        xml_free(&x);
    }
    read_pace(body);
    if (gb_sdp_parse(body, &s) == HX_OK) HX_ASSERT(s.port >= 0 && s.port <= 65535);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct sip_message m, back;
    struct str in = {(const char *)bytes, n};
    size_t used;
    read_body(in);
    while (in.len > 0 && sip_find(in, &used) == HX_OK && used > 0) {
        HX_ASSERT(used <= in.len);
        if (sip_parse((struct str){in.at, used}, "192.0.2.1", 5060, &m) == HX_OK) {
            struct buf b;
            read_body(m.body);
            (void)sip_digest_fits(&m.digest, "REGISTER", "secret");
            buf_init(&b, 65536);
            sip_reply(&m, 200, "OK", "t", &b);
            sip_end(&b, NULL, STR(""));
            if (m.request && sip_parse(buf_str(&b), "", 0, &back) == HX_OK) HX_ASSERT(!back.request && back.status == 200);
            buf_free(&b);
        }
        in.at += used, in.len -= used;
    }
    return 0;
}
