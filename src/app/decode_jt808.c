/* huxue decode jt808: one frame in hex, on the wire or with its escapes undone, as JSON with the names of the standard. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/decode.h"
#include "base/json.h"
#include "proto/jt808/jt808_frame.h"
#include "signal/signal.h"

static void put_hex(json_t *j, const char *name, struct str raw)
{
    char text[2 * JT808_WIRE_MAX + 1];
    hex_encode_lower(raw.at, raw.len, text);
    json_put_z(j, name, text);
}

static void put_text(json_t *j, const char *name, struct str raw)
{
    char text[4 * JT808_FRAME_MAX];
    signal_text_from(raw, text, sizeof text);
    json_put_z(j, name, text);
}

static void put_number(json_t *j, const char *name, const char *format, unsigned v)
{
    char text[16];
    snprintf(text, sizeof text, format[0] == '4' ? "0x%04x" : format[0] == '8' ? "%08x" : "%02x", v);
    json_put_z(j, name, text);
}

static json_t *location_json(const struct jt808_location *l)
{
    json_t *j = json_object(), *items = json_array();
    char time[32];
    put_number(j, "alarm_bits", "8", l->alarm);
    put_number(j, "status_bits", "8", l->status);
    json_object_set_new(j, "acc_on", json_boolean(l->status & JT808_STATUS_ACC));
    json_object_set_new(j, "positioned", json_boolean(l->status & JT808_STATUS_POSITIONED));
    json_object_set_new(j, "lat", json_real(l->lat_e6 / 1e6));
    json_object_set_new(j, "lon", json_real(l->lon_e6 / 1e6));
    json_put_i64(j, "altitude_m", l->altitude_m);
    json_object_set_new(j, "speed_kmh", json_real(l->speed_kmh10 / 10.0));
    json_put_i64(j, "direction_deg", l->direction_deg);
    put_hex(j, "time_bcd", (struct str){(const char *)l->time_bcd, 6});
    const uint8_t *t = l->time_bcd;
    snprintf(time, sizeof time, "20%02x-%02x-%02xT%02x:%02x:%02x", t[0], t[1], t[2], t[3], t[4], t[5]);
    json_put_z(j, "time_local_utc8", time);
    size_t at = 0;
    uint8_t id;
    struct str value;
    while (jt808_item(l->tlv, &at, &id, &value)) {
        json_t *item = json_object();
        put_number(item, "id", "2", id);
        json_put_i64(item, "len", (int64_t)value.len);
        put_hex(item, "value", value);
        json_array_append_new(items, item);
    }
    json_object_set_new(j, "tlv", items);
    if (l->tlv_truncated_at >= 0) json_put_i64(j, "tlv_truncated_at", l->tlv_truncated_at);
    if (l->mileage_100m >= 0) json_object_set_new(j, "mileage_km", json_real((double)l->mileage_100m / 10));
    if (l->rssi >= 0) json_put_i64(j, "rssi", l->rssi);
    if (l->satellites >= 0) json_put_i64(j, "satellites", l->satellites);
    return j;
}

static void put_body(json_t *j, const struct jt808_message *m)
{
    struct jt808_location l;
    struct jt808_registration r;
    struct jt808_authentication a;
    if (m->id == JT808_LOCATION && jt808_location(m->body, &l) == HX_OK) json_object_set_new(j, "location", location_json(&l));
    if (m->id == JT808_BATCH) {
        struct jt808_location *all = calloc(JT808_LOCATIONS_MAX, sizeof *all);
        HX_ASSERT(all != NULL);
        int count, type, n = jt808_batch(m->body, &count, &type, all);
        json_t *list = json_array();
        for (int i = 0; i < n; i++) json_array_append_new(list, location_json(&all[i]));
        free(all);
        json_put_i64(j, "batch_count", count);
        json_put_i64(j, "batch_type", type);
        json_object_set_new(j, "locations", list);
    }
    if (m->id == JT808_REGISTER && jt808_registration(m, &r) == HX_OK) {
        json_put_i64(j, "province", r.province);
        json_put_i64(j, "city", r.city);
        put_hex(j, "maker", r.maker);
        put_hex(j, "model_raw", r.model);
        put_hex(j, "terminal_id_raw", r.terminal_id);
        json_put_i64(j, "plate_colour", r.plate_colour);
        put_text(j, "plate", r.plate);
    }
    if (m->id == JT808_AUTHENTICATE && jt808_authentication(m, &a) == HX_OK) {
        put_text(j, "auth_code", a.code);
        if (m->version_2019) put_text(j, "imei", a.imei), put_text(j, "software_version", a.software);
    }
    if (m->id == JT808_TERMINAL_ANSWER && m->body.len >= 5) {
        const unsigned char *b = (const unsigned char *)m->body.at;
        json_put_i64(j, "ack_seq", b[0] << 8 | b[1]);
        put_number(j, "ack_msg", "4", (unsigned)(b[2] << 8 | b[3]));
        json_put_i64(j, "ack_result", b[4]);
    }
}

static json_t *message_json(const struct jt808_message *m)
{
    json_t *j = json_object();
    json_object_set_new(j, "ok", json_true());
    json_object_set_new(j, "checksum_ok", json_boolean(m->checksum_ok));
    put_number(j, "checksum", "2", m->checksum);
    put_number(j, "msg_id", "4", m->id);
    json_object_set_new(j, "version_2019", json_boolean(m->version_2019));
    json_object_set_new(j, "subpackage", json_boolean(m->subpackage));
    json_put_i64(j, "encrypt", m->encrypt);
    json_put_i64(j, "body_len", m->body_declared);
    if (m->version_2019) json_put_i64(j, "protocol_version", m->protocol_version);
    json_put_z(j, "terminal_bcd", m->terminal);
    json_put_i64(j, "seq", m->seq);
    if (m->subpackage) json_put_i64(j, "package_total", m->package_total), json_put_i64(j, "package_index", m->package_index);
    json_object_set_new(j, "body_len_ok", json_boolean(m->length_ok));
    put_hex(j, "body", m->body);
    put_body(j, m);
    return j;
}

json_t *decode_jt808(struct str frame, bool strict)
{
    uint8_t bytes[JT808_WIRE_MAX];
    struct jt808_message wire, raw;
    if (frame.len < 2 || (unsigned char)frame.at[0] != JT808_MARK || (unsigned char)frame.at[frame.len - 1] != JT808_MARK)
        return json_pack("{s:b,s:s}", "ok", 0, "error", "no JT/T 808 frame: it must begin and end with 7e");
    struct str inner = {frame.at + 1, frame.len - 2};
    int n = jt808_unescape(inner, bytes, sizeof bytes);
    bool as_wire = n >= 0 && jt808_parse((struct str){(const char *)bytes, (size_t)n}, &wire) == HX_OK;
    bool as_raw = jt808_parse(inner, &raw) == HX_OK;
    /* Logs often hold frames whose escapes are undone: then the bytes as they stand have the right check. */
    const struct jt808_message *m = as_wire && (wire.checksum_ok || !as_raw || !raw.checksum_ok || !raw.length_ok) ? &wire : as_raw ? &raw : NULL;
    if (m == NULL) return json_pack("{s:b,s:s}", "ok", 0, "error", "the frame is too short for its own header");
    if (strict && !m->checksum_ok) return json_pack("{s:b,s:s}", "ok", 0, "error", "the check byte differs");
    return message_json(m);
}
