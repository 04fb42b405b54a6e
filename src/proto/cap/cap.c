#include "cap.h"

#include <expat.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/geo.h"

#define DEPTH_MAX 8
#define TEXT_MAX 200000 /* a polygon of thousands of points */

static const char *const statuses[] = {
#define X(id, name) name,
    CAP_STATUS_MAP(X)
#undef X
};
static const char *const types[] = {
#define X(id, name) name,
    CAP_TYPE_MAP(X)
#undef X
};
static const char *const severities[] = {
#define X(id, name) name,
    CAP_SEVERITY_MAP(X)
#undef X
};

const char *cap_status_name(enum cap_status s)
{
    return statuses[s];
}

const char *cap_type_name(enum cap_type t)
{
    return types[t];
}

const char *cap_severity_name(enum cap_severity s)
{
    return severities[s];
}

struct reading {
    struct cap_alert *a;
    XML_Parser parser;
    char path[DEPTH_MAX][40]; /* names from the root down */
    int depth;
    struct buf text;
    int infos, chosen; /* info elements so far; whether what is read now is kept */
    bool chinese;      /* the kept one is in Chinese */
    char language[16], geocode[40];
    char *why;
    size_t why_bytes;
    enum hx_err err;
};

static void wrong(struct reading *r, enum hx_err e, const char *format, ...) HX_PRINTF(3, 4);
static void wrong(struct reading *r, enum hx_err e, const char *format, ...)
{
    if (r->err) return;
    va_list args;
    va_start(args, format);
    vsnprintf(r->why, r->why_bytes, format, args);
    va_end(args);
    r->err = e;
    XML_StopParser(r->parser, XML_FALSE);
}

/* A document type could name entities without end: CAP has none. */
static void on_doctype(void *arg, const XML_Char *name, const XML_Char *system_id, const XML_Char *public_id, int has_internal)
{
    (void)name, (void)system_id, (void)public_id, (void)has_internal;
    wrong(arg, HX_E_MALFORMED, "a CAP alert has no document type");
}

static void clear_info(struct cap_alert *a)
{
    a->language[0] = a->category[0] = a->event[0] = a->urgency[0] = a->certainty[0] = a->headline[0] = a->description[0] = a->instruction[0] = a->sender_name[0] = a->area[0] = 0;
    a->severity = CAP_SEVERITY_COUNT;
    a->onset = a->expires = 0;
    a->point_count = a->ring_count = a->circle_count = a->geocode_count = 0;
}

/* The name without its namespace. */
static const char *local_name(const char *name)
{
    const char *blank = strrchr(name, ' ');
    return blank != NULL ? blank + 1 : name;
}

static void on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
    (void)attributes;
    struct reading *r = arg;
    const char *local = local_name(name);
    if (r->depth == 0 && strcmp(local, "alert") != 0) wrong(r, HX_E_MALFORMED, "the root is %.30s, not alert", local);
    if (r->depth >= DEPTH_MAX) {
        r->depth++;
        return;
    }
    snprintf(r->path[r->depth++], sizeof r->path[0], "%s", local);
    if (r->depth == 2 && strcmp(local, "info") == 0) {
        r->infos++;
        r->chosen = r->infos == 1;
        snprintf(r->language, sizeof r->language, "en-US"); /* 3.2.2: the default */
        if (r->chosen) clear_info(r->a);
    }
    buf_clear(&r->text);
}

static void on_text(void *arg, const XML_Char *text, int n)
{
    struct reading *r = arg;
    buf_add(&r->text, text, (size_t)n);
    if (r->text.full) wrong(r, HX_E_LIMIT, "an element has more than %d bytes", TEXT_MAX);
}

static bool read_time(struct reading *r, struct str text, int64_t *out)
{
    if (clock_parse(text, out)) return true;
    wrong(r, HX_E_MALFORMED, "%s is no time", r->path[r->depth - 1]);
    return false;
}

static int word_of(struct reading *r, struct str text, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (str_eq_z(text, names[i])) return i;
    wrong(r, HX_E_MALFORMED, "%s may not be \"%.*s\"", r->path[r->depth - 1], (int)(text.len < 30 ? text.len : 30), text.at);
    return 0;
}

static bool read_degree(struct str text, double most, double *out)
{
    char z[32], *end;
    if (text.len == 0 || text.len >= sizeof z) return false;
    *out = strtod(str_to_z(text, z, sizeof z), &end);
    return *end == 0 && isfinite(*out) && *out >= -most && *out <= most;
}

/* "lat,lon" */
static bool read_point(struct str text, struct cap_point *p)
{
    struct str lat;
    return str_split(&text, ',', &lat) && text.at != NULL && read_degree(str_trim(lat), 90, &p->lat) && read_degree(str_trim(text), 180, &p->lon);
}

/* A word ends at any blank: generators break lines within polygons. */
static bool next_word(struct str *rest, struct str *word)
{
    *rest = str_trim(*rest);
    size_t n = 0;
    while (n < rest->len && rest->at[n] != ' ' && rest->at[n] != '\n' && rest->at[n] != '\t' && rest->at[n] != '\r') n++;
    *word = (struct str){rest->at, n};
    *rest = (struct str){rest->at + n, rest->len - n};
    return n > 0;
}

static void read_polygon(struct reading *r, struct str text)
{
    struct cap_alert *a = r->a;
    struct str word;
    if (a->ring_count == CAP_RINGS_MAX) {
        wrong(r, HX_E_LIMIT, "an alert may have at most %d polygons", CAP_RINGS_MAX);
        return;
    }
    int first = a->point_count;
    while (next_word(&text, &word)) {
        if (a->point_count == CAP_POINTS_MAX) {
            wrong(r, HX_E_LIMIT, "the polygons have more than %d points", CAP_POINTS_MAX);
            return;
        }
        if (!read_point(word, &a->points[a->point_count++])) {
            wrong(r, HX_E_MALFORMED, "polygon: \"%.*s\" is no latitude,longitude", (int)(word.len < 40 ? word.len : 40), word.at);
            return;
        }
    }
    if (a->point_count - first < 4) wrong(r, HX_E_MALFORMED, "a polygon has at least 4 points, the last equal to the first");
    else a->rings[a->ring_count].first = first, a->rings[a->ring_count++].count = a->point_count - first;
}

static void read_circle(struct reading *r, struct str text)
{
    struct cap_alert *a = r->a;
    struct str point, km;
    if (a->circle_count == CAP_CIRCLES_MAX) wrong(r, HX_E_LIMIT, "an alert may have at most %d circles", CAP_CIRCLES_MAX);
    else if (!next_word(&text, &point) || !next_word(&text, &km) || !read_point(point, &a->circles[a->circle_count].at) || !read_degree(km, 20000, &a->circles[a->circle_count].km) || a->circles[a->circle_count].km < 0)
        wrong(r, HX_E_MALFORMED, "a circle is written: latitude,longitude kilometres");
    else a->circle_count++;
}

static void read_geocode(struct reading *r, struct str value)
{
    struct cap_alert *a = r->a;
    if (a->geocode_count == CAP_GEOCODES_MAX) {
        wrong(r, HX_E_LIMIT, "an alert may have at most %d geocodes", CAP_GEOCODES_MAX);
        return;
    }
    snprintf(a->geocodes[a->geocode_count].name, sizeof a->geocodes[0].name, "%s", r->geocode);
    str_to_utf8_z(value, a->geocodes[a->geocode_count++].value, sizeof a->geocodes[0].value);
}

static void read_alert(struct reading *r, const char *name, struct str text)
{
    struct cap_alert *a = r->a;
    if (strcmp(name, "identifier") == 0) str_to_utf8_z(text, a->identifier, sizeof a->identifier);
    else if (strcmp(name, "sender") == 0) str_to_utf8_z(text, a->sender, sizeof a->sender);
    else if (strcmp(name, "sent") == 0) (void)read_time(r, text, &a->sent);
    else if (strcmp(name, "status") == 0) a->status = (enum cap_status)word_of(r, text, statuses, CAP_STATUS_COUNT);
    else if (strcmp(name, "msgType") == 0) a->type = (enum cap_type)word_of(r, text, types, CAP_TYPE_COUNT);
    else if (strcmp(name, "scope") == 0) a->restricted = !str_eq(text, STR("Public"));
    else if (strcmp(name, "references") == 0) str_to_utf8_z(text, a->references, sizeof a->references);
    else if (strcmp(name, "restriction") == 0) str_to_utf8_z(text, a->restriction, sizeof a->restriction);
}

static void read_info(struct reading *r, const char *name, struct str text)
{
    struct cap_alert *a = r->a;
    const struct {
        const char *name;
        char *out;
        size_t size;
    } texts[] = {{"event", a->event, sizeof a->event}, {"urgency", a->urgency, sizeof a->urgency}, {"certainty", a->certainty, sizeof a->certainty}, {"headline", a->headline, sizeof a->headline},
                 {"description", a->description, sizeof a->description}, {"instruction", a->instruction, sizeof a->instruction}, {"senderName", a->sender_name, sizeof a->sender_name}};
    if (strcmp(name, "language") == 0) {
        str_to_utf8_z(text, r->language, sizeof r->language);
        /* A Chinese one takes the place of another; language stands first in an info (3.2.2), so nothing else was read of it yet. */
        if (!r->chosen && !r->chinese && str_starts(text, STR("zh"))) r->chosen = true, clear_info(a);
        r->chinese = r->chinese || (r->chosen && str_starts(text, STR("zh")));
        if (r->chosen) str_to_utf8_z(text, a->language, sizeof a->language);
        return;
    }
    if (!r->chosen) return;
    if (strcmp(name, "category") == 0 && a->category[0] == 0) str_to_utf8_z(text, a->category, sizeof a->category);
    else if (strcmp(name, "severity") == 0) a->severity = (enum cap_severity)word_of(r, text, severities, CAP_SEVERITY_COUNT);
    else if (strcmp(name, "onset") == 0) (void)read_time(r, text, &a->onset);
    else if (strcmp(name, "expires") == 0) (void)read_time(r, text, &a->expires);
    for (size_t i = 0; i < HX_COUNT(texts); i++)
        if (strcmp(name, texts[i].name) == 0) str_to_utf8_z(text, texts[i].out, texts[i].size);
}

static void read_area(struct reading *r, const char *name, struct str text)
{
    struct cap_alert *a = r->a;
    if (!r->chosen) return;
    if (strcmp(name, "polygon") == 0) read_polygon(r, text);
    else if (strcmp(name, "circle") == 0) read_circle(r, text);
    else if (strcmp(name, "areaDesc") == 0) {
        char one[240];
        size_t n = strlen(a->area);
        str_to_utf8_z(text, one, sizeof one);
        snprintf(a->area + n, sizeof a->area - n, "%s%s", n > 0 ? "，" : "", one);
        char whole[sizeof a->area];
        memcpy(a->area, str_to_utf8_z(str_of(a->area), whole, sizeof whole), sizeof whole); /* never half a character */
    }
}

static void on_end(void *arg, const XML_Char *name)
{
    (void)name;
    struct reading *r = arg;
    if (r->depth > DEPTH_MAX) {
        r->depth--;
        return;
    }
    struct str text = str_trim(buf_str(&r->text));
    const char *leaf = r->path[r->depth - 1];
    if (r->depth == 2 && strcmp(leaf, "info") != 0) read_alert(r, leaf, text);
    else if (r->depth == 3 && strcmp(r->path[1], "info") == 0) read_info(r, leaf, text);
    else if (r->depth == 4 && strcmp(r->path[2], "area") == 0) read_area(r, leaf, text);
    else if (r->depth == 5 && strcmp(r->path[3], "geocode") == 0 && strcmp(leaf, "valueName") == 0) str_to_utf8_z(text, r->geocode, sizeof r->geocode);
    else if (r->depth == 5 && strcmp(r->path[3], "geocode") == 0 && strcmp(leaf, "value") == 0 && r->chosen) read_geocode(r, text);
    r->depth--;
    buf_clear(&r->text);
}

static void check(struct reading *r)
{
    const struct cap_alert *a = r->a;
    bool info_needed = a->type == CAP_ALERT || a->type == CAP_UPDATE;
    const char *missing = a->identifier[0] == 0 ? "identifier" : a->sender[0] == 0 ? "sender" : a->sent == 0 ? "sent" : a->status == CAP_STATUS_COUNT ? "status" : a->type == CAP_TYPE_COUNT ? "msgType"
                          : !info_needed ? NULL : r->infos == 0 ? "info" : a->event[0] == 0 ? "event" : a->severity == CAP_SEVERITY_COUNT ? "severity" : NULL;
    if (missing != NULL) wrong(r, HX_E_MALFORMED, "the element %s is missing", missing);
}

enum hx_err cap_parse(struct str in, struct cap_alert *out, char *why, size_t why_bytes)
{
    struct reading r = {.a = out, .why = why, .why_bytes = why_bytes};
    memset(out, 0, sizeof *out);
    out->status = CAP_STATUS_COUNT;
    out->type = CAP_TYPE_COUNT;
    clear_info(out);
    if (in.len > CAP_BYTES_MAX) return snprintf(why, why_bytes, "an alert has at most %d bytes", CAP_BYTES_MAX), HX_E_LIMIT;
    buf_init(&r.text, TEXT_MAX);
    r.parser = XML_ParserCreateNS(NULL, ' ');
    HX_ASSERT(r.parser != NULL);
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    if (XML_Parse(r.parser, in.len > 0 ? in.at : "", (int)in.len, 1) == XML_STATUS_ERROR && r.err == HX_OK) {
        snprintf(why, why_bytes, "line %lu: %s", XML_GetCurrentLineNumber(r.parser), XML_ErrorString(XML_GetErrorCode(r.parser)));
        r.err = HX_E_MALFORMED;
    }
    if (!r.err) check(&r);
    XML_ParserFree(r.parser);
    buf_free(&r.text);
    return r.err;
}

/* ---- where ---- */

static bool in_ring(const struct cap_point *p, int n, double lon, double lat)
{
    bool inside = false;
    for (int i = 0, j = n - 1; i < n; j = i++) {
        if ((p[i].lat > lat) != (p[j].lat > lat) && lon < (p[j].lon - p[i].lon) * (lat - p[i].lat) / (p[j].lat - p[i].lat) + p[i].lon) inside = !inside;
    }
    return inside;
}

/* "520000" is a province, "522300" a prefecture, "522301" a county; longer codes name something within a county. */
static bool is_within(const char *code, const char *county)
{
    size_t n = strspn(code, "0123456789");
    if (n < 6 || code[n] != 0 || strlen(county) != 6) return false;
    size_t fixed = strncmp(code + 2, "0000", 4) == 0 ? 2 : strncmp(code + 4, "00", 2) == 0 ? 4 : 6;
    return strncmp(code, county, fixed) == 0;
}

bool cap_covers(const struct cap_alert *a, double lon, double lat, const char *county)
{
    for (int i = 0; i < a->ring_count; i++)
        if (in_ring(a->points + a->rings[i].first, a->rings[i].count, lon, lat)) return true;
    for (int i = 0; i < a->circle_count; i++)
        if (geo_distance_m(a->circles[i].at.lon, a->circles[i].at.lat, lon, lat) <= a->circles[i].km * 1000) return true;
    for (int i = 0; i < a->geocode_count; i++)
        if (is_within(a->geocodes[i].value, county)) return true;
    return false;
}

/* ---- writing ---- */

void cap_add_text(struct buf *out, const char *text)
{
    for (; *text != 0; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '&') buf_add_z(out, "&amp;");
        else if (c == '<') buf_add_z(out, "&lt;");
        else if (c == '>') buf_add_z(out, "&gt;");
        else if (c == '"') buf_add_z(out, "&quot;");
        else if (c >= 0x20 || c == '\n' || c == '\t') buf_add(out, text, 1); /* other control characters XML cannot hold */
    }
}

static void element(struct buf *out, const char *indent, const char *name, const char *text)
{
    if (text[0] == 0) return;
    buf_printf(out, "%s<%s>", indent, name);
    cap_add_text(out, text);
    buf_printf(out, "</%s>\n", name);
}

/* 3.3.2: local time with its offset, whole seconds, never Z. */
char *cap_time(int64_t utc_ms, char out[CAP_TIME_MAX])
{
    struct clock_civil c = clock_to_civil(utc_ms + CLOCK_LOCAL_MS);
    snprintf(out, CAP_TIME_MAX, "%04u-%02u-%02uT%02u:%02u:%02u+08:00", (unsigned)c.year % 10000, (unsigned)c.month % 100, (unsigned)c.day % 100, (unsigned)c.hour % 100, (unsigned)c.minute % 100, (unsigned)c.second % 100);
    return out;
}

static void time_element(struct buf *out, const char *indent, const char *name, int64_t utc_ms)
{
    char text[CAP_TIME_MAX];
    if (utc_ms != 0) buf_printf(out, "%s<%s>%s</%s>\n", indent, name, cap_time(utc_ms, text), name);
}

static void write_area(const struct cap_alert *a, struct buf *out)
{
    buf_add_z(out, "    <area>\n");
    element(out, "      ", "areaDesc", a->area[0] != 0 ? a->area : "-");
    for (int i = 0; i < a->ring_count; i++) {
        buf_add_z(out, "      <polygon>");
        for (int p = 0; p < a->rings[i].count; p++) buf_printf(out, "%s%.6f,%.6f", p > 0 ? " " : "", a->points[a->rings[i].first + p].lat, a->points[a->rings[i].first + p].lon);
        buf_add_z(out, "</polygon>\n");
    }
    for (int i = 0; i < a->circle_count; i++) buf_printf(out, "      <circle>%.6f,%.6f %.3f</circle>\n", a->circles[i].at.lat, a->circles[i].at.lon, a->circles[i].km);
    for (int i = 0; i < a->geocode_count; i++) {
        buf_add_z(out, "      <geocode>\n");
        element(out, "        ", "valueName", a->geocodes[i].name);
        element(out, "        ", "value", a->geocodes[i].value);
        buf_add_z(out, "      </geocode>\n");
    }
    buf_add_z(out, "    </area>\n");
}

void cap_write(const struct cap_alert *a, struct buf *out)
{
    buf_add_z(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">\n");
    element(out, "  ", "identifier", a->identifier);
    element(out, "  ", "sender", a->sender);
    time_element(out, "  ", "sent", a->sent);
    element(out, "  ", "status", statuses[a->status]);
    element(out, "  ", "msgType", types[a->type]);
    element(out, "  ", "scope", a->restricted ? "Restricted" : "Public");
    element(out, "  ", "restriction", a->restricted ? a->restriction : "");
    element(out, "  ", "references", a->references);
    if (a->event[0] != 0) {
        buf_add_z(out, "  <info>\n");
        element(out, "    ", "language", a->language);
        element(out, "    ", "category", a->category);
        element(out, "    ", "event", a->event);
        element(out, "    ", "urgency", a->urgency);
        element(out, "    ", "severity", severities[a->severity < CAP_SEVERITY_COUNT ? a->severity : CAP_UNKNOWN]);
        element(out, "    ", "certainty", a->certainty);
        time_element(out, "    ", "onset", a->onset);
        time_element(out, "    ", "expires", a->expires);
        element(out, "    ", "senderName", a->sender_name);
        element(out, "    ", "headline", a->headline);
        element(out, "    ", "description", a->description);
        element(out, "    ", "instruction", a->instruction);
        write_area(a, out);
        buf_add_z(out, "  </info>\n");
    }
    buf_add_z(out, "</alert>\n");
}
