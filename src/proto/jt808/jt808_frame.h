/* JT/T 808 frames and bodies: 2011, 2013 and 2019 editions, told apart by each frame. Pure: bytes in, fields out.
 *
 * Source: JT/T 808-2011, -2013, -2019; clause 4.4 of the 2019 edition gives the frame, 8.12 and table 23 to 27 the location. */
#ifndef HX_JT808_FRAME_H
#define HX_JT808_FRAME_H

#include "base/str.h"

#define JT808_MARK 0x7E
#define JT808_FRAME_MAX 1100        /* bytes after unescaping: header 17 + body 1023 + check 1, with room for those whose length lies */
#define JT808_WIRE_MAX (2 * JT808_FRAME_MAX + 2)
#define JT808_TERMINAL_MAX 21       /* 20 digits and NUL */
#define JT808_LOCATIONS_MAX 64      /* of one batch; a body of 1,023 bytes holds at most 34 */

enum jt808_id {
    JT808_TERMINAL_ANSWER = 0x0001, JT808_HEARTBEAT = 0x0002, JT808_LOGOUT = 0x0003, JT808_RESEND_REQUEST = 0x0005, JT808_REGISTER = 0x0100, JT808_AUTHENTICATE = 0x0102,
    JT808_LOCATION = 0x0200, JT808_LOCATION_ANSWER = 0x0201, JT808_EVENT = 0x0301, JT808_DRIVER = 0x0702, JT808_BATCH = 0x0704, JT808_PASS_UP = 0x0900,
    JT808_ANSWER = 0x8001, JT808_SERVER_RESEND = 0x8003, JT808_REGISTER_ANSWER = 0x8100, JT808_LOCATION_QUERY = 0x8201, JT808_CONFIRM_ALARM = 0x8203, JT808_TEXT = 0x8300,
};
enum jt808_result { JT808_OK = 0, JT808_FAILED = 1, JT808_WRONG = 2, JT808_UNKNOWN = 3 };

struct jt808_message {
    uint16_t id, seq, package_total, package_index; /* packages count from 1; 0: not divided */
    bool version_2019, subpackage;
    int encrypt;                 /* bits 10 to 12 of the attributes; 1: RSA */
    int body_declared;           /* length that the header says */
    uint8_t protocol_version;    /* 2019 only */
    char terminal[JT808_TERMINAL_MAX]; /* digits of the BCD field, lower-case hex where a terminal sends other nibbles */
    struct str body;             /* what really stands between header and check */
    uint8_t checksum;            /* as sent */
    bool checksum_ok, length_ok;
};

/* Undoes 7D 01 and 7D 02. Returns the bytes written, or -1 for a broken escape or lack of room. */
int jt808_unescape(struct str wire, uint8_t *out, size_t room);
/* Reads one unescaped frame without its marks. MALFORMED when it is too short for its own header. */
enum hx_err jt808_parse(struct str frame, struct jt808_message *out) HX_MUST_USE;

enum jt808_find { JT808_MORE, JT808_FOUND, JT808_RUBBISH };
/* Looks for a frame in a stream. FOUND: *wire is what stands between its marks (escaped). RUBBISH: bytes that belong to no frame were
 * skipped (text before a mark, a frame too long). *used bytes are done with; the closing mark may open the next frame. */
enum jt808_find jt808_find(struct str in, struct str *wire, size_t *used);

struct jt808_location {
    uint32_t alarm, status;
    int32_t lat_e6, lon_e6;      /* degrees × 10⁶, negative south and west, as sent: WGS-84 by the standard */
    int altitude_m;
    int speed_kmh10;             /* 0.1 km/h */
    int direction_deg;
    uint8_t time_bcd[6];         /* local time UTC+8 */
    int64_t utc_ms;              /* 0: no possible time */
    struct str tlv;              /* additional items */
    int64_t mileage_100m;        /* from item 01; -1: none */
    int rssi, satellites;        /* from items 30 and 31; -1: none */
    int tlv_truncated_at;        /* offset in the body of an item that runs past its end; -1: whole */
};
#define JT808_STATUS_ACC 1u
#define JT808_STATUS_POSITIONED 2u
#define JT808_STATUS_SOUTH 4u
#define JT808_STATUS_WEST 8u
#define JT808_STATUS_DOORS (7u << 13) /* front, middle and rear door open */
#define JT808_ALARM_EMERGENCY 1u      /* the driver's button */

/* A location of at least 28 bytes; all that follows are its items. */
enum hx_err jt808_location(struct str body, struct jt808_location *out) HX_MUST_USE;
/* The next item; false at the end or where one runs past it (then *at stays). */
bool jt808_item(struct str tlv, size_t *at, uint8_t *id, struct str *value);
/* The locations of a batch (0x0704); *type as sent (1: sent late), *count as announced. Returns how many could be read. */
int jt808_batch(struct str body, int *count, int *type, struct jt808_location out[JT808_LOCATIONS_MAX]);

struct jt808_registration {
    int province, city, plate_colour;
    struct str maker, model, terminal_id, plate; /* raw; the plate is GB18030 */
};
/* The edition shows in the body's length. */
enum hx_err jt808_registration(const struct jt808_message *m, struct jt808_registration *out) HX_MUST_USE;
struct jt808_authentication {
    struct str code, imei, software; /* the last two: 2019 */
};
enum hx_err jt808_authentication(const struct jt808_message *m, struct jt808_authentication *out) HX_MUST_USE;

/* Writes a frame with marks, escapes and check, addressed like `to` (edition, terminal). */
void jt808_encode(const struct jt808_message *to, uint16_t id, uint16_t seq, struct str body, struct buf *out);
/* 0x8001 to `to`, and 0x8100 with its code. */
void jt808_answer(const struct jt808_message *to, uint16_t seq, enum jt808_result result, struct buf *out);
void jt808_registered(const struct jt808_message *to, uint16_t seq, int result, const char *code, struct buf *out);

#endif
