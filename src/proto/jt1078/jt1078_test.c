#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "proto/jt1078/jt1078.h"

/* A packet written out by hand from table 19: H.265 with marker, sequence 1, SIM 013800138000, channel 2, a whole I picture, time 1,000 ms. */
static const char by_hand[] = "\x30\x31\x63\x64\x81\xe3\x00\x01\x01\x38\x00\x13\x80\x00\x02\x00\x00\x00\x00\x00\x00\x00\x03\xe8\x00\x00\x00\x28\x00\x04\x00\x00\x00\x01";
#define BY_HAND ((struct str){by_hand, sizeof by_hand - 1})

static void test_a_packet_by_hand_is_read(void **state)
{
    (void)state;
    struct jt1078_packet p;
    size_t used;
    int width = 0;
    CHECK_EQ(jt1078_parse(BY_HAND, &width, &p, &used), HX_OK);
    CHECK_EQ(used, BY_HAND.len);
    CHECK_EQ(width, 6);
    CHECK(strcmp(p.number, "013800138000") == 0);
    CHECK_EQ(p.type, JT1078_H265);
    CHECK(p.marker);
    CHECK_EQ(p.seq, 1);
    CHECK_EQ(p.channel, 2);
    CHECK_EQ(p.kind, JT1078_I);
    CHECK_EQ(p.part, JT1078_WHOLE);
    CHECK_EQ(p.time_ms, 1000);
    CHECK_EQ(p.body.len, 4);
    for (size_t n = 1; n < BY_HAND.len; n++) {
        width = 0;
        CHECK_EQ(jt1078_parse((struct str){by_hand, n}, &width, &p, &used), HX_E_AGAIN);
    }
}

struct wire {
    struct buf bytes;
    int drop; /* this packet is lost; -1 none */
    int n;
};

static void keep(struct str packet, void *arg)
{
    struct wire *w = arg;
    if (w->n++ != w->drop) buf_add(&w->bytes, packet.at, packet.len);
}

/* Packs `count` pictures of growing size, cuts the bytes anywhere, and reads them back. */
static int come_through(int number_bytes, int count, int drop, int *gaps)
{
    struct wire w = {.drop = drop};
    struct jt1078_join join;
    uint16_t seq = 65530; /* it wraps */
    int whole = 0, width = 0;
    char *picture = malloc(20000);
    buf_init(&w.bytes, 1 << 20);
    jt1078_join_init(&join);
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < 700 * (i + 1); k++) picture[k] = (char)(i + k);
        const struct jt1078_picture p = {.number = "13800138000", .number_bytes = number_bytes, .channel = 3, .key = i == 0, .time_ms = 40 * i, .unit = {picture, 700 * ((size_t)i + 1)}};
        jt1078_pack(&p, &seq, keep, &w);
    }
    *gaps = 0;
    for (size_t have = 0, done = 0; have < w.bytes.len; have += have + 37 < w.bytes.len ? 37 : w.bytes.len - have) {
        struct jt1078_packet p;
        struct str unit;
        size_t used;
        bool gap;
        size_t until = have + 37 < w.bytes.len ? have + 37 : w.bytes.len;
        while (jt1078_parse((struct str){w.bytes.at + done, until - done}, &width, &p, &used) == HX_OK) {
            done += used;
            CHECK_EQ(p.channel, 3);
            CHECK(strcmp(p.number + strlen(p.number) - 11, "13800138000") == 0);
            if (jt1078_join_feed(&join, &p, &unit, &gap)) {
                int i = (int)(unit.len / 700) - 1;
                CHECK_EQ(unit.len, 700 * (i + 1));
                for (int k = 0; k < (int)unit.len; k++) CHECK_EQ(unit.at[k], (char)(i + k));
                whole++;
            }
            *gaps += gap;
        }
    }
    CHECK_EQ(width, number_bytes);
    jt1078_join_free(&join);
    buf_free(&w.bytes);
    free(picture);
    return whole;
}

static void test_pictures_come_through(void **state)
{
    (void)state;
    int gaps;
    CHECK_EQ(come_through(6, 12, -1, &gaps), 12);
    CHECK_EQ(gaps, 0);
    CHECK_EQ(come_through(10, 12, -1, &gaps), 12);
    CHECK_EQ(gaps, 0);
    CHECK_EQ(come_through(6, 12, 4, &gaps), 11); /* a piece of a picture in the middle is lost: that picture alone */
    CHECK_EQ(gaps, 1);
}

static void test_what_comes_late_is_ignored(void **state)
{
    (void)state;
    struct jt1078_join join;
    struct str unit;
    bool gap;
    jt1078_join_init(&join);
    struct jt1078_packet p = {.seq = 7, .part = JT1078_WHOLE, .body = STR("ab")};
    CHECK(jt1078_join_feed(&join, &p, &unit, &gap));
    CHECK(!jt1078_join_feed(&join, &p, &unit, &gap)); /* the same again */
    CHECK(!gap);
    p.seq = 6000; /* begun anew */
    CHECK(jt1078_join_feed(&join, &p, &unit, &gap));
    CHECK(gap);
    jt1078_join_free(&join);
}

static void test_garbage_is_skipped(void **state)
{
    (void)state;
    struct jt1078_packet p;
    size_t used;
    int width = 0;
    char junk[80] = "GET / HTTP/1.1\r\n01cX";
    size_t n = strlen(junk);
    CHECK_EQ(jt1078_parse((struct str){junk, n}, &width, &p, &used), HX_E_MALFORMED);
    memcpy(junk + n, by_hand, BY_HAND.len);
    CHECK_EQ(jt1078_seek((struct str){junk, n + BY_HAND.len}), n);
    char bad[64];
    memcpy(bad, by_hand, BY_HAND.len);
    bad[15] = 0x70; /* no such kind */
    CHECK_EQ(jt1078_parse((struct str){bad, BY_HAND.len}, &width, &p, &used), HX_E_MALFORMED);
    memcpy(bad, by_hand, BY_HAND.len);
    bad[28] = 0x7f; /* too long */
    CHECK_EQ(jt1078_parse((struct str){bad, BY_HAND.len}, &width, &p, &used), HX_E_MALFORMED);
}

/* Sound comes through whole, with and without the head of HiSilicon's chips; what is not G.711 is none. */
static void test_sound_comes_through(void **state)
{
    (void)state;
    struct wire w = {.drop = -1};
    uint16_t seq = 9;
    char samples[804];
    int number_bytes = 6;
    size_t used;
    struct jt1078_packet p;
    struct str got;
    bool ulaw;
    for (size_t i = 0; i < sizeof samples; i++) samples[i] = (char)(i * 13);
    buf_init(&w.bytes, 4096);
    jt1078_pack(&(struct jt1078_picture){.number = "13800138000", .number_bytes = 6, .channel = 2, .sound = true, .time_ms = 40, .unit = {samples, 800}}, &seq, keep, &w);
    CHECK_EQ(jt1078_parse(buf_str(&w.bytes), &number_bytes, &p, &used), HX_OK);
    CHECK_EQ(p.kind, JT1078_SOUND);
    CHECK_EQ(p.time_ms, 40);
    CHECK(jt1078_sound(&p, &got, &ulaw) && !ulaw);
    CHECK(got.len == 800 && memcmp(got.at, samples, 800) == 0);
    memcpy(samples, "\0\1\xa0\0", 4); /* 160 words */
    p.body = (struct str){samples, 4 + 320}, p.type = JT1078_ULAW;
    CHECK(jt1078_sound(&p, &got, &ulaw) && ulaw && got.len == 320);
    p.body.len = 4 + 318; /* not its head: samples that look like one */
    CHECK(jt1078_sound(&p, &got, &ulaw) && got.len == 4 + 318);
    p.type = 19; /* AAC */
    CHECK(!jt1078_sound(&p, &got, &ulaw));
    buf_free(&w.bytes);
}

static void test_orders_are_as_the_tables_say(void **state)
{
    (void)state;
    uint8_t out[270];
    const struct jt1078_live want = {.host = "10.1.2.3", .tcp_port = 20481, .channel = 2, .sub = true};
    size_t n = jt1078_ask_live(&want, out);
    static const uint8_t expect[] = {8, '1', '0', '.', '1', '.', '2', '.', '3', 0x50, 0x01, 0, 0, 2, 1, 1};
    struct jt1078_live got;
    struct str host;
    int channels;
    CHECK_EQ(n, sizeof expect);
    CHECK(memcmp(out, expect, n) == 0);
    CHECK_EQ(jt1078_live_read((struct str){(char *)out, n}, &got, &host), HX_OK);
    CHECK(str_eq(host, STR("10.1.2.3")));
    CHECK_EQ(got.tcp_port, 20481);
    CHECK(got.sub && !got.sound);
    CHECK_EQ(jt1078_live_read((struct str){(char *)out, n - 1}, &got, &host), HX_E_MALFORMED);
    CHECK_EQ(jt1078_channels((struct str){"\x13\x01\x00\x01\x02\xd0\x00\x62\x04\x04", 10}, &channels), HX_OK);
    CHECK_EQ(channels, 4);
    CHECK_EQ(jt1078_channels(STR("short"), &channels), HX_E_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_a_packet_by_hand_is_read), TEST(test_pictures_come_through), TEST(test_what_comes_late_is_ignored), TEST(test_garbage_is_skipped), TEST(test_sound_comes_through), TEST(test_orders_are_as_the_tables_say)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
