#include "picture.h"

#include <stdlib.h>
#include <string.h>

#define MB 16
#define COLUMNS (PICTURE_WIDTH / MB)
#define ROWS (PICTURE_HEIGHT / MB)
#define LUMA (PICTURE_WIDTH * PICTURE_HEIGHT)

struct frame {
    uint8_t y[LUMA], u[LUMA / 4], v[LUMA / 4];
};

struct picture {
    struct frame now, shown;
    unsigned camera;
    enum picture_scene scene;
    int turning, pan; /* pixels a picture; so far */
    uint32_t number; /* frame_num since the last key picture */
    uint16_t keys;   /* idr_pic_id differs between neighbours */
};

struct colour {
    uint8_t y, u, v;
};

struct picture *picture_new(unsigned camera, enum picture_scene scene)
{
    struct picture *p = calloc(1, sizeof *p);
    HX_ASSERT(p != NULL);
    p->camera = camera;
    p->scene = scene;
    return p;
}

void picture_free(struct picture *p) { free(p); }
void picture_turn(struct picture *p, int pixels) { p->turning = pixels; }

/* ---- drawing ---- */

static void fill(struct frame *f, int x, int y, int w, int h, struct colour c)
{
    for (int j = y < 0 ? 0 : y; j < y + h && j < PICTURE_HEIGHT; j++)
        for (int i = x < 0 ? 0 : x; i < x + w && i < PICTURE_WIDTH; i++) {
            f->y[j * PICTURE_WIDTH + i] = c.y;
            f->u[j / 2 * (PICTURE_WIDTH / 2) + i / 2] = c.u;
            f->v[j / 2 * (PICTURE_WIDTH / 2) + i / 2] = c.v;
        }
}

static void digit(struct frame *f, int x, int y, int d)
{
    static const uint8_t segments[10] = {0x77, 0x24, 0x5d, 0x6d, 0x2e, 0x6b, 0x7b, 0x25, 0x7f, 0x6f};
    static const struct { int x, y, w, h; } at[7] = {{2, 0, 8, 2}, {0, 2, 2, 8}, {10, 2, 2, 8}, {2, 10, 8, 2}, {0, 12, 2, 8}, {10, 12, 2, 8}, {2, 20, 8, 2}};
    for (int s = 0; s < 7; s++)
        if (segments[d] >> s & 1) fill(f, x + at[s].x, y + at[s].y, at[s].w, at[s].h, (struct colour){235, 128, 128});
}

static void person(struct frame *f, int x, int y, struct colour coat)
{
    fill(f, x + 3, y, 8, 9, (struct colour){170, 108, 150});
    fill(f, x, y + 9, 14, 20, coat);
    fill(f, x + 1, y + 29, 5, 15, (struct colour){50, 132, 126});
    fill(f, x + 8, y + 29, 5, 15, (struct colour){50, 132, 126});
}

static void draw_gate(struct frame *f, unsigned camera, int pan, int64_t ms)
{
    static const struct colour coats[4] = {{90, 180, 110}, {80, 110, 190}, {150, 60, 150}, {190, 100, 140}};
    struct colour wall = {(uint8_t)(150 + camera * 7 % 40), (uint8_t)(120 + camera * 13 % 16), (uint8_t)(130 + camera * 5 % 16)};
    fill(f, 0, 0, PICTURE_WIDTH, 96, (struct colour){190, 140, 118});
    fill(f, 0, 96, PICTURE_WIDTH, 176, (struct colour){120, 126, 128});
    fill(f, 40 - pan, 40, 400, 112, wall);
    for (int i = 0; i < 6; i++) fill(f, 60 - pan + i * 62, 56, 36, 26, (struct colour){70, 140, 120});
    fill(f, 190 - pan, 92, 100, 60, (struct colour){60, 128, 128});
    for (int i = 0; i < 8; i++) fill(f, 194 - pan + i * 12, 96, 3, 56, (struct colour){170, 128, 128});
    fill(f, 150 - pan, 84, 180, 10, (struct colour){90, 90, 200});
    fill(f, 0, 196, PICTURE_WIDTH, 6, (struct colour){200, 100, 150});
    for (int i = 0; i < 4; i++) {
        int64_t step = ms / 50 * (2 + i) / 3 + i * 190 + camera * 57;
        int x = (int)(step % (PICTURE_WIDTH + 40)) - 20;
        person(f, i % 2 ? x : PICTURE_WIDTH - 20 - x, 150 + i * 18, coats[(camera + (unsigned)i) % 4]);
    }
}

/* From above the driver to the rear: windows with what goes by, rows of seats, and pupils who nod. */
static void draw_bus(struct frame *f, unsigned camera, int64_t ms)
{
    static const struct colour coats[4] = {{90, 180, 110}, {80, 110, 190}, {150, 60, 150}, {190, 100, 140}}, skin = {170, 108, 150}, hair = {40, 128, 128};
    const struct colour seat = {(uint8_t)(80 + camera * 11 % 30), 150, 110};
    fill(f, 0, 0, PICTURE_WIDTH, PICTURE_HEIGHT, (struct colour){150, 124, 132});
    fill(f, 0, 44, PICTURE_WIDTH, 66, (struct colour){200, 140, 118});
    for (int i = 0; i < 5; i++) { /* trees */
        int x = (int)((ms / 40 + i * 117 + camera * 31) % (PICTURE_WIDTH + 60)) - 60;
        fill(f, x, 66, 34, 44, (struct colour){100, 110, 104});
    }
    for (int i = 0; i <= 4; i++) fill(f, i * 118 - 6, 44, 12, 66, (struct colour){120, 124, 132});
    fill(f, 206, 110, 68, 162, (struct colour){110, 126, 130}); /* the aisle */
    for (int row = 0; row < 3; row++)
        for (int side = 0; side < 4; side++) {
            int size = 46 + row * 14, y = 112 + row * 50, x = side < 2 ? 200 - (2 - side) * (size + 4) - row * 6 : 280 + (side - 2) * (size + 4) + row * 6;
            bool taken = (camera + (unsigned)(row * 5 + side * 3)) % 4 != 0;
            int nod = taken ? (int)((ms / 400 + row * 3 + side * 7) % 8 == 0) * 2 : 0;
            fill(f, x, y + 16, size, size, seat);
            if (!taken) continue;
            fill(f, x + size / 4, y + 2 + nod, size / 2, size / 2, skin);
            fill(f, x + size / 4, y - 2 + nod, size / 2, size / 6 + 2, hair);
            fill(f, x + size / 8, y + 2 + size / 2, size * 3 / 4, size / 2, coats[(camera + (unsigned)(row + side)) % 4]);
        }
}

static void draw(struct frame *f, const struct picture *p, int64_t now_ms)
{
    int64_t ms = (now_ms + 8 * 3600000LL) % 86400000LL, second = ms / 1000;
    if (p->scene == PICTURE_BUS) draw_bus(f, p->camera, ms);
    else draw_gate(f, p->camera, p->pan, ms);
    fill(f, 8, 8, 136, 30, (struct colour){30, 128, 128});
    int64_t parts[3] = {second / 3600, second / 60 % 60, second % 60};
    for (int i = 0; i < 3; i++) {
        digit(f, 14 + i * 44, 12, (int)parts[i] / 10);
        digit(f, 30 + i * 44, 12, (int)parts[i] % 10);
        if (i < 2) fill(f, 48 + i * 44, 18, 3, 3, (struct colour){235, 128, 128}), fill(f, 48 + i * 44, 26, 3, 3, (struct colour){235, 128, 128});
    }
}

/* ---- the bitstream, clause 7.3 ---- */

struct bits {
    uint8_t *at;
    size_t n; /* bits written */
};

static void put(struct bits *b, uint32_t v, int count)
{
    for (int i = count - 1; i >= 0; i--, b->n++) {
        if (b->n % 8 == 0) b->at[b->n / 8] = 0;
        b->at[b->n / 8] |= (uint8_t)((v >> i & 1) << (7 - b->n % 8));
    }
}

static void ue(struct bits *b, uint32_t v)
{
    int size = 32 - __builtin_clz(v + 1);
    put(b, 0, size - 1);
    put(b, v + 1, size);
}

static void close_bits(struct bits *b)
{
    put(b, 1, 1);
    while (b->n % 8 != 0) put(b, 0, 1);
}

static void add_nal(struct buf *out, uint8_t head, const struct bits *b)
{
    int zeros = 0;
    buf_add(out, "\0\0\0\1", 4);
    buf_add(out, &head, 1);
    for (size_t i = 0, from = 0; i <= b->n / 8; i++) {
        bool last = i == b->n / 8;
        if (last || (zeros >= 2 && b->at[i] <= 3)) {
            buf_add(out, b->at + from, i - from);
            if (!last) buf_add(out, "\3", 1);
            from = i;
            zeros = 0;
        }
        if (!last) zeros = b->at[i] == 0 ? zeros + 1 : 0;
    }
}

static void add_sets(struct buf *out)
{
    uint8_t bytes[64];
    struct bits b = {bytes, 0};
    put(&b, 66, 8), put(&b, 0xc0, 8), put(&b, 30, 8); /* Constrained Baseline, level 3 */
    ue(&b, 0), ue(&b, 4), ue(&b, 2);                  /* id; 8 bits of frame_num; output order is decoding order */
    ue(&b, 1), put(&b, 0, 1);
    ue(&b, COLUMNS - 1), ue(&b, ROWS - 1);
    put(&b, 1, 1), put(&b, 1, 1), put(&b, 0, 1), put(&b, 0, 1);
    close_bits(&b);
    add_nal(out, 0x67, &b);
    b = (struct bits){bytes, 0};
    ue(&b, 0), ue(&b, 0), put(&b, 0, 2), ue(&b, 0), ue(&b, 0), ue(&b, 0);
    put(&b, 0, 1), put(&b, 0, 2), ue(&b, 0), ue(&b, 0), ue(&b, 0);
    put(&b, 1, 1), put(&b, 0, 2); /* the deblocking filter can be turned off */
    close_bits(&b);
    add_nal(out, 0x68, &b);
}

static bool same(const struct picture *p, int column, int row)
{
    for (int j = 0; j < MB; j++) {
        size_t at = (size_t)((row * MB + j) * PICTURE_WIDTH + column * MB);
        if (memcmp(p->now.y + at, p->shown.y + at, MB) != 0) return false;
    }
    for (int j = 0; j < MB / 2; j++) {
        size_t at = (size_t)((row * MB / 2 + j) * (PICTURE_WIDTH / 2) + column * MB / 2);
        if (memcmp(p->now.u + at, p->shown.u + at, MB / 2) != 0 || memcmp(p->now.v + at, p->shown.v + at, MB / 2) != 0) return false;
    }
    return true;
}

static void add_pcm(struct bits *b, const struct frame *f, int column, int row, bool key)
{
    ue(b, key ? 25 : 30);
    while (b->n % 8 != 0) put(b, 0, 1);
    uint8_t *out = b->at + b->n / 8;
    for (int j = 0; j < MB; j++, out += MB) memcpy(out, f->y + (row * MB + j) * PICTURE_WIDTH + column * MB, MB);
    for (int j = 0; j < MB / 2; j++, out += MB / 2) memcpy(out, f->u + (row * MB / 2 + j) * (PICTURE_WIDTH / 2) + column * MB / 2, MB / 2);
    for (int j = 0; j < MB / 2; j++, out += MB / 2) memcpy(out, f->v + (row * MB / 2 + j) * (PICTURE_WIDTH / 2) + column * MB / 2, MB / 2);
    b->n += 384 * 8;
}

static void add_slice(struct picture *p, bool key, struct buf *out)
{
    static uint8_t bytes[PICTURE_UNIT_MAX]; /* one thread */
    struct bits b = {bytes, 0};
    uint32_t skipped = 0;
    ue(&b, 0), ue(&b, key ? 7 : 5), ue(&b, 0), put(&b, p->number & 0xff, 8);
    if (key) ue(&b, p->keys);
    else put(&b, 0, 1), put(&b, 0, 1); /* the default number of references, in their order */
    if (key) put(&b, 0, 2);
    else put(&b, 0, 1);
    ue(&b, 0), ue(&b, 1); /* quantiser as set; no deblocking */
    for (int i = 0; i < COLUMNS * ROWS; i++) {
        if (!key && same(p, i % COLUMNS, i / COLUMNS)) {
            skipped++;
            continue;
        }
        if (!key) ue(&b, skipped), skipped = 0;
        add_pcm(&b, &p->now, i % COLUMNS, i / COLUMNS, key);
    }
    if (skipped > 0) ue(&b, skipped);
    close_bits(&b);
    add_nal(out, key ? 0x65 : 0x41, &b);
}

void picture_next(struct picture *p, int64_t now_ms, bool key, struct buf *unit)
{
    p->pan += p->turning;
    if (p->pan > 300 || p->pan < -300) p->pan -= p->turning; /* the end of its turn */
    draw(&p->now, p, now_ms);
    p->number = key ? 0 : p->number + 1;
    p->keys += key;
    if (key) add_sets(unit);
    add_slice(p, key, unit);
    p->shown = p->now;
}
