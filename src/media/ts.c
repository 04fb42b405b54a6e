#include "ts.h"

#include <string.h>

#define SYNC 0x47
#define MAP_TABLE 2

bool ts_begins(struct str bytes)
{
    return bytes.len >= TS_PACKET && bytes.at[0] == SYNC && (bytes.len == TS_PACKET || bytes.at[TS_PACKET] == SYNC);
}

static bool is_video(uint8_t id) { return id >= 0xE0 && id <= 0xEF; }
static bool is_sound(uint8_t id) { return id >= 0xC0 && id <= 0xDF; }

/* The program map (2.4.4.8), where it fits one packet: its first video and its first sound. */
static void read_map(struct ts *t, const uint8_t *b, size_t n)
{
    if (n < 12) return;
    size_t end = 3 + (size_t)((b[1] & 15) << 8 | b[2]), at = 12 + (size_t)((b[10] & 15) << 8 | b[11]);
    if (end > n || end < 4) return;
    end -= 4; /* the sum over it */
    for (int video = 0, sound = 0; at + 5 <= end; at += 5 + (size_t)((b[at + 3] & 15) << 8 | b[at + 4])) {
        int pid = (b[at + 1] & 31) << 8 | b[at + 2];
        bool seen = b[at] == 0x1B || b[at] == 0x24, heard = b[at] == 0x0F || b[at] == 0x03 || b[at] == 0x04 || (b[at] >= 0x90 && b[at] <= 0x9B);
        if (seen && !video) video = 1, t->video = pid, t->video_type = b[at];
        if (heard && !sound) sound = 1, t->sound = pid, t->sound_type = b[at];
    }
}

static void take_packet(struct ts *t, const uint8_t *b, void (*take)(const struct ts_piece *p, void *arg), void *arg)
{
    int pid = (b[1] & 31) << 8 | b[2];
    size_t at = b[3] & 0x20 ? 5u + b[4] : 4;
    bool begins = b[1] & 0x40;
    if (b[1] & 0x80 || !(b[3] & 0x10) || at >= TS_PACKET) return; /* damaged on the way, or nothing in it */
    const uint8_t *in = b + at;
    size_t n = TS_PACKET - at;
    if (begins && n >= 9 && in[0] == 0 && in[1] == 0 && in[2] == 1) {
        if (t->video == 0 && is_video(in[3])) t->video = pid;
        if (t->sound == 0 && is_sound(in[3])) t->sound = pid;
    } else if (begins && pid != t->video && pid != t->sound) {
        if ((size_t)in[0] + 2 < n && in[1 + in[0]] == MAP_TABLE) read_map(t, in + 1 + in[0], n - 1 - in[0]);
        return;
    }
    if (pid != 0 && (pid == t->video || pid == t->sound)) take(&(struct ts_piece){.sound = pid == t->sound, .begins = begins, .bytes = {(const char *)in, n}}, arg);
}

void ts_feed(struct ts *t, struct str bytes, void (*take)(const struct ts_piece *p, void *arg), void *arg)
{
    while (bytes.len > 0) {
        if (t->held_n == 0 && bytes.at[0] != SYNC) {
            const char *next = memchr(bytes.at, SYNC, bytes.len);
            t->resyncs++;
            if (next == NULL) return;
            bytes = (struct str){next, bytes.len - (size_t)(next - bytes.at)};
        }
        size_t n = TS_PACKET - t->held_n < bytes.len ? TS_PACKET - t->held_n : bytes.len;
        memcpy(t->held + t->held_n, bytes.at, n);
        t->held_n += n;
        bytes = (struct str){bytes.at + n, bytes.len - n};
        if (t->held_n < TS_PACKET) return;
        t->held_n = 0;
        take_packet(t, (const uint8_t *)t->held, take, arg);
    }
}

void ts_lose(struct ts *t)
{
    t->held_n = 0;
}
