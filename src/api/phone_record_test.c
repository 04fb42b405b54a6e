/* Records that phones sign: what is believed of them, and what is seen when somebody changes, repeats or leaves one out. */
#include "base/check.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <string.h>

#include "api/people.h"
#include "api/phone_record.h"
#include "app/datadir_fixture.h"
#include "base/clock.h"
#include "domain/presence/presence.h"

static EVP_PKEY *mine;
static uint8_t point[P256_POINT_BYTES];
static char tag[17];
static int64_t person, phone;

static void sha256(const void *bytes, size_t n, uint8_t out[32])
{
    CHECK(EVP_Digest(bytes, n, out, NULL, EVP_sha256(), NULL) == 1);
}

static void sign_text(EVP_PKEY *key, struct str text, char out[90])
{
    uint8_t der[80], pair[64];
    const uint8_t *at = der;
    size_t n = sizeof der;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    CHECK(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 && EVP_DigestSign(ctx, der, &n, (const uint8_t *)text.at, text.len) == 1);
    EVP_MD_CTX_free(ctx);
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)n);
    BN_bn2binpad(ECDSA_SIG_get0_r(sig), pair, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(sig), pair + 32, 32);
    ECDSA_SIG_free(sig);
    base64url_encode(pair, sizeof pair, out);
}

/* A record as the phone writes it; `last` is the hash before and becomes the hash of this one. */
static void mark_of(EVP_PKEY *key, int64_t n, const char *id, const char *body, char last[65], char *header, size_t bytes)
{
    char text[600], hex[65], signature[90];
    uint8_t hash[32];
    sha256(body, strlen(body), hash);
    hex_encode_lower(hash, 32, hex);
    snprintf(text, sizeof text, "huxue-record-1\n%lld\n1700000000000\n%s\nPOST /v1/checkins\n%s\n%s", (long long)n, last, id, hex);
    sign_text(key, str_of(text), signature);
    snprintf(header, bytes, "k=%s; n=%lld; at=1700000000000; prev=%s; sig=%s", tag, (long long)n, last, signature);
    sha256(text, strlen(text), hash);
    hex_encode_lower(hash, 32, last);
}

struct came {
    struct record_mark mark;
    const char *id;
};

static enum hx_err keep(struct tx *tx, void *arg)
{
    struct came *x = arg;
    tx->person_id = person;
    return record_keep(tx, x->id, "checkinAdd", &x->mark);
}

static enum record_standing arrive_for(int64_t who, const char *header, const char *id, const char *body)
{
    struct came x = {.id = id};
    struct db *db;
    record_read(header, "POST", STR("/v1/checkins"), id, str_of(body), &x.mark);
    CHECK_EQ(db_open(dir, DB_READ, &db), HX_OK);
    record_judge(db, who, &x.mark);
    db_close(db);
    CHECK_EQ(writer_call(d.app.writer, keep, &x, NULL, 0), HX_OK);
    return x.mark.standing;
}

static enum record_standing arrive(const char *header, const char *id, const char *body)
{
    return arrive_for(person, header, id, body);
}

static enum hx_err make_phone(struct tx *tx, void *arg)
{
    (void)arg;
    json_t *who = json_pack("{s:s,s:s}", "name", "guard", "full_name", "Guard");
    enum hx_err e = person_make(tx, who, NULL, 0, &person);
    json_decref(who);
    phone = journal_next(tx);
    return e ? e : db_exec(tx->db, SQL_PHONE_KEY_ADD, "iizbzi", phone, person, tag, (const void *)point, sizeof point, "test", tx->now_ms);
}

static int open_all(void **state)
{
    uint8_t hash[32], *raw = NULL;
    if (open_dir(state)) return -1;
    mine = EVP_EC_gen("P-256");
    if (EVP_PKEY_get1_encoded_public_key(mine, &raw) != sizeof point) return -1;
    memcpy(point, raw, sizeof point);
    OPENSSL_free(raw);
    sha256(point, sizeof point, hash);
    hex_encode_lower(hash, 8, tag);
    return writer_call(d.app.writer, make_phone, NULL, NULL, 0) ? -1 : 0;
}

static int close_all(void **state)
{
    EVP_PKEY_free(mine);
    return close_dir(state);
}

static char last[65] = "0000000000000000000000000000000000000000000000000000000000000000", header[500];

static void test_a_chain_of_signed_records_is_good(void **state)
{
    (void)state;
    char id[20];
    for (int n = 1; n <= 5; n++) {
        snprintf(id, sizeof id, "record-%d", n);
        mark_of(mine, n, id, "{\"duty\":7}", last, header, sizeof header);
        CHECK_EQ(arrive(header, id, "{\"duty\":7}"), RECORD_GOOD);
    }
    CHECK_EQ(arrive(NULL, "plain", "{}"), RECORD_NONE);
}

static void test_what_was_changed_on_the_way_is_false(void **state)
{
    (void)state;
    char here[65], bad[500];
    memcpy(here, last, sizeof here);
    mark_of(mine, 6, "record-6", "{\"duty\":7}", here, header, sizeof header);
    CHECK_EQ(arrive(header, "record-6", "{\"duty\":8}"), RECORD_FALSE);
    CHECK_EQ(arrive(header, "record-7", "{\"duty\":7}"), RECORD_FALSE);
    snprintf(bad, sizeof bad, "%s", header);
    bad[strlen(bad) - 4] = bad[strlen(bad) - 4] == 'A' ? 'B' : 'A';
    CHECK_EQ(arrive(bad, "record-6", "{\"duty\":7}"), RECORD_FALSE);
    static const char *const broken[] = {"", "k=", "k=0123456789abcdef", "n=1; k=0123456789abcdef", "k=0123456789abcdef; n=-1; at=1; prev=00; sig=A", "k=0123456789abcdef; n=99999999999999999999; at=1"};
    for (size_t i = 0; i < HX_COUNT(broken); i++) CHECK_EQ(arrive(broken[i], "x", "{}"), RECORD_FALSE);
    EVP_PKEY *other = EVP_EC_gen("P-256");
    memcpy(here, last, sizeof here);
    mark_of(other, 6, "record-6", "{\"duty\":7}", here, header, sizeof header);
    EVP_PKEY_free(other);
    CHECK_EQ(arrive(header, "record-6", "{\"duty\":7}"), RECORD_FALSE);
}

static void test_a_number_is_one_record_and_follows_the_one_before(void **state)
{
    (void)state;
    char here[65];
    memcpy(here, last, sizeof here);
    mark_of(mine, 3, "another", "{\"duty\":9}", here, header, sizeof header); /* the number 3 was used */
    CHECK_EQ(arrive(header, "another", "{\"duty\":9}"), RECORD_BROKEN);
    snprintf(here, sizeof here, "%064d", 1);
    mark_of(mine, 6, "record-6", "{\"duty\":7}", here, header, sizeof header); /* record 5 was another */
    CHECK_EQ(arrive(header, "record-6", "{\"duty\":7}"), RECORD_BROKEN);
    memcpy(here, last, sizeof here);
    mark_of(mine, 6, "record-6", "{\"duty\":7}", here, header, sizeof header);
    char second[500];
    mark_of(mine, 7, "record-7", "{\"duty\":7}", here, second, sizeof second);
    CHECK_EQ(arrive(second, "record-7", "{\"duty\":7}"), RECORD_GOOD); /* a cry for help overtakes */
    CHECK_EQ(arrive(header, "record-6", "{\"duty\":7}"), RECORD_GOOD);
    memcpy(last, here, sizeof last);
}

static enum hx_err end_phone(struct tx *tx, void *arg)
{
    (void)arg;
    return db_exec(tx->db, SQL_PHONE_KEY_END, "ii", tx->now_ms, phone);
}

static void test_a_key_is_one_persons_until_it_is_ended(void **state)
{
    (void)state;
    struct db *db;
    char here[65], code_text[200], signature[90];
    struct buddy_code code;
    memcpy(here, last, sizeof here);
    mark_of(mine, 8, "record-8", "{}", here, header, sizeof header);
    CHECK_EQ(arrive_for(person + 1000, header, "record-8", "{}"), RECORD_UNKNOWN);
    snprintf(code_text, sizeof code_text, "huxue-buddy-1\n%lld\n59000000", (long long)person);
    sign_text(mine, str_of(code_text), signature);
    snprintf(code_text, sizeof code_text, "HXB:%s:%lld:59000000:%s", tag, (long long)person, signature);
    CHECK(buddy_read(str_of(code_text), &code) && buddy_verify(&code, point));
    code.step++;
    CHECK(!buddy_verify(&code, point));
    CHECK(!buddy_read(STR("HXB:1:2:3"), &code) && !buddy_read(STR("HXP:1:2:AAAA"), &code));
    CHECK_EQ(db_open(dir, DB_READ, &db), HX_OK);
    CHECK(record_expected(db, person, clock_utc_ms()) && !record_expected(db, person, clock_utc_ms() + 40 * 86400000LL));
    CHECK_EQ(writer_call(d.app.writer, end_phone, NULL, NULL, 0), HX_OK);
    CHECK(!record_expected(db, person, clock_utc_ms()));
    db_close(db);
    CHECK_EQ(arrive(header, "record-8", "{}"), RECORD_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_a_chain_of_signed_records_is_good), TEST(test_what_was_changed_on_the_way_is_false), TEST(test_a_number_is_one_record_and_follows_the_one_before),
                                       TEST(test_a_key_is_one_persons_until_it_is_ended)};
    return cmocka_run_group_tests(tests, open_all, close_all);
}
