#include "broadcast.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer_score.h"
#include "base/clock.h"
#include "domain/camera/camera.h"

#define CODE_TRIES 50
#define SEATS_MAX 20000

static enum hx_err reply(struct call *c, int64_t id)
{
    json_t *record = NULL, *full = json_object();
    enum hx_err e = db_one_json(c->db, SQL_BROADCAST_GET, &record, "i", id);
    if (e) return json_decref(full), e;
    json_object_set_new(full, "broadcast", record);
    json_object_set_new(full, "questions", db_all_json(c->db, SQL_QUESTION_LIST, "i", id));
    json_object_set_new(full, "screens", db_all_json(c->db, SQL_SEAT_SCREENS, "i", id));
    json_object_set_new(full, "asks", db_all_json(c->db, SQL_ASK_LIST, "iz", id, ""));
    json_object_set_new(full, "draws", db_all_json(c->db, SQL_DRAW_LIST, "i", id));
    json_object_set_new(full, "top", db_all_json(c->db, SQL_SEAT_TOP, "i", id));
    json_t *kept = broadcast_record(c->db, id);
    int64_t plays = 0;
    if (kept != NULL) json_object_set_new(full, "record", kept);
    if (kept != NULL && (e = db_one_i64(c->db, SQL_BROADCAST_PLAYS, &plays, "i", id)) != HX_OK) return json_decref(full), e;
    json_put_i64(full, "plays", plays);
    return call_reply(c, full);
}

enum hx_err class_tell(struct tx *tx, int64_t broadcast, const char *type, json_t *data)
{
    int64_t school = 0;
    enum hx_err e = db_one_i64(tx->db, SQL_BROADCAST_SCHOOL, &school, "i", broadcast);
    if (e) return json_decref(data), e;
    json_put_i64(data, "broadcast_id", broadcast);
    return journal_add(tx, type, school, broadcast, data);
}

/* What staff see: the record without anything secret. */
static enum hx_err tell(struct tx *tx, int64_t id, const char *type)
{
    return journal_tell(tx, SQL_BROADCAST_GET, id, type);
}

static enum hx_err read_in(struct call *c, const char *state, json_t **record)
{
    return call_read_in(c, SQL_BROADCAST_GET, PERM_LESSON_WRITE, state, record);
}

static enum hx_err list_get(struct call *c)
{
    return call_list(c, db_all_json(c->db, SQL_BROADCAST_LIST, "iii", call_sees_all(c), c->who.id, call_limit(c, 100, 1000)));
}

static enum hx_err one_get(struct call *c)
{
    json_t *record;
    enum hx_err e = call_read(c, SQL_BROADCAST_GET, PERM_LESSON_READ, &record);
    json_decref(record);
    return e ? e : reply(c, call_id(c, 0));
}

/* Six digits that no other broadcast has. */
static enum hx_err free_code(struct tx *tx, char code[7])
{
    for (int i = 0; i < CODE_TRIES; i++) {
        uint32_t random;
        int64_t there;
        HX_ASSERT(RAND_bytes((unsigned char *)&random, sizeof random) == 1);
        snprintf(code, 7, "%06u", random % 1000000u);
        enum hx_err e = db_one_i64(tx->db, SQL_BROADCAST_CODE_THERE, &there, "z", code);
        if (e == HX_E_NOT_FOUND) return HX_OK;
        if (e) return e;
    }
    return HX_E_BUSY;
}

static enum hx_err add_post(struct call *c)
{
    const json_t *b = c->body;
    uint8_t seed[32], hash[EVP_MAX_MD_SIZE];
    char seed_hex[65], hash_hex[65], code[7];
    int64_t id = journal_next(c->tx), school = json_i64(b, "school_id", 0), camera = json_i64(b, "camera_id", 0), of = 0;
    enum hx_err e = call_check_school(c, PERM_LESSON_WRITE, school);
    if (!e && camera != 0 && json_flag(b, "browser", false)) e = call_fail(c, HX_E_INVALID, "camera_id, browser: one source of the picture only");
    if (!e && camera != 0) {
        e = db_one_i64(c->db, SQL_BROADCAST_CAMERA_SCHOOL, &of, "i", camera);
        if (!e) e = call_check_school(c, PERM_CAMERA_READ, of);
        if (e == HX_E_NOT_FOUND) e = call_fail(c, HX_E_INVALID, "camera_id: there is no such camera, or it is not yours to see");
        if (!e && of != school) e = call_fail(c, HX_E_INVALID, "camera_id: this camera is at another school");
    }
    if (!e) e = free_code(c->tx, code);
    if (e) return e;
    HX_ASSERT(RAND_bytes(seed, sizeof seed) == 1 && EVP_Digest(seed, sizeof seed, hash, NULL, EVP_sha256(), NULL) == 1);
    hex_encode_lower(seed, 32, seed_hex);
    hex_encode_lower(hash, 32, hash_hex);
    e = db_exec(c->db, SQL_BROADCAST_ADD, "iiIizzIzzzi", id, school, json_i64(b, "lesson_id", 0), c->who.id, json_z(b, "title", ""), camera != 0 ? "camera" : json_flag(b, "browser", false) ? "browser" : "none", camera, code, seed_hex, hash_hex, c->tx->now_ms);
    if (e == HX_E_CONFLICT) return call_fail(c, HX_E_INVALID, "lesson_id: there is no such lesson");
    if (!e) e = tell(c->tx, id, "broadcast.made");
    c->status = 201;
    return e ? e : reply(c, id);
}

static enum hx_err add_question(struct call *c, int64_t id, int64_t number, int64_t position, const json_t *q)
{
    const json_t *options = json_object_get(q, "options"), *one;
    const char *solution = json_z(q, "solution", "");
    size_t i;
    json_array_foreach(options, i, one)
        if (json_string_length(one) < 1 || json_string_length(one) > 300) return call_fail(c, HX_E_INVALID, "questions %lld: an option has 1 to 100 characters", (long long)position);
    if (!answer_solution_fits(answer_kind_of(json_z(q, "kind", "")), (int)json_array_size(options), solution))
        return call_fail(c, HX_E_INVALID, "questions %lld: the solution does not fit: letters of the options (order: each once), or words with | between and no options", (long long)position);
    char *text = json_text(options);
    enum hx_err e = db_exec(c->db, SQL_QUESTION_ADD, "iiizzzzi", number, id, position, json_z(q, "kind", ""), json_z(q, "text", ""), text, solution, json_i64(q, "limit_s", 20));
    free(text);
    return e;
}

static enum hx_err questions_put(struct call *c)
{
    json_t *record;
    const json_t *q;
    size_t i;
    int64_t id = call_id(c, 0), last = 0, first = journal_next(c->tx) * 1000;
    enum hx_err e = call_read(c, SQL_BROADCAST_GET, PERM_LESSON_WRITE, &record);
    if (e) return e;
    if (strcmp(json_z(record, "state", ""), "ended") == 0) e = call_fail(c, HX_E_ILLEGAL, "the live lesson is over");
    json_decref(record);
    if (!e) e = db_exec(c->db, SQL_QUESTION_DROP, "i", id);
    if (!e) e = db_one_i64(c->db, SQL_QUESTION_LAST, &last, "i", id);
    json_array_foreach(json_object_get(c->body, "questions"), i, q)
        if (!e) e = add_question(c, id, first + (int64_t)i, last + 1 + (int64_t)i, q);
    if (!e) e = tell(c->tx, id, "broadcast.questions");
    return e ? e : reply(c, id);
}

static enum hx_err start_post(struct call *c)
{
    json_t *record;
    int64_t id = call_id(c, 0);
    enum hx_err e = read_in(c, "planned", &record);
    if (e) return e;
    json_t *data = json_pack("{s:O,s:O,s:b}", "title", json_object_get(record, "title"), "commitment", json_object_get(record, "commitment"), "picture", strcmp(json_z(record, "source", ""), "none") != 0);
    json_decref(record);
    e = db_exec(c->db, SQL_BROADCAST_START, "ii", c->tx->now_ms, id);
    if (e) return json_decref(data), e;
    e = class_tell(c->tx, id, "class.started", data);
    return e ? e : reply(c, id);
}

/* The speaker may try picture and sound before it begins: seats see them only once it is live. */
static enum hx_err publish_post(struct call *c)
{
    json_t *record;
    char url[CAMERA_URL_MAX], watch[CAMERA_URL_MAX], stream[BROADCAST_STREAM_MAX];
    int64_t id = call_id(c, 0);
    enum hx_err e = call_read(c, SQL_BROADCAST_GET, PERM_LESSON_WRITE, &record);
    if (e) return e;
    if (strcmp(json_z(record, "state", ""), "ended") == 0) e = call_fail(c, HX_E_ILLEGAL, "the live lesson is over");
    else if (strcmp(json_z(record, "source", ""), "browser") != 0) e = call_fail(c, HX_E_ILLEGAL, "the picture of this lesson comes from a camera");
    json_decref(record);
    if (!e) e = camera_stream_ticket(c, "push", "publish", broadcast_stream(id, stream), id, url);
    if (!e) e = camera_stream_ticket(c, "live", "live", stream, id, watch);
    return e ? e : call_reply(c, json_pack("{s:s,s:s}", "url", url, "watch_url", watch));
}

const char *broadcast_stream(int64_t id, char out[BROADCAST_STREAM_MAX])
{
    snprintf(out, BROADCAST_STREAM_MAX, "b%lld", (long long)id);
    return out;
}

/* ---- questions ---- */

enum hx_err class_question(struct db *db, int64_t broadcast, json_t **out)
{
    enum hx_err e = db_one_json(db, SQL_QUESTION_NEWEST, out, "i", broadcast);
    if (e == HX_E_NOT_FOUND) return *out = NULL, HX_OK;
    return e;
}

static enum hx_err find_question(struct call *c, const char *state, int64_t *question)
{
    json_t *q = NULL;
    *question = call_id(c, 1);
    enum hx_err e = db_one_json(c->db, SQL_QUESTION_GET, &q, "i", *question);
    if (!e && json_i64(q, "broadcast_id", 0) != call_id(c, 0)) e = HX_E_NOT_FOUND;
    if (!e && strcmp(json_z(q, "state", ""), state) != 0) e = call_fail(c, HX_E_ILLEGAL, "this question is %s", call_word(c, json_z(q, "state", "")));
    json_decref(q);
    return e;
}

static enum hx_err close_question(struct tx *tx, int64_t id, int64_t question)
{
    json_t *q = NULL;
    enum hx_err e = db_exec(tx->db, SQL_QUESTION_CLOSE, "ii", tx->now_ms, question);
    if (!e) e = db_exec(tx->db, SQL_SEAT_SCORE, "ii", question, id);
    if (!e) e = db_exec(tx->db, SQL_SEAT_RANK, "i", id);
    if (!e) e = class_question(tx->db, id, &q);
    if (e) return json_decref(q), e;
    json_t *data = json_pack("{s:o,s:o,s:o}", "question", q, "values", db_all_json(tx->db, SQL_QUESTION_VALUES, "i", question), "top", db_all_json(tx->db, SQL_SEAT_TOP, "i", id));
    return class_tell(tx, id, "class.closed", data);
}

static enum hx_err close_open(struct tx *tx, int64_t id)
{
    int64_t open = 0;
    enum hx_err e = db_one_i64(tx->db, SQL_QUESTION_OPEN_OF, &open, "i", id);
    return e == HX_E_NOT_FOUND ? HX_OK : e ? e : close_question(tx, id, open);
}

static enum hx_err open_post(struct call *c)
{
    json_t *record, *q = NULL;
    int64_t id = call_id(c, 0), question;
    enum hx_err e = read_in(c, "live", &record);
    json_decref(record);
    if (!e) e = find_question(c, "waiting", &question);
    if (!e) e = close_open(c->tx, id);
    if (!e) e = db_exec(c->db, SQL_QUESTION_OPEN, "ii", c->tx->now_ms, question);
    if (!e) e = db_one_json(c->db, SQL_QUESTION_GET, &q, "i", question);
    if (e) return json_decref(q), e;
    int64_t limit = json_i64(q, "limit_s", 20);
    json_object_del(q, "solution");
    e = timer_set(c->tx, "question.close", question, id, c->tx->now_ms + limit * 1000 + 1000, NULL);
    if (e) return json_decref(q), e;
    e = class_tell(c->tx, id, "class.question", json_pack("{s:o,s:I}", "question", q, "now", (json_int_t)c->tx->now_ms));
    return e ? e : reply(c, id);
}

static enum hx_err close_post(struct call *c)
{
    json_t *record;
    int64_t question;
    enum hx_err e = read_in(c, "live", &record);
    json_decref(record);
    if (!e) e = find_question(c, "open", &question);
    if (!e) e = timer_cancel(c->tx, question, "question.close");
    if (!e) e = close_question(c->tx, call_id(c, 0), question);
    return e ? e : reply(c, call_id(c, 0));
}

/* Its time is over, and a second for the way of the last answers. The row's epoch is the broadcast. */
static enum hx_err on_close(struct tx *tx, const struct timer_row *row)
{
    int64_t open = 0;
    enum hx_err e = db_one_i64(tx->db, SQL_QUESTION_OPEN_OF, &open, "i", row->epoch);
    if (e || open != row->subject_id) return e == HX_E_NOT_FOUND ? HX_OK : e;
    return close_question(tx, row->epoch, open);
}

/* ---- what pupils ask, prizes, the end ---- */

static enum hx_err ask_post(struct call *c)
{
    json_t *record, *ask = NULL;
    int64_t id = call_id(c, 0), number = call_id(c, 1);
    const char *state = json_z(c->body, "state", "");
    enum hx_err e = read_in(c, "live", &record);
    json_decref(record);
    if (!e) e = db_one_json(c->db, SQL_ASK_GET, &ask, "i", number);
    if (!e && json_i64(ask, "broadcast_id", 0) != id) e = HX_E_NOT_FOUND;
    if (!e) e = db_exec(c->db, SQL_ASK_SET, "zi", state, number);
    if (e) return json_decref(ask), e;
    json_put_z(ask, "state", state);
    if (strcmp(state, "refused") == 0) json_object_del(ask, "text"); /* what is refused is shown to nobody */
    e = class_tell(c->tx, id, "class.ask", ask);
    return e ? e : reply(c, id);
}

static bool has_won(const json_t *draws, int64_t seat)
{
    size_t i, k;
    const json_t *d, *w;
    json_array_foreach(draws, i, d)
        json_array_foreach(json_object_get(d, "winners"), k, w)
            if (json_i64(w, "seat", 0) == seat) return true;
    return false;
}

static enum hx_err draw_post(struct call *c)
{
    json_t *record = NULL, *names = json_object(), *eligible = json_array(), *winners = json_array();
    char hex[65] = "", key[24];
    uint8_t seed[32];
    int64_t id = call_id(c, 0), last = 0, *seats = malloc(SEATS_MAX * sizeof *seats), want = json_i64(c->body, "count", 1);
    size_t n = 0;
    HX_ASSERT(seats != NULL);
    enum hx_err e = read_in(c, "live", &record);
    json_decref(record);
    json_t *before = db_all_json(c->db, SQL_SEAT_WON, "i", id);
    struct rows r = db_query(c->db, SQL_BROADCAST_SECRET, "i", id);
    if (rows_next(&r)) str_to_z(rows_str(&r, 0), hex, sizeof hex);
    rows_end(&r);
    if (!e && hex_decode(str_of(hex), seed, sizeof seed) != 32) e = HX_E_INTERNAL;
    if (!e) e = db_one_i64(c->db, SQL_DRAW_LAST, &last, "i", id);
    r = db_query(c->db, SQL_SEAT_ELIGIBLE, "iiz", id, json_i64(c->body, "question_id", 0), json_z(c->body, "among", ""));
    while (!e && n < SEATS_MAX && rows_next(&r)) {
        int64_t seat = rows_i64(&r, 0);
        if (has_won(before, seat)) continue; /* nobody wins twice */
        snprintf(key, sizeof key, "%lld", (long long)seat);
        json_object_set_new(names, key, json_string(rows_z(&r, 1)));
        json_array_append_new(eligible, json_integer(seat));
        seats[n++] = seat;
    }
    rows_end(&r);
    if (!e && n == 0) e = call_fail(c, HX_E_ILLEGAL, "nobody can win: no seat answered this right, or all have won before");
    if (!e) draw_order(seed, last + 1, seats, n);
    for (size_t i = 0; !e && i < n && i < (size_t)want; i++) {
        snprintf(key, sizeof key, "%lld", (long long)seats[i]);
        json_array_append_new(winners, json_pack("{s:I,s:O}", "seat", (json_int_t)seats[i], "name", json_object_get(names, key)));
    }
    char *who = json_text(winners), *all = json_text(eligible);
    if (!e) e = db_exec(c->db, SQL_DRAW_ADD, "iiizzzi", journal_next(c->tx), id, last + 1, json_z(c->body, "prize", ""), all, who, c->tx->now_ms);
    free(who);
    free(all);
    if (!e) e = class_tell(c->tx, id, "class.drawn", json_pack("{s:I,s:s,s:O,s:I}", "number", (json_int_t)(last + 1), "prize", json_z(c->body, "prize", ""), "winners", winners, "among", (json_int_t)n));
    free(seats);
    json_decref(before);
    json_decref(winners);
    json_decref(eligible);
    json_decref(names);
    return e ? e : reply(c, id);
}

/* SHA-256 over "question seat value points after late\n" of every answer, in order. */
static enum hx_err root_of(struct db *db, int64_t id, char hex[65])
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    HX_ASSERT(md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1);
    struct rows r = db_query(db, SQL_BROADCAST_ANSWERS, "i", id);
    while (rows_next(&r)) {
        char line[ANSWER_VALUE_MAX + 120];
        int n = snprintf(line, sizeof line, "%lld %lld %s %lld %lld %lld\n", (long long)rows_i64(&r, 0), (long long)rows_i64(&r, 1), rows_z(&r, 2), (long long)rows_i64(&r, 3), (long long)rows_i64(&r, 4), (long long)rows_i64(&r, 5));
        HX_ASSERT(EVP_DigestUpdate(md, line, (size_t)n) == 1);
    }
    enum hx_err e = r.err;
    rows_end(&r);
    HX_ASSERT(EVP_DigestFinal_ex(md, hash, NULL) == 1);
    EVP_MD_CTX_free(md);
    hex_encode_lower(hash, 32, hex);
    return e;
}

static enum hx_err end_post(struct call *c)
{
    json_t *record;
    char root[65];
    int64_t id = call_id(c, 0);
    enum hx_err e = read_in(c, "live", &record);
    if (e) return e;
    json_decref(record);
    e = close_open(c->tx, id);
    if (!e) e = root_of(c->db, id, root);
    if (!e) e = db_exec(c->db, SQL_BROADCAST_END, "izi", c->tx->now_ms, root, id);
    record = NULL;
    if (!e) e = db_one_json(c->db, SQL_BROADCAST_GET, &record, "i", id);
    if (e) return e;
    char stream[BROADCAST_STREAM_MAX];
    camera_stream_close(broadcast_stream(id, stream));
    json_t *data = json_pack("{s:O,s:O,s:O,s:o}", "seed", json_object_get(record, "seed"), "commitment", json_object_get(record, "commitment"), "root", json_object_get(record, "root"), "top", db_all_json(c->db, SQL_SEAT_TOP, "i", id));
    json_decref(record);
    e = class_tell(c->tx, id, "class.ended", data);
    return e ? e : reply(c, id);
}

static const struct hx_route broadcast_routes[] = {
    {HX_GET, "/v1/broadcasts", "broadcastList", PERM_LESSON_READ, list_get, NULL},
    {HX_POST, "/v1/broadcasts", "broadcastAdd", PERM_LESSON_WRITE, add_post, NULL},
    {HX_GET, "/v1/broadcasts/{id}", "broadcastGet", PERM_LESSON_READ, one_get, NULL},
    {HX_PUT, "/v1/broadcasts/{id}/questions", "broadcastQuestions", PERM_LESSON_WRITE, questions_put, NULL},
    {HX_POST, "/v1/broadcasts/{id}/start", "broadcastStart", PERM_LESSON_WRITE, start_post, NULL},
    {HX_POST, "/v1/broadcasts/{id}/publish", "broadcastPublish", PERM_LESSON_WRITE, publish_post, NULL},
    {HX_POST, "/v1/broadcasts/{id}/end", "broadcastEnd", PERM_LESSON_WRITE, end_post, NULL},
    {HX_POST, "/v1/broadcasts/{id}/questions/{question}/open", "questionOpen", PERM_LESSON_WRITE, open_post, NULL},
    {HX_POST, "/v1/broadcasts/{id}/questions/{question}/close", "questionClose", PERM_LESSON_WRITE, close_post, NULL},
    {HX_POST, "/v1/broadcasts/{id}/asks/{ask}", "askSettle", PERM_LESSON_WRITE, ask_post, NULL},
    {HX_POST, "/v1/broadcasts/{id}/draws", "drawMake", PERM_LESSON_WRITE, draw_post, NULL},
};
static const struct timer_kind broadcast_timers[] = {{.kind = "question.close", .fire = on_close}, {0}};
const struct hx_module broadcast_module = {.name = "broadcast", .routes = broadcast_routes, .route_count = HX_COUNT(broadcast_routes), .timer_kinds = broadcast_timers};
