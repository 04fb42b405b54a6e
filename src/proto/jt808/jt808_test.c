/* All vectors by the standard, whole and in pieces, and what field devices do wrong. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/decode.h"
#include "proto/jt808/jt808_frame.h"

static json_t *vectors;

static int load(void **state)
{
    (void)state;
    json_t *file = json_load_file(JT808_VECTORS, 0, NULL);
    vectors = json_incref(json_object_get(file, "vectors"));
    json_decref(file);
    return json_array_size(vectors) > 0 ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    json_decref(vectors);
    return 0;
}

/* The frame on the wire: where the file has it with its escapes undone, they are made again. */
static int frame_of(const json_t *v, uint8_t out[JT808_WIRE_MAX])
{
    uint8_t bare[JT808_WIRE_MAX];
    if (json_has(v, "frame_wire")) return hex_decode(str_of(json_z(v, "frame_wire", "")), out, JT808_WIRE_MAX);
    int n = hex_decode(str_of(json_z(v, "frame_unescaped", "")), bare, sizeof bare), k = 0;
    for (int i = 0; i < n; i++) {
        bool inside = i > 0 && i < n - 1;
        if (inside && (bare[i] == 0x7D || bare[i] == 0x7E)) out[k++] = 0x7D, out[k++] = bare[i] == 0x7D ? 1 : 2;
        else out[k++] = bare[i];
    }
    return k;
}

static void same(const char *id, const char *name, const json_t *want, const json_t *got)
{
    const char *key;
    const json_t *value;
    if (json_is_object(want)) {
        json_object_foreach((json_t *)(uintptr_t)want, key, value) same(id, key, value, json_object_get(got, key));
        return;
    }
    if (json_is_array(want)) {
        if (json_array_size(want) != json_array_size(got)) fail_msg("%s: %s has %zu entries, not %zu", id, name, json_array_size(got), json_array_size(want));
        for (size_t i = 0; i < json_array_size(want); i++) same(id, name, json_array_get(want, i), json_array_get(got, i));
        return;
    }
    if (json_is_number(want) ? json_is_number(got) && json_number_value(want) == json_number_value(got) : json_equal(want, got)) return;
    char *w = json_dumps(want, JSON_ENCODE_ANY), *g = got != NULL ? json_dumps(got, JSON_ENCODE_ANY) : NULL;
    fail_msg("%s: %s is %s, not %s", id, name, g, w);
}

static void test_every_vector_decodes_as_the_standard_says(void **state)
{
    (void)state;
    int decoded = 0, none = 0, bad = 0;
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *v = json_array_get(vectors, i), *standard = json_object_get(v, "standard");
        uint8_t bytes[JT808_WIRE_MAX];
        int n = frame_of(v, bytes);
        CHECK(n > 0);
        struct str frame = {(const char *)bytes, (size_t)n};
        json_t *got = decode_jt808(frame, false), *strict = decode_jt808(frame, true);
        if (json_is_object(standard)) same(json_z(v, "id", "?"), "", standard, got), decoded++;
        else CHECK(!json_flag(got, "ok", true)), none++;
        bool good = json_flag(standard, "checksum_ok", false);
        CHECK_EQ(json_flag(strict, "ok", false), good);
        bad += json_is_object(standard) && !good;
        json_decref(got);
        json_decref(strict);
    }
    CHECK_EQ(decoded, 207);
    CHECK_EQ(none, 2);
    CHECK_EQ(bad, 5);
}

/* All wire frames in one stream with text and garbage between them, fed in pieces of every size from 1 to 40 bytes. */
static void test_frames_are_found_in_a_stream_cut_anywhere(void **state)
{
    (void)state;
    struct buf stream;
    int want = 0;
    buf_init(&stream, 1 << 20);
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *v = json_array_get(vectors, i);
        uint8_t bytes[JT808_WIRE_MAX];
        if (!json_has(v, "frame_wire")) continue;
        if (want % 3 == 1) buf_add_z(&stream, "(740190311185,1,001,ELOCK)");
        if (want % 5 == 2) buf_add(&stream, "\x24\x24\x00", 3);
        buf_add(&stream, bytes, (size_t)frame_of(v, bytes));
        want++;
    }
    for (size_t piece = 1; piece <= 40; piece++) {
        size_t start = 0, have = 0;
        int found = 0;
        while (have < stream.len || start < have) {
            size_t used;
            struct str wire;
            enum jt808_find f = jt808_find((struct str){stream.at + start, have - start}, &wire, &used);
            start += used;
            if (f == JT808_FOUND) {
                uint8_t plain[JT808_FRAME_MAX];
                struct jt808_message m;
                int n = jt808_unescape(wire, plain, sizeof plain);
                if (n > 0 && jt808_parse((struct str){(const char *)plain, (size_t)n}, &m) == HX_OK && m.checksum_ok) found++;
            }
            if (f != JT808_MORE) continue;
            if (have == stream.len) break;
            have = have + piece < stream.len ? have + piece : stream.len;
        }
        CHECK_EQ(found, want);
    }
    buf_free(&stream);
}

static void test_answers_are_whole_frames(void **state)
{
    (void)state;
    struct jt808_message to = {.id = JT808_LOCATION, .seq = 0x7D7E}, m;
    struct buf out;
    uint8_t plain[JT808_FRAME_MAX];
    snprintf(to.terminal, sizeof to.terminal, "013345677e7d");
    buf_init(&out, 4096);
    jt808_answer(&to, 7, JT808_FAILED, &out);
    CHECK(memchr(out.at + 1, JT808_MARK, out.len - 2) == NULL);
    int n = jt808_unescape((struct str){out.at + 1, out.len - 2}, plain, sizeof plain);
    CHECK_EQ(jt808_parse((struct str){(const char *)plain, (size_t)n}, &m), HX_OK);
    CHECK(m.checksum_ok && m.length_ok);
    CHECK_EQ(m.id, JT808_ANSWER);
    CHECK_STR(m.terminal, "013345677e7d");
    CHECK(str_eq(m.body, (struct str){"\x7D\x7E\x02\x00\x01", 5}));
    out.len = 0;
    jt808_registered(&to, 8, 0, "code", &out);
    n = jt808_unescape((struct str){out.at + 1, out.len - 2}, plain, sizeof plain);
    CHECK_EQ(jt808_parse((struct str){(const char *)plain, (size_t)n}, &m), HX_OK);
    CHECK(str_eq(m.body, (struct str){"\x7D\x7E\x00" "code", 7}));
    buf_free(&out);
}

static void test_impossible_times_and_short_bodies_are_no_location(void **state)
{
    (void)state;
    uint8_t body[28] = {0};
    struct jt808_location l;
    CHECK_EQ(jt808_location((struct str){(const char *)body, 27}, &l), HX_E_MALFORMED);
    CHECK_EQ(jt808_location((struct str){(const char *)body, 28}, &l), HX_OK);
    CHECK_EQ(l.utc_ms, 0);
    memcpy(body + 22, "\x26\x11\x24\x07\x30\x00", 6);
    CHECK_EQ(jt808_location((struct str){(const char *)body, 28}, &l), HX_OK);
    CHECK_EQ(l.utc_ms, 1795476600000LL); /* 2026-11-23T23:30:00Z */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_vector_decodes_as_the_standard_says), TEST(test_frames_are_found_in_a_stream_cut_anywhere), TEST(test_answers_are_whole_frames),
        TEST(test_impossible_times_and_short_bodies_are_no_location),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
