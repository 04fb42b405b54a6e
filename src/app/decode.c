/* huxue decode: frames in hex, one a line, as JSON with their fields. */
#include "decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "proto/dc09/dc09_crypt.h"
#include "proto/dc09/dc09_event.h"
#include "signal/signal.h"

#define LINE_MAX_BYTES 300000

static void put_text(json_t *j, const char *name, struct str raw)
{
    char text[DC09_BODY_MAX * 3 + 1];
    signal_text_from(raw, text, sizeof text);
    json_put_z(j, name, text);
}

static json_t *failure(const char *why)
{
    return json_pack("{s:b,s:s}", "ok", 0, "error", why);
}

static json_t *oh_json(struct str body)
{
    json_t *j = json_pack("{s:b,s:s}", "ok", 1, "token", "OH");
    struct str rest = {body.at + 2, body.len - 2}, receiver, line, id;
    str_split(&rest, 'L', &receiver);
    str_split(&rest, ' ', &line);
    str_split(&rest, '[', &id);
    json_put_str(j, "receiver", receiver);
    json_put_str(j, "line_prefix", line);
    json_put_str(j, "account", str_trim(id));
    if (rest.len > 2) json_put_str(j, "id", (struct str){rest.at + 2, rest.len - 3});
    return j;
}

static void put_event(json_t *j, const struct dc09_message *m)
{
    struct dc09_event events[DC09_EVENTS_MAX];
    if (str_eq(m->token, STR("ADM-CID")) && dc09_cid_event(m->data, &events[0])) {
        char qualifier[2] = {events[0].cid_qualifier, 0};
        json_t *cid = json_pack("{s:s,s:s}", "qualifier", qualifier, "code", events[0].code);
        json_put_str(cid, "partition", events[0].partition_no);
        json_put_str(cid, "zone_or_user", events[0].zone);
        json_object_set_new(j, "cid", cid);
    } else if (str_eq(m->token, STR("SIA-DCS")) && m->data.len > 0) {
        size_t n = dc09_sia_events(m->data, events);
        json_t *sia = json_pack("{s:s}", "code", events[0].code);
        json_put_str(sia, "zone", events[0].zone);
        if (events[0].code[0] != 0) json_object_set_new(j, "sia", sia);
        else json_decref(sia);
        json_put_i64(j, "events", (json_int_t)n);
    }
}

static json_t *message_json(const struct dc09_envelope *e, const struct decode_keys *keys)
{
    struct dc09_message m;
    char plain[DC09_PLAIN_MAX];
    struct str text;
    size_t pad;
    bool opened = false;
    if (dc09_message_parse(e->body, &m)) return failure("the text between CRC and CR breaks the format");
    json_t *j = json_pack("{s:b,s:b}", "ok", 1, "encrypted", m.encrypted);
    json_put_str(j, "token", m.token);
    json_put_str(j, "sequence", m.sequence);
    if (m.receiver.at != NULL) json_put_str(j, "receiver", m.receiver);
    else json_put_z(j, "receiver", NULL);
    json_put_str(j, "line_prefix", m.line);
    json_put_str(j, "account", m.account);
    if (e->crc_form == DC09_CRC_BINARY) json_put_z(j, "crc", "2 binary bytes");
    if (m.encrypted) {
        for (size_t i = 0; i < keys->count && !opened; i++) {
            if (!str_eq_z(m.account, keys->keys[i].account) && strcmp(keys->keys[i].account, "*") != 0) continue;
            if (dc09_open(&m, &keys->keys[i].key, plain, &pad, &text)) {
                json_decref(j);
                return failure("the key does not open this message");
            }
            put_text(j, "decrypted", text);
            json_put_i64(j, "pad_bytes", (json_int_t)pad);
            opened = true;
        }
        if (!opened) {
            json_put_z(j, "timestamp", NULL);
            return j;
        }
    }
    if (m.timestamp.len > 0) json_put_str(j, "timestamp", m.timestamp);
    else json_put_z(j, "timestamp", NULL);
    put_text(j, "data", m.data);
    json_t *xdata = json_array();
    for (size_t i = 0; i < m.xdata_count; i++) {
        char x[DC09_BODY_MAX];
        signal_text_from(m.xdata[i], x, sizeof x);
        json_array_append_new(xdata, json_string(x));
    }
    json_object_set_new(j, "xdata", xdata);
    put_event(j, &m);
    return j;
}

json_t *decode_dc09(struct str wire, const struct decode_keys *keys)
{
    struct dc09_envelope e;
    size_t used;
    enum dc09_find found = dc09_frame_find(wire, &e, &used);
    if (found == DC09_HEARTBEAT_OH) return oh_json(e.body);
    if (found != DC09_FOUND) return failure(found == DC09_MORE ? "no whole frame in these bytes" : dc09_find_text(found));
    return message_json(&e, keys);
}

int decode_file(FILE *in, const struct decode_how *how)
{
    char *line = malloc(LINE_MAX_BYTES);
    uint8_t *wire = malloc(LINE_MAX_BYTES / 2);
    int code = 0;
    HX_ASSERT(line != NULL && wire != NULL);
    while (fgets(line, LINE_MAX_BYTES, in) != NULL) {
        struct str hex = str_trim(str_of(line));
        int n = hex_decode(hex, wire, LINE_MAX_BYTES / 2);
        struct str frame = {(const char *)wire, n < 0 ? 0 : (size_t)n};
        json_t *j = n < 0 ? failure("the line is no hex") : how->protocol == DECODE_JT808 ? decode_jt808(frame, how->strict) : decode_dc09(frame, &how->keys);
        if (n < 0) code = 2;
        char *text = json_text(j);
        puts(text);
        free(text);
        json_decref(j);
    }
    free(line);
    free(wire);
    return code;
}
