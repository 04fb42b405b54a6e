#include "fmp4.h"

#include <string.h>

#include "media/h264.h"

static void u8(struct buf *b, unsigned v) { buf_add(b, &(char){(char)v}, 1); }
static void u16(struct buf *b, unsigned v) { u8(b, v >> 8), u8(b, v); }
static void u32(struct buf *b, uint32_t v) { u16(b, v >> 16), u16(b, v & 0xffff); }
static void u64(struct buf *b, uint64_t v) { u32(b, (uint32_t)(v >> 32)), u32(b, (uint32_t)v); }
static void zeros(struct buf *b, size_t n) { while (n-- > 0) u8(b, 0); }

static size_t box(struct buf *b, const char *name)
{
    size_t at = b->len;
    u32(b, 0);
    buf_add(b, name, 4);
    return at;
}

static size_t full(struct buf *b, const char *name, unsigned version, uint32_t flags)
{
    size_t at = box(b, name);
    u32(b, version << 24 | flags);
    return at;
}

static void put32(struct buf *b, size_t at, uint32_t v)
{
    for (int i = 0; i < 4; i++) b->at[at + (size_t)i] = (char)(v >> (24 - 8 * i));
}

static void end(struct buf *b, size_t at) { put32(b, at, (uint32_t)(b->len - at)); }

static void matrix(struct buf *b)
{
    static const uint32_t unity[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
    for (int i = 0; i < 9; i++) u32(b, unity[i]);
}

/* AVCDecoderConfigurationRecord, HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 clauses 5.3.3.1, 8.3.3.1). */
static void avc_record(const struct fmp4_track *t, struct buf *b)
{
    size_t avcc = box(b, "avcC");
    u8(b, 1);
    buf_add(b, t->sps.at + 1, 3); /* profile, compatibility, level */
    u8(b, 0xff);
    u8(b, 0xe1);
    u16(b, (unsigned)t->sps.len);
    buf_add(b, t->sps.at, t->sps.len);
    u8(b, 1);
    u16(b, (unsigned)t->pps.len);
    buf_add(b, t->pps.at, t->pps.len);
    end(b, avcc);
}

static void hevc_record(const struct fmp4_track *t, struct buf *b)
{
    const struct h265_sps *s = t->h265;
    const struct str sets[3] = {t->vps, t->sps, t->pps};
    size_t hvcc = box(b, "hvcC");
    u8(b, 1);
    buf_add(b, s->profile, sizeof s->profile);
    u16(b, 0xf000), u8(b, 0xfc);
    u8(b, 0xfc | (unsigned)s->chroma), u8(b, 0xf8 | (unsigned)(s->luma_depth - 8)), u8(b, 0xf8 | (unsigned)(s->chroma_depth - 8));
    u16(b, 0);
    u8(b, (unsigned)(s->layers << 3 | s->nested << 2 | 3)); /* four bytes of length before each NAL unit */
    u8(b, 3);
    for (unsigned i = 0; i < 3; i++) {
        u8(b, 0x80 | (H265_VPS + i));
        u16(b, 1);
        u16(b, (unsigned)sets[i].len);
        buf_add(b, sets[i].at, sets[i].len);
    }
    end(b, hvcc);
}

static void sample_entry(const struct fmp4_track *t, struct buf *b)
{
    size_t entry = box(b, t->h265 != NULL ? "hvc1" : "avc1");
    zeros(b, 6);
    u16(b, 1);
    zeros(b, 16);
    u16(b, (unsigned)t->width), u16(b, (unsigned)t->height);
    u32(b, 0x480000), u32(b, 0x480000);
    u32(b, 0);
    u16(b, 1);
    zeros(b, 32);
    u16(b, 0x18), u16(b, 0xffff);
    if (t->h265 != NULL) hevc_record(t, b);
    else avc_record(t, b);
    end(b, entry);
}

/* OpusSpecificBox: version, channels, pre-skip, rate of the input, gain, mapping family. */
static void opus_entry(const struct fmp4_track *t, struct buf *b)
{
    size_t entry = box(b, "Opus");
    zeros(b, 6);
    u16(b, 1);
    zeros(b, 8);
    u16(b, (unsigned)t->opus_channels), u16(b, 16);
    u32(b, 0);
    u32(b, 48000u << 16);
    size_t dops = box(b, "dOps");
    u8(b, 0), u8(b, (unsigned)t->opus_channels);
    u16(b, 312), u32(b, 48000), u16(b, 0), u8(b, 0);
    end(b, dops);
    end(b, entry);
}

static void sample_table(const struct fmp4_track *t, bool sound, struct buf *b)
{
    size_t stbl = box(b, "stbl"), stsd = full(b, "stsd", 0, 0);
    u32(b, 1);
    if (sound) opus_entry(t, b);
    else sample_entry(t, b);
    end(b, stsd);
    for (const char *const *name = (const char *const[]){"stts", "stsc", "stco", NULL}; *name != NULL; name++) {
        size_t at = full(b, *name, 0, 0);
        u32(b, 0);
        end(b, at);
    }
    size_t stsz = full(b, "stsz", 0, 0);
    u32(b, 0), u32(b, 0);
    end(b, stsz);
    end(b, stbl);
}

static void media_box(const struct fmp4_track *t, bool sound, struct buf *b)
{
    size_t mdia = box(b, "mdia"), at = full(b, "mdhd", 0, 0);
    u32(b, 0), u32(b, 0), u32(b, FMP4_TIMESCALE), u32(b, 0);
    u16(b, 0x55c4), u16(b, 0); /* language und */
    end(b, at);
    at = full(b, "hdlr", 0, 0);
    u32(b, 0);
    buf_add(b, sound ? "soun" : "vide", 4);
    zeros(b, 12);
    buf_add(b, sound ? "sound" : "video", 6);
    end(b, at);
    size_t minf = box(b, "minf");
    at = sound ? full(b, "smhd", 0, 0) : full(b, "vmhd", 0, 1);
    zeros(b, sound ? 4 : 8);
    end(b, at);
    size_t dinf = box(b, "dinf"), dref = full(b, "dref", 0, 0);
    u32(b, 1);
    at = full(b, "url ", 0, 1);
    end(b, at);
    end(b, dref);
    end(b, dinf);
    sample_table(t, sound, b);
    end(b, minf);
    end(b, mdia);
}

static void track(const struct fmp4_track *t, bool sound, struct buf *b)
{
    size_t trak = box(b, "trak"), at = full(b, "tkhd", 0, 3);
    u32(b, 0), u32(b, 0), u32(b, sound ? 2 : 1), u32(b, 0), u32(b, 0);
    zeros(b, 12);
    u16(b, sound ? 0x100 : 0), u16(b, 0); /* volume */
    matrix(b);
    u32(b, sound ? 0 : (uint32_t)t->width << 16), u32(b, sound ? 0 : (uint32_t)t->height << 16);
    end(b, at);
    media_box(t, sound, b);
    end(b, trak);
}

void fmp4_init(const struct fmp4_track *t, struct buf *b)
{
    size_t at = box(b, "ftyp");
    buf_add(b, "iso5", 4);
    u32(b, 512);
    buf_add(b, "iso5iso6mp41", 12);
    end(b, at);
    size_t moov = box(b, "moov");
    at = full(b, "mvhd", 0, 0);
    u32(b, 0), u32(b, 0), u32(b, FMP4_TIMESCALE), u32(b, 0), u32(b, 0x10000), u16(b, 0x100);
    zeros(b, 10);
    matrix(b);
    zeros(b, 24);
    u32(b, 3);
    end(b, at);
    track(t, false, b);
    if (t->opus_channels > 0) track(t, true, b);
    size_t mvex = box(b, "mvex");
    for (uint32_t id = 1; id <= (t->opus_channels > 0 ? 2u : 1u); id++) {
        at = full(b, "trex", 0, 0);
        u32(b, id), u32(b, 1), u32(b, 0), u32(b, 0), u32(b, 0);
        end(b, at);
    }
    end(b, mvex);
    end(b, moov);
}

/* moof, and the head of mdat; *size: where the sample's size is written once it is known. */
static size_t begin_fragment(uint32_t number, uint32_t id, uint64_t decode_time, uint32_t duration, int32_t offset, bool key, struct buf *b, size_t *size)
{
    size_t moof = box(b, "moof"), at = full(b, "mfhd", 0, 0);
    u32(b, number);
    end(b, at);
    size_t traf = box(b, "traf");
    at = full(b, "tfhd", 0, 0x20000); /* offsets count from the moof */
    u32(b, id);
    end(b, at);
    at = full(b, "tfdt", 1, 0);
    u64(b, decode_time);
    end(b, at);
    at = full(b, "trun", 1, offset != 0 ? 0xf01 : 0x701); /* data offset; duration, size, flags and offset of the sample */
    u32(b, 1);
    size_t data = b->len;
    u32(b, 0);
    u32(b, duration);
    *size = b->len;
    u32(b, 0);
    u32(b, key ? 0x02000000 : 0x01010000);
    if (offset != 0) u32(b, (uint32_t)offset);
    end(b, at);
    end(b, traf);
    end(b, moof);
    put32(b, data, (uint32_t)(b->len - moof + 8));
    return box(b, "mdat");
}

static void end_fragment(size_t mdat, size_t size, struct buf *b)
{
    put32(b, size, (uint32_t)(b->len - mdat - 8));
    end(b, mdat);
}

void fmp4_fragment(uint32_t number, uint64_t decode_time, uint32_t duration, int32_t offset, bool key, bool h265, struct str unit, struct buf *b)
{
    size_t size, mdat = begin_fragment(number, 1, decode_time, duration, offset, key, b, &size), from = 0;
    struct str nal;
    while (h264_next_nal(unit, &from, &nal)) {
        int type = h265 ? h265_type(nal) : h264_type(nal);
        if (h265 ? type >= H265_VPS && type <= H265_AUD : type == H264_SPS || type == H264_PPS || type == H264_AUD) continue;
        u32(b, (uint32_t)nal.len);
        buf_add(b, nal.at, nal.len);
    }
    end_fragment(mdat, size, b);
}

void fmp4_add_nal(struct buf *out, struct str nal)
{
    buf_add(out, "\0\0\0\1", 4);
    buf_add(out, nal.at, nal.len);
}

bool fmp4_sample_nals(struct str sample, struct buf *out)
{
    const uint8_t *b = (const uint8_t *)sample.at;
    for (size_t at = 0; at < sample.len;) {
        if (sample.len - at < 4) return false;
        size_t n = (size_t)b[at] << 24 | (size_t)b[at + 1] << 16 | (size_t)b[at + 2] << 8 | b[at + 3];
        if (n > sample.len - at - 4) return false;
        fmp4_add_nal(out, (struct str){sample.at + at + 4, n});
        at += 4 + n;
    }
    return true;
}

void fmp4_sound(uint32_t number, uint64_t decode_time, uint32_t duration, struct str packet, struct buf *b)
{
    size_t size, mdat = begin_fragment(number, 2, decode_time, duration, 0, true, b, &size);
    buf_add(b, packet.at, packet.len);
    end_fragment(mdat, size, b);
}
