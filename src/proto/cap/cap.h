/* Common Alerting Protocol 1.2 (OASIS CAP-v1.2-os), read and written. Pure: bytes in, struct out. Versions 1.0 and 1.1 are read too.
 * Element and clause: `alert` 3.2.1, `info` 3.2.2, `area` 3.2.4. Of several `info` the first in Chinese is taken, else the first. */
#ifndef HX_CAP_H
#define HX_CAP_H

#include "base/str.h"

#define CAP_BYTES_MAX (1 << 20)
#define CAP_POINTS_MAX 8192
#define CAP_RINGS_MAX 64
#define CAP_CIRCLES_MAX 32
#define CAP_GEOCODES_MAX 64

#define CAP_STATUS_MAP(X) X(ACTUAL, "Actual") X(EXERCISE, "Exercise") X(SYSTEM, "System") X(TEST, "Test") X(DRAFT, "Draft")
#define CAP_TYPE_MAP(X) X(ALERT, "Alert") X(UPDATE, "Update") X(CANCEL, "Cancel") X(ACK, "Ack") X(ERROR, "Error")
#define CAP_SEVERITY_MAP(X) X(EXTREME, "Extreme") X(SEVERE, "Severe") X(MODERATE, "Moderate") X(MINOR, "Minor") X(UNKNOWN, "Unknown")
enum cap_status {
#define X(id, name) CAP_##id,
    CAP_STATUS_MAP(X)
#undef X
    CAP_STATUS_COUNT
};
enum cap_type {
#define X(id, name) CAP_##id,
    CAP_TYPE_MAP(X)
#undef X
    CAP_TYPE_COUNT
};
enum cap_severity {
#define X(id, name) CAP_##id,
    CAP_SEVERITY_MAP(X)
#undef X
    CAP_SEVERITY_COUNT
};
const char *cap_status_name(enum cap_status s);
const char *cap_type_name(enum cap_type t);
const char *cap_severity_name(enum cap_severity s);

struct cap_point {
    double lat, lon; /* WGS-84 degrees */
};
struct cap_alert {
    char identifier[160], sender[120], references[600], restriction[200];
    int64_t sent; /* UTC ms */
    enum cap_status status;
    enum cap_type type;
    bool restricted; /* scope Restricted; else Public */
    /* The chosen info: */
    char language[16], category[24], event[120], urgency[16], certainty[16], headline[240], description[1600], instruction[800], sender_name[120], area[400];
    enum cap_severity severity;
    int64_t onset, expires; /* UTC ms; 0: not said */
    struct cap_point points[CAP_POINTS_MAX];
    int point_count;
    struct {
        int first, count;
    } rings[CAP_RINGS_MAX];
    int ring_count;
    struct {
        struct cap_point at;
        double km;
    } circles[CAP_CIRCLES_MAX];
    int circle_count;
    struct {
        char name[40], value[24];
    } geocodes[CAP_GEOCODES_MAX];
    int geocode_count;
};

/* MALFORMED with why[]: no XML, no alert, a document type, or a required element is missing or not of its list. LIMIT with why[]
 * when there are more points or areas than are kept: an area is never cut in silence. */
enum hx_err cap_parse(struct str in, struct cap_alert *out, char *why, size_t why_bytes) HX_MUST_USE;
/* Adds the alert as XML. */
void cap_write(const struct cap_alert *a, struct buf *out);
/* Whether a place lies in it: in a polygon or circle, or in an area whose geocode is its county's code ("522301"), its prefecture's
 * ("522300") or its province's ("520000"). */
bool cap_covers(const struct cap_alert *a, double lon, double lat, const char *county);
/* A time as CAP writes it (CAP 1.2, 3.3.2), local with its offset: "2026-11-24T07:30:00+08:00". Returns out. */
#define CAP_TIME_MAX 32
char *cap_time(int64_t utc_ms, char out[CAP_TIME_MAX]);
/* Text with markup escaped, for the feed too. */
void cap_add_text(struct buf *out, const char *text);

#endif
