#include "gb28181_sdp.h"

#include <stdio.h>
#include <string.h>

static void on_attribute(struct str a, struct gb_sdp *out)
{
    static const char *const stream_names[] = {"streamnumber:", "stream:", "streamprofile:", "streamMode:"};
    if (str_starts(a, STR("setup:active"))) out->active = true;
    if (str_starts(a, STR("filesize:")) && !str_to_i64(str_trim((struct str){a.at + 9, a.len - 9}), &out->file_bytes)) out->file_bytes = 0;
    if (memmem(a.at, a.len, "H265", 4) != NULL || memmem(a.at, a.len, "HEVC", 4) != NULL) out->h265 = true;
    for (size_t i = 0; i < HX_COUNT(stream_names); i++) {
        struct str name = str_of(stream_names[i]);
        if (!str_starts(a, name) || a.len <= name.len) continue;
        char c = a.at[name.len];
        if (c == '0' || c == '1' || c == '2') out->stream = c == '0' ? 0 : 1;
        else out->stream = c == 'M' || c == 'm' ? 0 : 1; /* MAIN, SUB */
    }
}

static bool on_media(struct str m, struct gb_sdp *out)
{
    struct str kind, port, protocol;
    if (!str_split(&m, ' ', &kind) || !str_split(&m, ' ', &port) || !str_split(&m, ' ', &protocol)) return false;
    if (!str_eq(kind, STR("video")) && !str_eq(kind, STR("audio"))) return false;
    int64_t v = 0;
    if (!str_to_i64(port, &v) || v > 65535) return false;
    out->port = (int)v;
    out->tcp = memmem(protocol.at, protocol.len, "TCP", 3) != NULL;
    out->audio = str_eq(kind, STR("audio"));
    for (struct str format; str_split(&m, ' ', &format);)
        if (out->audio && str_to_i64(str_trim(format), &v) && v == 8) out->alaw = true;
    return true;
}

static void on_time(struct str v, struct gb_sdp *out)
{
    struct str from;
    if (str_split(&v, ' ', &from) && str_to_i64(from, &out->from_s) && v.at != NULL && str_to_i64(str_trim(v), &out->to_s)) return;
    out->from_s = out->to_s = 0;
}

enum hx_err gb_sdp_parse(struct str text, struct gb_sdp *out)
{
    struct str line;
    bool media = false;
    *out = (struct gb_sdp){.stream = -1};
    while (str_split(&text, '\n', &line)) {
        line = str_trim(line);
        if (line.len < 3 || line.at[1] != '=') continue;
        struct str v = {line.at + 2, line.len - 2};
        if (line.at[0] == 's') str_to_z(v, out->name, sizeof out->name);
        else if (line.at[0] == 'c' && str_starts(v, STR("IN IP4 "))) str_to_z(str_trim((struct str){v.at + 7, v.len - 7}), out->host, sizeof out->host);
        else if (line.at[0] == 'm') media = on_media(v, out) || media;
        else if (line.at[0] == 'a') on_attribute(v, out);
        else if (line.at[0] == 't') on_time(v, out);
        else if (line.at[0] == 'y') {
            int64_t y = 0;
            out->has_ssrc = str_to_i64(str_trim(v), &y) && y <= UINT32_MAX;
            if (out->has_ssrc) out->ssrc = (uint32_t)y;
        }
    }
    return media ? HX_OK : HX_E_INVALID;
}

void gb_sdp_make(const struct gb_sdp *s, const char *code, const char *uri, bool sends, struct buf *out)
{
    buf_printf(out, "v=0\r\no=%s 0 0 IN IP4 %s\r\ns=%s\r\n", code, s->host, s->name);
    if (uri[0] != 0) buf_printf(out, "u=%s\r\n", uri);
    buf_printf(out, "c=IN IP4 %s\r\nt=%lld %lld\r\nm=%s %d %s %s\r\n", s->host, (long long)s->from_s, (long long)s->to_s, s->audio ? "audio" : "video", s->port, s->tcp ? "TCP/RTP/AVP" : "RTP/AVP", s->audio ? "8" : sends ? "96" : "96 98 97");
    if (s->tcp) buf_printf(out, "a=setup:%s\r\na=connection:new\r\n", s->active ? "active" : "passive");
    buf_printf(out, "a=%s\r\na=rtpmap:%s\r\n", sends ? "sendonly" : "recvonly", s->audio ? "8 PCMA/8000" : "96 PS/90000");
    if (!sends && !s->audio) buf_add_z(out, "a=rtpmap:98 H264/90000\r\na=rtpmap:97 MPEG4/90000\r\n");
    if (s->stream >= 0) buf_printf(out, "a=streamnumber:%d\r\n", s->stream);
    buf_printf(out, "y=%010u\r\n", s->ssrc);
    if (s->audio) buf_add_z(out, "f=v/////a/1/8/1\r\n"); /* G.711 at 64 kbit/s, 8 kHz */
}

static void command(uint8_t b4, int b5, int b6, int b7, char out[17])
{
    uint8_t b[8] = {0xA5, 0x0F, 0x01, b4, (uint8_t)b5, (uint8_t)b6, (uint8_t)b7, 0};
    for (int i = 0; i < 7; i++) b[7] = (uint8_t)(b[7] + b[i]);
    hex_encode(b, 8, out);
}

void gb_ptz_move(unsigned moves, int pan_speed, int tilt_speed, int zoom_speed, char out[17])
{
    bool pans = moves & (GB_LEFT | GB_RIGHT), tilts = moves & (GB_UP | GB_DOWN), zooms = moves & (GB_ZOOM_IN | GB_ZOOM_OUT);
    command((uint8_t)(moves & 63), pans ? pan_speed : 0, tilts ? tilt_speed : 0, zooms ? (zoom_speed & 15) << 4 : 0, out);
}

void gb_ptz_lens(unsigned lens, int speed, char out[17])
{
    command((uint8_t)(0x40 | (lens & 15)), lens & (GB_FOCUS_FAR | GB_FOCUS_NEAR) ? speed : 0, lens & (GB_IRIS_OPEN | GB_IRIS_CLOSE) ? speed : 0, 0, out);
}

void gb_ptz_preset(int what, int number, char out[17])
{
    command((uint8_t)what, 0, number, 0, out);
}

bool gb_ptz_parse(struct str hex, uint8_t out[8])
{
    unsigned sum = 0;
    if (hex_decode(hex, out, 8) != 8 || out[0] != 0xA5) return false;
    for (int i = 0; i < 7; i++) sum += out[i];
    return (sum & 255) == out[7];
}
