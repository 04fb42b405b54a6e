#include "sip_audio.h"

#include <strings.h>

void sip_audio_offer(const char *host, int port, unsigned long long session, struct buf *out)
{
    buf_printf(out, "v=0\r\no=huxue %llu 1 IN IP4 %s\r\ns=Huxue\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP %d %d %d\r\na=rtpmap:%d PCMA/8000\r\na=rtpmap:%d PCMU/8000\r\na=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
               session, host, host, port, SIP_AUDIO_ALAW, SIP_AUDIO_ULAW, SIP_AUDIO_EVENT, SIP_AUDIO_ALAW, SIP_AUDIO_ULAW, SIP_AUDIO_EVENT, SIP_AUDIO_EVENT);
}

static bool on_media(struct str m, struct sip_audio *out)
{
    struct str kind, port, protocol, format;
    int64_t v = 0;
    if (!str_split(&m, ' ', &kind) || !str_split(&m, ' ', &port) || !str_split(&m, ' ', &protocol)) return false;
    if (!str_eq(kind, STR("audio")) || !str_to_i64(port, &v) || v <= 0 || v > 65535) return false;
    out->port = (int)v;
    while (out->law < 0 && str_split(&m, ' ', &format)) {
        if (!str_to_i64(str_trim(format), &v)) continue;
        if (v == SIP_AUDIO_ALAW || v == SIP_AUDIO_ULAW) out->law = (int)v;
    }
    return true;
}

static void on_attribute(struct str a, struct sip_audio *out)
{
    struct str number;
    int64_t v = 0;
    if (!str_starts(a, STR("rtpmap:"))) return;
    a = (struct str){a.at + 7, a.len - 7};
    if (!str_split(&a, ' ', &number) || !str_to_i64(number, &v) || v < 96 || v > 127) return;
    if (a.len >= 20 && strncasecmp(a.at, "telephone-event/8000", 20) == 0) out->event = (int)v;
}

enum hx_err sip_audio_read(struct str text, struct sip_audio *out)
{
    struct str line;
    bool media = false, ours = false; /* a media line was there; the lines below it are the audio's */
    *out = (struct sip_audio){.law = -1, .event = SIP_AUDIO_EVENT};
    while (str_split(&text, '\n', &line)) {
        line = str_trim(line);
        if (line.len < 3 || line.at[1] != '=') continue;
        struct str v = {line.at + 2, line.len - 2};
        if (line.at[0] == 'm') {
            ours = out->port == 0 && on_media(v, out);
            media = true;
        } else if (line.at[0] == 'c' && (ours || !media) && str_starts(v, STR("IN IP4 "))) {
            struct str rest = {v.at + 7, v.len - 7}, host;
            if (str_split(&rest, '/', &host)) str_to_z(str_trim(host), out->host, sizeof out->host);
        } else if (line.at[0] == 'a' && ours) {
            on_attribute(v, out);
        }
    }
    return out->port != 0 && out->law >= 0 && out->host[0] != 0 ? HX_OK : HX_E_INVALID;
}
