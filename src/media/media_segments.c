#include "media_segments.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fmp4.h"
#include "media_record.h"

static int by_from(const void *a, const void *b)
{
    const struct segment *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

size_t segments_list(const char *dir, const char *stream, int64_t from, int64_t to, struct segment **out)
{
    char path[RECORD_PATH_MAX];
    size_t n = 0, room = 0;
    *out = NULL;
    snprintf(path, sizeof path, "%.4200s/%s", dir, stream);
    DIR *d = opendir(path);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        long long a, b;
        int end = 0;
        if (sscanf(e->d_name, "%lld-%lld.mp4%n", &a, &b, &end) != 2 || e->d_name[end] != 0 || end == 0 || b < from || a > to) continue;
        if (n == room) {
            room = room ? 2 * room : 64;
            *out = realloc(*out, room * sizeof **out);
            HX_ASSERT(*out != NULL);
        }
        (*out)[n++] = (struct segment){a, b};
    }
    if (d != NULL) closedir(d);
    if (n > 0) qsort(*out, n, sizeof **out, by_from);
    return n;
}

bool segment_read_file(const char *path, size_t max, struct buf *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_size <= max;
    buf_init(out, max);
    char part[65536];
    for (ssize_t n = 1; good && n > 0;) {
        n = read(fd, part, sizeof part);
        if (n < 0) good = false;
        else buf_add(out, part, (size_t)n);
    }
    if (fd >= 0) close(fd);
    return good && !out->full;
}

bool segment_next_box(struct str in, size_t *at, struct str *box, const char **name)
{
    if (in.len - *at < 8) return false;
    const uint8_t *b = (const uint8_t *)in.at + *at;
    size_t n = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
    if (n < 8 || n > in.len - *at) return false;
    *box = (struct str){(const char *)b, n};
    *name = (const char *)b + 4;
    *at += n;
    return true;
}

uint64_t segment_get64(const char *at)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++) v = v << 8 | (unsigned char)at[i];
    return v;
}

/* ---- what is in a segment ---- */

/* Where things stand in our own moof (fmp4.c: begin_fragment). */
#define TRACK_AT 44
#define TRUN_FLAGS_AT 76
#define OFFSET_AT 100
#define MOOF_BYTES 100
#define HAS_OFFSET 0x800
#define SETS_MAX 4096

static size_t get16(const char *at)
{
    return (size_t)(unsigned char)at[0] << 8 | (unsigned char)at[1];
}

static uint32_t get32(const char *at)
{
    return (uint32_t)get16(at) << 16 | (uint32_t)get16(at + 2);
}

/* `count` parameter sets at *at, each after its length. */
static bool take_sets(struct str in, size_t *at, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (in.len - *at < 2 || get16(in.at + *at) > in.len - *at - 2) return false;
        fmp4_add_nal(out, (struct str){in.at + *at + 2, get16(in.at + *at)});
        *at += 2 + get16(in.at + *at);
    }
    return true;
}

bool segment_of_sound(struct str moof)
{
    return moof.len >= MOOF_BYTES && get32(moof.at + TRACK_AT) == 2;
}

/* The parameter sets out of avcC or hvcC (ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1). */
static bool read_sets(struct str moov, bool *h265, struct buf *out)
{
    const char *avc = memmem(moov.at, moov.len, "avcC", 4), *hvc = memmem(moov.at, moov.len, "hvcC", 4), *found = avc != NULL ? avc : hvc;
    if (found == NULL) return false;
    struct str in = {found + 4, moov.len - (size_t)(found + 4 - moov.at)};
    size_t at;
    *h265 = avc == NULL;
    if (avc != NULL) {
        at = 6;
        if (in.len < 7 || !take_sets(in, &at, in.at[5] & 31, out) || in.len - at < 1) return false;
        size_t pps = (unsigned char)in.at[at++];
        return take_sets(in, &at, pps, out);
    }
    if (in.len < 23) return false;
    at = 23;
    for (int arrays = (unsigned char)in.at[22]; arrays > 0; arrays--) {
        if (in.len - at < 3) return false;
        size_t count = get16(in.at + at + 1);
        at += 3;
        if (!take_sets(in, &at, count, out)) return false;
    }
    return true;
}

/* How many channels of sound the head names (dOps, after its version); 0: none, or more than we have. */
static int read_sound(struct str moov)
{
    const char *ops = memmem(moov.at, moov.len, "dOps", 4);
    int channels = ops != NULL && (size_t)(ops - moov.at) + 6 <= moov.len ? (unsigned char)ops[5] : 0;
    return channels <= 2 ? channels : 0;
}

static bool add_unit(struct segment_units *u, size_t *room, struct str moof, struct str mdat, const struct buf *sets)
{
    struct segment_unit one = {.time = segment_get64(moof.at + SEGMENT_TFDT_AT), .at = u->bytes.len, .sound = segment_of_sound(moof)};
    if (get32(moof.at + TRUN_FLAGS_AT) & HAS_OFFSET) {
        if (moof.len < OFFSET_AT + 4) return false;
        one.offset = (int32_t)get32(moof.at + OFFSET_AT);
    }
    if (one.sound) buf_add(&u->bytes, mdat.at + 8, mdat.len - 8);
    else if ((get32(moof.at + MOOF_BYTES - 4) & 0x02000000) != 0) buf_add(&u->bytes, sets->at, sets->len); /* a key picture */
    if (!one.sound && !fmp4_sample_nals((struct str){mdat.at + 8, mdat.len - 8}, &u->bytes)) return false;
    one.n = u->bytes.len - one.at;
    if (u->count == *room) {
        *room = *room ? 2 * *room : 64;
        u->units = realloc(u->units, *room * sizeof *u->units);
        HX_ASSERT(u->units != NULL);
    }
    u->units[u->count++] = one;
    return !u->bytes.full;
}

enum hx_err segment_units_parse(struct str file, struct segment_units *u)
{
    struct buf sets;
    struct str box, moof = {NULL, 0};
    const char *name;
    size_t at = 0, room = 0;
    bool known = false, good = true;
    *u = (struct segment_units){.count = 0};
    buf_init(&u->bytes, SEGMENT_BYTES_MAX);
    buf_init(&sets, SETS_MAX);
    while (good && segment_next_box(file, &at, &box, &name)) {
        if (memcmp(name, "moov", 4) == 0) buf_clear(&sets), known = good = read_sets(box, &u->h265, &sets), u->opus_channels = read_sound(box);
        else if (memcmp(name, "moof", 4) == 0) moof = box;
        else if (memcmp(name, "mdat", 4) == 0 && known && moof.len >= MOOF_BYTES && (get32(moof.at + TRACK_AT) == 1 || (segment_of_sound(moof) && u->opus_channels > 0))) good = add_unit(u, &room, moof, box, &sets);
    }
    buf_free(&sets);
    if (good && u->count > 0) return HX_OK;
    segment_units_free(u);
    return HX_E_MALFORMED;
}

enum hx_err segment_units_read(const char *dir, const char *stream, const struct segment *s, struct segment_units *u)
{
    char path[RECORD_PATH_MAX + 96];
    struct buf file;
    *u = (struct segment_units){.count = 0};
    snprintf(path, sizeof path, "%s/%s/%lld-%lld.mp4", dir, stream, (long long)s->from, (long long)s->to);
    bool there = segment_read_file(path, SEGMENT_BYTES_MAX, &file);
    enum hx_err e = there ? segment_units_parse(buf_str(&file), u) : HX_E_NOT_FOUND;
    buf_free(&file);
    return e;
}

void segment_units_free(struct segment_units *u)
{
    buf_free(&u->bytes);
    free(u->units);
    *u = (struct segment_units){.count = 0};
}
