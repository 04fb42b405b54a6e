#include "dc09_judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "proto/dc09/dc09_event.h"

static void refuse(struct dc09_judgement *j, const struct dc09_envelope *e, const struct dc09_message *m, enum dc09_verdict verdict)
{
    j->verdict = verdict;
    dc09_reply(&j->reply, e->crc_form, "DUH", m, 0);
}

/* Leading zeros do not tell places apart: zone 005 and 5 are one. */
static void copy_number(struct str from, char *out, size_t size)
{
    while (from.len > 1 && from.at[0] == '0') from.at++, from.len--;
    str_to_z(from, out, size);
}

static char *extra_text(const struct dc09_message *m, const struct dc09_event *event, const char *peer, int64_t skew_s, bool mismatch)
{
    char text[SIGNAL_TEXT_MAX];
    struct buf b;
    buf_init(&b, 1 << 16);
    json_open(&b);
    json_add_z(&b, "peer", peer);
    json_add_str(&b, "token", m->token);
    json_add_flag(&b, "encrypted", m->encrypted);
    buf_add_z(&b, ",\"xdata\":[");
    for (size_t i = 0; i < m->xdata_count; i++) {
        signal_text_from(m->xdata[i], text, sizeof text);
        if (i > 0) buf_add_z(&b, ",");
        json_add_quoted(&b, str_of(text));
    }
    buf_add_z(&b, "]");
    if (skew_s != 0) json_add_i64(&b, "clock_skew_s", skew_s);
    if (mismatch) {
        signal_text_from(m->account, text, sizeof text);
        json_add_z(&b, "header_account", text);
    }
    if (event->name_zh != NULL) json_add_z(&b, "name_zh", event->name_zh), json_add_z(&b, "name_en", event->name_en);
    if (event->cid_qualifier == '6') json_add_flag(&b, "still_present", true);
    json_close(&b);
    return b.at; /* the batch frees it */
}

static void fill_signal(struct signal *s, const struct dc09_message *m, const struct dc09_event *event, const struct panel *panel, int64_t now_ms)
{
    s->received_at = now_ms;
    s->panel_id = panel != NULL ? panel->id : 0;
    s->school_id = panel != NULL ? panel->school_id : 0;
    s->quarantined = panel == NULL;
    s->test = panel != NULL && panel->test_until > now_ms;
    s->class = event->class;
    s->severity = event->severity;
    snprintf(s->protocol, sizeof s->protocol, "dc09");
    str_to_z(m->sequence, s->sequence, sizeof s->sequence);
    snprintf(s->code, sizeof s->code, "%s", event->code);
    snprintf(s->qualifier, sizeof s->qualifier, "%s", event->qualifier);
    copy_number(event->partition_no, s->partition_no, sizeof s->partition_no);
    copy_number(event->zone, s->zone, sizeof s->zone);
    signal_text_from(event->text, s->text, sizeof s->text);
}

static void build_batch(struct dc09_judgement *j, const struct dc09_envelope *e, const struct dc09_message *m, int64_t device_ms,
                        int64_t skew_s, int64_t now_ms, const char *peer)
{
    struct dc09_event events[DC09_EVENTS_MAX];
    size_t n = 1;
    bool cid = str_eq(m->token, STR("ADM-CID"));
    if (!cid || !dc09_cid_event(m->data, &events[0])) n = dc09_sia_events(cid ? (struct str){"", 0} : m->data, events);
    if (cid && events[0].code[0] == 0) {
        events[0].text = m->data; /* a Contact ID block of another shape: shown, never dropped */
        events[0].class = CLASS_UNCLASSIFIED;
        events[0].severity = signal_class_row(CLASS_UNCLASSIFIED)->severity;
    }
    j->batch = signal_batch_new(n, e->body);
    bool mismatch = m->has_account && m->data_account.len > 0 && !str_eq(m->account, m->data_account);
    for (size_t i = 0; i < n; i++) {
        struct signal *s = &j->batch->signals[i];
        fill_signal(s, m, &events[i], j->panel, now_ms);
        snprintf(s->account, sizeof s->account, "%s", j->account);
        s->device_at = device_ms;
        s->extra = extra_text(m, &events[i], peer, skew_s, mismatch);
        /* The meaning of the frame: two encryptions of one text are one message. */
        struct str pieces[7 + DC09_XDATA_MAX] = {str_of(j->account), m->token, m->sequence, m->data, m->timestamp, {(const char *)&i, sizeof i}};
        size_t count = 6;
        for (size_t x = 0; x < m->xdata_count; x++) pieces[count++] = m->xdata[x];
        signal_digest(pieces, count, s->digest);
    }
}

/* An encrypted message for which we have no key: it is kept and shown as what it is, but cannot be answered. */
static void keep_sealed(struct dc09_judgement *j, const struct dc09_envelope *e, const struct dc09_message *m, int64_t now_ms, const char *peer)
{
    static const char text[] = "encrypted, and no key is set for this account";
    struct dc09_event event = {.qualifier = "new", .text = {text, sizeof text - 1}, .class = CLASS_UNCLASSIFIED, .severity = 3};
    struct str pieces[] = {m->account, m->cipher};
    j->verdict = str_eq(m->token, STR("NULL")) ? DC09_NO_KEY : DC09_STORE;
    if (j->verdict == DC09_NO_KEY) return;
    j->batch = signal_batch_new(1, e->body);
    fill_signal(&j->batch->signals[0], m, &event, j->panel, now_ms);
    str_to_z(m->account, j->batch->signals[0].account, sizeof j->batch->signals[0].account);
    j->batch->signals[0].extra = extra_text(m, &event, peer, 0, false);
    signal_digest(pieces, 2, j->batch->signals[0].digest);
}

static bool known_token(struct str token)
{
    return str_eq(token, STR("SIA-DCS")) || str_eq(token, STR("ADM-CID")) || str_eq(token, STR("NULL"));
}

void dc09_judge(const struct dc09_envelope *e, const struct panels *panels, int64_t now_ms, bool refuse_unknown, const char *peer,
                struct dc09_judgement *j)
{
    struct dc09_message m;
    char plain[DC09_PLAIN_MAX];
    struct dc09_key key = {.n = 0};
    *j = (struct dc09_judgement){0};
    buf_init(&j->reply, DC09_FRAME_MAX);
    enum hx_err err = dc09_message_parse(e->body, &m);
    if (err || !known_token(m.token)) {
        refuse(j, e, &m, DC09_NOT_UNDERSTOOD);
        return;
    }
    /* The header's account chooses the key; what the data say counts for clear frames without one. */
    j->panel = panel_find(panels, m.encrypted || m.account.len > 0 ? m.account : dc09_account(&m));
    if (j->panel != NULL && j->panel->key_bytes > 0) {
        memcpy(key.bytes, j->panel->key, j->panel->key_bytes);
        key.n = j->panel->key_bytes;
    }
    if (m.encrypted) {
        size_t pad;
        struct str text;
        if (key.n == 0) {
            str_to_z(m.account, j->account, sizeof j->account);
            keep_sealed(j, e, &m, now_ms, peer);
            return;
        }
        if (dc09_open(&m, &key, plain, &pad, &text)) {
            refuse(j, e, &m, DC09_BAD_KEY);
            return;
        }
    } else if (key.n > 0) {
        refuse(j, e, &m, DC09_DOWNGRADE);
        return;
    }
    struct str account = dc09_account(&m);
    if (!str_eq(account, m.account)) { /* the data account counts; it must not borrow the key of the header's */
        struct panel *other = panel_find(panels, account);
        if (other != NULL && other->key_bytes > 0 && !(m.encrypted && other == j->panel)) {
            refuse(j, e, &m, DC09_DOWNGRADE);
            return;
        }
        j->panel = other;
    }
    str_to_z(account, j->account, sizeof j->account);
    for (char *c = j->account; *c != 0; c++)
        if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 32);

    int64_t device_ms = 0, skew_s = 0;
    if (dc09_time_parse(m.timestamp, &device_ms)) {
        device_ms += j->panel != NULL ? j->panel->clock_offset_s * 1000LL : 0;
        skew_s = device_ms / 1000 - now_ms / 1000;
        if (m.encrypted && (skew_s > DC09_EARLY_S || skew_s < -DC09_LATE_S) && !(j->panel != NULL && j->panel->clock_mark)) {
            j->verdict = DC09_STALE;
            dc09_reply(&j->reply, e->crc_form, "NAK", &m, now_ms);
            return;
        }
    }
    if (m.encrypted) dc09_reply_sealed(&j->reply, e->crc_form, &m, now_ms, &key);
    else dc09_reply(&j->reply, e->crc_form, j->panel == NULL && refuse_unknown ? "DUH" : "ACK", &m, 0);
    j->verdict = str_eq(m.token, STR("NULL")) ? DC09_HEARTBEAT : DC09_STORE;
    if (j->verdict == DC09_STORE) build_batch(j, e, &m, device_ms, skew_s, now_ms, peer);
}
