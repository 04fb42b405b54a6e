#include "warning_backtest.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "warning_feed.h"
#include "warning_hit.h"

#define SHOWN_MAX 200
#define LONGEST_US 20000000 /* of playing; what came before it is then left out and told */
#define ALIKE_MS 600000     /* two rules are alike where they speak of one school within ten minutes */
#define ALIKE_LEAST 0.3
#define SEEN_BUCKETS 65536  /* of (school, ten minutes), by hash */

/* Where the rule under test and each other one spoke. */
struct voice {
    char code[RULE_CODE_MAX];
    int count, both;
};
/* Another rule spoke. There may be a hundred thousand of them: no more is kept than is compared. */
struct spoke {
    int voice;
    uint32_t bucket;
};
struct play {
    struct warning_founds found; /* of the rule under test */
    char code[RULE_CODE_MAX];
    struct voice voices[WARNING_RULES_MAX];
    size_t voice_count;
    uint8_t *mine; /* bits of SEEN_BUCKETS */
    struct spoke *others;
    size_t other_count, other_room;
};

static uint32_t bucket_of(int64_t school, int64_t at)
{
    uint64_t h = (uint64_t)school * 0x9E3779B97F4A7C15ull ^ (uint64_t)(at / ALIKE_MS) * 0xC2B2AE3D27D4EB4Full;
    return (uint32_t)(h >> 32) % (SEEN_BUCKETS * 8);
}

static void note_other(struct play *p, const struct warning_hit *h)
{
    size_t v = 0;
    while (v < p->voice_count && !str_eq_z(h->rule->code, p->voices[v].code)) v++;
    if (v == p->voice_count) {
        if (v == WARNING_RULES_MAX) return;
        str_to_z(h->rule->code, p->voices[p->voice_count++].code, sizeof p->voices[v].code);
    }
    if (p->other_count == p->other_room) {
        p->other_room = p->other_room ? 2 * p->other_room : 256;
        p->others = realloc(p->others, p->other_room * sizeof *p->others);
        HX_ASSERT(p->others != NULL);
    }
    p->others[p->other_count++] = (struct spoke){(int)v, bucket_of(h->school_id, h->at)};
}

static void on_raised(void *arg, const struct warning_hit *h)
{
    struct play *p = arg;
    if (!str_eq_z(h->rule->code, p->code)) {
        if (h->step == 0) note_other(p, h);
        return;
    }
    struct warning_sink keep = warning_found_sink(&p->found);
    uint32_t b = bucket_of(h->school_id, h->at);
    keep.raised(keep.arg, h);
    p->mine[b / 8] = (uint8_t)(p->mine[b / 8] | 1 << b % 8);
}

static void on_cleared(void *arg, const struct warning_clear *c)
{
    (void)arg, (void)c;
}

/* ---- playing ---- */

static enum hx_err first_seq(struct db *db, int64_t from_ms, int64_t *seq)
{
    int64_t low = 0, high = 0, at;
    enum hx_err e = db_one_i64(db, SQL_JOURNAL_HEAD, &high, "");
    if (e == HX_E_NOT_FOUND) e = HX_OK;
    while (!e && low < high) {
        int64_t middle = low + (high - low) / 2;
        e = db_one_i64(db, SQL_RULE_EVENT_AT, &at, "i", middle + 1);
        if (e == HX_E_NOT_FOUND) e = HX_OK, at = INT64_MAX;
        if (at < from_ms) low = middle + 1;
        else high = middle;
    }
    *seq = low;
    return e;
}

static enum hx_err play_events(struct db *db, struct warning_engine *engine, const struct feed *feed, int64_t from_seq, int64_t now_ms, int64_t *events, bool *cut)
{
    int64_t begun = clock_mono_us();
    size_t fed = 0;
    struct rows r = db_query(db, SQL_RULE_EVENTS, "i", from_seq);
    while (rows_next(&r)) {
        int64_t at = rows_i64(&r, 1);
        const char *type = rows_z(&r, 2);
        if (++*events % 4096 == 0 && clock_mono_us() - begun > LONGEST_US) {
            *cut = true;
            break;
        }
        for (; fed < feed->count && feed->events[fed].at <= at; fed++) {
            const struct feed_event *f = &feed->events[fed];
            warning_engine_see(engine, &(struct warning_event){.at = f->at, .school_id = f->school_id, .subject_id = f->subject_id, .type = f->type, .data = str_of(f->data)});
        }
        if (!warning_engine_wants(engine, type)) continue;
        warning_engine_see(engine, &(struct warning_event){.seq = rows_i64(&r, 0), .at = at, .type = type, .school_id = rows_i64(&r, 3), .subject_id = rows_i64(&r, 4), .data = rows_str(&r, 5)});
    }
    enum hx_err e = r.err;
    rows_end(&r);
    if (!*cut) warning_engine_tick(engine, now_ms);
    return e;
}

static enum hx_err add_active(struct db *db, struct warning_engine *engine, const char *but)
{
    char why[200];
    struct rows r = db_query(db, SQL_RULE_ACTIVE, "");
    while (rows_next(&r)) {
        struct rule parsed;
        struct str text = rows_str(&r, 1);
        if (rule_parse(text, &parsed, false, why, sizeof why) || str_eq_z(parsed.code, but)) continue;
        if (warning_engine_put(engine, text, rows_i64(&r, 0), why, sizeof why)) continue;
    }
    enum hx_err e = r.err;
    rows_end(&r);
    return e;
}

/* ---- telling ---- */

static json_t *alike_json(struct play *p, int mine)
{
    json_t *alike = json_array();
    for (size_t i = 0; i < p->other_count; i++) {
        const struct spoke *o = &p->others[i];
        p->voices[o->voice].count++;
        p->voices[o->voice].both += p->mine[o->bucket / 8] >> o->bucket % 8 & 1;
    }
    for (size_t v = 0; v < p->voice_count; v++) {
        double share = p->voices[v].count > 0 ? (double)p->voices[v].both / p->voices[v].count : 0;
        if (mine > 0 && share >= ALIKE_LEAST) json_array_append_new(alike, json_pack("{s:s,s:i,s:i,s:f}", "code", p->voices[v].code, "count", p->voices[v].count, "both", p->voices[v].both, "share", share));
    }
    return alike;
}

static json_t *hit_json(const struct warning_found *f, struct school_book *schools)
{
    struct warning_world w = school_book_world(schools);
    const struct warning_school *s = f->school_id != 0 ? w.school(w.arg, f->school_id) : NULL;
    json_t *j = json_pack("{s:s,s:i,s:i,s:s,s:i,s:s,s:s,s:b}", "case_name", f->case_name, "step", f->step, "severity", f->severity, "receiver", rule_receiver_name(f->to), "count", f->count, "zh", f->zh, "en", f->en, "drill", f->drill);
    json_put_time(j, "at", f->at);
    json_put_z(j, "school", s != NULL ? s->name : NULL);
    if (f->school_id != 0) json_put_i64(j, "school_id", f->school_id);
    json_put_z(j, "quiet", f->hidden_by[0] != 0 ? "hidden" : f->folded ? "folded" : "");
    if (f->evidence_count > 0) json_put_i64(j, "evidence", f->evidence[0]);
    return j;
}

static json_t *blind_json(const struct rule *rule)
{
    json_t *blind = json_array();
    for (size_t i = 0; i < rule->input_count; i++)
        for (size_t t = 0; t < rule->inputs[i].type_count; t++) {
            char type[64];
            str_to_z(rule->inputs[i].types[t], type, sizeof type);
            if (!feed_knows_past(type)) json_array_append_new(blind, json_string(type));
        }
    return blind;
}

static json_t *result_json(struct play *p, const struct rule *rule, struct school_book *schools, int days)
{
    int hits = 0, told = 0, desk = 0;
    json_t *shown = json_array(), *by_case = json_object(), *by_day = json_object();
    for (size_t i = p->found.count; i-- > 0;) {
        const struct warning_found *f = &p->found.items[i];
        char day[CLOCK_DATE_MAX];
        bool loud = f->hidden_by[0] == 0 && !f->folded;
        if (json_array_size(shown) < SHOWN_MAX) json_array_append_new(shown, hit_json(f, schools));
        desk += loud && !f->drill && (f->to == RULE_TO_DESK || f->to == RULE_TO_COMMANDER);
        if (f->step > 0) continue;
        hits++;
        told += loud;
        json_object_set_new(by_case, f->case_name, json_integer(json_i64(by_case, f->case_name, 0) + 1));
        clock_local_date(f->at, day);
        json_object_set_new(by_day, day, json_integer(json_i64(by_day, day, 0) + 1));
    }
    size_t open = school_book_count(schools);
    double cost = open > 0 ? (double)desk / (double)open / days : 0;
    return json_pack("{s:i,s:i,s:i,s:i,s:f,s:f,s:o,s:o,s:o,s:o,s:o}", "days", days, "hits", hits, "told", told, "desk", desk, "cost", cost, "budget", ALARM_BUDGET, "shown", shown, "by_case", by_case, "by_day", by_day,
                     "alike", alike_json(p, hits), "blind", blind_json(rule));
}

static enum hx_err play_back(struct db *db, struct str text, const struct rule *rule, int days, int64_t now_ms, json_t **out, char *why, size_t why_bytes)
{
    struct play p = {.voice_count = 0};
    struct school_book *schools = NULL;
    struct feed feed = {0};
    int64_t from = now_ms - days * CLOCK_DAY_MS, seq = 0, events = 0, begun = clock_mono_us();
    bool cut = false;
    enum hx_err e = school_book_read(db, from, now_ms, &schools);
    if (e) return e;
    struct warning_world world = school_book_world(schools);
    struct warning_sink sink = {on_raised, on_cleared, &p};
    struct warning_engine *engine = warning_engine_new(&world, &sink);
    str_to_z(rule->code, p.code, sizeof p.code);
    p.mine = calloc(1, SEEN_BUCKETS);
    HX_ASSERT(p.mine != NULL);
    e = warning_engine_put(engine, text, 0, why, why_bytes);
    if (!e) e = add_active(db, engine, p.code);
    if (!e) e = first_seq(db, from, &seq);
    if (!e) e = feed_past(db, from, now_ms, &feed);
    if (!e) e = play_events(db, engine, &feed, seq, now_ms, &events, &cut);
    if (!e) {
        *out = result_json(&p, rule, schools, days);
        json_put_i64(*out, "events", events);
        json_put_i64(*out, "took_ms", (clock_mono_us() - begun) / 1000);
        json_object_set_new(*out, "cut", json_boolean(cut));
        json_put_time(*out, "from", from);
    }
    feed_free(&feed);
    warning_engine_free(engine);
    warning_founds_free(&p.found);
    free(p.others);
    free(p.mine);
    school_book_free(schools);
    return e;
}

enum hx_err warning_backtest(struct db *db, struct str text, int days, int64_t now_ms, bool chinese, json_t **out, char *why, size_t why_bytes)
{
    static atomic_bool busy;
    struct rule rule;
    *out = NULL;
    enum hx_err e = rule_parse(text, &rule, chinese, why, why_bytes);
    if (e) return e;
    if (atomic_exchange(&busy, true)) {
        snprintf(why, why_bytes, "another rule is being played back: try again in a few seconds");
        return HX_E_BUSY;
    }
    db_snapshot(db);
    e = play_back(db, text, &rule, days, now_ms, out, why, why_bytes);
    db_snapshot_end(db);
    atomic_store(&busy, false);
    return e;
}
