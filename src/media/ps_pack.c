#include "ps_pack.h"

#include <string.h>

#include "media/h264.h"

#define PES_PAYLOAD 65000u
#define RTP_PAYLOAD 1400u
#define TYPE_PS 96 /* as all agree by SDP */

static void stamp(uint8_t *at, uint64_t pts)
{
    at[0] = (uint8_t)(0x21 | (pts >> 29 & 0x0e));
    at[1] = (uint8_t)(pts >> 22), at[2] = (uint8_t)(pts >> 14 | 1), at[3] = (uint8_t)(pts >> 7), at[4] = (uint8_t)(pts << 1 | 1);
}

/* ISO/IEC 13818-1, annex A. */
static uint32_t map_checksum(const uint8_t *at, size_t n)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < n; i++) {
        crc ^= (uint32_t)at[i] << 24;
        for (int bit = 0; bit < 8; bit++) crc = crc << 1 ^ (crc & 0x80000000 ? 0x04c11db7 : 0);
    }
    return crc;
}

void ps_pack(const struct ps_picture *p, struct buf *out)
{
    const struct str unit = p->unit;
    const uint64_t pts = p->pts & 0x1ffffffff;
    uint8_t pack[14] = {0, 0, 1, 0xBA, (uint8_t)(0x44 | (pts >> 27 & 0x38) | (pts >> 28 & 3)), (uint8_t)(pts >> 20), (uint8_t)(0x04 | (pts >> 12 & 0xf8) | (pts >> 13 & 3)),
                        (uint8_t)(pts >> 5), (uint8_t)(0x04 | (pts << 3 & 0xf8)), 1, 0, 0x9c, 0x43, 0xf8};
    static const uint8_t system[18] = {0, 0, 1, 0xBB, 0, 12, 0x80, 0x4e, 0x21, 4, 0xe1, 0x7f, 0xe0, 0xe0, 0xe8, 0xc0, 0xc0, 0x20};
    uint8_t map[24] = {0, 0, 1, 0xBC, 0, 18, 0xe1, 0xff, 0, 0, 0, 8, p->h265 ? 0x24 : 0x1b, 0xe0, 0, 0, 0x90, 0xc0, 0, 0};
    const uint32_t crc = map_checksum(map, 20);
    for (int i = 0; i < 4; i++) map[20 + i] = (uint8_t)(crc >> (24 - 8 * i));
    buf_add(out, pack, sizeof pack);
    if (p->key) buf_add(out, system, sizeof system);
    if (p->key && !p->no_map) buf_add(out, map, sizeof map);
    for (size_t at = 0; at < unit.len; at += PES_PAYLOAD) {
        size_t n = unit.len - at < PES_PAYLOAD ? unit.len - at : PES_PAYLOAD, head = at == 0 ? 8 : 3;
        uint8_t pes[14] = {0, 0, 1, 0xE0, (uint8_t)((n + head) >> 8), (uint8_t)(n + head), 0x80, at == 0 ? 0x80 : 0, (uint8_t)(head - 3)};
        if (at == 0) stamp(pes + 9, pts);
        buf_add(out, pes, 6 + head);
        buf_add(out, unit.at + at, n);
    }
    if (p->sound.len == 0 || p->sound.len > PES_PAYLOAD) return;
    uint8_t pes[14] = {0, 0, 1, 0xC0, (uint8_t)((p->sound.len + 8) >> 8), (uint8_t)(p->sound.len + 8), 0x80, 0x80, 5};
    stamp(pes + 9, pts);
    buf_add(out, pes, sizeof pes);
    buf_add(out, p->sound.at, p->sound.len);
}

void rtp_put_head(uint8_t *packet, int type, bool marker, uint16_t seq, uint32_t timestamp, uint32_t ssrc)
{
    packet[0] = 0x80, packet[1] = (uint8_t)(type | (marker ? 0x80 : 0)), packet[2] = (uint8_t)(seq >> 8), packet[3] = (uint8_t)seq;
    for (int i = 0; i < 4; i++) packet[4 + i] = (uint8_t)(timestamp >> (24 - 8 * i)), packet[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
}

void rtp_pack(struct str bytes, uint16_t *seq, uint32_t timestamp, uint32_t ssrc, void (*send)(struct str packet, void *arg), void *arg)
{
    for (size_t at = 0; at < bytes.len; at += RTP_PAYLOAD, (*seq)++) {
        size_t n = bytes.len - at < RTP_PAYLOAD ? bytes.len - at : RTP_PAYLOAD;
        uint8_t packet[12 + RTP_PAYLOAD];
        rtp_put_head(packet, TYPE_PS, at + n == bytes.len, *seq, timestamp, ssrc);
        memcpy(packet + 12, bytes.at + at, n);
        send((struct str){(const char *)packet, 12 + n}, arg);
    }
}

void rtp_pack_units(struct str unit, bool h265, uint16_t *seq, uint32_t timestamp, uint32_t ssrc, void (*send)(struct str packet, void *arg), void *arg)
{
    uint8_t packet[12 + RTP_PAYLOAD];
    size_t from = 0;
    struct str nal, next;
    bool more = h264_next_nal(unit, &from, &nal);
    for (; more; nal = next) {
        more = h264_next_nal(unit, &from, &next);
        if (nal.len <= RTP_PAYLOAD) {
            rtp_put_head(packet, TYPE_PS, !more, (*seq)++, timestamp, ssrc);
            memcpy(packet + 12, nal.at, nal.len);
            send((struct str){(const char *)packet, 12 + nal.len}, arg);
            continue;
        }
        size_t own = h265 ? 2 : 1, head = own + 1; /* bytes of the unit's header; of that and the piece's */
        for (size_t at = own; at < nal.len; at += RTP_PAYLOAD - head) {
            size_t n = nal.len - at < RTP_PAYLOAD - head ? nal.len - at : RTP_PAYLOAD - head;
            bool last = at + n == nal.len;
            rtp_put_head(packet, TYPE_PS, !more && last, (*seq)++, timestamp, ssrc);
            packet[12] = (uint8_t)(h265 ? (nal.at[0] & 0x81) | 49 << 1 : (nal.at[0] & 0x60) | 28);
            packet[13] = (uint8_t)nal.at[1]; /* H.265 */
            packet[12 + own] = (uint8_t)((at == own ? 0x80 : 0) | (last ? 0x40 : 0) | (h265 ? nal.at[0] >> 1 & 0x3f : nal.at[0] & 0x1f));
            memcpy(packet + 12 + head, nal.at + at, n);
            send((struct str){(const char *)packet, 12 + head + n}, arg);
        }
    }
}
